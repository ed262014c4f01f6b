/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading from Kafka: by assignment (connectors, tools, restore) and through the anchor
 * subscription of the broker's workers (DESIGN.md "Anchor").
 */
#ifndef RELAIS_BASE_KAFKA_CONSUMER_H
#define RELAIS_BASE_KAFKA_CONSUMER_H

#include "base/kafka_message.h"

struct kafka_consumer;

enum kafka_event {
    KAFKA_NOTHING,    /* wait_ms passed                                               */
    KAFKA_MESSAGE,    /* *ret_message is filled: free it                              */
    KAFKA_END,        /* ret_message->topic, partition, offset: end of partition there */
    KAFKA_REBALANCED, /* anchor only: the set of tasks changed, see the callbacks   */
};

/* A consumer that assigns itself. `group` NULL: positions are the caller's own. */
MUST_USE enum outcome kafka_consumer_open(const struct kafka_config *config, const char *group,
                                          bool uncommitted, struct kafka_consumer **ret_consumer,
                                          struct error *err);
/* Leaves the group (static members keep their place) and closes; bounded by 3 s. */
void kafka_consumer_close(struct kafka_consumer *consumer);
DEFINE_CLEANUP(struct kafka_consumer, kafka_consumer_close)

/* Reads `topic`/`partition` from `offset` on (RD_KAFKA_OFFSET_BEGINNING and _END are allowed),
 * beside what is assigned already; of what is, from there on again (rd_kafka_seek() fails while a
 * partition's fetcher is starting). Where a group stood: kafka_ask_committed(). */
MUST_USE enum outcome kafka_consumer_assign(struct kafka_consumer *consumer, const char *topic,
                                            int32_t partition, int64_t offset, struct error *err);
/* Replaces the whole assignment. `list` holds the next offset of each partition;
 * RD_KAFKA_OFFSET_INVALID ("none committed") is the beginning. Copied. */
MUST_USE enum outcome kafka_consumer_assign_list(struct kafka_consumer *consumer,
                                                 const rd_kafka_topic_partition_list_t *list,
                                                 struct error *err);
/* Waits at most `wait_ms`. RETRY: Kafka is away, or has a record that cannot be read, which is
 * tried again and never passed over (what stands before it may come again): poll again. FATAL: see
 * kafka_consumer_was_fenced(). */
MUST_USE enum outcome kafka_consumer_poll(struct kafka_consumer *consumer, int32_t wait_ms,
                                          enum kafka_event *ret_event,
                                          struct kafka_message *ret_message, struct error *err);
/* Commits next = offset + 1 for one partition and waits for the answer. */
MUST_USE enum outcome kafka_consumer_commit(struct kafka_consumer *consumer, const char *topic,
                                            int32_t partition, int64_t next_offset,
                                            struct error *err);
/* For questions of librdkafka itself (kafka_ask.h). Borrowed. */
rd_kafka_t *kafka_consumer_client(struct kafka_consumer *consumer);
/* Any thread: wakes a poll; a commit waits for half a second at most from now on. */
void kafka_consumer_interrupt(struct kafka_consumer *consumer);

/* ---- Anchor -------------------------------------------------------------------- */

/*
 * The group subscribes to `anchor` only; which other partitions belong to anchor partition
 * p is the caller's to assign. Both callbacks run inside kafka_consumer_poll() (or close).
 */
struct kafka_anchor_callbacks {
    /* `partitions` of the anchor are ours from now on; `group` is the group's metadata at
     * this moment: the callee keeps it (and destroys it) for its transactions. The callee
     * may not poll; it assigns after the poll has returned KAFKA_REBALANCED. */
    void (*assigned)(void *context, const int32_t *partitions, size_t count,
                     rd_kafka_consumer_group_metadata_t *group);
    /* No partition is ours any more: abort the open transaction, now. `lost`: others may
     * own them already. */
    void (*revoked)(void *context, bool lost);
    void *context;
};

/* `instance` is the static member's id, stable over restarts. */
MUST_USE enum outcome kafka_consumer_open_anchor(const struct kafka_config *config,
                                                 const char *group, const char *instance,
                                                 const char *anchor,
                                                 const struct kafka_anchor_callbacks *callbacks,
                                                 struct kafka_consumer **ret_consumer,
                                                 struct error *err);
/* True once nothing but kafka_consumer_close() can be done with it, because Kafka answered
 * FENCED_INSTANCE_ID: a twin runs with our name, or librdkafka forgot its own member id after an
 * outage (DESIGN.md "Anchor"). */
bool kafka_consumer_was_fenced(const struct kafka_consumer *consumer);
/* True once no server of Kafka could be reached for a moment, as far as its polls have told. */
bool kafka_consumer_was_cut_off(const struct kafka_consumer *consumer);

#endif
