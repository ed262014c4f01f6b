/* SPDX-License-Identifier: Apache-2.0
 *
 * The end of a Kafka client, in bounded time. librdkafka 2.0.2 waits in it for ever when a
 * partition that was read has gone meanwhile (its topic was deleted, or made anew with fewer).
 */
#ifndef RELAIS_BASE_KAFKA_END_H
#define RELAIS_BASE_KAFKA_END_H

#include <librdkafka/rdkafka.h>

#include <stdint.h>

/* Destroys the client, with librdkafka's flags. What takes longer than `most_ms` goes on in a
 * thread of its own, and is left to the end of the process: that is said in the log. No callback
 * of the client runs any more but its log's. */
void kafka_end_client(rd_kafka_t *client, int flags, int32_t most_ms);

#endif
