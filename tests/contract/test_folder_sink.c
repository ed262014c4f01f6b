/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of rows for another system: each row durable, each file whole and once, whatever is
 * killed when.
 */
#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "connectors/drivers/drivers.h"
#include "tests/support/driver_case.h"

#define SINK "type: folder\npath: \"<folder>/out\"\nmost_rows: 3\nclose_after_s: 60\n"
/* At the clock's first moment. */
#define FIRST "bons-20260302T090000Z.csv"

static const char *path_of(struct driver_case *c, const char *name)
{
    return arena_printf(&c->arena, "%s/out/%s", c->folder, name);
}

static bool is_there(struct driver_case *c, const char *name)
{
    return access(path_of(c, name), F_OK) == 0;
}

static const char *content(struct driver_case *c, const char *name)
{
    struct buffer text = {0};
    struct error err = {0};
    const char *copy;

    if (file_read(path_of(c, name), 100000, FILE_ANY, &text, &err) != OUTCOME_OK)
        fail_msg("%s", err.text);
    copy = arena_text(&c->arena, buffer_view(&text));
    buffer_deinit(&text);
    return copy;
}

static void put(struct driver_case *c, const char *name, const char *text)
{
    FILE *file = fopen(path_of(c, name), "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static void start(struct driver_case *c, const char *yaml)
{
    driver_case_init(c, NULL, NULL);
    driver_case_folder(c, "out");
    driver_case_make(c, &folder_sink, yaml);
    driver_case_open(c);
}

/* As after kill -9: nothing is said to the old instance but to let go of the lock. */
static void restart(struct driver_case *c, const char *yaml)
{
    driver_case_make(c, &folder_sink, yaml);
    driver_case_open(c);
}

static enum outcome try_write(struct driver_case *c, const char *stem, const char *key,
                              const char *row, struct error *err)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    struct http_header headers[] = {{"Content-Type", "application/json"}, {"Idempotency-Key", key}};
    struct delivery_call call = {.name = "1",
                                 .method = "WRITE",
                                 .path = stem,
                                 .headers = headers,
                                 .header_count = 2,
                                 .body = bytes_of_text(row)};
    struct http_response response = {0};
    bool maybe_done = true;
    enum outcome outcome =
        c->driver->ops->call(c->driver, &call, &arena, &response, &maybe_done, err);

    assert_false(maybe_done);
    if (outcome == OUTCOME_OK)
        assert_int_equal(response.status, 200);
    return outcome;
}

static void write_row(struct driver_case *c, const char *key, const char *row)
{
    struct error err = {0};

    if (try_write(c, "bons", key, row, &err) != OUTCOME_OK)
        fail_msg("%s", err.text);
}

static void tend(struct driver_case *c)
{
    struct error err = {0};

    if (c->driver->ops->tend(c->driver, &err) != OUTCOME_OK)
        fail_msg("%s", err.text);
}

static size_t files(struct driver_case *c)
{
    struct folder_entry *entries;
    size_t count;

    assert_int_equal(folder_list(path_of(c, ""), "*", &c->arena, &entries, &count, NULL),
                     OUTCOME_OK);
    return count;
}

static void a_file_appears_when_it_is_full(void **state)
{
    struct driver_case c;

    (void)state;
    start(&c, SINK);
    write_row(&c, "e1", "{\"N° dossier\":\"0042\",\"note\":\"a;b\"}");
    write_row(&c, "e2", "{\"N° dossier\":\"0043\",\"note\":\"\"}");
    assert_int_equal(files(&c), 0);
    write_row(&c, "e3", "{\"N° dossier\":\"0044\",\"note\":\"=1+1\"}");
    assert_string_equal(content(&c, FIRST), "N° dossier;note\r\n0042;\"a;b\"\r\n0043;\r\n"
                                            "0044;'=1+1\r\n");
    assert_false(is_there(&c, ".relais/rows/bons"));
    assert_false(is_there(&c, ".relais/ready/" FIRST));
    driver_case_deinit(&c);
}

static void a_file_appears_when_it_is_old(void **state)
{
    struct driver_case c;

    (void)state;
    start(&c, SINK);
    write_row(&c, "e1", "{\"a\":\"1\"}");
    clock_manual_advance(c.clock, 59 * US_PER_SECOND);
    tend(&c);
    assert_int_equal(files(&c), 0);
    clock_manual_advance(c.clock, US_PER_SECOND);
    tend(&c);
    assert_string_equal(content(&c, FIRST), "a\r\n1\r\n");
    tend(&c);
    assert_int_equal(files(&c), 1);
    driver_case_deinit(&c);
}

static void a_clock_that_was_ahead_holds_no_file_back(void **state)
{
    struct driver_case c;

    (void)state;
    start(&c, SINK);
    clock_manual_jump(c.clock, 11 * US_PER_DAY);
    write_row(&c, "e1", "{\"a\":\"1\"}");
    clock_manual_jump(c.clock, -11 * US_PER_DAY);
    tend(&c);
    assert_int_equal(files(&c), 1);
    clock_manual_jump(c.clock, 11 * US_PER_DAY);
    write_row(&c, "e2", "{\"a\":\"2\"}");
    clock_manual_jump(c.clock, -11 * US_PER_DAY);
    restart(&c, SINK);
    tend(&c);
    assert_int_equal(files(&c), 2);
    driver_case_deinit(&c);
}

static void a_delivery_that_comes_again_is_written_once(void **state)
{
    struct driver_case c;

    (void)state;
    start(&c, SINK);
    write_row(&c, "e1", "{\"a\":\"1\"}");
    write_row(&c, "e1", "{\"a\":\"1\"}");
    restart(&c, SINK);
    write_row(&c, "e1", "{\"a\":\"1\"}");
    write_row(&c, "e2", "{\"a\":\"2\"}");
    write_row(&c, "e3", "{\"a\":\"3\"}");
    assert_string_equal(content(&c, FIRST), "a\r\n1\r\n2\r\n3\r\n");
    /* Published, taken by the other system, and then delivered again. */
    assert_int_equal(unlink(path_of(&c, FIRST)), 0);
    write_row(&c, "e2", "{\"a\":\"2\"}");
    restart(&c, SINK);
    write_row(&c, "e3", "{\"a\":\"3\"}");
    clock_manual_advance(c.clock, 100 * US_PER_SECOND);
    tend(&c);
    assert_int_equal(files(&c), 0);
    driver_case_deinit(&c);
}

static void rows_are_found_again_after_a_crash_and_a_cut_one_is_not(void **state)
{
    struct driver_case c;
    struct buffer journal = {0};

    (void)state;
    start(&c, SINK);
    write_row(&c, "e1", "{\"a\":\"1\"}");
    buffer_printf(&journal, "%s{\"key\":\"00000000000000000000000000000000\",\"row\":{\"a\":\"2",
                  content(&c, ".relais/rows/bons"));
    put(&c, ".relais/rows/bons", buffer_text(&journal));
    restart(&c, SINK);
    write_row(&c, "e2", "{\"a\":\"22\"}");
    clock_manual_advance(c.clock, 60 * US_PER_SECOND);
    tend(&c);
    assert_string_equal(content(&c, FIRST), "a\r\n1\r\n22\r\n");
    buffer_deinit(&journal);
    driver_case_deinit(&c);
}

/* Each state in which a kill can leave the folder, from the first row to the file taken. */
static void a_kill_at_any_step_of_publishing_gives_the_file_once(void **state)
{
    static const char rows[] = "a\r\n1\r\n2\r\n";
    struct driver_case c;
    const char *journal;

    (void)state;
    start(&c, SINK);
    write_row(&c, "e1", "{\"a\":\"1\"}");
    write_row(&c, "e2", "{\"a\":\"2\"}");
    journal = content(&c, ".relais/rows/bons");
    /* Half of the file is ready. */
    put(&c, ".relais/ready/." FIRST ".tmp", "a\r\n1");
    restart(&c, SINK);
    assert_int_equal(files(&c), 0);
    /* It is ready, the rows are still there: it is made anew. */
    put(&c, ".relais/ready/" FIRST, "a\r\n1\r\n");
    restart(&c, SINK);
    assert_false(is_there(&c, ".relais/ready/" FIRST));
    assert_int_equal(files(&c), 0);
    assert_string_equal(content(&c, ".relais/rows/bons"), journal);
    /* It is ready, the rows are gone: only the move is left. */
    put(&c, ".relais/ready/" FIRST, rows);
    assert_int_equal(unlink(path_of(&c, ".relais/rows/bons")), 0);
    restart(&c, SINK);
    assert_string_equal(content(&c, FIRST), rows);
    /* It was taken: nothing more comes of it. */
    assert_int_equal(unlink(path_of(&c, FIRST)), 0);
    restart(&c, SINK);
    clock_manual_advance(c.clock, 100 * US_PER_SECOND);
    tend(&c);
    assert_int_equal(files(&c), 0);
    driver_case_deinit(&c);
}

static void other_columns_begin_another_file(void **state)
{
    struct driver_case c;

    (void)state;
    start(&c, SINK);
    write_row(&c, "e1", "{\"a\":\"1\"}");
    write_row(&c, "e2", "{\"a\":\"1\",\"b\":\"2\"}");
    clock_manual_advance(c.clock, 100 * US_PER_SECOND);
    tend(&c);
    assert_string_equal(content(&c, FIRST), "a\r\n1\r\n");
    assert_string_equal(content(&c, "bons-20260302T090000Z-2.csv"), "a;b\r\n1;2\r\n");
    driver_case_deinit(&c);
}

static void the_dialect_is_the_files(void **state)
{
    struct driver_case c;

    (void)state;
    start(&c, SINK "encoding: windows-1252\ndelimiter: \",\"\nline_end: lf\nheader: false\n"
                   "guard_formulas: false\n");
    write_row(&c, "e1", "{\"nom\":\"Łucja Œ\",\"n\":-3,\"x\":true,\"y\":null}");
    write_row(&c, "e2", "{\"nom\":\"=1\",\"n\":\"\",\"x\":\"\",\"y\":\"\"}");
    write_row(&c, "e3", "{\"nom\":\"+33612345678\",\"n\":\"\",\"x\":\"\",\"y\":\"\"}");
    assert_string_equal(content(&c, FIRST), "?ucja \x8C,-3,true,\n=1,,,\n+33612345678,,,\n");
    driver_case_deinit(&c);
}

static void a_byte_order_mark_and_json_lines_are_choices(void **state)
{
    struct driver_case c;

    (void)state;
    start(&c, SINK "bom: true\n");
    write_row(&c, "e1", "{\"a\":\"É\"}");
    restart(&c, SINK "format: json_lines\n");
    clock_manual_advance(c.clock, 100 * US_PER_SECOND);
    tend(&c);
    assert_string_equal(content(&c, FIRST), "{\"a\":\"É\"}\n");
    restart(&c, SINK "bom: true\n");
    write_row(&c, "e2", "{\"a\":\"É\"}");
    clock_manual_advance(c.clock, 100 * US_PER_SECOND);
    tend(&c);
    assert_string_equal(content(&c, "bons-20260302T090140Z.csv"), "\xEF\xBB\xBF"
                                                                  "a\r\nÉ\r\n");
    driver_case_deinit(&c);
}

static void a_character_that_does_not_fit_can_reject_its_event(void **state)
{
    struct driver_case c;
    struct error err = {0};

    (void)state;
    start(&c, SINK "encoding: latin-1\nunfit: reject\n");
    assert_int_equal(try_write(&c, "bons", "e1", "{\"a\":\"€\"}", &err), OUTCOME_REJECT);
    assert_non_null(strstr(err.text, "1 caractères que latin-1 n'a pas"));
    write_row(&c, "e2", "{\"a\":\"é\"}");
    driver_case_deinit(&c);
}

static void a_request_is_no_row(void **state)
{
    struct driver_case c;
    CLEANUP(arena_deinit) struct arena arena = {0};
    struct delivery_call call = {.name = "1", .method = "POST", .path = "/x"};
    struct http_response response;
    bool maybe_done;
    struct error err = {0};

    (void)state;
    start(&c, SINK);
    assert_int_equal(c.driver->ops->call(c.driver, &call, &arena, &response, &maybe_done, &err),
                     OUTCOME_REJECT);
    assert_int_equal(try_write(&c, "bons", "e1", "[1]", &err), OUTCOME_REJECT);
    driver_case_deinit(&c);
}

static void a_folder_that_goes_away_takes_no_row_and_is_told(void **state)
{
    struct driver_case c;
    struct error err = {0};
    const char *elsewhere;

    (void)state;
    start(&c, SINK);
    elsewhere = arena_printf(&c.arena, "%s/else", c.folder);
    assert_int_equal(rename(path_of(&c, ""), elsewhere), 0);
    assert_int_equal(try_write(&c, "bons", "e1", "{\"a\":\"1\"}", &err), OUTCOME_RETRY);
    assert_non_null(strstr(err.text, "No such file"));
    assert_int_equal(rename(elsewhere, path_of(&c, "")), 0);
    write_row(&c, "e1", "{\"a\":\"1\"}");
    clock_manual_advance(c.clock, 100 * US_PER_SECOND);
    tend(&c);
    assert_string_equal(content(&c, FIRST), "a\r\n1\r\n");
    driver_case_deinit(&c);
}

static void rows_that_come_after_a_failed_end_of_a_file_are_durable(void **state)
{
    struct driver_case c;
    struct error err = {0};

    (void)state;
    start(&c, SINK);
    write_row(&c, "k1", "{\"a\":1}");
    /* The file of the rows goes, and that cannot be made durable. */
    assert_int_equal(rename(path_of(&c, ".relais/rows"), path_of(&c, ".relais/away")), 0);
    clock_manual_advance(c.clock, 61 * US_PER_SECOND);
    assert_int_equal(c.driver->ops->tend(c.driver, &err), OUTCOME_RETRY);
    assert_int_equal(rename(path_of(&c, ".relais/away"), path_of(&c, ".relais/rows")), 0);
    assert_int_equal(unlink(path_of(&c, ".relais/rows/bons")), 0);
    write_row(&c, "k2", "{\"a\":2}");
    restart(&c, SINK);
    tend(&c);
    assert_string_equal(content(&c, FIRST), "a\r\n1\r\n2\r\n");
    driver_case_deinit(&c);
}

static void damaged_rows_are_put_aside_and_told_once(void **state)
{
    struct driver_case c;
    struct error err = {0};

    (void)state;
    start(&c, SINK);
    write_row(&c, "k1", "{\"a\":1}");
    driver_case_make(&c, &folder_sink, SINK);
    put(&c, ".relais/rows/bons",
        "{\"file\":\"" FIRST "\",\"since\":1772442000000000}\n"
        "{\"key\":\"00000000000000000000000000000000\",\"row\":{\"a\":1}}\n"
        "{\"key\":\"00000000000000000000000000000001\",\"ro\n"
        "{\"key\":\"00000000000000000000000000000002\",\"row\":{\"a\":3}}\n");
    assert_int_equal(c.driver->ops->open(c.driver, &err), OUTCOME_RETRY);
    assert_non_null(strstr(err.text, "damaged"));
    assert_non_null(strstr(content(&c, ".relais/rows/.bons.damaged"), "{\"a\":3}"));
    driver_case_open(&c);
    clock_manual_advance(c.clock, 61 * US_PER_SECOND);
    tend(&c);
    assert_string_equal(content(&c, FIRST), "a\r\n1\r\n");
    driver_case_deinit(&c);
}

static void keys_that_cannot_be_read_take_no_row(void **state)
{
    struct driver_case c;
    struct error err = {0};

    (void)state;
    start(&c, SINK);
    put(&c, ".relais/keys/bons", "");
    assert_int_equal(truncate(path_of(&c, ".relais/keys/bons"), 2000000), 0); /* longer than any */
    assert_int_equal(try_write(&c, "bons", "k1", "{\"a\":1}", &err), OUTCOME_RETRY);
    assert_int_equal(unlink(path_of(&c, ".relais/keys/bons")), 0);
    write_row(&c, "k1", "{\"a\":1}");
    driver_case_deinit(&c);
}

static void a_stem_that_cannot_be_published_holds_up_no_other(void **state)
{
    struct driver_case c;
    struct error err = {0};

    (void)state;
    start(&c, SINK);
    assert_int_equal(try_write(&c, "autres", "k1", "{\"a\":1}", &err), OUTCOME_OK);
    assert_int_equal(try_write(&c, "bons", "k2", "{\"a\":2}", &err), OUTCOME_OK);
    /* What stands under the name of its work cannot be written. */
    assert_int_equal(mkdir(path_of(&c, ".relais/keys/.autres.tmp"), 0700), 0);
    clock_manual_advance(c.clock, 61 * US_PER_SECOND);
    assert_int_equal(c.driver->ops->tend(c.driver, &err), OUTCOME_RETRY);
    assert_true(is_there(&c, FIRST));
    assert_int_equal(rmdir(path_of(&c, ".relais/keys/.autres.tmp")), 0);
    tend(&c);
    assert_true(is_there(&c, "autres-20260302T090000Z.csv"));
    driver_case_deinit(&c);
}

static void two_connectors_do_not_write_into_one_folder(void **state)
{
    struct driver_case c;
    struct driver_case other;
    struct error err = {0};

    (void)state;
    start(&c, SINK);
    driver_case_init(&other, NULL, NULL);
    driver_case_make(&other, &folder_sink,
                     arena_printf(&c.arena, "type: folder\npath: %s/out\n", c.folder));
    assert_int_equal(other.driver->ops->open(other.driver, &err), OUTCOME_RETRY);
    assert_non_null(strstr(err.text, "another connector writes into"));
    driver_case_deinit(&other);
    driver_case_deinit(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_appears_when_it_is_full),
        cmocka_unit_test(a_file_appears_when_it_is_old),
        cmocka_unit_test(a_clock_that_was_ahead_holds_no_file_back),
        cmocka_unit_test(a_delivery_that_comes_again_is_written_once),
        cmocka_unit_test(rows_are_found_again_after_a_crash_and_a_cut_one_is_not),
        cmocka_unit_test(a_kill_at_any_step_of_publishing_gives_the_file_once),
        cmocka_unit_test(other_columns_begin_another_file),
        cmocka_unit_test(the_dialect_is_the_files),
        cmocka_unit_test(a_byte_order_mark_and_json_lines_are_choices),
        cmocka_unit_test(a_character_that_does_not_fit_can_reject_its_event),
        cmocka_unit_test(a_request_is_no_row),
        cmocka_unit_test(a_folder_that_goes_away_takes_no_row_and_is_told),
        cmocka_unit_test(rows_that_come_after_a_failed_end_of_a_file_are_durable),
        cmocka_unit_test(damaged_rows_are_put_aside_and_told_once),
        cmocka_unit_test(keys_that_cannot_be_read_take_no_row),
        cmocka_unit_test(a_stem_that_cannot_be_published_holds_up_no_other),
        cmocka_unit_test(two_connectors_do_not_write_into_one_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
