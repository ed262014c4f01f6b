/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/contacts.h"

#include "connectors/memory/links.h"
#include "connectors/translated.h"
#include "schemas/seal.h"

static const struct directory_operator *last_of(const struct directory *directory,
                                                struct bytes code, int64_t at_us)
{
    for (size_t i = 0; i < directory_operator_count(directory); i++) {
        const struct directory_operator *row = directory_operator_at(directory, i);

        if (bytes_equal_text(code, row->code))
            return row->valid_to <= at_us ? row : NULL;
    }
    return NULL;
}

/* What is open goes on when its other end has left: it is sealed to the last key that it had. */
static const struct directory_operator *receiver_of(const struct directory *directory,
                                                    const struct event *event, int64_t now_us)
{
    struct bytes receiver = event->envelope.sealed_for;
    const struct directory_operator *found = directory_operator(directory, receiver, now_us);

    return found || translated_is_issue(event) ? found : last_of(directory, receiver, now_us);
}

enum outcome contacts_seal(const struct shared *shared, struct event *event,
                           const struct contact *contact, struct arena *arena,
                           const char **ret_code, struct error *err)
{
    CLEANUP(directory_unrefp)
    struct directory *directory = shared->directory(shared->directory_context);
    struct bytes receiver = event->envelope.sealed_for;
    const struct directory_operator *operator;
    const struct seal sender = {shared->wire, shared->keys};
    struct contact bound = *contact;

    if (!directory)
        return error_set(err, OUTCOME_RETRY, "l'annuaire n'est pas encore connu ici");
    operator= receiver_of(directory, event, clock_wall_us(shared->clock));
    if (!operator|| !operator->has_keys) {
        *ret_code = operator? "key_missing" : "operator_unknown";
        return error_set(err, OUTCOME_REJECT, "un opérateur que l'annuaire connaît, avec une clé");
    }
    bound.handoff_id = event->envelope.handoff_id;
    bound.event_id = event->envelope.event_id;
    bound.receiver = receiver;
    event->envelope.sealed = seal_contact(&sender, &bound, &operator->keys, arena);
    return OUTCOME_OK;
}

enum outcome contacts_open(const struct shared *shared, const struct event *event,
                           struct arena *arena, struct contact *ret_contact,
                           enum contact_found *ret_found, struct error *err)
{
    CLEANUP(directory_unrefp) struct directory *directory = NULL;
    const struct envelope *envelope = &event->envelope;
    const struct seal self = {shared->wire, shared->keys};
    const struct public_keys *sender;

    *ret_found = CONTACT_NONE;
    if (!envelope->sealed || !bytes_equal(envelope->sealed_for, shared->operator_code))
        return OUTCOME_OK;
    directory = shared->directory(shared->directory_context);
    if (!directory)
        return error_set(err, OUTCOME_RETRY, "l'annuaire n'est pas encore connu ici");
    sender = directory_keys(directory, envelope->operator_code, envelope->sealed->signing_key_id);
    if (!sender) {
        *ret_found = CONTACT_KEY_MISSING;
        return error_set(err, OUTCOME_RETRY,
                         "l'annuaire n'a pas la clé de signature de l'émetteur");
    }
    *ret_found = CONTACT_OPENED;
    return seal_open(&self, envelope->sealed, envelope, sender, arena, ret_contact, err);
}

/* What stands at the position that was remembered. An inbox that lost its end, or was made anew,
 * may have what is of somebody else there. */
static enum outcome read_issue(const struct shared *shared, const struct known_handoff *known,
                               struct arena *arena, struct event *event, struct error *err)
{
    struct record record = {0};
    enum outcome outcome =
        shared->read_inbox(shared->inbox_context, known->inbox_position, arena, &record, err);

    if (outcome == OUTCOME_OK)
        outcome = wire_decode_event(shared->wire, record.body, arena, event, err);
    if (outcome == OUTCOME_OK &&
        (!translated_is_issue(event) || !uuid_equal(event->envelope.handoff_id, known->handoff_id)))
        return error_set(err, OUTCOME_REJECT,
                         "le passage de relais n'est plus dans la boîte de réception");
    return outcome;
}

enum outcome contacts_of_handoff(const struct shared *shared, struct uuid handoff_id,
                                 struct arena *arena, struct contact *ret_contact,
                                 struct error *err)
{
    struct known_handoff known;
    struct event event;
    enum contact_found found = CONTACT_NONE;
    enum outcome outcome;

    if (!shared->read_inbox || !links_handoff(shared->state, handoff_id, arena, &known) ||
        known.inbox_position < 0)
        return error_set(err, OUTCOME_REJECT,
                         "le passage de relais n'est pas venu par la boîte de réception");
    outcome = read_issue(shared, &known, arena, &event, err);
    if (outcome == OUTCOME_OK)
        outcome = contacts_open(shared, &event, arena, ret_contact, &found, err);
    if (found == CONTACT_KEY_MISSING) /* it was there when this was delivered: none will come */
        return error_set(err, OUTCOME_REJECT,
                         "la clé de signature de l'émetteur n'est plus dans l'annuaire");
    if (outcome == OUTCOME_OK && found == CONTACT_NONE)
        return error_set(err, OUTCOME_REJECT, "le passage de relais est venu sans coordonnées");
    return outcome;
}
