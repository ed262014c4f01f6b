/* SPDX-License-Identifier: Apache-2.0 */
#include "base/kafka_handles.h"

#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"

struct kafka_handle {
    rd_kafka_topic_t *topic;
    UT_hash_handle hh;
    char name[];
};

rd_kafka_topic_t *kafka_handles_get(struct kafka_handles *handles, rd_kafka_t *client,
                                    const char *topic)
{
    size_t len = strlen(topic);
    struct kafka_handle *handle;

    HASH_FIND(hh, handles->table, topic, len, handle);
    if (handle)
        return handle->topic;
    handle = xcalloc(1, sizeof(*handle) + len + 1);
    memcpy(handle->name, topic, len);
    handle->topic = rd_kafka_topic_new(client, topic, NULL);
    if (!handle->topic) {
        free(handle);
        return NULL;
    }
    HASH_ADD_KEYPTR(hh, handles->table, handle->name, len, handle);
    return handle->topic;
}

void kafka_handles_clear(struct kafka_handles *handles)
{
    for (struct kafka_handle *handle = handles->table; handle; handle = handle->hh.next)
        rd_kafka_topic_destroy(handle->topic);
    HASH_FREE_ALL(handles->table);
}
