/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <yyjson.h>

#include "schemas/json_view.h"
#include "schemas/schema_texts.h"
#include "tests/support/generate.h"

static void a_view_shows_times_and_symbols_and_masks_what_is_personal(void **state)
{
    struct sealed sealed = {BYTES_LITERAL("k"), BYTES_LITERAL("x"), BYTES_LITERAL("s"),
                            BYTES_LITERAL("y")};
    struct closure closure;
    struct contact contact;
    struct buffer out = {0};

    (void)state;
    record_init(&closure_table, &closure);
    closure.envelope.occurred_at = 1773320400123456;
    closure.envelope.sealed = &sealed;
    closure.envelope.raw_hash = BYTES_LITERAL("\x01\xAB");
    closure.outcome = CLOSURE_TRAINING;
    closure.outcome_source_code = BYTES_LITERAL("a\"\\\n\x01é");
    json_view(&closure_table, &closure, false, &out);
    assert_non_null(strstr(buffer_text(&out), "\"occurred_at\":\"2026-03-12T13:00:00.123456Z\""));
    assert_non_null(strstr(buffer_text(&out), "\"outcome\":\"TRAINING\""));
    assert_non_null(strstr(buffer_text(&out), "\"sealed\":\"***\""));
    assert_non_null(strstr(buffer_text(&out), "\"raw_hash\":\"01ab\""));
    assert_non_null(strstr(buffer_text(&out), "\"a\\\"\\\\\\n\\u0001é\""));
    assert_null(strstr(buffer_text(&out), "closed_at"));
    record_init(&contact_table, &contact);
    contact.birth_name = BYTES_LITERAL("Durand");
    contact.birth_date = -1;
    buffer_clear(&out);
    json_view(&contact_table, &contact, false, &out);
    assert_bytes_text(buffer_view(&out), "{\"birth_name\":\"***\",\"birth_date\":\"***\"}");
    buffer_clear(&out);
    json_view(&contact_table, &contact, true, &out);
    assert_bytes_text(buffer_view(&out),
                      "{\"birth_name\":\"Durand\",\"birth_date\":\"1969-12-31\"}");
    buffer_deinit(&out);
}

static void every_generated_record_is_json(void **state)
{
    struct arena arena = {0};
    struct generator generator;
    struct buffer out = {0};

    (void)state;
    generate_init(&generator, 3);
    for (size_t i = 0; i < 4000; i++) {
        const struct record_table *table = schema_texts[i % schema_text_count].table;
        void *record = arena_alloc(&arena, table->size);
        yyjson_doc *doc;

        generate_record(&generator, table, &arena, record);
        buffer_clear(&out);
        json_view(table, record, i % 2 == 0, &out);
        doc = yyjson_read((const char *)out.data, out.len, 0);
        assert_non_null(doc);
        yyjson_doc_free(doc);
        arena_reset(&arena);
    }
    buffer_deinit(&out);
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_view_shows_times_and_symbols_and_masks_what_is_personal),
        cmocka_unit_test(every_generated_record_is_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
