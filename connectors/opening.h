/* SPDX-License-Identifier: Apache-2.0
 *
 * One end of a pipeline and the opening hours of its system. Closed is neither down nor
 * failing: nothing is tried, so nothing is counted as a try; what waits stays where it is (the
 * window, the inbox topic, their own list). Said once at each change, and in the metric
 * relais_pipeline_closed.
 */
#ifndef RELAIS_CONNECTORS_OPENING_H
#define RELAIS_CONNECTORS_OPENING_H

#include "connectors/pipeline.h"

struct opening {
    struct connector *end; /* NULL: there is none; borrowed */
    struct clock *clock;
    const char *pipeline;
    struct metric *is_closed;
    bool closed;
    int64_t until;   /* µs UTC, while closed           */
    int64_t look_ms; /* monotonic: asked again then    */
};

void opening_init(struct opening *opening, const struct pipeline_options *options,
                  struct connector *end);
/* Looks at the clock; returns `closed`. */
bool opening_look(struct opening *opening);

#endif
