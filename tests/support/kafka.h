/* SPDX-License-Identifier: Apache-2.0
 *
 * The test run's Kafka (tests/support/kafka.sh) as tests see it: its address, topics of
 * their own, and reading back what is there.
 */
#ifndef RELAIS_TESTS_SUPPORT_KAFKA_H
#define RELAIS_TESTS_SUPPORT_KAFKA_H

#include "base/kafka_consumer.h"

/* Of the run's broker; fails the test when there is none. `brokers` lives as long as the test. */
struct kafka_config test_kafka(void);

#define TEST_NAME_SIZE 96
/* "prefix.PID.N": nobody else's in this run. */
const char *test_kafka_name(const char *prefix, char name[TEST_NAME_SIZE]);
/* Makes a topic with a new name. */
const char *test_kafka_topic(const char *prefix, int32_t partitions, char name[TEST_NAME_SIZE]);

/* Number of records of a partition that a reader sees, to the end of it. */
int test_kafka_count(const char *topic, int32_t partition, bool uncommitted);
/* Reads from `consumer` until `count` records came or `most_ms` have passed; the number. */
int test_kafka_drain(struct kafka_consumer *consumer, int count, int most_ms);

/* For one question to librdkafka's admin interface, whose answer goes to `queue`. */
struct test_kafka_admin {
    rd_kafka_t *client;
    rd_kafka_queue_t *queue;
};
struct test_kafka_admin test_kafka_admin(void);
/* Waits for the answer; fails the test when it is an error, or takes `most_ms`. */
void test_kafka_admin_end(struct test_kafka_admin *admin, int most_ms);

#endif
