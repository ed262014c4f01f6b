/* SPDX-License-Identifier: Apache-2.0
 *
 * The promises of connectors/pipeline.h, checked by the ledger of the fake connector in
 * every run: nothing acknowledged before it is durable, in order, order kept per hand-over;
 * and at the end of each run: everything durable or a dead letter, everything acknowledged.
 */
#include "tests/support/test.h"

#include <stdlib.h>

#include "base/log.h"
#include "tests/support/fake_connector.h"

#define START_US INT64_C(1772442000000000)
#define ROUNDS_MOST 20000

struct bench {
    struct fake_world world;
    struct clock *clock;
    struct metrics *metrics;
    struct pipeline *pipeline;
};

static void bench_start(struct bench *bench)
{
    struct pipeline_options options = {.name = "fake",
                                       .source = &bench->world.source,
                                       .stage = &bench->world.stage,
                                       .clock = bench->clock,
                                       .metrics = bench->metrics,
                                       .operator_code = "o21",
                                       .seed = 7,
                                       .limits = {.window = 64}};

    bench->pipeline = pipeline_new(&options);
}

static struct bench *bench_new(int count, int keys, fake_decide *decide)
{
    struct bench *bench = xcalloc(1, sizeof(*bench));

    fake_world_init(&bench->world, count, keys, decide);
    bench->clock = clock_manual_new(START_US);
    bench->metrics = metrics_new();
    bench_start(bench);
    return bench;
}

static void bench_free(struct bench *bench)
{
    pipeline_free(bench->pipeline);
    metrics_free(bench->metrics);
    clock_free(bench->clock);
    fake_world_deinit(&bench->world);
    free(bench);
}

static void assert_kept(const struct bench *bench)
{
    if (bench->world.broken)
        fail_msg("broken promise: %s", bench->world.broken);
}

/* One round; time passes by itself, for there is always something to wait for. */
static void bench_round(struct bench *bench)
{
    struct error err = {0};

    assert_int_equal(pipeline_round(bench->pipeline, 0, &err), OUTCOME_OK);
    clock_manual_advance(bench->clock, US_PER_SECOND / 2);
    assert_kept(bench);
}

/* Returns the rounds it took. */
static int bench_run(struct bench *bench)
{
    int rounds = 0;

    while (!fake_world_is_done(&bench->world)) {
        bench_round(bench);
        if (++rounds == ROUNDS_MOST)
            fail_msg("does not end");
    }
    return rounds;
}

/* ---- Scripts ------------------------------------------------------------------------- */

/* Digits of a number in base 3, then OK for ever. */
static enum outcome by_digits(struct fake_world *world, enum fake_question question, int number)
{
    static const enum outcome outcomes[] = {OUTCOME_OK, OUTCOME_RETRY, OUTCOME_REJECT};
    enum outcome outcome;

    (void)number;
    if (world->script_at >= 8 || question == FAKE_TEND)
        return OUTCOME_OK;
    outcome = outcomes[world->script[world->script_at++]];
    /* Only a push can be refused for good. */
    return outcome == OUTCOME_REJECT && question != FAKE_PUSH ? OUTCOME_RETRY : outcome;
}

static uint32_t draw(struct fake_world *world, uint32_t below)
{
    world->random ^= world->random << 13;
    world->random ^= world->random >> 7;
    world->random ^= world->random << 17;
    return (uint32_t)(world->random >> 33) % below;
}

static enum outcome by_chance(struct fake_world *world, enum fake_question question, int number)
{
    uint32_t chance = draw(world, 100);

    (void)number;
    if (question == FAKE_PUSH && chance < 10)
        return OUTCOME_REJECT;
    return chance < 40 ? OUTCOME_RETRY : OUTCOME_OK;
}

static enum outcome always_ok(struct fake_world *world, enum fake_question question, int number)
{
    (void)world;
    (void)question;
    (void)number;
    return OUTCOME_OK;
}

/* Record 0's hand-over fails for ever, all others are fine. */
static enum outcome first_key_fails(struct fake_world *world, enum fake_question question,
                                    int number)
{
    return question == FAKE_PUSH && world->records[number].key == 0 ? OUTCOME_RETRY : OUTCOME_OK;
}

/* script[0]: 1 while the far system is down. */
static enum outcome while_up(struct fake_world *world, enum fake_question question, int number)
{
    (void)number;
    return question == FAKE_PUSH && world->script[0] ? OUTCOME_RETRY : OUTCOME_OK;
}

/* script[0]: what pushes come to; script[1]: tends; script[2]: parkings, counted in script[3]. */
static enum outcome as_told(struct fake_world *world, enum fake_question question, int number)
{
    (void)number;
    if (question == FAKE_PUSH)
        return (enum outcome)world->script[0];
    if (question == FAKE_TEND)
        return (enum outcome)world->script[1];
    if (question != FAKE_PARK)
        return OUTCOME_OK;
    world->script[3]++;
    return (enum outcome)world->script[2];
}

/* ---- Tests --------------------------------------------------------------------------- */

static void every_order_of_outcomes_keeps_the_promises(void **state)
{
    (void)state;
    for (int script = 0; script < 6561; script++) {
        struct bench *bench = bench_new(3, 2, by_digits);
        int rest = script;

        for (int i = 0; i < 8; i++) {
            bench->world.script[i] = rest % 3;
            rest /= 3;
        }
        (void)bench_run(bench);
        bench_free(bench);
    }
}

static void random_scripts_with_crashes_keep_the_promises(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct bench *bench = bench_new(200, (int)(seed % 40), by_chance);

        bench->world.random = seed * UINT64_C(0x9E3779B97F4A7C15);
        for (int crash = 0; crash < 5; crash++) {
            for (uint32_t i = 1 + draw(&bench->world, 30); i > 0; i--)
                bench_round(bench);
            pipeline_free(bench->pipeline);
            fake_world_restart(&bench->world);
            bench_start(bench);
        }
        (void)bench_run(bench);
        bench_free(bench);
    }
}

static void one_hand_over_that_fails_for_ever_hurts_no_other(void **state)
{
    struct bench *bench = bench_new(1001, 500, first_key_fails);
    int rounds = bench_run(bench);

    (void)state;
    /* 8 a round and the ledger's half second: it took hardly longer than without. */
    assert_in_range(rounds, 1, 300);
    for (int i = 0; i < 1001; i++) {
        bool fails = bench->world.records[i].key == 0;

        assert_int_equal(bench->world.records[i].parked, fails ? 1 : 0);
        assert_int_equal(bench->world.records[i].durable, fails ? 0 : 1);
    }
    /* It failed for some rounds; those behind it never did. */
    assert_in_range(bench->world.records[0].waited_ms, 1, rounds * 500);
    assert_int_equal(bench->world.records[500].waited_ms, 0);
    bench_free(bench);
}

static void when_all_fail_nothing_is_parked_and_few_are_tried(void **state)
{
    struct bench *bench = bench_new(300, 100, while_up);
    int pushes = 0;

    (void)state;
    bench->world.script[0] = 1;
    for (int i = 0; i < 2 * 3600; i++) /* an hour */
        bench_round(bench);
    assert_int_equal(pipeline_health(bench->pipeline), PIPELINE_DOWN);
    for (int i = 0; i < 300; i++) {
        assert_int_equal(bench->world.records[i].parked, 0);
        pushes += bench->world.records[i].pushes;
    }
    assert_in_range(pushes, 30, 200);
    bench->world.script[0] = 0;
    assert_in_range(bench_run(bench), 1, 200);
    assert_int_equal(pipeline_health(bench->pipeline), PIPELINE_WORKS);
    for (int i = 0; i < 300; i++)
        assert_int_equal(bench->world.records[i].parked, 0);
    bench_free(bench);
}

static void rounds(struct bench *bench, int count)
{
    for (int i = 0; i < count; i++)
        bench_round(bench);
}

/* What failed has ended as dead letters: who waited for us to be ready before he sends something
 * would wait for ever. */
static void a_far_end_that_nothing_is_left_for_is_not_called_down_for_ever(void **state)
{
    struct bench *bench = bench_new(4, 0, as_told);

    (void)state;
    bench->world.available = 3;
    bench->world.script[0] = OUTCOME_RETRY;
    rounds(bench, 4);
    assert_int_equal(pipeline_health(bench->pipeline), PIPELINE_DOWN);
    bench->world.script[0] = OUTCOME_REJECT;
    rounds(bench, 20);
    assert_int_equal(bench->world.acknowledgements, 3);
    assert_int_equal(pipeline_health(bench->pipeline), PIPELINE_DOWN);
    assert_false(bench->world.tended_works);
    bench->world.script[1] = OUTCOME_RETRY; /* the stage knows better */
    rounds(bench, 600);
    assert_int_equal(pipeline_health(bench->pipeline), PIPELINE_DOWN);
    bench->world.script[1] = OUTCOME_OK;
    rounds(bench, 3);
    assert_int_equal(pipeline_health(bench->pipeline), PIPELINE_WORKS);
    assert_true(bench->world.tended_works);
    bench->world.script[0] = OUTCOME_RETRY;
    bench->world.available = 4;
    rounds(bench, 1);
    assert_int_equal(pipeline_health(bench->pipeline), PIPELINE_DOWN); /* at its first failure */
    bench->world.script[0] = OUTCOME_OK;
    (void)bench_run(bench);
    bench_free(bench);
}

/* Record 2 stands behind record 0, which is set aside, and the place for such is full. */
static void what_cannot_be_set_aside_is_not_tried_without_a_pause(void **state)
{
    struct bench *bench = bench_new(4, 2, as_told);
    struct error err = {0};
    int before;

    (void)state;
    bench->world.records[0].parked = 1;
    bench->world.records[0].acknowledged = true;
    bench->world.next = 1;
    bench->world.script[0] = OUTCOME_RETRY;
    bench->world.script[2] = OUTCOME_RETRY;
    bench->world.records[3].key = 0; /* only record 1 is pushed */
    rounds(bench, 30);
    assert_int_equal(pipeline_health(bench->pipeline), PIPELINE_DOWN);
    bench->world.script[0] = OUTCOME_REJECT;
    rounds(bench, 200);
    assert_int_equal(bench->world.records[1].dead_letters, 1);
    before = bench->world.script[3];
    for (int i = 0; i < 100; i++) /* without time */
        assert_int_equal(pipeline_round(bench->pipeline, 0, &err), OUTCOME_OK);
    assert_in_range(bench->world.script[3], before, before + 1);
    bench->world.script[2] = OUTCOME_OK;
    rounds(bench, 4);
    assert_int_equal(bench->world.records[3].parked, 1);
    bench_free(bench);
}

static void a_full_window_stops_pulling(void **state)
{
    struct bench *bench = bench_new(500, 0, while_up);

    (void)state;
    bench->world.script[0] = 1;
    for (int i = 0; i < 100; i++)
        bench_round(bench);
    assert_int_equal(pipeline_in_flight(bench->pipeline), 64);
    assert_int_equal(bench->world.next, 64);
    bench->world.script[0] = 0;
    (void)bench_run(bench);
    bench_free(bench);
}

static void a_stop_ends_a_waiting_pull_at_once(void **state)
{
    struct bench *bench = bench_new(10, 0, always_ok);
    struct error err = {0};
    int64_t before;

    (void)state;
    bench->world.waiter = waiter_new();
    pipeline_start(bench->pipeline);
    before = clock_mono_ms(clock_system());
    while (!fake_world_is_done(&bench->world) && clock_mono_ms(clock_system()) - before < 5000)
        continue;
    before = clock_mono_ms(clock_system());
    pipeline_stop(bench->pipeline);
    assert_int_equal(pipeline_join(bench->pipeline, &err), OUTCOME_OK);
    assert_in_range(clock_mono_ms(clock_system()) - before, 0, 900);
    assert_true(fake_world_is_done(&bench->world));
    assert_kept(bench);
    bench_free(bench);
}

static enum outcome fatal_push(struct fake_world *world, enum fake_question question, int number)
{
    (void)world;
    (void)number;
    return question == FAKE_PUSH ? OUTCOME_FATAL : OUTCOME_OK;
}

static void what_cannot_go_on_stops_the_pipeline_and_acknowledges_nothing(void **state)
{
    struct bench *bench = bench_new(10, 0, fatal_push);
    struct error err = {0};

    (void)state;
    pipeline_start(bench->pipeline);
    assert_int_equal(pipeline_join(bench->pipeline, &err), OUTCOME_FATAL);
    assert_int_equal(pipeline_health(bench->pipeline), PIPELINE_FAILED);
    for (int i = 0; i < 10; i++)
        assert_false(bench->world.records[i].acknowledged);
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_order_of_outcomes_keeps_the_promises),
        cmocka_unit_test(random_scripts_with_crashes_keep_the_promises),
        cmocka_unit_test(one_hand_over_that_fails_for_ever_hurts_no_other),
        cmocka_unit_test(when_all_fail_nothing_is_parked_and_few_are_tried),
        cmocka_unit_test(a_far_end_that_nothing_is_left_for_is_not_called_down_for_ever),
        cmocka_unit_test(what_cannot_be_set_aside_is_not_tried_without_a_pause),
        cmocka_unit_test(a_full_window_stops_pulling),
        cmocka_unit_test(a_stop_ends_a_waiting_pull_at_once),
        cmocka_unit_test(what_cannot_go_on_stops_the_pipeline_and_acknowledges_nothing),
    };

    log_set_level((enum log_level)(LOG_ERROR + 1)); /* nothing */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
