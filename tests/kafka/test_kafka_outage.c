/* SPDX-License-Identifier: Apache-2.0
 *
 * What every client does while Kafka is gone and when it is back. The broker is killed with
 * SIGKILL in the middle of a transaction, so this program starts one of its own.
 */
#include "tests/support/test.h"

#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/kafka_producer.h"
#include "base/kafka_transactor.h"
#include "tests/support/kafka.h"

extern char **environ;

static int64_t now_ms(void)
{
    return clock_mono_ms(clock_system());
}

static void run_script(const char *verb)
{
    char script[] = "tests/support/kafka.sh";
    char word[16];
    char folder[512];
    char *arguments[] = {script, word, folder, NULL};
    pid_t child;
    int status = -1;

    (void)snprintf(word, sizeof(word), "%s", verb);
    (void)snprintf(folder, sizeof(folder), "%s", getenv("RELAIS_KAFKA_OUTAGE"));
    assert_int_equal(posix_spawn(&child, script, NULL, NULL, arguments, environ), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void kill_broker(void)
{
    char path[600];
    char text[32] = "";
    FILE *file;
    int64_t pid = 0;

    (void)snprintf(path, sizeof(path), "%s/data/kafka.pid", getenv("RELAIS_KAFKA_OUTAGE"));
    file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof(text), file));
    (void)fclose(file);
    text[strcspn(text, "\n")] = '\0';
    assert_true(bytes_to_int64(bytes_of_text(text), &pid) && pid > 1);
    assert_int_equal(kill((pid_t)pid, SIGKILL), 0);
}

static void on_assigned(void *context, const int32_t *partitions, size_t count,
                        rd_kafka_consumer_group_metadata_t *group)
{
    (void)partitions;
    *(size_t *)context = count;
    rd_kafka_consumer_group_metadata_destroy(group);
}

static void on_revoked(void *context, bool lost)
{
    (void)lost;
    *(size_t *)context = 0;
}

static struct kafka_consumer *join(const char *anchor, size_t *tasks)
{
    struct kafka_config config = test_kafka();
    const struct kafka_anchor_callbacks callbacks = {on_assigned, on_revoked, tasks};
    struct kafka_consumer *consumer = NULL;
    struct error err = {0};

    *tasks = 0;
    if (kafka_consumer_open_anchor(&config, "workers", "worker-0", anchor, &callbacks, &consumer,
                                   &err))
        fail_msg("%s", err.text);
    return consumer;
}

/* Polls until the outcome or the number of tasks is as wanted. */
static void poll_until(struct kafka_consumer *consumer, enum outcome wanted, const size_t *tasks)
{
    int64_t deadline_ms = now_ms() + 20000;

    while (now_ms() < deadline_ms) {
        enum kafka_event event = KAFKA_NOTHING;
        struct kafka_message message = {0};
        enum outcome outcome = kafka_consumer_poll(consumer, 50, &event, &message, NULL);

        assert_int_not_equal(outcome, OUTCOME_FATAL);
        if (outcome == wanted && (!tasks || *tasks == 1))
            return;
    }
    fail_msg("outcome %d never came", (int)wanted);
}

static void write_one(struct kafka_transactor *transactor, const char *topic)
{
    const struct kafka_record record = {.topic = topic, .partition = 0};
    struct error err = {0};

    assert_int_equal(kafka_transactor_begin(transactor, &err), OUTCOME_OK);
    assert_int_equal(kafka_transactor_produce(transactor, &record, &err), OUTCOME_OK);
}

static void close_in_time(struct kafka_consumer *consumer)
{
    int64_t began = now_ms();

    kafka_consumer_close(consumer);
    assert_in_range(now_ms() - began, 0, 6500);
}

static void an_outage_is_retry_everywhere_and_ends_well(void **state)
{
    struct kafka_config config = test_kafka();
    CLEANUP(kafka_transactor_freep)
    struct kafka_transactor *transactor = kafka_transactor_new(&config, "tx");
    CLEANUP(kafka_producer_closep) struct kafka_producer *producer = NULL;
    struct kafka_consumer *consumer;
    char topic[TEST_NAME_SIZE];
    struct kafka_record record = {.partition = 0};
    enum outcome result;
    struct error err = {0};
    size_t tasks = 0;
    int64_t began;

    (void)state;
    record.topic = test_kafka_topic("outage", 1, topic);
    assert_int_equal(kafka_producer_open(&config, &producer, &err), OUTCOME_OK);
    assert_int_equal(kafka_producer_send(producer, &record, 1, 5000, &result, &err), OUTCOME_OK);
    assert_int_equal(kafka_transactor_init(transactor, 20000, &err), OUTCOME_OK);
    write_one(transactor, topic);
    assert_int_equal(kafka_transactor_commit(transactor, &err), OUTCOME_OK);
    consumer = join(topic, &tasks);
    poll_until(consumer, OUTCOME_OK, &tasks);

    write_one(transactor, topic);
    kill_broker();
    began = now_ms();
    assert_int_equal(kafka_producer_send(producer, &record, 1, 500, &result, &err), OUTCOME_RETRY);
    assert_in_range(now_ms() - began, 400, 3500);
    poll_until(consumer, OUTCOME_RETRY, NULL);
    close_in_time(consumer);
    close_in_time(join(topic, &tasks));
    began = now_ms();
    assert_int_equal(kafka_transactor_commit(transactor, &err), OUTCOME_RETRY);
    assert_in_range(now_ms() - began, 0, 20000);

    run_script("again");
    assert_int_equal(kafka_transactor_init(transactor, 20000, &err), OUTCOME_OK);
    assert_int_equal(test_kafka_count(topic, 0, false), 2);
    write_one(transactor, topic);
    assert_int_equal(kafka_transactor_commit(transactor, &err), OUTCOME_OK);
    assert_int_equal(kafka_producer_send(producer, &record, 1, 10000, &result, &err), OUTCOME_OK);
    assert_int_equal(test_kafka_count(topic, 0, false), 4);
    consumer = join(topic, &tasks);
    poll_until(consumer, OUTCOME_OK, &tasks);
    close_in_time(consumer);
}

static int start_own(void **state)
{
    char path[600];

    (void)state;
    if (!getenv("RELAIS_KAFKA_OUTAGE"))
        return -1;
    run_script("start");
    (void)snprintf(path, sizeof(path), "%s/address", getenv("RELAIS_KAFKA_OUTAGE"));
    return setenv("RELAIS_KAFKA_ADDRESS", path, 1);
}

static int stop_own(void **state)
{
    (void)state;
    run_script("stop");
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_outage_is_retry_everywhere_and_ends_well),
    };

    return cmocka_run_group_tests(tests, start_own, stop_own);
}
