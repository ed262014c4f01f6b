/* SPDX-License-Identifier: Apache-2.0
 *
 * Any record of the field tables as JSON text, for people and tools (`relais tail`,
 * `trace`): times in ISO 8601, enums as symbols, no-values left out, personal fields and
 * sealed bytes masked as "***" unless `show_personal`.
 */
#ifndef RELAIS_SCHEMAS_JSON_VIEW_H
#define RELAIS_SCHEMAS_JSON_VIEW_H

#include "schemas/field.h"

void json_view(const struct record_table *table, const void *record, bool show_personal,
               struct buffer *out);

#endif
