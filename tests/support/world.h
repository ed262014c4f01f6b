/* SPDX-License-Identifier: Apache-2.0
 *
 * A small world for tests of the hand-over's rules: a directory, rows in memory, and events
 * built in a line. Operators: o10, o21 and o22 may refer to each other; o31 has no convention;
 * o98 and o99 are test operators; o40's entry ended in 2020.
 */
#ifndef RELAIS_TESTS_SUPPORT_WORLD_H
#define RELAIS_TESTS_SUPPORT_WORLD_H

#include "broker/handoff.h"
#include "schemas/events.h"

#define WORLD_NOW INT64_C(1770000000000000) /* 2026-02-02T02:40:00Z */
#define WORLD_HOUR INT64_C(3600000000)
#define WORLD_DAY (24 * WORLD_HOUR)
#define WORLD_MAX_ROWS 8

struct world {
    struct arena arena; /* everything of the world lives here */
    struct directory *directory;
    const struct handoff *rows[WORLD_MAX_ROWS];
    size_t row_count;
    int64_t now_us;
};

void world_init(struct world *world);
void world_deinit(struct world *world);
/* Rows and memory go, the directory stays. */
void world_reset(struct world *world);

/* Ids by number: the same number gives the same id. */
struct uuid world_id(const char *kind, int number);

/* An event of hand-over number `handoff` (its own thread), said by `sender`, of the record
 * `entity` at `version`; its event_id follows from all of them and the status. */
struct event world_referral(const char *sender, int handoff, enum referral_status status,
                            const char *entity, int64_t version);
struct event world_appointment(const char *sender, int handoff, enum appointment_status status,
                               const char *entity, int64_t version);
struct event world_closure(const char *sender, int handoff, enum closure_outcome outcome,
                           const char *entity, int64_t version);
/* ISSUED from one operator to another, complete. */
struct event world_issue(int handoff, const char *from, const char *to);
/* The same as a child of hand-over `parent`, in its thread. */
struct event world_redirect(int child, int parent, const char *from, const char *to);
/* Sealed bytes for an operator. */
void world_seal(struct world *world, struct event *event, const char *receiver);

/* Decides, and keeps the rows. */
struct handoff_answer world_send(struct world *world, const struct event *event);
struct handoff_answer world_send_from(struct world *world, const char *sender,
                                      const struct event *event);
/* Fires the deadline of a row, if it is due. */
bool world_fire(struct world *world, int handoff, struct handoff_answer *ret_answer);

/* NULL: none. */
const struct handoff *world_row(const struct world *world, int handoff);
enum handoff_state world_state(const struct world *world, int handoff);
/* The n-th message to that inbox, or NULL. */
const struct event *world_heard(const struct handoff_answer *answer, const char *operator_code,
                                size_t n);
const struct event *world_dead(const struct handoff_answer *answer, const char *operator_code);

#endif
