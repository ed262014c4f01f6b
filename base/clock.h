/* SPDX-License-Identifier: Apache-2.0
 *
 * Time comes from here and nowhere else, and waiting is done here and nowhere else.
 *
 * Wall time (UTC microseconds) stands in records and decides deadlines; the monotonic
 * clock measures time-outs and pauses. A process takes one clock and hands it down.
 */
#ifndef RELAIS_BASE_CLOCK_H
#define RELAIS_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define US_PER_SECOND INT64_C(1000000)
#define US_PER_DAY (INT64_C(86400) * US_PER_SECOND)

struct clock;

/* The machine's clocks. Lives as long as the process. */
struct clock *clock_system(void);

/* A clock that stands still until it is moved; for tests. clock_free() it. */
struct clock *clock_manual_new(int64_t wall_us);
void clock_manual_advance(struct clock *clock, int64_t by_us);
/* As if somebody set the wall clock, by some time forward or (negative) back: the monotonic one
 * takes no part. No other thread reads them meanwhile. */
void clock_manual_jump(struct clock *clock, int64_t by_us);

/* Follows a clock server (demo/clock.py): GET url answers {"now_us": N, "rate": R}, one
 * second of monotonic time being R seconds of wall time. Asks again every second from a
 * thread of its own; between answers it goes on at the last rate, and never goes back.
 * RETRY when the first answer does not come, REJECT when `url` is none. clock_free() it. */
MUST_USE enum outcome clock_remote_new(const char *url, struct clock **ret_clock,
                                       struct error *err);
void clock_free(struct clock *clock);
DEFINE_CLEANUP(struct clock, clock_free)

/* Microseconds since 1970-01-01T00:00:00Z. Any thread. */
int64_t clock_wall_us(struct clock *clock);
/* Milliseconds of the monotonic clock; a manual clock moves both together. Any thread. */
int64_t clock_mono_ms(struct clock *clock);
/* True when deadlines must not be suspended on a jump of the wall clock (remote, manual). */
bool clock_is_driven(const struct clock *clock);

/*
 * An interruptible wait. One thread waits, any thread may interrupt. Once interrupted
 * it stays so, and every further wait returns at once.
 */
struct waiter;
struct waiter *waiter_new(void);
void waiter_free(struct waiter *waiter);
DEFINE_CLEANUP(struct waiter, waiter_free)
/* False when interrupted, true when `ms` of monotonic time have passed. */
bool waiter_wait_ms(struct waiter *waiter, int64_t ms);
void waiter_interrupt(struct waiter *waiter);
bool waiter_interrupted(const struct waiter *waiter);

/*
 * Pauses between tries: `first_ms`, doubled up to `most_ms`, each with full jitter
 * between half and whole, from a seeded generator.
 */
struct backoff {
    int32_t first_ms;
    int32_t most_ms;
    int32_t tries; /* failures since the last backoff_reset() */
    uint64_t seed;
};
int32_t backoff_next_ms(struct backoff *backoff);
void backoff_reset(struct backoff *backoff);

/* "2026-03-12T13:00:00Z", with ".123456" only when not a whole second. NUL-terminated. */
#define CLOCK_TEXT_SIZE 32
const char *clock_format(int64_t wall_us, char text[CLOCK_TEXT_SIZE]);

#endif
