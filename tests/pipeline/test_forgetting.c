/* SPDX-License-Identifier: Apache-2.0
 *
 * What a connector's memory forgets, and when it does not dare to.
 */
#include "tests/support/test.h"

#include <stdio.h>

#include "connectors/forgetting.h"
#include "connectors/memory/links.h"
#include "connectors/memory/pack.h"
#include "connectors/memory/steps.h"
#include "tests/support/two_sides.h"

/* How often all that is set aside was read, and all that waits. */
static int looks;
static int looks_at_waiting;

/* Instead of state.c's: -Wl,--wrap */
void __real_state_each(struct state *state, enum state_kind kind, state_visit *each, void *context);
void __wrap_state_each(struct state *state, enum state_kind kind, state_visit *each, void *context);

void __wrap_state_each(struct state *state, enum state_kind kind, state_visit *each, void *context)
{
    looks += kind == STATE_PARKED;
    looks_at_waiting += kind == STATE_MATCH_WAIT;
    __real_state_each(state, kind, each, context);
}

static void set(struct stage_side *side, enum state_kind kind, const char *id, struct bytes value)
{
    struct error err;

    assert_int_equal(state_set(side->state, kind, bytes_of_text(id), value, &err), OUTCOME_OK);
}

/* Of the inbox, all before `next`. */
static void acknowledge(struct stage_side *side, int64_t next)
{
    struct buffer value = {0};

    pack_int(&value, next);
    set(side, STATE_CURSOR, "inbox", buffer_view(&value));
    buffer_deinit(&value);
}

/* A step that lived long enough, of a record that was acknowledged. */
static struct stage_case *with_an_old_step(struct two_sides *t)
{
    struct stage_case *c = t->stages;

    set(&c->a, STATE_STEP, "step", BYTES_LITERAL("begun"));
    acknowledge(&c->a, 1);
    clock_manual_advance(c->clock, (STATE_STEP_DAYS + 2) * US_PER_DAY);
    return c;
}

static void a_step_is_forgotten_when_its_days_are_over(void **state)
{
    struct stage_case *c = with_an_old_step(*state);
    struct forgetting forgetting = {0};
    struct error err;

    c->a.shared.clock = clock_system();
    assert_int_equal(forgetting_tend(&forgetting, &c->a.shared, &err), OUTCOME_OK);
    assert_int_equal(state_count(c->a.state, STATE_STEP), 0);
}

static void a_wall_clock_that_jumped_forgets_nothing_until_a_restart(void **state)
{
    struct stage_case *c = with_an_old_step(*state);
    struct forgetting forgetting = {0};
    struct error err;

    /* As if it had looked just before somebody set the machine's clock 40 days ahead. */
    c->a.shared.clock = clock_system();
    forgetting.jumps = (struct jumps){.started = true,
                                      .wall_us = clock_wall_us(clock_system()) - 40 * US_PER_DAY,
                                      .mono_ms = clock_mono_ms(clock_system())};
    for (int i = 0; i < 3; i++) {
        forgetting.next_ms = 0;
        assert_int_equal(forgetting_tend(&forgetting, &c->a.shared, &err), OUTCOME_OK);
        assert_int_equal(state_count(c->a.state, STATE_STEP), 1);
    }
}

/* Of 1,500 rows each, more than one piece of work. */
static void put_rows(struct state *state, const char *source)
{
    struct state_change *change = state_begin(state);
    struct error err;

    for (int i = 0; i < 1500; i++) {
        char id[64] = {0};
        size_t len = (size_t)snprintf(id, sizeof(id), "%s\x1f%016d", source, i);

        state_put(change, STATE_EXTRACT, bytes_of(id, len), BYTES_LITERAL("row"));
    }
    assert_int_equal(state_commit(change, &err), OUTCOME_OK);
}

static void the_rows_of_a_source_that_reads_no_full_extract_any_more_are_forgotten(void **state)
{
    static const char *const extracts[] = {"crm"};
    struct stage_case *c = ((struct two_sides *)*state)->stages;
    struct forgetting forgetting = {0};
    struct error err;

    put_rows(c->a.state, "crm");
    put_rows(c->a.state, "cr");
    c->a.shared.extracts = extracts;
    c->a.shared.extract_count = 1;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(forgetting_tend(&forgetting, &c->a.shared, &err), OUTCOME_OK);
        forgetting.next_ms = 0;
    }
    assert_true(forgetting.extracts_done);
    assert_int_equal(state_count(c->a.state, STATE_EXTRACT), 1500);
    stage_case_restart(c, &c->a);
    assert_int_equal(state_count(c->a.state, STATE_EXTRACT), 1500);
    c->a.shared.extract_count = 0;
    forgetting = (struct forgetting){0};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(forgetting_tend(&forgetting, &c->a.shared, &err), OUTCOME_OK);
        forgetting.next_ms = 0;
    }
    assert_int_equal(state_count(c->a.state, STATE_EXTRACT), 0);
}

static void end_handoff(struct stage_side *side, struct uuid handoff_id)
{
    struct state_change *change = state_begin(side->state);
    int64_t now_us = clock_wall_us(side->shared.clock);
    struct error err = {0};

    links_end(change, handoff_id, (struct links_ending){now_us, now_us}, &side->arena);
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
    struct stage_case *c = ((struct two_sides *)*state)->stages;
    struct known_handoff known;
    struct uuid ended;
    struct uuid open;

    (void)stage_case_record(&c->a,
                            "{\"all\":[{\"id\":1," TWO_SIDES_AT "},{\"id\":2," TWO_SIDES_AT "}]}");
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
}

static void while_kafka_is_away_nothing_is_forgotten(void **state)
{
    struct stage_case *c = ((struct two_sides *)*state)->stages;
    struct error err = {0};
    int32_t wait_ms = 0;
    size_t before;

    (void)stage_case_record(&c->a, TWO_SIDES_ONE);
    before = remembered(&c->a);
    assert_int_equal(before, 4); /* the hand-over, its link, what was sent, the record of that */
    clock_manual_advance(c->clock, 2 * STATE_OPEN_DAYS * US_PER_DAY);
    c->a.log.fail_next = 1;
    assert_int_equal(c->a.inbound->ops->tend(c->a.inbound, true, &wait_ms, &err), OUTCOME_RETRY);
    assert_int_equal(remembered(&c->a), before);
    pass(c, 0);
    assert_int_equal(remembered(&c->a), 0);
}

/* The step of a delivery that a person has to decide about is not kept for ever. */
static void a_step_of_a_dead_letter_lives_as_long_as_that(void **state)
{
    struct two_sides *t = *state;
    struct stage_case *c = t->stages;

    two_sides_lose_an_answer(t);
    acknowledge(&c->b, 2);
    clock_manual_advance(c->clock, STATE_STEP_DAYS * US_PER_DAY);
    stage_case_tend(&c->b);
    assert_int_equal(state_count(c->b.state, STATE_STEP), 1);
    clock_manual_advance(c->clock, US_PER_DAY);
    stage_case_tend(&c->b);
    assert_int_equal(state_count(c->b.state, STATE_STEP), 0);
}

/* However old it is by the clock: one that was set while the process was away is not seen, and
 * the call would be made twice. */
static void a_step_of_what_is_not_acknowledged_is_never_forgotten(void **state)
{
    struct two_sides *t = *state;
    struct stage_case *c = t->stages;

    t->far.kafka_goes = true;
    (void)stage_case_record(&c->a, TWO_SIDES_ONE);
    assert_int_equal(stage_case_deliver(&c->a, 0, &c->b).outcome, OUTCOME_RETRY);
    c->b.log.fail_next = 0;
    clock_manual_advance(c->clock, 2 * STATE_STEP_DAYS * US_PER_DAY);
    stage_case_restart(c, &c->b);
    stage_case_tend(&c->b);
    assert_int_equal(stage_case_deliver(&c->a, 0, &c->b).outcome, OUTCOME_REJECT);
    assert_bytes_text(stage_case_rejection(&c->b, 0).code, "outcome_unknown");
    assert_int_equal(t->far.posts, 1);
}

static void a_step_of_what_is_set_aside_is_not_forgotten(void **state)
{
    static const char parked[] = "key\x1f"
                                 "00000000000000000000";
    struct two_sides *t = *state;
    struct stage_case *c = t->stages;

    two_sides_lose_an_answer(t);
    acknowledge(&c->b, 2);
    set(&c->b, STATE_PARKED, parked, BYTES_LITERAL("later"));
    clock_manual_advance(c->clock, 2 * STATE_STEP_DAYS * US_PER_DAY);
    stage_case_tend(&c->b);
    assert_int_equal(state_count(c->b.state, STATE_STEP), 1);
    set(&c->b, STATE_PARKED, parked, BYTES_NONE);
    clock_manual_advance(c->clock, US_PER_DAY);
    stage_case_tend(&c->b);
    assert_int_equal(state_count(c->b.state, STATE_STEP), 0);
}

/* ---- However many, what is set aside is read once ------------------------------------------- */

enum { ACKNOWLEDGED = 1000 }; /* all before it */

/* Several, at places that are acknowledged. */
static void set_some_aside(struct stage_case *c)
{
    for (int i = 0; i < 5; i++)
        set(&c->b, STATE_PARKED,
            arena_printf(&c->b.arena, "key%d\x1f%020d", i, ACKNOWLEDGED - 1 - i),
            BYTES_LITERAL("later"));
    acknowledge(&c->b, ACKNOWLEDGED);
}

static void put_ended_step(struct stage_case *c, int64_t position)
{
    const struct http_response response = {
        .status = 201, .content_type = "", .body = BYTES_LITERAL("")};
    struct bytes id = steps_id(uuid_random(), "first", &c->b.arena);
    struct state_change *change = state_begin(c->b.state);
    struct error err;

    steps_begin(change, id, position);
    steps_answer(change, id, &response, &c->b.arena);
    steps_end(change, id, position, &c->b.arena);
    assert_int_equal(state_commit(change, &err), OUTCOME_OK);
}

static void ended_steps_are_forgotten_with_one_look_at_what_is_set_aside(void **state)
{
    struct stage_case *c = ((struct two_sides *)*state)->stages;
    struct steps_ended *ended;
    struct error err;

    for (int64_t position = 0; position < 5; position++)
        put_ended_step(c, position);
    put_ended_step(c, ACKNOWLEDGED - 1); /* set aside */
    put_ended_step(c, ACKNOWLEDGED);     /* may still be offered by the inbox */
    set_some_aside(c);
    ended = steps_ended_new(c->b.state);
    looks = 0;
    assert_int_equal(forgetting_ended_steps(ended, &c->b.shared, &err), OUTCOME_OK);
    assert_int_equal(state_count(c->b.state, STATE_STEP), 2);
    assert_int_equal(looks, 1);
    steps_ended_free(ended);
}

static void old_steps_are_forgotten_with_one_look_at_what_is_set_aside(void **state)
{
    struct stage_case *c = ((struct two_sides *)*state)->stages;
    struct forgetting forgetting = {0};
    struct error err;

    for (int i = 0; i < 5; i++)
        set(&c->b, STATE_STEP, arena_printf(&c->b.arena, "step%d", i), BYTES_LITERAL("begun"));
    set_some_aside(c);
    clock_manual_advance(c->clock, (STATE_STEP_DAYS + 2) * US_PER_DAY);
    looks = 0;
    assert_int_equal(forgetting_tend(&forgetting, &c->b.shared, &err), OUTCOME_OK);
    assert_int_equal(state_count(c->b.state, STATE_STEP), 0);
    assert_int_equal(looks, 1);
}

static void what_is_not_acknowledged_yet_needs_no_look_at_all(void **state)
{
    struct stage_case *c = ((struct two_sides *)*state)->stages;
    struct steps_ended *ended;
    struct error err;

    put_ended_step(c, ACKNOWLEDGED);
    set_some_aside(c);
    ended = steps_ended_new(c->b.state);
    looks = 0;
    assert_int_equal(forgetting_ended_steps(ended, &c->b.shared, &err), OUTCOME_OK);
    assert_int_equal(state_count(c->b.state, STATE_STEP), 1);
    assert_int_equal(looks, 0);
    steps_ended_free(ended);
}

/* Each second, and of all of it. */
static void what_waits_is_looked_at_only_when_there_is_something_to_forget(void **state)
{
    struct stage_case *c = ((struct two_sides *)*state)->stages;
    struct forgetting forgetting = {0};
    struct error err;

    set(&c->b, STATE_MATCH_WAIT,
        "test\x1f"
        "0000000000000000a",
        BYTES_LITERAL("waits"));
    set(&c->b, STATE_STEP, "step", BYTES_LITERAL("begun"));
    acknowledge(&c->b, 1);
    looks_at_waiting = 0;
    assert_int_equal(forgetting_tend(&forgetting, &c->b.shared, &err), OUTCOME_OK);
    assert_int_equal(looks_at_waiting, 0);
    clock_manual_advance(c->clock, (STATE_STEP_DAYS + 2) * US_PER_DAY);
    assert_int_equal(forgetting_tend(&forgetting, &c->b.shared, &err), OUTCOME_OK);
    assert_int_equal(looks_at_waiting, 1);
    assert_int_equal(state_count(c->b.state, STATE_STEP), 1); /* something waits since long ago */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWO_SIDES_TEST(a_step_is_forgotten_when_its_days_are_over),
        TWO_SIDES_TEST(a_wall_clock_that_jumped_forgets_nothing_until_a_restart),
        TWO_SIDES_TEST(the_rows_of_a_source_that_reads_no_full_extract_any_more_are_forgotten),
        TWO_SIDES_TEST(a_hand_over_is_forgotten_some_time_after_its_end),
        TWO_SIDES_TEST(while_kafka_is_away_nothing_is_forgotten),
        TWO_SIDES_TEST(a_step_of_a_dead_letter_lives_as_long_as_that),
        TWO_SIDES_TEST(a_step_of_what_is_not_acknowledged_is_never_forgotten),
        TWO_SIDES_TEST(a_step_of_what_is_set_aside_is_not_forgotten),
        TWO_SIDES_TEST(ended_steps_are_forgotten_with_one_look_at_what_is_set_aside),
        TWO_SIDES_TEST(old_steps_are_forgotten_with_one_look_at_what_is_set_aside),
        TWO_SIDES_TEST(what_is_not_acknowledged_yet_needs_no_look_at_all),
        TWO_SIDES_TEST(what_waits_is_looked_at_only_when_there_is_something_to_forget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
