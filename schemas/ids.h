/* SPDX-License-Identifier: Apache-2.0
 *
 * Identities (DESIGN.md "Identities"). id(secret, a ␟ b ␟ …) is the UUIDv8 of the first
 * 128 bits of HMAC-SHA-256(secret, parts joined by the byte 0x1F).
 */
#ifndef RELAIS_SCHEMAS_IDS_H
#define RELAIS_SCHEMAS_IDS_H

#include "base/arena.h"
#include "base/crypto.h"
#include "base/uuid.h"
#include "schemas/events.h"

/* What the broker makes uses this one: public, fixed for ever. */
#define IDS_PUBLIC_SECRET BYTES_LITERAL("relais.public.1")

/* `secret`: initialised with it, and copied here. REJECT when a part contains 0x1F. */
MUST_USE enum outcome ids_make(const struct hmac *secret, const struct bytes *parts, size_t count,
                               struct uuid *ret_id, struct error *err);

/* id(secret, "handoff" ␟ system ␟ entity) */
MUST_USE enum outcome ids_handoff(const struct hmac *secret, struct bytes system,
                                  struct bytes entity, struct uuid *ret_id, struct error *err);
/* id(secret, "entity" ␟ system ␟ event type ␟ entity) */
MUST_USE enum outcome ids_entity(const struct hmac *secret, struct bytes system,
                                 enum event_type type, struct bytes entity, struct uuid *ret_id,
                                 struct error *err);

struct ids_event {
    struct bytes system;
    enum event_type type;
    struct bytes entity;
    struct bytes version; /* as the mapping gave it, decimal; empty when there is none */
    struct bytes tag;     /* empty when the version is strict, else ids_content_tag()   */
};
/* id(secret, "event" ␟ system ␟ event type ␟ entity ␟ version ␟ tag) */
MUST_USE enum outcome ids_event(const struct hmac *secret, const struct ids_event *parts,
                                struct uuid *ret_id, struct error *err);
/* Hexadecimal HMAC-SHA-256 over the mapped fields before sealing, contact included, without
 * event_id, observed_at, recorded_at and sealed bytes, nor what only follows from keys or
 * from unmapped content (handoff_seq, person_refs, raw_hash, cause). Only fields that are set
 * count, so that a later field in the table changes no tag. `contact` may be NULL. */
struct bytes ids_content_tag(const struct hmac *secret, const struct event *event,
                             const struct contact *contact, struct arena *arena);

/* The broker's own: id(public, handoff_id ␟ kind ␟ cause). */
struct uuid ids_broker(struct uuid handoff_id, const char *kind, struct bytes cause);

#endif
