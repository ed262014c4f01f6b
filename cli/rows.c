/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/rows.h"

#include <stdlib.h>

#include "cli/scan.h"
#include "schemas/topics.h"

/* A version of a row: as many as the topic holds, compacted or not. */
struct version {
    struct uuid id;
    size_t order;              /* in which it was read: a row is on one partition */
    const struct handoff *row; /* NULL: a tombstone                               */
};

struct reading {
    const struct wire *wire;
    struct arena *arena;
    struct version *versions;
    size_t count;
    size_t capacity;
    struct error err; /* of the first row that cannot be read */
};

static bool take_row(void *context, const struct kafka_message *message)
{
    struct reading *reading = context;
    struct version version = {.order = reading->count};
    struct handoff *row = NULL;
    struct bytes value;

    if (!uuid_parse(message->key, &version.id))
        return true;
    if (message->value.data) {
        /* What is decoded points into the value, which the message takes away. */
        value = arena_copy(reading->arena, message->value);
        row = arena_alloc(reading->arena, sizeof(*row));
        if (wire_decode(reading->wire, value, &handoff_table, reading->arena, row, &reading->err) !=
            OUTCOME_OK)
            return false;
    }
    version.row = row;
    if (reading->count == reading->capacity) {
        reading->capacity = reading->capacity > 0 ? 2 * reading->capacity : 1024;
        reading->versions =
            xrealloc(reading->versions, reading->capacity * sizeof(*reading->versions));
    }
    reading->versions[reading->count++] = version;
    return true;
}

static int compare_versions(const void *a, const void *b)
{
    const struct version *left = a;
    const struct version *right = b;
    int order = uuid_compare(left->id, right->id);

    return order != 0 ? order : (left->order > right->order) - (left->order < right->order);
}

static void keep_newest(struct reading *reading, struct rows *rows)
{
    if (reading->count > 0)
        qsort(reading->versions, reading->count, sizeof(*reading->versions), compare_versions);
    rows->items = arena_array(&rows->arena, reading->count + 1, sizeof(*rows->items));
    for (size_t i = 0; i < reading->count; i++) {
        const struct version *version = &reading->versions[i];
        bool last = i + 1 == reading->count || !uuid_equal(version->id, version[1].id);

        if (last && version->row)
            rows->items[rows->count++] = version->row;
    }
}

enum outcome rows_read(const struct cli *cli, const struct wire *wire, struct rows *ret_rows,
                       struct error *err)
{
    struct rows rows = {0};
    struct reading reading = {.wire = wire, .arena = &rows.arena};
    char name[TOPIC_NAME_SIZE];
    const char *topic = topics_name(TOPIC_HANDOFF, NULL, name);
    const struct scan scan = {
        .kafka = &cli->kafka,
        .topics = &topic,
        .topic_count = 1,
        .stop = cli->stop,
        .each = take_row,
        .context = &reading,
    };
    enum outcome outcome = scan_run(&scan, err);

    if (outcome == OUTCOME_OK && reading.err.text[0])
        outcome = error_set(err, reading.err.outcome, "%s : %s", topic, reading.err.text);
    if (outcome == OUTCOME_OK) {
        keep_newest(&reading, &rows);
        *ret_rows = rows;
    } else {
        arena_deinit(&rows.arena);
    }
    free(reading.versions);
    return outcome;
}

void rows_deinit(struct rows *rows)
{
    arena_deinit(&rows->arena);
}
