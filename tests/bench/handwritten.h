/* SPDX-License-Identifier: Apache-2.0
 *
 * The same job as the agenda's mapping for an orientation, written by hand for this one record:
 * yyjson, one pass over the keys, and the Avro bytes of Referral and Contact put down field by
 * field. What the mapping language is measured against. It knows nothing of other records and
 * tells no reason: it says only that a record is not one of these.
 */
#ifndef RELAIS_TESTS_BENCH_HANDWRITTEN_H
#define RELAIS_TESTS_BENCH_HANDWRITTEN_H

#include "base/bytes.h"

/* What the runtime adds, the same for both. Ids as their 36 characters. */
struct handwritten_envelope {
    const char *event_id, *handoff_id, *entity_id;
    struct bytes operator_code, system, raw_hash;
    int64_t observed_at, recorded_at;
    uint8_t frame[5]; /* Confluent framing of a Referral */
};

/* Memory that is kept from record to record. */
struct handwritten {
    uint8_t *pool; /* yyjson's */
    size_t pool_size;
    uint8_t *copy; /* yyjson reads in place */
    size_t copy_size;
};

void handwritten_deinit(struct handwritten *self);
/* Appends the Referral's value and the Contact's body; false: not such a record. */
MUST_USE bool handwritten_translate(struct handwritten *self,
                                    const struct handwritten_envelope *envelope, struct bytes json,
                                    struct buffer *out);

#endif
