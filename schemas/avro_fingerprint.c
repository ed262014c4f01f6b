/* SPDX-License-Identifier: Apache-2.0
 *
 * Apache Avro 1.11 specification, "Schema Fingerprints".
 */
#include "schemas/avro.h"
#include "schemas/schema_canonical.h"

#define CRC_EMPTY UINT64_C(0xc15d213aa4d7a795)
#define CRC_TABLE_SIZE 256

/* The table is the specification's; making it anew costs less than a schema's parsing. */
static uint64_t crc64(struct bytes text)
{
    uint64_t table[CRC_TABLE_SIZE];
    uint64_t crc = CRC_EMPTY;

    for (uint64_t i = 0; i < CRC_TABLE_SIZE; i++) {
        table[i] = i;
        for (int bit = 0; bit < 8; bit++)
            table[i] = (table[i] >> 1) ^ (CRC_EMPTY & (UINT64_C(0) - (table[i] & 1)));
    }
    for (size_t i = 0; i < text.len; i++)
        crc = (crc >> 8) ^ table[(crc ^ text.data[i]) & 0xFF];
    return crc;
}

enum outcome avro_fingerprint(struct bytes schema, uint64_t *ret_fingerprint, struct error *err)
{
    struct arena arena = {0};
    struct buffer canonical = {0};
    struct schema_node *root = NULL;
    enum outcome outcome = schema_tree_parse(schema, &arena, &root, err);

    if (outcome == OUTCOME_OK) {
        schema_canonical_write(root, &canonical);
        *ret_fingerprint = crc64(buffer_view(&canonical));
    }
    buffer_deinit(&canonical);
    arena_deinit(&arena);
    return outcome;
}
