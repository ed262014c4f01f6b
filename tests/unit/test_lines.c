/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <stdlib.h>

#include "base/lines.h"

/* Gives `text` in pieces of `size`, then what `fails` says. */
struct source {
    struct bytes text;
    size_t size;
    enum outcome fails;
};

static enum outcome fill(void *context, uint8_t *room, size_t size, size_t *ret_got,
                         struct error *err)
{
    struct source *source = context;
    size_t len = source->size < size ? source->size : size;

    if (len > source->text.len)
        len = source->text.len;
    *ret_got = len;
    if (len == 0)
        return source->fails ? error_set(err, source->fails, "cannot read") : OUTCOME_OK;
    memcpy(room, source->text.data, len);
    source->text = bytes_of(source->text.data + len, source->text.len - len);
    return OUTCOME_OK;
}

/* All lines: "number:text" each, with a "!" behind what was cut, with "|" between. */
static struct bytes all(struct bytes text, size_t size, size_t most, struct buffer *out)
{
    struct source source = {.text = text, .size = size};
    CLEANUP(lines_freep) struct lines *lines = lines_new(fill, &source, most);
    struct line line;
    struct error err = {0};

    buffer_clear(out);
    for (;;) {
        assert_int_equal(lines_read(lines, &line, &err), OUTCOME_OK);
        if (!line.text.data)
            return buffer_view(out);
        buffer_printf(out, "%s%lld:%.*s%s", out->len > 0 ? "|" : "", (long long)line.number,
                      BYTES_ARG(line.text), line.cut ? "!" : "");
    }
}

static void lines_are_the_same_however_the_text_comes(void **state)
{
    CLEANUP(buffer_deinit) struct buffer out = {0};

    (void)state;
    for (size_t size = 1; size < 12; size++) {
        assert_bytes_text(all(BYTES_LITERAL("ab\n\ncd\n"), size, 10, &out), "1:ab|2:|3:cd");
        assert_bytes_text(all(BYTES_LITERAL("ab\ncd"), size, 10, &out), "1:ab|2:cd");
        assert_bytes_text(all(BYTES_LITERAL("\n"), size, 10, &out), "1:");
        assert_int_equal(all(BYTES_LITERAL(""), size, 10, &out).len, 0);
    }
}

static void a_line_that_is_too_long_is_cut_and_the_next_is_whole(void **state)
{
    CLEANUP(buffer_deinit) struct buffer out = {0};

    (void)state;
    for (size_t size = 1; size < 16; size++) {
        assert_bytes_text(all(BYTES_LITERAL("abc\nabcd\nabcdefgh\nab"), size, 3, &out),
                          "1:abc|2:abc!|3:abc!|4:ab");
    }
}

static void a_byte_order_mark_is_no_part_of_the_first_line(void **state)
{
    CLEANUP(buffer_deinit) struct buffer out = {0};

    (void)state;
    for (size_t size = 1; size < 12; size++) {
        assert_bytes_text(all(BYTES_LITERAL("\xEF\xBB\xBFon\nof"), size, 10, &out), "1:on|2:of");
        assert_bytes_text(all(BYTES_LITERAL("a\n\xEF\xBB\xBF"), size, 10, &out),
                          "1:a|2:\xEF\xBB\xBF");
    }
}

static void lines_of_many_chunks_are_whole(void **state)
{
    enum { LEN = 300000 };
    uint8_t *text = xcalloc(1, 2 * LEN);
    struct source source = {.text = bytes_of(text, 2 * LEN), .size = SIZE_MAX};
    CLEANUP(lines_freep) struct lines *lines = lines_new(fill, &source, LEN);
    struct line line;
    struct error err = {0};

    (void)state;
    memset(text, 'a', 2 * LEN);
    text[LEN - 1] = '\n';
    text[2 * LEN - 1] = '\n';
    for (int i = 0; i < 2; i++) {
        assert_int_equal(lines_read(lines, &line, &err), OUTCOME_OK);
        assert_int_equal(line.text.len, LEN - 1);
        assert_memory_equal(line.text.data, text, LEN - 1);
    }
    assert_int_equal(lines_read(lines, &line, &err), OUTCOME_OK);
    assert_null(line.text.data);
    free(text);
}

/* What came before the failure is no line: there may be more of it. */
static void a_text_that_cannot_be_read_gives_no_half_line(void **state)
{
    struct source source = {.text = BYTES_LITERAL("ab\ncd"), .size = 4, .fails = OUTCOME_RETRY};
    CLEANUP(lines_freep) struct lines *lines = lines_new(fill, &source, 10);
    struct line line;
    struct error err = {0};

    (void)state;
    assert_int_equal(lines_read(lines, &line, &err), OUTCOME_OK);
    assert_bytes_text(line.text, "ab");
    assert_int_equal(lines_read(lines, &line, &err), OUTCOME_RETRY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_the_same_however_the_text_comes),
        cmocka_unit_test(a_line_that_is_too_long_is_cut_and_the_next_is_whole),
        cmocka_unit_test(a_byte_order_mark_is_no_part_of_the_first_line),
        cmocka_unit_test(lines_of_many_chunks_are_whole),
        cmocka_unit_test(a_text_that_cannot_be_read_gives_no_half_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
