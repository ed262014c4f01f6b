/* SPDX-License-Identifier: Apache-2.0
 *
 * Paths → values: in the record, the item, the event, the links, the answers.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_LOCATE_H
#define RELAIS_CONNECTORS_MAPPING_LOCATE_H

#include "connectors/mapping/evaluate.h"

struct value locate_value(struct evaluation *evaluation, const struct path *path);
/* A scalar of JSON as a value; objects and lists stay what they are. */
struct value locate_json(yyjson_val *json);
/* Outbound: what was remembered under a kind, or missing. */
struct value locate_link(const struct evaluation *evaluation, struct bytes kind);

#endif
