/* SPDX-License-Identifier: Apache-2.0
 *
 * The inbox over librdkafka's mock of a Kafka, for what a real one does in a disaster only; all
 * else is in tests/kafka/test_kafka_connector.c.
 */
#include "tests/support/test.h"

#include <stdlib.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "base/crypto.h"
#include "base/kafka_ask.h"
#include "base/kafka_consumer.h"
#include "connectors/drivers/drivers.h"
#include "connectors/memory/pack.h"

#define TOPIC "relais.o21.inbox.v1"
#define FETCH 1 /* Kafka's number of that request */

struct fixture {
    rd_kafka_t *host;
    rd_kafka_mock_cluster_t *cluster;
    struct kafka_config kafka;
    struct operator_keys keys;
    struct metrics *metrics;
    struct state *memory; /* without a topic */
    struct connector_context context;
};

static void start(struct fixture *f)
{
    *f = (struct fixture){.host = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), NULL, 0)};
    assert_non_null(f->host);
    f->cluster = rd_kafka_mock_cluster_new(f->host, 1);
    f->kafka.brokers = rd_kafka_mock_cluster_bootstraps(f->cluster);
    assert_int_equal(rd_kafka_mock_topic_create(f->cluster, TOPIC, 1, 1), 0);
    keys_create("o21", &f->keys);
    f->metrics = metrics_new();
    f->memory = state_new(&f->keys, NULL, clock_system());
    f->context = (struct connector_context){.operator_code = "o21",
                                            .system = "crm",
                                            .clock = clock_system(),
                                            .metrics = f->metrics,
                                            .state = f->memory,
                                            .kafka = &f->kafka};
}

static void stop(struct fixture *f)
{
    metrics_free(f->metrics);
    state_free(f->memory);
    rd_kafka_mock_cluster_destroy(f->cluster);
    rd_kafka_destroy(f->host);
}

static void fill_inbox(struct fixture *f, int count)
{
    CLEANUP(durable_closep) struct durable *log = NULL;
    const struct durable_record record = {.topic = TOPIC_INBOX, .value = BYTES_LITERAL("event")};
    struct error err = {0};

    assert_int_equal(durable_open_kafka(&f->kafka, "o21", 10000, &log, &err), OUTCOME_OK);
    for (int i = 0; i < count; i++)
        assert_int_equal(durable_append(log, &record, 1, NULL, &err), OUTCOME_OK);
}

static struct connector *open_inbox(struct fixture *f)
{
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    struct connector *inbox = NULL;
    struct error err = {0};

    assert_int_equal(
        connector_new(&inbox_source, NULL, "inbox", &f->context, diagnostics, &inbox, &err),
        OUTCOME_OK);
    if (inbox->ops->open(inbox, &err) != OUTCOME_OK)
        fail_msg("%s", err.text);
    return inbox;
}

/* One record, which is expected at `position`. */
static void pull_one(struct connector *inbox, int64_t position)
{
    CLEANUP(batch_freep) struct batch *batch = batch_new(1);
    struct error err = {0};

    for (int i = 0; i < 60 && batch->count == 0; i++)
        assert_int_equal(inbox->ops->pull(inbox, 500, batch, &err), OUTCOME_OK);
    assert_int_equal(batch->count, 1);
    assert_int_equal(batch->records[0].position, position);
}

/* librdkafka then begins again with what is there. None of it is delivered: the next start looks
 * where to go on. */
static void an_inbox_that_ends_before_what_was_read_ends_the_connector(void **unused)
{
    struct fixture f;
    struct connector *inbox;
    CLEANUP(batch_freep) struct batch *again = batch_new(4);
    const rd_kafka_resp_err_t errors[] = {
        RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE,
        RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE,
        RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE};
    enum outcome outcome = OUTCOME_OK;
    struct error err = {0};

    (void)unused;
    start(&f);
    fill_inbox(&f, 4);
    inbox = open_inbox(&f);
    for (int64_t position = 0; position < 4; position++)
        pull_one(inbox, position);
    /* The mock says it with the next record only; one may go to an answer without any. */
    rd_kafka_mock_push_request_errors_array(f.cluster, FETCH, sizeof(errors) / sizeof(errors[0]),
                                            errors);
    fill_inbox(&f, 1);
    for (int i = 0; i < 60 && outcome != OUTCOME_FATAL; i++)
        outcome = inbox->ops->pull(inbox, 500, again, &err);
    assert_int_equal(outcome, OUTCOME_FATAL);
    assert_non_null(strstr(err.text, "recommence"));
    assert_int_equal(again->count, 0);
    connector_free(inbox);
    stop(&f);
}

/* As when its retention was faster than its connector: what is gone is not waited for. */
static void an_inbox_that_lost_its_beginning_is_read_on(void **unused)
{
    struct fixture f;
    struct connector *inbox;

    (void)unused;
    start(&f);
    rd_kafka_mock_push_request_errors(f.cluster, FETCH, 1, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE);
    fill_inbox(&f, 2);
    inbox = open_inbox(&f);
    pull_one(inbox, 0);
    pull_one(inbox, 1);
    connector_free(inbox);
    stop(&f);
}

static void acknowledge_the_first(struct fixture *f)
{
    struct connector *inbox = open_inbox(f);
    struct record first = {.position = 0};
    struct record *records[] = {&first};
    struct error err = {0};

    assert_int_equal(inbox->ops->ack(inbox, records, 1, &err), OUTCOME_OK);
    connector_free(inbox);
}

/* As an earlier version of the program wrote it: the offset only. */
static void remember_next(struct fixture *f, int64_t next)
{
    CLEANUP(buffer_deinit) struct buffer value = {0};
    struct error err = {0};

    pack_int(&value, next);
    assert_int_equal(
        state_set(f->memory, STATE_CURSOR, BYTES_LITERAL("inbox"), buffer_view(&value), &err),
        OUTCOME_OK);
}

static void an_offset_without_a_time_behind_the_end_is_of_another_inbox(void **unused)
{
    struct fixture f;
    struct connector *inbox;

    (void)unused;
    start(&f);
    fill_inbox(&f, 2);
    remember_next(&f, 1000);
    inbox = open_inbox(&f);
    pull_one(inbox, 0);
    connector_free(inbox);
    remember_next(&f, 1000);
    acknowledge_the_first(&f);
    /* What the group says of this one counts. */
    remember_next(&f, 1000);
    inbox = open_inbox(&f);
    pull_one(inbox, 1);
    connector_free(inbox);
    stop(&f);
}

/* The mock keeps some 5 MiB: what is older goes, as it does with retention. */
static void overtake(struct fixture *f)
{
    CLEANUP(durable_closep) struct durable *log = NULL;
    struct bytes large = {.len = 900000};
    const uint8_t *data = large.data = xcalloc(1, large.len);
    const struct durable_record record = {.topic = TOPIC_INBOX, .value = large};
    struct error err = {0};

    assert_int_equal(durable_open_kafka(&f->kafka, "o21", 10000, &log, &err), OUTCOME_OK);
    for (int i = 0; i < 10; i++)
        assert_int_equal(durable_append(log, &record, 1, NULL, &err), OUTCOME_OK);
    free((void *)(uintptr_t)data);
}

static void first_and_end(struct fixture *f, int64_t *ret_first, int64_t *ret_end)
{
    CLEANUP(kafka_consumer_closep) struct kafka_consumer *consumer = NULL;
    struct error err = {0};

    assert_int_equal(kafka_consumer_open(&f->kafka, NULL, true, &consumer, &err), OUTCOME_OK);
    assert_int_equal(kafka_ask_watermarks(consumer, TOPIC, 0, ret_first, ret_end, &err),
                     OUTCOME_OK);
}

static int64_t overtakings(const struct fixture *f)
{
    return metric_value(
        metrics_counter(f->metrics, "relais_inbox_overtaken_total", "op=\"o21\"", ""));
}

/* A connector that acknowledged all but `behind` places of what is gone, and its next start. */
static void expect_overtakings(int64_t behind, int64_t overtakings_then)
{
    struct fixture f;
    int64_t first = 0;
    int64_t end = 0;

    start(&f);
    overtake(&f);
    first_and_end(&f, &first, &end);
    assert_in_range(first, 2, end - 1);
    remember_next(&f, first - behind);
    for (int i = 0; i < 2; i++) {
        struct connector *inbox = open_inbox(&f);

        pull_one(inbox, first);
        connector_free(inbox);
        assert_int_equal(overtakings(&f), overtakings_then);
    }
    stop(&f);
}

/* What is gone is gone, but not in silence, and it is said once. The record of a transaction's end
 * is nobody's: one place alone may be that. */
static void an_inbox_whose_retention_was_faster_than_its_connector_is_complained_of(void **unused)
{
    (void)unused;
    expect_overtakings(0, 0);
    expect_overtakings(1, 0);
    expect_overtakings(2, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_inbox_that_ends_before_what_was_read_ends_the_connector),
        cmocka_unit_test(an_inbox_that_lost_its_beginning_is_read_on),
        cmocka_unit_test(an_offset_without_a_time_behind_the_end_is_of_another_inbox),
        cmocka_unit_test(an_inbox_whose_retention_was_faster_than_its_connector_is_complained_of),
    };

    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
