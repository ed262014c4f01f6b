/* SPDX-License-Identifier: Apache-2.0
 *
 * Prometheus text format 0.0.4: all lines of a family stand together under one HELP and
 * one TYPE line; in HELP a backslash and a line feed are escaped.
 */
#include "base/metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>

struct metric {
    struct metric *next;
    char *labels;
    _Atomic int64_t value;
};

struct family {
    struct family *next;
    char *name;
    char *help;
    const char *type;
    struct metric *first;
    struct metric **last;
};

struct metrics {
    struct family *first;
    struct family **last;
};

struct metrics *metrics_new(void)
{
    struct metrics *metrics = xcalloc(1, sizeof(*metrics));

    metrics->last = &metrics->first;
    return metrics;
}

static void family_free(struct family *family)
{
    struct metric *metric = family->first;

    while (metric) {
        struct metric *next = metric->next;

        free(metric->labels);
        free(metric);
        metric = next;
    }
    free(family->name);
    free(family->help);
    free(family);
}

void metrics_free(struct metrics *metrics)
{
    struct family *family = metrics ? metrics->first : NULL;

    while (family) {
        struct family *next = family->next;

        family_free(family);
        family = next;
    }
    free(metrics);
}

static struct family *family_get(struct metrics *metrics, const char *name, const char *type,
                                 const char *help)
{
    struct family *family;

    for (family = metrics->first; family; family = family->next)
        if (strcmp(family->name, name) == 0) {
            assert(strcmp(family->type, type) == 0);
            return family;
        }
    family = xcalloc(1, sizeof(*family));
    family->name = xstrdup(name);
    family->help = xstrdup(help);
    family->type = type;
    family->last = &family->first;
    *metrics->last = family;
    metrics->last = &family->next;
    return family;
}

static struct metric *metric_get(struct family *family, const char *labels)
{
    struct metric *metric;

    for (metric = family->first; metric; metric = metric->next)
        if (strcmp(metric->labels, labels) == 0)
            return metric;
    metric = xcalloc(1, sizeof(*metric));
    metric->labels = xstrdup(labels);
    atomic_init(&metric->value, 0);
    *family->last = metric;
    family->last = &metric->next;
    return metric;
}

struct metric *metrics_counter(struct metrics *metrics, const char *name, const char *labels,
                               const char *help)
{
    size_t len = strlen(name);

    assert(len > 6 && strcmp(name + len - 6, "_total") == 0);
    (void)len;
    return metric_get(family_get(metrics, name, "counter", help), labels);
}

struct metric *metrics_gauge(struct metrics *metrics, const char *name, const char *labels,
                             const char *help)
{
    return metric_get(family_get(metrics, name, "gauge", help), labels);
}

void metric_add(struct metric *metric, int64_t by)
{
    atomic_fetch_add_explicit(&metric->value, by, memory_order_relaxed);
}

void metric_set(struct metric *metric, int64_t value)
{
    atomic_store_explicit(&metric->value, value, memory_order_relaxed);
}

int64_t metric_value(const struct metric *metric)
{
    return atomic_load_explicit(&metric->value, memory_order_relaxed);
}

static void write_help(const struct family *family, struct buffer *page)
{
    buffer_printf(page, "# HELP %s ", family->name);
    for (const char *at = family->help; *at != '\0'; at++)
        if (*at == '\\')
            buffer_append_text(page, "\\\\");
        else if (*at == '\n')
            buffer_append_text(page, "\\n");
        else
            buffer_append_byte(page, (uint8_t)*at);
    buffer_printf(page, "\n# TYPE %s %s\n", family->name, family->type);
}

void metrics_write(const struct metrics *metrics, struct buffer *page)
{
    for (const struct family *family = metrics->first; family; family = family->next) {
        write_help(family, page);
        for (const struct metric *metric = family->first; metric; metric = metric->next) {
            bool labels = *metric->labels != '\0';

            buffer_printf(page, "%s%s%s%s %" PRId64 "\n", family->name, labels ? "{" : "",
                          metric->labels, labels ? "}" : "", metric_value(metric));
        }
    }
}
