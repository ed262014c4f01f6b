/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/operator_files.h"

#include <glob.h>
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"

static struct operator_files made;

static void unmake(void)
{
    for (size_t i = 0; i < made.count; i++)
        mapping_free(made.mappings[i]);
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

const struct operator_files *operator_files(void)
{
    glob_t found = {0};

    if (made.count > 0)
        return &made;
    FUZZ_CHECK(glob("connectors/operators/*/*.yaml", 0, NULL, &found) == 0);
    for (size_t i = 0; i < found.gl_pathc && made.count < OPERATOR_FILES_MOST; i++)
        make_mapping(found.gl_pathv[i]);
    globfree(&found);
    FUZZ_CHECK(atexit(unmake) == 0);
    return &made;
}
