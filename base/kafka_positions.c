/* SPDX-License-Identifier: Apache-2.0 */
#include "base/kafka_positions.h"

#include <stdbool.h>
#include <string.h>

static int order_of(const rd_kafka_topic_partition_t *place, const char *topic, int32_t partition)
{
    int order = strcmp(place->topic, topic);

    return order ? order : (place->partition > partition) - (place->partition < partition);
}

static int compare(const void *a, const void *b, void *opaque)
{
    const rd_kafka_topic_partition_t *right = b;

    (void)opaque;
    return order_of(a, right->topic, right->partition);
}

void kafka_positions_sort(rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_topic_partition_list_sort(list, compare, NULL);
}

rd_kafka_topic_partition_t *kafka_positions_find(const rd_kafka_topic_partition_list_t *list,
                                                 const char *topic, int32_t partition, int *last)
{
    int low = 0;
    int high = list->cnt;

    if (*last < high && order_of(&list->elems[*last], topic, partition) == 0)
        return &list->elems[*last];
    while (low < high) {
        int middle = low + (high - low) / 2;
        int order = order_of(&list->elems[middle], topic, partition);

        if (order == 0) {
            *last = middle;
            return &list->elems[middle];
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
