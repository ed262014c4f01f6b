/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/shape.h"

#include "connectors/mapping/lexer.h"

/* Longer than any path: `each` and what stands behind it. */
#define SHAPE_DEEPEST 80

/* A key as two words: its first and its last eight bytes, which are all of most keys, so that
 * comparing them calls nothing. Of a shorter one what there is. */
struct short_key {
    uint64_t head;
    uint64_t tail;
    uint32_t len;
};

/* Half a line of the processor's cache, and all that a key with a scalar needs. */
struct table_entry {
    uint64_t head;
    uint64_t tail;
    uint32_t len;
    int32_t slot;            /* the node's */
    struct shape_node *node; /* NULL: free */
};

struct shape_node {
    struct bytes key;
    const struct shape_node *parent; /* NULL: the record */
    struct place read_at;            /* line 0: no expression reads it */
    struct shape_node *first;        /* children, while it grows */
    struct shape_node *next;
    struct shape_node *prefixes; /* dropped by the beginning of their key; by `next` */
    struct shape_node *any;      /* every element of a list, every key of an object */
    struct table_entry *table;   /* children by hash, a power of two; open addressing */
    uint32_t mask;
    uint32_t children;
    int32_t slot; /* -1: none */
    bool covered; /* dropped: nothing below needs a name */
    bool inner;   /* something stands below */
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
        /* #text may be the text that stands there instead of an object: locate.c looks */
        if (i == *ret_steps && steps[i].kind == STEP_KEY &&
            !bytes_equal_text(steps[i].key, "#text")) {
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

static const struct shape_node *known_child(const struct shape_node *node,
                                            const struct path_step *step)
{
    const struct shape_node *child = node->first;

    if (step->kind != STEP_KEY)
        return node->any;
    while (child && !bytes_equal(child->key, step->key))
        child = child->next;
    for (const struct shape_node *prefix = node->prefixes; prefix && !child; prefix = prefix->next)
        if (bytes_starts_with(step->key, prefix->key))
            child = prefix;
    return child ? child : node->any;
}

const char *const *shape_unnamed(const struct shape *shape, const struct path_step *steps,
                                 size_t count, struct arena *arena, size_t *ret_at)
{
    const struct shape_node *node = shape->root;
    const char **names;
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        const struct shape_node *child = known_child(node, &steps[i]);

        *ret_at = i;
        if (!child)
            break;
        node = child;
        if (i + 1 == count || node->covered || node->read_at.line > 0)
            return NULL;
    }
    names = arena_array(arena, node->children + 1, sizeof(*names));
    for (const struct shape_node *child = node->first; child; child = child->next)
        names[found++] = arena_text(arena, child->key);
    return names;
}

static inline struct short_key short_key_of(const char *key, size_t len)
{
    struct short_key made = {0, 0, (uint32_t)len};
    uint32_t half;

    if (len >= sizeof(uint64_t)) {
        memcpy(&made.head, key, sizeof(uint64_t));
        memcpy(&made.tail, key + len - sizeof(uint64_t), sizeof(uint64_t));
    } else if (len >= sizeof(half)) {
        memcpy(&half, key, sizeof(half));
        made.head = half;
        memcpy(&half, key + len - sizeof(half), sizeof(half));
        made.tail = half;
    } else if (len > 0) {
        made.head = (uint64_t)(uint8_t)key[0] | (uint64_t)(uint8_t)key[len / 2] << 8;
        made.tail = (uint8_t)key[len - 1];
    }
    return made;
}

static inline uint32_t hash_key(const struct short_key *key)
{
    uint64_t sum = (key->head ^ key->tail << 5 ^ key->len) * UINT64_C(0x9E3779B97F4A7C15);

    return (uint32_t)(sum >> 32);
}

static inline bool is_key(const struct table_entry *entry, const struct short_key *key,
                          const char *text)
{
    return entry->head == key->head && entry->tail == key->tail && entry->len == key->len &&
           (key->len <= 2 * sizeof(uint64_t) || memcmp(entry->node->key.data, text, key->len) == 0);
}

static void finish_node(struct shape *shape, struct shape_node *node)
{
    uint32_t size = 4;

    while (size < node->children * 2)
        size *= 2;
    node->mask = size - 1;
    node->inner = node->first || node->any || node->prefixes;
    node->table = arena_array(shape->arena, size, sizeof(*node->table));
    for (struct shape_node *child = node->first; child; child = child->next) {
        struct short_key key = short_key_of((const char *)child->key.data, child->key.len);
        uint32_t at = hash_key(&key) & node->mask;

        while (node->table[at].node)
            at = (at + 1) & node->mask;
        node->table[at] = (struct table_entry){key.head, key.tail, key.len, child->slot, child};
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

static inline const struct table_entry *find_entry(const struct shape_node *node, const char *text,
                                                   size_t len)
{
    struct short_key key = short_key_of(text, len);
    uint32_t at = hash_key(&key) & node->mask;

    for (; node->table[at].node; at = (at + 1) & node->mask)
        if (is_key(&node->table[at], &key, text))
            return &node->table[at];
    return NULL;
}

/* Of a key that no path names. */
static const struct shape_node *find_other(const struct shape_node *node, const char *text,
                                           size_t len)
{
    for (const struct shape_node *prefix = node->prefixes; prefix; prefix = prefix->next)
        if (bytes_starts_with(bytes_of(text, len), prefix->key))
            return prefix;
    return node->any;
}

static const struct shape_node *find_child(const struct shape_node *node, const char *text,
                                           size_t len)
{
    const struct table_entry *entry = find_entry(node, text, len);

    return entry ? entry->node : find_other(node, text, len);
}

static void walk_below(struct walk *walk, const struct shape_node *node, yyjson_val *value);

static inline void walk_value(struct walk *walk, const struct shape_node *node, yyjson_val *value)
{
    if (node->slot >= 0)
        walk->slots[node->slot] = value;
    if (node->inner)
        walk_below(walk, node, value);
}

static void walk_other(struct walk *walk, const struct shape_node *node, yyjson_val *key,
                       yyjson_val *value)
{
    size_t len = yyjson_get_len(key);
    const struct shape_node *child = find_other(node, yyjson_get_str(key), len);

    if (child)
        walk_value(walk, child, value);
    else if (!node->covered && walk->unknown.count++ == 0) {
        walk->unknown.key = bytes_of(yyjson_get_str(key), len);
        walk->unknown.below = node;
    }
}

static void walk_object(struct walk *walk, const struct shape_node *node, yyjson_val *object)
{
    size_t i;
    size_t max;
    yyjson_val *key;
    yyjson_val *value;

    yyjson_obj_foreach(object, i, max, key, value)
    {
        const struct table_entry *entry =
            find_entry(node, yyjson_get_str(key), yyjson_get_len(key));

        if (!entry) {
            walk_other(walk, node, key, value);
            continue;
        }
        if (entry->slot >= 0)
            walk->slots[entry->slot] = value;
        if (yyjson_is_ctn(value) && entry->node->inner)
            walk_below(walk, entry->node, value);
    }
}

/* As deep as the plan's longest path. */
static void walk_below(struct walk *walk, const struct shape_node *node, yyjson_val *value)
{
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

    if (key.len > 0 && lexer_key_length(key) == key.len)
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
