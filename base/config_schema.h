/* SPDX-License-Identifier: Apache-2.0
 *
 * A configuration table as JSON Schema (draft 7), for editors that complete and check YAML.
 */
#ifndef RELAIS_BASE_CONFIG_SCHEMA_H
#define RELAIS_BASE_CONFIG_SCHEMA_H

#include <yyjson.h>

#include "base/config.h"

/* The object that the rows describe; no other key. A text of the form ${NAME} stands for any
 * value. All in `document`, texts by reference. */
yyjson_mut_val *config_schema_of(const struct config_field *fields, yyjson_mut_doc *document);

#endif
