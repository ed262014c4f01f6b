/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISON 1
#endif
#endif
#ifdef ARENA_POISON
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

#define CHUNK_SIZE ((size_t)64 * 1024)

struct arena_chunk {
    struct arena_chunk *next;
    size_t used;
    size_t size;
    alignas(max_align_t) uint8_t memory[];
};

static struct arena_chunk *chunk_new(size_t size)
{
    struct arena_chunk *chunk = xcalloc(1, sizeof(*chunk) + size);

    chunk->size = size;
    ASAN_POISON_MEMORY_REGION(chunk->memory, chunk->size);
    return chunk;
}

void arena_init(struct arena *arena)
{
    *arena = (struct arena){NULL, NULL};
}

void arena_deinit(struct arena *arena)
{
    struct arena_chunk *chunk = arena->first;

    while (chunk) {
        struct arena_chunk *next = chunk->next;

        ASAN_UNPOISON_MEMORY_REGION(chunk->memory, chunk->size);
        free(chunk);
        chunk = next;
    }
    arena_init(arena);
}

void arena_reset(struct arena *arena)
{
    for (struct arena_chunk *chunk = arena->first; chunk; chunk = chunk->next) {
        chunk->used = 0;
        ASAN_POISON_MEMORY_REGION(chunk->memory, chunk->size);
    }
    arena->current = arena->first;
}

static void *chunk_take(struct arena_chunk *chunk, size_t size)
{
    void *at = chunk->memory + chunk->used;

    chunk->used += size;
    ASAN_UNPOISON_MEMORY_REGION(at, size);
    return at;
}

void *arena_alloc_unset(struct arena *arena, size_t size)
{
    struct arena_chunk *chunk = arena->current;
    struct arena_chunk *fresh;
    size_t rounded = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);

    if (rounded < size)
        abort();
    if (rounded == 0)
        rounded = alignof(max_align_t);
    if (chunk && chunk->size - chunk->used >= rounded)
        return chunk_take(chunk, rounded);
    while (chunk && chunk->size - chunk->used < rounded && chunk->next)
        chunk = chunk->next;
    if (chunk && chunk->size - chunk->used >= rounded) {
        arena->current = chunk;
        return chunk_take(chunk, rounded);
    }
    fresh = chunk_new(rounded > CHUNK_SIZE ? rounded : CHUNK_SIZE);
    if (chunk)
        chunk->next = fresh;
    else
        arena->first = fresh;
    arena->current = fresh;
    return chunk_take(fresh, rounded);
}

void *arena_alloc(struct arena *arena, size_t size)
{
    return memset(arena_alloc_unset(arena, size), 0, size);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        abort();
    return arena_alloc(arena, count * size);
}

struct bytes arena_copy(struct arena *arena, struct bytes b)
{
    void *copy;

    if (!b.data)
        return BYTES_NONE;
    copy = arena_alloc_unset(arena, b.len);
    memcpy(copy, b.data, b.len);
    return bytes_of(copy, b.len);
}

char *arena_text(struct arena *arena, struct bytes b)
{
    char *text;

    if (!b.data)
        return NULL;
    text = arena_alloc_unset(arena, b.len + 1);
    memcpy(text, b.data, b.len);
    text[b.len] = '\0';
    return text;
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
    char short_text[128]; /* most are: then once is enough */
    va_list args;
    int needed;
    char *text;

    va_start(args, fmt);
    needed = vsnprintf(short_text, sizeof(short_text), fmt, args);
    va_end(args);
    if (needed < 0)
        abort();
    text = arena_alloc_unset(arena, (size_t)needed + 1);
    if ((size_t)needed < sizeof(short_text))
        return memcpy(text, short_text, (size_t)needed + 1);
    va_start(args, fmt);
    needed = vsnprintf(text, (size_t)needed + 1, fmt, args);
    va_end(args);
    return needed < 0 ? NULL : text;
}
