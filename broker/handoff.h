/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules of a hand-over, as one pure function:
 *
 *     (row or NULL, parent's row or NULL, event, sender, now, directory)
 *         → verdict, new row, new parent's row, messages
 *
 * No Kafka, no clock, no log, no memory but the caller's arena. The same question has the
 * same answer, always: a transaction that was aborted is simply decided again.
 *
 * An event is first weighed (checks.h: may this be said at all?), then becomes a slot of the
 * row (row.h), then everything that follows from the slots is settled (facts.h). The state
 * is a function of the set of slots, so the order of arrival never decides it.
 *
 * Who hears (messages): an accepted event goes to the other end only, without sealed bytes
 * that are not for it. It goes nowhere when it changes no slot and carries no sealed bytes
 * for the other end, when both ends are one operator, and when it had already lost against
 * a final fact as it came (the other end's system must not be moved back). The sender of a
 * refused fact, or of one that lost, gets a Rejection in its inbox and in its dead letters; so
 * does, with `undeliverable`, the sender of one that is for an operator without an inbox: the
 * fact is accepted all the same, for it is true. What the broker itself would say there is left
 * out and counted.
 */
#ifndef RELAIS_BROKER_HANDOFF_H
#define RELAIS_BROKER_HANDOFF_H

#include "base/arena.h"
#include "directory/directory.h"
#include "schemas/events.h"

/* Code that stands as the operator in what the broker itself says. */
#define HANDOFF_BROKER_CODE BYTES_LITERAL("relais")

/* One question. Borrowed for the call; the answer's texts are views into it. */
struct handoff_question {
    const struct handoff *row;    /* of event's handoff_id; NULL: none               */
    const struct handoff *parent; /* of event's parent_handoff_id; NULL: none        */
    const struct event *event;
    struct bytes sender; /* the operator whose outbox it stood in: Kafka says it, not the event */
    int64_t now_us;
    const struct directory *directory;
    /* Codes of the operators whose topics exist: who is listed but has none yet cannot be
     * referred to. NULL: all. */
    const char *const *reachable;
    size_t reachable_count;
    /* Codes of the operators that have no inbox, or no dead letters: nothing is written to them. */
    const char *const *deaf;
    size_t deaf_count;
};

/* The words of the conservation: every distinct outbox record has exactly one. */
enum handoff_verdict {
    VERDICT_ACCEPTED,  /* applied, also when it lost against another fact                */
    VERDICT_REFUSED,   /* for what it says; `code` says why                              */
    VERDICT_DUPLICATE, /* known already; nothing changes                                 */
    VERDICT_LATE,      /* a version older than the last one of its entity; nothing changes */
    VERDICT_COUNT,
};
/* "accepted", "refused", "duplicate", "late". */
const char *handoff_verdict_name(enum handoff_verdict verdict);

enum handoff_target {
    TARGET_INBOX,    /* relais.<addressee>.inbox.v1, key thread_id     */
    TARGET_REJECTED, /* relais.<addressee>.rejected.v1, key handoff_id */
};

struct handoff_message {
    enum handoff_target target;
    struct bytes addressee;
    struct event event;
};

struct handoff_answer {
    enum handoff_verdict verdict;
    const char *code;             /* of a refusal, else NULL           */
    const struct handoff *row;    /* to write; NULL: as it was         */
    const struct handoff *parent; /* to write; NULL: as it was         */
    struct handoff_message *messages;
    size_t message_count;
    size_t withheld; /* messages left out, for operators without an inbox */
};

/* Decides about one event. The answer lives in `arena` and in the question. */
void handoff_decide(const struct handoff_question *question, struct arena *arena,
                    struct handoff_answer *ret_answer);

/* Turns the row's deadline into its fact and a Notice to both ends. False, and no answer,
 * when nothing is due at `now_us`: a second firing finds the first one in the row. */
MUST_USE bool handoff_fire(const struct handoff *row, int64_t now_us, struct arena *arena,
                           struct handoff_answer *ret_answer);

/* All rules as Markdown: facts, reasons of refusal. */
void handoff_document(struct buffer *out);

#endif
