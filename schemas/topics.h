/* SPDX-License-Identifier: Apache-2.0
 *
 * Names and settings of the topics (DESIGN.md "Topics").
 */
#ifndef RELAIS_SCHEMAS_TOPICS_H
#define RELAIS_SCHEMAS_TOPICS_H

#include "base/arena.h"
#include "base/kafka_topics.h"

enum topic {
    TOPIC_OUTBOX,     /* relais.<op>.outbox.v1     */
    TOPIC_INBOX,      /* relais.<op>.inbox.v1      */
    TOPIC_REJECTED,   /* relais.<op>.rejected.v1   */
    TOPIC_QUARANTINE, /* relais.<op>.quarantine.v1 */
    TOPIC_STATE,      /* relais.<op>.state.v1      */
    TOPIC_OPERATOR_COUNT,
    TOPIC_DIRECTORY = TOPIC_OPERATOR_COUNT, /* relais.directory.v1 */
    TOPIC_HANDOFF,                          /* relais.handoff.v1   */
    TOPIC_COUNT,
};

#define TOPIC_NAME_SIZE 96
/* `operator_code` is ignored for the topics of all. Returns `name`. */
const char *topics_name(enum topic topic, const char *operator_code, char name[TOPIC_NAME_SIZE]);

struct topics_settings {
    int32_t partitions; /* P: of outboxes and of relais.handoff.v1 */
    int32_t replication;
    int32_t min_insync;
};
/* The whole plan: directory, handoff and each operator's five; in `arena`. */
const struct topic_spec *topics_plan(const struct topics_settings *settings,
                                     const char *const *operator_codes, size_t operator_count,
                                     struct arena *arena, size_t *ret_count);

#endif
