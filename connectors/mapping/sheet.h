/* SPDX-License-Identifier: Apache-2.0
 *
 * A CSV file beside the connector's file, read whole while that is compiled: code lists and
 * reference tables. Nothing is read while records are translated.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_SHEET_H
#define RELAIS_CONNECTORS_MAPPING_SHEET_H

#include "connectors/mapping/compiler.h"

struct sheet_row {
    const struct bytes *cells; /* as many as there are columns */
    struct place place;        /* of the row: file and line */
};

struct sheet {
    const struct bytes *columns; /* the names in its first row */
    size_t column_count;
    const struct sheet_row *rows;
    size_t row_count;
};

/* Reads the file that `name` names: relative to the connector's file, ending in .csv, at most
 * 16 MiB. `dialect` may hold `delimiter` and `encoding` (or be NULL): without, the first row
 * shows the delimiter, and the file is UTF-8. NULL after a mistake. */
const struct sheet *sheet_read(struct compiler *compiler, const struct yaml_node *name,
                               const struct yaml_node *dialect);
/* The column of that name; -1 after a mistake at `place`. */
int32_t sheet_column(struct compiler *compiler, const struct sheet *sheet, struct bytes name,
                     struct place place);

#endif
