/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds what looks like a NIR (numéro de sécurité sociale; domain.md 4.3), so that it is refused
 * in shared fields. Digits of any script's usual keyboards count, fullwidth ones too.
 */
#ifndef RELAIS_SCHEMAS_NIR_H
#define RELAIS_SCHEMAS_NIR_H

#include "base/bytes.h"

struct field;

/*
 * Of an identifier. True when it holds, from the start of a group of digits to the end of one, 15
 * digits of a valid structure and key, whatever blanks and marks stand between them. One number
 * in some 170 of 15 digits has both by chance.
 */
bool nir_in_identifier(struct bytes text);
/* Where the first such stands: a part of the text. */
bool nir_find(struct bytes text, struct bytes *ret_found);

/*
 * Of a text that may say anything. As for an identifier, and 13 digits of a valid structure alone,
 * unbroken, or with blanks, dots or dashes where a NIR is broken (1 84 05 2A 004 123) or between
 * every two: elsewhere they make a date and a postcode. Of numbers of 13 digits 56 in 100 have that
 * structure by chance, of the instants of 2026 in milliseconds 85 (counted in test_nir.c): too many
 * to ask it of an identifier.
 */
bool nir_in_text(struct bytes text);

/* What record_check() and the mapping language refuse: a NIR in a field that others read. Never in
 * a personal field, one that the runtime writes (key ids and digests may look like one), or one of
 * a format, which is checked there. Of a reference its id is asked. */
bool nir_in_field(const struct field *field, struct bytes text);

#endif
