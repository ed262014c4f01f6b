/* SPDX-License-Identifier: Apache-2.0 */
#include "base/kafka_message.h"

void kafka_message_fill(struct kafka_message *message, rd_kafka_message_t *handle)
{
    *message = (struct kafka_message){
        .topic = rd_kafka_topic_name(handle->rkt),
        .partition = handle->partition,
        .offset = handle->offset,
        .timestamp_ms = rd_kafka_message_timestamp(handle, NULL),
        .key = bytes_of(handle->key, handle->key_len),
        .value = bytes_of(handle->payload, handle->len),
        .handle = handle,
    };
}

void kafka_message_free(struct kafka_message *message)
{
    if (message->handle)
        rd_kafka_message_destroy(message->handle);
    *message = (struct kafka_message){0};
}

struct bytes kafka_message_header(const struct kafka_message *message, const char *name)
{
    rd_kafka_headers_t *headers = NULL;
    const void *value = NULL;
    size_t size = 0;

    if (!message->handle || rd_kafka_message_headers(message->handle, &headers))
        return BYTES_NONE;
    if (rd_kafka_header_get_last(headers, name, &value, &size))
        return BYTES_NONE;
    return bytes_of(value, size);
}
