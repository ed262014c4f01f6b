/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "base/clock.h"
#include "connectors/drivers/hours.h"
#include "connectors/mapping/times.h"

static struct hours *read_hours(const char *yaml)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    struct hours *hours = NULL;
    struct yaml_node *root = NULL;

    arena_init(&arena);
    assert_int_equal(
        yaml_read("limits.yaml", bytes_of_text(yaml), &arena, diagnostics, &root, NULL),
        OUTCOME_OK);
    if (hours_new(yaml_get(root, "hours"), yaml_get(root, "days"), yaml_get(root, "zone"),
                  diagnostics, &hours, NULL) != OUTCOME_OK)
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
        cmocka_unit_test(what_are_no_hours_is_a_mistake),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
