/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <stdlib.h>

#include "schemas/wire.h"
#include "tests/support/generate.h"

struct bench {
    struct wire *wire;
    struct arena arena;
    struct generator generator;
    struct buffer value;
};

static int setup(void **state)
{
    struct bench *bench = xcalloc(1, sizeof(*bench));

    bench->wire = wire_new();
    generate_init(&bench->generator, 11);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;

    wire_free(bench->wire);
    buffer_deinit(&bench->value);
    arena_deinit(&bench->arena);
    free(bench);
    return 0;
}

static void every_event_comes_back_as_it_went(void **state)
{
    struct bench *bench = *state;

    for (int i = 0; i < 2000; i++) {
        enum event_type type = (enum event_type)(EVENT_REFERRAL + i % EVENT_NOTICE);
        struct event sent;
        struct event got;

        generate_event(&bench->generator, type, &bench->arena, &sent);
        buffer_clear(&bench->value);
        wire_encode_event(bench->wire, &sent, &bench->value);
        assert_int_equal(
            wire_decode_event(bench->wire, buffer_view(&bench->value), &bench->arena, &got, NULL),
            OUTCOME_OK);
        assert_int_equal(got.type, type);
        assert_true(record_equal(event_table(type), &sent.envelope, &got.envelope));
        arena_reset(&bench->arena);
    }
}

/* Confluent documentation, "Wire format": magic byte, schema id in network byte order. */
static void the_framing_is_confluents_with_an_id_of_the_built_in_range(void **state)
{
    struct bench *bench = *state;
    struct wire_schema schema = wire_schema_at(bench->wire, 0);
    struct event event;
    const struct record_table *table = NULL;

    generate_event(&bench->generator, EVENT_REFERRAL, &bench->arena, &event);
    wire_encode_event(bench->wire, &event, &bench->value);
    assert_ptr_equal(schema.table, &referral_table);
    assert_string_equal(schema.subject, "relais.Referral");
    assert_int_equal(schema.id, (1u << 30) + (uint32_t)(schema.fingerprint & 0x3FFFFFFF));
    assert_int_equal(bench->value.data[0], 0);
    assert_int_equal(bench->value.data[1], schema.id >> 24);
    assert_int_equal(bench->value.data[4], schema.id & 0xFF);
    assert_int_equal(wire_table(bench->wire, buffer_view(&bench->value), &table, NULL), OUTCOME_OK);
    assert_ptr_equal(table, &referral_table);
}

static void ids_of_the_set_differ(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(wire_schema_count(bench->wire), 8);
    for (size_t i = 0; i < wire_schema_count(bench->wire); i++)
        for (size_t j = 0; j < i; j++)
            assert_true(wire_schema_at(bench->wire, i).id != wire_schema_at(bench->wire, j).id);
}

static void what_is_not_ours_is_rejected(void **state)
{
    struct bench *bench = *state;
    struct handoff handoff;
    struct event event;
    struct error err;

    static const struct {
        struct bytes value;
        const char *why;
    } cases[] = {
        {{(const uint8_t *)"", 0}, "en-tête de Confluent"},
        {{(const uint8_t *)"\0\0\0\0", 4}, "en-tête de Confluent"},
        {{(const uint8_t *)"{\"a\":1}", 7}, "en-tête de Confluent"},
        {{(const uint8_t *)"\0\0\0\0\1", 5}, "n'est pas connu"},
        {{NULL, 0}, "en-tête de Confluent"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(
            wire_decode_event(bench->wire, cases[i].value, &bench->arena, &event, &err),
            OUTCOME_REJECT);
        assert_non_null(strstr(err.text, cases[i].why));
    }
    generate_record(&bench->generator, &handoff_table, &bench->arena, &handoff);
    wire_encode(bench->wire, &handoff_table, &handoff, &bench->value);
    assert_int_equal(
        wire_decode_event(bench->wire, buffer_view(&bench->value), &bench->arena, &event, &err),
        OUTCOME_REJECT);
    assert_int_equal(wire_decode(bench->wire, buffer_view(&bench->value), &referral_table,
                                 &bench->arena, &event.referral, &err),
                     OUTCOME_REJECT);
    assert_non_null(strstr(err.text, "Handoff"));
}

static const struct kafka_header *find_header(const struct kafka_header *headers, size_t count,
                                              const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(headers[i].name, name) == 0)
            return &headers[i];
    return NULL;
}

/* CloudEvents 1.0.2, "REQUIRED Attributes"; Kafka Protocol Binding 1.0.2, 3.2.3. */
static void headers_say_the_event_as_cloudevents_do(void **state)
{
    struct bench *bench = *state;
    struct event event = {.type = EVENT_REFERRAL};
    const struct kafka_header *headers;
    char text[UUID_TEXT_SIZE];
    size_t count;

    record_init(&referral_table, &event.referral);
    event.envelope.event_id = uuid_random();
    event.envelope.handoff_id = uuid_random();
    event.envelope.operator_code = BYTES_LITERAL("o21");
    event.envelope.source_system = BYTES_LITERAL("crm");
    event.envelope.occurred_at = 1773320400000000;
    event.referral.status = REFERRAL_TAKEN_OVER;
    headers = wire_headers(&event, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                           &bench->arena, &count);
    assert_int_equal(count, 8);
    assert_bytes_text(find_header(headers, count, "ce_specversion")->value, "1.0");
    assert_bytes_text(find_header(headers, count, "ce_type")->value,
                      "relais.referral.taken_over.v1");
    assert_bytes_text(find_header(headers, count, "ce_source")->value, "/relais/o21/crm");
    assert_bytes_text(find_header(headers, count, "ce_id")->value,
                      uuid_format(event.envelope.event_id, text));
    assert_bytes_text(find_header(headers, count, "ce_subject")->value,
                      uuid_format(event.envelope.handoff_id, text));
    assert_bytes_text(find_header(headers, count, "ce_time")->value, "2026-03-12T13:00:00Z");
    assert_bytes_text(find_header(headers, count, "content-type")->value, "application/avro");
    assert_non_null(find_header(headers, count, "traceparent"));
    headers = wire_headers(&event, NULL, &bench->arena, &count);
    assert_null(find_header(headers, count, "traceparent"));
}

/* Its length is the sender's to choose, and would be that of all that follows from it. */
static void a_traceparent_has_the_form_of_the_w3c_or_is_none(void **state)
{
    struct bench *bench = *state;
    static const char good[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    char text[sizeof(good) + 1];
    static const char *const bad[] = {
        "",
        "00-1-2-01",
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
        "00-0af7651916cd43dd8448eb211c80319cXb7ad6b7169203331-01",
    };

    assert_string_equal(wire_traceparent(bytes_of_text(good), &bench->arena), good);
    assert_null(wire_traceparent(BYTES_NONE, &bench->arena));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_null(wire_traceparent(bytes_of_text(bad[i]), &bench->arena));
    /* A NUL is a byte like any other. */
    memcpy(text, good, sizeof(good));
    text[10] = '\0';
    assert_null(wire_traceparent(bytes_of(text, sizeof(good) - 1), &bench->arena));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_event_comes_back_as_it_went, setup, teardown),
        cmocka_unit_test_setup_teardown(the_framing_is_confluents_with_an_id_of_the_built_in_range,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(ids_of_the_set_differ, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_ours_is_rejected, setup, teardown),
        cmocka_unit_test_setup_teardown(headers_say_the_event_as_cloudevents_do, setup, teardown),
        cmocka_unit_test_setup_teardown(a_traceparent_has_the_form_of_the_w3c_or_is_none, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
