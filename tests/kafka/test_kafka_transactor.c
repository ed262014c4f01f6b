/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/kafka_ask.h"
#include "base/kafka_transactor.h"
#include "tests/support/kafka.h"

#define INIT_MS 20000

static int64_t now_ms(void)
{
    return clock_mono_ms(clock_system());
}

static struct kafka_transactor *transactor_ready(const char *id)
{
    struct kafka_config config = test_kafka();
    struct kafka_transactor *transactor = kafka_transactor_new(&config, id);
    struct error err = {0};

    if (kafka_transactor_init(transactor, INIT_MS, &err))
        fail_msg("%s", err.text);
    return transactor;
}

static void begin_with(struct kafka_transactor *transactor, const char *topic, int count)
{
    const struct kafka_record record = {
        .topic = topic, .partition = 0, .value = BYTES_LITERAL("v")};
    struct error err = {0};

    if (kafka_transactor_begin(transactor, &err))
        fail_msg("%s", err.text);
    for (int i = 0; i < count; i++)
        assert_int_equal(kafka_transactor_produce(transactor, &record, &err), OUTCOME_OK);
}

static void what_is_committed_is_seen_and_what_is_aborted_is_not(void **state)
{
    char topic[TEST_NAME_SIZE];
    char id[TEST_NAME_SIZE];
    CLEANUP(kafka_transactor_freep)
    struct kafka_transactor *transactor = transactor_ready(test_kafka_name("tx", id));
    struct error err = {0};

    (void)state;
    test_kafka_topic("visible", 1, topic);
    begin_with(transactor, topic, 10);
    assert_int_equal(kafka_transactor_commit(transactor, &err), OUTCOME_OK);
    begin_with(transactor, topic, 5);
    /* On their way still, they would be purged and nothing aborted; and librdkafka 2.0.2 may end a
     * transaction then that Kafka does not know to have begun. */
    for (int i = 0; i < 50 && test_kafka_count(topic, 0, true) < 15; i++)
        continue;
    assert_int_equal(kafka_transactor_abort(transactor, &err), OUTCOME_OK);
    begin_with(transactor, topic, 2);
    assert_int_equal(kafka_transactor_commit(transactor, &err), OUTCOME_OK);
    assert_int_equal(test_kafka_count(topic, 0, false), 12);
    assert_false(kafka_transactor_was_fenced(transactor));
}

static void an_older_one_of_the_same_id_is_fenced(void **state)
{
    char topic[TEST_NAME_SIZE];
    char id[TEST_NAME_SIZE];
    CLEANUP(kafka_transactor_freep)
    struct kafka_transactor *old = transactor_ready(test_kafka_name("tx", id));
    CLEANUP(kafka_transactor_freep) struct kafka_transactor *young = NULL;
    struct error err = {0};

    (void)state;
    test_kafka_topic("fenced", 1, topic);
    begin_with(old, topic, 3);
    young = transactor_ready(id);
    assert_int_equal(kafka_transactor_commit(old, &err), OUTCOME_RETRY);
    assert_true(kafka_transactor_was_fenced(old));
    assert_false(kafka_transactor_was_fenced(old));
    begin_with(young, topic, 1);
    assert_int_equal(kafka_transactor_commit(young, &err), OUTCOME_OK);
    assert_int_equal(test_kafka_count(topic, 0, false), 1);
    /* Thrown away: nothing goes on before the next initialisation, which fences in turn. */
    assert_int_equal(kafka_transactor_begin(old, &err), OUTCOME_RETRY);
    assert_int_equal(kafka_transactor_init(old, INIT_MS, &err), OUTCOME_OK);
    begin_with(old, topic, 1);
    assert_int_equal(kafka_transactor_commit(old, &err), OUTCOME_OK);
    assert_int_equal(test_kafka_count(topic, 0, false), 2);
}

static rd_kafka_topic_partition_list_t *offset_of(const char *topic, int64_t next)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);

    rd_kafka_topic_partition_list_add(list, topic, 0)->offset = next;
    return list;
}

static int64_t committed(const char *group, const char *topic)
{
    struct kafka_config config = test_kafka();
    CLEANUP(kafka_consumer_closep) struct kafka_consumer *consumer = NULL;
    struct error err = {0};
    int64_t next = 0;

    assert_int_equal(kafka_consumer_open(&config, group, false, &consumer, &err), OUTCOME_OK);
    if (kafka_ask_committed(consumer, topic, 0, 10000, &next, &err))
        fail_msg("%s", err.text);
    return next;
}

static void offsets_are_committed_with_the_records_or_not_at_all(void **state)
{
    char topic[TEST_NAME_SIZE];
    char group[TEST_NAME_SIZE];
    char id[TEST_NAME_SIZE];
    CLEANUP(kafka_transactor_freep)
    struct kafka_transactor *transactor = transactor_ready(test_kafka_name("tx", id));
    rd_kafka_consumer_group_metadata_t *metadata =
        rd_kafka_consumer_group_metadata_new(test_kafka_name("group", group));
    rd_kafka_topic_partition_list_t *seven = offset_of(test_kafka_topic("offsets", 1, topic), 7);
    rd_kafka_topic_partition_list_t *nine = offset_of(topic, 9);
    struct error err = {0};

    (void)state;
    begin_with(transactor, topic, 1);
    assert_int_equal(kafka_transactor_send_offsets(transactor, seven, metadata, &err), OUTCOME_OK);
    assert_int_equal(kafka_transactor_commit(transactor, &err), OUTCOME_OK);
    assert_true(committed(group, topic) == 7);
    begin_with(transactor, topic, 1);
    assert_int_equal(kafka_transactor_send_offsets(transactor, nine, metadata, &err), OUTCOME_OK);
    assert_int_equal(kafka_transactor_abort(transactor, &err), OUTCOME_OK);
    assert_true(committed(group, topic) == 7);
    rd_kafka_topic_partition_list_destroy(seven);
    rd_kafka_topic_partition_list_destroy(nine);
    rd_kafka_consumer_group_metadata_destroy(metadata);
}

static void a_list_without_an_offset_is_refused(void **state)
{
    char topic[TEST_NAME_SIZE];
    char id[TEST_NAME_SIZE];
    CLEANUP(kafka_transactor_freep)
    struct kafka_transactor *transactor = transactor_ready(test_kafka_name("tx", id));
    rd_kafka_consumer_group_metadata_t *metadata = rd_kafka_consumer_group_metadata_new("g");
    rd_kafka_topic_partition_list_t *none =
        offset_of(test_kafka_topic("none", 1, topic), RD_KAFKA_OFFSET_INVALID);
    struct error err = {0};

    (void)state;
    begin_with(transactor, topic, 1);
    assert_int_equal(kafka_transactor_send_offsets(transactor, none, metadata, &err),
                     OUTCOME_FATAL);
    rd_kafka_topic_partition_list_destroy(none);
    rd_kafka_consumer_group_metadata_destroy(metadata);
}

static void a_record_that_is_too_large_leaves_the_transaction_as_it_was(void **state)
{
    char topic[TEST_NAME_SIZE];
    char id[TEST_NAME_SIZE];
    CLEANUP(kafka_transactor_freep)
    struct kafka_transactor *transactor = transactor_ready(test_kafka_name("tx", id));
    uint8_t *large = xcalloc(1, 1100000);
    struct kafka_record record = {.value = bytes_of(large, 1100000)};
    struct error err = {0};

    (void)state;
    record.topic = test_kafka_topic("large", 1, topic);
    begin_with(transactor, topic, 1);
    assert_int_equal(kafka_transactor_produce(transactor, &record, &err), OUTCOME_REJECT);
    assert_int_equal(kafka_transactor_commit(transactor, &err), OUTCOME_OK);
    assert_int_equal(test_kafka_count(topic, 0, false), 1);
    free(large);
}

static void a_topic_that_is_not_there_is_doubt_and_is_named(void **state)
{
    struct kafka_config config = test_kafka();
    const char *const extra[] = {"topic.metadata.propagation.max.ms=300", NULL};
    char topic[TEST_NAME_SIZE];
    char id[TEST_NAME_SIZE];
    CLEANUP(kafka_transactor_freep) struct kafka_transactor *transactor = NULL;
    const struct kafka_record record = {.topic = test_kafka_name("absent", topic), .partition = -1};
    struct error err = {0};
    enum outcome outcome;

    (void)state;
    config.extra = extra;
    transactor = kafka_transactor_new(&config, test_kafka_name("tx", id));
    assert_int_equal(kafka_transactor_init(transactor, INIT_MS, &err), OUTCOME_OK);
    assert_int_equal(kafka_transactor_begin(transactor, &err), OUTCOME_OK);
    outcome = kafka_transactor_produce(transactor, &record, &err);
    if (!outcome)
        outcome = kafka_transactor_commit(transactor, &err);
    assert_int_equal(outcome, OUTCOME_RETRY);
    assert_non_null(strstr(err.text, topic));
    assert_string_equal(kafka_transactor_refused(transactor), topic);
    assert_int_equal(kafka_transactor_init(transactor, INIT_MS, &err), OUTCOME_OK);
    assert_null(kafka_transactor_refused(transactor));
}

/* librdkafka looks for topics that it does not know once a second. */
static void the_first_record_to_a_topic_does_not_wait_for_a_look_around(void **state)
{
    enum { TOPICS = 8 };
    char topics[TOPICS][TEST_NAME_SIZE];
    char id[TEST_NAME_SIZE];
    CLEANUP(kafka_transactor_freep)
    struct kafka_transactor *transactor = transactor_ready(test_kafka_name("tx", id));
    struct error err = {0};
    int64_t began;

    (void)state;
    for (int i = 0; i < TOPICS; i++)
        test_kafka_topic("first", 1, topics[i]);
    began = now_ms();
    for (int i = 0; i < TOPICS; i++) {
        begin_with(transactor, topics[i], 1);
        assert_int_equal(kafka_transactor_commit(transactor, &err), OUTCOME_OK);
    }
    assert_true(now_ms() - began < TOPICS * 500);
}

static void without_kafka_init_is_retry_in_time(void **state)
{
    const struct kafka_config config = {.brokers = "127.0.0.1:9"};
    struct kafka_transactor *transactor = kafka_transactor_new(&config, "tx");
    struct error err = {0};
    int64_t began = now_ms();

    (void)state;
    assert_int_equal(kafka_transactor_init(transactor, 600, &err), OUTCOME_RETRY);
    assert_in_range(now_ms() - began, 500, 3000);
    assert_int_equal(kafka_transactor_begin(transactor, &err), OUTCOME_RETRY);
    began = now_ms();
    kafka_transactor_free(transactor);
    assert_in_range(now_ms() - began, 0, 3000);
}

/* Polls until an end of partition comes; its offset, or -1. */
static int64_t next_end(struct kafka_consumer *consumer, int most_ms)
{
    int64_t deadline_ms = now_ms() + most_ms;

    while (now_ms() < deadline_ms) {
        enum kafka_event event = KAFKA_NOTHING;
        struct kafka_message message = {0};

        assert_int_equal(kafka_consumer_poll(consumer, 50, &event, &message, NULL), OUTCOME_OK);
        if (event == KAFKA_MESSAGE)
            kafka_message_free(&message);
        if (event == KAFKA_END)
            return message.offset;
    }
    return -1;
}

/* DESIGN.md "Caught up": the first end may be the last stable offset and proves nothing. */
static void caught_up_means_an_end_at_the_high_watermark(void **state)
{
    struct kafka_config config = test_kafka();
    char topic[TEST_NAME_SIZE];
    char id[TEST_NAME_SIZE];
    CLEANUP(kafka_transactor_freep)
    struct kafka_transactor *transactor = transactor_ready(test_kafka_name("tx", id));
    CLEANUP(kafka_consumer_closep) struct kafka_consumer *reader = NULL;
    CLEANUP(kafka_consumer_closep) struct kafka_consumer *measure = NULL;
    struct error err = {0};
    int64_t first = 0;
    int64_t high = 0;
    int64_t stable = 0;

    (void)state;
    test_kafka_topic("caughtup", 1, topic);
    begin_with(transactor, topic, 4);
    assert_int_equal(kafka_transactor_commit(transactor, &err), OUTCOME_OK);
    begin_with(transactor, topic, 3);
    assert_int_equal(kafka_consumer_open(&config, NULL, false, &reader, &err), OUTCOME_OK);
    assert_int_equal(kafka_consumer_open(&config, NULL, true, &measure, &err), OUTCOME_OK);
    for (int i = 0; i < 100 && high < 8; i++)
        assert_int_equal(kafka_ask_watermarks(measure, topic, 0, &first, &high, &err), OUTCOME_OK);
    assert_true(high == 8); /* 4 records, their marker, 3 records of the open transaction */
    assert_int_equal(kafka_ask_watermarks(reader, topic, 0, &first, &stable, &err), OUTCOME_OK);
    assert_true(stable == 5);
    assert_int_equal(kafka_consumer_assign(reader, topic, 0, RD_KAFKA_OFFSET_BEGINNING, &err),
                     OUTCOME_OK);
    assert_true(next_end(reader, 5000) < high);
    assert_int_equal(kafka_transactor_abort(transactor, &err), OUTCOME_OK);
    assert_true(next_end(reader, 5000) >= high);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_committed_is_seen_and_what_is_aborted_is_not),
        cmocka_unit_test(an_older_one_of_the_same_id_is_fenced),
        cmocka_unit_test(offsets_are_committed_with_the_records_or_not_at_all),
        cmocka_unit_test(a_list_without_an_offset_is_refused),
        cmocka_unit_test(a_record_that_is_too_large_leaves_the_transaction_as_it_was),
        cmocka_unit_test(a_topic_that_is_not_there_is_doubt_and_is_named),
        cmocka_unit_test(the_first_record_to_a_topic_does_not_wait_for_a_look_around),
        cmocka_unit_test(without_kafka_init_is_retry_in_time),
        cmocka_unit_test(caught_up_means_an_end_at_the_high_watermark),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
