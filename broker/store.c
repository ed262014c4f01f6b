/* SPDX-License-Identifier: Apache-2.0
 *
 * One LMDB file: the rows (store_rows.h), and meta (position, format). LMDB copies each page that
 * a transaction changes, most of them whatever it changes; so one of its transactions spans
 * several batches (FLUSH_ROWS). What a crash takes with it the position does not count yet, and
 * is read again from Kafka.
 */
#include "broker/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "broker/boot.h"
#include "broker/store_rows.h"

#define STORE_FORMAT 2
/* Address space, not memory: a partition of some millions of hand-overs. */
#define STORE_MAP_BYTES ((size_t)8 << 30)
/* A batch without a position goes to the file when so many rows were changed. With the size of a
 * batch, of which a restore's is the largest (ROWS_PER_SLICE), it bounds the pages in memory. */
#define FLUSH_ROWS 2000
#define PATH_SIZE 4096

struct store {
    MDB_env *env;
    MDB_txn *txn; /* NULL: none is open */
    MDB_dbi meta;
    struct store_rows rows;
    size_t changed; /* rows since the file was written */
    int64_t position;
    bool damaged;
    char file[PATH_SIZE];
    char marker[PATH_SIZE]; /* stands while the file is open; holds the boot's id */
};

/* Less than this on its file system, and a write that failed did so for want of room. */
#define STORE_LEAST_BYTES ((fsblkcnt_t)1 << 20)

struct meta {
    int64_t position;
    int64_t format;
};

/* A person has to see to it: a disk without room, a folder that may not be written. */
static enum outcome refuse(int code, const char *what, struct error *err)
{
    bool full = code == MDB_MAP_FULL || code == ENOSPC || code == EDQUOT;

    return error_set(err, OUTCOME_FATAL, "store: %s: %s%s", what,
                     full ? "no room for the broker's state: " : "", mdb_strerror(code));
}

/* A file system that is full ends a write early, and LMDB calls that EIO. */
static bool has_no_room(const struct store *store)
{
    struct statvfs room;

    return statvfs(store->file, &room) == 0 && room.f_bavail * room.f_frsize < STORE_LEAST_BYTES;
}

static enum outcome fail(struct store *store, int code, const char *what, struct error *err)
{
    code = code == EIO && has_no_room(store) ? ENOSPC : code;
    if (code == MDB_MAP_FULL || code == ENOSPC || code == EDQUOT || code == EACCES ||
        code == EROFS || code == ENOENT || code == EPERM) {
        return refuse(code, what, err);
    }
    store->damaged = true;
    return error_set(err, OUTCOME_RETRY, "store: %s: %s", what, mdb_strerror(code));
}

/* ---- Open, close ---------------------------------------------------------------------- */

static int read_meta(struct store *store)
{
    MDB_val key = {4, (void *)(uintptr_t) "meta"};
    MDB_val value;
    struct meta meta;
    int code = mdb_dbi_open(store->txn, "meta", MDB_CREATE, &store->meta);

    store->position = STORE_NOWHERE;
    code = code ? code : mdb_get(store->txn, store->meta, &key, &value);
    if (code == MDB_NOTFOUND) {
        return 0;
    }
    if (code == 0 && value.mv_size == sizeof(meta)) {
        memcpy(&meta, value.mv_data, sizeof(meta));
        store->position = meta.position;
        return meta.format == STORE_FORMAT ? 0 : MDB_VERSION_MISMATCH;
    }
    return code ? code : MDB_INVALID;
}

/* The format first: what another release calls rows may be something else. */
static int open_tables(struct store *store)
{
    int code = mdb_txn_begin(store->env, NULL, 0, &store->txn);

    code = code ? code : read_meta(store);
    return code ? code : store_rows_open(&store->rows, store->txn);
}

/* MDB_NOLOCK: the process holds its state folder alone (broker.c), a task one thread. */
static int open_env(struct store *store)
{
    int code = mdb_env_create(&store->env);

    code = code ? code : mdb_env_set_mapsize(store->env, STORE_MAP_BYTES);
    code = code ? code : mdb_env_set_maxdbs(store->env, 4);
    code =
        code ? code
             : mdb_env_open(store->env, store->file, MDB_NOSUBDIR | MDB_NOSYNC | MDB_NOLOCK, 0600);
    code = code ? code : open_tables(store);
    if (store->txn) {
        if (code)
            mdb_txn_abort(store->txn);
        else
            code = mdb_txn_commit(store->txn);
        store->txn = NULL;
    }
    if (code) {
        mdb_env_close(store->env);
        store->env = NULL;
    }
    return code;
}

enum outcome store_open(const char *folder, int32_t partition, const char *boot,
                        struct store **ret_store, struct error *err)
{
    CLEANUP(store_closep) struct store *store = xcalloc(1, sizeof(*store));
    int len = snprintf(store->file, sizeof(store->file), "%s/task-%d.mdb", folder, partition);
    int code;

    if (len < 0 || (size_t)len + 1 >= sizeof(store->marker)) { /* its name is one longer */
        return error_set(err, OUTCOME_FATAL, "store: the state folder's name is too long");
    }
    memcpy(store->marker, store->file, (size_t)len);
    memcpy(store->marker + len - 3, "boot", 5);
    if (!boot_marker_is_fine(store->marker, boot)) {
        (void)unlink(store->file); /* not there: as wanted */
    }
    code = boot_marker_write(store->marker, boot);
    if (code) {
        return refuse(code, "open", err);
    }
    code = open_env(store);
    if (code == MDB_INVALID || code == MDB_VERSION_MISMATCH || code == MDB_CORRUPTED ||
        code == MDB_PAGE_NOTFOUND || code == MDB_PANIC || code == EINVAL) {
        (void)unlink(store->file);
        code = open_env(store);
    }
    if (code) {
        return refuse(code, "open", err);
    }
    *ret_store = TAKE(store);
    return OUTCOME_OK;
}

/* What has not reached the file. */
static void take_back(struct store *store)
{
    if (store->txn) {
        mdb_txn_abort(store->txn);
        store->txn = NULL;
    }
    store->rows.last.known = false;
    store->changed = 0;
}

void store_close(struct store *store)
{
    if (!store) {
        return;
    }
    take_back(store);
    if (store->env) {
        bool durable = !store->damaged && mdb_env_sync(store->env, 1) == 0;

        mdb_env_close(store->env);
        if (store->damaged) {
            (void)unlink(store->file);
        }
        if (durable || store->damaged) {
            (void)unlink(store->marker); /* left behind it only costs a rebuild */
        }
    }
    free(store);
}

int64_t store_position(const struct store *store)
{
    return store->position;
}

/* ---- Transactions --------------------------------------------------------------------- */

static enum outcome ensure_txn(struct store *store, struct error *err)
{
    int code = store->txn ? 0 : mdb_txn_begin(store->env, NULL, 0, &store->txn);

    return code ? fail(store, code, "begin", err) : OUTCOME_OK;
}

/* To the file, with the position that the rows reflect. */
static enum outcome flush(struct store *store, int64_t position, struct error *err)
{
    struct meta meta = {.position = position, .format = STORE_FORMAT};
    MDB_val key = {4, (void *)(uintptr_t) "meta"};
    MDB_val value = {sizeof(meta), &meta};
    enum outcome outcome = ensure_txn(store, err);
    int code;

    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    code = mdb_put(store->txn, store->meta, &key, &value, 0);
    if (code) {
        take_back(store);
        return fail(store, code, "position", err);
    }
    code = mdb_txn_commit(store->txn);
    store->txn = NULL;
    store->changed = 0;
    if (code) {
        return fail(store, code, "commit", err);
    }
    store->position = meta.position;
    return OUTCOME_OK;
}

enum outcome store_commit(struct store *store, int64_t position, struct error *err)
{
    if (position == STORE_NOWHERE) {
        return store->changed >= FLUSH_ROWS ? flush(store, store->position, err) : OUTCOME_OK;
    }
    if (store->changed == 0 && position == store->position) {
        return OUTCOME_OK;
    }
    return flush(store, position, err);
}

enum outcome store_clear(struct store *store, struct error *err)
{
    enum outcome outcome;
    int code;

    take_back(store);
    outcome = ensure_txn(store, err);
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    code = store_rows_clear(&store->rows, store->txn);
    code = code ? code : mdb_drop(store->txn, store->meta, 0);
    if (code) {
        take_back(store);
        return fail(store, code, "clear", err);
    }
    code = mdb_txn_commit(store->txn);
    store->txn = NULL;
    if (code) {
        return fail(store, code, "clear", err);
    }
    store->position = STORE_NOWHERE;
    return OUTCOME_OK;
}

/* ---- Rows ----------------------------------------------------------------------------- */

enum outcome store_get(struct store *store, struct uuid id, struct bytes *ret_value,
                       struct error *err)
{
    enum outcome outcome = ensure_txn(store, err);
    int code;

    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    code = store_rows_get(&store->rows, store->txn, id, ret_value);
    return code ? fail(store, code, "get", err) : OUTCOME_OK;
}

enum outcome store_put(struct store *store, struct uuid id, struct bytes value, int64_t due_at,
                       struct error *err)
{
    enum outcome outcome = ensure_txn(store, err);
    int code;

    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    store->changed++;
    code = store_rows_put(&store->rows, store->txn, id, value, due_at);
    return code ? fail(store, code, "put", err) : OUTCOME_OK;
}

enum outcome store_delete(struct store *store, struct uuid id, struct error *err)
{
    enum outcome outcome = ensure_txn(store, err);
    int code;

    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    store->changed++;
    code = store_rows_delete(&store->rows, store->txn, id);
    return code ? fail(store, code, "delete", err) : OUTCOME_OK;
}

enum outcome store_next_due(struct store *store, int64_t *ret_due_at, struct uuid *ret_id,
                            struct error *err)
{
    enum outcome outcome = ensure_txn(store, err);
    int code;

    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    code = store_rows_next_due(&store->rows, store->txn, ret_due_at, ret_id);
    return code ? fail(store, code, "next due", err) : OUTCOME_OK;
}
