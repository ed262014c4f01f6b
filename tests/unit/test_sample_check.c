/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/sample_check.h"

#include "tests/support/mapping_case.h"
#include "tests/support/test.h"

static const char mapping[] = "unknown_fields: count\n"
                              "records:\n"
                              "  - emit: referral\n"
                              "    entity: $.id\n"
                              "    handoff: own\n"
                              "    version: $.at | datetime\n"
                              "    links: { dossier: $.id }\n"
                              "    fields: { status: ISSUED, to_operator: o22 }\n"
                              "deliver:\n"
                              "  - on: referral.ISSUED\n"
                              "    calls:\n"
                              "      - name: creer\n"
                              "        request: PUT /d/{link.dossier}\n"
                              "  - { on: [referral, appointment, closure, refused, notice],\n"
                              "      skip: rien à y écrire }\n";

/* What is said of a sample, with its lines quoted; in the case's arena. */
static const char *said(struct mapping_case *c, const char *json, int32_t first_line)
{
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    CLEANUP(buffer_deinit) struct buffer out = {0};
    char *copy = arena_alloc(&c->arena, strlen(json) + YYJSON_PADDING_SIZE);
    const struct sample_text text = {"s.json", first_line, bytes_of_text(json), copy};
    yyjson_doc *document;

    memcpy(copy, json, strlen(json));
    document = yyjson_read_opts(copy, strlen(json), YYJSON_READ_NUMBER_AS_RAW | YYJSON_READ_INSITU,
                                NULL, NULL);
    assert_non_null(document);
    sample_check(c->mapping, yyjson_doc_get_root(document), &text, diagnostics);
    diagnostics_write(diagnostics, &out);
    yyjson_doc_free(document);
    return arena_text(&c->arena, buffer_view(&out));
}

/* Begins with `expected`; "": nothing is said. */
static void assert_said(const char *json, const char *expected)
{
    struct mapping_case c;
    const char *text;

    mapping_case_init(&c, mapping);
    if (!c.mapping)
        fail_msg("%s", mapping_case_mistakes(&c));
    text = said(&c, json, 1);
    if (strncmp(text, expected, strlen(expected)) != 0 || (expected[0] == '\0' && text[0] != '\0'))
        fail_msg("%s:\n%s", json, text);
    mapping_case_deinit(&c);
}

#define HEAD "{\"deliver\": {\"record\": \"Referral\", \"status\": \"ISSUED\", \"handoff_id\": "
#define ID "\"8c5b4a0e-1111-8222-8333-444455556666\""

static void nothing_is_said_of_what_is_right(void **state)
{
    (void)state;
    assert_said(HEAD ID "}, \"contact\": {\"birth_name\": \"EXEMPLE\"}, \"links\": {\"dossier\": "
                        "\"12\"}, \"answers\": {\"creer\": {\"status\": 201, \"body\": {}}}}",
                "");
    assert_said("{\"receive\": {\"id\": 1}, \"file\": \"a.csv\", \"line\": 3}", "");
    assert_said("{\"id\": 1, \"anything\": {\"of\": \"theirs\"}}", "");
    assert_said("[1, 2]", "");
}

static void a_key_that_is_none_gets_the_nearest_where_it_stands(void **state)
{
    (void)state;
    assert_said(HEAD ID "},\n \"link\": {\"dossier\": \"12\"}}",
                "s.json:2:3: clé inconnue « link »\nattendu : links");
    assert_said("{\"receive\": {}, \"headder\": {}}",
                "s.json:1:18: clé inconnue « headder »\nattendu : headers");
    assert_said(HEAD ID ", \"statuss\": \"x\"}}", "s.json:1:");
}

static void a_value_that_its_field_cannot_be_is_said(void **state)
{
    (void)state;
    assert_said(
        "{\"deliver\": {\"record\": \"Referral\", \"status\": \"ISUED\", \"handoff_id\": " ID "}}",
        "s.json:1:47: Referral.status ne peut pas être cela");
    assert_said(HEAD ID "}, \"contact\": {\"nom\": \"x\"}}", "s.json:1:");
    assert_said(HEAD "\"12\"}}", "s.json:1:");
    assert_said("{\"deliver\": {\"record\": \"Referal\"}}", "s.json:1:25: `record` dit");
    assert_said("{\"deliver\": {\"record\": \"Referral\", \"status\": \"ISSUED\"}}",
                "s.json:1:3: il manque handoff_id");
}

/* Also of what is no text and no number. */
static void a_value_is_shown_where_it_stands(void **state)
{
    (void)state;
    assert_said(HEAD ID ",\n  \"urgency\" : []}}", "s.json:2:15: Referral.urgency ne peut");
    assert_said(HEAD ID ",\n  \"urgency\":\n null}}", "s.json:3:2: Referral.urgency ne peut");
    assert_said(HEAD ID ",\n  \"requested_on\": \"\"}}", "s.json:2:19: Referral.requested_on");
    assert_said(HEAD ID "},\n\"links\": [1]}", "s.json:2:10: « links » n'est pas un objet");
}

static void a_delivery_that_is_no_object_is_said(void **state)
{
    (void)state;
    assert_said("{\"deliver\": \"Referral\"}", "s.json:1:14: « deliver » n'est pas un objet");
    assert_said("{\"deliver\": []}", "s.json:1:13: « deliver » n'est pas un objet");
}

static void links_and_answers_are_those_of_the_file(void **state)
{
    (void)state;
    assert_said(HEAD ID "}, \"links\": {\"dosier\": \"12\"}}", "s.json:1:");
    assert_said(HEAD ID "},\n\"links\": {\"dossier\": {}}}", "s.json:2:22: un lien est un texte");
    assert_said(HEAD ID "},\n\"answers\": {\"cree\": {}}}", "s.json:2:14: réponse à un appel");
    assert_said(HEAD ID "},\n\"answers\": {\"creer\": 201}}", "s.json:2:");
    assert_said(HEAD ID "},\n\"answers\": {\"creer\": {\"status\": 20}}}",
                "s.json:2:33: ce n'est pas le statut d'une réponse HTTP");
}

/* `remember` makes a kind of each event: none is known to be wrong. */
static void any_link_may_be_there_where_kinds_are_made_of_events(void **state)
{
    static const char makes[] = "deliver:\n"
                                "  - on: referral.ISSUED\n"
                                "    calls:\n"
                                "      - name: creer\n"
                                "        request: PUT /d/{handoff_id}\n"
                                "        remember: { 'rdv/{handoff_id}': $.rdv }\n"
                                "  - { on: [referral, appointment, closure, refused, notice],\n"
                                "      skip: rien à y écrire }\n";
    struct mapping_case c;

    (void)state;
    mapping_case_init(&c, makes);
    if (!c.mapping)
        fail_msg("%s", mapping_case_mistakes(&c));
    assert_string_equal(said(&c, HEAD ID "}, \"links\": {\"rdv/1\": \"12\"}}", 1), "");
    mapping_case_deinit(&c);
}

static void a_misspelt_delivery_is_told_from_a_record_of_theirs(void **state)
{
    (void)state;
    assert_said("{\"delivre\": {}}", "s.json:1:3: clé inconnue");
    assert_said("{\"recieve\": {}, \"headers\": {}}", "s.json:1:3: clé inconnue");
    assert_said("{\"delivre\": {}, \"id\": 1}", ""); /* theirs */
}

/* Columns count characters: an é is one. */
static void a_place_is_that_of_the_file(void **state)
{
    const struct sample_text text = {"s.jsonl", 7, BYTES_LITERAL("{\"é\":\n \"ü\"}"), NULL};
    struct place place = sample_place(&text, 9, 2);

    (void)state;
    assert_int_equal(place.line, 8);
    assert_int_equal(place.column, 3);
    assert_int_equal(place.width, 1);
    place = sample_place(&text, 4, 1);
    assert_int_equal(place.line, 7);
    assert_int_equal(place.column, 4);
    place = sample_place(&text, 1000, 5); /* its end */
    assert_int_equal(place.line, 8);
    assert_int_equal(place.width, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_said_of_what_is_right),
        cmocka_unit_test(a_key_that_is_none_gets_the_nearest_where_it_stands),
        cmocka_unit_test(a_value_that_its_field_cannot_be_is_said),
        cmocka_unit_test(a_value_is_shown_where_it_stands),
        cmocka_unit_test(a_delivery_that_is_no_object_is_said),
        cmocka_unit_test(links_and_answers_are_those_of_the_file),
        cmocka_unit_test(any_link_may_be_there_where_kinds_are_made_of_events),
        cmocka_unit_test(a_misspelt_delivery_is_told_from_a_record_of_theirs),
        cmocka_unit_test(a_place_is_that_of_the_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
