/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/counts.h"

#include <stdio.h>

static const char *const item_outcomes[ITEM_COUNT_KINDS] = {"acknowledged",        "rejected",
                                                            "filtered_when",       "filtered_echo",
                                                            "filtered_no_handoff", "returned"};
static const char *const event_outcomes[EVENT_COUNT_KINDS] = {"delivered", "rejected", "skipped"};

void counts_init(struct counts *counts, struct metrics *metrics, const char *operator_code)
{
    char labels[128];

    (void)snprintf(labels, sizeof(labels), "op=\"%s\"", operator_code);
    counts->items = metrics_counter(metrics, "relais_items_total", labels,
                                    "Items of records read from the operator's system.");
    counts->items_pending = metrics_gauge(metrics, "relais_items_pending", labels,
                                          "Items that wait for the link to their hand-over.");
    counts->events =
        metrics_counter(metrics, "relais_deliveries_total", labels,
                        "Events taken from the inbox, or from what was set aside before.");
    counts->events_pending = metrics_gauge(metrics, "relais_deliveries_pending", labels,
                                           "Events set aside because their hand-over fails.");
    counts->outbox.acknowledged =
        metrics_counter(metrics, "relais_outbox_acknowledged_total", labels,
                        "Events written to the outbox, known to be durable.");
    counts->outbox.doubtful =
        metrics_counter(metrics, "relais_outbox_doubtful_total", labels,
                        "Writes to the outbox that may be durable: they were repeated.");
    counts->unknown_fields =
        metrics_counter(metrics, "relais_unknown_fields_total", labels,
                        "Source fields that the mapping neither uses nor drops.");
    counts->unknown_codes =
        metrics_counter(metrics, "relais_unknown_codes_total", labels,
                        "Codes in no row of their table, that its `else` took.");
    for (int kind = 0; kind < ITEM_COUNT_KINDS; kind++) {
        (void)snprintf(labels, sizeof(labels), "op=\"%s\",outcome=\"%s\"", operator_code,
                       item_outcomes[kind]);
        counts->items_ended[kind] = metrics_counter(metrics, "relais_items_ended_total", labels,
                                                    "Items by what became of them.");
    }
    for (int kind = 0; kind < EVENT_COUNT_KINDS; kind++) {
        (void)snprintf(labels, sizeof(labels), "op=\"%s\",outcome=\"%s\"", operator_code,
                       event_outcomes[kind]);
        counts->events_ended[kind] =
            metrics_counter(metrics, "relais_deliveries_ended_total", labels,
                            "Events of the inbox by what became of them.");
    }
}

void counts_items_taken(struct counts *counts, struct record *record, size_t items)
{
    if (record->items > 0)
        return;
    record->items = items;
    metric_add(counts->items, (int64_t)items);
}

void counts_item(struct counts *counts, enum item_count kind)
{
    metric_add(counts->items_ended[kind], 1);
}

void counts_item_waits(struct counts *counts)
{
    metric_add(counts->items_pending, 1);
}

void counts_items_restored(struct counts *counts, size_t items)
{
    metric_add(counts->items, (int64_t)items);
    metric_set(counts->items_pending, (int64_t)items);
}

void counts_item_waited(struct counts *counts, enum item_count kind)
{
    metric_add(counts->items_pending, -1);
    metric_add(counts->items_ended[kind], 1);
}

void counts_event(struct counts *counts, enum event_count kind)
{
    metric_add(counts->events_ended[kind], 1);
}

void counts_event_waits(struct counts *counts)
{
    metric_add(counts->events_pending, 1);
}

void counts_event_restored(struct counts *counts)
{
    metric_add(counts->events, 1);
    counts_event_waits(counts);
}

void counts_event_waited(struct counts *counts, enum event_count kind)
{
    metric_add(counts->events_pending, -1);
    metric_add(counts->events_ended[kind], 1);
}

void counts_pipeline_init(struct pipeline_counts *counts, struct metrics *metrics,
                          const char *operator_code, const char *pipeline)
{
    char labels[160];

    (void)snprintf(labels, sizeof(labels), "op=\"%s\",pipeline=\"%s\"", operator_code, pipeline);
    counts->pulled =
        metrics_counter(metrics, "relais_pipeline_pulled_total", labels, "Records pulled.");
    counts->acknowledged = metrics_counter(metrics, "relais_pipeline_acknowledged_total", labels,
                                           "Records acknowledged to their source.");
    counts->retried = metrics_counter(metrics, "relais_pipeline_retries_total", labels,
                                      "Pushes of a record that have to be repeated.");
    counts->rejected = metrics_counter(metrics, "relais_pipeline_rejected_total", labels,
                                       "Records that became a dead letter as a whole.");
    counts->parked = metrics_counter(metrics, "relais_pipeline_parked_total", labels,
                                     "Records set aside because only they fail.");
    counts->in_flight = metrics_gauge(metrics, "relais_pipeline_in_flight", labels,
                                      "Records pulled that have not ended.");
    counts->items_in_flight = metrics_gauge(metrics, "relais_items_in_flight", labels,
                                            "Items of records that were read and have not ended.");
    counts->is_down = metrics_gauge(metrics, "relais_pipeline_down", labels,
                                    "1 while nothing succeeds at the far end.");
}
