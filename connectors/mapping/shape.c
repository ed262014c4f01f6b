/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/shape.h"

#include "connectors/mapping/lexer.h"

/* Longer than any path: `each` and what stands behind it. */
#define SHAPE_DEEPEST 80

struct shape_node {
    struct bytes key;
    const struct shape_node *parent; /* NULL: the record */
    struct place read_at;            /* line 0: no expression reads it */
    struct shape_node *first;        /* children, while it grows */
    struct shape_node *next;
    struct shape_node *prefixes; /* dropped by the beginning of their key; by `next` */
    struct shape_node *any;      /* every element of a list, every key of an object */
    struct shape_node **table;   /* children by hash, a power of two; open addressing */
    uint32_t mask;
    uint32_t children;
    int32_t slot; /* -1: none */
    bool covered; /* dropped: nothing below needs a name */
};

struct shape {
    struct arena *arena;
    struct shape_node *root;
    size_t slots;
};

static struct shape_node *node_new(struct shape *shape, const struct shape_node *parent,
                                   struct bytes key)
{
    struct shape_node *node = arena_alloc(shape->arena, sizeof(*node));

    node->parent = parent;
    node->key = key;
    node->slot = -1;
    return node;
}

struct shape *shape_new(struct arena *arena)
{
    struct shape *shape = arena_alloc(arena, sizeof(*shape));

    shape->arena = arena;
    shape->root = node_new(shape, NULL, BYTES_NONE);
    return shape;
}

static struct shape_node *child_of(struct shape *shape, struct shape_node *node,
                                   const struct path_step *step)
{
    struct shape_node *child;

    if (step->kind != STEP_KEY) {
        if (!node->any)
            node->any = node_new(shape, node, BYTES_NONE);
        return node->any;
    }
    for (child = node->first; child; child = child->next)
        if (bytes_equal(child->key, step->key))
            return child;
    child = node_new(shape, node, step->key);
    child->next = node->first;
    node->first = child;
    node->children++;
    return child;
}

int32_t shape_add(struct shape *shape, const struct path_step *steps, size_t count,
                  size_t *ret_steps)
{
    struct shape_node *node = shape->root;
    struct shape_node *slotted = NULL;

    *ret_steps = 0;
    for (size_t i = 0; i < count; i++) {
        node = child_of(shape, node, &steps[i]);
        if (i == *ret_steps && steps[i].kind == STEP_KEY) {
            slotted = node;
            *ret_steps = i + 1;
        }
    }
    if (!slotted)
        return -1;
    if (slotted->slot < 0)
        slotted->slot = (int32_t)shape->slots++;
    return slotted->slot;
}

/* ['UDF_*'] */
static bool is_prefix(const struct path_step *step)
{
    return step->kind == STEP_KEY && step->key.len > 1 && step->key.data[step->key.len - 1] == '*';
}

static struct shape_node *prefix_of(struct shape *shape, struct shape_node *node, struct bytes key)
{
    struct shape_node *prefix = node_new(shape, node, bytes_of(key.data, key.len - 1));

    prefix->next = node->prefixes;
    node->prefixes = prefix;
    return prefix;
}

void shape_drop(struct shape *shape, const struct path_step *steps, size_t count)
{
    struct shape_node *node = shape->root;

    for (size_t i = 0; i < count; i++)
        node = is_prefix(&steps[i]) ? prefix_of(shape, node, steps[i].key)
                                    : child_of(shape, node, &steps[i]);
    node->covered = true;
}

void shape_read(struct shape *shape, const struct path_step *steps, size_t count,
                struct place place)
{
    struct shape_node *node = shape->root;

    for (size_t i = 0; i < count; i++)
        node = child_of(shape, node, &steps[i]);
    if (node->read_at.line == 0)
        node->read_at = place;
}

/* Cheap and good enough for keys: their length and both ends. */
static uint32_t hash_key(const char *key, size_t len)
{
    uint32_t hash = (uint32_t)len * 0x9E3779B1U;

    if (len > 0) {
        const uint8_t *at = (const uint8_t *)key;

        hash ^= (uint32_t)at[0] | (uint32_t)at[len / 2] << 8 | (uint32_t)at[len - 1] << 16 |
                (uint32_t)at[len > 1 ? 1 : 0] << 24;
    }
    hash *= 0x85EBCA6BU;
    return hash ^ hash >> 15;
}

static void finish_node(struct shape *shape, struct shape_node *node)
{
    uint32_t size = 4;

    while (size < node->children * 2)
        size *= 2;
    node->mask = size - 1;
    node->table = arena_array(shape->arena, size, sizeof(*node->table));
    for (struct shape_node *child = node->first; child; child = child->next) {
        uint32_t at = hash_key((const char *)child->key.data, child->key.len) & node->mask;

        while (node->table[at])
            at = (at + 1) & node->mask;
        node->table[at] = child;
        child->covered = child->covered || node->covered;
        finish_node(shape, child); /* as deep as the longest path: bounded there */
    }
    if (node->any) {
        node->any->covered = node->any->covered || node->covered;
        finish_node(shape, node->any);
    }
    for (struct shape_node *prefix = node->prefixes; prefix; prefix = prefix->next)
        finish_node(shape, prefix);
}

size_t shape_finish(struct shape *shape)
{
    finish_node(shape, shape->root);
    return shape->slots;
}

struct walk {
    yyjson_val **slots;
    struct shape_unknown unknown;
};

static const struct shape_node *find_child(const struct shape_node *node, const char *key,
                                           size_t len)
{
    uint32_t at = hash_key(key, len) & node->mask;

    for (; node->table[at]; at = (at + 1) & node->mask)
        if (node->table[at]->key.len == len && memcmp(node->table[at]->key.data, key, len) == 0)
            return node->table[at];
    for (const struct shape_node *prefix = node->prefixes; prefix; prefix = prefix->next)
        if (bytes_starts_with(bytes_of(key, len), prefix->key))
            return prefix;
    return node->any;
}

static void walk_value(struct walk *walk, const struct shape_node *node, yyjson_val *value);

static void walk_object(struct walk *walk, const struct shape_node *node, yyjson_val *object)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(object);

    for (yyjson_val *key = yyjson_obj_iter_next(&iter); key; key = yyjson_obj_iter_next(&iter)) {
        size_t len = yyjson_get_len(key);
        const struct shape_node *child = find_child(node, yyjson_get_str(key), len);

        if (child)
            walk_value(walk, child, yyjson_obj_iter_get_val(key));
        else if (!node->covered && walk->unknown.count++ == 0) {
            walk->unknown.key = bytes_of(yyjson_get_str(key), len);
            walk->unknown.below = node;
        }
    }
}

/* As deep as the plan's longest path. */
static void walk_value(struct walk *walk, const struct shape_node *node, yyjson_val *value)
{
    if (node->slot >= 0)
        walk->slots[node->slot] = value;
    if (!node->first && !node->any && !node->prefixes)
        return;
    if (yyjson_is_obj(value)) {
        walk_object(walk, node, value);
    } else if (yyjson_is_arr(value) && node->any) {
        yyjson_arr_iter iter = yyjson_arr_iter_with(value);

        for (yyjson_val *item = yyjson_arr_iter_next(&iter); item;
             item = yyjson_arr_iter_next(&iter))
            walk_value(walk, node->any, item);
    }
}

void shape_walk(const struct shape *shape, yyjson_val *record, yyjson_val **slots,
                struct shape_unknown *ret_unknown)
{
    struct walk walk = {.slots = slots};

    walk_value(&walk, shape->root, record);
    *ret_unknown = walk.unknown;
}

void shape_write_key(struct bytes key, struct buffer *out)
{
    const char *quote = memchr(key.data, '\'', key.len) ? "\"" : "'";
    bool bare = key.len > 0;

    for (size_t i = 0; i < key.len; i++)
        bare = bare && lexer_is_key_character(key.data[i]);
    if (bare)
        buffer_printf(out, ".%.*s", BYTES_ARG(key));
    else
        buffer_printf(out, "[%s%.*s%s]", quote, BYTES_ARG(key), quote);
}

void shape_write_place(const struct shape_node *node, struct buffer *out)
{
    const struct shape_node *chain[SHAPE_DEEPEST];
    size_t count = 0;

    for (; node && node->parent && count < SHAPE_DEEPEST; node = node->parent)
        chain[count++] = node;
    buffer_append_text(out, "$");
    while (count-- > 0)
        if (chain[count]->key.data)
            shape_write_key(chain[count]->key, out);
        else
            buffer_append_text(out, "[*]");
}

/* ---- For `relais test` ------------------------------------------------------------------ */

/* As deep as the longest path: the compiler bounds it. */
static void each_read(const struct shape_node *node,
                      void (*each)(void *context, const struct shape_node *node), void *context)
{
    if (node->read_at.line > 0)
        each(context, node);
    for (const struct shape_node *child = node->first; child; child = child->next)
        each_read(child, each, context);
    if (node->any)
        each_read(node->any, each, context);
}

void shape_each_read(const struct shape *shape,
                     void (*each)(void *context, const struct shape_node *node), void *context)
{
    each_read(shape->root, each, context);
}

struct place shape_read_at(const struct shape_node *node)
{
    return node->read_at;
}

const struct shape_node *shape_above(const struct shape_node *node)
{
    return node->parent;
}

struct bytes shape_key(const struct shape_node *node)
{
    return node->key;
}

struct look {
    void (*each)(void *context, const struct shape_sight *sight);
    void *context;
};

static void look_at(const struct look *look, const struct shape_sight *from, yyjson_val *value,
                    bool read);

static void look_below(const struct look *look, const struct shape_node *node, yyjson_val *key,
                       yyjson_val *value, bool read)
{
    struct shape_sight sight = {.node = node->any, .above = node, .key = BYTES_NONE};

    if (key) {
        sight.key = bytes_of(yyjson_get_str(key), yyjson_get_len(key));
        sight.node = find_child(node, yyjson_get_str(key), yyjson_get_len(key));
    }
    look_at(look, &sight, value, read);
}

static enum shape_use use_of(const struct shape_sight *sight, bool read)
{
    const struct shape_node *node = sight->node ? sight->node : sight->above;

    if (read)
        return SHAPE_READ;
    if (!node)
        return SHAPE_UNKNOWN; /* nothing around it is known either */
    if (node->covered)
        return SHAPE_DROPPED;
    if (!sight->node)
        return SHAPE_UNKNOWN;
    /* Around something that is read, and empty here. */
    return node->first || node->any ? SHAPE_READ : SHAPE_DROPPED;
}

/* As deep as the plan's longest path. */
static void look_at(const struct look *look, const struct shape_sight *from, yyjson_val *value,
                    bool read)
{
    struct shape_sight sight = *from;
    const struct shape_node *node = sight.node;
    yyjson_val *key;
    size_t i;
    size_t max;
    yyjson_val *item;

    read = read || (node && node->read_at.line > 0);
    sight.last = !node || (!node->first && !node->any) || yyjson_get_len(value) == 0 ||
                 !(yyjson_is_obj(value) || (yyjson_is_arr(value) && node->any));
    sight.use = use_of(&sight, read);
    look->each(look->context, &sight);
    if (sight.last)
        return;
    if (yyjson_is_arr(value)) {
        yyjson_arr_foreach(value, i, max, item) look_below(look, node, NULL, item, read);
        return;
    }
    yyjson_obj_foreach(value, i, max, key, item) look_below(look, node, key, item, read);
}

void shape_look(const struct shape *shape, yyjson_val *record,
                void (*each)(void *context, const struct shape_sight *sight), void *context)
{
    const struct look look = {each, context};
    struct shape_sight root = {.node = shape->root, .key = BYTES_NONE};

    look_at(&look, &root, record, false);
}
