/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/times.h"

#include "base/clock.h"

/* The end of the year 9999: no four digits say more, and no sum below overflows. */
#define LAST_US (INT64_C(253402300799) * US_PER_SECOND)

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
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

/* Two digits: all that most directives are. */
static inline bool read_pair(struct cursor *in, int32_t most, int32_t *ret_number)
{
    int32_t tens;
    int32_t units;

    if (cursor_left(in) < 2)
        return false;
    tens = in->at[0] - '0';
    units = in->at[1] - '0';
    in->at += 2;
    *ret_number = tens * 10 + units;
    return tens >= 0 && tens <= 9 && units >= 0 && units <= 9 && *ret_number <= most;
}

static inline bool read_year(struct cursor *in, int64_t *ret_year)
{
    int32_t century;
    int32_t year;

    if (!read_pair(in, 99, &century) || !read_pair(in, 99, &year))
        return false;
    *ret_year = century * 100 + year;
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
    if (!read_pair(in, 14, &hours))
        return false;
    if (cursor_left(in) > 0 && *in->at == ':')
        in->at++;
    if (cursor_left(in) > 0 && *in->at >= '0' && *in->at <= '9' && !read_pair(in, 59, &minutes))
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

    if (!read_digits(in, 1, 13, &number) || number > LAST_US / scale)
        return false;
    parts->epoch_us = number * scale;
    note_precision(parts, PRECISION_SECOND);
    return true;
}

/* One directive. */
static inline bool read_part(uint8_t directive, struct cursor *in, struct parts *parts)
{
    switch (directive) {
    case 'Y':
        return read_year(in, &parts->year);
    case 'm':
        return read_pair(in, 12, &parts->month);
    case 'd':
        note_precision(parts, PRECISION_DAY);
        return read_pair(in, 31, &parts->day);
    case 'H':
        return read_pair(in, 24, &parts->hour);
    case 'M':
        note_precision(parts, PRECISION_MINUTE);
        return read_pair(in, 59, &parts->minute);
    case 'S':
        note_precision(parts, PRECISION_SECOND);
        return read_pair(in, 60, &parts->second);
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

/* 2026-03-02: the day that most systems write, without the look at a format. */
static bool read_iso_day(struct cursor *in, struct parts *parts)
{
    if (cursor_left(in) < 10 || in->at[4] != '-' || in->at[7] != '-' ||
        !read_year(in, &parts->year))
        return false;
    in->at++;
    if (!read_pair(in, 12, &parts->month))
        return false;
    in->at++;
    note_precision(parts, PRECISION_DAY);
    return read_pair(in, 31, &parts->day);
}

/* ISO 8601 as systems write it. */
static bool read_iso(struct cursor *in, struct parts *parts)
{
    if (!read_iso_day(in, parts))
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
    return format.len == 3 && memcmp(format.data, "iso", 3) == 0;
}

static bool read_parts(struct bytes format, struct bytes text, struct parts *parts)
{
    struct cursor in = cursor_over(bytes_trim(text));
    bool read;

    *parts = (struct parts){.month = 1, .day = 1, .offset_min = NO_INT, .epoch_us = NO_TIME};
    read = is_iso(format) ? read_iso(&in, parts) : read_format(format, &in, parts);
    return read && cursor_left(&in) == 0;
}

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* True when the day exists in the calendar. */
static bool day_of(const struct parts *parts, int64_t *ret_days)
{
    static const int32_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int32_t leap_day = parts->month == 2 && is_leap(parts->year);

    if (parts->month < 1 || parts->day < 1 || parts->day > lengths[parts->month - 1] + leap_day)
        return false;
    *ret_days = zones_days(parts->year, parts->month, parts->day);
    return true;
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
        ret_moment->us = zones_from_local(zone, local, &ret_moment->offset_min);
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
            return "%Y %m %d %H %M %S %f %z %s %Q %% et le texte autour";
        has_day = has_day || directive == 'd' || directive == 's' || directive == 'Q';
    }
    return has_day ? NULL : "un format qui tient le jour, par exemple \"%d/%m/%Y %H:%M\"";
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

    zones_civil(days, &year, &month, &day);
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
    int32_t offset = zone ? zones_offset_at(zone, moment.us) : 0;
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
