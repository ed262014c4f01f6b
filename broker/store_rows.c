/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/store_rows.h"

#include <string.h>

#define ID_SIZE 16
#define DUE_SIZE 8
#define ROW_HEAD (ID_SIZE + DUE_SIZE)
#define DUE_KEY_SIZE (DUE_SIZE + sizeof(uint64_t))

/* The place behind the last row. */
static int read_next_place(struct store_rows *rows, MDB_txn *txn)
{
    MDB_cursor *cursor = NULL;
    MDB_val key;
    MDB_val value;
    int code = mdb_cursor_open(txn, rows->rows, &cursor);

    rows->next_place = 1;
    code = code ? code : mdb_cursor_get(cursor, &key, &value, MDB_LAST);
    if (code == 0 && key.mv_size == sizeof(rows->next_place)) {
        memcpy(&rows->next_place, key.mv_data, sizeof(rows->next_place));
        rows->next_place++;
    }
    if (cursor) {
        mdb_cursor_close(cursor);
    }
    return code == MDB_NOTFOUND ? 0 : code;
}

int store_rows_open(struct store_rows *rows, MDB_txn *txn)
{
    int code = mdb_dbi_open(txn, "ids", MDB_CREATE, &rows->ids);

    code = code ? code : mdb_dbi_open(txn, "rows", MDB_CREATE | MDB_INTEGERKEY, &rows->rows);
    code = code ? code : mdb_dbi_open(txn, "due", MDB_CREATE, &rows->due);
    rows->last.known = false;
    return code ? code : read_next_place(rows, txn);
}

int store_rows_clear(struct store_rows *rows, MDB_txn *txn)
{
    int code = mdb_drop(txn, rows->ids, 0);

    code = code ? code : mdb_drop(txn, rows->rows, 0);
    rows->last.known = false;
    return code ? code : mdb_drop(txn, rows->due, 0);
}

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

static void due_key(const struct store_place *found, uint8_t out[DUE_KEY_SIZE])
{
    write_be((uint64_t)found->due_at ^ SIGN, out);
    write_be(found->place, out + DUE_SIZE);
}

/* The row at a place, as it is stored. */
static int get_row(const struct store_rows *rows, MDB_txn *txn, size_t place, MDB_val *ret_row)
{
    MDB_val key = {sizeof(place), &place};
    int code = mdb_get(txn, rows->rows, &key, ret_row);

    return code == MDB_NOTFOUND || (code == 0 && ret_row->mv_size < ROW_HEAD) ? MDB_CORRUPTED
                                                                              : code;
}

/* Where the row of an id stands, into rows->last. */
static int look_up(struct store_rows *rows, MDB_txn *txn, struct uuid id)
{
    struct store_place *last = &rows->last;
    MDB_val key = {ID_SIZE, id.octets};
    MDB_val value;
    int code;

    if (last->known && uuid_equal(last->id, id)) {
        return 0;
    }
    *last = (struct store_place){.id = id, .due_at = STORE_ROWS_NEVER};
    code = mdb_get(txn, rows->ids, &key, &value);
    if (code == MDB_NOTFOUND) {
        last->known = true;
        return 0;
    }
    if (code == 0 && value.mv_size != sizeof(last->place)) {
        code = MDB_CORRUPTED;
    }
    if (code) {
        return code;
    }
    memcpy(&last->place, value.mv_data, sizeof(last->place));
    code = get_row(rows, txn, last->place, &value);
    if (code == 0) {
        last->due_at = (int64_t)(read_be((const uint8_t *)value.mv_data + ID_SIZE) ^ SIGN);
        last->exists = true;
        last->known = true;
    }
    return code;
}

int store_rows_get(struct store_rows *rows, MDB_txn *txn, struct uuid id, struct bytes *ret_value)
{
    MDB_val row = {0};
    int code = look_up(rows, txn, id);

    if (code == 0 && rows->last.exists) {
        code = get_row(rows, txn, rows->last.place, &row);
    }
    *ret_value = code == 0 && row.mv_data
                     ? bytes_of((const uint8_t *)row.mv_data + ROW_HEAD, row.mv_size - ROW_HEAD)
                     : BYTES_NONE;
    return code;
}

/* Its entry among the deadlines, if it has one. */
static int drop_due(const struct store_rows *rows, MDB_txn *txn, const struct store_place *at)
{
    uint8_t bytes[DUE_KEY_SIZE];
    MDB_val key = {sizeof(bytes), bytes};
    int code;

    if (at->due_at == STORE_ROWS_NEVER) {
        return 0;
    }
    due_key(at, bytes);
    code = mdb_del(txn, rows->due, &key, NULL);
    return code == MDB_NOTFOUND ? MDB_CORRUPTED : code;
}

static int write_due(const struct store_rows *rows, MDB_txn *txn, const struct store_place *at)
{
    uint8_t bytes[DUE_KEY_SIZE];
    MDB_val key = {sizeof(bytes), bytes};
    MDB_val nothing = {0, NULL};

    if (at->due_at == STORE_ROWS_NEVER) {
        return 0;
    }
    due_key(at, bytes);
    return mdb_put(txn, rows->due, &key, &nothing, 0);
}

/* Gives a new row the next place. */
static int add_id(struct store_rows *rows, MDB_txn *txn, struct store_place *at)
{
    MDB_val key = {ID_SIZE, at->id.octets};
    MDB_val value = {sizeof(at->place), &at->place};

    at->place = rows->next_place++;
    return mdb_put(txn, rows->ids, &key, &value, MDB_NOOVERWRITE);
}

static int write_row(const struct store_rows *rows, MDB_txn *txn, const struct store_place *at,
                     struct bytes value)
{
    size_t place = at->place;
    MDB_val key = {sizeof(place), &place};
    MDB_val room = {ROW_HEAD + value.len, NULL};
    unsigned flags = at->exists ? MDB_RESERVE : MDB_RESERVE | MDB_APPEND;
    int code = mdb_put(txn, rows->rows, &key, &room, flags);

    if (code) {
        return code;
    }
    memcpy(room.mv_data, at->id.octets, ID_SIZE);
    write_be((uint64_t)at->due_at ^ SIGN, (uint8_t *)room.mv_data + ID_SIZE);
    memcpy((uint8_t *)room.mv_data + ROW_HEAD, value.data, value.len);
    return 0;
}

int store_rows_put(struct store_rows *rows, MDB_txn *txn, struct uuid id, struct bytes value,
                   int64_t due_at)
{
    struct store_place *at = &rows->last;
    int code = look_up(rows, txn, id);
    bool moves = at->due_at != due_at;

    code = code || !moves ? code : drop_due(rows, txn, at);
    code = code || at->exists ? code : add_id(rows, txn, at);
    at->due_at = due_at;
    code = code ? code : write_row(rows, txn, at, value);
    code = code || !moves ? code : write_due(rows, txn, at);
    at->exists = true;
    at->known = code == 0;
    return code;
}

int store_rows_delete(struct store_rows *rows, MDB_txn *txn, struct uuid id)
{
    int code = look_up(rows, txn, id);
    size_t place = rows->last.place;
    MDB_val id_key = {ID_SIZE, id.octets};
    MDB_val place_key = {sizeof(place), &place};

    if (code || !rows->last.exists) {
        return code;
    }
    code = drop_due(rows, txn, &rows->last);
    rows->last.known = false;
    code = code ? code : mdb_del(txn, rows->rows, &place_key, NULL);
    return code ? code : mdb_del(txn, rows->ids, &id_key, NULL);
}

int store_rows_next_due(const struct store_rows *rows, MDB_txn *txn, int64_t *ret_due_at,
                        struct uuid *ret_id)
{
    MDB_cursor *cursor = NULL;
    MDB_val key;
    MDB_val value;
    int code = mdb_cursor_open(txn, rows->due, &cursor);

    code = code ? code : mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    *ret_due_at = INT64_MAX;
    if (code == 0 && key.mv_size == DUE_KEY_SIZE) {
        *ret_due_at = (int64_t)(read_be(key.mv_data) ^ SIGN);
        code = get_row(rows, txn, read_be((const uint8_t *)key.mv_data + DUE_SIZE), &value);
        if (code == 0) {
            memcpy(ret_id->octets, value.mv_data, ID_SIZE);
        }
    }
    if (cursor) {
        mdb_cursor_close(cursor);
    }
    return code == MDB_NOTFOUND ? 0 : code;
}
