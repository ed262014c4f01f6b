/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/checks.h"

#include "base/clock.h"
#include "broker/facts.h"
#include "broker/row.h"

bool checks_is_end(const struct handoff *row, struct bytes operator_code)
{
    return bytes_equal(row->issuer, operator_code) || bytes_equal(row->holder, operator_code);
}

bool checks_is_opening(const struct handoff_question *q)
{
    return facts_of_event(q->event) == FACT_ISSUED && (!q->row || !row_has(q->row, FACT_ISSUED));
}

static const struct referral *referral_of(const struct handoff_question *q)
{
    return &q->event->referral;
}

static bool names_parent(const struct handoff_question *q)
{
    return !uuid_is_none(q->event->envelope.parent_handoff_id);
}

/* The topic says who speaks; an event that names somebody else is believed in nothing. */
static bool is_from_another(const struct handoff_question *q)
{
    return !bytes_equal(q->event->envelope.operator_code, q->sender);
}

/* A later release's status, or none. Rejections and notices are remarks, not facts. */
static bool is_unknown_status(const struct handoff_question *q)
{
    switch (q->event->type) {
    case EVENT_REFERRAL:
    case EVENT_APPOINTMENT:
    case EVENT_CLOSURE:
        return facts_of_event(q->event) == FACT_UNKNOWN;
    case EVENT_REJECTION:
    case EVENT_NOTICE:
        return false;
    case EVENT_NONE:
        break;
    }
    return true;
}

static bool is_erased(const struct handoff_question *q)
{
    bool parent_erased = q->parent && q->parent->state == HANDOFF_ERASED;

    return (q->row && q->row->state == HANDOFF_ERASED) || (checks_is_opening(q) && parent_erased);
}

static bool is_unknown_handoff(const struct handoff_question *q)
{
    const struct envelope *envelope = &q->event->envelope;

    if (q->row && !uuid_equal(q->row->thread_id, envelope->thread_id)) {
        return true;
    }
    if (!checks_is_opening(q)) {
        return !q->row;
    }
    if (names_parent(q)) {
        return !q->parent || !uuid_equal(q->parent->thread_id, envelope->thread_id);
    }
    return !uuid_equal(envelope->thread_id, envelope->handoff_id);
}

/* The end that names an appointment first keeps it; its entity id is nobody else's. */
static bool is_others_appointment(const struct handoff_question *q)
{
    const struct slot *slot = row_find(q->row, FACT_APPOINTMENT, q->event->envelope.entity_id);

    return slot && !bytes_equal(slot->operator_code, q->sender);
}

static bool is_not_owned(const struct handoff_question *q)
{
    enum fact fact = facts_of_event(q->event);
    const struct handoff *row = q->row;

    if (!checks_is_end(row, q->sender)) {
        return true;
    }
    if (fact == FACT_UNKNOWN) {
        return false;
    }
    switch (facts_rules[fact].owner) {
    case OWNER_ISSUER:
        return !bytes_equal(row->issuer, q->sender);
    case OWNER_HOLDER:
        return !bytes_equal(row->holder, q->sender);
    case OWNER_EITHER:
        return fact == FACT_APPOINTMENT && is_others_appointment(q);
    case OWNER_BROKER:
        break;
    }
    return true;
}

/* Who may issue: the operator that the event says it comes from, and of a redirect only
 * the one that holds the parent. */
static bool is_not_issuer(const struct handoff_question *q)
{
    if (!bytes_equal(referral_of(q)->from_operator, q->sender)) {
        return true;
    }
    return names_parent(q) && !bytes_equal(q->parent->holder, q->sender);
}

static bool is_others_handoff(const struct handoff_question *q)
{
    return facts_of_event(q->event) == FACT_ISSUED && q->row &&
           !bytes_equal(q->row->issuer, q->sender);
}

static bool is_not_senders(const struct handoff_question *q)
{
    return checks_is_opening(q) ? is_not_issuer(q) : is_not_owned(q);
}

/* Only the holder sends a hand-over on, by a redirect. */
static bool is_new_receiver(const struct handoff_question *q)
{
    return !checks_is_opening(q) && facts_of_event(q->event) == FACT_ISSUED &&
           !bytes_equal(referral_of(q)->to_operator, q->row->holder);
}

/* A refused hand-over never reached anybody: nothing can be answered or asked about it.
 * Its issuer may still withdraw or erase it. */
static bool was_never_delivered(const struct handoff_question *q)
{
    enum fact fact = facts_of_event(q->event);

    return !checks_is_opening(q) && !row_has(q->row, FACT_ISSUED) &&
           !(bytes_equal(q->row->issuer, q->sender) && facts_rules[fact].owner == OWNER_EITHER &&
             facts_rules[fact].final);
}

static bool is_too_many(const struct handoff_question *q)
{
    const struct envelope *envelope = &q->event->envelope;
    bool known = row_find(q->row, facts_of_event(q->event), envelope->entity_id) &&
                 row_seen(q->row, q->event);

    return !known &&
           (q->row->slots.count >= CHECKS_MAX_SLOTS || q->row->seen.count >= CHECKS_MAX_SLOTS);
}

static bool is_too_many_of_row(const struct handoff_question *q)
{
    return q->row && is_too_many(q);
}

/* Each redirect of a hand-over stands in its row, too. */
static bool is_too_many_of_parent(const struct handoff_question *q)
{
    return q->parent && q->parent->slots.count >= CHECKS_MAX_SLOTS;
}

static const struct directory_operator *receiver_of(const struct handoff_question *q)
{
    return directory_operator(q->directory, referral_of(q)->to_operator,
                              q->event->envelope.occurred_at);
}

static bool is_reachable(const struct handoff_question *q, struct bytes code)
{
    bool found = !q->reachable;

    for (size_t i = 0; i < q->reachable_count && !found; i++) {
        found = bytes_equal_text(code, q->reachable[i]);
    }
    return found;
}

/* A test operator does not exist for what is no test. */
static bool is_unknown_operator(const struct handoff_question *q)
{
    const struct directory_operator *receiver = receiver_of(q);

    return !receiver || (receiver->test && !q->event->envelope.test) ||
           !directory_operator(q->directory, q->sender, q->event->envelope.occurred_at) ||
           !is_reachable(q, referral_of(q)->to_operator);
}

static bool is_test_to_real(const struct handoff_question *q)
{
    bool test = q->event->envelope.test;

    if (!checks_is_opening(q)) {
        return test && !q->row->test;
    }
    return (test && !receiver_of(q)->test) || (!test && q->parent && q->parent->test);
}

static bool is_loop(const struct handoff_question *q)
{
    const struct bytes *held = q->parent ? q->parent->thread_operators.items : NULL;

    for (size_t i = 0; held && i < q->parent->thread_operators.count; i++) {
        if (bytes_equal(held[i], referral_of(q)->to_operator)) {
            return true;
        }
    }
    return false;
}

static bool is_outside_conventions(const struct handoff_question *q)
{
    return !directory_may_refer(q->directory, q->sender, referral_of(q)->to_operator,
                                q->event->envelope.occurred_at);
}

static bool is_choice_missing(const struct handoff_question *q)
{
    return referral_of(q)->choice_required && !referral_of(q)->choice_recorded;
}

static bool is_too_old(const struct handoff_question *q)
{
    int64_t oldest = q->now_us - CHECKS_OLDEST_DAYS * US_PER_DAY;

    return referral_of(q)->requested_on != NO_INT &&
           referral_of(q)->requested_on < oldest / US_PER_DAY;
}

/* The order matters: each check may rely on what those before it have let through (an
 * event that is no opening has a row after "unknown_handoff", a redirect its parent). */
static const struct check checks[] = {
    {.code = "not_yours",
     .refuses = is_from_another,
     .meaning = "l'événement nomme un autre opérateur que celui dont il est dans la boîte d'envoi"},
    {.code = "unknown_status",
     .refuses = is_unknown_status,
     .meaning = "son statut n'est pas connu de cette version de Relais"},
    {.code = "erased", .refuses = is_erased, .meaning = "le passage de relais est effacé"},
    {.code = "unknown_handoff",
     .refuses = is_unknown_handoff,
     .meaning =
         "pas de tel passage de relais dans ce fil (d'une réorientation : pas de tel parent)"},
    {.code = "duplicate_handoff",
     .refuses = is_others_handoff,
     .meaning = "un autre opérateur a émis un passage de relais de cet identifiant"},
    {.code = "not_yours",
     .refuses = is_not_senders,
     .meaning =
         "le fait est à l'autre bout, au courtier, ou à aucun des deux bouts de son émetteur"},
    {.code = "unknown_handoff",
     .refuses = was_never_delivered,
     .meaning = "le passage de relais est refusé : rien ne peut suivre qu'un autre ISSUED"},
    {.code = "not_yours",
     .refuses = is_new_receiver,
     .meaning = "l'émetteur nomme ensuite un autre destinataire : seul le détenteur peut passer le "
                "relais plus loin"},
    {.code = "too_many",
     .refuses = is_too_many_of_row,
     .meaning = "plus de faits ou de sources qu'aucun passage de relais n'en a"},
    {.code = "too_many",
     .opening = true,
     .keeps_row = true,
     .refuses = is_too_many_of_parent,
     .meaning = "le passage de relais réorienté compte déjà plus de faits qu'aucun n'en a"},
    {.code = "operator_unknown",
     .opening = true,
     .keeps_row = true,
     .refuses = is_unknown_operator,
     .meaning = "un bout n'est pas dans l'annuaire le jour de l'émission, ou n'a pas de sujets"},
    {.code = "test_to_real",
     .keeps_row = true,
     .refuses = is_test_to_real,
     .meaning = "un essai atteindrait un opérateur réel, ou un passage de relais réel"},
    {.code = "too_old",
     .opening = true,
     .keeps_row = true,
     .refuses = is_too_old,
     .meaning = "demandé il y a plus longtemps que les passages de relais clos ne sont retenus"},
    {.code = "loop",
     .opening = true,
     .keeps_row = true,
     .refuses = is_loop,
     .meaning = "le destinataire a déjà émis ou tenu dans ce fil"},
    {.code = "convention_missing",
     .opening = true,
     .keeps_row = true,
     .refuses = is_outside_conventions,
     .meaning = "aucune convention en vigueur le jour de l'émission"},
    {.code = "choice_missing",
     .opening = true,
     .keeps_row = true,
     .refuses = is_choice_missing,
     .meaning = "le choix éclairé de la personne est requis et n'a pas été recueilli"},
    {.code = NULL},
};

const struct check *checks_refusing(const struct handoff_question *question)
{
    for (const struct check *check = checks; check->code; check++) {
        if ((!check->opening || checks_is_opening(question)) && check->refuses(question)) {
            return check;
        }
    }
    return NULL;
}

void checks_document(struct buffer *out)
{
    buffer_append_text(out, "| Code | Pour | Refusé parce que |\n| --- | --- | --- |\n");
    for (const struct check *check = checks; check->code; check++) {
        buffer_printf(out, "| %s | %s | %s |\n", check->code,
                      check->opening ? "un ISSUED qui ouvre" : "tout événement", check->meaning);
    }
}
