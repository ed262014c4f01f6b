/* SPDX-License-Identifier: Apache-2.0
 *
 * Which `each` a rule may have, and what stands in its elements; what becomes of them:
 * tests/unit/mapping_cases/01-where-records-are.
 */
#include "tests/support/mapping_case.h"
#include "tests/support/test.h"

/* A rule of that `each`, whose entity is that. */
static void compile(struct mapping_case *c, const char *each, const char *entity)
{
    CLEANUP(buffer_deinit) struct buffer yaml = {0};

    buffer_append_text(&yaml, "unknown_fields: count\nrecords:\n  - emit: appointment\n    each: ");
    buffer_append_text(&yaml, each);
    buffer_append_text(&yaml, "\n    entity: ");
    buffer_append_text(&yaml, entity);
    buffer_append_text(&yaml, "\n    version: $.n\n    handoff: link(own, $.id)\n"
                              "    fields: { status: HONOURED, occurred_at: $.at | datetime }\n");
    mapping_case_init(c, buffer_text(&yaml));
}

static void assert_mistake(const char *each, const char *entity, const char *sentence)
{
    struct mapping_case c;

    compile(&c, each, entity);
    if (c.mapping || !strstr(mapping_case_mistakes(&c), sentence))
        fail_msg("%s: %s", each, c.mapping ? "taken" : mapping_case_mistakes(&c));
    mapping_case_deinit(&c);
}

/* The identities of its items, each with a blank behind it. */
static void assert_items(const char *each, const char *entity, const char *json,
                         const char *expected)
{
    CLEANUP(buffer_deinit) struct buffer found = {0};
    struct mapping_case c;

    compile(&c, each, entity);
    if (!c.mapping)
        fail_msg("%s: %s", each, mapping_case_mistakes(&c));
    mapping_case_read(&c, json);
    assert_int_equal(c.outcome, OUTCOME_OK);
    for (size_t i = 0; i < c.items.count; i++) {
        buffer_append_bytes(&found, c.items.items[i].entity);
        buffer_append_text(&found, " ");
    }
    assert_string_equal(buffer_text(&found), expected);
    mapping_case_deinit(&c);
}

#define HEAD "{\"id\": 1, \"n\": 2, \"at\": \"2026-03-02T09:00Z\", "

static void each_element_of_a_list_is_an_item(void **state)
{
    (void)state;
    assert_items("$.l", ".k", HEAD "\"l\": [{\"k\": \"a\"}, {\"k\": \"b\"}]}", "a b ");
    assert_items("'$.l[*].m'", "parent.k \"/\" .k",
                 HEAD "\"l\": [{\"k\": \"a\", \"m\": [{\"k\": 1}, {\"k\": 2}]}, "
                      "{\"k\": \"b\", \"m\": [{\"k\": 3}]}]}",
                 "a/1 a/2 b/3 ");
}

static void of_several_lists_the_first_that_is_there_counts(void **state)
{
    (void)state;
    assert_items("[$.new, $.old]", ".k", HEAD "\"old\": [{\"k\": \"o\"}]}", "o ");
    assert_items("[$.new, $.old]", ".k",
                 HEAD "\"old\": [{\"k\": \"o\"}], \"new\": [{\"k\": \"n\"}]}", "n ");
}

static void each_piece_of_a_text_is_an_item(void **state)
{
    (void)state;
    assert_items("$.cell | split(\",\")", "'@ | trim'", HEAD "\"cell\": \"a, b\"}", "a b ");
}

static void what_is_no_list_of_the_record_is_a_mistake(void **state)
{
    (void)state;
    assert_mistake(".l", "$.id", "`each`");
    assert_mistake("header.X", "$.id", "`each` ne commence pas par $");
    assert_mistake("$.cell | trim", "$.id", "une liste, ou un texte coupé");
    assert_mistake("'$.l $.m'", "$.id", "ce n'est pas un chemin");
}

static void a_list_and_a_text_are_not_of_one_rule(void **state)
{
    (void)state;
    assert_mistake("[$.l, '$.cell | split(\",\")']", "$.id",
                   "`each` mêle une liste et un texte coupé");
    assert_mistake("['$.cell | split(\",\")', $.l]", "$.id",
                   "`each` mêle une liste et un texte coupé");
}

static void a_piece_of_a_text_has_nothing_below_it(void **state)
{
    (void)state;
    assert_mistake("$.cell | split(\",\")", "'@.k'", "un morceau n'a rien dessous");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_element_of_a_list_is_an_item),
        cmocka_unit_test(of_several_lists_the_first_that_is_there_counts),
        cmocka_unit_test(each_piece_of_a_text_is_an_item),
        cmocka_unit_test(what_is_no_list_of_the_record_is_a_mistake),
        cmocka_unit_test(a_list_and_a_text_are_not_of_one_rule),
        cmocka_unit_test(a_piece_of_a_text_has_nothing_below_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
