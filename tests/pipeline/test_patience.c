/* SPDX-License-Identifier: Apache-2.0
 *
 * What waits for something, or is kept until it can be written: it goes on when that comes, and
 * ends when it never does.
 */
#include "tests/support/test.h"

#include <stdio.h>

#include "connectors/calls.h"
#include "connectors/echoes.h"
#include "connectors/memory/links.h"
#include "connectors/waiting.h"
#include "tests/support/fake_sink.h"
#include "tests/support/stage_case.h"

static const char mapping[] = "times: { formats: [\"%Y-%m-%d %H:%M:%S %z\"], zone: Europe/Paris }\n"
                              "unknown_fields: count\n"
                              "records:\n"
                              "  - name: orientation\n"
                              "    each: $.all\n"
                              "    emit: referral\n"
                              "    entity: orientation \"/\" @.id\n"
                              "    version: \"@.at | datetime\"\n"
                              "    handoff: own\n"
                              "    fields:\n"
                              "      status: \"@.status | code(status)\"\n"
                              "      to_operator: o22\n"
                              "      synthesis_at: \"@.at | datetime\"\n"
                              "    contact:\n"
                              "      birth_name: EXEMPLE\n"
                              "      note: \"@.note\"\n"
                              "      phone: \"+33601020304\"\n"
                              "  - name: answer\n"
                              "    when: present($.ref)\n"
                              "    emit: referral\n"
                              "    entity: dossier \"/\" $.id\n"
                              "    version: $.at | datetime\n"
                              "    handoff: given($.ref)\n"
                              "    fields:\n"
                              "      status: ACCEPTED\n"
                              "codes: { status: { sent: ISSUED, back: CANCEL_REQUESTED } }\n"
                              "deliver:\n"
                              "  - name: opened\n"
                              "    on: referral.ISSUED\n"
                              "    calls:\n"
                              "      - name: first\n"
                              "        request: POST /dossiers\n"
                              "        safety: unsafe\n"
                              "        body: { ref: handoff_id }\n"
                              "        remember: { dossier: $.dossier.id }\n"
                              "        receiver_ref: $.dossier.id\n"
                              "  - name: refused\n"
                              "    on: refused\n"
                              "    request: PATCH /orientations/{link.own}\n"
                              "    safety: idempotent\n"
                              "    body: { state: refused, why: event.code }\n"
                              "  - name: others\n"
                              "    on: [referral, appointment, closure, notice]\n"
                              "    skip: not in this test\n";

#define AT "\"at\":\"2026-03-02 09:13:01 +0100\",\"status\":\"sent\""
#define TAKEN_BACK "{\"all\":[{\"id\":1,\"at\":\"2026-03-02 09:14:01 +0100\",\"status\":\"back\"}]}"
#define ONE "{\"all\":[{\"id\":1," AT "}]}"
#define UNKNOWN_REF "01234567-89ab-8def-8123-456789abcdef"
#define ANSWER "{\"id\":7,\"ref\":\"" UNKNOWN_REF "\"," AT "}"

/* Their end counts what it was asked; Kafka goes away while it answers, if told so. */
struct far {
    struct stage_side *side;
    int posts;
    int status; /* 0: 201 */
    bool kafka_goes;
};

static enum outcome answer(struct fake_sink *sink, const struct delivery_call *call,
                           int32_t *status, const char **body, bool *maybe_done)
{
    struct far *far = sink->context;

    (void)body;
    (void)maybe_done;
    far->posts += strcmp(call->method, "POST") == 0;
    if (far->status)
        *status = far->status;
    if (far->kafka_goes)
        far->side->log.fail_next = 1000;
    return OUTCOME_OK;
}

static struct stage_case *two_sides(struct fake_sink *a, struct fake_sink *b, struct far *far)
{
    struct stage_case *c;

    fake_sink_init(a, NULL);
    fake_sink_init(b, answer);
    b->context = far;
    c = stage_case_new(mapping, &a->connector, &b->connector);
    far->side = &c->b;
    return c;
}

/* ---- An answer that could not be written -------------------------------------------------- */

static void an_answer_that_kafka_did_not_take_is_known_to_this_process(void **state)
{
    struct fake_sink a;
    struct fake_sink b;
    struct far far = {.kafka_goes = true};
    struct stage_case *c = two_sides(&a, &b, &far);

    (void)state;
    (void)stage_case_record(&c->a, ONE);
    assert_int_equal(stage_case_deliver(&c->a, 0, &c->b).outcome, OUTCOME_RETRY);
    assert_int_equal(stage_case_deliver(&c->a, 0, &c->b).outcome, OUTCOME_RETRY);
    assert_int_equal(far.posts, 1);
    c->b.log.fail_next = 0; /* Kafka is back */
    assert_int_equal(stage_case_deliver(&c->a, 0, &c->b).outcome, OUTCOME_OK);
    assert_int_equal(far.posts, 1);
    assert_int_equal(stage_case_event(&c->b, 0).referral.status, REFERRAL_DELIVERED);
    assert_int_equal(fake_log_count(&c->b.log, TOPIC_REJECTED), 0);
    stage_case_free(c);
}

/* The same, but the process ends before Kafka is back: then nobody knows any more. */
static void after_a_stop_only_begun_is_known(void **state)
{
    struct fake_sink a;
    struct fake_sink b;
    struct far far = {.kafka_goes = true};
    struct stage_case *c = two_sides(&a, &b, &far);

    (void)state;
    (void)stage_case_record(&c->a, ONE);
    assert_int_equal(stage_case_deliver(&c->a, 0, &c->b).outcome, OUTCOME_RETRY);
    c->b.log.fail_next = 0;
    stage_case_restart(c, &c->b);
    assert_int_equal(stage_case_deliver(&c->a, 0, &c->b).outcome, OUTCOME_REJECT);
    assert_bytes_text(stage_case_rejection(&c->b, 0).code, "outcome_unknown");
    assert_int_equal(far.posts, 1);
    stage_case_free(c);
}

/* Told "later" while Kafka is away: nothing was done, so it is asked again, not a person. */
static void a_call_that_was_put_off_is_made_again_when_kafka_is_back(void **state)
{
    struct fake_sink a;
    struct fake_sink b;
    struct far far = {.kafka_goes = true, .status = 503};
    struct stage_case *c = two_sides(&a, &b, &far);

    (void)state;
    (void)stage_case_record(&c->a, ONE);
    assert_int_equal(stage_case_deliver(&c->a, 0, &c->b).outcome, OUTCOME_RETRY);
    far = (struct far){.side = &c->b, .posts = far.posts};
    assert_int_equal(stage_case_deliver(&c->a, 0, &c->b).outcome, OUTCOME_RETRY);
    assert_int_equal(far.posts, 1);
    c->b.log.fail_next = 0;
    assert_int_equal(stage_case_deliver(&c->a, 0, &c->b).outcome, OUTCOME_OK);
    assert_int_equal(far.posts, 2);
    stage_case_free(c);
}

/* ---- A directory that lags ----------------------------------------------------------------- */

static struct directory *none(void *context)
{
    return directory_ref(context);
}

static struct result deliver_after(struct stage_case *c, int32_t tries)
{
    struct record record = {.body = fake_log_at(&c->a.log, TOPIC_OUTBOX, 0)->value,
                            .order_key = BYTES_LITERAL("order"),
                            .tries = tries};
    struct record *records[1] = {&record};
    struct result result = {0};
    struct error err = {0};

    assert_int_equal(c->b.outbound->ops->push(c->b.outbound, records, 1, &result, &err),
                     OUTCOME_OK);
    return result;
}

static void a_directory_that_lags_behind_a_senders_key_is_waited_for(void **state)
{
    struct fake_sink a;
    struct fake_sink b;
    struct far far = {0};
    struct stage_case *c = two_sides(&a, &b, &far);
    struct directory *empty = directory_new(NULL, 0);
    struct result result;

    (void)state;
    (void)stage_case_record(&c->a, ONE);
    c->b.shared.directory_context = empty;
    c->b.shared.directory = none;
    for (int32_t tries = 0; tries < 8; tries++) {
        result = deliver_after(c, tries);
        assert_int_equal(result.outcome, OUTCOME_RETRY);
        assert_true(result.waits); /* says nothing of their system */
    }
    result = deliver_after(c, 8);
    assert_int_equal(result.outcome, OUTCOME_REJECT);
    assert_string_equal(result.code, "contact_unreadable");
    assert_int_equal(far.posts, 0);
    c->b.shared.directory_context = c->directory; /* it has caught up */
    assert_int_equal(deliver_after(c, 3).outcome, OUTCOME_OK);
    assert_int_equal(far.posts, 1);
    directory_unref(empty);
    stage_case_free(c);
}

/* ---- A source that is gone ------------------------------------------------------------------ */

static void put_waiting(struct stage_side *side, const char *source, const char *json)
{
    struct record record = {.body = bytes_of_text(json),
                            .observed_at = clock_wall_us(side->shared.clock)};
    struct waiting *waiting = waiting_new(&side->shared, source);
    struct state_change *change = state_begin(side->state);
    struct error err = {0};

    waiting_put(waiting, change, &record, 0);
    assert_int_equal(state_commit(change, &err), OUTCOME_OK);
    waiting_free(waiting);
    counts_items_restored(&side->counts, 1);
}

static void what_waits_of_a_source_that_is_gone_ends_and_says_so(void **state)
{
    struct fake_sink a;
    struct fake_sink b;
    struct far far = {0};
    struct stage_case *c = two_sides(&a, &b, &far);

    (void)state;
    put_waiting(&c->a, "renamed-1", ANSWER);
    stage_case_tend(&c->a);
    assert_int_equal(metric_value(c->a.counts.items_pending), 1);
    clock_manual_advance(c->clock, 601 * US_PER_SECOND);
    stage_case_tend(&c->a);
    assert_int_equal(metric_value(c->a.counts.items_pending), 0);
    assert_int_equal(state_count(c->a.state, STATE_MATCH_WAIT), 0);
    assert_bytes_text(stage_case_rejection(&c->a, 0).code, "unknown_handoff");
    assert_non_null(strstr(arena_text(&c->a.arena, stage_case_rejection(&c->a, 0).detail),
                           "no longer configured"));
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

static void a_connector_without_any_source_ends_them_too(void **state)
{
    struct fake_sink a;
    struct fake_sink b;
    struct far far = {0};
    struct stage_case *c = two_sides(&a, &b, &far);
    struct stage *alone;
    struct error err = {0};
    int32_t wait_ms = 0;

    (void)state;
    put_waiting(&c->b, "webhook-1", ANSWER);
    c->b.shared.source_count = 0;
    alone = outbound_new(&c->b.shared, &b.connector, &c->b.log.durable);
    assert_int_equal(alone->ops->tend(alone, true, &wait_ms, &err), OUTCOME_OK);
    clock_manual_advance(c->clock, 601 * US_PER_SECOND);
    assert_int_equal(alone->ops->tend(alone, true, &wait_ms, &err), OUTCOME_OK);
    assert_int_equal(state_count(c->b.state, STATE_MATCH_WAIT), 0);
    assert_bytes_text(stage_case_rejection(&c->b, 0).code, "unknown_handoff");
    outbound_free(alone);
    stage_case_free(c);
}

/* ---- Taken back before it was seen to be sent -------------------------------------------------
 */

static void what_overtakes_its_issue_waits_for_it(void **state)
{
    struct fake_sink a;
    struct fake_sink b;
    struct far far = {0};
    struct stage_case *c = two_sides(&a, &b, &far);

    (void)state;
    assert_int_equal(stage_case_record(&c->a, TAKEN_BACK).outcome, OUTCOME_OK);
    stage_case_tend(&c->a);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 0);
    (void)stage_case_record(&c->a, ONE); /* its webhook is sent again */
    stage_case_tend(&c->a);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 2);
    assert_int_equal(stage_case_event(&c->a, 0).referral.status, REFERRAL_ISSUED);
    assert_int_equal(stage_case_event(&c->a, 1).referral.status, REFERRAL_CANCEL_REQUESTED);
    assert_true(uuid_equal(stage_case_event(&c->a, 0).envelope.handoff_id,
                           stage_case_event(&c->a, 1).envelope.handoff_id));
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_REJECTED), 0);
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

static void tend_as(struct stage_side *side, bool works, enum outcome expected)
{
    struct error err = {0};
    int32_t wait_ms = 0;

    assert_int_equal(side->inbound->ops->tend(side->inbound, works, &wait_ms, &err), expected);
}

/* Neither could the link be written that it waits for. */
static void the_time_without_kafka_does_not_count(void **state)
{
    struct fake_sink a;
    struct fake_sink b;
    struct far far = {0};
    struct stage_case *c = two_sides(&a, &b, &far);

    (void)state;
    (void)stage_case_record(&c->a, TAKEN_BACK);
    tend_as(&c->a, true, OUTCOME_OK);
    clock_manual_advance(c->clock, 601 * US_PER_SECOND);
    tend_as(&c->a, false, OUTCOME_OK);
    clock_manual_advance(c->clock, 599 * US_PER_SECOND);
    tend_as(&c->a, true, OUTCOME_OK);
    (void)stage_case_record(&c->a, ONE);
    tend_as(&c->a, true, OUTCOME_OK);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 2);
    assert_int_equal(stage_case_event(&c->a, 1).referral.status, REFERRAL_CANCEL_REQUESTED);
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

static void what_cannot_be_given_up_for_want_of_kafka_waits_anew(void **state)
{
    struct fake_sink a;
    struct fake_sink b;
    struct far far = {0};
    struct stage_case *c = two_sides(&a, &b, &far);

    (void)state;
    (void)stage_case_record(&c->a, TAKEN_BACK);
    tend_as(&c->a, true, OUTCOME_OK);
    clock_manual_advance(c->clock, 601 * US_PER_SECOND);
    c->a.log.fail_next = 1;
    tend_as(&c->a, true, OUTCOME_RETRY);
    tend_as(&c->a, true, OUTCOME_OK);
    (void)stage_case_record(&c->a, ONE);
    tend_as(&c->a, true, OUTCOME_OK);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 2);
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

static void what_was_never_seen_to_be_sent_was_never_handed_over(void **state)
{
    struct fake_sink a;
    struct fake_sink b;
    struct far far = {0};
    struct stage_case *c = two_sides(&a, &b, &far);

    (void)state;
    (void)stage_case_record(&c->a, TAKEN_BACK);
    stage_case_tend(&c->a);
    clock_manual_advance(c->clock, 601 * US_PER_SECOND);
    stage_case_tend(&c->a);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 0);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_REJECTED), 0);
    assert_int_equal(metric_value(c->a.counts.items_ended[ITEM_COUNT_NO_HANDOFF]), 1);
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

/* A refusal is written into their record, which then comes again though it says nothing new: that
 * is an echo, and nothing is asked of the broker again. */
static void a_refusal_written_to_a_system_that_reports_every_write_ends(void **state)
{
    struct fake_sink a;
    struct fake_sink b;
    struct far far = {0};
    struct stage_case *c = two_sides(&a, &b, &far);
    size_t sent = 0;

    (void)state;
    for (int round = 0; round < 10; round++) {
        struct event issued;
        struct event refused = {.type = EVENT_REJECTION};
        struct buffer value = {0};

        (void)stage_case_record(&c->a, ONE); /* as they report our write */
        if (fake_log_count(&c->a.log, TOPIC_OUTBOX) == sent)
            break;
        sent = fake_log_count(&c->a.log, TOPIC_OUTBOX);
        issued = stage_case_event(&c->a, sent - 1);
        record_init(&rejection_table, &refused.rejection);
        refused.envelope = issued.envelope;
        refused.envelope.sealed = NULL;
        refused.envelope.sealed_for = BYTES_NONE;
        refused.envelope.cause = issued.envelope.event_id;
        refused.rejection.stage = STAGE_BROKER;
        refused.rejection.code = BYTES_LITERAL("unknown_handoff");
        refused.rejection.event_type = BYTES_LITERAL("Referral");
        refused.rejection.status = BYTES_LITERAL("ISSUED");
        wire_encode_event(c->wire, &refused, &value);
        assert_int_equal(stage_case_push(&c->a, c->a.outbound, buffer_view(&value), round).outcome,
                         OUTCOME_OK);
        assert_non_null(strstr(a.last, "PATCH /orientations/"));
        buffer_deinit(&value);
    }
    assert_int_equal(sent, 1);
    assert_int_equal(metric_value(c->a.counts.items_ended[ITEM_COUNT_ECHO]), 1);
    stage_case_free(c);
}

/* ---- Forgetting ------------------------------------------------------------------------------ */

static void end_handoff(struct stage_side *side, struct uuid handoff_id)
{
    struct state_change *change = state_begin(side->state);
    struct error err = {0};

    links_end(change, handoff_id, clock_wall_us(side->shared.clock), &side->arena);
    assert_int_equal(state_commit(change, &err), OUTCOME_OK);
}

static size_t remembered(const struct stage_side *side)
{
    size_t count = 0;

    for (int kind = 0; kind < STATE_KIND_COUNT; kind++)
        count += state_count(side->state, (enum state_kind)kind);
    return count;
}

static void pass(struct stage_case *c, int64_t days)
{
    clock_manual_advance(c->clock, days * US_PER_DAY);
    for (int turn = 0; turn < 3; turn++) {
        clock_manual_advance(c->clock, US_PER_SECOND);
        stage_case_tend(&c->a);
    }
}

/* One that has ended lives 90 days more, an open one 400; each takes its links and echoes along,
 * and what was forgotten is not there after a restart either. */
static void a_hand_over_is_forgotten_some_time_after_its_end(void **state)
{
    struct fake_sink a;
    struct fake_sink b;
    struct far far = {0};
    struct stage_case *c = two_sides(&a, &b, &far);
    struct known_handoff known;
    struct uuid ended;
    struct uuid open;

    (void)state;
    (void)stage_case_record(&c->a, "{\"all\":[{\"id\":1," AT "},{\"id\":2," AT "}]}");
    ended = stage_case_event(&c->a, 0).envelope.handoff_id;
    open = stage_case_event(&c->a, 1).envelope.handoff_id;
    end_handoff(&c->a, ended);
    pass(c, STATE_ENDED_DAYS);
    assert_true(links_handoff(c->a.state, ended, &c->a.arena, &known));
    pass(c, 1);
    assert_false(links_handoff(c->a.state, ended, &c->a.arena, &known));
    assert_true(links_handoff(c->a.state, open, &c->a.arena, &known));
    assert_int_equal(state_count(c->a.state, STATE_LINK), 1);
    stage_case_restart(c, &c->a);
    assert_false(links_handoff(c->a.state, ended, &c->a.arena, &known));
    assert_true(links_handoff(c->a.state, open, &c->a.arena, &known));
    pass(c, STATE_OPEN_DAYS);
    assert_int_equal(remembered(&c->a), 0);
    stage_case_free(c);
}

static void while_kafka_is_away_nothing_is_forgotten(void **state)
{
    struct fake_sink a;
    struct fake_sink b;
    struct far far = {0};
    struct stage_case *c = two_sides(&a, &b, &far);
    struct error err = {0};
    int32_t wait_ms = 0;
    size_t before;

    (void)state;
    (void)stage_case_record(&c->a, ONE);
    before = remembered(&c->a);
    assert_int_equal(before, 3); /* the hand-over, its link, what was sent */
    clock_manual_advance(c->clock, 2 * STATE_OPEN_DAYS * US_PER_DAY);
    c->a.log.fail_next = 1;
    assert_int_equal(c->a.inbound->ops->tend(c->a.inbound, true, &wait_ms, &err), OUTCOME_RETRY);
    assert_int_equal(remembered(&c->a), before);
    pass(c, 0);
    assert_int_equal(remembered(&c->a), 0);
    stage_case_free(c);
}

/* The step of a delivery that a person has to decide about is not kept for ever. */
static void a_step_of_a_dead_letter_lives_as_long_as_that(void **state)
{
    struct fake_sink a;
    struct fake_sink b;
    struct far far = {.kafka_goes = true};
    struct stage_case *c = two_sides(&a, &b, &far);

    (void)state;
    (void)stage_case_record(&c->a, ONE);
    assert_int_equal(stage_case_deliver(&c->a, 0, &c->b).outcome, OUTCOME_RETRY);
    c->b.log.fail_next = 0;
    stage_case_restart(c, &c->b);
    assert_int_equal(stage_case_deliver(&c->a, 0, &c->b).outcome, OUTCOME_REJECT);
    clock_manual_advance(c->clock, STATE_STEP_DAYS * US_PER_DAY);
    stage_case_tend(&c->b);
    assert_int_equal(state_count(c->b.state, STATE_STEP), 1);
    clock_manual_advance(c->clock, US_PER_DAY);
    stage_case_tend(&c->b);
    assert_int_equal(state_count(c->b.state, STATE_STEP), 0);
    stage_case_free(c);
}

/* Sizes that come from outside: what waits is bounded in bytes too. */
static void what_waits_is_bounded_in_bytes(void **state)
{
    struct fake_sink a;
    struct fake_sink b;
    struct far far = {0};
    struct stage_case *c = two_sides(&a, &b, &far);
    struct bytes large = bytes_of(arena_alloc(&c->a.arena, (size_t)1 << 20), (size_t)1 << 20);
    struct error err = {0};

    (void)state;
    memset((void *)(uintptr_t)large.data, 'x', large.len);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(stage_case_record(&c->a, ANSWER).outcome, OUTCOME_OK);
        assert_int_equal(state_set(c->a.state, STATE_MATCH_WAIT,
                                   bytes_of_text(arena_printf(&c->a.arena, "test\x1f%d", i)), large,
                                   &err),
                         OUTCOME_OK);
    }
    assert_int_equal(stage_case_record(&c->a, ANSWER).outcome, OUTCOME_RETRY);
    stage_case_free(c);
}

/* ---- An event that Kafka never takes --------------------------------------------------------- */

static void an_item_too_large_for_kafka_is_a_dead_letter_of_its_own(void **state)
{
    struct fake_sink a;
    struct fake_sink b;
    struct far far = {0};
    struct stage_case *c = two_sides(&a, &b, &far);
    struct buffer json = {0};

    (void)state;
    buffer_append_text(&json, "{\"all\":[{\"id\":1," AT "},{\"id\":2," AT ",\"note\":\"");
    while (json.len < 1900)
        buffer_append_text(&json, "MARQUE ");
    buffer_append_text(&json, "\"},{\"id\":3," AT "}]}");
    c->a.log.most_bytes = 1800;
    assert_int_equal(stage_case_push(&c->a, c->a.inbound, buffer_view(&json), 0).outcome,
                     OUTCOME_OK);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 2);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_REJECTED), 1);
    assert_bytes_text(stage_case_rejection(&c->a, 0).code, "too_large");
    assert_int_equal(metric_value(c->a.counts.items_ended[ITEM_COUNT_ACKNOWLEDGED]), 2);
    assert_int_equal(metric_value(c->a.counts.items_ended[ITEM_COUNT_REJECTED]), 1);
    stage_case_assert_conserved(&c->a);
    buffer_deinit(&json);
    stage_case_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_that_kafka_did_not_take_is_known_to_this_process),
        cmocka_unit_test(after_a_stop_only_begun_is_known),
        cmocka_unit_test(a_call_that_was_put_off_is_made_again_when_kafka_is_back),
        cmocka_unit_test(a_directory_that_lags_behind_a_senders_key_is_waited_for),
        cmocka_unit_test(what_waits_of_a_source_that_is_gone_ends_and_says_so),
        cmocka_unit_test(a_connector_without_any_source_ends_them_too),
        cmocka_unit_test(what_overtakes_its_issue_waits_for_it),
        cmocka_unit_test(the_time_without_kafka_does_not_count),
        cmocka_unit_test(what_cannot_be_given_up_for_want_of_kafka_waits_anew),
        cmocka_unit_test(what_was_never_seen_to_be_sent_was_never_handed_over),
        cmocka_unit_test(a_refusal_written_to_a_system_that_reports_every_write_ends),
        cmocka_unit_test(a_hand_over_is_forgotten_some_time_after_its_end),
        cmocka_unit_test(while_kafka_is_away_nothing_is_forgotten),
        cmocka_unit_test(a_step_of_a_dead_letter_lives_as_long_as_that),
        cmocka_unit_test(what_waits_is_bounded_in_bytes),
        cmocka_unit_test(an_item_too_large_for_kafka_is_a_dead_letter_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
