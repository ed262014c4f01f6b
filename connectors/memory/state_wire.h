/* SPDX-License-Identifier: Apache-2.0
 *
 * How an entry of the memory stands in the state topic (state.h "On the wire"). Pure.
 */
#ifndef RELAIS_CONNECTORS_MEMORY_STATE_WIRE_H
#define RELAIS_CONNECTORS_MEMORY_STATE_WIRE_H

#include "base/crypto.h"
#include "connectors/memory/entries.h"
#include "connectors/memory/state.h"

struct state_wire {
    struct hmac id_secret; /* to be copied */
    uint8_t state_key[KEY_SIZE];
};
void state_wire_init(struct state_wire *wire, const struct operator_keys *keys);
void state_wire_wipe(struct state_wire *wire);

/* One entry; what is read from a record points into the buffer that it was decrypted to. */
struct state_wire_entry {
    enum state_kind kind;
    uint8_t key[ENTRY_KEY_SIZE];
    struct bytes id;
    struct bytes value;
    uint16_t until_day; /* 0: the record was written before there was one */
};

/* The key of an id. */
void state_wire_key(const struct state_wire *wire, enum state_kind kind, struct bytes id,
                    uint8_t ret_key[ENTRY_KEY_SIZE]);
/* Key and value of the record, in `arena`; `nonce` is random and never used again. */
struct bytes state_wire_key_text(enum state_kind kind, const uint8_t key[ENTRY_KEY_SIZE],
                                 struct arena *arena);
struct bytes state_wire_value(const struct state_wire *wire, const struct state_wire_entry *entry,
                              const uint8_t nonce[CRYPTO_NONCE_SIZE], struct bytes key_text,
                              struct arena *arena);

/* Kind and key of a record's key; false: of a later version of the program. */
bool state_wire_read_key(struct bytes key_text, struct state_wire_entry *ret_entry);
/* The rest of it; `plain` holds it. FATAL: not written with this key, or damaged. */
MUST_USE enum outcome state_wire_read_value(const struct state_wire *wire, struct bytes key_text,
                                            struct bytes sealed, struct buffer *plain,
                                            struct state_wire_entry *entry, struct error *err);

/* ---- What was sent: several entries in one record ---- */

/* Of the value of such a record. */
#define STATE_WIRE_SENT_BYTES_MOST ((size_t)32 * 1024)
/* Appends one to the value of such a record. */
void state_wire_add_sent(struct buffer *list, const struct state_wire_entry *sent);
/* The next one of a value; false at its end, or when it is damaged there. */
bool state_wire_next_sent(struct cursor *list, struct state_wire_entry *ret_sent);

#endif
