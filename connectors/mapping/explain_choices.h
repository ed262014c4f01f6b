/* SPDX-License-Identifier: Apache-2.0
 *
 * For `relais map`: the elements of a list that no choice takes ([type=TEL], [0]).
 */
#ifndef RELAIS_CONNECTORS_MAPPING_EXPLAIN_CHOICES_H
#define RELAIS_CONNECTORS_MAPPING_EXPLAIN_CHOICES_H

#include "connectors/mapping/plan.h"

/* One line a list of the record, of which a choice was made and some elements were left. */
void explain_choices(const struct mapping *mapping, yyjson_val *record, struct buffer *out);

#endif
