/* SPDX-License-Identifier: Apache-2.0
 *
 * Arrival order never decides: every interleaving that keeps each pipeline's own order ends
 * in the same row, which is the row of the naive model, and tells the same losers.
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "schemas/enums.h"
#include "tests/support/naive_model.h"
#include "tests/support/world.h"

#define MAX_PIPELINES 4
#define MAX_EVENTS 8

struct pipeline {
    struct event events[MAX_EVENTS];
    size_t count;
    /* Pipeline and number of events of it that must have come before the first of ours: an
     * operator answers only what it has heard. -1: none. */
    int after;
    size_t after_count;
};

struct scenario {
    const char *name;
    struct event issue; /* comes first */
    struct pipeline pipelines[MAX_PIPELINES];
    size_t pipeline_count;
    bool with_child;
};

struct walk {
    struct world world;
    const struct scenario *scenario;
    size_t taken[MAX_PIPELINES];
    const struct event *order[MAX_PIPELINES * MAX_EVENTS];
    size_t count;
    size_t interleavings;
    struct arena kept; /* the row of the first interleaving */
    struct handoff first;
    bool have_first;
};

/* Every id that was told "superseded", each at most once. */
struct losers {
    struct uuid causes[64];
    size_t count;
};

static void note_losers(struct losers *losers, const struct handoff_answer *answer)
{
    for (size_t i = 0; i < answer->message_count; i++) {
        const struct event *event = &answer->messages[i].event;

        if (answer->messages[i].target != TARGET_REJECTED ||
            !bytes_equal_text(event->rejection.code, "superseded")) {
            continue;
        }
        for (size_t j = 0; j < losers->count; j++) {
            assert_false(uuid_equal(losers->causes[j], event->envelope.cause));
        }
        losers->causes[losers->count++] = event->envelope.cause;
    }
}

static bool is_told(const struct losers *losers, struct uuid id)
{
    for (size_t i = 0; i < losers->count; i++) {
        if (uuid_equal(losers->causes[i], id)) {
            return true;
        }
    }
    return false;
}

static bool knows(const struct handoff *row, enum fact fact)
{
    const struct slot *slots = row->slots.items;

    for (size_t i = 0; i < row->slots.count; i++) {
        if (slots[i].fact == (int32_t)fact) {
            return true;
        }
    }
    return false;
}

static void compare_with_naive(struct walk *walk, const struct handoff *row,
                               const struct losers *losers)
{
    static const enum fact steps[] = {FACT_DELIVERED, FACT_RECEIVED, FACT_ACCEPTED,
                                      FACT_TAKEN_OVER};
    const struct event *events[MAX_PIPELINES * MAX_EVENTS];
    struct naive_bag bag = {.events = events, .redirected = walk->scenario->with_child};

    for (size_t i = 0; i < walk->count; i++) {
        if (uuid_equal(walk->order[i]->envelope.handoff_id, row->handoff_id)) {
            events[bag.count++] = walk->order[i];
        }
    }
    assert_string_equal(enum_symbol(&enum_handoff_state, row->state), naive_state(&bag));
    assert_true(row->due_at == naive_due(&bag));
    if (row->state == HANDOFF_ERASED) {
        return;
    }
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        assert_int_equal(knows(row, steps[i]),
                         naive_knows(&bag, enum_symbol(&enum_fact, (int32_t)steps[i])));
    }
    for (size_t i = 0; i < bag.count; i++) {
        if (naive_lost(&bag, events[i])) {
            assert_true(is_told(losers, events[i]->envelope.event_id));
        }
    }
}

/* Makes an array of the row a copy that outlives the interleaving. */
static void keep_array(struct walk *walk, struct field_array *array, size_t size)
{
    void *copy = arena_array(&walk->kept, array->count + 1, size);

    if (array->count > 0) {
        memcpy(copy, array->items, array->count * size);
    }
    array->items = copy;
}

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct uuid));
}

/* What may differ: the numbers of messages, which fact it heard last, and the order in which
 * ids of one version are remembered. */
static void compare_with_first(struct walk *walk, const struct handoff *row)
{
    struct handoff plain = *row;

    for (size_t i = 0; i < row->seen.count; i++) {
        struct seen *seen = &((struct seen *)row->seen.items)[i];

        qsort(seen->event_ids.items, seen->event_ids.count, sizeof(struct uuid), compare_ids);
    }
    plain.next_seq = 0;
    plain.updated_at = 0;
    if (walk->have_first) {
        assert_true(record_equal(&handoff_table, &plain, &walk->first));
        return;
    }
    walk->have_first = true;
    walk->first = plain;
    keep_array(walk, &walk->first.slots, sizeof(struct slot));
    keep_array(walk, &walk->first.seen, sizeof(struct seen));
    keep_array(walk, &walk->first.thread_operators, sizeof(struct bytes));
    for (size_t i = 0; i < row->seen.count; i++) {
        keep_array(walk, &((struct seen *)walk->first.seen.items)[i].event_ids,
                   sizeof(struct uuid));
    }
}

static void run(struct walk *walk)
{
    struct losers losers = {.count = 0};
    struct handoff_answer answer;

    world_reset(&walk->world);
    answer = world_send(&walk->world, &walk->scenario->issue);
    assert_int_equal(answer.verdict, VERDICT_ACCEPTED);
    for (size_t i = 1; i < walk->count; i++) {
        answer = world_send(&walk->world, walk->order[i]);
        if (answer.verdict != VERDICT_ACCEPTED) {
            assert_true(answer.code && strcmp(answer.code, "erased") == 0);
        }
        note_losers(&losers, &answer);
        /* At least once: every outbox may hold its events twice. */
        answer = world_send(&walk->world, walk->order[i]);
        assert_int_not_equal(answer.verdict, VERDICT_ACCEPTED);
    }
    compare_with_naive(walk, world_row(&walk->world, 1), &losers);
    compare_with_first(walk, world_row(&walk->world, 1));
    walk->interleavings++;
}

static void visit(struct walk *walk)
{
    bool done = true;

    for (size_t i = 0; i < walk->scenario->pipeline_count; i++) {
        const struct pipeline *pipeline = &walk->scenario->pipelines[i];
        size_t taken = walk->taken[i];

        if (taken == pipeline->count) {
            continue;
        }
        done = false;
        if (taken == 0 && pipeline->after >= 0 &&
            walk->taken[pipeline->after] < pipeline->after_count) {
            continue;
        }
        walk->order[walk->count++] = &pipeline->events[taken];
        walk->taken[i]++;
        visit(walk);
        walk->taken[i]--;
        walk->count--;
    }
    if (done) {
        run(walk);
    }
}

static void walk_all(const struct scenario *scenario, size_t at_least)
{
    struct walk *walk = xcalloc(1, sizeof(*walk));

    world_init(&walk->world);
    walk->scenario = scenario;
    walk->order[walk->count++] = &scenario->issue;
    visit(walk);
    if (scenario->name) {
        print_message("%s: %zu interleavings\n", scenario->name, walk->interleavings);
    }
    assert_true(walk->interleavings >= at_least);
    world_deinit(&walk->world);
    arena_deinit(&walk->kept);
    free(walk);
}

static struct pipeline *pipeline(struct scenario *scenario)
{
    struct pipeline *pipeline = &scenario->pipelines[scenario->pipeline_count++];

    pipeline->after = -1;
    return pipeline;
}

static void add(struct pipeline *pipeline, struct event event)
{
    pipeline->events[pipeline->count++] = event;
}

static void add_referral(struct pipeline *pipeline, const char *sender, enum referral_status status,
                         const char *entity)
{
    add(pipeline, world_referral(sender, 1, status, entity, (int64_t)pipeline->count + 2));
}

/* B's CRM, B's connector, B's agenda and A race on an ordinary hand-over. */
static void an_ordinary_hand_over_ends_the_same_in_every_order(void **state)
{
    struct scenario scenario = {.name = "ordinary", .issue = world_issue(1, "o10", "o21")};
    struct pipeline *crm = pipeline(&scenario);
    struct pipeline *agenda = pipeline(&scenario);
    struct pipeline *issuer = pipeline(&scenario);

    (void)state;
    add_referral(crm, "o21", REFERRAL_DELIVERED, "sink");
    add_referral(crm, "o21", REFERRAL_RECEIVED, "dossier");
    add_referral(crm, "o21", REFERRAL_ACCEPTED, "dossier");
    add_referral(crm, "o21", REFERRAL_TAKEN_OVER, "dossier");
    add(agenda, world_appointment("o21", 1, APPOINTMENT_BOOKED, "rdv", 1));
    add(agenda, world_appointment("o21", 1, APPOINTMENT_RESCHEDULED, "rdv", 2));
    add(agenda, world_appointment("o21", 1, APPOINTMENT_HONOURED, "rdv", 3));
    add_referral(issuer, "o10", REFERRAL_CANCEL_REQUESTED, "referral");
    walk_all(&scenario, 280);
}

static void a_cancellation_that_is_refused_ends_the_same(void **state)
{
    struct scenario scenario = {.name = "cancellation", .issue = world_issue(1, "o10", "o21")};
    struct pipeline *crm = pipeline(&scenario);
    struct pipeline *issuer = pipeline(&scenario);
    struct pipeline *sink = pipeline(&scenario);

    (void)state;
    add_referral(issuer, "o10", REFERRAL_CANCEL_REQUESTED, "referral");
    add_referral(issuer, "o10", REFERRAL_CANCEL_REQUESTED, "referral");
    add_referral(crm, "o21", REFERRAL_ACCEPTED, "dossier");
    add_referral(crm, "o21", REFERRAL_CANCEL_REFUSED, "dossier");
    add_referral(crm, "o21", REFERRAL_TAKEN_OVER, "dossier");
    add_referral(sink, "o21", REFERRAL_DELIVERED, "sink");
    add_referral(sink, "o21", REFERRAL_CONTACT_UNREADABLE, "sink");
    walk_all(&scenario, 210);
}

static void every_end_at_once_ends_the_same(void **state)
{
    struct scenario scenario = {.name = "contradictions", .issue = world_issue(1, "o10", "o21")};
    struct pipeline *crm = pipeline(&scenario);
    struct pipeline *other = pipeline(&scenario);
    struct pipeline *issuer = pipeline(&scenario);
    struct pipeline *closing = pipeline(&scenario);

    (void)state;
    add_referral(crm, "o21", REFERRAL_ACCEPTED, "dossier");
    add_referral(crm, "o21", REFERRAL_DECLINED, "dossier");
    add_referral(crm, "o21", REFERRAL_TAKEN_OVER, "dossier");
    add_referral(other, "o21", REFERRAL_TAKEN_OVER, "second dossier");
    add_referral(other, "o21", REFERRAL_CANCELLED, "second dossier");
    add_referral(issuer, "o10", REFERRAL_CANCEL_REQUESTED, "referral");
    add_referral(issuer, "o10", REFERRAL_WITHDRAWN_BY_PERSON, "referral");
    add(closing, world_closure("o21", 1, CLOSURE_TRAINING, "end", 1));
    walk_all(&scenario, 1680);
}

static void a_closure_taken_back_ends_the_same(void **state)
{
    struct scenario scenario = {.name = "closure", .issue = world_issue(1, "o10", "o21")};
    struct pipeline *closing = pipeline(&scenario);
    struct pipeline *crm = pipeline(&scenario);
    struct pipeline *sink = pipeline(&scenario);

    (void)state;
    add(closing, world_closure("o21", 1, CLOSURE_TRAINING, "end", 1));
    add(closing, world_closure("o21", 1, CLOSURE_EMPLOYMENT, "end", 2));
    add(closing, world_closure("o21", 1, CLOSURE_ENTERED_IN_ERROR, "end", 3));
    add_referral(crm, "o21", REFERRAL_RECEIVED, "dossier");
    add_referral(crm, "o21", REFERRAL_ACCEPTED, "dossier");
    add_referral(sink, "o21", REFERRAL_DELIVERED, "sink");
    walk_all(&scenario, 60);
}

static void a_redirect_among_other_ends_ends_the_same(void **state)
{
    struct scenario scenario = {
        .name = "redirect", .issue = world_issue(1, "o10", "o21"), .with_child = true};
    struct pipeline *crm = pipeline(&scenario);
    struct pipeline *other = pipeline(&scenario);
    struct pipeline *issuer = pipeline(&scenario);
    struct pipeline *child = pipeline(&scenario);

    (void)state;
    add_referral(crm, "o21", REFERRAL_RECEIVED, "dossier");
    add(crm, world_redirect(2, 1, "o21", "o22"));
    add_referral(other, "o21", REFERRAL_DECLINED, "second dossier");
    add_referral(issuer, "o10", REFERRAL_CANCEL_REQUESTED, "referral");
    add_referral(issuer, "o10", REFERRAL_WITHDRAWN_BY_PERSON, "referral");
    child->after = 0;
    child->after_count = 2;
    for (int i = 0; i < 2; i++) {
        struct event event = world_referral(
            "o22", 2, i == 0 ? REFERRAL_DELIVERED : REFERRAL_ACCEPTED, "dossier", i + 1);

        event.envelope.thread_id = world_id("handoff", 1);
        add(child, event);
    }
    walk_all(&scenario, 100);
}

static void an_erasure_at_any_moment_ends_the_same(void **state)
{
    struct scenario scenario = {.name = "erasure", .issue = world_issue(1, "o10", "o21")};
    struct pipeline *crm = pipeline(&scenario);
    struct pipeline *issuer = pipeline(&scenario);

    (void)state;
    add_referral(crm, "o21", REFERRAL_RECEIVED, "dossier");
    add_referral(crm, "o21", REFERRAL_ACCEPTED, "dossier");
    add(crm, world_closure("o21", 1, CLOSURE_OTHER, "end", 1));
    add_referral(issuer, "o10", REFERRAL_CANCEL_REQUESTED, "referral");
    add_referral(issuer, "o10", REFERRAL_ERASED, "referral");
    walk_all(&scenario, 10);
}

static void two_contents_of_one_second_end_the_same_in_either_order(void **state)
{
    struct scenario scenario = {.name = "one second", .issue = world_issue(1, "o10", "o21")};
    struct pipeline *first = pipeline(&scenario);
    struct pipeline *second = pipeline(&scenario);

    (void)state;
    add(first, world_appointment("o21", 1, APPOINTMENT_BOOKED, "rdv", 7));
    add(second, world_appointment("o21", 1, APPOINTMENT_HONOURED, "rdv", 7));
    add(first, world_closure("o21", 1, CLOSURE_OTHER, "end", 7));
    add(second, world_closure("o21", 1, CLOSURE_TRAINING, "end", 7));
    walk_all(&scenario, 6);
}

static struct event fact_number(size_t number)
{
    static const enum referral_status statuses[] = {
        REFERRAL_DELIVERED,          REFERRAL_RECEIVED,
        REFERRAL_ACCEPTED,           REFERRAL_DECLINED,
        REFERRAL_TAKEN_OVER,         REFERRAL_CANCELLED,
        REFERRAL_CANCEL_REFUSED,     REFERRAL_ENTERED_IN_ERROR,
        REFERRAL_CONTACT_UNREADABLE, REFERRAL_WITHDRAWN_BY_PERSON,
        REFERRAL_CANCEL_REQUESTED};
    static const char *const entities[] = {"r0", "r1", "r2", "r3", "r4",  "r5",
                                           "r6", "r7", "r8", "r9", "r10", "r11"};
    const char *sender = number < 9 ? "o21" : "o10";

    if (number == 11) {
        return world_closure("o21", 1, CLOSURE_TRAINING, entities[number], 1);
    }
    return world_referral(sender, 1, statuses[number], entities[number], 1 + (int64_t)number);
}

/* Every three facts, each of a record of its own, in each of their six orders. */
static void any_three_facts_end_the_same(void **state)
{
    (void)state;
    for (size_t a = 0; a < 12; a++) {
        for (size_t b = a + 1; b < 12; b++) {
            for (size_t c = b + 1; c < 12; c++) {
                struct scenario scenario = {.issue = world_issue(1, "o10", "o21")};

                add(pipeline(&scenario), fact_number(a));
                add(pipeline(&scenario), fact_number(b));
                add(pipeline(&scenario), fact_number(c));
                walk_all(&scenario, 6);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_three_facts_end_the_same),
        cmocka_unit_test(an_ordinary_hand_over_ends_the_same_in_every_order),
        cmocka_unit_test(a_cancellation_that_is_refused_ends_the_same),
        cmocka_unit_test(every_end_at_once_ends_the_same),
        cmocka_unit_test(a_closure_taken_back_ends_the_same),
        cmocka_unit_test(a_redirect_among_other_ends_ends_the_same),
        cmocka_unit_test(an_erasure_at_any_moment_ends_the_same),
        cmocka_unit_test(two_contents_of_one_second_end_the_same_in_either_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
