/* SPDX-License-Identifier: Apache-2.0
 *
 * The directory's folder: an input is the files of it, one behind the other, separated by
 * "%%" lines. A folder that is taken can be published, and what was published is the same.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "directory/files.h"
#include "directory/published.h"
#include "schemas/wire.h"
#include "tests/fuzz/fuzz.h"

static const char *const names[] = {
    "directory/operators/o10.yaml", "directory/operators/o21.yaml", "directory/operators/o22.yaml",
    "directory/keys/o10.yaml",      "directory/keys/o21.yaml",      "directory/conventions.yaml",
};
#define NAME_COUNT (sizeof(names) / sizeof(names[0]))

static void check_published(const struct directory *directory)
{
    CLEANUP(wire_freep) struct wire *wire = wire_new_of(&directory_table);
    CLEANUP(directory_unrefp) struct directory *again = NULL;
    struct published published = {0};
    struct error err;

    for (size_t i = 0; i < directory_entry_count(directory); i++) {
        const struct directory_entry *entry = directory_entry_at(directory, i);
        struct buffer key = {0};
        struct buffer value = {0};

        directory_entry_key(entry, &key);
        wire_encode(wire, &directory_table, entry, &value);
        published_apply(&published, buffer_view(&key), buffer_view(&value));
        buffer_deinit(&key);
        buffer_deinit(&value);
    }
    FUZZ_CHECK(published_build(&published, wire, &again, &err) == OUTCOME_OK);
    FUZZ_CHECK(directory_entry_count(again) == directory_entry_count(directory));
    for (size_t i = 0; i < directory_entry_count(directory); i++)
        FUZZ_CHECK(record_equal(&directory_table, directory_entry_at(directory, i),
                                directory_entry_at(again, i)));
    published_deinit(&published);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    CLEANUP(directory_unrefp) struct directory *directory = NULL;
    struct bytes rest = bytes_of(data, size);
    struct buffer text = {0};
    struct error err;
    char *folder;

    for (size_t i = 0; i < NAME_COUNT; i++) {
        struct bytes part = fuzz_part(&rest, BYTES_LITERAL("\n%%\n"));

        fuzz_write(names[i], part.len > 0 ? part : BYTES_NONE);
    }
    folder = fuzz_path("directory");
    if (directory_read_files(folder, diagnostics, &directory, &err) == OUTCOME_OK)
        check_published(directory);
    else
        FUZZ_CHECK(err.text[0] != '\0');
    diagnostics_write(diagnostics, &text);
    buffer_deinit(&text);
    free(folder);
    return 0;
}
