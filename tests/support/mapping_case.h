/* SPDX-License-Identifier: Apache-2.0
 *
 * A connector file and a record in a test's own text.
 */
#ifndef RELAIS_TESTS_SUPPORT_MAPPING_CASE_H
#define RELAIS_TESTS_SUPPORT_MAPPING_CASE_H

#include "connectors/mapping/mapping.h"

struct mapping_case {
    struct arena arena;
    struct diagnostics *diagnostics;
    struct mapping *mapping; /* NULL after a mistake */
    struct mapping_items items;
    enum outcome outcome;
};

/* Compiles a file's text; the name in places is "connector.yaml". */
void mapping_case_init(struct mapping_case *c, const char *yaml);
void mapping_case_deinit(struct mapping_case *c);
/* Translates a record; what an earlier one gave is forgotten. */
void mapping_case_read(struct mapping_case *c, const char *json);
/* The mistakes as a person sees them; in the case's arena. */
const char *mapping_case_mistakes(struct mapping_case *c);

#endif
