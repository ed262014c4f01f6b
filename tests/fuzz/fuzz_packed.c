/* SPDX-License-Identifier: Apache-2.0
 *
 * Records as quarantine and state keep them. What is read is packed to the same bytes.
 */
#include "connectors/record.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes packed = bytes_of(data, size);
    struct arena arena = {0};
    struct buffer again = {0};
    struct record record;
    struct error err;

    if (record_unpack(packed, &arena, &record, &err) == OUTCOME_OK) {
        struct record twice;

        record_pack(&record, &again);
        FUZZ_CHECK(record_unpack(buffer_view(&again), &arena, &twice, &err) == OUTCOME_OK);
        FUZZ_CHECK(bytes_equal(record.body, twice.body) && record.line == twice.line);
        FUZZ_CHECK(record.header_count == twice.header_count);
        FUZZ_CHECK(record.header_count == 0 || record.headers[0].name);
    }
    buffer_deinit(&again);
    arena_deinit(&arena);
    return 0;
}
