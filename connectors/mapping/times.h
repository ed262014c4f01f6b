/* SPDX-License-Identifier: Apache-2.0
 *
 * Times as people and systems write them. The zones are a table of our own (France and its
 * overseas territories, UTC): no environment, no files, no globals, so one record gives one
 * event on every machine. The rules of the European Union since 1996 and of the United
 * States since 2007 (for Saint-Pierre-et-Miquelon) are used for every year.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_TIMES_H
#define RELAIS_CONNECTORS_MAPPING_TIMES_H

#include "connectors/mapping/expression.h"

struct zone;

/* NULL when there is none of that IANA name. */
const struct zone *times_zone(struct bytes name);
/* Names of all zones, NULL at the end, for messages and the reference. */
const char *const *times_zone_names(void);

int64_t times_days(int64_t year, int32_t month, int32_t day);
void times_civil(int64_t days, int64_t *ret_year, int32_t *ret_month, int32_t *ret_day);

/* Offset of the zone at a moment, in minutes. */
int32_t times_offset_at(const struct zone *zone, int64_t us);
/* A local time in a zone. The hour that exists twice (October) is the first one; one that
 * does not exist (March) is moved forward by the hour that is missing. */
int64_t times_from_local(const struct zone *zone, int64_t local_us, int32_t *ret_offset_min);

/*
 * Formats: %Y %m %d %H %M %S %f (fraction of a second, 1 to 9 digits) %z (+0100, +01:00, +01
 * or Z; written +0100) %:z (written +01:00) %s (seconds since 1970) %Q (milliseconds since
 * 1970) %%; all else stands for itself. Names of days and months are of a language: refused.
 * The name "iso" is ISO 8601 with or without seconds, fraction and offset, "T" or a blank.
 */
/* NULL when the format is right, else what is wrong with it (static). */
const char *times_check_format(struct bytes format);
/* True when a value of that format needs a zone to be a moment. */
bool times_needs_zone(struct bytes format);
/* False when `text` is not of that format, or no such day or hour exists. A text without
 * an offset takes `zone` (NULL: refused). */
bool times_parse(struct bytes format, struct bytes text, const struct zone *zone,
                 struct moment *ret_moment);
/* The day alone, as written: no zone, no shift. */
bool times_parse_date(struct bytes format, struct bytes text, int32_t *ret_days);
void times_write(struct bytes format, struct moment moment, const struct zone *zone,
                 struct buffer *out);

#endif
