/* SPDX-License-Identifier: Apache-2.0
 *
 * Full extracts in a folder: only what differs from the last one goes on.
 */
#include "tests/support/test.h"

#include <stdio.h>

#include "connectors/drivers/drivers.h"
#include "tests/support/folder_case.h"

static void a_key_of_too_many_columns_is_refused(void **state)
{
    static const char yaml[] =
        "type: folder\npath: drop\nextract: full\nkey: [a, b, c, d, e, f, g, h, i]\n";
    struct driver_case *c = *state;
    struct yaml_node *root = NULL;
    struct error err = {0};

    assert_int_equal(yaml_read("driver.yaml", arena_copy(&c->arena, bytes_of_text(yaml)), &c->arena,
                               c->diagnostics, &root, &err),
                     OUTCOME_OK);
    assert_int_equal(connector_new(&folder_source, root, "driver-1", &c->context, c->diagnostics,
                                   &c->driver, &err),
                     OUTCOME_REJECT);
    assert_int_equal(diagnostics_count(c->diagnostics), 1);
}

static void of_a_full_extract_only_the_differences_go_on(void **state)
{
    struct driver_case *c = *state;

    folder_case_start(c, FOLDER_FULL);
    driver_case_put(c, "1.csv", "id;x\na;1\nb;2\nc;3\n");
    assert_string_equal(folder_case_take_all(c), "1.csv:2 {\"id\":\"a\",\"x\":\"1\"}\n"
                                                 "1.csv:3 {\"id\":\"b\",\"x\":\"2\"}\n"
                                                 "1.csv:4 {\"id\":\"c\",\"x\":\"3\"}\n");
    folder_case_restart(c, FOLDER_FULL);
    driver_case_put(c, "2.csv", "id;x\nc;3\nd;4\na;5\n");
    assert_string_equal(folder_case_take_all(c), "2.csv:3 {\"id\":\"d\",\"x\":\"4\"}\n"
                                                 "2.csv:4 {\"id\":\"a\",\"x\":\"5\"}\n"
                                                 "2.csv:0-{\"id\":\"b\"}\n");
    /* Absent once; and back it is new. */
    driver_case_put(c, "3.csv", "id;x\nc;3\nd;4\na;5\n");
    driver_case_put(c, "4.csv", "id;x\nc;3\nd;4\na;5\nb;2\n");
    assert_string_equal(folder_case_take_all(c), "4.csv:5 {\"id\":\"b\",\"x\":\"2\"}\n");
    assert_int_equal(state_count(c->state, STATE_EXTRACT), 4);
}

/* forgetting.h takes out what nobody says it keeps. */
static void only_a_source_of_full_extracts_says_that_it_keeps_one(void **state)
{
    struct driver_case *c = *state;

    folder_case_start(c, FOLDER_FULL);
    assert_true(c->driver->keeps_extract);
    folder_case_restart(c, FOLDER_CHANGES);
    assert_false(c->driver->keeps_extract);
}

static void an_extract_that_lost_too_much_is_held_until_a_person_releases_it(void **state)
{
    struct driver_case *c = *state;

    folder_case_start(c, FOLDER_FULL);
    driver_case_put(c, "1.csv", "id;x\na;1\nb;2\nc;3\nd;4\n");
    (void)folder_case_take_all(c);
    driver_case_put(c, "2.csv", "id;x\na;1\n");
    driver_case_put(c, "3.csv", "");
    assert_string_equal(folder_case_take_all(c),
                        "2.csv:0!il manque 3 des 4 lignes connues, plus de 50 % : retenu ; pour le "
                        "faire lire, le déplacer de held/ vers released/\n"
                        "3.csv:0!il manque 4 des 4 lignes connues, plus de 50 % : retenu ; pour le "
                        "faire lire, le déplacer de held/ vers released/\n");
    assert_true(driver_case_has(c, "held/2.csv"));
    assert_int_equal(state_count(c->state, STATE_EXTRACT), 4);
    assert_int_equal(
        rename(driver_case_path(c, "held/2.csv"), driver_case_path(c, "released/2.csv")), 0);
    assert_string_equal(folder_case_take_all(c), "2.csv:0-{\"id\":\"b\"}\n"
                                                 "2.csv:0-{\"id\":\"d\"}\n"
                                                 "2.csv:0-{\"id\":\"c\"}\n");
    assert_true(driver_case_has(c, "done/2.csv"));
    assert_int_equal(state_count(c->state, STATE_EXTRACT), 1);
}

static void a_restart_in_a_full_extract_repeats_only_what_was_not_acknowledged(void **state)
{
    struct driver_case *c = *state;
    struct batch *batch;

    folder_case_start(c, FOLDER_FULL);
    driver_case_put(c, "1.csv", "id;x\na;1\nb;2\n");
    (void)folder_case_take_all(c);
    driver_case_put(c, "2.csv", "id;x\nb;3\nc;4\nd;5\n");
    driver_case_wait(c, 5000);
    batch = folder_case_settle(c, 9);
    assert_int_equal(batch->count, 4);
    folder_case_end(c, batch, 2);
    folder_case_restart(c, FOLDER_FULL);
    assert_string_equal(folder_case_take_all(c), "2.csv:4 {\"id\":\"d\",\"x\":\"5\"}\n"
                                                 "2.csv:0-{\"id\":\"a\"}\n");
}

static void a_broken_row_makes_nothing_absent(void **state)
{
    struct driver_case *c = *state;

    folder_case_start(c, FOLDER_FULL);
    driver_case_put(c, "1.csv", "id;x\na;1\nb;2\n");
    (void)folder_case_take_all(c);
    driver_case_put(c, "2.csv", "id;x\na;1\nb;2;3\n");
    assert_string_equal(folder_case_take_all(c), "2.csv:3!ligne 3 : 3 cellules, 2 attendues\n");
    driver_case_put(c, "3.csv", "id;x\na;1\n;2\n");
    assert_string_equal(folder_case_take_all(c),
                        "3.csv:3!ligne 3 : une colonne de `key` manque ou est vide\n");
    driver_case_put(c, "4.csv", "id;x\na;1\na;2\n");
    assert_string_equal(folder_case_take_all(c),
                        "4.csv:3!ligne 3 : une ligne plus haut a la même clé\n");
    assert_int_equal(state_count(c->state, STATE_EXTRACT), 2);
}

static void a_line_of_json_that_is_cut_makes_nothing_absent(void **state)
{
    struct driver_case *c = *state;

    folder_case_start(c, FOLDER_FULL "format: json_lines\n");
    driver_case_put(c, "1.csv", "{\"id\":\"a\"}\n{\"id\":\"b\"}\n");
    (void)folder_case_take_all(c);
    driver_case_put(c, "2.csv", "{\"id\":\"a\"}\n{\"id\":\"b\",\n");
    assert_string_equal(folder_case_take_all(c),
                        "2.csv:2!ligne 2 : une colonne de `key` manque ou est vide\n");
    assert_int_equal(state_count(c->state, STATE_EXTRACT), 2);
    driver_case_put(c, "3.csv", "{\"id\":\"a\"}\n");
    assert_string_equal(folder_case_take_all(c), "3.csv:0-{\"id\":\"b\"}\n");
}

static void a_file_that_is_another_at_its_end_makes_nothing_absent(void **state)
{
    struct driver_case *c = *state;
    struct batch *batch;

    folder_case_start(c, FOLDER_FULL);
    driver_case_put(c, "1.csv", "id;x\na;1\nb;2\n");
    (void)folder_case_take_all(c);
    driver_case_put(c, "2.csv", "id;x\na;3\n");
    driver_case_wait(c, 5000);
    batch = folder_case_settle(c, 1);
    assert_int_equal(batch->count, 1);
    driver_case_put(c, ".2", "id;x\na;3\nb;2\nc;4\n");
    assert_int_equal(rename(driver_case_path(c, ".2"), driver_case_path(c, "2.csv")), 0);
    folder_case_end(c, batch, 1);
    assert_string_equal(folder_case_take_all(c), "2.csv:4 {\"id\":\"c\",\"x\":\"4\"}\n");
}

static void a_key_that_is_there_twice_or_not_at_all_is_told(void **state)
{
    struct driver_case *c = *state;

    folder_case_start(c, FOLDER_FULL);
    driver_case_put(c, "1.csv", "id;x\na;1\na;2\n;3\n");
    driver_case_put(c, "2.csv", "nr;x\na;1\n");
    assert_string_equal(folder_case_take_all(c),
                        "1.csv:2 {\"id\":\"a\",\"x\":\"1\"}\n"
                        "1.csv:3!ligne 3 : une ligne plus haut a la même clé\n"
                        "1.csv:4!ligne 4 : une colonne de `key` manque ou est vide\n"
                        "2.csv:0!il n'a pas la colonne « id », qui est dans `key`\n");
}

static void an_extract_of_more_rows_than_there_may_be_is_rejected(void **state)
{
    struct driver_case *c = *state;

    folder_case_start(c, FOLDER_FULL "most_rows: 2\n");
    driver_case_put(c, "1.csv", "id;x\na;1\nb;2\nc;3\n");
    assert_string_equal(folder_case_take_all(c), "1.csv:0!more than 2 rows (most_rows)\n");
    assert_true(driver_case_has(c, "rejected/1.csv"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DRIVER_TEST(a_key_of_too_many_columns_is_refused),
        DRIVER_TEST(of_a_full_extract_only_the_differences_go_on),
        DRIVER_TEST(only_a_source_of_full_extracts_says_that_it_keeps_one),
        DRIVER_TEST(an_extract_that_lost_too_much_is_held_until_a_person_releases_it),
        DRIVER_TEST(a_restart_in_a_full_extract_repeats_only_what_was_not_acknowledged),
        DRIVER_TEST(a_broken_row_makes_nothing_absent),
        DRIVER_TEST(a_line_of_json_that_is_cut_makes_nothing_absent),
        DRIVER_TEST(a_file_that_is_another_at_its_end_makes_nothing_absent),
        DRIVER_TEST(a_key_that_is_there_twice_or_not_at_all_is_told),
        DRIVER_TEST(an_extract_of_more_rows_than_there_may_be_is_rejected),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
