/* SPDX-License-Identifier: Apache-2.0
 *
 * A wall clock that moves far against the monotonic one was set by somebody, or a machine
 * woke up with a wrong date: its deadlines would all fire at once, and what a memory keeps for
 * some days would be forgotten; neither can be unsaid. So they are suspended until a person has
 * looked and started the process again. A clock that is wrong at the start is not seen.
 */
#ifndef RELAIS_BASE_JUMPS_H
#define RELAIS_BASE_JUMPS_H

#include "base/clock.h"
#include "base/metrics.h"

#define JUMPS_MOST_MS INT64_C(600000)

/* Zeroed memory has seen nothing yet. */
struct jumps {
    bool started;
    bool suspended;
    int64_t wall_us; /* at the last look */
    int64_t mono_ms;
};

/* True while deadlines may fire. Called often: a slow drift is no jump. A driven clock
 * (demonstration, tests) jumps as it is told to. */
bool jumps_look(struct jumps *jumps, struct clock *clock);
/* The same for a worker, which says it: once in the log, and in its gauge. */
bool jumps_may_fire(struct jumps *jumps, struct clock *clock, struct metric *suspended,
                    const char *worker);
/* jumps_look() for two readings. */
bool jumps_compare(struct jumps *jumps, int64_t wall_us, int64_t mono_ms);

#endif
