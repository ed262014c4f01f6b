/* SPDX-License-Identifier: Apache-2.0
 *
 * Days are counted by the proleptic Gregorian calendar (Howard Hinnant, "chrono-Compatible
 * Low-Level Date Algorithms": days_from_civil, civil_from_days).
 */
#include "connectors/mapping/zones.h"

#include "base/clock.h"

/* ---- Calendar ------------------------------------------------------------------------- */

int64_t zones_days(int64_t year, int32_t month, int32_t day)
{
    int64_t y = year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

void zones_civil(int64_t days, int64_t *ret_year, int32_t *ret_month, int32_t *ret_day)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;

    *ret_day = (int32_t)(day_of_year - (153 * shifted + 2) / 5 + 1);
    *ret_month = (int32_t)(shifted + (shifted < 10 ? 3 : -9));
    *ret_year = year_of_era + era * 400 + (*ret_month <= 2);
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* ---- Zones ---------------------------------------------------------------------------- */

enum zone_rule { RULE_NONE, RULE_EU, RULE_US };

struct zone {
    const char *name;
    int32_t offset_min; /* outside summer time */
    enum zone_rule rule;
};

static const struct zone zones[] = {
    {"Europe/Paris", 60, RULE_EU},
    {"America/Cayenne", -180, RULE_NONE},
    {"America/Guadeloupe", -240, RULE_NONE},
    {"America/Marigot", -240, RULE_NONE},
    {"America/Martinique", -240, RULE_NONE},
    {"America/Miquelon", -180, RULE_US},
    {"America/St_Barthelemy", -240, RULE_NONE},
    {"Indian/Mayotte", 180, RULE_NONE},
    {"Indian/Reunion", 240, RULE_NONE},
    {"Pacific/Noumea", 660, RULE_NONE},
    {"Pacific/Tahiti", -600, RULE_NONE},
    {"Pacific/Wallis", 720, RULE_NONE},
    {"UTC", 0, RULE_NONE},
};
#define ZONE_COUNT (sizeof(zones) / sizeof(zones[0]))

/* Same order as `zones`: a test compares. */
static const char *const zone_names[ZONE_COUNT + 1] = {
    "Europe/Paris",
    "America/Cayenne",
    "America/Guadeloupe",
    "America/Marigot",
    "America/Martinique",
    "America/Miquelon",
    "America/St_Barthelemy",
    "Indian/Mayotte",
    "Indian/Reunion",
    "Pacific/Noumea",
    "Pacific/Tahiti",
    "Pacific/Wallis",
    "UTC",
    NULL,
};

const struct zone *zones_find(struct bytes name)
{
    for (size_t i = 0; i < ZONE_COUNT; i++)
        if (bytes_equal_text(name, zones[i].name))
            return &zones[i];
    return NULL;
}

const char *const *zones_names(void)
{
    return zone_names;
}

/* The n-th Sunday of a month (from 1; 0: the last one), as days. */
static int64_t sunday(int64_t year, int32_t month, int32_t n)
{
    int64_t first = zones_days(year, month, 1);
    /* 1970-01-01 was a Thursday: day 3 was a Sunday. */
    int64_t first_sunday = first + (3 - first % 7 + 14) % 7;
    int64_t next_month = month == 12 ? zones_days(year + 1, 1, 1) : zones_days(year, month + 1, 1);

    if (n > 0)
        return first_sunday + INT64_C(7) * (n - 1);
    return first_sunday + (next_month - 1 - first_sunday) / 7 * 7;
}

/* Begin and end of summer time in a year, UTC. */
static void summer(const struct zone *zone, int64_t year, int64_t *ret_begin, int64_t *ret_end)
{
    if (zone->rule == RULE_EU) {
        /* Directive 2000/84/EC: last Sundays of March and October, 01:00 GMT. */
        *ret_begin = sunday(year, 3, 0) * US_PER_DAY + 3600 * US_PER_SECOND;
        *ret_end = sunday(year, 10, 0) * US_PER_DAY + 3600 * US_PER_SECOND;
    } else {
        int64_t two = INT64_C(60) * (120 - zone->offset_min) * US_PER_SECOND;

        *ret_begin = sunday(year, 3, 2) * US_PER_DAY + two;
        *ret_end = sunday(year, 11, 1) * US_PER_DAY + two - 3600 * US_PER_SECOND;
    }
}

int32_t zones_offset_at(const struct zone *zone, int64_t us)
{
    int64_t year;
    int64_t begin;
    int64_t end;
    int32_t month;
    int32_t day;

    if (zone->rule == RULE_NONE)
        return zone->offset_min;
    zones_civil(floor_div(us, US_PER_DAY), &year, &month, &day);
    if (month < 3 || month > 11) /* no rule's summer touches these */
        return zone->offset_min;
    if (month > 3 && month < 10) /* all of them are summer, by every rule */
        return zone->offset_min + 60;
    summer(zone, year, &begin, &end);
    return zone->offset_min + (us >= begin && us < end ? 60 : 0);
}

int64_t zones_from_local(const struct zone *zone, int64_t local_us, int32_t *ret_offset_min)
{
    int64_t minute = 60 * US_PER_SECOND;
    int32_t winter = zone->offset_min;
    int64_t as_summer = local_us - (winter + 60) * minute;
    int64_t as_winter = local_us - winter * minute;

    /* In October both hold: the first is the summer one. In March neither does: reading it
     * as winter moves it forward. */
    if (zone->rule != RULE_NONE && zones_offset_at(zone, as_summer) == winter + 60) {
        *ret_offset_min = winter + 60;
        return as_summer;
    }
    *ret_offset_min = zones_offset_at(zone, as_winter);
    return as_winter;
}
