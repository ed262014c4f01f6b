/* SPDX-License-Identifier: Apache-2.0
 *
 * The loop that moves records: pull → push → settle → acknowledge, one thread a pipeline. It
 * knows nothing of formats, of Kafka or of hand-overs; it knows when a record has ended.
 *
 *     source.pull ──► window ──► stage.push ──► ended? ──► source.ack
 *                       ▲             │ RETRY
 *                       └── back-off ─┤ REJECT → stage.reject (dead letter)
 *                                     └ too often, while others succeed → stage.park
 *
 * A record has ended when it stands somewhere durable: in the outbox, in the far system, in
 * the dead letters, parked or waiting in the state topic, or when a rule of the mapping
 * counted it out. Only then is it acknowledged, and in the order of pulling. So a crash at
 * any point repeats what was not acknowledged and loses nothing; repetition is made harmless
 * by deterministic ids and idempotency keys (DESIGN.md "Identities").
 */
#ifndef RELAIS_CONNECTORS_PIPELINE_H
#define RELAIS_CONNECTORS_PIPELINE_H

#include "connectors/connector.h"
#include "connectors/pipeline_limits.h"
#include "connectors/result.h"

/* How often and how long a record was tried. */
struct attempts {
    int32_t tries;
    int64_t waited_ms; /* since its first failure, while a process ran that could try it */
};

struct stage;
struct stage_ops {
    const char *name;
    size_t most; /* records a push */

    /* Writes results[i] for each record: OK, it has ended; RETRY, try it again later; REJECT, it
     * never will. FATAL, returned or in a result, stops the pipeline. Never gets two records of one
     * order key. Returns OK unless FATAL. */
    MUST_USE enum outcome (*push)(struct stage *self, struct record *const *records, size_t count,
                                  struct result *results, struct error *err);
    /* Makes the record a dead letter with the result's reason. OK: durable. */
    MUST_USE enum outcome (*reject)(struct stage *self, const struct record *record,
                                    const struct result *result, struct error *err);
    /* Both or none. Sets the record aside durably; later ones of its key follow it. */
    MUST_USE enum outcome (*park)(struct stage *self, const struct record *record,
                                  const struct attempts *attempts, struct error *err);
    bool (*is_parked)(struct stage *self, const struct record *record);
    /* Optional. This one was left to its sender, who sends it again as another record. */
    void (*returned)(struct stage *self, const struct record *record);
    /* Optional: looks after what was set aside, a bounded piece of it. *ret_wait_ms says when it
     * wants to be called again. `works` is false while the far system is down. */
    MUST_USE enum outcome (*tend)(struct stage *self, bool works, int32_t *ret_wait_ms,
                                  struct error *err);
    void (*interrupt)(struct stage *self); /* any thread; like a connector's */
};
struct stage {
    const struct stage_ops *ops;
};

struct pipeline_options {
    const char *name;         /* "inbox", "webhook/1": for logs and metrics */
    struct connector *source; /* borrowed, opened by the pipeline           */
    struct connector *sink;   /* NULL, or the stage's, opened here too      */
    struct stage *stage;
    struct clock *clock;
    struct metrics *metrics;
    struct metric *taken; /* NULL, or grows by each record pulled */
    const char *operator_code;
    uint64_t seed; /* of the jitter */
    struct pipeline_limits limits;
};

struct pipeline;
struct pipeline *pipeline_new(const struct pipeline_options *options);
/* Starts the thread. */
void pipeline_start(struct pipeline *pipeline);
/* Never blocks, any thread. The thread ends within the bound of its connectors. */
void pipeline_stop(struct pipeline *pipeline);
/* Waits for the thread. OK, or FATAL with what stopped it. */
MUST_USE enum outcome pipeline_join(struct pipeline *pipeline, struct error *err);
/* After join, or never started. */
void pipeline_free(struct pipeline *pipeline);
DEFINE_CLEANUP(struct pipeline, pipeline_free)

/* Atomics, for the health pages. */
enum pipeline_health {
    PIPELINE_OPENING, /* the far end was never there                   */
    PIPELINE_WORKS,
    PIPELINE_DOWN, /* nothing succeeds: see the log                  */
    PIPELINE_STOPPED,
    PIPELINE_FAILED, /* FATAL: the process should end                  */
};
enum pipeline_health pipeline_health(const struct pipeline *pipeline);

/* One turn of the loop without a thread, for tests: waits at most `wait_ms`. */
MUST_USE enum outcome pipeline_round(struct pipeline *pipeline, int32_t wait_ms, struct error *err);
/* Records pulled and not yet acknowledged. */
size_t pipeline_in_flight(const struct pipeline *pipeline);

#endif
