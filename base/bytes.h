/* SPDX-License-Identifier: Apache-2.0
 *
 * Views, cursors and growing buffers. A payload is a view, never a C string.
 */
#ifndef RELAIS_BASE_BYTES_H
#define RELAIS_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"

/* A borrowed, read-only view. data == NULL means "no value"; an empty value has a
 * data pointer and len 0. Who owns the memory is said where the view is given. */
struct bytes {
    const uint8_t *data;
    size_t len;
};

#define BYTES_NONE ((struct bytes){NULL, 0})
/* View of a string literal or array, without its NUL. */
#define BYTES_LITERAL(text) ((struct bytes){(const uint8_t *)("" text), sizeof(text) - 1})
/* For printf("%.*s", BYTES_ARG(b)). Only for values that may be shown. */
#define BYTES_ARG(b) ((int)(b).len), ((const char *)(b).data)

static inline struct bytes bytes_of(const void *data, size_t len)
{
    return (struct bytes){data, len};
}

/* View of a NUL-terminated text; BYTES_NONE for NULL. */
static inline struct bytes bytes_of_text(const char *text)
{
    return text ? bytes_of(text, strlen(text)) : BYTES_NONE;
}

static inline bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}
bool bytes_equal_text(struct bytes a, const char *text);
/* The same whatever the case of ASCII's letters. */
bool bytes_equal_ignoring_case(struct bytes a, struct bytes b);
bool bytes_starts_with(struct bytes whole, struct bytes prefix);
/* Orders like memcmp, a prefix first. */
int bytes_compare(struct bytes a, struct bytes b);
/* True for well-formed UTF-8 (Unicode 15, table 3-7), no surrogates, empty included. */
bool bytes_is_utf8(struct bytes b);
/* The view without the byte order mark (UTF-8) that may stand at its head. */
struct bytes bytes_unmark(struct bytes b);
/* The view without leading and trailing ASCII blanks. */
struct bytes bytes_trim(struct bytes b);
/* Whole decimal number with optional sign; false when it is anything else or overflows. */
bool bytes_to_int64(struct bytes b, int64_t *ret_value);

/*
 * A growing buffer with a bound. Zeroed memory is a valid, empty, unbounded buffer.
 * An append past `max` changes nothing and sets `overflow`: check it once, at the end.
 */
struct buffer {
    uint8_t *data;
    size_t len;
    size_t capacity;
    size_t max; /* 0: no bound but memory */
    bool overflow;
};

void buffer_init(struct buffer *buffer, size_t max);
void buffer_deinit(struct buffer *buffer);
/* Keeps the memory. */
void buffer_clear(struct buffer *buffer);
void buffer_append(struct buffer *buffer, const void *data, size_t len);
void buffer_append_bytes(struct buffer *buffer, struct bytes b);
void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_append_byte(struct buffer *buffer, uint8_t byte);
void buffer_printf(struct buffer *buffer, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Valid until the next append. */
struct bytes buffer_view(const struct buffer *buffer);
/* NUL-terminated text of the whole buffer; valid until the next append. */
const char *buffer_text(struct buffer *buffer);

/* Reads forward through a view with every step checked. */
struct cursor {
    const uint8_t *at;
    const uint8_t *end;
};

static inline struct cursor cursor_over(struct bytes b)
{
    return (struct cursor){b.data, b.data ? b.data + b.len : NULL};
}
static inline size_t cursor_left(const struct cursor *c)
{
    return (size_t)(c->end - c->at);
}
/* Each returns false and moves nothing when too few bytes are left. */
MUST_USE bool cursor_take(struct cursor *c, size_t len, struct bytes *ret_view);
MUST_USE bool cursor_u8(struct cursor *c, uint8_t *ret_value);
MUST_USE bool cursor_u32_be(struct cursor *c, uint32_t *ret_value);
MUST_USE bool cursor_u64_be(struct cursor *c, uint64_t *ret_value);

/* Allocation of sizes that we choose: never returns NULL, aborts instead. */
void *xcalloc(size_t count, size_t size) __attribute__((returns_nonnull));
void *xrealloc(void *old, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *text);
/* NUL-terminated copy of a view; free() it. NULL for BYTES_NONE. */
char *bytes_dup_text(struct bytes b);

#endif
