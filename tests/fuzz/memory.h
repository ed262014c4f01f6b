/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory that runs out, for the replay of the corpora (not under libFuzzer): malloc, calloc
 * and realloc of the whole process, its libraries' too, fail when told to.
 *
 * Sizes that the program chooses are allocated with xcalloc and xrealloc, which abort by design
 * (DESIGN.md "Out of memory"): such calls are not counted and fail by their size only.
 */
#ifndef RELAIS_TESTS_FUZZ_MEMORY_H
#define RELAIS_TESTS_FUZZ_MEMORY_H

#include <stddef.h>

/* Numbers of the process, from the last memory_begin(). */
struct memory_count {
    size_t foreign; /* allocations that are not xcalloc's or xrealloc's */
    size_t largest; /* bytes of the largest one, of all                 */
};

/* From now on allocation number `fail_at` (from 1; 0: none) of the libraries fails, and each one
 * of more than `most` bytes (0: none). */
void memory_begin(size_t fail_at, size_t most);
/* Ends it. */
struct memory_count memory_end(void);

#endif
