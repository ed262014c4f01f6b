/* SPDX-License-Identifier: Apache-2.0 */
#include "base/lines.h"

#include <stdlib.h>

#define CHUNK ((size_t)64 * 1024)

struct lines {
    lines_fill *fill;
    void *context;
    size_t most;
    struct buffer line; /* what came of a line that no chunk holds whole */
    int64_t number;
    size_t at; /* in `chunk` */
    size_t len;
    uint8_t chunk[CHUNK];
};

struct lines *lines_new(lines_fill *fill, void *context, size_t most)
{
    struct lines *lines = xcalloc(1, sizeof(*lines));

    lines->fill = fill;
    lines->context = context;
    lines->most = most;
    return lines;
}

void lines_free(struct lines *lines)
{
    if (!lines)
        return;
    buffer_deinit(&lines->line);
    free(lines);
}

/* Up to the LF, or all that is left of the chunk. */
static struct bytes take_piece(struct lines *lines, bool *ret_ends)
{
    const uint8_t *from = lines->chunk + lines->at;
    size_t left = lines->len - lines->at;
    const uint8_t *end = memchr(from, '\n', left);
    size_t len = end ? (size_t)(end - from) : left;

    *ret_ends = end != NULL;
    lines->at += len + (end ? 1 : 0);
    return bytes_of(from, len);
}

static void keep(struct lines *lines, struct bytes piece, struct line *line)
{
    size_t room = lines->most - lines->line.len;

    line->cut = line->cut || piece.len > room;
    buffer_append(&lines->line, piece.data, piece.len < room ? piece.len : room);
}

/* The whole line; a view of the chunk when it stands in one. */
static enum outcome read_pieces(struct lines *lines, struct line *line, struct error *err)
{
    bool ends = false;

    buffer_clear(&lines->line);
    while (!ends) {
        struct bytes piece;

        if (lines->at == lines->len) {
            enum outcome outcome =
                lines->fill(lines->context, lines->chunk, CHUNK, &lines->len, err);

            lines->at = 0;
            if (outcome != OUTCOME_OK)
                lines->len = 0;
            if (outcome != OUTCOME_OK || lines->len == 0)
                return outcome;
        }
        piece = take_piece(lines, &ends);
        if (ends && !line->text.data && piece.len <= lines->most) {
            line->text = piece;
            return OUTCOME_OK;
        }
        keep(lines, piece, line);
        line->text = bytes_of(lines->line.data, lines->line.len);
    }
    return OUTCOME_OK;
}

enum outcome lines_read(struct lines *lines, struct line *ret_line, struct error *err)
{
    struct bytes mark = BYTES_LITERAL("\xEF\xBB\xBF");
    enum outcome outcome;

    *ret_line = (struct line){.text = BYTES_NONE};
    outcome = read_pieces(lines, ret_line, err);
    if (outcome != OUTCOME_OK || !ret_line->text.data)
        return outcome;
    ret_line->number = ++lines->number;
    if (ret_line->number == 1 && bytes_starts_with(ret_line->text, mark))
        ret_line->text = bytes_of(ret_line->text.data + mark.len, ret_line->text.len - mark.len);
    return OUTCOME_OK;
}
