/* SPDX-License-Identifier: Apache-2.0
 *
 * CSV of any dialect. Each row has a line, lines grow, nothing stops before the end; and what
 * was read and written again reads the same.
 */
#include "base/csv.h"
#include "base/csv_writer.h"
#include "tests/fuzz/fuzz.h"

static const char *const charsets[] = {"utf-8", "windows-1252", "latin-1", "latin-9"};

static void check_again(const struct csv_dialect *dialect, const struct csv_row *row,
                        struct arena *arena)
{
    struct buffer out = {0};
    struct csv_row again;
    struct csv_reader *reader;

    /* Not at the start, where three characters may be a byte order mark. */
    buffer_append_text(&out, "first\n");
    FUZZ_CHECK(csv_writer_row(dialect, row->cells, row->count, &out) == 0);
    reader = csv_reader_new(&(struct csv_options){.delimiter = dialect->delimiter,
                                                  .charset = dialect->charset,
                                                  .cell_most = SIZE_MAX,
                                                  .row_most = SIZE_MAX,
                                                  .text = buffer_view(&out)});
    FUZZ_CHECK(csv_read(reader, arena, &again, NULL) == OUTCOME_OK);
    FUZZ_CHECK(csv_read(reader, arena, &again, NULL) == OUTCOME_OK);
    FUZZ_CHECK(again.count == row->count);
    for (size_t i = 0; i < row->count; i++)
        FUZZ_CHECK(bytes_equal(row->cells[i], again.cells[i]));
    csv_reader_free(reader);
    buffer_deinit(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes rest = bytes_of(data, size);
    char delimiter = ";,\t|"[fuzz_choice(&rest, 4)];
    CLEANUP(charset_freep) struct charset *charset = charset_new(charsets[fuzz_choice(&rest, 4)]);
    struct csv_dialect dialect = {.delimiter = delimiter, .charset = charset, .crlf = true};
    struct csv_options options = {.delimiter = delimiter,
                                  .charset = charset,
                                  .cell_most = 64,
                                  .row_most = 256,
                                  .columns_most = 9,
                                  .lines_most = 5,
                                  .text = rest};
    bool marked = bytes_starts_with(rest, BYTES_LITERAL("\xEF\xBB\xBF"));
    CLEANUP(csv_reader_freep) struct csv_reader *reader = csv_reader_new(&options);
    struct arena arena = {0};
    int64_t line = 0;

    for (;;) {
        struct csv_row row;
        struct error err = {0};
        enum outcome outcome = csv_read(reader, &arena, &row, &err);

        FUZZ_CHECK(outcome == OUTCOME_OK || outcome == OUTCOME_REJECT);
        if (row.count == 0)
            break;
        FUZZ_CHECK(row.line > line && row.line <= (int64_t)size + 1);
        line = row.line;
        if (outcome == OUTCOME_REJECT)
            FUZZ_CHECK(strncmp(err.text, "ligne ", 6) == 0);
        else if (!marked)
            check_again(&dialect, &row, &arena);
        arena_reset(&arena);
    }
    arena_deinit(&arena);
    return 0;
}
