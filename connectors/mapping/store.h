/* SPDX-License-Identifier: Apache-2.0
 *
 * A value into a field of a C struct, as the field table says.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_STORE_H
#define RELAIS_CONNECTORS_MAPPING_STORE_H

#include "connectors/mapping/evaluate.h"

enum stored {
    STORED_VALUE,
    STORED_NOTHING, /* there was no value: the field keeps none */
    STORED_FAILED,  /* the reason stands in the evaluation      */
};

/* Evaluates and stores. `base`: the struct that the assignment's field is of. */
enum stored store_assign(struct evaluation *evaluation, const struct assignment *assignment,
                         void *base);

#endif
