/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <stdio.h>

#include "base/crypto.h"
#include "base/file.h"
#include "schemas/person_ref.h"

/* Days since 1970-01-01 (H. Hinnant, "days_from_civil"). */
static int32_t days_of(struct bytes date)
{
    int year = 0;
    int month = 0;
    int day = 0;
    int era;
    int year_of_era;
    int day_of_year;

    assert_int_equal(sscanf((const char *)date.data, "%4d-%2d-%2d", &year, &month, &day), 3);
    year -= month <= 2;
    era = year / 400;
    year_of_era = year - era * 400;
    day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

static struct bytes take_cell(struct bytes *line)
{
    const uint8_t *comma = memchr(line->data, ',', line->len);
    size_t len = comma ? (size_t)(comma - line->data) : line->len;
    struct bytes cell = bytes_of(line->data, len);

    line->data += comma ? len + 1 : len;
    line->len -= comma ? len + 1 : len;
    return cell;
}

static void check_row(struct bytes line, const struct person_key *key)
{
    struct contact contact;
    struct buffer text = {0};
    uint8_t ref[PERSON_REF_SIZE];
    struct bytes date = take_cell(&line);

    record_init(&contact_table, &contact);
    contact.birth_date = days_of(date);
    contact.birth_name = take_cell(&line);
    contact.first_names = take_cell(&line);
    person_ref_normalise(contact.birth_name, &text);
    assert_true(bytes_equal(buffer_view(&text), take_cell(&line)));
    (void)take_cell(&line);
    assert_true(person_ref_make(key, &contact, ref));
    buffer_clear(&text);
    crypto_hex(bytes_of(ref, sizeof(ref)), &text);
    assert_true(bytes_equal(buffer_view(&text), line));
    buffer_deinit(&text);
}

static void the_published_vectors_hold(void **state)
{
    struct buffer file = {0};
    struct person_key key = {0};
    size_t rows = 0;
    const uint8_t *at;
    const uint8_t *end;

    (void)state;
    for (int i = 0; i < KEY_SIZE; i++)
        key.key[i] = (uint8_t)i;
    assert_int_equal(file_read("schemas/person_ref_vectors.csv", 1 << 20, FILE_ANY, &file, NULL),
                     OUTCOME_OK);
    at = file.data;
    end = file.data + file.len;
    while (at < end) {
        const uint8_t *newline = memchr(at, '\n', (size_t)(end - at));

        assert_non_null(newline);
        if (*at >= '0' && *at <= '9') {
            check_row(bytes_of(at, (size_t)(newline - at)), &key);
            rows++;
        }
        at = newline + 1;
    }
    assert_true(rows >= 15);
    buffer_deinit(&file);
}

static void no_reference_is_made_when_a_part_is_missing_or_empties(void **state)
{
    struct person_key key = {0};
    struct contact whole;
    struct contact contact;
    uint8_t ref[PERSON_REF_SIZE];

    (void)state;
    record_init(&contact_table, &whole);
    whole.birth_date = 0;
    whole.birth_name = BYTES_LITERAL("Durand");
    whole.first_names = BYTES_LITERAL("Zoé");
    assert_true(person_ref_make(&key, &whole, ref));
    contact = whole;
    contact.birth_date = NO_INT;
    assert_false(person_ref_make(&key, &contact, ref));
    contact = whole;
    contact.birth_name = BYTES_LITERAL("-");
    assert_false(person_ref_make(&key, &contact, ref));
    contact = whole;
    contact.first_names = BYTES_NONE;
    assert_false(person_ref_make(&key, &contact, ref));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_vectors_hold),
        cmocka_unit_test(no_reference_is_made_when_a_part_is_missing_or_empties),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
