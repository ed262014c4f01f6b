/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "broker/checks.h"
#include "broker/deadlines.h"
#include "broker/facts.h"
#include "broker/row.h"
#include "schemas/codes.h"
#include "tests/support/world_case.h"

/* ---- Life ----------------------------------------------------------------------------- */

static void an_issue_opens_a_row_and_reaches_the_receiver(void **state)
{
    struct world *world = *state;
    struct handoff_answer answer = send(world, world_issue(1, "o10", "o21"));

    assert_int_equal(answer.verdict, VERDICT_ACCEPTED);
    assert_int_equal(answer.message_count, 1);
    assert_int_equal(world_heard(&answer, "o21", 0)->envelope.handoff_seq, 1);
    assert_int_equal(world_state(world, 1), HANDOFF_ISSUED);
    assert_bytes_text(answer.row->issuer, "o10");
    assert_bytes_text(answer.row->holder, "o21");
}

static void each_answer_reaches_the_other_end_only(void **state)
{
    static const enum referral_status steps[] = {REFERRAL_DELIVERED, REFERRAL_RECEIVED,
                                                 REFERRAL_ACCEPTED, REFERRAL_TAKEN_OVER};
    struct world *world = *state;

    issue(world);
    for (size_t i = 0; i < 4; i++) {
        struct handoff_answer answer = say(world, "o21", steps[i], "dossier", (int64_t)i + 1);

        assert_int_equal(answer.message_count, 1);
        assert_int_equal(world_heard(&answer, "o10", 0)->envelope.handoff_seq, i + 2);
    }
    send(world, world_closure("o21", 1, CLOSURE_TRAINING, "end", 1));
    assert_int_equal(world_state(world, 1), HANDOFF_CLOSED);
}

static void a_later_step_implies_the_earlier_ones(void **state)
{
    struct world *world = *state;
    const struct slot *slots;

    issue(world);
    say(world, "o21", REFERRAL_TAKEN_OVER, "dossier", 1);
    say(world, "o21", REFERRAL_TAKEN_OVER, "second dossier", 7);
    slots = world_row(world, 1)->slots.items;
    assert_int_equal(world_row(world, 1)->slots.count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(slots[i].implied,
                         slots[i].fact != FACT_ISSUED && slots[i].fact != FACT_TAKEN_OVER);
        /* Known since the earliest fact that implies it. */
        assert_true(!slots[i].implied || slots[i].occurred_at == WORLD_NOW - 23 * WORLD_HOUR);
    }
    say(world, "o21", REFERRAL_RECEIVED, "agenda", 1);
    assert_int_equal(world_state(world, 1), HANDOFF_TAKEN_OVER);
    assert_int_equal(world_row(world, 1)->slots.count, 6);
}

/* A webhook tried again comes late; the issuer's system must not be moved back by it. */
static void a_step_behind_a_later_one_or_behind_the_end_fills_its_slot_and_is_not_told(void **state)
{
    struct world *world = *state;

    issue(world);
    assert_int_equal(say(world, "o21", REFERRAL_ACCEPTED, "dossier", 5).message_count, 1);
    assert_int_equal(say(world, "o21", REFERRAL_DELIVERED, "relay", 0).message_count, 0);
    assert_int_equal(say(world, "o21", REFERRAL_RECEIVED, "agenda", 1).message_count, 0);
    assert_true(row_has(world_row(world, 1), FACT_RECEIVED));
    send(world, world_closure("o21", 1, CLOSURE_TRAINING, "end", 1));
    assert_int_equal(say(world, "o21", REFERRAL_TAKEN_OVER, "dossier", 6).message_count, 0);
    assert_true(row_has(world_row(world, 1), FACT_TAKEN_OVER));
    assert_int_equal(world_state(world, 1), HANDOFF_CLOSED);
}

/* A cancellation implies no taking over, and yet nothing comes after it. */
static void a_step_behind_a_cancellation_is_not_told(void **state)
{
    struct world *world = *state;

    issue(world);
    say(world, "o21", REFERRAL_CANCELLED, "dossier", 1);
    assert_int_equal(say(world, "o21", REFERRAL_TAKEN_OVER, "dossier", 1).message_count, 0);
    assert_true(row_has(world_row(world, 1), FACT_TAKEN_OVER));
}

static void a_step_behind_a_closure_in_error_is_told(void **state)
{
    struct world *world = *state;

    issue(world);
    say(world, "o21", REFERRAL_RECEIVED, "dossier", 1);
    send(world, world_closure("o21", 1, CLOSURE_ENTERED_IN_ERROR, "end", 1));
    assert_int_equal(say(world, "o21", REFERRAL_TAKEN_OVER, "dossier", 2).message_count, 1);
}

static void a_hand_over_to_oneself_is_taken_over_at_once_and_goes_nowhere(void **state)
{
    struct world *world = *state;
    struct handoff_answer answer = send(world, world_issue(1, "o21", "o21"));

    assert_int_equal(answer.verdict, VERDICT_ACCEPTED);
    assert_int_equal(answer.message_count, 0);
    assert_int_equal(world_state(world, 1), HANDOFF_TAKEN_OVER);
    assert_true(answer.row->due_at == NO_TIME);
    answer = send(world, world_closure("o21", 1, CLOSURE_EMPLOYMENT, "end", 1));
    assert_int_equal(answer.message_count, 0);
    assert_int_equal(world_state(world, 1), HANDOFF_CLOSED);
}

static void a_closure_entered_in_error_leaves_the_hand_over_open(void **state)
{
    struct world *world = *state;

    issue(world);
    say(world, "o21", REFERRAL_ACCEPTED, "dossier", 1);
    send(world, world_closure("o21", 1, CLOSURE_OTHER, "end", 1));
    send(world, world_closure("o21", 1, CLOSURE_ENTERED_IN_ERROR, "end", 2));
    assert_int_equal(world_state(world, 1), HANDOFF_ACCEPTED);
}

static void a_refused_cancellation_brings_the_state_back(void **state)
{
    struct world *world = *state;

    issue(world);
    say(world, "o21", REFERRAL_ACCEPTED, "dossier", 1);
    say(world, "o10", REFERRAL_CANCEL_REQUESTED, "referral", 2);
    assert_int_equal(world_state(world, 1), HANDOFF_CANCEL_REQUESTED);
    say(world, "o21", REFERRAL_CANCEL_REFUSED, "dossier", 3);
    assert_int_equal(world_state(world, 1), HANDOFF_ACCEPTED);
    say(world, "o10", REFERRAL_CANCEL_REQUESTED, "referral", 4);
    assert_int_equal(world_state(world, 1), HANDOFF_CANCEL_REQUESTED);
    say(world, "o21", REFERRAL_CANCELLED, "dossier", 5);
    assert_int_equal(world_state(world, 1), HANDOFF_CANCELLED);
}

static void the_day_of_the_request_is_written_once(void **state)
{
    struct world *world = *state;
    struct event again = world_issue(1, "o10", "o21");
    int32_t first = again.referral.requested_on;

    issue(world);
    again.envelope.source_version = 2;
    again.envelope.event_id = world_id("again", 1);
    again.referral.requested_on = first + 1;
    assert_int_equal(send(world, again).verdict, VERDICT_ACCEPTED);
    assert_true(world_row(world, 1)->requested_on == first);
}

/* ---- Appointments --------------------------------------------------------------------- */

static void an_appointment_belongs_to_the_end_that_named_it_first(void **state)
{
    struct world *world = *state;
    struct event stolen = world_appointment("o10", 1, APPOINTMENT_NO_SHOW, "rdv", 9);
    struct event mine = world_appointment("o21", 1, APPOINTMENT_BOOKED, "rdv", 1);
    struct handoff_answer answer;

    issue(world);
    answer = send(world, mine);
    assert_non_null(world_heard(&answer, "o10", 0));
    stolen.envelope.entity_id = mine.envelope.entity_id;
    answer = send(world, stolen);
    assert_refused(&answer, "not_yours");
    assert_int_equal(world_state(world, 1), HANDOFF_ISSUED);
}

static void a_moved_appointment_is_news_and_the_same_again_is_not(void **state)
{
    struct world *world = *state;
    struct event moved = world_appointment("o21", 1, APPOINTMENT_BOOKED, "rdv", 2);
    struct event same = world_appointment("o21", 1, APPOINTMENT_BOOKED, "rdv", 3);
    struct handoff_answer answer;

    issue(world);
    send(world, world_appointment("o21", 1, APPOINTMENT_BOOKED, "rdv", 1));
    moved.envelope.occurred_at -= WORLD_HOUR;
    moved.appointment.starts_at += WORLD_DAY;
    answer = send(world, moved);
    assert_int_equal(answer.message_count, 1);
    same.envelope.occurred_at = moved.envelope.occurred_at;
    same.appointment.starts_at = moved.appointment.starts_at;
    answer = send(world, same);
    assert_int_equal(answer.verdict, VERDICT_ACCEPTED);
    assert_int_equal(answer.message_count, 0);
}

/* ---- Contradictions --------------------------------------------------------------------- */

static struct uuid told(const struct handoff_answer *answer, const char *operator_code)
{
    const struct event *event = world_dead(answer, operator_code);

    return event ? event->envelope.event_id : UUID_NONE;
}

static void the_loser_of_a_contradiction_is_told_the_same_in_either_order(void **state)
{
    struct world *world = *state;
    struct event closed = world_closure("o21", 1, CLOSURE_TRAINING, "end", 1);
    struct event withdrawn = world_referral("o10", 1, REFERRAL_WITHDRAWN_BY_PERSON, "referral", 2);
    struct handoff_answer answer;
    struct uuid first;

    issue(world);
    world_send(world, &closed);
    answer = world_send(world, &withdrawn);
    first = told(&answer, "o21");
    assert_false(uuid_is_none(first));
    assert_bytes_text(world_dead(&answer, "o21")->rejection.code, "superseded");
    assert_bytes_text(world_dead(&answer, "o21")->rejection.status, "CLOSED");
    assert_non_null(world_heard(&answer, "o21", 0));
    assert_int_equal(world_state(world, 1), HANDOFF_WITHDRAWN_BY_PERSON);

    world_reset(world);
    issue(world);
    world_send(world, &withdrawn);
    answer = world_send(world, &closed);
    assert_int_equal(answer.verdict, VERDICT_ACCEPTED);
    assert_true(uuid_equal(told(&answer, "o21"), first));
    /* The issuer's system must not be moved from withdrawn to closed. */
    assert_null(world_heard(&answer, "o10", 0));
    assert_int_equal(world_state(world, 1), HANDOFF_WITHDRAWN_BY_PERSON);
}

static void a_record_that_changes_its_mind_contradicts_nobody(void **state)
{
    struct world *world = *state;
    struct handoff_answer answer;

    issue(world);
    say(world, "o21", REFERRAL_ACCEPTED, "dossier", 1);
    answer = say(world, "o21", REFERRAL_DECLINED, "dossier", 2);
    assert_int_equal(answer.message_count, 1);
    assert_int_equal(world_state(world, 1), HANDOFF_DECLINED);
    /* But a final fact is not taken back by saying an earlier one again. */
    answer = say(world, "o21", REFERRAL_TAKEN_OVER, "dossier", 3);
    assert_false(uuid_is_none(told(&answer, "o21")));
    assert_int_equal(world_state(world, 1), HANDOFF_DECLINED);
}

/* ---- Redirect --------------------------------------------------------------------------- */

static void a_redirect_opens_the_child_and_ends_the_parent_in_one_answer(void **state)
{
    struct world *world = *state;
    struct handoff_answer answer;
    const struct event *heard;

    issue(world);
    answer = send(world, world_redirect(2, 1, "o21", "o22"));
    assert_int_equal(answer.verdict, VERDICT_ACCEPTED);
    assert_non_null(answer.parent);
    assert_int_equal(answer.message_count, 2);
    assert_int_equal(world_heard(&answer, "o22", 0)->referral.status, REFERRAL_ISSUED);
    heard = world_heard(&answer, "o10", 0);
    assert_int_equal(heard->referral.status, REFERRAL_REDIRECTED);
    assert_bytes_text(heard->envelope.operator_code, "relais");
    assert_true(uuid_equal(heard->envelope.handoff_id, world_id("handoff", 1)));
    assert_true(
        uuid_equal(heard->envelope.cause, world_redirect(2, 1, "o21", "o22").envelope.event_id));
    assert_int_equal(world_state(world, 1), HANDOFF_REDIRECTED);
    assert_int_equal(world_state(world, 2), HANDOFF_ISSUED);
    assert_true(uuid_equal(world_row(world, 1)->child_handoff_id, world_id("handoff", 2)));
    answer = send(world, world_redirect(2, 1, "o21", "o22"));
    assert_int_equal(answer.verdict, VERDICT_DUPLICATE);
}

static void a_refused_child_leaves_the_parent_with_its_holder(void **state)
{
    struct world *world = *state;
    struct handoff_answer answer;

    issue(world);
    say(world, "o21", REFERRAL_ACCEPTED, "dossier", 1);
    answer = send(world, world_redirect(2, 1, "o21", "o31"));
    assert_refused(&answer, "convention_missing");
    assert_null(answer.parent);
    assert_int_equal(world_state(world, 1), HANDOFF_ACCEPTED);
    assert_int_equal(world_state(world, 2), HANDOFF_REFUSED);
}

static void a_redirect_back_into_the_thread_is_a_loop(void **state)
{
    struct world *world = *state;
    struct handoff_answer answer;
    struct event back = world_redirect(3, 2, "o22", "o10");

    issue(world);
    send(world, world_redirect(2, 1, "o21", "o22"));
    back.envelope.thread_id = world_id("handoff", 1);
    answer = world_send(world, &back);
    assert_refused(&answer, "loop");
    answer = send(world, world_redirect(4, 1, "o21", "o21"));
    assert_refused(&answer, "loop");
}

static void only_the_holder_redirects(void **state)
{
    struct world *world = *state;
    struct handoff_answer answer;

    issue(world);
    answer = send(world, world_redirect(2, 1, "o10", "o22"));
    assert_refused(&answer, "not_yours");
    answer = send(world, world_redirect(2, 9, "o21", "o22"));
    assert_refused(&answer, "unknown_handoff");
}

/* ---- Erasure ------------------------------------------------------------------------------ */

static void nothing_is_left_of_an_erased_hand_over(void **state)
{
    struct world *world = *state;
    struct handoff_answer answer;
    const struct handoff *row;

    issue(world);
    say(world, "o21", REFERRAL_ACCEPTED, "dossier", 1);
    answer = say(world, "o10", REFERRAL_ERASED, "referral", 2);
    assert_non_null(world_heard(&answer, "o21", 0));
    row = world_row(world, 1);
    assert_int_equal(row->state, HANDOFF_ERASED);
    assert_int_equal(row->slots.count, 0);
    assert_int_equal(row->issuer.len, 0);
    assert_true(row->due_at == NO_TIME);
    answer = say(world, "o21", REFERRAL_TAKEN_OVER, "dossier", 2);
    assert_refused(&answer, "erased");
    answer = say(world, "o21", REFERRAL_ERASED, "dossier", 3);
    assert_int_equal(answer.verdict, VERDICT_DUPLICATE);
    answer = send(world, world_issue(1, "o10", "o21"));
    assert_int_equal(answer.verdict, VERDICT_LATE);
    answer = send(world, world_redirect(2, 1, "o21", "o22"));
    assert_refused(&answer, "erased");
}

/* A system sends a record again whenever we have written to it, and a refusal is written to
 * it: were it refused anew each time, the two would never stop. */
static void what_was_known_before_an_erasure_is_not_refused_again_and_again(void **state)
{
    struct world *world = *state;
    struct handoff_answer answer;

    issue(world);
    say(world, "o21", REFERRAL_ERASED, "dossier", 1);
    answer = send(world, world_issue(1, "o10", "o21"));
    assert_int_equal(answer.verdict, VERDICT_DUPLICATE);
    answer = say(world, "o10", REFERRAL_CANCEL_REQUESTED, "referral", 7);
    assert_refused(&answer, "erased");
    answer = say(world, "o10", REFERRAL_CANCEL_REQUESTED, "referral", 7);
    assert_int_equal(answer.verdict, VERDICT_DUPLICATE);
    assert_int_equal(world_row(world, 1)->state, HANDOFF_ERASED);
}

/* ---- Deadlines ---------------------------------------------------------------------------- */

static void no_answer_in_ten_days_is_said_to_both_ends_once(void **state)
{
    struct world *world = *state;
    struct handoff_answer answer;
    int64_t due;

    issue(world);
    due = world_row(world, 1)->due_at;
    assert_true(due == world_row(world, 1)->issued_at + 10 * WORLD_DAY);
    world->now_us = due - 1;
    assert_false(world_fire(world, 1, &answer));
    world->now_us = due;
    assert_true(world_fire(world, 1, &answer));
    assert_int_equal(answer.message_count, 2);
    assert_int_equal(world_heard(&answer, "o10", 0)->notice.kind, NOTICE_OVERDUE);
    assert_true(world_heard(&answer, "o21", 0)->notice.due_at == due);
    assert_int_equal(world_state(world, 1), HANDOFF_OVERDUE);
    assert_false(world_fire(world, 1, &answer));
    say(world, "o21", REFERRAL_ACCEPTED, "dossier", 1);
    assert_int_equal(world_state(world, 1), HANDOFF_ACCEPTED);
    assert_true(world_row(world, 1)->due_at == NO_TIME);
}

/* A system whose clock is in 2062, at either end. */
static void a_clock_far_ahead_puts_off_no_deadline(void **state)
{
    struct world *world = *state;
    struct event event = world_issue(1, "o10", "o21");

    event.envelope.occurred_at = WORLD_NOW + 36 * 365 * WORLD_DAY;
    world_send(world, &event);
    assert_true(world_row(world, 1)->due_at == WORLD_NOW + 10 * WORLD_DAY);
    event = world_referral("o21", 1, REFERRAL_DELIVERED, "sink", 1);
    event.envelope.occurred_at = INT64_MAX;
    world_send(world, &event);
    assert_true(world_row(world, 1)->due_at == WORLD_NOW + 10 * WORLD_DAY);
    /* One that is an hour ahead is believed. */
    event = world_referral("o21", 1, REFERRAL_DELIVERED, "sink", 2);
    event.envelope.occurred_at = WORLD_NOW + WORLD_HOUR;
    world_send(world, &event);
    assert_true(world_row(world, 1)->due_at == WORLD_NOW + WORLD_HOUR + 10 * WORLD_DAY);
}

static void the_deadline_counts_from_the_delivery_and_ends_with_an_answer(void **state)
{
    struct world *world = *state;
    struct event delivered = world_referral("o21", 1, REFERRAL_DELIVERED, "sink", 1);

    issue(world);
    delivered.envelope.occurred_at = WORLD_NOW;
    world_send(world, &delivered);
    assert_true(world_row(world, 1)->due_at == WORLD_NOW + 10 * WORLD_DAY);
    say(world, "o21", REFERRAL_DECLINED, "dossier", 1);
    assert_true(world_row(world, 1)->due_at == NO_TIME);
}

static void the_notice_of_one_due_time_has_one_id(void **state)
{
    struct world *world = *state;
    struct handoff_answer first;
    struct handoff_answer second;
    const struct handoff *row;

    issue(world);
    row = world_row(world, 1);
    assert_true(handoff_fire(row, row->due_at, &world->arena, &first));
    assert_true(handoff_fire(row, row->due_at + WORLD_DAY, &world->arena, &second));
    assert_true(uuid_equal(first.messages[0].event.envelope.event_id,
                           second.messages[0].event.envelope.event_id));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_issue_opens_a_row_and_reaches_the_receiver),
        CASE(each_answer_reaches_the_other_end_only),
        CASE(a_later_step_implies_the_earlier_ones),
        CASE(a_step_behind_a_later_one_or_behind_the_end_fills_its_slot_and_is_not_told),
        CASE(a_step_behind_a_cancellation_is_not_told),
        CASE(a_step_behind_a_closure_in_error_is_told),
        CASE(a_hand_over_to_oneself_is_taken_over_at_once_and_goes_nowhere),
        CASE(a_closure_entered_in_error_leaves_the_hand_over_open),
        CASE(a_refused_cancellation_brings_the_state_back),
        CASE(the_day_of_the_request_is_written_once),
        CASE(an_appointment_belongs_to_the_end_that_named_it_first),
        CASE(a_moved_appointment_is_news_and_the_same_again_is_not),
        CASE(the_loser_of_a_contradiction_is_told_the_same_in_either_order),
        CASE(a_record_that_changes_its_mind_contradicts_nobody),
        CASE(a_redirect_opens_the_child_and_ends_the_parent_in_one_answer),
        CASE(a_refused_child_leaves_the_parent_with_its_holder),
        CASE(a_redirect_back_into_the_thread_is_a_loop),
        CASE(only_the_holder_redirects),
        CASE(nothing_is_left_of_an_erased_hand_over),
        CASE(what_was_known_before_an_erasure_is_not_refused_again_and_again),
        CASE(no_answer_in_ten_days_is_said_to_both_ends_once),
        CASE(a_clock_far_ahead_puts_off_no_deadline),
        CASE(the_deadline_counts_from_the_delivery_and_ends_with_an_answer),
        CASE(the_notice_of_one_due_time_has_one_id),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
