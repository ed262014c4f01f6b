/* SPDX-License-Identifier: Apache-2.0
 *
 * How far a list of changes was read: a moment of change as its system writes it, and which
 * records of that very moment were seen.
 */
#ifndef RELAIS_CONNECTORS_DRIVERS_MARK_H
#define RELAIS_CONNECTORS_DRIVERS_MARK_H

#include "base/arena.h"

#define MARK_HASH_SIZE 16
/* Records of one moment: a mark is one entry of the state, which Kafka has to take. */
#define MARK_SEEN_MOST 30000

struct mark {
    struct buffer moment; /* as they write it; empty: from the beginning */
    struct buffer seen;   /* hashes of the records of that moment        */
    /* mark_has()'s own: where in `seen` a hash is, and how many are in there. */
    uint32_t *slots;
    size_t slot_count;
    size_t indexed;
};

/* Of a record's text. */
void mark_hash(struct bytes json, uint8_t hash[MARK_HASH_SIZE]);
/* Notes a record; at another moment than before, all of that one is forgotten. */
void mark_move(struct mark *mark, const char *moment, const uint8_t hash[MARK_HASH_SIZE]);
/* One more record of that moment would be too many. */
bool mark_is_full(const struct mark *mark, const char *moment);
/* `mark` changes in nothing that one can see: each hash is put into the index once. */
bool mark_has(struct mark *mark, const char *moment, const uint8_t hash[MARK_HASH_SIZE]);
void mark_copy(struct mark *to, const struct mark *from);
void mark_deinit(struct mark *mark);

/* Which of two moments is the earlier: negative, zero, positive as strcmp(). Zero also where
 * their writing does not tell: it tells for numbers, and for dates that begin with a year of
 * four digits and have one and the same form and offset. */
int mark_compare(const char *a, const char *b);

#endif
