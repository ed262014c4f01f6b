/* SPDX-License-Identifier: Apache-2.0
 *
 * The second opinion: avro-c writes the same records from the same schema texts, byte for
 * byte (Apache Avro 1.11 specification, "Binary Encoding").
 */
#include "tests/support/test.h"

#include <avro.h>

#include "schemas/avro.h"
#include "schemas/schema_texts.h"
#include "tests/support/generate.h"

#define RECORDS_A_TABLE 13000

static void fill_record(avro_value_t *value, const struct record_table *table, const void *record,
                        struct arena *arena);

/* avro-c counts a string's NUL. */
static void fill_text(avro_value_t *value, struct bytes text, struct arena *arena)
{
    char *copy = arena_text(arena, text.data ? text : BYTES_LITERAL(""));

    assert_int_equal(avro_value_set_string_len(value, copy, text.len + 1), 0);
}

static void fill_bytes(avro_value_t *value, struct bytes bytes, struct arena *arena)
{
    struct bytes copy = arena_copy(arena, bytes.data ? bytes : BYTES_LITERAL(""));

    /* avro-c takes a pointer to what it will only read */
    void *data = arena_alloc(arena, copy.len + 1);

    memcpy(data, copy.data, copy.len);
    assert_int_equal(avro_value_set_bytes(value, data, copy.len), 0);
}

static void fill_value(avro_value_t *value, const struct field *field, enum field_type type,
                       const void *at, struct arena *arena)
{
    const struct field_array *array = at;
    char text[UUID_TEXT_SIZE];

    switch (type) {
    case FIELD_STRING:
        fill_text(value, *(const struct bytes *)at, arena);
        return;
    case FIELD_BYTES:
        fill_bytes(value, *(const struct bytes *)at, arena);
        return;
    case FIELD_UUID:
        fill_text(value, bytes_of_text(uuid_format(*(const struct uuid *)at, text)), arena);
        return;
    case FIELD_BOOL:
        assert_int_equal(avro_value_set_boolean(value, *(const bool *)at), 0);
        return;
    case FIELD_INT:
    case FIELD_DATE:
        assert_int_equal(avro_value_set_int(value, *(const int32_t *)at), 0);
        return;
    case FIELD_LONG:
    case FIELD_TIME:
        assert_int_equal(avro_value_set_long(value, *(const int64_t *)at), 0);
        return;
    case FIELD_ENUM:
        assert_int_equal(avro_value_set_enum(value, *(const int32_t *)at), 0);
        return;
    case FIELD_RECORD:
        fill_record(value, field->record, at, arena);
        return;
    case FIELD_ARRAY:
        for (size_t i = 0; i < array->count; i++) {
            const uint8_t *items = array->items;
            avro_value_t item;

            assert_int_equal(avro_value_append(value, &item, NULL), 0);
            fill_value(&item, field, field->item, items + i * field_size(field, field->item),
                       arena);
        }
        return;
    }
}

static void fill_record(avro_value_t *value, const struct record_table *table, const void *record,
                        struct arena *arena)
{
    size_t index = 0;

    for (const struct field *field = table->fields; field->name; field++, index++) {
        const uint8_t *at = (const uint8_t *)record + field->offset;
        bool nullable = (field->flags & FIELD_NULLABLE) != 0;
        avro_value_t member;
        avro_value_t branch = {NULL, NULL};

        assert_int_equal(avro_value_get_by_index(value, index, &member, NULL), 0);
        if (nullable) {
            bool none = field_is_none(field, record);

            assert_int_equal(avro_value_set_branch(&member, none ? 0 : 1, &branch), 0);
            member = branch;
            if (none)
                continue;
            if (field->type == FIELD_RECORD)
                memcpy(&at, (const void *)at, sizeof(at));
        }
        fill_value(&member, field, field->type, at, arena);
    }
}

static void compare_with_avro_c(const struct schema_text *schema, uint64_t seed, size_t records)
{
    static uint8_t theirs[256 * 1024];
    avro_schema_t parsed;
    avro_value_iface_t *iface;
    avro_value_t value;
    struct generator generator;
    struct buffer ours = {0};
    struct arena arena = {0};
    avro_writer_t writer = avro_writer_memory((char *)theirs, sizeof(theirs));

    assert_int_equal(
        avro_schema_from_json_length((const char *)schema->text.data, schema->text.len, &parsed),
        0);
    iface = avro_generic_class_from_schema(parsed);
    assert_int_equal(avro_generic_value_new(iface, &value), 0);
    generate_init(&generator, seed);
    for (size_t i = 0; i < records; i++) {
        void *record = arena_alloc(&arena, schema->table->size);

        generate_record(&generator, schema->table, &arena, record);
        avro_value_reset(&value);
        fill_record(&value, schema->table, record, &arena);
        avro_writer_reset(writer);
        assert_int_equal(avro_value_write(writer, &value), 0);
        buffer_clear(&ours);
        avro_encode(schema->table, record, &ours);
        assert_int_equal(ours.len, avro_writer_tell(writer));
        assert_memory_equal(ours.data, theirs, ours.len);
        arena_reset(&arena);
    }
    avro_value_decref(&value);
    avro_value_iface_decref(iface);
    avro_schema_decref(parsed);
    avro_writer_free(writer);
    buffer_deinit(&ours);
    arena_deinit(&arena);
}

static void generated_records_are_encoded_as_avro_c_encodes_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < schema_text_count; i++)
        compare_with_avro_c(&schema_texts[i], i + 1, RECORDS_A_TABLE);
}

static void the_buffers_bound_is_kept_and_nothing_half_written_stays(void **state)
{
    struct closure closure;
    struct buffer buffer;

    (void)state;
    record_init(&closure_table, &closure);
    closure.envelope.operator_code = BYTES_LITERAL("o21");
    buffer_init(&buffer, 100);
    buffer_append_text(&buffer, "before");
    avro_encode(&closure_table, &closure, &buffer);
    assert_true(buffer.overflow);
    assert_bytes_text(buffer_view(&buffer), "before");
    buffer_deinit(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generated_records_are_encoded_as_avro_c_encodes_them),
        cmocka_unit_test(the_buffers_bound_is_kept_and_nothing_half_written_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
