/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "base/hash.h"

struct number {
    int value;
    UT_hash_handle hh;
};

static struct number *add(struct number **table, int value)
{
    struct number *number = xcalloc(1, sizeof(*number));

    number->value = value;
    HASH_ADD_INT(*table, value, number);
    return number;
}

/* That each is freed, and once, the address sanitizer sees. */
static void a_table_is_emptied_one_by_one_and_at_once(void **state)
{
    struct number *table = NULL;
    struct number *second;
    struct number *found = NULL;
    int value = 2;

    (void)state;
    (void)add(&table, 1);
    second = add(&table, 2);
    (void)add(&table, 3);
    HASH_FREE_ONE(table, second);
    HASH_FIND_INT(table, &value, found);
    assert_null(found);
    assert_int_equal(HASH_COUNT(table), 2);
    HASH_FREE_ALL(table);
    assert_null(table);
    HASH_FREE_ALL(table); /* of nothing */
    assert_null(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_is_emptied_one_by_one_and_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
