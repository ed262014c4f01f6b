/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading CSV (RFC 4180 and its dialects), strictly, a row at a time, each with its own fate.
 *
 *     row  = cell *(delimiter cell) (LF / CRLF / end)
 *     cell = *(any byte but delimiter, quote, CR, LF, NUL) / quote *(any but NUL, quotes doubled)
 * quote
 *
 * A row that breaks this, a budget or the expected number of cells is told with its line, and
 * reading goes on at the line below its *first* one: an unbalanced quote costs the row that
 * holds it, never the good rows that it would have swallowed.
 *
 * Our own and not libcsv: that one stops for good at a broken quote, cuts blanks off cells,
 * counts no lines and has no budgets.
 *
 * Not said by any byte: lines without any byte are no rows; a byte order mark of UTF-8 at the
 * start is no part of the first cell and means UTF-8 whatever was declared; blanks belong to
 * their cell.
 */
#ifndef RELAIS_BASE_CSV_H
#define RELAIS_BASE_CSV_H

#include "base/arena.h"
#include "base/charset.h"

#define CSV_CELL_MOST ((size_t)64 * 1024)
#define CSV_ROW_MOST ((size_t)256 * 1024)
#define CSV_COLUMNS_MOST 512
#define CSV_LINES_MOST 1000

/* Reads up to `size` bytes; OK with 0 at the end. Its other outcomes are handed on. */
typedef enum outcome csv_fill(void *context, uint8_t *room, size_t size, size_t *ret_got,
                              struct error *err);

struct csv_options {
    char delimiter; /* 0: ';' */
    /* Borrowed; NULL: UTF-8. */
    const struct charset *charset;
    /* Budgets; 0: those above. All in bytes as they stand in the file. */
    size_t cell_most;
    size_t row_most;
    size_t columns_most;
    size_t lines_most; /* lines that one row may take */
    csv_fill *fill;    /* NULL: all of the text is in `text` */
    void *context;
    struct bytes text; /* borrowed */
};

struct csv_row {
    const struct bytes *cells; /* UTF-8, in the arena */
    size_t count;              /* 0: the end of the file; then nothing else is set */
    int64_t number;            /* of the row, from 1: broken ones count, blank lines do not */
    int64_t line;              /* where it begins, from 1 */
    struct bytes raw;          /* broken: its first line as it stands there, cut at row_most */
};

struct csv_reader;
struct csv_reader *csv_reader_new(const struct csv_options *options);
void csv_reader_free(struct csv_reader *reader);
DEFINE_CLEANUP(struct csv_reader, csv_reader_free)

/* From now on a row of another number of cells is broken; 0: any number. */
void csv_expect(struct csv_reader *reader, size_t columns);
/* The next row, in `arena`. REJECT: this row is broken; `ret_row` says where it is (count 1, no
 * cells), `err` why, without any of its values; call again for the next one. Others: `fill`'s, and
 * the end of this reader. */
MUST_USE enum outcome csv_read(struct csv_reader *reader, struct arena *arena,
                               struct csv_row *ret_row, struct error *err);

#endif
