/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "broker/checks.h"
#include "broker/deadlines.h"
#include "schemas/codes.h"
#include "tests/support/world_case.h"

/* ---- Refused -------------------------------------------------------------------------- */

static void a_refusal_goes_to_inbox_and_dead_letters_under_one_id(void **state)
{
    struct world *world = *state;
    struct handoff_answer answer = send(world, world_issue(1, "o10", "o31"));

    assert_refused(&answer, "convention_missing");
    assert_int_equal(answer.message_count, 2);
    assert_non_null(world_dead(&answer, "o10"));
    assert_non_null(world_heard(&answer, "o10", 0));
    assert_true(uuid_equal(world_dead(&answer, "o10")->envelope.event_id,
                           world_heard(&answer, "o10", 0)->envelope.event_id));
    assert_bytes_text(world_dead(&answer, "o10")->rejection.code, "convention_missing");
    assert_bytes_text(world_dead(&answer, "o10")->rejection.event_type, "Referral");
    assert_bytes_text(world_dead(&answer, "o10")->rejection.status, "ISSUED");
    assert_true(uuid_equal(world_dead(&answer, "o10")->envelope.cause,
                           world_issue(1, "o10", "o31").envelope.event_id));
    assert_int_equal(world_state(world, 1), HANDOFF_REFUSED);
    assert_bytes_text(world_row(world, 1)->refusal_code, "convention_missing");
}

static void a_refused_issue_is_weighed_again_and_said_once(void **state)
{
    struct world *world = *state;
    struct event event = world_issue(1, "o10", "o21");
    struct handoff_answer answer;

    event.referral.choice_required = true;
    answer = world_send(world, &event);
    assert_refused(&answer, "choice_missing");
    answer = world_send(world, &event);
    assert_int_equal(answer.verdict, VERDICT_DUPLICATE);
    assert_int_equal(answer.message_count, 0);
    /* The same event, sent again once its reason is gone. */
    event.referral.choice_recorded = true;
    answer = world_send(world, &event);
    assert_int_equal(answer.verdict, VERDICT_ACCEPTED);
    assert_int_equal(world_state(world, 1), HANDOFF_ISSUED);
    assert_null(world_row(world, 1)->refusal_code.data);
    assert_non_null(world_heard(&answer, "o21", 0));
}

static void each_check_of_an_opening_has_its_code(void **state)
{
    struct world *world = *state;
    struct event event = world_issue(1, "o10", "o77");
    struct handoff_answer answer = world_send(world, &event);

    assert_refused(&answer, "operator_unknown");
    answer = send(world, world_issue(2, "o10", "o40"));
    assert_refused(&answer, "operator_unknown");
    event = world_issue(3, "o10", "o40");
    event.envelope.occurred_at = INT64_C(1500000000000000);
    event.referral.requested_on = NO_INT;
    assert_int_equal(world_send(world, &event).verdict, VERDICT_ACCEPTED);
    event = world_issue(4, "o10", "o21");
    event.envelope.test = true;
    answer = world_send(world, &event);
    assert_refused(&answer, "test_to_real");
    answer = send(world, world_issue(5, "o10", "o99"));
    assert_refused(&answer, "operator_unknown");
    event = world_issue(6, "o10", "o21");
    event.referral.requested_on = (int32_t)(WORLD_NOW / WORLD_DAY) - 732;
    answer = world_send(world, &event);
    assert_refused(&answer, "too_old");
    answer = world_send_from(world, "o22", &event);
    assert_refused(&answer, "not_yours");
    assert_non_null(world_dead(&answer, "o22"));
    event = world_issue(7, "o10", "o21");
    event.envelope.thread_id = world_id("handoff", 99);
    answer = world_send(world, &event);
    assert_refused(&answer, "unknown_handoff");
}

static void an_operator_without_topics_cannot_be_referred_to(void **state)
{
    static const char *const reachable[] = {"o10", "o22"};
    struct world *world = *state;
    struct event event = world_issue(1, "o10", "o21");
    struct handoff_answer answer;
    struct handoff_question question = {.event = &event,
                                        .sender = BYTES_LITERAL("o10"),
                                        .now_us = WORLD_NOW,
                                        .directory = world->directory,
                                        .reachable = reachable,
                                        .reachable_count = 2};

    handoff_decide(&question, &world->arena, &answer);
    assert_refused(&answer, "operator_unknown");
}

/* The holder has left: the fact is true all the same, and its sender learns that it was not told.
 */
static void what_is_for_an_operator_without_an_inbox_counts_and_is_told_its_sender(void **state)
{
    static const char *const deaf[] = {"o21"};
    struct world *world = *state;
    struct event event = world_referral("o10", 1, REFERRAL_WITHDRAWN_BY_PERSON, "referral", 2);
    struct handoff_question question = {.event = &event,
                                        .sender = BYTES_LITERAL("o10"),
                                        .now_us = WORLD_NOW,
                                        .directory = world->directory,
                                        .deaf = deaf,
                                        .deaf_count = 1};
    struct handoff_answer answer;

    issue(world);
    question.row = world_row(world, 1);
    handoff_decide(&question, &world->arena, &answer);
    assert_int_equal(answer.verdict, VERDICT_ACCEPTED);
    assert_int_equal(answer.row->state, HANDOFF_WITHDRAWN_BY_PERSON);
    assert_int_equal(answer.withheld, 1);
    assert_int_equal(answer.message_count, 2);
    assert_null(world_heard(&answer, "o21", 0));
    assert_bytes_text(world_heard(&answer, "o10", 0)->rejection.code, "undeliverable");
    assert_bytes_text(world_dead(&answer, "o10")->rejection.code, "undeliverable");
    assert_false(world_dead(&answer, "o10")->rejection.retryable);
    /* To the holder itself it means nothing. */
    event = world_referral("o21", 1, REFERRAL_ACCEPTED, "dossier", 1);
    question.sender = BYTES_LITERAL("o21");
    handoff_decide(&question, &world->arena, &answer);
    assert_int_equal(answer.withheld, 0);
    assert_non_null(world_heard(&answer, "o10", 0));
}

static void what_belongs_to_the_other_end_is_refused(void **state)
{
    struct world *world = *state;
    struct event event;
    struct handoff_answer answer;

    issue(world);
    answer = say(world, "o10", REFERRAL_ACCEPTED, "referral", 2);
    assert_refused(&answer, "not_yours");
    answer = say(world, "o21", REFERRAL_CANCEL_REQUESTED, "dossier", 1);
    assert_refused(&answer, "not_yours");
    answer = say(world, "o22", REFERRAL_WITHDRAWN_BY_PERSON, "dossier", 1);
    assert_refused(&answer, "not_yours");
    answer = say(world, "o10", REFERRAL_REFUSED, "referral", 3);
    assert_refused(&answer, "not_yours");
    event = world_referral("o21", 1, REFERRAL_UNKNOWN, "dossier", 1);
    answer = world_send(world, &event);
    assert_refused(&answer, "unknown_status");
    event = world_issue(1, "o10", "o22");
    event.envelope.source_version = 5;
    event.envelope.event_id = world_id("other receiver", 1);
    answer = world_send(world, &event);
    assert_refused(&answer, "not_yours");
    answer = send(world, world_issue(1, "o22", "o21"));
    assert_refused(&answer, "duplicate_handoff");
    answer = say(world, "o21", REFERRAL_ACCEPTED, "dossier", 2);
    assert_int_equal(answer.verdict, VERDICT_ACCEPTED);
}

static void a_refusal_is_remembered_where_the_sender_has_a_row(void **state)
{
    struct world *world = *state;
    struct event event = world_referral("o10", 1, REFERRAL_ACCEPTED, "referral", 2);

    issue(world);
    assert_int_equal(world_send(world, &event).verdict, VERDICT_REFUSED);
    assert_int_equal(world_send(world, &event).verdict, VERDICT_DUPLICATE);
}

static void nothing_follows_a_refused_issue_but_its_withdrawal(void **state)
{
    struct world *world = *state;
    struct handoff_answer answer = send(world, world_issue(1, "o10", "o31"));

    answer = say(world, "o31", REFERRAL_ACCEPTED, "dossier", 1);
    assert_refused(&answer, "unknown_handoff");
    answer = say(world, "o10", REFERRAL_CANCEL_REQUESTED, "referral", 2);
    assert_refused(&answer, "unknown_handoff");
    answer = say(world, "o10", REFERRAL_WITHDRAWN_BY_PERSON, "referral", 3);
    assert_int_equal(answer.verdict, VERDICT_ACCEPTED);
    assert_int_equal(answer.message_count, 0);
    assert_int_equal(world_state(world, 1), HANDOFF_WITHDRAWN_BY_PERSON);
}

/* Each redirect fills a slot of its parent: a holder that redirects without an end must not
 * make a row that no topic takes. */
static void a_hand_over_is_redirected_so_many_times_and_no_more(void **state)
{
    struct world *world = *state;
    struct event event = world_redirect(2, 1, "o21", "o22");
    struct handoff_question question = {.event = &event,
                                        .sender = BYTES_LITERAL("o21"),
                                        .now_us = WORLD_NOW,
                                        .directory = world->directory};
    struct handoff_answer answer;

    issue(world);
    question.parent = world_row(world, 1);
    for (int child = 2; question.parent->slots.count < CHECKS_MAX_SLOTS; child++) {
        event = world_redirect(child, 1, "o21", "o22");
        handoff_decide(&question, &world->arena, &answer);
        assert_int_equal(answer.verdict, VERDICT_ACCEPTED);
        question.parent = answer.parent;
    }
    event = world_redirect(1000, 1, "o21", "o22");
    handoff_decide(&question, &world->arena, &answer);
    assert_refused(&answer, "too_many");
    assert_null(answer.parent);
    assert_int_equal(answer.row->state, HANDOFF_REFUSED);
}

static void every_code_of_a_check_is_in_the_published_list(void **state)
{
    CLEANUP(buffer_deinit) struct buffer page = {0};

    (void)state;
    checks_document(&page);
    for (const char *line = strstr(buffer_text(&page), "\n| ---");
         (line = strstr(line + 1, "\n| "));) {
        char code[40];
        bool found = false;

        assert_int_equal(sscanf(line + 3, "%39s", code), 1);
        for (size_t i = 0; rejection_codes[i].code; i++) {
            found = found || strcmp(rejection_codes[i].code, code) == 0;
        }
        assert_true(found);
    }
}

/* ---- Doubles and versions -------------------------------------------------------------- */

static void the_same_event_again_changes_nothing(void **state)
{
    struct world *world = *state;
    struct handoff_answer answer;

    issue(world);
    answer = send(world, world_issue(1, "o10", "o21"));
    assert_int_equal(answer.verdict, VERDICT_DUPLICATE);
    assert_null(answer.row);
    assert_int_equal(answer.message_count, 0);
}

static void an_older_version_is_late_and_a_known_one_still_a_duplicate(void **state)
{
    struct world *world = *state;

    issue(world);
    say(world, "o21", REFERRAL_RECEIVED, "dossier", 2);
    say(world, "o21", REFERRAL_ACCEPTED, "dossier", 5);
    assert_int_equal(say(world, "o21", REFERRAL_DELIVERED, "dossier", 3).verdict, VERDICT_LATE);
    assert_int_equal(say(world, "o21", REFERRAL_RECEIVED, "dossier", 2).verdict, VERDICT_DUPLICATE);
    assert_int_equal(world_state(world, 1), HANDOFF_ACCEPTED);
}

static void two_contents_of_one_version_are_both_events(void **state)
{
    struct world *world = *state;

    issue(world);
    assert_int_equal(say(world, "o21", REFERRAL_RECEIVED, "dossier", 1).verdict, VERDICT_ACCEPTED);
    assert_int_equal(say(world, "o21", REFERRAL_ACCEPTED, "dossier", 1).verdict, VERDICT_ACCEPTED);
    assert_int_equal(world_state(world, 1), HANDOFF_ACCEPTED);
    assert_int_equal(say(world, "o21", REFERRAL_RECEIVED, "dossier", 1).verdict, VERDICT_DUPLICATE);
}

static void a_version_that_changes_nothing_is_not_forwarded_unless_it_is_sealed(void **state)
{
    struct world *world = *state;
    struct event again = world_issue(1, "o10", "o21");
    struct handoff_answer answer;

    issue(world);
    again.envelope.source_version = 2;
    again.envelope.event_id = world_id("again", 2);
    answer = world_send(world, &again);
    assert_int_equal(answer.verdict, VERDICT_ACCEPTED);
    assert_int_equal(answer.message_count, 0);
    again.envelope.source_version = 3;
    again.envelope.event_id = world_id("again", 3);
    world_seal(world, &again, "o21");
    answer = world_send(world, &again);
    assert_int_equal(answer.message_count, 1);
    assert_non_null(world_heard(&answer, "o21", 0)->envelope.sealed);
}

static void sealed_bytes_reach_nobody_but_their_addressee(void **state)
{
    struct world *world = *state;
    struct event event = world_issue(1, "o10", "o21");
    struct handoff_answer answer;

    world_seal(world, &event, "o22");
    answer = world_send(world, &event);
    assert_null(world_heard(&answer, "o21", 0)->envelope.sealed);
    event = world_issue(2, "o10", "o31");
    world_seal(world, &event, "o31");
    answer = world_send(world, &event);
    assert_null(world_heard(&answer, "o10", 0)->envelope.sealed);
    assert_null(world_dead(&answer, "o10")->envelope.sealed);
}

/* ---- Tests never touch real people --------------------------------------------------------- */

static void a_test_hand_over_stays_among_tests(void **state)
{
    struct world *world = *state;
    struct event event = world_issue(1, "o98", "o99");
    struct handoff_answer answer;

    event.envelope.test = true;
    assert_int_equal(world_send(world, &event).verdict, VERDICT_ACCEPTED);
    event = world_redirect(2, 1, "o99", "o21");
    answer = world_send(world, &event);
    assert_refused(&answer, "test_to_real");
    event = world_referral("o99", 1, REFERRAL_ACCEPTED, "dossier", 1);
    answer = world_send(world, &event);
    assert_true(world_heard(&answer, "o98", 0)->envelope.test);
}

static void a_test_answer_does_not_reach_a_real_hand_over(void **state)
{
    struct world *world = *state;
    struct event event = world_referral("o21", 1, REFERRAL_ACCEPTED, "dossier", 1);
    struct handoff_answer answer;

    issue(world);
    event.envelope.test = true;
    answer = world_send(world, &event);
    assert_refused(&answer, "test_to_real");
}

static void the_rules_can_be_printed(void **state)
{
    CLEANUP(buffer_deinit) struct buffer page = {0};

    (void)state;
    handoff_document(&page);
    assert_non_null(strstr(buffer_text(&page), "| 1 | ERASED | l'un ou l'autre | oui |"));
    assert_non_null(strstr(buffer_text(&page), "| loop | un ISSUED qui ouvre |"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_refusal_goes_to_inbox_and_dead_letters_under_one_id),
        CASE(a_refused_issue_is_weighed_again_and_said_once),
        CASE(each_check_of_an_opening_has_its_code),
        CASE(an_operator_without_topics_cannot_be_referred_to),
        CASE(what_is_for_an_operator_without_an_inbox_counts_and_is_told_its_sender),
        CASE(what_belongs_to_the_other_end_is_refused),
        CASE(a_refusal_is_remembered_where_the_sender_has_a_row),
        CASE(nothing_follows_a_refused_issue_but_its_withdrawal),
        CASE(a_hand_over_is_redirected_so_many_times_and_no_more),
        CASE(every_code_of_a_check_is_in_the_published_list),
        CASE(the_same_event_again_changes_nothing),
        CASE(an_older_version_is_late_and_a_known_one_still_a_duplicate),
        CASE(two_contents_of_one_version_are_both_events),
        CASE(a_version_that_changes_nothing_is_not_forwarded_unless_it_is_sealed),
        CASE(sealed_bytes_reach_nobody_but_their_addressee),
        CASE(a_test_hand_over_stays_among_tests),
        CASE(a_test_answer_does_not_reach_a_real_hand_over),
        CASE(the_rules_can_be_printed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
