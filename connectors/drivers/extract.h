/* SPDX-License-Identifier: Apache-2.0
 *
 * What a full extract says that the last one did not: rows that are new or say something
 * else, and keys that are gone.
 *
 * Of each row that was durable once, the state topic keeps its key and a hash of it (one
 * entry a key, encrypted like all of the state). That is all there is of the last extract, and the
 * position too: after a restart the file is compared again, and what was acknowledged is no
 * difference any more.
 *
 * Memory: about 150 bytes a key while a file is compared, and as much in the state; bounded by
 * `most_rows`.
 */
#ifndef RELAIS_CONNECTORS_DRIVERS_EXTRACT_H
#define RELAIS_CONNECTORS_DRIVERS_EXTRACT_H

#include "connectors/memory/state.h"

#define EXTRACT_ID_SIZE 16

/* Which row of which key: what is to be remembered of it once it is durable. */
struct extract_mark {
    uint8_t id[EXTRACT_ID_SIZE];
    uint8_t hash[EXTRACT_ID_SIZE];
    struct bytes key; /* JSON object of the key columns */
};

struct extract;
/* `name` tells its entries from those of other sources; borrowed, with `keys`. */
struct extract *extract_new(struct state *state, const char *name, const char *const *keys,
                            size_t key_count, size_t most_rows);
void extract_free(struct extract *extract);
DEFINE_CLEANUP(struct extract, extract_free)

/* The name in the id of an entry of STATE_EXTRACT; BYTES_NONE: it is none that we write. */
struct bytes extract_source_of(struct bytes id);

/* A new file: what is known, and nothing of it seen. */
void extract_begin(struct extract *extract);
/* First reading: sees the row. REJECT: more rows than most_rows. *ret_seen is false for a row that
 * is no object, has no key, or one that was there: whose row it is nobody knows, so no key can be
 * said to be gone; extract_compare() refuses it again. */
MUST_USE enum outcome extract_see(struct extract *extract, struct bytes body, int64_t number,
                                  bool *ret_seen, struct error *err);
/* After the first reading: keys that were known, and how many of them are gone. */
void extract_count(const struct extract *extract, size_t *ret_known, size_t *ret_gone);

/* Second reading. OK: *ret_changed says whether the row says something new, `ret_mark` what to
 * remember of it, in `arena`. REJECT: no key, or one that an earlier row has. */
MUST_USE enum outcome extract_compare(struct extract *extract, struct bytes body, int64_t number,
                                      struct arena *arena, bool *ret_changed,
                                      struct extract_mark *ret_mark, struct error *err);
/* The next known key that is gone, in `arena`; false: no more. */
bool extract_next_gone(struct extract *extract, struct arena *arena, struct extract_mark *ret_mark);

/* Into a change: this row, or that its key is gone, is durable. */
void extract_remember(struct extract *extract, struct state_change *change,
                      const struct extract_mark *mark);
void extract_forget(struct extract *extract, struct state_change *change,
                    const struct extract_mark *mark);

#endif
