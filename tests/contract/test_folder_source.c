/* SPDX-License-Identifier: Apache-2.0
 *
 * Files that are dropped into a folder: each row has its own fate, each file one end.
 */
#include "tests/support/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connectors/drivers/drivers.h"
#include "tests/support/driver_case.h"

#define CHANGES "type: folder\npath: \"<folder>/drop\"\npattern: \"*.csv\"\nsettle_ms: 2000\n"
#define FULL CHANGES "extract: full\nkey: id\nmost_lost_percent: 50\n"

static const char *path_of(struct driver_case *c, const char *name)
{
    return arena_printf(&c->arena, "%s/drop/%s", c->folder, name);
}

static void drop(struct driver_case *c, const char *name, const char *text)
{
    FILE *file = fopen(path_of(c, name), "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static bool is_there(struct driver_case *c, const char *name)
{
    return access(path_of(c, name), F_OK) == 0;
}

static void start(struct driver_case *c, const char *yaml)
{
    driver_case_init(c, NULL, NULL);
    driver_case_folder(c, "drop");
    driver_case_make(c, &folder_source, yaml);
    driver_case_open(c);
}

/* A process of its own over the same folder and state. */
static void restart(struct driver_case *c, const char *yaml)
{
    driver_case_make(c, &folder_source, yaml);
    driver_case_open(c);
}

static void wait_for(struct driver_case *c, int64_t ms)
{
    clock_manual_advance(c->clock, ms * 1000);
}

static enum outcome pull_at_most(struct driver_case *c, size_t most, struct batch **ret_batch,
                                 struct error *err)
{
    *ret_batch = batch_new(most);
    return c->driver->ops->pull(c->driver, 0, *ret_batch, err);
}

static void pull(struct driver_case *c, size_t most, struct batch **ret_batch)
{
    struct error err = {0};

    if (pull_at_most(c, most, ret_batch, &err) != OUTCOME_OK)
        fail_msg("%s", err.text);
}

static void ack(struct driver_case *c, struct batch *batch, size_t count)
{
    struct record *records[64];
    struct error err = {0};

    for (size_t i = 0; i < count; i++)
        records[i] = &batch->records[i];
    if (count > 0 && c->driver->ops->ack(c->driver, records, count, &err) != OUTCOME_OK)
        fail_msg("%s", err.text);
}

/* Looks until the folder has nothing more; all records as "file:line body" or "file:line!defect",
 * a line each, all acknowledged. */
static const char *take_all(struct driver_case *c)
{
    struct buffer all = {0};
    const char *text;

    for (int quiet = 0; quiet < 8;) {
        struct batch *batch;

        pull(c, 2, &batch);
        quiet = batch->count > 0 ? 0 : quiet + 1;
        for (size_t i = 0; i < batch->count; i++) {
            const struct record *record = &batch->records[i];

            buffer_printf(&all, "%s:%lld%s", record->file, (long long)record->line,
                          record->absent   ? "-"
                          : record->defect ? "!"
                                           : " ");
            if (record->defect)
                buffer_append_text(&all, record->defect);
            else
                buffer_append_bytes(&all, record->body);
            buffer_append_byte(&all, '\n');
        }
        ack(c, batch, batch->count);
        batch_free(batch);
        if (quiet > 0)
            wait_for(c, 5000);
    }
    text = arena_text(&c->arena, buffer_view(&all));
    buffer_deinit(&all);
    return text;
}

static void each_row_is_an_object_keyed_by_the_header(void **state)
{
    struct driver_case c;

    (void)state;
    start(&c, CHANGES);
    drop(&c, "a.csv", "\xEF\xBB\xBFN\xC2\xB0 dossier;Date de rdv\r\n1;\"12/03\n14h\"\r\n;;\n");
    drop(&c, "b.csv", "id;x\n1;2\n;\n3;\"\"\"4\"\n");
    drop(&c, "c.txt", "not for us");
    assert_string_equal(take_all(&c), "a.csv:2 {\"N° dossier\":\"1\",\"Date de rdv\":"
                                      "\"12/03\\n14h\"}\n"
                                      "a.csv:4!ligne 4 : 3 cellules, 2 attendues\n"
                                      "b.csv:2 {\"id\":\"1\",\"x\":\"2\"}\n"
                                      "b.csv:4 {\"id\":\"3\",\"x\":\"\\\"4\"}\n");
    assert_true(is_there(&c, "done/a.csv"));
    assert_true(is_there(&c, "done/b.csv"));
    assert_true(is_there(&c, "c.txt"));
    assert_false(is_there(&c, "a.csv"));
    driver_case_deinit(&c);
}

static void a_broken_row_is_told_with_its_place_and_costs_no_other(void **state)
{
    struct driver_case c;

    (void)state;
    start(&c, CHANGES);
    drop(&c, "a.csv", "id;x\n1;\"2\n3;4\n5;6;7\n8;9\n");
    assert_string_equal(
        take_all(&c),
        "a.csv:2!ligne 2, cellule 2 : le guillemet qui la commence n'est jamais fermé\n"
        "a.csv:3 {\"id\":\"3\",\"x\":\"4\"}\n"
        "a.csv:4!ligne 4 : 3 cellules, 2 attendues\n"
        "a.csv:5 {\"id\":\"8\",\"x\":\"9\"}\n");
    assert_true(is_there(&c, "done/a.csv"));
    driver_case_deinit(&c);
}

static void json_lines_are_records_as_they_stand(void **state)
{
    struct driver_case c;

    (void)state;
    start(&c, CHANGES "format: json_lines\nencoding: latin-1\n");
    drop(&c, "a.csv", "{\"nom\":\"H\xE9l\xE8ne\"}\r\n\n no json \n");
    assert_string_equal(take_all(&c), "a.csv:1 {\"nom\":\"Hélène\"}\na.csv:3 no json\n");
    driver_case_deinit(&c);
}

static void columns_can_be_named_by_the_configuration(void **state)
{
    struct driver_case c;

    (void)state;
    start(&c, CHANGES "columns: [id, Prénom]\ndelimiter: tab\n");
    drop(&c, "a.csv", "1\tZoé\n");
    assert_string_equal(take_all(&c), "a.csv:1 {\"id\":\"1\",\"Prénom\":\"Zoé\"}\n");
    driver_case_deinit(&c);
}

/* As a spreadsheet leaves them behind; the rows before and after keep their numbers. */
static void rows_of_nothing_are_passed(void **state)
{
    struct buffer text = {0};
    struct driver_case c;

    (void)state;
    start(&c, CHANGES);
    buffer_append_text(&text, "id;x\n1;2\n");
    for (int i = 0; i < 1000; i++)
        buffer_append_text(&text, ";\n");
    buffer_append_text(&text, "3;4\n;\n5;6;7\n");
    drop(&c, "a.csv", buffer_text(&text));
    buffer_deinit(&text);
    assert_string_equal(take_all(&c), "a.csv:2 {\"id\":\"1\",\"x\":\"2\"}\n"
                                      "a.csv:1003 {\"id\":\"3\",\"x\":\"4\"}\n"
                                      "a.csv:1005!ligne 1005 : 3 cellules, 2 attendues\n");
    driver_case_deinit(&c);
}

static void a_fallback_holds_for_a_whole_file(void **state)
{
    struct driver_case c;

    (void)state;
    start(&c, CHANGES "fallback_encoding: windows-1252\n");
    drop(&c, "a.csv", "nom\nZo\xC3\xA9\n");
    drop(&c, "b.csv", "nom\nZo\xE9\nE\x80\n");
    assert_string_equal(take_all(&c), "a.csv:2 {\"nom\":\"Zoé\"}\n"
                                      "b.csv:2 {\"nom\":\"Zoé\"}\n"
                                      "b.csv:3 {\"nom\":\"E€\"}\n");
    driver_case_deinit(&c);
}

static void what_is_no_file_of_rows_is_one_dead_letter_in_rejected(void **state)
{
    struct driver_case c;

    (void)state;
    start(&c, CHANGES);
    drop(&c, "a.csv", "nom\nZo\xE9\nbien\n");
    drop(&c, "b.csv", "id;id\n1;2\n");
    drop(&c, "c.csv", "id;\"x\n1;2\n");
    drop(&c, "d.csv", "\xFF\xFEi");
    drop(&c, "e.csv", "id\n7\n");
    assert_string_equal(
        take_all(&c),
        "a.csv:0!pas en utf-8 ; fallback_encoding: windows-1252 ?\n"
        "b.csv:0!la ligne des titres ne peut pas être lue: les colonnes 1 et 2 ont le même titre\n"
        "c.csv:0!la ligne des titres ne peut pas être lue: ligne 1, cellule 2 : "
        "le guillemet qui la commence n'est jamais fermé\n"
        "d.csv:0!en UTF-16 ; à exporter en utf-8 ou en windows-1252\n"
        "e.csv:2 {\"id\":\"7\"}\n");
    assert_true(is_there(&c, "rejected/a.csv"));
    assert_true(is_there(&c, "rejected/b.csv"));
    assert_true(is_there(&c, "rejected/c.csv"));
    assert_true(is_there(&c, "rejected/d.csv"));
    assert_true(is_there(&c, "done/e.csv"));
    driver_case_deinit(&c);
}

static void an_empty_file_is_done_and_says_nothing(void **state)
{
    struct driver_case c;

    (void)state;
    start(&c, CHANGES);
    drop(&c, "a.csv", "");
    drop(&c, "b.csv", "id;x\n");
    assert_string_equal(take_all(&c), "");
    assert_true(is_there(&c, "done/a.csv"));
    assert_true(is_there(&c, "done/b.csv"));
    driver_case_deinit(&c);
}

static void a_file_is_done_only_when_each_of_its_rows_is_acknowledged(void **state)
{
    struct driver_case c;
    struct batch *first;
    struct batch *second;
    struct batch *none;

    (void)state;
    start(&c, CHANGES);
    drop(&c, "a.csv", "id\n1\n2\n3\n");
    drop(&c, "b.csv", "id\n4\n");
    pull(&c, 2, &first);
    wait_for(&c, 2000);
    batch_free(first);
    pull(&c, 2, &first);
    pull(&c, 2, &second);
    assert_int_equal(first->count, 2);
    assert_int_equal(second->count, 1);
    ack(&c, first, 2);
    pull(&c, 2, &none);
    assert_int_equal(none->count, 0);
    assert_true(is_there(&c, "a.csv"));
    batch_free(none);
    ack(&c, second, 1);
    pull(&c, 2, &none);
    assert_true(is_there(&c, "done/a.csv"));
    batch_free(none);
    batch_free(first);
    batch_free(second);
    driver_case_deinit(&c);
}

static void a_restart_goes_on_behind_the_last_row_acknowledged(void **state)
{
    struct driver_case c;
    struct batch *batch;

    (void)state;
    start(&c, CHANGES);
    drop(&c, "a.csv", "id\n1\n2\n3\n4\n");
    pull(&c, 3, &batch);
    batch_free(batch);
    wait_for(&c, 2000);
    pull(&c, 3, &batch);
    assert_int_equal(batch->count, 3);
    ack(&c, batch, 2);
    batch_free(batch);
    restart(&c, CHANGES);
    assert_string_equal(take_all(&c), "a.csv:4 {\"id\":\"3\"}\na.csv:5 {\"id\":\"4\"}\n");
    assert_true(is_there(&c, "done/a.csv"));
    driver_case_deinit(&c);
}

static void a_restart_after_the_last_row_only_moves_the_file(void **state)
{
    struct driver_case c;
    struct batch *batch;

    (void)state;
    start(&c, CHANGES);
    drop(&c, "a.csv", "id\n1\n");
    pull(&c, 3, &batch);
    batch_free(batch);
    wait_for(&c, 2000);
    pull(&c, 3, &batch);
    ack(&c, batch, 1);
    batch_free(batch);
    assert_true(is_there(&c, "a.csv"));
    restart(&c, CHANGES);
    assert_string_equal(take_all(&c), "");
    assert_true(is_there(&c, "done/a.csv"));
    driver_case_deinit(&c);
}

static void the_same_name_with_other_content_is_another_delivery(void **state)
{
    struct driver_case c;
    struct batch *batch;

    (void)state;
    start(&c, CHANGES);
    drop(&c, "a.csv", "id\n1\n2\n");
    assert_string_equal(take_all(&c), "a.csv:2 {\"id\":\"1\"}\na.csv:3 {\"id\":\"2\"}\n");
    drop(&c, "a.csv", "id\n9\n8\n");
    wait_for(&c, 5000);
    pull(&c, 1, &batch);
    batch_free(batch);
    wait_for(&c, 5000);
    pull(&c, 1, &batch);
    assert_int_equal(batch->count, 1);
    ack(&c, batch, 1);
    batch_free(batch);
    /* Replaced in the middle, across a restart. */
    drop(&c, "a.csv", "id\n5\n6\n");
    restart(&c, CHANGES);
    assert_string_equal(take_all(&c), "a.csv:2 {\"id\":\"5\"}\na.csv:3 {\"id\":\"6\"}\n");
    assert_true(is_there(&c, "done/a.csv"));
    assert_true(is_there(&c, "done/a-2.csv"));
    driver_case_deinit(&c);
}

static void a_file_that_changes_while_it_is_read_is_read_again(void **state)
{
    struct driver_case c;
    struct batch *batch;

    (void)state;
    start(&c, CHANGES);
    drop(&c, "a.csv", "id\n1\n");
    pull(&c, 4, &batch);
    batch_free(batch);
    wait_for(&c, 2000);
    pull(&c, 4, &batch);
    assert_int_equal(batch->count, 1);
    drop(&c, "a.csv", "id\n1\n2\n");
    ack(&c, batch, 1);
    batch_free(batch);
    assert_string_equal(take_all(&c), "a.csv:2 {\"id\":\"1\"}\na.csv:3 {\"id\":\"2\"}\n");
    assert_true(is_there(&c, "done/a.csv"));
    assert_false(is_there(&c, "done/a-2.csv"));
    driver_case_deinit(&c);
}

static void a_file_removed_while_it_is_read_is_read_to_its_end(void **state)
{
    struct driver_case c;
    struct batch *batch;

    (void)state;
    start(&c, CHANGES);
    drop(&c, "a.csv", "id\n1\n2\n");
    pull(&c, 1, &batch);
    batch_free(batch);
    wait_for(&c, 2000);
    pull(&c, 1, &batch);
    assert_int_equal(batch->count, 1);
    assert_int_equal(unlink(path_of(&c, "a.csv")), 0);
    ack(&c, batch, 1);
    batch_free(batch);
    assert_string_equal(take_all(&c), "a.csv:3 {\"id\":\"2\"}\n");
    driver_case_deinit(&c);
}

static void a_file_that_still_grows_is_not_read_and_nothing_passes_it(void **state)
{
    struct driver_case c;
    struct batch *batch;

    (void)state;
    start(&c, CHANGES);
    drop(&c, "z.csv", "id\n9\n");
    for (int i = 0; i < 4; i++) {
        char text[16];

        (void)snprintf(text, sizeof(text), "id\n%.*s", i + 1, "1234");
        drop(&c, "a.csv", text);
        pull(&c, 4, &batch);
        assert_int_equal(batch->count, 0);
        batch_free(batch);
        wait_for(&c, 1900);
    }
    drop(&c, "b.csv.part", "id\n8\n");
    drop(&c, ".c.csv", "id\n8\n");
    assert_string_equal(take_all(&c), "a.csv:2 {\"id\":\"1234\"}\nz.csv:2 {\"id\":\"9\"}\n");
    driver_case_deinit(&c);
}

static void with_a_marker_a_file_is_read_once_its_marker_is_there(void **state)
{
    struct driver_case c;

    (void)state;
    start(&c, CHANGES "marker: .ok\n");
    drop(&c, "a.csv", "id\n1\n");
    drop(&c, "b.csv", "id\n2\n");
    drop(&c, "b.csv.ok", "");
    assert_string_equal(take_all(&c), "b.csv:2 {\"id\":\"2\"}\n");
    assert_false(is_there(&c, "b.csv.ok"));
    drop(&c, "a.csv.ok", "");
    assert_string_equal(take_all(&c), "a.csv:2 {\"id\":\"1\"}\n");
    driver_case_deinit(&c);
}

static void a_marker_does_not_outlive_its_file(void **state)
{
    struct driver_case c;
    struct batch *batch;

    (void)state;
    start(&c, CHANGES "marker: .ok\n");
    drop(&c, "a.csv", "id\n1\n");
    drop(&c, "a.csv.ok", "");
    pull(&c, 4, &batch);
    assert_int_equal(batch->count, 1);
    ack(&c, batch, 1);
    batch_free(batch);
    /* As after a move that was done though its end was not. */
    assert_int_equal(rename(path_of(&c, "a.csv"), path_of(&c, "done/a.csv")), 0);
    assert_string_equal(take_all(&c), "");
    assert_false(is_there(&c, "a.csv.ok"));
    driver_case_deinit(&c);
}

static void a_key_of_too_many_columns_is_refused(void **state)
{
    static const char yaml[] =
        "type: folder\npath: drop\nextract: full\nkey: [a, b, c, d, e, f, g, h, i]\n";
    struct driver_case c;
    struct yaml_node *root = NULL;
    struct error err = {0};

    (void)state;
    driver_case_init(&c, NULL, NULL);
    assert_int_equal(yaml_read("driver.yaml", arena_copy(&c.arena, bytes_of_text(yaml)), &c.arena,
                               c.diagnostics, &root, &err),
                     OUTCOME_OK);
    assert_int_equal(
        connector_new(&folder_source, root, "driver-1", &c.context, c.diagnostics, &c.driver, &err),
        OUTCOME_REJECT);
    assert_int_equal(diagnostics_count(c.diagnostics), 1);
    driver_case_deinit(&c);
}

static void links_and_pipes_are_no_files(void **state)
{
    struct driver_case c;

    (void)state;
    start(&c, CHANGES);
    driver_case_secret(&c, "secret", "id\n42\n");
    assert_int_equal(symlink("../secret", path_of(&c, "a.csv")), 0);
    assert_int_equal(mkfifo(path_of(&c, "b.csv"), 0600), 0);
    assert_string_equal(take_all(&c), "");
    driver_case_deinit(&c);
}

static void a_folder_that_goes_away_is_waited_for(void **state)
{
    struct driver_case c;
    struct batch *batch;
    struct error err = {0};

    (void)state;
    start(&c, CHANGES);
    assert_int_equal(rename(path_of(&c, ""), arena_printf(&c.arena, "%s/else", c.folder)), 0);
    assert_int_equal(pull_at_most(&c, 1, &batch, &err), OUTCOME_RETRY);
    assert_non_null(strstr(err.text, "cannot open the folder"));
    assert_non_null(strstr(err.text, "No such file"));
    batch_free(batch);
    assert_int_equal(rename(arena_printf(&c.arena, "%s/else", c.folder), path_of(&c, "")), 0);
    drop(&c, "a.csv", "id\n1\n");
    assert_string_equal(take_all(&c), "a.csv:2 {\"id\":\"1\"}\n");
    driver_case_deinit(&c);
}

static void a_file_that_may_not_be_read_says_so_and_holds_up_the_others(void **state)
{
    bool root = geteuid() == 0; /* to whom nothing is forbidden */
    struct driver_case c;
    struct batch *batch;
    struct error err = {0};

    (void)state;
    start(&c, CHANGES);
    drop(&c, "a.csv", "id\n1\n");
    drop(&c, "b.csv", "id\n2\n");
    assert_int_equal(chmod(path_of(&c, "a.csv"), 0), 0);
    pull(&c, 1, &batch);
    batch_free(batch);
    wait_for(&c, 5000);
    assert_int_equal(chmod(c.folder, 0755) + chmod(path_of(&c, ""), 0755), 0);
    assert_int_equal(chmod(path_of(&c, "released"), 0755), 0);
    assert_int_equal(root ? seteuid(65534) : 0, 0);
    assert_int_equal(pull_at_most(&c, 1, &batch, &err), OUTCOME_RETRY);
    assert_int_equal(root ? seteuid(0) : 0, 0);
    assert_non_null(strstr(err.text, "/drop: Permission denied"));
    assert_null(strstr(err.text, "a.csv")); /* it goes into the log */
    batch_free(batch);
    assert_int_equal(chmod(path_of(&c, "a.csv"), 0600), 0);
    assert_string_equal(take_all(&c), "a.csv:2 {\"id\":\"1\"}\nb.csv:2 {\"id\":\"2\"}\n");
    driver_case_deinit(&c);
}

/* ---- Full extracts ----------------------------------------------------------------------------
 */

static void of_a_full_extract_only_the_differences_go_on(void **state)
{
    struct driver_case c;

    (void)state;
    start(&c, FULL);
    drop(&c, "1.csv", "id;x\na;1\nb;2\nc;3\n");
    assert_string_equal(take_all(&c), "1.csv:2 {\"id\":\"a\",\"x\":\"1\"}\n"
                                      "1.csv:3 {\"id\":\"b\",\"x\":\"2\"}\n"
                                      "1.csv:4 {\"id\":\"c\",\"x\":\"3\"}\n");
    restart(&c, FULL);
    drop(&c, "2.csv", "id;x\nc;3\nd;4\na;5\n");
    assert_string_equal(take_all(&c), "2.csv:3 {\"id\":\"d\",\"x\":\"4\"}\n"
                                      "2.csv:4 {\"id\":\"a\",\"x\":\"5\"}\n"
                                      "2.csv:0-{\"id\":\"b\"}\n");
    /* Absent once; and back it is new. */
    drop(&c, "3.csv", "id;x\nc;3\nd;4\na;5\n");
    drop(&c, "4.csv", "id;x\nc;3\nd;4\na;5\nb;2\n");
    assert_string_equal(take_all(&c), "4.csv:5 {\"id\":\"b\",\"x\":\"2\"}\n");
    assert_int_equal(state_count(c.state, STATE_EXTRACT), 4);
    driver_case_deinit(&c);
}

static void an_extract_that_lost_too_much_is_held_until_a_person_releases_it(void **state)
{
    struct driver_case c;

    (void)state;
    start(&c, FULL);
    drop(&c, "1.csv", "id;x\na;1\nb;2\nc;3\nd;4\n");
    (void)take_all(&c);
    drop(&c, "2.csv", "id;x\na;1\n");
    drop(&c, "3.csv", "");
    assert_string_equal(take_all(&c),
                        "2.csv:0!3 of the 4 rows known are missing, more than 50 %: held back; to "
                        "have it read, move it from held/ to released/\n"
                        "3.csv:0!4 of the 4 rows known are missing, more than 50 %: held back; to "
                        "have it read, move it from held/ to released/\n");
    assert_true(is_there(&c, "held/2.csv"));
    assert_int_equal(state_count(c.state, STATE_EXTRACT), 4);
    assert_int_equal(rename(path_of(&c, "held/2.csv"), path_of(&c, "released/2.csv")), 0);
    assert_string_equal(take_all(&c), "2.csv:0-{\"id\":\"b\"}\n"
                                      "2.csv:0-{\"id\":\"d\"}\n"
                                      "2.csv:0-{\"id\":\"c\"}\n");
    assert_true(is_there(&c, "done/2.csv"));
    assert_int_equal(state_count(c.state, STATE_EXTRACT), 1);
    driver_case_deinit(&c);
}

static void a_restart_in_a_full_extract_repeats_only_what_was_not_acknowledged(void **state)
{
    struct driver_case c;
    struct batch *batch;

    (void)state;
    start(&c, FULL);
    drop(&c, "1.csv", "id;x\na;1\nb;2\n");
    (void)take_all(&c);
    drop(&c, "2.csv", "id;x\nb;3\nc;4\nd;5\n");
    wait_for(&c, 5000);
    pull(&c, 9, &batch);
    batch_free(batch);
    wait_for(&c, 5000);
    pull(&c, 9, &batch);
    assert_int_equal(batch->count, 4);
    ack(&c, batch, 2);
    batch_free(batch);
    restart(&c, FULL);
    assert_string_equal(take_all(&c), "2.csv:4 {\"id\":\"d\",\"x\":\"5\"}\n"
                                      "2.csv:0-{\"id\":\"a\"}\n");
    driver_case_deinit(&c);
}

static void a_broken_row_makes_nothing_absent(void **state)
{
    struct driver_case c;

    (void)state;
    start(&c, FULL);
    drop(&c, "1.csv", "id;x\na;1\nb;2\n");
    (void)take_all(&c);
    drop(&c, "2.csv", "id;x\na;1\nb;2;3\n");
    assert_string_equal(take_all(&c), "2.csv:3!ligne 3 : 3 cellules, 2 attendues\n");
    drop(&c, "3.csv", "id;x\na;1\n;2\n");
    assert_string_equal(take_all(&c), "3.csv:3!line 3: a column of the key is missing or empty\n");
    drop(&c, "4.csv", "id;x\na;1\na;2\n");
    assert_string_equal(take_all(&c),
                        "4.csv:3!line 3: an earlier row of the file has the same key\n");
    assert_int_equal(state_count(c.state, STATE_EXTRACT), 2);
    driver_case_deinit(&c);
}

static void a_line_of_json_that_is_cut_makes_nothing_absent(void **state)
{
    struct driver_case c;

    (void)state;
    start(&c, FULL "format: json_lines\n");
    drop(&c, "1.csv", "{\"id\":\"a\"}\n{\"id\":\"b\"}\n");
    (void)take_all(&c);
    drop(&c, "2.csv", "{\"id\":\"a\"}\n{\"id\":\"b\",\n");
    assert_string_equal(take_all(&c), "2.csv:2!line 2: a column of the key is missing or empty\n");
    assert_int_equal(state_count(c.state, STATE_EXTRACT), 2);
    drop(&c, "3.csv", "{\"id\":\"a\"}\n");
    assert_string_equal(take_all(&c), "3.csv:0-{\"id\":\"b\"}\n");
    driver_case_deinit(&c);
}

static void a_file_that_is_another_at_its_end_makes_nothing_absent(void **state)
{
    struct driver_case c;
    struct batch *batch;

    (void)state;
    start(&c, FULL);
    drop(&c, "1.csv", "id;x\na;1\nb;2\n");
    (void)take_all(&c);
    drop(&c, "2.csv", "id;x\na;3\n");
    wait_for(&c, 5000);
    pull(&c, 1, &batch);
    batch_free(batch);
    wait_for(&c, 5000);
    pull(&c, 1, &batch);
    assert_int_equal(batch->count, 1);
    drop(&c, ".2", "id;x\na;3\nb;2\nc;4\n");
    assert_int_equal(rename(path_of(&c, ".2"), path_of(&c, "2.csv")), 0);
    ack(&c, batch, 1);
    batch_free(batch);
    assert_string_equal(take_all(&c), "2.csv:4 {\"id\":\"c\",\"x\":\"4\"}\n");
    driver_case_deinit(&c);
}

static void a_key_that_is_there_twice_or_not_at_all_is_told(void **state)
{
    struct driver_case c;

    (void)state;
    start(&c, FULL);
    drop(&c, "1.csv", "id;x\na;1\na;2\n;3\n");
    drop(&c, "2.csv", "nr;x\na;1\n");
    assert_string_equal(take_all(&c),
                        "1.csv:2 {\"id\":\"a\",\"x\":\"1\"}\n"
                        "1.csv:3!line 3: an earlier row of the file has the same key\n"
                        "1.csv:4!line 4: a column of the key is missing or empty\n"
                        "2.csv:0!it has no column \"id\", which is part of the key\n");
    driver_case_deinit(&c);
}

static void an_extract_of_more_rows_than_there_may_be_is_rejected(void **state)
{
    struct driver_case c;

    (void)state;
    start(&c, FULL "most_rows: 2\n");
    drop(&c, "1.csv", "id;x\na;1\nb;2\nc;3\n");
    assert_string_equal(take_all(&c), "1.csv:0!more than 2 rows (most_rows)\n");
    assert_true(is_there(&c, "rejected/1.csv"));
    driver_case_deinit(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_is_an_object_keyed_by_the_header),
        cmocka_unit_test(a_broken_row_is_told_with_its_place_and_costs_no_other),
        cmocka_unit_test(json_lines_are_records_as_they_stand),
        cmocka_unit_test(columns_can_be_named_by_the_configuration),
        cmocka_unit_test(rows_of_nothing_are_passed),
        cmocka_unit_test(a_fallback_holds_for_a_whole_file),
        cmocka_unit_test(what_is_no_file_of_rows_is_one_dead_letter_in_rejected),
        cmocka_unit_test(an_empty_file_is_done_and_says_nothing),
        cmocka_unit_test(a_file_is_done_only_when_each_of_its_rows_is_acknowledged),
        cmocka_unit_test(a_restart_goes_on_behind_the_last_row_acknowledged),
        cmocka_unit_test(a_restart_after_the_last_row_only_moves_the_file),
        cmocka_unit_test(the_same_name_with_other_content_is_another_delivery),
        cmocka_unit_test(a_file_that_changes_while_it_is_read_is_read_again),
        cmocka_unit_test(a_file_removed_while_it_is_read_is_read_to_its_end),
        cmocka_unit_test(a_file_that_still_grows_is_not_read_and_nothing_passes_it),
        cmocka_unit_test(with_a_marker_a_file_is_read_once_its_marker_is_there),
        cmocka_unit_test(a_marker_does_not_outlive_its_file),
        cmocka_unit_test(a_key_of_too_many_columns_is_refused),
        cmocka_unit_test(links_and_pipes_are_no_files),
        cmocka_unit_test(a_folder_that_goes_away_is_waited_for),
        cmocka_unit_test(a_file_that_may_not_be_read_says_so_and_holds_up_the_others),
        cmocka_unit_test(of_a_full_extract_only_the_differences_go_on),
        cmocka_unit_test(an_extract_that_lost_too_much_is_held_until_a_person_releases_it),
        cmocka_unit_test(a_restart_in_a_full_extract_repeats_only_what_was_not_acknowledged),
        cmocka_unit_test(a_broken_row_makes_nothing_absent),
        cmocka_unit_test(a_line_of_json_that_is_cut_makes_nothing_absent),
        cmocka_unit_test(a_file_that_is_another_at_its_end_makes_nothing_absent),
        cmocka_unit_test(a_key_that_is_there_twice_or_not_at_all_is_told),
        cmocka_unit_test(an_extract_of_more_rows_than_there_may_be_is_rejected),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
