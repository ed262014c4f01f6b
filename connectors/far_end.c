/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/far_end.h"

#include "base/log.h"

#define UNTRIED_MS 250
#define OVERDUE_MS 15000

static void set_down(struct far_end *far, bool down)
{
    far->down = down;
    if (far->is_down)
        metric_set(far->is_down, down);
}

bool far_end_failed(struct far_end *far, int64_t now_ms, const char *why)
{
    bool was_down = far->down;

    if (++far->failures_in_row < far->down_after)
        return false;
    /* What failed beside the try that brought the system down is the same news. */
    if (!was_down || now_ms >= far->probe_ms)
        far->probe_ms = now_ms + backoff_next_ms(&far->backoff);
    if (was_down)
        return false;
    set_down(far, true);
    log_error("pipeline", "nothing succeeds: one record at a time is tried until one does",
              LOG_TEXT("pipeline", far->pipeline), LOG_TEXT("why", why));
    return true;
}

bool far_end_worked(struct far_end *far)
{
    far->successes++;
    far->failures_in_row = 0;
    backoff_reset(&far->backoff);
    if (!far->down)
        return false;
    set_down(far, false);
    log_info("pipeline", "works again", LOG_TEXT("pipeline", far->pipeline));
    return true;
}

bool far_end_presumed(struct far_end *far)
{
    if (!far->down)
        return false;
    far->failures_in_row = far->down_after - 1;
    set_down(far, false);
    log_info("pipeline", "nothing is left to try: the next record is tried at once",
             LOG_TEXT("pipeline", far->pipeline));
    return true;
}

void far_end_untried(struct far_end *far, int64_t now_ms)
{
    if (far->down && now_ms >= far->probe_ms)
        far->probe_ms = now_ms + UNTRIED_MS;
}

bool far_end_is_overdue(const struct far_end *far, int64_t now_ms)
{
    return far->down && now_ms >= far->probe_ms + OVERDUE_MS;
}
