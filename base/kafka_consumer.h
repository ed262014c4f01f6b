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

/* Reads `topic`/`partition` from `offset` on (RD_KAFKA_OFFSET_BEGINNING, _END and
 * _STORED, the group's committed offset or else the beginning, are allowed), beside what is
 * assigned already; of what is, from there on again (rd_kafka_seek() fails while a partition's
 * fetcher is starting). RETRY when Kafka cannot be asked. */
MUST_USE enum outcome kafka_consumer_assign(struct kafka_consumer *consumer, const char *topic,
                                            int32_t partition, int64_t offset, struct error *err);
/* Replaces the whole assignment. `list` holds the next offset of each partition;
 * RD_KAFKA_OFFSET_INVALID ("none committed") is the beginning. Copied. */
MUST_USE enum outcome kafka_consumer_assign_list(struct kafka_consumer *consumer,
                                                 const rd_kafka_topic_partition_list_t *list,
                                                 struct error *err);
/* Waits at most `wait_ms`. RETRY: Kafka is away, or has a record that cannot be read, which is
 * tried again and never passed over (what stands before it may come again): poll again. FATAL: see
 * kafka_consumer_twin(). */
MUST_USE enum outcome kafka_consumer_poll(struct kafka_consumer *consumer, int32_t wait_ms,
                                          enum kafka_event *ret_event,
                                          struct kafka_message *ret_message, struct error *err);
/* Commits next = offset + 1 for one partition and waits for the answer. */
MUST_USE enum outcome kafka_consumer_commit(struct kafka_consumer *consumer, const char *topic,
                                            int32_t partition, int64_t next_offset,
                                            struct error *err);
/* The group's committed next offset, stable (no open transaction hides it);
 * RD_KAFKA_OFFSET_INVALID when there is none. A time-out is RETRY, never "none". */
MUST_USE enum outcome kafka_consumer_committed(struct kafka_consumer *consumer, const char *topic,
                                               int32_t partition, int32_t timeout_ms,
                                               int64_t *ret_next_offset, struct error *err);
/* The same of all of `list`, in one question; RETRY names one that was not told. */
MUST_USE enum outcome kafka_consumer_committed_list(struct kafka_consumer *consumer,
                                                    rd_kafka_topic_partition_list_t *list,
                                                    int32_t timeout_ms, struct error *err);
/* The first record that is of `time_ms` or later, by the topic's own time; RD_KAFKA_OFFSET_END when
 * there is none. */
MUST_USE enum outcome kafka_consumer_offset_at(struct kafka_consumer *consumer, const char *topic,
                                               int32_t partition, int64_t time_ms,
                                               int64_t *ret_offset, struct error *err);
/* First and next offset as Kafka says now; the end is the last stable offset on a
 * read_committed consumer and the high watermark on an uncommitted one. */
MUST_USE enum outcome kafka_consumer_watermarks(struct kafka_consumer *consumer, const char *topic,
                                                int32_t partition, int64_t *ret_first,
                                                int64_t *ret_next, struct error *err);
/* Number of partitions; REJECT when the topic does not exist. */
MUST_USE enum outcome kafka_consumer_partitions(struct kafka_consumer *consumer, const char *topic,
                                                int32_t *ret_count, struct error *err);
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
/* True after a FATAL poll whose cause was FENCED_INSTANCE_ID: a twin runs with our name. */
bool kafka_consumer_twin(const struct kafka_consumer *consumer);

#endif
