/* SPDX-License-Identifier: Apache-2.0
 *
 * Which columns the rows of a file must have. A row has all columns of its file, filled or not: one
 * that a rule reads and the file lacks was renamed or left out by whoever writes it, and would
 * be nothing in each row from then on, `default` or not.
 *
 * A folder may hold several kinds of file. A rule is about one in which its `when` can be true at
 * all; what such a rule reads has to be there. Where no rule is about the file, or one that is not
 * would be but for its `when`, that `when` reads the missing column.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_COLUMNS_H
#define RELAIS_CONNECTORS_MAPPING_COLUMNS_H

#include "connectors/mapping/mapping.h"

/* Lists end with NULL. */
struct columns_header {
    const char *const *names;
    const char *const *optional; /* that may be missing */
    const char *file;            /* its name, which `when` may read */
};

struct columns_lack {
    struct bytes name;
    struct place place; /* where the mapping reads it first */
};

/* Whether a `when` asks the file's name: without one no header can be judged. */
bool columns_ask_name(const struct mapping *mapping);

/* Each missing column once, in the order of the mapping; the list is in `arena`. Any thread. */
size_t columns_find_lacking(const struct mapping *mapping, const struct columns_header *header,
                            struct arena *arena, const struct columns_lack **ret_lacks);

#endif
