/* SPDX-License-Identifier: Apache-2.0
 *
 * What `relais map` says of the fields of a record that nobody names: all of them, each with its
 * whole path, and whether the record's events leave all the same.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_EXPLAIN_UNKNOWN_H
#define RELAIS_CONNECTORS_MAPPING_EXPLAIN_UNKNOWN_H

#include <yyjson.h>

#include "connectors/mapping/mapping.h"

/* Appends a line for each path, once; returns how many there are. */
size_t explain_unknown_list(const struct mapping *mapping, yyjson_val *record, struct buffer *out);
/* Appends the sentence above that list. */
void explain_unknown_head(const struct mapping *mapping, size_t count, struct buffer *out);

#endif
