/* SPDX-License-Identifier: Apache-2.0
 *
 * One recursive walk over the JSON: names are resolved while walking, as the specification
 * says that a name must be defined before it is used, depth-first, left to right.
 */
#include "schemas/schema_tree.h"

#include <yyjson.h>

#include "base/json.h"

#define MAX_TEXT_BYTES ((size_t)1024 * 1024)
#define MAX_DEPTH 32
/* Of fields or symbols: each is compared with all before it. */
#define MAX_NAMES 2000

static const char *const kind_names[] = {
    [SCHEMA_NULL] = "null",   [SCHEMA_BOOLEAN] = "boolean", [SCHEMA_INT] = "int",
    [SCHEMA_LONG] = "long",   [SCHEMA_FLOAT] = "float",     [SCHEMA_DOUBLE] = "double",
    [SCHEMA_BYTES] = "bytes", [SCHEMA_STRING] = "string",   [SCHEMA_RECORD] = "record",
    [SCHEMA_ENUM] = "enum",   [SCHEMA_ARRAY] = "array",     [SCHEMA_MAP] = "map",
    [SCHEMA_UNION] = "union", [SCHEMA_FIXED] = "fixed",
};
#define PRIMITIVE_COUNT ((int)SCHEMA_STRING + 1)

/* Named types met so far. */
struct known {
    struct schema_node *node;
    struct known *next;
};

struct parser {
    struct arena *arena;
    struct known *known;
    int depth;
    struct error *err;
};

DEFINE_CLEANUP(yyjson_doc, yyjson_doc_free)

const char *schema_tree_kind_name(enum schema_kind kind)
{
    return kind_names[kind];
}

struct bytes schema_tree_short_name(struct bytes full_name)
{
    for (size_t i = full_name.len; i > 0; i--)
        if (full_name.data[i - 1] == '.')
            return bytes_of(full_name.data + i, full_name.len - i);
    return full_name;
}

static struct bytes json_text(yyjson_val *value)
{
    return yyjson_is_str(value) ? bytes_of(yyjson_get_str(value), yyjson_get_len(value))
                                : BYTES_NONE;
}

/* "Names": [A-Za-z_][A-Za-z0-9_]*, and dots between them where `dots`. */
static bool is_name(struct bytes name, bool dots)
{
    bool first = true;

    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

        if (dots && c == '.' && !first) {
            first = true;
            continue;
        }
        if (!letter && (first || c < '0' || c > '9'))
            return false;
        first = false;
    }
    return !first;
}

static bool has_dot(struct bytes name)
{
    return memchr(name.data, '.', name.len) != NULL;
}

static struct bytes full_name(struct parser *parser, struct bytes space, struct bytes name)
{
    if (has_dot(name) || space.len == 0)
        return arena_copy(parser->arena, name);
    return bytes_of_text(
        arena_printf(parser->arena, "%.*s.%.*s", BYTES_ARG(space), BYTES_ARG(name)));
}

static struct schema_node *find_known(const struct parser *parser, struct bytes name)
{
    for (const struct known *known = parser->known; known; known = known->next)
        if (bytes_equal(known->node->name, name))
            return known->node;
    return NULL;
}

static struct schema_node *node_new(struct parser *parser, enum schema_kind kind)
{
    struct schema_node *node = arena_alloc(parser->arena, sizeof(*node));

    node->kind = kind;
    return node;
}

static enum outcome parse_type(struct parser *parser, yyjson_val *value, struct bytes space,
                               struct schema_node **ret_node);

/* A primitive's name or a named type's. */
static enum outcome parse_reference(struct parser *parser, struct bytes name, struct bytes space,
                                    struct schema_node **ret_node)
{
    struct schema_node *node;

    for (int kind = 0; kind < PRIMITIVE_COUNT; kind++) {
        if (bytes_equal_text(name, kind_names[kind])) {
            *ret_node = node_new(parser, (enum schema_kind)kind);
            return OUTCOME_OK;
        }
    }
    if (!is_name(name, true))
        return error_set(parser->err, OUTCOME_REJECT, "schema: a type's name is malformed");
    node = find_known(parser, full_name(parser, space, name));
    if (!node)
        return error_set(parser->err, OUTCOME_REJECT, "schema: type %.*s is not defined",
                         (int)(name.len < 64 ? name.len : 64), (const char *)name.data);
    *ret_node = node;
    return OUTCOME_OK;
}

static bool was_named_before(const struct bytes *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(names[i], names[count]))
            return true;
    return false;
}

/* "Aliases": other names; one without a dot is of `space`, none has a space for a field. */
static enum outcome parse_aliases(struct parser *parser, yyjson_val *value, struct bytes space,
                                  struct schema_names *ret_names)
{
    yyjson_val *aliases = yyjson_obj_get(value, "aliases");
    size_t count = yyjson_arr_size(aliases);

    if (count > MAX_NAMES)
        return error_set(parser->err, OUTCOME_REJECT, "schema: more than %d aliases", MAX_NAMES);
    ret_names->items = arena_array(parser->arena, count, sizeof(*ret_names->items));
    ret_names->count = count;
    for (size_t i = 0; i < count; i++) {
        struct bytes name = json_text(yyjson_arr_get(aliases, i));

        if (!name.data || !is_name(name, true))
            return error_set(parser->err, OUTCOME_REJECT, "schema: an alias is malformed");
        ret_names->items[i] = full_name(parser, space, name);
    }
    return OUTCOME_OK;
}

static enum outcome parse_field(struct parser *parser, yyjson_val *field, struct bytes space,
                                struct schema_node *node, size_t index)
{
    struct bytes name = json_text(yyjson_obj_get(field, "name"));
    enum outcome outcome;

    if (!name.data || !is_name(name, false))
        return error_set(parser->err, OUTCOME_REJECT, "schema: a field without a name");
    node->names[index] = arena_copy(parser->arena, name);
    if (was_named_before(node->names, index))
        return error_set(parser->err, OUTCOME_REJECT, "schema: two fields of one name");
    node->has_default[index] = yyjson_obj_get(field, "default") != NULL;
    outcome = parse_aliases(parser, field, BYTES_NONE, &node->field_aliases[index]);
    if (outcome != OUTCOME_OK)
        return outcome;
    return parse_type(parser, yyjson_obj_get(field, "type"), space, &node->children[index]);
}

static enum outcome parse_fields(struct parser *parser, yyjson_val *value, struct bytes space,
                                 struct schema_node *node)
{
    yyjson_val *fields = yyjson_obj_get(value, "fields");
    size_t count = yyjson_arr_size(fields);

    if (!yyjson_is_arr(fields))
        return error_set(parser->err, OUTCOME_REJECT, "schema: a record without fields");
    if (count > MAX_NAMES)
        return error_set(parser->err, OUTCOME_REJECT, "schema: more than %d fields", MAX_NAMES);
    node->names = arena_array(parser->arena, count, sizeof(*node->names));
    node->children = arena_array(parser->arena, count, sizeof(struct schema_node *));
    node->has_default = arena_array(parser->arena, count, sizeof(*node->has_default));
    node->field_aliases = arena_array(parser->arena, count, sizeof(*node->field_aliases));
    node->count = count;
    for (size_t i = 0; i < count; i++) {
        enum outcome outcome = parse_field(parser, yyjson_arr_get(fields, i), space, node, i);

        if (outcome != OUTCOME_OK)
            return outcome;
    }
    return OUTCOME_OK;
}

static enum outcome parse_symbols(struct parser *parser, yyjson_val *value,
                                  struct schema_node *node)
{
    yyjson_val *symbols = yyjson_obj_get(value, "symbols");
    struct bytes fallback;
    size_t count = yyjson_arr_size(symbols);

    if (count == 0 || count > MAX_NAMES)
        return error_set(parser->err, OUTCOME_REJECT, "schema: an enum of 0 or over %d symbols",
                         MAX_NAMES);
    node->names = arena_array(parser->arena, count, sizeof(*node->names));
    node->count = count;
    for (size_t i = 0; i < count; i++) {
        struct bytes symbol = json_text(yyjson_arr_get(symbols, i));

        if (!symbol.data || !is_name(symbol, false))
            return error_set(parser->err, OUTCOME_REJECT, "schema: a symbol is malformed");
        node->names[i] = arena_copy(parser->arena, symbol);
        if (was_named_before(node->names, i))
            return error_set(parser->err, OUTCOME_REJECT, "schema: two symbols of one name");
    }
    fallback = json_text(yyjson_obj_get(value, "default"));
    node->default_symbol = fallback.data ? arena_copy(parser->arena, fallback) : BYTES_NONE;
    return OUTCOME_OK;
}

static enum outcome parse_fixed(struct parser *parser, yyjson_val *value, struct schema_node *node)
{
    yyjson_val *size = yyjson_obj_get(value, "size");

    if (!yyjson_is_uint(size))
        return error_set(parser->err, OUTCOME_REJECT, "schema: a fixed without a size");
    node->count = (size_t)yyjson_get_uint(size);
    return OUTCOME_OK;
}

static enum outcome parse_named(struct parser *parser, yyjson_val *value, enum schema_kind kind,
                                struct bytes space, struct schema_node **ret_node)
{
    struct bytes name = json_text(yyjson_obj_get(value, "name"));
    struct bytes own_space = json_text(yyjson_obj_get(value, "namespace"));
    struct schema_node *node = node_new(parser, kind);
    struct known *known = arena_alloc(parser->arena, sizeof(*known));
    enum outcome outcome;

    if (!name.data || !is_name(name, true))
        return error_set(parser->err, OUTCOME_REJECT, "schema: a %s without a name",
                         kind_names[kind]);
    if (own_space.data && own_space.len > 0 && !is_name(own_space, true))
        return error_set(parser->err, OUTCOME_REJECT, "schema: a namespace is malformed");
    node->name = full_name(parser, own_space.data ? own_space : space, name);
    if (find_known(parser, node->name))
        return error_set(parser->err, OUTCOME_REJECT, "schema: two types of one name");
    *known = (struct known){node, parser->known};
    parser->known = known;
    *ret_node = node;
    space =
        has_dot(node->name)
            ? bytes_of(node->name.data, node->name.len - schema_tree_short_name(node->name).len - 1)
            : BYTES_NONE;
    outcome = parse_aliases(parser, value, space, &node->aliases);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (kind == SCHEMA_ENUM)
        return parse_symbols(parser, value, node);
    if (kind == SCHEMA_FIXED)
        return parse_fixed(parser, value, node);
    return parse_fields(parser, value, space, node);
}

static enum outcome parse_union(struct parser *parser, yyjson_val *value, struct bytes space,
                                struct schema_node **ret_node)
{
    struct schema_node *node = node_new(parser, SCHEMA_UNION);

    node->count = yyjson_arr_size(value);
    if (node->count > MAX_NAMES)
        return error_set(parser->err, OUTCOME_REJECT, "schema: a union of over %d", MAX_NAMES);
    node->children = arena_array(parser->arena, node->count, sizeof(struct schema_node *));
    for (size_t i = 0; i < node->count; i++) {
        enum outcome outcome =
            parse_type(parser, yyjson_arr_get(value, i), space, &node->children[i]);

        if (outcome != OUTCOME_OK)
            return outcome;
        if (node->children[i]->kind == SCHEMA_UNION)
            return error_set(parser->err, OUTCOME_REJECT, "schema: a union in a union");
        for (size_t j = 0; j < i; j++)
            if (node->children[i]->kind == node->children[j]->kind &&
                bytes_equal(node->children[i]->name, node->children[j]->name))
                return error_set(parser->err, OUTCOME_REJECT, "schema: a union names a type twice");
    }
    *ret_node = node;
    return node->count > 0 ? OUTCOME_OK
                           : error_set(parser->err, OUTCOME_REJECT, "schema: an empty union");
}

static enum outcome parse_items(struct parser *parser, yyjson_val *value, enum schema_kind kind,
                                struct bytes space, struct schema_node **ret_node)
{
    struct schema_node *node = node_new(parser, kind);

    node->count = 1;
    node->children = arena_array(parser->arena, 1, sizeof(struct schema_node *));
    *ret_node = node;
    return parse_type(parser, yyjson_obj_get(value, kind == SCHEMA_MAP ? "values" : "items"), space,
                      &node->children[0]);
}

/* {"type": …}: a complex type, or a primitive with attributes. */
static enum outcome parse_object(struct parser *parser, yyjson_val *value, struct bytes space,
                                 struct schema_node **ret_node)
{
    yyjson_val *type = yyjson_obj_get(value, "type");
    struct bytes logical = json_text(yyjson_obj_get(value, "logicalType"));
    struct bytes name = json_text(type);
    enum outcome outcome;

    if (bytes_equal_text(name, "record"))
        return parse_named(parser, value, SCHEMA_RECORD, space, ret_node);
    if (bytes_equal_text(name, "enum"))
        return parse_named(parser, value, SCHEMA_ENUM, space, ret_node);
    if (bytes_equal_text(name, "fixed"))
        outcome = parse_named(parser, value, SCHEMA_FIXED, space, ret_node);
    else if (bytes_equal_text(name, "array"))
        return parse_items(parser, value, SCHEMA_ARRAY, space, ret_node);
    else if (bytes_equal_text(name, "map"))
        return parse_items(parser, value, SCHEMA_MAP, space, ret_node);
    else
        outcome = parse_type(parser, type, space, ret_node);
    if (outcome == OUTCOME_OK && logical.data && (*ret_node)->kind < SCHEMA_RECORD)
        (*ret_node)->logical = arena_copy(parser->arena, logical);
    return outcome;
}

static enum outcome parse_type(struct parser *parser, yyjson_val *value, struct bytes space,
                               struct schema_node **ret_node)
{
    enum outcome outcome;

    if (++parser->depth > MAX_DEPTH)
        return error_set(parser->err, OUTCOME_REJECT, "schema: nested more than %d deep",
                         MAX_DEPTH);
    if (yyjson_is_str(value))
        outcome = parse_reference(parser, json_text(value), space, ret_node);
    else if (yyjson_is_arr(value))
        outcome = parse_union(parser, value, space, ret_node);
    else if (yyjson_is_obj(value))
        outcome = parse_object(parser, value, space, ret_node);
    else
        outcome = error_set(parser->err, OUTCOME_REJECT, "schema: a type is missing");
    parser->depth--;
    return outcome;
}

enum outcome schema_tree_parse(struct bytes text, struct arena *arena,
                               struct schema_node **ret_root, struct error *err)
{
    struct parser parser = {.arena = arena, .err = err};
    struct schema_node *root = NULL;
    enum outcome outcome;

    if (text.len > MAX_TEXT_BYTES)
        return error_set(err, OUTCOME_REJECT, "schema: larger than %zu bytes", MAX_TEXT_BYTES);
    CLEANUP(yyjson_doc_freep)
    yyjson_doc *doc = json_read(text);
    if (!doc)
        return error_set(err, OUTCOME_REJECT, "schema: not JSON");
    outcome = parse_type(&parser, yyjson_doc_get_root(doc), BYTES_NONE, &root);
    if (outcome == OUTCOME_OK)
        *ret_root = root;
    return outcome;
}
