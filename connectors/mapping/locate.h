/* SPDX-License-Identifier: Apache-2.0
 *
 * Paths → values: in the record, the item, the event, the links, the answers.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_LOCATE_H
#define RELAIS_CONNECTORS_MAPPING_LOCATE_H

#include "connectors/mapping/evaluate.h"

struct value locate_value(struct evaluation *evaluation, const struct path *path);
/* A scalar of JSON as a value; objects and lists stay what they are. */
static inline struct value locate_json(yyjson_val *json)
{
    if (!json)
        return (struct value){.kind = VALUE_MISSING};
    switch (yyjson_get_type(json)) {
    case YYJSON_TYPE_STR:
        return (struct value){.kind = VALUE_TEXT,
                              .text = bytes_of(yyjson_get_str(json), yyjson_get_len(json))};
    case YYJSON_TYPE_RAW:
        return (struct value){.kind = VALUE_NUMBER,
                              .text = bytes_of(yyjson_get_raw(json), yyjson_get_len(json))};
    case YYJSON_TYPE_BOOL:
        return (struct value){.kind = VALUE_BOOL, .boolean = yyjson_get_bool(json)};
    case YYJSON_TYPE_ARR:
    case YYJSON_TYPE_OBJ:
        return (struct value){.kind = VALUE_NODE, .node = json};
    default:
        return (struct value){.kind = VALUE_NULL};
    }
}
/* Outbound: what was remembered under a kind, or missing. */
struct value locate_link(const struct evaluation *evaluation, struct bytes kind);

/* One step down, [*] none; NULL: nothing stands there. */
yyjson_val *locate_step(yyjson_val *json, const struct path_step *step);

#endif
