/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <pthread.h>

#include <stdatomic.h>

#include "base/clock.h"
#include "base/http_server.h"

static void a_manual_clock_moves_both_times_together(void **state)
{
    CLEANUP(clock_freep) struct clock *clock = clock_manual_new(5 * US_PER_SECOND);

    (void)state;
    assert_true(clock_wall_us(clock) == 5 * US_PER_SECOND);
    assert_true(clock_mono_ms(clock) == 0);
    clock_manual_advance(clock, 1500000);
    assert_true(clock_wall_us(clock) == 6500000);
    assert_true(clock_mono_ms(clock) == 1500);
    assert_true(clock_is_driven(clock));
}

static void a_manual_clock_that_is_set_leaves_the_monotonic_time(void **state)
{
    CLEANUP(clock_freep) struct clock *clock = clock_manual_new(5 * US_PER_SECOND);

    (void)state;
    clock_manual_advance(clock, US_PER_SECOND);
    clock_manual_jump(clock, 11 * US_PER_DAY);
    assert_true(clock_wall_us(clock) == 6 * US_PER_SECOND + 11 * US_PER_DAY);
    assert_true(clock_mono_ms(clock) == 1000);
    clock_manual_jump(clock, -22 * US_PER_DAY);
    assert_true(clock_wall_us(clock) == 6 * US_PER_SECOND - 11 * US_PER_DAY);
    assert_true(clock_mono_ms(clock) == 1000);
}

static void the_system_clock_is_not_driven_and_goes_forward(void **state)
{
    struct clock *clock = clock_system();
    int64_t before = clock_mono_ms(clock);

    (void)state;
    assert_false(clock_is_driven(clock));
    assert_true(clock_wall_us(clock) > 1600000000 * US_PER_SECOND);
    assert_true(clock_mono_ms(clock) >= before);
    clock_free(clock);
    clock_free(NULL);
}

static void a_wait_ends_after_its_time(void **state)
{
    CLEANUP(waiter_freep) struct waiter *waiter = waiter_new();
    int64_t before = clock_mono_ms(clock_system());

    (void)state;
    assert_true(waiter_wait_ms(waiter, 30));
    assert_true(clock_mono_ms(clock_system()) - before >= 29);
    assert_true(waiter_wait_ms(waiter, 0));
    assert_true(waiter_wait_ms(waiter, -5));
}

static void *interrupt_it(void *waiter)
{
    waiter_interrupt(waiter);
    return NULL;
}

static void an_interrupt_ends_the_wait_and_all_later_ones(void **state)
{
    CLEANUP(waiter_freep) struct waiter *waiter = waiter_new();
    int64_t before = clock_mono_ms(clock_system());
    pthread_t thread;

    (void)state;
    assert_false(waiter_interrupted(waiter));
    assert_int_equal(pthread_create(&thread, NULL, interrupt_it, waiter), 0);
    assert_false(waiter_wait_ms(waiter, 60000));
    assert_false(waiter_wait_ms(waiter, 60000));
    assert_true(waiter_interrupted(waiter));
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(clock_mono_ms(clock_system()) - before < 5000);
}

static void pauses_double_up_to_the_most_with_jitter_in_the_upper_half(void **state)
{
    struct backoff backoff = {.first_ms = 100, .most_ms = 1000};
    static const int32_t whole[] = {100, 200, 400, 800, 1000, 1000};
    bool differs = false;

    (void)state;
    for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
        int32_t pause = backoff_next_ms(&backoff);

        assert_in_range(pause, whole[i] / 2, whole[i]);
        differs |= pause != whole[i];
    }
    assert_true(differs);
    assert_int_equal(backoff.tries, 6);
    backoff_reset(&backoff);
    assert_in_range(backoff_next_ms(&backoff), 50, 100);
}

static void times_are_written_in_utc_with_microseconds_only_when_there_are_any(void **state)
{
    static const struct {
        int64_t us;
        const char *text;
    } cases[] = {
        {INT64_C(1773320400000000), "2026-03-12T13:00:00Z"},
        {INT64_C(1773320400123456), "2026-03-12T13:00:00.123456Z"},
        {INT64_C(1773320400000001), "2026-03-12T13:00:00.000001Z"},
        {0, "1970-01-01T00:00:00Z"},
        {-1, "1969-12-31T23:59:59.999999Z"},
        {INT64_C(951782400000000), "2000-02-29T00:00:00Z"},
        {INT64_MAX, "294247-01-10T04:00:54.775807Z"},
    };
    char text[CLOCK_TEXT_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(clock_format(cases[i].us, text), cases[i].text);
}

struct clock_server {
    _Atomic int64_t now_us;
    atomic_int status;
    const char *rate;
};

static void tell_time(void *context, const struct http_server_request *request,
                      struct http_reply *reply)
{
    struct clock_server *server = context;

    (void)request;
    reply->status = atomic_load(&server->status);
    buffer_printf(&reply->body, "{\"now_us\": %lld, \"rate\": %s}",
                  (long long)atomic_load(&server->now_us), server->rate);
}

static void a_remote_clock_follows_its_server_and_never_goes_back(void **state)
{
    struct clock_server time = {1773320400000000, 200, "1000"};
    const struct http_server_options options = {.handler = tell_time, .context = &time};
    CLEANUP(http_server_stopp) struct http_server *server = NULL;
    CLEANUP(clock_freep) struct clock *clock = NULL;
    CLEANUP(waiter_freep) struct waiter *waiter = waiter_new();
    struct buffer url = {0};
    struct error err = {0};
    int64_t first;
    int64_t later;

    (void)state;
    assert_int_equal(http_server_start(&options, &server, &err), OUTCOME_OK);
    buffer_printf(&url, "http://127.0.0.1:%u/now", http_server_port(server));
    assert_int_equal(clock_remote_new(buffer_text(&url), &clock, &err), OUTCOME_OK);
    assert_true(clock_is_driven(clock));
    first = clock_wall_us(clock);
    assert_true(first >= 1773320400000000);
    assert_true(waiter_wait_ms(waiter, 20));
    later = clock_wall_us(clock);
    assert_true(later - first >= 20 * US_PER_SECOND); /* at 1000 seconds a second */
    /* The server now says a time long past: the clock stands still instead. */
    atomic_store(&time.now_us, 0);
    assert_true(waiter_wait_ms(waiter, 1200));
    first = clock_wall_us(clock);
    assert_true(first >= later);
    assert_true(waiter_wait_ms(waiter, 5));
    assert_true(clock_wall_us(clock) == first);
    buffer_deinit(&url);
}

static void a_remote_clock_needs_a_first_answer(void **state)
{
    struct clock_server time = {0, 500, "1"};
    const struct http_server_options options = {.handler = tell_time, .context = &time};
    CLEANUP(http_server_stopp) struct http_server *server = NULL;
    struct clock *clock = NULL;
    struct buffer url = {0};
    struct error err = {0};

    (void)state;
    assert_int_equal(http_server_start(&options, &server, &err), OUTCOME_OK);
    buffer_printf(&url, "http://127.0.0.1:%u/now", http_server_port(server));
    assert_int_equal(clock_remote_new(buffer_text(&url), &clock, &err), OUTCOME_RETRY);
    assert_string_equal(err.text, "clock server: no time in the answer (status 500)");
    time.rate = "-1";
    atomic_store(&time.status, 200);
    assert_int_equal(clock_remote_new(buffer_text(&url), &clock, &err), OUTCOME_RETRY);
    assert_int_equal(clock_remote_new("file:///etc/hostname", &clock, &err), OUTCOME_REJECT);
    assert_null(clock);
    buffer_deinit(&url);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_manual_clock_moves_both_times_together),
        cmocka_unit_test(a_manual_clock_that_is_set_leaves_the_monotonic_time),
        cmocka_unit_test(the_system_clock_is_not_driven_and_goes_forward),
        cmocka_unit_test(a_wait_ends_after_its_time),
        cmocka_unit_test(an_interrupt_ends_the_wait_and_all_later_ones),
        cmocka_unit_test(pauses_double_up_to_the_most_with_jitter_in_the_upper_half),
        cmocka_unit_test(times_are_written_in_utc_with_microseconds_only_when_there_are_any),
        cmocka_unit_test(a_remote_clock_follows_its_server_and_never_goes_back),
        cmocka_unit_test(a_remote_clock_needs_a_first_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
