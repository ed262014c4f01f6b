/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "broker/store.h"

#define BOOT "boot-one"

/* Of LMDB: which drop from now on fails, 0: none; how many transactions were given up. */
static struct {
    int fails;
    int aborts;
} lmdb;

/* Instead of its own: -Wl,--wrap */
int __real_mdb_drop(MDB_txn *txn, MDB_dbi table, int whole);
int __wrap_mdb_drop(MDB_txn *txn, MDB_dbi table, int whole);
void __real_mdb_txn_abort(MDB_txn *txn);
void __wrap_mdb_txn_abort(MDB_txn *txn);

int __wrap_mdb_drop(MDB_txn *txn, MDB_dbi table, int whole)
{
    if (lmdb.fails > 0 && --lmdb.fails == 0) {
        return MDB_CORRUPTED;
    }
    return __real_mdb_drop(txn, table, whole);
}

void __wrap_mdb_txn_abort(MDB_txn *txn)
{
    lmdb.aborts++;
    __real_mdb_txn_abort(txn);
}

struct fixture {
    char folder[64];
    struct store *store;
};

static void open_as(struct fixture *f, const char *boot)
{
    struct error err;

    assert_int_equal(store_open(f->folder, 3, boot, &f->store, &err), OUTCOME_OK);
}

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));

    strncpy(f->folder, "build/store-XXXXXX", sizeof(f->folder) - 1);
    assert_non_null(mkdtemp(f->folder));
    open_as(f, BOOT);
    *state = f;
    return 0;
}

static void path_of(const struct fixture *f, const char *suffix, char path[128])
{
    (void)snprintf(path, 128, "%s/task-3.%s", f->folder, suffix);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char path[128];

    store_close(f->store);
    path_of(f, "mdb", path);
    (void)unlink(path);
    path_of(f, "boot", path);
    (void)unlink(path);
    assert_int_equal(rmdir(f->folder), 0);
    free(f);
    return 0;
}

static struct uuid id_of(uint8_t number)
{
    struct uuid id = UUID_NONE;

    id.octets[15] = number;
    return id;
}

static void put(struct fixture *f, uint8_t number, const char *value, int64_t due_at)
{
    assert_int_equal(store_put(f->store, id_of(number), bytes_of_text(value), due_at, NULL),
                     OUTCOME_OK);
}

static void commit(struct fixture *f, int64_t position)
{
    assert_int_equal(store_commit(f->store, position, NULL), OUTCOME_OK);
}

static void assert_value(struct fixture *f, uint8_t number, const char *value)
{
    struct bytes found;

    assert_int_equal(store_get(f->store, id_of(number), &found, NULL), OUTCOME_OK);
    if (value) {
        assert_bytes_text(found, value);
    } else {
        assert_null(found.data);
    }
}

static void assert_next_due(struct fixture *f, int64_t due_at, uint8_t number)
{
    int64_t found;
    struct uuid id;

    assert_int_equal(store_next_due(f->store, &found, &id, NULL), OUTCOME_OK);
    assert_true(found == due_at);
    if (due_at != INT64_MAX) {
        assert_true(uuid_equal(id, id_of(number)));
    }
}

static void leave_as_after_a_crash(struct fixture *f)
{
    char path[128];
    int fd;

    store_close(f->store);
    path_of(f, "boot", path);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, BOOT, strlen(BOOT)), (ssize_t)strlen(BOOT));
    assert_int_equal(close(fd), 0);
}

static void rows_and_position_survive_a_clean_close(void **state)
{
    struct fixture *f = *state;

    assert_true(store_position(f->store) == STORE_NOWHERE);
    put(f, 1, "one", INT64_MIN);
    commit(f, 42);
    store_close(f->store);
    open_as(f, "another boot");
    assert_true(store_position(f->store) == 42);
    assert_value(f, 1, "one");
    assert_value(f, 2, NULL);
}

static void a_close_takes_back_what_was_not_committed(void **state)
{
    struct fixture *f = *state;

    put(f, 1, "one", 5);
    commit(f, 7);
    put(f, 1, "other", 9);
    put(f, 2, "two", 1);
    assert_value(f, 1, "other");
    store_close(f->store);
    open_as(f, BOOT);
    assert_value(f, 1, "one");
    assert_value(f, 2, NULL);
    assert_next_due(f, 5, 1);
    commit(f, STORE_NOWHERE);
    assert_true(store_position(f->store) == 7);
}

static void deadlines_come_in_the_order_of_their_time(void **state)
{
    struct fixture *f = *state;

    put(f, 1, "one", 300);
    put(f, 2, "two", -5);
    put(f, 3, "three", 20);
    put(f, 4, "four", INT64_MIN);
    assert_next_due(f, -5, 2);
    put(f, 2, "two", 1000);
    assert_next_due(f, 20, 3);
    assert_int_equal(store_delete(f->store, id_of(3), NULL), OUTCOME_OK);
    assert_next_due(f, 300, 1);
    put(f, 1, "one", INT64_MIN);
    assert_next_due(f, 1000, 2);
    put(f, 2, "two", INT64_MIN);
    assert_next_due(f, INT64_MAX, 0);
}

static void a_crash_of_the_process_loses_nothing_committed(void **state)
{
    struct fixture *f = *state;

    put(f, 1, "one", 5);
    commit(f, 9);
    leave_as_after_a_crash(f);
    open_as(f, BOOT);
    assert_value(f, 1, "one");
    assert_true(store_position(f->store) == 9);
}

static void a_crash_of_the_machine_throws_the_file_away(void **state)
{
    struct fixture *f = *state;

    put(f, 1, "one", 5);
    commit(f, 9);
    leave_as_after_a_crash(f);
    open_as(f, "boot-two");
    assert_value(f, 1, NULL);
    assert_true(store_position(f->store) == STORE_NOWHERE);
}

static void a_damaged_file_is_thrown_away(void **state)
{
    struct fixture *f = *state;
    char path[128];
    char noise[20000];
    int fd;

    put(f, 1, "one", 5);
    commit(f, 9);
    store_close(f->store);
    path_of(f, "mdb", path);
    memset(noise, 'x', sizeof(noise));
    fd = open(path, O_WRONLY | O_TRUNC);
    assert_int_equal(write(fd, noise, sizeof(noise)), sizeof(noise));
    assert_int_equal(close(fd), 0);
    open_as(f, BOOT);
    assert_value(f, 1, NULL);
}

static void clearing_forgets_the_position_too(void **state)
{
    struct fixture *f = *state;

    put(f, 1, "one", 5);
    commit(f, 9);
    assert_int_equal(store_clear(f->store, NULL), OUTCOME_OK);
    assert_true(store_position(f->store) == STORE_NOWHERE);
    assert_value(f, 1, NULL);
    assert_next_due(f, INT64_MAX, 0);
}

static void a_clear_that_fails_leaves_no_transaction_open(void **state)
{
    struct fixture *f = *state;

    for (int drop = 1; drop <= 4; drop++) {
        int before = lmdb.aborts;

        put(f, 1, "one", 5);
        commit(f, 9);
        lmdb.fails = drop;
        assert_int_equal(store_clear(f->store, NULL), OUTCOME_RETRY);
        assert_int_equal(lmdb.aborts, before + 1);
        store_close(f->store); /* damaged: it begins anew */
        open_as(f, BOOT);
        assert_true(store_position(f->store) == STORE_NOWHERE);
    }
}

/* The file of another release, whatever it calls its tables. */
static void write_format(const char *path, int64_t format)
{
    int64_t meta[2] = {77, format};
    MDB_val key = {4, (void *)(uintptr_t) "meta"};
    MDB_val value = {sizeof(meta), meta};
    MDB_env *env = NULL;
    MDB_txn *txn = NULL;
    MDB_dbi dbi;

    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_set_maxdbs(env, 2), 0);
    assert_int_equal(mdb_env_open(env, path, MDB_NOSUBDIR | MDB_NOLOCK, 0600), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, "rows", MDB_CREATE, &dbi), 0);
    assert_int_equal(mdb_put(txn, dbi, &key, &value, 0), 0);
    assert_int_equal(mdb_dbi_open(txn, "meta", MDB_CREATE, &dbi), 0);
    assert_int_equal(mdb_put(txn, dbi, &key, &value, 0), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
}

static void a_file_of_another_release_is_thrown_away(void **state)
{
    struct fixture *f = *state;
    char path[128];

    store_close(f->store);
    path_of(f, "mdb", path);
    assert_int_equal(unlink(path), 0);
    write_format(path, 1);
    open_as(f, BOOT);
    assert_true(store_position(f->store) == STORE_NOWHERE);
    put(f, 1, "one", 5);
    commit(f, 9);
    assert_value(f, 1, "one");
}

static void what_has_no_position_yet_may_be_lost_and_is_not_counted(void **state)
{
    struct fixture *f = *state;

    put(f, 1, "one", 5);
    commit(f, 9);
    put(f, 1, "newer", 7);
    put(f, 2, "two", 6);
    commit(f, STORE_NOWHERE);
    assert_value(f, 1, "newer");
    leave_as_after_a_crash(f);
    open_as(f, BOOT);
    assert_true(store_position(f->store) == 9);
    assert_value(f, 1, "one");
    assert_value(f, 2, NULL);
    assert_next_due(f, 5, 1);
}

static void enough_of_it_reaches_the_file_all_the_same(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 5000; i++) {
        put(f, (uint8_t)(i % 200), i < 4800 ? "older" : "newest", i);
    }
    commit(f, STORE_NOWHERE);
    leave_as_after_a_crash(f);
    open_as(f, BOOT);
    assert_true(store_position(f->store) == STORE_NOWHERE);
    assert_value(f, 0, "newest");
    assert_next_due(f, 4800, 0);
}

/* ---- Against a list ------------------------------------------------------------------- */

#define MODEL_ROWS 250

struct model_row {
    size_t len; /* 0: not there */
    int64_t due_at;
    uint8_t fill;
};

struct model {
    struct model_row rows[MODEL_ROWS], kept[MODEL_ROWS];
    uint32_t seed;
};

static uint32_t draw(struct model *model, uint32_t below)
{
    model->seed = model->seed * 1664525 + 1013904223;
    return (model->seed >> 8) % below;
}

static void assert_as_model(struct fixture *f, const struct model *model)
{
    int64_t first = INT64_MAX;
    int64_t due_at;
    struct uuid id;

    for (size_t i = 0; i < MODEL_ROWS; i++) {
        const struct model_row *row = &model->rows[i];
        struct bytes found;

        assert_int_equal(store_get(f->store, id_of((uint8_t)i), &found, NULL), OUTCOME_OK);
        assert_int_equal(found.len, row->len);
        assert_true(row->len == 0 ||
                    (found.data[0] == row->fill && found.data[row->len - 1] == row->fill));
        if (row->len > 0 && row->due_at != INT64_MIN && row->due_at < first) {
            first = row->due_at;
        }
    }
    assert_int_equal(store_next_due(f->store, &due_at, &id, NULL), OUTCOME_OK);
    assert_true(due_at == first);
    if (due_at != INT64_MAX) {
        assert_true(model->rows[id.octets[15]].due_at == due_at);
    }
}

static size_t rows_of(const struct model *model)
{
    size_t count = 0;

    for (size_t i = 0; i < MODEL_ROWS; i++) {
        count += model->rows[i].len > 0;
    }
    return count;
}

/* Of a store that is closed: a row that no id leads to would take its room for ever. */
static size_t rows_in_file(const struct fixture *f)
{
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi rows;
    MDB_stat stat;
    char path[128];

    path_of(f, "mdb", path);
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_set_maxdbs(env, 4), 0);
    assert_int_equal(mdb_env_open(env, path, MDB_NOSUBDIR | MDB_NOLOCK | MDB_RDONLY, 0), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, "rows", 0, &rows), 0);
    assert_int_equal(mdb_stat(txn, rows, &stat), 0);
    __real_mdb_txn_abort(txn);
    mdb_env_close(env);
    return stat.ms_entries;
}

static void open_again(struct fixture *f, struct model *model)
{
    memcpy(model->rows, model->kept, sizeof(model->rows));
    store_close(f->store);
    assert_int_equal(rows_in_file(f), rows_of(model));
    open_as(f, BOOT);
}

/* Rows come, grow, shrink, go; one due time in four is none, many are the same. */
static void change_one(struct fixture *f, struct model *model)
{
    static uint8_t value[1500];
    size_t i = draw(model, MODEL_ROWS);
    struct model_row *row = &model->rows[i];

    if (draw(model, 8) == 0) {
        *row = (struct model_row){0};
        assert_int_equal(store_delete(f->store, id_of((uint8_t)i), NULL), OUTCOME_OK);
        return;
    }
    row->len = 1 + draw(model, sizeof(value));
    row->fill = (uint8_t)draw(model, 256);
    if (draw(model, 2) == 0) {
        row->due_at = draw(model, 4) == 0 ? INT64_MIN : (int64_t)draw(model, 60) - 20;
    }
    memset(value, row->fill, row->len);
    assert_int_equal(
        store_put(f->store, id_of((uint8_t)i), bytes_of(value, row->len), row->due_at, NULL),
        OUTCOME_OK);
}

static void it_holds_what_a_list_would(void **state)
{
    struct fixture *f = *state;
    struct model *model = xcalloc(1, sizeof(*model));

    for (int round = 0; round < 60; round++) {
        for (uint32_t i = draw(model, 120); i > 0; i--) {
            change_one(f, model);
        }
        assert_as_model(f, model);
        switch (draw(model, 4)) {
        case 0:
            commit(f, STORE_NOWHERE);
            break;
        case 1:
            open_again(f, model);
            break;
        default:
            commit(f, round);
            memcpy(model->kept, model->rows, sizeof(model->rows));
            break;
        }
        if (draw(model, 8) == 0) {
            open_again(f, model);
        }
        assert_as_model(f, model);
    }
    free(model);
}

static void a_folder_that_is_not_there_is_said(void **state)
{
    struct error err;
    struct store *store = NULL;

    (void)state;
    assert_int_equal(store_open("build/no-such-folder", 0, BOOT, &store, &err), OUTCOME_FATAL);
    assert_null(store);
}

static void a_disk_without_room_is_said_at_the_start(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    char marker[128];

    path_of(f, "boot", marker);
    store_close(f->store);
    f->store = NULL;
    assert_int_equal(symlink("/dev/full", marker), 0);
    assert_int_equal(store_open(f->folder, 3, BOOT, &f->store, &err), OUTCOME_FATAL);
    assert_non_null(strstr(err.text, "no room for the broker's state"));
    assert_int_equal(unlink(marker), 0);
    open_as(f, BOOT);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(rows_and_position_survive_a_clean_close),
        CASE(a_close_takes_back_what_was_not_committed),
        CASE(deadlines_come_in_the_order_of_their_time),
        CASE(a_crash_of_the_process_loses_nothing_committed),
        CASE(a_crash_of_the_machine_throws_the_file_away),
        CASE(a_damaged_file_is_thrown_away),
        CASE(clearing_forgets_the_position_too),
        CASE(a_clear_that_fails_leaves_no_transaction_open),
        CASE(a_file_of_another_release_is_thrown_away),
        CASE(what_has_no_position_yet_may_be_lost_and_is_not_counted),
        CASE(enough_of_it_reaches_the_file_all_the_same),
        CASE(it_holds_what_a_list_would),
        CASE(a_disk_without_room_is_said_at_the_start),
        cmocka_unit_test(a_folder_that_is_not_there_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
