/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/bytes.h"

enum clock_kind { CLOCK_KIND_SYSTEM, CLOCK_KIND_MANUAL };

struct clock {
    enum clock_kind kind;
    int64_t start_us;        /* manual: the wall time it was made with */
    _Atomic int64_t wall_us; /* manual: the wall time now              */
};

/* Without state of its own, and so never written: constant, though callers hold it as
 * they hold any other clock. */
static const struct clock the_system = {.kind = CLOCK_KIND_SYSTEM};

struct clock *clock_system(void)
{
    return (struct clock *)(uintptr_t)&the_system;
}

struct clock *clock_manual_new(int64_t wall_us)
{
    struct clock *clock = xcalloc(1, sizeof(*clock));

    clock->kind = CLOCK_KIND_MANUAL;
    clock->start_us = wall_us;
    atomic_init(&clock->wall_us, wall_us);
    return clock;
}

void clock_manual_advance(struct clock *clock, int64_t by_us)
{
    atomic_fetch_add(&clock->wall_us, by_us);
}

void clock_free(struct clock *clock)
{
    if (!clock || clock->kind == CLOCK_KIND_SYSTEM)
        return;
    free(clock);
}

static int64_t machine_us(clockid_t id)
{
    struct timespec now;

    if (clock_gettime(id, &now) != 0)
        abort();
    return (int64_t)now.tv_sec * US_PER_SECOND + now.tv_nsec / 1000;
}

int64_t clock_wall_us(struct clock *clock)
{
    if (clock->kind == CLOCK_KIND_MANUAL)
        return atomic_load(&clock->wall_us);
    return machine_us(CLOCK_REALTIME);
}

int64_t clock_mono_ms(struct clock *clock)
{
    if (clock->kind == CLOCK_KIND_MANUAL)
        return (atomic_load(&clock->wall_us) - clock->start_us) / 1000;
    return machine_us(CLOCK_MONOTONIC) / 1000;
}

bool clock_is_driven(const struct clock *clock)
{
    return clock->kind != CLOCK_KIND_SYSTEM;
}

/* ---- Waiting ------------------------------------------------------------------- */

struct waiter {
    pthread_mutex_t lock; /* for `changed`; interrupted alone may be read without it */
    pthread_cond_t changed;
    atomic_bool interrupted;
};

struct waiter *waiter_new(void)
{
    struct waiter *waiter = xcalloc(1, sizeof(*waiter));
    pthread_condattr_t monotonic;

    if (pthread_condattr_init(&monotonic) != 0 ||
        pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) != 0 ||
        pthread_cond_init(&waiter->changed, &monotonic) != 0 ||
        pthread_mutex_init(&waiter->lock, NULL) != 0)
        abort();
    (void)pthread_condattr_destroy(&monotonic);
    return waiter;
}

void waiter_free(struct waiter *waiter)
{
    if (!waiter)
        return;
    (void)pthread_cond_destroy(&waiter->changed);
    (void)pthread_mutex_destroy(&waiter->lock);
    free(waiter);
}

bool waiter_wait_ms(struct waiter *waiter, int64_t ms)
{
    int64_t until_us = machine_us(CLOCK_MONOTONIC) + (ms > 0 ? ms : 0) * 1000;
    struct timespec until = {.tv_sec = until_us / US_PER_SECOND,
                             .tv_nsec = (until_us % US_PER_SECOND) * 1000};
    int result = 0;

    (void)pthread_mutex_lock(&waiter->lock);
    while (!atomic_load(&waiter->interrupted) && result != ETIMEDOUT)
        result = pthread_cond_timedwait(&waiter->changed, &waiter->lock, &until);
    (void)pthread_mutex_unlock(&waiter->lock);
    return !atomic_load(&waiter->interrupted);
}

void waiter_interrupt(struct waiter *waiter)
{
    (void)pthread_mutex_lock(&waiter->lock);
    atomic_store(&waiter->interrupted, true);
    (void)pthread_cond_broadcast(&waiter->changed);
    (void)pthread_mutex_unlock(&waiter->lock);
}

bool waiter_interrupted(const struct waiter *waiter)
{
    return atomic_load(&waiter->interrupted);
}

/* ---- Pauses -------------------------------------------------------------------- */

/* SplitMix64 (Steele, Lea, Flood 2014): any seed will do, 0 too. */
static uint64_t next_random(uint64_t *seed)
{
    uint64_t z = (*seed += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

int32_t backoff_next_ms(struct backoff *backoff)
{
    int64_t whole = backoff->first_ms > 0 ? backoff->first_ms : 1;
    int64_t half;

    for (int32_t i = 0; i < backoff->tries && whole < backoff->most_ms; i++)
        whole *= 2;
    if (whole > backoff->most_ms)
        whole = backoff->most_ms;
    if (backoff->tries < INT32_MAX)
        backoff->tries++;
    half = whole / 2;
    return (int32_t)(half + (int64_t)(next_random(&backoff->seed) % (uint64_t)(whole - half + 1)));
}

void backoff_reset(struct backoff *backoff)
{
    backoff->tries = 0;
}

/* ---- Text ---------------------------------------------------------------------- */

const char *clock_format(int64_t wall_us, char text[CLOCK_TEXT_SIZE])
{
    int64_t us = wall_us % US_PER_SECOND;
    time_t seconds;
    struct tm tm;
    char date[CLOCK_TEXT_SIZE];
    size_t len;

    if (us < 0)
        us += US_PER_SECOND;
    seconds = (time_t)((wall_us - us) / US_PER_SECOND);
    /* All of int64_t microseconds is within 300,000 years: neither call can fail. */
    len = gmtime_r(&seconds, &tm) ? strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm) : 0;
    date[len] = '\0';
    if (us == 0)
        (void)snprintf(text, CLOCK_TEXT_SIZE, "%.22sZ", date);
    else
        (void)snprintf(text, CLOCK_TEXT_SIZE, "%.22s.%06uZ", date, (unsigned)us % 1000000U);
    return text;
}
