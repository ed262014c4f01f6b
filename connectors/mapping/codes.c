/* SPDX-License-Identifier: Apache-2.0
 *
 * The section `codes`. A table stands in the file, or in a CSV beside it with the columns
 * theirs and ours; NAME@DAY is the one from that day on:
 *
 *   rdv_status: { seen: HONOURED, unknown: { if_past: $.at | datetime, then: A, else: B },
 *                 else: X }
 *
 *   motif: codes/motifs.csv
 *
 *   motif@2026-07-01: codes/motifs-2.csv
 *
 * Conditions are compiled where the table is used: only there is known which item, which
 * event they may read.
 */
#include "connectors/mapping/compiler.h"

#include <stdlib.h>

#include "connectors/mapping/functions.h"
#include "connectors/mapping/sheet.h"
#include "connectors/mapping/times.h"

/* ---- Cells ---------------------------------------------------------------------------- */

/* A code as a scalar; `null` becomes nothing. */
static struct bytes cell_text(struct compiler *compiler, const struct yaml_node *node)
{
    if (node && node->kind == YAML_SCALAR)
        return yaml_is_null(node) ? BYTES_NONE : node->text;
    if (node)
        compiler_mistake(compiler, node->place, "le code qu'il devient, ou null",
                         "ce n'est pas un code");
    return BYTES_NONE;
}

static void compile_conditional(struct compiler *compiler, const struct yaml_node *node,
                                struct code_cell *cell)
{
    const struct yaml_node *past = yaml_get(node, "if_past");
    const struct yaml_node *when = yaml_get(node, "when");
    const struct yaml_node *then = yaml_get(node, "then");
    const struct yaml_node *other = yaml_get(node, "else");
    bool forms = compiler->forms;

    if (!!past == !!when || !then || !other) {
        compiler_mistake(compiler, node->place,
                         "{ if_past: $.debut | datetime, then: A, else: B }, ou `when` et une "
                         "condition au lieu de `if_past`",
                         "un code qui dépend de quelque chose veut if_past ou when, then et else");
        return;
    }
    compiler->forms = false;
    cell->if_past = parser_parse_as(compiler, past, 1U << TYPE_TIME,
                                    "un instant : ajoutez | datetime derrière");
    cell->when = parser_parse_as(compiler, when, 1U << TYPE_BOOL | 1U << TYPE_ANY, "une condition");
    compiler->forms = forms;
    cell->text = cell_text(compiler, then);
    cell->place = then->place;
    cell->other = cell_text(compiler, other);
    cell->other_place = other->place;
}

static const char *reason(struct compiler *compiler, const struct yaml_node *node)
{
    return node && node->kind == YAML_SCALAR && node->text.len > 0
               ? arena_text(compiler->arena, node->text)
               : NULL;
}

/* { to: X, loses: why }, { refuse: why } or { skip: why }: what their list has no word for. */
static void compile_unsayable(struct compiler *compiler, const struct yaml_node *node,
                              struct code_cell *cell)
{
    cell->text = cell_text(compiler, yaml_get(node, "to"));
    cell->loses = reason(compiler, yaml_get(node, "loses"));
    cell->refuse = reason(compiler, yaml_get(node, "refuse"));
    cell->skip = reason(compiler, yaml_get(node, "skip"));
    if (node->count != (cell->loses ? 2 : 1) ||
        (!cell->refuse && !cell->skip && (!cell->loses || !yaml_get(node, "to"))))
        compiler_mistake(compiler, node->place,
                         "{ to: X, loses: quoi }, { refuse: pourquoi } ou { skip: pourquoi }",
                         "ne dit pas ce que devient le code");
    else if ((cell->refuse || cell->skip) && compiler->scope == SCOPE_RECORD)
        compiler_mistake(compiler, node->place,
                         "un code, null, ou pas de ligne : un code inconnu rejette l'élément",
                         "refuse et skip sont pour ce que nous leur écrivons");
}

static void compile_cell(struct compiler *compiler, const struct yaml_node *node,
                         struct code_cell *cell)
{
    static const char *const keys[] = {"if_past", "when",   "then", "else", "to",
                                       "loses",   "refuse", "skip", NULL};

    cell->place = node->place;
    cell->text = BYTES_NONE;
    if (node->kind != YAML_MAPPING)
        cell->text = cell_text(compiler, node);
    else if (!compiler_check_keys(compiler, node, "un code qui dépend de quelque chose", keys))
        return;
    else if (yaml_get(node, "if_past") || yaml_get(node, "when") || yaml_get(node, "then"))
        compile_conditional(compiler, node, cell);
    else
        compile_unsayable(compiler, node, cell);
}

/* ---- Tables --------------------------------------------------------------------------- */

static void compile_inline(struct compiler *compiler, const struct yaml_node *node,
                           struct code_table *table)
{
    struct code_row *rows = arena_array(compiler->arena, node->count + 1, sizeof(*rows));

    table->rows = rows;
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *key = node->keys[i];

        if (key->plain && bytes_equal_text(key->text, "else")) {
            table->has_otherwise = true;
            compile_cell(compiler, node->items[i], &table->otherwise);
            continue;
        }
        rows[table->count].from = key->text;
        rows[table->count].place = key->place;
        compile_cell(compiler, node->items[i], &rows[table->count++].cell);
    }
}

static int compare_rows(const void *left, const void *right)
{
    const struct code_row *const *a = left;
    const struct code_row *const *b = right;
    int order = bytes_compare((*a)->from, (*b)->from);

    return order != 0 ? order : (*a > *b) - (*a < *b);
}

/* A file may be long, and may say one code twice. */
static void sort_rows(struct compiler *compiler, struct code_table *table)
{
    const struct code_row **sorted =
        arena_array(compiler->arena, table->count + 1, sizeof(*sorted));

    for (size_t i = 0; i < table->count; i++)
        sorted[i] = &table->rows[i];
    if (table->count > 0)
        qsort(sorted, table->count, sizeof(*sorted), compare_rows);
    for (size_t i = 1; i < table->count; i++)
        if (bytes_equal(sorted[i]->from, sorted[i - 1]->from))
            compiler_mistake(compiler, sorted[i]->place, "une seule ligne par code",
                             "« %.*s » est déjà à la ligne %d", BYTES_ARG(sorted[i]->from),
                             (int)sorted[i - 1]->place.line);
    table->sorted = sorted;
}

/* A file with the columns `theirs` and `ours`; nothing in `ours`: nothing, as `null`. */
static void compile_file(struct compiler *compiler, const struct yaml_node *node,
                         struct code_table *table)
{
    const struct sheet *sheet = sheet_read(compiler, node, NULL);
    int32_t theirs =
        sheet ? sheet_column(compiler, sheet, BYTES_LITERAL("theirs"), node->place) : -1;
    int32_t ours = sheet ? sheet_column(compiler, sheet, BYTES_LITERAL("ours"), node->place) : -1;
    struct code_row *rows;

    if (theirs < 0 || ours < 0)
        return;
    rows = arena_array(compiler->arena, sheet->row_count + 1, sizeof(*rows));
    table->rows = rows;
    for (size_t i = 0; i < sheet->row_count; i++) {
        const struct sheet_row *row = &sheet->rows[i];
        struct bytes text = bytes_trim(row->cells[ours]);
        struct code_cell cell = {.text = text.len > 0 ? text : BYTES_NONE, .place = row->place};

        if (bytes_equal_text(row->cells[theirs], "else")) {
            table->has_otherwise = true;
            table->otherwise = cell;
        } else {
            rows[table->count++] = (struct code_row){row->cells[theirs], row->place, cell};
        }
    }
    sort_rows(compiler, table);
}

static bool is_conditional(const struct yaml_node *node)
{
    for (size_t i = 0; node->kind == YAML_MAPPING && i < node->count; i++)
        if (node->items[i]->kind == YAML_MAPPING)
            return true;
    return false;
}

static void compile_table(struct compiler *compiler, struct code_source *source)
{
    size_t before = diagnostics_count(compiler->diagnostics);
    struct code_table *table = arena_alloc(compiler->arena, sizeof(*table));

    table->name = source->name;
    table->place = source->place;
    table->from_us = source->from_us;
    if (source->node->kind == YAML_MAPPING)
        compile_inline(compiler, source->node, table);
    else if (source->node->kind == YAML_SCALAR && !yaml_is_null(source->node))
        compile_file(compiler, source->node, table);
    else
        compiler_mistake(compiler, source->node->place, "{ leur: NÔTRE, … }, ou codes/nom.csv",
                         "la table de codes « %.*s » ne tient pas de clés", BYTES_ARG(table->name));
    source->table = table;
    source->wrong = diagnostics_count(compiler->diagnostics) > before;
}

/* ---- The section ---------------------------------------------------------------------- */

/* "motif@2026-07-01": the name, and the day from which on it is that table. */
static void read_name(struct compiler *compiler, const struct yaml_node *key,
                      struct code_source *source)
{
    const uint8_t *at = memchr(key->text.data, '@', key->text.len);
    const struct zone *zone = compiler->mapping->zone;
    struct moment moment = {.us = NO_TIME};
    struct bytes day;

    source->name = key->text;
    source->place = key->place;
    source->from_us = NO_TIME;
    if (!at)
        return;
    source->name.len = (size_t)(at - key->text.data);
    day = bytes_of(at + 1, key->text.len - source->name.len - 1);
    if (!times_parse(BYTES_LITERAL("%Y-%m-%d"), day, zone ? zone : zones_find(BYTES_LITERAL("UTC")),
                     &moment))
        compiler_mistake(compiler, key->place, "motif@2026-07-01",
                         "ce n'est pas un jour, derrière le @");
    source->from_us = moment.us;
}

/* Every dated table has an undated one before it. */
static void check_dated(struct compiler *compiler)
{
    for (size_t i = 0; i < compiler->code_count; i++) {
        const struct code_source *dated = &compiler->codes[i];
        bool found = dated->from_us == NO_TIME;

        for (size_t j = 0; j < compiler->code_count; j++)
            found = found || (compiler->codes[j].from_us == NO_TIME &&
                              bytes_equal(compiler->codes[j].name, dated->name));
        if (!found)
            compiler_mistake(compiler, dated->place,
                             "une table sans @ pour ce qui était avant ce jour",
                             "« %.*s » commence un jour donné", BYTES_ARG(dated->name));
    }
}

void codes_compile(struct compiler *compiler, const struct yaml_node *section)
{
    if (!section)
        return;
    if (section->kind != YAML_MAPPING) {
        compiler_mistake(compiler, section->place, "nom: { leur: NÔTRE, … }",
                         "`codes` ne tient pas de clés");
        return;
    }
    compiler->codes = arena_array(compiler->arena, section->count + 1, sizeof(*compiler->codes));
    compiler->code_count = section->count;
    for (size_t i = 0; i < section->count; i++) {
        struct code_source *source = &compiler->codes[i];

        read_name(compiler, section->keys[i], source);
        source->node = section->items[i];
        source->conditional = is_conditional(source->node);
        if (!source->conditional)
            compile_table(compiler, source);
    }
    check_dated(compiler);
}

/* The table of a source as it is here: conditions read what this rule reads. */
static struct code_table *table_here(struct compiler *compiler, struct code_source *source)
{
    if (source->conditional && !source->wrong)
        compile_table(compiler, source);
    return source->table;
}

const struct code_table *codes_find(struct compiler *compiler, struct bytes name)
{
    struct code_table *first = NULL;

    for (size_t i = 0; i < compiler->code_count && !first; i++)
        if (bytes_equal(compiler->codes[i].name, name) && compiler->codes[i].from_us == NO_TIME)
            first = table_here(compiler, &compiler->codes[i]);
    if (first)
        first->later = NULL;
    for (size_t i = 0; first && i < compiler->code_count; i++) {
        struct code_source *source = &compiler->codes[i];
        struct code_table *before = first;
        struct code_table *table;

        if (source->from_us == NO_TIME || !bytes_equal(source->name, name))
            continue;
        table = table_here(compiler, source);
        while (before->later && before->later->from_us < table->from_us)
            before = before->later;
        table->later = before->later;
        before->later = table;
    }
    return first;
}

const char *const *codes_names(struct compiler *compiler)
{
    const char **names = arena_array(compiler->arena, compiler->code_count + 1, sizeof(*names));
    size_t count = 0;

    for (size_t i = 0; i < compiler->code_count; i++)
        if (compiler->codes[i].from_us == NO_TIME)
            names[count++] = arena_text(compiler->arena, compiler->codes[i].name);
    return names;
}
