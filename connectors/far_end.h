/* SPDX-License-Identifier: Apache-2.0
 *
 * Does the far end of a pipeline work at all? Several failures in a row without any success
 * mean that it is down: then one record at a time is tried, with growing pauses, until one
 * succeeds. That one record fails while others succeed is the record's matter, not its.
 *
 * When nothing is left to try (what failed went back to its sender, or ended as a dead letter),
 * nobody can know whether it is still down, and who asks whether we are ready may send nothing
 * that could show it: after a while it is presumed to work.
 */
#ifndef RELAIS_CONNECTORS_FAR_END_H
#define RELAIS_CONNECTORS_FAR_END_H

#include "base/clock.h"
#include "base/metrics.h"

struct far_end {
    const char *pipeline;   /* for the log         */
    struct metric *is_down; /* NULL, or a gauge    */
    struct backoff backoff;
    int32_t down_after;
    int32_t failures_in_row;
    uint64_t successes; /* in all */
    bool down;
    int64_t probe_ms; /* monotonic, while down: the next try */
};

/* Each returns true when that changed `down`, and says so in log and gauge. */
bool far_end_failed(struct far_end *far, int64_t now_ms, const char *why);
bool far_end_worked(struct far_end *far);
/* The next failure brings it down again, with the pause after the last. */
bool far_end_presumed(struct far_end *far);

/* A try that called nobody: while down, another is made soon, not at once. */
void far_end_untried(struct far_end *far, int64_t now_ms);
/* Down, and its next try is overdue for longer than a stage's tend() lets pass between two signs
 * of life, so that an outage would have been noticed. */
bool far_end_is_overdue(const struct far_end *far, int64_t now_ms);

#endif
