/* SPDX-License-Identifier: Apache-2.0
 *
 * A pattern is a row of parts. Between two `*` the parts fit or do not fit at a given place;
 * the leftmost place is as good as any later one, since nothing behind a `*` can want more of
 * the text than what is left. Only the last row is tied to the text's end.
 */
#include "connectors/mapping/pattern.h"

#define MOST_PARTS 128

enum part_kind {
    PART_SIGN, /* one byte, as written */
    PART_CHARACTER,
    PART_DIGIT,
    PART_DIGITS,
    PART_ANY,
    PART_FROM, /* what is picked begins here */
    PART_TO,
};

struct part {
    enum part_kind kind;
    uint8_t sign;
};

struct pattern {
    const struct part *parts;
    size_t count;
};

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* ---- Reading a pattern ---------------------------------------------------------------- */

static enum part_kind kind_of(struct bytes text, size_t *at)
{
    switch (text.data[*at]) {
    case '*':
        return PART_ANY;
    case '?':
        return PART_CHARACTER;
    case '{':
        return PART_FROM;
    case '}':
        return PART_TO;
    case '#':
        if (*at + 1 < text.len && text.data[*at + 1] == '+') {
            ++*at;
            return PART_DIGITS;
        }
        return PART_DIGIT;
    case '\\':
        *at += *at + 1 < text.len;
        return PART_SIGN;
    default:
        return PART_SIGN;
    }
}

const struct pattern *pattern_new(struct bytes text, struct arena *arena, const char **ret_wrong)
{
    struct pattern *pattern = arena_alloc(arena, sizeof(*pattern));
    struct part *parts = arena_array(arena, MOST_PARTS, sizeof(*parts));
    size_t from = 0;
    size_t to = 0;

    *ret_wrong = NULL;
    pattern->parts = parts;
    for (size_t at = 0; at < text.len && pattern->count < MOST_PARTS; at++) {
        struct part *part = &parts[pattern->count++];

        part->kind = kind_of(text, &at);
        part->sign = text.data[at];
        from += part->kind == PART_FROM;
        if (part->kind == PART_TO && ++to > from)
            *ret_wrong = "un } sans son { devant";
    }
    if (from != to && !*ret_wrong)
        *ret_wrong = "un { sans son }";
    if (from > 1)
        *ret_wrong = "plus d'un { }";
    if (text.len == 0 || pattern->count == MOST_PARTS)
        *ret_wrong = "entre 1 et 127 signes";
    return *ret_wrong ? NULL : pattern;
}

/* ---- Matching ------------------------------------------------------------------------- */

struct match {
    struct bytes text;
    size_t from;
    size_t to;
};

/* Bytes that a part takes at `at`; -1: it does not fit there. */
static long fits(const struct part *part, struct bytes text, size_t at)
{
    size_t end = at;

    if (part->kind == PART_FROM || part->kind == PART_TO)
        return 0;
    if (at >= text.len)
        return -1;
    switch (part->kind) {
    case PART_SIGN:
        return text.data[at] == part->sign ? 1 : -1;
    case PART_CHARACTER:
        for (end++; end < text.len && (text.data[end] & 0xC0) == 0x80; end++)
            ;
        return (long)(end - at);
    case PART_DIGIT:
        return is_digit(text.data[at]) ? 1 : -1;
    case PART_DIGITS:
    case PART_ANY:
    case PART_FROM:
    case PART_TO:
    default:
        while (end < text.len && is_digit(text.data[end]))
            end++;
        return end > at ? (long)(end - at) : -1;
    }
}

/* The parts from `first` to the next `*` at one place; false: they do not fit there. */
static bool fit_row(const struct pattern *pattern, size_t first, struct match *match, size_t at,
                    size_t *ret_end)
{
    for (size_t i = first; i < pattern->count && pattern->parts[i].kind != PART_ANY; i++) {
        long len = fits(&pattern->parts[i], match->text, at);

        if (len < 0)
            return false;
        if (pattern->parts[i].kind == PART_FROM)
            match->from = at;
        if (pattern->parts[i].kind == PART_TO)
            match->to = at;
        at += (size_t)len;
    }
    *ret_end = at;
    return true;
}

static size_t row_end(const struct pattern *pattern, size_t first)
{
    while (first < pattern->count && pattern->parts[first].kind != PART_ANY)
        first++;
    return first;
}

bool pattern_match(const struct pattern *pattern, struct bytes text, struct bytes *ret_picked)
{
    struct match match = {.text = text, .from = 0, .to = text.len};
    size_t first = 0;
    size_t at = 0;
    bool free = false; /* a `*` stands before the row */

    for (;;) {
        size_t next = row_end(pattern, first);
        bool last = next == pattern->count;
        size_t end = 0;

        while (!fit_row(pattern, first, &match, at, &end) || (last && end != text.len)) {
            if (!free || at >= text.len)
                return false;
            at++;
        }
        at = end;
        if (last)
            break;
        first = next + 1;
        free = true;
    }
    *ret_picked = bytes_of(text.data + match.from, match.to - match.from);
    return true;
}
