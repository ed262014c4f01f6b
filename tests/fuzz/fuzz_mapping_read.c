/* SPDX-License-Identifier: Apache-2.0
 *
 * Records of the operators' systems, through every connector file of connectors/operators.
 * An event that comes out can be sent and read again; a rejection names a known code.
 */
#include <stdlib.h>

#include "schemas/codes.h"
#include "schemas/wire.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/operator_files.h"

static struct wire *wire;
static struct mapping_path *path;

static void unmake(void)
{
    mapping_path_free(path);
    wire_free(wire);
}

static void make(void)
{
    const struct yaml_node node = {
        .kind = YAML_SCALAR, .text = BYTES_LITERAL("$.resultats"), .plain = true};
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    struct error err;

    FUZZ_CHECK(mapping_path_new(&node, diagnostics, &path, &err) == OUTCOME_OK);
    wire = wire_new();
    FUZZ_CHECK(atexit(unmake) == 0);
}

static void check_code(const char *code)
{
    const struct rejection_code *known = rejection_codes;

    while (known->code && strcmp(known->code, code) != 0)
        known++;
    FUZZ_CHECK(known->code);
}

static void check_item(const struct mapping_item *item, struct arena *arena)
{
    struct buffer value = {0};
    struct event again;
    struct error err;

    if (item->verdict == ITEM_REJECTED) {
        check_code(item->code);
        FUZZ_CHECK(item->field && item->place && item->detail);
    }
    if (item->verdict != ITEM_EVENT)
        return;
    wire_encode_event(wire, &item->event, &value);
    FUZZ_CHECK(wire_decode_event(wire, buffer_view(&value), arena, &again, &err) == OUTCOME_OK);
    FUZZ_CHECK(again.type == item->event.type);
    buffer_deinit(&value);
}

static void read_with(const struct mapping *mapping, struct bytes json, struct arena *arena)
{
    const struct mapping_input input = {.body = json};
    struct mapping_items items = {0};
    struct error err;

    if (mapping_read(mapping, &input, arena, &items, &err) != OUTCOME_OK)
        return;
    for (size_t i = 0; i < items.count; i++)
        check_item(&items.items[i], arena);
}

static void read_list(struct bytes json, struct arena *arena)
{
    struct bytes *items = NULL;
    size_t count = 0;
    struct error err;

    (void)mapping_path_text(path, json, arena);
    if (mapping_path_list(path, json, arena, &items, &count, &err) != OUTCOME_OK)
        return;
    for (size_t i = 0; i < count; i++)
        FUZZ_CHECK(items[i].len > 0 && bytes_is_utf8(items[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes json = bytes_of(data, size);
    const struct operator_files *files = operator_files();
    struct arena arena = {0};
    struct buffer explained = {0};
    const struct mapping_input input = {.body = json};

    if (!wire)
        make();
    for (size_t i = 0; i < files->count; i++) {
        read_with(files->mappings[i], json, &arena);
        arena_reset(&arena);
        (void)!mapping_explain(files->mappings[i], &input, true, NULL, &explained, NULL);
    }
    read_list(json, &arena);
    buffer_deinit(&explained);
    arena_deinit(&arena);
    return 0;
}
