/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "base/clock.h"
#include "connectors/drivers/holidays.h"
#include "connectors/drivers/hours.h"
#include "connectors/mapping/times.h"
#include "connectors/mapping/zones.h"

static struct hours *read_hours(const char *yaml)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    struct hours *hours = NULL;
    struct yaml_node *root = NULL;
    struct hours_settings settings;

    arena_init(&arena);
    assert_int_equal(
        yaml_read("limits.yaml", bytes_of_text(yaml), &arena, diagnostics, &root, NULL),
        OUTCOME_OK);
    settings = (struct hours_settings){yaml_get(root, "hours"), yaml_get(root, "days"),
                                       yaml_get(root, "zone"), yaml_get(root, "holidays")};
    if (hours_new(&settings, diagnostics, &hours, NULL) != OUTCOME_OK)
        assert_true(diagnostics_count(diagnostics) > 0);
    return hours;
}

static int64_t at(const char *iso)
{
    struct moment moment;

    assert_true(times_parse(BYTES_LITERAL("iso"), bytes_of_text(iso), NULL, &moment));
    return moment.us;
}

static void assert_open(const struct hours *hours, const char *iso)
{
    if (hours_closed_until(hours, at(iso)) != 0)
        fail_msg("closed at %s", iso);
}

static void assert_closed(const struct hours *hours, const char *iso, const char *until)
{
    char text[CLOCK_TEXT_SIZE];

    assert_string_equal(clock_format(hours_closed_until(hours, at(iso)), text), until);
}

static void it_is_open_from_its_first_minute_to_before_its_last(void **state)
{
    CLEANUP(hours_freep) struct hours *hours = read_hours("hours: \"08:00-18:00\"\n");

    (void)state;
    assert_closed(hours, "2026-03-02T07:59:59+01:00", "2026-03-02T07:00:00Z");
    assert_open(hours, "2026-03-02T08:00:00+01:00");
    assert_open(hours, "2026-03-02T17:59:59+01:00");
    assert_closed(hours, "2026-03-02T18:00:00+01:00", "2026-03-03T07:00:00Z");
}

static void a_weekend_is_waited_for(void **state)
{
    CLEANUP(hours_freep)
    struct hours *hours = read_hours("hours: [\"08:00-12:00\", \"14:00-18:00\"]\ndays: mon-fri\n");

    (void)state;
    assert_closed(hours, "2026-03-06T12:30:00+01:00", "2026-03-06T13:00:00Z");
    /* A Friday evening. */
    assert_closed(hours, "2026-03-06T19:00:00+01:00", "2026-03-09T07:00:00Z");
    assert_closed(hours, "2026-03-08T10:00:00+01:00", "2026-03-09T07:00:00Z");
    assert_open(hours, "2026-03-09T08:00:00+01:00");
}

static void a_night_belongs_to_the_day_of_its_beginning(void **state)
{
    CLEANUP(hours_freep)
    struct hours *hours = read_hours("hours: \"22:00-06:00\"\ndays: [fri]\nzone: Europe/Paris\n");

    (void)state;
    assert_open(hours, "2026-03-06T23:00:00+01:00");
    assert_open(hours, "2026-03-07T05:59:00+01:00"); /* a Saturday */
    assert_closed(hours, "2026-03-07T06:00:00+01:00", "2026-03-13T21:00:00Z");
    assert_closed(hours, "2026-03-06T05:00:00+01:00", "2026-03-06T21:00:00Z");
}

static void the_hours_are_those_of_their_place(void **state)
{
    CLEANUP(hours_freep)
    struct hours *hours = read_hours("hours: \"08:00-18:00\"\nzone: Indian/Reunion\n");

    (void)state;
    assert_open(hours, "2026-03-02T04:00:00Z");
    assert_closed(hours, "2026-03-02T03:59:00Z", "2026-03-02T04:00:00Z");
}

static void in_march_and_october_they_follow_the_wall_clock(void **state)
{
    CLEANUP(hours_freep) struct hours *hours = read_hours("hours: \"08:00-18:00\"\n");

    (void)state;
    assert_closed(hours, "2026-03-28T19:00:00+01:00", "2026-03-29T06:00:00Z");
    assert_closed(hours, "2026-10-24T19:00:00+02:00", "2026-10-25T07:00:00Z");
}

/* The hour that is left out in March: that day has none of it. */
static void an_hour_that_is_left_out_comes_the_next_day(void **state)
{
    CLEANUP(hours_freep) struct hours *hours = read_hours("hours: \"02:00-03:00\"\n");

    (void)state;
    assert_closed(hours, "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00Z");
}

/* The eleven of 2026 and of 2027, and no other day of these years. */
static void the_legal_holidays_of_france_are_those_of_the_law(void **state)
{
    static const char *const holidays[] = {
        "2026-01-01", "2026-04-06", "2026-05-01", "2026-05-08", "2026-05-14", "2026-05-25",
        "2026-07-14", "2026-08-15", "2026-11-01", "2026-11-11", "2026-12-25", "2027-01-01",
        "2027-03-29", "2027-05-01", "2027-05-06", "2027-05-08", "2027-05-17", "2027-07-14",
        "2027-08-15", "2027-11-01", "2027-11-11", "2027-12-25",
    };
    size_t next = 0;

    (void)state;
    for (int64_t day = zones_days(2026, 1, 1); day < zones_days(2028, 1, 1); day++) {
        char text[CLOCK_TEXT_SIZE];

        if (!holidays_is_french(day))
            continue;
        (void)clock_format(day * INT64_C(86400) * US_PER_SECOND, text);
        if (next == 22 || strncmp(text, holidays[next], 10) != 0)
            fail_msg("%s", text);
        next++;
    }
    assert_int_equal(next, 22);
}

/* Easter as early and as late as it can be, in a leap year, and on both sides of a century. */
static void easter_is_where_the_church_puts_it(void **state)
{
    static const struct {
        int64_t year;
        int32_t month;
        int32_t day;
    } mondays[] = {{1970, 3, 30}, {2000, 4, 24}, {2008, 3, 24}, {2024, 4, 1},
                   {2038, 4, 26}, {2049, 4, 19}, {2076, 4, 20}, {2100, 3, 29}};

    (void)state;
    for (size_t i = 0; i < sizeof(mondays) / sizeof(mondays[0]); i++) {
        int64_t day = zones_days(mondays[i].year, mondays[i].month, mondays[i].day);

        assert_true(holidays_is_french(day));
        assert_false(holidays_is_french(day - 1));
        assert_true(holidays_is_french(day + 38)); /* Ascension */
        assert_true(holidays_is_french(day + 49)); /* the Monday of Pentecost */
    }
}

static void a_holiday_is_closed_when_the_configuration_says_so(void **state)
{
    static const char text[] = "hours: \"08:00-18:00\"\ndays: mon-fri\n";
    CLEANUP(hours_freep) struct hours *open = read_hours(text);
    CLEANUP(hours_freep)
    struct hours *hours = read_hours("hours: \"08:00-18:00\"\ndays: mon-fri\nholidays: fr\n");
    CLEANUP(hours_freep)
    struct hours *nights = read_hours("hours: \"22:00-06:00\"\nholidays: fr\n");
    CLEANUP(hours_freep)
    struct hours *mondays = read_hours("hours: \"08:00-09:00\"\ndays: mon\nholidays: fr\n");

    (void)state;
    assert_open(open, "2026-05-14T10:00:00+02:00");
    assert_closed(hours, "2026-05-14T10:00:00+02:00", "2026-05-15T06:00:00Z");
    /* From the Friday before Easter, which is a working day, over four days. */
    assert_open(hours, "2026-04-03T17:59:00+02:00");
    assert_closed(hours, "2026-04-03T18:00:00+02:00", "2026-04-07T06:00:00Z");
    /* A night is of the day of its beginning. */
    assert_closed(nights, "2026-12-25T23:00:00+01:00", "2026-12-26T21:00:00Z");
    assert_open(nights, "2026-12-25T05:00:00+01:00");
    assert_closed(mondays, "2000-04-17T10:00:00+02:00", "2000-05-15T06:00:00Z");
}

static void what_are_no_hours_is_a_mistake(void **state)
{
    static const char *const wrong[] = {
        "hours: 8-18\n",
        "hours: \"08:00\"\n",
        "hours: \"08:00-18:60\"\n",
        "hours: \"24:00-06:00\"\n",
        "hours: \"08:00-25:00\"\n",
        "hours: \"08:00-08:00\"\n",
        "hours: []\n",
        "hours: { from: 8 }\n",
        "hours: \"08:00-18:00\"\ndays: lun-ven\n",
        "hours: \"08:00-18:00\"\ndays: []\n",
        "hours: \"08:00-18:00\"\nzone: Europe/Pari\n",
        "hours: \"08:00-18:00\"\nholidays: de\n",
        "hours: \"08:00-18:00\"\nholidays: true\n",
        "hours: \"08:00-18:00\"\nholidays: [fr]\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        if (read_hours(wrong[i]))
            fail_msg("taken: %s", wrong[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_open_from_its_first_minute_to_before_its_last),
        cmocka_unit_test(a_weekend_is_waited_for),
        cmocka_unit_test(a_night_belongs_to_the_day_of_its_beginning),
        cmocka_unit_test(the_hours_are_those_of_their_place),
        cmocka_unit_test(in_march_and_october_they_follow_the_wall_clock),
        cmocka_unit_test(an_hour_that_is_left_out_comes_the_next_day),
        cmocka_unit_test(the_legal_holidays_of_france_are_those_of_the_law),
        cmocka_unit_test(easter_is_where_the_church_puts_it),
        cmocka_unit_test(a_holiday_is_closed_when_the_configuration_says_so),
        cmocka_unit_test(what_are_no_hours_is_a_mistake),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
