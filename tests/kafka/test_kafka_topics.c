/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <stdio.h>

#include "base/clock.h"
#include "schemas/topics.h"
#include "tests/support/kafka.h"

static void apply_makes_what_check_then_finds_right(void **state)
{
    struct kafka_config config = test_kafka();
    CLEANUP(kafka_admin_closep) struct kafka_admin *admin = NULL;
    char code[TEST_NAME_SIZE];
    const char *operators[] = {test_kafka_name("o10", code)};
    const struct topics_settings settings = {.partitions = 3, .replication = 1, .min_insync = 1};
    struct topic_difference *differences = NULL;
    struct arena arena = {0};
    struct error err = {0};
    const char **names = NULL;
    char prefix[TEST_NAME_SIZE + 16];
    size_t planned = 0;
    size_t count = 0;
    const struct topic_spec *plan = topics_plan(&settings, operators, 1, &arena, &planned);

    (void)state;
    assert_int_equal(kafka_admin_open(&config, &admin, &err), OUTCOME_OK);
    assert_int_equal(kafka_topics_check(admin, plan, planned, &arena, &differences, &count, &err),
                     OUTCOME_OK);
    assert_true(count >= 5);
    if (kafka_topics_apply(admin, plan, planned, &err))
        fail_msg("%s", err.text);
    assert_int_equal(kafka_topics_check(admin, plan, planned, &arena, &differences, &count, &err),
                     OUTCOME_OK);
    if (count)
        fail_msg("%s: %s is %s, not %s", differences[0].topic, differences[0].name,
                 differences[0].found, differences[0].wanted);
    /* Again: nothing to do, nothing to complain about. */
    assert_int_equal(kafka_topics_apply(admin, plan, planned, &err), OUTCOME_OK);
    (void)snprintf(prefix, sizeof(prefix), "relais.%s.", code);
    assert_int_equal(kafka_topics_list(admin, prefix, &arena, &names, &count, &err), OUTCOME_OK);
    assert_int_equal(count, 5);
    assert_true(strcmp(names[0], names[1]) < 0);
    arena_deinit(&arena);
}

/* Kafka says that it took a setting before it shows it: a moment of patience. */
static size_t count_at_last(struct kafka_admin *admin, const struct topic_spec *spec,
                            struct arena *arena)
{
    CLEANUP(waiter_freep) struct waiter *pause = waiter_new();
    struct topic_difference *differences = NULL;
    struct error err = {0};
    size_t count = 1;

    for (int tries = 0; tries < 100 && count > 0; tries++) {
        (void)waiter_wait_ms(pause, tries > 0 ? 50 : 0);
        assert_int_equal(kafka_topics_check(admin, spec, 1, arena, &differences, &count, &err),
                         OUTCOME_OK);
    }
    return count;
}

static void a_setting_that_differs_is_set_and_others_stay(void **state)
{
    struct kafka_config config = test_kafka();
    CLEANUP(kafka_admin_closep) struct kafka_admin *admin = NULL;
    char name[TEST_NAME_SIZE];
    const struct topic_setting before[] = {{"retention.ms", "1000000"}, {"segment.ms", "2000000"}};
    const struct topic_setting after[] = {{"retention.ms", "3000000"}};
    const struct topic_setting both[] = {{"retention.ms", "3000000"}, {"segment.ms", "2000000"}};
    struct topic_spec spec = {.name = test_kafka_name("settings", name),
                              .partitions = 1,
                              .replication = 1,
                              .settings = before,
                              .setting_count = 2};
    struct topic_difference *differences = NULL;
    struct arena arena = {0};
    struct error err = {0};
    size_t count = 0;

    (void)state;
    assert_int_equal(kafka_admin_open(&config, &admin, &err), OUTCOME_OK);
    assert_int_equal(kafka_topics_apply(admin, &spec, 1, &err), OUTCOME_OK);
    spec.settings = after;
    spec.setting_count = 1;
    assert_int_equal(kafka_topics_check(admin, &spec, 1, &arena, &differences, &count, &err),
                     OUTCOME_OK);
    assert_int_equal(count, 1);
    assert_int_equal(differences[0].kind, TOPIC_SETTING);
    assert_string_equal(differences[0].found, "1000000");
    if (kafka_topics_apply(admin, &spec, 1, &err))
        fail_msg("%s", err.text);
    spec.settings = both;
    spec.setting_count = 2;
    assert_int_equal(count_at_last(admin, &spec, &arena), 0);
    arena_deinit(&arena);
}

static void other_partitions_are_said_and_never_changed(void **state)
{
    struct kafka_config config = test_kafka();
    CLEANUP(kafka_admin_closep) struct kafka_admin *admin = NULL;
    char name[TEST_NAME_SIZE];
    struct topic_spec spec = {
        .name = test_kafka_topic("partitions", 2, name), .partitions = 4, .replication = 1};
    struct topic_difference *differences = NULL;
    struct arena arena = {0};
    struct error err = {0};
    size_t count = 0;

    (void)state;
    assert_int_equal(kafka_admin_open(&config, &admin, &err), OUTCOME_OK);
    assert_int_equal(kafka_topics_apply(admin, &spec, 1, &err), OUTCOME_REJECT);
    assert_int_equal(kafka_topics_check(admin, &spec, 1, &arena, &differences, &count, &err),
                     OUTCOME_OK);
    assert_int_equal(count, 1);
    assert_int_equal(differences[0].kind, TOPIC_PARTITIONS);
    assert_string_equal(differences[0].found, "2");
    assert_string_equal(differences[0].wanted, "4");
    arena_deinit(&arena);
}

/* Kafka takes no more than 10,000 topics, partitions and settings in one request: hundreds of
 * operators have more. */
static void more_topics_than_one_request_takes_are_created(void **state)
{
    enum { TOPICS = 450 };
    static const struct topic_setting settings[] = {{"cleanup.policy", "delete"},
                                                    {"compression.type", "producer"},
                                                    {"delete.retention.ms", "86400000"},
                                                    {"file.delete.delay.ms", "60000"},
                                                    {"flush.messages", "100000"},
                                                    {"flush.ms", "100000"},
                                                    {"index.interval.bytes", "4096"},
                                                    {"max.compaction.lag.ms", "86400000"},
                                                    {"max.message.bytes", "1048588"},
                                                    {"message.timestamp.type", "LogAppendTime"},
                                                    {"min.cleanable.dirty.ratio", "0.5"},
                                                    {"min.compaction.lag.ms", "0"},
                                                    {"min.insync.replicas", "1"},
                                                    {"preallocate", "false"},
                                                    {"retention.bytes", "-1"},
                                                    {"retention.ms", "86400000"},
                                                    {"segment.bytes", "1048576"},
                                                    {"segment.index.bytes", "65536"},
                                                    {"segment.jitter.ms", "0"},
                                                    {"segment.ms", "86400000"},
                                                    {"unclean.leader.election.enable", "false"}};
    static char names[TOPICS][TEST_NAME_SIZE + 16];
    static struct topic_spec specs[TOPICS];
    struct kafka_config config = test_kafka();
    CLEANUP(kafka_admin_closep) struct kafka_admin *admin = NULL;
    char prefix[TEST_NAME_SIZE];
    const char **found = NULL;
    struct arena arena = {0};
    struct error err = {0};
    size_t count = 0;

    (void)state;
    (void)test_kafka_name("many", prefix);
    for (int i = 0; i < TOPICS; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "%s.%d", prefix, i);
        specs[i] =
            (struct topic_spec){names[i], 1, 1, settings, sizeof(settings) / sizeof(settings[0])};
    }
    assert_int_equal(kafka_admin_open(&config, &admin, &err), OUTCOME_OK);
    if (kafka_topics_apply(admin, specs, TOPICS, &err))
        fail_msg("%s", err.text);
    assert_int_equal(kafka_topics_list(admin, prefix, &arena, &found, &count, &err), OUTCOME_OK);
    assert_int_equal(count, TOPICS);
    arena_deinit(&arena);
}

static void a_setting_that_kafka_refuses_is_fatal(void **state)
{
    struct kafka_config config = test_kafka();
    CLEANUP(kafka_admin_closep) struct kafka_admin *admin = NULL;
    char name[TEST_NAME_SIZE];
    const struct topic_setting bad[] = {{"cleanup.policy", "perhaps"}};
    const struct topic_spec spec = {.name = test_kafka_name("bad", name),
                                    .partitions = 1,
                                    .replication = 1,
                                    .settings = bad,
                                    .setting_count = 1};
    struct error err = {0};

    (void)state;
    assert_int_equal(kafka_admin_open(&config, &admin, &err), OUTCOME_OK);
    assert_int_equal(kafka_topics_apply(admin, &spec, 1, &err), OUTCOME_FATAL);
    assert_non_null(strstr(err.text, name));
}

static void without_kafka_it_is_retry(void **state)
{
    const struct kafka_config config = {.brokers = "127.0.0.1:9"};
    CLEANUP(kafka_admin_closep) struct kafka_admin *admin = NULL;
    struct arena arena = {0};
    const char **names = NULL;
    struct error err = {0};
    size_t count = 0;

    (void)state;
    assert_int_equal(kafka_admin_open(&config, &admin, &err), OUTCOME_OK);
    assert_int_equal(kafka_topics_list(admin, "relais.", &arena, &names, &count, &err),
                     OUTCOME_RETRY);
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(apply_makes_what_check_then_finds_right),
        cmocka_unit_test(a_setting_that_differs_is_set_and_others_stay),
        cmocka_unit_test(other_partitions_are_said_and_never_changed),
        cmocka_unit_test(more_topics_than_one_request_takes_are_created),
        cmocka_unit_test(a_setting_that_kafka_refuses_is_fatal),
        cmocka_unit_test(without_kafka_it_is_retry),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
