/* SPDX-License-Identifier: Apache-2.0
 *
 * The longest common subsequence by dynamic programming: the texts are outputs of a screen or
 * two, and what they share at both ends is set aside first.
 */
#include "cli/text_diff.h"

#include <stdlib.h>

#define AROUND 3
#define MOST 2000

struct lines {
    struct bytes *items; /* with their line end */
    size_t count;
};

/* '-' is of the old text alone, '+' of the new one alone, ' ' of both. */
struct edit {
    char sign;
    struct bytes line;
};

struct edits {
    struct edit *items;
    size_t count;
};

static struct lines split(struct bytes text)
{
    struct lines lines = {0};

    for (size_t from = 0; from < text.len;) {
        const uint8_t *end = memchr(text.data + from, '\n', text.len - from);
        size_t len = end ? (size_t)(end - text.data) - from + 1 : text.len - from;

        lines.items = xrealloc(lines.items, (lines.count + 1) * sizeof(*lines.items));
        lines.items[lines.count++] = bytes_of(text.data + from, len);
        from += len;
    }
    return lines;
}

static void push(struct edits *edits, char sign, struct bytes line)
{
    edits->items = xrealloc(edits->items, (edits->count + 1) * sizeof(*edits->items));
    edits->items[edits->count++] = (struct edit){sign, line};
}

/* table[i * (b.count + 1) + j]: the length that a from i on and b from j on have in common. */
static uint32_t *common_lengths(const struct lines *a, const struct lines *b)
{
    size_t width = b->count + 1;
    uint32_t *table = xcalloc((a->count + 1) * width, sizeof(*table));

    for (size_t i = a->count; i-- > 0;)
        for (size_t j = b->count; j-- > 0;) {
            uint32_t down = table[(i + 1) * width + j];
            uint32_t right = table[i * width + j + 1];

            table[i * width + j] = bytes_equal(a->items[i], b->items[j])
                                       ? table[(i + 1) * width + j + 1] + 1
                                   : down > right ? down
                                                  : right;
        }
    return table;
}

static void compare(const struct lines *a, const struct lines *b, struct edits *edits)
{
    size_t width = b->count + 1;
    bool long_texts = a->count > MOST || b->count > MOST;
    uint32_t *table = long_texts ? NULL : common_lengths(a, b);
    size_t i = 0;
    size_t j = 0;

    while (i < a->count || j < b->count) {
        if (table && i < a->count && j < b->count && bytes_equal(a->items[i], b->items[j])) {
            push(edits, ' ', a->items[i++]);
            j++;
        } else if (i < a->count && (!table || j == b->count ||
                                    table[(i + 1) * width + j] >= table[i * width + j + 1])) {
            push(edits, '-', a->items[i++]);
        } else {
            push(edits, '+', b->items[j++]);
        }
    }
    free(table);
}

/* ---- Hunks ------------------------------------------------------------------------------ */

static void write_lines(const struct edits *edits, size_t from, size_t to, struct buffer *out)
{
    for (size_t i = from; i < to; i++) {
        struct bytes line = edits->items[i].line;

        buffer_append_byte(out, (uint8_t)edits->items[i].sign);
        buffer_append_bytes(out, line);
        if (line.len == 0 || line.data[line.len - 1] != '\n')
            buffer_append_text(out, "\n\\ pas de fin de ligne\n");
    }
}

/* Lines of each text among the edits from `from` to before `to`. */
static void count_lines(const struct edits *edits, size_t from, size_t to, size_t *ret_old,
                        size_t *ret_new)
{
    *ret_old = 0;
    *ret_new = 0;
    for (size_t i = from; i < to; i++) {
        *ret_old += edits->items[i].sign != '+';
        *ret_new += edits->items[i].sign != '-';
    }
}

/* The end of the hunk whose first change is at `from`: changes nearer than twice the context. */
static size_t hunk_end(const struct edits *edits, size_t from)
{
    size_t last = from;

    for (size_t i = from; i < edits->count && i <= last + (size_t)2 * AROUND + 1; i++)
        if (edits->items[i].sign != ' ')
            last = i;
    return last + 1 + AROUND < edits->count ? last + 1 + AROUND : edits->count;
}

static void write_hunks(const struct edits *edits, struct buffer *out)
{
    for (size_t i = 0; i < edits->count; i++) {
        size_t before_old;
        size_t before_new;
        size_t old_lines;
        size_t new_lines;
        size_t from;
        size_t to;

        if (edits->items[i].sign == ' ')
            continue;
        from = i > AROUND ? i - AROUND : 0;
        to = hunk_end(edits, i);
        count_lines(edits, 0, from, &before_old, &before_new);
        count_lines(edits, from, to, &old_lines, &new_lines);
        buffer_printf(out, "@@ -%zu,%zu +%zu,%zu @@\n", before_old + (old_lines > 0), old_lines,
                      before_new + (new_lines > 0), new_lines);
        write_lines(edits, from, to, out);
        i = to - 1;
    }
}

void text_diff_write(const char *old_name, struct bytes old_text, const char *new_name,
                     struct bytes new_text, struct buffer *out)
{
    struct lines a;
    struct lines b;
    struct edits edits = {0};

    if (bytes_equal(old_text, new_text))
        return;
    a = split(old_text);
    b = split(new_text);
    compare(&a, &b, &edits);
    buffer_printf(out, "--- %s\n+++ %s\n", old_name, new_name);
    write_hunks(&edits, out);
    free(a.items);
    free(b.items);
    free(edits.items);
}
