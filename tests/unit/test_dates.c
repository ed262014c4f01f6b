/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "directory/dates.h"

#define SECOND INT64_C(1000000)

static void a_day_is_its_midnight_in_utc(void **state)
{
    int64_t at = 0;

    (void)state;
    assert_true(dates_parse(BYTES_LITERAL("1970-01-02"), &at));
    assert_true(at == 86400 * SECOND);
    assert_true(dates_parse(BYTES_LITERAL("2024-02-29"), &at));
    assert_true(at == 1709164800 * SECOND);
}

static void an_hour_counts_with_its_offset(void **state)
{
    int64_t utc = 0;
    int64_t paris = 1;
    int64_t west = 2;

    (void)state;
    assert_true(dates_parse(BYTES_LITERAL("2024-01-02T07:00:00Z"), &utc));
    assert_true(dates_parse(BYTES_LITERAL("2024-01-02T08:00:00+01:00"), &paris));
    assert_true(dates_parse(BYTES_LITERAL("2024-01-02T03:00:00-04:00"), &west));
    assert_true(utc == paris);
    assert_true(utc == west);
}

static void what_is_no_date_is_refused(void **state)
{
    static const char *const texts[] = {
        "",           "2024",        "2024-13-01",          "2024-02-30",
        "2023-02-29", "02/01/2024",  "2024-01-02T08:00:00", "2024-01-02T24:00:00Z",
        "2024-1-2",   "2024-01-02 ", "2024-01-02T08:00Z",   "2024-01-02T08:00:00Zx",
    };
    int64_t at = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_false(dates_parse(bytes_of_text(texts[i]), &at));
    assert_false(dates_parse(BYTES_NONE, &at));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_is_its_midnight_in_utc),
        cmocka_unit_test(an_hour_counts_with_its_offset),
        cmocka_unit_test(what_is_no_date_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
