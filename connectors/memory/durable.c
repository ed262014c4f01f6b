/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/memory/durable.h"

#include <stdlib.h>

static void count(const struct durable *durable, const struct durable_record *records, size_t most,
                  const enum outcome *results)
{
    for (size_t i = 0; i < most; i++) {
        if (records[i].topic != TOPIC_OUTBOX)
            continue;
        if (results[i] == OUTCOME_OK)
            metric_add(durable->counts->acknowledged, 1);
        else if (results[i] != OUTCOME_REJECT)
            metric_add(durable->counts->doubtful, 1);
    }
}

enum outcome durable_append(struct durable *durable, const struct durable_record *records,
                            size_t record_count, enum outcome *results, struct error *err)
{
    enum outcome *own = NULL;
    enum outcome outcome;

    if (record_count == 0)
        return OUTCOME_OK;
    if (!results)
        results = own = xcalloc(record_count, sizeof(*own));
    outcome = durable->ops->append(durable, records, record_count, results, err);
    if (durable->counts)
        count(durable, records, record_count, results);
    free(own);
    return outcome;
}

void durable_interrupt(struct durable *durable)
{
    if (durable && durable->ops->interrupt)
        durable->ops->interrupt(durable);
}

void durable_close(struct durable *durable)
{
    if (durable)
        durable->ops->close(durable);
}

/* ---- Over Kafka ------------------------------------------------------------------ */

struct durable_kafka {
    struct durable durable;
    struct kafka_producer *producer;
    int32_t timeout_ms;
    char topics[TOPIC_OPERATOR_COUNT][TOPIC_NAME_SIZE];
};

static enum outcome kafka_append(struct durable *durable, const struct durable_record *records,
                                 size_t count, enum outcome *results, struct error *err)
{
    struct durable_kafka *self = (struct durable_kafka *)durable;
    struct kafka_record *out = xcalloc(count, sizeof(*out));
    enum outcome outcome;

    for (size_t i = 0; i < count; i++)
        out[i] = (struct kafka_record){.topic = self->topics[records[i].topic],
                                       .partition = -1,
                                       .key = records[i].key,
                                       .value = records[i].value,
                                       .headers = records[i].headers,
                                       .header_count = records[i].header_count};
    outcome = kafka_producer_send(self->producer, out, count, self->timeout_ms, results, err);
    free(out);
    return outcome;
}

static void kafka_interrupt(struct durable *durable)
{
    kafka_producer_interrupt(((struct durable_kafka *)durable)->producer);
}

static void kafka_close(struct durable *durable)
{
    struct durable_kafka *self = (struct durable_kafka *)durable;

    kafka_producer_close(self->producer);
    free(self);
}

static const struct durable_ops kafka_ops = {
    .append = kafka_append, .interrupt = kafka_interrupt, .close = kafka_close};

enum outcome durable_open_kafka(const struct kafka_config *kafka, const char *operator_code,
                                int32_t timeout_ms, struct durable **ret_durable, struct error *err)
{
    struct kafka_producer *producer = NULL;
    enum outcome opened = kafka_producer_open(kafka, &producer, err);
    struct durable_kafka *self;

    if (opened != OUTCOME_OK)
        return opened;
    self = xcalloc(1, sizeof(*self));
    self->durable.ops = &kafka_ops;
    self->producer = producer;
    self->timeout_ms = timeout_ms;
    for (int topic = 0; topic < TOPIC_OPERATOR_COUNT; topic++)
        (void)topics_name((enum topic)topic, operator_code, self->topics[topic]);
    *ret_durable = &self->durable;
    return OUTCOME_OK;
}
