/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/substitution.h"

#include <stdio.h>

#include "tests/support/test.h"

struct replacing {
    struct arena arena;
    struct diagnostics *diagnostics;
    struct yaml_node *root;
    struct substitution substitution;
};

static void start(struct replacing *r, const char *yaml, const char *const *sets, bool offline)
{
    *r = (struct replacing){.diagnostics = diagnostics_new()};
    arena_init(&r->arena);
    assert_int_equal(
        yaml_read("c.yaml", bytes_of_text(yaml), &r->arena, r->diagnostics, &r->root, NULL),
        OUTCOME_OK);
    r->substitution = (struct substitution){sets, offline, &r->arena, r->diagnostics};
}

static void end(struct replacing *r)
{
    diagnostics_free(r->diagnostics);
    arena_deinit(&r->arena);
}

static const char *mistakes(struct replacing *r)
{
    CLEANUP(buffer_deinit) struct buffer out = {0};

    diagnostics_write(r->diagnostics, &out);
    return arena_text(&r->arena, buffer_view(&out));
}

static void names_are_replaced_wherever_they_stand_in_values(void **state)
{
    static const char *const sets[] = {"PORT=8443", "HOST=agenda.example", "EMPTY=", "E=a=b", NULL};
    struct replacing r;
    const struct yaml_node *list;

    (void)state;
    start(&r,
          "url: https://${HOST}:${PORT}/${EMPTY}x\n"
          "'${HOST}': key\nlist: [a, '${E}', { deep: '${PORT}' }]\nplain: $.id\n",
          sets, false);
    substitution_apply(&r.substitution, r.root);
    assert_int_equal(diagnostics_count(r.diagnostics), 0);
    assert_bytes_text(yaml_get(r.root, "url")->text, "https://agenda.example:8443/x");
    assert_non_null(yaml_get(r.root, "${HOST}")); /* a key is none */
    list = yaml_get(r.root, "list");
    assert_bytes_text(list->items[1]->text, "a=b");
    assert_bytes_text(yaml_get(list->items[2], "deep")->text, "8443");
    assert_bytes_text(yaml_get(r.root, "plain")->text, "$.id");
    substitution_apply(&r.substitution, NULL);
    end(&r);
}

static void a_value_is_not_looked_into_again(void **state)
{
    static const char *const sets[] = {"A=${B}", "B=x", NULL};
    struct replacing r;

    (void)state;
    start(&r, "a: '${A}'\n", sets, false);
    substitution_apply(&r.substitution, r.root);
    assert_bytes_text(yaml_get(r.root, "a")->text, "${B}");
    assert_int_equal(diagnostics_count(r.diagnostics), 0);
    end(&r);
}

static void what_nobody_set_is_a_mistake_but_offline(void **state)
{
    static const char *const sets[] = {"HOS=x", NULL};
    struct replacing r;

    (void)state;
    start(&r, "url: https://${HOST}/\n", sets, false);
    substitution_apply(&r.substitution, r.root);
    assert_non_null(strstr(mistakes(&r), "c.yaml:1:6: personne n'a donné HOST"));
    assert_bytes_text(yaml_get(r.root, "url")->text, "https://${HOST}/");
    end(&r);
    start(&r, "url: https://${HOST}/\n", NULL, true);
    substitution_apply(&r.substitution, r.root);
    assert_int_equal(diagnostics_count(r.diagnostics), 0);
    assert_bytes_text(yaml_get(r.root, "url")->text, "https://${HOST}/");
    end(&r);
}

static void a_name_that_is_not_closed_is_a_mistake_offline_too(void **state)
{
    struct replacing r;

    (void)state;
    start(&r, "url: 'https://${HOST'\n", NULL, true);
    substitution_apply(&r.substitution, r.root);
    assert_non_null(strstr(mistakes(&r), "« ${ » sans son « } »"));
    end(&r);
}

static void what_is_set_and_stands_nowhere_gets_the_nearest_name(void **state)
{
    static const char *const sets[] = {"HOST=a", "PROT=1", NULL};
    struct replacing r;

    (void)state;
    start(&r, "url: https://${HOST}:${PORT}${HOST}/\n", sets, false);
    substitution_find_unused(&r.substitution, r.root);
    assert_int_equal(diagnostics_count(r.diagnostics), 1);
    assert_non_null(strstr(mistakes(&r), "--set PROT : aucune valeur du fichier n'a ${PROT}"));
    assert_non_null(strstr(mistakes(&r), "attendu : PORT"));
    end(&r);
}

static void what_is_set_of_a_file_without_names_is_said(void **state)
{
    static const char *const sets[] = {"QUITE_ANOTHER=1", NULL};
    struct replacing r;

    (void)state;
    start(&r, "url: x\n", sets, false);
    substitution_find_unused(&r.substitution, r.root);
    assert_non_null(strstr(mistakes(&r), "le fichier n'a aucun ${NOM}"));
    end(&r);
    start(&r, "url: '${ONE}${TWO}'\n", sets, false);
    substitution_find_unused(&r.substitution, r.root);
    assert_non_null(strstr(mistakes(&r), "attendu : ONE, TWO"));
    end(&r);
    start(&r, "url: '${ONE}'\n", NULL, false);
    substitution_find_unused(&r.substitution, r.root);
    assert_int_equal(diagnostics_count(r.diagnostics), 0);
    end(&r);
}

static void a_file_may_have_any_number_of_names(void **state)
{
    static const char *const sets[] = {"N0=a", "N99=a", NULL};
    CLEANUP(buffer_deinit) struct buffer file = {0};
    struct replacing r;

    (void)state;
    for (int i = 0; i < 100; i++)
        buffer_printf(&file, "k%d: ${N%d}\n", i, i);
    start(&r, buffer_text(&file), sets, false);
    substitution_find_unused(&r.substitution, r.root);
    assert_string_equal(mistakes(&r), "");
    end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_replaced_wherever_they_stand_in_values),
        cmocka_unit_test(a_value_is_not_looked_into_again),
        cmocka_unit_test(what_nobody_set_is_a_mistake_but_offline),
        cmocka_unit_test(a_name_that_is_not_closed_is_a_mistake_offline_too),
        cmocka_unit_test(what_is_set_and_stands_nowhere_gets_the_nearest_name),
        cmocka_unit_test(what_is_set_of_a_file_without_names_is_said),
        cmocka_unit_test(a_file_may_have_any_number_of_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
