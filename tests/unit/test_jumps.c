/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "base/jumps.h"

#define NOW INT64_C(1772442000000000)

static void a_jump_of_the_wall_clock_suspends_deadlines_for_good(void **state)
{
    struct jumps jumps = {0};
    int64_t minute_us = INT64_C(60000000);

    (void)state;
    assert_true(jumps_compare(&jumps, NOW, 1000));
    assert_true(jumps_compare(&jumps, NOW + 9 * minute_us, 1000));
    assert_true(jumps_compare(&jumps, NOW + 18 * minute_us, 1000 + 540000));
    assert_false(jumps_compare(&jumps, NOW + 30 * minute_us, 1000 + 550000));
    assert_false(jumps_compare(&jumps, NOW + 30 * minute_us, 1000 + 550000));
}

static void a_clock_set_back_suspends_too_and_a_driven_one_never(void **state)
{
    struct jumps jumps = {0};
    int64_t minute_us = INT64_C(60000000);
    CLEANUP(clock_freep) struct clock *clock = clock_manual_new(NOW);

    (void)state;
    assert_true(jumps_compare(&jumps, NOW, 1000));
    assert_false(jumps_compare(&jumps, NOW - 60 * minute_us, 2000));
    assert_true(jumps_look(&jumps, clock));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_jump_of_the_wall_clock_suspends_deadlines_for_good),
        cmocka_unit_test(a_clock_set_back_suspends_too_and_a_driven_one_never),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
