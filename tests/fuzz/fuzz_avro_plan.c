/* SPDX-License-Identifier: Apache-2.0
 *
 * Schemas that somebody else wrote: the text, a NUL, a body in it. The canonical form of a
 * schema is a schema of the same canonical form and so of the same fingerprint.
 */
#include "schemas/avro.h"
#include "schemas/json_view.h"
#include "schemas/schema_canonical.h"
#include "schemas/schema_texts.h"
#include "schemas/schema_tree.h"
#include "tests/fuzz/fuzz.h"

static void check_canonical(const struct schema_node *root, struct bytes text, struct arena *arena)
{
    struct schema_node *again = NULL;
    struct buffer once = {0};
    struct buffer twice = {0};
    uint64_t of_text = 0;
    uint64_t of_canonical = 1;
    struct error err;

    schema_canonical_write(root, &once);
    FUZZ_CHECK(schema_tree_parse(buffer_view(&once), arena, &again, &err) == OUTCOME_OK);
    schema_canonical_write(again, &twice);
    FUZZ_CHECK(bytes_equal(buffer_view(&once), buffer_view(&twice)));
    FUZZ_CHECK(avro_fingerprint(text, &of_text, &err) == OUTCOME_OK);
    FUZZ_CHECK(avro_fingerprint(buffer_view(&once), &of_canonical, &err) == OUTCOME_OK);
    FUZZ_CHECK(of_text == of_canonical);
    buffer_deinit(&once);
    buffer_deinit(&twice);
}

static void decode_with(struct bytes text, struct bytes body, const struct record_table *table,
                        struct arena *arena)
{
    CLEANUP(avro_plan_freep) struct avro_plan *plan = NULL;
    struct buffer view = {0};
    struct error err;
    void *record = arena_alloc(arena, table->size);

    if (avro_plan_new(text, table, &plan, &err) != OUTCOME_OK)
        return;
    if (avro_decode(plan, body, &avro_limits_default, arena, record, &err) == OUTCOME_OK)
        json_view(table, record, true, &view);
    buffer_deinit(&view);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes body = bytes_of(data, size);
    struct bytes text = fuzz_part(&body, bytes_of("", 1));
    struct schema_node *root = NULL;
    struct arena arena = {0};
    struct error err;

    if (schema_tree_parse(text, &arena, &root, &err) == OUTCOME_OK) {
        check_canonical(root, text, &arena);
        for (size_t i = 0; i < schema_text_count; i++)
            decode_with(text, body, schema_texts[i].table, &arena);
    }
    arena_deinit(&arena);
    return 0;
}
