/* SPDX-License-Identifier: Apache-2.0
 *
 * Contact data, readable by its receiver only. The plaintext is the Avro record "Contact" in
 * the wire format's framing, so that its schema may evolve like any other; it begins with
 * handoff_id, event_id and receiver. It is padded to a multiple of 256
 * bytes (sodium_pad), sealed to the receiver's X25519 key (crypto_box_seal), and the sender
 * signs (Ed25519) handoff_id ‖ event_id ‖ receiver ‖ receiver's key id ‖ sealed bytes.
 */
#ifndef RELAIS_SCHEMAS_SEAL_H
#define RELAIS_SCHEMAS_SEAL_H

#include "base/arena.h"
#include "schemas/events.h"
#include "schemas/keys.h"
#include "schemas/wire.h"

/* Who seals and opens. The wire compiles the schemas once, not a record. */
struct seal {
    const struct wire *wire;
    const struct operator_keys *keys;
};

/* Seals `contact` (its handoff_id, event_id and receiver set by the caller) to `receiver`;
 * the result lives in `arena`. */
struct sealed *seal_contact(const struct seal *sender, const struct contact *contact,
                            const struct public_keys *receiver, struct arena *arena);

/* Opens what was sealed to `self` by `sender`. REJECT, with a text that says which check
 * failed: key id not ours, signature, box, padding, record, or bound to another event.
 * RETRY: its schema is asked for elsewhere. `contact`'s texts live in `arena`. */
MUST_USE enum outcome seal_open(const struct seal *self, const struct sealed *sealed,
                                const struct envelope *envelope, const struct public_keys *sender,
                                struct arena *arena, struct contact *ret_contact,
                                struct error *err);

#endif
