/* SPDX-License-Identifier: Apache-2.0
 *
 * Items whose hand-over is not known yet: the webhook of an answer can overtake the link
 * that our own call is about to write. Each waits, encrypted in the state topic, for
 * `match_wait` of the monotonic clock (counted anew after a restart). While nothing can be
 * written neither can the link: that time does not count. One of which nothing can be said now
 * (no directory yet, its parent's inbox record is not answered) is put off, 1 s to 1 min, and holds
 * up neither the others nor that time; it is kept until something can. After its time one that
 * names a hand-over is a dead letter `unknown_handoff`, any other is counted `no_handoff`. What a
 * source left that is no longer configured, or has another name now, is looked after by the first
 * source, or by the inbox where there is none: it ends in the same way.
 */
#ifndef RELAIS_CONNECTORS_WAITING_H
#define RELAIS_CONNECTORS_WAITING_H

#include "connectors/shared.h"

struct waiting;
/* `name` is the source's: each looks after its own. "": of a connector without any. */
struct waiting *waiting_new(const struct shared *shared, const char *name);
void waiting_free(struct waiting *waiting);

/* When the oldest item of all sources was taken in, µs UTC; INT64_MAX: nothing waits. */
int64_t waiting_oldest(struct state *state);
/* What is to wait and is not durable yet: each item keeps the whole record. */
struct waiting_load {
    size_t count;
    size_t bytes;
};
/* No more may wait, with these: their records are left to their source until some have ended. */
bool waiting_is_full(const struct waiting *waiting, const struct waiting_load *more);
/* One item more of the record. */
void waiting_add(struct waiting_load *load, const struct record *record);
/* False: those of one record would never find room. */
bool waiting_fits(const struct waiting_load *load);
/* Into a change: item number `item` of the record waits from now on. Put again, it is the same. */
void waiting_put(struct waiting *waiting, struct state_change *change, const struct record *record,
                 size_t item);
/* The time since the last look does not count: nothing could be written, or a write took longer
 * than any that goes well. */
void waiting_hold(struct waiting *waiting);
/* Looks again when a link was written since, and lets go what has waited long enough: a
 * bounded number of items. `works`: something could be written last. RETRY: a write failed, Kafka
 * is away. */
MUST_USE enum outcome waiting_tend(struct waiting *waiting, struct durable *log, bool works,
                                   struct error *err);

#endif
