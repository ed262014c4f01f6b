/* SPDX-License-Identifier: Apache-2.0
 *
 * The steps of deliveries in the state topic: what was done of calls that may not be
 * repeated. A step lives on after its event has ended, until its inbox record is acknowledged
 * and the state topic says so: a crash in between offers that record again, and then its steps
 * answer instead of their system.
 *
 *     begun → answered → ended → forgotten, each with the inbox position
 *
 * Steps of an event that became a dead letter stay: whoever tries it again needs them. They
 * alone are forgotten by their age (forgetting.h): of a record that may be offered again none is.
 */
#ifndef RELAIS_CONNECTORS_MEMORY_STEPS_H
#define RELAIS_CONNECTORS_MEMORY_STEPS_H

#include "base/http_client.h"
#include "base/uuid.h"
#include "connectors/memory/state.h"

enum step_state {
    STEP_NONE,
    STEP_BEGUN,    /* made perhaps, its answer is not known */
    STEP_ANSWERED, /* or ended: its answer is known         */
};

/* The step of one call of one event, in `arena`. */
struct bytes steps_id(struct uuid event_id, const char *call, struct arena *arena);
/* ANSWERED fills the response, in `arena`. */
enum step_state steps_read(struct state *state, struct bytes id, struct arena *arena,
                           struct http_response *ret_response);
/* Where the inbox record of a step's event stands, by what the state topic holds of the step; 0
 * when an earlier version of the program wrote it. */
int64_t steps_position(struct bytes value);
/* Into a change. */
void steps_begin(struct state_change *change, struct bytes id, int64_t position);
void steps_answer(struct state_change *change, struct bytes id,
                  const struct http_response *response, struct arena *arena);
/* Into a change: the event of this answered step has ended, its record stands at `position`. */
void steps_end(struct state_change *change, struct bytes id, int64_t position, struct arena *arena);

/* The steps of ended events, to be forgotten once their records cannot come again. One thread. */
struct steps_ended;
/* Takes up what the state topic holds. */
struct steps_ended *steps_ended_new(struct state *state);
void steps_ended_free(struct steps_ended *ended);
/* After the change of steps_end() is durable. */
void steps_ended_add(struct steps_ended *ended, struct bytes id, int64_t position);
/* Forgets some of those whose records cannot come again, by what the state topic holds: what Kafka
 * alone knows as acknowledged it may forget (inbox_source.c). `may_come_again` is asked once a
 * step. Cheap when there is nothing. RETRY: Kafka is away. */
MUST_USE enum outcome steps_ended_forget(struct steps_ended *ended,
                                         bool (*may_come_again)(void *context, int64_t position),
                                         void *context, struct error *err);

#endif
