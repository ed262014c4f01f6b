/* SPDX-License-Identifier: Apache-2.0
 *
 * What `relais map` prints for a delivery: each call, its answer, what is remembered.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_EXPLAIN_DELIVERY_H
#define RELAIS_CONNECTORS_MAPPING_EXPLAIN_DELIVERY_H

#include <yyjson.h>

#include "connectors/mapping/mapping.h"

void explain_delivery(const struct mapping *mapping, yyjson_val *root, struct arena *arena,
                      struct buffer *out);

#endif
