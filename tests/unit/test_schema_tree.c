/* SPDX-License-Identifier: Apache-2.0
 *
 * Schemas' texts, their Parsing Canonical Form and fingerprints. The fingerprints are those
 * of Avro's own table of tests (share/test/data/schema-tests.txt).
 */
#include "tests/support/test.h"

#include <avro.h>
#include <stdlib.h>

#include "schemas/avro.h"
#include "schemas/schema_canonical.h"
#include "schemas/schema_texts.h"
#include "schemas/schema_tree.h"

static void fingerprints_are_those_of_avros_own_tests(void **state)
{
    static const struct {
        const char *schema;
        int64_t fingerprint;
    } cases[] = {
        {"\"null\"", 7195948357588979594},     {"{\"type\":\"null\"}", 7195948357588979594},
        {"\"boolean\"", -6970731678124411036}, {"\"int\"", 8247732601305521295},
        {"\"long\"", -3434872931120570953},    {"\"float\"", 5583340709985441680},
        {"\"double\"", -8181574048448539266},  {"\"bytes\"", 5746618253357095269},
        {"\"string\"", -8142146995180207161},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t fingerprint = 0;

        assert_int_equal(avro_fingerprint(bytes_of_text(cases[i].schema), &fingerprint, NULL),
                         OUTCOME_OK);
        assert_true((int64_t)fingerprint == cases[i].fingerprint);
    }
}

static void the_canonical_form_keeps_what_matters_in_its_order(void **state)
{
    static const char schema[] =
        "{ \"doc\": \"x\", \"fields\": [ {\"type\": {\"symbols\": [\"A\",\"B\"], \"default\":"
        "\"A\", \"type\": \"enum\", \"name\": \"E\"}, \"default\": \"A\", \"name\": \"e\"},"
        "{\"name\": \"f\", \"type\": [\"null\", {\"type\": \"fixed\", \"size\": 16, \"name\":"
        "\"other.F\", \"aliases\": [\"G\"]}]}, {\"name\": \"again\", \"type\": \"E\"},"
        "{\"name\":\"t\", \"type\": {\"type\": \"long\", \"logicalType\": \"timestamp-micros\"}},"
        "{\"name\":\"m\", \"type\": {\"type\": \"map\", \"values\": \"int\"}}, {\"name\":\"a\","
        "\"type\": {\"type\": \"array\", \"items\": \"other.F\"}} ],"
        "\"type\": \"record\", \"namespace\": \"x.y\", \"name\": \"R\" }";
    static const char canonical[] =
        "{\"name\":\"x.y.R\",\"type\":\"record\",\"fields\":[{\"name\":\"e\",\"type\":{\"name\":"
        "\"x.y.E\",\"type\":\"enum\",\"symbols\":[\"A\",\"B\"]}},{\"name\":\"f\",\"type\":["
        "\"null\",{\"name\":\"other.F\",\"type\":\"fixed\",\"size\":16}]},{\"name\":\"again\","
        "\"type\":\"x.y.E\"},{\"name\":\"t\",\"type\":\"long\"},{\"name\":\"m\",\"type\":{"
        "\"type\":\"map\",\"values\":\"int\"}},{\"name\":\"a\",\"type\":{\"type\":\"array\","
        "\"items\":\"other.F\"}}]}";
    struct arena arena = {0};
    struct buffer out = {0};
    struct schema_node *root = NULL;

    (void)state;
    assert_int_equal(schema_tree_parse(bytes_of_text(schema), &arena, &root, NULL), OUTCOME_OK);
    schema_canonical_write(root, &out);
    assert_bytes_text(buffer_view(&out), canonical);
    buffer_deinit(&out);
    arena_deinit(&arena);
}

static void the_canonical_form_has_the_same_fingerprint_and_is_a_schema_to_avro_c(void **state)
{
    (void)state;
    for (size_t i = 0; i < schema_text_count; i++) {
        struct arena arena = {0};
        struct buffer out = {0};
        struct schema_node *root = NULL;
        uint64_t first = 0;
        uint64_t second = 1;
        avro_schema_t one;
        avro_schema_t other;

        assert_int_equal(schema_tree_parse(schema_texts[i].text, &arena, &root, NULL), OUTCOME_OK);
        schema_canonical_write(root, &out);
        assert_int_equal(avro_fingerprint(schema_texts[i].text, &first, NULL), OUTCOME_OK);
        assert_int_equal(avro_fingerprint(buffer_view(&out), &second, NULL), OUTCOME_OK);
        assert_true(first == second);
        assert_int_equal(avro_schema_from_json_length((const char *)schema_texts[i].text.data,
                                                      schema_texts[i].text.len, &one),
                         0);
        assert_int_equal(avro_schema_from_json_length((const char *)out.data, out.len, &other), 0);
        assert_true(avro_schema_equal(one, other));
        avro_schema_decref(one);
        avro_schema_decref(other);
        buffer_deinit(&out);
        arena_deinit(&arena);
    }
}

static void what_is_no_schema_is_rejected(void **state)
{
    static const char *const cases[] = {
        "",
        "{",
        "7",
        "\"strung\"",
        "{\"type\":\"record\",\"name\":\"R\"}",
        "{\"type\":\"record\",\"fields\":[]}",
        "{\"type\":\"record\",\"name\":\"1R\",\"fields\":[]}",
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\"}]}",
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"},"
        "{\"name\":\"a\",\"type\":\"int\"}]}",
        "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[]}",
        "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"A\"]}",
        "{\"type\":\"fixed\",\"name\":\"F\",\"size\":-1}",
        "{\"type\":\"array\"}",
        "[]",
        "[\"string\",\"string\"]",
        "[\"string\",[\"null\"]]",
        "[{\"type\":\"fixed\",\"name\":\"F\",\"size\":1},{\"type\":\"fixed\",\"name\":\"F\","
        "\"size\":1}]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t fingerprint;

        if (avro_fingerprint(bytes_of_text(cases[i]), &fingerprint, NULL) != OUTCOME_REJECT)
            fail_msg("accepted: %s", cases[i]);
    }
}

static void nesting_and_length_are_bounded(void **state)
{
    struct buffer text = {0};
    uint64_t fingerprint;

    (void)state;
    for (int i = 0; i < 100000; i++)
        buffer_append_text(&text, "{\"type\":\"array\",\"items\":");
    assert_int_equal(avro_fingerprint(buffer_view(&text), &fingerprint, NULL), OUTCOME_REJECT);
    buffer_clear(&text);
    for (int i = 0; i < 100; i++)
        buffer_append_text(&text, "{\"type\":\"array\",\"items\":");
    buffer_append_text(&text, "\"int\"");
    for (int i = 0; i < 100; i++)
        buffer_append_byte(&text, '}');
    assert_int_equal(avro_fingerprint(buffer_view(&text), &fingerprint, NULL), OUTCOME_REJECT);
    buffer_deinit(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fingerprints_are_those_of_avros_own_tests),
        cmocka_unit_test(the_canonical_form_keeps_what_matters_in_its_order),
        cmocka_unit_test(the_canonical_form_has_the_same_fingerprint_and_is_a_schema_to_avro_c),
        cmocka_unit_test(what_is_no_schema_is_rejected),
        cmocka_unit_test(nesting_and_length_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
