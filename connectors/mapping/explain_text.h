/* SPDX-License-Identifier: Apache-2.0
 *
 * How `relais map` prints what a record, an event or an answer holds. A person at a terminal asked
 * for it, of an invented sample; but screens and goldens are shown to others, so nothing that looks
 * like a social security number is printed: "(un numéro de sécurité sociale)" stands for it.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_EXPLAIN_TEXT_H
#define RELAIS_CONNECTORS_MAPPING_EXPLAIN_TEXT_H

#include "base/bytes.h"

struct echo_note;

/* One value, its first 60 bytes. What a NIR is in it is asked as of a text (schemas/nir.h); of 13
 * digits and no more, rather an instant in milliseconds, as of an identifier, unless the value is
 * `personal`. */
void explain_text_value(struct bytes text, bool personal, struct buffer *out);

/* An identity, a link, a reference: the same, asked as of an identifier. */
void explain_text_id(struct bytes id, struct buffer *out);

/* A body, a path, an answer, of any length: all but what is a NIR as of an identifier. */
void explain_text_whole(struct bytes text, struct buffer *out);

/* "rdv/12 dit accepte": the thing as an identity, what is said of it as a whole text. */
void explain_text_echo(const struct echo_note *echo, struct buffer *out);

#endif
