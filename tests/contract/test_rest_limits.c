/* SPDX-License-Identifier: Apache-2.0
 *
 * What a system of theirs bears, kept by the calls themselves, over real HTTP.
 */
#include "tests/support/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "connectors/drivers/drivers.h"
#include "connectors/drivers/pace.h"
#include "tests/support/driver_case.h"

struct limits_far {
    atomic_int calls;
    atomic_int running;
    atomic_int most;
    atomic_int hold; /* a call is kept until this is 0 */
    char page_size[16];
};

static void answer(void *context, const struct http_server_request *request,
                   struct http_reply *reply)
{
    struct limits_far *far = context;
    const char *size = http_request_query(request, "per_page");
    int running = atomic_fetch_add(&far->running, 1) + 1;
    struct waiter *waiter = waiter_new();

    if (running > atomic_load(&far->most))
        atomic_store(&far->most, running);
    (void)snprintf(far->page_size, sizeof(far->page_size), "%s", size ? size : "");
    atomic_fetch_add(&far->calls, 1);
    while (atomic_load(&far->hold) > 0)
        (void)waiter_wait_ms(waiter, 5);
    waiter_free(waiter);
    atomic_fetch_sub(&far->running, 1);
    reply->content_type = "application/json";
    buffer_append_text(&reply->body, "{\"items\":[]}");
}

static enum outcome call(struct connector *driver)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    struct delivery_call what = {.name = "1", .method = "PUT", .path = "/thing"};
    struct http_response response = {0};
    bool maybe_done = true;
    struct error err = {0};
    enum outcome outcome = driver->ops->call(driver, &what, &arena, &response, &maybe_done, &err);

    assert_true(outcome == OUTCOME_OK || !maybe_done);
    return outcome;
}

static void start(struct driver_case *c, struct limits_far *far, const char *yaml)
{
    driver_case_init(c, answer, far);
    c->context.clock = clock_system(); /* waits are real here */
    driver_case_make(c, &rest_sink, yaml);
    driver_case_open(c);
}

static void calls_wait_for_their_turn(void **state)
{
    struct driver_case c;
    struct limits_far far = {0};
    int64_t before;

    (void)state;
    start(&c, &far, "type: rest\nbase_url: <url>\nlimits: { requests_per_second: 2 }\n");
    before = clock_mono_ms(clock_system());
    for (int i = 0; i < 4; i++)
        assert_int_equal(call(c.driver), OUTCOME_OK);
    assert_in_range(clock_mono_ms(clock_system()) - before, 990, 5000);
    assert_int_equal(atomic_load(&far.calls), 4);
    driver_case_deinit(&c);
}

static void *call_in_thread(void *context)
{
    return (void *)(intptr_t)call(context);
}

static void a_wait_for_ones_turn_ends_at_a_stop(void **state)
{
    struct driver_case c;
    struct limits_far far = {0};
    pthread_t thread;
    void *outcome;
    int64_t before;

    (void)state;
    start(&c, &far, "type: rest\nbase_url: <url>\nlimits: { requests_per_second: 1 }\n");
    assert_int_equal(call(c.driver), OUTCOME_OK);
    before = clock_mono_ms(clock_system());
    assert_int_equal(pthread_create(&thread, NULL, call_in_thread, c.driver), 0);
    c.driver->ops->interrupt(c.driver);
    assert_int_equal(pthread_join(thread, &outcome), 0);
    assert_int_equal((intptr_t)outcome, OUTCOME_RETRY);
    assert_true(clock_mono_ms(clock_system()) - before < 900);
    assert_int_equal(atomic_load(&far.calls), 1);
    driver_case_deinit(&c);
}

static void wait_for_calls(const struct limits_far *far, int calls)
{
    struct waiter *waiter = waiter_new();

    for (int i = 0; i < 2000 && atomic_load(&far->calls) < calls; i++)
        (void)waiter_wait_ms(waiter, 5);
    (void)waiter_wait_ms(waiter, 100); /* for one too many to come */
    waiter_free(waiter);
}

#define BOUNDED "type: rest\nbase_url: <url>\nlimits: { parallel: 1 }\n"
#define UNBOUNDED "type: rest\nbase_url: <url>\n"

static void keep_together(const char *one, const char *other)
{
    CLEANUP(paces_freep) struct paces *paces = paces_new();
    struct driver_case c;
    struct limits_far far = {0};
    struct connector *first;
    pthread_t threads[2];

    driver_case_init(&c, answer, &far);
    c.context.clock = clock_system();
    c.context.paces = paces;
    driver_case_make(&c, &rest_sink, one);
    first = c.driver;
    c.driver = NULL;
    driver_case_make(&c, &rest_sink, other);
    driver_case_open(&c);
    atomic_store(&far.hold, 1);
    assert_int_equal(pthread_create(&threads[0], NULL, call_in_thread, first), 0);
    wait_for_calls(&far, 1);
    assert_int_equal(pthread_create(&threads[1], NULL, call_in_thread, c.driver), 0);
    wait_for_calls(&far, 1);
    assert_int_equal(atomic_load(&far.calls), 1);
    atomic_store(&far.hold, 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(atomic_load(&far.calls), 2);
    assert_int_equal(atomic_load(&far.most), 1);
    connector_free(first);
    driver_case_deinit(&c);
}

static void two_ends_of_one_connector_keep_the_limit_together(void **state)
{
    (void)state;
    keep_together(BOUNDED, BOUNDED);
}

static void an_end_without_limits_keeps_those_of_the_other(void **state)
{
    (void)state;
    keep_together(UNBOUNDED, BOUNDED);
    keep_together(BOUNDED, UNBOUNDED);
}

static void a_page_is_as_large_as_they_bear(void **state)
{
    struct driver_case c;
    struct limits_far far = {0};
    struct batch *batch = batch_new(4);

    (void)state;
    driver_case_init(&c, answer, &far);
    driver_case_make(&c, &rest_source,
                     "type: rest\nbase_url: <url>\npath: /list\nsince_parameter: since\n"
                     "page_size_parameter: per_page\nitems: $.items\nchanged: $.at\n"
                     "limits: { page_size: 25 }\n");
    driver_case_open(&c);
    assert_int_equal(c.driver->ops->pull(c.driver, 0, batch, NULL), OUTCOME_OK);
    assert_string_equal(far.page_size, "25");
    batch_free(batch);
    driver_case_deinit(&c);
}

static void a_body_is_at_most_as_large_as_they_bear(void **state)
{
    struct driver_case c;
    struct limits_far far = {0};
    struct delivery_call what = {.name = "1", .method = "PUT", .path = "/thing"};

    (void)state;
    start(&c, &far, "type: rest\nbase_url: <url>\nlimits: { payload_bytes: 8 }\n");
    assert_null(c.driver->ops->refuses(c.driver, &what));
    what.body = BYTES_LITERAL("12345678");
    assert_null(c.driver->ops->refuses(c.driver, &what));
    what.body = BYTES_LITERAL("123456789");
    assert_string_equal(c.driver->ops->refuses(c.driver, &what),
                        "le corps dépasse leur limite (payload_bytes)");
    driver_case_deinit(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_wait_for_their_turn),
        cmocka_unit_test(a_wait_for_ones_turn_ends_at_a_stop),
        cmocka_unit_test(two_ends_of_one_connector_keep_the_limit_together),
        cmocka_unit_test(an_end_without_limits_keeps_those_of_the_other),
        cmocka_unit_test(a_page_is_as_large_as_they_bear),
        cmocka_unit_test(a_body_is_at_most_as_large_as_they_bear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
