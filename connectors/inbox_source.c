/* SPDX-License-Identifier: Apache-2.0
 *
 * The operator's inbox topic: one partition, read from the group's committed offset, which
 * is committed only for what the pipeline acknowledges.
 */
#include "connectors/drivers.h"

#include <stdatomic.h>
#include <stdio.h>

#include "base/kafka_consumer.h"
#include "schemas/topics.h"

struct inbox {
    struct connector connector;
    _Atomic(struct kafka_consumer *) consumer; /* interrupt() may come before open */
    atomic_bool interrupted;
    char topic[TOPIC_NAME_SIZE];
    char group[TOPIC_NAME_SIZE];
};

static const struct config_field inbox_fields[] = {CONFIG_END};

static enum outcome inbox_open(struct connector *connector, struct error *err)
{
    struct inbox *self = (struct inbox *)connector;
    const struct connector_context *context = connector->context;
    struct kafka_consumer *consumer = atomic_load(&self->consumer);
    enum outcome outcome = OUTCOME_OK;

    (void)topics_name(TOPIC_INBOX, context->operator_code, self->topic);
    (void)snprintf(self->group, sizeof(self->group), "relais.%s.connector", context->operator_code);
    if (!consumer) {
        outcome = kafka_consumer_open(context->kafka, self->group, false, &consumer, err);
        if (outcome != OUTCOME_OK)
            return outcome;
        atomic_store(&self->consumer, consumer);
    }
    if (atomic_load(&self->interrupted))
        kafka_consumer_interrupt(consumer);
    return kafka_consumer_assign(consumer, self->topic, 0, RD_KAFKA_OFFSET_STORED, err);
}

static struct bytes copy(struct arena *arena, struct bytes b)
{
    return b.data ? arena_copy(arena, b) : BYTES_NONE;
}

static void add(struct inbox *self, const struct kafka_message *message, struct batch *batch)
{
    struct record *record = batch_add(batch);
    struct bytes subject = kafka_message_header(message, "ce_subject");

    record->body =
        message->value.data ? arena_copy(&batch->arena, message->value) : BYTES_LITERAL("");
    /* One hand-over is one order; the key (its thread) is the fallback of a foreign writer. */
    record->order_key = copy(&batch->arena, subject.data ? subject : message->key);
    record->position = message->offset;
    record->observed_at = clock_wall_us(self->connector.context->clock);
}

/* Waits for the first message only: what is there besides comes along. */
static enum outcome inbox_pull(struct connector *connector, int32_t wait_ms, struct batch *batch,
                               struct error *err)
{
    struct inbox *self = (struct inbox *)connector;
    struct kafka_consumer *consumer = atomic_load(&self->consumer);
    enum outcome outcome = OUTCOME_OK;

    while (batch->count < batch->capacity && outcome == OUTCOME_OK) {
        struct kafka_message message = {0};
        enum kafka_event event = KAFKA_NOTHING;

        outcome =
            kafka_consumer_poll(consumer, batch->count > 0 ? 0 : wait_ms, &event, &message, err);
        if (outcome != OUTCOME_OK || event == KAFKA_NOTHING || event == KAFKA_REBALANCED)
            break;
        if (event == KAFKA_END)
            continue;
        add(self, &message, batch);
        kafka_message_free(&message);
    }
    /* What was read is not lost to a failure behind it. */
    return batch->count > 0 && outcome == OUTCOME_RETRY ? OUTCOME_OK : outcome;
}

static enum outcome inbox_ack(struct connector *connector, struct record *const *records,
                              size_t count, struct error *err)
{
    struct inbox *self = (struct inbox *)connector;

    return kafka_consumer_commit(atomic_load(&self->consumer), self->topic, 0,
                                 records[count - 1]->position + 1, err);
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
