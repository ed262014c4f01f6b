/* SPDX-License-Identifier: Apache-2.0
 *
 * What we write into a system comes back as that system's change. Two memories filter it:
 *
 *   in their terms   the mapping says which thing is written (`of`) and what it then says
 *                    (`says`); a record that says the same is an echo, until one says
 *                    something else
 *   in our terms     our write touched a hand-over, and then a record comes that translates
 *                    to the very event last sent for its entity: an echo, once a write. For
 *                    systems that show every write of ours as a change of a record that says
 *                    nothing new
 *
 * Without the second a refusal that is written into a dossier would bring the refused record
 * again, and with it the refusal. A record that is sent again without a write of ours in
 * between goes on to the broker, which knows it by its id.
 *
 * Both are written before the call, like a step.
 */
#ifndef RELAIS_CONNECTORS_ECHOES_H
#define RELAIS_CONNECTORS_ECHOES_H

#include "connectors/shared.h"

/* In their terms. Into a change: it will say this. Then: it says the same; it said anything. */
void echoes_put(const struct shared *shared, struct state_change *change,
                const struct echo_note *note, struct arena *arena);
enum echo_answer { ECHO_NONE, ECHO_SAME, ECHO_OTHER };
enum echo_answer echoes_ask(const struct shared *shared, const struct echo_note *note,
                            struct arena *arena);

/* In our terms. Key of the memory that a write touched the hand-over. */
struct bytes echoes_touched(struct uuid handoff_id, struct arena *arena);
/* Into a change, once the event is durable in the outbox. */
void echoes_sent(struct state_change *change, const struct event *event);
/* True when an event of the entity is known to be durable in the outbox: for STATE_ECHO_DAYS
 * after the last. */
bool echoes_was_sent(const struct shared *shared, struct uuid entity_id, struct arena *arena);
/* True when it is the event last sent for its entity, after a write of ours. */
bool echoes_repeats(const struct shared *shared, const struct event *event, struct arena *arena);

#endif
