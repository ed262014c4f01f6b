/* SPDX-License-Identifier: Apache-2.0
 *
 * What samples make doubtful of a mapping, and nothing fails by: a path that finds nothing in any
 * of them while another, nearly of its names, has a value.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_ADVICE_H
#define RELAIS_CONNECTORS_MAPPING_ADVICE_H

#include "connectors/mapping/coverage.h"

/* An advice for each such path of a rule that took a record, and of what is to be remembered of an
 * answer; none where something is said already. Names only, no value. */
void advice_give(const struct coverage *coverage, struct diagnostics *diagnostics);

#endif
