/* SPDX-License-Identifier: Apache-2.0
 *
 * The headings of a CSV file against what the mapping reads (mapping/columns.h).
 */
#ifndef RELAIS_CONNECTORS_DRIVERS_HEADINGS_H
#define RELAIS_CONNECTORS_DRIVERS_HEADINGS_H

#include "connectors/drivers/rows.h"
#include "connectors/mapping/columns.h"

/* As columns_find_lacking(), for a file of that name; none of what is no CSV, or empty. */
size_t headings_find_lacking(const struct rows *rows, const struct mapping *mapping,
                             const char *file, struct arena *arena,
                             const struct columns_lack **ret_lacks);
/* The names of the columns, NULL at the end. */
const char *const *headings_names(const struct rows *rows, struct arena *arena);

/* REJECT: columns are missing; the text names the first ones and where they are read. */
MUST_USE enum outcome headings_check(const struct rows *rows, const struct mapping *mapping,
                                     const char *file, struct error *err);

#endif
