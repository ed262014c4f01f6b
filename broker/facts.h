/* SPDX-License-Identifier: Apache-2.0
 *
 * The facts of a hand-over and what they mean together: who may say which, which one gives
 * the state, what it implies, what it contradicts. Everything here is a function of the
 * *set* of slots of a row, never of the order in which they came: that is why two
 * operators' pipelines may race and every reader still sees one truth (DESIGN.md "The
 * handoff rules").
 *
 * One table, facts_rules[], says it all; facts_document() prints it for the documentation.
 */
#ifndef RELAIS_BROKER_FACTS_H
#define RELAIS_BROKER_FACTS_H

#include "base/arena.h"
#include "schemas/events.h"

/* A set of facts (enum fact of schemas/events.h) is a bit mask. */
#define FACT_BIT(fact) (UINT32_C(1) << (fact))

enum fact_owner {
    OWNER_ISSUER,
    OWNER_HOLDER,
    OWNER_EITHER, /* either end; an appointment stays with the end that named it first */
    OWNER_BROKER, /* never accepted from an outbox                                     */
};

/* One row a fact, by its number; names: enum_fact of schemas/enums.h. */
struct fact_rule {
    enum fact_owner owner;
    /* Precedence: among the facts present the smallest rank gives the state. 0: none. */
    int rank;
    enum handoff_state state;
    bool final;           /* ends the hand-over                                         */
    bool answers;         /* ends the waiting for an answer                             */
    uint32_t implies;     /* set of facts that this step implies                        */
    uint32_t contradicts; /* set of facts that lose against it, whoever said them       */
};
extern const struct fact_rule facts_rules[FACT_COUNT];

/* What an event says: FACT_UNKNOWN for Rejection, Notice and a status nobody here knows. */
enum fact facts_of_event(const struct event *event);

/* Which of two contents of one fact, one entity and one version a slot keeps: > 0 for `a`.
 * Further on in the precedence first, then the greater event_id. */
int facts_compare_tie(const struct slot *a, const struct slot *b);

/*
 * Brings everything that follows from the slots up to date: implied slots, superseded
 * marks, state, child, the next deadline. New memory comes from `arena`. The marks only
 * grow: what was superseded once stays so, for its sender has been told.
 */
void facts_settle(struct handoff *row, struct arena *arena);

/* The rules as Markdown tables. */
void facts_document(struct buffer *out);

#endif
