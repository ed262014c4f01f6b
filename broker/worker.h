/* SPDX-License-Identifier: Apache-2.0
 *
 * A worker is one thread's work, with one consumer and two transactional producers that take turns.
 * It runs the tasks that Kafka gives it: for each partition p of relais.handoff.v1 (the
 * anchor, the only topic that the group subscribes to) it reads partition p of every outbox.
 *
 * When may data be repeated, and why can it not be lost? One batch is one Kafka transaction:
 * the messages, the rows, and the offsets of the outbox records that they answer become
 * visible together or not at all.
 *
 *   - Nothing is lost: an offset is committed only with everything that its record led to.
 *     Whatever happens before the commit, the record is read and decided again.
 *   - Nothing is doubled by us: what was not committed is invisible (readers read committed),
 *     and the store is written after the commit only. Behind Kafka it may lag, never ahead;
 *     it is caught up before anything is decided (restore.h).
 *   - Nothing is doubled by others: an outbox may hold an event twice; the row knows it.
 *   - Two workers never decide for one task: Kafka gives the anchor partition to one, and
 *     each transaction carries an offset of every task that wrote, with the group's metadata of
 *     the moment when the task was given: a worker that lost it is refused, and what it had
 *     begun before is waited for by who has it now (holdings_offsets()).
 *   - After any doubt nothing is believed: worker.c's start_over().
 */
#ifndef RELAIS_BROKER_WORKER_H
#define RELAIS_BROKER_WORKER_H

#include "base/clock.h"
#include "broker/counters.h"
#include "directory/follow.h"
#include "schemas/wire.h"

/* All borrowed, and outliving the worker. */
struct worker_options {
    const struct kafka_config *kafka;
    const char *instance; /* this process among those of the group, stable over restarts */
    int number;           /* this worker among those of the process                      */
    const char *state_folder;
    const char *boot_id;
    struct clock *clock;
    const struct wire *wire;
    struct directory_follower *directory;
    struct counters *counters;
};

enum worker_state {
    WORKER_STARTING, /* waiting for its tasks or for Kafka, or catching up */
    WORKER_READY,    /* deciding                               */
    WORKER_STOPPED,  /* told to, and done                      */
    WORKER_FAILED,   /* cannot go on: the process should exit  */
};

struct worker;

MUST_USE enum outcome worker_new(const struct worker_options *options, struct worker **ret_worker,
                                 struct error *err);
/* The worker's thread: runs until it is told to stop (OK) or cannot go on (FATAL,
 * worker_error()). Ends within some seconds after worker_stop(), whatever Kafka does. Once. */
MUST_USE enum outcome worker_run(struct worker *worker);
/* Any thread; never blocks. */
void worker_stop(struct worker *worker);
/* After worker_run() has returned, or without it. */
void worker_free(struct worker *worker);
DEFINE_CLEANUP(struct worker, worker_free)

/* Any thread. */
enum worker_state worker_state(const struct worker *worker);
/* Monotonic time of the last turn of its loop. */
int64_t worker_turned_ms(const struct worker *worker);
/* Why it failed; only once the state is WORKER_FAILED. */
const struct error *worker_error(const struct worker *worker);

#endif
