/* SPDX-License-Identifier: Apache-2.0
 *
 * Times as people and systems write them.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_TIMES_H
#define RELAIS_CONNECTORS_MAPPING_TIMES_H

#include "connectors/mapping/expression.h"
#include "connectors/mapping/zones.h"

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
