/* SPDX-License-Identifier: Apache-2.0
 *
 * Which hand-over a record of theirs is of: what overtook its link, what came behind an end, what
 * is of several, and what is only an echo of our own write.
 */
#include "tests/support/test.h"

#include <stdio.h>

#include "connectors/echoes.h"
#include "connectors/memory/links.h"
#include "tests/support/inbound_case.h"

/* The end, at the time that the case's clock shows. */
#define ENDED_AT(at)                                                                               \
    "{\"kind\":\"dossier\",\"id\":7,\"ref\":\"" INBOUND_CASE_UNKNOWN_REF "\",\"at\":\"" at         \
    "\",\"status\":\"declined\",\"person\":\"U1\"}"

static void an_answer_that_overtook_its_link_is_sent_when_the_link_comes(void **state)
{
    struct stage_case *c = inbound_case_new();

    (void)state;
    assert_int_equal(
        stage_case_record(&c->a, INBOUND_CASE_DOSSIER(INBOUND_CASE_UNKNOWN_REF, "accepted"))
            .outcome,
        OUTCOME_OK);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 0);
    assert_int_equal(metric_value(c->a.counts.items_pending), 1);
    stage_case_tend(&c->a);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 0);
    stage_case_restart(c, &c->a); /* it waits in the state topic */
    counts_items_restored(&c->a.counts, 1);
    inbound_case_know(&c->a, inbound_case_id(), "U1");
    stage_case_tend(&c->a);
    assert_int_equal(stage_case_event(&c->a, 0).referral.status, REFERRAL_ACCEPTED);
    assert_int_equal(metric_value(c->a.counts.items_pending), 0);
    assert_int_equal(state_count(c->a.state, STATE_MATCH_WAIT), 0);
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

/* Tried again later than what follows it: an answer to nothing would be refused by the broker. */
static void what_overtook_the_record_that_opens_waits_for_it(void **state)
{
    struct stage_case *c = inbound_case_new();

    (void)state;
    (void)stage_case_record(
        &c->a, "{\"kind\":\"orientation\",\"id\":12,\"at\":\"2026-03-03 10:00:00 "
               "+0100\",\"status\":\"withdrawn\"," INBOUND_CASE_PERSON "\"to\":\"o22\"}");
    assert_int_equal(metric_value(c->a.counts.items_pending), 1);
    (void)stage_case_record(&c->a, INBOUND_CASE_REFERRAL("12", INBOUND_CASE_PERSON));
    stage_case_tend(&c->a);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 2);
    assert_int_equal(stage_case_event(&c->a, 0).referral.status, REFERRAL_ISSUED);
    assert_int_equal(stage_case_event(&c->a, 1).referral.status, REFERRAL_WITHDRAWN_BY_PERSON);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_REJECTED), 0);
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

/* What came before the end is of that hand-over, whenever its link comes and whatever is looked at
 * first; what comes after it is nobody's. */
static void an_appointment_that_waited_is_not_lost_to_the_end_that_came_behind_it(void **state)
{
    struct stage_case *c = inbound_case_new();
    const char *rdv = "{\"kind\":\"rdv\",\"id\":1,\"person\":\"U1\",\"at\":"
                      "\"2026-03-03 10:00:00 +0100\"}";

    (void)state;
    (void)stage_case_record(&c->a, rdv);
    clock_manual_advance(c->clock, US_PER_SECOND);
    inbound_case_know(&c->a, inbound_case_id(), "U1");
    (void)stage_case_record(&c->a, ENDED_AT("2026-03-02 10:00:00 +0100"));
    stage_case_tend(&c->a);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 2);
    assert_int_equal(stage_case_event(&c->a, 1).type, EVENT_APPOINTMENT);
    clock_manual_advance(c->clock, US_PER_SECOND);
    (void)stage_case_record(&c->a, rdv);
    clock_manual_advance(c->clock, 601 * US_PER_SECOND);
    stage_case_tend(&c->a); /* its time begins with the first look */
    clock_manual_advance(c->clock, 601 * US_PER_SECOND);
    stage_case_tend(&c->a);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 2);
    assert_int_equal(metric_value(c->a.counts.items_ended[ITEM_COUNT_NO_HANDOFF]), 1);
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

#define RDV(id, at) "{\"kind\":\"rdv\",\"id\":" id ",\"person\":\"U1\",\"at\":\"" at "\"}"

/* All come behind the end. The first was refused while Kafka was away and is of before it: of
 * that hand-over, once no link can come any more. Of behind it, and of before somebody was sent
 * here, by more than clocks may be apart, they are nobody's. */
static void
an_appointment_of_before_the_end_is_of_that_hand_over_however_late_it_comes(void **state)
{
    struct stage_case *c = inbound_case_new();

    (void)state;
    inbound_case_know(&c->a, inbound_case_id(), "U1");
    (void)stage_case_record(&c->a, ENDED_AT("2026-03-02 10:00:00 +0100"));
    clock_manual_advance(c->clock, 5 * US_PER_SECOND);
    (void)stage_case_record(&c->a, RDV("1", "2026-03-02 09:59:59 +0100"));
    (void)stage_case_record(&c->a, RDV("2", "2026-03-02 10:10:01 +0100"));
    (void)stage_case_record(&c->a, RDV("3", "2026-03-02 09:48:59 +0100"));
    stage_case_tend(&c->a);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 1);
    assert_int_equal(metric_value(c->a.counts.items_pending), 3);
    clock_manual_advance(c->clock, 601 * US_PER_SECOND);
    stage_case_tend(&c->a);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 2);
    assert_int_equal(stage_case_event(&c->a, 1).type, EVENT_APPOINTMENT);
    assert_true(uuid_equal(stage_case_event(&c->a, 1).envelope.handoff_id, inbound_case_id()));
    assert_int_equal(metric_value(c->a.counts.items_ended[ITEM_COUNT_NO_HANDOFF]), 2);
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

/* The machine's clock is more than two minutes behind: by it, the end was before what came before
 * it. The second is of the moment between that end and our hearing of it. */
static void a_clock_that_is_behind_makes_no_end_earlier(void **state)
{
    struct stage_case *c = inbound_case_new();

    (void)state;
    inbound_case_know(&c->a, inbound_case_id(), "U1");
    (void)stage_case_record(&c->a, ENDED_AT("2026-03-02 10:02:00 +0100"));
    clock_manual_advance(c->clock, 5 * US_PER_SECOND);
    (void)stage_case_record(&c->a, RDV("1", "2026-03-02 10:01:59 +0100"));
    (void)stage_case_record(&c->a, RDV("2", "2026-03-02 10:02:12 +0100"));
    (void)stage_case_record(&c->a, RDV("3", "2026-03-02 10:12:01 +0100"));
    stage_case_tend(&c->a);
    clock_manual_advance(c->clock, 601 * US_PER_SECOND);
    stage_case_tend(&c->a);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 3);
    for (size_t i = 1; i <= 2; i++) {
        assert_int_equal(stage_case_event(&c->a, i).type, EVENT_APPOINTMENT);
        assert_true(uuid_equal(stage_case_event(&c->a, i).envelope.handoff_id, inbound_case_id()));
    }
    assert_int_equal(metric_value(c->a.counts.items_ended[ITEM_COUNT_NO_HANDOFF]), 1);
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

/* The connector stood still for a hundred days: the hand-over is not forgotten before what waits
 * has had its minutes, and is then. */
static void what_waited_through_months_of_a_stop_finds_its_hand_over(void **state)
{
    struct stage_case *c = inbound_case_new();
    struct known_handoff known;

    (void)state;
    inbound_case_know(&c->a, inbound_case_id(), "U1");
    (void)stage_case_record(&c->a, ENDED_AT("2026-03-02 10:00:00 +0100"));
    clock_manual_advance(c->clock, 5 * US_PER_SECOND);
    (void)stage_case_record(&c->a, RDV("1", "2026-03-02 09:59:59 +0100"));
    clock_manual_advance(c->clock, (STATE_ENDED_DAYS + 10) * US_PER_DAY);
    stage_case_restart(c, &c->a);
    counts_items_restored(&c->a.counts, 1);
    stage_case_tend(&c->a);
    clock_manual_advance(c->clock, 601 * US_PER_SECOND);
    stage_case_tend(&c->a);
    assert_int_equal(stage_case_event(&c->a, 1).type, EVENT_APPOINTMENT);
    assert_int_equal(state_count(c->a.state, STATE_MATCH_WAIT), 0);
    clock_manual_advance(c->clock, US_PER_SECOND);
    stage_case_tend(&c->a);
    assert_false(links_handoff(c->a.state, inbound_case_id(), &c->a.arena, &known));
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

static void an_appointment_of_before_two_ends_is_nobodys(void **state)
{
    struct stage_case *c = inbound_case_new();
    const struct links_ending end = {STAGE_START_US, STAGE_START_US};
    struct uuid other = inbound_case_id();
    struct state_change *change;
    struct error err = {0};

    (void)state;
    other.octets[15] ^= 1;
    inbound_case_know(&c->a, inbound_case_id(), "U1");
    inbound_case_know(&c->a, other, "U1");
    change = state_begin(c->a.state);
    links_end(change, inbound_case_id(), end, &c->a.arena);
    links_end(change, other, end, &c->a.arena);
    assert_int_equal(state_commit(change, &err), OUTCOME_OK);
    clock_manual_advance(c->clock, 5 * US_PER_SECOND);
    (void)stage_case_record(&c->a, RDV("1", "2026-03-02 09:59:59 +0100"));
    stage_case_tend(&c->a);
    clock_manual_advance(c->clock, 601 * US_PER_SECOND);
    stage_case_tend(&c->a);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 0);
    assert_int_equal(metric_value(c->a.counts.items_ended[ITEM_COUNT_NO_HANDOFF]), 1);
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

static void a_person_with_two_open_hand_overs_is_ambiguous_until_one_ends(void **state)
{
    struct stage_case *c = inbound_case_new();
    struct uuid other = inbound_case_id();
    const char *rdv = "{\"kind\":\"rdv\",\"id\":1,\"person\":\"U1\",\"at\":"
                      "\"2026-03-03 10:00:00 +0100\"}";

    (void)state;
    other.octets[15] ^= 1;
    inbound_case_know(&c->a, inbound_case_id(), "U1");
    inbound_case_know(&c->a, other, "U1");
    (void)stage_case_record(&c->a, rdv);
    assert_bytes_text(stage_case_rejection(&c->a, 0).code, "ambiguous_link");
    (void)stage_case_record(&c->a, INBOUND_CASE_DOSSIER(INBOUND_CASE_UNKNOWN_REF, "declined"));
    clock_manual_advance(c->clock, US_PER_SECOND);
    (void)stage_case_record(&c->a, rdv);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 2);
    assert_true(uuid_equal(stage_case_event(&c->a, 1).envelope.handoff_id, other));
    stage_case_free(c);
}

static void our_own_write_that_comes_back_is_an_echo_until_they_say_something_else(void **state)
{
    struct stage_case *c = inbound_case_new();
    struct state_change *change;
    struct error err = {0};

    (void)state;
    inbound_case_know(&c->a, inbound_case_id(), "U1");
    change = state_begin(c->a.state);
    echoes_put(&c->a.shared, change,
               &(struct echo_note){BYTES_LITERAL("dossier/7"), BYTES_LITERAL("received")},
               &c->a.arena);
    assert_int_equal(state_commit(change, &err), OUTCOME_OK);
    (void)stage_case_record(&c->a, INBOUND_CASE_DOSSIER(INBOUND_CASE_UNKNOWN_REF, "received"));
    (void)stage_case_record(&c->a, INBOUND_CASE_DOSSIER(INBOUND_CASE_UNKNOWN_REF, "received"));
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 0);
    assert_int_equal(metric_value(c->a.counts.items_ended[ITEM_COUNT_ECHO]), 2);
    (void)stage_case_record(&c->a, INBOUND_CASE_DOSSIER(INBOUND_CASE_UNKNOWN_REF, "accepted"));
    (void)stage_case_record(&c->a, INBOUND_CASE_DOSSIER(INBOUND_CASE_UNKNOWN_REF, "received"));
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 2);
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

/* Our write shows as a change of a record that says nothing new: once a write. */
static void a_repetition_is_an_echo_only_after_a_write_of_ours(void **state)
{
    struct stage_case *c = inbound_case_new();
    struct bytes touched = echoes_touched(inbound_case_id(), &c->a.arena);
    struct error err = {0};

    (void)state;
    inbound_case_know(&c->a, inbound_case_id(), "U1");
    (void)stage_case_record(&c->a, INBOUND_CASE_DOSSIER(INBOUND_CASE_UNKNOWN_REF, "accepted"));
    (void)stage_case_record(&c->a, INBOUND_CASE_DOSSIER(INBOUND_CASE_UNKNOWN_REF, "accepted"));
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 2);
    assert_int_equal(state_set(c->a.state, STATE_ECHO, touched, BYTES_LITERAL("1"), &err),
                     OUTCOME_OK);
    (void)stage_case_record(&c->a, INBOUND_CASE_DOSSIER(INBOUND_CASE_UNKNOWN_REF, "accepted"));
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 2);
    assert_int_equal(metric_value(c->a.counts.items_ended[ITEM_COUNT_ECHO]), 1);
    (void)stage_case_record(&c->a, INBOUND_CASE_DOSSIER(INBOUND_CASE_UNKNOWN_REF, "accepted"));
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 3);
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_that_overtook_its_link_is_sent_when_the_link_comes),
        cmocka_unit_test(what_overtook_the_record_that_opens_waits_for_it),
        cmocka_unit_test(an_appointment_that_waited_is_not_lost_to_the_end_that_came_behind_it),
        cmocka_unit_test(
            an_appointment_of_before_the_end_is_of_that_hand_over_however_late_it_comes),
        cmocka_unit_test(a_clock_that_is_behind_makes_no_end_earlier),
        cmocka_unit_test(what_waited_through_months_of_a_stop_finds_its_hand_over),
        cmocka_unit_test(an_appointment_of_before_two_ends_is_nobodys),
        cmocka_unit_test(a_person_with_two_open_hand_overs_is_ambiguous_until_one_ends),
        cmocka_unit_test(a_repetition_is_an_echo_only_after_a_write_of_ours),
        cmocka_unit_test(our_own_write_that_comes_back_is_an_echo_until_they_say_something_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
