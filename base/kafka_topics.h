/* SPDX-License-Identifier: Apache-2.0
 *
 * Topics as they should be and as they are: plan, apply, check. Which topics there are is
 * said by schemas/topics.h; this module only speaks Kafka's admin protocol.
 */
#ifndef RELAIS_BASE_KAFKA_TOPICS_H
#define RELAIS_BASE_KAFKA_TOPICS_H

#include "base/arena.h"
#include "base/kafka_config.h"

struct topic_setting {
    const char *name; /* for instance "cleanup.policy" */
    const char *value;
};

struct topic_spec {
    const char *name;
    int32_t partitions;
    int32_t replication;
    const struct topic_setting *settings;
    size_t setting_count;
};

enum topic_difference_kind {
    TOPIC_MISSING,    /* the topic does not exist                            */
    TOPIC_PARTITIONS, /* `found` partitions instead of `wanted`: never mended */
    TOPIC_SETTING,    /* setting `name` is `found` instead of `wanted`; replication.factor too,
                         which is never mended                                */
};
struct topic_difference {
    enum topic_difference_kind kind;
    const char *topic;
    const char *name;
    const char *wanted;
    const char *found;
};

struct kafka_admin;
MUST_USE enum outcome kafka_admin_open(const struct kafka_config *config,
                                       struct kafka_admin **ret_admin, struct error *err);
void kafka_admin_close(struct kafka_admin *admin);
DEFINE_CLEANUP(struct kafka_admin, kafka_admin_close)

/* What differs from `specs`; the differences live in `arena`. RETRY: Kafka is away. */
MUST_USE enum outcome kafka_topics_check(struct kafka_admin *admin, const struct topic_spec *specs,
                                         size_t count, struct arena *arena,
                                         struct topic_difference **ret_differences,
                                         size_t *ret_count, struct error *err);
/* Creates what is missing and sets what differs; a topic that somebody else just created
 * is fine. REJECT when partitions differ. Returns when the topics can be written; a setting that
 * was changed may show a moment later. */
MUST_USE enum outcome kafka_topics_apply(struct kafka_admin *admin, const struct topic_spec *specs,
                                         size_t count, struct error *err);
/* Names of all topics that start with `prefix`, sorted, in `arena`. */
MUST_USE enum outcome kafka_topics_list(struct kafka_admin *admin, const char *prefix,
                                        struct arena *arena, const char ***ret_names,
                                        size_t *ret_count, struct error *err);

#endif
