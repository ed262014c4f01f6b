/* SPDX-License-Identifier: Apache-2.0
 *
 * Conservation, in the words of DESIGN.md "Conservation" and no others:
 *   source hop  items  = acknowledged + rejected + filtered (when, echo, no_handoff)
 *                        + returned + pending
 *   sink hop    events = delivered + rejected + skipped + pending
 * An event of the inbox is counted when it is taken, by the pipeline, and again when it has
 * ended, by the stage; what is between the two is in flight, counted in the window. So the
 * sum can be wrong, and tells when something vanished. Items likewise: counted as taken when
 * their record is read for the first time, and again when they have ended; those of records
 * that have not ended are in flight, counted in the window. `returned` are those of a record
 * that was left to its sender, who sends it again.
 */
#ifndef RELAIS_CONNECTORS_COUNTS_H
#define RELAIS_CONNECTORS_COUNTS_H

#include "base/metrics.h"
#include "connectors/memory/durable.h"
#include "connectors/record.h"

enum item_count {
    ITEM_COUNT_ACKNOWLEDGED,
    ITEM_COUNT_REJECTED,
    ITEM_COUNT_WHEN,
    ITEM_COUNT_ECHO,
    ITEM_COUNT_NO_HANDOFF,
    ITEM_COUNT_RETURNED,
    ITEM_COUNT_KINDS,
};
enum event_count {
    EVENT_COUNT_DELIVERED,
    EVENT_COUNT_REJECTED,
    EVENT_COUNT_SKIPPED,
    EVENT_COUNT_KINDS,
};

struct counts {
    struct metric *items;
    struct metric *items_ended[ITEM_COUNT_KINDS];
    struct metric *items_pending;
    struct metric *events;
    struct metric *events_ended[EVENT_COUNT_KINDS];
    struct metric *events_pending;
    struct metric *unknown_fields;
    struct durable_counts outbox;
    struct metric *unknown_codes;
};

void counts_init(struct counts *counts, struct metrics *metrics, const char *operator_code);
/* A record that was read for the first time holds so many; its `items` remembers that. */
void counts_items_taken(struct counts *counts, struct record *record, size_t items);
/* One item that ended, or began to wait, or ended after it had waited. */
void counts_item(struct counts *counts, enum item_count kind);
void counts_item_waits(struct counts *counts);
/* So many wait since an earlier process: they come with the state. */
void counts_items_restored(struct counts *counts, size_t items);
void counts_item_waited(struct counts *counts, enum item_count kind);
/* The same for events of the inbox. */
void counts_event(struct counts *counts, enum event_count kind);
void counts_event_waits(struct counts *counts);
/* Set aside by an earlier process: it comes with the state, not from the inbox. */
void counts_event_restored(struct counts *counts);
void counts_event_waited(struct counts *counts, enum event_count kind);
/* What a pipeline counts for itself, in records. */
struct pipeline_counts {
    struct metric *pulled;
    struct metric *acknowledged;
    struct metric *retried;
    struct metric *rejected;
    struct metric *parked;
    struct metric *in_flight;
    struct metric *items_in_flight;
    struct metric *is_down;
};
void counts_pipeline_init(struct pipeline_counts *counts, struct metrics *metrics,
                          const char *operator_code, const char *pipeline);

#endif
