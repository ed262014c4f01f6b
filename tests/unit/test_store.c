/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "broker/store.h"

#define BOOT "boot-one"

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

static void an_abort_takes_everything_back(void **state)
{
    struct fixture *f = *state;

    put(f, 1, "one", 5);
    commit(f, 7);
    put(f, 1, "other", 9);
    put(f, 2, "two", 1);
    assert_value(f, 1, "other");
    store_abort(f->store);
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
    size_t rows;

    put(f, 1, "one", 5);
    commit(f, 9);
    assert_int_equal(store_clear(f->store, NULL), OUTCOME_OK);
    assert_true(store_position(f->store) == STORE_NOWHERE);
    assert_int_equal(store_count(f->store, &rows, NULL), OUTCOME_OK);
    assert_int_equal(rows, 0);
    assert_next_due(f, INT64_MAX, 0);
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
        CASE(an_abort_takes_everything_back),
        CASE(deadlines_come_in_the_order_of_their_time),
        CASE(a_crash_of_the_process_loses_nothing_committed),
        CASE(a_crash_of_the_machine_throws_the_file_away),
        CASE(a_damaged_file_is_thrown_away),
        CASE(clearing_forgets_the_position_too),
        CASE(a_disk_without_room_is_said_at_the_start),
        cmocka_unit_test(a_folder_that_is_not_there_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
