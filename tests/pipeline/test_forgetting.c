/* SPDX-License-Identifier: Apache-2.0
 *
 * What a connector's memory forgets, and when it does not dare to.
 */
#include "tests/support/test.h"

#include "connectors/forgetting.h"
#include "tests/support/stage_case.h"

static const char mapping[] = "records:\n"
                              "  - name: closure\n"
                              "    emit: closure\n"
                              "    entity: $.id\n"
                              "    version: $.at | datetime\n"
                              "    handoff: given($.ref)\n"
                              "    fields:\n"
                              "      outcome: OTHER\n";

/* A step that lived long enough. */
static struct stage_case *with_an_old_step(void)
{
    struct stage_case *c = stage_case_new(mapping, NULL, NULL);
    struct error err;

    assert_int_equal(
        state_set(c->a.state, STATE_STEP, BYTES_LITERAL("step"), BYTES_LITERAL("begun"), &err),
        OUTCOME_OK);
    clock_manual_advance(c->clock, (STATE_STEP_DAYS + 2) * US_PER_DAY);
    return c;
}

static void a_step_is_forgotten_when_its_days_are_over(void **state)
{
    struct stage_case *c = with_an_old_step();
    struct forgetting forgetting = {0};
    struct error err;

    (void)state;
    c->a.shared.clock = clock_system();
    assert_int_equal(forgetting_tend(&forgetting, &c->a.shared, &err), OUTCOME_OK);
    assert_int_equal(state_count(c->a.state, STATE_STEP), 0);
    stage_case_free(c);
}

static void a_wall_clock_that_jumped_forgets_nothing_until_a_restart(void **state)
{
    struct stage_case *c = with_an_old_step();
    struct forgetting forgetting = {0};
    struct error err;

    (void)state;
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
    stage_case_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_is_forgotten_when_its_days_are_over),
        cmocka_unit_test(a_wall_clock_that_jumped_forgets_nothing_until_a_restart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
