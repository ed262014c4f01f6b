/* SPDX-License-Identifier: Apache-2.0
 *
 * What the broker says: events passed on, and its own (refusals, superseded facts,
 * redirects, notices). Ids of its own are made from what they answer, so that the same
 * cause gives the same event, in whatever order and however often it is decided.
 */
#ifndef RELAIS_BROKER_MESSAGES_H
#define RELAIS_BROKER_MESSAGES_H

#include "broker/handoff.h"

/* Appends one message. */
void messages_add(struct handoff_answer *answer, struct arena *arena, enum handoff_target target,
                  struct bytes addressee, const struct event *event);

/* The event for `addressee`: numbered by the row, without bytes sealed for somebody else. */
void messages_forward(struct handoff_answer *answer, struct arena *arena, struct handoff *row,
                      struct bytes addressee, const struct event *event);

/* A refusal of the question's event, to its sender's inbox and dead letters. `row` numbers
 * it; NULL: there is none. */
void messages_refuse(struct handoff_answer *answer, struct arena *arena,
                     const struct handoff_question *question, struct handoff *row,
                     const char *code);

/* A Rejection `superseded` for each fact of `row` that lost and had not lost in `before`
 * (NULL: no row before), to its sender's inbox and dead letters. */
void messages_supersede(struct handoff_answer *answer, struct arena *arena, struct handoff *row,
                        const struct handoff *before);

/* REDIRECTED, the broker's own event, to the issuer of `parent`; `child` is the ISSUED. */
void messages_redirect(struct handoff_answer *answer, struct arena *arena, struct handoff *parent,
                       const struct event *child);

/* The row's deadline as a Notice to both ends. */
void messages_notice(struct handoff_answer *answer, struct arena *arena, struct handoff *row,
                     int64_t now_us);

/* Takes out what is for one of the `deaf`, counting it in answer->withheld. True when the event
 * of that id was to be passed on to one of them. */
bool messages_withhold(struct handoff_answer *answer, const char *const *deaf, size_t deaf_count,
                       struct uuid event_id);

/* A dead letter for an outbox record that is no event: `place` says where it stands. */
void messages_unreadable(struct event *ret_event, const char *code, struct bytes sender,
                         struct bytes place, int64_t now_us);

#endif
