/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/opening.h"

#include <stdio.h>

#include "base/log.h"

/* The wall clock may be set meanwhile: no answer is believed for longer. */
#define LOOK_MS 60000

void opening_init(struct opening *opening, const struct pipeline_options *options,
                  struct connector *end)
{
    char labels[192];

    *opening = (struct opening){.clock = options->clock, .pipeline = options->name};
    if (!end || !end->ops->closed_until)
        return;
    opening->end = end;
    (void)snprintf(labels, sizeof(labels), "op=\"%s\",pipeline=\"%s\"", options->operator_code,
                   options->name);
    opening->is_closed = metrics_gauge(options->metrics, "relais_pipeline_closed", labels,
                                       "1 outside the opening hours of their system.");
}

static void say(const struct opening *opening)
{
    char until[CLOCK_TEXT_SIZE];

    metric_set(opening->is_closed, opening->closed);
    if (opening->closed)
        log_info("pipeline", "closed by the hours of their system, all waits",
                 LOG_TEXT("pipeline", opening->pipeline),
                 LOG_TEXT("until", clock_format(opening->until, until)));
    else
        log_info("pipeline", "open again", LOG_TEXT("pipeline", opening->pipeline));
}

bool opening_look(struct opening *opening)
{
    bool was_closed = opening->closed;
    int64_t now_ms = clock_mono_ms(opening->clock);

    if (!opening->end ||
        (was_closed && now_ms < opening->look_ms && clock_wall_us(opening->clock) < opening->until))
        return was_closed;
    opening->look_ms = now_ms + LOOK_MS;
    opening->until = opening->end->ops->closed_until(opening->end);
    opening->closed = opening->until > 0;
    if (opening->closed != was_closed)
        say(opening);
    return opening->closed;
}
