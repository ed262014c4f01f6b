/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/kafka.h"

#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/kafka_ask.h"
#include "base/kafka_topics.h"

struct kafka_config test_kafka(void)
{
    static char address[64];
    const char *path = getenv("RELAIS_KAFKA_ADDRESS");
    FILE *file = path ? fopen(path, "r") : NULL;

    if (!file)
        fail_msg("no Kafka: run by ctest, or start one with tests/support/kafka.sh and set "
                 "RELAIS_KAFKA_ADDRESS to its address file");
    assert_non_null(fgets(address, sizeof(address), file));
    (void)fclose(file);
    address[strcspn(address, "\n")] = '\0';
    return (struct kafka_config){.brokers = address, .client_id = "relais-test"};
}

const char *test_kafka_name(const char *prefix, char name[TEST_NAME_SIZE])
{
    static int number;

    (void)snprintf(name, TEST_NAME_SIZE, "%.40s.%ld.%d", prefix, (long)getpid(), ++number);
    return name;
}

const char *test_kafka_topic(const char *prefix, int32_t partitions, char name[TEST_NAME_SIZE])
{
    struct kafka_config config = test_kafka();
    const struct topic_spec spec = {
        .name = test_kafka_name(prefix, name), .partitions = partitions, .replication = 1};
    CLEANUP(kafka_admin_closep) struct kafka_admin *admin = NULL;
    struct error err = {0};

    assert_int_equal(kafka_admin_open(&config, &admin, &err), OUTCOME_OK);
    if (kafka_topics_apply(admin, &spec, 1, &err))
        fail_msg("%s", err.text);
    return name;
}

/* A poll whose troubles show as nothing read in time. */
static enum kafka_event poll_once(struct kafka_consumer *consumer, struct kafka_message *message)
{
    enum kafka_event event = KAFKA_NOTHING;

    if (kafka_consumer_poll(consumer, 50, &event, message, NULL))
        return KAFKA_NOTHING;
    return event;
}

int test_kafka_drain(struct kafka_consumer *consumer, int count, int most_ms)
{
    int64_t deadline_ms = clock_mono_ms(clock_system()) + most_ms;
    int seen = 0;

    while (seen < count && clock_mono_ms(clock_system()) < deadline_ms) {
        struct kafka_message message = {0};
        enum kafka_event event = poll_once(consumer, &message);

        if (event != KAFKA_MESSAGE)
            continue;
        seen++;
        kafka_message_free(&message);
    }
    return seen;
}

/* To the end as asked on the same kind of reader, seen as an event at or past it. */
int test_kafka_count(const char *topic, int32_t partition, bool uncommitted)
{
    struct kafka_config config = test_kafka();
    CLEANUP(kafka_consumer_closep) struct kafka_consumer *consumer = NULL;
    int64_t deadline_ms = clock_mono_ms(clock_system()) + 15000;
    int64_t first = 0;
    int64_t next = 0;
    int count = 0;

    assert_int_equal(kafka_consumer_open(&config, NULL, uncommitted, &consumer, NULL), OUTCOME_OK);
    assert_int_equal(kafka_ask_watermarks(consumer, topic, partition, &first, &next, NULL),
                     OUTCOME_OK);
    assert_int_equal(
        kafka_consumer_assign(consumer, topic, partition, RD_KAFKA_OFFSET_BEGINNING, NULL),
        OUTCOME_OK);
    while (clock_mono_ms(clock_system()) < deadline_ms) {
        struct kafka_message message = {0};
        enum kafka_event event = poll_once(consumer, &message);

        if (event == KAFKA_END && message.offset >= next)
            return count;
        count += event == KAFKA_MESSAGE;
        if (event == KAFKA_MESSAGE)
            kafka_message_free(&message);
    }
    fail_msg("no end of %s", topic);
    return -1;
}

struct test_kafka_admin test_kafka_admin(void)
{
    const struct kafka_config config = test_kafka();
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    struct test_kafka_admin admin;
    char why[256];

    assert_int_equal(rd_kafka_conf_set(conf, "bootstrap.servers", config.brokers, why, sizeof(why)),
                     RD_KAFKA_CONF_OK);
    admin.client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    assert_non_null(admin.client);
    admin.queue = rd_kafka_queue_new(admin.client);
    return admin;
}

void test_kafka_admin_end(struct test_kafka_admin *admin, int most_ms)
{
    rd_kafka_event_t *answer = rd_kafka_queue_poll(admin->queue, most_ms);

    assert_non_null(answer);
    assert_int_equal(rd_kafka_event_error(answer), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_event_destroy(answer);
    rd_kafka_queue_destroy(admin->queue);
    rd_kafka_destroy(admin->client);
}
