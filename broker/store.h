/* SPDX-License-Identifier: Apache-2.0
 *
 * The rows of one task on the local disk: a cache of its partition of relais.handoff.v1,
 * on LMDB. It is never the truth: what it holds is written after Kafka's commit, with the
 * position in that partition up to which it surely reflects it, and can be rebuilt from
 * there, or from nothing. So it is not synchronised to the disk, and what was committed reaches
 * the file only now and then: with a position, or when enough has gathered. What that could damage
 * is thrown away at the next open: a file that was not closed cleanly before a reboot (its marker
 * names another boot), a file that LMDB does not accept, a file of another format.
 *
 * Whoever cannot end a batch takes back (store_close()) all that has not reached
 * the file, batches committed before among it: then the store has to be caught up from
 * store_position() before it is asked again. One thread at a time.
 *
 * Outcomes: RETRY, the file is damaged, close and open again (it will be empty); FATAL, the
 * disk is full or the folder cannot be used.
 */
#ifndef RELAIS_BROKER_STORE_H
#define RELAIS_BROKER_STORE_H

#include "base/uuid.h"

#define STORE_NOWHERE INT64_C(-1)

struct store;

/* Opens FOLDER/task-<partition>.mdb, or makes an empty one. `boot`: boot_id(). */
MUST_USE enum outcome store_open(const char *folder, int32_t partition, const char *boot,
                                 struct store **ret_store, struct error *err);
/* Takes back what has not reached the file. */
void store_close(struct store *store);
DEFINE_CLEANUP(struct store, store_close)

/* The next offset to read to bring the rows up to date; STORE_NOWHERE: empty, from the
 * beginning. As of the last commit with a position. */
int64_t store_position(const struct store *store);

/* The row's value: a view that the next put, delete or commit ends. BYTES_NONE:
 * there is none. */
MUST_USE enum outcome store_get(struct store *store, struct uuid id, struct bytes *ret_value,
                                struct error *err);
/* `due_at` is the row's next deadline, INT64_MIN for none. */
MUST_USE enum outcome store_put(struct store *store, struct uuid id, struct bytes value,
                                int64_t due_at, struct error *err);
MUST_USE enum outcome store_delete(struct store *store, struct uuid id, struct error *err);

/* The earliest deadline and whose it is; *ret_due_at is INT64_MAX when there is none. */
MUST_USE enum outcome store_next_due(struct store *store, int64_t *ret_due_at, struct uuid *ret_id,
                                     struct error *err);

/* Ends a batch. With a `position`, everything reaches the file. STORE_NOWHERE leaves the position
 * as it is, and may leave the batch in memory, to reach the file with later ones. */
MUST_USE enum outcome store_commit(struct store *store, int64_t position, struct error *err);
/* Empties the store, position included, at once. */
MUST_USE enum outcome store_clear(struct store *store, struct error *err);

#endif
