/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/coverage.h"
#include "tests/support/mapping_case.h"
#include "tests/support/test.h"

#define FILE_TEXT                                                                                  \
    "personal: [$.user]\n"                                                                         \
    "records:\n"                                                                                   \
    "  - name: envoi\n"                                                                            \
    "    when: $.type == sent\n"                                                                   \
    "    emit: referral\n"                                                                         \
    "    entity: $.id\n"                                                                           \
    "    version: $.at | datetime\n"                                                               \
    "    handoff: own\n"                                                                           \
    "    fields:\n"                                                                                \
    "      status: ISSUED\n      to_operator: o22\n"                                               \
    "      motive: $.motif | code(motive)\n"                                                       \
    "      level_requested: $.niveau.demande | code(1 = LEVEL_1, else = LEVEL_2)\n"                \
    "  - { name: autre, when: $.type == other, emit: closure, entity: $.id,\n"                     \
    "      version: $.at | datetime, handoff: own }\n"                                             \
    "drop: [$.salle, $.agents]\n"                                                                  \
    "codes: { motive: { bilan: TAKE_STOCK, vae: CERTIFICATION_VAE } }\n"                           \
    "deliver:\n"                                                                                   \
    "  - name: tout\n"                                                                             \
    "    on: [referral, appointment, closure, refused, notice]\n"                                  \
    "    request: PUT /x\n"                                                                        \
    "    answers: [{ when: http.status == 410, means: ok }]\n"

struct covering {
    struct mapping_case c;
    struct coverage *coverage;
};

static void covering_init_text(struct covering *covering, const char *text)
{
    mapping_case_init(&covering->c, text);
    if (!covering->c.mapping)
        fail_msg("%s", mapping_case_mistakes(&covering->c));
    covering->coverage = coverage_new(covering->c.mapping);
}

static void covering_init(struct covering *covering)
{
    covering_init_text(covering, FILE_TEXT);
}

static void covering_deinit(struct covering *covering)
{
    coverage_free(covering->coverage);
    mapping_case_deinit(&covering->c);
}

static void try_text(struct covering *covering, const char *json)
{
    CLEANUP(buffer_deinit) struct buffer out = {0};
    const struct mapping_input input = {.body = bytes_of_text(json)};
    struct error err;

    assert_int_equal(
        mapping_explain(covering->c.mapping, &input, false, covering->coverage, &out, &err),
        OUTCOME_OK);
}

static const char *report(struct covering *covering)
{
    CLEANUP(buffer_deinit) struct buffer out = {0};

    coverage_write(covering->coverage, &out);
    return arena_text(&covering->c.arena, buffer_view(&out));
}

static void assert_count(const struct covering *covering, enum coverage_kind kind, size_t seen,
                         size_t total)
{
    struct coverage_count count = coverage_count(covering->coverage, kind);

    assert_int_equal(count.seen, seen);
    assert_int_equal(count.total, total);
}

static void without_samples_nothing_is_exercised(void **state)
{
    struct covering covering;

    (void)state;
    covering_init(&covering);
    assert_count(&covering, COVERAGE_PATHS, 0, 5); /* type, id, at, motif, niveau.demande */
    assert_count(&covering, COVERAGE_RULES, 0, 2);
    assert_count(&covering, COVERAGE_DELIVERIES, 0, 1);
    assert_count(&covering, COVERAGE_CALLS, 0, 1);
    assert_count(&covering, COVERAGE_ANSWERS, 0, 1);
    assert_count(&covering, COVERAGE_CODES, 0, 4);
    assert_int_equal(coverage_percent(covering.coverage), 0);
    covering_deinit(&covering);
}

static void a_record_exercises_its_rule_its_paths_and_its_codes(void **state)
{
    struct covering covering;

    (void)state;
    covering_init(&covering);
    try_text(&covering, "{\"type\":\"sent\",\"id\":1,\"at\":\"2026-03-02T09:00:00Z\","
                        "\"motif\":\"bilan\",\"niveau\":{\"demande\":2}}");
    assert_count(&covering, COVERAGE_PATHS, 5, 5);
    assert_count(&covering, COVERAGE_RULES, 1, 2);
    assert_count(&covering, COVERAGE_CODES, 2, 4); /* bilan, else */
    assert_non_null(strstr(report(&covering), "règle autre\n"));
    assert_non_null(strstr(report(&covering), "codes motive : vae\n"));
    assert_non_null(strstr(report(&covering), "codes écrits là : 1\n"));
    covering_deinit(&covering);
}

static void a_delivery_exercises_its_rule_its_call_and_its_answer(void **state)
{
    struct covering covering;

    (void)state;
    covering_init(&covering);
    try_text(&covering, "{\"deliver\":{\"record\":\"Notice\",\"kind\":\"OVERDUE\"}}");
    assert_count(&covering, COVERAGE_DELIVERIES, 1, 1);
    assert_count(&covering, COVERAGE_CALLS, 1, 1);
    assert_count(&covering, COVERAGE_ANSWERS, 0, 1);
    assert_count(&covering, COVERAGE_RULES, 0, 2);
    try_text(&covering, "{\"deliver\":{\"record\":\"Notice\",\"kind\":\"OVERDUE\"},"
                        "\"answers\":{\"1\":{\"status\":410}}}");
    assert_count(&covering, COVERAGE_ANSWERS, 1, 1);
    covering_deinit(&covering);
}

static void each_field_of_a_sample_is_read_dropped_or_unknown(void **state)
{
    struct covering covering;

    (void)state;
    covering_init(&covering);
    try_text(&covering, "{\"type\":\"sent\",\"id\":1,\"salle\":\"A\",\"agents\":[{\"nom\":\"x\"}],"
                        "\"user\":{\"id\":7},\"niveau\":{\"fait\":1},\"couleur\":\"bleu\"}");
    assert_non_null(strstr(report(&covering), "2 lus, 2 écartés, 3 inconnus"));
    assert_non_null(strstr(report(&covering), "inconnu : $.couleur "));
    assert_non_null(strstr(report(&covering), "inconnu : $.niveau.fait "));
    covering_deinit(&covering);
}

static void a_path_that_no_sample_has_gets_the_nearest_name(void **state)
{
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    CLEANUP(buffer_deinit) struct buffer out = {0};
    struct covering covering;

    (void)state;
    covering_init(&covering);
    try_text(&covering, "{\"type\":\"sent\",\"id\":1,\"motiff\":\"bilan\","
                        "\"niveaux\":{\"demande\":1}}");
    assert_non_null(strstr(report(&covering),
                           "connector.yaml:12:15 chemin $.motif ; vouliez-vous dire $.motiff ?\n"));
    assert_non_null(
        strstr(report(&covering), "chemin $.niveau.demande ; vouliez-vous dire $.niveaux ?\n"));
    assert_non_null(strstr(report(&covering), "chemin $.at\n"));
    coverage_find_misspelt(covering.coverage, diagnostics);
    diagnostics_write(diagnostics, &out);
    assert_non_null(strstr(buffer_text(&out), "connector.yaml:12:15: "));
    assert_int_equal(diagnostics_count(diagnostics), 2);
    covering_deinit(&covering);
}

static void the_report_does_not_depend_on_the_order_of_samples(void **state)
{
    static const char *const samples[] = {"{\"type\":\"sent\",\"b\":1,\"a\":{\"c\":1}}",
                                          "{\"type\":\"other\",\"a\":2,\"id\":1,\"d\":[1]}"};
    struct covering one;
    struct covering two;

    (void)state;
    covering_init(&one);
    covering_init(&two);
    for (size_t i = 0; i < 2; i++) {
        try_text(&one, samples[i]);
        try_text(&two, samples[1 - i]);
    }
    assert_string_equal(report(&one), report(&two));
    covering_deinit(&one);
    covering_deinit(&two);
}

/* Its condition makes it another table in each rule. */
static void a_table_that_two_rules_use_is_counted_and_told_once(void **state)
{
    static const char rule[] = "    emit: referral\n"
                               "    entity: $.id\n"
                               "    version: $.at | datetime\n"
                               "    handoff: own\n"
                               "    fields:\n"
                               "      status: CANCEL_REQUESTED\n"
                               "      motive: $.motif | code(motive)\n";
    CLEANUP(buffer_deinit) struct buffer text = {0};
    struct covering covering;
    const char *told;

    (void)state;
    buffer_printf(
        &text,
        "records:\n  - when: $.type == a\n%s  - when: $.type == b\n%s"
        "codes:\n  motive:\n    bilan: { when: $.x == y, then: TAKE_STOCK, else: OTHER }\n"
        "    vae: CERTIFICATION_VAE\n    divers: OTHER\n",
        rule, rule);
    covering_init_text(&covering, buffer_text(&text));
    assert_int_equal(coverage_count(covering.coverage, COVERAGE_CODES).total, 4);
    try_text(&covering, "{\"id\":1,\"at\":\"2026-03-02T09:00:00Z\",\"type\":\"a\","
                        "\"motif\":\"vae\",\"x\":\"y\"}");
    try_text(&covering, "{\"id\":2,\"at\":\"2026-03-02T09:00:00Z\",\"type\":\"b\","
                        "\"motif\":\"bilan\",\"x\":\"y\"}");
    assert_int_equal(coverage_count(covering.coverage, COVERAGE_CODES).seen, 2);
    told = strstr(report(&covering), "codes motive : bilan (faux), divers\n");
    assert_non_null(told);
    assert_null(strstr(told + 1, "codes motive"));
    covering_deinit(&covering);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_samples_nothing_is_exercised),
        cmocka_unit_test(a_record_exercises_its_rule_its_paths_and_its_codes),
        cmocka_unit_test(a_delivery_exercises_its_rule_its_call_and_its_answer),
        cmocka_unit_test(each_field_of_a_sample_is_read_dropped_or_unknown),
        cmocka_unit_test(a_path_that_no_sample_has_gets_the_nearest_name),
        cmocka_unit_test(the_report_does_not_depend_on_the_order_of_samples),
        cmocka_unit_test(a_table_that_two_rules_use_is_counted_and_told_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
