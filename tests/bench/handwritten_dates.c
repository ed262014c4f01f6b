/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/handwritten_dates.h"

#define US INT64_C(1000000)

static bool read_digits(struct bytes text, size_t from, size_t count, int64_t *ret)
{
    *ret = 0;
    for (size_t i = from; i < from + count; i++) {
        if (i >= text.len || text.data[i] < '0' || text.data[i] > '9')
            return false;
        *ret = *ret * 10 + (text.data[i] - '0');
    }
    return true;
}

/* Days since 1970 of a civil date (Howard Hinnant's algorithm). */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t y = year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

bool handwritten_dates_read_day(struct bytes text, int64_t *ret_days)
{
    int64_t year, month, day;

    if (!read_digits(text, 0, 4, &year) || !read_digits(text, 5, 2, &month) ||
        !read_digits(text, 8, 2, &day) || text.data[4] != '-' || text.data[7] != '-')
        return false;
    *ret_days = days_of(year, month, day);
    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

bool handwritten_dates_read_time(struct bytes text, int64_t *ret_us, int64_t *ret_offset)
{
    int64_t days, hour, minute, second, zone_hours, zone_minutes;

    if (text.len != 25 || !handwritten_dates_read_day(text, &days) ||
        !read_digits(text, 11, 2, &hour) || !read_digits(text, 14, 2, &minute) ||
        !read_digits(text, 17, 2, &second) || !read_digits(text, 21, 2, &zone_hours) ||
        !read_digits(text, 23, 2, &zone_minutes))
        return false;
    *ret_offset = (zone_hours * 60 + zone_minutes) * (text.data[20] == '-' ? -1 : 1);
    *ret_us = (days * 86400 + hour * 3600 + (minute - *ret_offset) * 60 + second) * US;
    return hour < 24 && minute < 60 && second < 60;
}
