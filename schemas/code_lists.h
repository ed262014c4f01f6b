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
    /* Départements: their region; regions that ended: their successor; ROME: the family;
     * "" when there is none. */
    const char *parent;
    const char *valid_from;
    const char *valid_to; /* exclusive */
};

struct code_list {
    const char *name;
    const char *source; /* who says so, and as of when */
    const struct code_row *rows;
    size_t count;
};

extern const struct code_list code_list_departement;
extern const struct code_list code_list_region;
extern const struct code_list code_list_rome;      /* families and domains, not occupations */
extern const struct code_list *const code_lists[]; /* all of them; ends with NULL */

/*
 * Lists too long for rows stay texts: the lines of schemas/codes/commune.csv and postcode.csv,
 * sorted by bytes, part of the program's file and so of no process's own memory. schemas/communes.h
 * reads them.
 */
extern const unsigned char code_texts_commune[];
extern const unsigned char code_texts_commune_end[];
extern const unsigned char code_texts_postcode[];
extern const unsigned char code_texts_postcode_end[];

#endif
