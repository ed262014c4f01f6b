/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules of DESIGN.md "Anchor" against a real group coordinator. Started with the argument
 * "worker", this program is a member of the group that the test kills.
 */
#include "tests/support/test.h"

#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/kafka_producer.h"
#include "base/kafka_transactor.h"
#include "tests/support/kafka.h"

#define TASKS 4
#define JOIN_MS 20000

extern char **environ;

static int64_t now_ms(void)
{
    return clock_mono_ms(clock_system());
}

struct worker {
    struct kafka_consumer *consumer;
    int32_t tasks[TASKS];
    size_t count;
    int assigned; /* callbacks so far */
    int revoked;
    rd_kafka_consumer_group_metadata_t *group;
};

static void on_assigned(void *context, const int32_t *partitions, size_t count,
                        rd_kafka_consumer_group_metadata_t *group)
{
    struct worker *worker = context;

    for (size_t i = 0; i < count; i++)
        worker->tasks[i] = partitions[i];
    worker->count = count;
    worker->assigned++;
    if (worker->group)
        rd_kafka_consumer_group_metadata_destroy(worker->group);
    worker->group = group;
}

static void on_revoked(void *context, bool lost)
{
    struct worker *worker = context;

    (void)lost;
    worker->count = 0;
    worker->revoked++;
}

static void worker_open(struct worker *worker, const char *group, const char *instance,
                        const char *anchor)
{
    struct kafka_config config = test_kafka();
    const struct kafka_anchor_callbacks callbacks = {on_assigned, on_revoked, worker};
    struct error err = {0};

    *worker = (struct worker){0};
    if (kafka_consumer_open_anchor(&config, group, instance, anchor, &callbacks, &worker->consumer,
                                   &err))
        fail_msg("%s", err.text);
}

static void worker_close(struct worker *worker)
{
    kafka_consumer_close(worker->consumer);
    if (worker->group)
        rd_kafka_consumer_group_metadata_destroy(worker->group);
    worker->consumer = NULL;
    worker->group = NULL;
}

static enum outcome worker_poll(struct worker *worker)
{
    enum kafka_event event = KAFKA_NOTHING;
    struct kafka_message message = {0};
    enum outcome outcome = kafka_consumer_poll(worker->consumer, 20, &event, &message, NULL);

    if (!outcome && event == KAFKA_MESSAGE)
        kafka_message_free(&message);
    return outcome;
}

/* Polls both until `first` has `tasks` tasks and `second`, if any, the others. */
static void settle(struct worker *first, struct worker *second, size_t tasks)
{
    int64_t deadline_ms = now_ms() + JOIN_MS;

    while (now_ms() < deadline_ms) {
        assert_int_not_equal(worker_poll(first), OUTCOME_FATAL);
        if (second)
            assert_int_not_equal(worker_poll(second), OUTCOME_FATAL);
        if (first->count == tasks && (!second || second->count == TASKS - tasks))
            return;
    }
    fail_msg("%zu tasks instead of %zu", first->count, tasks);
}

static void two_workers_never_share_a_task(void **state)
{
    char anchor[TEST_NAME_SIZE];
    char group[TEST_NAME_SIZE];
    struct worker one;
    struct worker two;
    bool owned[TASKS] = {false};

    (void)state;
    test_kafka_topic("anchor", TASKS, anchor);
    worker_open(&one, test_kafka_name("group", group), NULL, anchor);
    settle(&one, NULL, TASKS);
    worker_open(&two, group, NULL, anchor);
    settle(&one, &two, TASKS / 2);
    for (size_t i = 0; i < 2; i++) {
        assert_false(owned[one.tasks[i]]);
        owned[one.tasks[i]] = true;
        assert_false(owned[two.tasks[i]]);
        owned[two.tasks[i]] = true;
    }
    /* A worker that leaves hands its tasks over at once, and its callback hears of it. */
    worker_close(&two);
    assert_true(two.revoked > 0);
    assert_int_equal(two.count, 0);
    settle(&one, NULL, TASKS);
    worker_close(&one);
}

static void a_worker_reads_what_it_assigns_itself(void **state)
{
    struct kafka_config config = test_kafka();
    CLEANUP(kafka_producer_closep) struct kafka_producer *producer = NULL;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(TASKS);
    char anchor[TEST_NAME_SIZE];
    char outbox[TEST_NAME_SIZE];
    char group[TEST_NAME_SIZE];
    struct worker worker;
    struct error err = {0};

    (void)state;
    test_kafka_topic("anchor", TASKS, anchor);
    test_kafka_topic("outbox", TASKS, outbox);
    assert_int_equal(kafka_producer_open(&config, &producer, &err), OUTCOME_OK);
    for (int32_t i = 0; i < TASKS * 5; i++) {
        const struct kafka_record record = {.topic = outbox, .partition = i % TASKS};
        enum outcome result;

        assert_int_equal(kafka_producer_send(producer, &record, 1, 5000, &result, &err),
                         OUTCOME_OK);
    }
    worker_open(&worker, test_kafka_name("group", group), NULL, anchor);
    settle(&worker, NULL, TASKS);
    for (size_t i = 0; i < worker.count; i++)
        rd_kafka_topic_partition_list_add(list, outbox, worker.tasks[i])->offset =
            RD_KAFKA_OFFSET_INVALID;
    assert_int_equal(kafka_consumer_assign_list(worker.consumer, list, &err), OUTCOME_OK);
    assert_int_equal(test_kafka_drain(worker.consumer, TASKS * 5, 5000), TASKS * 5);
    assert_int_equal(test_kafka_drain(worker.consumer, 1, 300), 0);
    rd_kafka_topic_partition_list_destroy(list);
    worker_close(&worker);
}

static enum outcome transact(struct kafka_transactor *transactor, const char *topic,
                             rd_kafka_consumer_group_metadata_t *group)
{
    rd_kafka_topic_partition_list_t *offsets = rd_kafka_topic_partition_list_new(1);
    const struct kafka_record record = {.topic = topic, .partition = 0};
    struct error err = {0};
    enum outcome outcome = kafka_transactor_begin(transactor, &err);

    rd_kafka_topic_partition_list_add(offsets, topic, 0)->offset = 1;
    if (!outcome)
        outcome = kafka_transactor_produce(transactor, &record, &err);
    if (!outcome)
        outcome = kafka_transactor_send_offsets(transactor, offsets, group, &err);
    if (!outcome)
        outcome = kafka_transactor_commit(transactor, &err);
    rd_kafka_topic_partition_list_destroy(offsets);
    return outcome;
}

static void a_zombies_transaction_is_refused(void **state)
{
    struct kafka_config config = test_kafka();
    CLEANUP(kafka_transactor_freep) struct kafka_transactor *transactor = NULL;
    rd_kafka_consumer_group_metadata_t *old;
    char anchor[TEST_NAME_SIZE];
    char outbox[TEST_NAME_SIZE];
    char group[TEST_NAME_SIZE];
    char id[TEST_NAME_SIZE];
    struct worker one;
    struct worker two;
    struct error err = {0};

    (void)state;
    test_kafka_topic("anchor", TASKS, anchor);
    test_kafka_topic("outbox", 1, outbox);
    transactor = kafka_transactor_new(&config, test_kafka_name("tx", id));
    assert_int_equal(kafka_transactor_init(transactor, 20000, &err), OUTCOME_OK);
    worker_open(&one, test_kafka_name("group", group), NULL, anchor);
    settle(&one, NULL, TASKS);
    assert_int_equal(transact(transactor, outbox, one.group), OUTCOME_OK);
    assert_int_equal(test_kafka_count(outbox, 0, false), 1);
    old = TAKE(one.group);
    worker_open(&two, group, NULL, anchor);
    settle(&one, &two, TASKS / 2);
    /* The metadata of the assignment before: nothing of it becomes visible. */
    assert_int_equal(transact(transactor, outbox, old), OUTCOME_RETRY);
    assert_int_equal(test_kafka_count(outbox, 0, false), 1);
    /* The next try of the zombie is refused as well, and a worker of today is not. */
    assert_int_equal(kafka_transactor_init(transactor, 20000, &err), OUTCOME_OK);
    assert_int_equal(transact(transactor, outbox, old), OUTCOME_RETRY);
    assert_int_equal(kafka_transactor_init(transactor, 20000, &err), OUTCOME_OK);
    assert_int_equal(transact(transactor, outbox, one.group), OUTCOME_OK);
    assert_int_equal(test_kafka_count(outbox, 0, false), 2);
    assert_false(kafka_transactor_was_fenced(transactor));
    rd_kafka_consumer_group_metadata_destroy(old);
    worker_close(&two);
    worker_close(&one);
}

static void a_twin_is_known_by_its_fenced_name(void **state)
{
    char anchor[TEST_NAME_SIZE];
    char group[TEST_NAME_SIZE];
    struct worker one;
    struct worker two;
    enum outcome outcome = OUTCOME_OK;
    int64_t deadline_ms = now_ms() + JOIN_MS;

    (void)state;
    test_kafka_topic("anchor", TASKS, anchor);
    worker_open(&one, test_kafka_name("group", group), "instance-1", anchor);
    settle(&one, NULL, TASKS);
    worker_open(&two, group, "instance-1", anchor);
    while (outcome != OUTCOME_FATAL && now_ms() < deadline_ms) {
        outcome = worker_poll(&one);
        assert_int_not_equal(worker_poll(&two), OUTCOME_FATAL);
    }
    assert_int_equal(outcome, OUTCOME_FATAL);
    assert_true(kafka_consumer_was_fenced(one.consumer));
    assert_false(kafka_consumer_was_fenced(two.consumer));
    settle(&two, NULL, TASKS);
    worker_close(&one);
    worker_close(&two);
}

/* The child of the next test: joins and polls until it is killed. */
static int be_a_worker(const char *group, const char *anchor)
{
    struct worker worker;

    worker_open(&worker, group, "child", anchor);
    while (worker_poll(&worker) != OUTCOME_FATAL)
        ;
    return 1;
}

static void a_killed_workers_tasks_move_after_its_session(void **state)
{
    char anchor[TEST_NAME_SIZE];
    char group[TEST_NAME_SIZE];
    char program[] = "/proc/self/exe";
    char role[] = "worker";
    char *arguments[] = {program, role, group, anchor, NULL};
    struct worker one;
    int64_t killed;
    pid_t child;

    (void)state;
    test_kafka_topic("anchor", TASKS, anchor);
    worker_open(&one, test_kafka_name("group", group), "parent", anchor);
    settle(&one, NULL, TASKS);
    assert_int_equal(posix_spawn(&child, program, NULL, NULL, arguments, environ), 0);
    settle(&one, NULL, TASKS / 2);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    killed = now_ms();
    settle(&one, NULL, TASKS);
    assert_in_range(now_ms() - killed, 3000, 12000);
    worker_close(&one);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_workers_never_share_a_task),
        cmocka_unit_test(a_worker_reads_what_it_assigns_itself),
        cmocka_unit_test(a_zombies_transaction_is_refused),
        cmocka_unit_test(a_twin_is_known_by_its_fenced_name),
        cmocka_unit_test(a_killed_workers_tasks_move_after_its_session),
    };

    if (argc == 4 && strcmp(argv[1], "worker") == 0)
        return be_a_worker(argv[2], argv[3]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
