/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/drivers/hours.h"

#include <stdlib.h>

#include "base/clock.h"
#include "connectors/drivers/holidays.h"
#include "connectors/mapping/zones.h"

#define RANGES_MOST 8
#define MINUTES_A_DAY 1440
/* The longest that one range of one weekday is closed: Easter Monday, 1 and 8 May may be three
 * Mondays in a row (2000), and a range may fall whole into the hour that is left out in March. */
#define CLOSED_DAYS_MOST 36
#define US_PER_MINUTE (INT64_C(60) * US_PER_SECOND)

struct hours {
    const struct zone *zone;
    unsigned days; /* bit 0: Monday */
    bool but_holidays;
    struct {
        int32_t from; /* minute of the day */
        int32_t to;   /* excluded; at or before `from`: of the next day */
    } ranges[RANGES_MOST];
    size_t count;
};

/* ---- Reading --------------------------------------------------------------------------- */

/* "08:30"; -1: not that. */
static int32_t minute_of(struct bytes text)
{
    int32_t hour;
    int32_t minute;

    if (text.len != 5 || text.data[2] != ':')
        return -1;
    for (size_t i = 0; i < 5; i++)
        if (i != 2 && (text.data[i] < '0' || text.data[i] > '9'))
            return -1;
    hour = (text.data[0] - '0') * 10 + (text.data[1] - '0');
    minute = (text.data[3] - '0') * 10 + (text.data[4] - '0');
    if (minute > 59 || hour > 24 || (hour == 24 && minute > 0))
        return -1;
    return hour * 60 + minute;
}

/* The two sides of the first '-'; false when there is none. */
static bool split(struct bytes text, struct bytes *ret_left, struct bytes *ret_right)
{
    const uint8_t *dash = text.len > 0 ? memchr(text.data, '-', text.len) : NULL;

    if (!dash)
        return false;
    *ret_left = bytes_trim(bytes_of(text.data, (size_t)(dash - text.data)));
    *ret_right = bytes_trim(bytes_of(dash + 1, (size_t)(text.data + text.len - dash - 1)));
    return true;
}

static void read_range(struct hours *hours, const struct yaml_node *node,
                       struct diagnostics *diagnostics)
{
    struct bytes from = BYTES_NONE;
    struct bytes to = BYTES_NONE;
    bool whole = node->kind == YAML_SCALAR && split(node->text, &from, &to);
    int32_t begins = whole ? minute_of(from) : -1;
    int32_t ends = whole ? minute_of(to) : -1;

    if (begins < 0 || begins == MINUTES_A_DAY || ends < 0 || begins == ends ||
        hours->count == RANGES_MOST) {
        diagnostics_add(diagnostics, node->place,
                        "\"08:00-18:00\", ou plusieurs : [\"08:00-12:00\", \"14:00-18:00\"]",
                        "ce ne sont pas des heures d'ouverture");
        return;
    }
    hours->ranges[hours->count].from = begins;
    hours->ranges[hours->count++].to = ends;
}

static const char *const day_names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL};

/* 0 to 6; -1: none. */
static int day_of(struct bytes name)
{
    for (int i = 0; day_names[i]; i++)
        if (bytes_equal_text(name, day_names[i]))
            return i;
    return -1;
}

static void read_days(struct hours *hours, const struct yaml_node *node,
                      struct diagnostics *diagnostics)
{
    struct bytes from = node->text;
    struct bytes to = node->text;
    int first;
    int last;

    if (node->kind == YAML_SCALAR)
        (void)split(node->text, &from, &to);
    first = node->kind == YAML_SCALAR ? day_of(from) : -1;
    last = node->kind == YAML_SCALAR ? day_of(to) : -1;
    if (first < 0 || last < 0) {
        diagnostics_add(diagnostics, node->place,
                        "mon-fri, ou une liste de mon, tue, wed, thu, fri, sat, sun",
                        "ce ne sont pas des jours de la semaine");
        return;
    }
    for (int day = first; day != last; day = (day + 1) % 7)
        hours->days |= 1U << day;
    hours->days |= 1U << last;
}

static void read_zone(struct hours *hours, const struct yaml_node *node,
                      struct diagnostics *diagnostics)
{
    struct bytes name = node ? node->text : BYTES_LITERAL("Europe/Paris");
    const char *nearest;

    hours->zone = name.data ? zones_find(name) : NULL;
    if (hours->zone || !node)
        return;
    nearest = name.data ? diagnostics_nearest(name, zones_names()) : NULL;
    diagnostics_add(diagnostics, node->place, nearest ? nearest : "Europe/Paris",
                    "fuseau horaire inconnu");
}

static void read_holidays(struct hours *hours, const struct yaml_node *node,
                          struct diagnostics *diagnostics)
{
    hours->but_holidays = node && node->kind == YAML_SCALAR && bytes_equal_text(node->text, "fr");
    if (node && !hours->but_holidays)
        diagnostics_add(diagnostics, node->place, "fr : les jours fériés légaux de métropole",
                        "des jours fériés qui ne sont pas connus ici");
}

enum outcome hours_new(const struct hours_settings *settings, struct diagnostics *diagnostics,
                       struct hours **ret_hours, struct error *err)
{
    const struct yaml_node *ranges = settings->ranges;
    const struct yaml_node *days = settings->days;
    CLEANUP(hours_freep) struct hours *hours = xcalloc(1, sizeof(*hours));
    size_t before = diagnostics_count(diagnostics);

    if (ranges->kind != YAML_SEQUENCE)
        read_range(hours, ranges, diagnostics);
    for (size_t i = 0; ranges->kind == YAML_SEQUENCE && i < ranges->count; i++)
        read_range(hours, ranges->items[i], diagnostics);
    if (ranges->kind == YAML_SEQUENCE && ranges->count == 0)
        diagnostics_add(diagnostics, ranges->place, "\"08:00-18:00\"", "jamais ouvert");
    hours->days = days ? 0 : 0x7F;
    if (days && days->kind != YAML_SEQUENCE)
        read_days(hours, days, diagnostics);
    for (size_t i = 0; days && days->kind == YAML_SEQUENCE && i < days->count; i++)
        read_days(hours, days->items[i], diagnostics);
    if (days && days->kind == YAML_SEQUENCE && days->count == 0)
        diagnostics_add(diagnostics, days->place, "mon-fri", "jamais ouvert");
    read_zone(hours, settings->zone, diagnostics);
    read_holidays(hours, settings->holidays, diagnostics);
    if (diagnostics_count(diagnostics) > before)
        return error_set(err, OUTCOME_REJECT, "limits : heures d'ouverture");
    *ret_hours = TAKE(hours);
    return OUTCOME_OK;
}

void hours_free(struct hours *hours)
{
    free(hours);
}

/* ---- Asking ---------------------------------------------------------------------------- */

static bool is_day(const struct hours *hours, int64_t days_since_1970)
{
    /* 1970-01-01 was a Thursday. */
    int64_t weekday = (days_since_1970 + 3) % 7;

    return (hours->days & 1U << (weekday < 0 ? weekday + 7 : weekday)) &&
           !(hours->but_holidays && holidays_is_french(days_since_1970));
}

static bool is_open(const struct hours *hours, int64_t wall_us)
{
    int64_t minute = wall_us / US_PER_MINUTE + zones_offset_at(hours->zone, wall_us);
    int64_t day = minute / MINUTES_A_DAY;
    int32_t at = (int32_t)(minute % MINUTES_A_DAY);

    for (size_t i = 0; i < hours->count; i++) {
        int32_t from = hours->ranges[i].from;
        int32_t to = hours->ranges[i].to;

        if (is_day(hours, day) && at >= from && (at < to || to <= from))
            return true;
        if (to <= from && at < to && is_day(hours, day - 1))
            return true;
    }
    return false;
}

int64_t hours_closed_until(const struct hours *hours, int64_t wall_us)
{
    int64_t at = wall_us - wall_us % US_PER_MINUTE;

    if (is_open(hours, wall_us))
        return 0;
    for (int i = 0; i < CLOSED_DAYS_MOST * MINUTES_A_DAY; i++) {
        at += US_PER_MINUTE;
        if (is_open(hours, at))
            break;
    }
    return at;
}
