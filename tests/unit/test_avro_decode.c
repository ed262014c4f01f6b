/* SPDX-License-Identifier: Apache-2.0
 *
 * Decoding with the writer's schema equal to ours, evolved, and with bytes that lie.
 */
#include "tests/support/test.h"

#include <stdlib.h>

#include "schemas/avro.h"
#include "schemas/rows.h"
#include "schemas/schema_texts.h"
#include "tests/support/generate.h"

/* A small record of ours with a field of most kinds. */
enum colour { COLOUR_UNKNOWN, COLOUR_RED, COLOUR_BLUE };
struct sample {
    struct uuid id;
    struct bytes name;
    int32_t colour;
    int64_t at;
    int64_t number;
    struct reference *origin;
    struct field_array tags;
};
static const char *const colours[] = {"UNKNOWN", "RED", "BLUE"};
static const struct enum_table colour_table = {"Colour", colours, 3};
static const struct field sample_fields[] = {
    ROW_UUID(struct sample, id, FIELD_REQUIRED, "Id."),
    {ROW_OF(struct sample, name, FIELD_STRING, struct bytes, FIELD_NULLABLE, "Name."),
     .alias = "title"},
    ROW_ENUM(struct sample, colour, 0, colour_table, "Colour."),
    ROW_TIME(struct sample, at, FIELD_NULLABLE, "Time."),
    ROW_LONG(struct sample, number, 0, "Number."),
    ROW_RECORD(struct sample, origin, 0, struct reference *, reference_table, "Origin."),
    ROW_ARRAY(struct sample, tags, 0, "Tags.", .item = FIELD_STRING),
    ROW_END,
};
static const struct record_table sample_table = {"Sample", sample_fields, sizeof(struct sample),
                                                 "A sample."};

#define ID_TEXT "58a80c6a-92c3-8ede-be60-ca3b2613776b"
#define RECORD(fields) "{\"type\":\"record\",\"name\":\"x.Sample\",\"fields\":[" fields "]}"
#define ID_FIELD "{\"name\":\"id\",\"type\":\"string\"}"

/* ---- Bytes by hand ---------------------------------------------------------------- */

static void put_long(struct buffer *out, int64_t value)
{
    uint64_t zigzag = ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);

    for (; zigzag > 0x7F; zigzag >>= 7)
        buffer_append_byte(out, (uint8_t)(zigzag | 0x80));
    buffer_append_byte(out, (uint8_t)zigzag);
}

static void put_text(struct buffer *out, const char *text)
{
    put_long(out, (int64_t)strlen(text));
    buffer_append_text(out, text);
}

struct trial {
    struct arena arena;
    struct buffer body;
    struct sample sample;
    struct error err;
};

static int setup(void **state)
{
    *state = xcalloc(1, sizeof(struct trial));
    return 0;
}

static int teardown(void **state)
{
    struct trial *trial = *state;

    buffer_deinit(&trial->body);
    arena_deinit(&trial->arena);
    free(trial);
    return 0;
}

/* The body is copied to memory of its own length, so that a step too far is seen. */
static enum outcome decode_exact(const struct avro_plan *plan, struct bytes body,
                                 const struct avro_limits *limits, struct arena *arena,
                                 void *record, struct error *err)
{
    uint8_t *copy = malloc(body.len ? body.len : 1);
    enum outcome outcome;

    assert_non_null(copy);
    memcpy(copy, body.data, body.len);
    outcome = avro_decode(plan, bytes_of(copy, body.len), limits, arena, record, err);
    free(copy);
    return outcome;
}

static enum outcome decode_limited(struct trial *trial, const char *schema,
                                   const struct avro_limits *limits)
{
    CLEANUP(avro_plan_freep) struct avro_plan *plan = NULL;
    enum outcome outcome = avro_plan_new(bytes_of_text(schema), &sample_table, &plan, &trial->err);

    assert_int_equal(outcome, OUTCOME_OK);
    return avro_decode(plan, buffer_view(&trial->body), limits, &trial->arena, &trial->sample,
                       &trial->err);
}

static enum outcome decode_sample(struct trial *trial, const char *schema)
{
    return decode_limited(trial, schema, &avro_limits_default);
}

/* ---- Our own schemas -------------------------------------------------------------- */

static void round_trip(const struct schema_text *schema, uint64_t seed)
{
    CLEANUP(avro_plan_freep) struct avro_plan *plan = NULL;
    struct generator generator;
    struct arena arena = {0};
    struct buffer body = {0};

    assert_int_equal(avro_plan_new(schema->text, schema->table, &plan, NULL), OUTCOME_OK);
    generate_init(&generator, seed);
    for (int i = 0; i < 2500; i++) {
        void *sent = arena_alloc(&arena, schema->table->size);
        void *got = arena_alloc(&arena, schema->table->size);
        struct error err = {0};

        memset(got, 0xA5, schema->table->size);
        generate_record(&generator, schema->table, &arena, sent);
        buffer_clear(&body);
        avro_encode(schema->table, sent, &body);
        if (avro_decode(plan, buffer_view(&body), &avro_limits_default, &arena, got, &err))
            fail_msg("%s", err.text);
        assert_true(record_equal(schema->table, sent, got));
        arena_reset(&arena);
    }
    buffer_deinit(&body);
    arena_deinit(&arena);
}

static void every_record_comes_back_as_it_was_encoded(void **state)
{
    (void)state;
    for (size_t i = 0; i < schema_text_count; i++)
        round_trip(&schema_texts[i], 100 + i);
}

/* Every prefix is refused; every changed byte is refused or read, and nothing else. */
static void damage(const struct schema_text *schema, uint64_t seed)
{
    CLEANUP(avro_plan_freep) struct avro_plan *plan = NULL;
    struct generator generator;
    struct arena arena = {0};
    struct buffer body = {0};
    void *record = xcalloc(1, schema->table->size);

    assert_int_equal(avro_plan_new(schema->text, schema->table, &plan, NULL), OUTCOME_OK);
    generate_init(&generator, seed);
    for (int i = 0; i < 8; i++) {
        generate_record(&generator, schema->table, &arena, record);
        buffer_clear(&body);
        avro_encode(schema->table, record, &body);
        for (size_t len = 0; len < body.len; len++) {
            assert_int_equal(decode_exact(plan, bytes_of(body.data, len), &avro_limits_default,
                                          &arena, record, NULL),
                             OUTCOME_REJECT);
            arena_reset(&arena);
        }
        for (size_t at = 0; at < body.len; at++) {
            uint8_t old = body.data[at];

            body.data[at] = (uint8_t)generate_next(&generator);
            if (decode_exact(plan, buffer_view(&body), &avro_limits_default, &arena, record,
                             NULL) != OUTCOME_OK)
                arena_reset(&arena);
            body.data[at] = old;
        }
    }
    free(record);
    buffer_deinit(&body);
    arena_deinit(&arena);
}

static void a_cut_or_changed_body_never_crashes_and_a_cut_one_is_rejected(void **state)
{
    (void)state;
    for (size_t i = 0; i < schema_text_count; i++)
        damage(&schema_texts[i], 200 + i);
}

static void bytes_left_over_are_rejected(void **state)
{
    struct trial *trial = *state;

    put_text(&trial->body, ID_TEXT);
    buffer_append_byte(&trial->body, 0);
    assert_int_equal(decode_sample(trial, RECORD(ID_FIELD)), OUTCOME_REJECT);
    assert_non_null(strstr(trial->err.text, "left over"));
}

/* ---- Evolution: Apache Avro 1.11 specification, "Schema Resolution" ------------------- */

static void fields_are_found_by_name_in_any_order_and_missing_ones_have_no_value(void **state)
{
    struct trial *trial = *state;
    char text[UUID_TEXT_SIZE];

    put_long(&trial->body, 7);
    put_text(&trial->body, ID_TEXT);
    assert_int_equal(
        decode_sample(trial, RECORD("{\"name\":\"number\",\"type\":\"int\"}," ID_FIELD)),
        OUTCOME_OK);
    assert_int_equal(trial->sample.number, 7); /* int → long */
    assert_string_equal(uuid_format(trial->sample.id, text), ID_TEXT);
    assert_null(trial->sample.name.data);
    assert_true(trial->sample.at == NO_TIME);
    assert_null(trial->sample.origin);
    assert_int_equal(trial->sample.tags.count, 0);
}

static void a_field_is_found_by_the_name_that_it_had_unless_it_has_its_own(void **state)
{
    static const char former[] = RECORD(ID_FIELD ",{\"name\":\"title\",\"type\":\"string\"}");
    static const char both[] = RECORD(ID_FIELD ",{\"name\":\"name\",\"type\":\"string\"},"
                                               "{\"name\":\"title\",\"type\":\"string\"}");
    struct trial *trial = *state;

    put_text(&trial->body, ID_TEXT);
    put_text(&trial->body, "old");
    assert_int_equal(decode_sample(trial, former), OUTCOME_OK);
    assert_bytes_text(trial->sample.name, "old");
    put_text(&trial->body, "other");
    assert_int_equal(decode_sample(trial, both), OUTCOME_OK);
    assert_bytes_text(trial->sample.name, "old");
}

static void fields_of_every_type_that_we_do_not_have_are_skipped(void **state)
{
    static const char schema[] = RECORD(
        "{\"name\":\"a\",\"type\":\"null\"},{\"name\":\"b\",\"type\":\"boolean\"},"
        "{\"name\":\"c\",\"type\":\"float\"},{\"name\":\"d\",\"type\":\"double\"},"
        "{\"name\":\"e\",\"type\":\"bytes\"},"
        "{\"name\":\"f\",\"type\":{\"type\":\"fixed\",\"name\":\"F\",\"size\":3}},"
        "{\"name\":\"g\",\"type\":{\"type\":\"map\",\"values\":\"long\"}},"
        "{\"name\":\"h\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":"
        "\"Tree\",\"fields\":[{\"name\":\"kids\",\"type\":{\"type\":\"array\",\"items\":\"Tree\"}}]"
        "}}},"
        "{\"name\":\"i\",\"type\":[\"null\",\"string\",\"F\"]},"
        "{\"name\":\"j\",\"type\":{\"type\":\"enum\",\"name\":\"J\",\"symbols\":[\"X\"]}}"
        "," ID_FIELD);
    struct trial *trial = *state;
    struct buffer *body = &trial->body;

    buffer_append_byte(body, 1);        /* b */
    buffer_append(body, "1234", 4);     /* c */
    buffer_append(body, "12345678", 8); /* d */
    put_text(body, "bytes");            /* e */
    buffer_append(body, "123", 3);      /* f */
    put_long(body, 1);                  /* g: one entry … */
    put_text(body, "key");
    put_long(body, -5);
    put_long(body, -2); /* … then a block with its size … */
    put_long(body, 5);
    buffer_append(body, "?????", 5); /* … which is jumped over unread */
    put_long(body, 0);
    put_long(body, 1); /* h: a tree with one kid without kids */
    put_long(body, 1);
    put_long(body, 0);
    put_long(body, 0);
    put_long(body, 0);
    put_long(body, 2); /* i: branch F */
    buffer_append(body, "456", 3);
    put_long(body, 0); /* j */
    put_text(body, ID_TEXT);
    assert_int_equal(decode_sample(trial, schema), OUTCOME_OK);
    assert_false(uuid_is_none(trial->sample.id));
}

#define COLOUR_FIELD(symbols)                                                                      \
    RECORD(ID_FIELD ",{\"name\":\"colour\",\"type\":{\"type\":\"enum\",\"name\":\"Colour\","       \
                    "\"symbols\":[" symbols "]}}")

static int32_t colour_of(struct trial *trial, const char *schema, int64_t number)
{
    buffer_clear(&trial->body);
    put_text(&trial->body, ID_TEXT);
    put_long(&trial->body, number);
    return decode_sample(trial, schema) == OUTCOME_OK ? trial->sample.colour : -1;
}

static void symbols_are_resolved_by_name_and_unknown_ones_become_symbol_0(void **state)
{
    static const char schema[] = COLOUR_FIELD("\"BLUE\",\"GREEN\",\"RED\"");
    struct trial *trial = *state;

    assert_int_equal(colour_of(trial, schema, 0), COLOUR_BLUE);
    assert_int_equal(colour_of(trial, schema, 1), COLOUR_UNKNOWN);
    assert_int_equal(colour_of(trial, schema, 2), COLOUR_RED);
    assert_int_equal(colour_of(trial, schema, 3), -1);
    assert_int_equal(colour_of(trial, schema, -1), -1);
}

static void union_branches_are_matched_by_type(void **state)
{
    static const char reversed[] =
        RECORD(ID_FIELD ",{\"name\":\"name\",\"type\":[\"string\",\"null\"]}");
    static const char wider[] =
        RECORD(ID_FIELD ",{\"name\":\"name\",\"type\":[\"null\",\"double\",\"bytes\"]}");
    static const char plain[] = RECORD(ID_FIELD ",{\"name\":\"name\",\"type\":\"string\"}");
    static const char nullable[] =
        RECORD(ID_FIELD ",{\"name\":\"number\",\"type\":[\"null\",\"long\"]}");
    struct trial *trial = *state;
    struct buffer *body = &trial->body;

    put_text(body, ID_TEXT);
    put_long(body, 0);
    put_text(body, "Zoé");
    assert_int_equal(decode_sample(trial, reversed), OUTCOME_OK);
    assert_bytes_text(trial->sample.name, "Zoé");
    body->len = 37;
    put_long(body, 1);
    assert_int_equal(decode_sample(trial, reversed), OUTCOME_OK);
    assert_null(trial->sample.name.data);
    body->len = 37;
    put_long(body, 2);
    put_text(body, "abc");
    assert_int_equal(decode_sample(trial, wider), OUTCOME_OK);
    assert_bytes_text(trial->sample.name, "abc");
    body->len = 37;
    put_long(body, 1);
    buffer_append(body, "12345678", 8);
    assert_int_equal(decode_sample(trial, wider), OUTCOME_REJECT);
    body->len = 37;
    put_text(body, "");
    assert_int_equal(decode_sample(trial, plain), OUTCOME_OK);
    assert_non_null(trial->sample.name.data); /* empty is a value */
    body->len = 37;
    put_long(body, 0);
    assert_int_equal(decode_sample(trial, nullable), OUTCOME_REJECT);
}

static void arrays_may_come_in_several_blocks_of_either_sign(void **state)
{
    static const char schema[] =
        RECORD(ID_FIELD ",{\"name\":\"tags\",\"type\":{\"type\":\"array\",\"items\":\"string\"}}");
    struct trial *trial = *state;
    struct buffer *body = &trial->body;

    put_text(body, ID_TEXT);
    put_long(body, 1);
    put_text(body, "a");
    put_long(body, -2);
    put_long(body, 5);
    put_text(body, "b");
    put_text(body, "cc");
    put_long(body, 1);
    put_text(body, "d");
    put_long(body, 0);
    assert_int_equal(decode_sample(trial, schema), OUTCOME_OK);
    assert_int_equal(trial->sample.tags.count, 4);
    assert_bytes_text(((struct bytes *)trial->sample.tags.items)[2], "cc");
    assert_bytes_text(((struct bytes *)trial->sample.tags.items)[3], "d");
    body->data[40] = 14; /* the size of the block: 7 instead of 5 */
    assert_int_equal(decode_sample(trial, schema), OUTCOME_REJECT);
}

static void a_schema_that_cannot_serve_is_refused_by_the_fields_name(void **state)
{
    static const struct {
        const char *schema;
        const char *why;
    } cases[] = {
        {RECORD("{\"name\":\"name\",\"type\":\"string\"}"), "id"},
        {RECORD("{\"name\":\"id\",\"type\":\"long\"}"), "id"},
        {RECORD(ID_FIELD ",{\"name\":\"number\",\"type\":\"string\"}"), "number"},
        {RECORD(ID_FIELD ",{\"name\":\"at\",\"type\":{\"type\":\"long\",\"logicalType\":"
                         "\"timestamp-millis\"}}"),
         "at"},
        {RECORD(ID_FIELD ",{\"name\":\"tags\",\"type\":\"string\"}"), "tags"},
        {"{\"type\":\"record\",\"name\":\"Other\",\"fields\":[]}", "Sample"},
        {"\"string\"", "Sample"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct avro_plan *plan = NULL;
        struct error err = {0};

        assert_int_equal(avro_plan_new(bytes_of_text(cases[i].schema), &sample_table, &plan, &err),
                         OUTCOME_REJECT);
        assert_null(plan);
        assert_non_null(strstr(err.text, cases[i].why));
    }
}

/* ---- Bytes that lie ------------------------------------------------------------------ */

/* Seen of avro-c: 2^26 nulls in a few bytes keep avro-c busy for 1.4 s. */
static void a_block_of_millions_of_nulls_is_refused_at_once(void **state)
{
    static const char schema[] =
        RECORD("{\"name\":\"n\",\"type\":{\"type\":\"array\",\"items\":\"null\"}}," ID_FIELD);
    struct trial *trial = *state;

    put_long(&trial->body, INT64_C(1) << 40);
    buffer_append_byte(&trial->body, 0);
    assert_int_equal(trial->body.len, 7);
    assert_int_equal(decode_sample(trial, schema), OUTCOME_REJECT);
    assert_non_null(strstr(trial->err.text, "more items"));
}

static void items_are_counted_over_all_blocks_and_arrays(void **state)
{
    static const char schema[] = RECORD(
        "{\"name\":\"n\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"array\",\"items\":"
        "\"null\"}}}," ID_FIELD);
    struct avro_limits limits = {.max_bytes = 1000, .max_items = 12, .max_depth = 16};
    struct trial *trial = *state;

    for (int block = 0; block < 3; block++) {
        put_long(&trial->body, 1);
        put_long(&trial->body, 3);
        put_long(&trial->body, 0);
    }
    put_long(&trial->body, 0);
    put_text(&trial->body, ID_TEXT);
    assert_int_equal(decode_limited(trial, schema, &limits), OUTCOME_OK);
    limits.max_items = 11;
    assert_int_equal(decode_limited(trial, schema, &limits), OUTCOME_REJECT);
    limits.max_items = 12;
    limits.max_bytes = trial->body.len - 1;
    assert_int_equal(decode_limited(trial, schema, &limits), OUTCOME_REJECT);
}

static void block_counts_that_overflow_are_refused(void **state)
{
    static const char schema[] =
        RECORD("{\"name\":\"n\",\"type\":{\"type\":\"array\",\"items\":\"null\"}}," ID_FIELD);
    struct trial *trial = *state;

    put_long(&trial->body, INT64_MIN);
    assert_int_equal(decode_sample(trial, schema), OUTCOME_REJECT);
    buffer_clear(&trial->body);
    put_long(&trial->body, -1);
    put_long(&trial->body, INT64_MAX);
    assert_int_equal(decode_sample(trial, schema), OUTCOME_REJECT);
    buffer_clear(&trial->body);
    put_long(&trial->body, -1);
    put_long(&trial->body, -1);
    assert_int_equal(decode_sample(trial, schema), OUTCOME_REJECT);
    buffer_clear(&trial->body);
    buffer_append(&trial->body, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 11);
    assert_int_equal(decode_sample(trial, schema), OUTCOME_REJECT);
}

static void nesting_is_bounded(void **state)
{
    static const char schema[] =
        RECORD("{\"name\":\"t\",\"type\":{\"type\":\"record\",\"name\":\"Tree\",\"fields\":["
               "{\"name\":\"kid\",\"type\":[\"null\",\"Tree\"]}]}}," ID_FIELD);
    struct trial *trial = *state;

    for (int i = 0; i < 14; i++)
        put_long(&trial->body, 1);
    put_long(&trial->body, 0);
    put_text(&trial->body, ID_TEXT);
    assert_int_equal(decode_sample(trial, schema), OUTCOME_OK);
    buffer_clear(&trial->body);
    for (int i = 0; i < 100000; i++)
        put_long(&trial->body, 1);
    assert_int_equal(decode_sample(trial, schema), OUTCOME_REJECT);
    assert_non_null(strstr(trial->err.text, "deep"));
}

/* Five records, each with 100 fields of the next: 10^10 fields in a body without a byte. */
static void records_of_records_of_nothing_are_refused_at_once(void **state)
{
    struct trial *trial = *state;
    struct buffer schema = {0};

    buffer_append_text(&schema, "{\"type\":\"record\",\"name\":\"x.Sample\",\"fields\":[" ID_FIELD);
    for (int depth = 0; depth < 5; depth++)
        buffer_printf(
            &schema,
            "%s{\"name\":\"f\",\"type\":{\"type\":\"record\",\"name\":\"R%d\",\"fields\":[",
            depth == 0 ? "," : "", depth);
    buffer_append_text(&schema, "{\"name\":\"f\",\"type\":\"null\"}");
    for (int depth = 5; depth-- > 0;) {
        for (int i = 1; i < 100; i++)
            buffer_printf(&schema, ",{\"name\":\"f%d\",\"type\":\"%s%.0d\"}", i,
                          depth == 4 ? "null" : "R", depth == 4 ? 0 : depth + 1);
        buffer_append_text(&schema, "]}}");
    }
    buffer_append_text(&schema, "]}");
    put_text(&trial->body, ID_TEXT);
    assert_int_equal(decode_sample(trial, buffer_text(&schema)), OUTCOME_REJECT);
    assert_non_null(strstr(trial->err.text, "more fields"));
    buffer_deinit(&schema);
}

/* Whoever adds a day to a time must not have to fear an overflow. */
static void times_and_dates_beyond_all_sense_are_refused(void **state)
{
    static const char with_time[] = RECORD(
        ID_FIELD
        ",{\"name\":\"at\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}}");
    static const struct {
        int64_t at;
        enum outcome outcome;
    } times[] = {{FIELD_TIME_MOST, OUTCOME_OK},
                 {-FIELD_TIME_MOST, OUTCOME_OK},
                 {NO_TIME, OUTCOME_OK},
                 {FIELD_TIME_MOST + 1, OUTCOME_REJECT},
                 {-FIELD_TIME_MOST - 1, OUTCOME_REJECT},
                 {INT64_MAX, OUTCOME_REJECT}};
    struct trial *trial = *state;

    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        buffer_clear(&trial->body);
        put_text(&trial->body, ID_TEXT);
        put_long(&trial->body, times[i].at);
        assert_int_equal(decode_sample(trial, with_time), times[i].outcome);
    }
}

static void contacts_with_a_birth_date_beyond_all_sense_are_refused(void **state)
{
    CLEANUP(avro_plan_freep) struct avro_plan *plan = NULL;
    static const int32_t days[] = {FIELD_DAYS_MOST, FIELD_DAYS_MOST + 1};
    struct trial *trial = *state;
    struct contact contact;

    for (size_t i = 0; i < schema_text_count; i++)
        if (schema_texts[i].table == &contact_table)
            assert_int_equal(avro_plan_new(schema_texts[i].text, &contact_table, &plan, NULL),
                             OUTCOME_OK);
    for (size_t i = 0; i < 2; i++) {
        record_init(&contact_table, &contact);
        contact.birth_date = days[i];
        buffer_clear(&trial->body);
        avro_encode(&contact_table, &contact, &trial->body);
        assert_int_equal(avro_decode(plan, buffer_view(&trial->body), &avro_limits_default,
                                     &trial->arena, &contact, NULL),
                         i == 0 ? OUTCOME_OK : OUTCOME_REJECT);
    }
}

static void lengths_and_texts_that_lie_are_refused(void **state)
{
    static const char schema[] = RECORD("{\"name\":\"name\",\"type\":\"string\"}," ID_FIELD);
    struct trial *trial = *state;

    put_long(&trial->body, INT64_C(1) << 30);
    assert_int_equal(decode_sample(trial, schema), OUTCOME_REJECT);
    buffer_clear(&trial->body);
    put_long(&trial->body, -1);
    assert_int_equal(decode_sample(trial, schema), OUTCOME_REJECT);
    buffer_clear(&trial->body);
    put_text(&trial->body, "ten bytes\xC3");
    put_text(&trial->body, ID_TEXT);
    assert_int_equal(decode_sample(trial, schema), OUTCOME_REJECT);
    assert_non_null(strstr(trial->err.text, "name: not UTF-8"));
    buffer_clear(&trial->body);
    put_text(&trial->body, "x");
    put_text(&trial->body, "58a80c6a-92c3-8ede-be60-ca3b2613776g");
    assert_int_equal(decode_sample(trial, schema), OUTCOME_REJECT);
    assert_null(strstr(trial->err.text, "58a80c6a"));
}

#define TRIAL(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_record_comes_back_as_it_was_encoded),
        cmocka_unit_test(a_cut_or_changed_body_never_crashes_and_a_cut_one_is_rejected),
        TRIAL(bytes_left_over_are_rejected),
        TRIAL(fields_are_found_by_name_in_any_order_and_missing_ones_have_no_value),
        TRIAL(a_field_is_found_by_the_name_that_it_had_unless_it_has_its_own),
        TRIAL(fields_of_every_type_that_we_do_not_have_are_skipped),
        TRIAL(symbols_are_resolved_by_name_and_unknown_ones_become_symbol_0),
        TRIAL(union_branches_are_matched_by_type),
        TRIAL(arrays_may_come_in_several_blocks_of_either_sign),
        TRIAL(a_schema_that_cannot_serve_is_refused_by_the_fields_name),
        TRIAL(a_block_of_millions_of_nulls_is_refused_at_once),
        TRIAL(items_are_counted_over_all_blocks_and_arrays),
        TRIAL(block_counts_that_overflow_are_refused),
        TRIAL(nesting_is_bounded),
        TRIAL(times_and_dates_beyond_all_sense_are_refused),
        TRIAL(contacts_with_a_birth_date_beyond_all_sense_are_refused),
        TRIAL(records_of_records_of_nothing_are_refused_at_once),
        TRIAL(lengths_and_texts_that_lie_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
