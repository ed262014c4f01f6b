/* SPDX-License-Identifier: Apache-2.0
 *
 * A value into a field of a C struct, as the field table says.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_STORE_H
#define RELAIS_CONNECTORS_MAPPING_STORE_H

#include "connectors/mapping/evaluate.h"

/* Evaluates and stores; sets *ret_present when there was a value. False: the reason stands
 * in the evaluation. */
bool store_assign(struct evaluation *evaluation, const struct assignment *assignment, void *base,
                  bool *ret_present);

#endif
