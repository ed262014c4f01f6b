/* SPDX-License-Identifier: Apache-2.0 */
#include "directory/published.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/kafka_ask.h"
#include "schemas/topics.h"

static void record_deinit(struct published_record *record)
{
    free(record->key);
    free(record->value);
}

void published_deinit(struct published *published)
{
    for (size_t i = 0; i < published->count; i++)
        record_deinit(&published->records[i]);
    free(published->records);
}

/* Index of the first record whose key is not before `key`. */
static size_t find(const struct published *published, struct bytes key)
{
    size_t low = 0;
    size_t high = published->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (bytes_compare(bytes_of_text(published->records[middle].key), key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void insert(struct published *published, size_t at, struct bytes key)
{
    if (published->count == published->capacity) {
        published->capacity = published->capacity > 0 ? 2 * published->capacity : 64;
        published->records =
            xrealloc(published->records, published->capacity * sizeof(*published->records));
    }
    memmove(&published->records[at + 1], &published->records[at],
            (published->count - at) * sizeof(*published->records));
    published->records[at] = (struct published_record){.key = bytes_dup_text(key)};
    published->count++;
}

static void remove_at(struct published *published, size_t at)
{
    record_deinit(&published->records[at]);
    published->count--;
    memmove(&published->records[at], &published->records[at + 1],
            (published->count - at) * sizeof(*published->records));
}

void published_apply(struct published *published, struct bytes key, struct bytes value)
{
    size_t at;
    bool known;

    if (!key.data)
        return; /* a compacted topic cannot hold one */
    at = find(published, key);
    known = at < published->count && bytes_equal_text(key, published->records[at].key);
    if (!value.data && !known)
        return;
    published->changed = true;
    if (!value.data) {
        remove_at(published, at);
        return;
    }
    if (!known)
        insert(published, at, key);
    free(published->records[at].value);
    published->records[at].value = xcalloc(value.len + 1, 1);
    memcpy(published->records[at].value, value.data, value.len);
    published->records[at].value_len = value.len;
}

enum outcome published_build(struct published *published, const struct wire *wire,
                             struct directory **ret_directory, struct error *err)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    struct directory_entry *entries = arena_array(&arena, published->count + 1, sizeof(*entries));

    for (size_t i = 0; i < published->count; i++) {
        const struct published_record *record = &published->records[i];

        if (wire_decode(wire, bytes_of(record->value, record->value_len), &directory_table, &arena,
                        &entries[i], err) != OUTCOME_OK)
            return error_wrap(err, "directory entry %s", record->key);
    }
    *ret_directory = directory_new(entries, published->count);
    published->changed = false;
    return OUTCOME_OK;
}

enum outcome published_open(const struct kafka_config *config, struct kafka_consumer **ret_consumer,
                            struct error *err)
{
    CLEANUP(kafka_consumer_closep) struct kafka_consumer *consumer = NULL;
    char topic[TOPIC_NAME_SIZE];
    enum outcome outcome;
    int32_t partitions;

    topics_name(TOPIC_DIRECTORY, NULL, topic);
    outcome = kafka_consumer_open(config, NULL, false, &consumer, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    outcome = kafka_ask_partitions(consumer, topic, &partitions, err);
    if (outcome == OUTCOME_REJECT)
        return error_set(err, OUTCOME_RETRY, "topic %s is not there yet", topic);
    if (outcome != OUTCOME_OK)
        return outcome;
    outcome = kafka_consumer_assign(consumer, topic, 0, RD_KAFKA_OFFSET_BEGINNING, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    *ret_consumer = TAKE(consumer);
    return OUTCOME_OK;
}

enum outcome published_read(struct kafka_consumer *consumer, int32_t timeout_ms,
                            struct published *published, struct error *err)
{
    int64_t until = clock_mono_ms(clock_system()) + timeout_ms;
    struct error why = {0};

    for (;;) {
        int64_t left = until - clock_mono_ms(clock_system());
        enum kafka_event event = KAFKA_NOTHING;
        struct kafka_message message;
        enum outcome outcome;

        if (left <= 0)
            return error_set(err, OUTCOME_RETRY, "the directory was not read within %d ms%s%s",
                             timeout_ms, why.text[0] ? ": " : "", why.text);
        outcome = kafka_consumer_poll(consumer, (int32_t)left, &event, &message, &why);
        if (outcome == OUTCOME_FATAL || outcome == OUTCOME_REJECT)
            return error_set(err, outcome, "%s", why.text);
        if (outcome == OUTCOME_OK && event == KAFKA_END)
            return OUTCOME_OK;
        if (outcome == OUTCOME_OK && event == KAFKA_MESSAGE) {
            published_apply(published, message.key, message.value);
            kafka_message_free(&message);
        }
    }
}
