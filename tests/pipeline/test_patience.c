/* SPDX-License-Identifier: Apache-2.0
 *
 * What waits for something, or is kept until it can be written: it goes on when that comes, and
 * ends when it never does.
 */
#include "tests/support/test.h"

#include "connectors/pipeline.h"
#include "connectors/waiting.h"
#include "tests/support/two_sides.h"

/* ---- An answer that could not be written -------------------------------------------------- */

static void an_answer_that_kafka_did_not_take_is_known_to_this_process(void **state)
{
    struct two_sides *t = *state;
    struct stage_case *c = t->stages;

    t->far.kafka_goes = true;
    (void)stage_case_record(&c->a, TWO_SIDES_ONE);
    assert_int_equal(stage_case_deliver(&c->a, 0, &c->b).outcome, OUTCOME_RETRY);
    assert_int_equal(stage_case_deliver(&c->a, 0, &c->b).outcome, OUTCOME_RETRY);
    assert_int_equal(t->far.posts, 1);
    c->b.log.fail_next = 0; /* Kafka is back */
    assert_int_equal(stage_case_deliver(&c->a, 0, &c->b).outcome, OUTCOME_OK);
    assert_int_equal(t->far.posts, 1);
    assert_int_equal(stage_case_event(&c->b, 0).referral.status, REFERRAL_DELIVERED);
    assert_int_equal(fake_log_count(&c->b.log, TOPIC_REJECTED), 0);
}

/* The same, but the process ends before Kafka is back: then nobody knows any more. */
static void after_a_stop_only_begun_is_known(void **state)
{
    struct two_sides *t = *state;
    struct stage_case *c = t->stages;

    two_sides_lose_an_answer(t);
    assert_bytes_text(stage_case_rejection(&c->b, 0).code, "outcome_unknown");
    assert_int_equal(t->far.posts, 1);
}

/* Told "later" while Kafka is away: nothing was done, so it is asked again, not a person. */
static void a_call_that_was_put_off_is_made_again_when_kafka_is_back(void **state)
{
    struct two_sides *t = *state;
    struct stage_case *c = t->stages;

    t->far.kafka_goes = true;
    t->far.status = 503;
    (void)stage_case_record(&c->a, TWO_SIDES_ONE);
    assert_int_equal(stage_case_deliver(&c->a, 0, &c->b).outcome, OUTCOME_RETRY);
    t->far = (struct far){.posts = t->far.posts};
    assert_int_equal(stage_case_deliver(&c->a, 0, &c->b).outcome, OUTCOME_RETRY);
    assert_int_equal(t->far.posts, 1);
    c->b.log.fail_next = 0;
    assert_int_equal(stage_case_deliver(&c->a, 0, &c->b).outcome, OUTCOME_OK);
    assert_int_equal(t->far.posts, 2);
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
    struct two_sides *t = *state;
    struct stage_case *c = t->stages;
    struct directory *empty = directory_new(NULL, 0);
    struct result result;

    (void)stage_case_record(&c->a, TWO_SIDES_ONE);
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
    assert_int_equal(t->far.posts, 0);
    c->b.shared.directory_context = c->directory; /* it has caught up */
    assert_int_equal(deliver_after(c, 3).outcome, OUTCOME_OK);
    assert_int_equal(t->far.posts, 1);
    directory_unref(empty);
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
    struct stage_case *c = ((struct two_sides *)*state)->stages;

    put_waiting(&c->a, "renamed-1", TWO_SIDES_ANSWER);
    stage_case_tend(&c->a);
    assert_int_equal(metric_value(c->a.counts.items_pending), 1);
    clock_manual_advance(c->clock, 601 * US_PER_SECOND);
    stage_case_tend(&c->a);
    assert_int_equal(metric_value(c->a.counts.items_pending), 0);
    assert_int_equal(state_count(c->a.state, STATE_MATCH_WAIT), 0);
    assert_bytes_text(stage_case_rejection(&c->a, 0).code, "unknown_handoff");
    assert_non_null(strstr(arena_text(&c->a.arena, stage_case_rejection(&c->a, 0).detail),
                           "n'est plus dans le fichier"));
    stage_case_assert_conserved(&c->a);
}

static void a_connector_without_any_source_ends_them_too(void **state)
{
    struct two_sides *t = *state;
    struct stage_case *c = t->stages;
    struct stage *alone;
    struct error err = {0};
    int32_t wait_ms = 0;

    put_waiting(&c->b, "webhook-1", TWO_SIDES_ANSWER);
    c->b.shared.source_count = 0;
    alone = outbound_new(&c->b.shared, &t->sink_b.connector, &c->b.log.durable);
    assert_int_equal(alone->ops->tend(alone, true, &wait_ms, &err), OUTCOME_OK);
    clock_manual_advance(c->clock, 601 * US_PER_SECOND);
    assert_int_equal(alone->ops->tend(alone, true, &wait_ms, &err), OUTCOME_OK);
    assert_int_equal(state_count(c->b.state, STATE_MATCH_WAIT), 0);
    assert_bytes_text(stage_case_rejection(&c->b, 0).code, "unknown_handoff");
    outbound_free(alone);
}

/* ---- Taken back before it was seen to be sent -------------------------------------------------
 */

static void what_overtakes_its_issue_waits_for_it(void **state)
{
    struct stage_case *c = ((struct two_sides *)*state)->stages;

    assert_int_equal(stage_case_record(&c->a, TWO_SIDES_TAKEN_BACK).outcome, OUTCOME_OK);
    stage_case_tend(&c->a);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 0);
    (void)stage_case_record(&c->a, TWO_SIDES_ONE); /* its webhook is sent again */
    stage_case_tend(&c->a);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 2);
    assert_int_equal(stage_case_event(&c->a, 0).referral.status, REFERRAL_ISSUED);
    assert_int_equal(stage_case_event(&c->a, 1).referral.status, REFERRAL_CANCEL_REQUESTED);
    assert_true(uuid_equal(stage_case_event(&c->a, 0).envelope.handoff_id,
                           stage_case_event(&c->a, 1).envelope.handoff_id));
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_REJECTED), 0);
    stage_case_assert_conserved(&c->a);
}

/* Its link is written before it, so that an answer finds that: the link alone is not enough. */
static void what_overtakes_an_issue_that_kafka_did_not_take_waits_for_it(void **state)
{
    struct stage_case *c = ((struct two_sides *)*state)->stages;

    c->a.log.fail_topic = TOPIC_OUTBOX;
    c->a.log.fail_next = 1;
    assert_int_equal(stage_case_record(&c->a, TWO_SIDES_ONE).outcome, OUTCOME_RETRY);
    c->a.log.fail_topic = -1;
    (void)stage_case_record(&c->a, TWO_SIDES_TAKEN_BACK);
    stage_case_tend(&c->a);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 0);
    (void)stage_case_record(&c->a, TWO_SIDES_ONE);
    stage_case_tend(&c->a);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 2);
    assert_int_equal(stage_case_event(&c->a, 0).referral.status, REFERRAL_ISSUED);
    assert_int_equal(stage_case_event(&c->a, 1).referral.status, REFERRAL_CANCEL_REQUESTED);
    stage_case_assert_conserved(&c->a);
}

/* Nobody can tell whether it was durable and forgotten: the broker decides. */
static void what_waited_for_an_issue_that_may_be_durable_goes_on(void **state)
{
    struct stage_case *c = ((struct two_sides *)*state)->stages;

    c->a.log.fail_topic = TOPIC_OUTBOX;
    c->a.log.fail_next = 1;
    assert_int_equal(stage_case_record(&c->a, TWO_SIDES_ONE).outcome, OUTCOME_RETRY);
    c->a.log.fail_topic = -1;
    (void)stage_case_record(&c->a, TWO_SIDES_TAKEN_BACK);
    stage_case_tend(&c->a);
    clock_manual_advance(c->clock, 601 * US_PER_SECOND);
    stage_case_tend(&c->a);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 1);
    assert_int_equal(stage_case_event(&c->a, 0).referral.status, REFERRAL_CANCEL_REQUESTED);
    stage_case_assert_conserved(&c->a);
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
    struct stage_case *c = ((struct two_sides *)*state)->stages;

    (void)stage_case_record(&c->a, TWO_SIDES_TAKEN_BACK);
    tend_as(&c->a, true, OUTCOME_OK);
    clock_manual_advance(c->clock, 601 * US_PER_SECOND);
    tend_as(&c->a, false, OUTCOME_OK);
    clock_manual_advance(c->clock, 599 * US_PER_SECOND);
    tend_as(&c->a, true, OUTCOME_OK);
    (void)stage_case_record(&c->a, TWO_SIDES_ONE);
    tend_as(&c->a, true, OUTCOME_OK);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 2);
    assert_int_equal(stage_case_event(&c->a, 1).referral.status, REFERRAL_CANCEL_REQUESTED);
    stage_case_assert_conserved(&c->a);
}

static void what_cannot_be_given_up_for_want_of_kafka_waits_anew(void **state)
{
    struct stage_case *c = ((struct two_sides *)*state)->stages;

    (void)stage_case_record(&c->a, TWO_SIDES_TAKEN_BACK);
    tend_as(&c->a, true, OUTCOME_OK);
    clock_manual_advance(c->clock, 601 * US_PER_SECOND);
    c->a.log.fail_next = 1;
    tend_as(&c->a, true, OUTCOME_RETRY);
    tend_as(&c->a, true, OUTCOME_OK);
    (void)stage_case_record(&c->a, TWO_SIDES_ONE);
    tend_as(&c->a, true, OUTCOME_OK);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 2);
    stage_case_assert_conserved(&c->a);
}

static void what_was_never_seen_to_be_sent_was_never_handed_over(void **state)
{
    struct stage_case *c = ((struct two_sides *)*state)->stages;

    (void)stage_case_record(&c->a, TWO_SIDES_TAKEN_BACK);
    stage_case_tend(&c->a);
    clock_manual_advance(c->clock, 601 * US_PER_SECOND);
    stage_case_tend(&c->a);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 0);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_REJECTED), 0);
    assert_int_equal(metric_value(c->a.counts.items_ended[ITEM_COUNT_NO_HANDOFF]), 1);
    stage_case_assert_conserved(&c->a);
}

/* A refusal is written into their record, which then comes again though it says nothing new: that
 * is an echo, and nothing is asked of the broker again. */
static void a_refusal_written_to_a_system_that_reports_every_write_ends(void **state)
{
    struct two_sides *t = *state;
    struct stage_case *c = t->stages;
    size_t sent = 0;

    for (int round = 0; round < 10; round++) {
        struct event issued;
        struct event refused = {.type = EVENT_REJECTION};
        struct buffer value = {0};

        (void)stage_case_record(&c->a, TWO_SIDES_ONE); /* as they report our write */
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
        assert_non_null(strstr(t->sink_a.last, "PATCH /orientations/"));
        buffer_deinit(&value);
    }
    assert_int_equal(sent, 1);
    assert_int_equal(metric_value(c->a.counts.items_ended[ITEM_COUNT_ECHO]), 1);
}

/* Sizes that come from outside: what waits is bounded in bytes too. */
static void what_waits_is_bounded_in_bytes(void **state)
{
    struct stage_case *c = ((struct two_sides *)*state)->stages;
    struct bytes large = bytes_of(arena_alloc(&c->a.arena, (size_t)1 << 20), (size_t)1 << 20);
    struct error err = {0};

    memset((void *)(uintptr_t)large.data, 'x', large.len);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(stage_case_record(&c->a, TWO_SIDES_ANSWER).outcome, OUTCOME_OK);
        assert_int_equal(state_set(c->a.state, STATE_MATCH_WAIT,
                                   bytes_of_text(arena_printf(&c->a.arena, "test\x1f%d", i)), large,
                                   &err),
                         OUTCOME_OK);
    }
    assert_int_equal(stage_case_record(&c->a, TWO_SIDES_ANSWER).outcome, OUTCOME_RETRY);
}

/* A list of `count` taken back before any of them was seen to be sent: each waits, and keeps the
 * whole list, which is `size` long at least. */
static struct bytes list_that_waits(struct stage_case *c, int count, size_t size)
{
    struct buffer json = {0};
    struct bytes copy;

    buffer_append_text(&json, "{\"all\":[");
    for (int i = 0; i < count; i++)
        buffer_append_text(&json, arena_printf(&c->a.arena,
                                               "%s{\"id\":%d,\"at\":\"2026-03-02 09:14:01 "
                                               "+0100\",\"status\":\"back\"}",
                                               i > 0 ? "," : "", i));
    buffer_append_text(&json, "],\"note\":\"");
    while (json.len < size)
        buffer_append_text(&json, "a long text, again and again ");
    buffer_append_text(&json, "\"}");
    copy = arena_copy(&c->a.arena, buffer_view(&json));
    buffer_deinit(&json);
    return copy;
}

static void a_record_whose_items_could_never_all_wait_is_one_dead_letter(void **state)
{
    struct stage_case *c = ((struct two_sides *)*state)->stages;
    struct result result;

    result = stage_case_push(&c->a, c->a.inbound, list_that_waits(c, 40, 200000), 0);
    assert_int_equal(result.outcome, OUTCOME_OK); /* just */
    assert_int_equal(metric_value(c->a.counts.items_pending), 40);
    stage_case_restart(c, &c->a);
    counts_items_restored(&c->a.counts, 40);
    result = stage_case_push(&c->a, c->a.inbound, list_that_waits(c, 41, 210000), 0);
    assert_int_equal(result.outcome, OUTCOME_REJECT);
    assert_string_equal(result.code, "too_large");
    assert_int_equal(state_count(c->a.state, STATE_MATCH_WAIT), 40);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_REJECTED), 1);
    assert_int_equal(metric_value(c->a.counts.items_ended[ITEM_COUNT_REJECTED]), 41);
    stage_case_assert_conserved(&c->a);
}

/* The records of one push see what those before them let wait, though nothing of it is durable. */
static void what_one_push_lets_wait_is_bounded_too(void **state)
{
    enum { RECORDS = 32 };
    struct stage_case *c = ((struct two_sides *)*state)->stages;
    struct record list[RECORDS] = {0};
    struct record *records[RECORDS];
    struct result results[RECORDS] = {0};
    struct error err = {0};

    for (int i = 0; i < RECORDS; i++) {
        list[i] = (struct record){.body = list_that_waits(c, 1, 500000), .position = i};
        records[i] = &list[i];
    }
    assert_int_equal(c->a.inbound->ops->push(c->a.inbound, records, RECORDS, results, &err),
                     OUTCOME_OK);
    for (int i = 0; i < RECORDS; i++) {
        assert_int_equal(results[i].outcome, i < 17 ? OUTCOME_OK : OUTCOME_RETRY);
        assert_int_equal(results[i].waits, i >= 17);
    }
    assert_in_range(state_bytes(c->a.state, STATE_MATCH_WAIT), 8 << 20, 9 << 20);
}

/* Else what was durable of the first try would wait a second time, at the next start. */
static void what_waits_is_written_again_as_the_same(void **state)
{
    struct stage_case *c = ((struct two_sides *)*state)->stages;

    c->a.log.fail_next = 1;
    c->a.log.fail_after_writing = true;
    assert_int_equal(stage_case_record(&c->a, TWO_SIDES_ANSWER).outcome, OUTCOME_RETRY);
    assert_int_equal(stage_case_record(&c->a, TWO_SIDES_ANSWER).outcome, OUTCOME_OK);
    stage_case_restart(c, &c->a);
    assert_int_equal(state_count(c->a.state, STATE_MATCH_WAIT), 1);
    /* Of two records that say the same each waits. */
    assert_int_equal(
        stage_case_push(&c->a, c->a.inbound, bytes_of_text(TWO_SIDES_ANSWER), 1).outcome,
        OUTCOME_OK);
    assert_int_equal(state_count(c->a.state, STATE_MATCH_WAIT), 2);
}

static void a_record_is_quarantined_once_however_many_of_its_items_are_rejected(void **state)
{
    static const char json[] = "{\"all\":[{\"id\":1,\"status\":\"MARQUE\"},{\"id\":2,"
                               "\"status\":\"MARQUE\"},{\"id\":3," TWO_SIDES_AT "}]}";
    struct stage_case *c = ((struct two_sides *)*state)->stages;

    assert_int_equal(stage_case_record(&c->a, json).outcome, OUTCOME_OK);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 1);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_REJECTED), 2);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_QUARANTINE), 1);
    for (size_t i = 0; i < 2; i++)
        assert_true(bytes_equal(stage_case_rejection(&c->a, i).quarantine_key,
                                fake_log_at(&c->a.log, TOPIC_QUARANTINE, 0)->key));
    assert_true(fake_log_at(&c->a.log, TOPIC_QUARANTINE, 0) <
                fake_log_at(&c->a.log, TOPIC_REJECTED, 0));
    stage_case_assert_conserved(&c->a);
}

/* A rolled back release does not end over what the later one keeps, nor take it out. */
static void what_a_later_release_lets_wait_is_left_alone_and_holds_up_nobody(void **state)
{
    struct stage_case *c = ((struct two_sides *)*state)->stages;
    struct error err = {0};

    assert_int_equal(state_set(c->a.state, STATE_MATCH_WAIT,
                               BYTES_LITERAL("test\x1f"
                                             "0"),
                               BYTES_LITERAL("later"), &err),
                     OUTCOME_OK);
    counts_items_restored(&c->a.counts, 1);
    assert_int_equal(stage_case_record(&c->a, TWO_SIDES_ANSWER).outcome, OUTCOME_OK);
    for (int i = 0; i < 3; i++) {
        stage_case_tend(&c->a);
        clock_manual_advance(c->clock, 601 * US_PER_SECOND);
    }
    assert_bytes_text(stage_case_rejection(&c->a, 0).code, "unknown_handoff");
    assert_int_equal(state_count(c->a.state, STATE_MATCH_WAIT), 1);
    assert_int_equal(metric_value(c->a.counts.items_pending), 1);
}

/* Each of them is kept in memory, and read at each start. */
static void what_is_set_aside_is_bounded_in_bytes(void **state)
{
    struct stage_case *c = ((struct two_sides *)*state)->stages;
    struct stage *stage = c->b.outbound;
    struct bytes body = bytes_of(arena_alloc(&c->b.arena, RECORD_BODY_MOST), RECORD_BODY_MOST);
    struct attempts attempts = {.tries = 10};
    struct record record = {.body = body, .order_key = BYTES_LITERAL("handoff")};
    struct error err = {0};

    memset((void *)(uintptr_t)body.data, 'x', body.len);
    for (; record.position < 16; record.position++)
        assert_int_equal(stage->ops->park(stage, &record, &attempts, &err), OUTCOME_OK);
    assert_in_range(state_bytes(c->b.state, STATE_PARKED), 8 << 20, 9 << 20);
    assert_int_equal(stage->ops->park(stage, &record, &attempts, &err), OUTCOME_RETRY);
    assert_string_equal(err.text, "trop de livraisons sont mises de côté");
    assert_int_equal(state_count(c->b.state, STATE_PARKED), 16);
    /* One that is there already, as after a crash, takes no room. */
    record.position = 0;
    assert_int_equal(stage->ops->park(stage, &record, &attempts, &err), OUTCOME_OK);
}

/* ---- An event that Kafka never takes --------------------------------------------------------- */

static void an_item_too_large_for_kafka_is_a_dead_letter_of_its_own(void **state)
{
    struct stage_case *c = ((struct two_sides *)*state)->stages;
    struct buffer json = {0};

    buffer_append_text(&json, "{\"all\":[{\"id\":1," TWO_SIDES_AT "},{\"id\":2," TWO_SIDES_AT
                              ",\"note\":\"");
    while (json.len < 1900)
        buffer_append_text(&json, "MARQUE ");
    buffer_append_text(&json, "\"},{\"id\":3," TWO_SIDES_AT "}]}");
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
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWO_SIDES_TEST(an_answer_that_kafka_did_not_take_is_known_to_this_process),
        TWO_SIDES_TEST(after_a_stop_only_begun_is_known),
        TWO_SIDES_TEST(a_call_that_was_put_off_is_made_again_when_kafka_is_back),
        TWO_SIDES_TEST(a_directory_that_lags_behind_a_senders_key_is_waited_for),
        TWO_SIDES_TEST(what_waits_of_a_source_that_is_gone_ends_and_says_so),
        TWO_SIDES_TEST(a_connector_without_any_source_ends_them_too),
        TWO_SIDES_TEST(what_overtakes_its_issue_waits_for_it),
        TWO_SIDES_TEST(what_overtakes_an_issue_that_kafka_did_not_take_waits_for_it),
        TWO_SIDES_TEST(what_waited_for_an_issue_that_may_be_durable_goes_on),
        TWO_SIDES_TEST(the_time_without_kafka_does_not_count),
        TWO_SIDES_TEST(what_cannot_be_given_up_for_want_of_kafka_waits_anew),
        TWO_SIDES_TEST(what_was_never_seen_to_be_sent_was_never_handed_over),
        TWO_SIDES_TEST(a_refusal_written_to_a_system_that_reports_every_write_ends),
        TWO_SIDES_TEST(what_waits_is_bounded_in_bytes),
        TWO_SIDES_TEST(a_record_whose_items_could_never_all_wait_is_one_dead_letter),
        TWO_SIDES_TEST(what_one_push_lets_wait_is_bounded_too),
        TWO_SIDES_TEST(what_waits_is_written_again_as_the_same),
        TWO_SIDES_TEST(what_a_later_release_lets_wait_is_left_alone_and_holds_up_nobody),
        TWO_SIDES_TEST(a_record_is_quarantined_once_however_many_of_its_items_are_rejected),
        TWO_SIDES_TEST(what_is_set_aside_is_bounded_in_bytes),
        TWO_SIDES_TEST(an_item_too_large_for_kafka_is_a_dead_letter_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
