/* SPDX-License-Identifier: Apache-2.0
 *
 * The dead letter of an event that did not get into their system, which its sender is told of.
 */
#ifndef RELAIS_CONNECTORS_UNDELIVERED_H
#define RELAIS_CONNECTORS_UNDELIVERED_H

#include "connectors/result.h"
#include "connectors/shared.h"

/* `record` is of the inbox, `result` says why. OK: the dead letter is durable, and so is, in the
 * outbox, its Rejection (of a seal that cannot be opened: CONTACT_UNREADABLE) for the sender.
 * Nobody is told of a Rejection or a Notice that did not arrive, nor of our own events. RETRY:
 * Kafka is away; once more says the same again. */
MUST_USE enum outcome undelivered_write(const struct shared *shared, struct durable *log,
                                        struct arena *arena, const struct record *record,
                                        const struct result *result, struct error *err);

#endif
