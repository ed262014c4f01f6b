/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/advice.h"

#include "tests/support/mapping_case.h"
#include "tests/support/test.h"

/* Line 10 is `extra`, in the first rule's `fields`. */
#define RULES(extra)                                                                               \
    "unknown_fields: count\n"                                                                      \
    "records:\n"                                                                                   \
    "  - when: $.type == a\n"                                                                      \
    "    emit: closure\n"                                                                          \
    "    entity: $.id\n"                                                                           \
    "    handoff: given($.ref)\n"                                                                  \
    "    version: $.at | datetime\n"                                                               \
    "    fields:\n"                                                                                \
    "      outcome: OTHER\n"                                                                       \
    "      " extra "\n"                                                                            \
    "  - when: $.type == b\n"                                                                      \
    "    emit: closure\n"                                                                          \
    "    entity: $.id\n"                                                                           \
    "    handoff: given($.ref)\n"                                                                  \
    "    version: $.at | datetime\n"                                                               \
    "    fields: { outcome: OTHER, outcome_source_code: $.d.motive, site_code: $.site }\n"

#define RECORD(rest)                                                                               \
    "{\"type\": \"a\", \"id\": 1, \"ref\": \"8c5b4a0e-1111-8222-8333-444455556666\", "             \
    "\"at\": \"2026-03-02T09:00:00Z\"" rest "}"

#define DELIVER(remember)                                                                          \
    "deliver:\n"                                                                                   \
    "  - on: referral.ISSUED\n"                                                                    \
    "    calls:\n"                                                                                 \
    "      - name: creer\n"                                                                        \
    "        request: PUT /d\n"                                                                    \
    "        remember:\n          person: " remember "\n"                                          \
    "  - { on: [referral, appointment, closure, refused, notice], skip: no place for it }\n"
#define ANSWERED(status, body)                                                                     \
    "{\"deliver\": {\"record\": \"Referral\", \"status\": \"ISSUED\"}, \"answers\": {\"creer\": "  \
    "{\"status\": " status ", \"body\": " body "}}}"

/* What is said of all samples (NULL at the end) together; "": nothing. Only advices are. */
static void assert_said(const char *yaml, const char *const *samples, const char *expected)
{
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    CLEANUP(coverage_freep) struct coverage *coverage = NULL;
    CLEANUP(buffer_deinit) struct buffer said = {0};
    struct mapping_case c;

    mapping_case_init(&c, yaml);
    if (!c.mapping)
        fail_msg("%s", mapping_case_mistakes(&c));
    coverage = coverage_new(c.mapping);
    for (; *samples; samples++) {
        CLEANUP(buffer_deinit) struct buffer out = {0};
        const struct mapping_input input = {.body = bytes_of_text(*samples)};

        assert_int_equal(mapping_explain(c.mapping, &input, false, coverage, &out, NULL),
                         OUTCOME_OK);
    }
    advice_give(coverage, diagnostics);
    assert_int_equal(diagnostics_count(diagnostics), 0);
    diagnostics_write(diagnostics, &said);
    assert_string_equal(buffer_text(&said), expected);
    coverage_free(coverage);
    coverage = NULL;
    mapping_case_deinit(&c);
}

static void assert_said_of(const char *yaml, const char *sample, const char *expected)
{
    const char *const samples[] = {sample, NULL};

    assert_said(yaml, samples, expected);
}

static void a_path_that_finds_nothing_while_its_like_has_a_value_is_told(void **state)
{
    (void)state;
    assert_said_of(RULES("outcome_source_code: $.motive"), RECORD(", \"x:motive\": \"secret\""),
                   "connector.yaml:10:28: avis : rien à $.motive dans aucun échantillon ; il y a "
                   "$.x:motive\nattendu : $.x:motive\n");
    assert_said_of(RULES("outcome_source_code: $.motive"), RECORD(", \"d\": {\"motive\": \"x\"}"),
                   "connector.yaml:10:28: avis : rien à $.motive dans aucun échantillon ; il y a "
                   "$.d.motive\nattendu : $.d.motive\n");
    assert_said_of(RULES("outcome_source_code: $.sites"), RECORD(", \"sitse\": \"x\""),
                   "connector.yaml:10:28: avis : rien à $.sites dans aucun échantillon ; il y a "
                   "$.sitse\nattendu : $.sitse\n");
}

static void a_path_that_is_only_not_there_is_not(void **state)
{
    (void)state;
    assert_said_of(RULES("outcome_source_code: $.motive"), RECORD(", \"autre\": \"x\""), "");
    assert_said_of(RULES("outcome_source_code: $.motive"), RECORD(""), "");
}

static void one_sample_that_has_it_is_enough(void **state)
{
    const char *const samples[] = {RECORD(", \"x:motive\": \"x\""), RECORD(", \"motive\": null"),
                                   NULL};

    (void)state;
    assert_said(RULES("outcome_source_code: $.motive"), samples, "");
}

/* Of the second rule, which took no record, nothing is known. */
static void a_rule_that_took_nothing_is_not_judged(void **state)
{
    (void)state;
    assert_said_of(RULES("outcome_source_code: $.code"),
                   RECORD(", \"code\": \"x\", \"x:site\": \"y\""), "");
}

static void who_names_both_means_both(void **state)
{
    (void)state;
    assert_said_of(RULES("outcome_source_code: first_of($.motive, $.x:motive)"),
                   RECORD(", \"x:motive\": \"x\""), "");
    assert_said_of(RULES("outcome_source_code: $.motive\n      site_code: $.d.motive"),
                   RECORD(", \"d\": {\"motive\": \"x\"}"), "");
    assert_said_of("drop: [$.d]\n" RULES("outcome_source_code: $.motive"),
                   RECORD(", \"d\": {\"motive\": \"x\"}"), "");
}

/* Of two expressions, also on one line, one may be wrong. */
static void a_prefix_that_the_next_field_has_may_be_forgotten(void **state)
{
    (void)state;
    assert_said_of(
        "unknown_fields: count\n"
        "records:\n"
        "  - { emit: closure, entity: $.id, handoff: given($.ref), version: $.at | datetime,\n"
        "      fields: { outcome: OTHER, outcome_source_code: $.m, site_code: $.x:m } }\n",
        RECORD(", \"x:m\": \"x\""),
        "connector.yaml:4:54: avis : rien à $.m dans aucun échantillon ; il y a $.x:m\n"
        "attendu : $.x:m\n");
}

static void an_answer_without_what_is_to_be_remembered_is_told(void **state)
{
    (void)state;
    assert_said_of(DELIVER("$.r.id"), ANSWERED("201", "{\"o:r\": {\"o:id\": \"12\"}}"),
                   "connector.yaml:7:19: avis : rien à $.r.id dans aucune réponse ; il y a "
                   "$.o:r.o:id\nattendu : $.o:r.o:id\n");
    assert_said_of(DELIVER("$.r.id"), ANSWERED("201", "{\"id\": \"12\"}"),
                   "connector.yaml:7:19: avis : rien à $.r.id dans aucune réponse ; il y a "
                   "$.id\nattendu : $.id\n");
}

static void an_answer_that_has_it_or_has_nothing_near_is_not(void **state)
{
    (void)state;
    assert_said_of(DELIVER("first_of($.r.id, $.id)"), ANSWERED("201", "{\"id\": \"12\"}"), "");
    assert_said_of(DELIVER("$.r.id"), ANSWERED("201", "{\"ok\": true}"), "");
    assert_said_of(DELIVER("$.r.id"), ANSWERED("422", "{\"id\": \"a refusal's\"}"), "");
    assert_said_of(DELIVER("$.r.id"),
                   "{\"deliver\": {\"record\": \"Referral\", \"status\": \"ISSUED\"}}", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_that_finds_nothing_while_its_like_has_a_value_is_told),
        cmocka_unit_test(a_path_that_is_only_not_there_is_not),
        cmocka_unit_test(one_sample_that_has_it_is_enough),
        cmocka_unit_test(a_rule_that_took_nothing_is_not_judged),
        cmocka_unit_test(who_names_both_means_both),
        cmocka_unit_test(a_prefix_that_the_next_field_has_may_be_forgotten),
        cmocka_unit_test(an_answer_without_what_is_to_be_remembered_is_told),
        cmocka_unit_test(an_answer_that_has_it_or_has_nothing_near_is_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
