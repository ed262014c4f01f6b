/* SPDX-License-Identifier: Apache-2.0
 *
 * The loop. Why nothing is lost can be read from pipeline_round() and settle():
 *
 *   - a record leaves the window only through acknowledge() or give_back();
 *   - acknowledge() takes the oldest entries up to the first that has not ended;
 *   - an entry ends in three places only, each behind an OK of the stage: push (it is
 *     durable where it should be), reject (its dead letter is durable), park (it is
 *     durable in the state topic);
 *   - whatever else happens (RETRY, a crash, a stop), it is still the source's.
 *
 * What may be repeated: everything between a push and its acknowledgement.
 */
#include "connectors/pipeline.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "connectors/counts.h"
#include "connectors/far_end.h"
#include "connectors/opening.h"
#include "connectors/window.h"

enum { PIPELINE_IDLE_MS = 1000, PIPELINE_TURNS_MOST = 256, PIPELINE_ACK_MOST = 256 };

struct pipeline {
    struct pipeline_options options;
    struct window window;
    struct waiter *waiter;
    pthread_t thread;
    bool started;
    bool source_open;
    bool sink_open;
    atomic_int health;
    struct error failure; /* written by the thread, read after join */

    struct backoff source_backoff;
    int64_t source_next_ms;
    struct far_end far;
    struct opening source_hours;
    struct opening sink_hours;
    int64_t tend_ms;
    struct backoff pauses; /* of records; its tries are those of the record in hand */

    struct pipeline_counts counts;
};

static int64_t now_ms(const struct pipeline *p)
{
    return clock_mono_ms(p->options.clock);
}

struct pipeline *pipeline_new(const struct pipeline_options *options)
{
    struct pipeline *p = xcalloc(1, sizeof(*p));
    const struct pipeline_limits *limits = &p->options.limits;

    p->options = *options;
    pipeline_limits_fill(&p->options.limits);
    assert(!options->stage->ops->park == !options->stage->ops->is_parked);
    assert(options->stage->ops->most <= PIPELINE_TURNS_MOST);
    window_init(&p->window, limits->window, limits->window_bytes);
    p->waiter = waiter_new();
    p->source_backoff = (struct backoff){
        .first_ms = limits->first_ms, .most_ms = limits->most_ms, .seed = options->seed};
    p->pauses = p->source_backoff;
    counts_pipeline_init(&p->counts, options->metrics, options->operator_code, options->name);
    p->far = (struct far_end){.pipeline = options->name,
                              .is_down = p->counts.is_down,
                              .backoff = p->source_backoff,
                              .down_after = limits->down_after};
    opening_init(&p->source_hours, options, options->source);
    opening_init(&p->sink_hours, options, options->sink);
    atomic_store(&p->health, PIPELINE_OPENING);
    return p;
}

/* ---- Pausing -------------------------------------------------------------------- */

static void push_failed(struct pipeline *p, const char *why)
{
    if (far_end_failed(&p->far, now_ms(p), why))
        atomic_store(&p->health, PIPELINE_DOWN);
}

static void push_worked(struct pipeline *p)
{
    if (!far_end_worked(&p->far))
        return;
    atomic_store(&p->health, PIPELINE_WORKS);
    /* What failed only because all failed starts anew. */
    window_forgive(&p->window, now_ms(p));
}

/* ---- Pull ----------------------------------------------------------------------- */

static void source_failed(struct pipeline *p, const char *what, const struct error *err)
{
    p->source_next_ms = now_ms(p) + backoff_next_ms(&p->source_backoff);
    /* Once an outage, not once a try. */
    if (p->source_backoff.tries == 1)
        log_warn("pipeline", what, LOG_TEXT("pipeline", p->options.name),
                 LOG_TEXT("why", err->text));
}

static enum outcome open_one(struct pipeline *p, struct connector *end, bool *open,
                             struct error *err)
{
    enum outcome opened;

    if (*open || !end)
        return OUTCOME_OK;
    opened = end->ops->open(end, err);
    *open = opened == OUTCOME_OK;
    if (opened == OUTCOME_RETRY)
        source_failed(p, "cannot open yet", err);
    return opened == OUTCOME_OK || opened == OUTCOME_RETRY ? opened : OUTCOME_FATAL;
}

static enum outcome open_ends(struct pipeline *p, struct error *err)
{
    enum outcome opened = open_one(p, p->options.source, &p->source_open, err);

    if (opened == OUTCOME_OK)
        opened = open_one(p, p->options.sink, &p->sink_open, err);
    if (opened != OUTCOME_OK)
        return opened;
    backoff_reset(&p->source_backoff);
    p->source_next_ms = 0;
    atomic_store(&p->health, PIPELINE_WORKS);
    return OUTCOME_OK;
}

/* How long nothing has to be done. */
static int32_t idle_ms(struct pipeline *p, int32_t wait_ms)
{
    int64_t now = now_ms(p);
    int64_t wait = wait_ms;
    int64_t turn = window_next_ms(&p->window, now);

    if (turn >= 0 && p->far.down)
        turn = p->far.probe_ms > now ? p->far.probe_ms - now : 0;
    if (turn >= 0 && turn < wait && !p->sink_hours.closed)
        wait = turn;
    if (p->options.stage->ops->tend && p->tend_ms - now < wait)
        wait = p->tend_ms > now ? p->tend_ms - now : 0;
    return (int32_t)wait;
}

/* Waits for records, or until something else has to be done. */
static enum outcome pull(struct pipeline *p, int32_t wait_ms, struct error *err)
{
    struct connector *source = p->options.source;
    size_t room = window_room(&p->window);
    CLEANUP(batch_freep) struct batch *batch = NULL;
    enum outcome pulled;

    if (opening_look(&p->source_hours) || room == 0 || p->source_next_ms > now_ms(p)) {
        if (wait_ms > 0)
            (void)waiter_wait_ms(p->waiter, wait_ms);
        return OUTCOME_OK;
    }
    batch = batch_new(room < PIPELINE_TURNS_MOST ? room : PIPELINE_TURNS_MOST);
    pulled = source->ops->pull(source, wait_ms, batch, err);
    if (waiter_interrupted(p->waiter))
        return OUTCOME_OK; /* not acknowledged: still the source's */
    if (pulled == OUTCOME_RETRY)
        source_failed(p, "cannot read the source", err);
    else if (pulled != OUTCOME_OK)
        return OUTCOME_FATAL;
    else
        backoff_reset(&p->source_backoff);
    metric_add(p->counts.pulled, (int64_t)batch->count);
    if (p->options.taken)
        metric_add(p->options.taken, (int64_t)batch->count);
    window_add(&p->window, TAKE(batch));
    return OUTCOME_OK;
}

/* ---- Settle --------------------------------------------------------------------- */

/* It has failed often or long enough, and others succeed meanwhile. Or it holds everybody
 * up: the window is full behind it. */
static bool should_be_parked(const struct pipeline *p, const struct window_entry *entry)
{
    const struct pipeline_limits *limits = &p->options.limits;

    if (!p->options.stage->ops->park || p->far.successes == entry->successes_before)
        return false;
    return entry->attempts.tries >= limits->park_tries ||
           now_ms(p) - entry->first_failure_ms >= limits->park_after_ms ||
           window_room(&p->window) == 0;
}

static enum outcome park(struct pipeline *p, struct window_entry *entry, struct error *err)
{
    struct stage *stage = p->options.stage;
    enum outcome parked;

    if (entry->attempts.tries > 0)
        entry->attempts.waited_ms = now_ms(p) - entry->first_failure_ms;
    parked = stage->ops->park(stage, entry->record, &entry->attempts, err);
    if (parked == OUTCOME_OK) {
        entry->state = ENTRY_ENDED;
        metric_add(p->counts.parked, 1);
        log_warn("pipeline", "set aside: only this one fails",
                 LOG_TEXT("pipeline", p->options.name), LOG_BYTES("key", entry->record->order_key),
                 LOG_TEXT("why", entry->result.detail));
    }
    return parked == OUTCOME_FATAL ? OUTCOME_FATAL : OUTCOME_OK;
}

static enum outcome hold(struct pipeline *p, struct window_entry *entry, struct error *err)
{
    struct connector *source = p->options.source;

    metric_add(p->counts.retried, 1);
    if (entry->attempts.tries == 0) {
        entry->first_failure_ms = now_ms(p);
        entry->successes_before = p->far.successes;
    }
    /* With jitter: records that failed together are not tried together. */
    p->pauses.tries = entry->attempts.tries;
    entry->next_ms = now_ms(p) + backoff_next_ms(&p->pauses);
    entry->record->tries = ++entry->attempts.tries;
    if (source->ops->give_back && entry->state == ENTRY_OPEN) {
        source->ops->give_back(source, entry->record);
        entry->state = ENTRY_GIVEN_BACK;
        if (p->options.stage->ops->returned)
            p->options.stage->ops->returned(p->options.stage, entry->record);
        return OUTCOME_OK;
    }
    return should_be_parked(p, entry) ? park(p, entry, err) : OUTCOME_OK;
}

/* A dead letter that cannot be written yet is not an end: the entry stays. */
static enum outcome reject(struct pipeline *p, struct window_entry *entry, struct error *err)
{
    struct stage *stage = p->options.stage;
    enum outcome rejected = stage->ops->reject(stage, entry->record, &entry->result, err);

    if (rejected == OUTCOME_OK) {
        entry->state = ENTRY_ENDED;
        metric_add(p->counts.rejected, 1);
        log_warn("pipeline", "dead letter", LOG_TEXT("pipeline", p->options.name),
                 LOG_TEXT("code", entry->result.code), LOG_TEXT("field", entry->result.field),
                 LOG_TEXT("why", entry->result.detail));
        return OUTCOME_OK;
    }
    if (rejected == OUTCOME_FATAL)
        return OUTCOME_FATAL;
    entry->state = ENTRY_REJECTED;
    push_failed(p, err->text);
    return hold(p, entry, err);
}

/* What next for a record that was pushed. */
static enum outcome settle(struct pipeline *p, struct window_entry *entry, struct error *err)
{
    switch (entry->result.outcome) {
    case OUTCOME_OK:
        entry->state = ENTRY_ENDED;
        if (entry->result.reached)
            push_worked(p);
        return OUTCOME_OK;
    case OUTCOME_REJECT:
        return reject(p, entry, err);
    case OUTCOME_RETRY:
        if (waiter_interrupted(p->waiter))
            return OUTCOME_OK;
        if (entry->result.waits)
            far_end_untried(&p->far, now_ms(p));
        else
            push_failed(p, entry->result.detail);
        return hold(p, entry, err);
    case OUTCOME_FATAL:
        break;
    }
    return error_set(err, OUTCOME_FATAL, "%s: %s", p->options.stage->ops->name,
                     entry->result.detail);
}

/* ---- Push ----------------------------------------------------------------------- */

static size_t take_turns(struct pipeline *p, struct window_entry **turns)
{
    int64_t now = now_ms(p);
    bool was_closed = p->sink_hours.closed;

    if (opening_look(&p->sink_hours))
        return 0;
    if (was_closed) /* those hours count in nobody's patience */
        window_forgive(&p->window, now);
    if (!p->far.down)
        return window_turns(&p->window, now, turns, p->options.stage->ops->most);
    if (now < p->far.probe_ms)
        return 0;
    turns[0] = window_probe(&p->window);
    return turns[0] ? 1 : 0;
}

/* What needs no push: a dead letter still to be written, a record behind a parked one. */
static enum outcome settle_without_push(struct pipeline *p, struct window_entry *entry,
                                        bool *ret_settled, struct error *err)
{
    struct stage *stage = p->options.stage;

    *ret_settled = true;
    if (entry->state == ENTRY_REJECTED)
        return reject(p, entry, err);
    if (stage->ops->is_parked && stage->ops->is_parked(stage, entry->record)) {
        enum outcome parked = park(p, entry, err);

        if (parked != OUTCOME_OK || entry->state != ENTRY_OPEN)
            return parked;
        far_end_untried(&p->far, now_ms(p));
        return hold(p, entry, err);
    }
    *ret_settled = false;
    return OUTCOME_OK;
}

static enum outcome push_turns(struct pipeline *p, struct window_entry **turns, size_t count,
                               struct error *err)
{
    struct stage *stage = p->options.stage;
    struct record *records[PIPELINE_TURNS_MOST] = {NULL};
    struct result results[PIPELINE_TURNS_MOST];
    enum outcome outcome;

    for (size_t i = 0; i < count; i++)
        records[i] = turns[i]->record;
    memset(results, 0, count * sizeof(*results));
    outcome = stage->ops->push(stage, records, count, results, err);
    for (size_t i = 0; i < count && outcome == OUTCOME_OK; i++) {
        turns[i]->result = results[i];
        outcome = settle(p, turns[i], err);
    }
    return outcome;
}

static enum outcome push(struct pipeline *p, struct error *err)
{
    struct window_entry *turns[PIPELINE_TURNS_MOST];
    size_t turn_count = take_turns(p, turns);
    size_t count = 0;

    for (size_t i = 0; i < turn_count; i++) {
        bool settled;
        enum outcome outcome = settle_without_push(p, turns[i], &settled, err);

        if (outcome != OUTCOME_OK)
            return outcome;
        if (!settled)
            turns[count++] = turns[i];
    }
    return count > 0 ? push_turns(p, turns, count, err) : OUTCOME_OK;
}

static enum outcome tend(struct pipeline *p, struct error *err)
{
    struct stage *stage = p->options.stage;
    int32_t wait_ms = PIPELINE_IDLE_MS;
    enum outcome tended = OUTCOME_OK;
    int64_t now = now_ms(p);
    bool presumed = far_end_is_overdue(&p->far, now) && window_next_ms(&p->window, now) < 0;

    if (stage->ops->tend && now < p->tend_ms)
        return OUTCOME_OK;
    if (stage->ops->tend)
        tended = stage->ops->tend(stage, (!p->far.down || presumed) && !p->sink_hours.closed,
                                  &wait_ms, err);
    if (presumed && tended == OUTCOME_OK && far_end_presumed(&p->far))
        atomic_store(&p->health, PIPELINE_WORKS);
    if (tended == OUTCOME_RETRY && wait_ms < p->options.limits.first_ms)
        wait_ms = p->options.limits.first_ms;
    p->tend_ms = now_ms(p) + wait_ms;
    return tended == OUTCOME_FATAL ? OUTCOME_FATAL : OUTCOME_OK;
}

/* ---- Acknowledge ---------------------------------------------------------------- */

static enum outcome acknowledge(struct pipeline *p, struct error *err)
{
    struct connector *source = p->options.source;
    struct record *records[PIPELINE_ACK_MOST];
    size_t ended = 0;
    size_t items = 0;
    size_t count = window_ended(&p->window, records, PIPELINE_ACK_MOST, &ended);
    enum outcome acked = count ? source->ops->ack(source, records, count, err) : OUTCOME_OK;

    if (acked == OUTCOME_RETRY)
        return OUTCOME_OK; /* asked again in the next round; a crash repeats them */
    if (acked != OUTCOME_OK)
        return OUTCOME_FATAL;
    metric_add(p->counts.acknowledged, (int64_t)count);
    window_drop(&p->window, ended);
    metric_set(p->counts.in_flight, (int64_t)window_open(&p->window, &items));
    metric_set(p->counts.items_in_flight, (int64_t)items);
    return OUTCOME_OK;
}

/* ---- The loop -------------------------------------------------------------------- */

enum outcome pipeline_round(struct pipeline *p, int32_t wait_ms, struct error *err)
{
    enum outcome outcome;

    if (!p->source_open || (p->options.sink && !p->sink_open)) {
        outcome = open_ends(p, err);
        if (outcome == OUTCOME_RETRY)
            (void)waiter_wait_ms(p->waiter, p->source_next_ms - now_ms(p));
        if (outcome != OUTCOME_OK)
            return outcome == OUTCOME_RETRY ? OUTCOME_OK : outcome;
    }
    outcome = pull(p, idle_ms(p, wait_ms), err);
    if (outcome == OUTCOME_OK)
        outcome = push(p, err);
    if (outcome == OUTCOME_OK)
        outcome = tend(p, err);
    if (outcome == OUTCOME_OK)
        outcome = acknowledge(p, err);
    return outcome;
}

static void *pipeline_run(void *context)
{
    struct pipeline *p = context;
    struct error err = {0};

    while (!waiter_interrupted(p->waiter)) {
        if (pipeline_round(p, PIPELINE_IDLE_MS, &err) == OUTCOME_FATAL) {
            log_error("pipeline", "stopped", LOG_TEXT("pipeline", p->options.name),
                      LOG_TEXT("why", err.text));
            p->failure = err;
            p->failure.outcome = OUTCOME_FATAL;
            atomic_store(&p->health, PIPELINE_FAILED);
            return NULL;
        }
    }
    /* What ended in the last round: sparing a repetition, not needed for safety. */
    if (p->source_open)
        (void)!acknowledge(p, &err);
    atomic_store(&p->health, PIPELINE_STOPPED);
    return NULL;
}

void pipeline_start(struct pipeline *p)
{
    if (pthread_create(&p->thread, NULL, pipeline_run, p) != 0)
        abort();
    p->started = true;
}

void pipeline_stop(struct pipeline *p)
{
    struct connector *source = p->options.source;
    struct connector *sink = p->options.sink;

    waiter_interrupt(p->waiter);
    if (source->ops->interrupt)
        source->ops->interrupt(source);
    if (sink && sink->ops->interrupt)
        sink->ops->interrupt(sink);
    if (p->options.stage->ops->interrupt)
        p->options.stage->ops->interrupt(p->options.stage);
}

enum outcome pipeline_join(struct pipeline *p, struct error *err)
{
    if (p->started)
        (void)pthread_join(p->thread, NULL);
    p->started = false;
    if (p->failure.outcome == OUTCOME_FATAL)
        return error_set(err, OUTCOME_FATAL, "%s: %s", p->options.name, p->failure.text);
    return OUTCOME_OK;
}

void pipeline_free(struct pipeline *p)
{
    if (!p)
        return;
    window_deinit(&p->window);
    waiter_free(p->waiter);
    free(p);
}

enum pipeline_health pipeline_health(const struct pipeline *p)
{
    return (enum pipeline_health)atomic_load(&p->health);
}

size_t pipeline_in_flight(const struct pipeline *p)
{
    return p->window.count;
}
