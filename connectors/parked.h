/* SPDX-License-Identifier: Apache-2.0
 *
 * Deliveries set aside in the state topic: one lane a hand-over, in the order of the inbox.
 * The first of a lane is tried with growing pauses; the others wait behind it.
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
/* Whether the inbox record at `position` may come again, by what the state topic holds: from the
 * inbox, which begins at its cursor, or because it is set aside. */
bool parked_may_come_again(struct state *state, int64_t position);

/* The first record of a lane whose pause is over, in `arena`; false when there is none, then
 * *ret_wait_ms says how long. */
bool parked_next(struct parked *parked, struct arena *arena, struct record *ret_record,
                 struct attempts *ret_attempts, int32_t *ret_wait_ms);
/* It failed again: its lane pauses. */
MUST_USE enum outcome parked_failed(struct parked *parked, const struct record *record,
                                    struct attempts *attempts, struct error *err);
/* It has ended: the next of its lane may be tried. */
MUST_USE enum outcome parked_end(struct parked *parked, const struct record *record,
                                 struct error *err);

#endif
