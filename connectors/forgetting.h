/* SPDX-License-Identifier: Apache-2.0
 *
 * Takes out of the memory what has lived long enough (state.h says how long), a little at a
 * time, with tombstones in the state topic:
 *     a hand-over    with its place in each of its links, and links that are empty then
 *     any other      alone; a link only when none of its hand-overs is known any more
 * The wall clock decides. One that is wrong forgets too early at most so many a turn; what was
 * forgotten too early is answered as any unknown hand-over is, and nothing is lost silently.
 */
#ifndef RELAIS_CONNECTORS_FORGETTING_H
#define RELAIS_CONNECTORS_FORGETTING_H

#include "connectors/shared.h"

/* At most one piece of work a second, of some hundred entries; cheap otherwise. *next_ms is the
 * caller's, zero at first. RETRY: Kafka is away, and nothing is forgotten. */
MUST_USE enum outcome forgetting_tend(const struct shared *shared, int64_t *next_ms,
                                      struct error *err);

#endif
