/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading the state topic once, from its beginning to the end that we were told. An end that Kafka
 * tells before it is none: right after an election the new leader shows readers less than what was
 * acknowledged, and calls that the end.
 */
#include "base/kafka_consumer.h"
#include "connectors/memory/links.h"

#define RESTORE_POLL_MS 500
#define RESTORE_POLLS_MOST 120 /* without any message: a minute */

static enum outcome read_to(struct state *state, struct kafka_consumer *consumer, int64_t end,
                            const struct waiter *waiter, struct error *err)
{
    int32_t silent = 0;
    int64_t at;

    while (silent < RESTORE_POLLS_MOST && !waiter_interrupted(waiter)) {
        struct kafka_message message = {0};
        enum kafka_event event = KAFKA_NOTHING;
        enum outcome outcome =
            kafka_consumer_poll(consumer, RESTORE_POLL_MS, &event, &message, err);

        if (outcome != OUTCOME_OK)
            return outcome;
        if (event == KAFKA_END && message.offset >= end)
            return OUTCOME_OK;
        silent = event == KAFKA_MESSAGE ? 0 : silent + 1;
        if (event != KAFKA_MESSAGE)
            continue;
        outcome = state_load(state, message.key, message.value, err);
        at = message.offset;
        kafka_message_free(&message);
        if (outcome != OUTCOME_OK || at >= end - 1)
            return outcome;
    }
    return error_set(err, OUTCOME_RETRY, "not read to its end");
}

enum outcome state_restore(struct state *state, const struct kafka_config *kafka,
                           const char *operator_code, int64_t end, const struct waiter *waiter,
                           struct error *err)
{
    CLEANUP(kafka_consumer_closep) struct kafka_consumer *consumer = NULL;
    char topic[TOPIC_NAME_SIZE];
    enum outcome outcome;

    (void)topics_name(TOPIC_STATE, operator_code, topic);
    outcome = kafka_consumer_open(kafka, NULL, false, &consumer, err);
    if (outcome == OUTCOME_OK)
        outcome = kafka_consumer_assign(consumer, topic, 0, RD_KAFKA_OFFSET_BEGINNING, err);
    if (outcome == OUTCOME_OK)
        outcome = read_to(state, consumer, end, waiter, err);
    if (outcome != OUTCOME_OK)
        return error_wrap(err, "state topic");
    links_restore(state);
    return OUTCOME_OK;
}
