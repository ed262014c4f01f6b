/* SPDX-License-Identifier: Apache-2.0 */
#include "base/jumps.h"

#include "base/log.h"

bool jumps_compare(struct jumps *jumps, int64_t wall_us, int64_t mono_ms)
{
    int64_t off_ms = (wall_us - jumps->wall_us) / 1000 - (mono_ms - jumps->mono_ms);

    if (jumps->started && (off_ms > JUMPS_MOST_MS || off_ms < -JUMPS_MOST_MS)) {
        jumps->suspended = true;
    }
    jumps->started = true;
    jumps->wall_us = wall_us;
    jumps->mono_ms = mono_ms;
    return !jumps->suspended;
}

bool jumps_look(struct jumps *jumps, struct clock *clock)
{
    return clock_is_driven(clock) ||
           jumps_compare(jumps, clock_wall_us(clock), clock_mono_ms(clock));
}

bool jumps_may_fire(struct jumps *jumps, struct clock *clock, struct metric *suspended,
                    const char *worker)
{
    bool before = jumps->suspended;
    bool may = jumps_look(jumps, clock);

    if (!may && !before) {
        log_error("worker", "deadlines suspended: the wall clock jumped; look at it, then restart",
                  LOG_TEXT("worker", worker));
        metric_add(suspended, 1);
    }
    return may;
}
