/* SPDX-License-Identifier: Apache-2.0
 *
 * What a connector's memory forgets, and when it does not dare to.
 */
#include "tests/support/test.h"

#include <stdio.h>

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
    struct stage_case *c = stage_case_new(mapping, NULL, NULL);
    struct forgetting forgetting = {0};
    struct error err;

    (void)state;
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
    stage_case_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_is_forgotten_when_its_days_are_over),
        cmocka_unit_test(a_wall_clock_that_jumped_forgets_nothing_until_a_restart),
        cmocka_unit_test(the_rows_of_a_source_that_reads_no_full_extract_any_more_are_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
