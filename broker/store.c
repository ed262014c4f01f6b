/* SPDX-License-Identifier: Apache-2.0
 *
 * Three tables in one LMDB file: rows (id → deadline ‖ value), due (deadline ‖ id → nothing;
 * its order is the order of deadlines), meta (position, format).
 */
#include "broker/store.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.h"

#define STORE_FORMAT 1
/* Address space, not memory: a partition of some millions of hand-overs. */
#define STORE_MAP_BYTES ((size_t)8 << 30)
#define ID_SIZE 16
#define DUE_SIZE 8
#define PATH_SIZE 4096

struct store {
    MDB_env *env;
    MDB_txn *txn; /* NULL: none is open */
    MDB_dbi rows, due, meta;
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

enum outcome store_boot_id(char ret_id[STORE_BOOT_ID_SIZE], struct error *err)
{
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "r");
    bool read = file && fgets(ret_id, STORE_BOOT_ID_SIZE, file);

    if (file) {
        (void)fclose(file); /* only read from */
    }
    if (!read) {
        return error_set(err, OUTCOME_FATAL, "store: the system does not say which boot this is");
    }
    ret_id[strcspn(ret_id, "\n")] = '\0';
    return OUTCOME_OK;
}

/* False when the last user of the file did not close it and the machine has started anew
 * since: then nobody knows which of its pages reached the disk. */
static bool marker_is_fine(const char *path, const char *boot_id)
{
    char text[STORE_BOOT_ID_SIZE] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len;

    if (fd < 0) {
        return errno == ENOENT;
    }
    len = read(fd, text, sizeof(text) - 1);
    (void)close(fd); /* only read from */
    return len >= 0 && (size_t)len == strlen(boot_id) && strcmp(text, boot_id) == 0;
}

static enum outcome marker_write(const char *path, const char *boot_id, struct error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t len = (ssize_t)strlen(boot_id);
    bool written = fd >= 0 && write(fd, boot_id, (size_t)len) == len && fsync(fd) == 0;
    int code = written ? 0 : errno;

    if (fd >= 0 && close(fd) != 0 && written) {
        code = errno;
    }
    return code ? refuse(code, "open", err) : OUTCOME_OK;
}

static int open_tables(struct store *store)
{
    int code = mdb_txn_begin(store->env, NULL, 0, &store->txn);

    code = code ? code : mdb_dbi_open(store->txn, "rows", MDB_CREATE, &store->rows);
    code = code ? code : mdb_dbi_open(store->txn, "due", MDB_CREATE, &store->due);
    return code ? code : mdb_dbi_open(store->txn, "meta", MDB_CREATE, &store->meta);
}

static int read_meta(struct store *store)
{
    MDB_val key = {4, (void *)(uintptr_t) "meta"};
    MDB_val value;
    struct meta meta;
    int code = mdb_get(store->txn, store->meta, &key, &value);

    store->position = STORE_NOWHERE;
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

/* MDB_NOLOCK: the process holds its state folder alone (broker.c), a task one thread. */
static int open_env(struct store *store)
{
    int code = mdb_env_create(&store->env);

    code = code ? code : mdb_env_set_mapsize(store->env, STORE_MAP_BYTES);
    code = code ? code : mdb_env_set_maxdbs(store->env, 3);
    code =
        code ? code
             : mdb_env_open(store->env, store->file, MDB_NOSUBDIR | MDB_NOSYNC | MDB_NOLOCK, 0600);
    code = code ? code : open_tables(store);
    code = code ? code : read_meta(store);
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

enum outcome store_open(const char *folder, int32_t partition, const char *boot_id,
                        struct store **ret_store, struct error *err)
{
    CLEANUP(store_closep) struct store *store = xcalloc(1, sizeof(*store));
    int len = snprintf(store->file, sizeof(store->file), "%s/task-%d.mdb", folder, partition);
    enum outcome outcome;
    int code;

    if (len < 0 || (size_t)len >= sizeof(store->file)) {
        return error_set(err, OUTCOME_FATAL, "store: the state folder's name is too long");
    }
    memcpy(store->marker, store->file, (size_t)len);
    memcpy(store->marker + len - 3, "boot", 5);
    if (!marker_is_fine(store->marker, boot_id)) {
        (void)unlink(store->file); /* not there: as wanted */
    }
    outcome = marker_write(store->marker, boot_id, err);
    if (outcome != OUTCOME_OK) {
        return outcome;
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

void store_close(struct store *store)
{
    if (!store) {
        return;
    }
    store_abort(store);
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

void store_abort(struct store *store)
{
    if (store->txn) {
        mdb_txn_abort(store->txn);
        store->txn = NULL;
    }
}

enum outcome store_commit(struct store *store, int64_t position, struct error *err)
{
    struct meta meta = {.position = position == STORE_NOWHERE ? store->position : position,
                        .format = STORE_FORMAT};
    MDB_val key = {4, (void *)(uintptr_t) "meta"};
    MDB_val value = {sizeof(meta), &meta};
    enum outcome outcome;
    int code;

    if (!store->txn && meta.position == store->position) {
        return OUTCOME_OK;
    }
    outcome = ensure_txn(store, err);
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    code = mdb_put(store->txn, store->meta, &key, &value, 0);
    if (code) {
        store_abort(store);
        return fail(store, code, "position", err);
    }
    code = mdb_txn_commit(store->txn);
    store->txn = NULL;
    if (code) {
        return fail(store, code, "commit", err);
    }
    store->position = meta.position;
    return OUTCOME_OK;
}

enum outcome store_clear(struct store *store, struct error *err)
{
    enum outcome outcome;
    int code;

    store_abort(store);
    outcome = ensure_txn(store, err);
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    code = mdb_drop(store->txn, store->rows, 0);
    code = code ? code : mdb_drop(store->txn, store->due, 0);
    code = code ? code : mdb_drop(store->txn, store->meta, 0);
    code = code ? code : mdb_txn_commit(store->txn);
    store->txn = NULL;
    store->position = STORE_NOWHERE;
    return code ? fail(store, code, "clear", err) : OUTCOME_OK;
}

/* ---- Rows ----------------------------------------------------------------------------- */

static void write_be(uint64_t number, uint8_t out[DUE_SIZE])
{
    for (int i = 0; i < DUE_SIZE; i++) {
        out[i] = (uint8_t)(number >> (8 * (DUE_SIZE - 1 - i)));
    }
}

static uint64_t read_be(const uint8_t in[DUE_SIZE])
{
    uint64_t number = 0;

    for (int i = 0; i < DUE_SIZE; i++) {
        number = number << 8 | in[i];
    }
    return number;
}

/* Times before 1970 are earlier too: the sign bit turned, bytes sort as the numbers do. */
#define SIGN (UINT64_C(1) << 63)

static void due_key(int64_t due_at, struct uuid id, uint8_t out[DUE_SIZE + ID_SIZE])
{
    write_be((uint64_t)due_at ^ SIGN, out);
    memcpy(out + DUE_SIZE, id.octets, ID_SIZE);
}

/* Finds the row as it is stored, deadline in front. `*ret_value` is {0} when there is none. */
static int find_row(struct store *store, struct uuid *id, MDB_val *ret_value)
{
    MDB_val key = {ID_SIZE, id->octets};
    int code = mdb_get(store->txn, store->rows, &key, ret_value);

    if (code == MDB_NOTFOUND) {
        *ret_value = (MDB_val){0};
        return 0;
    }
    return code == 0 && ret_value->mv_size < DUE_SIZE ? MDB_CORRUPTED : code;
}

enum outcome store_get(struct store *store, struct uuid id, struct bytes *ret_value,
                       struct error *err)
{
    enum outcome outcome = ensure_txn(store, err);
    MDB_val value;
    int code;

    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    code = find_row(store, &id, &value);
    if (code) {
        return fail(store, code, "get", err);
    }
    *ret_value = value.mv_data
                     ? bytes_of((const uint8_t *)value.mv_data + DUE_SIZE, value.mv_size - DUE_SIZE)
                     : BYTES_NONE;
    return OUTCOME_OK;
}

static int drop_due(struct store *store, const MDB_val *row, struct uuid id)
{
    uint8_t bytes[DUE_SIZE + ID_SIZE];
    MDB_val key = {sizeof(bytes), bytes};
    int64_t due_at = row->mv_data ? (int64_t)(read_be(row->mv_data) ^ SIGN) : INT64_MIN;
    int code;

    if (due_at == INT64_MIN) {
        return 0;
    }
    due_key(due_at, id, bytes);
    code = mdb_del(store->txn, store->due, &key, NULL);
    return code == MDB_NOTFOUND ? MDB_CORRUPTED : code;
}

static int write_row(struct store *store, struct uuid id, struct bytes value, int64_t due_at)
{
    uint8_t due_bytes[DUE_SIZE + ID_SIZE];
    MDB_val key = {ID_SIZE, id.octets};
    MDB_val room = {DUE_SIZE + value.len, NULL};
    MDB_val due = {sizeof(due_bytes), due_bytes};
    MDB_val nothing = {0, NULL};
    int code = mdb_put(store->txn, store->rows, &key, &room, MDB_RESERVE);

    if (code) {
        return code;
    }
    write_be((uint64_t)due_at ^ SIGN, room.mv_data);
    memcpy((uint8_t *)room.mv_data + DUE_SIZE, value.data, value.len);
    if (due_at == INT64_MIN) {
        return 0;
    }
    due_key(due_at, id, due_bytes);
    return mdb_put(store->txn, store->due, &due, &nothing, 0);
}

enum outcome store_put(struct store *store, struct uuid id, struct bytes value, int64_t due_at,
                       struct error *err)
{
    enum outcome outcome = ensure_txn(store, err);
    MDB_val old;
    int code;

    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    code = find_row(store, &id, &old);
    code = code ? code : drop_due(store, &old, id);
    code = code ? code : write_row(store, id, value, due_at);
    return code ? fail(store, code, "put", err) : OUTCOME_OK;
}

enum outcome store_delete(struct store *store, struct uuid id, struct error *err)
{
    enum outcome outcome = ensure_txn(store, err);
    MDB_val key = {ID_SIZE, id.octets};
    MDB_val old;
    int code;

    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    code = find_row(store, &id, &old);
    if (code == 0 && !old.mv_data) {
        return OUTCOME_OK;
    }
    code = code ? code : drop_due(store, &old, id);
    code = code ? code : mdb_del(store->txn, store->rows, &key, NULL);
    return code ? fail(store, code, "delete", err) : OUTCOME_OK;
}

enum outcome store_next_due(struct store *store, int64_t *ret_due_at, struct uuid *ret_id,
                            struct error *err)
{
    enum outcome outcome = ensure_txn(store, err);
    MDB_cursor *cursor = NULL;
    MDB_val key;
    MDB_val nothing;
    int code;

    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    code = mdb_cursor_open(store->txn, store->due, &cursor);
    code = code ? code : mdb_cursor_get(cursor, &key, &nothing, MDB_FIRST);
    *ret_due_at = INT64_MAX;
    if (code == 0 && key.mv_size == DUE_SIZE + ID_SIZE) {
        *ret_due_at = (int64_t)(read_be(key.mv_data) ^ SIGN);
        memcpy(ret_id->octets, (const uint8_t *)key.mv_data + DUE_SIZE, ID_SIZE);
    }
    if (cursor) {
        mdb_cursor_close(cursor);
    }
    return code && code != MDB_NOTFOUND ? fail(store, code, "next due", err) : OUTCOME_OK;
}

enum outcome store_count(struct store *store, size_t *ret_rows, struct error *err)
{
    enum outcome outcome = ensure_txn(store, err);
    MDB_stat stat;
    int code;

    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    code = mdb_stat(store->txn, store->rows, &stat);
    *ret_rows = code ? 0 : stat.ms_entries;
    return code ? fail(store, code, "count", err) : OUTCOME_OK;
}
