/* SPDX-License-Identifier: Apache-2.0
 *
 * What `relais map` shows of an event; whole records stand in tests/unit/mapping_cases.
 */
#include <stdio.h>

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

/* Nothing of it, where assert_shows() wants it. */
static void assert_hides(const char *yaml, const char *json, const char *unexpected)
{
    struct mapping_case c;

    mapping_case_init(&c, yaml);
    if (strstr(shown(&c, json, true), unexpected))
        fail_msg("shown: %s\n%s", unexpected, shown(&c, json, true));
    mapping_case_deinit(&c);
}

#define PEOPLE                                                                                     \
    "unknown_fields: count\nrecords:\n  - emit: appointment\n    each: $.people\n"                 \
    "    entity: .id\n    version: $.at | datetime\n    handoff: by_person(.id)\n"                 \
    "    fields: { status: BOOKED }\n    contact:\n"
#define TWO_PEOPLE                                                                                 \
    "{\"at\":\"2026-03-02T09:13:01Z\",\"people\":["                                                \
    "{\"id\":1,\"c\":[{\"t\":\"A\",\"v\":\"1\"},{\"t\":\"B\",\"v\":\"2\"}]},"                      \
    "{\"id\":2,\"c\":[{\"t\":\"B\",\"v\":\"3\"},{\"t\":\"C\",\"v\":\"4\"}]}]}"

static void elements_that_no_choice_takes_are_counted_below_each_too(void **state)
{
    (void)state;
    assert_shows(PEOPLE "      note: .c[t=A].v\n", TWO_PEOPLE,
                 "  $.people[*].c : 3 de ses 4 éléments ne sont lus par aucun choix");
    assert_shows(PEOPLE "      note: .c[t=A].v\n      address: .c[1].v\n", TWO_PEOPLE,
                 "  $.people[*].c : 1 de ses 4 éléments n'est lu par aucun choix");
    assert_hides(PEOPLE "      note: .c[t=A].v\n      address: join(\" \", .c[*].v)\n", TWO_PEOPLE,
                 "aucun choix");
}

static void another_way_to_the_same_list_counts(void **state)
{
    (void)state;
    assert_shows(PEOPLE "      note: .c[t=A].v\n      address: $.people[1].c[t=B].v\n", TWO_PEOPLE,
                 "  $.people[*].c : 2 de ses 4 éléments ne sont lus par aucun choix");
    assert_shows(PEOPLE "      note: $.people[id=2].c[t=C].v\n", TWO_PEOPLE,
                 "  $.people[id=2].c : 1 de ses 2 éléments n'est lu par aucun choix");
}

static void to_name_a_list_is_not_to_read_its_elements(void **state)
{
    (void)state;
    assert_shows(HEAD "    version: $.at | datetime\n"
                      "    fields: { status: ISSUED, to_operator: o22 }\n"
                      "    contact: { note: '$.c[t=A].v' }\n    drop: ['$.c[*].n']\n",
                 "{\"id\":1,\"at\":\"2026-07-02\",\"c\":[{\"t\":\"A\",\"v\":\"x\"},{\"t\":\"B\"}]}",
                 "  $.c : 1 de ses 2 éléments n'est lu par aucun choix");
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

#define NIR "184127645108946"
#define HIDDEN "(un numéro de sécurité sociale)"
#define ANY                                                                                        \
    "unknown_fields: count\n"                                                                      \
    "records:\n"                                                                                   \
    "  - emit: appointment\n"                                                                      \
    "    version: $.at | datetime\n"                                                               \
    "    fields: { status: HONOURED }\n"

/* What is a key here is read on a screen all the same. */
static void a_social_security_number_is_shown_nowhere(void **state)
{
    static const char *const rules[] = {
        "    entity: $.id\n    handoff: link(own, $.id)\n    links: { person: $.nir }\n",
        "    entity: $.nir\n    handoff: link(own, $.id)\n",
        "    entity: $.id\n    handoff: link(own, $.nir)\n",
        "    entity: $.id\n    handoff: by_person($.nir)\n    parent: link(own, $.nir)\n"
        "    links: { person: $.id }\n",
        "    entity: $.id\n    handoff: link(own, $.id)\n"
        "    echo: { of: $.nir, says: $.nir }\n",
        "    entity: $.id\n    handoff: link(own, $.id)\n    contact: { nir: $.nir }\n",
    };
    static const char json[] =
        "{\"id\": \"rdv-1772123456789\", \"at\": \"2026-03-02T09:00Z\", \"nir\": \"" NIR "\"}";
    char yaml[512];

    (void)state;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        (void)snprintf(yaml, sizeof(yaml), ANY "%s", rules[i]);
        assert_hides(yaml, json, NIR);
        assert_shows(yaml, json, HIDDEN);
    }
}

/* 13 digits are rather an instant, but where they are to go into `contact`. */
static void what_is_personal_is_hidden_without_its_key_too(void **state)
{
    static const char yaml[] =
        ANY "    entity: $.id\n    handoff: link(own, $.id)\n    contact: { nir: $.nir }\n";

    (void)state;
    assert_hides(yaml, "{\"id\": 1, \"at\": \"2026-03-02T09:00Z\", \"nir\": \"1841276451089\"}",
                 "1841276451089");
    assert_shows(yaml, "{\"id\": 1772123456789, \"at\": \"2026-03-02T09:00Z\"}", "1772123456789");
}

static void the_choices_of_a_text_in_another_encoding_are_told(void **state)
{
    (void)state;
    assert_shows("fallback_encoding: windows-1252\nunknown_fields: count\nrecords:\n"
                 "  - emit: referral\n    entity: $.id\n    handoff: own\n"
                 "    version: $.at | datetime\n"
                 "    fields: { status: ISSUED, to_operator: o22 }\n"
                 "    contact: { phone: '$.moyens[type=TEL].valeur | phone' }\n",
                 "{\"id\": 1, \"at\": \"2026-03-02T09:00Z\", \"nom\": \"Zo\xEB\", \"moyens\":"
                 " [{\"type\": \"TEL\", \"valeur\": \"0600000001\"}, {\"type\": \"MEL\"}]}",
                 "  $.moyens : 1 de ses 2 éléments n'est lu par aucun choix");
}

/* ---- Deliveries ----------------------------------------------------------------------- */

#define REST "  - { on: [referral, appointment, closure, notice], skip: rien à y écrire }\n"
#define SENT                                                                                       \
    "{\"deliver\": {\"record\": \"Referral\", \"status\": \"ISSUED\", \"handoff_id\": "            \
    "\"8c5b4a0e-1111-8222-8333-444455556666\"}, "

static const char looked_up[] = "deliver:\n"
                                "  - on: referral.ISSUED\n"
                                "    calls:\n"
                                "      - name: chercher\n"
                                "        request: GET /dossiers\n"
                                "      - name: creer\n"
                                "        when: not present(answer.chercher.id)\n"
                                "        request: POST /dossiers\n"
                                "        headers: { Idempotency-Key: idempotency_key }\n"
                                "        remember: { dossier: $.id }\n"
                                "  - { on: refused, skip: rien à y écrire }\n" REST;

static void an_answer_to_a_call_that_was_not_made_teaches_nothing(void **state)
{
    (void)state;
    assert_hides(looked_up,
                 SENT "\"answers\": {\"chercher\": {\"status\": 200, \"body\": {\"id\": 7}}, "
                      "\"creer\": {\"status\": 201, \"body\": {}}}}",
                 "remember");
    assert_shows(looked_up,
                 SENT "\"answers\": {\"chercher\": {\"status\": 200, \"body\": {}}, "
                      "\"creer\": {\"status\": 201, \"body\": {}}}}",
                 "  remember dossier : rien à $.id dans la réponse");
}

static void what_an_answer_lacks_is_said_of_rules_on_one_line(void **state)
{
    (void)state;
    assert_shows(
        "deliver: [{on: refused, skip: rien}, {on: referral.ISSUED, request: POST /d, headers: {K: "
        "idempotency_key}, remember: {dossier: $.id}}, {on: [referral, appointment, closure, "
        "notice], skip: rien}]\n",
        SENT "\"answers\": {\"1\": {\"status\": 201, \"body\": {}}}}",
        "  remember dossier : rien à $.id dans la réponse");
}

static void a_delivery_shows_no_social_security_number(void **state)
{
    static const char yaml[] = "deliver:\n"
                               "  - on: referral.ISSUED\n"
                               "    request: PUT /d/{contact.nir}\n"
                               "    headers: { N: contact.nir }\n"
                               "    body: { n: contact.nir, ref: contact.first_names }\n"
                               "    echo: { of: contact.nir, says: contact.nir }\n"
                               "    remember: { person: $.n }\n"
                               "    receiver_ref: $.n\n"
                               "  - { on: refused, skip: rien à y écrire }\n" REST;
    static const char json[] =
        SENT "\"contact\": {\"nir\": \"" NIR "\", \"first_names\": \"1772123456789\"}, "
             "\"answers\": {\"1\": {\"status\": 200, \"body\": "
             "{\"n\": \"" NIR "\"}}}}";

    (void)state;
    assert_hides(yaml, json, NIR);
    assert_shows(yaml, json, "PUT /d/" HIDDEN "  (");
    assert_shows(yaml, json, "{\"n\":\"" HIDDEN "\",\"ref\":\"1772123456789\"}");
    assert_shows(yaml, json, "link person = " HIDDEN "\n");
    assert_shows(yaml, json, "receiver_ref " HIDDEN "\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(when_it_occurred_is_shown_with_the_offset_of_the_source),
        cmocka_unit_test(elements_that_no_choice_takes_are_counted_below_each_too),
        cmocka_unit_test(another_way_to_the_same_list_counts),
        cmocka_unit_test(to_name_a_list_is_not_to_read_its_elements),
        cmocka_unit_test(a_day_is_shown_as_no_more_exact_than_it_is),
        cmocka_unit_test(a_field_of_that_name_is_shown_once_and_says_where_it_comes_from),
        cmocka_unit_test(a_moment_that_cannot_be_read_is_shown_with_why),
        cmocka_unit_test(the_alternative_that_counts_is_marked),
        cmocka_unit_test(a_constant_that_counts_is_shown_and_marked),
        cmocka_unit_test(a_default_is_marked_only_when_it_was_needed),
        cmocka_unit_test(no_alternative_is_marked_when_none_is_there),
        cmocka_unit_test(a_second_look_at_an_alternative_is_noted_nowhere),
        cmocka_unit_test(a_social_security_number_is_shown_nowhere),
        cmocka_unit_test(what_is_personal_is_hidden_without_its_key_too),
        cmocka_unit_test(the_choices_of_a_text_in_another_encoding_are_told),
        cmocka_unit_test(an_answer_to_a_call_that_was_not_made_teaches_nothing),
        cmocka_unit_test(what_an_answer_lacks_is_said_of_rules_on_one_line),
        cmocka_unit_test(a_delivery_shows_no_social_security_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
