/* SPDX-License-Identifier: Apache-2.0
 *
 * Avro bodies in our own schemas. First byte: which record. What was decoded can be looked
 * at, checked, encoded, and decoded again to the same.
 */
#include <stdlib.h>

#include "schemas/avro.h"
#include "schemas/codes.h"
#include "schemas/json_view.h"
#include "schemas/schema_texts.h"
#include "tests/fuzz/fuzz.h"

static void look_at(const struct record_table *table, const void *record)
{
    struct buffer view = {0};
    struct error err;

    json_view(table, record, true, &view);
    FUZZ_CHECK(bytes_is_utf8(buffer_view(&view)));
    buffer_clear(&view);
    json_view(table, record, false, &view);
    if (record_check(table, record, &err) != OUTCOME_OK)
        FUZZ_CHECK(err.outcome == OUTCOME_REJECT && strlen(err.text) < sizeof(err.text));
    buffer_deinit(&view);
}

static void write_and_read_again(const struct avro_plan *plan, const struct record_table *table,
                                 const void *record, struct arena *arena)
{
    void *again = arena_alloc(arena, table->size);
    struct buffer body = {0};
    struct error err;

    avro_encode(table, record, &body);
    FUZZ_CHECK(avro_decode(plan, buffer_view(&body), &avro_limits_default, arena, again, &err) ==
               OUTCOME_OK);
    FUZZ_CHECK(record_equal(table, record, again));
    buffer_deinit(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes body = bytes_of(data, size);
    const struct schema_text *schema = &schema_texts[fuzz_choice(&body, schema_text_count)];
    CLEANUP(avro_plan_freep) struct avro_plan *plan = NULL;
    struct arena arena = {0};
    struct error err;
    void *record;

    FUZZ_CHECK(avro_plan_new(schema->text, schema->table, &plan, &err) == OUTCOME_OK);
    record = arena_alloc(&arena, schema->table->size);
    if (avro_decode(plan, body, &avro_limits_default, &arena, record, &err) == OUTCOME_OK) {
        look_at(schema->table, record);
        write_and_read_again(plan, schema->table, record, &arena);
    }
    arena_deinit(&arena);
    return 0;
}
