/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/inbound.h"

#include <stdio.h>
#include <stdlib.h>

#include "connectors/dead_letter.h"
#include "connectors/translate.h"
#include "connectors/waiting.h"

#define INBOUND_MOST 64
#define INBOUND_TEND_MS 200

struct inbound {
    struct stage stage;
    const struct shared *shared;
    struct durable *log;
    struct waiting *waiting;
    struct arena arena; /* of one push */
};

/* One push: what is to be written, and for whom. */
struct outgoing {
    struct durable_record *records;
    size_t *owner; /* index of the record that it comes from */
    enum outcome *results;
    size_t count;
    size_t capacity;
};

/* One item of one record of the push. */
struct item_work {
    struct translated translated;
    size_t owner;
    size_t index; /* of the item in its record */
};

struct push_work {
    struct inbound *inbound;
    struct record *const *records;
    struct result *results;
    struct item_work *items;
    size_t item_count;
    size_t item_capacity;
    struct outgoing out;
};

static struct durable_record *add_outgoing(struct push_work *work, size_t owner)
{
    struct outgoing *out = &work->out;

    if (out->count == out->capacity) {
        out->capacity = out->capacity ? 2 * out->capacity : 64;
        out->records = xrealloc(out->records, out->capacity * sizeof(*out->records));
        out->owner = xrealloc(out->owner, out->capacity * sizeof(*out->owner));
        out->results = xrealloc(out->results, out->capacity * sizeof(*out->results));
    }
    out->owner[out->count] = owner;
    return &out->records[out->count++];
}

static struct item_work *add_item(struct push_work *work)
{
    if (work->item_count == work->item_capacity) {
        work->item_capacity = work->item_capacity ? 2 * work->item_capacity : 64;
        work->items = xrealloc(work->items, work->item_capacity * sizeof(*work->items));
    }
    return &work->items[work->item_count++];
}

/* ---- Translate --------------------------------------------------------------------- */

static void add_dead_letter(struct push_work *work, const struct item_work *item)
{
    struct inbound *self = work->inbound;
    const struct translated *translated = &item->translated;
    struct durable_record records[DEAD_LETTER_RECORDS];
    struct dead_letter letter = {
        .stage = STAGE_MAPPING,
        .code = translated->code,
        .field = translated->field,
        .rule = translated->rule,
        .detail = translated->detail,
        .record = work->records[item->owner],
        .item = item->index,
        .event = translated->event.type != EVENT_NONE ? &translated->event : NULL,
    };
    struct event rejection;

    dead_letter_make(self->shared, &letter, &self->arena, records, &rejection);
    for (int i = 0; i < DEAD_LETTER_RECORDS; i++)
        *add_outgoing(work, item->owner) = records[i];
}

static enum outcome translate_record(struct push_work *work, size_t owner, struct error *err)
{
    struct inbound *self = work->inbound;
    const struct record *record = work->records[owner];
    struct mapping_input input = {.body = record->body,
                                  .headers = record->headers,
                                  .header_count = record->header_count,
                                  .file = record->file,
                                  .line = record->line};
    struct mapping_items items = {0};
    enum outcome outcome;

    if (record->body.len > RECORD_BODY_MOST)
        return error_set(err, OUTCOME_REJECT, "at most %zu bytes are expected", RECORD_BODY_MOST);
    outcome = mapping_read(self->shared->mapping, &input, &self->arena, &items, err);
    for (size_t i = 0; i < items.count && outcome == OUTCOME_OK; i++) {
        struct item_work *item = add_item(work);

        item->owner = owner;
        item->index = i;
        outcome = translate_item(self->shared, record, &items.items[i], &self->arena,
                                 &item->translated, err);
        if (outcome != OUTCOME_OK)
            break;
        if (item->translated.as == TRANSLATED_EVENT)
            *add_outgoing(work, owner) =
                translate_outbox(self->shared, &item->translated.event, &self->arena);
        else if (item->translated.as == TRANSLATED_REJECTED)
            add_dead_letter(work, item);
        else if (item->translated.as == TRANSLATED_UNMATCHED && waiting_is_full(self->waiting))
            outcome = error_set(err, OUTCOME_RETRY, "too many wait for their hand-over");
    }
    if (outcome == OUTCOME_OK)
        metric_add(self->shared->counts->unknown_fields, (int64_t)items.unknown_fields);
    return outcome;
}

/* A record that cannot go on takes nothing of itself along. */
static void translate_records(struct push_work *work, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct error err = {0};
        size_t items_before = work->item_count;
        size_t out_before = work->out.count;
        bool too_large = work->records[i]->body.len > RECORD_BODY_MOST;
        enum outcome outcome = translate_record(work, i, &err);

        result_set(&work->results[i], outcome, too_large ? "too_large" : "unreadable_record",
                   err.text);
        work->results[i].waits =
            outcome == OUTCOME_RETRY && waiting_is_full(work->inbound->waiting);
        if (outcome == OUTCOME_OK)
            continue;
        work->item_count = items_before;
        work->out.count = out_before;
    }
}

/* ---- Write ------------------------------------------------------------------------- */

static bool is_ended(const struct push_work *work, const struct item_work *item)
{
    return work->results[item->owner].outcome == OUTCOME_OK;
}

/* A memory that cannot be written holds up every record that was well so far. */
static void commit_state(struct push_work *work, size_t count, struct state_change *change)
{
    struct error err = {0};
    enum outcome outcome = state_commit(change, &err);

    for (size_t i = 0; i < count && outcome != OUTCOME_OK; i++) {
        if (work->results[i].outcome == OUTCOME_OK)
            result_set(&work->results[i], outcome == OUTCOME_REJECT ? OUTCOME_FATAL : outcome, "",
                       err.text);
    }
}

/* Links come before the events that they belong to: the answer to a hand-over can be in the
 * inbox before our own write returns, and finds the link then. A crash in between leaves a
 * link to a hand-over that comes when the source sends its record again. */
static void write_links(struct push_work *work, size_t count)
{
    struct state_change *change = state_begin(work->inbound->shared->state);

    for (size_t i = 0; i < work->item_count; i++) {
        if (is_ended(work, &work->items[i]) && work->items[i].translated.as == TRANSLATED_EVENT)
            translate_link(&work->items[i].translated, change, &work->inbound->arena);
    }
    commit_state(work, count, change);
}

static void write_outgoing(struct push_work *work)
{
    struct outgoing *out = &work->out;
    struct error err = {0};

    for (size_t i = 0; i < out->count; i++) {
        if (work->results[out->owner[i]].outcome == OUTCOME_RETRY)
            return; /* its links are not durable: the whole push is tried again */
    }
    if (out->count == 0)
        return;
    (void)!durable_append(work->inbound->log, out->records, out->count, out->results, &err);
    for (size_t i = 0; i < out->count; i++) {
        struct result *result = &work->results[out->owner[i]];

        if (out->results[i] == OUTCOME_REJECT && result->outcome == OUTCOME_OK)
            result_set(result, OUTCOME_REJECT, "too_large", "an event that Kafka accepts");
        else if (out->results[i] != OUTCOME_OK && out->results[i] != OUTCOME_REJECT)
            result_set(result, out->results[i], "", err.text);
    }
}

static void put_item(struct push_work *work, struct state_change *change,
                     const struct item_work *item)
{
    struct inbound *self = work->inbound;
    const struct translated *translated = &item->translated;

    if (translated->as == TRANSLATED_UNMATCHED) {
        waiting_put(self->waiting, change, work->records[item->owner], item->index);
        return;
    }
    translate_remember(translated, change, &self->arena);
}

/* Ends, echoes and waiting items of the records that are durable so far. */
static void write_state(struct push_work *work, size_t count)
{
    struct state_change *change = state_begin(work->inbound->shared->state);

    for (size_t i = 0; i < work->item_count; i++) {
        if (is_ended(work, &work->items[i]))
            put_item(work, change, &work->items[i]);
    }
    commit_state(work, count, change);
}

static void count_items(const struct push_work *work)
{
    struct counts *counts = work->inbound->shared->counts;

    for (size_t i = 0; i < work->item_count; i++) {
        const struct item_work *item = &work->items[i];

        if (!is_ended(work, item))
            continue;
        if (item->translated.as == TRANSLATED_UNMATCHED)
            counts_item_waits(counts);
        else
            counts_item(counts, translate_counted_as(item->translated.as));
    }
}

static enum outcome inbound_push(struct stage *stage, struct record *const *records, size_t count,
                                 struct result *results, struct error *err)
{
    struct inbound *self = (struct inbound *)stage;
    struct push_work work = {.inbound = self, .records = records, .results = results};

    (void)err;
    arena_reset(&self->arena);
    translate_records(&work, count);
    write_links(&work, count);
    write_outgoing(&work);
    write_state(&work, count);
    count_items(&work);
    for (size_t i = 0; i < count; i++)
        results[i].reached = results[i].outcome == OUTCOME_OK;
    free(work.items);
    free(work.out.records);
    free(work.out.owner);
    free(work.out.results);
    return OUTCOME_OK;
}

/* A record that could not be read at all. */
static enum outcome inbound_reject(struct stage *stage, const struct record *record,
                                   const struct result *result, struct error *err)
{
    struct inbound *self = (struct inbound *)stage;
    struct durable_record records[DEAD_LETTER_RECORDS];
    struct dead_letter letter = {.stage = STAGE_SOURCE,
                                 .code = result->code,
                                 .field = result->field,
                                 .detail = result->detail,
                                 .record = record};
    struct event rejection;
    enum outcome outcome;

    arena_reset(&self->arena);
    dead_letter_make(self->shared, &letter, &self->arena, records, &rejection);
    outcome = dead_letter_write(self->log, records, err);
    if (outcome == OUTCOME_OK)
        counts_item(self->shared->counts, ITEM_COUNT_REJECTED);
    return outcome;
}

static enum outcome inbound_tend(struct stage *stage, bool works, int32_t *ret_wait_ms,
                                 struct error *err)
{
    struct inbound *self = (struct inbound *)stage;

    (void)works;
    *ret_wait_ms = INBOUND_TEND_MS;
    return waiting_tend(self->waiting, self->log, err);
}

static void inbound_interrupt(struct stage *stage)
{
    struct inbound *self = (struct inbound *)stage;

    durable_interrupt(self->log);
    state_interrupt(self->shared->state);
}

static const struct stage_ops inbound_ops = {
    .name = "outbox",
    .most = INBOUND_MOST,
    .push = inbound_push,
    .reject = inbound_reject,
    .tend = inbound_tend,
    .interrupt = inbound_interrupt,
};

struct stage *inbound_new(const struct shared *shared, struct durable *log, const char *name)
{
    struct inbound *self = xcalloc(1, sizeof(*self));

    self->stage.ops = &inbound_ops;
    self->shared = shared;
    self->log = log;
    self->waiting = waiting_new(shared, name);
    return &self->stage;
}

void inbound_free(struct stage *stage)
{
    struct inbound *self = (struct inbound *)stage;

    if (!self)
        return;
    waiting_free(self->waiting);
    arena_deinit(&self->arena);
    free(self);
}
