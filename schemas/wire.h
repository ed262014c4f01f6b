/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands in a Kafka record's value: 0x00, schema id (4 bytes, big endian), Avro body
 * (Confluent wire format), and the CloudEvents 1.0 headers beside it.
 *
 * Schema ids come from the built-in set: 2^30 + low 30 bits of the schema's fingerprint.
 * (A registry comes later; ids of its range go through the same calls.)
 */
#ifndef RELAIS_SCHEMAS_WIRE_H
#define RELAIS_SCHEMAS_WIRE_H

#include "base/kafka_record.h"
#include "schemas/avro.h"
#include "schemas/events.h"

/* The built-in set: texts, ids and compiled plans. Immutable: shared by all threads. */
struct wire;
struct wire *wire_new(void);
/* The set's one schema for `table`; much cheaper, for who needs no other. */
struct wire *wire_new_of(const struct record_table *table);
void wire_free(struct wire *wire);
DEFINE_CLEANUP(struct wire, wire_free)

/* Appends framing and body. `table` is one of the built-in set (events, handoff, directory). */
void wire_encode(const struct wire *wire, const struct record_table *table, const void *record,
                 struct buffer *out);
/* The table that a value was written with. REJECT: no framing, or an unknown id. */
MUST_USE enum outcome wire_table(const struct wire *wire, struct bytes value,
                                 const struct record_table **ret_table, struct error *err);
/* Decodes into a struct of `table`; REJECT when the value is of another record. */
MUST_USE enum outcome wire_decode(const struct wire *wire, struct bytes value,
                                  const struct record_table *table, struct arena *arena,
                                  void *record, struct error *err);

/* The same for any event of an outbox or inbox. */
void wire_encode_event(const struct wire *wire, const struct event *event, struct buffer *out);
MUST_USE enum outcome wire_decode_event(const struct wire *wire, struct bytes value,
                                        struct arena *arena, struct event *ret_event,
                                        struct error *err);

/* CloudEvents 1.0, Kafka protocol binding, binary mode; all in `arena`. `traceparent` may
 * be NULL. */
const struct kafka_header *wire_headers(const struct event *event, const char *traceparent,
                                        struct arena *arena, size_t *ret_count);

/* One schema of the set, for `relais schemas` and foreign readers. */
struct wire_schema {
    const struct record_table *table;
    const char *subject; /* RecordNameStrategy: "relais.Referral" */
    uint32_t id;
    uint64_t fingerprint;
    struct bytes text;
};
size_t wire_schema_count(const struct wire *wire);
struct wire_schema wire_schema_at(const struct wire *wire, size_t index);

#endif
