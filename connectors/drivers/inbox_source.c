/* SPDX-License-Identifier: Apache-2.0
 *
 * The operator's inbox topic: one partition, read from the group's committed offset, which
 * is committed only for what the pipeline acknowledges.
 *
 * Kafka forgets the offset of a group without members some days after its last commit
 * (offsets.retention.minutes), and this reader is no member: a quiet inbox would be delivered
 * again from its beginning. So the offset is committed again twice a day, and stands in the
 * state topic too, for a connector that was away for longer. There it may lag by
 * REMEMBER_MS: so long what would be repeated is still remembered (steps.h). Neither goes back
 * by itself, so the later one counts: a Kafka that was killed has been seen to answer, for some
 * seconds after its start, what a group had committed long before (DESIGN.md §2). So nobody can
 * move this reader back by the group's offset.
 *
 * One behind the end of the topic is of another one, which stood in its place before, or the topic
 * lost its end with a disk or a power cut (DESIGN.md §2). The latest time that Kafka gave a record
 * acknowledged tells: all of a topic that was made anew is later; else what is not was delivered
 * long ago, and is not delivered again. The same look finds a topic that has grown past its old end
 * by then. While this runs, a record before the one that was expected tells: the process ends, and
 * its next start looks.
 *
 * A topic that begins behind what was acknowledged lost the records between to its retention, and a
 * start says so. One place is no record: the marker of the broker's last transaction.
 */
#include "connectors/drivers/drivers.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/kafka_ask.h"
#include "base/kafka_consumer.h"
#include "base/log.h"
#include "connectors/memory/pack.h"
#include "schemas/topics.h"

#define REMEMBER_MS INT64_C(10000)
#define COMMITTED_MS 5000
/* A commit is a round trip that the next delivery would wait for: while records come, one so
 * often or for so many; when none came for a moment, at once. */
#define ACK_EVERY_MS 100
#define ACK_MOST 16 /* records: far from filling a pipeline's window */
#define ACK_IDLE_MS 20
#define ORDER_KEY_MOST 256
#define COMMIT_AGAIN_MS 60000
#define REFRESH_MS (INT64_C(12) * 3600 * 1000)

/* A record that was pulled and is not acknowledged. */
struct pulled {
    int64_t offset;
    int64_t time_ms; /* Kafka's */
};

struct inbox {
    struct connector connector;
    _Atomic(struct kafka_consumer *) consumer; /* interrupt() may come before open */
    atomic_bool interrupted;
    char topic[TOPIC_NAME_SIZE];
    char group[TOPIC_NAME_SIZE];
    struct metric *lost;      /* how often the topic had lost its end */
    struct metric *overtaken; /* how often its retention was faster   */
    struct pulled *pulled;    /* in the order of the topic: the window's at most */
    size_t pulled_count;
    size_t pulled_capacity;
    int64_t next;          /* the offset that is committed; negative: none */
    int64_t time_ms;       /* Kafka's latest of those before it; 0: not known */
    bool exact;            /* of none before it it is not known */
    int64_t expected;      /* the next offset to be read */
    int64_t remembered;    /* what stands in the state topic               */
    int64_t remembered_ms; /* monotonic                                    */
    int64_t refresh_ms;    /* monotonic: to be committed again             */
    int64_t acked_ms;      /* monotonic: the last commit                   */
    bool idle;             /* the last pull found nothing                  */
    bool owes;             /* there is something to commit                 */
};

static const struct config_field inbox_fields[] = {CONFIG_END};

static int64_t now_ms(const struct inbox *self)
{
    return clock_mono_ms(self->connector.context->clock);
}

/* ---- Where to begin ----------------------------------------------------------------------- */

/* An earlier version of the program wrote `next` only: what is missing reads as 0. */
struct standing {
    int64_t next;    /* negative: none */
    int64_t time_ms; /* no record before it was acknowledged that is later; 0: not known */
    int64_t exact;   /* 0: but those that only the group's offset knew of  */
};

static struct standing read_standing(struct state *state)
{
    struct arena arena = {0};
    struct bytes value = state_get(state, STATE_CURSOR, bytes_of_text(inbox_source.name), &arena);
    struct cursor in = cursor_over(value);
    struct standing standing = {.next = RD_KAFKA_OFFSET_INVALID};

    if (value.data && !pack_read_int(&in, &standing.next))
        standing.next = RD_KAFKA_OFFSET_INVALID;
    if (standing.next >= 0 &&
        (!pack_read_int(&in, &standing.time_ms) || !pack_read_int(&in, &standing.exact)))
        standing.time_ms = 0;
    arena_deinit(&arena);
    return standing;
}

static enum outcome write_standing(struct state *state, const struct standing *standing,
                                   struct error *err)
{
    struct buffer value = {0};
    enum outcome outcome;

    pack_int(&value, standing->next);
    pack_int(&value, standing->time_ms);
    pack_int(&value, standing->exact);
    outcome = state_set(state, STATE_CURSOR, bytes_of_text(inbox_source.name),
                        standing->next < 0 ? BYTES_NONE : buffer_view(&value), err);
    buffer_deinit(&value);
    return outcome;
}

int64_t inbox_source_next(struct state *state)
{
    return read_standing(state).next;
}

/* When its turn has come. What cannot be written now is written later: it may lag. */
static void remember(struct inbox *self)
{
    const struct standing standing = {self->next, self->time_ms, self->exact};

    if (self->next < 0 || self->next == self->remembered ||
        now_ms(self) - self->remembered_ms < REMEMBER_MS)
        return;
    self->remembered_ms = now_ms(self);
    if (write_standing(self->connector.context->state, &standing, NULL) == OUTCOME_OK)
        self->remembered = self->next;
}

/* Until the state topic says so, each new record would be taken for acknowledged (parked.h). */
static enum outcome go_on_at(struct inbox *self, int64_t next, int64_t first,
                             struct standing *standing, struct error *err)
{
    if (next > first) {
        metric_add(self->lost, 1);
        log_error("inbox",
                  "lost its end: what was delivered is not delivered again, what came last may be "
                  "missing; compare with the senders' outboxes, and look at Kafka's disks",
                  LOG_TEXT("topic", self->topic), LOG_INT("acknowledged", standing->next),
                  LOG_INT("goes_on_at", next));
        standing->next = next;
    } else {
        log_warn("inbox", "was made anew: what was acknowledged was of another",
                 LOG_TEXT("topic", self->topic), LOG_INT("acknowledged", standing->next));
        *standing = (struct standing){.next = RD_KAFKA_OFFSET_INVALID};
    }
    return write_standing(self->connector.context->state, standing, err);
}

/* What neither the group nor the state topic can mean in the topic as it is. */
static enum outcome check_standing(struct inbox *self, struct kafka_consumer *consumer,
                                   int64_t *from, struct standing *standing, int64_t *ret_first,
                                   struct error *err)
{
    int64_t first = 0;
    int64_t end = 0;
    int64_t later = 0;
    enum outcome outcome = OUTCOME_OK;

    if (*from < 0 && standing->next < 0)
        return OUTCOME_OK;
    outcome = kafka_ask_watermarks(consumer, self->topic, 0, &first, &end, err);
    *ret_first = first;
    if (outcome == OUTCOME_OK && *from > end)
        *from = RD_KAFKA_OFFSET_INVALID;
    if (outcome != OUTCOME_OK || (standing->next <= end && !standing->exact))
        return outcome;
    if (standing->time_ms <= 0)
        return go_on_at(self, first, first, standing, err);
    outcome = kafka_ask_offset_at(consumer, self->topic, 0, standing->time_ms + 1, &later, err);
    if (later < 0)
        later = end;
    if (outcome != OUTCOME_OK || later >= standing->next)
        return outcome;
    /* The group's counts as the lost ones did. */
    if (*from > later)
        *from = RD_KAFKA_OFFSET_INVALID;
    return go_on_at(self, later, first, standing, err);
}

/* Nobody gets them back from here: their senders' outboxes may still hold them. */
static void say_overtaken(struct inbox *self, int64_t first)
{
    metric_add(self->overtaken, 1);
    log_error("inbox",
              "records were deleted before they were delivered: its retention was faster; compare "
              "with the senders' outboxes",
              LOG_TEXT("topic", self->topic), LOG_INT("acknowledged", self->next),
              LOG_INT("goes_on_at", first));
    self->next = first;
}

static enum outcome begin(struct inbox *self, struct kafka_consumer *consumer, struct error *err)
{
    struct standing standing = read_standing(self->connector.context->state);
    int64_t from = RD_KAFKA_OFFSET_INVALID;
    int64_t first = 0;
    enum outcome outcome = kafka_ask_committed(consumer, self->topic, 0, COMMITTED_MS, &from, err);

    if (outcome == OUTCOME_OK)
        outcome = check_standing(self, consumer, &from, &standing, &first, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    self->pulled_count = 0;
    self->remembered = standing.next;
    self->time_ms = standing.time_ms;
    self->exact = standing.exact && from <= standing.next;
    self->next = from > standing.next ? from : standing.next;
    if (self->next >= 0 && first > self->next + 1)
        say_overtaken(self, first);
    self->expected = self->next;
    self->refresh_ms = now_ms(self);
    return kafka_consumer_assign(consumer, self->topic, 0, self->next, err);
}

/* Soon after the start, then twice a day. What fails has its turn in a minute. */
static void refresh(struct inbox *self, struct kafka_consumer *consumer)
{
    int64_t now = now_ms(self);

    if (self->next < 0 || now < self->refresh_ms)
        return;
    self->refresh_ms =
        now + (kafka_consumer_commit(consumer, self->topic, 0, self->next, NULL) == OUTCOME_OK
                   ? REFRESH_MS
                   : COMMIT_AGAIN_MS);
}

static enum outcome inbox_open(struct connector *connector, struct error *err)
{
    struct inbox *self = (struct inbox *)connector;
    const struct connector_context *context = connector->context;
    struct kafka_consumer *consumer = atomic_load(&self->consumer);
    enum outcome outcome = OUTCOME_OK;
    char labels[64];

    (void)snprintf(labels, sizeof(labels), "op=\"%s\"", context->operator_code);
    (void)topics_name(TOPIC_INBOX, context->operator_code, self->topic);
    (void)snprintf(self->group, sizeof(self->group), "relais.%s.connector", context->operator_code);
    self->lost = metrics_counter(context->metrics, "relais_inbox_lost_end_total", labels,
                                 "Starts that found the inbox shorter than what was delivered of "
                                 "it, and not made anew.");
    self->overtaken = metrics_counter(context->metrics, "relais_inbox_overtaken_total", labels,
                                      "Starts that found records of the inbox deleted before "
                                      "they were delivered.");
    if (!consumer) {
        outcome = kafka_consumer_open(context->kafka, self->group, false, &consumer, err);
        if (outcome != OUTCOME_OK)
            return outcome;
        atomic_store(&self->consumer, consumer);
    }
    if (atomic_load(&self->interrupted))
        kafka_consumer_interrupt(consumer);
    return begin(self, consumer, err);
}

static struct bytes copy(struct arena *arena, struct bytes b)
{
    return b.data ? arena_copy(arena, b) : BYTES_NONE;
}

/* It becomes part of ids in the memory: what is longer than any of ours orders nothing. */
static bool is_id(struct bytes key)
{
    return key.data && key.len <= ORDER_KEY_MOST;
}

static void add(struct inbox *self, const struct kafka_message *message, struct batch *batch)
{
    struct record *record = batch_add(batch);
    struct bytes subject = kafka_message_header(message, "ce_subject");

    record->body =
        message->value.data ? arena_copy(&batch->arena, message->value) : BYTES_LITERAL("");
    /* One hand-over is one order; the key (its thread) is the fallback of a foreign writer. */
    record->order_key = copy(&batch->arena, is_id(subject) ? subject : message->key);
    if (!is_id(record->order_key))
        record->order_key = BYTES_NONE;
    record->position = message->offset;
    record->observed_at = clock_wall_us(self->connector.context->clock);
    if (self->pulled_count == self->pulled_capacity) {
        self->pulled_capacity = self->pulled_capacity ? 2 * self->pulled_capacity : 64;
        self->pulled = xrealloc(self->pulled, self->pulled_capacity * sizeof(*self->pulled));
    }
    self->pulled[self->pulled_count++] = (struct pulled){message->offset, message->timestamp_ms};
}

/* Waits for the first message only: what is there besides comes along. */
static enum outcome inbox_pull(struct connector *connector, int32_t wait_ms, struct batch *batch,
                               struct error *err)
{
    struct inbox *self = (struct inbox *)connector;
    struct kafka_consumer *consumer = atomic_load(&self->consumer);
    enum outcome outcome = OUTCOME_OK;

    refresh(self, consumer);
    remember(self);
    if (self->owes && wait_ms > ACK_IDLE_MS)
        wait_ms = ACK_IDLE_MS;
    while (batch->count < batch->capacity && outcome == OUTCOME_OK) {
        struct kafka_message message = {0};
        enum kafka_event event = KAFKA_NOTHING;

        outcome =
            kafka_consumer_poll(consumer, batch->count > 0 ? 0 : wait_ms, &event, &message, err);
        if (outcome != OUTCOME_OK || event == KAFKA_NOTHING || event == KAFKA_REBALANCED)
            break;
        if (event == KAFKA_END)
            continue;
        if (message.offset < self->expected) {
            kafka_message_free(&message);
            return error_set(err, OUTCOME_FATAL,
                             "l'inbox recommence avant ce qui en fut lu : elle a perdu sa fin ou "
                             "fut recréée ; au redémarrage le connecteur voit où reprendre");
        }
        self->expected = message.offset + 1;
        add(self, &message, batch);
        kafka_message_free(&message);
    }
    self->idle = batch->count == 0;
    /* What was read is not lost to a failure behind it. */
    return batch->count > 0 && outcome == OUTCOME_RETRY ? OUTCOME_OK : outcome;
}

/* All before `self->next` are acknowledged. */
static void drop_pulled(struct inbox *self)
{
    size_t ended = 0;

    for (; ended < self->pulled_count && self->pulled[ended].offset < self->next; ended++) {
        /* Another leader's clock may be behind. */
        if (self->pulled[ended].time_ms > self->time_ms)
            self->time_ms = self->pulled[ended].time_ms;
        self->exact = true;
    }
    if (ended == 0)
        return;
    self->pulled_count -= ended;
    memmove(self->pulled, self->pulled + ended, self->pulled_count * sizeof(*self->pulled));
}

static bool may_wait(const struct inbox *self, size_t count)
{
    return count < ACK_MOST && !self->idle && !atomic_load(&self->interrupted) &&
           now_ms(self) - self->acked_ms < ACK_EVERY_MS;
}

/* RETRY also while there is more to come: then it is asked again (connector.h). */
static enum outcome inbox_ack(struct connector *connector, struct record *const *records,
                              size_t count, struct error *err)
{
    struct inbox *self = (struct inbox *)connector;
    int64_t next = records[count - 1]->position + 1;
    enum outcome outcome;

    self->owes = true;
    if (may_wait(self, count))
        return error_set(err, OUTCOME_RETRY, "the inbox offset is committed with later ones");
    outcome = kafka_consumer_commit(atomic_load(&self->consumer), self->topic, 0, next, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    self->owes = false;
    self->acked_ms = now_ms(self);
    self->next = next;
    drop_pulled(self);
    self->refresh_ms = now_ms(self) + REFRESH_MS;
    remember(self);
    return OUTCOME_OK;
}

static void inbox_interrupt(struct connector *connector)
{
    struct inbox *self = (struct inbox *)connector;
    struct kafka_consumer *consumer = atomic_load(&self->consumer);

    atomic_store(&self->interrupted, true);
    if (consumer)
        kafka_consumer_interrupt(consumer);
}

static void inbox_close(struct connector *connector)
{
    struct inbox *self = (struct inbox *)connector;

    kafka_consumer_close(atomic_load(&self->consumer));
    free(self->pulled);
}

const struct connector_ops inbox_source = {
    .name = "inbox",
    .role = CONNECTOR_SOURCE,
    .size = sizeof(struct inbox),
    .fields = inbox_fields,
    .open = inbox_open,
    .pull = inbox_pull,
    .ack = inbox_ack,
    .interrupt = inbox_interrupt,
    .close = inbox_close,
};
