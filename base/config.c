/* SPDX-License-Identifier: Apache-2.0 */
#include "base/config.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/file.h"

#define SECRET_MAX_BYTES 4096
#define MAX_FIELDS 128

/* Only in an assert: a release build has no use for it. */
__attribute__((unused)) static bool ends_in(const char *text, const char *end)
{
    size_t len = strlen(text);

    return len >= strlen(end) && strcmp(text + len - strlen(end), end) == 0;
}

/* A table that breaks these is the programmer's mistake. */
static size_t check_table(const struct config_field *fields)
{
    size_t count = 0;

    for (; fields[count].key; count++) {
        assert(count < MAX_FIELDS);
        assert(!(fields[count].flags & CONFIG_SECRET) || ends_in(fields[count].key, "_file"));
        assert(!(fields[count].flags & CONFIG_REQUIRED) || !fields[count].fallback);
    }
    return count;
}

static bool is_choice(struct bytes text, const char *choices)
{
    for (const char *at = choices; *at != '\0';) {
        size_t len = strcspn(at, "|");

        if (bytes_equal(text, bytes_of(at, len)))
            return true;
        at += len + (at[len] == '|');
    }
    return false;
}

static bool in_range(const struct config_field *field, int64_t value)
{
    return (field->min == 0 && field->max == 0) || (value >= field->min && value <= field->max);
}

/* Sets the member from a text; false when it is not of the field's type or range. */
static bool set_scalar(const struct config_field *field, struct bytes text, void *out)
{
    uint8_t *member = (uint8_t *)out + field->offset;
    const char *string = (const char *)text.data;
    int64_t number = 0;
    bool flag = bytes_equal_text(text, "true");

    switch (field->type) {
    case CONFIG_BOOL:
        if (!flag && !bytes_equal_text(text, "false"))
            return false;
        memcpy(member, &flag, sizeof(flag));
        return true;
    case CONFIG_INT64:
        if (!bytes_to_int64(text, &number) || !in_range(field, number))
            return false;
        memcpy(member, &number, sizeof(number));
        return true;
    case CONFIG_STRING:
        if (field->choices && !is_choice(text, field->choices))
            return false;
        memcpy(member, &string, sizeof(string)); /* NUL-terminated: yaml.h, or a literal */
        return true;
    case CONFIG_NODE:
        break;
    }
    return false;
}

/* What would have been right, for the diagnostics and the reference. */
static void describe(const struct config_field *field, struct buffer *out)
{
    switch (field->type) {
    case CONFIG_BOOL:
        buffer_append_text(out, "true ou false");
        break;
    case CONFIG_INT64:
        if (field->min == 0 && field->max == 0)
            buffer_append_text(out, "un nombre entier");
        else
            buffer_printf(out, "un nombre entier de %" PRId64 " à %" PRId64, field->min,
                          field->max);
        break;
    case CONFIG_STRING:
        if (!field->choices)
            buffer_append_text(out, field->flags & CONFIG_SECRET ? "le chemin d'un fichier"
                                                                 : "un texte");
        for (const char *at = field->choices; at && *at != '\0'; at++)
            if (*at == '|')
                buffer_append_text(out, strchr(at + 1, '|') ? ", " : " ou ");
            else
                buffer_append_byte(out, (uint8_t)*at);
        break;
    case CONFIG_NODE:
        buffer_append_text(out, "une partie à elle : des lignes « clé: valeur » dessous");
        break;
    }
}

static void refuse_value(const struct config_field *field, const struct yaml_node *value,
                         struct diagnostics *diagnostics)
{
    CLEANUP(buffer_deinit) struct buffer expected = {0};

    describe(field, &expected);
    diagnostics_add(diagnostics, value->place, buffer_text(&expected), "%s pour « %s »",
                    value->kind == YAML_SCALAR    ? "valeur impossible"
                    : value->kind == YAML_MAPPING ? "des clés"
                                                  : "une liste",
                    field->key);
}

/* A long word without "/" and "." is hardly a path; "./" in front makes it one. */
static bool looks_like_a_secret(const struct config_field *field, struct bytes text)
{
    return (field->flags & CONFIG_SECRET) && text.len >= 20 && !memchr(text.data, '/', text.len) &&
           !memchr(text.data, '.', text.len) && !memchr(text.data, '$', text.len);
}

static void read_field(const struct config_field *field, const struct yaml_node *node, void *out,
                       struct diagnostics *diagnostics)
{
    struct yaml_node *value = yaml_get(node, field->key);

    if (value && field->type == CONFIG_NODE) {
        memcpy((uint8_t *)out + field->offset, &value, sizeof(value));
        return;
    }
    if (value && !yaml_is_null(value)) {
        if (value->kind != YAML_SCALAR || !set_scalar(field, value->text, out))
            refuse_value(field, value, diagnostics);
        else if (looks_like_a_secret(field, value->text))
            diagnostics_add(diagnostics, value->place,
                            "le chemin d'un fichier qui ne contient que le secret (chmod 600) ; "
                            "« ./ » devant si c'en est un",
                            "« %s » tient le secret lui-même, et non un fichier", field->key);
        return;
    }
    if (field->flags & CONFIG_REQUIRED) {
        struct place place = value ? value->place : node ? node->place : (struct place){0};

        diagnostics_add(diagnostics, place, NULL, "il manque la clé « %s » : %s", field->key,
                        field->help ? field->help : "");
    } else if (field->fallback) {
        bool right = set_scalar(field, bytes_of_text(field->fallback), out);

        assert(right);
        (void)right;
    }
}

/* The field that holds the path of what the key would hold itself: "secret" for
 * "secret_file", and the usual words for a secret where there is one such field. */
static const struct config_field *file_of(const struct config_field *fields, struct bytes key)
{
    static const char *const words[] = {"secret", "password", "passwd",      "token",
                                        "key",    "api_key",  "mot_de_passe"};
    const struct config_field *found = NULL;

    for (; fields->key; fields++) {
        size_t len = strlen(fields->key);

        if (!(fields->flags & CONFIG_SECRET))
            continue;
        if (bytes_equal(key, bytes_of(fields->key, len - strlen("_file"))))
            return fields;
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && !found; i++)
            if (bytes_equal_text(key, words[i]))
                found = fields;
    }
    return found;
}

static void refuse_unknown(const struct config_field *fields, const struct yaml_node *key,
                           struct diagnostics *diagnostics)
{
    CLEANUP(buffer_deinit) struct buffer expected = {0};
    const struct config_field *file = file_of(fields, key->text);
    const char *names[MAX_FIELDS + 1] = {NULL};
    const char *nearest;

    if (file) {
        buffer_printf(&expected,
                      "%s: le chemin d'un fichier qui ne contient que le secret (chmod 600)",
                      file->key);
        diagnostics_add(diagnostics, key->place, buffer_text(&expected),
                        "un secret ne s'écrit pas dans ce fichier");
        return;
    }
    for (size_t i = 0; fields[i].key; i++)
        names[i] = fields[i].key;
    nearest = diagnostics_nearest(key->text, names);
    buffer_printf(&expected, "%s%sl'une de ", nearest ? nearest : "", nearest ? ", ou " : "");
    for (size_t i = 0; names[i]; i++)
        buffer_printf(&expected, "%s%s", i > 0 ? ", " : "", names[i]);
    diagnostics_add(diagnostics, key->place, buffer_text(&expected), "clé inconnue « %.*s »",
                    BYTES_ARG(key->text));
}

static bool is_known(const struct config_field *fields, struct bytes key)
{
    for (; fields->key; fields++)
        if (bytes_equal_text(key, fields->key))
            return true;
    return false;
}

enum outcome config_read(const struct config_field *fields, const struct yaml_node *node, void *out,
                         struct diagnostics *diagnostics, struct error *err)
{
    CLEANUP(buffer_deinit) struct buffer first = {0};
    size_t before = diagnostics_count(diagnostics);
    size_t count = check_table(fields);
    bool mapping = node && node->kind == YAML_MAPPING;

    if (node && !mapping && !yaml_is_null(node))
        diagnostics_add(diagnostics, node->place, "des lignes « clé: valeur »",
                        "%s au lieu de clés", node->kind == YAML_SCALAR ? "un texte" : "une liste");
    for (size_t i = 0; mapping && i < node->count; i++)
        if (!is_known(fields, node->keys[i]->text))
            refuse_unknown(fields, node->keys[i], diagnostics);
    for (size_t i = 0; i < count; i++)
        read_field(&fields[i], node, out, diagnostics);
    if (diagnostics_count(diagnostics) == before)
        return OUTCOME_OK;
    diagnostics_first(diagnostics, &first);
    return error_set(err, OUTCOME_REJECT, "%s", buffer_text(&first));
}

/* ---- Documenting ---------------------------------------------------------------- */

static const char *type_name(const struct config_field *field)
{
    static const char *const names[] = {
        [CONFIG_BOOL] = "vrai ou faux",
        [CONFIG_INT64] = "nombre",
        [CONFIG_STRING] = "texte",
        [CONFIG_NODE] = "partie",
    };

    return field->flags & CONFIG_SECRET ? "fichier d'un secret" : names[field->type];
}

/* A cell of a table: "|" would end it. */
static void append_cell(struct buffer *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '|')
            buffer_append_byte(out, '\\');
        buffer_append_byte(out, (uint8_t)*text);
    }
}

void config_document(const struct config_field *fields, struct buffer *out)
{
    buffer_append_text(out, "| Clé | Type | D'office | Valeurs | Sens |\n|---|---|---|---|---|\n");
    for (; fields->key; fields++) {
        buffer_printf(out, "| `%s` | %s | ", fields->key, type_name(fields));
        if (fields->flags & CONFIG_REQUIRED)
            buffer_append_text(out, "obligatoire");
        else if (fields->fallback && *fields->fallback != '\0')
            buffer_printf(out, "`%s`", fields->fallback);
        buffer_append_text(out, " | ");
        if (fields->type == CONFIG_BOOL || fields->choices || fields->min != 0 || fields->max != 0)
            describe(fields, out);
        buffer_append_text(out, " | ");
        append_cell(out, fields->help ? fields->help : "");
        buffer_append_text(out, " |\n");
    }
}

enum outcome config_read_secret(const char *path, struct buffer *out, struct error *err)
{
    size_t before = out->len;

    if (file_read(path, SECRET_MAX_BYTES, FILE_PRIVATE, out, err) != OUTCOME_OK) {
        if (err)
            err->outcome = OUTCOME_FATAL;
        return OUTCOME_FATAL;
    }
    if (out->len > before && out->data[out->len - 1] == '\n')
        out->len--;
    if (out->len == before)
        return error_set(err, OUTCOME_FATAL, "%s is empty", path);
    return OUTCOME_OK;
}
