/* SPDX-License-Identifier: Apache-2.0 */
#include "base/diagnostics.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"

/* A longer line is quoted from a little before the mistake, and cut. */
#define QUOTE_CHARACTERS 120
#define QUOTE_BEFORE 60
#define LONGEST_WORD 64

struct source {
    const char *file;
    struct bytes text;
};

struct item {
    struct place place;
    size_t order; /* of adding: keeps the sort stable */
    const char *what;
    const char *expected;
    bool advice;
};

struct diagnostics {
    struct arena arena;
    struct source *sources;
    size_t source_count;
    struct item *items;
    size_t count;
    size_t advices; /* of them */
};

struct diagnostics *diagnostics_new(void)
{
    return xcalloc(1, sizeof(struct diagnostics));
}

void diagnostics_free(struct diagnostics *diagnostics)
{
    if (!diagnostics)
        return;
    arena_deinit(&diagnostics->arena);
    free(diagnostics->sources);
    free(diagnostics->items);
    free(diagnostics);
}

static const struct source *find_source(const struct diagnostics *diagnostics, const char *file)
{
    for (size_t i = 0; file && i < diagnostics->source_count; i++)
        if (strcmp(diagnostics->sources[i].file, file) == 0)
            return &diagnostics->sources[i];
    return NULL;
}

void diagnostics_add_source(struct diagnostics *diagnostics, const char *file, struct bytes text)
{
    if (find_source(diagnostics, file))
        return;
    diagnostics->sources = xrealloc(diagnostics->sources, (diagnostics->source_count + 1) *
                                                              sizeof(*diagnostics->sources));
    diagnostics->sources[diagnostics->source_count++] =
        (struct source){arena_text(&diagnostics->arena, bytes_of_text(file)),
                        arena_copy(&diagnostics->arena, text)};
}

/* Adds it without its level. */
__attribute__((format(printf, 4, 0))) static struct item *add_item(struct diagnostics *diagnostics,
                                                                   struct place place,
                                                                   const char *expected,
                                                                   const char *fmt, va_list args)
{
    struct arena *arena = &diagnostics->arena;
    struct item *item;
    va_list again;
    int needed;
    char *text;

    va_copy(again, args);
    needed = vsnprintf(NULL, 0, fmt, args);
    text = arena_alloc(arena, needed > 0 ? (size_t)needed + 1 : 1);
    if (needed > 0)
        (void)vsnprintf(text, (size_t)needed + 1, fmt, again);
    va_end(again);
    /* The arrays grow one by one: a file has tens of mistakes, not thousands. */
    diagnostics->items =
        xrealloc(diagnostics->items, (diagnostics->count + 1) * sizeof(*diagnostics->items));
    place.file = arena_text(arena, bytes_of_text(place.file));
    item = &diagnostics->items[diagnostics->count];
    *item = (struct item){place, diagnostics->count, text,
                          arena_text(arena, bytes_of_text(expected)), false};
    diagnostics->count++;
    return item;
}

void diagnostics_add(struct diagnostics *diagnostics, struct place place, const char *expected,
                     const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)add_item(diagnostics, place, expected, fmt, args);
    va_end(args);
}

void diagnostics_advise(struct diagnostics *diagnostics, struct place place, const char *expected,
                        const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    add_item(diagnostics, place, expected, fmt, args)->advice = true;
    va_end(args);
    diagnostics->advices++;
}

size_t diagnostics_count(const struct diagnostics *diagnostics)
{
    return diagnostics->count - diagnostics->advices;
}

size_t diagnostics_advice_count(const struct diagnostics *diagnostics)
{
    return diagnostics->advices;
}

bool diagnostics_have(const struct diagnostics *diagnostics, struct place place)
{
    size_t i = 0;

    while (i < diagnostics->count &&
           (diagnostics->items[i].place.line != place.line ||
            diagnostics->items[i].place.column != place.column ||
            strcmp(diagnostics->items[i].place.file ? diagnostics->items[i].place.file : "",
                   place.file ? place.file : "") != 0))
        i++;
    return i < diagnostics->count;
}

static int compare_items(const void *left, const void *right)
{
    const struct item *a = left;
    const struct item *b = right;
    int order = strcmp(a->place.file ? a->place.file : "", b->place.file ? b->place.file : "");

    if (order == 0)
        order = (a->place.line > b->place.line) - (a->place.line < b->place.line);
    if (order == 0)
        order = (a->place.column > b->place.column) - (a->place.column < b->place.column);
    if (order == 0)
        order = (a->order > b->order) - (a->order < b->order);
    return order;
}

/* A sorted copy; free() it. */
static struct item *sorted_items(const struct diagnostics *diagnostics)
{
    struct item *items = xcalloc(diagnostics->count, sizeof(*items));

    if (diagnostics->count > 0) {
        memcpy(items, diagnostics->items, diagnostics->count * sizeof(*items));
        qsort(items, diagnostics->count, sizeof(*items), compare_items);
    }
    return items;
}

/* ---- Writing ------------------------------------------------------------------- */

static struct bytes line_of(struct bytes text, int32_t number)
{
    struct cursor at = cursor_over(text);

    for (int32_t line = 1; at.at < at.end; line++) {
        const uint8_t *newline = memchr(at.at, '\n', cursor_left(&at));
        const uint8_t *end = newline ? newline : at.end;

        if (line == number) {
            size_t len = (size_t)(end - at.at);

            if (len > 0 && at.at[len - 1] == '\r')
                len--;
            return bytes_of(at.at, len);
        }
        at.at = newline ? newline + 1 : at.end;
    }
    return BYTES_LITERAL("");
}

static bool begins_character(uint8_t byte)
{
    return (byte & 0xC0) != 0x80;
}

/* Where character `number` (from 1) begins; the end when the line is shorter. */
static size_t offset_of(struct bytes line, int32_t number)
{
    size_t at = 0;

    for (int32_t seen = 0; at < line.len; at++)
        if (begins_character(line.data[at]) && ++seen == number)
            break;
    return at;
}

static int32_t characters_of(struct bytes text)
{
    int32_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += begins_character(text.data[i]);
    return count;
}

static void append_printable(struct buffer *out, struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        size_t length = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;

        if (length > 1 && i + length <= text.len &&
            bytes_is_utf8(bytes_of(text.data + i, length))) {
            buffer_append(out, text.data + i, length);
            i += length - 1;
        } else {
            buffer_append_byte(out, (c < 0x20 && c != '\t') || c >= 0x7F ? '?' : c);
        }
    }
}

/* The quoted line, and carets under what the place spans of it. */
static void write_quote(struct buffer *out, struct bytes text, const struct place *place)
{
    struct bytes line = line_of(text, place->line);
    int32_t column = place->column > 0 ? place->column : 1;
    int32_t from = column > QUOTE_CHARACTERS - QUOTE_BEFORE ? column - QUOTE_BEFORE : 1;
    size_t first = offset_of(line, from);
    size_t after = offset_of(line, from + QUOTE_CHARACTERS);
    struct bytes shown = bytes_of(line.data + first, after - first);
    int32_t left = characters_of(shown) - (column - from);
    int32_t carets = place->width > 0 ? place->width : 1;

    if (carets > left)
        carets = left > 0 ? left : 1;
    buffer_printf(out, "%4d | %s", place->line, from > 1 ? "..." : "");
    append_printable(out, shown);
    buffer_printf(out, "%s\n     | %s", after < line.len ? "..." : "", from > 1 ? "   " : "");
    for (size_t i = 0; i < offset_of(shown, column - from + 1); i++)
        if (begins_character(shown.data[i]))
            buffer_append_byte(out, shown.data[i] == '\t' ? '\t' : ' ');
    for (int32_t i = 0; i < carets; i++)
        buffer_append_byte(out, '^');
    buffer_append_byte(out, '\n');
}

static void write_place(struct buffer *out, const struct place *place)
{
    if (place->file)
        buffer_printf(out, "%s:", place->file);
    if (place->file && place->line > 0)
        buffer_printf(out, "%d:%d:", place->line, place->column);
    if (place->file)
        buffer_append_byte(out, ' ');
}

void diagnostics_write(const struct diagnostics *diagnostics, struct buffer *out)
{
    struct item *items = sorted_items(diagnostics);

    for (size_t i = 0; i < diagnostics->count; i++) {
        const struct item *item = &items[i];
        const struct source *source = find_source(diagnostics, item->place.file);

        write_place(out, &item->place);
        buffer_printf(out, "%s%s\n", item->advice ? DIAGNOSTICS_ADVICE : "", item->what);
        if (source && item->place.line > 0)
            write_quote(out, source->text, &item->place);
        if (item->expected)
            buffer_printf(out, "attendu : %s\n", item->expected);
    }
    free(items);
}

void diagnostics_first(const struct diagnostics *diagnostics, struct buffer *out)
{
    struct item *items = sorted_items(diagnostics);
    const struct item *first = items;

    while (first < items + diagnostics->count && first->advice)
        first++;
    if (first < items + diagnostics->count) {
        write_place(out, &first->place);
        buffer_append_text(out, first->what);
        if (first->expected)
            buffer_printf(out, " ; attendu : %s", first->expected);
    }
    free(items);
}

/* ---- Did you mean -------------------------------------------------------------- */

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* Letters to add, drop, change or swap with their neighbour (optimal string alignment). */
static size_t distance(struct bytes a, struct bytes b)
{
    size_t rows[3][LONGEST_WORD + 1] = {{0}};

    for (size_t j = 0; j <= b.len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t *row = rows[i % 3];
        const size_t *last = rows[(i + 2) % 3];
        const size_t *before = rows[(i + 1) % 3];

        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            uint8_t x = lower(a.data[i - 1]);
            uint8_t y = lower(b.data[j - 1]);

            row[j] = least(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == lower(b.data[j - 2]) && y == lower(a.data[i - 2]) &&
                before[j - 2] + 1 < row[j])
                row[j] = before[j - 2] + 1;
        }
    }
    return rows[a.len % 3][b.len];
}

const char *diagnostics_nearest(struct bytes word, const char *const *names)
{
    const char *nearest = NULL;
    size_t best = word.len / 3 + 1;

    if (word.len == 0 || word.len > LONGEST_WORD)
        return NULL;
    for (; *names; names++) {
        struct bytes name = bytes_of_text(*names);
        size_t differs = name.len <= LONGEST_WORD ? distance(word, name) : best;

        if (differs < best) {
            best = differs;
            nearest = *names;
        }
    }
    return nearest;
}
