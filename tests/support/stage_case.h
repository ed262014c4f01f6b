/* SPDX-License-Identifier: Apache-2.0
 *
 * Two operators, o21 and o22, each with keys, state and stages of its own over a fake log:
 * what one's stage writes to its outbox can be handed to the other's inbox stage, as the
 * broker would. Invented people only.
 */
#ifndef RELAIS_TESTS_SUPPORT_STAGE_CASE_H
#define RELAIS_TESTS_SUPPORT_STAGE_CASE_H

#include "connectors/connector.h"
#include "connectors/inbound.h"
#include "connectors/outbound.h"
#include "connectors/shared.h"
#include "tests/support/fake_log.h"

#define STAGE_START_US INT64_C(1772442000000000)

struct stage_side {
    const char *code;
    struct operator_keys keys;
    int64_t left_at; /* the directory, or NO_TIME */
    struct fake_log log;
    struct diagnostics *diagnostics;
    struct arena arena; /* of the mapping's tree, and of the test */
    struct mapping *mapping;
    struct metrics *metrics;
    struct counts counts;
    struct state *state;
    struct shared shared;
    struct stage *inbound;
    struct stage *outbound;
    struct connector *sink;
    struct bytes inbox[64]; /* values, by position */
    size_t inbox_count;
};

struct stage_case {
    struct wire *wire;
    struct clock *clock;
    struct person_key person_key;
    struct directory *directory;
    struct stage_side a; /* o21 */
    struct stage_side b; /* o22 */
};

/* `yaml` is the mapping of both; `sink` NULL: no outbound stage. Sinks are borrowed. */
struct stage_case *stage_case_new(const char *yaml, struct connector *sink_a,
                                  struct connector *sink_b);
void stage_case_free(struct stage_case *c);
/* As after a crash: memory and stages are made anew from what stands in the state topic. */
void stage_case_restart(struct stage_case *c, struct stage_side *side);
/* The directory has new keys of `side`, and its old ones no more. */
void stage_case_renew_keys(struct stage_case *c, struct stage_side *side);
/* `side` has left the directory by now. */
void stage_case_leave(struct stage_case *c, struct stage_side *side);

/* Pushes one record. When it is rejected as a whole it is made a dead letter; one that should be
 * tried again is returned to its sender: the test sends it again. */
struct result stage_case_push(struct stage_side *side, struct stage *stage, struct bytes body,
                              int64_t position);
/* A record from the operator's system, as JSON. */
struct result stage_case_record(struct stage_side *side, const char *json);
/* Record number `index` of one side's outbox, delivered to the other's inbox. */
struct result stage_case_deliver(struct stage_side *from, size_t index, struct stage_side *to);
/* The event number `index` of the outbox, decoded into the side's arena. */
struct event stage_case_event(struct stage_side *side, size_t index);
/* Rejection number `index`. */
struct rejection stage_case_rejection(struct stage_side *side, size_t index);
/* Lets the inbound stage look after what waits. */
void stage_case_tend(struct stage_side *side);
/* Fails unless items = acknowledged + rejected + filtered + pending. */
void stage_case_assert_conserved(const struct stage_side *side);

#endif
