/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "base/csv.h"

struct reading {
    struct csv_reader *reader;
    struct arena arena;
    struct csv_row row;
    struct error err;
};

static void begin(struct reading *reading, struct csv_options options)
{
    *reading = (struct reading){.reader = csv_reader_new(&options)};
}

static void begin_text(struct reading *reading, const char *text)
{
    begin(reading, (struct csv_options){.text = bytes_of_text(text)});
}

static void end(struct reading *reading)
{
    csv_reader_free(reading->reader);
    arena_deinit(&reading->arena);
}

static enum outcome next(struct reading *reading)
{
    return csv_read(reading->reader, &reading->arena, &reading->row, &reading->err);
}

/* The next row is good, and its cells are these, with | between them. */
static void expect_row(struct reading *reading, const char *cells)
{
    struct buffer all = {0};

    if (next(reading) != OUTCOME_OK)
        fail_msg("%s", reading->err.text);
    for (size_t i = 0; i < reading->row.count; i++) {
        buffer_append_text(&all, i > 0 ? "|" : "");
        buffer_append_bytes(&all, reading->row.cells[i]);
    }
    assert_string_equal(buffer_text(&all), cells);
    buffer_deinit(&all);
}

static void expect_end(struct reading *reading)
{
    assert_int_equal(next(reading), OUTCOME_OK);
    assert_int_equal(reading->row.count, 0);
}

static void expect_broken(struct reading *reading, int64_t line, const char *raw, const char *why)
{
    assert_int_equal(next(reading), OUTCOME_REJECT);
    assert_int_equal(reading->row.line, line);
    assert_bytes_text(reading->row.raw, raw);
    if (!strstr(reading->err.text, why))
        fail_msg("\"%s\" is not in: %s", why, reading->err.text);
}

static void quotes_doubled_quotes_and_line_breaks_are_part_of_their_cell(void **state)
{
    struct reading reading;

    (void)state;
    begin_text(&reading, "id;nom;note\r\n"
                         "1;\"Dupré; \"\"Lou\"\"\";\"deux\r\nlignes\"\r\n"
                         "2;;\"\"\n"
                         " 3 ;  ;x");
    expect_row(&reading, "id|nom|note");
    expect_row(&reading, "1|Dupré; \"Lou\"|deux\r\nlignes");
    assert_int_equal(reading.row.line, 2);
    expect_row(&reading, "2||");
    assert_int_equal(reading.row.line, 4);
    assert_int_equal(reading.row.number, 3);
    expect_row(&reading, " 3 |  |x");
    expect_end(&reading);
    expect_end(&reading);
    end(&reading);
}

static void any_byte_may_be_the_delimiter(void **state)
{
    static const char delimiters[] = {';', ',', '\t', '|'};

    (void)state;
    for (size_t i = 0; i < sizeof(delimiters); i++) {
        char text[] = "a;\"b;c\"";
        struct reading reading;

        text[1] = delimiters[i];
        begin(&reading,
              (struct csv_options){.delimiter = delimiters[i], .text = bytes_of_text(text)});
        assert_int_equal(next(&reading), OUTCOME_OK);
        assert_int_equal(reading.row.count, 2);
        end(&reading);
    }
}

static void a_byte_order_mark_is_no_part_of_the_first_cell_and_means_utf_8(void **state)
{
    CLEANUP(charset_freep) struct charset *latin = charset_new("latin-1");
    struct reading reading;

    (void)state;
    begin(&reading, (struct csv_options){.charset = latin,
                                         .text = BYTES_LITERAL("\xEF\xBB\xBFid;pr\xC3\xA9nom\n")});
    expect_row(&reading, "id|prénom");
    expect_end(&reading);
    end(&reading);
}

static void cells_of_another_charset_become_utf_8(void **state)
{
    CLEANUP(charset_freep) struct charset *windows = charset_new("windows-1252");
    struct reading reading;

    (void)state;
    begin(&reading,
          (struct csv_options){.charset = windows, .text = BYTES_LITERAL("H\xE9l\xE8ne;\x80\n")});
    expect_row(&reading, "Hélène|€");
    end(&reading);
}

static void a_row_that_is_not_in_its_charset_is_broken_alone(void **state)
{
    struct reading reading;

    (void)state;
    begin(&reading, (struct csv_options){.text = BYTES_LITERAL("a;b\nc;\xE9\nd;e\n")});
    expect_row(&reading, "a|b");
    expect_broken(&reading, 2, "c;\xE9", "ligne 2, cellule 2 : pas du utf-8");
    expect_row(&reading, "d|e");
    end(&reading);
}

static void an_unbalanced_quote_costs_its_own_row_only(void **state)
{
    struct reading reading;

    (void)state;
    begin_text(&reading, "a;b\nc;\"d\ne;f\n\"g\";h\ni;j\n");
    csv_expect(reading.reader, 2);
    expect_row(&reading, "a|b");
    expect_broken(
        &reading, 2, "c;\"d",
        "ligne 2, cellule 2 : des guillemets qui ne vont pas par deux : celui de la ligne 4");
    expect_row(&reading, "e|f");
    assert_int_equal(reading.row.line, 3);
    assert_int_equal(reading.row.number, 3);
    expect_row(&reading, "g|h");
    expect_row(&reading, "i|j");
    expect_end(&reading);
    end(&reading);
}

static void a_quote_that_is_never_closed_costs_its_own_row_only(void **state)
{
    struct reading reading;

    (void)state;
    begin_text(&reading, "a;\"b\r\nc;d\ne;\"f");
    expect_broken(&reading, 1, "a;\"b", "ligne 1, cellule 2");
    expect_row(&reading, "c|d");
    expect_broken(&reading, 3, "e;\"f",
                  "ligne 3, cellule 2 : le guillemet qui la commence n'est jamais fermé");
    expect_end(&reading);
    end(&reading);
}

static void a_quote_where_none_may_stand_is_told(void **state)
{
    struct reading reading;

    (void)state;
    begin_text(&reading, "tuyau 5\" long;b\n\"a\"b;c\nd;e\n");
    expect_broken(&reading, 1, "tuyau 5\" long;b", "un guillemet dans une cellule");
    expect_broken(&reading, 2, "\"a\"b;c",
                  "ligne 2, cellule 1 : des guillemets qui ne vont pas par deux");
    expect_row(&reading, "d|e");
    end(&reading);
}

static void a_nul_and_a_lone_carriage_return_break_their_row(void **state)
{
    struct reading reading;

    (void)state;
    begin(&reading,
          (struct csv_options){.text = BYTES_LITERAL("a;\0b\nc\rd;e\n\"f\0\ng\";h\ni;j\n")});
    assert_int_equal(next(&reading), OUTCOME_REJECT);
    assert_string_equal(reading.err.text,
                        "ligne 1, cellule 2 : un octet nul, qu'aucun texte ne tient");
    assert_int_equal(next(&reading), OUTCOME_REJECT);
    assert_non_null(strstr(reading.err.text, "un retour chariot hors des guillemets"));
    assert_int_equal(next(&reading), OUTCOME_REJECT);
    assert_int_equal(reading.row.line, 3);
    expect_broken(&reading, 4, "g\";h", "un guillemet dans une cellule");
    expect_row(&reading, "i|j");
    end(&reading);
}

static void a_row_of_another_width_is_broken_and_says_both_numbers(void **state)
{
    struct reading reading;

    (void)state;
    begin_text(&reading, "a;b\nc\nd;e;f\ng;h");
    expect_row(&reading, "a|b");
    csv_expect(reading.reader, reading.row.count);
    expect_broken(&reading, 2, "c", "ligne 2 : 1 cellules, 2 attendues");
    expect_broken(&reading, 3, "d;e;f", "ligne 3 : 3 cellules, 2 attendues");
    expect_row(&reading, "g|h");
    end(&reading);
}

static void each_budget_breaks_the_row_that_passes_it(void **state)
{
    struct reading reading;

    (void)state;
    begin(&reading, (struct csv_options){.cell_most = 4,
                                         .row_most = 12,
                                         .columns_most = 5,
                                         .lines_most = 3,
                                         .text = BYTES_LITERAL("abcd;e\n"
                                                               "abcde;f\n"
                                                               "abc;def;ghi;j\n"
                                                               "1;2;3;4;5;6\n"
                                                               "\"\n\n\n\"\n")});
    expect_row(&reading, "abcd|e");
    expect_broken(&reading, 2, "abcde;f", "la cellule est trop longue");
    expect_broken(&reading, 3, "abc;def;ghi;", "la ligne est trop longue");
    expect_broken(&reading, 4, "1;2;3;4;5;6", "trop de cellules");
    expect_broken(&reading, 5, "\"", "trop de retours à la ligne");
    end(&reading);
}

static void lines_of_nothing_are_no_rows_but_count_as_lines(void **state)
{
    struct reading reading;

    (void)state;
    begin_text(&reading, "\n\r\na;b\n\n\nc;d\n\r\n");
    expect_row(&reading, "a|b");
    assert_int_equal(reading.row.line, 3);
    expect_row(&reading, "c|d");
    assert_int_equal(reading.row.line, 6);
    assert_int_equal(reading.row.number, 2);
    expect_end(&reading);
    end(&reading);
}

/* Gives the text a byte at a time, then fails if told to. */
struct slow {
    const char *text;
    bool fails;
};

static enum outcome give_slowly(void *context, uint8_t *room, size_t size, size_t *ret_got,
                                struct error *err)
{
    struct slow *slow = context;

    assert_true(size > 0);
    if (*slow->text == '\0' && slow->fails)
        return error_set(err, OUTCOME_RETRY, "gone");
    *ret_got = *slow->text != '\0' ? 1 : 0;
    if (*ret_got > 0)
        *room = (uint8_t)*slow->text++;
    return OUTCOME_OK;
}

static void where_the_file_is_cut_by_reading_makes_no_difference(void **state)
{
    struct slow slow = {.text = "\xEF\xBB\xBF"
                                "a;\"b\"\"\r\n\"\r\n\r\nc;d\r\n"};
    struct reading reading;

    (void)state;
    begin(&reading, (struct csv_options){.fill = give_slowly, .context = &slow});
    expect_row(&reading, "a|b\"\r\n");
    expect_row(&reading, "c|d");
    assert_int_equal(reading.row.line, 4);
    expect_end(&reading);
    end(&reading);
}

static void a_failure_to_read_is_no_end_of_the_file(void **state)
{
    struct slow slow = {.text = "a;b\nc;d", .fails = true};
    struct reading reading;

    (void)state;
    begin(&reading, (struct csv_options){.fill = give_slowly, .context = &slow});
    expect_row(&reading, "a|b");
    assert_int_equal(next(&reading), OUTCOME_RETRY);
    assert_string_equal(reading.err.text, "gone");
    end(&reading);
}

static void a_long_file_of_open_quotes_takes_no_longer_than_its_budgets(void **state)
{
    struct buffer text = {0};
    struct reading reading;
    int broken = 0;

    (void)state;
    for (int i = 0; i < 20000; i++)
        buffer_append_text(&text, "a;\"b\n");
    begin(&reading, (struct csv_options){.lines_most = 50, .text = buffer_view(&text)});
    while (next(&reading) == OUTCOME_REJECT)
        broken++;
    assert_int_equal(broken, 20000);
    assert_int_equal(reading.row.count, 0);
    end(&reading);
    buffer_deinit(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes_doubled_quotes_and_line_breaks_are_part_of_their_cell),
        cmocka_unit_test(any_byte_may_be_the_delimiter),
        cmocka_unit_test(a_byte_order_mark_is_no_part_of_the_first_cell_and_means_utf_8),
        cmocka_unit_test(cells_of_another_charset_become_utf_8),
        cmocka_unit_test(a_row_that_is_not_in_its_charset_is_broken_alone),
        cmocka_unit_test(an_unbalanced_quote_costs_its_own_row_only),
        cmocka_unit_test(a_quote_that_is_never_closed_costs_its_own_row_only),
        cmocka_unit_test(a_quote_where_none_may_stand_is_told),
        cmocka_unit_test(a_nul_and_a_lone_carriage_return_break_their_row),
        cmocka_unit_test(a_row_of_another_width_is_broken_and_says_both_numbers),
        cmocka_unit_test(each_budget_breaks_the_row_that_passes_it),
        cmocka_unit_test(lines_of_nothing_are_no_rows_but_count_as_lines),
        cmocka_unit_test(where_the_file_is_cut_by_reading_makes_no_difference),
        cmocka_unit_test(a_failure_to_read_is_no_end_of_the_file),
        cmocka_unit_test(a_long_file_of_open_quotes_takes_no_longer_than_its_budgets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
