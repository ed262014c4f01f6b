/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "base/arena.h"

static void utf8_follows_table_3_7(void **state)
{
    static const struct {
        const char *text;
        size_t len;
        bool good;
    } cases[] = {
        {"", 0, true},
        {"abc", 3, true},
        {"\xC3\xA9", 2, true},
        {"\xF0\x9F\x98\x80", 4, true},
        {"\xC0\xAF", 2, false},         /* overlong  */
        {"\xED\xA0\x80", 3, false},     /* surrogate */
        {"\xF4\x90\x80\x80", 4, false}, /* > 10FFFF  */
        {"\xC3", 1, false},             /* cut       */
        {"\x80", 1, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(bytes_is_utf8(bytes_of(cases[i].text, cases[i].len)), cases[i].good);
}

static void int64_takes_the_whole_text_or_nothing(void **state)
{
    int64_t value = 7;

    (void)state;
    assert_true(bytes_to_int64(BYTES_LITERAL("-9223372036854775808"), &value));
    assert_true(value == INT64_MIN);
    assert_false(bytes_to_int64(BYTES_LITERAL("9223372036854775808"), &value));
    assert_false(bytes_to_int64(BYTES_LITERAL("12x"), &value));
    assert_false(bytes_to_int64(BYTES_LITERAL(" 12"), &value));
    assert_false(bytes_to_int64(BYTES_LITERAL(""), &value));
}

static void a_buffer_stops_at_its_bound_and_says_so(void **state)
{
    struct buffer buffer;

    (void)state;
    buffer_init(&buffer, 4);
    buffer_append_text(&buffer, "abc");
    buffer_append_text(&buffer, "de");
    assert_true(buffer.overflow);
    assert_bytes_text(buffer_view(&buffer), "abc");
    buffer_deinit(&buffer);
}

static void a_cursor_moves_nothing_when_too_little_is_left(void **state)
{
    struct cursor cursor = cursor_over(BYTES_LITERAL("\x00\x00\x01"));
    uint32_t value = 0;
    struct bytes view;

    (void)state;
    assert_false(cursor_u32_be(&cursor, &value));
    assert_int_equal(cursor_left(&cursor), 3);
    assert_true(cursor_take(&cursor, 3, &view));
    assert_int_equal(cursor_left(&cursor), 0);
}

static void an_arena_gives_zeroed_memory_after_a_reset(void **state)
{
    struct arena arena = {0};
    uint8_t *first;
    uint8_t *second;

    (void)state;
    first = arena_alloc(&arena, 40);
    memset(first, 0xFF, 40);
    arena_reset(&arena);
    second = arena_alloc(&arena, 40);
    assert_ptr_equal(first, second);
    for (int i = 0; i < 40; i++)
        assert_int_equal(second[i], 0);
    assert_non_null(arena_alloc(&arena, 200000));
    assert_string_equal(arena_printf(&arena, "%d-%s", 4, "x"), "4-x");
    arena_deinit(&arena);
}

static void letters_of_ascii_are_equal_whatever_their_case(void **state)
{
    (void)state;
    assert_true(bytes_equal_ignoring_case(BYTES_LITERAL("X-Lapin"), BYTES_LITERAL("x-lAPIN")));
    assert_true(bytes_equal_ignoring_case(BYTES_NONE, BYTES_LITERAL("")));
    assert_false(bytes_equal_ignoring_case(BYTES_LITERAL("X-Lapin"), BYTES_LITERAL("X-Lapins")));
    assert_false(bytes_equal_ignoring_case(BYTES_LITERAL("[a]"), BYTES_LITERAL("{a}")));
    assert_false(bytes_equal_ignoring_case(bytes_of("a\0b", 3), bytes_of("a\0c", 3)));
    assert_false(bytes_equal_ignoring_case(BYTES_LITERAL("\xC3\x89"), BYTES_LITERAL("\xC3\xA9")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_follows_table_3_7),
        cmocka_unit_test(int64_takes_the_whole_text_or_nothing),
        cmocka_unit_test(a_buffer_stops_at_its_bound_and_says_so),
        cmocka_unit_test(a_cursor_moves_nothing_when_too_little_is_left),
        cmocka_unit_test(an_arena_gives_zeroed_memory_after_a_reset),
        cmocka_unit_test(letters_of_ascii_are_equal_whatever_their_case),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
