/* SPDX-License-Identifier: Apache-2.0
 *
 * The rows of one task on the local disk: a cache of its partition of relais.handoff.v1,
 * on LMDB. It is never the truth: what it holds is written after Kafka's commit, with the
 * position in that partition up to which it surely reflects it, and can be rebuilt from
 * there, or from nothing. So it is not synchronised to the disk. What that could damage is
 * thrown away at the next open: a file that was not closed cleanly before a reboot (its
 * marker names another boot), a file that LMDB does not accept, a file of another format.
 *
 * Everything after store_open() happens in a transaction that the first call opens; until
 * store_commit() it can be taken back as a whole. One thread at a time.
 *
 * Outcomes: RETRY, the file is damaged, close and open again (it will be empty); FATAL, the
 * disk is full or the folder cannot be used.
 */
#ifndef RELAIS_BROKER_STORE_H
#define RELAIS_BROKER_STORE_H

#include "base/uuid.h"

#define STORE_NOWHERE INT64_C(-1)
#define STORE_BOOT_ID_SIZE 64

struct store;

/* Opens FOLDER/task-<partition>.mdb, or makes an empty one. `boot_id`: store_boot_id(). */
MUST_USE enum outcome store_open(const char *folder, int32_t partition, const char *boot_id,
                                 struct store **ret_store, struct error *err);
/* Takes back what is not committed. */
void store_close(struct store *store);
DEFINE_CLEANUP(struct store, store_close)

/* Identifies this run of the machine. FATAL when the system does not say. */
MUST_USE enum outcome store_boot_id(char ret_id[STORE_BOOT_ID_SIZE], struct error *err);

/* The next offset to read to bring the rows up to date; STORE_NOWHERE: empty, from the
 * beginning. As of the last commit. */
int64_t store_position(const struct store *store);

/* The row's value: a view that the next put, delete, commit or abort ends. BYTES_NONE:
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
MUST_USE enum outcome store_count(struct store *store, size_t *ret_rows, struct error *err);

/* Makes the puts and deletes permanent. `position`: STORE_NOWHERE leaves it as it is. */
MUST_USE enum outcome store_commit(struct store *store, int64_t position, struct error *err);
void store_abort(struct store *store);
/* Empties the store, position included, at once. */
MUST_USE enum outcome store_clear(struct store *store, struct error *err);

#endif
