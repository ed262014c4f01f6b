/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/memory/pack.h"

#define PACK_NO_VALUE UINT32_MAX

static void pack_u32(struct buffer *out, uint32_t value)
{
    const uint8_t octets[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16),
                               (uint8_t)(value >> 8), (uint8_t)value};

    buffer_append(out, octets, sizeof(octets));
}

void pack_bytes(struct buffer *out, struct bytes value)
{
    pack_u32(out, value.data ? (uint32_t)value.len : PACK_NO_VALUE);
    if (value.data)
        buffer_append_bytes(out, value);
}

void pack_text(struct buffer *out, const char *text)
{
    pack_bytes(out, bytes_of_text(text));
}

void pack_int(struct buffer *out, int64_t value)
{
    uint8_t octets[8];

    for (int i = 0; i < 8; i++)
        octets[i] = (uint8_t)((uint64_t)value >> (56 - 8 * i));
    pack_bytes(out, bytes_of(octets, sizeof(octets)));
}

void pack_uuid(struct buffer *out, struct uuid id)
{
    pack_bytes(out, bytes_of(id.octets, sizeof(id.octets)));
}

bool pack_read_bytes(struct cursor *in, struct bytes *ret_value)
{
    uint32_t len;

    *ret_value = BYTES_NONE;
    if (cursor_left(in) == 0)
        return true;
    if (!cursor_u32_be(in, &len))
        return false;
    return len == PACK_NO_VALUE || cursor_take(in, len, ret_value);
}

bool pack_read_int(struct cursor *in, int64_t *ret_value)
{
    struct bytes field;
    struct cursor octets;
    uint64_t value = 0;

    *ret_value = 0;
    if (!pack_read_bytes(in, &field))
        return false;
    if (!field.data)
        return true;
    octets = cursor_over(field);
    if (!cursor_u64_be(&octets, &value))
        return false;
    *ret_value = (int64_t)value;
    return cursor_left(&octets) == 0;
}

bool pack_read_uuid(struct cursor *in, struct uuid *ret_id)
{
    struct bytes field;

    *ret_id = UUID_NONE;
    if (!pack_read_bytes(in, &field))
        return false;
    if (!field.data)
        return true;
    if (field.len != sizeof(ret_id->octets))
        return false;
    memcpy(ret_id->octets, field.data, field.len);
    return true;
}
