/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of the files that are dropped into a folder: each has its own fate.
 */
#include "tests/support/test.h"

#include "tests/support/folder_case.h"
#include "tests/support/mapping_case.h"

static void each_row_is_an_object_keyed_by_the_header(void **state)
{
    struct driver_case *c = *state;

    folder_case_start(c, FOLDER_CHANGES);
    driver_case_put(c, "a.csv",
                    "\xEF\xBB\xBFN\xC2\xB0 dossier;Date de rdv\r\n1;\"12/03\n14h\"\r\n;;\n");
    driver_case_put(c, "b.csv", "id;x\n1;2\n;\n3;\"\"\"4\"\n");
    driver_case_put(c, "c.txt", "not for us");
    assert_string_equal(folder_case_take_all(c), "a.csv:2 {\"N° dossier\":\"1\",\"Date de rdv\":"
                                                 "\"12/03\\n14h\"}\n"
                                                 "a.csv:4!ligne 4 : 3 cellules, 2 attendues\n"
                                                 "b.csv:2 {\"id\":\"1\",\"x\":\"2\"}\n"
                                                 "b.csv:4 {\"id\":\"3\",\"x\":\"\\\"4\"}\n");
    assert_true(driver_case_has(c, "done/a.csv"));
    assert_true(driver_case_has(c, "done/b.csv"));
    assert_true(driver_case_has(c, "c.txt"));
    assert_false(driver_case_has(c, "a.csv"));
}

static void a_broken_row_is_told_with_its_place_and_costs_no_other(void **state)
{
    struct driver_case *c = *state;

    folder_case_start(c, FOLDER_CHANGES);
    driver_case_put(c, "a.csv", "id;x\n1;\"2\n3;4\n5;6;7\n8;9\n");
    assert_string_equal(
        folder_case_take_all(c),
        "a.csv:2!ligne 2, cellule 2 : le guillemet qui la commence n'est jamais fermé\n"
        "a.csv:3 {\"id\":\"3\",\"x\":\"4\"}\n"
        "a.csv:4!ligne 4 : 3 cellules, 2 attendues\n"
        "a.csv:5 {\"id\":\"8\",\"x\":\"9\"}\n");
    assert_true(driver_case_has(c, "done/a.csv"));
}

static void json_lines_are_records_as_they_stand(void **state)
{
    struct driver_case *c = *state;

    folder_case_start(c, FOLDER_CHANGES "format: json_lines\nencoding: latin-1\n");
    driver_case_put(c, "a.csv", "{\"nom\":\"H\xE9l\xE8ne\"}\r\n\n no json \n");
    assert_string_equal(folder_case_take_all(c), "a.csv:1 {\"nom\":\"Hélène\"}\na.csv:3 no json\n");
}

static void columns_can_be_named_by_the_configuration(void **state)
{
    struct driver_case *c = *state;

    folder_case_start(c, FOLDER_CHANGES "columns: [id, Prénom]\ndelimiter: tab\n");
    driver_case_put(c, "a.csv", "1\tZoé\n");
    assert_string_equal(folder_case_take_all(c), "a.csv:1 {\"id\":\"1\",\"Prénom\":\"Zoé\"}\n");
}

/* As a spreadsheet leaves them behind; the rows before and after keep their numbers. */
static void rows_of_nothing_are_passed(void **state)
{
    struct buffer text = {0};
    struct driver_case *c = *state;

    folder_case_start(c, FOLDER_CHANGES);
    buffer_append_text(&text, "id;x\n1;2\n");
    for (int i = 0; i < 1000; i++)
        buffer_append_text(&text, ";\n");
    buffer_append_text(&text, "3;4\n;\n5;6;7\n");
    driver_case_put(c, "a.csv", buffer_text(&text));
    buffer_deinit(&text);
    assert_string_equal(folder_case_take_all(c),
                        "a.csv:2 {\"id\":\"1\",\"x\":\"2\"}\n"
                        "a.csv:1003 {\"id\":\"3\",\"x\":\"4\"}\n"
                        "a.csv:1005!ligne 1005 : 3 cellules, 2 attendues\n");
}

static void a_fallback_holds_for_a_whole_file(void **state)
{
    struct driver_case *c = *state;

    folder_case_start(c, FOLDER_CHANGES "fallback_encoding: windows-1252\n");
    driver_case_put(c, "a.csv", "nom\nZo\xC3\xA9\n");
    driver_case_put(c, "b.csv", "nom\nZo\xE9\nE\x80\n");
    assert_string_equal(folder_case_take_all(c), "a.csv:2 {\"nom\":\"Zoé\"}\n"
                                                 "b.csv:2 {\"nom\":\"Zoé\"}\n"
                                                 "b.csv:3 {\"nom\":\"E€\"}\n");
}

static void what_is_no_file_of_rows_is_one_dead_letter_in_rejected(void **state)
{
    struct driver_case *c = *state;

    folder_case_start(c, FOLDER_CHANGES);
    driver_case_put(c, "a.csv", "nom\nZo\xE9\nbien\n");
    driver_case_put(c, "b.csv", "id;id\n1;2\n");
    driver_case_put(c, "c.csv", "id;\"x\n1;2\n");
    driver_case_put(c, "d.csv", "\xFF\xFEi");
    driver_case_put(c, "e.csv", "id\n7\n");
    assert_string_equal(
        folder_case_take_all(c),
        "a.csv:0!pas en utf-8 ; fallback_encoding: windows-1252 ?\n"
        "b.csv:0!la ligne des titres ne peut pas être lue: les colonnes 1 et 2 ont le même titre\n"
        "c.csv:0!la ligne des titres ne peut pas être lue: ligne 1, cellule 2 : "
        "le guillemet qui la commence n'est jamais fermé\n"
        "d.csv:0!en UTF-16 ; à exporter en utf-8 ou en windows-1252\n"
        "e.csv:2 {\"id\":\"7\"}\n");
    assert_true(driver_case_has(c, "rejected/a.csv"));
    assert_true(driver_case_has(c, "rejected/b.csv"));
    assert_true(driver_case_has(c, "rejected/c.csv"));
    assert_true(driver_case_has(c, "rejected/d.csv"));
    assert_true(driver_case_has(c, "done/e.csv"));
}

static void an_empty_file_is_done_and_says_nothing(void **state)
{
    struct driver_case *c = *state;

    folder_case_start(c, FOLDER_CHANGES);
    driver_case_put(c, "a.csv", "");
    driver_case_put(c, "b.csv", "id;x\n");
    assert_string_equal(folder_case_take_all(c), "");
    assert_true(driver_case_has(c, "done/a.csv"));
    assert_true(driver_case_has(c, "done/b.csv"));
}

#define MAPPING                                                                                    \
    "times: { formats: [\"%d/%m/%Y\"] , zone: Europe/Paris }\n"                                    \
    "records:\n"                                                                                   \
    "  - { emit: closure, entity: $.id, version: $.modifie | datetime, handoff: own,\n"            \
    "      fields: { outcome_source_code: $.bilan, outcome_list_version: $.liste } }\n"

/* Next year's export: nothing of it is read, none of its columns is silently nothing. */
static void a_file_that_lacks_a_column_that_the_mapping_reads_is_refused(void **state)
{
    struct driver_case *c = *state;
    struct mapping_case mapping;
    CLEANUP(buffer_deinit) struct buffer metrics = {0};

    mapping_case_init(&mapping, MAPPING);
    assert_non_null(mapping.mapping);
    c->context.mapping = mapping.mapping;
    folder_case_start(c, FOLDER_CHANGES "optional_columns: [liste]\n");
    driver_case_put(c, "a.csv", "id;modifie;bilan\n1;02/03/2026;P\n");
    driver_case_put(c, "b.csv", "id;modifié;bilans\n2;02/03/2026;P\n3;02/03/2026;P\n");
    driver_case_put(c, "c.csv", "");
    assert_string_equal(folder_case_take_all(c),
                        "a.csv:2 {\"id\":\"1\",\"modifie\":\"02/03/2026\",\"bilan\":\"P\"}\n"
                        "b.csv:0!il n'a pas les colonnes « modifie » (connector.yaml:3:45), "
                        "« bilan » (connector.yaml:4:38) ; attendu : leur nom d'aujourd'hui à cet "
                        "endroit, ou optional_columns\n");
    assert_true(driver_case_has(c, "done/a.csv"));
    assert_true(driver_case_has(c, "rejected/b.csv"));
    assert_true(driver_case_has(c, "done/c.csv"));
    metrics_write(c->metrics, &metrics);
    assert_non_null(strstr(buffer_text(&metrics), "end=\"rejected\"} 1\n"));
    mapping_case_deinit(&mapping);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DRIVER_TEST(each_row_is_an_object_keyed_by_the_header),
        DRIVER_TEST(a_broken_row_is_told_with_its_place_and_costs_no_other),
        DRIVER_TEST(json_lines_are_records_as_they_stand),
        DRIVER_TEST(columns_can_be_named_by_the_configuration),
        DRIVER_TEST(rows_of_nothing_are_passed),
        DRIVER_TEST(a_fallback_holds_for_a_whole_file),
        DRIVER_TEST(what_is_no_file_of_rows_is_one_dead_letter_in_rejected),
        DRIVER_TEST(a_file_that_lacks_a_column_that_the_mapping_reads_is_refused),
        DRIVER_TEST(an_empty_file_is_done_and_says_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
