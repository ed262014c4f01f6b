/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/pipeline_limits.h"

void pipeline_limits_fill(struct pipeline_limits *limits)
{
    limits->window = limits->window ? limits->window : 256;
    limits->window_bytes = limits->window_bytes ? limits->window_bytes : 32 << 20;
    limits->park_after_ms = limits->park_after_ms ? limits->park_after_ms : 1800000;
    limits->park_tries = limits->park_tries ? limits->park_tries : 10;
    limits->first_ms = limits->first_ms ? limits->first_ms : 1000;
    limits->most_ms = limits->most_ms ? limits->most_ms : 60000;
    limits->down_after = limits->down_after ? limits->down_after : 3;
}
