/* SPDX-License-Identifier: Apache-2.0
 *
 * The C library looks these names up in the program first. The real ones are the next of that
 * name: the sanitizer's, or the C library's. While they are looked for a few bytes of our own
 * have to do.
 */
#include "tests/fuzz/memory.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

#define EXPORTED __attribute__((visibility("default")))

static struct {
    size_t fail_at;
    size_t most;
    bool on;
    int by_design; /* depth of xcalloc() and xrealloc() */
    struct memory_count count;
} memory;

static struct {
    void *(*malloc)(size_t size);
    void *(*calloc)(size_t count, size_t size);
    void *(*realloc)(void *old, size_t size);
    bool looking;
} real;

static _Alignas(max_align_t) uint8_t early[4096];
static size_t early_used;

static void *take_early(size_t size)
{
    void *at = early + early_used;

    early_used += (size + 15) & ~(size_t)15;
    return early_used <= sizeof(early) ? at : NULL;
}

static void look(void)
{
    real.looking = true;
    /* POSIX has a pointer to data fit for one to a function. */
    *(void **)&real.malloc = dlsym(RTLD_NEXT, "malloc");
    *(void **)&real.calloc = dlsym(RTLD_NEXT, "calloc");
    *(void **)&real.realloc = dlsym(RTLD_NEXT, "realloc");
    real.looking = false;
}

static bool fails(size_t size)
{
    if (!memory.on)
        return false;
    if (size > memory.count.largest)
        memory.count.largest = size;
    if (memory.most > 0 && size > memory.most)
        return true;
    return memory.by_design == 0 && ++memory.count.foreign == memory.fail_at;
}

void *malloc(size_t size) EXPORTED;
void *malloc(size_t size)
{
    if (real.looking)
        return take_early(size);
    if (!real.malloc)
        look();
    return fails(size) ? NULL : real.malloc(size);
}

void *calloc(size_t count, size_t size) EXPORTED;
void *calloc(size_t count, size_t size)
{
    if (real.looking)
        return take_early(count * size);
    if (!real.calloc)
        look();
    return fails(size > 0 && count > SIZE_MAX / size ? SIZE_MAX : count * size)
               ? NULL
               : real.calloc(count, size);
}

void *realloc(void *old, size_t size) EXPORTED;
void *realloc(void *old, size_t size)
{
    if (!real.realloc)
        look();
    return fails(size) ? NULL : real.realloc(old, size);
}

/* The linker's --wrap leads here (tests/fuzz/CMakeLists.txt). */
void *__real_xcalloc(size_t count, size_t size);
void *__wrap_xcalloc(size_t count, size_t size);
void *__wrap_xcalloc(size_t count, size_t size)
{
    void *made;

    memory.by_design++;
    made = __real_xcalloc(count, size);
    memory.by_design--;
    return made;
}

void *__real_xrealloc(void *old, size_t size);
void *__wrap_xrealloc(void *old, size_t size);
void *__wrap_xrealloc(void *old, size_t size)
{
    void *made;

    memory.by_design++;
    made = __real_xrealloc(old, size);
    memory.by_design--;
    return made;
}

void memory_begin(size_t fail_at, size_t most)
{
    memory.fail_at = fail_at;
    memory.most = most;
    memory.count = (struct memory_count){0};
    memory.on = true;
}

struct memory_count memory_end(void)
{
    memory.on = false;
    return memory.count;
}
