/* SPDX-License-Identifier: Apache-2.0
 *
 * `positions` holds what is assigned and the next offset of each partition as the caller has
 * seen it. Every change of the assignment hands the whole list to rd_kafka_assign(): what
 * librdkafka fetched ahead is dropped and fetched again from there, so nothing is lost or
 * doubled (DESIGN.md "Anchor", tried). Incremental calls are refused by the eager protocol.
 */
#include "base/kafka_consumer.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/kafka_end.h"
#include "base/kafka_positions.h"
#include "base/log.h"

#define COMMIT_MS 10000    /* one commit, with its second tries */
#define COMMIT_LAST_MS 500 /* of it, once interrupted */
#define SLICE_MS 50
#define CLOSE_MS 1500
#define END_MS 1000
#define SETTLE_MS 100

DEFINE_CLEANUP(rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy)
DEFINE_CLEANUP(rd_kafka_queue_t, rd_kafka_queue_destroy)
DEFINE_CLEANUP(rd_kafka_event_t, rd_kafka_event_destroy)

struct kafka_consumer {
    rd_kafka_t *client;
    rd_kafka_queue_t *queue;                    /* where polls wait: to wake them      */
    rd_kafka_topic_partition_list_t *positions; /* sorted                              */
    int last;                                   /* place of the last message's partition */
    bool assigned;                              /* librdkafka has partitions of ours     */
    int64_t stopping_ms;                        /* when it was last told to stop some    */
    struct kafka_anchor_callbacks callbacks;    /* anchor only                         */
    bool rebalanced;                            /* the poll in progress saw a callback */
    bool was_cut_off;                           /* Kafka was away since it was opened    */
    atomic_bool interrupted;
    struct error trouble; /* what was complained of since the last poll; FATAL: ever */
};

/* ---- Positions -------------------------------------------------------------------- */

/* NULL: not assigned (any more). */
static rd_kafka_topic_partition_t *find(struct kafka_consumer *consumer, const char *topic,
                                        int32_t partition)
{
    return kafka_positions_find(consumer->positions, topic, partition, &consumer->last);
}

/* librdkafka (2.0.2, "rktp_started") aborts when a partition is to be stopped again while its
 * last stop is under way in its main thread. Nothing says when that is done: it takes a few
 * milliseconds, so one that follows at once is held back. */
static void settle(struct kafka_consumer *consumer)
{
    int64_t left_ms = consumer->stopping_ms + SETTLE_MS - clock_mono_ms(clock_system());
    CLEANUP(waiter_freep) struct waiter *waiter = waiter_new();

    if (consumer->assigned && left_ms > 0)
        (void)waiter_wait_ms(waiter, left_ms < SETTLE_MS ? left_ms : SETTLE_MS);
}

/* rd_kafka_assign(), the only place. NULL or an empty list: nothing is ours. */
static rd_kafka_resp_err_t replace(struct kafka_consumer *consumer,
                                   const rd_kafka_topic_partition_list_t *list)
{
    settle(consumer);
    if (consumer->assigned)
        consumer->stopping_ms = clock_mono_ms(clock_system());
    consumer->assigned = list && list->cnt > 0;
    return rd_kafka_assign(consumer->client, list);
}

static enum outcome assign(struct kafka_consumer *consumer, rd_kafka_topic_partition_list_t *list,
                           struct error *err)
{
    rd_kafka_resp_err_t code;

    for (int i = 0; i < list->cnt; i++)
        if (list->elems[i].offset == RD_KAFKA_OFFSET_INVALID)
            list->elems[i].offset = RD_KAFKA_OFFSET_BEGINNING;
    kafka_positions_sort(list);
    rd_kafka_topic_partition_list_destroy(consumer->positions);
    consumer->positions = list;
    consumer->last = 0;
    code = replace(consumer, list);
    return code ? kafka_outcome(code, "assign", err) : OUTCOME_OK;
}

enum outcome kafka_consumer_assign(struct kafka_consumer *consumer, const char *topic,
                                   int32_t partition, int64_t offset, struct error *err)
{
    rd_kafka_topic_partition_list_t *list;
    rd_kafka_topic_partition_t *place;

    list = rd_kafka_topic_partition_list_copy(consumer->positions);
    place = rd_kafka_topic_partition_list_find(list, topic, partition);
    if (!place)
        place = rd_kafka_topic_partition_list_add(list, topic, partition);
    place->offset = offset;
    return assign(consumer, list, err);
}

enum outcome kafka_consumer_assign_list(struct kafka_consumer *consumer,
                                        const rd_kafka_topic_partition_list_t *list,
                                        struct error *err)
{
    return assign(consumer, rd_kafka_topic_partition_list_copy(list), err);
}

/* ---- Callbacks, all inside a poll or a close --------------------------------------- */

/* Single brokers come and go. What a caller should know: none is left, or lets us in. */
static void on_error(rd_kafka_t *client, int code, const char *reason, void *opaque)
{
    struct kafka_consumer *consumer = opaque;
    rd_kafka_resp_err_t error = (rd_kafka_resp_err_t)code;
    bool absent = kafka_is_absence(error);
    enum outcome outcome = absent ? OUTCOME_RETRY : kafka_outcome(error, "kafka", NULL);
    bool none = error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;

    (void)client;
    log_debug("kafka_consumer", "trouble", LOG_TEXT("reason", reason));
    consumer->was_cut_off = consumer->was_cut_off || none;
    if (consumer->trouble.outcome != OUTCOME_FATAL && (none || absent || outcome == OUTCOME_FATAL))
        (void)error_set(&consumer->trouble, outcome, "kafka: %s", reason);
}

static void hand_over(struct kafka_consumer *consumer,
                      const rd_kafka_topic_partition_list_t *anchors)
{
    size_t count = (size_t)anchors->cnt;
    int32_t *partitions = xcalloc(count + 1, sizeof(*partitions));

    for (size_t i = 0; i < count; i++)
        partitions[i] = anchors->elems[i].partition;
    /* Taken here and only here: metadata fetched after a later rejoin would make an old
     * transaction acceptable again (DESIGN.md "Anchor"). */
    consumer->callbacks.assigned(consumer->callbacks.context, partitions, count,
                                 rd_kafka_consumer_group_metadata(consumer->client));
    free(partitions);
}

static void on_rebalance(rd_kafka_t *client, rd_kafka_resp_err_t code,
                         rd_kafka_topic_partition_list_t *anchors, void *opaque)
{
    struct kafka_consumer *consumer = opaque;
    rd_kafka_topic_partition_list_t *nothing = rd_kafka_topic_partition_list_new(0);

    rd_kafka_topic_partition_list_destroy(consumer->positions);
    consumer->positions = nothing;
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        /* Ends the rebalance; the caller assigns what it wants once the poll has returned. */
        (void)replace(consumer, nothing);
        hand_over(consumer, anchors);
    } else {
        consumer->callbacks.revoked(consumer->callbacks.context,
                                    rd_kafka_assignment_lost(client) != 0);
        (void)replace(consumer, NULL);
    }
    consumer->rebalanced = true;
    /* Makes the poll return now instead of waiting for a message. */
    rd_kafka_yield(client);
}

/* ---- Open, close ------------------------------------------------------------------- */

static enum outcome open_with(rd_kafka_conf_t *conf, struct kafka_consumer **ret_consumer,
                              struct error *err)
{
    struct kafka_consumer *consumer = xcalloc(1, sizeof(*consumer));
    enum outcome outcome;

    rd_kafka_conf_set_opaque(conf, consumer);
    rd_kafka_conf_set_error_cb(conf, on_error);
    outcome = kafka_config_client(RD_KAFKA_CONSUMER, conf, "consumer", &consumer->client, err);
    if (outcome) {
        free(consumer);
        return outcome;
    }
    (void)rd_kafka_poll_set_consumer(consumer->client);
    consumer->queue = rd_kafka_queue_get_consumer(consumer->client);
    consumer->positions = rd_kafka_topic_partition_list_new(8);
    consumer->stopping_ms = INT64_MIN / 2;
    *ret_consumer = consumer;
    return OUTCOME_OK;
}

enum outcome kafka_consumer_open(const struct kafka_config *config, const char *group,
                                 bool uncommitted, struct kafka_consumer **ret_consumer,
                                 struct error *err)
{
    rd_kafka_conf_t *conf = NULL;
    enum outcome outcome = kafka_config_consumer(config, group, NULL, uncommitted, &conf, err);

    return outcome ? outcome : open_with(conf, ret_consumer, err);
}

enum outcome kafka_consumer_open_anchor(const struct kafka_config *config, const char *group,
                                        const char *instance, const char *anchor,
                                        const struct kafka_anchor_callbacks *callbacks,
                                        struct kafka_consumer **ret_consumer, struct error *err)
{
    CLEANUP(rd_kafka_topic_partition_list_destroyp)
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    CLEANUP(kafka_consumer_closep) struct kafka_consumer *consumer = NULL;
    rd_kafka_conf_t *conf = NULL;
    rd_kafka_resp_err_t code;
    enum outcome outcome = kafka_config_consumer(config, group, instance, false, &conf, err);

    if (outcome)
        return outcome;
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    outcome = open_with(conf, &consumer, err);
    if (outcome)
        return outcome;
    consumer->callbacks = *callbacks;
    (void)rd_kafka_topic_partition_list_add(topics, anchor, RD_KAFKA_PARTITION_UA);
    code = rd_kafka_subscribe(consumer->client, topics);
    if (code)
        return kafka_outcome(code, "subscribe", err);
    *ret_consumer = TAKE(consumer);
    return OUTCOME_OK;
}

/* The polite end: unassign, leave the group. Callbacks run in here. */
static void leave(struct kafka_consumer *consumer)
{
    CLEANUP(rd_kafka_queue_destroyp)
    rd_kafka_queue_t *queue = rd_kafka_queue_new(consumer->client);
    int64_t deadline_ms = clock_mono_ms(clock_system()) + CLOSE_MS;
    rd_kafka_error_t *error;

    settle(consumer);
    error = rd_kafka_consumer_close_queue(consumer->client, queue);
    if (error) {
        rd_kafka_error_destroy(error);
        return;
    }
    while (!rd_kafka_consumer_closed(consumer->client) &&
           clock_mono_ms(clock_system()) < deadline_ms) {
        /* As events, rebalances too: what was fetched ahead comes this way as well, and
         * librdkafka's poll for callbacks aborts on it. */
        CLEANUP(rd_kafka_event_destroyp)
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, SLICE_MS);

        if (event && rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE)
            on_rebalance(consumer->client, rd_kafka_event_error(event),
                         rd_kafka_event_topic_partition_list(event), consumer);
    }
}

void kafka_consumer_close(struct kafka_consumer *consumer)
{
    if (!consumer)
        return;
    leave(consumer);
    rd_kafka_queue_destroy(consumer->queue);
    rd_kafka_topic_partition_list_destroy(consumer->positions);
    kafka_end_client(consumer->client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE, END_MS);
    free(consumer);
}

void kafka_consumer_interrupt(struct kafka_consumer *consumer)
{
    atomic_store(&consumer->interrupted, true);
    rd_kafka_queue_yield(consumer->queue);
}

rd_kafka_t *kafka_consumer_client(struct kafka_consumer *consumer)
{
    return consumer->client;
}

bool kafka_consumer_was_cut_off(const struct kafka_consumer *consumer)
{
    return consumer->was_cut_off;
}

bool kafka_consumer_was_fenced(const struct kafka_consumer *consumer)
{
    return rd_kafka_fatal_error(consumer->client, NULL, 0) == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID;
}

/* ---- Poll -------------------------------------------------------------------------- */

/* True when the client can do nothing any more. */
static bool has_failed(const struct kafka_consumer *consumer, struct error *err)
{
    char why[256];

    if (!rd_kafka_fatal_error(consumer->client, why, sizeof(why)))
        return false;
    (void)error_set(err, OUTCOME_FATAL, "kafka consumer: %s", why);
    return true;
}

/* librdkafka would go on behind it, or (2.0.2, after a wrong checksum) anywhere. So what it has
 * fetched is dropped, and read again from where the caller stands: nothing is passed over, and
 * what is whole on another replica is read from there once that leads. */
static enum outcome read_again(struct kafka_consumer *consumer, const rd_kafka_message_t *handle,
                               struct error *err)
{
    rd_kafka_resp_err_t code = replace(consumer, consumer->positions);

    if (code)
        return kafka_outcome(code, "assign", err);
    return error_set(err, OUTCOME_RETRY, "read %s [%d] at %" PRId64 ": %s, and nothing behind it",
                     rd_kafka_topic_name(handle->rkt), (int)handle->partition, handle->offset,
                     rd_kafka_err2str(handle->err));
}

static enum outcome explain_error(struct kafka_consumer *consumer, const rd_kafka_message_t *handle,
                                  struct error *err)
{
    /* Deleted, or just being made: kafka_ask_partitions() says. */
    bool absent = kafka_is_absence(handle->err);
    enum outcome outcome = absent ? OUTCOME_RETRY : kafka_outcome(handle->err, "read", NULL);

    if (!handle->rkt)
        return error_set(err, outcome == OUTCOME_REJECT ? OUTCOME_FATAL : outcome, "read group: %s",
                         rd_kafka_err2str(handle->err));
    if (kafka_is_unreadable(handle->err))
        return read_again(consumer, handle, err);
    /* A reader cannot put a broken record aside: it has none in hand. What is left here of REJECT
     * answers a write, never a fetch. */
    if (outcome == OUTCOME_REJECT)
        outcome = OUTCOME_FATAL;
    return error_set(err, outcome, "read %s [%d]: %s", rd_kafka_topic_name(handle->rkt),
                     (int)handle->partition, rd_kafka_err2str(handle->err));
}

/* What stands behind a poll without a message. What was complained of comes last: a damaged record
 * that is not read again is passed over. */
static enum outcome explain(struct kafka_consumer *consumer, const rd_kafka_message_t *handle,
                            const struct error *trouble, struct error *err)
{
    if (has_failed(consumer, err))
        return OUTCOME_FATAL;
    if (handle && (handle->rkt || !trouble->outcome))
        return explain_error(consumer, handle, err);
    if (trouble->outcome)
        return error_set(err, trouble->outcome, "%s", trouble->text);
    return OUTCOME_OK;
}

/* Leaves *ret_event alone when the message belongs to an assignment that is no more. */
static void take(struct kafka_consumer *consumer, rd_kafka_message_t *handle,
                 enum kafka_event *ret_event, struct kafka_message *ret_message)
{
    rd_kafka_topic_partition_t *place =
        find(consumer, rd_kafka_topic_name(handle->rkt), handle->partition);

    if (place && !handle->err) {
        place->offset = handle->offset + 1;
        kafka_message_fill(ret_message, handle);
        *ret_event = KAFKA_MESSAGE;
        return;
    }
    if (place) {
        *ret_message = (struct kafka_message){
            .topic = place->topic, .partition = place->partition, .offset = handle->offset};
        *ret_event = KAFKA_END;
    }
    rd_kafka_message_destroy(handle);
}

enum outcome kafka_consumer_poll(struct kafka_consumer *consumer, int32_t wait_ms,
                                 enum kafka_event *ret_event, struct kafka_message *ret_message,
                                 struct error *err)
{
    rd_kafka_message_t *handle = rd_kafka_consumer_poll(consumer->client, wait_ms);
    struct error trouble = consumer->trouble;
    enum outcome outcome;

    /* Of this poll only: when it brings something Kafka is there. But what is FATAL stays. */
    if (trouble.outcome != OUTCOME_FATAL)
        consumer->trouble = (struct error){.outcome = OUTCOME_OK};
    *ret_event = KAFKA_NOTHING;
    if (consumer->rebalanced) {
        /* What came with it was fetched for the assignment before. */
        if (handle)
            rd_kafka_message_destroy(handle);
        consumer->rebalanced = false;
        *ret_event = KAFKA_REBALANCED;
        return OUTCOME_OK;
    }
    if (handle && (!handle->err || handle->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)) {
        take(consumer, handle, ret_event, ret_message);
        return OUTCOME_OK;
    }
    outcome = explain(consumer, handle, &trouble, err);
    if (handle)
        rd_kafka_message_destroy(handle);
    return outcome;
}

/* ---- Commit ------------------------------------------------------------------------ */

enum outcome kafka_consumer_commit(struct kafka_consumer *consumer, const char *topic,
                                   int32_t partition, int64_t next_offset, struct error *err)
{
    CLEANUP(rd_kafka_topic_partition_list_destroyp)
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    /* On a queue of its own: rd_kafka_commit() may wait for ever. What is answered later than
     * COMMIT_MS is dropped with the queue. */
    CLEANUP(rd_kafka_queue_destroyp)
    rd_kafka_queue_t *queue = rd_kafka_queue_new(consumer->client);
    CLEANUP(rd_kafka_event_destroyp) rd_kafka_event_t *answer = NULL;
    rd_kafka_resp_err_t code;

    rd_kafka_topic_partition_list_add(list, topic, partition)->offset = next_offset;
    code = rd_kafka_commit_queue(consumer->client, list, queue, NULL, NULL);
    if (!code) {
        for (int32_t left = COMMIT_MS; left > 0 && !answer; left -= SLICE_MS) {
            answer = rd_kafka_queue_poll(queue, SLICE_MS);
            if (atomic_load(&consumer->interrupted) && left > COMMIT_LAST_MS)
                left = COMMIT_LAST_MS;
        }
        code = answer ? rd_kafka_event_error(answer) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    }
    return code ? kafka_outcome(code, "commit", err) : OUTCOME_OK;
}
