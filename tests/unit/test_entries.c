/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "connectors/memory/entries.h"

#define KEYS 300
#define STEPS 60000

/* Few different homes and many keys: long runs, wrapped round the end, with gaps in them. */
static void key_of(uint32_t number, uint8_t key[ENTRY_KEY_SIZE])
{
    memset(key, 0, ENTRY_KEY_SIZE);
    key[0] = (uint8_t)(number % 7 == 0 ? 255 : number % 5);
    memcpy(key + 8, &number, sizeof(number));
}

static void assert_holds(const struct entries *entries, const uint32_t *values)
{
    const struct entry *entry;
    size_t present = 0;
    size_t seen = 0;
    size_t at = 0;

    for (uint32_t number = 0; number < KEYS; number++) {
        uint8_t key[ENTRY_KEY_SIZE];

        key_of(number, key);
        entry = entries_find(entries, key);
        assert_int_equal(entry != NULL, values[number] != 0);
        if (!entry)
            continue;
        present++;
        assert_true(bytes_equal(entries_value(entry), bytes_of(&values[number], 4)));
        assert_true(bytes_equal(entries_id(entry), bytes_of(&number, number % 3)));
        assert_int_equal(entry->until_day, number);
    }
    while ((entry = entries_next(entries, &at)) != NULL)
        seen++;
    assert_int_equal(entries->count, present);
    assert_int_equal(seen, present);
}

/* Against the simplest model there is: an array. */
static void whatever_is_put_and_removed_is_found_or_not(void **state)
{
    struct entries entries = {0};
    uint32_t values[KEYS] = {0};
    uint32_t random = 1;

    (void)state;
    for (uint32_t step = 1; step <= STEPS; step++) {
        uint32_t number;
        uint8_t key[ENTRY_KEY_SIZE];

        random = random * 1664525 + 1013904223;
        number = (random >> 8) % KEYS;
        key_of(number, key);
        if ((random >> 28) % 2 == 0) {
            entries_put(&entries, key, bytes_of(&number, number % 3), bytes_of(&step, 4),
                        (uint16_t)number);
            values[number] = step;
        } else {
            entries_remove(&entries, key);
            values[number] = 0;
        }
        if (step % 500 == 0)
            assert_holds(&entries, values);
    }
    entries_deinit(&entries);
}

static void the_bytes_are_those_of_what_is_there(void **state)
{
    struct entries entries = {0};
    uint8_t key[ENTRY_KEY_SIZE];

    (void)state;
    key_of(1, key);
    entries_remove(&entries, key);
    entries_put(&entries, key, BYTES_LITERAL("id"), BYTES_LITERAL("value"), 1);
    assert_int_equal(entries.bytes, 7);
    entries_put(&entries, key, BYTES_LITERAL("id"), BYTES_LITERAL(""), 1);
    assert_int_equal(entries.bytes, 2);
    entries_remove(&entries, key);
    assert_int_equal(entries.bytes, 0);
    assert_int_equal(entries.count, 0);
    entries_deinit(&entries);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_is_put_and_removed_is_found_or_not),
        cmocka_unit_test(the_bytes_are_those_of_what_is_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
