/* SPDX-License-Identifier: Apache-2.0
 *
 * Tasks that move between workers and processes: shared, left by a crash, taken from a
 * process that slept and wakes as a zombie.
 */
#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "broker/inputs.h"
#include "tests/support/deployment.h"
#include "tests/support/world.h"

#define MOST 200
/* Beyond the group's session time-out of 6 s: the others have its tasks by then. */
#define ASLEEP_MS 9000
#define DUE_SOON_US (4 * INT64_C(1000000))

/* Hand-overs from `first` on, each issued once, and how often each was heard of. */
struct traffic {
    struct deployment *deployment;
    struct reading inbox;
    int first, issued, heard;
    uint8_t seen[MOST];
};

static void begin(struct traffic *t, struct deployment *d)
{
    *t = (struct traffic){
        .deployment = d, .inbox = deployment_read(d, TOPIC_INBOX, 1), .first = d->next_handoff + 1};
}

static void issue(struct traffic *t, int count)
{
    for (int i = 0; i < count; i++) {
        assert_true(t->issued < MOST);
        deployment_put(
            t->deployment, 0,
            deployment_issue(t->deployment, deployment_new_handoff(t->deployment), 0, 1));
        t->issued++;
    }
}

static void note(struct traffic *t, const struct event *event)
{
    for (int i = 0; i < t->issued; i++) {
        if (uuid_equal(event->envelope.handoff_id, world_id("handoff", t->first + i))) {
            assert_int_equal(t->seen[i]++, 0);
            t->heard++;
        }
    }
}

/* Until all that was issued was heard of. */
static void hear_all(struct traffic *t)
{
    struct event heard;

    while (t->heard < t->issued && deployment_next(&t->inbox, 0, DEPLOYMENT_WAIT_MS, &heard)) {
        note(t, &heard);
    }
    assert_int_equal(t->heard, t->issued);
}

/* Whoever was late says nothing more. */
static void finish(struct traffic *t)
{
    struct event heard;

    hear_all(t);
    while (deployment_next(&t->inbox, 0, 2000, &heard)) {
        note(t, &heard);
    }
    kafka_consumer_close(t->inbox.consumer);
}

/* A hand-over a moment for so long. */
static void go_on(struct traffic *t, int64_t for_ms, int count)
{
    CLEANUP(waiter_freep) struct waiter *waiter = waiter_new();

    for (int i = 0; i < count; i++) {
        issue(t, 1);
        assert_true(waiter_wait_ms(waiter, (int32_t)(for_ms / count)));
    }
}

static const char *folder_of(const struct deployment *d, const char *name, char text[96])
{
    (void)snprintf(text, 96, "%s-%s", d->state, name);
    return text;
}

static void remove_folders(const struct deployment *d)
{
    char command[224];

    (void)snprintf(command, sizeof(command), "rm -rf %s-one %s-two", d->state, d->state);
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): names of our own */
}

/* Two processes that share the tasks, and have begun. */
static void spawn_two(struct deployment *d, struct traffic *t, pid_t ret_pids[2])
{
    char folder[96];

    deployment_stop(d);
    ret_pids[0] = deployment_spawn(d, "one", folder_of(d, "one", folder));
    ret_pids[1] = deployment_spawn(d, "two", folder_of(d, "two", folder));
    begin(t, d);
    issue(t, 20);
    hear_all(t);
    go_on(t, 1000, 10);
}

static void workers_of_one_process_share_the_tasks_and_may_be_more_than_those(void **state)
{
    struct deployment *d = *state;
    struct traffic t;

    deployment_stop(d);
    deployment_start(d, DEPLOYMENT_PARTITIONS + 1);
    begin(&t, d);
    issue(&t, 60);
    hear_all(&t);
    deployment_stop(d);
    deployment_start(d, 1);
    issue(&t, 20);
    finish(&t);
}

static void a_process_that_is_killed_leaves_its_tasks_to_the_other(void **state)
{
    struct deployment *d = *state;
    struct traffic t;
    pid_t pids[2];

    spawn_two(d, &t, pids);
    issue(&t, 30);
    deployment_end(pids[0], SIGKILL, -1);
    go_on(&t, 2000, 30);
    finish(&t);
    deployment_end(pids[1], SIGTERM, 0);
    remove_folders(d);
}

/* Stopped while a batch may be open; its tasks are taken over and worked on; then it wakes,
 * with what it had read before and a transaction that was fenced. */
static void a_process_that_slept_beyond_its_session_doubles_nothing(void **state)
{
    struct deployment *d = *state;
    struct traffic t;
    pid_t pids[2];

    spawn_two(d, &t, pids);
    issue(&t, 40);
    assert_int_equal(kill(pids[0], SIGSTOP), 0);
    go_on(&t, ASLEEP_MS, 40);
    hear_all(&t);
    assert_int_equal(kill(pids[0], SIGCONT), 0);
    go_on(&t, 3000, 40);
    finish(&t);
    deployment_end(pids[0], SIGTERM, 0);
    deployment_end(pids[1], SIGTERM, 0);
    remove_folders(d);
}

static int notices_of(struct reading *reading, int first, int count, int wait_ms)
{
    struct event heard;
    int notices = 0;
    uint8_t seen[MOST] = {0};

    while (notices < count && deployment_next(reading, 0, wait_ms, &heard)) {
        for (int i = 0; heard.type == EVENT_NOTICE && i < count; i++) {
            if (uuid_equal(heard.envelope.handoff_id, world_id("handoff", first + i))) {
                assert_int_equal(seen[i]++, 0);
                notices++;
            }
        }
    }
    return notices;
}

/* Nothing comes in: only deadlines fall due, while it sleeps. They are the other's to see to;
 * it wakes and finds them due as well, and its transaction is fenced all the same. */
static void a_sleeper_that_wakes_with_due_deadlines_and_no_input_says_nothing(void **state)
{
    struct deployment *d = *state;
    CLEANUP(waiter_freep) struct waiter *waiter = waiter_new();
    struct traffic t;
    struct reading issuers;
    struct event heard;
    pid_t pids[2];
    int first;

    spawn_two(d, &t, pids);
    hear_all(&t);
    issuers = deployment_read(d, TOPIC_INBOX, 0);
    first = d->next_handoff + 1;
    for (int i = 0; i < 12; i++) {
        deployment_put_old(d, 0, deployment_issue(d, deployment_new_handoff(d), 0, 1),
                           10 * WORLD_DAY - DUE_SOON_US);
    }
    assert_true(waiter_wait_ms(waiter, 1500)); /* they are known, and not due yet */
    assert_int_equal(kill(pids[0], SIGSTOP), 0);
    assert_int_equal(notices_of(&issuers, first, 12, DEPLOYMENT_WAIT_MS), 12);
    assert_int_equal(kill(pids[0], SIGCONT), 0);
    while (deployment_next(&issuers, 0, 4000, &heard)) {
        assert_int_not_equal(heard.type, EVENT_NOTICE);
    }
    kafka_consumer_close(issuers.consumer);
    kafka_consumer_close(t.inbox.consumer);
    deployment_end(pids[0], SIGTERM, 0);
    deployment_end(pids[1], SIGTERM, 0);
    remove_folders(d);
}

/* ---- Where to go on ------------------------------------------------------------------- */

static int64_t added(struct inputs *inputs, struct kafka_consumer *consumer, const char *topic)
{
    struct error err = {0};

    inputs_clear(inputs);
    assert_int_equal(inputs_add(inputs, consumer, 1, &err), OUTCOME_OK);
    return inputs_find(inputs, topic, 1)->next;
}

/* As a Kafka that was killed answers before it has read all that was committed. */
static void a_worker_does_not_go_back_to_what_was_committed_long_ago(void **state)
{
    struct deployment *d = *state;
    struct directory_entry entry;
    char topic[TOPIC_NAME_SIZE];
    char group[TEST_NAME_SIZE];
    struct error err = {0};
    CLEANUP(kafka_consumer_closep) struct kafka_consumer *consumer = NULL;
    CLEANUP(operators_freep) struct operators *operators = operators_new(DEPLOYMENT_PARTITIONS);
    CLEANUP(inputs_freep) struct inputs *inputs = inputs_new(operators, DEPLOYMENT_PARTITIONS);
    CLEANUP(directory_unrefp) struct directory *directory = NULL;

    record_init(&directory_table, &entry);
    entry.kind = (int32_t)DIRECTORY_OPERATOR;
    entry.code = bytes_of_text(d->codes[0]);
    directory = directory_new(&entry, 1);
    topics_name(TOPIC_OUTBOX, d->codes[0], topic);
    assert_int_equal(
        kafka_consumer_open(&d->kafka, test_kafka_name("group", group), false, &consumer, &err),
        OUTCOME_OK);
    assert_int_equal(operators_look(operators, consumer, directory, 0, &err), OUTCOME_OK);
    assert_false(inputs_prune(inputs));
    assert_int_equal(kafka_consumer_commit(consumer, topic, 1, 5, &err), OUTCOME_OK);
    assert_int_equal(added(inputs, consumer, topic), 5);
    inputs_find(inputs, topic, 1)->next = 9;
    assert_int_equal(added(inputs, consumer, topic), 5); /* decided, not committed */
    inputs_find(inputs, topic, 1)->next = 7;
    inputs_find(inputs, topic, 1)->touched = true;
    inputs_settle(inputs);
    assert_int_equal(added(inputs, consumer, topic), 7);
    assert_int_equal(kafka_consumer_commit(consumer, topic, 1, 8, &err), OUTCOME_OK);
    assert_int_equal(added(inputs, consumer, topic), 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workers_of_one_process_share_the_tasks_and_may_be_more_than_those),
        cmocka_unit_test(a_process_that_is_killed_leaves_its_tasks_to_the_other),
        cmocka_unit_test(a_process_that_slept_beyond_its_session_doubles_nothing),
        cmocka_unit_test(a_worker_does_not_go_back_to_what_was_committed_long_ago),
        cmocka_unit_test(a_sleeper_that_wakes_with_due_deadlines_and_no_input_says_nothing),
    };

    return cmocka_run_group_tests(tests, deployment_setup, deployment_teardown);
}
