/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/explain_choices.h"

#include "connectors/mapping/runner.h"
#include "tests/support/mapping_case.h"
#include "tests/support/test.h"

/* Of a rule that reads these paths into its contact. */
static void assert_told(const char *phone, const char *email, const char *json,
                        const char *expected)
{
    CLEANUP(buffer_deinit) struct buffer yaml = {0};
    CLEANUP(buffer_deinit) struct buffer out = {0};
    struct mapping_case c;
    yyjson_val *record = NULL;

    buffer_append_text(&yaml,
                       "unknown_fields: count\nrecords:\n  - emit: referral\n    entity: $.id\n"
                       "    handoff: own\n    version: $.at | datetime\n"
                       "    fields: { status: ISSUED, to_operator: o22 }\n");
    buffer_printf(&yaml, "    contact:\n      phone: %s\n      email: %s\n", phone, email);
    mapping_case_init(&c, buffer_text(&yaml));
    if (!c.mapping)
        fail_msg("%s", mapping_case_mistakes(&c));
    assert_int_equal(runner_parse(bytes_of_text(json), &c.arena, &record, NULL), OUTCOME_OK);
    explain_choices(c.mapping, record, &out);
    assert_string_equal(buffer_text(&out), expected);
    mapping_case_deinit(&c);
}

#define LIST "{\"moyens\": [{\"type\": \"TEL\"}, {\"type\": \"MEL\"}, {\"type\": \"FAX\"}]}"

static void elements_that_no_choice_takes_are_counted(void **state)
{
    (void)state;
    assert_told(
        "'$.moyens[type=TEL].v'", "'$.moyens[type=MEL].v'", LIST,
        "  $.moyens : 1 de ses 3 éléments n'est lu par aucun choix ; [*] les lirait tous\n");
    assert_told("'$.moyens[0].v'", "$.mel", LIST,
                "  $.moyens : 2 de ses 3 éléments ne sont lus par aucun choix ; [*] les lirait "
                "tous\n");
}

static void a_list_whose_elements_are_all_read_is_not_told(void **state)
{
    (void)state;
    assert_told("'$.moyens[0].v'", "'$.moyens[*].v | join(\",\")'", LIST, "");
    assert_told("'$.moyens[0].v'", "'$.moyens[1].v'", "{\"moyens\": [{}, {}]}", "");
    assert_told("'$.moyens[0].v'", "'$.moyens[1].v'", "{\"moyens\": []}", "");
    assert_told("'$.moyens[0].v'", "$.mel", "{\"moyens\": {\"no\": \"list\"}}", "");
    assert_told("'$.moyens[0].v'", "$.mel", "{}", "");
}

static void each_list_is_told_of_once(void **state)
{
    (void)state;
    assert_told("'$.a.b[0].v'", "'$.c[0].v'", "{\"a\": {\"b\": [{}, {}]}, \"c\": [{}, {}, {}]}",
                "  $.c : 2 de ses 3 éléments ne sont lus par aucun choix ; [*] les lirait tous\n"
                "  $.a.b : 1 de ses 2 éléments n'est lu par aucun choix ; [*] les lirait tous\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_that_no_choice_takes_are_counted),
        cmocka_unit_test(a_list_whose_elements_are_all_read_is_not_told),
        cmocka_unit_test(each_list_is_told_of_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
