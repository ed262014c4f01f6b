/* SPDX-License-Identifier: Apache-2.0 */
#include "base/csv_writer.h"

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* Sign, digits, and at most one decimal point or comma between digits: +33612345678, -12,5. */
static bool is_signed_number(struct bytes cell)
{
    size_t marks = 0;

    if (cell.len < 2 || !is_digit(cell.data[1]) || !is_digit(cell.data[cell.len - 1]))
        return false;
    for (size_t i = 1; i < cell.len; i++) {
        if (cell.data[i] == '.' || cell.data[i] == ',')
            marks++;
        else if (!is_digit(cell.data[i]))
            return false;
    }
    return marks <= 1;
}

static bool is_formula(struct bytes cell)
{
    if (cell.len == 0)
        return false;
    switch (cell.data[0]) {
    case '=':
    case '@':
    case '\t':
    case '\r':
        return true;
    case '+':
    case '-':
        return !is_signed_number(cell);
    default:
        return false;
    }
}

static bool needs_quotes(struct bytes cell, char delimiter)
{
    if (cell.len == 0)
        return false;
    if (cell.data[0] == ' ' || cell.data[0] == '\t' || cell.data[cell.len - 1] == ' ' ||
        cell.data[cell.len - 1] == '\t')
        return true;
    for (size_t i = 0; i < cell.len; i++)
        if (cell.data[i] == (uint8_t)delimiter || cell.data[i] == '"' || cell.data[i] == '\r' ||
            cell.data[i] == '\n')
            return true;
    return false;
}

static void append_cell(const struct csv_dialect *dialect, struct bytes cell, struct buffer *row)
{
    bool formula = dialect->guard && is_formula(cell);
    bool quoted = needs_quotes(cell, dialect->delimiter);

    if (quoted)
        buffer_append_byte(row, '"');
    if (formula)
        buffer_append_byte(row, '\'');
    for (size_t i = 0; i < cell.len; i++) {
        if (cell.data[i] == '"')
            buffer_append_byte(row, '"');
        if (cell.data[i] != '\0')
            buffer_append_byte(row, cell.data[i]);
    }
    if (quoted)
        buffer_append_byte(row, '"');
}

size_t csv_writer_row(const struct csv_dialect *dialect, const struct bytes *cells, size_t count,
                      struct buffer *out)
{
    CLEANUP(buffer_deinit) struct buffer row = {0};

    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_append_byte(&row, (uint8_t)dialect->delimiter);
        append_cell(dialect, cells[i], &row);
    }
    /* A line of nothing is no row for most readers. */
    if (row.len == 0)
        buffer_append_text(&row, "\"\"");
    buffer_append_text(&row, dialect->crlf ? "\r\n" : "\n");
    return charset_encode(dialect->charset, buffer_view(&row), out);
}
