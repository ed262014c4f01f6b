/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "schemas/topics.h"

static const char *setting(const struct topic_spec *spec, const char *name)
{
    for (size_t i = 0; i < spec->setting_count; i++)
        if (strcmp(spec->settings[i].name, name) == 0)
            return spec->settings[i].value;
    return NULL;
}

static const struct topic_spec *named(const struct topic_spec *plan, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(plan[i].name, name) == 0)
            return &plan[i];
    fail_msg("%s is not planned", name);
    return NULL;
}

static void the_plan_holds_two_topics_of_all_and_five_an_operator(void **state)
{
    static const char *const operators[] = {"o10", "o21"};
    const struct topics_settings settings = {.partitions = 8, .replication = 3, .min_insync = 2};
    struct arena arena = {0};
    size_t count = 0;
    const struct topic_spec *plan = topics_plan(&settings, operators, 2, &arena, &count);

    (void)state;
    assert_int_equal(count, 12);
    assert_int_equal(named(plan, count, "relais.o21.outbox.v1")->partitions, 8);
    assert_int_equal(named(plan, count, "relais.handoff.v1")->partitions, 8);
    assert_int_equal(named(plan, count, "relais.o10.inbox.v1")->partitions, 1);
    assert_int_equal(named(plan, count, "relais.directory.v1")->replication, 3);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(setting(&plan[i], "message.timestamp.type"), "LogAppendTime");
        assert_string_equal(setting(&plan[i], "min.insync.replicas"), "2");
    }
    arena_deinit(&arena);
}

static void a_code_that_is_none_cuts_off_nothing_but_itself(void **state)
{
    char code[200];
    char name[TOPIC_NAME_SIZE];
    size_t len;

    (void)state;
    memset(code, 'o', sizeof(code) - 1);
    code[sizeof(code) - 1] = '\0';
    len = strlen(topics_name(TOPIC_QUARANTINE, code, name));
    assert_true(len < sizeof(name));
    assert_string_equal(name + len - strlen(".quarantine.v1"), ".quarantine.v1");
}

static void retention_is_a_day_less_than_the_promise(void **state)
{
    static const char *const operators[] = {"o10"};
    const struct topics_settings settings = {.partitions = 1, .replication = 1, .min_insync = 1};
    struct arena arena = {0};
    size_t count = 0;
    const struct topic_spec *plan = topics_plan(&settings, operators, 1, &arena, &count);
    int64_t day = INT64_C(86400000);
    int64_t value;

    (void)state;
    assert_true(bytes_to_int64(
        bytes_of_text(setting(named(plan, count, "relais.o10.outbox.v1"), "retention.ms")),
        &value));
    assert_true(value == 29 * day);
    assert_true(bytes_to_int64(
        bytes_of_text(setting(named(plan, count, "relais.o10.rejected.v1"), "retention.ms")),
        &value));
    assert_true(value == 89 * day);
    assert_string_equal(setting(named(plan, count, "relais.o10.state.v1"), "cleanup.policy"),
                        "compact");
    assert_null(setting(named(plan, count, "relais.o10.state.v1"), "retention.ms"));
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_plan_holds_two_topics_of_all_and_five_an_operator),
        cmocka_unit_test(a_code_that_is_none_cuts_off_nothing_but_itself),
        cmocka_unit_test(retention_is_a_day_less_than_the_promise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
