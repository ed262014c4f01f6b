/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "base/kafka_config.h"

static void a_setting_is(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char found[64];
    size_t size = sizeof(found);

    assert_int_equal(rd_kafka_conf_get(conf, name, found, &size), RD_KAFKA_CONF_OK);
    assert_string_equal(found, value);
}

static void a_key_goes_where_java_sends_it(void **state)
{
    /* Kafka's own clients/src/test/.../UtilsTest.java, testMurmur2: hashes as Java prints them. */
    static const struct {
        const char *key;
        int32_t hash;
    } cases[] = {
        {"21", -973932308},
        {"foobar", -790332482},
        {"a-little-bit-long-string", -985981536},
        {"a-little-bit-longer-string", -1486304829},
        {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
        {"abc", 479470107},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int32_t positive = (int32_t)((uint32_t)cases[i].hash & 0x7fffffffU);

        assert_int_equal(kafka_partition_of(cases[i].key, strlen(cases[i].key), INT32_MAX),
                         positive);
        assert_int_equal(kafka_partition_of(cases[i].key, strlen(cases[i].key), 8), positive % 8);
    }
}

static void errors_say_what_to_do_next(void **state)
{
    static const struct {
        rd_kafka_resp_err_t error;
        enum outcome outcome;
    } cases[] = {
        {RD_KAFKA_RESP_ERR__TRANSPORT, OUTCOME_RETRY},
        {RD_KAFKA_RESP_ERR__TIMED_OUT, OUTCOME_RETRY},
        {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, OUTCOME_RETRY},
        {RD_KAFKA_RESP_ERR__QUEUE_FULL, OUTCOME_RETRY},
        {RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, OUTCOME_RETRY},
        {RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, OUTCOME_RETRY},
        {RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, OUTCOME_RETRY},
        {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, OUTCOME_RETRY},
        {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, OUTCOME_REJECT},
        {RD_KAFKA_RESP_ERR_INVALID_RECORD, OUTCOME_REJECT},
        {RD_KAFKA_RESP_ERR__AUTHENTICATION, OUTCOME_FATAL},
        {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, OUTCOME_FATAL},
        {RD_KAFKA_RESP_ERR__FENCED, OUTCOME_FATAL},
        {RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, OUTCOME_FATAL},
        {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, OUTCOME_FATAL},
        {RD_KAFKA_RESP_ERR__FATAL, OUTCOME_FATAL},
    };
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(kafka_outcome(cases[i].error, "produce", &err), cases[i].outcome);
    (void)kafka_outcome(RD_KAFKA_RESP_ERR__TIMED_OUT, "committed offset", &err);
    assert_string_equal(err.text, "committed offset: Local: Timed out");
}

static void a_transaction_outlives_its_records_and_its_requests(void **state)
{
    const struct kafka_config config = {.brokers = "127.0.0.1:9", .client_id = "test"};
    rd_kafka_conf_t *conf = NULL;
    rd_kafka_t *client = NULL;

    (void)state;
    assert_int_equal(kafka_config_producer(&config, "o10-0", &conf, NULL), OUTCOME_OK);
    a_setting_is(conf, "transaction.timeout.ms", "20000");
    a_setting_is(conf, "message.timeout.ms", "15000");
    a_setting_is(conf, "socket.timeout.ms", "10000");
    a_setting_is(conf, "acks", "-1");
    a_setting_is(conf, "partitioner", "murmur2_random");
    /* librdkafka checks the settings against each other only now. */
    assert_int_equal(kafka_config_client(RD_KAFKA_PRODUCER, conf, "transactions", &client, NULL),
                     OUTCOME_OK);
    rd_kafka_destroy(client);
}

static void settings_that_contradict_each_other_make_no_client(void **state)
{
    const char *const extra[] = {"message.timeout.ms=60000", NULL};
    const struct kafka_config config = {.brokers = "127.0.0.1:9", .extra = extra};
    rd_kafka_conf_t *conf = NULL;
    rd_kafka_t *client = NULL;
    struct error err;

    (void)state;
    assert_int_equal(kafka_config_producer(&config, "o10-0", &conf, NULL), OUTCOME_OK);
    assert_int_equal(kafka_config_client(RD_KAFKA_PRODUCER, conf, "transactions", &client, &err),
                     OUTCOME_FATAL);
    assert_null(client);
    assert_non_null(strstr(err.text, "kafka transactions: "));
    assert_non_null(strstr(err.text, "message.timeout.ms"));
}

static void a_reader_reads_what_is_committed_unless_told(void **state)
{
    const struct kafka_config config = {.brokers = "127.0.0.1:9"};
    rd_kafka_conf_t *conf = NULL;

    (void)state;
    assert_int_equal(kafka_config_consumer(&config, "g", "g-1", false, &conf, NULL), OUTCOME_OK);
    a_setting_is(conf, "isolation.level", "read_committed");
    a_setting_is(conf, "enable.auto.commit", "false");
    a_setting_is(conf, "partition.assignment.strategy", "range");
    rd_kafka_conf_destroy(conf);
    assert_int_equal(kafka_config_consumer(&config, NULL, NULL, true, &conf, NULL), OUTCOME_OK);
    a_setting_is(conf, "isolation.level", "read_uncommitted");
    rd_kafka_conf_destroy(conf);
}

static void the_users_settings_come_last(void **state)
{
    const char *const extra[] = {"linger.ms=7", "sasl.password=a=b", NULL};
    const struct kafka_config config = {.brokers = "127.0.0.1:9", .extra = extra};
    CLEANUP(kafka_config_freep) struct kafka_config *copy = kafka_config_copy(&config);
    rd_kafka_conf_t *conf = NULL;

    (void)state;
    assert_int_equal(kafka_config_producer(copy, NULL, &conf, NULL), OUTCOME_OK);
    a_setting_is(conf, "linger.ms", "7");
    a_setting_is(conf, "sasl.password", "a=b");
    rd_kafka_conf_destroy(conf);
}

static void a_bad_setting_is_named_without_its_value(void **state)
{
    const char *const bad_value[] = {"acks=hush", NULL};
    const char *const bad_name[] = {"no.such.setting=hush", NULL};
    const char *const no_name[] = {"=hush", NULL};
    struct kafka_config config = {.brokers = "127.0.0.1:9", .extra = bad_value};
    rd_kafka_conf_t *conf = NULL;
    struct error err;

    (void)state;
    assert_int_equal(kafka_config_producer(&config, NULL, &conf, &err), OUTCOME_FATAL);
    assert_non_null(strstr(err.text, "acks"));
    assert_null(strstr(err.text, "hush"));
    config.extra = bad_name;
    assert_int_equal(kafka_config_consumer(&config, "g", NULL, false, &conf, &err), OUTCOME_FATAL);
    assert_non_null(strstr(err.text, "no.such.setting"));
    config.extra = no_name;
    assert_int_equal(kafka_config_producer(&config, NULL, &conf, &err), OUTCOME_FATAL);
    assert_null(strstr(err.text, "hush"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_goes_where_java_sends_it),
        cmocka_unit_test(errors_say_what_to_do_next),
        cmocka_unit_test(a_transaction_outlives_its_records_and_its_requests),
        cmocka_unit_test(settings_that_contradict_each_other_make_no_client),
        cmocka_unit_test(a_reader_reads_what_is_committed_unless_told),
        cmocka_unit_test(the_users_settings_come_last),
        cmocka_unit_test(a_bad_setting_is_named_without_its_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
