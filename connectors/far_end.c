/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/far_end.h"

#define UNTRIED_MS 250

bool far_end_failed(struct far_end *far, int64_t now_ms)
{
    bool was_down = far->down;

    if (++far->failures_in_row < far->down_after)
        return false;
    /* What failed beside the try that brought the system down is the same news. */
    if (!was_down || now_ms >= far->probe_ms)
        far->probe_ms = now_ms + backoff_next_ms(&far->backoff);
    far->down = true;
    return !was_down;
}

bool far_end_worked(struct far_end *far)
{
    bool was_down = far->down;

    far->successes++;
    far->failures_in_row = 0;
    far->down = false;
    backoff_reset(&far->backoff);
    return was_down;
}

bool far_end_presumed(struct far_end *far)
{
    bool was_down = far->down;

    far->down = false;
    far->failures_in_row = far->down_after - 1;
    return was_down;
}

void far_end_untried(struct far_end *far, int64_t now_ms)
{
    if (far->down && now_ms >= far->probe_ms)
        far->probe_ms = now_ms + UNTRIED_MS;
}
