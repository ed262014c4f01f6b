/* SPDX-License-Identifier: Apache-2.0
 *
 * Days are counted by the proleptic Gregorian calendar (Howard Hinnant, "chrono-Compatible
 * Low-Level Date Algorithms": days_from_civil, civil_from_days).
 */
#include "connectors/mapping/times.h"

#include "base/clock.h"

/* ---- Calendar ------------------------------------------------------------------------- */

int64_t times_days(int64_t year, int32_t month, int32_t day)
{
    int64_t y = year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

void times_civil(int64_t days, int64_t *ret_year, int32_t *ret_month, int32_t *ret_day)
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

const struct zone *times_zone(struct bytes name)
{
    for (size_t i = 0; i < ZONE_COUNT; i++)
        if (bytes_equal_text(name, zones[i].name))
            return &zones[i];
    return NULL;
}

const char *const *times_zone_names(void)
{
    return zone_names;
}

/* The n-th Sunday of a month (from 1; 0: the last one), as days. */
static int64_t sunday(int64_t year, int32_t month, int32_t n)
{
    int64_t first = times_days(year, month, 1);
    /* 1970-01-01 was a Thursday: day 3 was a Sunday. */
    int64_t first_sunday = first + (3 - first % 7 + 14) % 7;
    int64_t next_month = month == 12 ? times_days(year + 1, 1, 1) : times_days(year, month + 1, 1);

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

int32_t times_offset_at(const struct zone *zone, int64_t us)
{
    int64_t year;
    int64_t begin;
    int64_t end;
    int32_t month;
    int32_t day;

    if (zone->rule == RULE_NONE)
        return zone->offset_min;
    times_civil(floor_div(us, US_PER_DAY), &year, &month, &day);
    summer(zone, year, &begin, &end);
    return zone->offset_min + (us >= begin && us < end ? 60 : 0);
}

int64_t times_from_local(const struct zone *zone, int64_t local_us, int32_t *ret_offset_min)
{
    int64_t minute = 60 * US_PER_SECOND;
    int32_t winter = zone->offset_min;
    int64_t as_summer = local_us - (winter + 60) * minute;
    int64_t as_winter = local_us - winter * minute;

    /* In October both hold: the first is the summer one. In March neither does: reading it
     * as winter moves it forward. */
    if (zone->rule != RULE_NONE && times_offset_at(zone, as_summer) == winter + 60) {
        *ret_offset_min = winter + 60;
        return as_summer;
    }
    *ret_offset_min = times_offset_at(zone, as_winter);
    return as_winter;
}

/* ---- Reading -------------------------------------------------------------------------- */

/* What a text gave, part by part. */
struct parts {
    int64_t year;
    int32_t month;
    int32_t day;
    int32_t hour;
    int32_t minute;
    int32_t second;
    int32_t fraction_us;
    int32_t offset_min; /* NO_INT: none */
    int64_t epoch_us;   /* NO_TIME: none */
    int32_t precision;
};

static bool read_digits(struct cursor *in, size_t least, size_t most, int64_t *ret_number)
{
    size_t count = 0;
    int64_t number = 0;

    while (count < most && cursor_left(in) > 0 && *in->at >= '0' && *in->at <= '9') {
        number = number * 10 + (*in->at++ - '0');
        count++;
    }
    *ret_number = number;
    return count >= least;
}

static bool read_field(struct cursor *in, size_t width, int32_t most, int32_t *ret_number)
{
    int64_t number;

    if (!read_digits(in, width, width, &number) || number > most)
        return false;
    *ret_number = (int32_t)number;
    return true;
}

static bool read_fraction(struct cursor *in, int32_t *ret_us)
{
    int64_t number;
    const uint8_t *from = in->at;
    int64_t scale = 1000000;

    if (!read_digits(in, 1, 9, &number))
        return false;
    for (const uint8_t *at = from; at < in->at; at++)
        scale = scale > 1 ? scale / 10 : 1;
    for (size_t digits = (size_t)(in->at - from); digits > 6; digits--)
        number /= 10;
    *ret_us = (int32_t)(number * scale);
    return true;
}

static bool read_offset(struct cursor *in, int32_t *ret_offset)
{
    int32_t hours;
    int32_t minutes = 0;
    int32_t sign;

    if (cursor_left(in) > 0 && (*in->at == 'Z' || *in->at == 'z')) {
        in->at++;
        *ret_offset = 0;
        return true;
    }
    if (cursor_left(in) == 0 || (*in->at != '+' && *in->at != '-'))
        return false;
    sign = *in->at++ == '-' ? -1 : 1;
    if (!read_field(in, 2, 14, &hours))
        return false;
    if (cursor_left(in) > 0 && *in->at == ':')
        in->at++;
    if (cursor_left(in) > 0 && *in->at >= '0' && *in->at <= '9' && !read_field(in, 2, 59, &minutes))
        return false;
    *ret_offset = sign * (hours * 60 + minutes);
    return true;
}

static void note_precision(struct parts *parts, int32_t precision)
{
    if (parts->precision == PRECISION_UNKNOWN || precision < parts->precision)
        parts->precision = precision;
}

static bool read_epoch(struct cursor *in, int64_t scale, struct parts *parts)
{
    int64_t number;

    if (!read_digits(in, 1, 13, &number))
        return false;
    parts->epoch_us = number * scale;
    note_precision(parts, PRECISION_SECOND);
    return true;
}

/* One directive. */
static bool read_part(uint8_t directive, struct cursor *in, struct parts *parts)
{
    switch (directive) {
    case 'Y':
        return read_digits(in, 4, 4, &parts->year);
    case 'm':
        return read_field(in, 2, 12, &parts->month);
    case 'd':
        note_precision(parts, PRECISION_DAY);
        return read_field(in, 2, 31, &parts->day);
    case 'H':
        return read_field(in, 2, 24, &parts->hour);
    case 'M':
        note_precision(parts, PRECISION_MINUTE);
        return read_field(in, 2, 59, &parts->minute);
    case 'S':
        note_precision(parts, PRECISION_SECOND);
        return read_field(in, 2, 60, &parts->second);
    case 'f':
        return read_fraction(in, &parts->fraction_us);
    case 'z':
        return read_offset(in, &parts->offset_min);
    case 's':
        return read_epoch(in, US_PER_SECOND, parts);
    default: /* 'Q' */
        return read_epoch(in, 1000, parts);
    }
}

static bool read_format(struct bytes format, struct cursor *in, struct parts *parts)
{
    for (size_t i = 0; i < format.len; i++) {
        uint8_t c = format.data[i];

        if (c == '%' && i + 1 < format.len && format.data[i + 1] != '%') {
            i += format.data[i + 1] == ':' ? 2 : 1;
            if (!read_part(format.data[i], in, parts))
                return false;
            continue;
        }
        i += c == '%';
        if (cursor_left(in) == 0 || *in->at != c)
            return false;
        in->at++;
    }
    return true;
}

/* ISO 8601 as systems write it. */
static bool read_iso(struct cursor *in, struct parts *parts)
{
    if (!read_format(BYTES_LITERAL("%Y-%m-%d"), in, parts))
        return false;
    if (cursor_left(in) == 0)
        return true;
    if (*in->at != 'T' && *in->at != 't' && *in->at != ' ')
        return false;
    in->at++;
    if (!read_format(BYTES_LITERAL("%H:%M"), in, parts))
        return false;
    if (cursor_left(in) > 0 && *in->at == ':') {
        in->at++;
        if (!read_part('S', in, parts))
            return false;
        if (cursor_left(in) > 0 && (*in->at == '.' || *in->at == ',')) {
            in->at++;
            if (!read_fraction(in, &parts->fraction_us))
                return false;
        }
    }
    if (cursor_left(in) > 0 && *in->at == ' ')
        in->at++;
    return cursor_left(in) == 0 || read_offset(in, &parts->offset_min);
}

static bool is_iso(struct bytes format)
{
    return bytes_equal_text(format, "iso");
}

static bool read_parts(struct bytes format, struct bytes text, struct parts *parts)
{
    struct cursor in = cursor_over(bytes_trim(text));
    bool read;

    *parts = (struct parts){.month = 1, .day = 1, .offset_min = NO_INT, .epoch_us = NO_TIME};
    read = is_iso(format) ? read_iso(&in, parts) : read_format(format, &in, parts);
    return read && cursor_left(&in) == 0;
}

/* True when the day exists in the calendar. */
static bool day_of(const struct parts *parts, int64_t *ret_days)
{
    int64_t year;
    int32_t month;
    int32_t day;

    if (parts->month < 1 || parts->day < 1)
        return false;
    *ret_days = times_days(parts->year, parts->month, parts->day);
    times_civil(*ret_days, &year, &month, &day);
    return year == parts->year && month == parts->month && day == parts->day;
}

bool times_parse(struct bytes format, struct bytes text, const struct zone *zone,
                 struct moment *ret_moment)
{
    struct parts parts;
    int64_t days;
    int64_t local;

    if (!read_parts(format, text, &parts))
        return false;
    if (parts.epoch_us != NO_TIME) {
        *ret_moment = (struct moment){parts.epoch_us, 0, PRECISION_SECOND};
        return true;
    }
    if (!day_of(&parts, &days) || (parts.hour == 24 && parts.minute + parts.second > 0))
        return false;
    local = days * US_PER_DAY +
            ((parts.hour * 60 + parts.minute) * INT64_C(60) + parts.second) * US_PER_SECOND +
            parts.fraction_us;
    ret_moment->precision = parts.precision;
    ret_moment->offset_min = parts.offset_min;
    if (parts.offset_min != NO_INT)
        ret_moment->us = local - parts.offset_min * INT64_C(60) * US_PER_SECOND;
    else if (zone)
        ret_moment->us = times_from_local(zone, local, &ret_moment->offset_min);
    return parts.offset_min != NO_INT || zone;
}

bool times_parse_date(struct bytes format, struct bytes text, int32_t *ret_days)
{
    struct parts parts;
    int64_t days;

    if (!read_parts(format, text, &parts) || parts.epoch_us != NO_TIME || !day_of(&parts, &days))
        return false;
    *ret_days = (int32_t)days;
    return true;
}

/* ---- Formats -------------------------------------------------------------------------- */

/* Calls for each directive of a format; false when it is no format. */
static bool next_directive(struct bytes format, size_t *at, uint8_t *ret_directive)
{
    while (*at < format.len && format.data[*at] != '%')
        ++*at;
    if (*at >= format.len)
        return false;
    ++*at;
    if (*at < format.len && format.data[*at] == ':')
        ++*at;
    *ret_directive = *at < format.len ? format.data[*at] : '\0';
    ++*at;
    return true;
}

const char *times_check_format(struct bytes format)
{
    uint8_t directive;
    size_t at = 0;
    bool has_day = false;

    if (is_iso(format))
        return NULL;
    while (next_directive(format, &at, &directive)) {
        if (directive == '\0' || !strchr("YmdHMSfzsQ%", directive))
            return "unknown directive; known are %Y %m %d %H %M %S %f %z %s %Q %%";
        has_day = has_day || directive == 'd' || directive == 's' || directive == 'Q';
    }
    return has_day ? NULL : "no day (%d) in it";
}

bool times_needs_zone(struct bytes format)
{
    uint8_t directive;
    size_t at = 0;

    if (is_iso(format))
        return false; /* by the text */
    while (next_directive(format, &at, &directive))
        if (directive == 'z' || directive == 's' || directive == 'Q')
            return false;
    return true;
}

/* ---- Writing -------------------------------------------------------------------------- */

struct written {
    int64_t us;
    int64_t local_us;
    int32_t offset_min;
};

static void write_offset(int32_t offset_min, bool colon, struct buffer *out)
{
    int32_t minutes = offset_min < 0 ? -offset_min : offset_min;

    buffer_printf(out, "%c%02d%s%02d", offset_min < 0 ? '-' : '+', minutes / 60, colon ? ":" : "",
                  minutes % 60);
}

static void write_part(uint8_t directive, bool colon, struct written when, struct buffer *out)
{
    int64_t days = floor_div(when.local_us, US_PER_DAY);
    int64_t seconds = floor_div(when.local_us, US_PER_SECOND) - days * 86400;
    int64_t year;
    int32_t month;
    int32_t day;

    times_civil(days, &year, &month, &day);
    switch (directive) {
    case 'Y':
        buffer_printf(out, "%04lld", (long long)year);
        break;
    case 'm':
        buffer_printf(out, "%02d", month);
        break;
    case 'd':
        buffer_printf(out, "%02d", day);
        break;
    case 'H':
        buffer_printf(out, "%02lld", (long long)(seconds / 3600));
        break;
    case 'M':
        buffer_printf(out, "%02lld", (long long)(seconds / 60 % 60));
        break;
    case 'S':
        buffer_printf(out, "%02lld", (long long)(seconds % 60));
        break;
    case 'f':
        buffer_printf(
            out, "%03lld",
            (long long)(when.local_us - floor_div(when.local_us, US_PER_SECOND) * US_PER_SECOND) /
                1000);
        break;
    case 'z':
        write_offset(when.offset_min, colon, out);
        break;
    case 's':
        buffer_printf(out, "%lld", (long long)floor_div(when.us, US_PER_SECOND));
        break;
    case 'Q':
        buffer_printf(out, "%lld", (long long)floor_div(when.us, 1000));
        break;
    default:
        buffer_append_byte(out, directive);
    }
}

void times_write(struct bytes format, struct moment moment, const struct zone *zone,
                 struct buffer *out)
{
    int32_t offset = zone ? times_offset_at(zone, moment.us) : 0;
    struct written when = {moment.us, moment.us + offset * INT64_C(60) * US_PER_SECOND, offset};

    if (is_iso(format))
        format = BYTES_LITERAL("%Y-%m-%dT%H:%M:%S%:z");
    for (size_t i = 0; i < format.len; i++) {
        bool colon;

        if (format.data[i] != '%' || i + 1 >= format.len) {
            buffer_append_byte(out, format.data[i]);
            continue;
        }
        colon = format.data[i + 1] == ':' && i + 2 < format.len;
        i += colon ? 2 : 1;
        write_part(format.data[i], colon, when, out);
    }
}
