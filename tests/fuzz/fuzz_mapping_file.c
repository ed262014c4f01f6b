/* SPDX-License-Identifier: Apache-2.0
 *
 * Connector files: the YAML, a "%%" line, a record for it. A file that is refused says why,
 * with a place; a file that is taken gives the same items for the same record.
 */
#include "connectors/mapping/mapping.h"
#include "tests/fuzz/fuzz.h"

static void check_place(const struct mapping_item *item)
{
    if (item->verdict == ITEM_REJECTED)
        FUZZ_CHECK(item->code && item->field && item->place && item->detail);
    if (item->verdict == ITEM_EVENT)
        FUZZ_CHECK(item->event.type != EVENT_NONE);
}

static void read_twice(const struct mapping *mapping, struct bytes json, struct arena *arena)
{
    const struct mapping_input input = {.body = json, .file = "f", .line = 1};
    struct mapping_items items = {0};
    struct mapping_items again = {0};
    struct buffer explained = {0};
    struct error err;

    if (mapping_read(mapping, &input, arena, &items, &err) == OUTCOME_OK) {
        FUZZ_CHECK(mapping_read(mapping, &input, arena, &again, &err) == OUTCOME_OK);
        FUZZ_CHECK(items.count == again.count);
        for (size_t i = 0; i < items.count; i++) {
            check_place(&items.items[i]);
            FUZZ_CHECK(items.items[i].verdict == again.items[i].verdict);
        }
    }
    (void)!mapping_explain(mapping, &input, true, NULL, &explained, NULL);
    buffer_deinit(&explained);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    struct bytes rest = bytes_of(data, size);
    struct bytes text = fuzz_part(&rest, BYTES_LITERAL("\n%%\n"));
    struct mapping *mapping = NULL;
    struct yaml_node *root = NULL;
    struct arena arena = {0};
    struct buffer shown = {0};
    struct error err;

    if (yaml_read("f.yaml", text, &arena, diagnostics, &root, &err) == OUTCOME_OK) {
        if (mapping_new(root, diagnostics, &mapping, &err) == OUTCOME_OK)
            read_twice(mapping, rest, &arena);
        else
            FUZZ_CHECK(diagnostics_count(diagnostics) > 0);
    }
    diagnostics_write(diagnostics, &shown);
    buffer_deinit(&shown);
    mapping_free(mapping);
    arena_deinit(&arena);
    return 0;
}
