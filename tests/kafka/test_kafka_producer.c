/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/kafka_producer.h"
#include "tests/support/kafka.h"

static int64_t now_ms(void)
{
    return clock_mono_ms(clock_system());
}

static void ok_means_that_a_reader_sees_it(void **state)
{
    struct kafka_config config = test_kafka();
    CLEANUP(kafka_producer_closep) struct kafka_producer *producer = NULL;
    const struct kafka_header headers[] = {{"ce_id", BYTES_LITERAL("e-1")}};
    char topic[TEST_NAME_SIZE];
    struct kafka_record records[500];
    enum outcome results[500];
    struct error err = {0};

    (void)state;
    test_kafka_topic("durable", 1, topic);
    for (size_t i = 0; i < 500; i++)
        records[i] = (struct kafka_record){.topic = topic,
                                           .partition = -1,
                                           .key = BYTES_LITERAL("t-1"),
                                           .value = BYTES_LITERAL("v"),
                                           .headers = headers,
                                           .header_count = 1};
    assert_int_equal(kafka_producer_open(&config, &producer, &err), OUTCOME_OK);
    assert_int_equal(kafka_producer_send(producer, records, 500, 10000, results, &err), OUTCOME_OK);
    for (size_t i = 0; i < 500; i++) {
        assert_int_equal(results[i], OUTCOME_OK);
        assert_int_equal(kafka_producer_offset(producer, i), i);
    }
    assert_true(kafka_producer_offset(producer, 500) < 0);
    assert_int_equal(test_kafka_count(topic, 0, false), 500);
}

static void a_record_that_is_too_large_is_rejected_alone(void **state)
{
    struct kafka_config config = test_kafka();
    CLEANUP(kafka_producer_closep) struct kafka_producer *producer = NULL;
    char topic[TEST_NAME_SIZE];
    uint8_t *large = xcalloc(1, 1100000);
    struct kafka_record records[3];
    enum outcome results[3];
    struct error err = {0};

    (void)state;
    test_kafka_topic("large", 1, topic);
    for (size_t i = 0; i < 3; i++)
        records[i] = (struct kafka_record){
            .topic = topic, .value = i == 1 ? bytes_of(large, 1100000) : BYTES_LITERAL("v")};
    assert_int_equal(kafka_producer_open(&config, &producer, &err), OUTCOME_OK);
    assert_int_equal(kafka_producer_send(producer, records, 3, 10000, results, &err),
                     OUTCOME_REJECT);
    assert_int_equal(results[0], OUTCOME_OK);
    assert_int_equal(results[1], OUTCOME_REJECT);
    assert_int_equal(results[2], OUTCOME_OK);
    assert_int_equal(test_kafka_count(topic, 0, false), 2);
    free(large);
}

static void a_topic_that_is_not_there_is_fatal(void **state)
{
    struct kafka_config config = test_kafka();
    CLEANUP(kafka_producer_closep) struct kafka_producer *producer = NULL;
    const char *const extra[] = {"topic.metadata.propagation.max.ms=500", NULL};
    char topic[TEST_NAME_SIZE];
    struct kafka_record record = {.topic = test_kafka_name("absent", topic), .partition = -1};
    enum outcome result;
    struct error err = {0};

    (void)state;
    config.extra = extra;
    assert_int_equal(kafka_producer_open(&config, &producer, &err), OUTCOME_OK);
    assert_int_equal(kafka_producer_send(producer, &record, 1, 10000, &result, &err),
                     OUTCOME_FATAL);
    assert_int_equal(result, OUTCOME_FATAL);
}

/* A listening socket that takes connections and never says a word. */
static int mute_server(char address[32])
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(name);
    int server = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(server >= 0);
    assert_int_equal(bind(server, (struct sockaddr *)&name, size), 0);
    assert_int_equal(listen(server, 16), 0);
    assert_int_equal(getsockname(server, (struct sockaddr *)&name, &size), 0);
    (void)snprintf(address, 32, "127.0.0.1:%d", ntohs(name.sin_port));
    return server;
}

static void without_kafka_it_is_retry_in_time(const char *brokers)
{
    const struct kafka_config config = {.brokers = brokers};
    const struct kafka_record records[] = {{.topic = "t", .partition = -1},
                                           {.topic = "t", .partition = -1}};
    struct kafka_producer *producer = NULL;
    enum outcome results[2];
    struct error err = {0};
    int64_t began = now_ms();

    assert_int_equal(kafka_producer_open(&config, &producer, &err), OUTCOME_OK);
    assert_int_equal(kafka_producer_send(producer, records, 2, 700, results, &err), OUTCOME_RETRY);
    assert_int_equal(results[0], OUTCOME_RETRY);
    assert_int_equal(results[1], OUTCOME_RETRY);
    assert_in_range(now_ms() - began, 650, 2500);
    /* The producer was thrown away; the next send makes a new one. */
    assert_int_equal(kafka_producer_send(producer, records, 1, 200, results, &err), OUTCOME_RETRY);
    began = now_ms();
    kafka_producer_close(producer);
    assert_in_range(now_ms() - began, 0, 5000);
}

static void a_refused_connection_is_retry_in_time(void **state)
{
    char address[32];
    int server = mute_server(address);

    (void)state;
    (void)close(server); /* Nobody listens there now. */
    without_kafka_it_is_retry_in_time(address);
}

static void a_broker_that_never_answers_is_retry_in_time(void **state)
{
    char address[32];
    int server = mute_server(address);

    (void)state;
    without_kafka_it_is_retry_in_time(address);
    (void)close(server);
}

static void *interrupt_soon(void *producer)
{
    struct timespec pause = {.tv_nsec = 200000000};

    (void)nanosleep(&pause, NULL);
    kafka_producer_interrupt(producer);
    return NULL;
}

static void an_interrupt_ends_a_send(void **state)
{
    char address[32];
    int server = mute_server(address);
    const struct kafka_config config = {.brokers = address};
    const struct kafka_record record = {.topic = "t", .partition = -1};
    CLEANUP(kafka_producer_closep) struct kafka_producer *producer = NULL;
    enum outcome result;
    struct error err = {0};
    pthread_t thread;
    int64_t began = now_ms();

    (void)state;
    assert_int_equal(kafka_producer_open(&config, &producer, &err), OUTCOME_OK);
    assert_int_equal(pthread_create(&thread, NULL, interrupt_soon, producer), 0);
    assert_int_equal(kafka_producer_send(producer, &record, 1, 20000, &result, &err),
                     OUTCOME_RETRY);
    assert_in_range(now_ms() - began, 150, 2500);
    assert_int_equal(pthread_join(thread, NULL), 0);
    (void)close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ok_means_that_a_reader_sees_it),
        cmocka_unit_test(a_record_that_is_too_large_is_rejected_alone),
        cmocka_unit_test(a_topic_that_is_not_there_is_fatal),
        cmocka_unit_test(a_refused_connection_is_retry_in_time),
        cmocka_unit_test(a_broker_that_never_answers_is_retry_in_time),
        cmocka_unit_test(an_interrupt_ends_a_send),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
