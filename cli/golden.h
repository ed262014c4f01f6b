/* SPDX-License-Identifier: Apache-2.0
 *
 * The samples of one connector against what they gave when a person last looked:
 *
 *     FOLDER/connector.yaml
 *     FOLDER/samples/rdv.json   (or .jsonl, .csv, .xml: cli/samples.h)
 *     FOLDER/golden/rdv.txt     what `relais map` shows of it
 */
#ifndef RELAIS_CLI_GOLDEN_H
#define RELAIS_CLI_GOLDEN_H

#include "base/arena.h"
#include "connectors/mapping/coverage.h"

enum golden_verdict {
    GOLDEN_PASSED,
    GOLDEN_WRITTEN,   /* with `update`: it was missing                */
    GOLDEN_REWRITTEN, /* with `update`: `detail` is what changed      */
    GOLDEN_DIFFERS,   /* `detail` is a unified diff                   */
    GOLDEN_MISSING,
    GOLDEN_UNREADABLE, /* the sample: `detail` says where and why, or
                          which other one has its golden file        */
    GOLDEN_ORPHAN,     /* a golden file without its sample            */
};

struct golden_result {
    const char *name; /* "rdv", of both files */
    enum golden_verdict verdict;
    const char *detail; /* lines, or "" */
};

/* Zeroed before golden_run(); golden_deinit() in any case. */
struct golden {
    struct arena arena;
    const char *folder;
    const char *mistakes; /* of connector.yaml, as they are shown; NULL: none. Then no results */
    struct golden_result *results; /* in the order of names */
    size_t count;
    size_t failed;
    const char *advice;   /* what all samples together make doubtful, as it is shown; or NULL */
    const char **ignored; /* files of samples/ that are none; the list ends with NULL, or is NULL */
    const struct yaml_node *root;
    struct mapping *mapping;
    struct coverage *coverage;
};

/* Tries every sample. With `update` golden files are written instead of missed. REJECT when the
 * folder is none of a connector or a file cannot be written; a failed sample is no error. */
MUST_USE enum outcome golden_run(struct golden *golden, const char *folder, bool update,
                                 struct error *err);
void golden_deinit(struct golden *golden);

bool golden_is_failure(enum golden_verdict verdict);
/* "réussi", "diffère"… */
const char *golden_verdict_name(enum golden_verdict verdict);

#endif
