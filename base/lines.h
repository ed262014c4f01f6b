/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading a text a line at a time, whatever it is made of, with a bound: a line that is longer
 * is told with its beginning, and reading goes on behind its end.
 *
 * A line ends with LF or with the text; behind the last LF comes no line. A byte order mark of
 * UTF-8 at the start is no part of the first line.
 */
#ifndef RELAIS_BASE_LINES_H
#define RELAIS_BASE_LINES_H

#include "base/bytes.h"
#include "base/cleanup.h"

/* Reads up to `size` bytes; OK with 0 at the end. Its other outcomes are handed on. */
typedef enum outcome lines_fill(void *context, uint8_t *room, size_t size, size_t *ret_got,
                                struct error *err);

struct line {
    struct bytes text; /* without LF; valid until the next read. BYTES_NONE: the end     */
    int64_t number;    /* from 1                                                         */
    bool cut;          /* longer than a line may be: `text` is as much of it as may be   */
};

struct lines;
struct lines *lines_new(lines_fill *fill, void *context, size_t most);
void lines_free(struct lines *lines);
DEFINE_CLEANUP(struct lines, lines_free)

MUST_USE enum outcome lines_read(struct lines *lines, struct line *ret_line, struct error *err);

#endif
