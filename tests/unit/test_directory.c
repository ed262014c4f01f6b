/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <malloc.h>
#include <stdio.h>

#include "directory/dates.h"
#include "directory/diff.h"
#include "directory/directory.h"
#include "schemas/events.h"

static int64_t day(const char *text)
{
    int64_t at = 0;

    assert_true(dates_parse(bytes_of_text(text), &at));
    return at;
}

static struct directory_entry entry_of(enum directory_kind kind, const char *code,
                                       const char *valid_from, const char *valid_to)
{
    struct directory_entry entry;

    record_init(&directory_table, &entry);
    entry.kind = (int32_t)kind;
    entry.code = bytes_of_text(code);
    entry.valid_from = day(valid_from);
    if (valid_to)
        entry.valid_to = day(valid_to);
    return entry;
}

static struct directory_entry operator_of(const char *code, const char *region, const char *from,
                                          const char *to)
{
    struct directory_entry entry = entry_of(DIRECTORY_OPERATOR, code, from, to);

    entry.name = BYTES_LITERAL("Opérateur inventé");
    entry.network = region ? BYTES_LITERAL("regional") : BYTES_LITERAL("france_travail");
    entry.region = bytes_of_text(region);
    return entry;
}

static const uint8_t key_a[KEY_SIZE] = {1};
static const uint8_t key_b[KEY_SIZE] = {2};

static struct directory_entry key_of(const char *id, const uint8_t key[KEY_SIZE], const char *from,
                                     const char *to)
{
    struct directory_entry entry = entry_of(DIRECTORY_KEY, id, from, to);

    entry.operator_code = BYTES_LITERAL("o21");
    entry.seal_key_id = entry.signing_key_id = entry.code;
    entry.seal_key = entry.signing_key = bytes_of(key, KEY_SIZE);
    return entry;
}

static struct directory_entry convention_of(const char *code, const char *from, const char *to)
{
    struct directory_entry entry = entry_of(DIRECTORY_CONVENTION, code, "2024-01-02", NULL);

    entry.from_operator = bytes_of_text(from);
    entry.to_operator = bytes_of_text(to);
    return entry;
}

/* Two lots one after the other in region 44, a key that was replaced, one convention. */
static struct directory *sample(void)
{
    struct directory_entry site = entry_of(DIRECTORY_SITE, "o21-metz", "2024-01-02", NULL);
    struct directory_entry entries[] = {
        operator_of("o22", "11", "2024-01-02", NULL),
        operator_of("o21", "44", "2024-01-02", "2028-01-01"),
        operator_of("o31", "44", "2028-01-01", NULL),
        operator_of("o10", NULL, "2020-01-01", NULL),
        key_of("kb", key_b, "2025-01-01", NULL),
        key_of("ka", key_a, "2024-06-01", "2025-01-01"),
        convention_of("o10>o21", "o10", "o21"),
        site,
    };

    entries[7].operator_code = BYTES_LITERAL("o21");
    entries[7].zone = BYTES_LITERAL("Europe/Paris");
    return directory_new(entries, sizeof(entries) / sizeof(entries[0]));
}

#define CODE(text) BYTES_LITERAL(text)

static void an_operator_is_found_only_in_its_time(void **state)
{
    CLEANUP(directory_unrefp) struct directory *directory = sample();

    (void)state;
    assert_null(directory_operator(directory, CODE("o21"), day("2024-01-01")));
    assert_non_null(directory_operator(directory, CODE("o21"), day("2024-01-02")));
    assert_non_null(directory_operator(directory, CODE("o21"), day("2028-01-01") - 1));
    assert_null(directory_operator(directory, CODE("o21"), day("2028-01-01")));
    assert_null(directory_operator(directory, CODE("o2"), day("2025-01-01")));
    assert_null(directory_operator(directory, CODE("o210"), day("2025-01-01")));
}

static void a_lot_changes_hands_on_its_day(void **state)
{
    CLEANUP(directory_unrefp) struct directory *directory = sample();

    (void)state;
    assert_string_equal(directory_regional(directory, CODE("44"), day("2027-12-31"))->code, "o21");
    assert_string_equal(directory_regional(directory, CODE("44"), day("2028-01-01"))->code, "o31");
    assert_null(directory_regional(directory, CODE("53"), day("2025-01-01")));
}

static void an_operator_has_the_key_of_the_day(void **state)
{
    CLEANUP(directory_unrefp) struct directory *directory = sample();
    const struct directory_operator *row;

    (void)state;
    row = directory_operator(directory, CODE("o21"), day("2024-02-01"));
    assert_false(row->has_keys);
    row = directory_operator(directory, CODE("o21"), day("2024-12-31"));
    assert_true(row->has_keys);
    assert_string_equal(row->keys.seal_key_id, "ka");
    row = directory_operator(directory, CODE("o21"), day("2025-01-01"));
    assert_string_equal(row->keys.seal_key_id, "kb");
    assert_memory_equal(row->keys.seal_key, key_b, KEY_SIZE);
}

static void a_replaced_key_is_still_known(void **state)
{
    CLEANUP(directory_unrefp) struct directory *directory = sample();

    (void)state;
    assert_non_null(directory_keys(directory, CODE("o21"), CODE("ka")));
    assert_non_null(directory_keys(directory, CODE("o21"), CODE("kb")));
    assert_null(directory_keys(directory, CODE("o21"), CODE("kc")));
    assert_null(directory_keys(directory, CODE("o22"), CODE("ka")));
}

static void a_convention_has_one_direction_and_a_beginning(void **state)
{
    CLEANUP(directory_unrefp) struct directory *directory = sample();
    int64_t then = day("2024-06-01");

    (void)state;
    assert_true(directory_may_refer(directory, CODE("o10"), CODE("o21"), then));
    assert_false(directory_may_refer(directory, CODE("o21"), CODE("o10"), then));
    assert_false(directory_may_refer(directory, CODE("o10"), CODE("o21"), day("2024-01-01")));
    assert_true(directory_may_refer(directory, CODE("o22"), CODE("o22"), then));
}

static void every_operator_is_listed_once_in_order(void **state)
{
    static const char *const codes[] = {"o10", "o21", "o22", "o31"};
    CLEANUP(directory_unrefp) struct directory *directory = sample();

    (void)state;
    assert_int_equal(directory_operator_count(directory), 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(directory_operator_at(directory, i)->code, codes[i]);
}

static void a_site_is_found_by_its_code(void **state)
{
    CLEANUP(directory_unrefp) struct directory *directory = sample();

    (void)state;
    assert_string_equal(
        directory_site(directory, CODE("o21-metz"), day("2026-01-01"))->operator_code, "o21");
    assert_null(directory_site(directory, CODE("o21-nancy"), day("2026-01-01")));
}

static void a_difference_is_one_line_each(void **state)
{
    CLEANUP(directory_unrefp) struct directory *before = NULL;
    CLEANUP(directory_unrefp) struct directory *after = NULL;
    CLEANUP(buffer_deinit) struct buffer out = {0};
    struct directory_entry entries[] = {
        operator_of("o10", NULL, "2020-01-01", NULL),
        operator_of("o21", "44", "2024-01-02", NULL),
        operator_of("o22", "11", "2024-01-02", NULL),
    };

    (void)state;
    before = directory_new(entries, 2);
    entries[1].name = BYTES_LITERAL("Autre nom");
    entries[1].region = BYTES_LITERAL("11");
    after = directory_new(entries + 1, 2);
    diff_write(before, after, &out);
    assert_string_equal(buffer_text(&out), "- operator/o10@2020-01-01T00:00:00Z\n"
                                           "~ operator/o21@2024-01-02T00:00:00Z: name, region\n"
                                           "+ operator/o22@2024-01-02T00:00:00Z\n");
    buffer_clear(&out);
    diff_write(after, after, &out);
    assert_int_equal(out.len, 0);
}

static void a_snapshot_lives_until_its_last_holder_lets_go(void **state)
{
    struct directory *first = sample();
    struct directory *second = directory_ref(first);

    (void)state;
    directory_unref(first);
    assert_int_equal(directory_operator_count(second), 4);
    directory_unref(second);
    directory_unref(NULL);
}

/* Bytes of a snapshot of so many operators, each with a key. */
static size_t size_of(size_t operators)
{
    static struct directory_entry entries[2 * 1000];
    static char codes[1000][24];
    struct directory *directory;
    size_t before;
    size_t after;

    for (size_t i = 0; i < operators; i++) {
        (void)snprintf(codes[i], sizeof(codes[i]), "o%03zu", i);
        entries[i] = operator_of(codes[i], NULL, "2024-01-02", NULL);
        entries[operators + i] = key_of(codes[i], key_a, "2024-01-02", NULL);
        entries[operators + i].operator_code = bytes_of_text(codes[i]);
    }
    before = mallinfo2().uordblks + mallinfo2().hblkhd;
    directory = directory_new(entries, 2 * operators);
    after = mallinfo2().uordblks + mallinfo2().hblkhd;
    directory_unref(directory);
    return after - before;
}

static void a_snapshot_grows_as_its_entries_do(void **state)
{
    (void)state;
    assert_true(size_of(1000) <= 8 * size_of(200)); /* both 0 where a sanitizer allocates */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_operator_is_found_only_in_its_time),
        cmocka_unit_test(a_lot_changes_hands_on_its_day),
        cmocka_unit_test(an_operator_has_the_key_of_the_day),
        cmocka_unit_test(a_replaced_key_is_still_known),
        cmocka_unit_test(a_convention_has_one_direction_and_a_beginning),
        cmocka_unit_test(every_operator_is_listed_once_in_order),
        cmocka_unit_test(a_site_is_found_by_its_code),
        cmocka_unit_test(a_difference_is_one_line_each),
        cmocka_unit_test(a_snapshot_lives_until_its_last_holder_lets_go),
        cmocka_unit_test(a_snapshot_grows_as_its_entries_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
