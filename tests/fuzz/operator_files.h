/* SPDX-License-Identifier: Apache-2.0
 *
 * Every connector file of connectors/operators, compiled once a process.
 */
#ifndef RELAIS_TESTS_FUZZ_OPERATOR_FILES_H
#define RELAIS_TESTS_FUZZ_OPERATOR_FILES_H

#include "connectors/mapping/mapping.h"

#define OPERATOR_FILES_MOST 16

struct operator_files {
    struct arena arena;
    struct mapping *mappings[OPERATOR_FILES_MOST];
    size_t count;
};

/* In the order of names; freed at the end of the process. Run in the project's folder. */
const struct operator_files *operator_files(void);

#endif
