/* SPDX-License-Identifier: Apache-2.0
 *
 * Look-ups in a list of partitions with their offsets, sorted by topic and partition.
 */
#ifndef RELAIS_BASE_KAFKA_POSITIONS_H
#define RELAIS_BASE_KAFKA_POSITIONS_H

#include <stdint.h>

#include <librdkafka/rdkafka.h>

void kafka_positions_sort(rd_kafka_topic_partition_list_t *list);
/* NULL: not in the list. `*last` is the place of the last one found, at first 0: messages come in
 * runs of one partition. */
rd_kafka_topic_partition_t *kafka_positions_find(const rd_kafka_topic_partition_list_t *list,
                                                 const char *topic, int32_t partition, int *last);

#endif
