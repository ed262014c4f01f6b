/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/field.h"

#include "base/uuid.h"

const struct field *field_find(const struct record_table *table, struct bytes name)
{
    for (const struct field *field = table->fields; field->name; field++)
        if (bytes_equal_text(name, field->name))
            return field;
    return NULL;
}

int32_t enum_find(const struct enum_table *table, struct bytes symbol)
{
    for (size_t i = 0; i < table->count; i++)
        if (symbol.len > 0 && table->symbols[i][0] == (char)symbol.data[0] &&
            bytes_equal(symbol, bytes_of_text(table->symbols[i])))
            return (int32_t)i;
    return -1;
}

const char *enum_symbol(const struct enum_table *table, int32_t number)
{
    return table->symbols[number >= 0 && (size_t)number < table->count ? number : 0];
}

size_t field_size(const struct field *field, enum field_type type)
{
    switch (type) {
    case FIELD_STRING:
    case FIELD_BYTES:
        return sizeof(struct bytes);
    case FIELD_UUID:
        return sizeof(struct uuid);
    case FIELD_BOOL:
        return sizeof(bool);
    case FIELD_INT:
    case FIELD_DATE:
    case FIELD_ENUM:
        return sizeof(int32_t);
    case FIELD_LONG:
    case FIELD_TIME:
        return sizeof(int64_t);
    case FIELD_RECORD:
        return field->record->size;
    case FIELD_ARRAY:
        break;
    }
    return sizeof(struct field_array);
}

bool field_is_none(const struct field *field, const void *record)
{
    const uint8_t *at = (const uint8_t *)record + field->offset;
    bool nullable = (field->flags & FIELD_NULLABLE) != 0;
    struct bytes text;
    struct field_array array;
    struct uuid id;
    int32_t number;
    int64_t wide;
    const void *pointer;

    switch (field->type) {
    case FIELD_STRING:
    case FIELD_BYTES:
        memcpy(&text, at, sizeof(text));
        return !text.data || (!nullable && text.len == 0);
    case FIELD_UUID:
        memcpy(&id, at, sizeof(id));
        return uuid_is_none(id);
    case FIELD_INT:
    case FIELD_DATE:
        memcpy(&number, at, sizeof(number));
        return nullable && number == NO_INT;
    case FIELD_LONG:
        memcpy(&wide, at, sizeof(wide));
        return nullable && wide == NO_LONG;
    case FIELD_TIME:
        memcpy(&wide, at, sizeof(wide));
        return wide == NO_TIME;
    case FIELD_RECORD:
        memcpy(&pointer, at, sizeof(pointer));
        return nullable && !pointer;
    case FIELD_ARRAY:
        memcpy(&array, at, sizeof(array));
        return array.count == 0;
    case FIELD_BOOL:
    case FIELD_ENUM:
        break;
    }
    return false;
}

void record_init(const struct record_table *table, void *record)
{
    memset(record, 0, table->size);
    for (const struct field *field = table->fields; field->name; field++) {
        uint8_t *at = (uint8_t *)record + field->offset;
        bool nullable = (field->flags & FIELD_NULLABLE) != 0;

        if (nullable && (field->type == FIELD_INT || field->type == FIELD_DATE))
            memcpy(at, &(int32_t){NO_INT}, sizeof(int32_t));
        else if (field->type == FIELD_TIME || (nullable && field->type == FIELD_LONG))
            memcpy(at, &(int64_t){NO_TIME}, sizeof(int64_t));
        else if (!nullable && field->type == FIELD_RECORD)
            record_init(field->record, at);
    }
}

static bool values_equal(const struct field *field, enum field_type type, const void *a,
                         const void *b);

static bool arrays_equal(const struct field *field, const void *a, const void *b)
{
    size_t size = field_size(field, field->item);
    struct field_array left;
    struct field_array right;

    memcpy(&left, a, sizeof(left));
    memcpy(&right, b, sizeof(right));
    if (left.count != right.count)
        return false;
    for (size_t i = 0; i < left.count; i++) {
        const uint8_t *one = (const uint8_t *)left.items + i * size;
        const uint8_t *other = (const uint8_t *)right.items + i * size;

        if (!values_equal(field, field->item, one, other))
            return false;
    }
    return true;
}

static bool values_equal(const struct field *field, enum field_type type, const void *a,
                         const void *b)
{
    struct bytes left;
    struct bytes right;

    switch (type) {
    case FIELD_STRING:
    case FIELD_BYTES:
        memcpy(&left, a, sizeof(left));
        memcpy(&right, b, sizeof(right));
        return bytes_equal(left, right);
    case FIELD_RECORD:
        return record_equal(field->record, a, b);
    case FIELD_ARRAY:
        return arrays_equal(field, a, b);
    case FIELD_UUID:
    case FIELD_BOOL:
    case FIELD_INT:
    case FIELD_LONG:
    case FIELD_TIME:
    case FIELD_DATE:
    case FIELD_ENUM:
        break;
    }
    return memcmp(a, b, field_size(field, type)) == 0;
}

bool record_equal(const struct record_table *table, const void *a, const void *b)
{
    for (const struct field *field = table->fields; field->name; field++) {
        const void *left = (const uint8_t *)a + field->offset;
        const void *right = (const uint8_t *)b + field->offset;
        bool none = field_is_none(field, a);

        if (none != field_is_none(field, b))
            return false;
        if (none)
            continue;
        if (field->type == FIELD_RECORD && (field->flags & FIELD_NULLABLE) != 0) {
            memcpy(&left, left, sizeof(left));
            memcpy(&right, right, sizeof(right));
        }
        if (!values_equal(field, field->type, left, right))
            return false;
    }
    return true;
}
