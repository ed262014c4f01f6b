/* SPDX-License-Identifier: Apache-2.0
 *
 * Our codec for the tests of tests/interop/: one question a line on standard input, one answer
 * a line on standard output, both JSON.
 *
 *   {"do":"schemas"}                                      [{"record","schema"}…]
 *   {"do":"generate","record":R,"seed":N}                 {"value","bytes"}
 *   {"do":"decode","record":R,"schema":TEXT,"bytes":HEX}  {"value"} or {"error"}
 *   {"do":"produce","record":R,"seed":N}                  {"value","bytes" (framed),"headers"}
 *   {"do":"avro_c","reader":T,"writer":T,"bytes":HEX}     {"value" as text} or {"error"}: the other
 *                                                         decoder in C, for the comparison
 *
 * A value is plain: numbers as they are (times µs, dates days), bytes as hex, enums as their
 * symbol, null for "no value". So it can be compared with what any other library read.
 */
#include <avro.h>
#include <stdio.h>
#include <stdlib.h>
#include <yyjson.h>

#include "base/crypto.h"
#include "schemas/rows.h"
#include "schemas/schema_texts.h"
#include "schemas/wire.h"
#include "tests/support/generate.h"

#define LINE_MOST ((size_t)4 * 1024 * 1024)

/* A record of ours with a field that had another name. */
struct renamed {
    struct uuid id;
    struct bytes name;
    int64_t number;
};
static const struct field renamed_fields[] = {
    ROW_UUID(struct renamed, id, FIELD_REQUIRED, "Id."),
    {ROW_OF(struct renamed, name, FIELD_STRING, struct bytes, FIELD_NULLABLE, "Name."),
     .alias = "title"},
    ROW_LONG(struct renamed, number, 0, "Number."),
    ROW_END,
};
static const struct record_table renamed_table = {"Renamed", renamed_fields, sizeof(struct renamed),
                                                  "A record for the tests."};

struct answer {
    yyjson_mut_doc *doc;
    yyjson_mut_val *root;
    struct arena arena;
};

static void say_text(struct answer *answer, const char *key, const char *text)
{
    yyjson_mut_obj_add_strcpy(answer->doc, answer->root, key, text);
}

static void say_hex(struct answer *answer, const char *key, struct bytes bytes)
{
    CLEANUP(buffer_deinit) struct buffer hex = {0};

    crypto_hex(bytes, &hex);
    say_text(answer, key, buffer_text(&hex));
}

/* ---- Plain values ----------------------------------------------------------------------- */

static yyjson_mut_val *plain_record(struct answer *answer, const struct record_table *table,
                                    const void *record);

/* Where a field is not nullable no value is an empty one: so it is written, too. */
static yyjson_mut_val *plain_text(struct answer *answer, struct bytes text)
{
    return text.data ? yyjson_mut_strncpy(answer->doc, (const char *)text.data, text.len)
                     : yyjson_mut_str(answer->doc, "");
}

static yyjson_mut_val *plain_bytes(struct answer *answer, struct bytes bytes)
{
    CLEANUP(buffer_deinit) struct buffer hex = {0};

    crypto_hex(bytes, &hex);
    return yyjson_mut_strcpy(answer->doc, buffer_text(&hex));
}

static yyjson_mut_val *plain_uuid(struct answer *answer, struct uuid id)
{
    char text[UUID_TEXT_SIZE];

    return yyjson_mut_strcpy(answer->doc, uuid_format(id, text));
}

static yyjson_mut_val *plain_value(struct answer *answer, const struct field *field,
                                   enum field_type type, const void *at);

static yyjson_mut_val *plain_array(struct answer *answer, const struct field *field,
                                   const struct field_array *array)
{
    yyjson_mut_val *list = yyjson_mut_arr(answer->doc);
    size_t size = field_size(field, field->item);

    for (size_t i = 0; i < array->count; i++)
        yyjson_mut_arr_append(list, plain_value(answer, field, field->item,
                                                (const uint8_t *)array->items + i * size));
    return list;
}

static yyjson_mut_val *plain_value(struct answer *answer, const struct field *field,
                                   enum field_type type, const void *at)
{
    switch (type) {
    case FIELD_STRING:
        return plain_text(answer, *(const struct bytes *)at);
    case FIELD_BYTES:
        return plain_bytes(answer, *(const struct bytes *)at);
    case FIELD_UUID:
        return plain_uuid(answer, *(const struct uuid *)at);
    case FIELD_BOOL:
        return yyjson_mut_bool(answer->doc, *(const bool *)at);
    case FIELD_INT:
    case FIELD_DATE:
        return yyjson_mut_sint(answer->doc, *(const int32_t *)at);
    case FIELD_LONG:
    case FIELD_TIME:
        return yyjson_mut_sint(answer->doc, *(const int64_t *)at);
    case FIELD_ENUM:
        return yyjson_mut_str(answer->doc, enum_symbol(field->symbols, *(const int32_t *)at));
    case FIELD_RECORD:
        return plain_record(answer, field->record, at);
    case FIELD_ARRAY:
        break;
    }
    return plain_array(answer, field, at);
}

static yyjson_mut_val *plain_field(struct answer *answer, const struct field *field,
                                   const void *record)
{
    const void *at = (const uint8_t *)record + field->offset;
    bool nullable = (field->flags & FIELD_NULLABLE) != 0;

    if (nullable && field_is_none(field, record))
        return yyjson_mut_null(answer->doc);
    if (nullable && field->type == FIELD_RECORD)
        at = *(void *const *)at;
    return plain_value(answer, field, field->type, at);
}

static yyjson_mut_val *plain_record(struct answer *answer, const struct record_table *table,
                                    const void *record)
{
    yyjson_mut_val *object = yyjson_mut_obj(answer->doc);

    for (const struct field *field = table->fields; field->name; field++)
        yyjson_mut_obj_add_val(answer->doc, object, field->name,
                               plain_field(answer, field, record));
    return object;
}

/* ---- Questions ---------------------------------------------------------------------------- */

static const char *text_of(yyjson_val *question, const char *key)
{
    const char *text = yyjson_get_str(yyjson_obj_get(question, key));

    return text ? text : "";
}

static struct bytes bytes_of_hex(yyjson_val *question, struct arena *arena)
{
    struct buffer raw = {0};
    struct bytes copy;

    if (!crypto_unhex(bytes_of_text(text_of(question, "bytes")), &raw))
        abort();
    copy = arena_copy(arena, buffer_view(&raw));
    buffer_deinit(&raw);
    return copy;
}

static const struct record_table *table_of(yyjson_val *question)
{
    const char *record = text_of(question, "record");

    for (size_t i = 0; i < schema_text_count; i++)
        if (strcmp(schema_texts[i].table->name, record) == 0)
            return schema_texts[i].table;
    return &renamed_table;
}

static void answer_schemas(struct answer *answer)
{
    yyjson_mut_val *list = yyjson_mut_arr(answer->doc);

    for (size_t i = 0; i < schema_text_count; i++) {
        yyjson_mut_val *one = yyjson_mut_arr_add_obj(answer->doc, list);

        yyjson_mut_obj_add_str(answer->doc, one, "record", schema_texts[i].table->name);
        yyjson_mut_obj_add_val(answer->doc, one, "schema",
                               plain_text(answer, schema_texts[i].text));
    }
    yyjson_mut_obj_add_val(answer->doc, answer->root, "schemas", list);
}

static void *generate(yyjson_val *question, struct arena *arena)
{
    const struct record_table *table = table_of(question);
    void *record = arena_alloc(arena, table->size);
    struct generator generator;

    generate_init(&generator, yyjson_get_uint(yyjson_obj_get(question, "seed")));
    generate_record(&generator, table, arena, record);
    return record;
}

static void answer_generate(struct answer *answer, yyjson_val *question)
{
    CLEANUP(buffer_deinit) struct buffer body = {0};
    const struct record_table *table = table_of(question);
    void *record = generate(question, &answer->arena);

    avro_encode(table, record, &body);
    say_hex(answer, "bytes", buffer_view(&body));
    yyjson_mut_obj_add_val(answer->doc, answer->root, "value", plain_record(answer, table, record));
}

static void answer_decode(struct answer *answer, yyjson_val *question)
{
    CLEANUP(avro_plan_freep) struct avro_plan *plan = NULL;
    const struct record_table *table = table_of(question);
    void *record = arena_alloc(&answer->arena, table->size);
    struct bytes body = bytes_of_hex(question, &answer->arena);
    struct error err;

    if (avro_plan_new(bytes_of_text(text_of(question, "schema")), table, &plan, &err) !=
            OUTCOME_OK ||
        avro_decode(plan, body, &avro_limits_default, &answer->arena, record, &err) != OUTCOME_OK) {
        say_text(answer, "error", err.text);
        return;
    }
    yyjson_mut_obj_add_val(answer->doc, answer->root, "value", plain_record(answer, table, record));
}

static void answer_produce(struct answer *answer, yyjson_val *question)
{
    CLEANUP(wire_freep) struct wire *wire = wire_new();
    CLEANUP(buffer_deinit) struct buffer value = {0};
    const struct record_table *table = table_of(question);
    struct event event = {.type = event_type_of(bytes_of_text(table->name))};
    yyjson_mut_val *object = yyjson_mut_obj(answer->doc);
    const struct kafka_header *headers;
    size_t count = 0;

    memcpy(&event.envelope, generate(question, &answer->arena), table->size);
    headers = wire_headers(&event, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                           &answer->arena, &count);
    for (size_t i = 0; i < count; i++)
        yyjson_mut_obj_add_val(answer->doc, object, headers[i].name,
                               plain_text(answer, headers[i].value));
    yyjson_mut_obj_add_val(answer->doc, answer->root, "headers", object);
    wire_encode_event(wire, &event, &value);
    say_hex(answer, "bytes", buffer_view(&value));
    yyjson_mut_obj_add_val(answer->doc, answer->root, "value",
                           plain_record(answer, table, &event.envelope));
}

/* ---- avro-c ------------------------------------------------------------------------------- */

static bool read_with_avro_c(avro_schema_t writer, avro_schema_t reader, struct bytes body,
                             char **ret_json)
{
    avro_value_iface_t *reader_class = avro_generic_class_from_schema(reader);
    avro_value_iface_t *resolver = avro_resolved_writer_new(writer, reader);
    avro_reader_t in = avro_reader_memory((const char *)body.data, (int64_t)body.len);
    avro_value_t value;
    avro_value_t resolved;
    bool read = false;

    if (reader_class && resolver && avro_generic_value_new(reader_class, &value) == 0) {
        avro_resolved_writer_new_value(resolver, &resolved);
        avro_resolved_writer_set_dest(&resolved, &value);
        read = avro_value_read(in, &resolved) == 0 && avro_value_to_json(&value, 1, ret_json) == 0;
        avro_value_decref(&resolved);
        avro_value_decref(&value);
    }
    avro_reader_free(in);
    if (resolver)
        avro_value_iface_decref(resolver);
    if (reader_class)
        avro_value_iface_decref(reader_class);
    return read;
}

static void answer_avro_c(struct answer *answer, yyjson_val *question)
{
    const char *reader_text = text_of(question, "reader");
    const char *writer_text = text_of(question, "schema");
    struct bytes body = bytes_of_hex(question, &answer->arena);
    avro_schema_t reader = NULL;
    avro_schema_t writer = NULL;
    char *json = NULL;

    if (avro_schema_from_json_length(reader_text, strlen(reader_text), &reader) == 0 &&
        avro_schema_from_json_length(writer_text, strlen(writer_text), &writer) == 0 &&
        read_with_avro_c(writer, reader, body, &json))
        say_text(answer, "value", json);
    else
        say_text(answer, "error", avro_strerror());
    free(json);
    if (reader)
        avro_schema_decref(reader);
    if (writer)
        avro_schema_decref(writer);
}

/* ---- The loop ------------------------------------------------------------------------------ */

static void answer_one(struct answer *answer, yyjson_val *question)
{
    const char *what = text_of(question, "do");

    if (strcmp(what, "schemas") == 0)
        answer_schemas(answer);
    else if (strcmp(what, "generate") == 0)
        answer_generate(answer, question);
    else if (strcmp(what, "decode") == 0)
        answer_decode(answer, question);
    else if (strcmp(what, "produce") == 0)
        answer_produce(answer, question);
    else if (strcmp(what, "avro_c") == 0)
        answer_avro_c(answer, question);
    else
        say_text(answer, "error", "no such question");
}

int main(void)
{
    char *line = malloc(LINE_MOST);

    while (line && fgets(line, (int)LINE_MOST, stdin)) {
        yyjson_doc *question = yyjson_read(line, strlen(line), 0);
        struct answer answer = {.doc = yyjson_mut_doc_new(NULL)};
        char *json;

        answer.root = yyjson_mut_obj(answer.doc);
        yyjson_mut_doc_set_root(answer.doc, answer.root);
        answer_one(&answer, yyjson_doc_get_root(question));
        json = yyjson_mut_write(answer.doc, 0, NULL);
        if (!json || puts(json) < 0 || fflush(stdout) != 0)
            abort();
        free(json);
        yyjson_doc_free(question);
        yyjson_mut_doc_free(answer.doc);
        arena_deinit(&answer.arena);
    }
    free(line);
    return 0;
}
