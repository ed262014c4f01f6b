/* SPDX-License-Identifier: Apache-2.0 */
#include "base/kafka_end.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"

struct ending {
    rd_kafka_t *client;
    int flags;
    struct waiter *ended;
    atomic_int hands; /* who may still look at it: the last one frees it */
};

static void let_go(struct ending *ending)
{
    if (atomic_fetch_sub(&ending->hands, 1) == 1) {
        waiter_free(ending->ended);
        free(ending);
    }
}

static void *end(void *context)
{
    struct ending *ending = context;

    rd_kafka_destroy_flags(ending->client, ending->flags);
    waiter_interrupt(ending->ended);
    let_go(ending);
    return NULL;
}

void kafka_end_client(rd_kafka_t *client, int flags, int32_t most_ms)
{
    struct ending *ending = xcalloc(1, sizeof(*ending));
    pthread_t thread;

    ending->client = client;
    ending->flags = flags;
    ending->ended = waiter_new();
    atomic_init(&ending->hands, 2);
    if (pthread_create(&thread, NULL, end, ending) != 0) {
        atomic_store(&ending->hands, 1);
        (void)end(ending);
        return;
    }
    if (waiter_wait_ms(ending->ended, most_ms)) {
        log_warn("kafka", "a client does not end: it is left to the end of the process",
                 LOG_INT("waited_ms", most_ms));
        (void)pthread_detach(thread);
    } else {
        (void)pthread_join(thread, NULL);
    }
    let_go(ending);
}
