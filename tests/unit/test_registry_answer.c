/* SPDX-License-Identifier: Apache-2.0
 *
 * https://docs.confluent.io/platform/current/schema-registry/develop/api.html
 */
#include "tests/support/test.h"

#include "schemas/registry_answer.h"

static void a_place_is_an_id_between_1_and_the_built_in_range(void **state)
{
    static const struct {
        const char *body;
        enum outcome outcome;
        uint32_t id;
        int32_t version;
    } cases[] = {
        {"{\"id\":1}", OUTCOME_OK, 1, 0},
        {"{\"subject\":\"s\",\"version\":3,\"id\":1073741823,\"schema\":\"\"}", OUTCOME_OK,
         1073741823, 3},
        {"{\"id\":0}", OUTCOME_REJECT, 0, 0},
        {"{\"id\":-1}", OUTCOME_REJECT, 0, 0},
        {"{\"id\":1073741824}", OUTCOME_REJECT, 0, 0},
        {"{\"id\":18446744073709551615}", OUTCOME_REJECT, 0, 0},
        {"{\"id\":\"1\"}", OUTCOME_RETRY, 0, 0},
        {"{\"id\":1.5}", OUTCOME_RETRY, 0, 0},
        {"[1]", OUTCOME_RETRY, 0, 0},
        {"<html>", OUTCOME_RETRY, 0, 0},
        {"", OUTCOME_RETRY, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct registry_place place = {0};
        struct error err;

        assert_int_equal(registry_answer_place(bytes_of_text(cases[i].body), &place, &err),
                         cases[i].outcome);
        assert_int_equal(place.id, cases[i].id);
        assert_int_equal(place.version, cases[i].version);
    }
}

static void a_schema_is_avro_and_whole(void **state)
{
    static const struct {
        const char *body;
        enum outcome outcome;
    } cases[] = {
        {"{\"schema\":\"\\\"string\\\"\"}", OUTCOME_OK},
        {"{\"schemaType\":\"AVRO\",\"schema\":\"\\\"string\\\"\",\"references\":[]}", OUTCOME_OK},
        {"{\"schemaType\":\"JSON\",\"schema\":\"{}\"}", OUTCOME_REJECT},
        {"{\"schema\":\"x\",\"references\":[{\"name\":\"a\"}]}", OUTCOME_REJECT},
        {"{\"schema\":7}", OUTCOME_RETRY},
        {"{}", OUTCOME_RETRY},
        {"null", OUTCOME_RETRY},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CLEANUP(arena_deinit) struct arena arena = {0};
        struct bytes text = BYTES_NONE;

        assert_int_equal(registry_answer_schema(bytes_of_text(cases[i].body), &arena, &text, NULL),
                         cases[i].outcome);
        if (cases[i].outcome == OUTCOME_OK)
            assert_bytes_text(text, "\"string\"");
    }
}

static void an_error_has_a_code_and_a_message_fit_to_be_shown(void **state)
{
    char message[REGISTRY_MESSAGE_SIZE];
    struct buffer body = {0};

    (void)state;
    assert_int_equal(
        registry_answer_error(BYTES_LITERAL("{\"error_code\":40403,\"message\":\"a\\nb\\u0000c\"}"),
                              message),
        40403);
    assert_string_equal(message, "a b");
    assert_int_equal(registry_answer_error(BYTES_LITERAL("{\"error_code\":1}"), message), 1);
    assert_string_equal(message, "");
    assert_int_equal(registry_answer_error(BYTES_LITERAL("<html>"), message), 0);
    assert_int_equal(registry_answer_error(BYTES_LITERAL("{\"error_code\":-1}"), message), 0);
    buffer_append_text(&body, "{\"error_code\":2,\"message\":\"x");
    for (int i = 0; i < 100; i++)
        buffer_append_text(&body, "é");
    buffer_append_text(&body, "\"}");
    assert_int_equal(registry_answer_error(buffer_view(&body), message), 2);
    assert_true(bytes_is_utf8(bytes_of_text(message)));
    assert_int_equal(strlen(message), REGISTRY_MESSAGE_SIZE - 1);
    buffer_deinit(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_is_an_id_between_1_and_the_built_in_range),
        cmocka_unit_test(a_schema_is_avro_and_whole),
        cmocka_unit_test(an_error_has_a_code_and_a_message_fit_to_be_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
