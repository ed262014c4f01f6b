/* SPDX-License-Identifier: Apache-2.0
 *
 * What a page of a list holds, in XML; in JSON, and how pages follow each other:
 * tests/contract/test_rest_source.c.
 */
#include "tests/support/test.h"

#include <stdlib.h>

#include "connectors/drivers/list_page.h"

struct reading {
    struct arena arena;
    struct diagnostics *diagnostics;
    struct list_form *form;
    struct list_page page;
    struct error err;
};

/* The keys of a source as the runtime hands them over; false: a mistake. */
static bool compile(struct reading *r, const char *yaml)
{
    struct yaml_node *root = NULL;
    struct list_settings settings = {.format = "xml"};
    struct {
        const char *key;
        struct yaml_node **node;
    } keys[] = {{"items", &settings.items},     {"element", &settings.element},
                {"lists", &settings.xml.lists}, {"namespaces", &settings.xml.namespaces},
                {"pages", &settings.pages},     {"changed", &settings.changed}};

    memset(r, 0, sizeof(*r));
    r->diagnostics = diagnostics_new();
    assert_int_equal(
        yaml_read("s.yaml", bytes_of_text(yaml), &r->arena, r->diagnostics, &root, &r->err),
        OUTCOME_OK);
    for (size_t i = 0; i < root->count; i++)
        for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
            if (bytes_equal_text(root->keys[i]->text, keys[k].key))
                *keys[k].node = root->items[i];
    if (yaml_get(root, "format"))
        settings.format = "json";
    return list_form_new(&settings, r->diagnostics, &r->form, &r->err) == OUTCOME_OK;
}

static enum outcome read_text(struct reading *r, const char *yaml, const char *text)
{
    if (!compile(r, yaml))
        fail_msg("%s", r->err.text);
    return list_page_read(r->form, bytes_of_text(text), &r->arena, &r->page, &r->err);
}

static void end(struct reading *r)
{
    list_form_free(r->form);
    diagnostics_free(r->diagnostics);
    arena_deinit(&r->arena);
}

#define KEYS "element: export/rdv\nchanged: $.maj\npages: $.export.@pages\n"

static void each_element_is_a_record_with_its_moment(void **state)
{
    struct reading r;

    (void)state;
    assert_int_equal(read_text(&r, KEYS,
                               "<?xml version='1.0'?><export pages='3'>"
                               "<rdv id='1'><maj>10</maj></rdv><note>x</note>"
                               "<rdv id='2'><maj>11</maj></rdv></export>"),
                     OUTCOME_OK);
    assert_int_equal(r.page.count, 2);
    assert_int_equal(r.page.pages, 3);
    assert_false(r.page.unsorted);
    assert_bytes_text(r.page.items[0].body, "{\"@id\":\"1\",\"maj\":\"10\"}");
    assert_string_equal(r.page.items[1].moment, "11");
    end(&r);
}

/* Such as they write it in an attribute, in a namespace. */
static void names_are_those_of_the_namespaces(void **state)
{
    struct reading r;

    (void)state;
    assert_int_equal(read_text(&r,
                               "namespaces: { a: \"urn:agenda/1\" }\nelement: a:export/a:rdv\n"
                               "changed: $.@maj\npages: $.a:export.a:pages\n",
                               "<export xmlns='urn:agenda/1'><pages> 2 </pages>"
                               "<rdv maj='7'/><rdv maj='8'/></export>"),
                     OUTCOME_OK);
    assert_int_equal(r.page.count, 2);
    assert_int_equal(r.page.pages, 2);
    assert_string_equal(r.page.items[1].moment, "8");
    end(&r);
}

static void a_page_without_records_is_none_of_another_document(void **state)
{
    struct reading r;

    (void)state;
    assert_int_equal(read_text(&r, KEYS, "<export pages='0'/>"), OUTCOME_OK);
    assert_int_equal(r.page.count, 0);
    end(&r);
    assert_int_equal(read_text(&r, KEYS, "<erreur><code>12</code></erreur>"), OUTCOME_REJECT);
    end(&r);
    assert_int_equal(read_text(&r, KEYS, "{\"export\":[]}"), OUTCOME_REJECT);
    end(&r);
}

static void a_document_that_is_cut_is_no_page(void **state)
{
    struct reading r;

    (void)state;
    assert_int_equal(read_text(&r, "element: rdv\nchanged: $.maj\n",
                               "<export><rdv><maj>10</maj></rdv><rdv><maj>1"),
                     OUTCOME_REJECT);
    assert_int_equal(r.page.count, 0);
    end(&r);
}

static void a_broken_element_costs_no_other(void **state)
{
    struct reading r;

    (void)state;
    assert_int_equal(read_text(&r, "element: rdv\nchanged: $.maj\n",
                               "<export><rdv><maj>10</maj><tel>1</tel><tel>2</tel></rdv>"
                               "<rdv><maj>9</maj></rdv></export>"),
                     OUTCOME_OK);
    assert_int_equal(r.page.count, 2);
    assert_non_null(strstr(r.page.items[0].defect, "répété"));
    assert_string_equal(r.page.items[0].moment, "");
    assert_bytes_text(r.page.items[0].body, "<rdv><maj>10</maj><tel>1</tel><tel>2</tel></rdv>");
    assert_null(r.page.items[1].defect);
    end(&r);
}

/* The number of pages is read of what stands beside the records, whatever one of them is like. */
static void a_broken_element_of_a_page_with_a_number_of_pages_costs_no_other(void **state)
{
    struct reading r;

    (void)state;
    assert_int_equal(read_text(&r, KEYS,
                               "\xEF\xBB\xBF<?xml version='1.0'?><export pages='3'>"
                               "<rdv><maj>10</maj><tel>1</tel><tel>\xC3\xA9</tel></rdv>"
                               "<rdv><maj>11</maj></rdv></export>"),
                     OUTCOME_OK);
    assert_int_equal(r.page.count, 2);
    assert_int_equal(r.page.pages, 3);
    assert_non_null(strstr(r.page.items[0].defect, "répété"));
    assert_bytes_text(r.page.items[1].body, "{\"maj\":\"11\"}");
    end(&r);
}

static void what_repeats_beside_the_records_costs_none(void **state)
{
    struct reading r;

    (void)state;
    assert_int_equal(read_text(&r, "element: rdv\nchanged: $.maj\npages: $.export.pages\n",
                               "<export><note>a</note><rdv><maj>10</maj></rdv><note>b</note>"
                               "<pages>2</pages><rdv><maj>11</maj></rdv><pages>9</pages></export>"),
                     OUTCOME_OK);
    assert_int_equal(r.page.count, 2);
    assert_int_equal(r.page.pages, 2);
    end(&r);
}

static void a_page_that_is_a_broken_record_costs_nothing_else(void **state)
{
    struct reading r;

    (void)state;
    assert_int_equal(read_text(&r, "element: rdv\nchanged: $.maj\npages: $.rdv.@pages\n",
                               "<rdv pages='4'><maj>10</maj><maj>11</maj></rdv>\n"),
                     OUTCOME_OK);
    assert_int_equal(r.page.count, 1);
    assert_non_null(r.page.items[0].defect);
    assert_int_equal(r.page.pages, 0);
    end(&r);
}

static void what_stands_around_a_page_that_is_a_record_costs_nothing(void **state)
{
    static const char *const texts[] = {
        "<rdv pages='4'><maj>10</maj></rdv><!-- fin -->",
        "<?xml version='1.0'?>\n<!-- <x> -->\n<rdv><maj>10</maj></rdv>\n<!-- </x> -->\n<?fin ?>\n",
        "<?xml version='1.0'?><rdv><maj>10</maj></rdv>",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct reading r;

        if (read_text(&r, "element: rdv\nchanged: $.maj\npages: $.rdv.@pages\n", texts[i]) !=
            OUTCOME_OK)
            fail_msg("%s: %s", texts[i], r.err.text);
        assert_int_equal(r.page.count, 1);
        assert_string_equal(r.page.items[0].moment, "10");
        assert_int_equal(r.page.pages, 0);
        end(&r);
    }
}

static void what_goes_back_in_time_is_cut_there(void **state)
{
    struct reading r;

    (void)state;
    assert_int_equal(read_text(&r, "element: rdv\nchanged: $.@maj\n",
                               "<export><rdv maj='1'/><rdv maj='3'/><rdv maj='2'/></export>"),
                     OUTCOME_OK);
    assert_true(r.page.unsorted);
    assert_int_equal(r.page.count, 1);
    end(&r);
}

static void keys_of_the_other_format_are_a_mistake(void **state)
{
    static const char *const wrong[] = {
        "items: $.x\nelement: rdv\nchanged: $.maj\n",
        "changed: $.maj\n",
        "element: g:rdv\nchanged: $.maj\n",
        "format: json\nchanged: $.maj\n",
        "format: json\nitems: $.x\nelement: rdv\nchanged: $.maj\n",
        "format: json\nitems: $.x\nlists: [rdv]\nchanged: $.maj\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct reading r;

        if (compile(&r, wrong[i]))
            fail_msg("taken: %s", wrong[i]);
        assert_true(r.err.text[0] != '\0');
        end(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_element_is_a_record_with_its_moment),
        cmocka_unit_test(names_are_those_of_the_namespaces),
        cmocka_unit_test(a_page_without_records_is_none_of_another_document),
        cmocka_unit_test(a_document_that_is_cut_is_no_page),
        cmocka_unit_test(a_broken_element_costs_no_other),
        cmocka_unit_test(a_broken_element_of_a_page_with_a_number_of_pages_costs_no_other),
        cmocka_unit_test(what_repeats_beside_the_records_costs_none),
        cmocka_unit_test(a_page_that_is_a_broken_record_costs_nothing_else),
        cmocka_unit_test(what_stands_around_a_page_that_is_a_record_costs_nothing),
        cmocka_unit_test(what_goes_back_in_time_is_cut_there),
        cmocka_unit_test(keys_of_the_other_format_are_a_mistake),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
