/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/columns.h"

#include "base/names.h"
#include "connectors/mapping/runner.h"

struct look {
    const struct mapping *mapping;
    const struct columns_header *header;
    struct arena *arena;
    yyjson_val *nothing; /* a record without members */
    yyjson_val **slots;
    const bool *fits; /* by rule: it is about this file */
    bool any_fits;
    bool any_akin;  /* some rule reads a column that the file has */
    bool supposing; /* that no column is missing */
    struct columns_lack *lacks;
    size_t count;
};

static bool is_there(const struct look *look, struct bytes name)
{
    return names_have(look->header->names, name);
}

static bool is_lacking(const struct look *look, const struct rule_column *column)
{
    return !is_there(look, column->name) && !names_have(look->header->optional, column->name);
}

/* ---- What `when` can be ------------------------------------------------------------------- */

/* What the path yields differs from row to row. */
static bool varies(const struct look *look, const struct path *path)
{
    if (path->root == ROOT_RECORD)
        return look->supposing || path->count == 0 || path->steps[0].kind != STEP_KEY ||
               is_there(look, path->steps[0].key);
    return path->root == ROOT_LINE || path->root == ROOT_ITEM;
}

static bool reads_row(const struct look *look, const struct expression *expression)
{
    if (expression->kind == EXPRESSION_PATH)
        return varies(look, expression->path);
    for (size_t i = 0; i < expression->count; i++)
        if (reads_row(look, expression->args[i]))
            return true;
    return false;
}

/* Of a part that no row has a say in. One that fails would be a dead letter: it is wanted. */
static bool is_so(const struct look *look, const struct expression *expression, bool wanted)
{
    const struct mapping_input input = {.body = BYTES_LITERAL("{}"), .file = look->header->file};
    struct evaluation evaluation = {.mapping = look->mapping,
                                    .arena = look->arena,
                                    .record = look->nothing,
                                    .slots = look->slots,
                                    .input = &input,
                                    .moment_us = NO_TIME};
    bool is_true = evaluate_is_true(&evaluation, expression);

    return evaluation.failure.code || is_true == wanted;
}

/* Whether some row can make it that. As deep as the expression, which the parser bounds. */
static bool can_be(const struct look *look, const struct expression *expression, bool wanted)
{
    bool all = wanted == (expression->kind == EXPRESSION_AND);

    if (expression->kind == EXPRESSION_NOT)
        return can_be(look, expression->args[0], !wanted);
    if (expression->kind != EXPRESSION_AND && expression->kind != EXPRESSION_OR)
        return reads_row(look, expression) || is_so(look, expression, wanted);
    for (size_t i = 0; i < expression->count; i++)
        if (can_be(look, expression->args[i], wanted) != all)
            return !all;
    return all;
}

/* ---- Rules -------------------------------------------------------------------------------- */

/* Cells are texts: no list is in a row. What is absent from a full extract has no row. */
static bool is_of_rows(const struct record_rule *rule)
{
    return !rule->absent && (rule->each_count == 0 || rule->pieces[0]);
}

/* Reads something that the file has: with several sources, the others are of another one. */
static bool is_akin(const struct look *look, const struct record_rule *rule)
{
    const struct rule_column *column = rule->columns;

    while (column && !is_there(look, column->name))
        column = column->next;
    return column != NULL;
}

static void find_fitting(struct look *look)
{
    bool *fits = arena_array(look->arena, look->mapping->rule_count + 1, sizeof(*fits));

    for (size_t i = 0; i < look->mapping->rule_count; i++) {
        const struct record_rule *rule = &look->mapping->rules[i];

        fits[i] = is_of_rows(rule) && (!rule->when || can_be(look, rule->when, true));
        look->any_fits = look->any_fits || fits[i];
        look->any_akin = look->any_akin || (is_of_rows(rule) && is_akin(look, rule));
    }
    look->fits = fits;
}

static bool is_read_by_fitting(const struct look *look, struct bytes name)
{
    for (size_t i = 0; i < look->mapping->rule_count; i++) {
        const struct rule_column *column = look->fits[i] ? look->mapping->rules[i].columns : NULL;

        for (; column; column = column->next)
            if (bytes_equal(column->name, name))
                return true;
    }
    return false;
}

/* The file has all that the rule reads, and some of it for this rule alone, but what its `when`
 * reads: that was renamed. */
static bool fits_but_for_when(const struct look *look, const struct record_rule *rule)
{
    bool own = false;

    for (const struct rule_column *column = rule->columns; column; column = column->next) {
        if (column->in_when)
            continue;
        if (is_lacking(look, column))
            return false;
        own = own || (is_there(look, column->name) && !is_read_by_fitting(look, column->name));
    }
    return own;
}

static void add_lack(struct look *look, const struct rule_column *column)
{
    for (size_t i = 0; i < look->count; i++)
        if (bytes_equal(look->lacks[i].name, column->name))
            return;
    look->lacks[look->count++] = (struct columns_lack){column->name, column->place};
}

/* Its `when` would take a row if the file had the columns. */
static bool would_fit(struct look *look, const struct record_rule *rule)
{
    bool suspect =
        look->any_fits ? fits_but_for_when(look, rule) : !look->any_akin || is_akin(look, rule);
    bool can;

    if (!suspect)
        return false;
    look->supposing = true;
    can = is_of_rows(rule) && can_be(look, rule->when, true);
    look->supposing = false;
    return can;
}

static void find_of_rule(struct look *look, size_t number)
{
    const struct record_rule *rule = &look->mapping->rules[number];
    bool fits = look->fits[number];
    bool suspect = !fits && would_fit(look, rule);

    for (const struct rule_column *column = rule->columns; column; column = column->next)
        if ((fits || (suspect && column->in_when)) && is_lacking(look, column))
            add_lack(look, column);
}

size_t columns_find_lacking(const struct mapping *mapping, const struct columns_header *header,
                            struct arena *arena, const struct columns_lack **ret_lacks)
{
    struct look look = {.mapping = mapping, .header = header, .arena = arena};
    size_t most = 0;

    for (size_t i = 0; i < mapping->rule_count; i++)
        for (const struct rule_column *column = mapping->rules[i].columns; column;
             column = column->next)
            most++;
    look.lacks = arena_array(arena, most + 1, sizeof(*look.lacks));
    look.slots = arena_array(arena, mapping->slot_count + 1, sizeof(*look.slots));
    if (runner_parse(BYTES_LITERAL("{}"), arena, &look.nothing, NULL) != OUTCOME_OK)
        return 0; /* it is JSON */
    find_fitting(&look);
    for (size_t i = 0; i < mapping->rule_count; i++)
        find_of_rule(&look, i);
    *ret_lacks = look.lacks;
    return look.count;
}

static bool reads_name(const struct expression *expression)
{
    if (expression->kind == EXPRESSION_PATH)
        return expression->path->root == ROOT_FILE;
    for (size_t i = 0; i < expression->count; i++)
        if (reads_name(expression->args[i]))
            return true;
    return false;
}

bool columns_ask_name(const struct mapping *mapping)
{
    for (size_t i = 0; i < mapping->rule_count; i++)
        if (mapping->rules[i].when && reads_name(mapping->rules[i].when))
            return true;
    return false;
}
