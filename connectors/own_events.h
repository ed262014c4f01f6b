/* SPDX-License-Identifier: Apache-2.0
 *
 * What the runtime itself says in its operator's name. Ids follow from the event answered,
 * so saying it again is a duplicate everywhere.
 */
#ifndef RELAIS_CONNECTORS_OWN_EVENTS_H
#define RELAIS_CONNECTORS_OWN_EVENTS_H

#include "connectors/shared.h"

/* What is said here and now, because of the event of `cause` (NULL: of none that is known), of
 * which it takes the hand-over. Its own id and entity are the caller's. */
void own_events_envelope(const struct shared *shared, const struct envelope *cause,
                         struct envelope *envelope);
/* The hand-over of `issued` stands in our system, as `receiver_ref` (or BYTES_NONE). */
void own_events_delivered(const struct shared *shared, const struct event *issued,
                          struct bytes receiver_ref, struct arena *arena, struct event *ret_event);
/* The seal of `sealed` cannot be opened here: its sender has to seal anew. */
void own_events_unreadable(const struct shared *shared, const struct event *sealed,
                           struct arena *arena, struct event *ret_event);

#endif
