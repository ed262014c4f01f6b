/* SPDX-License-Identifier: Apache-2.0
 *
 * The topics that one client of librdkafka writes to, by name. A topic that is only named with
 * its first record is looked for by a timer, once a second, and the record and its transaction
 * wait for that; a handle asks for the topic's leaders at once.
 */
#ifndef RELAIS_BASE_KAFKA_HANDLES_H
#define RELAIS_BASE_KAFKA_HANDLES_H

#include "base/kafka_config.h"

struct kafka_handle;

/* Zero-initialised: none yet. One thread. */
struct kafka_handles {
    struct kafka_handle *table;
};

/* The handle of that topic, made at its first use; never waits. NULL: rd_kafka_last_error() says
 * why not. Borrowed, until kafka_handles_clear(). */
MUST_USE rd_kafka_topic_t *kafka_handles_get(struct kafka_handles *handles, rd_kafka_t *client,
                                             const char *topic);
/* Before the client is destroyed. */
void kafka_handles_clear(struct kafka_handles *handles);

#endif
