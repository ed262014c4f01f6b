/* SPDX-License-Identifier: Apache-2.0
 *
 * A deployment of three operators on the run's Kafka, and a broker in it: outboxes are
 * written and inboxes read as connectors would.
 */
#ifndef RELAIS_TESTS_SUPPORT_DEPLOYMENT_H
#define RELAIS_TESTS_SUPPORT_DEPLOYMENT_H

#include <sys/types.h>

#include "base/kafka_producer.h"
#include "broker/broker.h"
#include "schemas/topics.h"
#include "schemas/wire.h"
#include "tests/support/kafka.h"

#define DEPLOYMENT_PARTITIONS 2
#define DEPLOYMENT_WAIT_MS 30000

struct deployment {
    struct kafka_config kafka;
    struct wire *wire;
    struct kafka_producer *producer;
    char codes[3][32]; /* three operators of this run alone: a may refer to b, b to c */
    char state[64];
    int next_handoff;
    struct broker *broker; /* in this process; NULL: stopped */
    struct arena arena;    /* of what was read */
};

/* For cmocka_run_group_tests(): topics, directory; *state is the deployment. */
int deployment_setup(void **state);
int deployment_teardown(void **state);

void deployment_start(struct deployment *d, int workers);
void deployment_stop(struct deployment *d);
/* Starts a broker with one worker unless there is one. */
void deployment_ensure(struct deployment *d);
void deployment_remove_state(const struct deployment *d);
/* Asks the broker's HTTP interface; the status. The body lives as long as `d`. */
int32_t deployment_get(struct deployment *d, const char *path, struct bytes *ret_body);
/* Whether the broker's /metrics holds that text. */
bool deployment_counts(struct deployment *d, const char *text);
/* A broker as a process of its own (RELAIS_BINARY). */
pid_t deployment_spawn(const struct deployment *d, const char *instance, const char *folder);
/* `wanted`: its exit status; -1: any end. */
void deployment_end(pid_t pid, int signal_number, int wanted);

int deployment_new_handoff(struct deployment *d);
struct event deployment_issue(const struct deployment *d, int handoff, int from, int to);
void deployment_put_bytes(struct deployment *d, int sender, struct bytes key, struct bytes value);
void deployment_put(struct deployment *d, int sender, struct event event);
/* About something `ago_us` ago. */
void deployment_put_old(struct deployment *d, int sender, struct event event, int64_t ago_us);

struct reading {
    struct kafka_consumer *consumer; /* the test closes it */
    struct deployment *deployment;
};
struct reading deployment_read(struct deployment *d, enum topic topic, int operator_number);
/* The next event of that hand-over (0: of any); false when none comes within `wait_ms`. */
bool deployment_next(struct reading *reading, int handoff, int wait_ms, struct event *ret_event);
/* The first event of that hand-over in a topic; fails the test when there is none. */
struct event deployment_expect(struct deployment *d, enum topic topic, int operator_number,
                               int handoff);

#endif
