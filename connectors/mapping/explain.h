/* SPDX-License-Identifier: Apache-2.0
 *
 * What `relais map` prints. Shows values: it runs beside the operator's own data.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_EXPLAIN_H
#define RELAIS_CONNECTORS_MAPPING_EXPLAIN_H

#include "connectors/mapping/plan.h"

/* As mapping_explain(). */
MUST_USE enum outcome explain_record(const struct mapping *mapping,
                                     const struct mapping_input *input, bool sources,
                                     struct coverage *coverage, struct buffer *out,
                                     struct error *err);

#endif
