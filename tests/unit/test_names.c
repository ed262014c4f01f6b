/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "base/arena.h"
#include "base/names.h"

static void an_empty_list_has_nothing(void **state)
{
    CLEANUP(names_deinit) struct names names = {0};

    (void)state;
    assert_null(names_list(&names)[0]);
    assert_false(names_have(names_list(&names), BYTES_LITERAL("a")));
    assert_false(names_have(names_list(&names), BYTES_LITERAL("")));
}

static void a_name_stands_there_once_in_the_order_of_coming(void **state)
{
    CLEANUP(names_deinit) struct names names = {0};

    (void)state;
    names_add(&names, "b");
    names_add(&names, "a");
    names_add(&names, "b");
    assert_int_equal(names.count, 2);
    assert_string_equal(names_list(&names)[0], "b");
    assert_string_equal(names_list(&names)[1], "a");
    assert_null(names_list(&names)[2]);
    assert_true(names_have(names_list(&names), BYTES_LITERAL("a")));
    assert_false(names_have(names_list(&names), BYTES_LITERAL("ab")));
}

static void there_is_room_for_any_number(void **state)
{
    CLEANUP(names_deinit) struct names names = {0};
    CLEANUP(arena_deinit) struct arena arena = {0};

    (void)state;
    arena_init(&arena);
    for (int i = 0; i < 1000; i++)
        names_add(&names, arena_printf(&arena, "n%d", i));
    assert_int_equal(names.count, 1000);
    assert_true(names_have(names_list(&names), BYTES_LITERAL("n999")));
    assert_null(names_list(&names)[1000]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_list_has_nothing),
        cmocka_unit_test(a_name_stands_there_once_in_the_order_of_coming),
        cmocka_unit_test(there_is_room_for_any_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
