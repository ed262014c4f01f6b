/* SPDX-License-Identifier: Apache-2.0
 *
 * One librdkafka producer at a time, thrown away whenever a record's fate is unknown: what is
 * still queued in it would otherwise be written behind the caller's next try.
 */
#include "base/kafka_producer.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"

/* How long a wait lasts before the interrupt is looked at. */
#define SLICE_MS 50
#define CLOSE_MS 2000

struct kafka_producer {
    struct kafka_config *config;
    rd_kafka_t *client;           /* NULL: made by the next send                        */
    struct kafka_handles handles; /* of the client */
    struct report *reports;       /* of the last send */
    size_t report_count;
    size_t pending;       /* records of the send in progress without a report   */
    struct error trouble; /* the last thing librdkafka complained about         */
    atomic_bool interrupted;
};

/* Where a record's report goes: librdkafka's opaque of one message. */
struct report {
    enum outcome outcome;
    int64_t offset;
};

/* Runs inside rd_kafka_poll() on the sending thread, as the two below. */
static void on_report(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    struct kafka_producer *producer = opaque;
    struct report *report = message->_private;

    (void)client;
    report->outcome = OUTCOME_OK;
    report->offset = message->offset;
    if (message->err)
        report->outcome = kafka_outcome(message->err, "produce", &producer->trouble);
    producer->pending--;
}

static void on_error(rd_kafka_t *client, int code, const char *reason, void *opaque)
{
    struct kafka_producer *producer = opaque;
    enum outcome outcome = kafka_outcome((rd_kafka_resp_err_t)code, "kafka", NULL);

    (void)client;
    (void)error_set(&producer->trouble, outcome, "kafka: %s", reason);
}

static void discard(struct kafka_producer *producer)
{
    if (!producer->client)
        return;
    /* Each queued record gets its report now; without this destroy would wait for them. */
    (void)rd_kafka_purge(producer->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    (void)rd_kafka_flush(producer->client, CLOSE_MS);
    kafka_handles_clear(&producer->handles);
    rd_kafka_destroy(producer->client);
    producer->client = NULL;
}

static enum outcome make_client(struct kafka_producer *producer, struct error *err)
{
    rd_kafka_conf_t *conf = NULL;
    enum outcome outcome = kafka_config_producer(producer->config, NULL, &conf, err);

    if (outcome)
        return outcome;
    rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_opaque(conf, producer);
    return kafka_config_client(RD_KAFKA_PRODUCER, conf, "producer", &producer->client, err);
}

enum outcome kafka_producer_open(const struct kafka_config *config,
                                 struct kafka_producer **ret_producer, struct error *err)
{
    CLEANUP(kafka_producer_closep)
    struct kafka_producer *producer = xcalloc(1, sizeof(*producer));
    enum outcome outcome;

    producer->config = kafka_config_copy(config);
    outcome = make_client(producer, err);
    if (outcome)
        return outcome;
    *ret_producer = TAKE(producer);
    return OUTCOME_OK;
}

void kafka_producer_close(struct kafka_producer *producer)
{
    if (!producer)
        return;
    discard(producer);
    kafka_config_free(producer->config);
    free(producer->reports);
    free(producer);
}

void kafka_producer_interrupt(struct kafka_producer *producer)
{
    atomic_store(&producer->interrupted, true);
}

/* Serves reports for a while; false when there is no time left. Flushing tells librdkafka that no
 * more comes: what waits for company (linger.ms) goes at once. */
static bool serve(struct kafka_producer *producer, int64_t deadline_ms)
{
    int64_t left = deadline_ms - clock_mono_ms(clock_system());

    if (left <= 0 || atomic_load(&producer->interrupted))
        return false;
    (void)rd_kafka_flush(producer->client, left < SLICE_MS ? (int)left : SLICE_MS);
    return true;
}

/* A full queue is not an error: reports make room. */
static void enqueue(struct kafka_producer *producer, const struct kafka_record *record,
                    struct report *report, int64_t deadline_ms)
{
    rd_kafka_resp_err_t code;

    do
        code = kafka_record_produce(producer->client, &producer->handles, record, report);
    while (code == RD_KAFKA_RESP_ERR__QUEUE_FULL && serve(producer, deadline_ms));
    if (code)
        report->outcome = kafka_outcome(code, "produce", &producer->trouble);
    else
        producer->pending++;
}

/* The worst of all, and why; the text is that of the last complaint. */
static enum outcome judge(struct kafka_producer *producer, enum outcome *results, struct error *err)
{
    enum outcome worst = OUTCOME_OK;

    for (size_t i = 0; i < producer->report_count; i++) {
        results[i] = producer->reports[i].outcome;
        if (results[i] > worst)
            worst = results[i];
    }
    if (worst)
        (void)error_set(err, worst, "%s",
                        producer->trouble.text[0] ? producer->trouble.text
                                                  : "kafka: no answer in time");
    return worst;
}

enum outcome kafka_producer_send(struct kafka_producer *producer,
                                 const struct kafka_record *records, size_t count,
                                 int32_t timeout_ms, enum outcome *results, struct error *err)
{
    int64_t deadline_ms = clock_mono_ms(clock_system()) + timeout_ms;
    struct report *reports;
    enum outcome outcome;

    for (size_t i = 0; i < count; i++)
        results[i] = OUTCOME_RETRY;
    producer->report_count = 0;
    producer->trouble = (struct error){.outcome = OUTCOME_OK};
    if (!producer->client) {
        outcome = make_client(producer, err);
        if (outcome)
            return outcome;
    }
    producer->reports = reports = xrealloc(producer->reports, (count + 1) * sizeof(*reports));
    producer->report_count = count;
    for (size_t i = 0; i < count; i++) {
        reports[i] = (struct report){.outcome = OUTCOME_RETRY, .offset = RD_KAFKA_OFFSET_INVALID};
        enqueue(producer, &records[i], &reports[i], deadline_ms);
        (void)rd_kafka_poll(producer->client, 0);
    }
    while (producer->pending > 0 && serve(producer, deadline_ms))
        ;
    /* Reports point into `reports`: none may come after this function. */
    if (producer->pending > 0 || rd_kafka_fatal_error(producer->client, NULL, 0))
        discard(producer);
    producer->pending = 0;
    return judge(producer, results, err);
}

int64_t kafka_producer_offset(const struct kafka_producer *producer, size_t index)
{
    if (index >= producer->report_count || producer->reports[index].outcome != OUTCOME_OK)
        return RD_KAFKA_OFFSET_INVALID;
    return producer->reports[index].offset;
}
