/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory that is given back all at once: keys, values, headers and decoded events
 * of one batch live in the batch's arena and go with its reset.
 *
 * One thread at a time. Allocation never fails (it aborts); sizes that come from
 * outside are compared with a maximum before they reach an arena.
 */
#ifndef RELAIS_BASE_ARENA_H
#define RELAIS_BASE_ARENA_H

#include "base/bytes.h"

struct arena_chunk;

/* Zeroed memory is a valid, empty arena. */
struct arena {
    struct arena_chunk *first;   /* kept over a reset          */
    struct arena_chunk *current; /* where allocation goes on   */
};

void arena_init(struct arena *arena);
void arena_deinit(struct arena *arena);
/* Gives all allocations back; keeps the chunks, so a warm arena does not allocate.
 * Under AddressSanitizer the old contents are poisoned. */
void arena_reset(struct arena *arena);

/* Zeroed, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((returns_nonnull));
/* As arena_alloc(), its content is the caller's to write first. */
void *arena_alloc_unset(struct arena *arena, size_t size) __attribute__((returns_nonnull));
/* `count` zeroed elements. */
void *arena_array(struct arena *arena, size_t count, size_t size) __attribute__((returns_nonnull));
struct bytes arena_copy(struct arena *arena, struct bytes b);
/* NUL-terminated copies. */
char *arena_text(struct arena *arena, struct bytes b);
char *arena_printf(struct arena *arena, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
