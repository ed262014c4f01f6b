/* SPDX-License-Identifier: Apache-2.0
 *
 * Which hand-over a record of theirs is of: what waits for its link, what is nobody's, what is of
 * several, and what is only an echo of our own write.
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

/* Remembers a hand-over at the side as delivery would. */
static void know_at(struct stage_side *side, struct uuid handoff_id, const char *person,
                    int64_t inbox_position)
{
    struct link_note links[] = {{BYTES_LITERAL("person"), bytes_of_text(person)}};
    struct known_handoff known = {.handoff_id = handoff_id,
                                  .thread_id = handoff_id,
                                  .inbox_position = inbox_position,
                                  .sent_at = STAGE_START_US - 60 * US_PER_SECOND,
                                  .other = BYTES_LITERAL("o22"),
                                  .links = links,
                                  .link_count = 1};
    struct state_change *change = state_begin(side->state);
    struct error err = {0};

    links_remember(change, &known, &side->arena);
    assert_int_equal(state_commit(change, &err), OUTCOME_OK);
}

static void know(struct stage_side *side, struct uuid handoff_id, const char *person)
{
    know_at(side, handoff_id, person, -1);
}

static struct uuid known_id(void)
{
    struct uuid id = UUID_NONE;

    assert_true(uuid_parse(BYTES_LITERAL(INBOUND_CASE_UNKNOWN_REF), &id));
    return id;
}

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
    know(&c->a, known_id(), "U1");
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
    know(&c->a, known_id(), "U1");
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
 * here, they are nobody's. */
static void
an_appointment_of_before_the_end_is_of_that_hand_over_however_late_it_comes(void **state)
{
    struct stage_case *c = inbound_case_new();

    (void)state;
    know(&c->a, known_id(), "U1");
    (void)stage_case_record(&c->a, ENDED_AT("2026-03-02 10:00:00 +0100"));
    clock_manual_advance(c->clock, 5 * US_PER_SECOND);
    (void)stage_case_record(&c->a, RDV("1", "2026-03-02 09:59:59 +0100"));
    (void)stage_case_record(&c->a, RDV("2", "2026-03-02 10:00:02 +0100"));
    (void)stage_case_record(&c->a, RDV("3", "2026-03-02 09:58:59 +0100"));
    stage_case_tend(&c->a);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 1);
    assert_int_equal(metric_value(c->a.counts.items_pending), 3);
    clock_manual_advance(c->clock, 601 * US_PER_SECOND);
    stage_case_tend(&c->a);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 2);
    assert_int_equal(stage_case_event(&c->a, 1).type, EVENT_APPOINTMENT);
    assert_true(uuid_equal(stage_case_event(&c->a, 1).envelope.handoff_id, known_id()));
    assert_int_equal(metric_value(c->a.counts.items_ended[ITEM_COUNT_NO_HANDOFF]), 2);
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

/* The machine's clock is two minutes behind: by it, the end was before what came before it. */
static void a_clock_that_is_behind_makes_no_end_earlier(void **state)
{
    struct stage_case *c = inbound_case_new();

    (void)state;
    know(&c->a, known_id(), "U1");
    (void)stage_case_record(&c->a, ENDED_AT("2026-03-02 10:02:00 +0100"));
    clock_manual_advance(c->clock, 5 * US_PER_SECOND);
    (void)stage_case_record(&c->a, RDV("1", "2026-03-02 10:01:59 +0100"));
    (void)stage_case_record(&c->a, RDV("2", "2026-03-02 10:02:01 +0100"));
    stage_case_tend(&c->a);
    clock_manual_advance(c->clock, 601 * US_PER_SECOND);
    stage_case_tend(&c->a);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 2);
    assert_int_equal(stage_case_event(&c->a, 1).type, EVENT_APPOINTMENT);
    assert_true(uuid_equal(stage_case_event(&c->a, 1).envelope.handoff_id, known_id()));
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
    know(&c->a, known_id(), "U1");
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
    assert_false(links_handoff(c->a.state, known_id(), &c->a.arena, &known));
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

static void an_appointment_of_before_two_ends_is_nobodys(void **state)
{
    struct stage_case *c = inbound_case_new();
    const struct links_ending end = {STAGE_START_US, STAGE_START_US};
    struct uuid other = known_id();
    struct state_change *change;
    struct error err = {0};

    (void)state;
    other.octets[15] ^= 1;
    know(&c->a, known_id(), "U1");
    know(&c->a, other, "U1");
    change = state_begin(c->a.state);
    links_end(change, known_id(), end, &c->a.arena);
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
    struct uuid id = known_id();
    char person[16];

    (void)state;
    for (int i = 0; i < 600; i++)
        (void)stage_case_record(&c->a, rdv_of(c, i));
    stage_case_tend(&c->a); /* looks at some */
    for (int i = 0; i < 600; i += 6) {
        (void)snprintf(person, sizeof(person), "U%d", i);
        id.octets[15] = (uint8_t)i;
        id.octets[14] = (uint8_t)(i >> 8);
        know(&c->a, id, person);
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
    know(&c->a, known_id(), "U1");
    assert_int_equal(stage_case_record(&c->a, rdv_of(c, 1)).outcome, OUTCOME_OK);
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
    know_at(&c->a, known_id(), "U1", 0);
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

static void a_person_with_two_open_hand_overs_is_ambiguous_until_one_ends(void **state)
{
    struct stage_case *c = inbound_case_new();
    struct uuid other = known_id();
    const char *rdv = "{\"kind\":\"rdv\",\"id\":1,\"person\":\"U1\",\"at\":"
                      "\"2026-03-03 10:00:00 +0100\"}";

    (void)state;
    other.octets[15] ^= 1;
    know(&c->a, known_id(), "U1");
    know(&c->a, other, "U1");
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
    know(&c->a, known_id(), "U1");
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
    struct bytes touched = echoes_touched(known_id(), &c->a.arena);
    struct error err = {0};

    (void)state;
    know(&c->a, known_id(), "U1");
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
        cmocka_unit_test(many_that_wait_are_all_looked_at_when_their_links_come),
        cmocka_unit_test(what_may_no_longer_wait_is_left_to_its_source),
        cmocka_unit_test(what_waited_in_vain_is_a_dead_letter_or_nobodys),
        cmocka_unit_test(what_fails_alone_holds_up_nothing_else_that_waits),
        cmocka_unit_test(what_fails_alone_and_slowly_ends_its_look_and_the_next_goes_on_behind_it),
        cmocka_unit_test(a_person_with_two_open_hand_overs_is_ambiguous_until_one_ends),
        cmocka_unit_test(a_repetition_is_an_echo_only_after_a_write_of_ours),
        cmocka_unit_test(our_own_write_that_comes_back_is_an_echo_until_they_say_something_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
