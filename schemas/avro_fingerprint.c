/* SPDX-License-Identifier: Apache-2.0
 *
 * Apache Avro 1.11 specification, "Schema Fingerprints".
 */
#include "schemas/avro.h"
#include "schemas/schema_tree.h"

/* CRC-64-AVRO, one bit at a time as in the specification's table builder: a schema is
 * fingerprinted once, at start. */
#define CRC_EMPTY UINT64_C(0xc15d213aa4d7a795)

static uint64_t crc64(struct bytes text)
{
    uint64_t crc = CRC_EMPTY;

    for (size_t i = 0; i < text.len; i++) {
        uint64_t low = (crc ^ text.data[i]) & 0xFF;

        for (int bit = 0; bit < 8; bit++)
            low = (low >> 1) ^ (CRC_EMPTY & (UINT64_C(0) - (low & 1)));
        crc = (crc >> 8) ^ low;
    }
    return crc;
}

enum outcome avro_fingerprint(struct bytes schema, uint64_t *ret_fingerprint, struct error *err)
{
    struct arena arena = {0};
    struct buffer canonical = {0};
    struct schema_node *root = NULL;
    enum outcome outcome = schema_tree_parse(schema, &arena, &root, err);

    if (outcome == OUTCOME_OK) {
        schema_tree_canonical(root, &canonical);
        *ret_fingerprint = crc64(buffer_view(&canonical));
    }
    buffer_deinit(&canonical);
    arena_deinit(&arena);
    return outcome;
}
