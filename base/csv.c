/* SPDX-License-Identifier: Apache-2.0
 *
 * A window of raw bytes slides over the file and always begins with the row being read, so
 * that reading can go back to the end of the row's first line. Rows are cut in bytes: in each
 * charset that we read, the bytes of delimiter, quote and line end are those of ASCII and part
 * of no other character. Cells become UTF-8 when their row is whole.
 */
#include "base/csv.h"

#include <inttypes.h>
#include <stdlib.h>

#define CHUNK ((size_t)64 * 1024)
#define END (-1)
#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

/* Where a cell stands in the window, from the start of its row. */
struct span {
    size_t from;
    size_t len;
    bool doubled; /* holds doubled quotes */
};

struct csv_reader {
    struct csv_options options;
    struct charset *utf8;
    uint8_t *window;
    size_t capacity;
    size_t start; /* of the row */
    size_t filled;
    bool ended; /* nothing comes behind the window */
    bool begun;
    size_t expected;
    int64_t line;   /* the row's first */
    int64_t number; /* of the last row */

    /* The row being read. */
    size_t at; /* from its start */
    int64_t lines;
    struct span *spans;
    size_t span_count;
    size_t span_capacity;
    enum outcome fill_outcome;
    struct error *err;
};

struct csv_reader *csv_reader_new(const struct csv_options *options)
{
    struct csv_reader *reader = xcalloc(1, sizeof(*reader));
    struct csv_options *own = &reader->options;

    reader->options = *options;
    if (!own->delimiter)
        own->delimiter = ';';
    own->cell_most = own->cell_most > 0 ? own->cell_most : CSV_CELL_MOST;
    own->row_most = own->row_most > 0 ? own->row_most : CSV_ROW_MOST;
    own->columns_most = own->columns_most > 0 ? own->columns_most : CSV_COLUMNS_MOST;
    own->lines_most = own->lines_most > 0 ? own->lines_most : CSV_LINES_MOST;
    reader->utf8 = charset_new("utf-8");
    if (!own->charset)
        own->charset = reader->utf8;
    reader->line = 1;
    return reader;
}

void csv_reader_free(struct csv_reader *reader)
{
    if (!reader)
        return;
    charset_free(reader->utf8);
    free(reader->window);
    free(reader->spans);
    free(reader);
}

void csv_expect(struct csv_reader *reader, size_t columns)
{
    reader->expected = columns;
}

/* ---- The window ------------------------------------------------------------------------ */

static enum outcome take_text(struct csv_reader *reader, size_t size, size_t *ret_got)
{
    struct bytes *text = &reader->options.text;
    size_t got = text->len < size ? text->len : size;

    if (got > 0) {
        memcpy(reader->window + reader->filled, text->data, got);
        *text = bytes_of(text->data + got, text->len - got);
    }
    *ret_got = got;
    return OUTCOME_OK;
}

/* Makes the window longer by what comes next. */
static void fill(struct csv_reader *reader)
{
    size_t got = 0;

    if (reader->start > 0) {
        memmove(reader->window, reader->window + reader->start, reader->filled - reader->start);
        reader->filled -= reader->start;
        reader->start = 0;
    }
    if (reader->capacity - reader->filled < CHUNK) {
        reader->capacity = reader->filled + CHUNK;
        reader->window = xrealloc(reader->window, reader->capacity);
    }
    reader->fill_outcome =
        reader->options.fill
            ? reader->options.fill(reader->options.context, reader->window + reader->filled, CHUNK,
                                   &got, reader->err)
            : take_text(reader, CHUNK, &got);
    reader->ended = reader->fill_outcome != OUTCOME_OK || got == 0;
    reader->filled += reader->ended ? 0 : got;
}

/* The byte that far behind the row's start; END also when it could not be read. */
static int peek(struct csv_reader *reader, size_t at)
{
    while (reader->start + at >= reader->filled) {
        if (reader->ended)
            return END;
        fill(reader);
    }
    return reader->window[reader->start + at];
}

/* The row begins that much later. */
static void advance(struct csv_reader *reader, size_t bytes)
{
    reader->start += bytes;
}

/* ---- One row ------------------------------------------------------------------------------ */

static enum outcome broken(struct csv_reader *reader, const char *why)
{
    return error_set(reader->err, OUTCOME_REJECT, "ligne %" PRId64 ", cellule %zu : %s",
                     reader->line + reader->lines, reader->span_count + 1, why);
}

static void add_span(struct csv_reader *reader, struct span span)
{
    if (reader->span_count == reader->span_capacity) {
        reader->span_capacity = reader->span_capacity > 0 ? reader->span_capacity * 2 : 32;
        reader->spans = xrealloc(reader->spans, reader->span_capacity * sizeof(reader->spans[0]));
    }
    reader->spans[reader->span_count++] = span;
}

static bool is_line_end(struct csv_reader *reader, int byte)
{
    return byte == END || byte == '\n' || (byte == '\r' && peek(reader, reader->at + 1) == '\n');
}

/* What both kinds of cell may not be. */
static enum outcome check_byte(struct csv_reader *reader, size_t cell_from, int byte)
{
    const struct csv_options *options = &reader->options;

    if (byte == '\0')
        return broken(reader, "un octet nul, qu'aucun texte ne tient");
    if (reader->at - cell_from >= options->cell_most)
        return broken(reader, "la cellule est trop longue");
    if (reader->at >= options->row_most)
        return broken(reader, "la ligne est trop longue");
    return OUTCOME_OK;
}

/* Up to the delimiter or line end, which stay. */
static enum outcome read_bare(struct csv_reader *reader)
{
    size_t from = reader->at;

    for (;;) {
        int byte = peek(reader, reader->at);

        if (is_line_end(reader, byte) || byte == (uint8_t)reader->options.delimiter)
            break;
        if (byte == '"')
            return broken(reader,
                          "un guillemet dans une cellule qui ne commence pas par un guillemet");
        if (byte == '\r')
            return broken(reader,
                          "un retour chariot hors des guillemets qui ne finit pas de ligne");
        if (check_byte(reader, from, byte) != OUTCOME_OK)
            return OUTCOME_REJECT;
        reader->at++;
    }
    add_span(reader, (struct span){from, reader->at - from, false});
    return OUTCOME_OK;
}

/* Behind the closing quote comes a delimiter or the line's end. */
static enum outcome end_quoted(struct csv_reader *reader, struct span span, int64_t first)
{
    int byte = peek(reader, reader->at);

    if (!is_line_end(reader, byte) && byte != (uint8_t)reader->options.delimiter)
        return error_set(reader->err, OUTCOME_REJECT,
                         "ligne %" PRId64
                         ", cellule %zu : des guillemets qui ne vont pas par deux : celui de la "
                         "ligne %" PRId64 " ne finit pas la cellule et n'est pas doublé",
                         reader->line + first, reader->span_count + 1,
                         reader->line + reader->lines);
    add_span(reader, span);
    return OUTCOME_OK;
}

static enum outcome read_quoted(struct csv_reader *reader)
{
    struct span span = {.from = reader->at + 1};
    int64_t first = reader->lines;

    for (reader->at++;; reader->at++) {
        int byte = peek(reader, reader->at);

        if (byte == END) {
            reader->lines = first;
            return broken(reader, "le guillemet qui la commence n'est jamais fermé");
        }
        if (byte == '"') {
            span.len = reader->at - span.from;
            reader->at++;
            if (peek(reader, reader->at) != '"')
                return end_quoted(reader, span, first);
            span.doubled = true;
        }
        if (check_byte(reader, span.from, byte) != OUTCOME_OK)
            return OUTCOME_REJECT;
        if (byte == '\n' && (size_t)++reader->lines >= reader->options.lines_most)
            return broken(reader, "trop de retours à la ligne dans ses guillemets");
    }
}

/* All cells of a row, and its line end. */
static enum outcome read_cells(struct csv_reader *reader)
{
    for (;;) {
        int byte;

        if (reader->span_count >= reader->options.columns_most)
            return broken(reader, "trop de cellules");
        if ((peek(reader, reader->at) == '"' ? read_quoted(reader) : read_bare(reader)) !=
            OUTCOME_OK)
            return OUTCOME_REJECT;
        byte = peek(reader, reader->at);
        if (byte != (uint8_t)reader->options.delimiter)
            break;
        reader->at++;
    }
    if (reader->expected > 0 && reader->span_count != reader->expected)
        return error_set(reader->err, OUTCOME_REJECT, "ligne %lld : %zu cellules, %zu attendues",
                         (long long)reader->line, reader->span_count, reader->expected);
    return OUTCOME_OK;
}

/* ---- What becomes of it --------------------------------------------------------------------- */

/* The cell with one quote for each two; read_quoted() has seen that they are pairs. */
static struct bytes undouble(struct bytes raw, struct buffer *scratch)
{
    buffer_clear(scratch);
    for (size_t i = 0; i < raw.len; i++) {
        buffer_append_byte(scratch, raw.data[i]);
        if (raw.data[i] == '"')
            i++;
    }
    return buffer_view(scratch);
}

static enum outcome decode_cells(struct csv_reader *reader, struct arena *arena,
                                 struct csv_row *ret_row)
{
    CLEANUP(buffer_deinit) struct buffer scratch = {0};
    CLEANUP(buffer_deinit) struct buffer text = {0};
    struct bytes *cells = arena_array(arena, reader->span_count, sizeof(*cells));

    for (size_t i = 0; i < reader->span_count; i++) {
        const struct span *span = &reader->spans[i];
        struct bytes raw = bytes_of(reader->window + reader->start + span->from, span->len);

        if (span->doubled)
            raw = undouble(raw, &scratch);
        buffer_clear(&text);
        if (!charset_decode(reader->options.charset, raw, &text))
            return error_set(reader->err, OUTCOME_REJECT, "ligne %lld, cellule %zu : pas du %s",
                             (long long)reader->line, i + 1, charset_name(reader->options.charset));
        cells[i] = text.len > 0 ? arena_copy(arena, buffer_view(&text)) : BYTES_LITERAL("");
    }
    ret_row->cells = cells;
    ret_row->count = reader->span_count;
    return OUTCOME_OK;
}

/* Passes the row's line end and all before it. */
static void finish_row(struct csv_reader *reader)
{
    int byte = peek(reader, reader->at);

    if (byte == '\r')
        reader->at++;
    advance(reader, reader->at + (byte == END ? 0 : 1));
    reader->line += reader->lines + 1;
}

/* Passes the row's first line, however long, and keeps its beginning. */
static enum outcome skip_line(struct csv_reader *reader, struct arena *arena,
                              struct csv_row *ret_row)
{
    CLEANUP(buffer_deinit) struct buffer raw = {.max = reader->options.row_most};
    int byte;

    while ((byte = peek(reader, 0)) != END && byte != '\n') {
        buffer_append_byte(&raw, (uint8_t)byte);
        advance(reader, 1);
    }
    if (reader->fill_outcome != OUTCOME_OK)
        return reader->fill_outcome;
    advance(reader, byte == '\n' ? 1 : 0);
    reader->line++;
    ret_row->count = 1;
    ret_row->raw = arena_copy(arena, bytes_trim(buffer_view(&raw)));
    return OUTCOME_REJECT;
}

/* Passes the byte order mark and lines of nothing; false: that was all. */
static bool find_row(struct csv_reader *reader)
{
    if (!reader->begun && peek(reader, 0) == 0xEF && peek(reader, 1) == 0xBB &&
        peek(reader, 2) == 0xBF) {
        advance(reader, sizeof(BYTE_ORDER_MARK) - 1);
        reader->options.charset = reader->utf8;
    }
    reader->begun = true;
    for (;;) {
        int byte = peek(reader, 0);
        size_t blank = byte == '\n' ? 1 : byte == '\r' && peek(reader, 1) == '\n' ? 2 : 0;

        if (blank == 0)
            return byte != END;
        advance(reader, blank);
        reader->line++;
    }
}

enum outcome csv_read(struct csv_reader *reader, struct arena *arena, struct csv_row *ret_row,
                      struct error *err)
{
    enum outcome outcome;

    *ret_row = (struct csv_row){.raw = BYTES_NONE};
    reader->err = err;
    reader->at = 0;
    reader->lines = 0;
    reader->span_count = 0;
    if (!find_row(reader))
        return reader->fill_outcome;
    outcome = read_cells(reader);
    /* Where reading failed is no end of a row. */
    if (reader->fill_outcome != OUTCOME_OK)
        return reader->fill_outcome;
    ret_row->number = ++reader->number;
    ret_row->line = reader->line;
    if (outcome == OUTCOME_OK)
        outcome = decode_cells(reader, arena, ret_row);
    if (outcome == OUTCOME_OK)
        finish_row(reader);
    else
        outcome = skip_line(reader, arena, ret_row);
    return outcome;
}
