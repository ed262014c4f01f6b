/* SPDX-License-Identifier: Apache-2.0
 *
 * Parsing Canonical Form of a schema (Apache Avro 1.11 specification, "Transforming into
 * Parsing Canonical Form"): what two schemas that read the same bytes have in common.
 */
#ifndef RELAIS_SCHEMAS_SCHEMA_CANONICAL_H
#define RELAIS_SCHEMAS_SCHEMA_CANONICAL_H

#include "schemas/schema_tree.h"

/* Appends it. */
void schema_canonical_write(const struct schema_node *root, struct buffer *out);

#endif
