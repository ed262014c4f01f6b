/* SPDX-License-Identifier: Apache-2.0
 *
 * One item of a record → one event, complete: ids, operator, times, person_ref, hand-over
 * and thread through the links, contact sealed. Writes nothing: what has to be remembered
 * once the event is durable is handed back.
 */
#ifndef RELAIS_CONNECTORS_TRANSLATE_H
#define RELAIS_CONNECTORS_TRANSLATE_H

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

/* mapping_read() of a record that a source received. */
MUST_USE enum outcome translate_record(const struct shared *shared, const struct record *record,
                                       struct arena *arena, struct mapping_items *ret_items,
                                       struct error *err);
/* Everything lives in `arena`. RETRY: the directory or Kafka is away. */
MUST_USE enum outcome translate_item(const struct shared *shared, const struct record *record,
                                     const struct mapping_item *item, struct arena *arena,
                                     struct translated *ret, struct error *err);

/* Into a change, before the event is written: the links of its hand-over. */
void translate_link(const struct translated *translated, struct state_change *change,
                    struct arena *arena);
/* Into a change, once the event is durable, or was an echo: its ends and echoes. */
void translate_remember(const struct translated *translated, struct state_change *change,
                        struct arena *arena);
/* How the item counts that became this; not for UNMATCHED, which waits. */
enum item_count translate_counted_as(enum translated_as as);
/* The record of the outbox; lives in `arena`. */
struct durable_record translate_outbox(const struct shared *shared, const struct event *event,
                                       struct arena *arena);

/* True when the event opens a hand-over. */
bool translate_is_issue(const struct event *event);
/* True when the event says something after which nothing is expected of its hand-over. */
bool translate_ends(const struct event *event);

#endif
