/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void *xcalloc(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size ? size : 1);

    if (!memory)
        abort();
    return memory;
}

void *xrealloc(void *old, size_t size)
{
    void *memory = realloc(old, size ? size : 1);

    if (!memory)
        abort();
    return memory;
}

char *bytes_dup_text(struct bytes b)
{
    char *text;

    if (!b.data)
        return NULL;
    text = xcalloc(1, b.len + 1);
    memcpy(text, b.data, b.len);
    return text;
}

char *xstrdup(const char *text)
{
    return bytes_dup_text(bytes_of_text(text));
}

bool bytes_equal_text(struct bytes a, const char *text)
{
    return bytes_equal(a, bytes_of_text(text));
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

bool bytes_equal_ignoring_case(struct bytes a, struct bytes b)
{
    size_t i = 0;

    while (i < a.len && i < b.len && lower(a.data[i]) == lower(b.data[i]))
        i++;
    return i == a.len && i == b.len;
}

bool bytes_starts_with(struct bytes whole, struct bytes prefix)
{
    return whole.len >= prefix.len && bytes_equal(bytes_of(whole.data, prefix.len), prefix);
}

int bytes_compare(struct bytes a, struct bytes b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common ? memcmp(a.data, b.data, common) : 0;

    if (order != 0)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

/* Length of the well-formed character at `at`, 0 when there is none.
 * Unicode 15.0, section 3.9, table 3-7 "Well-Formed UTF-8 Byte Sequences". */
static size_t utf8_char_length(const uint8_t *at, size_t left)
{
    uint8_t low = 0x80;
    uint8_t high = 0xBF;
    size_t length;

    if (at[0] < 0x80)
        return 1;
    if (at[0] >= 0xC2 && at[0] <= 0xDF)
        length = 2;
    else if (at[0] >= 0xE0 && at[0] <= 0xEF)
        length = 3;
    else if (at[0] >= 0xF0 && at[0] <= 0xF4)
        length = 4;
    else
        return 0;
    if (left < length)
        return 0;
    if (at[0] == 0xE0)
        low = 0xA0;
    else if (at[0] == 0xED)
        high = 0x9F;
    else if (at[0] == 0xF0)
        low = 0x90;
    else if (at[0] == 0xF4)
        high = 0x8F;
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    return length;
}

/* How many bytes from here on are ASCII, as far as whole words are: most texts are nothing else. */
static size_t ascii_words(const uint8_t *at, size_t left)
{
    size_t i = 0;
    uint64_t word;

    for (; left - i >= sizeof(word); i += sizeof(word)) {
        memcpy(&word, at + i, sizeof(word));
        if (word & UINT64_C(0x8080808080808080))
            break;
    }
    return i;
}

bool bytes_is_utf8(struct bytes b)
{
    size_t i = b.len > 0 ? ascii_words(b.data, b.len) : 0;

    while (i < b.len) {
        size_t length = utf8_char_length(b.data + i, b.len - i);

        if (length == 0)
            return false;
        i += length;
        if (length > 1)
            i += ascii_words(b.data + i, b.len - i);
    }
    return true;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct bytes bytes_unmark(struct bytes b)
{
    struct bytes mark = BYTES_LITERAL("\xEF\xBB\xBF");

    return bytes_starts_with(b, mark) ? bytes_of(b.data + mark.len, b.len - mark.len) : b;
}

struct bytes bytes_trim(struct bytes b)
{
    while (b.len > 0 && is_blank(b.data[0])) {
        b.data++;
        b.len--;
    }
    while (b.len > 0 && is_blank(b.data[b.len - 1]))
        b.len--;
    return b;
}

bool bytes_to_int64(struct bytes b, int64_t *ret_value)
{
    char text[24];
    char *end;
    long long value;

    if (b.len == 0 || b.len >= sizeof(text) || is_blank(b.data[0]))
        return false;
    memcpy(text, b.data, b.len);
    text[b.len] = '\0';
    errno = 0;
    value = strtoll(text, &end, 10);
    if (errno != 0 || end != text + b.len)
        return false;
    *ret_value = value;
    return true;
}

void buffer_init(struct buffer *buffer, size_t max)
{
    *buffer = (struct buffer){.max = max};
}

void buffer_deinit(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){.max = buffer->max};
}

void buffer_clear(struct buffer *buffer)
{
    buffer->len = 0;
    buffer->overflow = false;
}

/* Makes room for `len` more bytes and a NUL; false when that would pass the bound. */
static bool reserve(struct buffer *buffer, size_t len)
{
    size_t needed = buffer->len + len + 1;

    if (needed < len || (buffer->max && buffer->len + len > buffer->max)) {
        buffer->overflow = true;
        return false;
    }
    if (needed > buffer->capacity) {
        size_t grown = buffer->capacity ? buffer->capacity * 2 : 256;

        buffer->capacity = grown > needed ? grown : needed;
        buffer->data = xrealloc(buffer->data, buffer->capacity);
    }
    return true;
}

void buffer_append(struct buffer *buffer, const void *data, size_t len)
{
    if (!reserve(buffer, len) || len == 0)
        return;
    memcpy(buffer->data + buffer->len, data, len);
    buffer->len += len;
}

void buffer_append_bytes(struct buffer *buffer, struct bytes b)
{
    buffer_append(buffer, b.data, b.len);
}

void buffer_append_text(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

void buffer_append_byte(struct buffer *buffer, uint8_t byte)
{
    buffer_append(buffer, &byte, 1);
}

void buffer_printf(struct buffer *buffer, const char *fmt, ...)
{
    va_list args;
    int needed;

    va_start(args, fmt);
    needed = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (needed < 0 || !reserve(buffer, (size_t)needed))
        return;
    va_start(args, fmt);
    needed = vsnprintf((char *)buffer->data + buffer->len, (size_t)needed + 1, fmt, args);
    va_end(args);
    if (needed > 0)
        buffer->len += (size_t)needed;
}

struct bytes buffer_view(const struct buffer *buffer)
{
    return buffer->data ? bytes_of(buffer->data, buffer->len) : BYTES_LITERAL("");
}

const char *buffer_text(struct buffer *buffer)
{
    if (!buffer->data) {
        buffer->capacity = 256;
        buffer->data = xcalloc(1, buffer->capacity);
    }
    buffer->data[buffer->len] = '\0';
    return (const char *)buffer->data;
}

bool cursor_take(struct cursor *c, size_t len, struct bytes *ret_view)
{
    if (cursor_left(c) < len)
        return false;
    *ret_view = bytes_of(c->at, len);
    c->at += len;
    return true;
}

bool cursor_u8(struct cursor *c, uint8_t *ret_value)
{
    if (c->at == c->end)
        return false;
    *ret_value = *c->at++;
    return true;
}

bool cursor_u32_be(struct cursor *c, uint32_t *ret_value)
{
    struct bytes view;

    if (!cursor_take(c, 4, &view))
        return false;
    *ret_value = (uint32_t)view.data[0] << 24 | (uint32_t)view.data[1] << 16 |
                 (uint32_t)view.data[2] << 8 | view.data[3];
    return true;
}

bool cursor_u64_be(struct cursor *c, uint64_t *ret_value)
{
    uint32_t high = 0;
    uint32_t low = 0;

    if (cursor_left(c) < 8 || !cursor_u32_be(c, &high) || !cursor_u32_be(c, &low))
        return false;
    *ret_value = (uint64_t)high << 32 | low;
    return true;
}
