/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/sample_quote.h"

#include "schemas/nir.h"

/* { "answers": { "creer": { "status": */
#define STATUS_DEPTH 3

struct quoting {
    struct bytes json;
    size_t at;
    size_t depth;     /* of open objects and lists */
    struct bytes top; /* the key of the outermost object, and the last one: where `at` is */
    struct bytes key;
    struct buffer *out;
};

/* Behind the quote that ends the text which begins there. */
static size_t text_end(struct bytes json, size_t at)
{
    for (at++; at < json.len && json.data[at] != '"'; at++)
        at += json.data[at] == '\\';
    return at < json.len ? at + 1 : json.len;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_key(struct bytes json, size_t end)
{
    while (end < json.len && is_blank(json.data[end]))
        end++;
    return end < json.len && json.data[end] == ':';
}

static bool is_shown(const struct quoting *quoting, struct bytes value)
{
    if (bytes_equal_text(quoting->top, "deliver"))
        return !nir_in_text(value);
    return quoting->depth == STATUS_DEPTH && bytes_equal_text(quoting->top, "answers") &&
           bytes_equal_text(quoting->key, "status");
}

static void write_value(struct quoting *quoting, struct bytes value)
{
    if (is_shown(quoting, value)) {
        buffer_append_bytes(quoting->out, value);
        return;
    }
    for (size_t i = 0; i < value.len; i++)
        if ((value.data[i] & 0xC0) != 0x80)
            buffer_append_byte(quoting->out, '*');
}

static void write_text(struct quoting *quoting)
{
    size_t end = text_end(quoting->json, quoting->at);
    struct bytes inside = bytes_of(quoting->json.data + quoting->at + 1, end - quoting->at - 2);

    buffer_append_byte(quoting->out, '"');
    if (is_key(quoting->json, end)) {
        quoting->key = inside;
        if (quoting->depth == 1)
            quoting->top = inside;
        buffer_append_bytes(quoting->out, inside);
    } else {
        write_value(quoting, inside);
    }
    buffer_append_byte(quoting->out, '"');
    quoting->at = end;
}

static bool is_of_number(uint8_t c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

static void write_number(struct quoting *quoting)
{
    size_t end = quoting->at;

    while (end < quoting->json.len && is_of_number(quoting->json.data[end]))
        end++;
    write_value(quoting, bytes_of(quoting->json.data + quoting->at, end - quoting->at));
    quoting->at = end;
}

void sample_quote_write(struct bytes json, struct buffer *out)
{
    struct quoting quoting = {
        .json = json, .top = BYTES_LITERAL(""), .key = BYTES_LITERAL(""), .out = out};

    while (quoting.at < json.len) {
        uint8_t c = json.data[quoting.at];

        if (c == '"') {
            write_text(&quoting);
            continue;
        }
        if (c == '-' || (c >= '0' && c <= '9')) {
            write_number(&quoting);
            continue;
        }
        quoting.depth += c == '{' || c == '[';
        quoting.depth -= (c == '}' || c == ']') && quoting.depth > 0;
        buffer_append_byte(out, c);
        quoting.at++;
    }
}
