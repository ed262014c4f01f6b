/* SPDX-License-Identifier: Apache-2.0
 *
 * From the inbox into their system: calls, DELIVERED, memory, dead letters told to the
 * sender, and a stop at every single write.
 */
#include "tests/support/test.h"

#include <stdio.h>

#include "connectors/contacts.h"
#include "connectors/memory/links.h"
#include "connectors/memory/pack.h"
#include "tests/support/two_sides.h"

static const char mapping[] = "times: { formats: [\"%Y-%m-%d %H:%M:%S %z\"], zone: Europe/Paris }\n"
                              "unknown_fields: count\n"
                              "records:\n"
                              "  - name: orientation\n"
                              "    when: $.kind == orientation\n"
                              "    emit: referral\n"
                              "    entity: orientation \"/\" $.id\n"
                              "    version: $.at | datetime\n"
                              "    handoff: own\n"
                              "    parent: given($.parent)\n"
                              "    links: { own: $.id }\n"
                              "    fields:\n"
                              "      status: ISSUED\n"
                              "      to_operator: $.to\n"
                              "      synthesis_at: $.at | datetime\n"
                              "    contact:\n"
                              "      birth_name: $.name\n"
                              "      phone: $.phone\n"
                              "deliver:\n"
                              "  - name: opened\n"
                              "    on: referral.ISSUED\n"
                              "    when: event.urgency == NORMAL\n"
                              "    request: POST /dossiers\n"
                              "    headers: { Idempotency-Key: idempotency_key }\n"
                              "    body: { ref: handoff_id, name: contact.birth_name }\n"
                              "    remember: { dossier: $.dossier.id, person: $.dossier.user.id }\n"
                              "    receiver_ref: $.dossier.id\n"
                              "  - name: urgent\n"
                              "    on: referral.ISSUED\n"
                              "    calls:\n"
                              "      - name: first\n"
                              "        request: POST /urgent\n"
                              "        safety: unsafe\n"
                              "        body: { ref: handoff_id }\n"
                              "        remember: { dossier: $.dossier.id }\n"
                              "        receiver_ref: $.dossier.id\n"
                              "      - name: second\n"
                              "        request: PUT /urgent/{answer.first.dossier.id}\n"
                              "        body: { done: true }\n"
                              "  - name: state\n"
                              "    on: [referral.DELIVERED, referral.CONTACT_UNREADABLE]\n"
                              "    request: PATCH /orientations/{link.own}\n"
                              "    safety: idempotent\n"
                              "    body: { state: event.status, ref: event.receiver_ref.id }\n"
                              "  - name: refused\n"
                              "    on: refused\n"
                              "    request: PATCH /orientations/{link.own}\n"
                              "    safety: idempotent\n"
                              "    body: { state: refused, why: event.code }\n"
                              "  - name: others\n"
                              "    on: [referral, appointment, closure, notice]\n"
                              "    skip: not in this test\n";

#define REFERRAL(id, more, to)                                                                     \
    "{\"kind\":\"orientation\",\"id\":" id ",\"at\":\"2026-03-02 09:13:01 +0100\","                \
    "\"to\":\"" to "\"" more "}"
#define PERSON ",\"name\":\"EXEMPLE\",\"phone\":\"+33601020304\""

/* ---- Far ends ------------------------------------------------------------------------ */

static enum outcome answers_500(struct fake_sink *sink, const struct delivery_call *call,
                                int32_t *status, const char **body, bool *maybe_done)
{
    (void)sink;
    (void)call;
    (void)body;
    (void)maybe_done;
    *status = 500;
    return OUTCOME_OK;
}

static enum outcome answers_422(struct fake_sink *sink, const struct delivery_call *call,
                                int32_t *status, const char **body, bool *maybe_done)
{
    (void)sink;
    (void)call;
    (void)maybe_done;
    *status = 422;
    *body = "{\"errors\":[\"MARQUE is blank\"]}";
    return OUTCOME_OK;
}

/* Cuts the connection before (false) or after (true) the request was sent. */
static enum outcome cuts(struct fake_sink *sink, const struct delivery_call *call, int32_t *status,
                         const char **body, bool *maybe_done)
{
    (void)call;
    (void)status;
    (void)body;
    *maybe_done = sink->context != NULL;
    return OUTCOME_RETRY;
}

static int set_up(void **state)
{
    return two_sides_setup_of(mapping, state);
}

/* ---- Tests --------------------------------------------------------------------------- */

static void a_referral_is_delivered_and_its_issuer_hears_of_it(void **state)
{
    struct two_sides *t = *state;
    struct stage_case *c = t->stages;
    struct event delivered;
    size_t count = 0;

    (void)stage_case_record(&c->a, REFERRAL("12", PERSON, "o22"));
    assert_int_equal(stage_case_deliver(&c->a, 0, &c->b).outcome, OUTCOME_OK);
    assert_string_equal(t->sink_b.last, "POST /dossiers");
    assert_non_null(strstr(t->sink_b.last_body, "EXEMPLE"));
    delivered = stage_case_event(&c->b, 0);
    assert_int_equal(delivered.referral.status, REFERRAL_DELIVERED);
    assert_bytes_text(delivered.envelope.operator_code, "o22");
    assert_bytes_text(delivered.referral.receiver_ref->id, "7");
    assert_true(
        uuid_equal(delivered.envelope.handoff_id, stage_case_event(&c->a, 0).envelope.handoff_id));
    (void)links_find(c->b.state, BYTES_LITERAL("person"), BYTES_LITERAL("U1"), STAGE_START_US,
                     &c->b.arena, &count);
    assert_int_equal(count, 1);
    (void)links_find_then(c->b.state, BYTES_LITERAL("person"), BYTES_LITERAL("U1"),
                          stage_case_event(&c->a, 0).envelope.occurred_at, &c->b.arena, &count);
    assert_int_equal(count, 1);
    assert_int_equal(stage_case_deliver(&c->b, 0, &c->a).outcome, OUTCOME_OK);
    assert_string_equal(t->sink_a.last, "PATCH /orientations/12");
    assert_non_null(strstr(t->sink_a.last_body, "DELIVERED"));
    assert_false(fake_log_contains(&c->b.log, "EXEMPLE"));
    assert_int_equal(metric_value(c->b.counts.events_ended[EVENT_COUNT_DELIVERED]), 1);
}

static void a_failing_system_gets_the_same_call_again_and_no_delivered_is_said(void **state)
{
    struct two_sides *t = *state;
    struct stage_case *c = t->stages;
    char key[64];

    (void)stage_case_record(&c->a, REFERRAL("12", PERSON, "o22"));
    t->sink_b.answer = answers_500;
    assert_int_equal(stage_case_deliver(&c->a, 0, &c->b).outcome, OUTCOME_RETRY);
    memcpy(key, t->sink_b.last_key, sizeof(key));
    assert_int_equal(fake_log_count(&c->b.log, TOPIC_OUTBOX), 0);
    t->sink_b.answer = NULL;
    assert_int_equal(stage_case_deliver(&c->a, 0, &c->b).outcome, OUTCOME_OK);
    assert_string_equal(t->sink_b.last_key, key);
    assert_int_equal(fake_log_count(&c->b.log, TOPIC_OUTBOX), 1);
}

static void what_their_system_never_accepts_is_a_dead_letter_and_told_to_the_sender(void **state)
{
    struct two_sides *t = *state;
    struct stage_case *c = t->stages;

    (void)stage_case_record(&c->a, REFERRAL("12", PERSON, "o22"));
    t->sink_b.answer = answers_422;
    assert_int_equal(stage_case_deliver(&c->a, 0, &c->b).outcome, OUTCOME_REJECT);
    assert_bytes_text(stage_case_rejection(&c->b, 0).code, "refused_by_system");
    assert_bytes_text(stage_case_rejection(&c->b, 0).detail,
                      "appel 1 : statut 422 : refusé par leur système");
    assert_int_equal(stage_case_rejection(&c->b, 0).stage, STAGE_SINK);
    assert_false(fake_log_contains(&c->b.log, "MARQUE"));
    assert_int_equal(stage_case_event(&c->b, 0).type, EVENT_REJECTION);
    assert_int_equal(stage_case_deliver(&c->b, 0, &c->a).outcome, OUTCOME_OK);
    assert_string_equal(t->sink_a.last, "PATCH /orientations/12");
    assert_non_null(strstr(t->sink_a.last_body, "refused"));
    assert_int_equal(metric_value(c->b.counts.events_ended[EVENT_COUNT_REJECTED]), 1);
}

static void what_is_larger_than_their_limit_is_never_sent_and_told_to_the_sender(void **state)
{
    struct two_sides *t = *state;
    struct stage_case *c = t->stages;

    (void)stage_case_record(&c->a, REFERRAL("12", PERSON, "o22"));
    t->sink_b.payload_most = 20;
    assert_int_equal(stage_case_deliver(&c->a, 0, &c->b).outcome, OUTCOME_REJECT);
    assert_int_equal(t->sink_b.calls, 0);
    assert_bytes_text(stage_case_rejection(&c->b, 0).code, "too_large");
    assert_int_equal(stage_case_deliver(&c->b, 0, &c->a).outcome, OUTCOME_OK);
    assert_non_null(strstr(t->sink_a.last_body, "too_large"));
}

/* An urgent referral, whose first call may not be repeated. */
static void issue_urgent(struct stage_case *c)
{
    struct event event;
    struct buffer value = {0};

    (void)stage_case_record(&c->a, REFERRAL("12", PERSON, "o22"));
    event = stage_case_event(&c->a, 0);
    event.referral.urgency = URGENCY_URGENT;
    wire_encode_event(c->wire, &event, &value);
    for (size_t i = 0; i < c->a.log.count; i++) {
        if (c->a.log.entries[i].topic == TOPIC_OUTBOX)
            c->a.log.entries[i].value = arena_copy(&c->a.arena, buffer_view(&value));
    }
    buffer_deinit(&value);
}

static void an_unsafe_call_of_unknown_outcome_is_left_to_a_person(void **state)
{
    struct two_sides *t = *state;
    struct stage_case *c = t->stages;

    issue_urgent(c);
    t->sink_b.answer = cuts;
    assert_int_equal(stage_case_deliver(&c->a, 0, &c->b).outcome, OUTCOME_RETRY);
    t->sink_b.context = c;
    assert_int_equal(stage_case_deliver(&c->a, 0, &c->b).outcome, OUTCOME_REJECT);
    assert_bytes_text(stage_case_rejection(&c->b, 0).code, "outcome_unknown");
}

/* Stops before every write in turn; then starts anew and delivers again. */
static void a_stop_at_any_write_repeats_no_unsafe_call(void **state)
{
    (void)state;
    for (int stop = 0; stop < 12; stop++) {
        struct two_sides *t = two_sides_new(mapping);
        struct stage_case *c = t->stages;
        enum outcome outcome;
        int first_calls;

        issue_urgent(c);
        c->b.log.fail_after = c->b.log.appends + stop;
        outcome = stage_case_deliver(&c->a, 0, &c->b).outcome;
        first_calls = t->sink_b.calls;
        if (outcome == OUTCOME_OK) {
            two_sides_free(t);
            assert_in_range(stop, 4, 8); /* begun, answer, DELIVERED, memory */
            return;
        }
        stage_case_restart(c, &c->b);
        outcome = stage_case_deliver(&c->a, 0, &c->b).outcome;
        if (stop == 1) { /* begun, called, answer not written: nobody knows */
            assert_int_equal(outcome, OUTCOME_REJECT);
            assert_bytes_text(stage_case_rejection(&c->b, 0).code, "outcome_unknown");
            assert_int_equal(t->sink_b.calls, first_calls);
        } else {
            assert_int_equal(outcome, OUTCOME_OK);
            assert_string_equal(t->sink_b.last, "PUT /urgent/7");
            assert_int_equal(stage_case_event(&c->b, 0).referral.status, REFERRAL_DELIVERED);
        }
        two_sides_free(t);
    }
    fail_msg("never ends");
}

/* Counts the calls that may not be repeated. */
static enum outcome counts_posts(struct fake_sink *sink, const struct delivery_call *call,
                                 int32_t *status, const char **body, bool *maybe_done)
{
    int *posts = sink->context;

    (void)status;
    (void)body;
    (void)maybe_done;
    *posts += strcmp(call->method, "POST") == 0;
    return OUTCOME_OK;
}

/* As the inbox remembers it of all before `next`. */
static void acknowledge(struct stage_side *side, int64_t next)
{
    CLEANUP(buffer_deinit) struct buffer value = {0};
    struct error err = {0};
    int32_t wait_ms;

    pack_int(&value, next);
    assert_int_equal(
        state_set(side->state, STATE_CURSOR, BYTES_LITERAL("inbox"), buffer_view(&value), &err),
        OUTCOME_OK);
    assert_int_equal(side->outbound->ops->tend(side->outbound, true, &wait_ms, &err), OUTCOME_OK);
}

/* All is done and remembered, only the inbox offset is not: an older record still fails, and
 * Kafka offers this one again after the crash. */
static void a_stop_before_the_acknowledgement_repeats_no_unsafe_call(void **state)
{
    struct two_sides *t = *state;
    struct stage_case *c = t->stages;
    int posts = 0;

    issue_urgent(c);
    t->sink_b.answer = counts_posts;
    t->sink_b.context = &posts;
    for (int crash = 0; crash < 3; crash++) {
        assert_int_equal(stage_case_deliver(&c->a, 0, &c->b).outcome, OUTCOME_OK);
        assert_int_equal(posts, 1);
        stage_case_restart(c, &c->b);
    }
    acknowledge(&c->b, 2); /* the last of its positions is 2 */
    assert_int_equal(state_count(c->b.state, STATE_STEP), 1);
    acknowledge(&c->b, 3);
    assert_int_equal(state_count(c->b.state, STATE_STEP), 0);
}

static void a_seal_that_cannot_be_opened_is_answered_and_sealed_anew(void **state)
{
    struct two_sides *t = *state;
    struct stage_case *c = t->stages;
    struct operator_keys keys = c->b.keys;
    struct event first;
    struct event again;

    (void)stage_case_record(&c->a, REFERRAL("12", PERSON, "o22"));
    first = stage_case_event(&c->a, 0);
    memset(c->b.keys.seal_secret, 1, KEY_SIZE);
    memset(c->b.keys.public.seal_key, 1, KEY_SIZE);
    assert_int_equal(stage_case_deliver(&c->a, 0, &c->b).outcome, OUTCOME_REJECT);
    assert_bytes_text(stage_case_rejection(&c->b, 0).code, "contact_unreadable");
    assert_int_equal(stage_case_event(&c->b, 0).referral.status, REFERRAL_CONTACT_UNREADABLE);
    assert_int_equal(stage_case_deliver(&c->b, 0, &c->a).outcome, OUTCOME_OK);
    assert_non_null(strstr(t->sink_a.last_body, "CONTACT_UNREADABLE"));
    c->b.keys = keys;
    (void)stage_case_record(&c->a, REFERRAL("12", PERSON, "o22"));
    again = stage_case_event(&c->a, 1);
    assert_true(uuid_equal(first.envelope.handoff_id, again.envelope.handoff_id));
    assert_false(uuid_equal(first.envelope.event_id, again.envelope.event_id));
    assert_int_equal(stage_case_deliver(&c->a, 1, &c->b).outcome, OUTCOME_OK);
    assert_non_null(strstr(t->sink_b.last_body, "EXEMPLE"));
}

static void a_redirect_takes_the_contact_that_came_with_the_hand_over(void **state)
{
    struct two_sides *t = *state;
    struct stage_case *c = t->stages;
    struct event parent;
    struct event child;
    struct contact contact;
    struct error err = {0};
    char json[256];
    char id[UUID_TEXT_SIZE];
    enum contact_found found = CONTACT_NONE;

    (void)stage_case_record(&c->a, REFERRAL("12", PERSON, "o22"));
    (void)stage_case_deliver(&c->a, 0, &c->b);
    parent = stage_case_event(&c->a, 0);
    (void)snprintf(json, sizeof(json), REFERRAL("99", ",\"parent\":\"%s\"", "o21"),
                   uuid_format(parent.envelope.handoff_id, id));
    assert_int_equal(stage_case_record(&c->b, json).outcome, OUTCOME_OK);
    child = stage_case_event(&c->b, 1);
    assert_int_equal(child.referral.status, REFERRAL_ISSUED);
    assert_true(uuid_equal(child.envelope.parent_handoff_id, parent.envelope.handoff_id));
    assert_true(uuid_equal(child.envelope.thread_id, parent.envelope.thread_id));
    assert_false(uuid_equal(child.envelope.handoff_id, parent.envelope.handoff_id));
    assert_int_equal(contacts_open(&c->a.shared, &child, &c->a.arena, &contact, &found, &err),
                     OUTCOME_OK);
    assert_int_equal(found, CONTACT_OPENED);
    assert_bytes_text(contact.phone, "+33601020304");
}

static void a_redirect_of_what_a_key_signed_that_is_gone_is_contact_missing(void **state)
{
    struct two_sides *t = *state;
    struct stage_case *c = t->stages;
    char json[256];
    char id[UUID_TEXT_SIZE];

    (void)stage_case_record(&c->a, REFERRAL("12", PERSON, "o22"));
    (void)stage_case_deliver(&c->a, 0, &c->b);
    (void)snprintf(json, sizeof(json), REFERRAL("99", ",\"parent\":\"%s\"", "o21"),
                   uuid_format(stage_case_event(&c->a, 0).envelope.handoff_id, id));
    stage_case_renew_keys(c, &c->a);
    assert_int_equal(stage_case_record(&c->b, json).outcome, OUTCOME_OK);
    assert_bytes_text(stage_case_rejection(&c->b, 0).code, "contact_missing");
}

static const char *redirect_of(struct stage_side *side, struct uuid parent)
{
    char id[UUID_TEXT_SIZE];

    return arena_printf(&side->arena, REFERRAL("99", ",\"parent\":\"%s\"", "o21"),
                        uuid_format(parent, id));
}

/* Its inbox lost its end, or was made anew: what stands there is of another person. */
static void a_redirect_takes_no_contact_that_came_with_another_hand_over(void **state)
{
    struct two_sides *t = *state;
    struct stage_case *c = t->stages;

    (void)stage_case_record(&c->a, REFERRAL("12", PERSON, "o22"));
    (void)stage_case_deliver(&c->a, 0, &c->b);
    (void)stage_case_record(&c->a, REFERRAL("13", PERSON, "o22"));
    c->b.inbox[0] = fake_log_at(&c->a.log, TOPIC_OUTBOX, 1)->value;
    (void)stage_case_record(&c->b,
                            redirect_of(&c->b, stage_case_event(&c->a, 0).envelope.handoff_id));
    assert_int_equal(fake_log_count(&c->b.log, TOPIC_OUTBOX), 1); /* DELIVERED */
    assert_bytes_text(stage_case_rejection(&c->b, 0).code, "contact_missing");
}

static void a_redirect_takes_no_contact_of_what_is_no_issue(void **state)
{
    struct two_sides *t = *state;
    struct stage_case *c = t->stages;
    struct event event;
    struct buffer value = {0};

    (void)stage_case_record(&c->a, REFERRAL("12", PERSON, "o22"));
    (void)stage_case_deliver(&c->a, 0, &c->b);
    event = stage_case_event(&c->a, 0);
    event.referral.status = REFERRAL_CANCEL_REQUESTED;
    wire_encode_event(c->wire, &event, &value);
    c->b.inbox[0] = buffer_view(&value);
    (void)stage_case_record(&c->b, redirect_of(&c->b, event.envelope.handoff_id));
    assert_int_equal(fake_log_count(&c->b.log, TOPIC_OUTBOX), 1); /* DELIVERED */
    assert_bytes_text(stage_case_rejection(&c->b, 0).code, "contact_missing");
    buffer_deinit(&value);
}

static struct record first_of_inbox(const struct stage_side *side)
{
    return (struct record){.body = side->inbox[0], .order_key = BYTES_LITERAL("handoff")};
}

static void what_was_parked_is_tried_for_72_hours_and_then_told(void **state)
{
    struct two_sides *t = *state;
    struct stage_case *c = t->stages;
    struct attempts attempts = {.tries = 10};
    struct record record;
    struct error err = {0};
    int32_t wait_ms;

    (void)stage_case_record(&c->a, REFERRAL("12", PERSON, "o22"));
    t->sink_b.answer = answers_500;
    (void)stage_case_deliver(&c->a, 0, &c->b);
    record = first_of_inbox(&c->b);
    assert_int_equal(c->b.outbound->ops->park(c->b.outbound, &record, &attempts, &err), OUTCOME_OK);
    stage_case_restart(c, &c->b);
    assert_true(c->b.outbound->ops->is_parked(c->b.outbound, &record));
    for (int hour = 0; hour < 71; hour++) {
        assert_int_equal(c->b.outbound->ops->tend(c->b.outbound, true, &wait_ms, &err), OUTCOME_OK);
        clock_manual_advance(c->clock, 3600 * US_PER_SECOND);
    }
    assert_in_range(t->sink_b.calls, 30, 120);
    assert_int_equal(fake_log_count(&c->b.log, TOPIC_REJECTED), 0);
    clock_manual_advance(c->clock, 2 * 3600 * US_PER_SECOND);
    assert_int_equal(c->b.outbound->ops->tend(c->b.outbound, true, &wait_ms, &err), OUTCOME_OK);
    assert_bytes_text(stage_case_rejection(&c->b, 0).code, "retries_exhausted");
    assert_int_equal(stage_case_event(&c->b, 0).type, EVENT_REJECTION);
    assert_false(c->b.outbound->ops->is_parked(c->b.outbound, &record));
    assert_int_equal(metric_value(c->b.counts.events_pending), 0);
}

static void tend_for_hours(struct stage_case *c, int hours)
{
    struct error err = {0};
    int32_t wait_ms;

    for (int i = 0; i < hours; i++) {
        clock_manual_advance(c->clock, 3600 * US_PER_SECOND);
        (void)!c->b.outbound->ops->tend(c->b.outbound, true, &wait_ms, &err);
    }
}

static enum outcome puts_off_the_second(struct fake_sink *sink, const struct delivery_call *call,
                                        int32_t *status, const char **body, bool *maybe_done)
{
    int *posts = sink->context;

    (void)body;
    (void)maybe_done;
    *posts += strcmp(call->method, "POST") == 0;
    *status = strcmp(call->method, "POST") == 0 ? 201 : 503;
    return OUTCOME_OK;
}

/* Their system took the first call, and says no to the whole all the same. */
static void what_fails_at_its_second_call_is_given_up_in_its_time(void **state)
{
    struct two_sides *t = *state;
    struct stage_case *c = t->stages;
    struct attempts attempts = {.tries = 10};
    struct record record;
    struct error err = {0};
    int posts = 0;

    issue_urgent(c);
    t->sink_b.answer = puts_off_the_second;
    t->sink_b.context = &posts;
    assert_int_equal(stage_case_deliver(&c->a, 0, &c->b).outcome, OUTCOME_RETRY);
    record = first_of_inbox(&c->b);
    assert_int_equal(c->b.outbound->ops->park(c->b.outbound, &record, &attempts, &err), OUTCOME_OK);
    tend_for_hours(c, 71);
    assert_int_equal(fake_log_count(&c->b.log, TOPIC_REJECTED), 0);
    tend_for_hours(c, 2);
    assert_bytes_text(stage_case_rejection(&c->b, 0).code, "retries_exhausted");
    assert_int_equal(posts, 1);
}

/* A link may be about to be written; and without any the mapping has no address. */
static void an_event_of_an_unknown_hand_over_waits_a_little(void **state)
{
    struct two_sides *t = *state;
    struct stage_case *c = t->stages;
    struct result result;

    (void)stage_case_record(&c->a, REFERRAL("12", PERSON, "o22"));
    (void)stage_case_deliver(&c->a, 0, &c->b);
    c->a.log.count = 0; /* as if its memory were not written yet */
    stage_case_restart(c, &c->a);
    result = stage_case_deliver(&c->b, 0, &c->a);
    assert_int_equal(result.outcome, OUTCOME_RETRY);
    assert_true(result.waits);
    (void)stage_case_record(&c->a, REFERRAL("12", PERSON, "o22"));
    assert_int_equal(stage_case_deliver(&c->b, 0, &c->a).outcome, OUTCOME_OK);
    assert_string_equal(t->sink_a.last, "PATCH /orientations/12");
}

/* Parked, then a crash before the inbox offset is committed: it is offered and parked again. */
static void what_is_parked_twice_is_one_delivery_and_holds_up_nobody(void **state)
{
    struct two_sides *t = *state;
    struct stage_case *c = t->stages;
    struct attempts attempts = {.tries = 10};
    struct record first;
    struct record other;
    struct error err = {0};
    int32_t wait_ms;

    (void)stage_case_record(&c->a, REFERRAL("12", PERSON, "o22"));
    t->sink_b.answer = answers_500;
    (void)stage_case_deliver(&c->a, 0, &c->b);
    first = first_of_inbox(&c->b);
    other = first;
    other.order_key = BYTES_LITERAL("other");
    other.position = 1;
    assert_int_equal(c->b.outbound->ops->park(c->b.outbound, &first, &attempts, &err), OUTCOME_OK);
    assert_int_equal(c->b.outbound->ops->park(c->b.outbound, &other, &attempts, &err), OUTCOME_OK);
    stage_case_restart(c, &c->b);
    assert_int_equal(c->b.outbound->ops->park(c->b.outbound, &first, &attempts, &err), OUTCOME_OK);
    assert_int_equal(metric_value(c->b.counts.events_pending), 2);
    t->sink_b.answer = NULL;
    for (int i = 0; i < 5; i++) {
        clock_manual_advance(c->clock, 60 * US_PER_SECOND);
        assert_int_equal(c->b.outbound->ops->tend(c->b.outbound, true, &wait_ms, &err), OUTCOME_OK);
    }
    assert_int_equal(metric_value(c->b.counts.events_pending), 0);
    assert_false(c->b.outbound->ops->is_parked(c->b.outbound, &first));
    assert_false(c->b.outbound->ops->is_parked(c->b.outbound, &other));
}

/* Parked, made at last, and stopped before every write in turn: it is offered from its lane again,
 * long after the inbox has left it behind. */
static void a_stop_at_any_write_of_a_parked_delivery_repeats_no_unsafe_call(void **state)
{
    struct attempts attempts = {.tries = 10};
    bool crashed = true;

    (void)state;
    for (int stop = 0; crashed; stop++) {
        struct two_sides *t = two_sides_new(mapping);
        struct stage_case *c = t->stages;
        struct record record;
        struct error err = {0};
        int posts = 0;

        issue_urgent(c);
        t->sink_b.answer = cuts;
        assert_int_equal(stage_case_deliver(&c->a, 0, &c->b).outcome, OUTCOME_RETRY);
        record = first_of_inbox(&c->b);
        assert_int_equal(c->b.outbound->ops->park(c->b.outbound, &record, &attempts, &err),
                         OUTCOME_OK);
        t->sink_b.answer = counts_posts;
        t->sink_b.context = &posts;
        acknowledge(&c->b, 1);
        c->b.log.fail_after = c->b.log.appends + stop;
        tend_for_hours(c, 3);
        crashed = c->b.log.appends > c->b.log.fail_after;
        stage_case_restart(c, &c->b);
        tend_for_hours(c, 3);
        assert_int_equal(posts, 1);
        assert_false(c->b.outbound->ops->is_parked(c->b.outbound, &record));
        if (fake_log_count(&c->b.log, TOPIC_REJECTED) == 0)
            assert_int_equal(state_count(c->b.state, STATE_STEP), 0);
        two_sides_free(t);
        assert_in_range(stop, 0, 20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_referral_is_delivered_and_its_issuer_hears_of_it, set_up,
                                        two_sides_teardown),
        cmocka_unit_test_setup_teardown(
            a_failing_system_gets_the_same_call_again_and_no_delivered_is_said, set_up,
            two_sides_teardown),
        cmocka_unit_test_setup_teardown(
            what_their_system_never_accepts_is_a_dead_letter_and_told_to_the_sender, set_up,
            two_sides_teardown),
        cmocka_unit_test_setup_teardown(
            what_is_larger_than_their_limit_is_never_sent_and_told_to_the_sender, set_up,
            two_sides_teardown),
        cmocka_unit_test_setup_teardown(an_unsafe_call_of_unknown_outcome_is_left_to_a_person,
                                        set_up, two_sides_teardown),
        cmocka_unit_test(a_stop_at_any_write_repeats_no_unsafe_call),
        cmocka_unit_test_setup_teardown(a_stop_before_the_acknowledgement_repeats_no_unsafe_call,
                                        set_up, two_sides_teardown),
        cmocka_unit_test_setup_teardown(a_seal_that_cannot_be_opened_is_answered_and_sealed_anew,
                                        set_up, two_sides_teardown),
        cmocka_unit_test_setup_teardown(a_redirect_takes_the_contact_that_came_with_the_hand_over,
                                        set_up, two_sides_teardown),
        cmocka_unit_test_setup_teardown(
            a_redirect_of_what_a_key_signed_that_is_gone_is_contact_missing, set_up,
            two_sides_teardown),
        cmocka_unit_test_setup_teardown(
            a_redirect_takes_no_contact_that_came_with_another_hand_over, set_up,
            two_sides_teardown),
        cmocka_unit_test_setup_teardown(a_redirect_takes_no_contact_of_what_is_no_issue, set_up,
                                        two_sides_teardown),
        cmocka_unit_test_setup_teardown(an_event_of_an_unknown_hand_over_waits_a_little, set_up,
                                        two_sides_teardown),
        cmocka_unit_test_setup_teardown(what_was_parked_is_tried_for_72_hours_and_then_told, set_up,
                                        two_sides_teardown),
        cmocka_unit_test_setup_teardown(what_fails_at_its_second_call_is_given_up_in_its_time,
                                        set_up, two_sides_teardown),
        cmocka_unit_test(a_stop_at_any_write_of_a_parked_delivery_repeats_no_unsafe_call),
        cmocka_unit_test_setup_teardown(what_is_parked_twice_is_one_delivery_and_holds_up_nobody,
                                        set_up, two_sides_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
