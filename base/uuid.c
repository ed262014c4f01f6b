/* SPDX-License-Identifier: Apache-2.0 */
#include "base/uuid.h"

#include "base/crypto.h"

bool uuid_is_none(struct uuid id)
{
    return uuid_equal(id, UUID_NONE);
}

bool uuid_equal(struct uuid a, struct uuid b)
{
    return uuid_compare(a, b) == 0;
}

int uuid_compare(struct uuid a, struct uuid b)
{
    return memcmp(a.octets, b.octets, sizeof(a.octets));
}

/* The five groups are separated before these octets: 8-4-4-4-12 characters. */
static bool dash_before(size_t octet)
{
    return octet >= 4 && octet <= 10 && octet % 2 == 0;
}

const char *uuid_format(struct uuid id, char text[UUID_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    char *at = text;

    for (size_t i = 0; i < sizeof(id.octets); i++) {
        if (dash_before(i))
            *at++ = '-';
        *at++ = digits[id.octets[i] >> 4];
        *at++ = digits[id.octets[i] & 0x0F];
    }
    *at = '\0';
    return text;
}

/* A digit's value and one, 0 for no digit. A table: random digits make a branch on them be guessed
 * wrong every other time, and a record has ten ids. */
static const uint8_t digit_values[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

bool uuid_parse(struct bytes text, struct uuid *ret_id)
{
    struct uuid id = UUID_NONE;
    const uint8_t *at = text.data;
    bool well = true;

    if (text.len != UUID_TEXT_LEN || at[8] != '-' || at[13] != '-' || at[18] != '-' ||
        at[23] != '-')
        return false;
    for (size_t i = 0; i < sizeof(id.octets); i++) {
        unsigned high;
        unsigned low;

        at += dash_before(i);
        high = digit_values[*at++];
        low = digit_values[*at++];
        well &= high && low;
        id.octets[i] = (uint8_t)((high - 1) << 4 | ((low - 1) & 0x0F));
    }
    if (!well)
        return false;
    *ret_id = id;
    return true;
}

/* RFC 9562, section 4: version in the high half of octet 6, variant 10 in octet 8. */
static struct uuid with_version(struct uuid id, uint8_t version)
{
    id.octets[6] = (uint8_t)((id.octets[6] & 0x0F) | version << 4);
    id.octets[8] = (uint8_t)((id.octets[8] & 0x3F) | 0x80);
    return id;
}

struct uuid uuid_v8(const uint8_t digest[16])
{
    struct uuid id;

    memcpy(id.octets, digest, sizeof(id.octets));
    return with_version(id, 8);
}

struct uuid uuid_random(void)
{
    struct uuid id;

    crypto_random(id.octets, sizeof(id.octets));
    return with_version(id, 4);
}
