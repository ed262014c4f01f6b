/* SPDX-License-Identifier: Apache-2.0
 *
 * What a row is: tests/contract/test_folder_*.c. Here: a disk that fails and a stop, in the
 * middle.
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "connectors/drivers/rows.h"

static struct {
    int reads; /* until now */
    int fails; /* at that read; 0: never */
    int stops; /* after it, `waiter` is interrupted; 0: never */
    struct waiter *waiter;
} disk;

/* Instead of libc's: -Wl,--wrap */
size_t __real_fread(void *room, size_t size, size_t count, FILE *file);
size_t __wrap_fread(void *room, size_t size, size_t count, FILE *file);
int __real_ferror(FILE *file);
int __wrap_ferror(FILE *file);

size_t __wrap_fread(void *room, size_t size, size_t count, FILE *file)
{
    disk.reads++;
    if (disk.reads == disk.fails)
        return 0;
    if (disk.reads == disk.stops)
        waiter_interrupt(disk.waiter);
    return __real_fread(room, size, count, file);
}

int __wrap_ferror(FILE *file)
{
    return disk.reads == disk.fails || __real_ferror(file);
}

struct opened {
    struct rows_form *form;
    struct diagnostics *diagnostics;
    struct rows *rows;
    struct arena arena;
    struct error err;
};

static enum outcome open_text(struct opened *opened, const char *format, struct bytes text)
{
    const struct rows_settings settings = {.format = format,
                                           .delimiter = ";",
                                           .encoding = "utf-8",
                                           .fallback_encoding = "windows-1252"};
    FILE *file = tmpfile();

    *opened = (struct opened){.diagnostics = diagnostics_new()};
    assert_non_null(file);
    assert_int_equal(fwrite(text.data, 1, text.len, file), text.len);
    assert_int_equal(fseek(file, 0, SEEK_SET), 0);
    assert_int_equal(rows_form_new(&settings, opened->diagnostics, &opened->form, &opened->err),
                     OUTCOME_OK);
    disk.reads = 0;
    return rows_open(opened->form, file, disk.waiter, &opened->rows, &opened->err);
}

static void opened_end(struct opened *opened)
{
    rows_close(opened->rows);
    rows_form_free(opened->form);
    diagnostics_free(opened->diagnostics);
    arena_deinit(&opened->arena);
}

/* That of the charset, that of the fallback: neither is to blame for the disk. */
static void a_disk_that_fails_in_any_reading_of_xml_is_no_fault_of_the_document(void **state)
{
    const struct bytes text =
        BYTES_LITERAL("<?xml version='1.0' encoding='UTF-8'?><rdv>Zo\xE9</rdv>");
    struct opened opened;
    int reads;

    (void)state;
    memset(&disk, 0, sizeof(disk));
    assert_int_equal(open_text(&opened, "xml", text), OUTCOME_OK);
    reads = disk.reads;
    assert_true(reads >= 4);
    opened_end(&opened);
    for (int i = 1; i <= reads; i++) {
        disk.fails = i;
        assert_int_equal(open_text(&opened, "xml", text), OUTCOME_RETRY);
        assert_non_null(strstr(opened.err.text, "cannot read"));
        opened_end(&opened);
    }
}

/* Neither a line, nor a cell, nor an element without end. */
static void a_stop_is_seen_in_the_middle_of_a_row(void **state)
{
    static const char *const formats[] = {"json_lines", "csv"};
    CLEANUP(buffer_deinit) struct buffer text = {0};

    (void)state;
    buffer_append_text(&text, "a\n");
    while (text.len < (size_t)4 * 1024 * 1024)
        buffer_append_text(&text, "une ligne qui ne finit pas ");
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        CLEANUP(waiter_freep) struct waiter *waiter = waiter_new();
        struct opened opened;
        struct row row = {.number = 0};
        enum outcome outcome;
        int before;

        memset(&disk, 0, sizeof(disk));
        disk.waiter = waiter;
        assert_int_equal(open_text(&opened, formats[i], buffer_view(&text)), OUTCOME_OK);
        before = disk.reads;
        disk.stops = before + 3;
        do
            outcome = rows_next(opened.rows, &opened.arena, &row, &opened.err);
        while (outcome == OUTCOME_OK && row.number > 0 && row.number < 2);
        assert_int_equal(outcome, OUTCOME_RETRY);
        assert_string_equal(opened.err.text, "interrupted");
        assert_int_equal(disk.reads, disk.stops);
        opened_end(&opened);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_disk_that_fails_in_any_reading_of_xml_is_no_fault_of_the_document),
        cmocka_unit_test(a_stop_is_seen_in_the_middle_of_a_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
