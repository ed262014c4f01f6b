/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/inputs.h"

#include <stdlib.h>

#include "base/clock.h"
#include "schemas/topics.h"

#define COMMITTED_MS 10000

struct inputs {
    int32_t partition_count;
    char **operators; /* codes */
    char **topics;    /* their outboxes */
    size_t operator_count;
    int64_t *settled; /* operator × partition: the last position known to be committed, or -1 */
    struct input *inputs; /* sorted by topic and partition */
    size_t count;
    size_t last; /* messages come in runs of one partition */
};

struct inputs *inputs_new(int32_t partition_count)
{
    struct inputs *inputs = xcalloc(1, sizeof(*inputs));

    inputs->partition_count = partition_count;
    return inputs;
}

void inputs_free(struct inputs *inputs)
{
    if (!inputs) {
        return;
    }
    for (size_t i = 0; i < inputs->operator_count; i++) {
        free(inputs->operators[i]);
        free(inputs->topics[i]);
    }
    free(inputs->operators);
    free(inputs->topics);
    free(inputs->settled);
    free(inputs->inputs);
    free(inputs);
}

/* ---- Operators ------------------------------------------------------------------------ */

static bool is_known(const struct inputs *inputs, const char *code)
{
    for (size_t i = 0; i < inputs->operator_count; i++) {
        if (strcmp(inputs->operators[i], code) == 0) {
            return true;
        }
    }
    return false;
}

static int64_t *settled(const struct inputs *inputs, size_t operator_index, int32_t partition)
{
    return &inputs->settled[operator_index * (size_t)inputs->partition_count + (size_t)partition];
}

static void add_operator(struct inputs *inputs, const char *code, const char *topic)
{
    size_t count = inputs->operator_count + 1;

    inputs->operators = xrealloc(inputs->operators, count * sizeof(*inputs->operators));
    inputs->topics = xrealloc(inputs->topics, count * sizeof(*inputs->topics));
    inputs->settled = xrealloc(inputs->settled,
                               count * (size_t)inputs->partition_count * sizeof(*inputs->settled));
    for (int32_t i = 0; i < inputs->partition_count; i++) {
        *settled(inputs, count - 1, i) = -1;
    }
    inputs->operators[count - 1] = xstrdup(code);
    inputs->topics[count - 1] = xstrdup(topic);
    inputs->operator_count = count;
}

static enum outcome discover_one(struct inputs *inputs, struct kafka_consumer *consumer,
                                 const char *code, bool *ret_exists, struct error *err)
{
    char topic[TOPIC_NAME_SIZE];
    int32_t partitions = 0;
    enum outcome outcome;

    topics_name(TOPIC_OUTBOX, code, topic);
    outcome = kafka_consumer_partitions(consumer, topic, &partitions, err);
    *ret_exists = outcome == OUTCOME_OK;
    if (outcome != OUTCOME_OK) {
        return outcome == OUTCOME_REJECT ? OUTCOME_OK : outcome;
    }
    if (partitions != inputs->partition_count) {
        return error_set(err, OUTCOME_FATAL,
                         "%s has %d partitions and the hand-overs' topic %d: they must be as many",
                         topic, partitions, inputs->partition_count);
    }
    add_operator(inputs, code, topic);
    return OUTCOME_OK;
}

enum outcome inputs_discover(struct inputs *inputs, struct kafka_consumer *consumer,
                             const struct directory *directory, size_t *ret_new,
                             size_t *ret_missing, struct error *err)
{
    enum outcome outcome = OUTCOME_OK;

    *ret_new = 0;
    *ret_missing = 0;
    for (size_t i = 0; i < directory_operator_count(directory) && outcome == OUTCOME_OK; i++) {
        const char *code = directory_operator_at(directory, i)->code;
        bool exists = false;

        if (is_known(inputs, code)) {
            continue;
        }
        outcome = discover_one(inputs, consumer, code, &exists, err);
        *ret_new += exists;
        *ret_missing += !exists;
    }
    return outcome;
}

const char *const *inputs_operators(const struct inputs *inputs, size_t *ret_count)
{
    *ret_count = inputs->operator_count;
    return (const char *const *)inputs->operators;
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
        .topic = inputs->topics[index],
        .operator_code = inputs->operators[index],
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

    for (size_t i = 0; i < inputs->operator_count && outcome == OUTCOME_OK; i++) {
        bool there = false;

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
