/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/inbox_reader.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/kafka_consumer.h"
#include "schemas/topics.h"

#define READ_POLL_MS 500
#define READ_POLLS_MOST 8

struct inbox_reader {
    const struct kafka_config *kafka;
    char topic[TOPIC_NAME_SIZE];
    pthread_mutex_t lock; /* one reading at a time */
};

struct inbox_reader *inbox_reader_new(const struct kafka_config *kafka, const char *operator_code)
{
    struct inbox_reader *reader = xcalloc(1, sizeof(*reader));

    reader->kafka = kafka;
    (void)topics_name(TOPIC_INBOX, operator_code, reader->topic);
    (void)pthread_mutex_init(&reader->lock, NULL);
    return reader;
}

void inbox_reader_free(struct inbox_reader *reader)
{
    if (!reader)
        return;
    (void)pthread_mutex_destroy(&reader->lock);
    free(reader);
}

static void fill(const struct kafka_message *message, struct arena *arena, struct record *record)
{
    *record = (struct record){.body = message->value.data ? arena_copy(arena, message->value)
                                                          : BYTES_LITERAL(""),
                              .position = message->offset};
}

/* A reading is rare (a redirect without a contact of its own): a consumer of its own. */
static enum outcome read_one(struct inbox_reader *reader, int64_t position, struct arena *arena,
                             struct record *ret_record, struct error *err)
{
    CLEANUP(kafka_consumer_closep) struct kafka_consumer *consumer = NULL;
    enum outcome outcome = kafka_consumer_open(reader->kafka, NULL, false, &consumer, err);

    if (outcome == OUTCOME_OK)
        outcome = kafka_consumer_assign(consumer, reader->topic, 0, position, err);
    for (int i = 0; i < READ_POLLS_MOST && outcome == OUTCOME_OK; i++) {
        struct kafka_message message = {0};
        enum kafka_event event = KAFKA_NOTHING;
        bool found;

        outcome = kafka_consumer_poll(consumer, READ_POLL_MS, &event, &message, err);
        if (outcome != OUTCOME_OK || event == KAFKA_NOTHING)
            continue;
        if (event != KAFKA_MESSAGE)
            return error_set(err, OUTCOME_REJECT, "il n'est plus dans la boîte de réception");
        found = message.offset == position;
        if (found)
            fill(&message, arena, ret_record);
        kafka_message_free(&message);
        return found ? OUTCOME_OK
                     : error_set(err, OUTCOME_REJECT, "il n'est plus dans la boîte de réception");
    }
    return outcome == OUTCOME_OK
               ? error_set(err, OUTCOME_RETRY, "la boîte de réception ne répond pas")
               : outcome;
}

enum outcome inbox_reader_read(struct inbox_reader *reader, int64_t position, struct arena *arena,
                               struct record *ret_record, struct error *err)
{
    enum outcome outcome;

    (void)pthread_mutex_lock(&reader->lock);
    outcome = read_one(reader, position, arena, ret_record, err);
    (void)pthread_mutex_unlock(&reader->lock);
    return outcome;
}
