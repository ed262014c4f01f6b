/* SPDX-License-Identifier: Apache-2.0
 *
 * The mapping's part of the connector file as JSON Schema (draft 7), from the tables that the
 * compiler reads: so that an editor completes keys and fields. What an expression may be, only
 * `relais check` says.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_EDITOR_SCHEMA_H
#define RELAIS_CONNECTORS_MAPPING_EDITOR_SCHEMA_H

#include <yyjson.h>

/* Adds each of `mapping_keys` to the properties of the file's root. */
void editor_schema_add(yyjson_mut_doc *document, yyjson_mut_val *properties);

#endif
