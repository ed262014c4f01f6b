/* SPDX-License-Identifier: Apache-2.0 */
#include "base/kafka_record.h"

/* librdkafka takes const-less pointers to what it only copies. */
static void *borrowed(const void *data)
{
    void *pointer;

    memcpy(&pointer, &data, sizeof(pointer));
    return pointer;
}

static rd_kafka_headers_t *headers_new(const struct kafka_record *record)
{
    rd_kafka_headers_t *headers;

    if (record->header_count == 0)
        return NULL;
    headers = rd_kafka_headers_new(record->header_count);
    for (size_t i = 0; i < record->header_count; i++) {
        const struct kafka_header *header = &record->headers[i];

        /* Only read-only lists are refused, and this one is new. */
        (void)rd_kafka_header_add(headers, header->name, -1, header->value.data,
                                  (ssize_t)header->value.len);
    }
    return headers;
}

rd_kafka_resp_err_t kafka_record_produce(rd_kafka_t *producer, struct kafka_handles *handles,
                                         const struct kafka_record *record, void *report_opaque)
{
    rd_kafka_topic_t *topic = kafka_handles_get(handles, producer, record->topic);
    rd_kafka_headers_t *headers = topic ? headers_new(record) : NULL;
    rd_kafka_vu_t parts[8] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = record->partition},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_KEY,
         .u.mem = {.ptr = borrowed(record->key.data), .size = record->key.len}},
        {.vtype = RD_KAFKA_VTYPE_VALUE,
         .u.mem = {.ptr = borrowed(record->value.data), .size = record->value.len}},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = report_opaque},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = record->timestamp_ms},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
    };
    rd_kafka_resp_err_t code;
    rd_kafka_error_t *error;

    if (!topic)
        return rd_kafka_last_error();
    error = rd_kafka_produceva(producer, parts, headers ? 8 : 7);
    code = rd_kafka_error_code(error);
    if (!error)
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    /* The headers are librdkafka's only when the record is. */
    if (headers)
        rd_kafka_headers_destroy(headers);
    rd_kafka_error_destroy(error);
    return code;
}
