/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/drivers/holidays.h"

#include <stddef.h>

#include "connectors/mapping/zones.h"

/* L3133-1, 1°, 3°, 4°, 7° to 11°. */
static const struct {
    int32_t month;
    int32_t day;
} fixed[] = {
    {1, 1},   /* le 1er janvier      */
    {5, 1},   /* le 1er mai          */
    {5, 8},   /* le 8 mai            */
    {7, 14},  /* le 14 juillet       */
    {8, 15},  /* l'Assomption        */
    {11, 1},  /* la Toussaint        */
    {11, 11}, /* le 11 novembre      */
    {12, 25}, /* le jour de Noël     */
};

/* 2°, 5°, 6°: days behind Easter Sunday. */
static const int64_t behind_easter[] = {
    1,  /* le lundi de Pâques     */
    39, /* l'Ascension            */
    50, /* le lundi de Pentecôte  */
};

/* Easter Sunday of the Gregorian calendar, by the letters of the anonymous algorithm (Nature,
 * 1876; Meeus, Astronomical Algorithms, chapter 8). */
static int64_t easter(int64_t year)
{
    int64_t a = year % 19;
    int64_t b = year / 100;
    int64_t c = year % 100;
    int64_t h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    int64_t l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    int64_t m = (a + 11 * h + 22 * l) / 451;
    int64_t sum = h + l - 7 * m + 114;

    return zones_days(year, (int32_t)(sum / 31), (int32_t)(sum % 31 + 1));
}

bool holidays_is_french(int64_t days)
{
    int64_t year;
    int32_t month;
    int32_t day;

    zones_civil(days, &year, &month, &day);
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
        if (fixed[i].month == month && fixed[i].day == day)
            return true;
    if (month < 3 || month > 6)
        return false;
    for (size_t i = 0; i < sizeof(behind_easter) / sizeof(behind_easter[0]); i++)
        if (days == easter(year) + behind_easter[i])
            return true;
    return false;
}
