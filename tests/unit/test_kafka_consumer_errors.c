/* SPDX-License-Identifier: Apache-2.0
 *
 * What polls say of a Kafka that answers with errors: librdkafka's own mock of one, which answers a
 * fetch with what it is told to.
 */
#include "tests/support/test.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <stdlib.h>

#include "base/clock.h"
#include "base/kafka_consumer.h"
#include "base/kafka_producer.h"

#define FETCH 1 /* Kafka's number of that request */
#define BROKER 1
#define TOPIC "outbox"
#define MOST_MS 15000

struct bench {
    rd_kafka_t *host; /* of the mock */
    rd_kafka_mock_cluster_t *kafka;
    struct kafka_config config;
    struct kafka_consumer *consumer;
};

static int64_t now_ms(void)
{
    return clock_mono_ms(clock_system());
}

static void write_one(const struct bench *bench, uint8_t number)
{
    CLEANUP(kafka_producer_closep) struct kafka_producer *producer = NULL;
    struct kafka_record record = {.topic = TOPIC, .value = bytes_of(&number, 1)};
    enum outcome result;

    assert_int_equal(kafka_producer_open(&bench->config, &producer, NULL), OUTCOME_OK);
    assert_int_equal(kafka_producer_send(producer, &record, 1, 5000, &result, NULL), OUTCOME_OK);
}

static int setup(void **state)
{
    struct bench *bench = xcalloc(1, sizeof(*bench));
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    bench->host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
    assert_non_null(bench->host);
    bench->kafka = rd_kafka_mock_cluster_new(bench->host, 1);
    assert_non_null(bench->kafka);
    assert_int_equal(rd_kafka_mock_topic_create(bench->kafka, TOPIC, 1, 1), 0);
    bench->config.brokers = rd_kafka_mock_cluster_bootstraps(bench->kafka);
    assert_int_equal(kafka_consumer_open(&bench->config, NULL, false, &bench->consumer, NULL),
                     OUTCOME_OK);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;

    kafka_consumer_close(bench->consumer);
    rd_kafka_mock_cluster_destroy(bench->kafka);
    rd_kafka_destroy(bench->host);
    free(bench);
    return 0;
}

static void begin(struct bench *bench)
{
    assert_int_equal(
        kafka_consumer_assign(bench->consumer, TOPIC, 0, RD_KAFKA_OFFSET_BEGINNING, NULL),
        OUTCOME_OK);
}

/* The next number, or -1 when a poll says something else than OK: then *err and *ret_outcome. */
static int next(struct bench *bench, int32_t wait_ms, enum outcome *ret_outcome, struct error *err)
{
    int64_t end_ms = now_ms() + MOST_MS;

    while (now_ms() < end_ms) {
        enum kafka_event event = KAFKA_NOTHING;
        struct kafka_message message = {0};
        int number;

        *ret_outcome = kafka_consumer_poll(bench->consumer, wait_ms, &event, &message, err);
        if (*ret_outcome)
            return -1;
        if (event != KAFKA_MESSAGE)
            continue;
        number = message.value.data[0];
        kafka_message_free(&message);
        return number;
    }
    fail_msg("nothing came");
    return -1;
}

/* Its complaint and what comes after it wait for the same poll. */
static void have_an_outage(struct bench *bench)
{
    CLEANUP(waiter_freep) struct waiter *waiter = waiter_new();

    assert_int_equal(rd_kafka_mock_broker_set_down(bench->kafka, BROKER), 0);
    (void)waiter_wait_ms(waiter, 500);
    assert_int_equal(rd_kafka_mock_broker_set_up(bench->kafka, BROKER), 0);
}

static void wait_for_a_fetch(void)
{
    CLEANUP(waiter_freep) struct waiter *waiter = waiter_new();

    (void)waiter_wait_ms(waiter, 2500);
}

static void answer_fetches(struct bench *bench, rd_kafka_resp_err_t error, size_t count)
{
    rd_kafka_mock_clear_request_errors(bench->kafka, FETCH);
    for (size_t i = 0; i < count; i++)
        rd_kafka_mock_push_request_errors(bench->kafka, FETCH, 1, error);
}

/* With CORRUPT_MESSAGE Kafka says the same as librdkafka that counted a checksum. */
static void a_record_that_kafka_finds_damaged_is_read_again(void **state)
{
    static const rd_kafka_resp_err_t errors[] = {RD_KAFKA_RESP_ERR_INVALID_MSG,
                                                 RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE};
    struct bench *bench = *state;
    struct error err;
    enum outcome outcome;

    write_one(bench, 7);
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        answer_fetches(bench, errors[i], 3); /* one may be that of the assignment before */
        begin(bench);
        assert_int_equal(next(bench, 200, &outcome, &err), -1);
        assert_int_equal(outcome, OUTCOME_RETRY);
        assert_non_null(strstr(err.text, "read outbox [0] at 0: "));
        while (next(bench, 200, &outcome, &err) != 7)
            assert_int_equal(outcome, OUTCOME_RETRY);
    }
}

static void a_damaged_record_is_read_again_whatever_was_complained_of(void **state)
{
    struct bench *bench = *state;
    struct error err;
    enum outcome outcome;

    write_one(bench, 7);
    begin(bench);
    assert_int_equal(next(bench, 200, &outcome, &err), 7);
    have_an_outage(bench);
    answer_fetches(bench, RD_KAFKA_RESP_ERR_INVALID_MSG, 200);
    wait_for_a_fetch();
    assert_int_equal(next(bench, 200, &outcome, &err), -1);
    assert_int_equal(outcome, OUTCOME_RETRY);
    assert_non_null(strstr(err.text, "nothing behind it"));
}

static void a_complaint_ends_with_the_poll_that_heard_it(void **state)
{
    struct bench *bench = *state;
    struct error err;
    struct kafka_message message;
    enum kafka_event event;
    enum outcome outcome;

    write_one(bench, 7);
    begin(bench);
    assert_int_equal(next(bench, 200, &outcome, &err), 7);
    have_an_outage(bench);
    write_one(bench, 8);
    wait_for_a_fetch();
    assert_int_equal(next(bench, 200, &outcome, &err), 8);
    for (int i = 0; i < 5; i++)
        assert_int_equal(kafka_consumer_poll(bench->consumer, 100, &event, &message, &err),
                         OUTCOME_OK);
}

static void an_error_without_a_remedy_names_its_partition(void **state)
{
    struct bench *bench = *state;
    struct error err;
    enum outcome outcome;

    write_one(bench, 7);
    answer_fetches(bench, RD_KAFKA_RESP_ERR_INVALID_RECORD, 3);
    begin(bench);
    assert_int_equal(next(bench, 200, &outcome, &err), -1);
    assert_int_equal(outcome, OUTCOME_FATAL);
    assert_non_null(strstr(err.text, "read outbox [0]: "));
}

#define BENCH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH(a_record_that_kafka_finds_damaged_is_read_again),
        BENCH(a_damaged_record_is_read_again_whatever_was_complained_of),
        BENCH(a_complaint_ends_with_the_poll_that_heard_it),
        BENCH(an_error_without_a_remedy_names_its_partition),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
