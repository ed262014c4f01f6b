/* SPDX-License-Identifier: Apache-2.0
 *
 * The rows within the store's file (store.h, whose part this is), as three tables of LMDB:
 *
 *   ids    id → place
 *   rows   place → id ‖ deadline ‖ value
 *   due    deadline ‖ place → nothing; its order is the order of deadlines
 *
 * Places are counted up as rows come. LMDB copies each page that a transaction changes; ids are
 * random, so rows that stood under them would cost a page of their own each. By place, what was
 * issued together lies together, and is mostly changed together.
 *
 * Every function works in the transaction that it is given and returns LMDB's code, 0 for well;
 * after another one that transaction is of no use.
 */
#ifndef RELAIS_BROKER_STORE_ROWS_H
#define RELAIS_BROKER_STORE_ROWS_H

#include <lmdb.h>

#include "base/uuid.h"

#define STORE_ROWS_NEVER INT64_MIN

/* Where the row of an id stands. */
struct store_place {
    struct uuid id;
    bool known; /* the rest is right: nothing else was asked for since */
    bool exists;
    size_t place;
    int64_t due_at;
};

struct store_rows {
    MDB_dbi ids, rows, due;
    size_t next_place;
    struct store_place last; /* looked up; for a read is mostly followed by a write */
};

/* Makes the tables if need be. */
MUST_USE int store_rows_open(struct store_rows *rows, MDB_txn *txn);
/* Empties them. */
MUST_USE int store_rows_clear(struct store_rows *rows, MDB_txn *txn);

/* BYTES_NONE: there is no such row. A view, up to the next change. */
MUST_USE int store_rows_get(struct store_rows *rows, MDB_txn *txn, struct uuid id,
                            struct bytes *ret_value);
/* `due_at`: STORE_ROWS_NEVER for none. */
MUST_USE int store_rows_put(struct store_rows *rows, MDB_txn *txn, struct uuid id,
                            struct bytes value, int64_t due_at);
/* Also when there is none. */
MUST_USE int store_rows_delete(struct store_rows *rows, MDB_txn *txn, struct uuid id);

/* *ret_due_at is INT64_MAX when there is none. */
MUST_USE int store_rows_next_due(const struct store_rows *rows, MDB_txn *txn, int64_t *ret_due_at,
                                 struct uuid *ret_id);

#endif
