/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks the field table and writes. Room for the longest form of a field is made before it
 * is written, so that the inner code stores bytes without asking; the buffer's own bound is
 * looked at once, at the end.
 */
#include <assert.h>

#include "schemas/avro.h"

#include "base/uuid.h"

/* The longest varint of 64 bits, and a union's branch before it. */
#define VARINT_MAX 10
#define SCALAR_MAX (1 + VARINT_MAX)

struct writer {
    uint8_t *at;
    uint8_t *end;
    struct buffer *out;
};

/* At least `size` bytes behind writer->at, and one for the buffer's NUL. */
static void grow(struct writer *writer, size_t size)
{
    struct buffer *out = writer->out;
    size_t used = out->data ? (size_t)(writer->at - out->data) : 0;
    size_t wanted = used + size + 1;

    if (wanted < out->capacity * 2)
        wanted = out->capacity * 2;
    out->data = xrealloc(out->data, wanted);
    out->capacity = wanted;
    writer->at = out->data + used;
    writer->end = out->data + wanted - 1;
}

static inline void make_room(struct writer *writer, size_t size)
{
    if ((size_t)(writer->end - writer->at) < size)
        grow(writer, size);
    assert(writer->at);
}

/* "int and long values are written using variable-length zig-zag coding." */
static inline uint8_t *put_long(uint8_t *at, int64_t value)
{
    uint64_t zigzag = ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);

    while (zigzag > 0x7F) {
        *at++ = (uint8_t)(zigzag | 0x80);
        zigzag >>= 7;
    }
    *at++ = (uint8_t)zigzag;
    return at;
}

static inline void write_bytes(struct writer *writer, struct bytes value)
{
    make_room(writer, SCALAR_MAX + value.len);
    writer->at = put_long(writer->at, (int64_t)value.len);
    if (value.len)
        memcpy(writer->at, value.data, value.len);
    writer->at += value.len;
}

/* The two digits of each octet. */
static const char octet_digits[] = "000102030405060708090a0b0c0d0e0f"
                                   "101112131415161718191a1b1c1d1e1f"
                                   "202122232425262728292a2b2c2d2e2f"
                                   "303132333435363738393a3b3c3d3e3f"
                                   "404142434445464748494a4b4c4d4e4f"
                                   "505152535455565758595a5b5c5d5e5f"
                                   "606162636465666768696a6b6c6d6e6f"
                                   "707172737475767778797a7b7c7d7e7f"
                                   "808182838485868788898a8b8c8d8e8f"
                                   "909192939495969798999a9b9c9d9e9f"
                                   "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
                                   "b0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
                                   "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
                                   "d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
                                   "e0e1e2e3e4e5e6e7e8e9eaebecedeeef"
                                   "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";

static inline uint8_t *put_octets(uint8_t *at, const uint8_t *octets, size_t count)
{
    for (size_t i = 0; i < count; i++)
        memcpy(at + 2 * i, octet_digits + (size_t)2 * octets[i], 2);
    return at + 2 * count;
}

static uint8_t *put_uuid(uint8_t *at, const uint8_t octets[16])
{
    *at++ = 2 * UUID_TEXT_LEN; /* zig-zag of 36 */
    at = put_octets(at, octets, 4);
    *at++ = '-';
    at = put_octets(at, octets + 4, 2);
    *at++ = '-';
    at = put_octets(at, octets + 6, 2);
    *at++ = '-';
    at = put_octets(at, octets + 8, 2);
    *at++ = '-';
    return put_octets(at, octets + 10, 6);
}

static void write_record(struct writer *writer, const struct record_table *table,
                         const void *record);
static void write_array(struct writer *writer, const struct field *field, const void *at);

/* One value that is there. */
static inline void write_value(struct writer *writer, const struct field *field,
                               enum field_type type, const void *at)
{
    struct bytes text;
    int32_t number;
    int64_t wide;

    switch (type) {
    case FIELD_STRING:
    case FIELD_BYTES:
        memcpy(&text, at, sizeof(text));
        write_bytes(writer, text);
        return;
    case FIELD_UUID:
        make_room(writer, 1 + UUID_TEXT_LEN);
        writer->at = put_uuid(writer->at, at);
        return;
    case FIELD_BOOL:
        make_room(writer, 1);
        *writer->at++ = *(const bool *)at ? 1 : 0;
        return;
    case FIELD_INT:
    case FIELD_DATE:
        memcpy(&number, at, sizeof(number));
        make_room(writer, VARINT_MAX);
        writer->at = put_long(writer->at, number);
        return;
    case FIELD_ENUM:
        memcpy(&number, at, sizeof(number));
        make_room(writer, VARINT_MAX);
        writer->at = put_long(writer->at,
                              number >= 0 && (size_t)number < field->symbols->count ? number : 0);
        return;
    case FIELD_LONG:
    case FIELD_TIME:
        memcpy(&wide, at, sizeof(wide));
        make_room(writer, VARINT_MAX);
        writer->at = put_long(writer->at, wide);
        return;
    case FIELD_RECORD:
        write_record(writer, field->record, at);
        return;
    case FIELD_ARRAY:
        write_array(writer, field, at);
        return;
    }
}

/* "Arrays are encoded as a series of blocks … A block with count zero indicates the end of
 * the array." We write one block. */
static void write_array(struct writer *writer, const struct field *field, const void *at)
{
    struct field_array array;
    size_t size = field_size(field, field->item);

    memcpy(&array, at, sizeof(array));
    make_room(writer, SCALAR_MAX);
    if (array.count > 0)
        writer->at = put_long(writer->at, (int64_t)array.count);
    for (size_t i = 0; i < array.count; i++)
        write_value(writer, field, field->item, (const uint8_t *)array.items + i * size);
    make_room(writer, 1);
    *writer->at++ = 0;
}

/* What stands there is a pointer to some struct: no type of ours may read it as another's. */
static const uint8_t *pointed_at(const uint8_t *at)
{
    const uint8_t *record;

    memcpy(&record, at, sizeof(record));
    return record;
}

static inline bool is_none(const struct field *field, const uint8_t *at)
{
    if (field->type == FIELD_STRING) /* most are */
        return ((const struct bytes *)(const void *)at)->data == NULL;
    switch (field->type) {
    case FIELD_STRING:
    case FIELD_BYTES:
        return ((const struct bytes *)(const void *)at)->data == NULL;
    case FIELD_RECORD:
        return pointed_at(at) == NULL;
    case FIELD_UUID:
        return uuid_is_none(*(const struct uuid *)at);
    case FIELD_INT:
    case FIELD_DATE:
        return *(const int32_t *)(const void *)at == NO_INT;
    case FIELD_LONG:
    case FIELD_TIME:
        return *(const int64_t *)(const void *)at == NO_LONG;
    case FIELD_BOOL:
    case FIELD_ENUM:
    case FIELD_ARRAY:
        break;
    }
    return false;
}

/* "A union is encoded by first writing an int value indicating the zero-based position";
 * ours are ["null", T]. */
static inline void write_field(struct writer *writer, const struct field *field, const void *record)
{
    const uint8_t *at = (const uint8_t *)record + field->offset;

    if (field->flags & FIELD_NULLABLE) {
        bool none = is_none(field, at);

        make_room(writer, 1);
        *writer->at++ = none ? 0 : 2;
        if (none)
            return;
        if (field->type == FIELD_RECORD)
            at = pointed_at(at);
    }
    write_value(writer, field, field->type, at);
}

static void write_record(struct writer *writer, const struct record_table *table,
                         const void *record)
{
    for (const struct field *field = table->fields; field->name; field++)
        write_field(writer, field, record);
}

static struct writer begin(struct buffer *out)
{
    struct writer writer = {.out = out};

    if (out->data) {
        writer.at = out->data + out->len;
        writer.end = out->data + out->capacity - (out->capacity > 0);
    }
    return writer;
}

/* `before`: the length before anything of it was written. */
static void end(struct writer *writer, size_t before)
{
    struct buffer *out = writer->out;

    if (out->data)
        out->len = (size_t)(writer->at - out->data);
    if (out->max && out->len > out->max) { /* as buffer_append() */
        out->len = before;
        out->overflow = true;
    }
}

void avro_encode(const struct record_table *table, const void *record, struct buffer *out)
{
    struct writer writer = begin(out);
    size_t before = out->len;

    write_record(&writer, table, record);
    end(&writer, before);
}

void avro_encode_field(const struct field *field, const void *record, struct buffer *out)
{
    struct writer writer = begin(out);
    size_t before = out->len;

    write_field(&writer, field, record);
    end(&writer, before);
}
