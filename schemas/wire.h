/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands in a Kafka record's value: 0x00, schema id (4 bytes, big endian), Avro body
 * (Confluent wire format), and the CloudEvents 1.0 headers beside it.
 *
 * Ids of the built-in set: 2^30 + low 30 bits of the schema's fingerprint; its older versions
 * (schemas/history/) are read too. With a registry the ids that are written are its own, and
 * what others wrote is read with the schema that it has for their id: by field name, against
 * our tables. Such a schema is asked for once and kept; the two ranges of ids never meet.
 */
#ifndef RELAIS_SCHEMAS_WIRE_H
#define RELAIS_SCHEMAS_WIRE_H

#include "base/kafka_record.h"
#include "schemas/avro.h"
#include "schemas/events.h"

/* The built-in set: texts, ids and compiled plans, and what a registry adds. Once it is set up,
 * any thread. */
struct wire;
struct wire *wire_new(void);
/* The set's one schema for `table`; much cheaper, for who needs no other. */
struct wire *wire_new_of(const struct record_table *table);
void wire_free(struct wire *wire);
DEFINE_CLEANUP(struct wire, wire_free)

struct registry;
/* From here on ids that the set does not know are asked of `registry`: borrowed, outliving the
 * wire; NULL: none. Before threads share the wire. */
void wire_use_registry(struct wire *wire, struct registry *registry);
/* With a registry: registers (read-only: finds) the schemas of `tables`, which end with NULL, and
 * writes with its ids from here on. For who produces, at its start, before threads share the
 * wire; may be called again. RETRY, FATAL: registry_register(). */
MUST_USE enum outcome wire_register(struct wire *wire, const struct record_table *const *tables,
                                    struct error *err);

/* Appends framing and body. `table` is one of the built-in set (events, handoff, directory). */
void wire_encode(const struct wire *wire, const struct record_table *table, const void *record,
                 struct buffer *out);
/* The table that a value was written with. REJECT: no framing, or nobody knows its id. RETRY,
 * here and below: its id is unknown and the registry does not answer now. */
MUST_USE enum outcome wire_table(const struct wire *wire, struct bytes value,
                                 const struct record_table **ret_table, struct error *err);
/* Decodes into a struct of `table`; REJECT when the value is of another record. */
MUST_USE enum outcome wire_decode(const struct wire *wire, struct bytes value,
                                  const struct record_table *table, struct arena *arena,
                                  void *record, struct error *err);

/* The rejection code of a value that was rejected: "schema_unknown" or "unreadable_record". */
const char *wire_rejection(const struct wire *wire, struct bytes value);

/* The same for any event of an outbox or inbox. */
void wire_encode_event(const struct wire *wire, const struct event *event, struct buffer *out);
MUST_USE enum outcome wire_decode_event(const struct wire *wire, struct bytes value,
                                        struct arena *arena, struct event *ret_event,
                                        struct error *err);

/* A header `traceparent` as somebody wrote it, as text in `arena`; NULL unless it has the form of
 * the W3C's version 00, which is all that is handed on: no sender chooses how long ours is. */
const char *wire_traceparent(struct bytes header, struct arena *arena);
/* CloudEvents 1.0, Kafka protocol binding, binary mode; all in `arena`. `traceparent` is of
 * wire_traceparent(), or NULL. */
const struct kafka_header *wire_headers(const struct event *event, const char *traceparent,
                                        struct arena *arena, size_t *ret_count);

/* One schema of the set, for `relais schemas` and foreign readers. */
struct wire_schema {
    const struct record_table *table;
    const char *subject; /* RecordNameStrategy: "relais.Referral" */
    uint32_t id;         /* what is written                                    */
    int version;         /* the newest of its recorded versions                */
    uint64_t fingerprint;
    struct bytes text;
};
size_t wire_schema_count(const struct wire *wire);
struct wire_schema wire_schema_at(const struct wire *wire, size_t index);

#endif
