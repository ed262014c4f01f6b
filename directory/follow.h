/* SPDX-License-Identifier: Apache-2.0
 *
 * The directory as published: writing it to relais.directory.v1 and following it there.
 */
#ifndef RELAIS_DIRECTORY_FOLLOW_H
#define RELAIS_DIRECTORY_FOLLOW_H

#include "base/kafka_config.h"
#include "directory/directory.h"
#include "schemas/wire.h"

/* Writes what differs from the topic, tombstones for what is gone; waits until durable. */
MUST_USE enum outcome directory_publish(const struct kafka_config *config, const struct wire *wire,
                                        struct directory *directory, size_t *ret_changes,
                                        struct error *err);
/* Appends one line a difference: "+ operator o23", "~ site o21-metz: zone", "- convention …". */
void directory_diff(struct directory *published, struct directory *files, struct buffer *out);

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
