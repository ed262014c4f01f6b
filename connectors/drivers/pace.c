/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/drivers/pace.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/bytes.h"

#define SPAN_MS 1000
/* Whoever waits for the end of another's call looks again so often. */
#define LOOK_MS 20

struct pace {
    struct pace *next;
    char *address;
    pthread_mutex_t lock; /* guards what follows */
    struct pace_limits limits;
    int64_t running;
    uint64_t made;
    int64_t times[PACE_PER_SECOND_MOST]; /* of the last calls, monotonic; number n at n % size */
};

struct paces {
    pthread_mutex_t lock; /* guards the list */
    struct pace *first;
};

struct paces *paces_new(void)
{
    struct paces *paces = xcalloc(1, sizeof(*paces));

    (void)pthread_mutex_init(&paces->lock, NULL);
    return paces;
}

void paces_free(struct paces *paces)
{
    if (!paces)
        return;
    while (paces->first) {
        struct pace *pace = paces->first;

        paces->first = pace->next;
        (void)pthread_mutex_destroy(&pace->lock);
        free(pace->address);
        free(pace);
    }
    (void)pthread_mutex_destroy(&paces->lock);
    free(paces);
}

static int64_t stricter(int64_t a, int64_t b)
{
    return a == 0 || (b > 0 && b < a) ? b : a;
}

struct pace *paces_get(struct paces *paces, const char *address, const struct pace_limits *limits)
{
    struct pace *pace;

    (void)pthread_mutex_lock(&paces->lock);
    pace = paces->first;
    while (pace && strcmp(pace->address, address) != 0)
        pace = pace->next;
    if (!pace) {
        pace = xcalloc(1, sizeof(*pace));
        pace->address = xstrdup(address);
        (void)pthread_mutex_init(&pace->lock, NULL);
        pace->next = paces->first;
        paces->first = pace;
    }
    (void)pthread_mutex_lock(&pace->lock);
    pace->limits.per_second = stricter(pace->limits.per_second, limits->per_second);
    pace->limits.parallel = stricter(pace->limits.parallel, limits->parallel);
    (void)pthread_mutex_unlock(&pace->lock);
    (void)pthread_mutex_unlock(&paces->lock);
    return pace;
}

/* How long the call before so many others keeps the next one back. */
static int64_t rate_wait_ms(const struct pace *pace, int64_t now_ms)
{
    uint64_t most = (uint64_t)pace->limits.per_second;
    int64_t since;

    if (most == 0 || pace->made < most)
        return 0;
    since = now_ms - pace->times[(pace->made - most) % PACE_PER_SECOND_MOST];
    return since < SPAN_MS ? SPAN_MS - since : 0;
}

bool pace_enter(struct pace *pace, int64_t now_ms, int64_t *ret_wait_ms)
{
    int64_t wait_ms;

    (void)pthread_mutex_lock(&pace->lock);
    wait_ms = rate_wait_ms(pace, now_ms);
    if (wait_ms == 0 && pace->limits.parallel > 0 && pace->running >= pace->limits.parallel)
        wait_ms = LOOK_MS;
    if (wait_ms == 0) {
        pace->times[pace->made++ % PACE_PER_SECOND_MOST] = now_ms;
        pace->running++;
    }
    (void)pthread_mutex_unlock(&pace->lock);
    *ret_wait_ms = wait_ms;
    return wait_ms == 0;
}

void pace_leave(struct pace *pace)
{
    (void)pthread_mutex_lock(&pace->lock);
    pace->running--;
    (void)pthread_mutex_unlock(&pace->lock);
}
