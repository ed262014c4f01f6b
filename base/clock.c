/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <yyjson.h>

#include "base/http_client.h"
#include "base/json.h"

#define REMOTE_ASK_MS 1000
#define REMOTE_TIMEOUT_MS 3000

enum clock_kind { CLOCK_KIND_SYSTEM, CLOCK_KIND_MANUAL, CLOCK_KIND_REMOTE };

/* What is known of a clock server. */
struct remote {
    char *url;
    struct http_client *client; /* the asking thread's, but for the interrupt */
    struct waiter *waiter;
    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* for all that follows */
    int64_t base_wall_us; /* the last answer, and when it came */
    int64_t base_mono_us;
    double rate;
    int64_t last_us; /* the last time given out: it never goes back */
};

struct clock {
    enum clock_kind kind;
    _Atomic int64_t start_us; /* manual: the wall time of monotonic 0   */
    _Atomic int64_t wall_us;  /* manual: the wall time now              */
    struct remote *remote;    /* remote only                            */
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
    atomic_init(&clock->start_us, wall_us);
    atomic_init(&clock->wall_us, wall_us);
    return clock;
}

void clock_manual_advance(struct clock *clock, int64_t by_us)
{
    atomic_fetch_add(&clock->wall_us, by_us);
}

void clock_manual_jump(struct clock *clock, int64_t by_us)
{
    atomic_fetch_add(&clock->start_us, by_us);
    atomic_fetch_add(&clock->wall_us, by_us);
}

static int64_t machine_us(clockid_t id)
{
    struct timespec now;

    if (clock_gettime(id, &now) != 0)
        abort();
    return (int64_t)now.tv_sec * US_PER_SECOND + now.tv_nsec / 1000;
}

/* ---- A clock server ------------------------------------------------------------ */

/* {"now_us": N, "rate": R}, R a number of at least 0. */
static bool read_answer(struct bytes body, int64_t *ret_now_us, double *ret_rate)
{
    yyjson_doc *doc = json_read(body);
    yyjson_val *root = yyjson_doc_get_root(doc);
    yyjson_val *now = yyjson_obj_get(root, "now_us");
    yyjson_val *rate = yyjson_obj_get(root, "rate");
    bool good = yyjson_is_int(now) && yyjson_is_num(rate) && yyjson_get_num(rate) >= 0;

    if (good) {
        *ret_now_us = yyjson_get_sint(now);
        *ret_rate = yyjson_get_num(rate);
    }
    yyjson_doc_free(doc);
    return good;
}

static enum outcome remote_ask(struct remote *remote, struct error *err)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    const struct http_request request = {
        .method = "GET", .url = remote->url, .timeout_ms = REMOTE_TIMEOUT_MS};
    struct http_response response = {0};
    bool maybe_done;
    int64_t now_us = 0;
    double rate = 0;

    if (http_client_call(remote->client, &request, &arena, &response, &maybe_done, err) !=
        OUTCOME_OK)
        return error_wrap(err, "clock server");
    if (response.status != 200 || !read_answer(response.body, &now_us, &rate))
        return error_set(err, OUTCOME_RETRY, "clock server: no time in the answer (status %d)",
                         response.status);
    (void)pthread_mutex_lock(&remote->lock);
    remote->base_wall_us = now_us;
    remote->base_mono_us = machine_us(CLOCK_MONOTONIC);
    remote->rate = rate;
    (void)pthread_mutex_unlock(&remote->lock);
    return OUTCOME_OK;
}

/* A missing answer is no event: the clock goes on at the last rate. */
static void *remote_run(void *context)
{
    struct remote *remote = context;
    struct error err;

    while (waiter_wait_ms(remote->waiter, REMOTE_ASK_MS))
        (void)remote_ask(remote, &err);
    return NULL;
}

static int64_t remote_wall_us(struct remote *remote)
{
    int64_t now_us;

    (void)pthread_mutex_lock(&remote->lock);
    now_us = remote->base_wall_us +
             (int64_t)((double)(machine_us(CLOCK_MONOTONIC) - remote->base_mono_us) * remote->rate);
    if (now_us < remote->last_us)
        now_us = remote->last_us;
    remote->last_us = now_us;
    (void)pthread_mutex_unlock(&remote->lock);
    return now_us;
}

static void remote_free(struct remote *remote)
{
    waiter_interrupt(remote->waiter);
    http_client_interrupt(remote->client);
    if (remote->started)
        (void)pthread_join(remote->thread, NULL);
    http_client_free(remote->client);
    waiter_free(remote->waiter);
    (void)pthread_mutex_destroy(&remote->lock);
    free(remote->url);
    free(remote);
}

enum outcome clock_remote_new(const char *url, struct clock **ret_clock, struct error *err)
{
    CLEANUP(clock_freep) struct clock *clock = xcalloc(1, sizeof(*clock));
    const struct http_client_options options = {.user_agent = "relais-clock",
                                                .max_response_bytes = 4096};
    struct error why = {0};
    struct remote *remote = xcalloc(1, sizeof(*remote));

    clock->kind = CLOCK_KIND_REMOTE;
    clock->remote = remote;
    remote->url = xstrdup(url);
    remote->client = http_client_new(&options);
    remote->waiter = waiter_new();
    remote->last_us = INT64_MIN;
    if (pthread_mutex_init(&remote->lock, NULL) != 0)
        abort();
    if (remote_ask(remote, &why) != OUTCOME_OK)
        return error_set(err, why.outcome, "%s", why.text);
    if (pthread_create(&remote->thread, NULL, remote_run, remote) != 0)
        return error_set(err, OUTCOME_RETRY, "clock server: no thread could be made");
    remote->started = true;
    *ret_clock = TAKE(clock);
    return OUTCOME_OK;
}

/* ---- Any clock ----------------------------------------------------------------- */

void clock_free(struct clock *clock)
{
    if (!clock || clock->kind == CLOCK_KIND_SYSTEM)
        return;
    if (clock->remote)
        remote_free(clock->remote);
    free(clock);
}

int64_t clock_wall_us(struct clock *clock)
{
    if (clock->kind == CLOCK_KIND_MANUAL)
        return atomic_load(&clock->wall_us);
    if (clock->kind == CLOCK_KIND_REMOTE)
        return remote_wall_us(clock->remote);
    return machine_us(CLOCK_REALTIME);
}

int64_t clock_mono_ms(struct clock *clock)
{
    if (clock->kind == CLOCK_KIND_MANUAL)
        return (atomic_load(&clock->wall_us) - atomic_load(&clock->start_us)) / 1000;
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
