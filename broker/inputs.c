/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/inputs.h"

#include <stdlib.h>

#define COMMITTED_MS 10000

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

static enum outcome add_one(struct inputs *inputs, struct kafka_consumer *consumer, size_t index,
                            int32_t partition, struct error *err)
{
    struct input input = {
        .topic = operators_at(inputs->operators, index)->outbox,
        .operator_code = operators_at(inputs->operators, index)->code,
        .operator_index = index,
        .partition = partition,
    };
    enum outcome outcome =
        kafka_consumer_committed(consumer, input.topic, partition, COMMITTED_MS, &input.next, err);

    if (outcome != OUTCOME_OK) {
        /* Not to be told from Kafka that is away, but that passes. DESIGN.md "Anchor", 6. */
        return error_wrap(err, "%s [%d] (for minutes? kafka-transactions.sh find-hanging)",
                          input.topic, partition);
    }
    if (input.next < *settled(inputs, index, partition)) {
        input.next = *settled(inputs, index, partition);
    }
    if (input.next < 0) {
        input.next = RD_KAFKA_OFFSET_BEGINNING;
    }
    inputs->inputs = xrealloc(inputs->inputs, (inputs->count + 1) * sizeof(input));
    inputs->inputs[inputs->count++] = input;
    return OUTCOME_OK;
}

enum outcome inputs_add(struct inputs *inputs, struct kafka_consumer *consumer, int32_t partition,
                        struct error *err)
{
    enum outcome outcome = OUTCOME_OK;
    size_t before = inputs->count;

    make_room(inputs);
    for (size_t i = 0; i < operators_count(inputs->operators) && outcome == OUTCOME_OK; i++) {
        bool there = !operators_is_complete(inputs->operators, i);

        for (size_t j = 0; j < before && !there; j++) {
            there =
                inputs->inputs[j].operator_index == i && inputs->inputs[j].partition == partition;
        }
        if (!there) {
            outcome = add_one(inputs, consumer, i, partition, err);
        }
    }
    if (inputs->count > 0) {
        qsort(inputs->inputs, inputs->count, sizeof(*inputs->inputs), compare);
    }
    return outcome;
}

size_t inputs_count(const struct inputs *inputs)
{
    return inputs->count;
}

void inputs_clear(struct inputs *inputs)
{
    inputs->count = 0;
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
        list_add(list, &inputs->inputs[i]);
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
