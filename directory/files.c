/* SPDX-License-Identifier: Apache-2.0
 *
 * One table of keys for each kind of mapping; config_read() finds unknown, missing and
 * mistyped keys, the functions here find values that cannot be, and placed_check() finds
 * what is wrong between entries. Nothing stops at the first mistake.
 */
#include "directory/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/crypto.h"
#include "directory/reading.h"
#include "schemas/keys.h"

/* More files than this is a wrong folder. */
#define MOST_FILES 2000

/* ---- keys/<code>.yaml ---------------------------------------------------------------- */

struct key_settings {
    const char *valid_from, *seal_key, *signing_key;
};

static const struct config_field key_fields[] = {
    CONFIG_FIELD(struct key_settings, valid_from, .key = "valid_from",
                 .help = "Dès quand elle sert ; à dire pour toute clé sauf la première."),
    CONFIG_FIELD(struct key_settings, seal_key, .key = "seal_key", .flags = CONFIG_REQUIRED,
                 .help = "Clé publique X25519, en base64."),
    CONFIG_FIELD(struct key_settings, signing_key, .key = "signing_key", .flags = CONFIG_REQUIRED,
                 .help = "Clé publique Ed25519, en base64."),
    CONFIG_END,
};

struct keys_settings {
    const char *code;
    struct yaml_node *keys;
};

static const struct config_field keys_fields[] = {
    CONFIG_FIELD(struct keys_settings, code, .key = "operator", .flags = CONFIG_REQUIRED,
                 .help = "À qui sont les clés ; le nom du fichier."),
    CONFIG_FIELD(struct keys_settings, keys, .key = "keys", .flags = CONFIG_REQUIRED,
                 .help = "La plus ancienne d'abord ; chacune sert jusqu'à la suivante."),
    CONFIG_END,
};

/* The key's bytes, and its id: the first 16 hexadecimal digits of its SHA-256. */
static void read_key_text(struct reading *reading, const struct yaml_node *node, const char *name,
                          struct bytes *ret_key, struct bytes *ret_id)
{
    const struct yaml_node *value = yaml_get(node, name);
    CLEANUP(buffer_deinit) struct buffer key = {0};
    CLEANUP(buffer_deinit) struct buffer id = {0};
    uint8_t digest[CRYPTO_DIGEST_SIZE];

    if (!value || value->kind != YAML_SCALAR)
        return;
    if (!crypto_unbase64(value->text, &key) || key.len != KEY_SIZE) {
        diagnostics_add(reading->diagnostics, value->text_place,
                        "44 caractères de base64, tels que `relais keys create` les écrit",
                        "%s ne tient pas %d octets", name, KEY_SIZE);
        return;
    }
    crypto_sha256(buffer_view(&key), digest);
    crypto_hex(bytes_of(digest, 8), &id);
    *ret_key = arena_copy(&reading->arena, buffer_view(&key));
    *ret_id = bytes_of_text(arena_text(&reading->arena, buffer_view(&id)));
}

static void read_keys(struct reading *reading, const struct yaml_node *root, const char *name)
{
    struct keys_settings settings = {0};
    int64_t before = NO_TIME;
    size_t count;

    reading_settings(reading, keys_fields, root, &settings);
    if (settings.code && strcmp(settings.code, name) != 0)
        diagnostics_add(reading->diagnostics, placed_place(root, "operator"),
                        "le nom du fichier sans .yaml", "les clés de « %s » sont dans %s.yaml",
                        settings.code, name);
    count = reading_items(reading, settings.keys, "keys");
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *node = settings.keys->items[i];
        struct placed_entry *item = placed_add(&reading->placed, DIRECTORY_KEY, node);
        struct directory_entry *entry = &item->entry;
        struct key_settings key = {0};

        reading_settings(reading, key_fields, node, &key);
        entry->operator_code = bytes_of_text(settings.code);
        read_key_text(reading, node, "seal_key", &entry->seal_key, &entry->seal_key_id);
        read_key_text(reading, node, "signing_key", &entry->signing_key, &entry->signing_key_id);
        entry->code = entry->signing_key_id;
        reading_period(reading, item, key.valid_from, NULL);
        if (i == 0)
            before = entry->valid_from;
        else if (entry->valid_from <= before)
            diagnostics_add(reading->diagnostics, placed_place(node, "valid_from"),
                            "un valid_from après celui de la clé précédente",
                            "les clés ne sont pas dans l'ordre de leurs dates");
        else
            item[-1].entry.valid_to = before = entry->valid_from;
    }
}

/* ---- conventions.yaml ------------------------------------------------------------------ */

struct convention_settings {
    const char *from, *to, *valid_from, *valid_to;
    bool both_ways;
};

static const struct config_field convention_fields[] = {
    CONFIG_FIELD(struct convention_settings, from, .key = "from", .flags = CONFIG_REQUIRED,
                 .help = "Opérateur qui peut orienter."),
    CONFIG_FIELD(struct convention_settings, to, .key = "to", .flags = CONFIG_REQUIRED,
                 .help = "Opérateur vers qui il le peut."),
    CONFIG_FIELD(struct convention_settings, both_ways, .key = "both_ways", .fallback = "false",
                 .help = "L'autre le peut aussi, en retour."),
    CONFIG_FIELD(struct convention_settings, valid_from, .key = "valid_from",
                 .flags = CONFIG_REQUIRED, .help = "Premier jour d'émission."),
    CONFIG_FIELD(struct convention_settings, valid_to, .key = "valid_to",
                 .help = "Premier jour où l'on n'émet plus ; sans lui, sans fin."),
    CONFIG_END,
};

struct conventions_settings {
    struct yaml_node *conventions;
};

static const struct config_field conventions_fields[] = {
    CONFIG_FIELD(struct conventions_settings, conventions, .key = "conventions",
                 .flags = CONFIG_REQUIRED, .help = "Qui peut orienter vers qui."),
    CONFIG_END,
};

static void add_convention(struct reading *reading, const struct yaml_node *node,
                           const struct convention_settings *settings, bool back)
{
    struct placed_entry *item = placed_add(&reading->placed, DIRECTORY_CONVENTION, node);
    const char *from = back ? settings->to : settings->from;
    const char *to = back ? settings->from : settings->to;

    item->entry.from_operator = bytes_of_text(from);
    item->entry.to_operator = bytes_of_text(to);
    item->entry.code =
        bytes_of_text(arena_printf(&reading->arena, "%s>%s", from ? from : "?", to ? to : "?"));
    if (back) {
        item->entry.valid_from = item[-1].entry.valid_from;
        item->entry.valid_to = item[-1].entry.valid_to;
    } else {
        reading_period(reading, item, settings->valid_from, settings->valid_to);
    }
}

static void read_conventions(struct reading *reading, const struct yaml_node *root)
{
    struct conventions_settings settings = {0};
    size_t count;

    reading_settings(reading, conventions_fields, root, &settings);
    count = reading_items(reading, settings.conventions, "conventions");
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *node = settings.conventions->items[i];
        struct convention_settings convention = {0};

        reading_settings(reading, convention_fields, node, &convention);
        if (convention.from && convention.to && strcmp(convention.from, convention.to) == 0)
            diagnostics_add(reading->diagnostics, placed_place(node, "to"), "un autre opérateur",
                            "une convention de %s avec lui-même : personne n'en a besoin",
                            convention.to);
        add_convention(reading, node, &convention, false);
        if (convention.both_ways)
            add_convention(reading, node, &convention, true);
    }
}

/* ---- The folder ------------------------------------------------------------------------ */

static const struct yaml_node *read_yaml(struct reading *reading, const char *path)
{
    struct yaml_node *root = NULL;
    struct error err;

    if (yaml_read_file(path, &reading->arena, reading->diagnostics, &root, &err) != OUTCOME_OK)
        reading->unreadable = true;
    return root;
}

typedef void file_reader(struct reading *reading, const struct yaml_node *root, const char *name);

static int wanted_file(const struct dirent *file)
{
    size_t len = strlen(file->d_name);

    return file->d_name[0] != '.' && len > 5 && strcmp(file->d_name + len - 5, ".yaml") == 0;
}

/* Every .yaml file of a folder, in the order of names; a folder that is not there is empty. */
static enum outcome read_folder(struct reading *reading, const char *folder, file_reader *reader,
                                struct error *err)
{
    struct dirent **files = NULL;
    int count = scandir(folder, &files, wanted_file, alphasort);
    int saved = errno;
    char why[ERROR_REASON_SIZE];

    for (int i = 0; i < count; i++) {
        const char *file = files[i]->d_name;
        const char *path = arena_printf(&reading->arena, "%s/%s", folder, file);
        const char *name = arena_text(&reading->arena, bytes_of(file, strlen(file) - 5));
        const struct yaml_node *root = i < MOST_FILES ? read_yaml(reading, path) : NULL;

        if (root)
            reader(reading, root, name);
        free(files[i]);
    }
    free(files);
    if (count > MOST_FILES)
        return error_set(err, OUTCOME_REJECT, "%s : plus de %d fichiers", folder, MOST_FILES);
    if (count < 0 && saved != ENOENT)
        return error_set(err, OUTCOME_REJECT, "%s ne peut pas être lu : %s", folder,
                         error_reason(saved, why));
    return OUTCOME_OK;
}

static enum outcome read_all(struct reading *reading, const char *folder, struct error *err)
{
    const char *operators = arena_printf(&reading->arena, "%s/operators", folder);
    const char *keys = arena_printf(&reading->arena, "%s/keys", folder);
    const struct yaml_node *conventions;
    enum outcome outcome;
    struct stat about;

    if (stat(folder, &about) != 0 || !S_ISDIR(about.st_mode))
        return error_set(err, OUTCOME_REJECT,
                         "%s n'est pas un dossier ; donnez celui qui contient operators/, keys/ et "
                         "conventions.yaml",
                         folder);
    outcome = read_folder(reading, operators, operator_file_read, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (reading->placed.count == 0 && !reading->unreadable)
        return error_set(err, OUTCOME_REJECT, "%s : aucun fichier d'opérateur dedans", operators);
    outcome = read_folder(reading, keys, read_keys, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    conventions = read_yaml(reading, arena_printf(&reading->arena, "%s/conventions.yaml", folder));
    if (conventions)
        read_conventions(reading, conventions);
    if (!reading->unreadable)
        placed_check(&reading->placed, reading->diagnostics);
    return OUTCOME_OK;
}

static struct directory *make_directory(const struct placed *placed)
{
    struct directory_entry *entries = xcalloc(placed->count, sizeof(*entries));
    struct directory *directory;

    for (size_t i = 0; i < placed->count; i++)
        entries[i] = placed->items[i].entry;
    directory = directory_new(entries, placed->count);
    free(entries);
    return directory;
}

enum outcome directory_read_files(const char *folder, struct diagnostics *diagnostics,
                                  struct directory **ret_directory, struct error *err)
{
    struct reading reading = {.diagnostics = diagnostics};
    size_t before = diagnostics_count(diagnostics);
    enum outcome outcome;

    arena_init(&reading.arena);
    outcome = read_all(&reading, folder, err);
    /* Never a directory of those files that could be read: publishing it would end the others. */
    if (outcome == OUTCOME_OK && (reading.unreadable || diagnostics_count(diagnostics) > before))
        outcome = error_set(err, OUTCOME_REJECT, "%s : %zu erreurs", folder,
                            diagnostics_count(diagnostics) - before);
    if (outcome == OUTCOME_OK)
        *ret_directory = make_directory(&reading.placed);
    placed_deinit(&reading.placed);
    arena_deinit(&reading.arena);
    return outcome;
}
