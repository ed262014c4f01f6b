/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading topics as a tool does: committed records only, no group, nothing is changed.
 */
#ifndef RELAIS_CLI_SCAN_H
#define RELAIS_CLI_SCAN_H

#include "base/clock.h"
#include "base/kafka_consumer.h"

struct scan {
    const struct kafka_config *kafka;
    const char *const *topics;
    size_t topic_count;
    bool from_now;       /* only what comes after the start; else from the beginning        */
    bool follow;         /* goes on behind the end until `stop` or until `each` says so      */
    bool skip_missing;   /* a topic that is not there is empty; else it is an error          */
    struct waiter *stop; /* or NULL */
    /* False ends the scan. The message is the scan's. */
    bool (*each)(void *context, const struct kafka_message *message);
    void *context;
};

/* When a tool did not reach Kafka (RETRY), puts the address that it tried in front of the text.
 * Returns `outcome`. */
enum outcome scan_name_kafka(const struct kafka_config *kafka, enum outcome outcome,
                             struct error *err);

/* Reads every partition to its end, in no order between partitions. RETRY when Kafka says
 * nothing for 30 s. */
MUST_USE enum outcome scan_run(const struct scan *scan, struct error *err);

#endif
