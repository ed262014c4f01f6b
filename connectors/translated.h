/* SPDX-License-Identifier: Apache-2.0
 *
 * What became of one item of a record (translate.h), and what its sender does with it: remember its
 * links, write it to the outbox, remember that it was written, count it.
 */
#ifndef RELAIS_CONNECTORS_TRANSLATED_H
#define RELAIS_CONNECTORS_TRANSLATED_H

#include "connectors/memory/links.h"
#include "connectors/shared.h"

enum translated_as {
    TRANSLATED_EVENT,
    TRANSLATED_FILTERED,  /* by the mapping's `when`                                     */
    TRANSLATED_ECHO,      /* says what we wrote there ourselves                          */
    TRANSLATED_UNKNOWN,   /* names no hand-over at all: nobody who was handed over       */
    TRANSLATED_UNMATCHED, /* its hand-over is not known here, or not yet                 */
    TRANSLATED_REJECTED,  /* dead letter for `code`                                      */
};

struct translated {
    enum translated_as as;
    struct event event; /* REJECTED: as far as it is known */

    bool has_known;
    struct known_handoff known; /* to remember, with its links, before the event is written */
    struct uuid sends_on;       /* the hand-over that it redirects; none: as `known` */
    /* Once the event is durable. */
    struct uuid ends;     /* hand-over that it ends here; none */
    struct bytes echo_of; /* its echo memory to be forgotten    */

    bool names_handoff; /* UNMATCHED: by our own id: after the wait a dead letter, not a filter */

    /* REJECTED. */
    const char *code;
    const char *field;
    const char *rule;
    const char *detail;
};

/* Into a change, before the event is written: the links of its hand-over. */
void translated_link(const struct translated *translated, struct state_change *change,
                     struct arena *arena);
/* Into a change, once the event is durable, or was an echo: its ends and echoes. */
void translated_remember(const struct translated *translated, struct state_change *change,
                         struct arena *arena);
/* How the item counts that became this; not for UNMATCHED, which waits. */
enum item_count translated_counted_as(enum translated_as as);
/* The record of the outbox; lives in `arena`. */
struct durable_record translated_outbox(const struct shared *shared, const struct event *event,
                                        struct arena *arena);

/* True when the event opens a hand-over. */
bool translated_is_issue(const struct event *event);
/* True when the event says something after which nothing is expected of its hand-over. */
bool translated_ends(const struct event *event);

#endif
