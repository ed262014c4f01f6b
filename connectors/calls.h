/* SPDX-License-Identifier: Apache-2.0
 *
 * The calls that bring one event into their system, step by step, so that a crash between
 * any two of them repeats no call that may not be repeated:
 *
 *     unsafe call   step "begun" durable → call → answer durable → next call
 *                   a step found begun without an answer, or an answer that leaves open
 *                   whether it was done: outcome_unknown, a person decides;
 *                   an answer that cannot be written yet is kept (memory/answers.h)
 *     other call    made again, with the same idempotency key, or after its look-up
 *     echo          what will be written is durable before the call, and goes when it was refused
 *
 * None is made on a sign of life that is too old (memory/claim.h): another connector may have taken
 * over since, and what it delivers is newer.
 */
#ifndef RELAIS_CONNECTORS_CALLS_H
#define RELAIS_CONNECTORS_CALLS_H

#include "connectors/connector.h"
#include "connectors/memory/answers.h"
#include "connectors/memory/links.h"
#include "connectors/pipeline.h"
#include "connectors/shared.h"

struct calls {
    const struct shared *shared;
    struct connector *sink;
    struct answers *answers;
    struct arena *arena;
    const struct event *event;
    const struct contact *contact;     /* NULL: none */
    const struct known_handoff *known; /* what was remembered of the hand-over */
    int64_t position;                  /* of its record in the inbox           */

    /* After OK. */
    bool skipped; /* the mapping says that their system needs no word of it */
    const struct link_note *links;
    size_t link_count;
    struct bytes receiver_ref;
    /* After RETRY: what the call that their system put off was to write there, whose echo stays
     * expected; none. */
    struct bytes put_off;
    /* Its answered steps. */
    struct bytes steps[16];
    size_t step_count;
};

/* Writes the result: OK, RETRY, or REJECT with a code. */
void calls_make(struct calls *calls, struct result *result);
/* Into a change, once the event has ended: its steps may be forgotten when its inbox record is
 * acknowledged (steps.h). */
void calls_end(const struct calls *calls, struct state_change *change);

#endif
