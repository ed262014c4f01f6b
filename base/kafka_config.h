/* SPDX-License-Identifier: Apache-2.0
 *
 * How every Kafka client of the program is configured: each option that matters is set
 * here on purpose, with its reason (DESIGN.md "Kafka, set on purpose"), and the one place
 * that turns Kafka's errors into outcomes.
 */
#ifndef RELAIS_BASE_KAFKA_CONFIG_H
#define RELAIS_BASE_KAFKA_CONFIG_H

#include <librdkafka/rdkafka.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* max.poll.interval.ms: a consumer of a group that does not poll for so long loses its tasks. */
#define KAFKA_MAX_POLL_MS 120000

/* What all clients of a process share. Every open() copies what it keeps. */
struct kafka_config {
    const char *brokers;   /* "host:port,host:port"                                */
    const char *client_id; /* shown in Kafka's logs and quotas                     */
    /* Settings of the user that go to librdkafka unchanged, after ours:
     * "name=value" texts, NULL-terminated; NULL: none.                            */
    const char *const *extra;
};

/* A deep copy; free it. `extra` values may be secrets: they are never shown. */
struct kafka_config *kafka_config_copy(const struct kafka_config *config);
void kafka_config_free(struct kafka_config *config);
DEFINE_CLEANUP(struct kafka_config, kafka_config_free)

/* Kafka's error as an outcome: RETRY (transport, leader or coordinator away, time-outs,
 * queue full), REJECT (message too large, invalid record), FATAL (authentication,
 * authorisation, fenced, unknown topic, fatal client error). Sets err->text to
 * "what: reason". `error` != NO_ERROR. */
enum outcome kafka_outcome(rd_kafka_resp_err_t error, const char *what, struct error *err);

/* True when the error says that a topic or a partition is not there. */
bool kafka_is_absence(rd_kafka_resp_err_t error);

/* True when the error of a read says that a record is damaged (as librdkafka or Kafka itself
 * finds), or of a kind or size that this librdkafka cannot take. Of a read: what kafka_outcome()
 * says of these codes is meant for a write. */
bool kafka_is_unreadable(rd_kafka_resp_err_t error);

/* A configuration for one role; the caller hands it to rd_kafka_new() or destroys it.
 * FATAL names a setting that librdkafka refuses. `transactional_id` may be NULL. */
MUST_USE enum outcome kafka_config_producer(const struct kafka_config *config,
                                            const char *transactional_id,
                                            rd_kafka_conf_t **ret_conf, struct error *err);
/* `group` NULL: a consumer that only assigns and never commits. `instance` NULL: no static
 * membership. Reads committed unless `uncommitted`. */
MUST_USE enum outcome kafka_config_consumer(const struct kafka_config *config, const char *group,
                                            const char *instance, bool uncommitted,
                                            rd_kafka_conf_t **ret_conf, struct error *err);

/* The client of a configuration, which is gone afterwards in any case. FATAL begins with
 * "kafka `what`". */
MUST_USE enum outcome kafka_config_client(rd_kafka_type_t type, rd_kafka_conf_t *conf,
                                          const char *what, rd_kafka_t **ret_client,
                                          struct error *err);

/* Partition of a key among `count`: murmur2 as in Java's client (masked positive, modulo). */
int32_t kafka_partition_of(const void *key, size_t key_len, int32_t count);

#endif
