/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <stdio.h>
#include <time.h>

#include "connectors/drivers/mark.h"

static void note(struct mark *mark, const char *moment, const char *json)
{
    uint8_t hash[MARK_HASH_SIZE];

    mark_hash(bytes_of_text(json), hash);
    mark_move(mark, moment, hash);
}

static bool has(struct mark *mark, const char *moment, const char *json)
{
    uint8_t hash[MARK_HASH_SIZE];

    mark_hash(bytes_of_text(json), hash);
    return mark_has(mark, moment, hash);
}

static void only_records_of_the_last_moment_are_remembered(void **state)
{
    struct mark mark = {0};
    struct mark copy = {0};

    (void)state;
    note(&mark, "2026-03-02", "a");
    note(&mark, "2026-03-02", "b");
    assert_true(has(&mark, "2026-03-02", "a"));
    assert_true(has(&mark, "2026-03-02", "b"));
    assert_false(has(&mark, "2026-03-02", "c"));
    mark_copy(&copy, &mark);
    note(&mark, "2026-03-03", "c");
    assert_false(has(&mark, "2026-03-02", "a"));
    assert_true(has(&mark, "2026-03-03", "c"));
    assert_true(has(&copy, "2026-03-02", "a"));
    mark_deinit(&mark);
    mark_deinit(&copy);
}

static void note_number(struct mark *mark, int number)
{
    char json[16];

    (void)snprintf(json, sizeof(json), "%d", number);
    note(mark, "2026-03-02", json);
}

/* Look-ups of what is there and what is not, in nanoseconds of this thread. */
static int64_t time_look_ups(struct mark *mark, int count)
{
    struct timespec begin;
    struct timespec end;
    int found = 0;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
    for (int i = 0; i < count; i++) {
        char json[16];

        (void)snprintf(json, sizeof(json), "%d", i);
        found += has(mark, "2026-03-02", json);
    }
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    assert_int_equal(found, count / 2);
    return (end.tv_sec - begin.tv_sec) * 1000000000 + end.tv_nsec - begin.tv_nsec;
}

static void a_look_up_costs_as_much_in_a_full_mark_as_in_a_small_one(void **state)
{
    struct mark small = {0};
    struct mark full = {0};
    struct mark copy = {0};
    int64_t of_small = 0;

    (void)state;
    for (int i = 0; i < 100; i++)
        note_number(&small, i);
    for (int i = 0; i < MARK_SEEN_MOST; i++)
        note_number(&full, i);
    assert_true(mark_is_full(&full, "2026-03-02"));
    for (int i = 0; i < MARK_SEEN_MOST / 100; i++)
        of_small += time_look_ups(&small, 200);
    assert_true(time_look_ups(&full, 2 * MARK_SEEN_MOST) < 20 * of_small);
    mark_copy(&copy, &full);
    note(&full, "2026-03-03", "0");
    assert_true(has(&copy, "2026-03-02", "29999"));
    assert_true(has(&full, "2026-03-03", "0"));
    assert_false(has(&full, "2026-03-03", "1"));
    mark_deinit(&small);
    mark_deinit(&full);
    mark_deinit(&copy);
}

static void assert_earlier(const char *a, const char *b)
{
    assert_true(mark_compare(a, b) < 0);
    assert_true(mark_compare(b, a) > 0);
    assert_int_equal(mark_compare(a, a), 0);
}

static void numbers_and_dates_of_one_form_have_an_order(void **state)
{
    (void)state;
    assert_earlier("9", "10");
    assert_earlier("11", "12");
    assert_earlier("2026-03-02", "2026-03-10");
    assert_earlier("2026-03-02T10:00:00Z", "2026-03-02T10:00:01Z");
    assert_earlier("2026-03-02 10:00:00 +0100", "2026-03-02 10:00:01 +0100");
}

/* A guess would call a sorted list unsorted. */
static void what_the_writing_does_not_tell_has_no_order(void **state)
{
    static const char *const pairs[][2] = {
        {"02/03/2026", "01/04/2026"},                               /* the day comes first */
        {"2026-10-25T02:30:00+02:00", "2026-10-25T02:10:00+01:00"}, /* later, all the same */
        {"2026-03-02T10:00:00Z", "2026-03-02T10:00:00.5Z"},
        {"007", "12"},
        {"", "12"},
        {"b", "a"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
        assert_int_equal(mark_compare(pairs[i][0], pairs[i][1]), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_records_of_the_last_moment_are_remembered),
        cmocka_unit_test(a_look_up_costs_as_much_in_a_full_mark_as_in_a_small_one),
        cmocka_unit_test(numbers_and_dates_of_one_form_have_an_order),
        cmocka_unit_test(what_the_writing_does_not_tell_has_no_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
