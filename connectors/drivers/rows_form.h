/* SPDX-License-Identifier: Apache-2.0
 *
 * For rows.c: what a file of rows must be, the settings of rows.h compiled.
 */
#ifndef RELAIS_CONNECTORS_DRIVERS_ROWS_FORM_H
#define RELAIS_CONNECTORS_DRIVERS_ROWS_FORM_H

#include "connectors/drivers/rows.h"

struct rows_form {
    enum rows_kind kind;
    char delimiter;
    struct charset *utf8;
    struct charset *charset;
    struct charset *fallback; /* or NULL */
    char **columns;           /* NULL: the first row names them */
    size_t column_count;
    const char **optional; /* columns that may be missing; NULL at the end; texts borrowed */
    struct xml_form *xml;  /* NULL: not XML */
};

/* Neither empty nor there twice: a row is an object with one member a column. */
MUST_USE enum outcome rows_form_check_names(char *const *names, size_t count, struct error *err);
void rows_form_free_names(char **names, size_t count);

#endif
