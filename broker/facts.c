/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of facts, and what follows from a set of them.
 */
#include "broker/facts.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "broker/deadlines.h"
#include "schemas/enums.h"

#define STEPS_DELIVERED FACT_BIT(FACT_DELIVERED)
#define STEPS_RECEIVED (STEPS_DELIVERED | FACT_BIT(FACT_RECEIVED))
#define STEPS_ACCEPTED (STEPS_RECEIVED | FACT_BIT(FACT_ACCEPTED))
#define STEPS_TAKEN_OVER (STEPS_ACCEPTED | FACT_BIT(FACT_TAKEN_OVER))

/* Final facts, each loses against those above it in the precedence. */
#define BELOW_REDIRECTED FACT_BIT(FACT_DECLINED)
#define BELOW_CLOSED (BELOW_REDIRECTED | FACT_BIT(FACT_REDIRECTED))
#define BELOW_CANCELLED (BELOW_CLOSED | FACT_BIT(FACT_CLOSED))
#define BELOW_WITHDRAWN (BELOW_CANCELLED | FACT_BIT(FACT_CANCELLED))
#define BELOW_ERROR (BELOW_WITHDRAWN | FACT_BIT(FACT_WITHDRAWN_BY_PERSON))

#define ISSUER .owner = OWNER_ISSUER
#define HOLDER .owner = OWNER_HOLDER
#define EITHER .owner = OWNER_EITHER
#define BROKER .owner = OWNER_BROKER
#define GIVES(place, named) .rank = (place), .state = (named)
#define FINAL .final = true, .answers = true

const struct fact_rule facts_rules[FACT_COUNT] = {
    [FACT_UNKNOWN] = {BROKER},
    [FACT_ERASED] = {EITHER, GIVES(1, HANDOFF_ERASED), FINAL},
    [FACT_ENTERED_IN_ERROR] = {EITHER, GIVES(2, HANDOFF_ENTERED_IN_ERROR), FINAL,
                               .contradicts = BELOW_ERROR},
    [FACT_WITHDRAWN_BY_PERSON] = {EITHER, GIVES(3, HANDOFF_WITHDRAWN_BY_PERSON), FINAL,
                                  .contradicts = BELOW_WITHDRAWN},
    [FACT_CANCELLED] = {HOLDER, GIVES(4, HANDOFF_CANCELLED), FINAL, .implies = STEPS_RECEIVED,
                        .contradicts = BELOW_CANCELLED},
    [FACT_CLOSED] = {HOLDER, GIVES(5, HANDOFF_CLOSED), FINAL, .implies = STEPS_TAKEN_OVER,
                     .contradicts = BELOW_CLOSED},
    [FACT_REDIRECTED] = {HOLDER, GIVES(6, HANDOFF_REDIRECTED), FINAL, .implies = STEPS_RECEIVED,
                         .contradicts = BELOW_REDIRECTED},
    [FACT_DECLINED] = {HOLDER, GIVES(7, HANDOFF_DECLINED), FINAL, .implies = STEPS_RECEIVED,
                       .contradicts = FACT_BIT(FACT_ACCEPTED) | FACT_BIT(FACT_TAKEN_OVER)},
    [FACT_EXPIRED] = {BROKER, GIVES(8, HANDOFF_EXPIRED), FINAL},
    /* Gives the state only while no CANCEL_REFUSED answers it. */
    [FACT_CANCEL_REQUESTED] = {ISSUER, GIVES(9, HANDOFF_CANCEL_REQUESTED)},
    [FACT_TAKEN_OVER] = {HOLDER, GIVES(10, HANDOFF_TAKEN_OVER), .answers = true,
                         .implies = STEPS_ACCEPTED},
    [FACT_ACCEPTED] = {HOLDER, GIVES(11, HANDOFF_ACCEPTED), .answers = true,
                       .implies = STEPS_RECEIVED},
    [FACT_OVERDUE] = {BROKER, GIVES(12, HANDOFF_OVERDUE)},
    [FACT_RECEIVED] = {HOLDER, GIVES(13, HANDOFF_RECEIVED), .implies = STEPS_DELIVERED},
    [FACT_DELIVERED] = {HOLDER, GIVES(14, HANDOFF_DELIVERED)},
    [FACT_ISSUED] = {ISSUER, GIVES(15, HANDOFF_ISSUED)},
    [FACT_REFUSED] = {BROKER, GIVES(16, HANDOFF_REFUSED)},
    [FACT_CANCEL_REFUSED] = {HOLDER, .implies = STEPS_RECEIVED},
    [FACT_CONTACT_UNREADABLE] = {HOLDER},
    [FACT_APPOINTMENT] = {EITHER},
};

static const enum fact fact_of_status[REFERRAL_STATUS_COUNT] = {
    [REFERRAL_UNKNOWN] = FACT_UNKNOWN,
    [REFERRAL_ISSUED] = FACT_ISSUED,
    [REFERRAL_REFUSED] = FACT_REFUSED,
    [REFERRAL_DELIVERED] = FACT_DELIVERED,
    [REFERRAL_RECEIVED] = FACT_RECEIVED,
    [REFERRAL_ACCEPTED] = FACT_ACCEPTED,
    [REFERRAL_DECLINED] = FACT_DECLINED,
    [REFERRAL_REDIRECTED] = FACT_REDIRECTED,
    [REFERRAL_TAKEN_OVER] = FACT_TAKEN_OVER,
    [REFERRAL_CANCEL_REQUESTED] = FACT_CANCEL_REQUESTED,
    [REFERRAL_CANCELLED] = FACT_CANCELLED,
    [REFERRAL_CANCEL_REFUSED] = FACT_CANCEL_REFUSED,
    [REFERRAL_WITHDRAWN_BY_PERSON] = FACT_WITHDRAWN_BY_PERSON,
    [REFERRAL_ENTERED_IN_ERROR] = FACT_ENTERED_IN_ERROR,
    [REFERRAL_ERASED] = FACT_ERASED,
    [REFERRAL_CONTACT_UNREADABLE] = FACT_CONTACT_UNREADABLE,
};

/* Two statuses of one participation at one version: the one further on counts. */
static const int appointment_rank[] = {
    [APPOINTMENT_UNKNOWN] = 0,
    [APPOINTMENT_PROPOSED] = 1,
    [APPOINTMENT_BOOKED] = 2,
    [APPOINTMENT_RESCHEDULED] = 3,
    [APPOINTMENT_UNRECORDED] = 4,
    [APPOINTMENT_CANCELLED_UNSPECIFIED] = 5,
    [APPOINTMENT_CANCELLED_BY_OPERATOR] = 6,
    [APPOINTMENT_CANCELLED_BY_PERSON] = 7,
    [APPOINTMENT_NO_SHOW] = 8,
    [APPOINTMENT_HONOURED] = 9,
    [APPOINTMENT_ENTERED_IN_ERROR] = 10,
    [APPOINTMENT_ERASED] = 11,
};

enum fact facts_of_event(const struct event *event)
{
    int32_t status = event->referral.status;

    switch (event->type) {
    case EVENT_REFERRAL:
        return status > 0 && status < REFERRAL_STATUS_COUNT ? fact_of_status[status] : FACT_UNKNOWN;
    case EVENT_APPOINTMENT:
        return event->appointment.status == APPOINTMENT_UNKNOWN ? FACT_UNKNOWN : FACT_APPOINTMENT;
    case EVENT_CLOSURE:
        return FACT_CLOSED;
    case EVENT_NONE:
    case EVENT_REJECTION:
    case EVENT_NOTICE:
        return FACT_UNKNOWN;
    }
    return FACT_UNKNOWN;
}

static int content_rank(const struct slot *slot)
{
    if (slot->fact == FACT_CLOSED) {
        return slot->detail == CLOSURE_ENTERED_IN_ERROR;
    }
    if (slot->fact == FACT_APPOINTMENT && slot->detail >= 0 && slot->detail <= APPOINTMENT_ERASED) {
        return appointment_rank[slot->detail];
    }
    return 0;
}

int facts_compare_tie(const struct slot *a, const struct slot *b)
{
    int rank_a = content_rank(a);
    int rank_b = content_rank(b);

    if (rank_a != rank_b) {
        return rank_a > rank_b ? 1 : -1;
    }
    return uuid_compare(a->event_id, b->event_id);
}

/* A closure that was entered in error closes nothing: the hand-over is where it was. */
static bool slot_counts(const struct slot *slot)
{
    return slot->fact != FACT_CLOSED || slot->detail != CLOSURE_ENTERED_IN_ERROR;
}

/*
 * One record of a source that changes its mind says it in versions: its newer final fact
 * simply replaces its older facts, and an older final fact beats what the record says after
 * it (a final fact is taken back by ENTERED_IN_ERROR only). Between different records the
 * table decides.
 */
static bool slot_loses(const struct slot *loser, const struct slot *winner)
{
    const struct fact_rule *mine = &facts_rules[loser->fact];
    const struct fact_rule *other = &facts_rules[winner->fact];

    if (!other->final || !slot_counts(winner) || !slot_counts(loser) || mine->rank <= other->rank) {
        return false;
    }
    if (uuid_equal(loser->entity_id, winner->entity_id)) {
        return loser->version > winner->version;
    }
    return (other->contradicts & FACT_BIT(loser->fact)) != 0;
}

static void mark_superseded(struct slot *slots, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count && !slots[i].superseded; j++) {
            slots[i].superseded = slot_loses(&slots[i], &slots[j]);
        }
    }
}

static bool is_own(const struct handoff *row)
{
    return row->issuer.len > 0 && bytes_equal(row->issuer, row->holder);
}

/* What `slot` implies in this row. A hand-over to oneself is taken over as it is issued. */
static uint32_t implied_by(const struct handoff *row, const struct slot *slot)
{
    if (!slot_counts(slot)) {
        return 0;
    }
    if (slot->fact == FACT_ISSUED && is_own(row)) {
        return STEPS_TAKEN_OVER;
    }
    return facts_rules[slot->fact].implies;
}

/* Appends the implied slots behind the `count` real ones; the array has room. */
static size_t add_implied(const struct handoff *row, struct slot *slots, size_t count)
{
    uint32_t said = 0;
    uint32_t implied = 0;
    size_t total = count;

    for (size_t i = 0; i < count; i++) {
        said |= slot_counts(&slots[i]) ? FACT_BIT(slots[i].fact) : 0;
        implied |= implied_by(row, &slots[i]);
    }
    for (int32_t fact = 0; fact < FACT_COUNT; fact++) {
        struct slot *slot = &slots[total];

        if (!(implied & ~said & FACT_BIT(fact))) {
            continue;
        }
        *slot = (struct slot){.fact = fact,
                              .implied = true,
                              .occurred_at = INT64_MAX,
                              .starts_at = NO_TIME,
                              .operator_code = row->holder};
        for (size_t i = 0; i < count; i++) {
            if ((implied_by(row, &slots[i]) & FACT_BIT(fact)) &&
                slots[i].occurred_at < slot->occurred_at) {
                slot->occurred_at = slots[i].occurred_at;
            }
        }
        total++;
    }
    return total;
}

static int compare_slots(const void *left, const void *right)
{
    const struct slot *a = left;
    const struct slot *b = right;

    if (a->fact != b->fact) {
        return a->fact < b->fact ? -1 : 1;
    }
    return uuid_compare(a->entity_id, b->entity_id);
}

static int64_t latest_of(const struct slot *slots, size_t count, enum fact fact)
{
    int64_t latest = NO_TIME;

    for (size_t i = 0; i < count; i++) {
        if (slots[i].fact == (int32_t)fact && slots[i].occurred_at > latest) {
            latest = slots[i].occurred_at;
        }
    }
    return latest;
}

static enum handoff_state state_of(const struct slot *slots, size_t count)
{
    bool cancel_answered = latest_of(slots, count, FACT_CANCEL_REFUSED) >=
                           latest_of(slots, count, FACT_CANCEL_REQUESTED);
    const struct fact_rule *best = &facts_rules[FACT_UNKNOWN];

    for (size_t i = 0; i < count; i++) {
        const struct fact_rule *rule = &facts_rules[slots[i].fact];
        bool answered = slots[i].fact == FACT_CANCEL_REQUESTED && cancel_answered;

        if (rule->rank > 0 && slot_counts(&slots[i]) && !answered &&
            (best->rank == 0 || rule->rank < best->rank)) {
            best = rule;
        }
    }
    return best->state;
}

void facts_settle(struct handoff *row, struct arena *arena)
{
    const struct slot *old = row->slots.items;
    struct slot *slots = arena_array(arena, row->slots.count + FACT_COUNT, sizeof(*slots));
    size_t count = 0;

    for (size_t i = 0; i < row->slots.count; i++) {
        if (!old[i].implied) {
            slots[count++] = old[i];
        }
    }
    mark_superseded(slots, count);
    count = add_implied(row, slots, count);
    qsort(slots, count, sizeof(*slots), compare_slots);
    row->slots = (struct field_array){slots, count};
    row->state = (int32_t)state_of(slots, count);
    deadlines_settle(row);
}

static void write_set(uint32_t set, struct buffer *out)
{
    const char *separator = "";

    for (int fact = 0; fact < FACT_COUNT; fact++) {
        if (set & FACT_BIT(fact)) {
            buffer_printf(out, "%s%s", separator, enum_symbol(&enum_fact, fact));
            separator = ", ";
        }
    }
}

static const struct fact_rule *rule_of_rank(int rank)
{
    for (int fact = 0; fact < FACT_COUNT; fact++) {
        if (facts_rules[fact].rank == rank) {
            return &facts_rules[fact];
        }
    }
    return NULL;
}

static void write_rule(const struct fact_rule *rule, struct buffer *out)
{
    static const char *const owners[] = {"émetteur", "détenteur", "l'un ou l'autre", "courtier"};

    if (rule->rank > 0) {
        buffer_printf(out, "| %d ", rule->rank);
    } else {
        buffer_append_text(out, "| – ");
    }
    buffer_printf(out, "| %s | %s | %s | %s | ",
                  enum_symbol(&enum_fact, (int32_t)(rule - facts_rules)), owners[rule->owner],
                  rule->final ? "oui" : "", rule->answers ? "oui" : "");
    write_set(rule->implies, out);
    buffer_append_text(out, " | ");
    write_set(rule->contradicts, out);
    buffer_append_text(out, " |\n");
}

void facts_document(struct buffer *out)
{
    buffer_append_text(
        out, "| Rang | Fait | Qui peut le dire | Définitif | Met fin à l'attente d'une réponse "
             "| Implique | L'emporte sur |\n| --- | --- | --- | --- | --- | --- | --- |\n");
    for (int rank = 1; rule_of_rank(rank); rank++) {
        write_rule(rule_of_rank(rank), out);
    }
    for (int fact = FACT_UNKNOWN + 1; fact < FACT_COUNT; fact++) {
        if (facts_rules[fact].rank == 0) {
            write_rule(&facts_rules[fact], out);
        }
    }
}
