/* SPDX-License-Identifier: Apache-2.0
 *
 * An answer that leaves open whether the call was done. What may be repeated is; what may not is
 * left to a person after one call, however often its event is offered.
 */
#include "tests/support/test.h"

#include "tests/support/two_sides.h"

#define CALL_OF(how)                                                                               \
    "times: { formats: [\"%Y-%m-%d %H:%M:%S %z\"], zone: Europe/Paris }\n"                         \
    "unknown_fields: count\n"                                                                      \
    "records:\n"                                                                                   \
    "  - name: orientation\n"                                                                      \
    "    each: $.all\n"                                                                            \
    "    emit: referral\n"                                                                         \
    "    entity: orientation \"/\" @.id\n"                                                         \
    "    version: \"@.at | datetime\"\n"                                                           \
    "    handoff: own\n"                                                                           \
    "    fields:\n"                                                                                \
    "      status: ISSUED\n"                                                                       \
    "      to_operator: o22\n"                                                                     \
    "      synthesis_at: \"@.at | datetime\"\n"                                                    \
    "    contact:\n"                                                                               \
    "      birth_name: EXEMPLE\n"                                                                  \
    "      phone: \"+33601020304\"\n"                                                              \
    "deliver:\n"                                                                                   \
    "  - name: opened\n"                                                                           \
    "    on: referral.ISSUED\n"                                                                    \
    "    calls:\n"                                                                                 \
    "      - name: create\n"                                                                       \
    "        request: POST /dossiers\n" how "  - name: others\n"                                   \
    "    on: [referral, appointment, closure, notice, refused]\n"                                  \
    "    skip: not in this test\n"

static const char in_json[] = CALL_OF("        body: { ref: handoff_id }\n");
static const char in_xml[] = CALL_OF("        xml: { Dossier: { \"@ref\": handoff_id } }\n"
                                     "        remember: { dossier: $.Reponse.Dossier.@id }\n");
static const char with_a_key[] = CALL_OF("        headers: { Idempotency-Key: idempotency_key }\n"
                                         "        body: { ref: handoff_id }\n");
static const char where_500_is_nothing[] =
    CALL_OF("        body: { ref: handoff_id }\n"
            "        answers: [{ when: http.status == 500, means: later }]\n");

static const char where_500_tells_more[] =
    CALL_OF("        body: { ref: handoff_id }\n"
            "        answers: [{ when: decimal($.n) > 3, means: later }]\n");

static const char misread[] = CALL_OF("        body: { ref: handoff_id }\n"
                                      "        remember: { dossier: $.at }\n");

static const char unread[] = CALL_OF("        body: { ref: handoff_id }\n"
                                     "        reads: none\n");

static const char never_made[] = CALL_OF("        when: event.to_operator == o10\n"
                                         "        body: { ref: handoff_id }\n");

struct reply {
    int32_t status;
    const char *type;
    const char *body;
};

static enum outcome says(struct fake_sink *sink, const struct delivery_call *call, int32_t *status,
                         const char **body, bool *maybe_done)
{
    const struct reply *reply = sink->context;

    (void)call;
    (void)maybe_done;
    *status = reply->status;
    *body = reply->body;
    sink->content_type = reply->type;
    return OUTCOME_OK;
}

/* One event, offered again and again as the pipeline would, and once after a restart. */
static struct two_sides *offered(const char *yaml, struct reply reply)
{
    struct two_sides *t = two_sides_new(yaml);

    t->sink_b.answer = says;
    t->sink_b.context = &reply;
    (void)stage_case_record(&t->stages->a, TWO_SIDES_ONE);
    for (int i = 0; i < 4; i++) {
        if (i == 3)
            stage_case_restart(t->stages, &t->stages->b);
        (void)stage_case_deliver(&t->stages->a, 0, &t->stages->b);
    }
    t->sink_b.context = NULL;
    return t;
}

static void expect_left_to_a_person(const char *yaml, struct reply reply)
{
    struct two_sides *t = offered(yaml, reply);

    if (t->sink_b.calls != 1)
        fail_msg("%d %s: %d calls", (int)reply.status, reply.body, t->sink_b.calls);
    assert_true(fake_log_count(&t->stages->b.log, TOPIC_REJECTED) > 0);
    assert_bytes_text(stage_case_rejection(&t->stages->b, 0).code, "outcome_unknown");
    two_sides_free(t);
}

static void expect_made_again(const char *yaml, struct reply reply)
{
    struct two_sides *t = offered(yaml, reply);

    if (t->sink_b.calls != 4)
        fail_msg("%d %s: %d calls", (int)reply.status, reply.body, t->sink_b.calls);
    assert_int_equal(fake_log_count(&t->stages->b.log, TOPIC_REJECTED), 0);
    two_sides_free(t);
}

#define JSON "application/json"
#define TWO_NOTES "<Reponse><Dossier id=\"7\"/><Note>a</Note><Note>b</Note></Reponse>"
#define PAGE "<html><body>EXEMPLE</body></html>"

static void an_unsafe_call_whose_done_cannot_be_read_is_made_once(void **state)
{
    (void)state;
    expect_left_to_a_person(in_xml, (struct reply){201, "application/xml", TWO_NOTES});
    expect_left_to_a_person(in_xml, (struct reply){200, "application/xml", "<Reponse><Doss"});
    expect_left_to_a_person(in_json, (struct reply){201, "text/plain", "OK"});
    expect_left_to_a_person(in_json, (struct reply){201, JSON, "{\"id\": 1"});
    expect_left_to_a_person(in_json, (struct reply){200, "text/html", "{\"id\": 1}"});
    expect_left_to_a_person(in_xml, (struct reply){200, "application/xml", PAGE});
}

static void an_unsafe_call_that_a_gateway_lost_or_that_failed_inside_is_made_once(void **state)
{
    (void)state;
    expect_left_to_a_person(in_json, (struct reply){500, JSON, "{}"});
    expect_left_to_a_person(in_json, (struct reply){502, "text/html", PAGE});
    expect_left_to_a_person(in_json, (struct reply){504, "text/plain", "gateway"});
    expect_left_to_a_person(where_500_tells_more, (struct reply){500, JSON, "{\"n\": \"x\"}"});
}

static void an_unsafe_call_that_was_not_done_is_made_again(void **state)
{
    (void)state;
    expect_made_again(in_json, (struct reply){503, JSON, "{}"});
    expect_made_again(in_json, (struct reply){503, "text/html", PAGE});
    expect_made_again(in_json, (struct reply){429, JSON, "{}"});
    expect_made_again(in_json, (struct reply){403, "text/html", PAGE});
    expect_made_again(where_500_is_nothing, (struct reply){500, JSON, "{}"});
}

/* A person mends the file and offers the event again: its kept answer is read, nothing is asked. */
static void
an_unsafe_call_that_was_done_is_made_once_though_the_mapping_failed_on_its_answer(void **state)
{
    struct two_sides *t = offered(misread, (struct reply){201, JSON, "{\"at\": {\"id\": 7}}"});

    (void)state;
    assert_int_equal(t->sink_b.calls, 1);
    assert_true(fake_log_count(&t->stages->b.log, TOPIC_REJECTED) > 0);
    assert_false(bytes_equal_text(stage_case_rejection(&t->stages->b, 0).code, "outcome_unknown"));
    two_sides_free(t);
}

static void a_call_with_a_key_is_made_again_in_doubt_and_says_why(void **state)
{
    static struct reply plain = {201, "text/plain", "EXEMPLE"};
    struct two_sides *t = two_sides_new(with_a_key);
    struct result result;

    (void)state;
    expect_made_again(with_a_key, plain);
    expect_made_again(with_a_key, (struct reply){200, "text/html", PAGE});
    expect_made_again(with_a_key, (struct reply){500, JSON, "{}"});
    t->sink_b.answer = says;
    t->sink_b.context = &plain;
    (void)stage_case_record(&t->stages->a, TWO_SIDES_ONE);
    result = stage_case_deliver(&t->stages->a, 0, &t->stages->b);
    assert_int_equal(result.outcome, OUTCOME_RETRY);
    assert_non_null(strstr(result.detail, "JSON"));
    assert_null(strstr(result.detail, "EXEMPLE"));
    two_sides_free(t);
}

static void what_is_not_read_leaves_no_doubt_but_a_page(void **state)
{
    static const struct reply done[] = {
        {200, "text/plain", "OK"}, {201, "text/html", "OK"}, {200, "application/json", "{cut"}};

    (void)state;
    for (size_t i = 0; i < sizeof(done) / sizeof(done[0]); i++) {
        struct two_sides *t = offered(unread, done[i]);

        assert_int_equal(t->sink_b.calls, 1);
        assert_int_equal(fake_log_count(&t->stages->b.log, TOPIC_REJECTED), 0);
        assert_int_equal(metric_value(t->stages->b.counts.events_ended[EVENT_COUNT_DELIVERED]), 1);
        two_sides_free(t);
    }
    expect_left_to_a_person(unread, (struct reply){200, "text/html", "<html>maintenance"});
    expect_left_to_a_person(unread, (struct reply){500, "text/plain", "OK"});
}

static void a_rule_none_of_whose_calls_is_made_says_so_without_an_answer(void **state)
{
    struct two_sides *t = offered(never_made, (struct reply){201, "application/json", "{}"});

    (void)state;
    assert_int_equal(t->sink_b.calls, 0);
    assert_bytes_text(stage_case_rejection(&t->stages->b, 0).code, "not_expressible");
    assert_bytes_text(stage_case_rejection(&t->stages->b, 0).detail,
                      "aucun appel ne s'applique, et la règle n'a pas de `otherwise`");
    two_sides_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_read_leaves_no_doubt_but_a_page),
        cmocka_unit_test(a_rule_none_of_whose_calls_is_made_says_so_without_an_answer),
        cmocka_unit_test(an_unsafe_call_whose_done_cannot_be_read_is_made_once),
        cmocka_unit_test(an_unsafe_call_that_a_gateway_lost_or_that_failed_inside_is_made_once),
        cmocka_unit_test(an_unsafe_call_that_was_not_done_is_made_again),
        cmocka_unit_test(
            an_unsafe_call_that_was_done_is_made_once_though_the_mapping_failed_on_its_answer),
        cmocka_unit_test(a_call_with_a_key_is_made_again_in_doubt_and_says_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
