/* SPDX-License-Identifier: Apache-2.0
 *
 * What may stand behind the root of a path, in a rule of records and in a delivery.
 */
#include "tests/support/mapping_case.h"
#include "tests/support/test.h"

#define REST "  - { on: [referral, appointment, closure, refused, notice], skip: rien }\n"

/* A delivery of two calls: `first` is the header of the second, `after` its receiver_ref. */
static void compile_delivery(struct mapping_case *c, const char *header, const char *after)
{
    CLEANUP(buffer_deinit) struct buffer yaml = {0};

    buffer_append_text(&yaml, "deliver:\n  - on: referral.ISSUED\n    calls:\n"
                              "      - { name: premier, request: PUT /a }\n"
                              "      - name: muet\n        request: PUT /b\n        reads: none\n"
                              "      - name: second\n        request: PUT /c\n"
                              "        headers: { X: ");
    buffer_append_text(&yaml, header);
    buffer_append_text(&yaml, " }\n        receiver_ref: ");
    buffer_append_text(&yaml, after);
    buffer_append_text(&yaml, "\n" REST);
    mapping_case_init(c, buffer_text(&yaml));
}

static void assert_delivers(const char *header, const char *after)
{
    struct mapping_case c;

    compile_delivery(&c, header, after);
    if (!c.mapping)
        fail_msg("%s: %s", header, mapping_case_mistakes(&c));
    mapping_case_deinit(&c);
}

static void assert_refused(const char *header, const char *after, const char *sentence)
{
    struct mapping_case c;

    compile_delivery(&c, header, after);
    if (c.mapping || !strstr(mapping_case_mistakes(&c), sentence))
        fail_msg("%s, %s: %s", header, after, c.mapping ? "taken" : mapping_case_mistakes(&c));
    mapping_case_deinit(&c);
}

static void fields_of_the_event_are_those_of_its_record(void **state)
{
    (void)state;
    assert_delivers("event.to_operator", "$.id");
    assert_delivers("event.issuer_ref.id", "$.id");
    assert_refused("event.to_operateur", "$.id", "Referral n'a pas de champ « to_operateur »");
    assert_refused("event.starts_at", "$.id", "Referral n'a pas de champ « starts_at »");
    assert_refused("event.issuer_ref", "$.id", "est un enregistrement");
    assert_refused("event.to_operator.id", "$.id", "n'a rien dessous");
    assert_refused("event.observed_at", "$.id", "change à chaque essai");
}

static void fields_of_the_contact_are_those_of_its_record(void **state)
{
    (void)state;
    assert_delivers("contact.birth_name", "$.id");
    assert_refused("contact.name", "$.id", "Contact n'a pas de champ « name »");
}

static void an_answer_is_that_of_a_call_above_that_is_read(void **state)
{
    (void)state;
    assert_delivers("answer.premier.id", "$.id");
    assert_refused("answer.second.id", "$.id", "réponse d'aucun appel au-dessus");
    assert_refused("answer.muet.id", "$.id", "le corps de cette réponse n'est pas lu");
}

static void a_record_is_there_in_answers_only(void **state)
{
    (void)state;
    assert_refused("$.id", "$.id", "il n'y a pas d'enregistrement ici");
    assert_delivers("handoff_id", "http.content_type");
    assert_refused("handoff_id", "http.header", "une réponse n'a pas cette partie");
    assert_refused("http.status", "$.id", "ne se lit pas ici");
    assert_refused(".id", "$.id", "il n'y a pas d'élément ici");
}

static void an_element_is_there_where_the_rule_has_a_list(void **state)
{
    static const struct {
        const char *each;
        const char *entity;
        bool good;
    } cases[] = {
        {"    each: $.l\n", ".k", true},
        {"    each: $.l\n", "parent.k", true},
        {"    each: '$.l[*].m'\n", "parent.parent.k", true},
        {"", ".k", false},
        {"", "parent.k", false},
        {"    each: $.l\n", "parent.parent.parent.parent.parent.k", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CLEANUP(buffer_deinit) struct buffer yaml = {0};
        struct mapping_case c;

        buffer_append_text(&yaml, "unknown_fields: count\nrecords:\n  - emit: referral\n");
        buffer_append_text(&yaml, cases[i].each);
        buffer_append_text(&yaml, "    entity: ");
        buffer_append_text(&yaml, cases[i].entity);
        buffer_append_text(&yaml, "\n    version: $.n | datetime\n    handoff: own\n"
                                  "    fields: { status: ISSUED, to_operator: o22 }\n");
        mapping_case_init(&c, buffer_text(&yaml));
        if ((c.mapping != NULL) != cases[i].good)
            fail_msg("%s%s: %s", cases[i].each, cases[i].entity, mapping_case_mistakes(&c));
        if (!cases[i].good)
            assert_non_null(strstr(mapping_case_mistakes(&c), "il n'y a pas d'élément ici"));
        mapping_case_deinit(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_of_the_event_are_those_of_its_record),
        cmocka_unit_test(fields_of_the_contact_are_those_of_its_record),
        cmocka_unit_test(an_answer_is_that_of_a_call_above_that_is_read),
        cmocka_unit_test(a_record_is_there_in_answers_only),
        cmocka_unit_test(an_element_is_there_where_the_rule_has_a_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
