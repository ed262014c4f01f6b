/* SPDX-License-Identifier: Apache-2.0
 *
 * Scope-bound ownership. An owning local is declared with CLEANUP(x_freep) and
 * given away with TAKE(x):
 *
 *     CLEANUP(pipeline_freep) struct pipeline *p = pipeline_new(...);
 *     ...
 *     *ret_pipeline = TAKE(p);
 *     return OUTCOME_OK;
 */
#ifndef RELAIS_BASE_CLEANUP_H
#define RELAIS_BASE_CLEANUP_H

#include <string.h>

#define CLEANUP(fn) __attribute__((cleanup(fn)))
#define MUST_USE __attribute__((warn_unused_result))

/* Defines free_fn##p(), the CLEANUP() form of a destructor that takes a pointer. */
#define DEFINE_CLEANUP(type, free_fn)                                                              \
    static inline void free_fn##p(type **ptr) /* NOLINT(bugprone-macro-parentheses) */             \
    {                                                                                              \
        free_fn(*ptr);                                                                             \
    }

/* Gives away what `ptr` owns: returns its value and leaves NULL behind. */
#define TAKE(ptr) take_pointer((void *)&(ptr))
static inline void *take_pointer(void *slot)
{
    void *value;
    void *none = NULL;

    memcpy(&value, slot, sizeof(value));
    memcpy(slot, &none, sizeof(none));
    return value;
}

#endif
