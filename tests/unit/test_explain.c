/* SPDX-License-Identifier: Apache-2.0
 *
 * What `relais map` shows of an event; whole records stand in tests/unit/mapping_cases.
 */
#include "connectors/mapping/coverage.h"
#include "tests/support/mapping_case.h"
#include "tests/support/test.h"

#define HEAD                                                                                       \
    "times: { zone: Europe/Paris }\n"                                                              \
    "unknown_fields: count\n"                                                                      \
    "records:\n"                                                                                   \
    "  - emit: referral\n"                                                                         \
    "    entity: $.id\n"                                                                           \
    "    handoff: own\n"

/* The text for a record; `sources` as --explain. In the case's arena. */
static const char *shown(struct mapping_case *c, const char *json, bool sources)
{
    CLEANUP(buffer_deinit) struct buffer out = {0};
    const struct mapping_input input = {.body = bytes_of_text(json)};

    if (!c->mapping)
        fail_msg("%s", mapping_case_mistakes(c));
    assert_int_equal(mapping_explain(c->mapping, &input, sources, NULL, &out, NULL), OUTCOME_OK);
    return arena_text(&c->arena, buffer_view(&out));
}

static void assert_shows(const char *yaml, const char *json, const char *expected)
{
    struct mapping_case c;

    mapping_case_init(&c, yaml);
    if (!strstr(shown(&c, json, true), expected))
        fail_msg("not shown: %s\n%s", expected, shown(&c, json, true));
    mapping_case_deinit(&c);
}

static void when_it_occurred_is_shown_with_the_offset_of_the_source(void **state)
{
    (void)state;
    assert_shows(HEAD
                 "    version: $.at | datetime\n    fields: { status: ISSUED, to_operator: o22 }\n",
                 "{\"id\":1,\"at\":\"2026-03-02 09:13:01 -0430\"}",
                 "    occurred_at              2026-03-02T09:13:01-04:30, précision SECOND  <-  "
                 "$.at = \"2026-03-02 09:13:01 -0430\"  datetime\n");
}

static void a_day_is_shown_as_no_more_exact_than_it_is(void **state)
{
    (void)state;
    assert_shows(HEAD
                 "    version: $.at | datetime\n    fields: { status: ISSUED, to_operator: o22 }\n",
                 "{\"id\":1,\"at\":\"2026-07-02\"}",
                 "    occurred_at              2026-07-02T00:00:00+02:00, précision DAY  <-");
}

static void a_field_of_that_name_is_shown_once_and_says_where_it_comes_from(void **state)
{
    struct mapping_case c;
    const char *text;
    const char *found;

    (void)state;
    mapping_case_init(
        &c,
        HEAD "    version: $.n\n"
             "    fields: { status: ISSUED, to_operator: o22, occurred_at: $.at | datetime }\n");
    text = shown(&c, "{\"id\":1,\"n\":7,\"at\":\"2026-03-02 09:13\"}", true);
    found = strstr(text, "    occurred_at              2026-03-02T09:13:00+01:00, précision "
                         "MINUTE  <-  $.at = ");
    assert_non_null(found);
    assert_null(strstr(found + 5, "occurred_at"));
    mapping_case_deinit(&c);
}

static void a_moment_that_cannot_be_read_is_shown_with_why(void **state)
{
    (void)state;
    assert_shows(HEAD
                 "    fields: { status: ISSUED, to_operator: o22, occurred_at: $.at | datetime }\n",
                 "{\"id\":1,\"at\":\"hier\"}", "    occurred_at              ");
}

#define CHOICE                                                                                     \
    HEAD "    version: $.at | datetime\n"                                                          \
         "    fields:\n      status: ISSUED\n      to_operator: o22\n      motive_source_code: "

static void the_alternative_that_counts_is_marked(void **state)
{
    (void)state;
    assert_shows(CHOICE "first_of($.a, $.b | upper, $.c)\n",
                 "{\"id\":1,\"at\":\"2026-03-02T09:00Z\",\"a\":\" \",\"b\":\"x\",\"c\":\"y\"}",
                 "X  <-  $.a = \" \"  $.b = \"x\" (retenu)  $.c = \"y\"  first_of\n");
}

static void a_constant_that_counts_is_shown_and_marked(void **state)
{
    (void)state;
    assert_shows(CHOICE "first_of($.a, AUTRE)\n", "{\"id\":1,\"at\":\"2026-03-02T09:00Z\"}",
                 "AUTRE  <-  $.a = (absent)  AUTRE (retenu)  first_of\n");
}

static void a_default_is_marked_only_when_it_was_needed(void **state)
{
    (void)state;
    assert_shows(CHOICE "$.a | default(AUTRE)\n", "{\"id\":1,\"at\":\"2026-03-02T09:00Z\"}",
                 "AUTRE  <-  $.a = (absent)  AUTRE (retenu)  default\n");
    assert_shows(CHOICE "$.a | default(AUTRE)\n",
                 "{\"id\":1,\"at\":\"2026-03-02T09:00Z\",\"a\":\"x\"}",
                 "x  <-  $.a = \"x\"  default\n");
}

static void no_alternative_is_marked_when_none_is_there(void **state)
{
    (void)state;
    assert_shows(CHOICE "first_of($.a, $.b)\n", "{\"id\":1,\"at\":\"2026-03-02T09:00Z\"}",
                 "<-  $.a = (absent)  $.b = (absent)  first_of\n");
}

/* A table's `else` is counted and covered once, however often its value is looked at. */
static void a_second_look_at_an_alternative_is_noted_nowhere(void **state)
{
    struct mapping_case c;
    struct coverage *coverage;
    const struct mapping_input input = {
        .body = BYTES_LITERAL("{\"id\":1,\"at\":\"2026-03-02T09:00Z\",\"a\":\"z\",\"b\":\"y\"}")};
    CLEANUP(buffer_deinit) struct buffer out = {0};
    CLEANUP(buffer_deinit) struct buffer report = {0};

    (void)state;
    /* `if` looks at one of its two: the other table stays unexercised. */
    mapping_case_init(&c, CHOICE "if($.b == x, first_of($.a | code(u), $.b), $.b)\n"
                                 "codes: { u: { z: X } }\n");
    assert_non_null(c.mapping);
    coverage = coverage_new(c.mapping);
    assert_int_equal(mapping_explain(c.mapping, &input, true, coverage, &out, NULL), OUTCOME_OK);
    coverage_write(coverage, &report);
    assert_non_null(strstr(buffer_text(&report), "codes u : z"));
    coverage_free(coverage);
    mapping_case_deinit(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(when_it_occurred_is_shown_with_the_offset_of_the_source),
        cmocka_unit_test(a_day_is_shown_as_no_more_exact_than_it_is),
        cmocka_unit_test(a_field_of_that_name_is_shown_once_and_says_where_it_comes_from),
        cmocka_unit_test(a_moment_that_cannot_be_read_is_shown_with_why),
        cmocka_unit_test(the_alternative_that_counts_is_marked),
        cmocka_unit_test(a_constant_that_counts_is_shown_and_marked),
        cmocka_unit_test(a_default_is_marked_only_when_it_was_needed),
        cmocka_unit_test(no_alternative_is_marked_when_none_is_there),
        cmocka_unit_test(a_second_look_at_an_alternative_is_noted_nowhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
