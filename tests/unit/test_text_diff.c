/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "cli/text_diff.h"

static void assert_diff(const char *before, const char *after, const char *expected)
{
    CLEANUP(buffer_deinit) struct buffer out = {0};

    text_diff_write("a", bytes_of_text(before), "b", bytes_of_text(after), &out);
    assert_string_equal(buffer_text(&out), expected);
}

static void equal_texts_have_no_difference(void **state)
{
    (void)state;
    assert_diff("1\n2\n", "1\n2\n", "");
    assert_diff("", "", "");
}

static void a_changed_line_stands_among_its_neighbours(void **state)
{
    (void)state;
    assert_diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n",
                "--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
}

static void changes_far_apart_are_shown_apart(void **state)
{
    (void)state;
    assert_diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n", "one\n2\n3\n4\n5\n6\n7\n8\n9\nten\n",
                "--- a\n+++ b\n@@ -1,4 +1,4 @@\n-1\n+one\n 2\n 3\n 4\n"
                "@@ -7,4 +7,4 @@\n 7\n 8\n 9\n-10\n+ten\n");
    assert_diff("1\n2\n3\n4\n5\n6\n7\n8\n", "one\n2\n3\n4\n5\n6\n7\neight\n",
                "--- a\n+++ b\n@@ -1,8 +1,8 @@\n-1\n+one\n 2\n 3\n 4\n 5\n 6\n 7\n-8\n+eight\n");
}

static void added_and_removed_texts_are_counted_from_nothing(void **state)
{
    (void)state;
    assert_diff("", "1\n2\n", "--- a\n+++ b\n@@ -0,0 +1,2 @@\n+1\n+2\n");
    assert_diff("1\n", "", "--- a\n+++ b\n@@ -1,1 +0,0 @@\n-1\n");
}

static void a_missing_line_end_is_said(void **state)
{
    (void)state;
    assert_diff("1\n", "1", "--- a\n+++ b\n@@ -1,1 +1,1 @@\n-1\n+1\n\\ pas de fin de ligne\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_texts_have_no_difference),
        cmocka_unit_test(a_changed_line_stands_among_its_neighbours),
        cmocka_unit_test(changes_far_apart_are_shown_apart),
        cmocka_unit_test(added_and_removed_texts_are_counted_from_nothing),
        cmocka_unit_test(a_missing_line_end_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
