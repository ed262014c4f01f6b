/* SPDX-License-Identifier: Apache-2.0
 *
 * Communes by INSEE code and day, and by postcode (schemas/codes/commune.csv, postcode.csv): those
 * of today, the arrondissements of Paris, Lyon and Marseille, the overseas collectivities, and what
 * was a commune since 1943. A look-up bisects a text of the program's file: no memory, no start.
 */
#ifndef RELAIS_SCHEMAS_COMMUNES_H
#define RELAIS_SCHEMAS_COMMUNES_H

#include "base/bytes.h"

enum commune_state {
    COMMUNE_UNKNOWN, /* in no edition: no code, or one of a commune made since the list's day */
    COMMUNE_CURRENT,
    COMMUNE_FORMER, /* ended by that day */
    COMMUNE_FUTURE, /* not yet begun on that day */
};

/* Views of the list, for ever valid; BYTES_NONE for what there is not. */
struct commune {
    struct bytes label;
    struct bytes valid_from; /* YYYY-MM-DD; none: since before 1943 */
    struct bytes valid_to;   /* exclusive; none: still */
    /* A former one's successor on the day it ended, which may have ended since; an
     * arrondissement's city. */
    struct bytes successor;
    struct bytes departement; /* of the code: 57, 2A, 974; overseas collectivities too: 988 */
    struct bytes region;      /* today's; none for an overseas collectivity */
};

/* The state on a day written YYYY-MM-DD; BYTES_NONE: on the list's own. What ended and began anew
 * is given as of that day. `ret_commune` is written unless COMMUNE_UNKNOWN, and may be NULL. */
enum commune_state communes_find(struct bytes code, struct bytes day, struct commune *ret_commune);

/* The communes that a postcode serves today, their codes in order: how many there are; the first
 * `most` of them are written. A person's address names one; the postcode alone only when it is 1.
 */
size_t communes_of_postcode(struct bytes postcode, struct bytes *ret_codes, size_t most);

/* The lists' first lines: source, day, licence. */
struct bytes communes_source(void);

#endif
