/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "base/csv.h"
#include "base/csv_writer.h"

static void expect_cell(bool guard, const char *cell, const char *written)
{
    CLEANUP(charset_freep) struct charset *utf8 = charset_new("utf-8");
    struct csv_dialect dialect = {.delimiter = ';', .charset = utf8, .guard = guard};
    struct bytes text = bytes_of_text(cell);
    struct buffer out = {0};
    struct buffer expected = {0};

    assert_int_equal(csv_writer_row(&dialect, &text, 1, &out), 0);
    buffer_printf(&expected, "%s\n", written);
    assert_string_equal(buffer_text(&out), buffer_text(&expected));
    buffer_deinit(&out);
    buffer_deinit(&expected);
}

static void a_cell_is_quoted_when_it_has_to_be(void **state)
{
    (void)state;
    expect_cell(true, "plain", "plain");
    expect_cell(true, "a;b", "\"a;b\"");
    expect_cell(true, "a,b", "a,b");
    expect_cell(true, "a\"b", "\"a\"\"b\"");
    expect_cell(true, "a\r\nb", "\"a\r\nb\"");
    expect_cell(true, " a", "\" a\"");
    expect_cell(true, "", "\"\"");
}

static void what_a_spreadsheet_would_run_is_made_a_text(void **state)
{
    (void)state;
    expect_cell(true, "=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\"");
    expect_cell(true, "@SUM(A1)", "'@SUM(A1)");
    expect_cell(true, "+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0");
    expect_cell(true, "-2+3", "'-2+3");
    expect_cell(true, "-", "'-");
    expect_cell(true, "\t=1", "\"'\t=1\"");
    expect_cell(true, "\r=1", "\"'\r=1\"");
    expect_cell(true, "+33 1;=2", "\"'+33 1;=2\"");
    expect_cell(false, "=1", "=1");
}

static void telephone_numbers_signed_numbers_and_leading_zeros_stay(void **state)
{
    (void)state;
    expect_cell(true, "+33612345678", "+33612345678");
    expect_cell(true, "-12,5", "-12,5");
    expect_cell(true, "-12.5", "-12.5");
    expect_cell(true, "-1,2,3", "'-1,2,3");
    expect_cell(true, "0612345678", "0612345678");
    expect_cell(true, "01004", "01004");
}

static void what_is_written_is_read_back(void **state)
{
    static const char *const texts[] = {"", "a\"", "\"\"", "x\ny", "é;è", "\r", " ", "fin\r\n"};
    CLEANUP(charset_freep) struct charset *windows = charset_new("windows-1252");
    struct csv_dialect dialect = {.delimiter = ';', .charset = windows, .crlf = true};
    struct bytes cells[sizeof(texts) / sizeof(texts[0])];
    size_t count = sizeof(texts) / sizeof(texts[0]);
    struct buffer out = {0};
    struct arena arena = {0};
    struct csv_row row;
    struct csv_reader *reader;

    (void)state;
    for (size_t i = 0; i < count; i++)
        cells[i] = bytes_of_text(texts[i]);
    assert_int_equal(csv_writer_row(&dialect, cells, count, &out), 0);
    reader = csv_reader_new(&(struct csv_options){.charset = windows, .text = buffer_view(&out)});
    assert_int_equal(csv_read(reader, &arena, &row, NULL), OUTCOME_OK);
    assert_int_equal(row.count, count);
    for (size_t i = 0; i < count; i++)
        assert_true(bytes_equal(row.cells[i], cells[i]));
    csv_reader_free(reader);
    arena_deinit(&arena);
    buffer_deinit(&out);
}

static void characters_that_the_charset_lacks_are_counted(void **state)
{
    CLEANUP(charset_freep) struct charset *latin = charset_new("latin-1");
    struct csv_dialect dialect = {.delimiter = ',', .charset = latin, .guard = true, .crlf = true};
    struct bytes cells[] = {BYTES_LITERAL("Łucja"), BYTES_LITERAL("Élise"), BYTES_LITERAL("€")};
    struct buffer out = {0};

    (void)state;
    assert_int_equal(csv_writer_row(&dialect, cells, 3, &out), 2);
    assert_string_equal(buffer_text(&out), "?ucja,\xC9lise,?\r\n");
    buffer_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cell_is_quoted_when_it_has_to_be),
        cmocka_unit_test(what_a_spreadsheet_would_run_is_made_a_text),
        cmocka_unit_test(telephone_numbers_signed_numbers_and_leading_zeros_stay),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(characters_that_the_charset_lacks_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
