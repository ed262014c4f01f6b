/* SPDX-License-Identifier: Apache-2.0
 *
 * Deliveries set aside in the state topic: one lane a hand-over, in the order of the inbox.
 * The first of a lane is tried with growing pauses; the others wait behind it.
 *
 * How long one waited is counted while a process runs, on the monotonic clock, and stands in its
 * entry: no wall clock that is wrong, at a start or later, ends its time or makes it endless. A
 * stop does not count, nor what passed between the last try and a crash: at most one pause.
 */
#ifndef RELAIS_CONNECTORS_PARKED_H
#define RELAIS_CONNECTORS_PARKED_H

#include "connectors/pipeline.h"
#include "connectors/shared.h"

struct parked;
/* Takes up what the state topic holds. */
struct parked *parked_new(const struct shared *shared);
void parked_free(struct parked *parked);

/* At the end of its lane, once however often it is offered. OK: durable. */
MUST_USE enum outcome parked_put(struct parked *parked, const struct record *record,
                                 const struct attempts *attempts, struct error *err);
bool parked_has(const struct parked *parked, struct bytes key);

/* What the state topic holds of records that may come again, read once however many are asked for.
 * The caller's, for one piece of work; zero but for `state`. */
struct parked_look {
    struct state *state;
    bool asked;
    bool listed;
    int64_t next;       /* where the inbox begins again */
    int64_t *positions; /* of those that are set aside  */
    size_t count;
    size_t capacity;
};
void parked_look_deinit(struct parked_look *look);
/* Whether the inbox record at `position` may come again: from the inbox, which begins at its
 * cursor, or because it is set aside. */
bool parked_may_come_again(struct parked_look *look, int64_t position);

/* The first record of a lane whose pause is over, in `arena`, with how long it has waited by now;
 * false when there is none, then *ret_wait_ms says how long. */
bool parked_next(struct parked *parked, struct arena *arena, struct record *ret_record,
                 struct attempts *ret_attempts, int32_t *ret_wait_ms);
/* Something here failed, not their system: it is tried again in a minute, and what passed since
 * the last try does not count. */
void parked_again(struct parked *parked, const struct record *record);
/* Their system put it off again: its lane pauses, for longer each time. OK: what it has waited is
 * durable. */
MUST_USE enum outcome parked_failed(struct parked *parked, const struct record *record,
                                    struct attempts *attempts, struct error *err);
/* It has ended: the next of its lane may be tried. */
MUST_USE enum outcome parked_end(struct parked *parked, const struct record *record,
                                 struct error *err);

#endif
