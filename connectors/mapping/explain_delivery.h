/* SPDX-License-Identifier: Apache-2.0
 *
 * What `relais map` prints for a delivery: each call, its answer, what is remembered.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_EXPLAIN_DELIVERY_H
#define RELAIS_CONNECTORS_MAPPING_EXPLAIN_DELIVERY_H

#include <yyjson.h>

#include "connectors/mapping/mapping.h"

struct explain_delivery {
    const struct mapping *mapping;
    yyjson_val *root; /* the sample */
    struct coverage *coverage;
    struct arena *arena;
    struct buffer *out;
    bool sources; /* shows which rule took it */
};

/* REJECT: the sample is no delivery; the error says why. */
MUST_USE enum outcome explain_delivery(const struct explain_delivery *explaining,
                                       struct error *err);

#endif
