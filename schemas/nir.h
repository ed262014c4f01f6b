/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds what looks like a NIR (numéro de sécurité sociale; domain.md 4.3) in a text, so that it
 * is refused in shared fields. Digits of any script's usual keyboards count, fullwidth ones too.
 */
#ifndef RELAIS_SCHEMAS_NIR_H
#define RELAIS_SCHEMAS_NIR_H

#include "base/bytes.h"

/*
 * True for a text that holds, from the start of a group of digits to the end of one,
 *   15 digits of a valid structure and key, whatever blanks and marks stand between them, or
 *   13 digits of a valid structure, unbroken, or with blanks, dots or dashes where a NIR is
 *   broken (1 84 05 2A 004 123) or between every two: elsewhere they make a date and a postcode.
 * One number in some 70 of 13 digits has that structure by chance, and is refused.
 */
bool nir_in_text(struct bytes text);

#endif
