/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/outbound.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "connectors/calls.h"
#include "connectors/contacts.h"
#include "connectors/drivers/drivers.h"
#include "connectors/forgetting.h"
#include "connectors/memory/claim.h"
#include "connectors/memory/links.h"
#include "connectors/memory/steps.h"
#include "connectors/own_events.h"
#include "connectors/parked.h"
#include "connectors/translated.h"
#include "connectors/undelivered.h"
#include "connectors/waiting.h"

#define OUTBOUND_MOST 16
/* What was made waits at most so long for company before it is written. */
#define OUTBOUND_FINISH_MS 20
/* So often an event of a hand-over that is not known here is tried again, with growing
 * pauses: a link may be about to be written. Then the mapping decides without any. */
#define OUTBOUND_UNKNOWN_TRIES 5
/* A directory may lag behind the keys of a sender: with the pauses of a pipeline some minutes.
 * Then the seal counts as one that cannot be opened. */
#define OUTBOUND_KEY_TRIES 8

struct outbound {
    struct stage stage;
    const struct shared *shared;
    struct connector *sink;
    bool sink_stuck; /* it could not end what it holds open, and that was said */
    struct durable *log;
    struct parked *parked;
    struct steps_ended *ended;
    struct answers *answers;
    struct forgetting forgetting;
    struct waiting *waiting; /* of sources that are gone; NULL: a source looks after them */
    struct arena arena;      /* of one push */
};

/* ---- One event ----------------------------------------------------------------------- */

/* A hand-over issued to us begins here; any other is known, or only its ids are. */
static bool know(struct outbound *self, const struct record *record, const struct event *event,
                 struct known_handoff *known)
{
    bool found =
        links_handoff(self->shared->state, event->envelope.handoff_id, &self->arena, known);

    if (!found)
        known->thread_id = event->envelope.thread_id;
    if (!translated_is_issue(event))
        return found;
    known->inbox_position = record->position;
    known->other = event->envelope.operator_code;
    known->sent_at = event->envelope.occurred_at;
    return true;
}

static bool says_refused_issue(const struct event *event)
{
    return event->type == EVENT_REJECTION &&
           bytes_equal_text(event->rejection.event_type, "Referral") &&
           bytes_equal_text(event->rejection.status, "ISSUED");
}

/* The receiver could not open the seal of our referral: what comes next of that entity is a
 * new event with a new seal. */
static void put_unreadable(struct outbound *self, struct state_change *change,
                           const struct event *event, const struct known_handoff *known)
{
    char *text = arena_alloc(&self->arena, UUID_TEXT_SIZE);

    if (event->type != EVENT_REFERRAL || event->referral.status != REFERRAL_CONTACT_UNREADABLE ||
        uuid_is_none(known->entity_id) || uuid_is_none(event->envelope.cause))
        return;
    state_put(change, STATE_UNREADABLE, bytes_of(&known->entity_id, sizeof(known->entity_id)),
              bytes_of_text(uuid_format(event->envelope.cause, text)));
}

/* One event whose calls are made: what is left is to say and to remember it. */
struct made {
    const struct record *record;
    struct result *result;
    struct event event;
    struct contact contact;
    struct known_handoff known;
    struct calls calls;
};

/* What a push has made and not yet written: written together, for each write is a round trip. */
struct made_list {
    struct made *items[OUTBOUND_MOST];
    size_t count;
    int64_t since_ms;
};

static void fail(struct made *made, enum outcome outcome, const struct error *err)
{
    result_set(made->result, outcome == OUTCOME_REJECT ? OUTCOME_FATAL : outcome, "", err->text);
}

/* DELIVERED of all of them; what cannot be written is not remembered either. */
static void write_delivered(struct outbound *self, const struct made_list *list)
{
    struct durable_record records[OUTBOUND_MOST] = {0};
    enum outcome results[OUTBOUND_MOST];
    struct made *owners[OUTBOUND_MOST];
    struct error err = {0};
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++) {
        struct made *made = list->items[i];
        struct event delivered;

        if (made->calls.skipped || !translated_is_issue(&made->event))
            continue;
        own_events_delivered(self->shared, &made->event, made->calls.receiver_ref, &self->arena,
                             &delivered);
        records[count] = translated_outbox(self->shared, &delivered, &self->arena);
        owners[count++] = made;
    }
    if (count == 0 || durable_append(self->log, records, count, results, &err) == OUTCOME_OK)
        return;
    for (size_t i = 0; i < count; i++)
        if (results[i] != OUTCOME_OK)
            fail(owners[i], results[i], &err);
}

/* What is remembered when all calls are done, or none was needed. */
static void put_memory(struct outbound *self, struct state_change *change, const struct made *made)
{
    const struct calls *calls = &made->calls;
    struct known_handoff remembered = made->known;

    if (calls->link_count > 0 || translated_is_issue(&made->event)) {
        remembered.links = calls->links;
        remembered.link_count = calls->link_count;
        links_remember(change, &remembered, &self->arena);
    }
    if (translated_ends(&made->event) || says_refused_issue(&made->event))
        links_end(
            change, made->known.handoff_id,
            (struct links_ending){made->record->observed_at, made->event.envelope.occurred_at},
            &self->arena);
    if (says_refused_issue(&made->event))
        links_keep(change, made->event.envelope.parent_handoff_id, &self->arena);
    put_unreadable(self, change, &made->event, &made->known);
    calls_end(calls, change);
}

static void end_one(struct outbound *self, struct made *made)
{
    for (size_t i = 0; i < made->calls.step_count; i++)
        steps_ended_add(self->ended, made->calls.steps[i], made->record->position);
    result_set(made->result, OUTCOME_OK, made->calls.skipped ? "skipped" : "", "");
}

/* Says and remembers what was made: DELIVERED first, then the memory (DESIGN.md §2). A crash
 * before it repeats calls that may be repeated, and answers the others from their steps. */
static void finish(struct outbound *self, struct made_list *list)
{
    struct state_change *change;
    struct error err = {0};
    enum outcome outcome;

    if (list->count == 0)
        return;
    write_delivered(self, list);
    change = state_begin(self->shared->state);
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i]->result->outcome == OUTCOME_OK)
            put_memory(self, change, list->items[i]);
    outcome = state_commit(change, &err);
    for (size_t i = 0; i < list->count; i++) {
        struct made *made = list->items[i];

        if (made->result->outcome != OUTCOME_OK)
            continue;
        if (outcome == OUTCOME_OK)
            end_one(self, made);
        else
            fail(made, outcome, &err);
    }
    list->count = 0;
}

static void deliver(struct outbound *self, struct made *made, bool has_contact,
                    struct made_list *list)
{
    bool is_known = know(self, made->record, &made->event, &made->known);

    made->calls = (struct calls){.shared = self->shared,
                                 .sink = self->sink,
                                 .answers = self->answers,
                                 .arena = &self->arena,
                                 .event = &made->event,
                                 .contact = has_contact ? &made->contact : NULL,
                                 .known = &made->known,
                                 .position = made->record->position};
    if (!is_known && made->record->tries < OUTBOUND_UNKNOWN_TRIES) {
        result_set(made->result, OUTCOME_RETRY, "",
                   "le passage de relais n'est pas encore connu ici");
        made->result->waits = true;
        return;
    }
    calls_make(&made->calls, made->result);
    if (made->result->outcome != OUTCOME_OK)
        return;
    if (list->count == 0)
        list->since_ms = clock_mono_ms(self->shared->clock);
    list->items[list->count++] = made;
}

static enum event_count counted_as(const struct result *result)
{
    return strcmp(result->code, "skipped") == 0 ? EVENT_COUNT_SKIPPED : EVENT_COUNT_DELIVERED;
}

/* Makes the calls of one event; finish() does the rest. What it needs, and what it returns, lives
 * in the arena. */
static const struct made *push_one(struct outbound *self, const struct record *record,
                                   struct result *result, struct made_list *list)
{
    struct made *made = arena_alloc(&self->arena, sizeof(*made));
    struct error err = {0};
    enum contact_found found = CONTACT_NONE;
    enum outcome outcome;

    made->record = record;
    made->result = result;
    outcome = wire_decode_event(self->shared->wire, record->body, &self->arena, &made->event, &err);
    if (outcome != OUTCOME_OK) {
        result_set(result, outcome, wire_rejection(self->shared->wire, record->body), err.text);
        result->waits = outcome == OUTCOME_RETRY; /* for the schema registry */
        return made;
    }
    outcome = contacts_open(self->shared, &made->event, &self->arena, &made->contact, &found, &err);
    if (found == CONTACT_KEY_MISSING && record->tries >= OUTBOUND_KEY_TRIES)
        outcome = OUTCOME_REJECT;
    if (outcome != OUTCOME_OK) {
        result_set(result, outcome, "contact_unreadable", err.text);
        result->waits = true;
        return made;
    }
    deliver(self, made, found == CONTACT_OPENED, list);
    return made;
}

/* The records of a push belong to different hand-overs (pipeline.h), so none waits for what
 * another one leaves in the memory. */
static enum outcome outbound_push(struct stage *stage, struct record *const *records, size_t count,
                                  struct result *results, struct error *err)
{
    struct outbound *self = (struct outbound *)stage;
    struct made_list list = {.count = 0};

    (void)err;
    for (size_t i = 0; i < count; i++) {
        if (list.count == 0)
            arena_reset(&self->arena);
        (void)push_one(self, records[i], &results[i], &list);
        if (list.count == OUTBOUND_MOST ||
            (list.count > 0 &&
             clock_mono_ms(self->shared->clock) - list.since_ms >= OUTBOUND_FINISH_MS))
            finish(self, &list);
    }
    finish(self, &list);
    for (size_t i = 0; i < count; i++)
        if (results[i].outcome == OUTCOME_OK)
            counts_event(self->shared->counts, counted_as(&results[i]));
    return OUTCOME_OK;
}

/* ---- Dead letters ---------------------------------------------------------------------- */

/* What is not expected any more comes first: behind the dead letter nobody would look again. */
static enum outcome write_dead_letter(struct outbound *self, const struct record *record,
                                      const struct result *result, struct error *err)
{
    enum outcome outcome = answers_write(self->answers, err);

    arena_reset(&self->arena);
    if (outcome == OUTCOME_OK)
        outcome = undelivered_write(self->shared, self->log, &self->arena, record, result, err);
    return outcome;
}

static enum outcome outbound_reject(struct stage *stage, const struct record *record,
                                    const struct result *result, struct error *err)
{
    struct outbound *self = (struct outbound *)stage;
    enum outcome outcome = write_dead_letter(self, record, result, err);

    if (outcome == OUTCOME_OK)
        counts_event(self->shared->counts, EVENT_COUNT_REJECTED);
    return outcome;
}

/* ---- Parked ------------------------------------------------------------------------------ */

static enum outcome outbound_park(struct stage *stage, const struct record *record,
                                  const struct attempts *attempts, struct error *err)
{
    return parked_put(((struct outbound *)stage)->parked, record, attempts, err);
}

static bool outbound_is_parked(struct stage *stage, const struct record *record)
{
    return parked_has(((struct outbound *)stage)->parked, record->order_key);
}

/* Only when their system says no. What Kafka or the directory keeps from its end may be done there
 * already: its issuer must not hear that it is not. */
static bool is_given_up(const struct outbound *self, const struct result *result,
                        const struct attempts *attempts)
{
    return result->put_off && attempts->waited_ms >= self->shared->give_up_after_ms;
}

static enum outcome end_parked(struct outbound *self, const struct record *record,
                               const struct result *result, struct error *err)
{
    enum outcome outcome = OUTCOME_OK;

    if (result->outcome == OUTCOME_REJECT) {
        outcome = write_dead_letter(self, record, result, err);
        if (outcome == OUTCOME_OK)
            log_warn("outbound", "dead letter of a parked event", LOG_TEXT("code", result->code),
                     LOG_BYTES("key", record->order_key));
    }
    if (outcome == OUTCOME_OK)
        outcome = parked_end(self->parked, record, err);
    if (outcome == OUTCOME_OK)
        counts_event_waited(self->shared->counts, result->outcome == OUTCOME_REJECT
                                                      ? EVENT_COUNT_REJECTED
                                                      : counted_as(result));
    return outcome;
}

/* ---- Looking after what was set aside ------------------------------------------------------ */

/* Said once an outage, not once a try. */
static void tend_sink(struct outbound *self)
{
    struct error err = {0};
    enum outcome tended = OUTCOME_OK;

    if (self->sink && self->sink->ops->tend)
        tended = self->sink->ops->tend(self->sink, &err);
    if (tended != OUTCOME_OK && !self->sink_stuck)
        log_warn("outbound", "the sink cannot end what it holds open", LOG_TEXT("why", err.text));
    self->sink_stuck = tended != OUTCOME_OK;
}

/* Whether it was written there may not be known. Its echo is expected no more: one that comes all
 * the same is known as what it repeats, but nothing would tell a person's own change from it. */
static void give_up(struct outbound *self, const struct made *made)
{
    if (made->calls.put_off.data)
        answers_keep_no_echo(self->answers, made->calls.put_off);
    result_set(made->result, OUTCOME_REJECT, "retries_exhausted", made->result->detail);
}

static enum outcome settle_parked(struct outbound *self, const struct made *made,
                                  struct attempts *attempts, struct error *err)
{
    const struct record *record = made->record;
    const struct result *result = made->result;

    if (result->outcome == OUTCOME_FATAL)
        return error_set(err, OUTCOME_FATAL, "%s", result->detail);
    if (result->outcome == OUTCOME_RETRY && is_given_up(self, result, attempts))
        give_up(self, made);
    if (result->outcome != OUTCOME_RETRY)
        return end_parked(self, record, result, err);
    if (result->put_off)
        return parked_failed(self->parked, record, attempts, err);
    parked_again(self->parked, record);
    return OUTCOME_OK;
}

/* The next of those that are set aside, if its pause is over. */
static enum outcome try_parked(struct outbound *self, int32_t *ret_wait_ms, struct error *err)
{
    CLEANUP(arena_deinit) struct arena arena = {0}; /* the stage's own is reset by the push */
    struct record record = {0};
    struct attempts attempts = {0};
    struct result result = {0};
    struct made_list list = {.count = 0};
    const struct made *made;

    if (!parked_next(self->parked, &arena, &record, &attempts, ret_wait_ms))
        return OUTCOME_OK;
    *ret_wait_ms = 0;
    /* Whoever was set aside has waited long enough for what was missing here. */
    record.tries = INT32_MAX;
    arena_reset(&self->arena);
    made = push_one(self, &record, &result, &list);
    finish(self, &list);
    return settle_parked(self, made, &attempts, err);
}

static enum outcome outbound_tend(struct stage *stage, bool works, int32_t *ret_wait_ms,
                                  struct error *err)
{
    struct outbound *self = (struct outbound *)stage;
    enum outcome outcome = claim_prove(self->shared->claim, self->shared->state,
                                       clock_mono_ms(self->shared->clock), err);

    *ret_wait_ms = 1000;
    tend_sink(self);
    if (outcome == OUTCOME_OK)
        outcome = answers_write(self->answers, err);
    if (outcome == OUTCOME_OK)
        outcome = forgetting_ended_steps(self->ended, self->shared, err);
    if (outcome == OUTCOME_OK)
        outcome = forgetting_tend(&self->forgetting, self->shared, err);
    if (outcome == OUTCOME_OK && self->waiting)
        outcome = waiting_tend(self->waiting, self->log, works, err);
    return outcome == OUTCOME_OK && works ? try_parked(self, ret_wait_ms, err) : outcome;
}

static void outbound_interrupt(struct stage *stage)
{
    struct outbound *self = (struct outbound *)stage;

    durable_interrupt(self->log);
    state_interrupt(self->shared->state);
}

static const struct stage_ops outbound_ops = {
    .name = "system",
    .most = OUTBOUND_MOST,
    .push = outbound_push,
    .reject = outbound_reject,
    .park = outbound_park,
    .is_parked = outbound_is_parked,
    .tend = outbound_tend,
    .interrupt = outbound_interrupt,
};

struct stage *outbound_new(const struct shared *shared, struct connector *sink, struct durable *log)
{
    struct outbound *self = xcalloc(1, sizeof(*self));

    self->stage.ops = &outbound_ops;
    self->shared = shared;
    self->sink = sink;
    self->log = log;
    self->parked = parked_new(shared);
    self->ended = steps_ended_new(shared->state);
    self->answers = answers_new(shared->state);
    if (shared->source_count == 0)
        self->waiting = waiting_new(shared, "");
    return &self->stage;
}

void outbound_free(struct stage *stage)
{
    struct outbound *self = (struct outbound *)stage;

    if (!self)
        return;
    parked_free(self->parked);
    steps_ended_free(self->ended);
    answers_free(self->answers);
    waiting_free(self->waiting);
    arena_deinit(&self->arena);
    free(self);
}
