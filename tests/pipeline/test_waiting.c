/* SPDX-License-Identifier: Apache-2.0
 *
 * Items that wait for their link: how many, how long, and what none of them may do to the others.
 */
#include "tests/support/test.h"

#include <stdio.h>

#include "tests/support/inbound_case.h"
#include "tests/support/scripted_claim.h"

static char *rdv_of(struct stage_case *c, int number)
{
    return arena_printf(&c->a.arena,
                        "{\"kind\":\"rdv\",\"id\":%d,\"person\":\"U%d\",\"at\":"
                        "\"2026-03-03 10:00:00 +0100\"}",
                        number, number);
}

/* More than one turn looks at: each that can go on does, none waits for its time. */
static void many_that_wait_are_all_looked_at_when_their_links_come(void **state)
{
    struct stage_case *c = inbound_case_new();
    struct uuid id = inbound_case_id();
    char person[16];

    (void)state;
    for (int i = 0; i < 600; i++)
        (void)stage_case_record(&c->a, rdv_of(c, i));
    stage_case_tend(&c->a); /* looks at some */
    for (int i = 0; i < 600; i += 6) {
        (void)snprintf(person, sizeof(person), "U%d", i);
        id.octets[15] = (uint8_t)i;
        id.octets[14] = (uint8_t)(i >> 8);
        inbound_case_know(&c->a, id, person);
    }
    for (int turn = 0; turn < 3; turn++)
        stage_case_tend(&c->a);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 100);
    assert_int_equal(metric_value(c->a.counts.items_pending), 500);
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

/* The queue has an end: behind it their source keeps the records, and nobody calls that a
 * failure of the far end. Whoever is known goes on. */
static void what_may_no_longer_wait_is_left_to_its_source(void **state)
{
    struct stage_case *c = inbound_case_new();
    struct error err = {0};
    struct result result;

    (void)state;
    for (int i = 0; i < 10000;) {
        struct state_change *change = state_begin(c->a.state);

        for (int end = i + 250; i < end; i++)
            state_put(change, STATE_MATCH_WAIT,
                      bytes_of_text(arena_printf(&c->a.arena, "other\x1f%d", i)),
                      BYTES_LITERAL("1"));
        assert_int_equal(state_commit(change, &err), OUTCOME_OK);
    }
    result = stage_case_record(&c->a, rdv_of(c, 1));
    assert_int_equal(result.outcome, OUTCOME_RETRY);
    assert_true(result.waits);
    assert_int_equal(metric_value(c->a.counts.items_ended[ITEM_COUNT_RETURNED]), 1);
    inbound_case_know(&c->a, inbound_case_id(), "U1");
    assert_int_equal(stage_case_record(&c->a, rdv_of(c, 1)).outcome, OUTCOME_OK);
    stage_case_free(c);
}

/* The source says nothing meanwhile: only the sign of life finds that Kafka is away. */
static void an_outage_in_which_nothing_else_is_written_does_not_count(void **state)
{
    struct stage_case *c = inbound_case_new();
    int32_t wait_ms = 0;

    (void)state;
    (void)stage_case_record(&c->a, INBOUND_CASE_DOSSIER(INBOUND_CASE_UNKNOWN_REF, "accepted"));
    stage_case_tend(&c->a); /* its time begins */
    scripted_claim = OUTCOME_RETRY;
    for (int i = 0; i < 3; i++) {
        clock_manual_advance(c->clock, 601 * US_PER_SECOND);
        assert_int_equal(c->a.inbound->ops->tend(c->a.inbound, true, &wait_ms, &(struct error){0}),
                         OUTCOME_RETRY);
    }
    scripted_claim = OUTCOME_OK;
    stage_case_tend(&c->a);
    inbound_case_know(&c->a, inbound_case_id(), "U1");
    stage_case_tend(&c->a);
    assert_int_equal(stage_case_event(&c->a, 0).referral.status, REFERRAL_ACCEPTED);
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

static void what_waited_in_vain_is_a_dead_letter_or_nobodys(void **state)
{
    struct stage_case *c = inbound_case_new();

    (void)state;
    (void)stage_case_record(&c->a, INBOUND_CASE_DOSSIER(INBOUND_CASE_UNKNOWN_REF, "accepted"));
    (void)stage_case_record(&c->a, "{\"kind\":\"rdv\",\"id\":1,\"person\":\"U9\",\"at\":"
                                   "\"2026-03-03 10:00:00 +0100\"}");
    stage_case_tend(&c->a);
    clock_manual_advance(c->clock, 599 * US_PER_SECOND);
    stage_case_tend(&c->a);
    assert_int_equal(metric_value(c->a.counts.items_pending), 2);
    clock_manual_advance(c->clock, 2 * US_PER_SECOND);
    stage_case_tend(&c->a);
    assert_int_equal(metric_value(c->a.counts.items_pending), 0);
    assert_bytes_text(stage_case_rejection(&c->a, 0).code, "unknown_handoff");
    assert_int_equal(metric_value(c->a.counts.items_ended[ITEM_COUNT_NO_HANDOFF]), 1);
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

#define REDIRECT INBOUND_CASE_REFERRAL("12", "\"parent\":\"" INBOUND_CASE_UNKNOWN_REF "\",")

/* An inbox that answers nobody, after so long, until it has nothing there. */
struct mute_inbox {
    struct clock *clock;
    int64_t takes_us;
    int reads;
    bool answers;
};

static enum outcome read_mute(void *context, int64_t position, struct arena *arena,
                              struct record *ret_record, struct error *err)
{
    struct mute_inbox *inbox = context;

    (void)position;
    (void)arena;
    (void)ret_record;
    inbox->reads++;
    clock_manual_advance(inbox->clock, inbox->takes_us);
    return inbox->answers ? error_set(err, OUTCOME_REJECT, "nothing there")
                          : error_set(err, OUTCOME_RETRY, "no answer");
}

/* A redirect that waits for its parent, and two appointments behind it; then the links of two are
 * there, and the inbox is mute. */
static struct stage_case *redirect_that_waits(struct mute_inbox *inbox)
{
    struct stage_case *c = inbound_case_new();

    inbox->clock = c->clock;
    c->a.shared.read_inbox = read_mute;
    c->a.shared.inbox_context = inbox;
    (void)stage_case_record(&c->a, REDIRECT);
    clock_manual_advance(c->clock, US_PER_SECOND);
    (void)stage_case_record(&c->a, rdv_of(c, 1));
    (void)stage_case_record(&c->a, rdv_of(c, 9));
    assert_int_equal(metric_value(c->a.counts.items_pending), 3);
    stage_case_tend(&c->a);
    inbound_case_know_at(&c->a, inbound_case_id(), "U1", 0);
    return c;
}

/* Those behind it go on, and have no more time than without it; it is kept until it can be told. */
static void what_fails_alone_holds_up_nothing_else_that_waits(void **state)
{
    struct mute_inbox inbox = {0};
    struct stage_case *c = redirect_that_waits(&inbox);

    (void)state;
    stage_case_tend(&c->a);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 1);
    assert_int_equal(stage_case_event(&c->a, 0).type, EVENT_APPOINTMENT);
    for (int i = 0; i < 20; i++)
        stage_case_tend(&c->a);
    assert_int_equal(inbox.reads, 1); /* not at every look */
    for (int i = 0; i < 601; i++) {
        clock_manual_advance(c->clock, US_PER_SECOND);
        stage_case_tend(&c->a);
    }
    assert_in_range(inbox.reads, 10, 20); /* pauses that grow to a minute */
    assert_int_equal(metric_value(c->a.counts.items_ended[ITEM_COUNT_NO_HANDOFF]), 1);
    assert_int_equal(metric_value(c->a.counts.items_pending), 1);
    inbox.answers = true;
    clock_manual_advance(c->clock, 60 * US_PER_SECOND);
    stage_case_tend(&c->a);
    assert_bytes_text(stage_case_rejection(&c->a, 0).code, "contact_missing");
    assert_int_equal(metric_value(c->a.counts.items_pending), 0);
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

/* An inbox that answers nobody says so after seconds, each time: the source waits meanwhile. */
static void what_fails_alone_and_slowly_ends_its_look_and_the_next_goes_on_behind_it(void **state)
{
    struct mute_inbox inbox = {.takes_us = 4 * US_PER_SECOND};
    struct stage_case *c = redirect_that_waits(&inbox);

    (void)state;
    stage_case_tend(&c->a);
    assert_int_equal(inbox.reads, 1);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 0);
    stage_case_tend(&c->a);
    assert_int_equal(inbox.reads, 1);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 1);
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_that_wait_are_all_looked_at_when_their_links_come),
        cmocka_unit_test(what_may_no_longer_wait_is_left_to_its_source),
        cmocka_unit_test(an_outage_in_which_nothing_else_is_written_does_not_count),
        cmocka_unit_test(what_waited_in_vain_is_a_dead_letter_or_nobodys),
        cmocka_unit_test(what_fails_alone_holds_up_nothing_else_that_waits),
        cmocka_unit_test(what_fails_alone_and_slowly_ends_its_look_and_the_next_goes_on_behind_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
