/* SPDX-License-Identifier: Apache-2.0
 *
 * The connector's memory: a map (kind, id) → value whose truth is the compacted topic
 * relais.<op>.state.v1. What is kept here is a cache of it, read from its beginning to its
 * end at start.
 *
 * On the wire: key = kind "/" hexadecimal of the first 16 bytes of HMAC-SHA-256(operator's
 * secret, kind ␟ id); value = id, value and last day, encrypted with the operator's state key
 * and bound to the key. So the topic tells nobody who is known where. In memory an entry is
 * found by the same 16 bytes: a tombstone of the topic is one look-up.
 *
 * An entry lives until a day, which each put sets anew; behind it forgetting.h takes it out,
 * with a tombstone.
 *
 * Most kinds have a record an entry. Links have none: they follow from the hand-overs, which name
 * them, and stand in memory only (links_restore()). What was sent of entities, which nobody takes
 * back before its days are over, has one record a change, whose own key is random.
 *
 * What is written when (a crash between any two of them must repeat, never lose):
 *   links of an own hand-over           before its event: the answer may be quick
 *   cursor, ends, what was sent         after the outbox's delivery reports
 *   waiting, parked                     before the record is acknowledged
 *   echo, step                          before the call
 *   answer of a step                    after the call, before the next one
 *   links of a delivery, ends of steps  after DELIVERED is durable, before the offset
 *   steps forgotten                     after the state topic has the offset
 *
 * Threads: any. Writers take turns (state_begin … state_commit), so the order in the topic
 * is the order in memory; readers never wait for Kafka.
 */
#ifndef RELAIS_CONNECTORS_MEMORY_STATE_H
#define RELAIS_CONNECTORS_MEMORY_STATE_H

#include "base/clock.h"
#include "connectors/memory/durable.h"
#include "schemas/keys.h"

enum state_kind {
    STATE_LINK,       /* (kind ␟ their id) → hand-overs; in memory, see links.h  */
    STATE_HANDOFF,    /* the reverse: hand-over → thread, links, the other end   */
    STATE_ECHO,       /* a thing of theirs → hash of what we last wrote there    */
    STATE_CURSOR,     /* a source → how far it was read and acknowledged         */
    STATE_MATCH_WAIT, /* a record that waits for its link                        */
    STATE_STEP,       /* (event ␟ call) → begun, or its answer; see steps.h      */
    STATE_PARKED,     /* (hand-over ␟ position) → a delivery set aside           */
    STATE_UNREADABLE, /* an entity → the event whose seal could not be opened    */
    STATE_EXTRACT,    /* (source ␟ key of a row) → hash of the row last made durable */
    STATE_SENT,       /* an entity_id → the event_id last sent of it             */
    STATE_SENT_LIST,  /* a record of several of these, of which only its key is kept; ours */
    STATE_KIND_COUNT,
};

/* Lives, in days. A hand-over (with its links): since its last word here while it is open, since
 * its end after that. A step outlives the inbox record that it belongs to, and its dead letter in
 * the quarantine (30 days each). */
enum {
    STATE_OPEN_DAYS = 400,
    STATE_ENDED_DAYS = 90,
    STATE_ECHO_DAYS = 60,
    STATE_STEP_DAYS = 35,
};

struct state;
/* `log` is borrowed and used by this module only; NULL: memory only (`relais check`). */
struct state *state_new(const struct operator_keys *keys, struct durable *log, struct clock *clock);
void state_free(struct state *state);
/* µs UTC, of the clock that its lives are reckoned by. */
int64_t state_now(const struct state *state);
DEFINE_CLEANUP(struct state, state_free)

/* One record of the topic at start; `value` BYTES_NONE: a tombstone. FATAL: it was not
 * written with this key: the wrong key file, or a damaged topic. */
MUST_USE enum outcome state_load(struct state *state, struct bytes key, struct bytes value,
                                 struct error *err);
/* Reads the topic into `state`, once, and restores the links: all that stands below `end`, which is
 * known to be durable (claim_take()). RETRY: Kafka is away, or `waiter` was interrupted; call again
 * with a new state. */
MUST_USE enum outcome state_restore(struct state *state, const struct kafka_config *kafka,
                                    const char *operator_code, int64_t end,
                                    const struct waiter *waiter, struct error *err);

/* Copy of a value in `arena`; BYTES_NONE when there is none. */
struct bytes state_get(struct state *state, enum state_kind kind, struct bytes id,
                       struct arena *arena);
size_t state_count(struct state *state, enum state_kind kind);
/* Of ids and values, in memory. */
size_t state_bytes(struct state *state, enum state_kind kind);
/* Grows whenever a hand-over or a link is remembered, or for the first time what was sent of an
 * entity: what waits for one of them looks again. */
uint64_t state_version(struct state *state);
/* Calls `each` with copies of all of a kind, in the order of ids; it may write. Not for links,
 * echoes, unreadable seals and what was sent, whose ids are not kept in memory. */
typedef void state_visit(void *context, struct bytes id, struct bytes value);
void state_each(struct state *state, enum state_kind kind, state_visit *each, void *context);

/* A change of several entries. Between begin and commit (or abort) no other thread
 * writes. put: BYTES_NONE forgets; the last put of an entry counts. */
struct state_change;
struct state_change *state_begin(struct state *state);
/* Like state_get(), with what was put so far. */
struct bytes state_read(const struct state_change *change, enum state_kind kind, struct bytes id,
                        struct arena *arena);
void state_put(struct state_change *change, enum state_kind kind, struct bytes id,
               struct bytes value);
/* state_put() with a life of its own. */
void state_put_for(struct state_change *change, enum state_kind kind, struct bytes id,
                   struct bytes value, uint16_t days);
/* Puts what is in memory of the entry whose record has that key, or a tombstone: another wrote over
 * it. Not for records of what was sent, each of which has a key of its own. */
void state_put_again(struct state_change *change, struct bytes key_text);
/* OK: durable, and from now on in memory. Else nothing of it is in memory; some may be in the
 * topic, so the same change is tried again. Ends the change in any case. */
MUST_USE enum outcome state_commit(struct state_change *change, struct error *err);
void state_abort(struct state_change *change);

/* Entries whose last day is over, copied into `arena`: at most `most`, and at most LOOK_MOST
 * entries are looked at. Each call goes on where the last one stopped, round and round. */
enum { STATE_LOOK_MOST = 4096, STATE_KEY_SIZE = 16 };
struct state_expired {
    enum state_kind kind;
    uint8_t key[STATE_KEY_SIZE];
    struct bytes id; /* empty where it is not kept */
    struct bytes value;
};
size_t state_expired(struct state *state, size_t most, struct arena *arena,
                     struct state_expired *ret_list);
/* False when it was written anew since. */
bool state_is_expired(const struct state_change *change, const struct state_expired *expired);
/* Into a change. */
void state_forget(struct state_change *change, const struct state_expired *expired);

/* begin, put, commit. */
MUST_USE enum outcome state_set(struct state *state, enum state_kind kind, struct bytes id,
                                struct bytes value, struct error *err);
/* Any thread: a commit that waits for Kafka returns within 100 ms. */
void state_interrupt(struct state *state);

#endif
