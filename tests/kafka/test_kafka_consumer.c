/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/kafka_ask.h"
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
    assert_int_equal(kafka_ask_committed(consumer, topic, 0, 10000, &next, &err), OUTCOME_OK);
    assert_true(next == RD_KAFKA_OFFSET_INVALID);
    assert_int_equal(kafka_consumer_assign(consumer, topic, 0, RD_KAFKA_OFFSET_BEGINNING, &err),
                     OUTCOME_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(next_number(consumer), i);
    assert_int_equal(kafka_consumer_commit(consumer, topic, 0, 3, &err), OUTCOME_OK);
    kafka_consumer_close(consumer);
    assert_int_equal(kafka_consumer_open(&config, group, false, &consumer, &err), OUTCOME_OK);
    assert_int_equal(kafka_ask_committed(consumer, topic, 0, 10000, &next, &err), OUTCOME_OK);
    assert_true(next == 3);
    assert_int_equal(kafka_consumer_assign(consumer, topic, 0, next, &err), OUTCOME_OK);
    assert_int_equal(next_number(consumer), 3);
    kafka_consumer_close(consumer);
}

/* As the broker asks about all of its inputs. */
static void offsets_of_many_are_told_in_one_answer_or_one_of_them_is_named(void **state)
{
    struct kafka_config config = test_kafka();
    const struct kafka_config nowhere = {.brokers = "127.0.0.1:9"};
    CLEANUP(kafka_consumer_closep) struct kafka_consumer *consumer = NULL;
    CLEANUP(kafka_consumer_closep) struct kafka_consumer *lost = NULL;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(3);
    char topic[TEST_NAME_SIZE];
    char group[TEST_NAME_SIZE];
    struct error err = {0};

    (void)state;
    test_kafka_topic("many", 3, topic);
    test_kafka_name("group", group);
    for (int32_t p = 0; p < 3; p++)
        rd_kafka_topic_partition_list_add(list, topic, p);
    assert_int_equal(kafka_consumer_open(&config, group, false, &consumer, &err), OUTCOME_OK);
    assert_int_equal(kafka_consumer_commit(consumer, topic, 1, 7, &err), OUTCOME_OK);
    assert_int_equal(kafka_ask_committed_list(consumer, list, 10000, &err), OUTCOME_OK);
    assert_true(list->elems[0].offset == RD_KAFKA_OFFSET_INVALID);
    assert_true(list->elems[1].offset == 7);
    assert_true(list->elems[2].offset == RD_KAFKA_OFFSET_INVALID);
    /* Never "none committed". */
    list->elems[0].offset = 5;
    assert_int_equal(kafka_consumer_open(&nowhere, group, false, &lost, &err), OUTCOME_OK);
    assert_int_equal(kafka_ask_committed_list(lost, list, 200, &err), OUTCOME_RETRY);
    assert_non_null(strstr(err.text, topic));
    rd_kafka_topic_partition_list_destroy(list);
    list = rd_kafka_topic_partition_list_new(1);
    assert_int_equal(kafka_ask_committed_list(lost, list, 200, &err), OUTCOME_OK);
    rd_kafka_topic_partition_list_destroy(list);
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
    assert_int_equal(kafka_ask_partitions(consumer, topic, &count, &err), OUTCOME_OK);
    assert_int_equal(count, 3);
    test_kafka_name("absent", topic);
    assert_int_equal(kafka_ask_partitions(consumer, topic, &count, &err), OUTCOME_REJECT);
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
    assert_int_equal(kafka_ask_committed(consumer, "t", 0, 500, &next, &err), OUTCOME_RETRY);
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

/* ---- A damaged record -------------------------------------------------------------------- */

#define BATCHES 6
#define BATCH_SIZE 2000
#define DAMAGED 2

/* Each of one record, which says its number all over. */
static void write_batches(const char *topic)
{
    struct kafka_config config = test_kafka();
    CLEANUP(kafka_producer_closep) struct kafka_producer *producer = NULL;

    assert_int_equal(kafka_producer_open(&config, &producer, NULL), OUTCOME_OK);
    for (int i = 0; i < BATCHES; i++) {
        uint8_t value[BATCH_SIZE];
        struct kafka_record record = {.topic = topic, .value = bytes_of(value, sizeof(value))};
        enum outcome result;

        memset(value, '0' + i, sizeof(value));
        assert_int_equal(kafka_producer_send(producer, &record, 1, 5000, &result, NULL),
                         OUTCOME_OK);
    }
}

/* Turns a bit of that batch on Kafka's disk; a second time turns it back. */
static void turn_a_bit(const char *topic, int number)
{
    char path[512];
    char folder[300];
    char wanted[BATCH_SIZE / 2];
    char log[2 * BATCHES * BATCH_SIZE];
    FILE *file;
    size_t size;
    size_t at = 0;

    (void)snprintf(folder, sizeof(folder), "%.299s", getenv("RELAIS_KAFKA_ADDRESS"));
    *strrchr(folder, '/') = '\0';
    (void)snprintf(path, sizeof(path), "%s/data/log/%.95s-0/00000000000000000000.log", folder,
                   topic);
    file = fopen(path, "r+");
    assert_non_null(file);
    size = fread(log, 1, sizeof(log), file);
    memset(wanted, '0' + number, sizeof(wanted));
    while (at + BATCH_SIZE < size && memcmp(log + at, wanted, sizeof(wanted)) != 0)
        at++;
    assert_memory_equal(log + at, wanted, sizeof(wanted));
    at += sizeof(wanted) + 1;
    assert_int_equal(fseek(file, (long)at, SEEK_SET), 0);
    assert_int_equal(fputc(log[at] ^ 1, file), log[at] ^ 1);
    assert_int_equal(fclose(file), 0);
}

/* The next number, or -1 when none came within `most_ms`; *ret_trouble as polls said. */
static int next_batch(struct kafka_consumer *consumer, int most_ms, bool *ret_trouble)
{
    int64_t end_ms = now_ms() + most_ms;

    *ret_trouble = false;
    while (now_ms() < end_ms) {
        enum kafka_event event = KAFKA_NOTHING;
        struct kafka_message message = {0};
        struct error err;
        enum outcome outcome = kafka_consumer_poll(consumer, 50, &event, &message, &err);
        int number;

        assert_int_not_equal(outcome, OUTCOME_FATAL);
        *ret_trouble = *ret_trouble || outcome == OUTCOME_RETRY;
        if (event != KAFKA_MESSAGE)
            continue;
        number = message.value.data[0] - '0';
        kafka_message_free(&message);
        return number;
    }
    return -1;
}

/* Reads until that number would be next; the next one, when nothing more comes within `most_ms`.
 * What was read may come again: of a place that it mistook librdkafka may begin the topic again.
 * What was not is never passed over. */
static int read_on(struct kafka_consumer *consumer, int next, int until, int most_ms,
                   bool *ret_trouble)
{
    int64_t end_ms = now_ms() + most_ms;

    while (next < until && now_ms() < end_ms) {
        bool trouble;
        int number = next_batch(consumer, 200, &trouble);

        assert_true(number <= next);
        next += number == next;
        *ret_trouble = *ret_trouble || trouble;
    }
    return next;
}

/* By itself librdkafka reports it and takes the next batch's place from somewhere in a payload. */
static void a_damaged_record_is_not_passed_over_and_is_read_once_it_is_whole(void **state)
{
    struct kafka_config config = test_kafka();
    CLEANUP(kafka_consumer_closep) struct kafka_consumer *consumer = NULL;
    char topic[TEST_NAME_SIZE];
    bool trouble = false;

    (void)state;
    test_kafka_topic("damaged", 1, topic);
    write_batches(topic);
    turn_a_bit(topic, DAMAGED);
    assert_int_equal(kafka_consumer_open(&config, NULL, false, &consumer, NULL), OUTCOME_OK);
    assert_int_equal(kafka_consumer_assign(consumer, topic, 0, RD_KAFKA_OFFSET_BEGINNING, NULL),
                     OUTCOME_OK);
    assert_int_equal(read_on(consumer, 0, DAMAGED, 20000, &trouble), DAMAGED);
    assert_int_equal(read_on(consumer, DAMAGED, BATCHES, 3000, &trouble), DAMAGED);
    assert_true(trouble);
    turn_a_bit(topic, DAMAGED);
    assert_int_equal(read_on(consumer, DAMAGED, BATCHES, 20000, &trouble), BATCHES);
}

/* Reading one again begins all of a consumer's partitions again: they get ahead all the same. */
static void beside_a_damaged_record_the_other_partitions_are_read(void **state)
{
    struct kafka_config config = test_kafka();
    CLEANUP(kafka_consumer_closep) struct kafka_consumer *consumer = NULL;
    char damaged[TEST_NAME_SIZE];
    char whole[TEST_NAME_SIZE];
    bool trouble = false;

    (void)state;
    test_kafka_topic("damaged-first", 1, damaged);
    test_kafka_topic("whole", 1, whole);
    write_batches(damaged);
    turn_a_bit(damaged, 0);
    assert_int_equal(kafka_consumer_open(&config, NULL, false, &consumer, NULL), OUTCOME_OK);
    assert_int_equal(kafka_consumer_assign(consumer, damaged, 0, RD_KAFKA_OFFSET_BEGINNING, NULL),
                     OUTCOME_OK);
    assert_int_equal(kafka_consumer_assign(consumer, whole, 0, RD_KAFKA_OFFSET_BEGINNING, NULL),
                     OUTCOME_OK);
    for (int round = 0; round < 3; round++) {
        write_batches(whole);
        assert_int_equal(read_on(consumer, 0, BATCHES, 10000, &trouble), BATCHES);
        assert_int_equal(read_on(consumer, BATCHES, BATCHES + 1, 1000, &trouble), BATCHES);
    }
    assert_true(trouble);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_partition_does_not_disturb_the_first),
        cmocka_unit_test(a_second_assignment_of_a_partition_reads_again),
        cmocka_unit_test(a_committed_offset_is_where_the_next_one_starts),
        cmocka_unit_test(offsets_of_many_are_told_in_one_answer_or_one_of_them_is_named),
        cmocka_unit_test(partitions_are_counted_and_a_missing_topic_is_rejected),
        cmocka_unit_test(an_interrupt_wakes_a_poll),
        cmocka_unit_test(without_kafka_polls_say_retry_and_questions_end),
        cmocka_unit_test(many_assignments_in_a_row_survive_an_early_close),
        cmocka_unit_test(a_damaged_record_is_not_passed_over_and_is_read_once_it_is_whole),
        cmocka_unit_test(beside_a_damaged_record_the_other_partitions_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
