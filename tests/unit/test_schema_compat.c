/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "schemas/schema_compat.h"

#define RECORD(fields) "{\"type\":\"record\",\"name\":\"relais.R\",\"fields\":[" fields "]}"
#define INT_A "{\"name\":\"a\",\"type\":\"int\"}"
#define ENUM(symbols, more) "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[" symbols "]" more "}"

/* What reader and writer are to each other, and a part of what is said when they do not fit. */
struct row {
    const char *reader;
    const char *writer;
    const char *why; /* NULL: they fit */
};

static const struct row rows[] = {
    {RECORD(INT_A), RECORD(INT_A), NULL},
    /* Fields */
    {RECORD(INT_A), RECORD(INT_A ",{\"name\":\"b\",\"type\":\"string\"}"), NULL},
    {RECORD(INT_A ",{\"name\":\"b\",\"type\":\"string\",\"default\":\"\"}"), RECORD(INT_A), NULL},
    {RECORD(INT_A ",{\"name\":\"b\",\"type\":\"string\"}"), RECORD(INT_A), "b: was not there"},
    {RECORD("{\"name\":\"b\",\"aliases\":[\"a\"],\"type\":\"int\"}"), RECORD(INT_A), NULL},
    {RECORD("{\"name\":\"b\",\"aliases\":[\"c\"],\"type\":\"int\"}"), RECORD(INT_A), "b: was not"},
    {RECORD("{\"name\":\"b\",\"type\":[\"null\",\"int\"],\"default\":null}"), RECORD(INT_A), NULL},
    /* Names of records */
    {RECORD(INT_A), "{\"type\":\"record\",\"name\":\"S\",\"fields\":[" INT_A "]}",
     "relais.R is another type than S"},
    {"{\"type\":\"record\",\"name\":\"n.T\",\"aliases\":[\"R\"],\"fields\":[" INT_A "]}",
     "{\"type\":\"record\",\"name\":\"n.R\",\"fields\":[" INT_A "]}", NULL},
    {"{\"type\":\"record\",\"name\":\"n.T\",\"aliases\":[\"R\"],\"fields\":[" INT_A "]}",
     "{\"type\":\"record\",\"name\":\"m.R\",\"fields\":[" INT_A "]}", "n.T is another type"},
    /* Enums */
    {ENUM("\"X\",\"Y\"", ""), ENUM("\"Y\"", ""), NULL},
    {ENUM("\"X\"", ""), ENUM("\"X\",\"Y\"", ""), "symbol Y is not known"},
    {ENUM("\"X\"", ",\"default\":\"X\""), ENUM("\"X\",\"Y\"", ""), NULL},
    {ENUM("\"X\"", ",\"default\":\"Z\""), ENUM("\"X\",\"Y\"", ""), "symbol Y is not known"},
    /* Types */
    {"\"long\"", "\"int\"", NULL},
    {"\"double\"", "\"long\"", NULL},
    {"\"double\"", "\"float\"", NULL},
    {"\"bytes\"", "\"string\"", NULL},
    {"\"string\"", "\"bytes\"", NULL},
    {"\"int\"", "\"long\"", "int cannot be read from long"},
    {"\"string\"", "\"int\"", "string cannot be read from int"},
    {"{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}",
     "{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}", "logicalType changed"},
    {"{\"type\":\"array\",\"items\":\"long\"}", "{\"type\":\"array\",\"items\":\"int\"}", NULL},
    {"{\"type\":\"map\",\"values\":\"int\"}", "{\"type\":\"map\",\"values\":\"long\"}",
     "int cannot"},
    {"{\"type\":\"fixed\",\"name\":\"F\",\"size\":4}",
     "{\"type\":\"fixed\",\"name\":\"F\",\"size\":5}", "another size"},
    /* Unions */
    {"[\"null\",\"int\"]", "\"int\"", NULL},
    {"[\"null\",\"int\"]", "\"string\"", "no branch of the union holds string"},
    {"\"int\"", "[\"null\",\"int\"]", "int cannot be read from null"},
    {"[\"null\",\"int\",\"string\"]", "[\"int\",\"null\"]", NULL},
    {"[\"null\",\"int\"]", "[\"null\",\"int\",\"string\"]", "no branch"},
};

static void the_rules_are_those_of_schema_resolution(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(arena_deinit) struct arena arena = {0};
        struct schema_node *reader = NULL;
        struct schema_node *writer = NULL;
        struct error err = {0};
        enum outcome outcome;

        assert_int_equal(schema_tree_parse(bytes_of_text(rows[i].reader), &arena, &reader, &err),
                         OUTCOME_OK);
        assert_int_equal(schema_tree_parse(bytes_of_text(rows[i].writer), &arena, &writer, &err),
                         OUTCOME_OK);
        outcome = schema_compat_check(reader, writer, &err);
        if (!rows[i].why) {
            assert_int_equal(outcome, OUTCOME_OK);
        } else {
            assert_int_equal(outcome, OUTCOME_REJECT);
            assert_non_null(strstr(err.text, rows[i].why));
        }
    }
}

static void a_record_that_contains_itself_is_compared_once(void **state)
{
    static const char list[] = "{\"type\":\"record\",\"name\":\"L\",\"fields\":[{\"name\":\"next\","
                               "\"type\":[\"null\",\"L\"]},{\"name\":\"v\",\"type\":\"%s\"}]}";
    CLEANUP(arena_deinit) struct arena arena = {0};
    const char *ints = arena_printf(&arena, list, "int");
    const char *texts = arena_printf(&arena, list, "string");
    struct schema_node *a = NULL;
    struct schema_node *b = NULL;
    struct error err;

    (void)state;
    assert_int_equal(schema_tree_parse(bytes_of_text(ints), &arena, &a, NULL), OUTCOME_OK);
    assert_int_equal(schema_tree_parse(bytes_of_text(texts), &arena, &b, NULL), OUTCOME_OK);
    assert_int_equal(schema_compat_check(a, a, &err), OUTCOME_OK);
    assert_int_equal(schema_compat_check(a, b, &err), OUTCOME_REJECT);
}

static void every_schema_fits_all_its_recorded_versions(void **state)
{
    struct error err = {0};
    size_t compared = 0;

    (void)state;
    for (size_t i = 0; i < schema_text_count; i++) {
        for (size_t j = 0; j < schema_history_count; j++) {
            if (schema_history[j].table != schema_texts[i].table)
                continue;
            if (schema_compat_recorded(&schema_texts[i], &schema_history[j], &err) != OUTCOME_OK)
                fail_msg("%s: %s", schema_texts[i].table->name, err.text);
            compared++;
        }
    }
    assert_int_equal(compared, schema_history_count);
    assert_true(compared >= schema_text_count);
}

static void a_break_is_named_with_its_direction_and_its_field(void **state)
{
    static const struct {
        const char *text;
        const char *why;
    } cases[] = {
        /* Ours has required fields that this one does not have. */
        {"{\"type\":\"record\",\"name\":\"Reference\",\"fields\":[]}", "version 7 wrote cannot be "
                                                                       "read: system: was not"},
        /* This one wants more than ours writes. */
        {"{\"type\":\"record\",\"name\":\"Reference\",\"fields\":[{\"name\":\"system\",\"type\":"
         "\"string\"},{\"name\":\"more\",\"type\":\"int\"}]}",
         "version 7 cannot read what is written now: more"},
    };
    static const char ours[] = "{\"type\":\"record\",\"name\":\"Reference\",\"fields\":[{\"name\":"
                               "\"system\",\"type\":\"string\"}]}";

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct schema_text now = {&closure_table, bytes_of_text(ours)};
        struct schema_version old = {&closure_table, 7, bytes_of_text(cases[i].text)};
        struct error err = {0};

        assert_int_equal(schema_compat_recorded(&now, &old, &err), OUTCOME_REJECT);
        assert_non_null(strstr(err.text, cases[i].why));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rules_are_those_of_schema_resolution),
        cmocka_unit_test(a_record_that_contains_itself_is_compared_once),
        cmocka_unit_test(every_schema_fits_all_its_recorded_versions),
        cmocka_unit_test(a_break_is_named_with_its_direction_and_its_field),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
