/* SPDX-License-Identifier: Apache-2.0
 *
 * How often, and how many at a time, one system of theirs may be called. Every pipeline of a
 * connector makes one call at a time; what is bounded here is the sum of them: a list that is
 * read, details that are fetched and deliveries that are made at the same address.
 *
 * The bound is exact: in no second there are more calls than `per_second`, for the times of the
 * last ones are kept. (A bucket that is refilled lets twice as many pass in its first second.)
 */
#ifndef RELAIS_CONNECTORS_DRIVERS_PACE_H
#define RELAIS_CONNECTORS_DRIVERS_PACE_H

#include "base/clock.h"

#define PACE_PER_SECOND_MOST 1000

struct pace_limits {
    int64_t per_second; /* 0: none */
    int64_t parallel;   /* 0: none */
};

/* All of one connector. Any thread. */
struct paces;
struct paces *paces_new(void);
void paces_free(struct paces *paces);
DEFINE_CLEANUP(struct paces, paces_free)

struct pace;
/* The one of that address, which lives as long as `paces`; of several limits the strictest
 * counts. Any thread. */
struct pace *paces_get(struct paces *paces, const char *address, const struct pace_limits *limits);

/* True: a call may be made now, and was counted; pace_leave() once it has ended. False: to be
 * asked again in *ret_wait_ms. Any thread. */
bool pace_enter(struct pace *pace, int64_t now_ms, int64_t *ret_wait_ms);
void pace_leave(struct pace *pace);

#endif
