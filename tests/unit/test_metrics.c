/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/metrics.h"

static struct metrics *sample(void)
{
    struct metrics *metrics = metrics_new();

    metric_add(metrics_counter(metrics, "relais_events_total", "op=\"o10\",outcome=\"accepted\"",
                               "Events, by outcome."),
               3);
    metric_set(metrics_gauge(metrics, "relais_parked", "", "Parked \\ now\nof all."), -1);
    metric_add(metrics_counter(metrics, "relais_events_total", "op=\"o21\",outcome=\"accepted\"",
                               "Events, by outcome."),
               1);
    return metrics;
}

static void a_family_stands_together_under_one_head(void **state)
{
    CLEANUP(metrics_freep) struct metrics *metrics = sample();
    struct buffer page = {0};

    (void)state;
    metrics_write(metrics, &page);
    assert_string_equal(buffer_text(&page),
                        "# HELP relais_events_total Events, by outcome.\n"
                        "# TYPE relais_events_total counter\n"
                        "relais_events_total{op=\"o10\",outcome=\"accepted\"} 3\n"
                        "relais_events_total{op=\"o21\",outcome=\"accepted\"} 1\n"
                        "# HELP relais_parked Parked \\\\ now\\nof all.\n"
                        "# TYPE relais_parked gauge\n"
                        "relais_parked -1\n");
    buffer_deinit(&page);
}

static void the_same_name_and_labels_are_the_same_metric(void **state)
{
    CLEANUP(metrics_freep) struct metrics *metrics = sample();
    struct metric *again = metrics_counter(metrics, "relais_events_total",
                                           "op=\"o10\",outcome=\"accepted\"", "Events.");

    (void)state;
    assert_true(metric_value(again) == 3);
    metric_add(again, 2);
    assert_true(metric_value(metrics_counter(metrics, "relais_events_total",
                                             "op=\"o10\",outcome=\"accepted\"", "Events.")) == 5);
}

static void *add_many(void *metric)
{
    for (int i = 0; i < 10000; i++)
        metric_add(metric, 1);
    return NULL;
}

static void any_thread_may_count(void **state)
{
    CLEANUP(metrics_freep) struct metrics *metrics = metrics_new();
    struct metric *metric = metrics_counter(metrics, "relais_x_total", "", "Things.");
    pthread_t threads[3];

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_many, metric), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_true(metric_value(metric) == 30000);
}

/* The reference reader of the format. */
static void promtool_finds_nothing_to_say(void **state)
{
    CLEANUP(metrics_freep) struct metrics *metrics = sample();
    struct buffer page = {0};
    FILE *promtool;
    int status;

    (void)state;
    if (system("command -v promtool >/dev/null 2>&1") != 0)
        skip(); /* on a developer's bare machine; ./test installs it */
    metrics_write(metrics, &page);
    promtool = popen("promtool check metrics 2>&1", "w");
    assert_non_null(promtool);
    assert_int_equal(fwrite(page.data, 1, page.len, promtool), page.len);
    status = pclose(promtool);
    assert_int_equal(WEXITSTATUS(status), 0);
    buffer_deinit(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_family_stands_together_under_one_head),
        cmocka_unit_test(the_same_name_and_labels_are_the_same_metric),
        cmocka_unit_test(any_thread_may_count),
        cmocka_unit_test(promtool_finds_nothing_to_say),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
