/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/tables.h"

#include <stdlib.h>

#include "connectors/mapping/times.h"

/* ---- Reading a table ------------------------------------------------------------------ */

struct columns {
    int32_t key[TABLES_KEYS];
    size_t key_count;
    int32_t from; /* -1: none */
    int32_t to;
};

static bool add_key(struct compiler *compiler, const struct sheet *sheet,
                    const struct yaml_node *node, struct columns *columns)
{
    bool room = columns->key_count < TABLES_KEYS;
    int32_t column = room && node->kind == YAML_SCALAR
                         ? sheet_column(compiler, sheet, node->text, node->place)
                         : -1;

    if (!room)
        compiler_mistake(compiler, node->place, "au plus quelques colonnes",
                         "`key` a plus de %d colonnes", TABLES_KEYS);
    if (column >= 0)
        columns->key[columns->key_count++] = column;
    return column >= 0;
}

/* `key: code` or `key: [cp, nom]`, and `from`, `to`. */
static bool read_columns(struct compiler *compiler, const struct sheet *sheet,
                         const struct yaml_node *node, struct columns *columns)
{
    const struct yaml_node *key = yaml_get(node, "key");
    const struct yaml_node *from = yaml_get(node, "from");
    const struct yaml_node *to = yaml_get(node, "to");
    bool good = true;

    if (!key || key->kind == YAML_MAPPING || (key->kind == YAML_SEQUENCE && key->count == 0)) {
        compiler_mistake(compiler, key ? key->place : node->place,
                         "la colonne que l'on cherche, ou [plusieurs]", "il manque `key`");
        return false;
    }
    if (key->kind == YAML_SCALAR)
        good = add_key(compiler, sheet, key, columns);
    for (size_t i = 0; key->kind == YAML_SEQUENCE && i < key->count; i++)
        good = add_key(compiler, sheet, key->items[i], columns) && good;
    columns->from = from ? sheet_column(compiler, sheet, from->text, from->place) : -1;
    columns->to = to ? sheet_column(compiler, sheet, to->text, to->place) : -1;
    return good && (!from || columns->from >= 0) && (!to || columns->to >= 0);
}

/* Midnight of a day written as 2026-07-01; `open` when the cell is empty. */
static int64_t read_day(struct compiler *compiler, const struct sheet_row *row, int32_t column,
                        int64_t open)
{
    const struct zone *zone = compiler->mapping->zone;
    struct moment moment = {.us = open};

    if (column < 0 || bytes_trim(row->cells[column]).len == 0)
        return open;
    if (!times_parse(BYTES_LITERAL("%Y-%m-%d"), row->cells[column],
                     zone ? zone : zones_find(BYTES_LITERAL("UTC")), &moment))
        compiler_mistake(compiler, row->place, "2026-07-01, ou rien", "ce n'est pas un jour");
    return moment.us;
}

static struct bytes key_of(struct compiler *compiler, const struct sheet_row *row,
                           const struct columns *columns)
{
    CLEANUP(buffer_deinit) struct buffer key = {0};

    if (columns->key_count == 1)
        return bytes_trim(row->cells[columns->key[0]]);
    for (size_t i = 0; i < columns->key_count; i++) {
        buffer_append_text(&key, i > 0 ? TABLES_SEPARATOR : "");
        buffer_append_bytes(&key, bytes_trim(row->cells[columns->key[i]]));
    }
    return arena_copy(compiler->arena, buffer_view(&key));
}

static int compare_rows(const void *a, const void *b)
{
    const struct lookup_row *x = a;
    const struct lookup_row *y = b;
    int order = bytes_compare(x->key, y->key);

    return order != 0 ? order : (x->row > y->row) - (x->row < y->row);
}

static void fill_table(struct compiler *compiler, const struct columns *columns,
                       struct lookup_table *table)
{
    const struct sheet *sheet = table->sheet;
    struct lookup_row *rows = arena_array(compiler->arena, sheet->row_count + 1, sizeof(*rows));

    for (size_t i = 0; i < sheet->row_count; i++)
        rows[i] = (struct lookup_row){
            .key = key_of(compiler, &sheet->rows[i], columns),
            .from_us = read_day(compiler, &sheet->rows[i], columns->from, INT64_MIN),
            .to_us = read_day(compiler, &sheet->rows[i], columns->to, INT64_MAX),
            .row = &sheet->rows[i]};
    if (sheet->row_count > 0)
        qsort(rows, sheet->row_count, sizeof(*rows), compare_rows);
    table->rows = rows;
    table->count = sheet->row_count;
    table->key_count = columns->key_count;
}

static void compile_table(struct compiler *compiler, const struct yaml_node *node,
                          struct lookup_table *table)
{
    static const char *const keys[] = {"file", "key",       "from",     "to",
                                       "else", "delimiter", "encoding", NULL};
    const struct yaml_node *file;
    const struct yaml_node *otherwise;
    struct columns columns = {.key_count = 0};

    if (!compiler_check_keys(compiler, node, "une table", keys))
        return;
    file = yaml_get(node, "file");
    otherwise = yaml_get(node, "else");
    if (!file) {
        compiler_mistake(compiler, node->place, "file: agences.csv", "il manque `file`");
        return;
    }
    table->or_nothing = otherwise && yaml_is_null(otherwise);
    if (otherwise && !table->or_nothing)
        compiler_mistake(compiler, otherwise->place,
                         "null (rien), ou `lookup(…) | default(x)` derrière `else: null`",
                         "une clé introuvable ne devient pas cela");
    table->sheet = sheet_read(compiler, file, node);
    if (table->sheet && read_columns(compiler, table->sheet, node, &columns))
        fill_table(compiler, &columns, table);
}

void tables_compile(struct compiler *compiler, const struct yaml_node *section)
{
    struct lookup_table *tables;

    if (!section)
        return;
    if (section->kind != YAML_MAPPING) {
        compiler_mistake(compiler, section->place, "nom: { file: agences.csv, key: code }",
                         "`tables` ne tient pas de clés");
        return;
    }
    tables = arena_array(compiler->arena, section->count + 1, sizeof(*tables));
    compiler->lookups = tables;
    compiler->lookup_count = section->count;
    for (size_t i = 0; i < section->count; i++) {
        tables[i].name = section->keys[i]->text;
        compile_table(compiler, section->items[i], &tables[i]);
    }
}

/* ---- Looking up ----------------------------------------------------------------------- */

const struct lookup_table *tables_find(struct compiler *compiler, struct bytes name,
                                       struct place place)
{
    const char **names = arena_array(compiler->arena, compiler->lookup_count + 1, sizeof(*names));

    for (size_t i = 0; i < compiler->lookup_count; i++) {
        names[i] = arena_text(compiler->arena, compiler->lookups[i].name);
        if (bytes_equal(compiler->lookups[i].name, name))
            return &compiler->lookups[i];
    }
    compiler_mistake(compiler, place,
                     names[0] ? compiler_one_of(compiler, name, names)
                              : "tables: { agences: { file: agences.csv, key: code } }",
                     "table inconnue « %.*s »", BYTES_ARG(name));
    return NULL;
}

/* The first row of that key, or where it would stand. */
static size_t find_first(const struct lookup_table *table, struct bytes key)
{
    size_t low = 0;
    size_t high = table->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (bytes_compare(table->rows[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t tables_look_up(const struct lookup_table *table, struct bytes key, size_t column,
                      int64_t at_us, struct bytes *ret_value)
{
    size_t different = 0;

    for (size_t i = find_first(table, key); i < table->count; i++) {
        const struct lookup_row *row = &table->rows[i];
        struct bytes cell = row->row->cells[column];

        if (!bytes_equal(row->key, key))
            break;
        if (at_us != NO_TIME && (at_us < row->from_us || at_us >= row->to_us))
            continue;
        if (different == 0)
            *ret_value = cell;
        if (different == 0 || !bytes_equal(cell, *ret_value))
            different++;
    }
    return different;
}
