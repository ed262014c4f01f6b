/* SPDX-License-Identifier: Apache-2.0
 *
 * relais keys: an operator's own keys, and the public part that others put into the
 * directory. No secret is ever shown.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/yaml.h"
#include "cli/commands.h"
#include "directory/dates.h"
#include "schemas/codes.h"
#include "schemas/keys.h"

static void append_key(const struct public_keys *keys, const char *valid_from, struct buffer *out)
{
    buffer_append_text(out, "  - ");
    if (valid_from)
        buffer_printf(out, "valid_from: \"%s\"\n    ", valid_from);
    buffer_append_text(out, "seal_key: \"");
    crypto_base64(bytes_of(keys->seal_key, KEY_SIZE), out);
    buffer_append_text(out, "\"\n    signing_key: \"");
    crypto_base64(bytes_of(keys->signing_key, KEY_SIZE), out);
    buffer_printf(out, "\" # %s / %s\n", keys->seal_key_id, keys->signing_key_id);
}

static void append_head(const char *code, struct buffer *out)
{
    buffer_printf(out,
                  "# Clés publiques de %s, écrites par `relais keys create` : à placer dans "
                  "l'annuaire, keys/%s.yaml.\n"
                  "# La plus ancienne d'abord ; une clé remplacée reste, pour que ses "
                  "signatures soient reconnues.\n"
                  "operator: %s\nkeys:\n",
                  code, code, code);
}

/* ---- create ------------------------------------------------------------------------ */

struct create_settings {
    const char *code;
    const char *out;
    const char *public;
    const char *valid_from;
    const char *after;
};

static const struct option create_options[] = {
    OPTION(struct create_settings, code, .name = "OPÉRATEUR",
           .flags = OPTION_ARGUMENT | OPTION_REQUIRED,
           .help = "Code de l'opérateur dans l'annuaire, par exemple o21."),
    OPTION(struct create_settings, out, .name = "out", .value = "FICHIER", .flags = OPTION_REQUIRED,
           .help = "Où écrire les clés secrètes (droits 0600) ; jamais par-dessus un autre."),
    OPTION(struct create_settings, public, .name = "public", .value = "FICHIER",
           .flags = OPTION_REQUIRED,
           .help = "Fichier de l'annuaire (keys/CODE.yaml) qui reçoit la partie publique, à la "
                   "suite des clés d'avant."),
    OPTION(struct create_settings, after, .name = "after", .value = "FICHIER",
           .help =
               "Fichier de clés que celui-ci remplace : le secret des identifiants et la clé de "
               "l'état en sont repris."),
    OPTION(struct create_settings, valid_from, .name = "valid-from", .value = "DATE",
           .help = "Dès quand la clé sert, AAAA-MM-JJ ; avec --after."),
    OPTION_END,
};

/* Told before a secret is made that nobody could publish. */
static enum outcome check_folder(const char *path, struct error *err)
{
    const char *slash = strrchr(path, '/');
    char *folder = bytes_dup_text(slash && slash > path ? bytes_of(path, (size_t)(slash - path))
                                                        : bytes_of_text(slash ? "/" : "."));
    struct stat about;
    enum outcome outcome = OUTCOME_OK;

    if (stat(folder, &about) != 0 || !S_ISDIR(about.st_mode))
        outcome =
            error_set(err, OUTCOME_REJECT, "option --public : %s n'est pas un dossier", folder);
    else if (access(folder, W_OK | X_OK) != 0)
        outcome = error_set(err, OUTCOME_REJECT,
                            "option --public : rien ne peut être écrit dans %s", folder);
    free(folder);
    return outcome;
}

/* The newest key has the last line of a directory's file: its day must be before this one. */
static enum outcome check_order(const struct create_settings *settings,
                                const struct yaml_node *keys, struct error *err)
{
    const struct yaml_node *newest = keys->count > 0 ? keys->items[keys->count - 1] : NULL;
    const struct yaml_node *from = newest ? yaml_get(newest, "valid_from") : NULL;
    int64_t newest_at;
    int64_t at;

    if (!from || !dates_parse(from->text, &newest_at) ||
        (dates_parse(bytes_of_text(settings->valid_from), &at) && at > newest_at))
        return OUTCOME_OK;
    return error_set(err, OUTCOME_REJECT,
                     "option --valid-from : il faut un jour après %.*s, dès quand sert la dernière "
                     "clé de %s",
                     BYTES_ARG(from->text), settings->public);
}

/* The public file, if it is there, must be this operator's: anything else is left alone. */
static enum outcome check_public(const struct create_settings *settings, bool *ret_there,
                                 struct error *err)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    const struct yaml_node *operator_node;
    const struct yaml_node *keys;
    struct yaml_node *root = NULL;

    *ret_there = access(settings->public, F_OK) == 0;
    if (!*ret_there)
        return check_folder(settings->public, err);
    if (yaml_read_file(settings->public, &arena, diagnostics, &root, err) != OUTCOME_OK)
        return err->outcome;
    operator_node = yaml_get(root, "operator");
    keys = yaml_get(root, "keys");
    if (!operator_node || !keys || !bytes_equal_text(operator_node->text, settings->code))
        return error_set(err, OUTCOME_REJECT, "%s n'est pas le fichier des clés publiques de %s",
                         settings->public, settings->code);
    if (!settings->valid_from || !settings->after)
        return error_set(err, OUTCOME_REJECT,
                         "%s tient déjà une clé : --after dit le fichier qu'elle remplace, "
                         "--valid-from dès quand",
                         settings->public);
    return check_order(settings, keys, err);
}

static enum outcome check_create(const struct create_settings *settings, bool *ret_there,
                                 struct error *err)
{
    const char *expected = NULL;
    int64_t at;

    if (!codes_check("operator_code", bytes_of_text(settings->code), &expected))
        return error_set(err, OUTCOME_REJECT, "argument OPÉRATEUR : « %s » ; attendu : %s",
                         settings->code, expected);
    if (settings->valid_from && !dates_parse(bytes_of_text(settings->valid_from), &at))
        return error_set(err, OUTCOME_REJECT,
                         "option --valid-from : « %s » n'est pas une date (2026-01-01)",
                         settings->valid_from);
    return check_public(settings, ret_there, err);
}

/* What identities and memory are made with outlives the pairs that seal and sign. */
static enum outcome take_over(const struct create_settings *settings, struct operator_keys *keys,
                              struct error *err)
{
    struct operator_keys old;

    if (!settings->after)
        return OUTCOME_OK;
    if (keys_read(settings->after, &old, err) != OUTCOME_OK)
        return err->outcome;
    if (strcmp(old.operator_code, keys->operator_code) != 0) {
        keys_wipe(&old);
        return error_set(err, OUTCOME_REJECT, "option --after : les clés d'un autre opérateur");
    }
    memcpy(keys->id_secret, old.id_secret, sizeof(keys->id_secret));
    memcpy(keys->state_key, old.state_key, sizeof(keys->state_key));
    keys_wipe(&old);
    return OUTCOME_OK;
}

static enum outcome append_public(const struct create_settings *settings, bool there,
                                  const struct public_keys *keys, struct error *err)
{
    CLEANUP(buffer_deinit) struct buffer text = {0};
    FILE *file = fopen(settings->public, "ae");
    int number = errno;
    char reason[ERROR_REASON_SIZE];
    bool good;

    if (!there)
        append_head(settings->code, &text);
    append_key(keys, settings->valid_from, &text);
    good = file && fwrite(text.data, 1, text.len, file) == text.len;
    if (file && fclose(file) != 0)
        good = false;
    if (file)
        number = errno;
    return good ? OUTCOME_OK
                : error_set(err, OUTCOME_FATAL,
                            "%s ne peut pas être écrit : %s ; `relais keys show %s` redonne la "
                            "partie publique",
                            settings->public, error_reason(number, reason), settings->out);
}

static enum cli_exit run_create(struct cli *cli, const void *opaque)
{
    const struct create_settings *settings = opaque;
    struct operator_keys keys;
    bool there = false;
    struct error err;

    if (check_create(settings, &there, &err) != OUTCOME_OK) {
        return cli_misuse(cli, &err);
    }
    keys_create(settings->code, &keys);
    if (take_over(settings, &keys, &err) != OUTCOME_OK ||
        keys_write(&keys, settings->out, &err) != OUTCOME_OK ||
        append_public(settings, there, &keys.public, &err) != OUTCOME_OK) {
        keys_wipe(&keys);
        return cli_fail(cli, &err);
    }
    printf("Clés de %s : %s à garder secret et à sauvegarder, %s à publier.\n", settings->code,
           settings->out, settings->public);
    keys_wipe(&keys);
    return CLI_OK;
}

const struct command cmd_keys_create = {
    .name = "keys create",
    .summary = "fait les clés d'un opérateur : un fichier secret, une partie publique",
    .description =
        "Le fichier secret tient les deux clés privées, le secret des identifiants (à garder pour "
        "toujours :\nle perdre, c'est envoyer deux fois ce qui est déjà parti) et la clé de "
        "l'état du connecteur.\nUne clé se remplace avec --after et --valid-from ; les coordonnées "
        "scellées à l'ancienne et pas encore\nlues reviennent à leur émetteur, qui les scelle à "
        "nouveau quand\nson enregistrement revient. La partie publique va dans l'annuaire ; les "
        "autres opérateurs la "
        "relisent avant sa publication.",
    .examples = "relais keys create o21 --out secrets/o21.keys.yaml --public "
                "annuaire/keys/o21.yaml",
    .options = create_options,
    .settings_size = sizeof(struct create_settings),
    .run = run_create,
};

/* ---- show -------------------------------------------------------------------------- */

struct show_settings {
    const char *file;
};

static const struct option show_options[] = {
    OPTION(struct show_settings, file, .name = "FICHIER",
           .flags = OPTION_ARGUMENT | OPTION_REQUIRED, .help = "Fichier de clés secrètes."),
    OPTION_END,
};

/* The public file, which everybody may read, given for the secret one. */
static bool is_public(const char *path)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    struct yaml_node *root = NULL;
    struct error dropped;
    const struct yaml_node *keys;

    arena_init(&arena);
    if (yaml_read_file(path, &arena, diagnostics, &root, &dropped) != OUTCOME_OK)
        return false;
    keys = yaml_get(root, "keys");
    return yaml_get(root, "operator") && keys && keys->kind == YAML_SEQUENCE;
}

static enum cli_exit run_show(struct cli *cli, const void *opaque)
{
    const struct show_settings *settings = opaque;
    CLEANUP(buffer_deinit) struct buffer out = {0};
    struct operator_keys keys;
    struct error err = {.outcome = OUTCOME_OK};

    if (is_public(settings->file))
        (void)error_set(&err, OUTCOME_REJECT,
                        "%s est déjà un fichier de clés publiques, à lire tel quel ; donnez le "
                        "fichier secret",
                        settings->file);
    else
        (void)!keys_read(settings->file, &keys, &err);
    if (err.outcome != OUTCOME_OK)
        return cli_fail(cli, &err);
    append_head(keys.operator_code, &out);
    append_key(&keys.public, NULL, &out);
    keys_wipe(&keys);
    return cli_write(&out) ? CLI_OK : CLI_FAILURE;
}

const struct command cmd_keys_show = {
    .name = "keys show",
    .summary = "montre la partie publique d'un fichier de clés",
    .examples = "relais keys show secrets/o21.keys.yaml",
    .options = show_options,
    .settings_size = sizeof(struct show_settings),
    .run = run_show,
};

/* ---- person ------------------------------------------------------------------------ */

struct person_settings {
    const char *out;
};

static const struct option person_options[] = {
    OPTION(struct person_settings, out, .name = "out", .value = "FICHIER", .flags = OPTION_REQUIRED,
           .help = "Où écrire la clé (droits 0600) ; jamais par-dessus une autre."),
    OPTION_END,
};

static enum cli_exit run_person(struct cli *cli, const void *opaque)
{
    const struct person_settings *settings = opaque;
    struct person_key key;
    struct error err;

    person_key_create(&key);
    if (person_key_write(&key, settings->out, &err) != OUTCOME_OK)
        return cli_fail(cli, &err);
    printf("Clé des personnes %s : %s, à donner à chaque connecteur et à personne d'autre.\n",
           key.key_id, settings->out);
    return CLI_OK;
}

const struct command cmd_keys_person = {
    .name = "keys person",
    .summary = "fait la clé commune des connecteurs pour les pseudonymes de personnes",
    .description = "Le courtier, le tableau de bord et les statistiques ne l'ont jamais.",
    .examples = "relais keys person --out secrets/person.key.yaml",
    .options = person_options,
    .settings_size = sizeof(struct person_settings),
    .run = run_person,
};
