/* SPDX-License-Identifier: Apache-2.0
 *
 * Avro's binary encoding (Apache Avro 1.11 specification, "Binary Encoding") for the
 * records of the field tables. Encoding follows the table; decoding follows a plan compiled
 * once from the writer's schema, resolved *by name* against the table ("Schema Resolution"):
 * fields by name, enum symbols by name, unknown symbols to symbol 0, missing fields to "no
 * value" or, if FIELD_REQUIRED, refused at compile time.
 */
#ifndef RELAIS_SCHEMAS_AVRO_H
#define RELAIS_SCHEMAS_AVRO_H

#include "base/arena.h"
#include "schemas/field.h"

/* Appends the record. A FIELD_REQUIRED string without a value is written empty: callers
 * validate first (record_check). */
void avro_encode(const struct record_table *table, const void *record, struct buffer *out);
/* One field of it, as it stands there. */
void avro_encode_field(const struct field *field, const void *record, struct buffer *out);

struct avro_limits {
    size_t max_bytes; /* of the body                                  */
    size_t max_items; /* array and map items in all, skipped included; fields: 64 times that */
    int max_depth;    /* nesting                                      */
};
/* 1 MiB, 10,000 items, depth 16. */
extern const struct avro_limits avro_limits_default;

/* Immutable once compiled: any number of threads may decode with it. */
struct avro_plan;
/* `schema` is the writer's schema text. REJECT: no schema, or not resolvable to `table`,
 * with the field's name. */
MUST_USE enum outcome avro_plan_new(struct bytes schema, const struct record_table *table,
                                    struct avro_plan **ret_plan, struct error *err);
void avro_plan_free(struct avro_plan *plan);
DEFINE_CLEANUP(struct avro_plan, avro_plan_free)

/* Fills `record` (a struct of the plan's table). Texts are views into `body`, nested things
 * live in `arena`. REJECT: damaged, over a limit, not UTF-8, a date or time beyond all sense, bytes
 * left over. */
MUST_USE enum outcome avro_decode(const struct avro_plan *plan, struct bytes body,
                                  const struct avro_limits *limits, struct arena *arena,
                                  void *record, struct error *err);

/* CRC-64-AVRO fingerprint of the schema's Parsing Canonical Form. REJECT: no schema. */
MUST_USE enum outcome avro_fingerprint(struct bytes schema, uint64_t *ret_fingerprint,
                                       struct error *err);

#endif
