/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a plan over a body. Everything that comes from outside is compared with what is left
 * of the body and of the limits *before* it is believed: a length, a count, a branch.
 */
#include <assert.h>

#include "base/uuid.h"
#include "schemas/avro_plan.h"

const struct avro_limits avro_limits_default = {
    .max_bytes = (size_t)1024 * 1024, .max_items = 10000, .max_depth = 16};

/* Records of records of nothing take no byte and are no items: what bounds them is that no
 * body needs more fields than this for each item that it may have. */
#define FIELDS_AN_ITEM 64

struct reader {
    const uint8_t *at;
    const uint8_t *end;
    size_t items_left;
    size_t fields_left;
    int depth_left;
    struct arena *arena;
    /* Why and where it failed; both static or the plan's. */
    const char *why;
    const char *field;
};

static bool fail(struct reader *reader, const struct plan_node *node, const char *why)
{
    if (!reader->why) {
        reader->why = why;
        reader->field = node->name;
    }
    return false;
}

/* At most ten bytes, the tenth at most 1 (specification: "variable-length zig-zag"). */
static inline bool take_long(struct reader *reader, int64_t *ret_value)
{
    const uint8_t *at = reader->at;
    uint64_t value = 0;
    unsigned shift = 0;

    while (at < reader->end) {
        uint8_t byte = *at++;

        if (shift == 63 && byte > 1)
            return false;
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            reader->at = at;
            *ret_value = (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
            return true;
        }
        shift += 7;
        if (shift > 63)
            return false;
    }
    return false;
}

static inline bool take_bytes(struct reader *reader, struct bytes *ret_view)
{
    int64_t len;

    if (!take_long(reader, &len) || len < 0 || (uint64_t)len > (uint64_t)(reader->end - reader->at))
        return false;
    *ret_view = bytes_of(reader->at, (size_t)len);
    reader->at += len;
    return true;
}

static inline bool is_ascii(struct bytes text)
{
    const uint8_t *at = text.data;
    size_t left = text.len;
    uint64_t word;
    uint8_t high = 0;

    for (; left >= sizeof(word); left -= sizeof(word), at += sizeof(word)) {
        memcpy(&word, at, sizeof(word));
        if (word & UINT64_C(0x8080808080808080))
            return false;
    }
    while (left--)
        high |= *at++;
    return high < 0x80;
}

/* The common form, lower case or upper, without a call a digit; see uuid_parse(). */
static inline bool parse_uuid(struct bytes text, struct uuid *ret_id)
{
    return text.len == UUID_TEXT_LEN && uuid_parse(text, ret_id);
}

static bool run(struct reader *reader, const struct plan_node *node, uint8_t *base);

static bool enter(struct reader *reader, const struct plan_node *node)
{
    return --reader->depth_left >= 0 || fail(reader, node, "nested too deep");
}

/* Counts of a block: negative ones are followed by the block's size in bytes. */
struct block {
    size_t count; /* 0: the end */
    bool sized;
    size_t size;
};

static bool take_block(struct reader *reader, const struct plan_node *node, struct block *block)
{
    int64_t count;
    int64_t size = 0;

    if (!take_long(reader, &count) || count == INT64_MIN)
        return fail(reader, node, "damaged block count");
    block->sized = count < 0;
    if (block->sized) {
        count = -count;
        if (!take_long(reader, &size) || size < 0 ||
            (uint64_t)size > (uint64_t)(reader->end - reader->at))
            return fail(reader, node, "damaged block size");
    }
    if ((uint64_t)count > reader->items_left)
        return fail(reader, node, "more items than allowed");
    reader->items_left -= (size_t)count;
    block->count = (size_t)count;
    block->size = (size_t)size;
    return true;
}

static bool run_block(struct reader *reader, const struct plan_node *node,
                      const struct block *block, uint8_t *items)
{
    const uint8_t *start = reader->at;

    for (size_t i = 0; i < block->count; i++)
        if (!run(reader, node->children[0], items + i * node->size))
            return false;
    if (block->sized && (size_t)(reader->at - start) != block->size)
        return fail(reader, node, "a block is not as long as it says");
    return true;
}

/* Items of several blocks end in one array, which doubles: the counts are not known before. */
static bool run_array(struct reader *reader, const struct plan_node *node, uint8_t *base)
{
    struct field_array array = {NULL, 0};
    size_t capacity = 0;
    struct block block;

    if (!enter(reader, node))
        return false;
    while (take_block(reader, node, &block) && block.count > 0) {
        if (array.count + block.count > capacity) {
            uint8_t *grown;

            capacity =
                array.count + block.count > 2 * capacity ? array.count + block.count : 2 * capacity;
            grown = arena_array(reader->arena, capacity, node->size);
            if (array.count)
                memcpy(grown, array.items, array.count * node->size);
            array.items = grown;
        }
        if (!run_block(reader, node, &block, (uint8_t *)array.items + array.count * node->size))
            return false;
        array.count += block.count;
    }
    reader->depth_left++;
    memcpy(base + node->offset, &array, sizeof(array));
    return !reader->why;
}

static bool skip_items(struct reader *reader, const struct plan_node *node)
{
    struct block block;
    struct bytes key;

    if (!enter(reader, node))
        return false;
    while (take_block(reader, node, &block) && block.count > 0) {
        if (block.sized) { /* the size is there for this */
            reader->at += block.size;
            continue;
        }
        for (size_t i = 0; i < block.count; i++) {
            if (node->op == PLAN_SKIP_MAP && !take_bytes(reader, &key))
                return fail(reader, node, "damaged map key");
            if (!run(reader, node->children[0], NULL))
                return false;
        }
    }
    reader->depth_left++;
    return !reader->why;
}

static bool run_record(struct reader *reader, const struct plan_node *node, uint8_t *record)
{
    if (!enter(reader, node))
        return false;
    if (node->count > reader->fields_left)
        return fail(reader, node, "more fields than allowed");
    reader->fields_left -= node->count;
    assert(record || !node->blank);
    if (node->blank)
        memcpy(record, node->blank, node->size);
    for (uint32_t i = 0; i < node->count; i++)
        if (!run(reader, node->children[i], record))
            return false;
    reader->depth_left++;
    return true;
}

static bool run_record_new(struct reader *reader, const struct plan_node *node, uint8_t *base)
{
    uint8_t *record = arena_alloc(reader->arena, node->size);

    memcpy(base + node->offset, &record, sizeof(record));
    return run_record(reader, node, record);
}

static bool run_union(struct reader *reader, const struct plan_node *node, uint8_t *base)
{
    int64_t branch;

    if (!take_long(reader, &branch) || branch < 0 || branch >= node->count)
        return fail(reader, node, "no such branch of the union");
    return run(reader, node->children[branch], base);
}

static bool run_enum(struct reader *reader, const struct plan_node *node, uint8_t *at)
{
    int64_t number;

    if (!take_long(reader, &number) || number < 0 || number >= node->count)
        return fail(reader, node, "no such symbol");
    memcpy(at, &node->symbols[number], sizeof(int32_t));
    return true;
}

static bool run_int(struct reader *reader, const struct plan_node *node, uint8_t *at)
{
    int64_t wide;
    int32_t number;

    if (!take_long(reader, &wide) || wide < INT32_MIN || wide > INT32_MAX)
        return fail(reader, node, "damaged int");
    if (node->op == PLAN_DATE && wide != NO_INT &&
        (wide < -FIELD_DAYS_MOST || wide > FIELD_DAYS_MOST))
        return fail(reader, node, "a date beyond all sense");
    number = (int32_t)wide;
    memcpy(at, &number, sizeof(number));
    return true;
}

static bool run_text(struct reader *reader, const struct plan_node *node, uint8_t *at)
{
    struct bytes text;

    if (!take_bytes(reader, &text))
        return fail(reader, node, "damaged length");
    if (node->op == PLAN_STRING && !is_ascii(text) && !bytes_is_utf8(text))
        return fail(reader, node, "not UTF-8");
    memcpy(at, &text, sizeof(text));
    return true;
}

static bool run_uuid(struct reader *reader, const struct plan_node *node, uint8_t *at)
{
    struct bytes text;
    struct uuid id;

    if (!take_bytes(reader, &text) || !parse_uuid(text, &id))
        return fail(reader, node, "not a UUID");
    memcpy(at, &id, sizeof(id));
    return true;
}

static bool run_bool(struct reader *reader, const struct plan_node *node, uint8_t *at)
{
    if (reader->at == reader->end || *reader->at > 1)
        return fail(reader, node, "damaged boolean");
    *(bool *)at = *reader->at++ == 1;
    return true;
}

static bool run_skip(struct reader *reader, const struct plan_node *node)
{
    struct bytes view;
    int64_t number;

    if (node->op == PLAN_SKIP_FIXED) {
        if (node->count > (size_t)(reader->end - reader->at))
            return fail(reader, node, "cut short");
        reader->at += node->count;
        return true;
    }
    if (node->op == PLAN_SKIP_BYTES)
        return take_bytes(reader, &view) || fail(reader, node, "damaged length");
    if (node->op == PLAN_SKIP_BOOL)
        return run_bool(reader, node, (uint8_t *)&(bool){false});
    return take_long(reader, &number) || fail(reader, node, "damaged number");
}

static bool run_long(struct reader *reader, const struct plan_node *node, uint8_t *at)
{
    int64_t wide;

    if (!take_long(reader, &wide))
        return fail(reader, node, "damaged long");
    if (node->op == PLAN_TIME && wide != NO_TIME &&
        (wide < -FIELD_TIME_MOST || wide > FIELD_TIME_MOST))
        return fail(reader, node, "a time beyond all sense");
    memcpy(at, &wide, sizeof(wide));
    return true;
}

/* The usual nullable field: no recursion for "no value". */
static inline bool is_null_branch(struct reader *reader, const struct plan_node *node)
{
    if (reader->at < reader->end && *reader->at == 2 * node->null_branch) {
        reader->at++;
        return true;
    }
    return false;
}

static bool run(struct reader *reader, const struct plan_node *node, uint8_t *base)
{
    assert(base || node->op >= PLAN_OPTIONAL); /* what is skipped holds only what writes nothing */
    switch (node->op) {
    case PLAN_STRING:
    case PLAN_BYTES:
        return run_text(reader, node, base + node->offset);
    case PLAN_UUID:
        return run_uuid(reader, node, base + node->offset);
    case PLAN_BOOL:
        return run_bool(reader, node, base + node->offset);
    case PLAN_INT:
    case PLAN_DATE:
        return run_int(reader, node, base + node->offset);
    case PLAN_LONG:
    case PLAN_TIME:
        return run_long(reader, node, base + node->offset);
    case PLAN_ENUM:
        return run_enum(reader, node, base + node->offset);
    case PLAN_RECORD:
        return run_record(reader, node, base + node->offset);
    case PLAN_RECORD_NEW:
        return run_record_new(reader, node, base);
    case PLAN_ARRAY:
        return run_array(reader, node, base);
    case PLAN_OPTIONAL:
        return is_null_branch(reader, node) || run_union(reader, node, base);
    case PLAN_UNION:
        return run_union(reader, node, base);
    case PLAN_NULL:
        return true;
    case PLAN_IMPOSSIBLE:
        return fail(reader, node, "a branch of the union that the field cannot hold");
    case PLAN_SKIP_RECORD:
        return run_record(reader, node, base);
    case PLAN_SKIP_ARRAY:
    case PLAN_SKIP_MAP:
        return skip_items(reader, node);
    case PLAN_SKIP_BOOL:
    case PLAN_SKIP_LONG:
    case PLAN_SKIP_BYTES:
    case PLAN_SKIP_FIXED:
        break;
    }
    return run_skip(reader, node);
}

enum outcome avro_decode(const struct avro_plan *plan, struct bytes body,
                         const struct avro_limits *limits, struct arena *arena, void *record,
                         struct error *err)
{
    const uint8_t *start = body.data ? body.data : (const uint8_t *)"";
    struct reader reader = {.at = start,
                            .end = start + body.len,
                            .items_left = limits->max_items,
                            .fields_left = limits->max_items * FIELDS_AN_ITEM,
                            .depth_left = limits->max_depth,
                            .arena = arena};

    if (body.len > limits->max_bytes)
        return error_set(err, OUTCOME_REJECT, "Avro: larger than %zu bytes", limits->max_bytes);
    if (!run(&reader, plan->root, record))
        return error_set(err, OUTCOME_REJECT, "Avro: field %s: %s (byte %zu)",
                         reader.field ? reader.field : "", reader.why ? reader.why : "damaged",
                         (size_t)(reader.at - start));
    if (reader.at != reader.end)
        return error_set(err, OUTCOME_REJECT, "Avro: %zu bytes left over",
                         (size_t)(reader.end - reader.at));
    return OUTCOME_OK;
}
