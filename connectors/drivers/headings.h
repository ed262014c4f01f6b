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

/* A mistake where it is read, with the nearest of the names. `what` lacks it: "le fichier n'a pas
 * de colonne". */
void headings_blame(const struct columns_lack *lack, const char *const *names, const char *what,
                    struct diagnostics *diagnostics);
/* The same of each column that a source's own `columns` lack, before any file is there. Nothing of
 * a source without them, or where `when` asks the file's name. */
void headings_check_source(const struct yaml_node *source, const struct mapping *mapping,
                           struct diagnostics *diagnostics);

/* REJECT: columns are missing; the text names the first ones and where they are read. */
MUST_USE enum outcome headings_check(const struct rows *rows, const struct mapping *mapping,
                                     const char *file, struct error *err);

#endif
