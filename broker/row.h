/* SPDX-License-Identifier: Apache-2.0
 *
 * Small operations on a row (struct handoff): its slots and its memory against doubles.
 * Rows are values: a changed row is a copy in an arena, the old one stays as it was.
 */
#ifndef RELAIS_BROKER_ROW_H
#define RELAIS_BROKER_ROW_H

#include "base/arena.h"
#include "schemas/events.h"

/* Ids remembered of one entity at one version; of a source without versions, the last so
 * many of its contents. */
#define ROW_MAX_SEEN_IDS 32

/* A row with nothing in it but its ids. */
struct handoff *row_new(const struct envelope *envelope, struct arena *arena);
/* Copies the struct and its arrays; texts stay views into where they were. */
struct handoff *row_copy(const struct handoff *row, struct arena *arena);

/* Slots that somebody said; implied ones are not found. NULL: none. */
const struct slot *row_find(const struct handoff *row, enum fact fact, struct uuid entity_id);
bool row_has(const struct handoff *row, enum fact fact);
/* True when a slot stands for that event. */
bool row_has_event(const struct handoff *row, struct uuid event_id);

/* Puts a fact into its slot unless a newer version, or a stronger content of the same
 * version, stands there. True when the row now says something else than before. */
bool row_put(struct handoff *row, const struct slot *slot, struct arena *arena);
/* Takes all slots of a fact out. */
void row_drop(struct handoff *row, enum fact fact);

/* What is remembered of the event's entity; NULL: never heard of. */
const struct seen *row_seen(const struct handoff *row, const struct event *event);
bool row_seen_id(const struct seen *seen, struct uuid event_id);
/* Remembers the event's id and version. The event is not older than what is remembered. */
void row_remember(struct handoff *row, const struct event *event, struct arena *arena);

/* Adds an operator to those who issued or held in the thread. */
void row_add_operator(struct handoff *row, struct bytes operator_code, struct arena *arena);

#endif
