/* SPDX-License-Identifier: Apache-2.0 */
#include "base/kafka_ask.h"

#define ONE_MS 1000 /* one of many that were not answered together */

DEFINE_CLEANUP(rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy)

static enum outcome offset_of(const rd_kafka_topic_partition_t *place, rd_kafka_resp_err_t code,
                              const char *what, int64_t *ret_offset, struct error *err)
{
    if (code || place->err)
        return kafka_outcome(code ? code : place->err, what, err);
    *ret_offset = place->offset;
    return OUTCOME_OK;
}

enum outcome kafka_ask_committed(struct kafka_consumer *consumer, const char *topic,
                                 int32_t partition, int32_t timeout_ms, int64_t *ret_next_offset,
                                 struct error *err)
{
    CLEANUP(rd_kafka_topic_partition_list_destroyp)
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *place = rd_kafka_topic_partition_list_add(list, topic, partition);
    rd_kafka_resp_err_t code =
        rd_kafka_committed(kafka_consumer_client(consumer), list, timeout_ms);

    return offset_of(place, code, "committed offset", ret_next_offset, err);
}

enum outcome kafka_ask_committed_list(struct kafka_consumer *consumer,
                                      rd_kafka_topic_partition_list_t *list, int32_t timeout_ms,
                                      struct error *err)
{
    bool all = !rd_kafka_committed(kafka_consumer_client(consumer), list, timeout_ms);

    /* The answer to many does not say whose was missing. */
    for (int i = 0; i < list->cnt; i++) {
        rd_kafka_topic_partition_t *place = &list->elems[i];

        if ((!all || place->err) && kafka_ask_committed(consumer, place->topic, place->partition,
                                                        ONE_MS, &place->offset, err))
            return error_wrap(err, "%s [%d]", place->topic, (int)place->partition);
    }
    return OUTCOME_OK;
}

enum outcome kafka_ask_offset_at(struct kafka_consumer *consumer, const char *topic,
                                 int32_t partition, int64_t time_ms, int64_t *ret_offset,
                                 struct error *err)
{
    CLEANUP(rd_kafka_topic_partition_list_destroyp)
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *place = rd_kafka_topic_partition_list_add(list, topic, partition);

    place->offset = time_ms;
    return offset_of(
        place, rd_kafka_offsets_for_times(kafka_consumer_client(consumer), list, KAFKA_ASK_MS),
        "offset at a time", ret_offset, err);
}

enum outcome kafka_ask_watermarks(struct kafka_consumer *consumer, const char *topic,
                                  int32_t partition, int64_t *ret_first, int64_t *ret_next,
                                  struct error *err)
{
    rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(
        kafka_consumer_client(consumer), topic, partition, ret_first, ret_next, KAFKA_ASK_MS);

    return code ? kafka_outcome(code, "watermarks", err) : OUTCOME_OK;
}

enum outcome kafka_ask_partitions(struct kafka_consumer *consumer, const char *topic,
                                  int32_t *ret_count, struct error *err)
{
    rd_kafka_topic_t *handle = rd_kafka_topic_new(kafka_consumer_client(consumer), topic, NULL);
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t code;
    int32_t count = 0;

    if (!handle)
        return error_set(err, OUTCOME_REJECT, "topic %s: not a name", topic);
    code = rd_kafka_metadata(kafka_consumer_client(consumer), 0, handle, &metadata, KAFKA_ASK_MS);
    rd_kafka_topic_destroy(handle);
    if (code)
        return kafka_outcome(code, "metadata", err);
    code = metadata->topic_cnt == 1 ? metadata->topics[0].err
                                    : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    if (!code)
        count = metadata->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        return error_set(err, OUTCOME_REJECT, "topic %s does not exist", topic);
    if (code)
        return kafka_outcome(code, topic, err);
    *ret_count = count;
    return OUTCOME_OK;
}
