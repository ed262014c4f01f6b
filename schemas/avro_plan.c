/* SPDX-License-Identifier: Apache-2.0
 *
 * Resolves a writer's schema against a field table, once (Apache Avro 1.11 specification,
 * "Schema Resolution"). What the table does not have is skipped; a skipped named type is
 * compiled once, because it may contain itself.
 */
#include "schemas/avro_plan.h"

#include <stdlib.h>

#include "schemas/schema_tree.h"

/* Skipped named types compiled so far. */
struct skipped {
    const struct schema_node *writer;
    struct plan_node *node;
    struct skipped *next;
};

struct compiler {
    struct arena *arena;
    struct skipped *skipped;
    int depth;
    struct error *err;
};

static const struct plan_node plan_null = {.op = PLAN_NULL, .name = ""};

static struct plan_node *node_new(struct compiler *compiler, enum plan_op op,
                                  const struct field *field)
{
    struct plan_node *node = arena_alloc(compiler->arena, sizeof(*node));

    node->op = op;
    node->name = field ? field->name : "";
    node->offset = field ? (uint32_t)field->offset : 0;
    return node;
}

static const struct plan_node **children_new(struct compiler *compiler, struct plan_node *node,
                                             size_t count)
{
    const struct plan_node **children =
        arena_array(compiler->arena, count ? count : 1, sizeof(struct plan_node *));

    node->count = (uint32_t)count;
    node->children = children;
    return children;
}

/* ---- What is skipped -------------------------------------------------------------- */

static struct plan_node *compile_skip(struct compiler *compiler, const struct schema_node *writer);

static struct plan_node *skip_children(struct compiler *compiler, enum plan_op op,
                                       const struct schema_node *writer)
{
    struct plan_node *node = node_new(compiler, op, NULL);
    const struct plan_node **children = children_new(compiler, node, writer->count);

    if (op == PLAN_SKIP_RECORD) { /* known before its fields: it may contain itself */
        struct skipped *own = arena_alloc(compiler->arena, sizeof(*own));

        *own = (struct skipped){writer, node, compiler->skipped};
        compiler->skipped = own;
    }
    for (size_t i = 0; i < writer->count; i++)
        children[i] = compile_skip(compiler, writer->children[i]);
    return node;
}

static struct plan_node *skip_fixed(struct compiler *compiler, size_t size)
{
    struct plan_node *node = node_new(compiler, PLAN_SKIP_FIXED, NULL);

    node->count = size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
    return node;
}

static struct plan_node *compile_skip(struct compiler *compiler, const struct schema_node *writer)
{
    for (struct skipped *known = compiler->skipped; known; known = known->next)
        if (known->writer == writer)
            return known->node;
    switch (writer->kind) {
    case SCHEMA_NULL:
        return node_new(compiler, PLAN_NULL, NULL);
    case SCHEMA_BOOLEAN:
        return node_new(compiler, PLAN_SKIP_BOOL, NULL);
    case SCHEMA_INT:
    case SCHEMA_LONG:
    case SCHEMA_ENUM:
        return node_new(compiler, PLAN_SKIP_LONG, NULL);
    case SCHEMA_FLOAT:
        return skip_fixed(compiler, 4);
    case SCHEMA_DOUBLE:
        return skip_fixed(compiler, 8);
    case SCHEMA_FIXED:
        return skip_fixed(compiler, writer->count);
    case SCHEMA_BYTES:
    case SCHEMA_STRING:
        return node_new(compiler, PLAN_SKIP_BYTES, NULL);
    case SCHEMA_RECORD:
        return skip_children(compiler, PLAN_SKIP_RECORD, writer);
    case SCHEMA_ARRAY:
        return skip_children(compiler, PLAN_SKIP_ARRAY, writer);
    case SCHEMA_MAP:
        return skip_children(compiler, PLAN_SKIP_MAP, writer);
    case SCHEMA_UNION:
        break;
    }
    return skip_children(compiler, PLAN_UNION, writer);
}

/* ---- What is kept ----------------------------------------------------------------- */

/* A value of `writer` as one of type `type`; NULL when it cannot be. */
static struct plan_node *compile_value(struct compiler *compiler, const struct schema_node *writer,
                                       const struct field *field, enum field_type type);

static bool is_text(const struct schema_node *writer)
{
    return writer->kind == SCHEMA_STRING || writer->kind == SCHEMA_BYTES;
}

static bool logical_is(const struct schema_node *writer, const char *logical)
{
    return !writer->logical.data || bytes_equal_text(writer->logical, logical);
}

static struct plan_node *compile_enum(struct compiler *compiler, const struct schema_node *writer,
                                      const struct field *field)
{
    struct plan_node *node = node_new(compiler, PLAN_ENUM, field);
    int32_t *symbols = arena_array(compiler->arena, writer->count, sizeof(*symbols));

    for (size_t i = 0; i < writer->count; i++) {
        int32_t ours = enum_find(field->symbols, writer->names[i]);

        symbols[i] = ours < 0 ? 0 : ours; /* the reader's default symbol */
    }
    node->symbols = symbols;
    node->count = (uint32_t)writer->count;
    return node;
}

static bool has_name(const struct schema_node *writer, const char *name)
{
    for (size_t i = 0; name && i < writer->count; i++)
        if (bytes_equal_text(writer->names[i], name))
            return true;
    return false;
}

static bool is_written(const struct schema_node *writer, const struct field *field)
{
    return has_name(writer, field->name) || has_name(writer, field->alias);
}

/* Ours for a field of the writer's: by its name, else by an alias that it does not stand
 * beside. */
static const struct field *find_ours(const struct record_table *table,
                                     const struct schema_node *writer, struct bytes name)
{
    const struct field *field = field_find(table, name);

    for (const struct field *row = table->fields; !field && row->name; row++)
        if (row->alias && bytes_equal_text(name, row->alias) && !has_name(writer, row->name))
            field = row;
    return field;
}

static enum outcome check_required(struct compiler *compiler, const struct schema_node *writer,
                                   const struct record_table *table)
{
    for (const struct field *field = table->fields; field->name; field++)
        if ((field->flags & FIELD_REQUIRED) && !is_written(writer, field))
            return error_set(compiler->err, OUTCOME_REJECT,
                             "schema of %s: no field %s, which has no default", table->name,
                             field->name);
    return OUTCOME_OK;
}

/* Fills a PLAN_RECORD node. */
static enum outcome compile_record(struct compiler *compiler, const struct schema_node *writer,
                                   const struct record_table *table, struct plan_node *node)
{
    const struct plan_node **children = children_new(compiler, node, writer->count);
    void *blank = arena_alloc(compiler->arena, table->size);
    enum outcome outcome = check_required(compiler, writer, table);

    if (outcome != OUTCOME_OK)
        return outcome;
    record_init(table, blank);
    node->blank = blank;
    node->size = (uint32_t)table->size;
    for (size_t i = 0; i < writer->count; i++) {
        const struct field *field = find_ours(table, writer, writer->names[i]);

        children[i] = field ? compile_value(compiler, writer->children[i], field, field->type)
                            : compile_skip(compiler, writer->children[i]);
        if (!children[i] && compiler->err && compiler->err->outcome == OUTCOME_REJECT)
            return OUTCOME_REJECT; /* a nested record said why */
        if (!children[i])
            return error_set(compiler->err, OUTCOME_REJECT,
                             "schema of %s: field %.*s has another type here", table->name,
                             BYTES_ARG(writer->names[i]));
    }
    return OUTCOME_OK;
}

static struct plan_node *compile_nested(struct compiler *compiler, const struct schema_node *writer,
                                        const struct field *field, enum field_type type)
{
    bool pointer = type == field->type && (field->flags & FIELD_NULLABLE) != 0;
    struct plan_node *node = node_new(compiler, pointer ? PLAN_RECORD_NEW : PLAN_RECORD, field);

    if (compile_record(compiler, writer, field->record, node) != OUTCOME_OK)
        return NULL;
    return node;
}

static struct plan_node *compile_array(struct compiler *compiler, const struct schema_node *writer,
                                       const struct field *field)
{
    struct plan_node *node = node_new(compiler, PLAN_ARRAY, field);
    const struct plan_node **children = children_new(compiler, node, 1);
    struct plan_node *item = compile_value(compiler, writer->children[0], field, field->item);

    if (!item)
        return NULL;
    item->offset = 0; /* an item stands at the start of its own place */
    children[0] = item;
    node->size = (uint32_t)field_size(field, field->item);
    return node;
}

/* Each branch that the field can hold is kept; the others fail only when they are met. */
static struct plan_node *compile_union(struct compiler *compiler, const struct schema_node *writer,
                                       const struct field *field, enum field_type type)
{
    struct plan_node *node = node_new(compiler, PLAN_UNION, field);
    const struct plan_node **children = children_new(compiler, node, writer->count);
    bool nullable = type == field->type && (field->flags & FIELD_NULLABLE) != 0;
    bool any = false;

    for (size_t i = 0; i < writer->count; i++) {
        if (writer->children[i]->kind == SCHEMA_NULL) {
            children[i] = nullable ? &plan_null : NULL;
            node->null_branch = (uint32_t)i;
            if (nullable && writer->count == 2)
                node->op = PLAN_OPTIONAL;
        } else {
            children[i] = compile_value(compiler, writer->children[i], field, type);
            any = any || children[i];
        }
        if (!children[i])
            children[i] = node_new(compiler, PLAN_IMPOSSIBLE, field);
    }
    return any ? node : NULL;
}

static struct plan_node *compile_known(struct compiler *compiler, const struct schema_node *writer,
                                       const struct field *field, enum field_type type)
{
    switch (type) {
    case FIELD_STRING:
        return is_text(writer) ? node_new(compiler, PLAN_STRING, field) : NULL;
    case FIELD_BYTES:
        return is_text(writer) ? node_new(compiler, PLAN_BYTES, field) : NULL;
    case FIELD_UUID:
        return writer->kind == SCHEMA_STRING ? node_new(compiler, PLAN_UUID, field) : NULL;
    case FIELD_BOOL:
        return writer->kind == SCHEMA_BOOLEAN ? node_new(compiler, PLAN_BOOL, field) : NULL;
    case FIELD_INT:
        return writer->kind == SCHEMA_INT ? node_new(compiler, PLAN_INT, field) : NULL;
    case FIELD_DATE:
        return writer->kind == SCHEMA_INT && logical_is(writer, "date")
                   ? node_new(compiler, PLAN_DATE, field)
                   : NULL;
    case FIELD_LONG: /* "int is promotable to long" */
        return writer->kind == SCHEMA_LONG || writer->kind == SCHEMA_INT
                   ? node_new(compiler, PLAN_LONG, field)
                   : NULL;
    case FIELD_TIME:
        return writer->kind == SCHEMA_LONG && logical_is(writer, "timestamp-micros")
                   ? node_new(compiler, PLAN_TIME, field)
                   : NULL;
    case FIELD_ENUM:
        return writer->kind == SCHEMA_ENUM ? compile_enum(compiler, writer, field) : NULL;
    case FIELD_RECORD:
        return writer->kind == SCHEMA_RECORD ? compile_nested(compiler, writer, field, type) : NULL;
    case FIELD_ARRAY:
        break;
    }
    return writer->kind == SCHEMA_ARRAY ? compile_array(compiler, writer, field) : NULL;
}

static struct plan_node *compile_value(struct compiler *compiler, const struct schema_node *writer,
                                       const struct field *field, enum field_type type)
{
    if (writer->kind == SCHEMA_UNION)
        return compile_union(compiler, writer, field, type);
    return compile_known(compiler, writer, field, type);
}

enum outcome avro_plan_new(struct bytes schema, const struct record_table *table,
                           struct avro_plan **ret_plan, struct error *err)
{
    CLEANUP(avro_plan_freep) struct avro_plan *plan = xcalloc(1, sizeof(*plan));
    struct error own = {.outcome = OUTCOME_OK};
    struct compiler compiler = {.arena = &plan->arena, .err = err ? err : &own};
    struct schema_node *writer = NULL;
    struct plan_node *root;
    enum outcome outcome = schema_tree_parse(schema, &plan->arena, &writer, compiler.err);

    if (outcome != OUTCOME_OK)
        return outcome;
    compiler.err->outcome = OUTCOME_OK;
    if (writer->kind != SCHEMA_RECORD ||
        !bytes_equal_text(schema_tree_short_name(writer->name), table->name))
        return error_set(err, OUTCOME_REJECT, "schema: not of a record %s", table->name);
    root = node_new(&compiler, PLAN_RECORD, NULL);
    outcome = compile_record(&compiler, writer, table, root);
    if (outcome != OUTCOME_OK)
        return outcome;
    plan->root = root;
    *ret_plan = TAKE(plan);
    return OUTCOME_OK;
}

void avro_plan_free(struct avro_plan *plan)
{
    if (!plan)
        return;
    arena_deinit(&plan->arena);
    free(plan);
}
