/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/schema_compat.h"

#include "schemas/avro.h"

/* Two records being compared further up: taken to fit, or the walk would not end. */
struct pair {
    const struct schema_node *reader;
    const struct schema_node *writer;
    const struct pair *above;
};

static enum outcome check(const struct schema_node *reader, const struct schema_node *writer,
                          const struct pair *above, struct error *err);

static bool is_promotable(enum schema_kind from, enum schema_kind to)
{
    switch (from) {
    case SCHEMA_INT:
        return to == SCHEMA_LONG || to == SCHEMA_FLOAT || to == SCHEMA_DOUBLE;
    case SCHEMA_LONG:
        return to == SCHEMA_FLOAT || to == SCHEMA_DOUBLE;
    case SCHEMA_FLOAT:
        return to == SCHEMA_DOUBLE;
    case SCHEMA_STRING:
        return to == SCHEMA_BYTES;
    case SCHEMA_BYTES:
        return to == SCHEMA_STRING;
    case SCHEMA_NULL:
    case SCHEMA_BOOLEAN:
    case SCHEMA_DOUBLE:
    case SCHEMA_RECORD:
    case SCHEMA_ENUM:
    case SCHEMA_ARRAY:
    case SCHEMA_MAP:
    case SCHEMA_UNION:
    case SCHEMA_FIXED:
        break;
    }
    return false;
}

static bool has_name(const struct schema_names *names, struct bytes name)
{
    for (size_t i = 0; i < names->count; i++)
        if (bytes_equal(names->items[i], name))
            return true;
    return false;
}

/* "both schemas are records with the same (unqualified) name", or an alias of the reader's. */
static bool is_same_name(const struct schema_node *reader, const struct schema_node *writer)
{
    return bytes_equal(schema_tree_short_name(reader->name),
                       schema_tree_short_name(writer->name)) ||
           has_name(&reader->aliases, writer->name);
}

/* The writer's field for field `index` of the reader; writer->count: none. */
static size_t find_field(const struct schema_node *reader, size_t index,
                         const struct schema_node *writer)
{
    size_t i = 0;

    while (i < writer->count && !bytes_equal(writer->names[i], reader->names[index]))
        i++;
    if (i < writer->count)
        return i;
    for (i = 0; i < writer->count; i++)
        if (has_name(&reader->field_aliases[index], writer->names[i]))
            break;
    return i;
}

static enum outcome check_record(const struct schema_node *reader, const struct schema_node *writer,
                                 const struct pair *above, struct error *err)
{
    struct pair own = {reader, writer, above};

    for (const struct pair *pair = above; pair; pair = pair->above)
        if (pair->reader == reader && pair->writer == writer)
            return OUTCOME_OK;
    for (size_t i = 0; i < reader->count; i++) {
        size_t theirs = find_field(reader, i, writer);

        if (theirs == writer->count && !reader->has_default[i])
            return error_set(err, OUTCOME_REJECT, "%.*s: was not there and has no default",
                             BYTES_ARG(reader->names[i]));
        if (theirs < writer->count &&
            check(reader->children[i], writer->children[theirs], &own, err) != OUTCOME_OK)
            return error_wrap(err, "%.*s", BYTES_ARG(reader->names[i]));
    }
    return OUTCOME_OK;
}

static bool has_symbol(const struct schema_node *node, struct bytes symbol)
{
    for (size_t i = 0; i < node->count; i++)
        if (bytes_equal(node->names[i], symbol))
            return true;
    return false;
}

static enum outcome check_enum(const struct schema_node *reader, const struct schema_node *writer,
                               struct error *err)
{
    bool has_default = reader->default_symbol.data && has_symbol(reader, reader->default_symbol);

    for (size_t i = 0; i < writer->count; i++)
        if (!has_symbol(reader, writer->names[i]) && !has_default)
            return error_set(err, OUTCOME_REJECT,
                             "symbol %.*s is not known, and there is no default symbol",
                             BYTES_ARG(writer->names[i]));
    return OUTCOME_OK;
}

static enum outcome check_unions(const struct schema_node *reader, const struct schema_node *writer,
                                 const struct pair *above, struct error *err)
{
    if (writer->kind == SCHEMA_UNION) {
        for (size_t i = 0; i < writer->count; i++)
            if (check(reader, writer->children[i], above, err) != OUTCOME_OK)
                return OUTCOME_REJECT;
        return OUTCOME_OK;
    }
    for (size_t i = 0; i < reader->count; i++)
        if (check(reader->children[i], writer, above, NULL) == OUTCOME_OK)
            return OUTCOME_OK;
    return error_set(err, OUTCOME_REJECT, "no branch of the union holds %s",
                     schema_tree_kind_name(writer->kind));
}

static enum outcome refuse_kind(const struct schema_node *reader, const struct schema_node *writer,
                                struct error *err)
{
    return error_set(err, OUTCOME_REJECT, "%s cannot be read from %s",
                     schema_tree_kind_name(reader->kind), schema_tree_kind_name(writer->kind));
}

/* Depth is bounded by the parser; a named type within itself by `above`. */
static enum outcome check(const struct schema_node *reader, const struct schema_node *writer,
                          const struct pair *above, struct error *err)
{
    if (reader->kind == SCHEMA_UNION || writer->kind == SCHEMA_UNION)
        return check_unions(reader, writer, above, err);
    if (!bytes_equal(reader->logical, writer->logical))
        return error_set(err, OUTCOME_REJECT, "the logicalType changed");
    if (reader->kind != writer->kind)
        return is_promotable(writer->kind, reader->kind) ? OUTCOME_OK
                                                         : refuse_kind(reader, writer, err);
    if (reader->kind == SCHEMA_ARRAY || reader->kind == SCHEMA_MAP)
        return check(reader->children[0], writer->children[0], above, err);
    if (reader->kind < SCHEMA_RECORD)
        return OUTCOME_OK;
    if (!is_same_name(reader, writer))
        return error_set(err, OUTCOME_REJECT, "%.*s is another type than %.*s",
                         BYTES_ARG(reader->name), BYTES_ARG(writer->name));
    if (reader->kind == SCHEMA_FIXED && reader->count != writer->count)
        return error_set(err, OUTCOME_REJECT, "a fixed of another size");
    if (reader->kind == SCHEMA_ENUM)
        return check_enum(reader, writer, err);
    return reader->kind == SCHEMA_RECORD ? check_record(reader, writer, above, err) : OUTCOME_OK;
}

enum outcome schema_compat_check(const struct schema_node *reader, const struct schema_node *writer,
                                 struct error *err)
{
    return check(reader, writer, NULL, err);
}

enum outcome schema_compat_recorded(const struct schema_text *now,
                                    const struct schema_version *recorded, struct error *err)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    CLEANUP(avro_plan_freep) struct avro_plan *plan = NULL;
    struct schema_node *new_root = NULL;
    struct schema_node *old_root = NULL;
    enum outcome outcome = schema_tree_parse(now->text, &arena, &new_root, err);

    if (outcome == OUTCOME_OK)
        outcome = schema_tree_parse(recorded->text, &arena, &old_root, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (check(new_root, old_root, NULL, err) != OUTCOME_OK)
        return error_wrap(err, "what version %d wrote cannot be read", recorded->version);
    if (check(old_root, new_root, NULL, err) != OUTCOME_OK)
        return error_wrap(err, "version %d cannot read what is written now", recorded->version);
    if (avro_plan_new(recorded->text, now->table, &plan, err) != OUTCOME_OK)
        return error_wrap(err, "our decoder cannot read version %d", recorded->version);
    return OUTCOME_OK;
}
