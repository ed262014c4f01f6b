/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "connectors/drivers/pace.h"

static bool enter(struct pace *pace, int64_t now_ms)
{
    int64_t wait_ms;

    return pace_enter(pace, now_ms, &wait_ms);
}

/* Whoever asks again when it is told to: how many calls begin in each second. */
static void no_second_has_more_calls_than_they_bear(void **state)
{
    CLEANUP(paces_freep) struct paces *paces = paces_new();
    struct pace *pace = paces_get(paces, "a", &(struct pace_limits){.per_second = 5});
    int64_t times[50];
    int64_t now_ms = 100000;
    int64_t wait_ms = 0;

    (void)state;
    for (int i = 0; i < 50; i++) {
        while (!pace_enter(pace, now_ms, &wait_ms)) {
            assert_in_range(wait_ms, 1, 1000);
            now_ms += wait_ms;
        }
        pace_leave(pace);
        times[i] = now_ms;
        now_ms += 7 * (i % 11);
    }
    for (int i = 5; i < 50; i++)
        assert_true(times[i] - times[i - 5] >= 1000);
    /* Nine full seconds for the other 45, and no more than their pauses on top. */
    assert_in_range(times[49] - times[0], 9000, 12000);
}

static void calls_at_a_time_are_counted_from_beginning_to_end(void **state)
{
    CLEANUP(paces_freep) struct paces *paces = paces_new();
    struct pace *pace = paces_get(paces, "a", &(struct pace_limits){.parallel = 2});

    (void)state;
    assert_true(enter(pace, 0));
    assert_true(enter(pace, 0));
    assert_false(enter(pace, 5000));
    pace_leave(pace);
    assert_true(enter(pace, 5000));
}

static void one_address_has_one_pace_and_its_strictest_limits(void **state)
{
    CLEANUP(paces_freep) struct paces *paces = paces_new();
    struct pace *list = paces_get(paces, "a", &(struct pace_limits){.per_second = 9});
    struct pace *calls =
        paces_get(paces, "a", &(struct pace_limits){.per_second = 1, .parallel = 3});
    struct pace *others = paces_get(paces, "b", &(struct pace_limits){.per_second = 9});

    (void)state;
    assert_ptr_equal(list, calls);
    assert_true(enter(list, 0));
    assert_false(enter(calls, 999));
    assert_true(enter(others, 999));
    (void)paces_get(paces, "a", &(struct pace_limits){.per_second = 9});
    assert_false(enter(list, 999));
    assert_true(enter(list, 1000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_second_has_more_calls_than_they_bear),
        cmocka_unit_test(calls_at_a_time_are_counted_from_beginning_to_end),
        cmocka_unit_test(one_address_has_one_pace_and_its_strictest_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
