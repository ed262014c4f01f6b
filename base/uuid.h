/* SPDX-License-Identifier: Apache-2.0
 *
 * UUIDs (RFC 9562). Written as 36 lower-case characters. All zero means "none".
 */
#ifndef RELAIS_BASE_UUID_H
#define RELAIS_BASE_UUID_H

#include "base/bytes.h"

struct uuid {
    uint8_t octets[16];
};
#define UUID_TEXT_LEN 36
#define UUID_TEXT_SIZE 37
#define UUID_NONE ((struct uuid){{0}})

bool uuid_is_none(struct uuid id);
bool uuid_equal(struct uuid a, struct uuid b);
int uuid_compare(struct uuid a, struct uuid b);
/* Writes 36 characters and a NUL; returns `text`. */
const char *uuid_format(struct uuid id, char text[UUID_TEXT_SIZE]);
/* Accepts exactly the 36 lower- or upper-case characters; false for anything else. */
MUST_USE bool uuid_parse(struct bytes text, struct uuid *ret_id);
/* UUIDv8 from the first 16 bytes of a digest: version 8 and variant 10 set (RFC 9562, 5.8). */
struct uuid uuid_v8(const uint8_t digest[16]);
/* UUIDv4 from the system's random source. */
struct uuid uuid_random(void);

#endif
