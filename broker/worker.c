/* SPDX-License-Identifier: Apache-2.0
 *
 * The loop. One turn polls once and does one of these:
 *
 *   a record            decide(): into the open batch, which it opens if there is none
 *   nothing to read     commit() the open batch at once; a busy one when it is full
 *   other tasks         (the group was rebalanced) take(): catch up, then read on
 *   between batches     deadlines, operators that came or went, offsets committed again once a day
 *
 * Whatever answers RETRY leads to start_over(), the only way back: what is in memory is
 * thrown away, and take() asks Kafka what is true. But a record that cannot be read yet is
 * set_aside() with its partition of that outbox alone. FATAL ends the worker, but for a place in
 * the group that was lost by mistake: it is joined again (membership.h).
 */
#include "broker/worker.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/jumps.h"
#include "base/log.h"
#include "broker/holdings.h"
#include "broker/membership.h"
#include "broker/turns.h"

#define AREA "worker"
#define NAME_SIZE 192
#define IDLE_WAIT_MS 100
#define BATCH_RECORDS 2000
#define BATCH_MS 100
#define INIT_MS 8000
#define DEADLINES_A_BATCH 200
/* How long a store's position may lag: what a restart after a crash reads again. */
#define REFLECT_MS 30000
/* Kafka forgets offsets of topics that the group does not subscribe (7 days by default). */
#define REFRESH_MS (INT64_C(24) * 3600 * 1000)
#define FIRST_REFRESH_MS (INT64_C(60) * 1000)

DEFINE_CLEANUP(rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy)

struct worker {
    struct worker_options options;
    char name[NAME_SIZE]; /* of the static member, and of the transactional ids */
    char folder[4096];
    struct membership *membership;
    struct turns *turns;
    struct holdings *holdings;
    struct directory *directory; /* the snapshot that the open batch decides with */
    uint64_t directory_version;
    struct tally tally; /* of the open batch */
    int64_t batch_began_ms;
    bool taking; /* what was given is not ready yet: nothing is read */
    int64_t take_at_ms;
    struct backoff backoff;
    int64_t reflect_at_ms, refresh_at_ms;
    struct jumps jumps;
    int64_t tasks_shown; /* this worker's part of the gauge */
    struct error error;

    /* Touched by other threads. */
    atomic_bool stopping;
    atomic_int state; /* enum worker_state */
    atomic_llong turned_ms;
};

static struct kafka_consumer *consumer_of(struct worker *w)
{
    return membership_consumer(w->membership);
}

static int64_t mono_ms(const struct worker *w)
{
    return clock_mono_ms(w->options.clock);
}

/* ---- A batch: one Kafka transaction ---------------------------------------------------- */

static enum outcome begin(struct worker *w, struct error *err)
{
    w->batch_began_ms = mono_ms(w);
    return turns_begin(w->turns, err);
}

static struct task_context context_of(struct worker *w, const struct task_sink *sink)
{
    return holdings_context(w->holdings, sink, w->directory, clock_wall_us(w->options.clock));
}

/* Ends the open batch: Kafka first, then the stores, then the numbers. */
static enum outcome commit_offsets(struct worker *w, const rd_kafka_topic_partition_list_t *offsets,
                                   struct error *err)
{
    bool reflect = mono_ms(w) >= w->reflect_at_ms;
    enum outcome outcome = reflect ? holdings_reflect(w->holdings, err) : OUTCOME_OK;

    if (outcome == OUTCOME_OK) {
        outcome = turns_commit(w->turns, offsets, holdings_group(w->holdings), err);
    }
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    outcome = holdings_commit(w->holdings, err);
    counters_settle(w->options.counters, &w->tally);
    w->reflect_at_ms = reflect ? mono_ms(w) + REFLECT_MS : w->reflect_at_ms;
    membership_note_well(w->membership);
    backoff_reset(&w->backoff);
    return outcome;
}

static enum outcome commit(struct worker *w, struct error *err)
{
    CLEANUP(rd_kafka_topic_partition_list_destroyp)
    rd_kafka_topic_partition_list_t *offsets = holdings_offsets(w->holdings);

    return commit_offsets(w, offsets, err);
}

/* A record that cannot be read yet is waited for; what came before it, or elsewhere, is not. */
static enum outcome set_aside(struct worker *w, const struct kafka_message *message,
                              struct error *err)
{
    struct error why = *err;
    enum outcome outcome = OUTCOME_OK;

    if (w->tally.records > 0) {
        outcome = commit(w, err);
    } else {
        turns_abort(w->turns);
    }
    return outcome == OUTCOME_OK
               ? holdings_hold(w->holdings, consumer_of(w), message, mono_ms(w), why.text, err)
               : outcome;
}

/* Decides about one record, in the open batch. */
static enum outcome decide(struct worker *w, const struct kafka_message *message, struct error *err)
{
    const struct task_sink sink = {turns_write, w->turns};
    struct task_context context = context_of(w, &sink);
    const char *sender = holdings_sender(w->holdings, message);
    struct task_result result = {0};
    enum outcome outcome = OUTCOME_OK;

    if (!sender) {
        return OUTCOME_OK; /* fetched for tasks that are no longer ours */
    }
    if (!turns_open(w->turns)) {
        outcome = begin(w, err);
    }
    if (outcome == OUTCOME_OK) {
        outcome = holdings_decide(w->holdings, consumer_of(w), &context, message, &result, err);
    }
    if (outcome == OUTCOME_OK) {
        counters_note(w->options.counters, &w->tally, bytes_of_text(sender), &result);
    }
    return result.unread ? set_aside(w, message, err) : outcome;
}

static bool batch_is_full(const struct worker *w)
{
    return w->tally.records >= BATCH_RECORDS || mono_ms(w) - w->batch_began_ms >= BATCH_MS;
}

/* ---- Taking tasks, and the way back ---------------------------------------------------- */

static void show_tasks(struct worker *w, int64_t count)
{
    metric_add(counters_tasks(w->options.counters), count - w->tasks_shown);
    w->tasks_shown = count;
}

static void show_left_out(struct worker *w)
{
    metric_set(counters_missing_topics(w->options.counters),
               (int64_t)operators_left_out(holdings_operators(w->holdings)));
}

/* The open batch never was. Kafka forgets it now, or when its producer is initialised. */
static void throw_away(struct worker *w)
{
    turns_abort(w->turns);
    show_tasks(w, 0);
    holdings_drop(w->holdings);
    memset(&w->tally, 0, sizeof(w->tally));
    atomic_store(&w->state, WORKER_STARTING);
    w->taking = true;
}

/* Doubt, for `*err`: nothing in memory is believed any more. Between the tries the loop goes on
 * polling, so that the group keeps us. */
static enum outcome start_over(struct worker *w, struct error *err)
{
    CLEANUP(rd_kafka_topic_partition_list_destroyp)
    rd_kafka_topic_partition_list_t *nothing = rd_kafka_topic_partition_list_new(0);

    log_warn(AREA, "starts over from what is committed", LOG_TEXT("worker", w->name),
             LOG_TEXT("because", err->text));
    metric_add(counters_start_overs(w->options.counters), 1);
    throw_away(w);
    operators_doubt(holdings_operators(w->holdings), turns_refused(w->turns));
    w->take_at_ms = mono_ms(w) + backoff_next_ms(&w->backoff);
    if (turns_fenced_too_often(w->turns, mono_ms(w), err)) {
        return OUTCOME_FATAL;
    }
    return kafka_consumer_assign_list(consumer_of(w), nothing, err);
}

static void refresh_directory(struct worker *w)
{
    uint64_t version = directory_follower_version(w->options.directory);

    if (!w->directory || version != w->directory_version) {
        directory_unref(w->directory);
        w->directory = directory_follower_get(w->options.directory);
        w->directory_version = version;
        operators_hurry(holdings_operators(w->holdings));
    }
}

/* Order matters (holdings.h): fence whoever had our ids, then ask for the offsets, then catch
 * up, then read. A long catching up is left now and then, to poll. */
static enum outcome take(struct worker *w, struct error *err)
{
    enum outcome outcome = turns_init(w->turns, INIT_MS, err);
    bool ready = false;

    refresh_directory(w);
    if (outcome == OUTCOME_OK) {
        outcome = holdings_take(w->holdings, consumer_of(w), w->directory, mono_ms(w), &ready, err);
    }
    if (outcome != OUTCOME_OK || !ready) {
        return outcome;
    }
    show_left_out(w);
    membership_note_well(w->membership);
    w->taking = false;
    w->reflect_at_ms = mono_ms(w) + REFLECT_MS;
    w->refresh_at_ms = mono_ms(w) + FIRST_REFRESH_MS;
    show_tasks(w, (int64_t)holdings_count(w->holdings));
    atomic_store(&w->state, WORKER_READY);
    log_info(AREA, "caught up", LOG_TEXT("worker", w->name),
             LOG_INT("tasks", (int64_t)holdings_count(w->holdings)));
    return OUTCOME_OK;
}

static void let_go(struct worker *w)
{
    throw_away(w);
    holdings_revoked(w->holdings);
    w->taking = false;
}

/* Inside a poll: what was decided since the last commit is somebody else's to decide. */
static void on_revoked(void *context, bool lost)
{
    struct worker *w = context;

    log_info(AREA, "tasks taken back", LOG_TEXT("worker", w->name), LOG_INT("lost", lost));
    let_go(w);
}

static void on_assigned(void *context, const int32_t *partitions, size_t count,
                        rd_kafka_consumer_group_metadata_t *group)
{
    struct worker *w = context;

    throw_away(w);
    holdings_given(w->holdings, partitions, count, group);
    w->take_at_ms = mono_ms(w);
}

/* ---- Between batches ------------------------------------------------------------------- */

/* A transaction of their own, without an offset of any input. */
static enum outcome fire_deadlines(struct worker *w, struct error *err)
{
    const struct task_sink sink = {turns_write, w->turns};
    struct task_context context = context_of(w, &sink);
    enum outcome outcome;

    if (!jumps_may_fire(&w->jumps, w->options.clock, counters_suspended(w->options.counters),
                        w->name) ||
        holdings_next_due(w->holdings) > context.now_us) {
        return OUTCOME_OK;
    }
    outcome = begin(w, err);
    if (outcome == OUTCOME_OK) {
        outcome = holdings_fire(w->holdings, &context, DEADLINES_A_BATCH, &w->tally.fired, err);
    }
    return outcome == OUTCOME_OK ? commit(w, err) : outcome;
}

static enum outcome refresh_offsets(struct worker *w, struct error *err)
{
    CLEANUP(rd_kafka_topic_partition_list_destroyp)
    rd_kafka_topic_partition_list_t *known = inputs_known(holdings_inputs(w->holdings), false);
    enum outcome outcome = OUTCOME_OK;

    w->refresh_at_ms = mono_ms(w) + REFRESH_MS;
    if (known->cnt > 0) {
        outcome = begin(w, err);
        outcome = outcome == OUTCOME_OK ? commit_offsets(w, known, err) : outcome;
    }
    return outcome;
}

static void probe(struct worker *w)
{
    if (membership_take_turn_to_ask(w->membership) &&
        (holdings_count(w->holdings) > 0 ? holdings_reflect(w->holdings, NULL)
                                         : membership_ask(w->membership)) == OUTCOME_OK) {
        membership_note_well(w->membership);
    }
}

static enum outcome between_batches(struct worker *w, struct error *err)
{
    enum outcome outcome = fire_deadlines(w, err);

    refresh_directory(w);
    if (outcome == OUTCOME_OK && !membership_troubled(w->membership)) {
        outcome = holdings_look(w->holdings, consumer_of(w), w->directory, mono_ms(w), err);
        show_left_out(w);
    }
    if (outcome == OUTCOME_OK && mono_ms(w) >= w->refresh_at_ms) {
        outcome = refresh_offsets(w, err);
    }
    return outcome;
}

/* ---- The loop -------------------------------------------------------------------------- */

static enum outcome poll(struct worker *w, enum kafka_event *ret_event,
                         struct kafka_message *ret_message, struct error *err)
{
    bool busy = turns_open(w->turns) || holdings_taking(w->holdings);
    size_t complaints = membership_complaints(w->membership);
    enum outcome outcome =
        membership_poll(w->membership, busy ? 0 : IDLE_WAIT_MS, ret_event, ret_message, err);

    if (membership_complaints(w->membership) > complaints) {
        operators_hurry(holdings_operators(w->holdings)); /* an outbox may be gone */
    }
    return outcome;
}

static enum outcome turn(struct worker *w, struct error *err)
{
    struct kafka_message message = {0};
    enum kafka_event event = KAFKA_NOTHING;
    enum outcome outcome = poll(w, &event, &message, err);

    if (outcome == OUTCOME_OK && event == KAFKA_MESSAGE) {
        outcome = w->taking ? OUTCOME_OK : decide(w, &message, err);
        kafka_message_free(&message);
    }
    if (outcome == OUTCOME_OK && turns_open(w->turns) &&
        (event == KAFKA_NOTHING || batch_is_full(w))) {
        outcome = commit(w, err);
    }
    if (outcome != OUTCOME_OK || turns_open(w->turns)) {
        return outcome;
    }
    if (w->taking) {
        return mono_ms(w) >= w->take_at_ms && holdings_group(w->holdings) ? take(w, err)
                                                                          : OUTCOME_OK;
    }
    probe(w);
    return holdings_count(w->holdings) > 0 ? between_batches(w, err) : OUTCOME_OK;
}

static enum outcome loop(struct worker *w, struct error *err)
{
    enum outcome outcome = OUTCOME_OK;

    while (!atomic_load(&w->stopping) && outcome != OUTCOME_FATAL) {
        atomic_store(&w->turned_ms, mono_ms(w));
        outcome = turn(w, err);
        if (outcome != OUTCOME_OK && outcome != OUTCOME_FATAL && !atomic_load(&w->stopping)) {
            outcome = start_over(w, err);
        }
        if (outcome == OUTCOME_FATAL) {
            outcome = membership_join_again(w->membership, err);
            let_go(w);
        }
    }
    return outcome;
}

/* Told to stop: the open batch is finished, and the stores learn how far they reflect their
 * topic, so that the next start reads nothing again. All of it can fail without harm. */
static void finish(struct worker *w)
{
    enum outcome outcome;
    struct error err;

    if (w->taking || membership_troubled(w->membership) || holdings_count(w->holdings) == 0) {
        return;
    }
    w->reflect_at_ms = 0;
    outcome = turns_open(w->turns) ? commit(w, &err) : refresh_offsets(w, &err);
    if (outcome != OUTCOME_OK) {
        log_warn(AREA, "the last batch is left to the next start", LOG_TEXT("worker", w->name),
                 LOG_TEXT("because", err.text));
    }
}

/* ---- Life ------------------------------------------------------------------------------ */

static enum outcome open_all(struct worker *w, struct error *err)
{
    struct holdings_options options = {.kafka = w->options.kafka,
                                       .folder = w->folder,
                                       .boot_id = w->options.boot_id,
                                       .wire = w->options.wire};
    struct membership_options place = {.kafka = w->options.kafka,
                                       .name = w->name,
                                       .clock = w->options.clock,
                                       .callbacks = {on_assigned, on_revoked, w}};
    enum outcome outcome = holdings_open(&options, &w->holdings, err);

    if (outcome == OUTCOME_OK) {
        w->turns = turns_new(w->options.kafka, w->name);
        outcome = membership_open(&place, &w->membership, err);
    }
    return outcome;
}

enum outcome worker_run(struct worker *w)
{
    enum outcome outcome = loop(w, &w->error);

    if (outcome != OUTCOME_FATAL) {
        finish(w);
    }
    turns_abort(w->turns);
    membership_leave(w->membership);
    holdings_revoked(w->holdings);
    atomic_store(&w->state, outcome == OUTCOME_FATAL ? WORKER_FAILED : WORKER_STOPPED);
    return outcome == OUTCOME_FATAL ? OUTCOME_FATAL : OUTCOME_OK;
}

enum outcome worker_new(const struct worker_options *options, struct worker **ret_worker,
                        struct error *err)
{
    CLEANUP(worker_freep) struct worker *w = xcalloc(1, sizeof(*w));
    enum outcome outcome;

    w->options = *options;
    w->backoff = (struct backoff){.first_ms = 100, .most_ms = 5000, .seed = 1};
    (void)snprintf(w->name, sizeof(w->name), "relais-broker-%s-%d", options->instance,
                   options->number);
    (void)snprintf(w->folder, sizeof(w->folder), "%s/worker-%d", options->state_folder,
                   options->number);
    atomic_store(&w->turned_ms, mono_ms(w));
    outcome = open_all(w, err);
    if (outcome == OUTCOME_OK) {
        *ret_worker = TAKE(w);
    }
    return outcome;
}

void worker_free(struct worker *worker)
{
    if (worker) {
        membership_close(worker->membership);
        holdings_close(worker->holdings);
        turns_free(worker->turns);
        directory_unref(worker->directory);
        free(worker);
    }
}

void worker_stop(struct worker *worker)
{
    atomic_store(&worker->stopping, true);
    turns_hurry(worker->turns);
    holdings_interrupt(worker->holdings);
}

enum worker_state worker_state(const struct worker *worker)
{
    int state = atomic_load(&worker->state);

    return state == WORKER_READY && membership_troubled(worker->membership)
               ? WORKER_STARTING
               : (enum worker_state)state;
}

int64_t worker_turned_ms(const struct worker *worker)
{
    return atomic_load(&worker->turned_ms);
}

const struct error *worker_error(const struct worker *worker)
{
    return &worker->error;
}
