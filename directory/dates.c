/* SPDX-License-Identifier: Apache-2.0 */
#include "directory/dates.h"

#define US_PER_SECOND INT64_C(1000000)

/* Days since 1970-01-01 of the proleptic Gregorian calendar (Howard Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms"). */
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day)
{
    int64_t era;
    int64_t year_of_era;
    int64_t day_of_year;

    year -= month <= 2;
    era = (year >= 0 ? year : year - 399) / 400;
    year_of_era = year - era * 400;
    day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

/* Takes exactly `digits` digits whose number is in [least, most]. */
static bool take_number(struct cursor *cursor, size_t digits, int64_t least, int64_t most,
                        int64_t *ret_value)
{
    struct bytes text;
    int64_t value = 0;

    if (!cursor_take(cursor, digits, &text))
        return false;
    for (size_t i = 0; i < digits; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        value = value * 10 + (text.data[i] - '0');
    }
    *ret_value = value;
    return value >= least && value <= most;
}

static bool take_char(struct cursor *cursor, char wanted)
{
    uint8_t found;

    return cursor_u8(cursor, &found) && found == (uint8_t)wanted;
}

static int64_t days_in_month(int64_t year, int64_t month)
{
    static const int64_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

static bool take_offset(struct cursor *cursor, int64_t *ret_seconds)
{
    uint8_t sign;
    int64_t hours;
    int64_t minutes;

    if (!cursor_u8(cursor, &sign))
        return false;
    *ret_seconds = 0;
    if (sign == 'Z')
        return true;
    if (sign != '+' && sign != '-')
        return false;
    if (!take_number(cursor, 2, 0, 14, &hours) || !take_char(cursor, ':') ||
        !take_number(cursor, 2, 0, 59, &minutes))
        return false;
    *ret_seconds = (hours * 3600 + minutes * 60) * (sign == '-' ? -1 : 1);
    return true;
}

static bool take_time(struct cursor *cursor, int64_t *ret_seconds)
{
    int64_t hour;
    int64_t minute;
    int64_t second;
    int64_t offset;

    if (!take_char(cursor, 'T') || !take_number(cursor, 2, 0, 23, &hour) ||
        !take_char(cursor, ':') || !take_number(cursor, 2, 0, 59, &minute) ||
        !take_char(cursor, ':') || !take_number(cursor, 2, 0, 59, &second) ||
        !take_offset(cursor, &offset))
        return false;
    *ret_seconds = hour * 3600 + minute * 60 + second - offset;
    return true;
}

bool dates_parse(struct bytes text, int64_t *ret_us)
{
    struct cursor cursor = cursor_over(text);
    int64_t year;
    int64_t month;
    int64_t day;
    int64_t seconds = 0;

    if (!text.data || !take_number(&cursor, 4, 1900, 9999, &year) || !take_char(&cursor, '-') ||
        !take_number(&cursor, 2, 1, 12, &month) || !take_char(&cursor, '-') ||
        !take_number(&cursor, 2, 1, 31, &day) || day > days_in_month(year, month))
        return false;
    if (cursor_left(&cursor) > 0 && !take_time(&cursor, &seconds))
        return false;
    if (cursor_left(&cursor) > 0)
        return false;
    *ret_us = (days_from_civil(year, month, day) * 86400 + seconds) * US_PER_SECOND;
    return true;
}
