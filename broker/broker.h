/* SPDX-License-Identifier: Apache-2.0
 *
 * The broker as a process: some workers, the directory they decide by, and a small HTTP
 * server that tells how they are.
 *
 *   /metrics   Prometheus text
 *   /healthz   200 while every worker turns; 503 when one failed or hangs
 *   /readyz    200 while every worker has caught up, has what Kafka gave it, and reaches Kafka;
 *              until then it says what is waited for
 */
#ifndef RELAIS_BROKER_BROKER_H
#define RELAIS_BROKER_BROKER_H

#include "base/clock.h"
#include "base/kafka_config.h"

/* Borrowed, outliving the broker. */
struct broker_options {
    const struct kafka_config *kafka;
    struct clock *clock;
    /* Unique in the deployment, stable over restarts: Kafka keeps this instance's tasks for
     * it while it restarts, and a second process of the same name is a twin: one of the two
     * ends with a sentence that says so. */
    const char *instance;
    int workers;               /* 1 to 64; more than partitions is a waste */
    const char *state_folder;  /* of this instance alone; made if it is not there */
    const char *address;       /* of the HTTP server; NULL: 127.0.0.1 */
    uint16_t port;             /* 0: a free one */
    struct registry *registry; /* where schema ids come from; NULL: the built-in ones */
    struct waiter *stop; /* ends the wait for a registry that does not answer; NULL: no wait */
};

struct broker;

/* Returns when the workers' threads run; they wait for Kafka by themselves. With a registry it
 * registers first what the broker writes, and waits until that is done, serving its pages.
 * RETRY: the directory cannot be read (Kafka is away, or it was never published), or told to
 * stop. FATAL: the port is taken, the registry refuses our schemas, the state folder cannot be
 * used or another process uses it. */
MUST_USE enum outcome broker_start(const struct broker_options *options, struct broker **ret_broker,
                                   struct error *err);
uint16_t broker_port(const struct broker *broker);
/* True once a worker cannot go on, with its reason: stop the broker and exit. */
bool broker_failed(const struct broker *broker, struct error *ret_why);
/* Finishes the open batches, then ends everything: within 5 s when Kafka answers, within its
 * time-outs when it does not. NULL is fine. */
void broker_stop(struct broker *broker);
DEFINE_CLEANUP(struct broker, broker_stop)

#endif
