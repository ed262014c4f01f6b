/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/inbound.h"

#include <stdio.h>
#include <stdlib.h>

#include "connectors/dead_letter.h"
#include "connectors/forgetting.h"
#include "connectors/memory/claim.h"
#include "connectors/translate.h"
#include "connectors/waiting.h"

#define INBOUND_MOST 256
#define INBOUND_TEND_MS 200
#define INBOUND_WRITE_MS 5000 /* longer, and Kafka was away meanwhile */

struct inbound {
    struct stage stage;
    const struct shared *shared;
    struct durable *log;
    struct waiting *waiting;
    struct forgetting forgetting;
    struct arena arena; /* of one push */
};

/* Whose it is: index of the record of the push, and of the item among all its items. */
struct outgoing_of {
    size_t owner;
    size_t item;
};

/* One push: what is to be written, and for whom. */
struct outgoing {
    struct durable_record *records;
    struct outgoing_of *origins;
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
    size_t count;
    struct result *results;
    struct item_work *items;
    size_t item_count;
    size_t item_capacity;
    struct waiting_load waits; /* of records that are well so far */
    struct bytes *kept;        /* of each record: its key in the quarantine, once it has one */
    struct outgoing out;
};

static struct durable_record *add_outgoing(struct push_work *work, const struct item_work *item)
{
    struct outgoing *out = &work->out;

    if (out->count == out->capacity) {
        out->capacity = out->capacity ? 2 * out->capacity : 64;
        out->records = xrealloc(out->records, out->capacity * sizeof(*out->records));
        out->origins = xrealloc(out->origins, out->capacity * sizeof(*out->origins));
        out->results = xrealloc(out->results, out->capacity * sizeof(*out->results));
    }
    out->origins[out->count] = (struct outgoing_of){item->owner, (size_t)(item - work->items)};
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

/* A record is quarantined once, however many of its items are rejected. */
static void add_dead_letter(struct push_work *work, const struct item_work *item)
{
    struct inbound *self = work->inbound;
    struct bytes *kept = &work->kept[item->owner];
    struct dead_letter letter =
        dead_letter_of_item(work->records[item->owner], item->index, &item->translated);
    struct durable_record records[DEAD_LETTER_RECORDS];
    struct event rejection;

    letter.kept = *kept;
    dead_letter_make(self->shared, &letter, &self->arena, records, &rejection);
    for (int i = kept->data ? 1 : 0; i < DEAD_LETTER_RECORDS; i++)
        *add_outgoing(work, item) = records[i];
    if (!kept->data)
        *kept = records[0].key;
}

/* `load` is of its record so far. */
static enum outcome let_wait(const struct push_work *work, const struct record *record,
                             struct waiting_load *load, struct error *err)
{
    if (waiting_is_full(work->inbound->waiting, &work->waits))
        return error_set(err, OUTCOME_RETRY,
                         "trop d'enregistrements attendent leur passage de relais");
    waiting_add(load, record);
    return waiting_fits(load) ? OUTCOME_OK
                              : error_set(err, OUTCOME_REJECT,
                                          "%zu de ses éléments attendraient leur passage de "
                                          "relais, chacun avec tout l'enregistrement",
                                          load->count);
}

static enum outcome read_record(struct push_work *work, struct record *record,
                                struct mapping_items *ret_items, struct error *err)
{
    struct inbound *self = work->inbound;
    enum outcome outcome = OUTCOME_REJECT;

    if (record->defect)
        /* Not the file's name, which may be a person's: the place has its HMAC. */
        (void)!error_set(err, OUTCOME_REJECT, "%s", record->defect);
    else if (record->body.len > RECORD_BODY_MOST)
        (void)!error_set(err, OUTCOME_REJECT, "au plus %zu octets sont attendus", RECORD_BODY_MOST);
    else
        outcome = translate_record(self->shared, record, &self->arena, ret_items, err);
    /* What cannot be read is one item: its dead letter. */
    counts_items_taken(self->shared->counts, record, outcome == OUTCOME_OK ? ret_items->count : 1);
    return outcome;
}

static enum outcome translate_items(struct push_work *work, size_t owner, struct waiting_load *load,
                                    struct error *err)
{
    struct inbound *self = work->inbound;
    struct record *record = work->records[owner];
    struct mapping_items items = {0};
    enum outcome outcome = read_record(work, record, &items, err);

    for (size_t i = 0; i < items.count && outcome == OUTCOME_OK; i++) {
        struct item_work *item = add_item(work);

        item->owner = owner;
        item->index = i;
        outcome = translate_item(self->shared, record, &items.items[i], &self->arena,
                                 &item->translated, err);
        if (outcome != OUTCOME_OK)
            break;
        if (item->translated.as == TRANSLATED_EVENT)
            *add_outgoing(work, item) =
                translated_outbox(self->shared, &item->translated.event, &self->arena);
        else if (item->translated.as == TRANSLATED_REJECTED)
            add_dead_letter(work, item);
        else if (item->translated.as == TRANSLATED_UNMATCHED)
            outcome = let_wait(work, record, load, err);
    }
    if (outcome != OUTCOME_OK)
        return outcome;
    metric_add(self->shared->counts->unknown_fields, (int64_t)items.unknown_fields);
    metric_add(self->shared->counts->unknown_codes, (int64_t)items.unknown_codes);
    return outcome;
}

/* A record that cannot go on takes nothing of itself along. */
static void translate_records(struct push_work *work)
{
    for (size_t i = 0; i < work->count; i++) {
        struct error err = {0};
        size_t items_before = work->item_count;
        size_t out_before = work->out.count;
        struct waiting_load load = {0};
        enum outcome outcome = translate_items(work, i, &load, &err);
        bool fits = work->records[i]->body.len <= RECORD_BODY_MOST && waiting_fits(&load);

        result_set(&work->results[i], outcome, fits ? "unreadable_record" : "too_large", err.text);
        work->results[i].waits =
            outcome == OUTCOME_RETRY && waiting_is_full(work->inbound->waiting, &work->waits);
        if (outcome == OUTCOME_OK) {
            work->waits.count += load.count;
            work->waits.bytes += load.bytes;
            continue;
        }
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
static enum outcome commit_state(struct push_work *work, struct state_change *change)
{
    struct error err = {0};
    enum outcome outcome = state_commit(change, &err);

    for (size_t i = 0; i < work->count && outcome != OUTCOME_OK; i++) {
        if (work->results[i].outcome == OUTCOME_OK)
            result_set(&work->results[i], outcome == OUTCOME_REJECT ? OUTCOME_FATAL : outcome, "",
                       err.text);
    }
    return outcome;
}

/* Links come before the events that they belong to: the answer to a hand-over can be in the
 * inbox before our own write returns, and finds the link then. A crash in between leaves a
 * link to a hand-over that comes when the source sends its record again. */
MUST_USE static enum outcome write_links(struct push_work *work)
{
    struct state_change *change = state_begin(work->inbound->shared->state);

    for (size_t i = 0; i < work->item_count; i++) {
        if (is_ended(work, &work->items[i]) && work->items[i].translated.as == TRANSLATED_EVENT)
            translated_link(&work->items[i].translated, change, &work->inbound->arena);
    }
    return commit_state(work, change);
}

/* What Kafka said of record number `i`. True: its item has to become a dead letter. */
static bool settle_outgoing(struct push_work *work, size_t i, const struct error *err)
{
    const struct outgoing *out = &work->out;
    struct result *result = &work->results[out->origins[i].owner];
    enum outcome outcome = out->results[i];

    if (outcome == OUTCOME_OK)
        return false;
    if (outcome != OUTCOME_REJECT)
        result_set(result, outcome, "", err->text);
    else if (out->records[i].topic == TOPIC_REJECTED && result->outcome == OUTCOME_OK)
        result_set(result, OUTCOME_REJECT, "too_large", "une raison que Kafka accepte");
    /* A record too large for the quarantine leaves its Rejection alone (dead_letter.h). */
    return outcome == OUTCOME_REJECT && out->records[i].topic == TOPIC_OUTBOX;
}

static void append_outgoing(struct push_work *work)
{
    struct outgoing *out = &work->out;
    size_t sent = out->count;
    struct error err = {0};

    if (sent == 0)
        return;
    (void)!durable_append(work->inbound->log, out->records, sent, out->results, &err);
    for (size_t i = 0; i < sent; i++) {
        struct item_work *item = &work->items[out->origins[i].item];

        if (!settle_outgoing(work, i, &err))
            continue;
        item->translated.as = TRANSLATED_REJECTED;
        item->translated.code = "too_large";
        item->translated.field = NULL;
        item->translated.detail = "un événement que Kafka accepte";
        add_dead_letter(work, item);
    }
    /* Only these are left: dead letters of events that Kafka never takes. */
    out->count -= sent;
    memmove(out->records, out->records + sent, out->count * sizeof(*out->records));
    memmove(out->origins, out->origins + sent, out->count * sizeof(*out->origins));
}

static void write_outgoing(struct push_work *work)
{
    append_outgoing(work);
    append_outgoing(work); /* dead letters of the first, if any */
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
    translated_remember(translated, change, &self->arena);
}

/* Ends, echoes and waiting items of the records that are durable so far. */
static void write_state(struct push_work *work)
{
    struct state_change *change = state_begin(work->inbound->shared->state);

    for (size_t i = 0; i < work->item_count; i++) {
        if (is_ended(work, &work->items[i]))
            put_item(work, change, &work->items[i]);
    }
    (void)!commit_state(work, change); /* nothing is written behind it: the results say it */
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
            counts_item(counts, translated_counted_as(item->translated.as));
    }
}

static enum outcome inbound_push(struct stage *stage, struct record *const *records, size_t count,
                                 struct result *results, struct error *err)
{
    struct inbound *self = (struct inbound *)stage;
    struct push_work work = {
        .inbound = self, .records = records, .count = count, .results = results};
    int64_t began_ms = clock_mono_ms(self->shared->clock);

    (void)err;
    arena_reset(&self->arena);
    work.kept = arena_array(&self->arena, count, sizeof(*work.kept));
    translate_records(&work);
    if (write_links(&work) == OUTCOME_OK) { /* else no record of the push is well any more */
        write_outgoing(&work);
        write_state(&work);
    }
    if (clock_mono_ms(self->shared->clock) - began_ms > INBOUND_WRITE_MS)
        waiting_hold(self->waiting);
    count_items(&work);
    for (size_t i = 0; i < count; i++)
        results[i].reached = results[i].outcome == OUTCOME_OK;
    free(work.items);
    free(work.out.records);
    free(work.out.origins);
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
    for (size_t i = 0; i < record->items && outcome == OUTCOME_OK; i++)
        counts_item(self->shared->counts, ITEM_COUNT_REJECTED);
    return outcome;
}

static void inbound_returned(struct stage *stage, const struct record *record)
{
    struct inbound *self = (struct inbound *)stage;

    for (size_t i = 0; i < record->items; i++)
        counts_item(self->shared->counts, ITEM_COUNT_RETURNED);
}

static enum outcome inbound_tend(struct stage *stage, bool works, int32_t *ret_wait_ms,
                                 struct error *err)
{
    struct inbound *self = (struct inbound *)stage;
    enum outcome outcome = claim_prove(self->shared->claim, self->shared->state,
                                       clock_mono_ms(self->shared->clock), err);

    *ret_wait_ms = INBOUND_TEND_MS;
    if (outcome == OUTCOME_RETRY)
        waiting_hold(self->waiting); /* Kafka is away, whether or not something was to be written */
    if (outcome == OUTCOME_OK)
        outcome = waiting_tend(self->waiting, self->log, works, err);
    if (outcome == OUTCOME_OK)
        outcome = forgetting_tend(&self->forgetting, self->shared, err);
    return outcome;
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
    .returned = inbound_returned,
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
