/* SPDX-License-Identifier: Apache-2.0
 *
 * Counters and gauges, written in Prometheus' text format 0.0.4 (promtool-clean).
 * A process owns one registry. Metrics are made at start by one thread; after that
 * any thread may move them (atomics) and any thread may write the page.
 * Labels hold codes and outcomes, never a value of a record, never a receiver's network.
 */
#ifndef RELAIS_BASE_METRICS_H
#define RELAIS_BASE_METRICS_H

#include <stdint.h>

#include "base/bytes.h"

struct metrics;
struct metric;

struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics);
DEFINE_CLEANUP(struct metrics, metrics_free)

/* `name`, `help` and `labels` are copied. `labels` is the inside of the braces, for
 * instance "op=\"o21\",outcome=\"accepted\"", or "". The same name and labels give the
 * same metric. Lives as long as the registry. Names end in _total (counters). */
struct metric *metrics_counter(struct metrics *metrics, const char *name, const char *labels,
                               const char *help);
struct metric *metrics_gauge(struct metrics *metrics, const char *name, const char *labels,
                             const char *help);

void metric_add(struct metric *metric, int64_t by);
void metric_set(struct metric *metric, int64_t value);
int64_t metric_value(const struct metric *metric);

/* The whole page, families in the order of their making. */
void metrics_write(const struct metrics *metrics, struct buffer *page);

#endif
