/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules once more, written from DESIGN.md without a look at broker/facts.c, in the
 * dumbest way: all accepted events of one hand-over in a bag, and questions asked of the bag.
 * No order, no slots, no table: what the real thing must agree with whatever came first.
 */
#ifndef RELAIS_TESTS_SUPPORT_NAIVE_MODEL_H
#define RELAIS_TESTS_SUPPORT_NAIVE_MODEL_H

#include "schemas/events.h"

struct naive_bag {
    const struct event *const *events; /* ISSUED, then any order */
    size_t count;
    bool redirected; /* a child was issued from it */
};

const char *naive_state(const struct naive_bag *bag);
/* True when the sender of that event of the bag must have been told that it lost. */
bool naive_lost(const struct naive_bag *bag, const struct event *event);
/* True when the step is known, said or implied. */
bool naive_knows(const struct naive_bag *bag, const char *step);
/* NO_TIME: nothing is awaited. */
int64_t naive_due(const struct naive_bag *bag);

#endif
