/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"

struct case_folder {
    char path[64];
    struct arena arena;
};

static int make_folder(void **state)
{
    struct case_folder *c = xcalloc(1, sizeof(*c));

    memcpy(c->path, "build/folder-XXXXXX", sizeof("build/folder-XXXXXX"));
    assert_non_null(mkdtemp(c->path));
    *state = c;
    return 0;
}

static int remove_folder(void **state)
{
    struct case_folder *c = *state;
    static const char *const names[] = {"done/x.csv", "done/x-2.csv", "done/x-3.csv", "done",
                                        "a.csv",      "b.csv",        ".c.csv",       "link.csv",
                                        "dir.csv",    "d.txt",        "x.csv"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        (void)remove(arena_printf(&c->arena, "%s/%s", c->path, names[i]));
    assert_int_equal(rmdir(c->path), 0);
    arena_deinit(&c->arena);
    free(c);
    return 0;
}

static void write_file(struct case_folder *c, const char *name, const char *text)
{
    struct error err = {0};

    if (folder_write(c->path, name, bytes_of_text(text), &err) != OUTCOME_OK)
        fail_msg("%s", err.text);
}

static const char *content(struct case_folder *c, const char *name)
{
    struct buffer text = {0};
    const char *copy;

    assert_int_equal(
        file_read(arena_printf(&c->arena, "%s/%s", c->path, name), 100, FILE_ANY, &text, NULL),
        OUTCOME_OK);
    copy = arena_text(&c->arena, buffer_view(&text));
    buffer_deinit(&text);
    return copy;
}

static void files_are_listed_by_name_without_links_folders_and_work(void **state)
{
    struct case_folder *c = *state;
    struct folder_entry *entries;
    size_t count;

    write_file(c, "b.csv", "b");
    write_file(c, "a.csv", "aa");
    write_file(c, ".c.csv", "c");
    write_file(c, "d.txt", "d");
    assert_int_equal(symlink("a.csv", arena_printf(&c->arena, "%s/link.csv", c->path)), 0);
    assert_int_equal(mkdir(arena_printf(&c->arena, "%s/dir.csv", c->path), 0700), 0);
    assert_int_equal(folder_list(c->path, "*.csv", &c->arena, &entries, &count, NULL), OUTCOME_OK);
    assert_int_equal(count, 2);
    assert_string_equal(entries[0].name, "a.csv");
    assert_int_equal(entries[0].stamp.size, 2);
    assert_string_equal(entries[1].name, "b.csv");
}

static void of_too_many_files_the_first_names_are_listed(void **state)
{
    struct case_folder *c = *state;
    struct folder_entry *entries;
    size_t count;

    for (int i = 0; i < 21000; i++) {
        int fd = open(arena_printf(&c->arena, "%s/f%05d", c->path, (i * 7919) % 21000),
                      O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

        assert_true(fd >= 0);
        assert_int_equal(close(fd), 0);
    }
    assert_int_equal(folder_list(c->path, "*", &c->arena, &entries, &count, NULL), OUTCOME_OK);
    for (int i = 0; i < 21000; i++)
        assert_int_equal(unlink(arena_printf(&c->arena, "%s/f%05d", c->path, i)), 0);
    assert_int_equal(count, 10000);
    assert_string_equal(entries[0].name, "f00000");
    assert_string_equal(entries[9999].name, "f09999");
}

static void a_folder_that_is_not_there_is_retry_and_says_why(void **state)
{
    struct case_folder *c = *state;
    struct folder_entry *entries;
    size_t count;
    struct error err = {0};

    assert_int_equal(folder_list("build/no-such-folder", "*", &c->arena, &entries, &count, &err),
                     OUTCOME_RETRY);
    assert_string_equal(err.text, "cannot open the folder build/no-such-folder: No such file or "
                                  "directory");
    assert_int_equal(folder_need("build/no-such-folder", "done", &err), OUTCOME_RETRY);
}

static void a_file_is_written_whole_and_replaced_whole(void **state)
{
    struct case_folder *c = *state;

    write_file(c, "a.csv", "first and long");
    write_file(c, "a.csv", "second");
    assert_string_equal(content(c, "a.csv"), "second");
    assert_int_not_equal(access(arena_printf(&c->arena, "%s/.a.csv.tmp", c->path), F_OK), 0);
}

static void a_name_that_is_taken_gets_a_number(void **state)
{
    struct case_folder *c = *state;
    const char *done = arena_printf(&c->arena, "%s/done", c->path);

    assert_int_equal(folder_need(c->path, "done", NULL), OUTCOME_OK);
    assert_int_equal(folder_need(c->path, "done", NULL), OUTCOME_OK);
    for (int i = 1; i <= 3; i++) {
        write_file(c, "x.csv", arena_printf(&c->arena, "%d", i));
        assert_int_equal(folder_move(c->path, "x.csv", done, NULL), OUTCOME_OK);
    }
    assert_string_equal(content(c, "done/x.csv"), "1");
    assert_string_equal(content(c, "done/x-2.csv"), "2");
    assert_string_equal(content(c, "done/x-3.csv"), "3");
    assert_int_equal(folder_move(c->path, "x.csv", done, NULL), OUTCOME_REJECT);
}

static void a_stamp_tells_a_file_from_what_replaced_it(void **state)
{
    struct case_folder *c = *state;
    struct folder_stamp first;
    struct folder_stamp second;

    write_file(c, "a.csv", "1");
    assert_int_equal(folder_look(c->path, "a.csv", &first, NULL), OUTCOME_OK);
    assert_int_equal(folder_look(c->path, "a.csv", &second, NULL), OUTCOME_OK);
    assert_true(folder_same(&first, &second));
    write_file(c, "a.csv", "22");
    assert_int_equal(folder_look(c->path, "a.csv", &second, NULL), OUTCOME_OK);
    assert_false(folder_same(&first, &second));
    assert_int_equal(folder_look(c->path, "b.csv", &second, NULL), OUTCOME_REJECT);
}

static void removing_what_is_not_there_is_fine(void **state)
{
    struct case_folder *c = *state;

    write_file(c, "a.csv", "1");
    assert_int_equal(folder_remove(c->path, "a.csv", NULL), OUTCOME_OK);
    assert_int_equal(folder_remove(c->path, "a.csv", NULL), OUTCOME_OK);
}

#define FOLDER_TEST(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FOLDER_TEST(files_are_listed_by_name_without_links_folders_and_work),
        FOLDER_TEST(of_too_many_files_the_first_names_are_listed),
        FOLDER_TEST(a_folder_that_is_not_there_is_retry_and_says_why),
        FOLDER_TEST(a_file_is_written_whole_and_replaced_whole),
        FOLDER_TEST(a_name_that_is_taken_gets_a_number),
        FOLDER_TEST(a_stamp_tells_a_file_from_what_replaced_it),
        FOLDER_TEST(removing_what_is_not_there_is_fine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
