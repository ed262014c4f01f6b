/* SPDX-License-Identifier: Apache-2.0
 *
 * Takes out of the memory what has lived long enough (state.h says how long), a little at a
 * time, with tombstones in the state topic:
 *     a hand-over    with its place in each of its links, and links that are empty then
 *     any other      alone; a link only when none of its hand-overs is known any more, a step
 *                    only when its record is acknowledged and not set aside
 * and, whatever the day, what is kept of the last full extract of a source that reads none any
 * more, or is no longer configured.
 * Nothing is while an item waits for its hand-over that came more than a day ago (waiting.h): after
 * months of a stop it has its minutes first.
 * The wall clock decides about days. One that jumps while the process runs forgets nothing any more
 * (jumps.h). One that is wrong already at the start is not seen: then links and the steps of dead
 * letters go too early, but never a step of what is still to be delivered, which would be a call
 * made twice.
 */
#ifndef RELAIS_CONNECTORS_FORGETTING_H
#define RELAIS_CONNECTORS_FORGETTING_H

#include "base/jumps.h"
#include "connectors/shared.h"

/* The caller's, zero at first. */
struct forgetting {
    int64_t next_ms;
    struct jumps jumps;
    bool extracts_done; /* who keeps one does not change while the process runs */
};

/* Whatever the day: steps of events that ended, once their records cannot come again (steps.h). Not
 * before that is true, so a clock has no say. RETRY: Kafka is away, and they are not forgotten. */
struct steps_ended;
MUST_USE enum outcome forgetting_ended_steps(struct steps_ended *ended, const struct shared *shared,
                                             struct error *err);
/* At most one piece of work a second, of some hundred entries; cheap otherwise. OK, and one error
 * in the log, when the wall clock jumped. RETRY: Kafka is away, and nothing is forgotten. */
MUST_USE enum outcome forgetting_tend(struct forgetting *forgetting, const struct shared *shared,
                                      struct error *err);

#endif
