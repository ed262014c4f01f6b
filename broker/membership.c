/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/membership.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/kafka_ask.h"
#include "base/log.h"
#include "schemas/topics.h"

#define AREA "worker"
#define GROUP "relais-broker"
#define ASK_EVERY_MS 2000
#define SAY_EVERY_MS 2000
#define TWIN_WINDOW_MS 60000

struct membership {
    struct membership_options options;
    char anchor[TOPIC_NAME_SIZE];
    struct kafka_consumer *consumer;
    size_t complaints;
    int64_t fenced_at_ms; /* the last time that no outage explains */
    int64_t ask_at_ms;    /* while Kafka is troubled */
    int64_t say_at_ms;    /* not before              */
    bool said;            /* since it was last well  */
    atomic_bool troubled; /* it complains            */
};

static int64_t mono_ms(const struct membership *membership)
{
    return clock_mono_ms(membership->options.clock);
}

static enum outcome join(struct membership *membership, struct error *err)
{
    const struct membership_options *options = &membership->options;

    return kafka_consumer_open_anchor(options->kafka, GROUP, options->name, membership->anchor,
                                      &options->callbacks, &membership->consumer, err);
}

enum outcome membership_open(const struct membership_options *options,
                             struct membership **ret_membership, struct error *err)
{
    CLEANUP(membership_closep) struct membership *membership = xcalloc(1, sizeof(*membership));
    enum outcome outcome;

    membership->options = *options;
    membership->fenced_at_ms = INT64_MIN / 2; /* never */
    (void)topics_name(TOPIC_HANDOFF, NULL, membership->anchor);
    outcome = join(membership, err);
    if (outcome == OUTCOME_OK) {
        *ret_membership = TAKE(membership);
    }
    return outcome;
}

void membership_leave(struct membership *membership)
{
    kafka_consumer_close(TAKE(membership->consumer));
}

void membership_close(struct membership *membership)
{
    if (membership) {
        membership_leave(membership);
        free(membership);
    }
}

struct kafka_consumer *membership_consumer(struct membership *membership)
{
    return membership->consumer;
}

static void complain(struct membership *membership, const struct error *why)
{
    atomic_store(&membership->troubled, true);
    if (!membership->said && mono_ms(membership) >= membership->say_at_ms) {
        membership->said = true;
        log_warn(AREA, "trouble with Kafka", LOG_TEXT("worker", membership->options.name),
                 LOG_TEXT("because", why->text));
        membership->say_at_ms = mono_ms(membership) + SAY_EVERY_MS;
        membership->ask_at_ms = mono_ms(membership) + ASK_EVERY_MS;
        membership->complaints++;
    }
}

enum outcome membership_poll(struct membership *membership, int32_t wait_ms,
                             enum kafka_event *ret_event, struct kafka_message *ret_message,
                             struct error *err)
{
    enum outcome outcome =
        kafka_consumer_poll(membership->consumer, wait_ms, ret_event, ret_message, err);

    if (outcome != OUTCOME_RETRY) {
        return outcome;
    }
    complain(membership, err);
    *ret_event = KAFKA_NOTHING;
    return OUTCOME_OK;
}

/* Of a fence that no outage explains: whether it is the second within the window. */
static bool is_second_fence(struct membership *membership)
{
    int64_t now_ms = mono_ms(membership);
    bool second = now_ms - membership->fenced_at_ms < TWIN_WINDOW_MS;

    membership->fenced_at_ms = now_ms;
    return second;
}

enum outcome membership_join_again(struct membership *membership, struct error *err)
{
    struct error cause = {0};
    enum outcome outcome;

    if (!kafka_consumer_was_fenced(membership->consumer)) {
        return OUTCOME_FATAL;
    }
    if (!kafka_consumer_was_cut_off(membership->consumer) && is_second_fence(membership)) {
        return error_set(err, OUTCOME_FATAL,
                         "another process runs with the same --instance: it has our tasks now");
    }
    log_warn(AREA, "fenced, joins again", LOG_TEXT("worker", membership->options.name),
             LOG_TEXT("because", err->text));
    membership_leave(membership);
    outcome = join(membership, &cause);
    return outcome == OUTCOME_OK
               ? OUTCOME_OK
               : error_set(err, OUTCOME_FATAL, "fenced, and cannot join again: %s", cause.text);
}

bool membership_troubled(const struct membership *membership)
{
    return atomic_load(&membership->troubled);
}

bool membership_take_turn_to_ask(struct membership *membership)
{
    bool due = membership_troubled(membership) && mono_ms(membership) >= membership->ask_at_ms;

    if (due) {
        membership->ask_at_ms = mono_ms(membership) + ASK_EVERY_MS;
    }
    return due;
}

enum outcome membership_ask(struct membership *membership)
{
    int64_t first;
    int64_t next;

    return kafka_ask_watermarks(membership->consumer, membership->anchor, 0, &first, &next, NULL);
}

size_t membership_complaints(const struct membership *membership)
{
    return membership->complaints;
}

void membership_note_well(struct membership *membership)
{
    membership->said = false;
    atomic_store(&membership->troubled, false);
}
