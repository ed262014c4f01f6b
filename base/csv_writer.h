/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing CSV that a spreadsheet opens rightly and that cannot attack who opens it.
 *
 * A cell is quoted when it has to be: it holds the delimiter, a quote, a line break, or a
 * blank at one of its ends. Quotes in it are doubled. A NUL is left out: no text holds one.
 *
 * Formulas: a spreadsheet takes what begins with = + - @ tab or CR for one, quoted or not, and
 * runs it (https://owasp.org/www-community/attacks/CSV_Injection). With `guard`, such a cell
 * begins with an apostrophe. Two things are no formulas and stay as they are: a number with its
 * sign
 * (-12,5) and a telephone number in E.164 (+33…: sign and digits only); neither holds anything
 * that could be run.
 */
#ifndef RELAIS_BASE_CSV_WRITER_H
#define RELAIS_BASE_CSV_WRITER_H

#include "base/charset.h"

struct csv_dialect {
    char delimiter;
    const struct charset *charset; /* borrowed */
    bool guard;
    bool crlf; /* else LF */
};

/* Appends one row of UTF-8 cells. Returns how many characters the charset could not say and
 * became `?`. */
size_t csv_writer_row(const struct csv_dialect *dialect, const struct bytes *cells, size_t count,
                      struct buffer *out);

#endif
