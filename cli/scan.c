/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/scan.h"

#include <stdlib.h>

#include "base/kafka_ask.h"

#define POLL_MS 250
#define SILENCE_MS 30000

struct part {
    const char *topic; /* the scan's */
    int32_t partition;
    bool ended;
};

struct parts {
    struct part *items;
    size_t count;
    size_t open; /* not yet read to the end */
};

static void parts_deinit(struct parts *parts)
{
    free(parts->items);
}

static enum outcome list_topic(const struct scan *scan, struct kafka_consumer *consumer,
                               const char *topic, struct parts *parts,
                               rd_kafka_topic_partition_list_t *list, struct error *err)
{
    int64_t from = scan->from_now ? RD_KAFKA_OFFSET_END : RD_KAFKA_OFFSET_BEGINNING;
    int32_t partitions = 0;
    enum outcome outcome = kafka_ask_partitions(consumer, topic, &partitions, err);

    if (outcome == OUTCOME_REJECT && scan->skip_missing)
        return OUTCOME_OK;
    if (outcome == OUTCOME_REJECT)
        return error_set(err, OUTCOME_REJECT, "le sujet %s n'existe pas", topic);
    if (outcome != OUTCOME_OK)
        return outcome;
    for (int32_t p = 0; p < partitions; p++) {
        parts->items = xrealloc(parts->items, (parts->count + 1) * sizeof(*parts->items));
        parts->items[parts->count++] = (struct part){.topic = topic, .partition = p};
        parts->open++;
        rd_kafka_topic_partition_list_add(list, topic, p)->offset = from;
    }
    return OUTCOME_OK;
}

/* All partitions in one assignment: several in a row, while the first ones are still being
 * started, make librdkafka 2.0.2 abort ("rktp->rktp_started"). */
static enum outcome assign_all(const struct scan *scan, struct kafka_consumer *consumer,
                               struct parts *parts, struct error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(16);
    enum outcome outcome = OUTCOME_OK;

    for (size_t i = 0; outcome == OUTCOME_OK && i < scan->topic_count; i++)
        outcome = list_topic(scan, consumer, scan->topics[i], parts, list, err);
    if (outcome == OUTCOME_OK && parts->count > 0)
        outcome = kafka_consumer_assign_list(consumer, list, err);
    rd_kafka_topic_partition_list_destroy(list);
    return outcome;
}

static void mark_end(struct parts *parts, const struct kafka_message *message)
{
    for (size_t i = 0; i < parts->count; i++) {
        struct part *part = &parts->items[i];

        if (part->ended || part->partition != message->partition ||
            strcmp(part->topic, message->topic) != 0)
            continue;
        part->ended = true;
        parts->open--;
        return;
    }
}

/* One poll; *ret_more is false when `each` wants no more. */
static enum outcome step(const struct scan *scan, struct kafka_consumer *consumer,
                         struct parts *parts, bool *ret_more, struct error *err)
{
    struct kafka_message message;
    enum kafka_event event = KAFKA_NOTHING;
    enum outcome outcome = kafka_consumer_poll(consumer, POLL_MS, &event, &message, err);

    *ret_more = true;
    if (outcome != OUTCOME_OK)
        return outcome;
    if (event == KAFKA_END)
        mark_end(parts, &message);
    if (event == KAFKA_MESSAGE) {
        *ret_more = scan->each(scan->context, &message);
        kafka_message_free(&message);
    }
    return event == KAFKA_NOTHING
               ? error_set(err, OUTCOME_RETRY, "Kafka n'a rien dit pendant %d s", SILENCE_MS / 1000)
               : OUTCOME_OK;
}

static enum outcome read_parts(const struct scan *scan, struct kafka_consumer *consumer,
                               struct parts *parts, struct error *err)
{
    struct clock *clock = clock_system();
    int64_t heard_ms = clock_mono_ms(clock);
    bool more = true;

    while (more && (scan->follow || parts->open > 0)) {
        enum outcome outcome;

        if (scan->stop && waiter_interrupted(scan->stop))
            return OUTCOME_OK;
        outcome = step(scan, consumer, parts, &more, err);
        if (outcome == OUTCOME_OK)
            heard_ms = clock_mono_ms(clock);
        else if (outcome != OUTCOME_RETRY ||
                 (!scan->follow && clock_mono_ms(clock) - heard_ms > SILENCE_MS))
            return outcome;
    }
    return OUTCOME_OK;
}

enum outcome scan_name_kafka(const struct kafka_config *kafka, enum outcome outcome,
                             struct error *err)
{
    if (outcome == OUTCOME_RETRY)
        (void)error_wrap(err, "Kafka à %s ne répond pas", kafka->brokers);
    return outcome;
}

enum outcome scan_run(const struct scan *scan, struct error *err)
{
    CLEANUP(kafka_consumer_closep) struct kafka_consumer *consumer = NULL;
    CLEANUP(parts_deinit) struct parts parts = {0};
    enum outcome outcome;

    outcome = kafka_consumer_open(scan->kafka, NULL, false, &consumer, err);
    if (outcome == OUTCOME_OK)
        outcome = assign_all(scan, consumer, &parts, err);
    if (outcome == OUTCOME_OK && parts.count > 0)
        outcome = read_parts(scan, consumer, &parts, err);
    return scan_name_kafka(scan->kafka, outcome, err);
}
