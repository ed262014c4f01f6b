/* SPDX-License-Identifier: Apache-2.0
 *
 * What the broker counts, in the words of the conservation (DESIGN.md "Conservation"):
 * per sender, outbox events = accepted + refused + duplicate + late. The two sides are
 * counted apart, and only when Kafka has committed, so that their sum is a check. Labels
 * hold the sender's code, never the receiver's.
 */
#ifndef RELAIS_BROKER_COUNTERS_H
#define RELAIS_BROKER_COUNTERS_H

#include "base/metrics.h"
#include "broker/task.h"

/* Operators that a batch can tell apart: those that were there when the process started. */
#define COUNTERS_MAX_OPERATORS 512

struct counters;

/* Makes the metrics: an operator that comes later is counted under op="later". */
struct counters *counters_new(struct metrics *metrics, const struct directory *directory);
void counters_free(struct counters *counters);
DEFINE_CLEANUP(struct counters, counters_free)

/* What one open batch will have done; of one worker. Zeroed memory is empty. */
struct tally {
    size_t records;
    size_t said; /* events of the broker's own            */
    struct task_fired fired;
    size_t withheld; /* messages for operators without an inbox, beside those of `fired` */
    int64_t lost;    /* records that were deleted before they were read */
    /* By place in counters: one more for those that came later. */
    uint32_t events[COUNTERS_MAX_OPERATORS + 1];
    uint32_t verdicts[COUNTERS_MAX_OPERATORS + 1][VERDICT_COUNT];
};
void counters_note(const struct counters *counters, struct tally *tally, struct bytes sender,
                   const struct task_result *result);
/* The batch is committed: the tally goes into the metrics, and is empty again. Any thread. */
void counters_settle(struct counters *counters, struct tally *tally);

/* The rest, moved by the workers. */
struct metric *counters_start_overs(struct counters *counters);
struct metric *counters_tasks(struct counters *counters);
struct metric *counters_suspended(struct counters *counters);
struct metric *counters_missing_topics(struct counters *counters);

#endif
