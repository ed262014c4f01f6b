/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "connectors/far_end.h"

static void failures_of_one_moment_make_one_pause(void **state)
{
    struct far_end far = {.backoff = {.first_ms = 1000, .most_ms = 60000, .seed = 1},
                          .down_after = 3};

    (void)state;
    assert_false(far_end_failed(&far, 100, "why"));
    assert_false(far_end_failed(&far, 100, "why"));
    assert_true(far_end_failed(&far, 100, "why"));
    for (int i = 0; i < 20; i++)
        assert_false(far_end_failed(&far, 100 + i, "why"));
    assert_in_range(far.probe_ms, 600, 1100);
    assert_false(far_end_failed(&far, far.probe_ms, "why"));
    assert_in_range(far.probe_ms, 1600, 3100);
    assert_true(far_end_worked(&far));
    assert_false(far.down);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_of_one_moment_make_one_pause),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
