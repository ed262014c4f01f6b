/* SPDX-License-Identifier: Apache-2.0
 *
 * Records of the operators' systems, through every connector file of connectors/operators.
 * An event that comes out can be sent and read again; a rejection names a known code.
 */
#include <glob.h>
#include <stdlib.h>

#include "connectors/mapping/mapping.h"
#include "schemas/codes.h"
#include "schemas/wire.h"
#include "tests/fuzz/fuzz.h"

#define MOST_FILES 16

/* Made once a process: to compile a file costs more than to read a record. */
static struct {
    struct arena arena;
    struct wire *wire;
    struct mapping *mappings[MOST_FILES];
    struct mapping_path *path;
    size_t count;
} made;

static void unmake(void)
{
    for (size_t i = 0; i < made.count; i++)
        mapping_free(made.mappings[i]);
    mapping_path_free(made.path);
    wire_free(made.wire);
    arena_deinit(&made.arena);
}

static void make_mapping(const char *path)
{
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    struct yaml_node *root = NULL;
    struct error err;

    FUZZ_CHECK(yaml_read_file(path, &made.arena, diagnostics, &root, &err) == OUTCOME_OK);
    FUZZ_CHECK(mapping_new(root, diagnostics, &made.mappings[made.count], &err) == OUTCOME_OK);
    made.count++;
}

static void make_path(void)
{
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    struct yaml_node *root = NULL;
    struct error err;

    FUZZ_CHECK(yaml_read("p", BYTES_LITERAL("$.resultats"), &made.arena, diagnostics, &root,
                         &err) == OUTCOME_OK);
    FUZZ_CHECK(mapping_path_new(root, diagnostics, &made.path, &err) == OUTCOME_OK);
}

static void make(void)
{
    glob_t found = {0};

    FUZZ_CHECK(glob("connectors/operators/*/*.yaml", 0, NULL, &found) == 0);
    for (size_t i = 0; i < found.gl_pathc && made.count < MOST_FILES; i++)
        make_mapping(found.gl_pathv[i]);
    globfree(&found);
    make_path();
    made.wire = wire_new();
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
    wire_encode_event(made.wire, &item->event, &value);
    FUZZ_CHECK(wire_decode_event(made.wire, buffer_view(&value), arena, &again, &err) ==
               OUTCOME_OK);
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

    (void)mapping_path_text(made.path, json, arena);
    if (mapping_path_list(made.path, json, arena, &items, &count, &err) != OUTCOME_OK)
        return;
    for (size_t i = 0; i < count; i++)
        FUZZ_CHECK(items[i].len > 0 && bytes_is_utf8(items[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes json = bytes_of(data, size);
    struct arena arena = {0};
    struct buffer explained = {0};
    const struct mapping_input input = {.body = json};

    if (made.count == 0)
        make();
    for (size_t i = 0; i < made.count; i++) {
        read_with(made.mappings[i], json, &arena);
        arena_reset(&arena);
        mapping_explain(made.mappings[i], &input, true, &explained);
    }
    read_list(json, &arena);
    buffer_deinit(&explained);
    arena_deinit(&arena);
    return 0;
}
