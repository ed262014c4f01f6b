/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <stdlib.h>

#include "tests/support/test.h"

static void what_is_no_json_is_read_as_nothing(void **state)
{
    static const char *const texts[] = {"", "{", "{\"a\":1} x", "nul", "\"\xFF\"", "[1,]"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_null(json_read(bytes_of_text(texts[i])));
    assert_null(json_read(BYTES_NONE));
}

static void what_is_read_can_be_written_again(void **state)
{
    static const char text[] = "{\"a\":[1,-2.5,\"\xC3\xA9\",null,true]}";
    yyjson_doc *read = json_read(bytes_of_text(text));
    yyjson_mut_doc *made = json_new();
    size_t len = 0;
    char *written;

    (void)state;
    assert_non_null(read);
    yyjson_mut_doc_set_root(made, yyjson_val_mut_copy(made, yyjson_doc_get_root(read)));
    written = json_write(made, &len);
    assert_string_equal(written, text);
    assert_int_equal(len, sizeof(text) - 1);
    free(written);
    yyjson_mut_doc_free(made);
    yyjson_doc_free(read);
}

static void raw_numbers_stay_as_they_are_written(void **state)
{
    static const char text[] = "{\"a\":123456789012345678901234567890,\"b\":1.50}";
    yyjson_doc *read = json_read_raw(bytes_of_text(text));
    size_t len = 0;
    char *written;

    (void)state;
    assert_non_null(read);
    written = json_write_value(yyjson_doc_get_root(read), &len);
    assert_string_equal(written, text);
    assert_int_equal(len, sizeof(text) - 1);
    free(written);
    yyjson_doc_free(read);
    assert_null(json_read_raw(BYTES_LITERAL("{\"a\":")));
}

static void a_text_that_is_not_utf8_is_not_written(void **state)
{
    yyjson_mut_doc *made = json_new();

    (void)state;
    yyjson_mut_doc_set_root(made, yyjson_mut_str(made, "\xFF"));
    assert_null(json_write(made, NULL));
    yyjson_mut_doc_free(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_json_is_read_as_nothing),
        cmocka_unit_test(what_is_read_can_be_written_again),
        cmocka_unit_test(raw_numbers_stay_as_they_are_written),
        cmocka_unit_test(a_text_that_is_not_utf8_is_not_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
