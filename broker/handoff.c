/* SPDX-License-Identifier: Apache-2.0
 *
 * From an event to a new row and what is said about it. Reads from top to bottom:
 * known? refused? else apply and tell.
 */
#include "broker/handoff.h"

#include "broker/checks.h"
#include "broker/deadlines.h"
#include "broker/facts.h"
#include "broker/messages.h"
#include "broker/row.h"

const char *handoff_verdict_name(enum handoff_verdict verdict)
{
    static const char *const names[VERDICT_COUNT] = {"accepted", "refused", "duplicate", "late"};

    return names[verdict];
}

/* What the row already knows of the event. An opening that was refused is weighed again,
 * so that a dead letter can be tried again once its reason is gone. */
static enum handoff_verdict known_as(const struct handoff_question *q)
{
    const struct handoff *row = q->row;
    const struct seen *seen = row ? row_seen(row, q->event) : NULL;

    if (!row || !bytes_equal(q->event->envelope.operator_code, q->sender)) {
        return VERDICT_ACCEPTED;
    }
    /* Both ends erase, each telling the other: the second is no news. */
    if (row->state == HANDOFF_ERASED && facts_of_event(q->event) == FACT_ERASED) {
        return VERDICT_DUPLICATE;
    }
    if ((!checks_is_opening(q) || row->state == HANDOFF_ERASED) &&
        (row_has_event(row, q->event->envelope.event_id) ||
         (seen && row_seen_id(seen, q->event->envelope.event_id)))) {
        return VERDICT_DUPLICATE;
    }
    return seen && q->event->envelope.source_version < seen->version ? VERDICT_LATE
                                                                     : VERDICT_ACCEPTED;
}

static int32_t detail_of(const struct event *event)
{
    switch (event->type) {
    case EVENT_REFERRAL:
        return event->referral.status == REFERRAL_DECLINED ? event->referral.decline_reason : 0;
    case EVENT_APPOINTMENT:
        return event->appointment.status;
    case EVENT_CLOSURE:
        return event->closure.outcome;
    case EVENT_NONE:
    case EVENT_REJECTION:
    case EVENT_NOTICE:
        break;
    }
    return 0;
}

static struct slot slot_of(const struct handoff_question *q, enum fact fact)
{
    const struct envelope *envelope = &q->event->envelope;
    bool appointment = q->event->type == EVENT_APPOINTMENT;

    return (struct slot){
        .fact = (int32_t)fact,
        .entity_id = envelope->entity_id,
        .event_id = envelope->event_id,
        .version = envelope->source_version,
        .occurred_at = envelope->occurred_at,
        .operator_code = q->sender,
        .detail = detail_of(q->event),
        .starts_at = appointment ? q->event->appointment.starts_at : NO_TIME,
    };
}

/* A row for an event that opens its hand-over, whether or not it will be refused. */
static struct handoff *open_row(const struct handoff_question *q, struct arena *arena)
{
    const struct envelope *envelope = &q->event->envelope;
    const struct referral *referral = &q->event->referral;
    struct handoff *row = q->row ? row_copy(q->row, arena) : row_new(envelope, arena);

    row_drop(row, FACT_REFUSED);
    row->refusal_code = BYTES_NONE;
    row->parent_handoff_id = envelope->parent_handoff_id;
    row->issuer = q->sender;
    row->holder = referral->to_operator;
    row->holder_site = referral->to_site;
    row->origin = envelope->origin;
    row->test = envelope->test;
    row->issued_at =
        deadlines_is_ahead(envelope->occurred_at, q->now_us) ? q->now_us : envelope->occurred_at;
    if (row->requested_on == NO_INT) {
        row->requested_on = referral->requested_on;
    }
    row->thread_operators = q->parent ? q->parent->thread_operators : (struct field_array){0};
    row_add_operator(row, row->issuer, arena);
    row_add_operator(row, row->holder, arena);
    return row;
}

/* ---- Refused -------------------------------------------------------------------------- */

static void keep_refused(const struct handoff_question *q, const char *code, struct handoff *row,
                         struct arena *arena)
{
    struct slot slot = slot_of(q, FACT_REFUSED);

    slot.operator_code = HANDOFF_BROKER_CODE;
    row_put(row, &slot, arena); /* the only one: no other REFUSED stands there */
    row->refusal_code = bytes_of_text(code);
    row->updated_at = q->now_us;
    row_remember(row, q->event, arena);
    facts_settle(row, arena);
}

static bool is_refused_again(const struct handoff_question *q, const struct check *check)
{
    const struct seen *seen = q->row ? row_seen(q->row, q->event) : NULL;

    return seen && checks_is_opening(q) && row_seen_id(seen, q->event->envelope.event_id) &&
           bytes_equal_text(q->row->refusal_code, check->code);
}

/*
 * The refusal is remembered in the row, so that its event is a duplicate when it comes
 * again. Where there is no row of the sender's (unknown hand-over, somebody else's) nothing
 * is remembered: the Rejection may come twice, with one id.
 */
static void refuse(const struct handoff_question *q, const struct check *check, struct arena *arena,
                   struct handoff_answer *answer)
{
    struct handoff *row = NULL;

    if (is_refused_again(q, check)) {
        answer->verdict = VERDICT_DUPLICATE;
        return;
    }
    answer->verdict = VERDICT_REFUSED;
    answer->code = check->code;
    if (checks_is_opening(q) && check->keeps_row) {
        row = open_row(q, arena);
        keep_refused(q, check->code, row, arena);
    } else if (q->row && (q->row->state == HANDOFF_ERASED || checks_is_end(q->row, q->sender)) &&
               bytes_equal(q->event->envelope.operator_code, q->sender) &&
               q->row->seen.count < CHECKS_MAX_SLOTS) {
        row = row_copy(q->row, arena);
        row_remember(row, q->event, arena);
    }
    messages_refuse(answer, arena, q, row, check->code);
    answer->row = row;
}

/* ---- Accepted ------------------------------------------------------------------------- */

/* The parent of an accepted redirect: REDIRECTED in its slot, its issuer told. */
static void redirect_parent(const struct handoff_question *q, struct arena *arena,
                            struct handoff_answer *answer)
{
    struct handoff *parent = row_copy(q->parent, arena);
    struct slot slot = slot_of(q, FACT_REDIRECTED);
    const struct slot *current = row_find(parent, FACT_REDIRECTED, parent->child_handoff_id);

    slot.entity_id = q->event->envelope.handoff_id;
    /* Two children of one holder: the later one is where the person is. */
    if (!current || current->occurred_at < slot.occurred_at ||
        (current->occurred_at == slot.occurred_at &&
         uuid_compare(current->entity_id, slot.entity_id) < 0)) {
        parent->child_handoff_id = slot.entity_id;
    }
    row_put(parent, &slot, arena); /* a child is opened once */
    parent->updated_at = q->now_us;
    facts_settle(parent, arena);
    if (!bytes_equal(parent->issuer, parent->holder) &&
        !row_find(parent, FACT_REDIRECTED, slot.entity_id)->superseded) {
        messages_redirect(answer, arena, parent, q->event);
    }
    messages_supersede(answer, arena, parent, q->parent);
    answer->parent = parent;
}

/* Nothing is left of an erased hand-over but its ids, that it was, and when; and the opaque
 * ids of the records that were known, so that a system that sends them again (it may do so
 * for ever, having been written to) is not refused anew each time. */
static struct handoff *erased_row(const struct handoff_question *q, const struct handoff *applied,
                                  struct arena *arena)
{
    struct handoff *row = row_new(&q->event->envelope, arena);

    row->seen = applied->seen;
    row->state = HANDOFF_ERASED;
    row->issued_at = 0;
    row->issuer = BYTES_LITERAL("");
    row->holder = BYTES_LITERAL("");
    row->updated_at = q->now_us;
    return row;
}

static bool is_step(enum fact fact)
{
    return fact == FACT_DELIVERED || fact == FACT_RECEIVED || fact == FACT_ACCEPTED ||
           fact == FACT_TAKEN_OVER;
}

static bool has_ended(const struct handoff *row)
{
    for (int fact = 0; fact < FACT_COUNT; fact++) {
        if (facts_rules[fact].final && facts_rules[fact].state == (enum handoff_state)row->state) {
            return true;
        }
    }
    return false;
}

/* A step that came when a later one, or the end, was known: telling it now would move the
 * other end's system back. It fills its slot all the same. */
static bool is_behind(const struct handoff_question *q)
{
    enum fact fact = facts_of_event(q->event);
    const struct slot *slots = q->row ? q->row->slots.items : NULL;
    bool implied = false;

    if (!slots || !is_step(fact)) {
        return false;
    }
    for (size_t i = 0; i < q->row->slots.count; i++) {
        implied = implied || (slots[i].implied && slots[i].fact == (int32_t)fact);
    }
    return implied || has_ended(q->row);
}

static bool is_heard(const struct handoff_question *q, const struct handoff *row, bool changed)
{
    struct bytes other = bytes_equal(q->sender, row->issuer) ? row->holder : row->issuer;
    const struct envelope *envelope = &q->event->envelope;
    bool sealed = envelope->sealed && bytes_equal(envelope->sealed_for, other);
    const struct slot *slot = row_find(row, facts_of_event(q->event), envelope->entity_id);
    bool lost = slot && slot->superseded;

    return !bytes_equal(row->issuer, row->holder) && row_has(row, FACT_ISSUED) &&
           (sealed || (changed && !lost && !is_behind(q)));
}

static void apply(const struct handoff_question *q, struct arena *arena,
                  struct handoff_answer *answer)
{
    enum fact fact = facts_of_event(q->event);
    bool opening = checks_is_opening(q);
    struct handoff *row = opening ? open_row(q, arena) : row_copy(q->row, arena);
    struct slot slot = slot_of(q, fact);
    /* A remark (Notice, Rejection) fills no slot and is always news. */
    bool changed = fact == FACT_UNKNOWN || row_put(row, &slot, arena);

    if (fact == FACT_ISSUED && row->requested_on == NO_INT) {
        row->requested_on = q->event->referral.requested_on;
    }
    row->updated_at = q->now_us;
    row_remember(row, q->event, arena);
    facts_settle(row, arena);
    if (is_heard(q, row, changed)) {
        messages_forward(answer, arena, row,
                         bytes_equal(q->sender, row->issuer) ? row->holder : row->issuer, q->event);
    }
    messages_supersede(answer, arena, row, q->row);
    if (opening && q->parent) {
        redirect_parent(q, arena, answer);
    }
    if (messages_withhold(answer, q->deaf, q->deaf_count, q->event->envelope.event_id)) {
        messages_refuse(answer, arena, q, row, "undeliverable");
    }
    answer->row = fact == FACT_ERASED ? erased_row(q, row, arena) : row;
}

void handoff_decide(const struct handoff_question *question, struct arena *arena,
                    struct handoff_answer *ret_answer)
{
    const struct check *check;

    *ret_answer = (struct handoff_answer){.verdict = known_as(question)};
    if (ret_answer->verdict != VERDICT_ACCEPTED) {
        return;
    }
    check = checks_refusing(question);
    if (check) {
        refuse(question, check, arena, ret_answer);
        return;
    }
    apply(question, arena, ret_answer);
}

bool handoff_fire(const struct handoff *row, int64_t now_us, struct arena *arena,
                  struct handoff_answer *ret_answer)
{
    struct handoff *fired;
    struct slot slot = {
        .fact = FACT_OVERDUE,
        .occurred_at = row->due_at,
        .operator_code = HANDOFF_BROKER_CODE,
        .starts_at = NO_TIME,
    };

    *ret_answer = (struct handoff_answer){.verdict = VERDICT_ACCEPTED};
    if (row->due_at == NO_TIME || row->due_at > now_us) {
        return false;
    }
    slot.event_id = deadlines_event_id(row);
    fired = row_copy(row, arena);
    messages_notice(ret_answer, arena, fired, now_us);
    row_put(fired, &slot, arena); /* due_at is none while one stands there */
    facts_settle(fired, arena);
    ret_answer->row = fired;
    return true;
}

void handoff_document(struct buffer *out)
{
    buffer_append_text(
        out,
        "# Les règles d'un passage de relais\n\nCette page est écrite par `relais rules` : ne "
        "pas la modifier à la main.\n\n"
        "L'état d'un passage de relais est celui du fait au plus petit rang parmi ceux qui "
        "sont\nconnus, dits ou impliqués. `CANCEL_REQUESTED` compte jusqu'à ce qu'il soit "
        "refusé. Un fait\ndéfinitif l'emporte sur ce que nomme sa ligne, qui que ce soit qui "
        "l'ait dit, et sur ce que\nson propre enregistrement dit après lui ; l'auteur d'un fait "
        "sur lequel un autre l'emporte\nl'apprend une fois. Une clôture saisie par erreur ne "
        "compte pour rien.\n\n## Les faits\n\n");
    facts_document(out);
    buffer_append_text(out, "\n## Les motifs de refus, dans l'ordre où ils sont cherchés\n\n");
    checks_document(out);
    buffer_append_text(
        out,
        "\n## Un opérateur sans boîte de réception\n\n"
        "Tant que la boîte de réception d'un opérateur, ou celle de ses rejets, n'existe pas (il "
        "est\nparti, ou n'est pas encore raccordé), rien n'est écrit pour lui. Un ISSUED vers lui "
        "est refusé\n`operator_unknown`. Tout autre fait qui lui irait est retenu, compte et donne "
        "son état au\npassage de relais ; son auteur apprend par un rejet `undeliverable` qu'il "
        "n'a pas été remis.\nUn avis d'échéance ne va alors qu'à l'autre bout. Ce qui n'est pas "
        "écrit est compté\n(`relais_broker_withheld_total`) ; les opérateurs que l'annuaire "
        "connaît et dont les sujets ne\nsont pas comme il faut le sont aussi "
        "(`relais_broker_operators_without_topics`), et le journal\ndit une fois de chacun quel "
        "sujet manque.\n");
}
