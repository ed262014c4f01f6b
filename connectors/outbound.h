/* SPDX-License-Identifier: Apache-2.0
 *
 * The stage from the operator's inbox to its system. For each event, in this order:
 *     1. the calls of the mapping (connectors/calls.h)
 *     2. DELIVERED, durable in the outbox     (for a referral that was issued to us)
 *     3. links, ends of hand-overs, steps ended: durable in the state topic
 *     4. the inbox offset                     (the pipeline's acknowledgement)
 *     5. its steps are forgotten              (memory/steps.h)
 * A crash between two of them repeats from the first, with the same ids and keys; calls that
 * may not be repeated are answered from their steps.
 *
 * Dead letters of this stage are told to the event's sender: the Rejection goes to the
 * outbox too. A seal that cannot be opened is answered by CONTACT_UNREADABLE instead.
 */
#ifndef RELAIS_CONNECTORS_OUTBOUND_H
#define RELAIS_CONNECTORS_OUTBOUND_H

#include "connectors/pipeline.h"
#include "connectors/shared.h"

/* `sink` and `log` are borrowed; `log` is this stage's own. The state is restored already. */
struct stage *outbound_new(const struct shared *shared, struct connector *sink,
                           struct durable *log);
void outbound_free(struct stage *stage);

#endif
