/* SPDX-License-Identifier: Apache-2.0
 *
 * Several brokers and one Kafka: killed, sharing, and by mistake under one name.
 */
#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "broker/membership.h"
#include "tests/support/deployment.h"
#include "tests/support/world.h"

#define KILL_EVENTS 400

static int64_t now_ms(void)
{
    return clock_mono_ms(clock_system());
}

static void killed_at_any_moment_nothing_is_lost_or_doubled(void **state)
{
    struct deployment *d = *state;
    struct reading inbox = deployment_read(d, TOPIC_INBOX, 1);
    int first = d->next_handoff + 1;
    uint8_t *seen = xcalloc(KILL_EVENTS, 1);
    struct event heard;
    pid_t pid;
    int count = 0;

    deployment_stop(d);
    pid = deployment_spawn(d, "test", d->state);
    for (int i = 0; i < KILL_EVENTS; i++) {
        deployment_put(d, 0, deployment_issue(d, deployment_new_handoff(d), 0, 1));
        if (i % 130 == 90) {
            deployment_end(pid, SIGKILL, -1);
            pid = deployment_spawn(d, "test", d->state);
        }
        if (i % 7 == 0) { /* an outbox may hold it twice */
            deployment_put(d, 0, deployment_issue(d, d->next_handoff, 0, 1));
        }
    }
    while (count < KILL_EVENTS && deployment_next(&inbox, 0, DEPLOYMENT_WAIT_MS, &heard)) {
        for (int i = 0; i < KILL_EVENTS; i++) {
            if (uuid_equal(heard.envelope.handoff_id, world_id("handoff", first + i))) {
                assert_int_equal(seen[i]++, 0);
                count++;
            }
        }
    }
    assert_int_equal(count, KILL_EVENTS);
    assert_false(deployment_next(&inbox, 0, 1000, &heard));
    deployment_end(pid, SIGTERM, 0);
    kafka_consumer_close(inbox.consumer);
    free(seen);
}

static void other_folder(const struct deployment *d, char folder[80])
{
    (void)snprintf(folder, 80, "%s-other", d->state);
}

static void remove_other(const struct deployment *d)
{
    char command[128];

    (void)snprintf(command, sizeof(command), "rm -rf %s-other", d->state);
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): a name of our own */
}

/* Tasks move to a second instance and back while hand-overs pass. */
static void a_second_instance_takes_its_share_and_gives_it_back(void **state)
{
    struct deployment *d = *state;
    struct reading inbox = deployment_read(d, TOPIC_INBOX, 1);
    int first = d->next_handoff + 1;
    char folder[80];
    struct event heard;
    pid_t pid;
    int counts[150] = {0};
    int count = 0;

    deployment_ensure(d);
    other_folder(d, folder);
    pid = deployment_spawn(d, "other", folder);
    for (int i = 0; i < 150; i++) {
        deployment_put(d, 0, deployment_issue(d, deployment_new_handoff(d), 0, 1));
        if (i % 50 == 40) { /* lets the group settle around it */
            while (count < i - 10 && deployment_next(&inbox, 0, DEPLOYMENT_WAIT_MS, &heard)) {
                for (int j = 0; j < 150; j++) {
                    bool it = uuid_equal(heard.envelope.handoff_id, world_id("handoff", first + j));

                    count += it;
                    counts[j] += it;
                }
            }
        }
        if (i == 100) {
            deployment_end(pid, SIGTERM, 0);
        }
    }
    while (count < 150 && deployment_next(&inbox, 0, DEPLOYMENT_WAIT_MS, &heard)) {
        for (int j = 0; j < 150; j++) {
            bool it = uuid_equal(heard.envelope.handoff_id, world_id("handoff", first + j));

            count += it;
            counts[j] += it;
        }
    }
    assert_false(deployment_next(&inbox, 0, 1000, &heard));
    for (int j = 0; j < 150; j++) {
        assert_int_equal(counts[j], 1);
    }
    kafka_consumer_close(inbox.consumer);
    remove_other(d);
}

static void a_twin_is_noticed_and_one_of_the_two_ends(void **state)
{
    struct deployment *d = *state;
    CLEANUP(waiter_freep) struct waiter *waiter = waiter_new();
    struct error why = {0};
    char folder[80];
    int64_t end_ms = now_ms() + DEPLOYMENT_WAIT_MS;
    pid_t pid;

    deployment_ensure(d);
    other_folder(d, folder);
    pid = deployment_spawn(d, "test", folder);
    while (!broker_failed(d->broker, &why) && now_ms() < end_ms) {
        assert_true(waiter_wait_ms(waiter, 50));
    }
    assert_non_null(strstr(why.text, "--instance"));
    deployment_end(pid, SIGTERM, 0);
    deployment_stop(d);
    remove_other(d);
}

/* ---- Kafka goes away ---------------------------------------------------------------------- */

/* The folder of the run's Kafka, from the address file in it. */
static void kafka_folder(char folder[256])
{
    (void)snprintf(folder, 256, "%s", getenv("RELAIS_KAFKA_ADDRESS"));
    *strrchr(folder, '/') = '\0';
}

static void signal_kafka(int number)
{
    char folder[256];
    char path[300];
    long pid = 0;
    FILE *file;

    kafka_folder(folder);
    (void)snprintf(path, sizeof(path), "%s/data/kafka.pid", folder);
    file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%ld", &pid), 1); /* NOLINT(cert-err34-c) */
    (void)fclose(file);
    assert_true(pid > 1);
    assert_int_equal(kill((pid_t)pid, number), 0);
}

static void start_kafka_again(void)
{
    char folder[256];
    char command[320];

    kafka_folder(folder);
    (void)snprintf(command, sizeof(command), "tests/support/kafka.sh again %s", folder);
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): a name of our own */
}

static void a_kafka_that_is_killed_is_waited_for(void **state)
{
    struct deployment *d = *state;
    CLEANUP(waiter_freep) struct waiter *waiter = waiter_new();
    struct reading inbox;
    struct event heard;
    struct error why;
    int first = d->next_handoff + 1;
    int seen[60] = {0};
    int count = 0;

    deployment_ensure(d);
    for (int i = 0; i < 30; i++) {
        deployment_put(d, 0, deployment_issue(d, deployment_new_handoff(d), 0, 1));
    }
    signal_kafka(SIGKILL);
    assert_true(waiter_wait_ms(waiter, 5000));
    start_kafka_again();
    for (int i = 0; i < 30; i++) {
        deployment_put(d, 0, deployment_issue(d, deployment_new_handoff(d), 0, 1));
    }
    inbox = deployment_read(d, TOPIC_INBOX, 1);
    while (count < 60 && deployment_next(&inbox, 0, 2 * DEPLOYMENT_WAIT_MS, &heard)) {
        for (int i = 0; i < 60; i++) {
            if (uuid_equal(heard.envelope.handoff_id, world_id("handoff", first + i))) {
                assert_int_equal(seen[i]++, 0);
                count++;
            }
        }
    }
    assert_int_equal(count, 60);
    assert_false(deployment_next(&inbox, 0, 1000, &heard));
    assert_false(broker_failed(d->broker, &why));
    kafka_consumer_close(inbox.consumer);
}

static void wait_for_readiness(struct deployment *d, int32_t expected)
{
    CLEANUP(waiter_freep) struct waiter *waiter = waiter_new();
    int64_t end_ms = now_ms() + DEPLOYMENT_WAIT_MS;
    struct bytes body;

    while (deployment_get(d, "/readyz", &body) != expected && now_ms() < end_ms)
        assert_true(waiter_wait_ms(waiter, 100));
    assert_int_equal(deployment_get(d, "/readyz", &body), expected);
}

/* One of three has no task, and no commit that would show that Kafka is well again. */
static void a_worker_without_tasks_is_ready_again_after_an_outage(void **state)
{
    struct deployment *d = *state;

    deployment_stop(d);
    deployment_start(d, DEPLOYMENT_PARTITIONS + 1);
    wait_for_readiness(d, 200);
    signal_kafka(SIGKILL);
    wait_for_readiness(d, 503);
    start_kafka_again();
    wait_for_readiness(d, 200);
    deployment_stop(d);
}

struct place {
    struct membership *membership;
    size_t given;
};

static void on_given(void *context, const int32_t *partitions, size_t count,
                     rd_kafka_consumer_group_metadata_t *group)
{
    struct place *place = context;

    (void)partitions;
    rd_kafka_consumer_group_metadata_destroy(group);
    place->given = count;
}

static void on_taken(void *context, bool lost)
{
    struct place *place = context;

    (void)lost;
    place->given = 0;
}

/* The first outcome that is not OK, or OK once something is given. */
static enum outcome poll_until_given(struct place *place, struct error *err)
{
    int64_t end_ms = now_ms() + DEPLOYMENT_WAIT_MS;
    enum outcome outcome = OUTCOME_OK;

    while (outcome == OUTCOME_OK && place->given == 0 && now_ms() < end_ms) {
        struct kafka_message message = {0};
        enum kafka_event event = KAFKA_NOTHING;

        outcome = membership_poll(place->membership, 100, &event, &message, err);
        if (outcome == OUTCOME_OK && event == KAFKA_MESSAGE)
            kafka_message_free(&message);
    }
    return outcome;
}

static void open_place(const struct deployment *d, struct place *place)
{
    const struct membership_options options = {.kafka = &d->kafka,
                                               .name = "relais-broker-forgotten-0",
                                               .clock = clock_system(),
                                               .callbacks = {on_given, on_taken, place}};
    struct error err = {0};

    assert_int_equal(membership_open(&options, &place->membership, &err), OUTCOME_OK);
    assert_int_equal(poll_until_given(place, &err), OUTCOME_OK);
    assert_true(place->given > 0);
}

/* A worker is busy when its session ends without Kafka, and Kafka is back before it has polled:
 * librdkafka's heartbeat goes out without a member id. Nobody is a twin. */
static void be_forgotten(struct place *place)
{
    CLEANUP(waiter_freep) struct waiter *waiter = waiter_new();
    int64_t end_ms;
    struct error err = {0};

    signal_kafka(SIGKILL);
    assert_true(waiter_wait_ms(waiter, 7000));
    start_kafka_again();
    end_ms = now_ms() + DEPLOYMENT_WAIT_MS;
    while (!kafka_consumer_was_fenced(membership_consumer(place->membership)) && now_ms() < end_ms)
        assert_true(waiter_wait_ms(waiter, 50));
    assert_true(kafka_consumer_was_fenced(membership_consumer(place->membership)));
    place->given = 0;
    assert_int_equal(poll_until_given(place, &err), OUTCOME_FATAL);
}

static void a_member_that_librdkafka_forgot_joins_again(void **state)
{
    struct deployment *d = *state;
    struct place place = {0};
    struct error err = {0};

    deployment_ensure(d); /* its topics */
    deployment_stop(d);
    open_place(d, &place);
    for (int i = 0; i < 2; i++) { /* however often within a minute */
        be_forgotten(&place);
        assert_int_equal(membership_join_again(place.membership, &err), OUTCOME_OK);
        assert_int_equal(poll_until_given(&place, &err), OUTCOME_OK);
        assert_true(place.given > 0);
    }
    membership_close(place.membership);
}

/* Each takes it for its own mistake once: then one of them knows. */
static void two_members_of_one_name_do_not_take_it_from_each_other_for_ever(void **state)
{
    struct deployment *d = *state;
    struct place places[2] = {{0}};
    struct error err = {0};
    int joined_again = 0;
    int i = 0;

    deployment_ensure(d);
    deployment_stop(d);
    open_place(d, &places[0]);
    open_place(d, &places[1]); /* fences the first */
    for (;; i = !i) {
        places[i].given = 0;
        assert_int_equal(poll_until_given(&places[i], &err), OUTCOME_FATAL);
        if (membership_join_again(places[i].membership, &err) != OUTCOME_OK)
            break;
        joined_again++;
        assert_int_equal(poll_until_given(&places[i], &err), OUTCOME_OK);
        assert_true(places[i].given > 0);
    }
    assert_int_equal(joined_again, 2);
    assert_int_equal(i, 0);
    assert_non_null(strstr(err.text, "--instance"));
    membership_close(places[0].membership);
    membership_close(places[1].membership);
}

/* ---- A stop without Kafka ------------------------------------------------------------------ */

#define STOP_EVENTS 300
/* 5 s are promised; the rest is for a machine that does much else. */
#define STOP_MOST_MS 7000

static void let_kafka_come_back(int how_it_went)
{
    if (how_it_went == SIGSTOP)
        signal_kafka(SIGCONT);
    else
        start_kafka_again();
}

/* Waits no longer than is promised: a process that hangs fails here, and leaves no frozen Kafka to
 * the other tests. */
static void end_in_time(pid_t pid, int how_kafka_went)
{
    const struct timespec pause = {.tv_nsec = 20 * 1000000};
    int64_t began_ms = now_ms();
    int status = 0;
    pid_t ended;

    assert_int_equal(kill(pid, SIGTERM), 0);
    while ((ended = waitpid(pid, &status, WNOHANG)) == 0 && now_ms() - began_ms <= STOP_MOST_MS)
        (void)nanosleep(&pause, NULL);
    if (ended == 0) {
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, &status, 0);
    }
    let_kafka_come_back(how_kafka_went);
    if (ended != pid)
        fail_msg("not ended after %d ms", (int)(now_ms() - began_ms));
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* The broker is in the middle of its work when Kafka goes, and is told to stop at once. */
static void stop_without_kafka(struct deployment *d, int how_kafka_goes)
{
    struct reading inbox = deployment_read(d, TOPIC_INBOX, 1);
    int first = d->next_handoff + 1;
    int seen[STOP_EVENTS] = {0};
    struct event heard;
    pid_t pid;
    int count = 0;

    deployment_stop(d);
    pid = deployment_spawn(d, "test", d->state);
    deployment_put(d, 0, deployment_issue(d, deployment_new_handoff(d), 0, 1));
    assert_true(deployment_next(&inbox, first, DEPLOYMENT_WAIT_MS, &heard));
    for (int i = 1; i < STOP_EVENTS; i++)
        deployment_put(d, 0, deployment_issue(d, deployment_new_handoff(d), 0, 1));
    signal_kafka(how_kafka_goes);
    end_in_time(pid, how_kafka_goes);
    kafka_consumer_close(inbox.consumer);
    inbox = deployment_read(d, TOPIC_INBOX, 1);
    pid = deployment_spawn(d, "test", d->state);
    while (count < STOP_EVENTS && deployment_next(&inbox, 0, 2 * DEPLOYMENT_WAIT_MS, &heard)) {
        for (int i = 0; i < STOP_EVENTS; i++) {
            if (uuid_equal(heard.envelope.handoff_id, world_id("handoff", first + i))) {
                assert_int_equal(seen[i]++, 0);
                count++;
            }
        }
    }
    assert_int_equal(count, STOP_EVENTS);
    assert_false(deployment_next(&inbox, 0, 1000, &heard));
    deployment_end(pid, SIGTERM, 0);
    kafka_consumer_close(inbox.consumer);
}

static void with_a_frozen_kafka_the_broker_ends_in_time(void **state)
{
    stop_without_kafka(*state, SIGSTOP);
}

static void with_a_dead_kafka_the_broker_ends_in_time(void **state)
{
    stop_without_kafka(*state, SIGKILL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_at_any_moment_nothing_is_lost_or_doubled),
        cmocka_unit_test(a_second_instance_takes_its_share_and_gives_it_back),
        cmocka_unit_test(a_twin_is_noticed_and_one_of_the_two_ends),
        cmocka_unit_test(a_kafka_that_is_killed_is_waited_for),
        cmocka_unit_test(a_worker_without_tasks_is_ready_again_after_an_outage),
        cmocka_unit_test(a_member_that_librdkafka_forgot_joins_again),
        cmocka_unit_test(two_members_of_one_name_do_not_take_it_from_each_other_for_ever),
        cmocka_unit_test(with_a_frozen_kafka_the_broker_ends_in_time),
        cmocka_unit_test(with_a_dead_kafka_the_broker_ends_in_time),
    };

    return cmocka_run_group_tests(tests, deployment_setup, deployment_teardown);
}
