/* SPDX-License-Identifier: Apache-2.0
 *
 * The calendar and the time zones: a table of our own (France and its overseas territories,
 * UTC): no environment, no files, no globals, so one record gives one event on every machine.
 * The rules of the European Union since 1996 and of the United States since 2007 (for
 * Saint-Pierre-et-Miquelon) are used for every year.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_ZONES_H
#define RELAIS_CONNECTORS_MAPPING_ZONES_H

#include "base/bytes.h"

struct zone;

/* NULL when there is none of that IANA name. */
const struct zone *zones_find(struct bytes name);
/* Names of all zones, NULL at the end, for messages and the reference. */
const char *const *zones_names(void);

int64_t zones_days(int64_t year, int32_t month, int32_t day);
void zones_civil(int64_t days, int64_t *ret_year, int32_t *ret_month, int32_t *ret_day);

/* Offset of the zone at a moment, in minutes. */
int32_t zones_offset_at(const struct zone *zone, int64_t us);
/* A local time in a zone. The hour that exists twice (October) is the first one; one that
 * does not exist (March) is moved forward by the hour that is missing. */
int64_t zones_from_local(const struct zone *zone, int64_t local_us, int32_t *ret_offset_min);

#endif
