/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "broker/boot.h"

static void this_run_of_the_machine_has_one_name(void **state)
{
    char first[BOOT_ID_SIZE];
    char second[BOOT_ID_SIZE];
    struct error err;

    (void)state;
    assert_int_equal(boot_id(first, &err), OUTCOME_OK);
    assert_int_equal(boot_id(second, &err), OUTCOME_OK);
    assert_string_equal(first, second);
    assert_int_equal(strlen(first), 36);
}

static void a_marker_is_fine_in_its_own_boot_and_when_it_is_gone(void **state)
{
    char path[] = "build/boot-XXXXXX";
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    assert_int_equal(boot_marker_write(path, "boot-one"), 0);
    assert_true(boot_marker_is_fine(path, "boot-one"));
    assert_false(boot_marker_is_fine(path, "boot-two"));
    assert_false(boot_marker_is_fine(path, "boot-one-and-more"));
    assert_int_equal(boot_marker_write(path, "boot-two"), 0);
    assert_true(boot_marker_is_fine(path, "boot-two"));
    assert_int_equal(unlink(path), 0);
    assert_true(boot_marker_is_fine(path, "boot-one"));
}

/* Nobody knows who left it. */
static void an_empty_marker_is_not_fine(void **state)
{
    char path[] = "build/boot-XXXXXX";
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    assert_false(boot_marker_is_fine(path, "boot-one"));
    assert_int_equal(unlink(path), 0);
}

static void what_a_marker_lacks_is_said(void **state)
{
    (void)state;
    assert_int_equal(boot_marker_write("/dev/full", "boot-one"), ENOSPC);
    assert_int_equal(boot_marker_write("build/no-such-folder/marker", "boot-one"), ENOENT);
}

/* A disk may take a part and refuse the rest: what write() says then is no error. */
static void a_marker_of_which_only_a_part_was_written_is_not_written(void **state)
{
    char path[] = "build/boot-XXXXXX";
    int fd = mkstemp(path);
    struct rlimit before;
    struct rlimit four;
    int code;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    four = (struct rlimit){4, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &four), 0);
    errno = 0;
    code = boot_marker_write(path, "boot-one");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(code, ENOSPC);
    assert_false(boot_marker_is_fine(path, "boot-one"));
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(this_run_of_the_machine_has_one_name),
        cmocka_unit_test(a_marker_is_fine_in_its_own_boot_and_when_it_is_gone),
        cmocka_unit_test(an_empty_marker_is_not_fine),
        cmocka_unit_test(what_a_marker_lacks_is_said),
        cmocka_unit_test(a_marker_of_which_only_a_part_was_written_is_not_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
