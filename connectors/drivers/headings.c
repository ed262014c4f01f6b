/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/drivers/headings.h"

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
