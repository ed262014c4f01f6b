/* SPDX-License-Identifier: Apache-2.0
 *
 * One suite, run for each row of the connector table: what connectors/connector.h says of
 * open, close, interrupt, time and memory.
 */
#include "tests/support/test.h"

#include <pthread.h>
#include <stdatomic.h>

#include "connectors/drivers/drivers.h"
#include "tests/support/driver_case.h"

#define SECRET "demo-secret\n"

/* What is different from driver to driver. */
struct row {
    const struct connector_ops *ops;
    const char *yaml;
    const char *needs; /* file of a secret, or folder, without which it cannot open */
    bool folder;       /* a folder: comes and goes, and no call waits for it */
};

static const struct row rows[] = {
    {&webhook_source,
     "type: webhook\npath: /hook\n"
     "verify: { hmac_sha256_hex: X-Signature, secret_file: \"<folder>/secret\" }\n",
     "secret", false},
    {&rest_source,
     "type: rest\nbase_url: <url>\npath: /list\nsince_parameter: since\nitems: $.items\n"
     "changed: $.at\npoll_ms: 100\n"
     "auth: { type: header, name: X-Token, secret_file: \"<folder>/secret\" }\n",
     "secret", false},
    {&rest_sink,
     "type: rest\nbase_url: <url>\n"
     "auth: { type: header, name: X-Token, secret_file: \"<folder>/secret\" }\n",
     "secret", false},
    {&folder_source, "type: folder\npath: \"<folder>/drop\"\nformat: csv\nextract: full\nkey: id\n",
     "drop", true},
    {&folder_sink, "type: folder\npath: \"<folder>/out\"\n", "out", true},
};
#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

/* The far end: an empty list; or an answer that does not come while `slow`. */
struct far {
    atomic_bool slow;
    atomic_int calls;
    struct waiter *release;
};

static void answer(void *context, const struct http_server_request *request,
                   struct http_reply *reply)
{
    struct far *far = context;

    (void)request;
    atomic_fetch_add(&far->calls, 1);
    if (atomic_load(&far->slow))
        (void)waiter_wait_ms(far->release, 5000);
    reply->content_type = "application/json";
    buffer_append_text(&reply->body, "{\"items\":[]}");
}

static void far_init(struct far *far)
{
    atomic_init(&far->slow, false);
    atomic_init(&far->calls, 0);
    far->release = waiter_new();
}

/* Pulls or calls once, whatever the role is; returns what came of it. */
static enum outcome use(struct connector *driver, int32_t wait_ms, struct error *err)
{
    CLEANUP(batch_freep) struct batch *batch = batch_new(4);
    CLEANUP(arena_deinit) struct arena arena = {0};
    struct delivery_call call = {.name = "1", .method = "GET", .path = "/thing"};
    struct http_response response;
    bool maybe_done;
    enum outcome outcome;

    if (driver->ops->role == CONNECTOR_SINK)
        return driver->ops->call(driver, &call, &arena, &response, &maybe_done, err);
    outcome = driver->ops->pull(driver, wait_ms, batch, err);
    assert_int_equal(batch->count, 0);
    return outcome;
}

static void provide(struct driver_case *c, const struct row *row)
{
    if (row->folder)
        driver_case_folder(c, row->needs);
    else
        driver_case_secret(c, row->needs, SECRET);
}

/* Opens a driver of that row; NULL: nobody listens at its far end. Closed by end(). */
static void begin(struct driver_case *c, const struct row *row, struct far *far)
{
    driver_case_init(c, far ? answer : NULL, far);
    provide(c, row);
    driver_case_make(c, row->ops, row->yaml);
    driver_case_open(c);
}

static void end(struct driver_case *c, struct far *far)
{
    driver_case_deinit(c);
    waiter_free(far->release);
}

static int64_t real_ms(void)
{
    return clock_mono_ms(clock_system());
}

static void close_is_fine_without_an_open_and_after_a_failed_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        struct driver_case c;
        struct error err = {0};

        driver_case_init(&c, NULL, NULL);
        driver_case_make(&c, rows[i].ops, rows[i].yaml);
        driver_case_make(&c, rows[i].ops, rows[i].yaml); /* closes the first */
        assert_int_equal(c.driver->ops->open(c.driver, &err),
                         rows[i].folder ? OUTCOME_RETRY : OUTCOME_FATAL);
        assert_non_null(strstr(err.text, rows[i].needs));
        driver_case_deinit(&c);
    }
}

static void an_open_that_failed_can_succeed_later(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        struct driver_case c;
        struct error err = {0};

        driver_case_init(&c, NULL, NULL);
        driver_case_make(&c, rows[i].ops, rows[i].yaml);
        assert_int_not_equal(c.driver->ops->open(c.driver, &err), OUTCOME_OK);
        provide(&c, &rows[i]);
        driver_case_open(&c);
        driver_case_deinit(&c);
    }
}

static void an_empty_pull_ends_after_its_wait(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        struct driver_case c;
        struct far far;
        struct error err = {0};
        int64_t before;

        if (rows[i].ops->role != CONNECTOR_SOURCE)
            continue;
        far_init(&far);
        begin(&c, &rows[i], &far);
        assert_int_equal(use(c.driver, 0, &err), OUTCOME_OK);
        before = real_ms();
        assert_int_equal(use(c.driver, 50, &err), OUTCOME_OK);
        assert_in_range(real_ms() - before, 40, 1000);
        end(&c, &far);
    }
}

static void *interrupt_soon(void *context)
{
    struct connector *driver = context;
    CLEANUP(waiter_freep) struct waiter *pause = waiter_new();

    (void)waiter_wait_ms(pause, 100);
    driver->ops->interrupt(driver);
    return NULL;
}

static void an_interrupt_ends_a_blocked_call_and_every_later_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        struct driver_case c;
        struct far far;
        struct error err = {0};
        pthread_t thread;
        int64_t before;

        if (rows[i].ops == &folder_sink)
            continue; /* its calls wait for nothing */
        far_init(&far);
        atomic_store(&far.slow, true);
        begin(&c, &rows[i], &far);
        assert_int_equal(pthread_create(&thread, NULL, interrupt_soon, c.driver), 0);
        before = real_ms();
        (void)use(c.driver, 4000, &err);
        assert_in_range(real_ms() - before, 50, 2000);
        assert_int_equal(pthread_join(thread, NULL), 0);
        before = real_ms();
        (void)use(c.driver, 4000, &err);
        assert_in_range(real_ms() - before, 0, 500);
        waiter_interrupt(far.release);
        end(&c, &far);
    }
}

static void a_far_end_that_is_away_is_retry_and_then_works(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        struct driver_case c;
        struct driver_case away;
        struct far far;
        struct error err = {0};

        if (rows[i].ops == &webhook_source || rows[i].folder)
            continue; /* it is called, never "away"; folders: test_folder_source.c */
        far_init(&far);
        begin(&away, &rows[i], NULL);
        assert_int_equal(use(away.driver, 0, &err), OUTCOME_RETRY);
        assert_int_equal(use(away.driver, 0, &err), OUTCOME_RETRY);
        driver_case_deinit(&away);
        begin(&c, &rows[i], &far);
        assert_int_equal(use(c.driver, 0, &err), OUTCOME_OK);
        assert_int_equal(atomic_load(&far.calls), 1);
        end(&c, &far);
    }
}

static void every_row_of_the_table_is_in_this_suite(void **state)
{
    static const enum connector_role roles[] = {CONNECTOR_SOURCE, CONNECTOR_SINK};

    (void)state;
    for (size_t r = 0; r < 2; r++) {
        const char *const *types = connector_types(roles[r]);

        for (size_t t = 0; types[t]; t++) {
            const struct connector_ops *ops = connector_find(types[t], roles[r]);
            bool found = ops->planned != NULL; /* there is nothing to run yet */

            for (size_t i = 0; i < ROW_COUNT; i++)
                found = found || rows[i].ops == ops;
            assert_true(found);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_of_the_table_is_in_this_suite),
        cmocka_unit_test(close_is_fine_without_an_open_and_after_a_failed_one),
        cmocka_unit_test(an_open_that_failed_can_succeed_later),
        cmocka_unit_test(an_empty_pull_ends_after_its_wait),
        cmocka_unit_test(an_interrupt_ends_a_blocked_call_and_every_later_one),
        cmocka_unit_test(a_far_end_that_is_away_is_retry_and_then_works),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
