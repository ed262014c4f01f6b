/* SPDX-License-Identifier: Apache-2.0
 *
 * The deadlines of a hand-over. Like its state, the next one is a function of the row's
 * slots, and stands in the row: no timer lives anywhere else, so a restart forgets none.
 * When it is due the task turns it into a fact of the broker and a Notice to both ends.
 */
#ifndef RELAIS_BROKER_DEADLINES_H
#define RELAIS_BROKER_DEADLINES_H

#include "base/arena.h"
#include "schemas/events.h"

/* No answer (accepted, declined, redirected, taken over, or any end) so long after the
 * delivery, or after the issue when no delivery is known (domain.md A 11). */
#define DEADLINES_ANSWER_DAYS 10

/* Whether a time that a system told (µs since 1970) lies so far ahead of ours (a day) that its
 * clock must be wrong: no deadline waits for such a day. */
bool deadlines_is_ahead(int64_t said_us, int64_t now_us);

/* Sets due_at and due_kind of the row from its slots; NO_TIME when nothing is awaited. */
void deadlines_settle(struct handoff *row);

/* The broker's id of the event that this deadline of this hand-over becomes, made from its
 * kind and due time: a second firing is the same event everywhere. */
struct uuid deadlines_event_id(const struct handoff *row);

#endif
