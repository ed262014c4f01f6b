/* SPDX-License-Identifier: Apache-2.0
 *
 * Code lists that are data: schemas/codes/NAME.csv, embedded when the program is built
 * (cmake/EmbedCodes.cmake). Rows are sorted by code; dates are YYYY-MM-DD, "" means open.
 */
#ifndef RELAIS_SCHEMAS_CODE_LISTS_H
#define RELAIS_SCHEMAS_CODE_LISTS_H

#include <stddef.h>

struct code_row {
    const char *code;
    const char *label;
    const char *parent; /* départements: their region; "" when there is none */
    const char *valid_from;
    const char *valid_to; /* exclusive */
};

struct code_list {
    const char *name;
    const struct code_row *rows;
    size_t count;
};

extern const struct code_list code_list_departement;
extern const struct code_list code_list_region;

#endif
