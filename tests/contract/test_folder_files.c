/* SPDX-License-Identifier: Apache-2.0
 *
 * Files that are dropped into a folder: when one is taken, and its one end.
 */
#include "tests/support/test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/folder_case.h"

/* Where the process is to die in the middle of a file's end; 0: nowhere. */
static enum { LIVES, DIES_BEFORE_THE_MOVE, DIES_BEFORE_THE_REMOVAL } fate;

int __real_renameat(int from, const char *name, int to, const char *new_name);
int __wrap_renameat(int from, const char *name, int to, const char *new_name);
int __real_unlinkat(int folder, const char *name, int flags);
int __wrap_unlinkat(int folder, const char *name, int flags);

int __wrap_renameat(int from, const char *name, int to, const char *new_name)
{
    if (fate == DIES_BEFORE_THE_MOVE && from != to)
        _exit(0);
    return __real_renameat(from, name, to, new_name);
}

int __wrap_unlinkat(int folder, const char *name, int flags)
{
    if (fate == DIES_BEFORE_THE_REMOVAL)
        _exit(0);
    return __real_unlinkat(folder, name, flags);
}

static void die(struct driver_case *c, int where)
{
    pid_t child = fork();
    int status = 0;

    assert_true(child >= 0);
    if (child == 0) {
        fate = where;
        (void)folder_case_take_all(c);
        _exit(1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void a_file_is_done_only_when_each_of_its_rows_is_acknowledged(void **state)
{
    struct driver_case *c = *state;
    struct batch *first;
    struct batch *second;
    struct batch *none;

    folder_case_start(c, FOLDER_CHANGES);
    driver_case_put(c, "a.csv", "id\n1\n2\n3\n");
    driver_case_put(c, "b.csv", "id\n4\n");
    first = folder_case_settle(c, 2);
    second = folder_case_pull(c, 2);
    assert_int_equal(first->count, 2);
    assert_int_equal(second->count, 1);
    folder_case_ack(c, first, 2);
    none = folder_case_pull(c, 2);
    assert_int_equal(none->count, 0);
    assert_true(driver_case_has(c, "a.csv"));
    batch_free(none);
    folder_case_ack(c, second, 1);
    none = folder_case_pull(c, 2);
    assert_true(driver_case_has(c, "done/a.csv"));
    batch_free(none);
    batch_free(first);
    batch_free(second);
}

static void a_restart_goes_on_behind_the_last_row_acknowledged(void **state)
{
    struct driver_case *c = *state;
    struct batch *batch;

    folder_case_start(c, FOLDER_CHANGES);
    driver_case_put(c, "a.csv", "id\n1\n2\n3\n4\n");
    batch = folder_case_settle(c, 3);
    assert_int_equal(batch->count, 3);
    folder_case_end(c, batch, 2);
    folder_case_restart(c, FOLDER_CHANGES);
    assert_string_equal(folder_case_take_all(c),
                        "a.csv:4 {\"id\":\"3\"}\na.csv:5 {\"id\":\"4\"}\n");
    assert_true(driver_case_has(c, "done/a.csv"));
}

static void a_restart_after_the_last_row_only_moves_the_file(void **state)
{
    struct driver_case *c = *state;
    struct batch *batch;

    folder_case_start(c, FOLDER_CHANGES);
    driver_case_put(c, "a.csv", "id\n1\n");
    batch = folder_case_settle(c, 3);
    folder_case_end(c, batch, 1);
    assert_true(driver_case_has(c, "a.csv"));
    folder_case_restart(c, FOLDER_CHANGES);
    assert_string_equal(folder_case_take_all(c), "");
    assert_true(driver_case_has(c, "done/a.csv"));
}

static void the_same_name_with_other_content_is_another_delivery(void **state)
{
    struct driver_case *c = *state;
    struct batch *batch;

    folder_case_start(c, FOLDER_CHANGES);
    driver_case_put(c, "a.csv", "id\n1\n2\n");
    assert_string_equal(folder_case_take_all(c),
                        "a.csv:2 {\"id\":\"1\"}\na.csv:3 {\"id\":\"2\"}\n");
    driver_case_put(c, "a.csv", "id\n9\n8\n");
    driver_case_wait(c, 5000);
    batch = folder_case_settle(c, 1);
    assert_int_equal(batch->count, 1);
    folder_case_end(c, batch, 1);
    /* Replaced in the middle, across a restart. */
    driver_case_put(c, "a.csv", "id\n5\n6\n");
    folder_case_restart(c, FOLDER_CHANGES);
    assert_string_equal(folder_case_take_all(c),
                        "a.csv:2 {\"id\":\"5\"}\na.csv:3 {\"id\":\"6\"}\n");
    assert_true(driver_case_has(c, "done/a.csv"));
    assert_true(driver_case_has(c, "done/a-2.csv"));
}

static void a_file_that_changes_while_it_is_read_is_read_again(void **state)
{
    struct driver_case *c = *state;
    struct batch *batch;

    folder_case_start(c, FOLDER_CHANGES);
    driver_case_put(c, "a.csv", "id\n1\n");
    batch = folder_case_settle(c, 4);
    assert_int_equal(batch->count, 1);
    driver_case_put(c, "a.csv", "id\n1\n2\n");
    folder_case_end(c, batch, 1);
    assert_string_equal(folder_case_take_all(c),
                        "a.csv:2 {\"id\":\"1\"}\na.csv:3 {\"id\":\"2\"}\n");
    assert_true(driver_case_has(c, "done/a.csv"));
    assert_false(driver_case_has(c, "done/a-2.csv"));
}

static void a_file_removed_while_it_is_read_is_read_to_its_end(void **state)
{
    struct driver_case *c = *state;
    struct batch *batch;

    folder_case_start(c, FOLDER_CHANGES);
    driver_case_put(c, "a.csv", "id\n1\n2\n");
    batch = folder_case_settle(c, 1);
    assert_int_equal(batch->count, 1);
    assert_int_equal(unlink(driver_case_path(c, "a.csv")), 0);
    folder_case_end(c, batch, 1);
    assert_string_equal(folder_case_take_all(c), "a.csv:3 {\"id\":\"2\"}\n");
}

static void a_file_that_still_grows_is_not_read_and_nothing_passes_it(void **state)
{
    struct driver_case *c = *state;
    struct batch *batch;

    folder_case_start(c, FOLDER_CHANGES);
    driver_case_put(c, "z.csv", "id\n9\n");
    for (int i = 0; i < 4; i++) {
        char text[16];

        (void)snprintf(text, sizeof(text), "id\n%.*s", i + 1, "1234");
        driver_case_put(c, "a.csv", text);
        batch = folder_case_pull(c, 4);
        assert_int_equal(batch->count, 0);
        batch_free(batch);
        driver_case_wait(c, 1900);
    }
    driver_case_put(c, "b.csv.part", "id\n8\n");
    driver_case_put(c, ".c.csv", "id\n8\n");
    assert_string_equal(folder_case_take_all(c),
                        "a.csv:2 {\"id\":\"1234\"}\nz.csv:2 {\"id\":\"9\"}\n");
}

static void with_a_marker_a_file_is_read_once_its_marker_is_there(void **state)
{
    struct driver_case *c = *state;

    folder_case_start(c, FOLDER_CHANGES "marker: .ok\n");
    driver_case_put(c, "a.csv", "id\n1\n");
    driver_case_put(c, "b.csv", "id\n2\n");
    driver_case_put(c, "b.csv.ok", "");
    assert_string_equal(folder_case_take_all(c), "b.csv:2 {\"id\":\"2\"}\n");
    assert_false(driver_case_has(c, "b.csv.ok"));
    driver_case_put(c, "a.csv.ok", "");
    assert_string_equal(folder_case_take_all(c), "a.csv:2 {\"id\":\"1\"}\n");
}

static void a_marker_does_not_outlive_its_file(void **state)
{
    struct driver_case *c = *state;
    struct batch *batch;

    folder_case_start(c, FOLDER_CHANGES "marker: .ok\n");
    driver_case_put(c, "a.csv", "id\n1\n");
    driver_case_put(c, "a.csv.ok", "");
    batch = folder_case_pull(c, 4);
    assert_int_equal(batch->count, 1);
    folder_case_end(c, batch, 1);
    /* As after a move that was done though its end was not. */
    assert_int_equal(rename(driver_case_path(c, "a.csv"), driver_case_path(c, "done/a.csv")), 0);
    assert_string_equal(folder_case_take_all(c), "");
    assert_false(driver_case_has(c, "a.csv.ok"));
}

static void a_crash_between_the_move_and_its_end_leaves_no_marker(void **state)
{
    struct driver_case *c = *state;

    folder_case_start(c, FOLDER_CHANGES "marker: .ok\n");
    driver_case_put(c, "a.csv", "id\n1\n");
    driver_case_put(c, "a.csv.ok", "");
    die(c, DIES_BEFORE_THE_REMOVAL);
    assert_true(driver_case_has(c, "done/a.csv"));
    driver_case_put(c, "a.csv", "id\n2\n3"); /* somebody writes the next one */
    folder_case_restart(c, FOLDER_CHANGES "marker: .ok\n");
    assert_string_equal(folder_case_take_all(c), "");
    driver_case_put(c, "a.csv", "id\n2\n34\n");
    driver_case_put(c, "a.csv.ok", "");
    assert_string_equal(folder_case_take_all(c),
                        "a.csv:2 {\"id\":\"2\"}\na.csv:3 {\"id\":\"34\"}\n");
    driver_case_put(c, "a.csv", "id\n4");
    assert_string_equal(folder_case_take_all(c), "");
}

static void a_crash_just_before_the_move_only_repeats_it(void **state)
{
    struct driver_case *c = *state;

    folder_case_start(c, FOLDER_CHANGES "marker: .ok\n");
    driver_case_put(c, "a.csv", "id\n1\n");
    driver_case_put(c, "a.csv.ok", "");
    die(c, DIES_BEFORE_THE_MOVE);
    assert_true(driver_case_has(c, "a.csv"));
    folder_case_restart(c, FOLDER_CHANGES "marker: .ok\n");
    /* What the other process acknowledged stands in its own memory only. */
    assert_string_equal(folder_case_take_all(c), "a.csv:2 {\"id\":\"1\"}\n");
    assert_true(driver_case_has(c, "done/a.csv"));
    driver_case_put(c, "a.csv", "id\n2");
    assert_string_equal(folder_case_take_all(c), "");
}

static void files_of_others_that_look_like_a_marker_stay(void **state)
{
    struct driver_case *c = *state;

    folder_case_start(c, FOLDER_CHANGES "marker: .ok\n");
    driver_case_put(c, "relais-20261123.tmp", "id\n1");
    driver_case_put(c, "relais-marker-20261123.csv.tmp", "id\n2");
    folder_case_restart(c, FOLDER_CHANGES "marker: .ok\n");
    assert_string_equal(folder_case_take_all(c), "");
    assert_true(driver_case_has(c, "relais-20261123.tmp"));
    assert_true(driver_case_has(c, "relais-marker-20261123.csv.tmp"));
}

static void links_and_pipes_are_no_files(void **state)
{
    struct driver_case *c = *state;

    folder_case_start(c, FOLDER_CHANGES);
    driver_case_secret(c, "secret", "id\n42\n");
    assert_int_equal(symlink("../secret", driver_case_path(c, "a.csv")), 0);
    assert_int_equal(mkfifo(driver_case_path(c, "b.csv"), 0600), 0);
    assert_string_equal(folder_case_take_all(c), "");
}

static void a_folder_that_goes_away_is_waited_for(void **state)
{
    struct driver_case *c = *state;
    struct batch *batch;
    struct error err = {0};

    folder_case_start(c, FOLDER_CHANGES);
    assert_int_equal(rename(driver_case_path(c, ""), arena_printf(&c->arena, "%s/else", c->folder)),
                     0);
    assert_int_equal(folder_case_try_pull(c, 1, &batch, &err), OUTCOME_RETRY);
    assert_non_null(strstr(err.text, "cannot open the folder"));
    assert_non_null(strstr(err.text, "No such file"));
    batch_free(batch);
    assert_int_equal(rename(arena_printf(&c->arena, "%s/else", c->folder), driver_case_path(c, "")),
                     0);
    driver_case_put(c, "a.csv", "id\n1\n");
    assert_string_equal(folder_case_take_all(c), "a.csv:2 {\"id\":\"1\"}\n");
}

static void a_file_that_may_not_be_read_says_so_and_holds_up_the_others(void **state)
{
    bool root = geteuid() == 0; /* to whom nothing is forbidden */
    struct driver_case *c = *state;
    struct batch *batch;
    struct error err = {0};

    folder_case_start(c, FOLDER_CHANGES);
    driver_case_put(c, "a.csv", "id\n1\n");
    driver_case_put(c, "b.csv", "id\n2\n");
    assert_int_equal(chmod(driver_case_path(c, "a.csv"), 0), 0);
    batch = folder_case_pull(c, 1);
    batch_free(batch);
    driver_case_wait(c, 5000);
    assert_int_equal(chmod(c->folder, 0755) + chmod(driver_case_path(c, ""), 0755), 0);
    assert_int_equal(chmod(driver_case_path(c, "released"), 0755), 0);
    assert_int_equal(root ? seteuid(65534) : 0, 0);
    assert_int_equal(folder_case_try_pull(c, 1, &batch, &err), OUTCOME_RETRY);
    assert_int_equal(root ? seteuid(0) : 0, 0);
    assert_non_null(strstr(err.text, "/drop: Permission denied"));
    assert_null(strstr(err.text, "a.csv")); /* it goes into the log */
    batch_free(batch);
    assert_int_equal(chmod(driver_case_path(c, "a.csv"), 0600), 0);
    assert_string_equal(folder_case_take_all(c),
                        "a.csv:2 {\"id\":\"1\"}\nb.csv:2 {\"id\":\"2\"}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DRIVER_TEST(a_file_is_done_only_when_each_of_its_rows_is_acknowledged),
        DRIVER_TEST(a_restart_goes_on_behind_the_last_row_acknowledged),
        DRIVER_TEST(a_restart_after_the_last_row_only_moves_the_file),
        DRIVER_TEST(the_same_name_with_other_content_is_another_delivery),
        DRIVER_TEST(a_file_that_changes_while_it_is_read_is_read_again),
        DRIVER_TEST(a_file_removed_while_it_is_read_is_read_to_its_end),
        DRIVER_TEST(a_file_that_still_grows_is_not_read_and_nothing_passes_it),
        DRIVER_TEST(with_a_marker_a_file_is_read_once_its_marker_is_there),
        DRIVER_TEST(a_marker_does_not_outlive_its_file),
        DRIVER_TEST(a_crash_between_the_move_and_its_end_leaves_no_marker),
        DRIVER_TEST(files_of_others_that_look_like_a_marker_stay),
        DRIVER_TEST(a_crash_just_before_the_move_only_repeats_it),
        DRIVER_TEST(links_and_pipes_are_no_files),
        DRIVER_TEST(a_folder_that_goes_away_is_waited_for),
        DRIVER_TEST(a_file_that_may_not_be_read_says_so_and_holds_up_the_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
