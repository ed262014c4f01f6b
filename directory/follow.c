/* SPDX-License-Identifier: Apache-2.0
 *
 * The thread reads the topic for ever. A snapshot is made only where the topic ends: one
 * publication is one transaction, so no snapshot holds half of it. A consumer that can go
 * no further is thrown away and the topic read again from its beginning; until then
 * everybody goes on with the last snapshot.
 */
#include "directory/follow.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "directory/published.h"

#define READ_TIMEOUT_MS 30000
#define POLL_MS 1000

struct directory_follower {
    struct kafka_config config; /* borrowed texts */
    const struct wire *wire;
    struct waiter *stop;
    pthread_t thread;

    /* Of the thread alone once it runs. */
    struct published published;

    /* Shared: the lock guards both pointers; the consumer is replaced by the thread and
     * interrupted by whoever stops. */
    pthread_mutex_t lock;
    struct directory *current;
    struct kafka_consumer *consumer;

    atomic_uint_fast64_t version;
};

static void set_current(struct directory_follower *follower, struct directory *directory)
{
    struct directory *old;

    pthread_mutex_lock(&follower->lock);
    old = follower->current;
    follower->current = directory;
    pthread_mutex_unlock(&follower->lock);
    directory_unref(old);
    atomic_fetch_add(&follower->version, 1);
}

static void set_consumer(struct directory_follower *follower, struct kafka_consumer *consumer)
{
    struct kafka_consumer *old;

    pthread_mutex_lock(&follower->lock);
    old = follower->consumer;
    follower->consumer = consumer;
    pthread_mutex_unlock(&follower->lock);
    kafka_consumer_close(old);
}

static enum outcome take_snapshot(struct directory_follower *follower, struct error *err)
{
    struct directory *directory = NULL;
    enum outcome outcome;

    outcome = published_build(&follower->published, follower->wire, &directory, err);
    if (outcome == OUTCOME_OK)
        set_current(follower, directory);
    return outcome;
}

/* Reads the whole topic anew and takes a snapshot of it. */
static enum outcome start_over(struct directory_follower *follower, int32_t timeout_ms,
                               struct error *err)
{
    struct kafka_consumer *consumer = NULL;
    enum outcome outcome;

    published_deinit(&follower->published);
    follower->published = (struct published){0};
    outcome = published_open(&follower->config, &consumer, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    set_consumer(follower, consumer);
    outcome = published_read(consumer, timeout_ms, &follower->published, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    return take_snapshot(follower, err);
}

/* Returns when it is told to stop (OK) or cannot go on. */
static enum outcome go_on(struct directory_follower *follower, struct error *err)
{
    while (!waiter_interrupted(follower->stop)) {
        enum kafka_event event = KAFKA_NOTHING;
        struct kafka_message message;
        enum outcome outcome;

        outcome = kafka_consumer_poll(follower->consumer, POLL_MS, &event, &message, err);
        if (outcome == OUTCOME_FATAL || outcome == OUTCOME_REJECT)
            return outcome;
        if (outcome == OUTCOME_RETRY) {
            waiter_wait_ms(follower->stop, POLL_MS);
            continue;
        }
        if (event == KAFKA_MESSAGE) {
            published_apply(&follower->published, message.key, message.value);
            kafka_message_free(&message);
        }
        if (event != KAFKA_END || !follower->published.changed)
            continue;
        if (take_snapshot(follower, err) != OUTCOME_OK)
            return err->outcome;
        log_info("directory", "a new directory is in force",
                 LOG_INT("version", (int64_t)directory_follower_version(follower)));
    }
    return OUTCOME_OK;
}

static void *run(void *context)
{
    struct directory_follower *follower = context;
    struct backoff backoff = {.first_ms = 500, .most_ms = 30000, .seed = 1};
    enum outcome outcome;
    struct error err;

    outcome = go_on(follower, &err);
    while (outcome != OUTCOME_OK) {
        log_warn("directory", "cannot follow the directory, the last one stays in force",
                 LOG_TEXT("why", err.text));
        if (!waiter_wait_ms(follower->stop, backoff_next_ms(&backoff)))
            break;
        outcome = start_over(follower, READ_TIMEOUT_MS, &err);
        if (outcome != OUTCOME_OK)
            continue;
        backoff_reset(&backoff);
        outcome = go_on(follower, &err);
    }
    return NULL;
}

static void free_parts(struct directory_follower *follower)
{
    set_consumer(follower, NULL);
    published_deinit(&follower->published);
    directory_unref(follower->current);
    waiter_free(follower->stop);
    pthread_mutex_destroy(&follower->lock);
    free(follower);
}

enum outcome directory_follow(const struct kafka_config *config, const struct wire *wire,
                              int32_t timeout_ms, struct directory_follower **ret_follower,
                              struct error *err)
{
    struct directory_follower *follower = xcalloc(1, sizeof(*follower));
    enum outcome outcome;

    follower->config = *config;
    follower->wire = wire;
    follower->stop = waiter_new();
    pthread_mutex_init(&follower->lock, NULL);
    atomic_init(&follower->version, 0);
    outcome = start_over(follower, timeout_ms, err);
    if (outcome == OUTCOME_OK && pthread_create(&follower->thread, NULL, run, follower) != 0)
        outcome = error_set(err, OUTCOME_FATAL, "no thread for the directory");
    if (outcome != OUTCOME_OK) {
        free_parts(follower);
        return outcome;
    }
    *ret_follower = follower;
    return OUTCOME_OK;
}

struct directory *directory_follower_get(struct directory_follower *follower)
{
    struct directory *directory;

    pthread_mutex_lock(&follower->lock);
    directory = directory_ref(follower->current);
    pthread_mutex_unlock(&follower->lock);
    return directory;
}

uint64_t directory_follower_version(struct directory_follower *follower)
{
    return atomic_load(&follower->version);
}

void directory_follower_stop(struct directory_follower *follower)
{
    if (!follower)
        return;
    waiter_interrupt(follower->stop);
    pthread_mutex_lock(&follower->lock);
    if (follower->consumer)
        kafka_consumer_interrupt(follower->consumer);
    pthread_mutex_unlock(&follower->lock);
    pthread_join(follower->thread, NULL);
    free_parts(follower);
}
