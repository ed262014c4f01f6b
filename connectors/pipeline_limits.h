/* SPDX-License-Identifier: Apache-2.0
 *
 * How much a pipeline takes on at once, and how patient it is.
 */
#ifndef RELAIS_CONNECTORS_PIPELINE_LIMITS_H
#define RELAIS_CONNECTORS_PIPELINE_LIMITS_H

#include <stddef.h>
#include <stdint.h>

struct pipeline_limits {
    size_t window;         /* records pulled and not yet acknowledged; 0: 256      */
    size_t window_bytes;   /* 0: 32 MiB                                            */
    int32_t park_tries;    /* 0: 10                                                */
    int64_t park_after_ms; /* 0: 30 minutes                                        */
    int32_t first_ms;      /* first pause after a failure; 0: 1 s                  */
    int32_t most_ms;       /* longest; 0: 60 s                                     */
    int32_t down_after;    /* failures in a row that mean "the system is down"; 0: 3 */
};

/* Puts what is meant into each that is 0. */
void pipeline_limits_fill(struct pipeline_limits *limits);

#endif
