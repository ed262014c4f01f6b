/* SPDX-License-Identifier: Apache-2.0
 *
 * Fields one after the other as bytes, for values of the connector's own topics (state and
 * quarantine): each a big-endian length (0xFFFFFFFF: no value) and the bytes. New fields
 * are added at the end; a reader takes what is missing there as "no value".
 */
#ifndef RELAIS_CONNECTORS_MEMORY_PACK_H
#define RELAIS_CONNECTORS_MEMORY_PACK_H

#include "base/uuid.h"

void pack_bytes(struct buffer *out, struct bytes value);
void pack_text(struct buffer *out, const char *text); /* NULL: no value */
void pack_int(struct buffer *out, int64_t value);
void pack_uuid(struct buffer *out, struct uuid id);

/* Reads the next field. At the end of the bytes it is "no value" (0, none); false only when
 * the bytes are damaged. */
MUST_USE bool pack_read_bytes(struct cursor *in, struct bytes *ret_value);
MUST_USE bool pack_read_int(struct cursor *in, int64_t *ret_value);
MUST_USE bool pack_read_uuid(struct cursor *in, struct uuid *ret_id);

#endif
