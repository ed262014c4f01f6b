/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of a plan are listed once, in its own order; a note looks its part up by address.
 * There are hundreds of parts and thousands of notes at most: a list is enough.
 */
#include "connectors/mapping/coverage.h"

#include <stdlib.h>

#include "connectors/mapping/plan.h"
#include "connectors/mapping/sample_fields.h"

struct part {
    enum coverage_kind kind;
    const void *address;
    const struct shape_node *node; /* of a path */
    const char *name;
    const struct code_table *table; /* of a code */
    struct place place;
    bool seen;
};

/* A table is compiled for each scope that uses it: its cells count once. */
struct twin {
    const void *address;
    const void *of; /* the part's */
};

/* What the samples answer to a call, where that is no failure. */
struct answered {
    const struct call_rule *call;
    struct sightings *answers;
    struct answered *next;
};

struct coverage {
    struct arena arena;
    const struct mapping *mapping;
    struct part *parts;
    size_t part_count;
    const struct code_table **tables; /* that have parts */
    size_t table_count;
    struct twin *twins;
    size_t twin_count;
    struct sample_fields fields;
    struct sightings *records;
    struct answered *answered;
    size_t rejected;
};

/* ---- The parts ------------------------------------------------------------------------ */

static void add(struct coverage *coverage, struct part part)
{
    coverage->parts =
        xrealloc(coverage->parts, (coverage->part_count + 1) * sizeof(*coverage->parts));
    coverage->parts[coverage->part_count++] = part;
}

static void add_path(void *context, const struct shape_node *node)
{
    CLEANUP(buffer_deinit) struct buffer path = {0};
    struct coverage *coverage = context;

    if (!shape_above(node))
        return; /* the record itself is always there */
    shape_write_place(node, &path);
    add(coverage, (struct part){.kind = COVERAGE_PATHS,
                                .address = node,
                                .node = node,
                                .name = arena_text(&coverage->arena, buffer_view(&path)),
                                .place = shape_read_at(node)});
}

static void add_answers(struct coverage *coverage, const char *of,
                        const struct answer_rule *answers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add(coverage, (struct part){.kind = COVERAGE_ANSWERS,
                                    .address = &answers[i],
                                    .name = arena_printf(&coverage->arena, "%s n° %zu", of, i + 1),
                                    .place = answers[i].place});
}

static void add_delivery(struct coverage *coverage, const struct delivery_rule *rule)
{
    add(coverage, (struct part){.kind = COVERAGE_DELIVERIES,
                                .address = rule,
                                .name = rule->name,
                                .place = rule->place});
    for (size_t i = 0; i < rule->call_count; i++) {
        const struct call_rule *call = &rule->calls[i];
        const char *name = arena_printf(&coverage->arena, "%s, %s", rule->name, call->name);

        add(coverage,
            (struct part){
                .kind = COVERAGE_CALLS, .address = call, .name = name, .place = call->place});
        add_answers(coverage, name, call->answers, call->answer_count);
    }
}

static void add_code(struct coverage *coverage, const struct code_table *table, struct bytes from,
                     const struct code_cell *cell)
{
    struct part part = {.kind = COVERAGE_CODES,
                        .address = &cell->text,
                        .name = arena_text(&coverage->arena, from),
                        .table = table,
                        .place = cell->place};

    if (!cell->if_past && !cell->when) {
        add(coverage, part);
        return;
    }
    part.name =
        arena_printf(&coverage->arena, "%.*s (%s)", BYTES_ARG(from), cell->when ? "vrai" : "passé");
    add(coverage, part);
    part.name = arena_printf(&coverage->arena, "%.*s (%s)", BYTES_ARG(from),
                             cell->when ? "faux" : "à venir");
    part.address = &cell->other;
    part.place = cell->other_place;
    add(coverage, part);
}

static void add_twin(struct coverage *coverage, const struct code_cell *cell,
                     const struct code_cell *of)
{
    coverage->twins =
        xrealloc(coverage->twins, (coverage->twin_count + 2) * sizeof(*coverage->twins));
    coverage->twins[coverage->twin_count++] = (struct twin){&cell->text, &of->text};
    coverage->twins[coverage->twin_count++] = (struct twin){&cell->other, &of->other};
}

static bool is_same_text(const struct code_table *left, const struct code_table *right)
{
    const struct place *a = &left->rows[0].cell.place;
    const struct place *b = &right->rows[0].cell.place;

    return left->name.data && right->name.data && bytes_equal(left->name, right->name) &&
           left->count == right->count && left->has_otherwise == right->has_otherwise &&
           a->line == b->line && a->column == b->column;
}

/* The table of the same text that has parts already; NULL: there is none. */
static const struct code_table *twin_of(const struct coverage *coverage,
                                        const struct code_table *table)
{
    for (size_t i = 0; i < coverage->table_count && table->count > 0; i++)
        if (is_same_text(table, coverage->tables[i]))
            return coverage->tables[i];
    return NULL;
}

static void add_table(struct coverage *coverage, const struct code_table *table)
{
    const struct code_table *twin = twin_of(coverage, table);

    if (twin == table)
        return;
    for (size_t i = 0; i < table->count; i++)
        if (twin)
            add_twin(coverage, &table->rows[i].cell, &twin->rows[i].cell);
        else
            add_code(coverage, table, table->rows[i].from, &table->rows[i].cell);
    if (table->has_otherwise && twin)
        add_twin(coverage, &table->otherwise, &twin->otherwise);
    else if (table->has_otherwise)
        add_code(coverage, table, BYTES_LITERAL("else"), &table->otherwise);
    if (twin || table->count == 0)
        return;
    coverage->tables =
        xrealloc(coverage->tables, (coverage->table_count + 1) * sizeof(const void *));
    coverage->tables[coverage->table_count++] = table;
}

static int compare_parts(const void *left, const void *right)
{
    const struct part *a = left;
    const struct part *b = right;
    int order = (a->kind > b->kind) - (a->kind < b->kind);

    if (order == 0)
        order = (a->place.line > b->place.line) - (a->place.line < b->place.line);
    if (order == 0)
        order = (a->place.column > b->place.column) - (a->place.column < b->place.column);
    return order != 0 ? order : strcmp(a->name, b->name);
}

struct coverage *coverage_new(const struct mapping *mapping)
{
    struct coverage *coverage = xcalloc(1, sizeof(*coverage));

    arena_init(&coverage->arena);
    coverage->mapping = mapping;
    coverage->fields.arena = &coverage->arena;
    coverage->records = sightings_new(&coverage->arena);
    shape_each_read(mapping->shape, add_path, coverage);
    for (size_t i = 0; i < mapping->rule_count; i++)
        add(coverage, (struct part){.kind = COVERAGE_RULES,
                                    .address = &mapping->rules[i],
                                    .name = mapping->rules[i].name,
                                    .place = mapping->rules[i].place});
    for (size_t i = 0; i < mapping->delivery_count; i++)
        add_delivery(coverage, &mapping->deliveries[i]);
    add_answers(coverage, "answers", mapping->answers, mapping->answer_count);
    for (const struct noted_table *note = mapping->tables; note; note = note->next)
        for (const struct code_table *table = note->table; table; table = table->later)
            add_table(coverage, table);
    if (coverage->part_count > 0)
        qsort(coverage->parts, coverage->part_count, sizeof(*coverage->parts), compare_parts);
    return coverage;
}

void coverage_free(struct coverage *coverage)
{
    if (!coverage)
        return;
    sample_fields_deinit(&coverage->fields);
    arena_deinit(&coverage->arena);
    free(coverage->parts);
    free(coverage->tables);
    free(coverage->twins);
    free(coverage);
}

/* ---- While samples are tried ------------------------------------------------------------ */

void coverage_mark(struct coverage *coverage, const void *part)
{
    for (size_t i = 0; i < coverage->twin_count; i++)
        if (coverage->twins[i].address == part)
            part = coverage->twins[i].of;
    for (size_t i = 0; i < coverage->part_count; i++)
        if (coverage->parts[i].address == part)
            coverage->parts[i].seen = true;
}

void coverage_note_rejection(struct coverage *coverage)
{
    if (coverage)
        coverage->rejected++;
}

static void look(void *context, const struct shape_sight *sight)
{
    CLEANUP(buffer_deinit) struct buffer path = {0};
    struct coverage *coverage = context;

    if (sight->node)
        coverage_mark(coverage, sight->node);
    if (!sight->above)
        return;
    shape_write_place(sight->above, &path);
    if (sight->key.data)
        shape_write_key(sight->key, &path);
    else
        buffer_append_text(&path, "[*]");
    sample_fields_keep(&coverage->fields, sight, buffer_text(&path));
}

void coverage_take_record(struct coverage *coverage, yyjson_val *record)
{
    shape_look(coverage->mapping->shape, record, look, coverage);
    sightings_take(coverage->records, record);
}

void coverage_take_answer(struct coverage *coverage, const struct call_rule *call,
                          yyjson_val *answer)
{
    struct answered *answered = coverage->answered;

    while (answered && answered->call != call)
        answered = answered->next;
    if (!answered) {
        answered = arena_alloc(&coverage->arena, sizeof(*answered));
        *answered = (struct answered){call, sightings_new(&coverage->arena), coverage->answered};
        coverage->answered = answered;
    }
    sightings_take(answered->answers, answer);
}

/* ---- Afterwards ------------------------------------------------------------------------- */

struct coverage_count coverage_count(const struct coverage *coverage, enum coverage_kind kind)
{
    struct coverage_count count = {0, 0};

    for (size_t i = 0; i < coverage->part_count; i++) {
        count.total += coverage->parts[i].kind == kind;
        count.seen += coverage->parts[i].kind == kind && coverage->parts[i].seen;
    }
    return count;
}

const struct mapping *coverage_mapping(const struct coverage *coverage)
{
    return coverage->mapping;
}

const struct sightings *coverage_records(const struct coverage *coverage)
{
    return coverage->records;
}

const struct sightings *coverage_answers(const struct coverage *coverage,
                                         const struct call_rule *call)
{
    const struct answered *answered = coverage->answered;

    while (answered && answered->call != call)
        answered = answered->next;
    return answered ? answered->answers : NULL;
}

bool coverage_saw(const struct coverage *coverage, const void *part)
{
    size_t i = 0;

    while (i < coverage->part_count && coverage->parts[i].address != part)
        i++;
    return i < coverage->part_count && coverage->parts[i].seen;
}

bool coverage_drops(const struct coverage *coverage, const char *path)
{
    return sample_fields_drop(&coverage->fields, path);
}

int coverage_percent(const struct coverage *coverage)
{
    size_t seen = 0;

    for (size_t i = 0; i < coverage->part_count; i++)
        seen += coverage->parts[i].seen;
    return coverage->part_count > 0 ? (int)(seen * 100 / coverage->part_count) : 100;
}

void coverage_find_misspelt(const struct coverage *coverage, struct diagnostics *diagnostics)
{
    for (size_t i = 0; i < coverage->part_count; i++) {
        const struct part *part = &coverage->parts[i];
        const char *field = part->kind == COVERAGE_PATHS && !part->seen
                                ? sample_fields_nearest(&coverage->fields, part->node, true)
                                : NULL;

        if (field)
            diagnostics_add(diagnostics, part->place, field,
                            "l'échantillon n'a rien à %s, mais un champ d'un nom voisin que "
                            "personne ne nomme",
                            part->name);
    }
}

size_t coverage_rejected(const struct coverage *coverage)
{
    return coverage->rejected;
}

/* ---- For people ------------------------------------------------------------------------- */

static const char *const titles[] = {
    [COVERAGE_PATHS] = "chemins",         [COVERAGE_RULES] = "règles",
    [COVERAGE_DELIVERIES] = "livraisons", [COVERAGE_CALLS] = "appels",
    [COVERAGE_ANSWERS] = "réponses",      [COVERAGE_CODES] = "codes",
};
static const char *const names[] = {
    [COVERAGE_PATHS] = "chemin",         [COVERAGE_RULES] = "règle",
    [COVERAGE_DELIVERIES] = "livraison", [COVERAGE_CALLS] = "appel",
    [COVERAGE_ANSWERS] = "réponse",      [COVERAGE_CODES] = "code",
};

static void write_counts(const struct coverage *coverage, struct buffer *out)
{
    const char *separator = "";

    buffer_printf(out, "  couverture %d %% : ", coverage_percent(coverage));
    for (int kind = 0; kind < COVERAGE_KIND_COUNT; kind++) {
        struct coverage_count count = coverage_count(coverage, (enum coverage_kind)kind);

        if (count.total == 0)
            continue;
        buffer_printf(out, "%s%s %zu/%zu", separator, titles[kind], count.seen, count.total);
        separator = ", ";
    }
    buffer_append_text(out, "\n");
}

static void write_place(const struct place *place, struct buffer *out)
{
    const char *file = place->file ? place->file : "";
    const char *slash = strrchr(file, '/');

    buffer_printf(out, "    %s:%d:%d ", slash ? slash + 1 : file, place->line, place->column);
}

static void write_missing(const struct coverage *coverage, const struct part *part,
                          struct buffer *out)
{
    const char *field = part->kind == COVERAGE_PATHS
                            ? sample_fields_nearest(&coverage->fields, part->node, false)
                            : NULL;

    write_place(&part->place, out);
    buffer_printf(out, "%s %s", names[part->kind], part->name);
    if (field)
        buffer_printf(out, " ; vouliez-vous dire %s ?", field);
    buffer_append_text(out, "\n");
}

/* One line a table, with all its codes that nothing exercised. */
static void write_missing_codes(const struct coverage *coverage, const struct code_table *table,
                                struct buffer *out)
{
    bool any = false;

    for (size_t i = 0; i < coverage->part_count; i++) {
        const struct part *part = &coverage->parts[i];

        if (part->table != table || part->seen)
            continue;
        if (!any) {
            write_place(&part->place, out);
            buffer_append_text(out, table->name.data ? "codes " : "codes écrits là");
            buffer_printf(out, "%.*s : ", (int)table->name.len,
                          table->name.data ? (const char *)table->name.data : "");
        }
        buffer_printf(out, "%s%s", any ? ", " : "", part->name);
        any = true;
    }
    buffer_append_text(out, "\n");
}

static bool is_first_of_table(const struct coverage *coverage, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (!coverage->parts[i].seen && coverage->parts[i].table == coverage->parts[index].table)
            return false;
    return true;
}

void coverage_write(const struct coverage *coverage, struct buffer *out)
{
    bool any = false;

    write_counts(coverage, out);
    sample_fields_write(&coverage->fields, out);
    for (size_t i = 0; i < coverage->part_count; i++) {
        const struct part *part = &coverage->parts[i];

        if (part->seen)
            continue;
        if (!any)
            buffer_append_text(out, "  aucun échantillon n'exerce :\n");
        any = true;
        if (!part->table)
            write_missing(coverage, part, out);
        else if (is_first_of_table(coverage, i))
            write_missing_codes(coverage, part->table, out);
    }
}
