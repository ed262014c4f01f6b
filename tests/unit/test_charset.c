/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "base/charset.h"

static void each_choice_is_a_charset_and_nothing_else(void **state)
{
    static const char *const names[] = {"utf-8", "windows-1252", "latin-1", "latin-9"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        CLEANUP(charset_freep) struct charset *charset = charset_new(names[i]);

        assert_non_null(charset);
        assert_string_equal(charset_name(charset), names[i]);
        assert_non_null(strstr(CHARSET_CHOICES, names[i]));
    }
    assert_null(charset_new("utf-16"));
}

static void windows_1252_has_a_euro_where_latin_1_has_a_control(void **state)
{
    CLEANUP(charset_freep) struct charset *windows = charset_new("windows-1252");
    CLEANUP(charset_freep) struct charset *latin = charset_new("latin-1");
    CLEANUP(buffer_deinit) struct buffer out = {0};

    (void)state;
    assert_true(charset_decode(windows, BYTES_LITERAL("\xC9lo\xEFse 3 \x80"), &out));
    assert_bytes_text(buffer_view(&out), "Éloïse 3 €");
    buffer_clear(&out);
    assert_true(charset_decode(latin, BYTES_LITERAL("\x80"), &out));
    assert_bytes_text(buffer_view(&out), "\xC2\x80");
}

static void a_byte_without_a_character_is_refused_and_leaves_nothing(void **state)
{
    CLEANUP(charset_freep) struct charset *windows = charset_new("windows-1252");
    CLEANUP(charset_freep) struct charset *utf8 = charset_new("utf-8");
    CLEANUP(buffer_deinit) struct buffer out = {0};

    (void)state;
    assert_false(charset_decode(windows, BYTES_LITERAL("abc\x81"), &out));
    assert_false(charset_decode(utf8, BYTES_LITERAL("abc\xE9"), &out));
    assert_int_equal(out.len, 0);
}

static void what_a_charset_cannot_say_becomes_a_question_mark_and_is_counted(void **state)
{
    CLEANUP(charset_freep) struct charset *windows = charset_new("windows-1252");
    CLEANUP(charset_freep) struct charset *latin = charset_new("latin-1");
    CLEANUP(buffer_deinit) struct buffer out = {0};

    (void)state;
    assert_int_equal(charset_encode(windows, BYTES_LITERAL("Łucja Œ €"), &out), 1);
    assert_bytes_text(buffer_view(&out), "?ucja \x8C \x80");
    buffer_clear(&out);
    assert_int_equal(charset_encode(latin, BYTES_LITERAL("€ É"), &out), 1);
    assert_bytes_text(buffer_view(&out), "? \xC9");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_choice_is_a_charset_and_nothing_else),
        cmocka_unit_test(windows_1252_has_a_euro_where_latin_1_has_a_control),
        cmocka_unit_test(a_byte_without_a_character_is_refused_and_leaves_nothing),
        cmocka_unit_test(what_a_charset_cannot_say_becomes_a_question_mark_and_is_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
