/* SPDX-License-Identifier: Apache-2.0
 *
 * Compatibility of two schemas (Apache Avro 1.11 specification, "Schema Resolution"), and of
 * the built-in set with its own past (schemas/history/): FULL_TRANSITIVE, so that every
 * release reads what any other wrote.
 */
#ifndef RELAIS_SCHEMAS_SCHEMA_COMPAT_H
#define RELAIS_SCHEMAS_SCHEMA_COMPAT_H

#include "schemas/schema_texts.h"
#include "schemas/schema_tree.h"

/* Can `reader` read whatever `writer` wrote? REJECT says where and why not. Stricter than the
 * specification in one thing: where one side has a logicalType the other must have the same,
 * since timestamps in other units would be read without any complaint. */
MUST_USE enum outcome schema_compat_check(const struct schema_node *reader,
                                          const struct schema_node *writer, struct error *err);

/* A schema of today against one recorded version of it, both ways; and our decoder against
 * the recorded one. */
MUST_USE enum outcome schema_compat_recorded(const struct schema_text *now,
                                             const struct schema_version *recorded,
                                             struct error *err);

#endif
