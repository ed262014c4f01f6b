/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/mapping_case.h"
#include "tests/support/test.h"

#define REST "  - { on: [referral, appointment, closure, refused, notice], skip: nothing to say }\n"

/* A delivery of an ISSUED referral with one call. */
static const char one_call[] = "deliver:\n"
                               "  - on: referral.ISSUED\n"
                               "    calls:\n"
                               "      - name: put\n"
                               "        request: POST /x/{link.own}\n"
                               "        query: { q: event.to_operator, none: event.to_site }\n"
                               "        headers: { Key: idempotency_key, None: event.to_site }\n"
                               "        body:\n"
                               "          id: handoff_id\n"
                               "          urgent: event.urgency == URGENT\n"
                               "          nul: event.to_site | default(null)\n"
                               "          blank: event.to_site | default(\"\")\n"
                               "          left_out: event.to_site\n"
                               "          part: { a: event.to_site }\n"
                               "          list: [x, event.to_operator]\n"
                               "        answers:\n"
                               "          - { when: $.code == GONE, means: ok }\n"
                               "          - { when: $.code == BUSY, means: later }\n"
                               "          - { when: http.status == 507, means: later }\n"
                               "          - { when: $.code == TWO, means: never, code: "
                               "ambiguous_person, reason: several match }\n"
                               "        remember: { dossier: $.id, \"rdv/{handoff_id}\": $.rdv }\n"
                               "        receiver_ref: $.id\n" REST;

struct
try {
    struct mapping_case c;
    struct event event;
    struct contact contact;
    struct link_note links[4];
    struct delivery_input input;
    struct delivery *delivery;
    struct delivery_call call;
    enum delivery_verdict verdict;
};

static void try_init(struct try *t, const char *yaml)
{
    memset(t, 0, sizeof(*t));
    mapping_case_init(&t->c, yaml);
    if (!t->c.mapping)
        fail_msg("%s", mapping_case_mistakes(&t->c));
    t->event.type = EVENT_REFERRAL;
    record_init(&referral_table, &t->event.referral);
    t->event.referral.status = REFERRAL_ISSUED;
    t->event.referral.to_operator = BYTES_LITERAL("o10");
    assert_true(uuid_parse(BYTES_LITERAL("8c5b4a0e-1111-8222-8333-444455556666"),
                           &t->event.envelope.handoff_id));
    t->links[0] = (struct link_note){BYTES_LITERAL("own"), BYTES_LITERAL("a/b é")};
    t->input = (struct delivery_input){.event = &t->event,
                                       .links = t->links,
                                       .link_count = 1,
                                       .idempotency_key = BYTES_LITERAL("event")};
}

static void try_begin(struct try *t)
{
    assert_int_equal(delivery_begin(t->c.mapping, &t->input, &t->c.arena, &t->delivery, NULL),
                     OUTCOME_OK);
    t->verdict = delivery_next(t->delivery, &t->call);
}

static enum delivery_verdict answer(struct try *t, int32_t status, const char *type,
                                    const char *body)
{
    struct http_response response = {.status = status,
                                     .content_type = type,
                                     .etag = "",
                                     .retry_after_s = -1,
                                     .body = bytes_of_text(body)};

    return delivery_answer(t->delivery, &response);
}

static void a_call_is_written_as_the_mapping_says(void **state)
{
    struct try t;

    (void)state;
    try_init(&t, one_call);
    try_begin(&t);
    assert_int_equal(t.verdict, DELIVERY_CALL);
    assert_string_equal(t.call.name, "put");
    assert_string_equal(t.call.method, "POST");
    assert_string_equal(t.call.path, "/x/a%2Fb%20%C3%A9?q=o10");
    assert_int_equal(t.call.header_count, 2);
    assert_string_equal(t.call.headers[0].value, "application/json");
    assert_string_equal(t.call.headers[1].value, "event/put");
    assert_int_equal(t.call.safety, CALL_IDEMPOTENT);
    assert_bytes_text(t.call.body,
                      "{\"id\":\"8c5b4a0e-1111-8222-8333-444455556666\",\"urgent\":false,"
                      "\"nul\":null,\"blank\":\"\",\"list\":[\"x\",\"o10\"]}");
    mapping_case_deinit(&t.c);
}

static void after_done_links_and_reference_are_there(void **state)
{
    struct try t;
    const struct link_note *links;
    size_t count;

    (void)state;
    try_init(&t, one_call);
    try_begin(&t);
    assert_int_equal(answer(&t, 201, "application/json", "{\"id\": 12, \"rdv\": \"r\"}"),
                     DELIVERY_CALL);
    assert_int_equal(delivery_next(t.delivery, &t.call), DELIVERY_DONE);
    links = delivery_links(t.delivery, &count);
    assert_int_equal(count, 2);
    assert_bytes_text(links[0].kind, "dossier");
    assert_bytes_text(links[0].key, "12");
    assert_bytes_text(links[1].kind, "rdv/8c5b4a0e-1111-8222-8333-444455556666");
    assert_bytes_text(delivery_receiver_ref(t.delivery), "12");
    mapping_case_deinit(&t.c);
}

static void answers_mean_what_the_table_says(void **state)
{
    static const struct {
        int32_t status;
        const char *type;
        const char *body;
        enum delivery_verdict verdict;
    } cases[] = {
        {200, "application/json", "{}", DELIVERY_CALL},
        {204, "", "", DELIVERY_CALL},
        {404, "text/html", "<html>", DELIVERY_LATER},
        {503, "text/html", "<html>", DELIVERY_LATER},
        {200, "application/json", "{\"code\": \"BUSY\"}", DELIVERY_LATER},
        {200, "application/json", "{\"code\": \"TWO\"}", DELIVERY_NEVER},
        {404, "application/json", "{\"code\": \"GONE\"}", DELIVERY_CALL},
        {404, "application/json", "{}", DELIVERY_NEVER},
        {401, "application/json", "{}", DELIVERY_LATER},
        {302, "application/json", "{}", DELIVERY_NEVER},
        {408, "application/json", "{}", DELIVERY_LATER},
        {425, "application/json", "{}", DELIVERY_LATER},
        {429, "application/json", "", DELIVERY_LATER},
        {503, "text/plain", "oops", DELIVERY_LATER},
        {200, "text/html", "<html>", DELIVERY_DOUBT},
        {200, "text/html", "{\"id\": 1}", DELIVERY_DOUBT},
        {200, "application/json", "{\"id\": 1", DELIVERY_DOUBT},
        {201, "text/plain", "OK", DELIVERY_DOUBT},
        {500, "text/plain", "oops", DELIVERY_DOUBT},
        {502, "text/html", "<html>", DELIVERY_DOUBT},
        {504, "application/json", "{}", DELIVERY_DOUBT},
        {507, "text/html", "<html>", DELIVERY_LATER},
        {507, "application/json", "{}", DELIVERY_LATER},
        {503, "application/json", "{}", DELIVERY_LATER},
    };
    const char *code;
    const char *detail;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct try t;

        try_init(&t, one_call);
        try_begin(&t);
        if (answer(&t, cases[i].status, cases[i].type, cases[i].body) != cases[i].verdict)
            fail_msg("%d %s", (int)cases[i].status, cases[i].body);
        delivery_reason(t.delivery, &code, &detail);
        if (i == 5)
            assert_string_equal(code, "ambiguous_person");
        if (i == 7)
            assert_string_equal(code, "refused_by_system");
        if (cases[i].verdict == DELIVERY_DOUBT)
            assert_string_equal(code, "outcome_unknown");
        mapping_case_deinit(&t.c);
    }
}

static void a_path_without_its_value_is_a_dead_letter_not_a_wrong_call(void **state)
{
    struct try t;
    const char *code;
    const char *detail;

    (void)state;
    try_init(&t, one_call);
    t.input.link_count = 0;
    try_begin(&t);
    assert_int_equal(t.verdict, DELIVERY_NEVER);
    delivery_reason(t.delivery, &code, &detail);
    assert_string_equal(code, "missing_field");
    assert_non_null(strstr(detail, "connector.yaml:5:27"));
    mapping_case_deinit(&t.c);
}

static void a_header_never_holds_a_line_end(void **state)
{
    struct try t;

    (void)state;
    try_init(&t, "deliver:\n  - on: referral.ISSUED\n    request: PUT /x\n"
                 "    headers: { X: contact.note }\n" REST);
    record_init(&contact_table, &t.contact);
    t.contact.note = BYTES_LITERAL("a\r\nInjected: yes");
    t.input.contact = &t.contact;
    try_begin(&t);
    assert_int_equal(t.verdict, DELIVERY_NEVER);
    mapping_case_deinit(&t.c);
}

static const char three_calls[] = "deliver:\n"
                                  "  - on: referral.ISSUED\n"
                                  "    otherwise: nothing to do\n"
                                  "    calls:\n"
                                  "      - name: find\n"
                                  "        when: present(link.own)\n"
                                  "        request: GET /find\n"
                                  "      - name: make\n"
                                  "        when: present(link.own) and empty(answer.find.list)\n"
                                  "        request: POST /make\n"
                                  "        safety: looked_up\n"
                                  "        body: { jeton: answer.find.jeton }\n"
                                  "        echo:\n"
                                  "          of: thing \"/\" handoff_id\n"
                                  "          says: new\n"
                                  "      - name: tell\n"
                                  "        when: present(answer.make.id)\n"
                                  "        request: POST /tell/{answer.make.id}\n" REST;

static void later_calls_use_earlier_answers(void **state)
{
    struct try t;

    (void)state;
    try_init(&t, three_calls);
    try_begin(&t);
    assert_string_equal(t.call.name, "find");
    assert_int_equal(answer(&t, 200, "application/json", "{\"list\": [], \"jeton\": \"j\"}"),
                     DELIVERY_CALL);
    assert_int_equal(delivery_next(t.delivery, &t.call), DELIVERY_CALL);
    assert_string_equal(t.call.name, "make");
    assert_int_equal(t.call.safety, CALL_LOOKED_UP);
    assert_bytes_text(t.call.body, "{\"jeton\":\"j\"}");
    assert_true(t.call.has_echo);
    assert_bytes_text(t.call.echo.of, "thing/8c5b4a0e-1111-8222-8333-444455556666");
    assert_bytes_text(t.call.echo.says, "new");
    assert_int_equal(answer(&t, 201, "application/json", "{\"id\": \"9\"}"), DELIVERY_CALL);
    assert_int_equal(delivery_next(t.delivery, &t.call), DELIVERY_CALL);
    assert_string_equal(t.call.path, "/tell/9");
    assert_int_equal(t.call.safety, CALL_UNSAFE);
    assert_int_equal(answer(&t, 200, "application/json", "{}"), DELIVERY_CALL);
    assert_int_equal(delivery_next(t.delivery, &t.call), DELIVERY_DONE);
    mapping_case_deinit(&t.c);
}

static void what_was_found_is_not_made_again(void **state)
{
    struct try t;

    (void)state;
    try_init(&t, three_calls);
    try_begin(&t);
    assert_int_equal(answer(&t, 200, "application/json", "{\"list\": [1]}"), DELIVERY_CALL);
    assert_int_equal(delivery_next(t.delivery, &t.call), DELIVERY_DONE);
    mapping_case_deinit(&t.c);
}

static void without_a_call_it_is_skipped_only_when_the_rule_says_so(void **state)
{
    struct try t;
    struct mapping_case strict;

    (void)state;
    try_init(&t, three_calls);
    t.input.link_count = 0;
    try_begin(&t);
    assert_int_equal(t.verdict, DELIVERY_SKIPPED);
    mapping_case_init(&strict, "deliver:\n  - on: referral.ISSUED\n    calls:\n"
                               "      - { when: present(link.own), request: PUT /x }\n" REST);
    assert_int_equal(delivery_begin(strict.mapping, &t.input, &strict.arena, &t.delivery, NULL),
                     OUTCOME_OK);
    assert_int_equal(delivery_next(t.delivery, &t.call), DELIVERY_NEVER);
    mapping_case_deinit(&strict);
    mapping_case_deinit(&t.c);
}

static void an_event_that_the_mapping_skips_makes_no_call(void **state)
{
    struct try t;

    (void)state;
    try_init(&t, one_call);
    t.event.referral.status = REFERRAL_ACCEPTED;
    try_begin(&t);
    assert_int_equal(t.verdict, DELIVERY_SKIPPED);
    mapping_case_deinit(&t.c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_is_written_as_the_mapping_says),
        cmocka_unit_test(after_done_links_and_reference_are_there),
        cmocka_unit_test(answers_mean_what_the_table_says),
        cmocka_unit_test(a_path_without_its_value_is_a_dead_letter_not_a_wrong_call),
        cmocka_unit_test(a_header_never_holds_a_line_end),
        cmocka_unit_test(later_calls_use_earlier_answers),
        cmocka_unit_test(what_was_found_is_not_made_again),
        cmocka_unit_test(without_a_call_it_is_skipped_only_when_the_rule_says_so),
        cmocka_unit_test(an_event_that_the_mapping_skips_makes_no_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
