/* SPDX-License-Identifier: Apache-2.0
 *
 * Outside the opening hours of their system all waits, nothing is tried, and so nothing counts
 * as a failure; when it opens, all goes on at once.
 */
#include "tests/support/test.h"

#include <stdlib.h>

#include "base/log.h"
#include "tests/support/fake_connector.h"

#define START_US INT64_C(1772442000000000)
#define OPENS_US (START_US + 8 * 3600 * US_PER_SECOND)
#define WINDOW 16

/* An end that opens at OPENS_US, for an hour, and every day at that time. */
struct shop {
    struct connector connector;
    struct clock *clock;
    int asked;
    bool is_early; /* it is open: their clock is not what ours was */
};

static enum outcome shop_open(struct connector *connector, struct error *err)
{
    (void)connector;
    (void)err;
    return OUTCOME_OK;
}

static int64_t shop_closed_until(struct connector *connector)
{
    struct shop *shop = (struct shop *)connector;
    int64_t since = clock_wall_us(shop->clock) - OPENS_US;

    shop->asked++;
    if (shop->is_early)
        return 0;
    if (since < 0)
        return OPENS_US;
    return since % US_PER_DAY < 3600 * US_PER_SECOND
               ? 0
               : OPENS_US + (since / US_PER_DAY + 1) * US_PER_DAY;
}

static const struct connector_ops shop_ops = {
    .name = "shop",
    .role = CONNECTOR_SINK,
    .size = sizeof(struct shop),
    .open = shop_open,
    .closed_until = shop_closed_until,
};

struct bench {
    struct fake_world world;
    struct shop shop;
    struct clock *clock;
    struct metrics *metrics;
    struct pipeline *pipeline;
};

static struct bench *bench_new(int count, fake_decide *decide)
{
    struct bench *bench = xcalloc(1, sizeof(*bench));
    struct pipeline_options options = {.name = "fake",
                                       .source = &bench->world.source,
                                       .sink = &bench->shop.connector,
                                       .stage = &bench->world.stage,
                                       .operator_code = "o21",
                                       .seed = 7,
                                       .limits = {.window = WINDOW}};

    log_set_level(LOG_ERROR);
    fake_world_init(&bench->world, count, 3, decide);
    bench->clock = clock_manual_new(START_US);
    bench->metrics = metrics_new();
    bench->shop.connector.ops = &shop_ops;
    bench->shop.clock = bench->clock;
    options.clock = bench->clock;
    options.metrics = bench->metrics;
    bench->pipeline = pipeline_new(&options);
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

static void rounds(struct bench *bench, int count)
{
    struct error err = {0};

    for (int i = 0; i < count; i++) {
        if (pipeline_round(bench->pipeline, 0, &err) == OUTCOME_FATAL)
            fail_msg("%s", err.text);
        if (bench->world.broken)
            fail_msg("%s", bench->world.broken);
    }
}

#define LABELS "op=\"o21\",pipeline=\"fake\""

static int64_t gauge(const struct bench *bench, const char *name)
{
    return metric_value(metrics_gauge(bench->metrics, name, LABELS, ""));
}

static int64_t retries(const struct bench *bench)
{
    return metric_value(
        metrics_counter(bench->metrics, "relais_pipeline_retries_total", LABELS, ""));
}

static enum outcome all_is_well(struct fake_world *world, enum fake_question question, int number)
{
    (void)world;
    (void)question;
    (void)number;
    return OUTCOME_OK;
}

static void nothing_is_pushed_while_they_are_closed(void **state)
{
    struct bench *bench = bench_new(40, all_is_well);

    (void)state;
    rounds(bench, 50);
    for (int i = 0; i < 40; i++)
        assert_int_equal(bench->world.records[i].pushes, 0);
    /* As many as the window takes; the rest waits where it is. */
    assert_int_equal(gauge(bench, "relais_pipeline_in_flight"), WINDOW);
    assert_int_equal(gauge(bench, "relais_pipeline_closed"), 1);
    assert_int_equal(gauge(bench, "relais_pipeline_down"), 0);
    assert_int_equal(retries(bench), 0);
    assert_int_equal(pipeline_health(bench->pipeline), PIPELINE_WORKS);
    assert_int_equal(bench->shop.asked, 1); /* it is not asked again before that moment */
    clock_manual_advance(bench->clock, OPENS_US - START_US);
    rounds(bench, 50);
    assert_true(fake_world_is_done(&bench->world));
    assert_int_equal(gauge(bench, "relais_pipeline_closed"), 0);
    assert_int_equal(retries(bench), 0);
    bench_free(bench);
}

/* One fails until tomorrow, the others never. */
static enum outcome the_first_fails(struct fake_world *world, enum fake_question question,
                                    int number)
{
    (void)world;
    return question == FAKE_PUSH && number == 0 ? OUTCOME_RETRY : OUTCOME_OK;
}

static void closed_hours_count_in_nobodys_patience(void **state)
{
    struct bench *bench = bench_new(10, the_first_fails);

    (void)state;
    clock_manual_advance(bench->clock, OPENS_US - START_US + 3590 * US_PER_SECOND);
    rounds(bench, 3);
    assert_int_equal(bench->world.records[0].pushes, 1);
    clock_manual_advance(bench->clock, 20 * US_PER_SECOND); /* they close */
    rounds(bench, 20);
    assert_int_equal(bench->world.records[0].pushes, 1);
    /* 23 hours later its failure is not 23 hours old. */
    clock_manual_advance(bench->clock, US_PER_DAY - 3600 * US_PER_SECOND);
    rounds(bench, 3);
    assert_true(bench->world.records[0].pushes > 1);
    assert_int_equal(bench->world.records[0].parked, 0);
    bench_free(bench);
}

/* The clock was ahead at the start, and was then set right. */
static void closed_is_asked_again_each_minute(void **state)
{
    struct bench *bench = bench_new(10, all_is_well);

    (void)state;
    rounds(bench, 3);
    bench->shop.is_early = true;
    clock_manual_advance(bench->clock, 59 * US_PER_SECOND);
    rounds(bench, 3);
    assert_int_equal(bench->shop.asked, 1);
    clock_manual_advance(bench->clock, 2 * US_PER_SECOND);
    rounds(bench, 5);
    assert_true(fake_world_is_done(&bench->world));
    assert_int_equal(gauge(bench, "relais_pipeline_closed"), 0);
    bench_free(bench);
}

static void a_stop_does_not_wait_for_the_morning(void **state)
{
    struct bench *bench = bench_new(40, all_is_well);
    struct error err = {0};
    int64_t before = clock_mono_ms(clock_system());

    (void)state;
    pipeline_start(bench->pipeline);
    pipeline_stop(bench->pipeline);
    assert_int_equal(pipeline_join(bench->pipeline, &err), OUTCOME_OK);
    assert_true(clock_mono_ms(clock_system()) - before < 5000);
    bench_free(bench);
}

/* For the fake source: of no instance. */
static int64_t closed_all_day(struct connector *connector)
{
    (void)connector;
    return OPENS_US;
}

static void nothing_is_pulled_while_the_source_is_closed(void **state)
{
    struct bench *bench = bench_new(10, all_is_well);
    struct connector_ops ops = *bench->world.source.ops;
    struct pipeline_options options = {.name = "list",
                                       .source = &bench->world.source,
                                       .stage = &bench->world.stage,
                                       .clock = bench->clock,
                                       .metrics = bench->metrics,
                                       .operator_code = "o21"};

    (void)state;
    ops.closed_until = closed_all_day;
    bench->world.source.ops = &ops;
    pipeline_free(bench->pipeline);
    bench->pipeline = pipeline_new(&options);
    rounds(bench, 5);
    assert_int_equal(bench->world.next, 0);
    ops.closed_until = NULL;
    pipeline_free(bench->pipeline);
    bench->pipeline = pipeline_new(&options);
    rounds(bench, 5);
    assert_true(fake_world_is_done(&bench->world));
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_pushed_while_they_are_closed),
        cmocka_unit_test(closed_hours_count_in_nobodys_patience),
        cmocka_unit_test(closed_is_asked_again_each_minute),
        cmocka_unit_test(a_stop_does_not_wait_for_the_morning),
        cmocka_unit_test(nothing_is_pulled_while_the_source_is_closed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
