/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/drivers/headings.h"

#include "connectors/mapping/shape.h"

/* Of those that a message names: it is short. */
#define NAMED_MOST 3

const char *const *headings_names(const struct rows *rows, struct arena *arena)
{
    const char **names;
    size_t count = 0;

    while (rows_column(rows, count))
        count++;
    names = arena_array(arena, count + 1, sizeof(*names));
    for (size_t i = 0; i < count; i++)
        names[i] = rows_column(rows, i);
    return names;
}

size_t headings_find_lacking(const struct rows *rows, const struct mapping *mapping,
                             const char *file, struct arena *arena,
                             const struct columns_lack **ret_lacks)
{
    const struct columns_header header = {
        .names = headings_names(rows, arena), .optional = rows_optional(rows), .file = file};

    return header.names[0] ? columns_find_lacking(mapping, &header, arena, ret_lacks) : 0;
}

void headings_blame(const struct columns_lack *lack, const char *const *names, const char *what,
                    struct diagnostics *diagnostics)
{
    CLEANUP(buffer_deinit) struct buffer expected = {0};
    const char *near = diagnostics_nearest(lack->name, names);

    if (near) {
        buffer_append_text(&expected, "$");
        shape_write_key(bytes_of_text(near), &expected);
    } else {
        buffer_printf(&expected,
                      "son nom dans le fichier, ou dans `source` optional_columns: [\"%.*s\"]",
                      BYTES_ARG(lack->name));
    }
    diagnostics_add(diagnostics, lack->place, buffer_text(&expected), "%s « %.*s »", what,
                    BYTES_ARG(lack->name));
}

/* The texts of a list; NULL at the end. */
static const char *const *texts_of(const struct yaml_node *list, struct arena *arena)
{
    size_t count = list && list->kind == YAML_SEQUENCE ? list->count : 0;
    const char **texts = arena_array(arena, count + 1, sizeof(*texts));

    for (size_t i = 0; i < count; i++)
        texts[i] = arena_text(arena, list->items[i]->text);
    return texts;
}

void headings_check_source(const struct yaml_node *source, const struct mapping *mapping,
                           struct diagnostics *diagnostics)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    const struct yaml_node *format = yaml_get(source, "format");
    const struct columns_header header = {
        .names = texts_of(yaml_get(source, "columns"), &arena),
        .optional = texts_of(yaml_get(source, "optional_columns"), &arena),
        .file = ""};
    const struct columns_lack *lacks = NULL;
    size_t count = 0;

    if (header.names[0] && (!format || bytes_equal_text(format->text, "csv")) &&
        !columns_ask_name(mapping))
        count = columns_find_lacking(mapping, &header, &arena, &lacks);
    for (size_t i = 0; i < count; i++)
        headings_blame(&lacks[i], header.names, "`columns` de la source n'a pas", diagnostics);
}

static void write_lack(const struct columns_lack *lack, struct buffer *out)
{
    const char *slash = lack->place.file ? strrchr(lack->place.file, '/') : NULL;
    const char *file = slash ? slash + 1 : lack->place.file;

    buffer_printf(out, "« %.*s » (%s:%d:%d)", BYTES_ARG(lack->name), file ? file : "",
                  (int)lack->place.line, (int)lack->place.column);
}

enum outcome headings_check(const struct rows *rows, const struct mapping *mapping,
                            const char *file, struct error *err)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    CLEANUP(buffer_deinit) struct buffer text = {0};
    const struct columns_lack *lacks = NULL;
    size_t count = headings_find_lacking(rows, mapping, file, &arena, &lacks);

    if (count == 0)
        return OUTCOME_OK;
    buffer_append_text(&text, count > 1 ? "il n'a pas les colonnes " : "il n'a pas la colonne ");
    for (size_t i = 0; i < count && i < NAMED_MOST; i++) {
        buffer_append_text(&text, i > 0 ? ", " : "");
        write_lack(&lacks[i], &text);
    }
    if (count > NAMED_MOST)
        buffer_printf(&text, " et %zu autres", count - NAMED_MOST);
    return error_set(err, OUTCOME_REJECT,
                     "%s ; attendu : leur nom d'aujourd'hui à cet endroit, ou optional_columns",
                     buffer_text(&text));
}
