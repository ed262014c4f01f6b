/* SPDX-License-Identifier: Apache-2.0
 *
 * Does the far end of a pipeline work at all? Several failures in a row without any success
 * mean that it is down: then one record at a time is tried, with growing pauses, until one
 * succeeds. That one record fails while others succeed is the record's matter, not its.
 */
#ifndef RELAIS_CONNECTORS_FAR_END_H
#define RELAIS_CONNECTORS_FAR_END_H

#include "base/clock.h"

struct far_end {
    struct backoff backoff;
    int32_t down_after;
    int32_t failures_in_row;
    uint64_t successes; /* in all */
    bool down;
    int64_t probe_ms; /* monotonic, while down: the next try */
};

/* Both return true when that changed `down`. */
bool far_end_failed(struct far_end *far, int64_t now_ms);
bool far_end_worked(struct far_end *far);
/* Nothing is left to try, so nobody can know whether it is still down: it is taken for working, and
 * the next failure brings it down again, with the pause after the last. True when it was down. */
bool far_end_presumed(struct far_end *far);
/* A try that called nobody: while down, another is made soon, not at once. */
void far_end_untried(struct far_end *far, int64_t now_ms);

#endif
