/* SPDX-License-Identifier: Apache-2.0
 *
 * The stage from the operator's system to its outbox: record → items → events, dead letters,
 * or counted out. A record has ended when each of its items has:
 *     event          its links durable in the state topic, then it in the outbox
 *     dead letter    durable in quarantine and rejected
 *     waiting        durable in the state topic (an answer that overtook its link), sealed
 *     filtered, echo counted
 * A crash between the two writes repeats the record: same ids, same links.
 */
#ifndef RELAIS_CONNECTORS_INBOUND_H
#define RELAIS_CONNECTORS_INBOUND_H

#include "connectors/pipeline.h"
#include "connectors/shared.h"

/* `name` is the source's; `log` is borrowed, this stage's own. */
struct stage *inbound_new(const struct shared *shared, struct durable *log, const char *name);
void inbound_free(struct stage *stage);

#endif
