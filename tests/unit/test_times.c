/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/times.h"
#include "tests/support/test.h"

static const struct zone *paris(void)
{
    return zones_find(BYTES_LITERAL("Europe/Paris"));
}

/* Reads `text` and writes it in UTC. */
static const char *utc(const char *format, const char *text, const struct zone *zone)
{
    static char shown[64];
    CLEANUP(buffer_deinit) struct buffer out = {0};
    struct moment moment;

    if (!times_parse(bytes_of_text(format), bytes_of_text(text), zone, &moment))
        return "refused";
    times_write(BYTES_LITERAL("%Y-%m-%dT%H:%M:%SZ"), moment, NULL, &out);
    strncpy(shown, buffer_text(&out), sizeof(shown) - 1);
    return shown;
}

static void formats_of_the_field_are_read(void **state)
{
    (void)state;
    assert_string_equal(utc("%Y-%m-%d %H:%M:%S %z", "2026-03-12 14:00:00 +0100", NULL),
                        "2026-03-12T13:00:00Z");
    assert_string_equal(utc("iso", "2026-03-02T09:13:01.000+01:00", NULL), "2026-03-02T08:13:01Z");
    assert_string_equal(utc("iso", "2026-03-02 09:13", paris()), "2026-03-02T08:13:00Z");
    assert_string_equal(utc("%d/%m/%Y", "01/03/2026", paris()), "2026-02-28T23:00:00Z");
    assert_string_equal(utc("%Y%m%d", "20260301", zones_find(BYTES_LITERAL("UTC"))),
                        "2026-03-01T00:00:00Z");
    assert_string_equal(utc("%s", "1772439181", NULL), "2026-03-02T08:13:01Z");
    assert_string_equal(utc("%Q", "1772439181000", NULL), "2026-03-02T08:13:01Z");
    assert_string_equal(utc("%Y-%m-%d %H:%M:%S.%f", "1982-02-01 00:00:00.0", paris()),
                        "1982-01-31T23:00:00Z");
}

static void days_and_hours_that_do_not_exist_are_refused(void **state)
{
    (void)state;
    assert_string_equal(utc("iso", "2026-02-29", paris()), "refused");
    assert_string_equal(utc("iso", "2024-02-29", paris()), "2024-02-28T23:00:00Z");
    assert_string_equal(utc("iso", "2026-13-01", paris()), "refused");
    assert_string_equal(utc("iso", "2026-03-02T25:00", paris()), "refused");
    assert_string_equal(utc("iso", "2026-03-02T09:13:01+01:00x", NULL), "refused");
    assert_string_equal(utc("iso", "", paris()), "refused");
    assert_string_equal(utc("iso", "2026-03-02T09:13", NULL), "refused");
    assert_string_equal(utc("%s", "253402300799", NULL), "9999-12-31T23:59:59Z");
    assert_string_equal(utc("%s", "253402300800", NULL), "refused");
    assert_string_equal(utc("%s", "9999999999999", NULL), "refused"); /* more than 64 bits of µs */
    assert_string_equal(utc("%Q", "9999999999999", NULL), "2286-11-20T17:46:39Z");
}

static void the_hour_that_exists_twice_is_the_first(void **state)
{
    (void)state;
    assert_string_equal(utc("iso", "2026-10-25T02:30", paris()), "2026-10-25T00:30:00Z");
    assert_string_equal(utc("iso", "2026-10-25T03:00", paris()), "2026-10-25T02:00:00Z");
}

static void the_hour_that_does_not_exist_moves_forward(void **state)
{
    (void)state;
    assert_string_equal(utc("iso", "2026-03-29T02:30", paris()), "2026-03-29T01:30:00Z");
    assert_string_equal(utc("iso", "2026-03-29T01:59", paris()), "2026-03-29T00:59:00Z");
    assert_string_equal(utc("iso", "2026-03-29T03:00", paris()), "2026-03-29T01:00:00Z");
}

static void overseas_zones_have_their_own_hour(void **state)
{
    (void)state;
    assert_string_equal(utc("iso", "2026-07-01T08:00", zones_find(BYTES_LITERAL("Indian/Reunion"))),
                        "2026-07-01T04:00:00Z");
    assert_string_equal(
        utc("iso", "2026-07-01T08:00", zones_find(BYTES_LITERAL("America/Martinique"))),
        "2026-07-01T12:00:00Z");
    assert_string_equal(
        utc("iso", "2026-07-01T08:00", zones_find(BYTES_LITERAL("America/Miquelon"))),
        "2026-07-01T10:00:00Z");
}

static void a_day_is_kept_as_written(void **state)
{
    int32_t days;

    (void)state;
    assert_true(times_parse_date(BYTES_LITERAL("iso"), BYTES_LITERAL("1970-01-02"), &days));
    assert_int_equal(days, 1);
    assert_true(
        times_parse_date(BYTES_LITERAL("iso"), BYTES_LITERAL("1970-01-02T00:00:00.000Z"), &days));
    assert_int_equal(days, 1);
    assert_true(times_parse_date(BYTES_LITERAL("%d/%m/%Y"), BYTES_LITERAL("31/12/1969"), &days));
    assert_int_equal(days, -1);
}

static void every_day_of_four_centuries_survives(void **state)
{
    (void)state;
    for (int64_t day = zones_days(1800, 1, 1); day < zones_days(2200, 1, 1); day++) {
        int64_t year;
        int32_t month;
        int32_t date;

        zones_civil(day, &year, &month, &date);
        assert_int_equal(zones_days(year, month, date), day);
    }
}

static void the_names_of_the_zones_are_those_of_the_table(void **state)
{
    size_t count = 0;

    (void)state;
    for (; zones_names()[count]; count++)
        assert_non_null(zones_find(bytes_of_text(zones_names()[count])));
    assert_int_equal(count, 13);
    assert_null(zones_find(BYTES_LITERAL("Europe/Pari")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_of_the_field_are_read),
        cmocka_unit_test(days_and_hours_that_do_not_exist_are_refused),
        cmocka_unit_test(the_hour_that_exists_twice_is_the_first),
        cmocka_unit_test(the_hour_that_does_not_exist_moves_forward),
        cmocka_unit_test(overseas_zones_have_their_own_hour),
        cmocka_unit_test(a_day_is_kept_as_written),
        cmocka_unit_test(every_day_of_four_centuries_survives),
        cmocka_unit_test(the_names_of_the_zones_are_those_of_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
