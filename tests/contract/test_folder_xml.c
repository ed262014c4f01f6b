/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of XML that are dropped into a folder: each element has its own fate, a document that is
 * none as a whole has one.
 */
#include "tests/support/test.h"

#include "tests/support/folder_case.h"

#define XML                                                                                        \
    "type: folder\npath: \"<folder>/drop\"\npattern: \"*.xml\"\nsettle_ms: 2000\nformat: xml\n"    \
    "element: rdvs/rdv\nlists: [tel]\n"

static void each_element_is_an_object_with_its_line(void **state)
{
    struct driver_case *c = *state;

    folder_case_start(c, XML);
    driver_case_put(
        c, "a.xml",
        "<?xml version='1.0' encoding='ISO-8859-1'?>\n<e><tete><le>1</le></tete>\n<rdvs>\n"
        "<rdv id='1'>\n<nom>Zo\xE9</nom><tel>1</tel></rdv>\n<rdv><nom/><nom/></rdv>\n"
        "<rdv id='3'><tel>1</tel><tel>2</tel></rdv></rdvs></e>\n");
    driver_case_put(c, "b.xml", "<e><tete><le>2</le></tete><rdvs/></e>");
    assert_string_equal(
        folder_case_take_all(c),
        "a.xml:4 {\"@id\":\"1\",\"nom\":\"Zoé\",\"tel\":[\"1\"]}\n"
        "a.xml:6!ligne 6, colonne 12 : un élément répété ; attendu : son nom dans `lists`\n"
        "a.xml:7 {\"@id\":\"3\",\"tel\":[\"1\",\"2\"]}\n");
    assert_true(driver_case_has(c, "done/a.xml"));
    assert_true(driver_case_has(c, "done/b.xml"));
}

/* Of a document that is cut, nothing is read: what is behind the cut would be missing unsaid. */
static void what_is_no_whole_document_is_one_dead_letter_in_rejected(void **state)
{
    struct driver_case *c = *state;

    folder_case_start(c, XML);
    driver_case_put(c, "a.xml", "<e><rdvs><rdv>1</rdv><rdv>2</rdv>");
    driver_case_put(c, "b.xml", "<!DOCTYPE e [<!ENTITY a 'b'>]><e><rdvs><rdv>&a;</rdv></rdvs></e>");
    driver_case_put(c, "c.xml", "<e><autres><rdv>1</rdv></autres></e>");
    driver_case_put(c, "d.xml", "");
    driver_case_put(c, "e.xml", "<e><rdvs><rdv>5</rdv></rdvs></e>");
    assert_string_equal(
        folder_case_take_all(c),
        "a.xml:0!ligne 1, colonne 34 : le document s'arrête avant sa fin\n"
        "b.xml:0!ligne 1, colonne 13 : un DOCTYPE : il pourrait définir des entités, et n'est pas "
        "lu\n"
        "c.xml:0!aucun élément « rdvs/rdv » dans le document\n"
        "d.xml:0!ligne 1, colonne 1 : le document s'arrête avant sa fin\n"
        "e.xml:1 {\"#text\":\"5\"}\n");
    assert_true(driver_case_has(c, "rejected/a.xml"));
    assert_true(driver_case_has(c, "rejected/b.xml"));
    assert_true(driver_case_has(c, "rejected/c.xml"));
    assert_true(driver_case_has(c, "rejected/d.xml"));
    assert_true(driver_case_has(c, "done/e.xml"));
}

static void xml_that_lies_about_its_charset_has_a_fallback(void **state)
{
    struct driver_case *c = *state;

    folder_case_start(c, XML "fallback_encoding: windows-1252\n");
    driver_case_put(c, "a.xml",
                    "<?xml version='1.0' encoding='UTF-8'?><rdvs><rdv>Zo\xE9 \x80</rdv></rdvs>");
    driver_case_put(c, "b.xml",
                    "<?xml version='1.0' encoding='UTF-8'?><rdvs><rdv>Zoé</rdv></rdvs>");
    driver_case_put(c, "c.xml", "<rdvs><rdv>\xE9</rvd></rdvs>");
    assert_string_equal(folder_case_take_all(c),
                        "a.xml:1 {\"#text\":\"Zoé €\"}\n"
                        "b.xml:1 {\"#text\":\"Zoé\"}\n"
                        "c.xml:0!ligne 1, colonne 12 : un signe que le XML ne permet pas ici, ou "
                        "que le codage du document n'a pas ; « & » s'écrit &amp; et « < » &lt;\n");
}

static void a_restart_goes_on_behind_the_last_element_acknowledged(void **state)
{
    struct driver_case *c = *state;
    struct batch *batch;

    folder_case_start(c, XML);
    driver_case_put(c, "a.xml",
                    "<rdvs>\n<rdv>1</rdv>\n<rdv>2</rdv>\n<rdv><x/><x/></rdv>\n<rdv>4</rdv></rdvs>");
    batch = folder_case_settle(c, 3);
    assert_int_equal(batch->count, 3);
    assert_bytes_text(batch->records[2].body, "<rdv><x/><x/></rdv>");
    folder_case_end(c, batch, 2);
    folder_case_restart(c, XML);
    assert_string_equal(
        folder_case_take_all(c),
        "a.xml:4!ligne 4, colonne 10 : un élément répété ; attendu : son nom dans `lists`\n"
        "a.xml:5 {\"#text\":\"4\"}\n");
    assert_true(driver_case_has(c, "done/a.xml"));
}

/* Read with other lists, the same bytes are other records. */
static void another_reading_of_the_same_file_begins_anew(void **state)
{
    struct driver_case *c = *state;
    struct batch *batch;

    folder_case_start(c, XML);
    driver_case_put(c, "a.xml", "<rdvs><rdv><a/><a/></rdv><rdv>2</rdv></rdvs>");
    batch = folder_case_settle(c, 1);
    assert_int_equal(batch->count, 1);
    folder_case_end(c, batch, 1);
    folder_case_restart(c, XML "namespaces: { g: urn:g }\n");
    assert_string_equal(
        folder_case_take_all(c),
        "a.xml:1!ligne 1, colonne 16 : un élément répété ; attendu : son nom dans `lists`\n"
        "a.xml:1 {\"#text\":\"2\"}\n");
}

static void without_an_element_a_document_is_one_record(void **state)
{
    struct driver_case *c = *state;

    folder_case_start(c, FOLDER_CHANGES "format: xml\n");
    driver_case_put(c, "a.csv", "<?xml version='1.0'?>\n<rdv id='1'><x/></rdv>\n");
    assert_string_equal(folder_case_take_all(c), "a.csv:2 {\"rdv\":{\"@id\":\"1\",\"x\":\"\"}}\n");
}

static void a_full_extract_may_be_xml(void **state)
{
    struct driver_case *c = *state;

    folder_case_start(c, XML "extract: full\nkey: \"@id\"\nmost_lost_percent: 60\n");
    driver_case_put(c, "a.xml",
                    "<rdvs><rdv id='1'><x>1</x></rdv><rdv id='2'><x>1</x></rdv></rdvs>");
    assert_string_equal(folder_case_take_all(c), "a.xml:1 {\"@id\":\"1\",\"x\":\"1\"}\n"
                                                 "a.xml:1 {\"@id\":\"2\",\"x\":\"1\"}\n");
    driver_case_put(c, "b.xml", "<rdvs>\n<rdv id='2'><x>2</x></rdv></rdvs>");
    assert_string_equal(folder_case_take_all(c), "b.xml:2 {\"@id\":\"2\",\"x\":\"2\"}\n"
                                                 "b.xml:0-{\"@id\":\"1\"}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DRIVER_TEST(each_element_is_an_object_with_its_line),
        DRIVER_TEST(what_is_no_whole_document_is_one_dead_letter_in_rejected),
        DRIVER_TEST(xml_that_lies_about_its_charset_has_a_fallback),
        DRIVER_TEST(a_restart_goes_on_behind_the_last_element_acknowledged),
        DRIVER_TEST(another_reading_of_the_same_file_begins_anew),
        DRIVER_TEST(without_an_element_a_document_is_one_record),
        DRIVER_TEST(a_full_extract_may_be_xml),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
