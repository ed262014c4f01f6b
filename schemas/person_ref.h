/* SPDX-License-Identifier: Apache-2.0
 *
 * The keyed pseudonym: first 16 bytes of HMAC-SHA-256(key, "relais-person-1" ␟ birth date
 * (YYYY-MM-DD) ␟ birth name ␟ first given name), names normalised. Never the NIR.
 */
#ifndef RELAIS_SCHEMAS_PERSON_REF_H
#define RELAIS_SCHEMAS_PERSON_REF_H

#include "base/arena.h"
#include "schemas/events.h"
#include "schemas/keys.h"

#define PERSON_REF_SIZE 16

/* Decomposed, without marks, upper case, A-Z only; œ → OE, æ → AE, ß → SS, ø → O, ł → L… */
void person_ref_normalise(struct bytes name, struct buffer *out);
/* The first given name of "Anne-Marie Louise" is "Anne-Marie". False when a part (birth
 * date, birth name, first name) is missing or normalises to nothing. */
bool person_ref_make(const struct person_key *key, const struct contact *contact,
                     uint8_t ret_ref[PERSON_REF_SIZE]);

#endif
