/* SPDX-License-Identifier: Apache-2.0
 *
 * A whole connector at work: one pipeline a source, one for the inbox, the HTTP server for
 * webhooks and health pages, the state restored before any of them begins.
 */
#ifndef RELAIS_CONNECTORS_RUNTIME_H
#define RELAIS_CONNECTORS_RUNTIME_H

#include "connectors/configuration.h"

struct runtime_options {
    const struct configuration *configuration; /* borrowed, as the others */
    const struct kafka_config *kafka;
    struct clock *clock;
    uint16_t port;             /* instead of the configuration's; 0: that one */
    struct registry *registry; /* where schema ids come from; NULL: the built-in ones */
};

struct runtime;
/* Reads keys, starts the HTTP server (which answers 503 until all is ready). FATAL: keys or
 * port cannot be had. */
MUST_USE enum outcome runtime_new(const struct runtime_options *options,
                                  struct runtime **ret_runtime, struct error *err);
uint16_t runtime_port(const struct runtime *runtime);
/* Registers what connectors write (with a registry), waits for it, Kafka and directory, restores
 * the state, starts the pipelines, and watches them until `stop` is interrupted: OK. FATAL: a
 * pipeline cannot go on, or the state cannot be read. Stops everything within 5 s. One thread. */
MUST_USE enum outcome runtime_run(struct runtime *runtime, struct waiter *stop, struct error *err);
void runtime_free(struct runtime *runtime);
DEFINE_CLEANUP(struct runtime, runtime_free)

#endif
