/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/explain_unknown.h"

#include "connectors/mapping/runner.h"
#include "tests/support/mapping_case.h"
#include "tests/support/test.h"

#define RULE                                                                                       \
    "records:\n"                                                                                   \
    "  - emit: referral\n"                                                                         \
    "    entity: $.id\n"                                                                           \
    "    handoff: own\n"                                                                           \
    "    version: $.at | datetime\n"                                                               \
    "    fields: { status: ISSUED, to_operator: o22 }\n"                                           \
    "    drop: [$.noise, '$.people[*].age']\n"

static void assert_lists(const char *json, size_t count, const char *expected)
{
    CLEANUP(buffer_deinit) struct buffer out = {0};
    struct mapping_case c;
    yyjson_val *record = NULL;

    mapping_case_init(&c, RULE);
    if (!c.mapping)
        fail_msg("%s", mapping_case_mistakes(&c));
    assert_int_equal(runner_parse(bytes_of_text(json), &c.arena, &record, NULL), OUTCOME_OK);
    buffer_append_text(&out, "before\n");
    assert_int_equal(explain_unknown_list(c.mapping, record, &out), count);
    assert_string_equal(buffer_text(&out) + strlen("before\n"), expected);
    mapping_case_deinit(&c);
}

static void each_path_that_nobody_names_is_listed_once(void **state)
{
    (void)state;
    assert_lists("{\"id\": 1, \"at\": \"2026-03-02\", \"noise\": {\"deep\": 1}}", 0, "");
    assert_lists("{\"id\": 1, \"new\": 1, \"a b\": {\"c\": 1}}", 2,
                 "    champ inconnu            $.new\n"
                 "    champ inconnu            $['a b']\n");
    assert_lists("{\"people\": [{\"age\": 1, \"name\": \"x\"}, {\"name\": \"y\"}]}", 1,
                 "    champ inconnu            $.people[*].name\n");
}

static void the_sentence_says_whether_the_events_leave(void **state)
{
    static const struct {
        const char *yaml;
        size_t count;
        const char *begins;
    } cases[] = {
        {RULE, 1, "  rejeté : rien de cet enregistrement ne part, 1 champ inconnu ;"},
        {RULE, 2, "  rejeté : rien de cet enregistrement ne part, 2 champs inconnus ;"},
        {"unknown_fields: count\n" RULE, 1, "  1 champ inconnu, compté ;"},
        {"unknown_fields: count\n" RULE, 3, "  3 champs inconnus, comptés ;"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CLEANUP(buffer_deinit) struct buffer out = {0};
        struct mapping_case c;

        mapping_case_init(&c, cases[i].yaml);
        assert_non_null(c.mapping);
        explain_unknown_head(c.mapping, cases[i].count, &out);
        if (strncmp(buffer_text(&out), cases[i].begins, strlen(cases[i].begins)) != 0)
            fail_msg("%s", buffer_text(&out));
        mapping_case_deinit(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_path_that_nobody_names_is_listed_once),
        cmocka_unit_test(the_sentence_says_whether_the_events_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
