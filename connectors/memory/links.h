/* SPDX-License-Identifier: Apache-2.0
 *
 * Which id of theirs belongs to which hand-over, and what is known here of each hand-over.
 * Two kinds of entries of the memory: (kind, their id) → hand-overs, and back. Only the second
 * stands in the state topic: a hand-over names its links.
 */
#ifndef RELAIS_CONNECTORS_MEMORY_LINKS_H
#define RELAIS_CONNECTORS_MEMORY_LINKS_H

#include "connectors/mapping/mapping.h"
#include "connectors/memory/state.h"

/* Kind of the link to the hand-over's own record there, when they opened it. */
#define LINKS_OWN "own"

struct known_handoff {
    struct uuid handoff_id;
    struct uuid thread_id;
    struct uuid entity_id;  /* of the referral that we issued; none for one received  */
    bool ours;              /* this system opened it                                  */
    bool ended;             /* a final fact was said or heard                         */
    bool sent_on;           /* … and it is our redirect, which may yet be refused      */
    int64_t ended_at;       /* µs UTC: when that was observed; 0 while it is open      */
    int64_t end_was_at;     /* µs UTC: when it happened, by the clock of who ended it  */
    int64_t sent_at;        /* µs UTC: when its ISSUED was said, there; 0: not known   */
    int64_t inbox_position; /* of the ISSUED that brought it; -1 when it is ours      */
    struct bytes other;     /* operator at the other end, as far as known             */
    const struct link_note *links;
    size_t link_count;
};

/* Once the hand-overs are read from the topic: their links. */
void links_restore(struct state *state);

/* False when it is not known here. Everything lives in `arena`. */
bool links_handoff(struct state *state, struct uuid handoff_id, struct arena *arena,
                   struct known_handoff *ret_known);
/* The hand-overs that a link leads to: all of them, or those that were open at a time (µs UTC).
 * A record that waited is asked about the time when it came: what ended meanwhile was its own. One
 * whose end lies ahead of the clock, which was set back since, is not open. */
#define LINKS_EVER INT64_MIN
struct uuid *links_find(struct state *state, struct bytes kind, struct bytes key, int64_t open_at,
                        struct arena *arena, size_t *ret_count);

/* Those of which something can be that happened at a time (µs UTC), whatever has ended since: sent
 * before it, and ended after it by at least one of both clocks; if there is none, those of which
 * it can be if clocks are wrong by as much as nobody notices (JUMPS_MOST_MS). */
struct uuid *links_find_then(struct state *state, struct bytes kind, struct bytes key, int64_t at,
                             struct arena *arena, size_t *ret_count);

/* Into a change: `known` with its links added to those remembered before; `ended` stays. */
void links_remember(struct state_change *change, const struct known_handoff *known,
                    struct arena *arena);
/* The two times of an end, µs UTC. Whether something that came *here* came before it is asked of
 * our own clock, whether something *happened* before it of theirs; ours may be minutes behind. */
struct links_ending {
    int64_t observed_at;
    int64_t occurred_at;
};

/* Into a change: marks it as ended; nothing when it is not known. */
void links_end(struct state_change *change, struct uuid handoff_id, struct links_ending ending,
               struct arena *arena);
/* The same for one that we send on; and back again, when the redirect was refused: the person
 * stays, and her appointments are of that hand-over still. */
void links_send_on(struct state_change *change, struct uuid handoff_id, struct links_ending ending,
                   struct arena *arena);
void links_keep(struct state_change *change, struct uuid handoff_id, struct arena *arena);

/* Into a change: forgets a hand-over and takes it out of its links. */
void links_forget(struct state_change *change, struct uuid handoff_id, struct arena *arena);

#endif
