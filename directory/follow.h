/* SPDX-License-Identifier: Apache-2.0
 *
 * The directory as published: writing it to relais.directory.v1 and following it there.
 */
#ifndef RELAIS_DIRECTORY_FOLLOW_H
#define RELAIS_DIRECTORY_FOLLOW_H

#include "base/kafka_config.h"
#include "directory/directory.h"
#include "schemas/wire.h"

/* The directory as it stands on the topic now. RETRY: Kafka is away or the topic is not there. */
MUST_USE enum outcome directory_read_published(const struct kafka_config *config,
                                               const struct wire *wire,
                                               struct directory **ret_directory, struct error *err);
/* Writes what differs from the topic, tombstones for what is gone, in one transaction. OK
 * with 0 changes when it says the same already; RETRY when Kafka stays away. */
MUST_USE enum outcome directory_publish(const struct kafka_config *config, const struct wire *wire,
                                        struct directory *directory, size_t *ret_changes,
                                        struct error *err);

/* Reads the whole topic, then follows it from a thread of its own. */
struct directory_follower;
/* RETRY: Kafka is away or the topic is not there. Waits at most `timeout_ms`. */
MUST_USE enum outcome directory_follow(const struct kafka_config *config, const struct wire *wire,
                                       int32_t timeout_ms, struct directory_follower **ret_follower,
                                       struct error *err);
/* The newest snapshot, counted for the caller. Any thread. Cheap. */
struct directory *directory_follower_get(struct directory_follower *follower);
/* Grows with each new snapshot. */
uint64_t directory_follower_version(struct directory_follower *follower);
void directory_follower_stop(struct directory_follower *follower);
DEFINE_CLEANUP(struct directory_follower, directory_follower_stop)

#endif
