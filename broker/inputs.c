/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/inputs.h"

#include <stdlib.h>

#include "base/kafka_ask.h"

#define COMMITTED_MS 10000 /* beyond a step of a transaction; then the worker tries again */

DEFINE_CLEANUP(rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy)

struct inputs {
    const struct operators *operators;
    int32_t partition_count;
    int64_t *settled; /* operator × partition: the last position known to be committed, or -1 */
    size_t settled_count;
    struct input *inputs; /* sorted by topic and partition */
    size_t count;
    size_t last; /* messages come in runs of one partition */
};

struct inputs *inputs_new(const struct operators *operators, int32_t partition_count)
{
    struct inputs *inputs = xcalloc(1, sizeof(*inputs));

    inputs->operators = operators;
    inputs->partition_count = partition_count;
    return inputs;
}

void inputs_free(struct inputs *inputs)
{
    if (inputs) {
        free(inputs->settled);
        free(inputs->inputs);
        free(inputs);
    }
}

/* ---- What is settled ------------------------------------------------------------------ */

static int64_t *settled(const struct inputs *inputs, size_t operator_index, int32_t partition)
{
    return &inputs->settled[operator_index * (size_t)inputs->partition_count + (size_t)partition];
}

/* Room for all operators there are. */
static void make_room(struct inputs *inputs)
{
    size_t count = operators_count(inputs->operators) * (size_t)inputs->partition_count;

    if (count > inputs->settled_count) {
        inputs->settled = xrealloc(inputs->settled, count * sizeof(*inputs->settled));
        for (size_t i = inputs->settled_count; i < count; i++) {
            inputs->settled[i] = -1;
        }
        inputs->settled_count = count;
    }
}

bool inputs_prune(struct inputs *inputs)
{
    size_t kept = 0;
    bool any;

    make_room(inputs);
    for (size_t i = 0; i < operators_count(inputs->operators); i++) {
        for (int32_t p = 0; p < inputs->partition_count; p++) {
            if (!operators_at(inputs->operators, i)->has_outbox) {
                *settled(inputs, i, p) = -1;
            }
        }
    }
    for (size_t i = 0; i < inputs->count; i++) {
        if (operators_is_complete(inputs->operators, inputs->inputs[i].operator_index)) {
            inputs->inputs[kept++] = inputs->inputs[i];
        }
    }
    any = kept < inputs->count;
    inputs->count = kept;
    return any;
}

/* ---- Positions ------------------------------------------------------------------------ */

static int compare(const void *left, const void *right)
{
    const struct input *a = left;
    const struct input *b = right;
    int order = strcmp(a->topic, b->topic);

    return order ? order : (a->partition > b->partition) - (a->partition < b->partition);
}

struct input *inputs_find(struct inputs *inputs, const char *topic, int32_t partition)
{
    struct input key = {.topic = topic, .partition = partition};
    struct input *found;

    if (inputs->last < inputs->count && compare(&inputs->inputs[inputs->last], &key) == 0) {
        return &inputs->inputs[inputs->last];
    }
    found = inputs->count > 0 ? bsearch(&key, inputs->inputs, inputs->count, sizeof(key), compare)
                              : NULL;
    if (found) {
        inputs->last = (size_t)(found - inputs->inputs);
    }
    return found;
}

static bool is_there(const struct inputs *inputs, size_t operator_index, int32_t partition)
{
    for (size_t i = 0; i < inputs->count; i++) {
        if (inputs->inputs[i].operator_index == operator_index &&
            inputs->inputs[i].partition == partition) {
            return true;
        }
    }
    return false;
}

static void add_one(struct inputs *inputs, size_t index, int32_t partition, int64_t committed)
{
    struct input input = {
        .topic = operators_at(inputs->operators, index)->outbox,
        .operator_code = operators_at(inputs->operators, index)->code,
        .operator_index = index,
        .partition = partition,
        .next = committed,
        .held_at = -1,
    };

    if (input.next < *settled(inputs, index, partition)) {
        input.next = *settled(inputs, index, partition);
    }
    if (input.next < 0) {
        input.next = RD_KAFKA_OFFSET_BEGINNING;
    }
    inputs->inputs = xrealloc(inputs->inputs, (inputs->count + 1) * sizeof(input));
    inputs->inputs[inputs->count++] = input;
}

enum outcome inputs_ask_committed(struct kafka_consumer *consumer,
                                  rd_kafka_topic_partition_list_t *list, struct error *err)
{
    enum outcome outcome = kafka_ask_committed_list(consumer, list, COMMITTED_MS, err);
    struct error cause;

    if (outcome != OUTCOME_RETRY || !err) {
        return outcome;
    }
    /* A hanging transaction is not to be told from Kafka that is away, but that passes. DESIGN.md
     * "Anchor", 6. */
    cause = *err;
    return error_set(err, outcome, "%s (for minutes? kafka-transactions.sh find-hanging)",
                     cause.text);
}

/* One question for all: with 200 operators and 64 partitions one each would take longer than a
 * worker may be silent. */
enum outcome inputs_add(struct inputs *inputs, struct kafka_consumer *consumer, int32_t partition,
                        struct error *err)
{
    CLEANUP(rd_kafka_topic_partition_list_destroyp)
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(8);
    size_t count = operators_count(inputs->operators);
    enum outcome outcome;
    int asked = 0;

    make_room(inputs);
    for (size_t i = 0; i < count; i++) {
        if (operators_is_complete(inputs->operators, i) && !is_there(inputs, i, partition)) {
            rd_kafka_topic_partition_list_add(list, operators_at(inputs->operators, i)->outbox,
                                              partition);
        }
    }
    outcome = inputs_ask_committed(consumer, list, err);
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    for (size_t i = 0; i < count && asked < list->cnt; i++) {
        if (strcmp(list->elems[asked].topic, operators_at(inputs->operators, i)->outbox) == 0) {
            add_one(inputs, i, partition, list->elems[asked++].offset);
        }
    }
    if (inputs->count > 0) {
        qsort(inputs->inputs, inputs->count, sizeof(*inputs->inputs), compare);
    }
    return OUTCOME_OK;
}

size_t inputs_count(const struct inputs *inputs)
{
    return inputs->count;
}

void inputs_clear(struct inputs *inputs)
{
    inputs->count = 0;
}

bool inputs_release(struct inputs *inputs, int64_t now_ms)
{
    bool any = false;

    for (size_t i = 0; i < inputs->count; i++) {
        struct input *input = &inputs->inputs[i];

        if (input->held_until_ms != 0 && input->held_until_ms <= now_ms) {
            input->held_until_ms = 0;
            any = true;
        }
    }
    return any;
}

static void list_add(rd_kafka_topic_partition_list_t *list, const struct input *input)
{
    rd_kafka_topic_partition_list_add(list, input->topic, input->partition)->offset = input->next;
}

rd_kafka_topic_partition_list_t *inputs_all(const struct inputs *inputs)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)inputs->count + 1);

    for (size_t i = 0; i < inputs->count; i++) {
        if (inputs->inputs[i].held_until_ms == 0) {
            list_add(list, &inputs->inputs[i]);
        }
    }
    return list;
}

rd_kafka_topic_partition_list_t *inputs_known(const struct inputs *inputs, bool touched)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(8);

    for (size_t i = 0; i < inputs->count; i++) {
        if (touched ? inputs->inputs[i].touched : inputs->inputs[i].next >= 0) {
            list_add(list, &inputs->inputs[i]);
        }
    }
    return list;
}

void inputs_settle(struct inputs *inputs)
{
    for (size_t i = 0; i < inputs->count; i++) {
        struct input *input = &inputs->inputs[i];

        if (input->touched) {
            *settled(inputs, input->operator_index, input->partition) = input->next;
        }
        input->touched = false;
    }
}
