/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <pthread.h>
#include <time.h>

#include "base/clock.h"
#include "base/kafka_producer.h"
#include "tests/support/kafka.h"

static int64_t now_ms(void)
{
    return clock_mono_ms(clock_system());
}

static void write_numbers(const char *topic, int32_t partition, int first, int count)
{
    struct kafka_config config = test_kafka();
    CLEANUP(kafka_producer_closep) struct kafka_producer *producer = NULL;
    struct error err = {0};

    assert_int_equal(kafka_producer_open(&config, &producer, &err), OUTCOME_OK);
    for (int i = first; i < first + count; i++) {
        uint8_t value = (uint8_t)i;
        const struct kafka_header headers[] = {{"n", BYTES_LITERAL("first")},
                                               {"n", BYTES_LITERAL("last")}};
        struct kafka_record record = {.topic = topic,
                                      .partition = partition,
                                      .value = bytes_of(&value, 1),
                                      .headers = headers,
                                      .header_count = 2};
        enum outcome result;

        assert_int_equal(kafka_producer_send(producer, &record, 1, 5000, &result, &err),
                         OUTCOME_OK);
    }
}

/* The next record's number, or -1 when none comes. */
static int next_number(struct kafka_consumer *consumer)
{
    int64_t deadline_ms = now_ms() + 5000;

    while (now_ms() < deadline_ms) {
        enum kafka_event event = KAFKA_NOTHING;
        struct kafka_message message = {0};
        int number;

        assert_int_equal(kafka_consumer_poll(consumer, 100, &event, &message, NULL), OUTCOME_OK);
        if (event != KAFKA_MESSAGE)
            continue;
        assert_null(message.key.data);
        assert_bytes_text(kafka_message_header(&message, "n"), "last");
        assert_null(kafka_message_header(&message, "m").data);
        number = message.value.data[0];
        kafka_message_free(&message);
        return number;
    }
    return -1;
}

static void a_second_partition_does_not_disturb_the_first(void **state)
{
    struct kafka_config config = test_kafka();
    CLEANUP(kafka_consumer_closep) struct kafka_consumer *consumer = NULL;
    char topic[TEST_NAME_SIZE];
    struct error err = {0};
    int seen[2] = {0, 100};

    (void)state;
    test_kafka_topic("beside", 2, topic);
    write_numbers(topic, 0, 0, 20);
    write_numbers(topic, 1, 100, 20);
    assert_int_equal(kafka_consumer_open(&config, NULL, false, &consumer, &err), OUTCOME_OK);
    assert_int_equal(kafka_consumer_assign(consumer, topic, 0, RD_KAFKA_OFFSET_BEGINNING, &err),
                     OUTCOME_OK);
    for (int i = 0; i < 7; i++)
        assert_int_equal(next_number(consumer), seen[0]++);
    assert_int_equal(kafka_consumer_assign(consumer, topic, 1, RD_KAFKA_OFFSET_BEGINNING, &err),
                     OUTCOME_OK);
    for (int i = 0; i < 33; i++) {
        int number = next_number(consumer);

        assert_int_equal(number, seen[number >= 100]++);
    }
    assert_int_equal(seen[0], 20);
    assert_int_equal(seen[1], 120);
}

static void a_second_assignment_of_a_partition_reads_again(void **state)
{
    struct kafka_config config = test_kafka();
    CLEANUP(kafka_consumer_closep) struct kafka_consumer *consumer = NULL;
    char topic[TEST_NAME_SIZE];
    struct error err = {0};

    (void)state;
    test_kafka_topic("seek", 1, topic);
    write_numbers(topic, 0, 0, 10);
    assert_int_equal(kafka_consumer_open(&config, NULL, false, &consumer, &err), OUTCOME_OK);
    assert_int_equal(kafka_consumer_assign(consumer, topic, 0, 4, &err), OUTCOME_OK);
    assert_int_equal(next_number(consumer), 4);
    assert_int_equal(next_number(consumer), 5);
    assert_int_equal(kafka_consumer_assign(consumer, topic, 0, 2, &err), OUTCOME_OK);
    /* Twice at once, as a pipeline that fails twice does. */
    assert_int_equal(kafka_consumer_assign(consumer, topic, 0, 2, &err), OUTCOME_OK);
    for (int i = 2; i < 10; i++)
        assert_int_equal(next_number(consumer), i);
}

static void a_committed_offset_is_where_the_next_one_starts(void **state)
{
    struct kafka_config config = test_kafka();
    struct kafka_consumer *consumer = NULL;
    char topic[TEST_NAME_SIZE];
    char group[TEST_NAME_SIZE];
    struct error err = {0};
    int64_t next = 0;

    (void)state;
    test_kafka_topic("commit", 1, topic);
    test_kafka_name("group", group);
    write_numbers(topic, 0, 0, 5);
    assert_int_equal(kafka_consumer_open(&config, group, false, &consumer, &err), OUTCOME_OK);
    assert_int_equal(kafka_consumer_committed(consumer, topic, 0, 10000, &next, &err), OUTCOME_OK);
    assert_true(next == RD_KAFKA_OFFSET_INVALID);
    assert_int_equal(kafka_consumer_assign(consumer, topic, 0, RD_KAFKA_OFFSET_STORED, &err),
                     OUTCOME_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(next_number(consumer), i);
    assert_int_equal(kafka_consumer_commit(consumer, topic, 0, 3, &err), OUTCOME_OK);
    kafka_consumer_close(consumer);
    assert_int_equal(kafka_consumer_open(&config, group, false, &consumer, &err), OUTCOME_OK);
    assert_int_equal(kafka_consumer_committed(consumer, topic, 0, 10000, &next, &err), OUTCOME_OK);
    assert_true(next == 3);
    assert_int_equal(kafka_consumer_assign(consumer, topic, 0, RD_KAFKA_OFFSET_STORED, &err),
                     OUTCOME_OK);
    assert_int_equal(next_number(consumer), 3);
    kafka_consumer_close(consumer);
}

static void partitions_are_counted_and_a_missing_topic_is_rejected(void **state)
{
    struct kafka_config config = test_kafka();
    CLEANUP(kafka_consumer_closep) struct kafka_consumer *consumer = NULL;
    char topic[TEST_NAME_SIZE];
    struct error err = {0};
    int32_t count = 0;

    (void)state;
    test_kafka_topic("count", 3, topic);
    assert_int_equal(kafka_consumer_open(&config, NULL, false, &consumer, &err), OUTCOME_OK);
    assert_int_equal(kafka_consumer_partitions(consumer, topic, &count, &err), OUTCOME_OK);
    assert_int_equal(count, 3);
    test_kafka_name("absent", topic);
    assert_int_equal(kafka_consumer_partitions(consumer, topic, &count, &err), OUTCOME_REJECT);
}

static void *interrupt_soon(void *consumer)
{
    struct timespec pause = {.tv_nsec = 100000000};

    (void)nanosleep(&pause, NULL);
    kafka_consumer_interrupt(consumer);
    return NULL;
}

static void an_interrupt_wakes_a_poll(void **state)
{
    struct kafka_config config = test_kafka();
    CLEANUP(kafka_consumer_closep) struct kafka_consumer *consumer = NULL;
    enum kafka_event event = KAFKA_NOTHING;
    struct kafka_message message;
    struct error err = {0};
    pthread_t thread;
    int64_t began = now_ms();

    (void)state;
    assert_int_equal(kafka_consumer_open(&config, NULL, false, &consumer, &err), OUTCOME_OK);
    assert_int_equal(pthread_create(&thread, NULL, interrupt_soon, consumer), 0);
    assert_int_equal(kafka_consumer_poll(consumer, 10000, &event, &message, &err), OUTCOME_OK);
    assert_int_equal(event, KAFKA_NOTHING);
    assert_in_range(now_ms() - began, 50, 1500);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void without_kafka_polls_say_retry_and_questions_end(void **state)
{
    const struct kafka_config config = {.brokers = "127.0.0.1:9"};
    CLEANUP(kafka_consumer_closep) struct kafka_consumer *consumer = NULL;
    enum kafka_event event = KAFKA_NOTHING;
    struct kafka_message message;
    struct error err = {0};
    int64_t next = 77;
    enum outcome outcome = OUTCOME_OK;
    int64_t deadline_ms = now_ms() + 5000;

    (void)state;
    assert_int_equal(kafka_consumer_open(&config, "g", false, &consumer, &err), OUTCOME_OK);
    while (!outcome && now_ms() < deadline_ms)
        outcome = kafka_consumer_poll(consumer, 100, &event, &message, &err);
    assert_int_equal(outcome, OUTCOME_RETRY);
    /* Never "none committed". */
    assert_int_equal(kafka_consumer_committed(consumer, "t", 0, 500, &next, &err), OUTCOME_RETRY);
    assert_true(next == 77);
}

/* librdkafka 2.0.2 aborted here ("rktp_started") when every call replaced the assignment. */
static void many_assignments_in_a_row_survive_an_early_close(void **state)
{
    struct kafka_config config = test_kafka();
    char topic[TEST_NAME_SIZE];

    (void)state;
    test_kafka_topic("row", 8, topic);
    for (int round = 0; round < 20; round++) {
        CLEANUP(kafka_consumer_closep) struct kafka_consumer *consumer = NULL;
        struct kafka_message message;
        enum kafka_event event;
        struct error err = {0};

        assert_int_equal(kafka_consumer_open(&config, NULL, false, &consumer, &err), OUTCOME_OK);
        for (int32_t p = 0; p < 8; p++)
            assert_int_equal(
                kafka_consumer_assign(consumer, topic, p, RD_KAFKA_OFFSET_BEGINNING, &err),
                OUTCOME_OK);
        assert_int_not_equal(kafka_consumer_poll(consumer, round * 5, &event, &message, &err),
                             OUTCOME_FATAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_partition_does_not_disturb_the_first),
        cmocka_unit_test(a_second_assignment_of_a_partition_reads_again),
        cmocka_unit_test(a_committed_offset_is_where_the_next_one_starts),
        cmocka_unit_test(partitions_are_counted_and_a_missing_topic_is_rejected),
        cmocka_unit_test(an_interrupt_wakes_a_poll),
        cmocka_unit_test(without_kafka_polls_say_retry_and_questions_end),
        cmocka_unit_test(many_assignments_in_a_row_survive_an_early_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
