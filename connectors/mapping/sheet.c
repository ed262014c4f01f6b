/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/sheet.h"

#include "base/csv.h"
#include "base/file.h"

#define MAX_BYTES ((size_t)16 * 1024 * 1024)

/* ---- The file ------------------------------------------------------------------------- */

static bool is_allowed(struct bytes name)
{
    return name.len > 4 && name.data[0] != '/' &&
           bytes_equal_text(bytes_of(name.data + name.len - 4, 4), ".csv");
}

/* Its path, from where the connector's file is. */
static const char *path_of(struct compiler *compiler, const struct yaml_node *name)
{
    const char *file = name->place.file ? name->place.file : "";
    const char *slash = strrchr(file, '/');

    return arena_printf(compiler->arena, "%.*s%.*s", slash ? (int)(slash - file) + 1 : 0, file,
                        BYTES_ARG(name->text));
}

/* The sign that the first row shows. */
static char guess_delimiter(struct bytes text)
{
    static const char signs[] = ";\t,";
    const uint8_t *end = memchr(text.data, '\n', text.len);
    size_t len = end ? (size_t)(end - text.data) : text.len;

    for (size_t i = 0; signs[i]; i++)
        if (memchr(text.data, signs[i], len))
            return signs[i];
    return ';';
}

/* False after a mistake. */
static bool read_dialect(struct compiler *compiler, const struct yaml_node *dialect,
                         struct csv_options *options, struct charset **ret_charset)
{
    const struct yaml_node *delimiter = yaml_get(dialect, "delimiter");
    const struct yaml_node *charset = yaml_get(dialect, "encoding");

    if (delimiter) {
        options->delimiter = '\0';
        if (bytes_equal_text(delimiter->text, "tab"))
            options->delimiter = '\t';
        else if (delimiter->text.len == 1)
            options->delimiter = (char)delimiter->text.data[0];
        if (!options->delimiter || !strchr(";,|\t", options->delimiter)) {
            compiler_mistake(compiler, delimiter->place, "\";\", \",\", \"|\" ou tab",
                             "ce n'est pas un signe entre cellules");
            return false;
        }
    }
    *ret_charset = charset && charset->kind == YAML_SCALAR
                       ? charset_new(arena_text(compiler->arena, charset->text))
                       : NULL;
    if (charset && !*ret_charset)
        compiler_mistake(compiler, charset->place, CHARSET_CHOICES,
                         "ce n'est pas un jeu de caractères connu");
    options->charset = *ret_charset;
    return !charset || *ret_charset;
}

/* ---- Rows ----------------------------------------------------------------------------- */

/* Rows while they are gathered. */
struct gathering {
    struct compiler *compiler;
    const char *path;
    struct sheet *sheet;
    struct sheet_row *rows;
    size_t capacity;
};

/* Grows by doubling, in the arena. */
static struct sheet_row *next_row(struct gathering *gathering)
{
    size_t count = gathering->sheet->row_count;
    size_t capacity = gathering->capacity > 0 ? gathering->capacity * 2 : 64;
    struct sheet_row *grown;

    if (gathering->rows && count < gathering->capacity)
        return &gathering->rows[count];
    grown = arena_array(gathering->compiler->arena, capacity, sizeof(*grown));
    if (gathering->rows)
        memcpy(grown, gathering->rows, count * sizeof(*grown));
    gathering->rows = grown;
    gathering->capacity = capacity;
    gathering->sheet->rows = grown;
    return &grown[count];
}

static void add_row(struct gathering *gathering, const struct csv_row *row)
{
    *next_row(gathering) =
        (struct sheet_row){row->cells, (struct place){gathering->path, (int32_t)row->line, 1, 1}};
    gathering->sheet->row_count++;
}

/* The first row names the columns. Broken rows are mistakes, all of them. */
static void read_rows(struct gathering *gathering, struct csv_reader *reader)
{
    struct sheet *sheet = gathering->sheet;

    for (;;) {
        struct csv_row row = {0};
        struct error err = {0};

        if (csv_read(reader, gathering->compiler->arena, &row, &err) != OUTCOME_OK) {
            compiler_mistake(gathering->compiler,
                             (struct place){gathering->path, (int32_t)row.line, 1, 1}, NULL,
                             "broken row: %s", err.text);
        } else if (row.count == 0) {
            return;
        } else if (sheet->column_count == 0) {
            sheet->columns = row.cells;
            sheet->column_count = row.count;
            csv_expect(reader, row.count);
        } else {
            add_row(gathering, &row);
        }
    }
}

const struct sheet *sheet_read(struct compiler *compiler, const struct yaml_node *name,
                               const struct yaml_node *dialect)
{
    CLEANUP(buffer_deinit) struct buffer text = {0};
    CLEANUP(charset_freep) struct charset *charset = NULL;
    CLEANUP(csv_reader_freep) struct csv_reader *reader = NULL;
    struct gathering gathering = {.compiler = compiler};
    struct csv_options options = {0};
    struct error err = {0};

    if (name->kind != YAML_SCALAR || !is_allowed(name->text)) {
        compiler_mistake(compiler, name->place,
                         "son chemin depuis ce fichier, par exemple codes/motifs.csv",
                         "ce n'est pas un fichier CSV");
        return NULL;
    }
    gathering.path = path_of(compiler, name);
    if (file_read(gathering.path, MAX_BYTES, FILE_ANY, &text, &err) != OUTCOME_OK) {
        compiler_mistake(compiler, name->place, "un fichier à côté de celui-ci", "%s", err.text);
        return NULL;
    }
    options.text = buffer_view(&text);
    if (text.len > 0)
        options.delimiter = guess_delimiter(options.text);
    if (!read_dialect(compiler, dialect, &options, &charset))
        return NULL;
    gathering.sheet = arena_alloc(compiler->arena, sizeof(*gathering.sheet));
    reader = csv_reader_new(&options);
    read_rows(&gathering, reader);
    if (gathering.sheet->column_count == 0) {
        compiler_mistake(compiler, name->place, "une première ligne qui nomme les colonnes",
                         "le fichier est vide");
        return NULL;
    }
    return gathering.sheet;
}

int32_t sheet_column(struct compiler *compiler, const struct sheet *sheet, struct bytes name,
                     struct place place)
{
    const char **names = arena_array(compiler->arena, sheet->column_count + 1, sizeof(*names));

    for (size_t i = 0; i < sheet->column_count; i++) {
        names[i] = arena_text(compiler->arena, sheet->columns[i]);
        if (bytes_equal(sheet->columns[i], name))
            return (int32_t)i;
    }
    compiler_mistake(compiler, place, compiler_one_of(compiler, name, names),
                     "pas de colonne « %.*s » dans le fichier", BYTES_ARG(name));
    return -1;
}
