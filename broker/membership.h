/* SPDX-License-Identifier: Apache-2.0
 *
 * A worker's place in the group of the broker's workers: its consumer, and what polling it tells
 * about Kafka. One thread but for membership_troubled().
 *
 * A static member that Kafka says is fenced has a twin, or has librdkafka: after an outage longer
 * than the session it forgets its member id, and if Kafka is back before the worker has polled, its
 * heartbeat goes out without one, which Kafka answers in the same way (2.0.2,
 * rd_kafka_cgrp_session_timeout_check() and _heartbeat() in join-state wait-unassign-call).
 */
#ifndef RELAIS_BROKER_MEMBERSHIP_H
#define RELAIS_BROKER_MEMBERSHIP_H

#include "base/clock.h"
#include "base/kafka_consumer.h"

struct membership_options { /* borrowed, outliving the membership */
    const struct kafka_config *kafka;
    const char *name; /* of the static member, stable over restarts */
    struct clock *clock;
    struct kafka_anchor_callbacks callbacks; /* copied */
};

struct membership;

MUST_USE enum outcome membership_open(const struct membership_options *options,
                                      struct membership **ret_membership, struct error *err);
/* Closes the consumer; the place in the group is kept for a session's time. May call `revoked`.
 * What any thread may ask can still be asked. */
void membership_leave(struct membership *membership);
void membership_close(struct membership *membership);
DEFINE_CLEANUP(struct membership, membership_close)

/* Another one after each membership_join_again(). */
struct kafka_consumer *membership_consumer(struct membership *membership);

/* kafka_consumer_poll(); but that Kafka is away, or has a damaged record, is KAFKA_NOTHING and
 * OUTCOME_OK: nothing was done, so there is no doubt. Said once, until membership_well(). */
MUST_USE enum outcome membership_poll(struct membership *membership, int32_t wait_ms,
                                      enum kafka_event *ret_event,
                                      struct kafka_message *ret_message, struct error *err);
/* After a FATAL of anything that the consumer was asked. Fenced, behind an outage or for the first
 * time within a minute: joins anew, as a restart of the process would, and a twin is fenced; OK,
 * nothing is assigned, whether or not `revoked` was called. A twin does the same and fences us
 * again: then FATAL, and `*err` names --instance. FATAL too for any other cause, with `*err` as it
 * was, and when the group cannot be joined: then the consumer is closed, and gone. */
MUST_USE enum outcome membership_join_again(struct membership *membership, struct error *err);

/* Kafka complains, and has done nothing for us since. Any thread. */
bool membership_troubled(const struct membership *membership);
/* How often that was said. */
size_t membership_complaints(const struct membership *membership);
/* In trouble, and the last question was some seconds ago: the caller asks Kafka one now, so that
 * /readyz tells the truth (nothing to read tells nothing). */
bool membership_take_turn_to_ask(struct membership *membership);
/* Such a question, for who has no task to ask about. */
MUST_USE enum outcome membership_ask(struct membership *membership);
/* Kafka has answered. */
void membership_note_well(struct membership *membership);

#endif
