/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/translate.h"

#include "base/crypto.h"
#include "connectors/contacts.h"
#include "connectors/echoes.h"
#include "connectors/receivers.h"
#include "schemas/codes.h"
#include "schemas/ids.h"
#include "schemas/person_ref.h"

/* One item on its way. */
struct translation {
    const struct shared *shared;
    const struct record *record;
    const struct mapping_item *item;
    struct arena *arena;
    const struct hmac *secret;
    struct translated *out;
};

static enum outcome rejected(struct translation *t, const char *code, const char *field,
                             const char *detail)
{
    t->out->as = TRANSLATED_REJECTED;
    t->out->code = code;
    t->out->field = field;
    t->out->rule = t->item->place;
    t->out->detail = detail;
    return OUTCOME_REJECT;
}

/* ---- Echo ------------------------------------------------------------------------ */

/* Does it say something else than what we wrote there, that memory is to be forgotten once
 * this event is durable. */
static bool says_what_we_wrote(struct translation *t)
{
    enum echo_answer answer =
        t->item->has_echo ? echoes_ask(t->shared, &t->item->echo, t->arena) : ECHO_NONE;

    if (answer == ECHO_OTHER)
        t->out->echo_of = t->item->echo.of;
    return answer == ECHO_SAME;
}

/* One repetition a write of ours: the memory of the write goes with it. */
static bool repeats_after_our_write(struct translation *t)
{
    const struct event *event = &t->out->event;

    if (!echoes_repeats(t->shared, event, t->arena))
        return false;
    t->out->echo_of = echoes_touched(event->envelope.handoff_id, t->arena);
    return true;
}

/* ---- Which hand-over --------------------------------------------------------------- */

static enum outcome unmatched(struct translation *t, bool names_handoff)
{
    t->out->as = TRANSLATED_UNMATCHED;
    t->out->names_handoff = names_handoff;
    return OUTCOME_REJECT;
}

/* Open when the record came. When its wait is over, and with it every link of that time is here:
 * sent and open when it happened, for a record that was refused during an outage can come again
 * behind the end that was taken meanwhile. Of several, nobody knows whose it was. */
static struct uuid *find_of_person(struct translation *t, struct bytes person, size_t *ret_count)
{
    struct bytes kind = BYTES_LITERAL("person");
    struct state *state = t->shared->state;
    struct uuid *ids = links_find(state, kind, person, t->record->observed_at, t->arena, ret_count);

    if (*ret_count > 0 || !t->record->waited)
        return ids;
    ids = links_find_then(state, kind, person, t->out->event.envelope.occurred_at, t->arena,
                          ret_count);
    if (*ret_count > 1)
        *ret_count = 0;
    return ids;
}

/* OK: *ret_known is filled; else `out` says what it is instead. */
static enum outcome find_handoff(struct translation *t, const struct handoff_key *key,
                                 struct known_handoff *ret_known)
{
    struct state *state = t->shared->state;
    struct uuid *ids;
    size_t count;
    struct uuid id;

    if (!key->key.data) {
        t->out->as = TRANSLATED_UNKNOWN;
        return OUTCOME_REJECT;
    }
    if (key->how == HANDOFF_GIVEN) {
        if (!uuid_parse(bytes_trim(key->key), &id))
            return rejected(t, "unknown_handoff", "handoff",
                            "un identifiant de passage de relais est attendu");
        return links_handoff(state, id, t->arena, ret_known) ? OUTCOME_OK : unmatched(t, true);
    }
    ids = key->how == HANDOFF_BY_PERSON
              ? find_of_person(t, key->key, &count)
              : links_find(state, key->kind, key->key, LINKS_EVER, t->arena, &count);
    if (count == 0)
        return unmatched(t, false);
    if (count > 1)
        return rejected(t, "ambiguous_link", "handoff",
                        arena_printf(t->arena,
                                     "%zu passages de relais correspondent, un seul est attendu",
                                     count));
    return links_handoff(state, ids[0], t->arena, ret_known) ? OUTCOME_OK : unmatched(t, false);
}

/* The record is the referral itself: its ids follow from its entity, its thread from the
 * hand-over that it goes on from. Only its ISSUED opens a hand-over: what it says else and comes
 * first waits for that, as an answer waits for its link. A polled list shows the newest state
 * only, a webhook may be sent again late; one that was taken back before it was seen to be sent
 * was never handed over. */
static enum outcome open_handoff(struct translation *t, struct known_handoff *known)
{
    struct known_handoff parent;
    struct envelope *envelope = &t->out->event.envelope;
    struct uuid id;
    enum outcome outcome;

    if (ids_handoff(t->secret, t->shared->system, t->item->entity, &id, NULL) != OUTCOME_OK)
        return rejected(t, "bad_value", "entity", "un texte sans caractères de commande");
    if (links_handoff(t->shared->state, id, t->arena, known)) {
        known->ours = true;
    } else if (!translated_is_issue(&t->out->event)) {
        return unmatched(t, false);
    } else {
        *known = (struct known_handoff){
            .handoff_id = id, .thread_id = id, .ours = true, .inbox_position = -1};
    }
    if (!t->item->parent.key.data)
        return OUTCOME_OK;
    outcome = find_handoff(t, &t->item->parent, &parent);
    if (outcome != OUTCOME_OK)
        return outcome;
    known->thread_id = parent.thread_id;
    envelope->parent_handoff_id = parent.handoff_id;
    return OUTCOME_OK;
}

/* The mapping's links and, when the record is the referral itself, its own id there. */
static void set_links(struct translation *t)
{
    const struct mapping_item *item = t->item;
    struct link_note *links = arena_array(t->arena, item->link_count + 1, sizeof(*links));
    size_t count = item->link_count;
    bool opens = item->handoff.how == HANDOFF_OPENS;

    if (count > 0)
        memcpy(links, item->links, count * sizeof(*links));
    for (size_t i = 0; i < count; i++)
        opens = opens && !bytes_equal_text(links[i].kind, LINKS_OWN);
    if (opens)
        links[count++] = (struct link_note){BYTES_LITERAL(LINKS_OWN), item->entity};
    t->out->known.links = links;
    t->out->known.link_count = count;
    t->out->has_known = count > 0;
}

/* Its link stands before its ISSUED is durable (inbound.h): what is said of it in between would
 * reach the broker first, and be refused as of no hand-over. It waits for the source to send the
 * ISSUED again, and goes on after that time: the memory of what was sent ends before the link. */
static bool waits_for_issue(const struct translation *t, const struct known_handoff *known)
{
    return known->ours && !translated_is_issue(&t->out->event) && !t->record->waited &&
           !uuid_is_none(known->entity_id) &&
           !echoes_was_sent(t->shared, known->entity_id, t->arena);
}

/* Ids of the hand-over, and what is to be remembered of it. */
static enum outcome set_handoff(struct translation *t)
{
    struct known_handoff known;
    struct translated *out = t->out;
    enum outcome outcome = t->item->handoff.how == HANDOFF_OPENS
                               ? open_handoff(t, &known)
                               : find_handoff(t, &t->item->handoff, &known);

    if (outcome == OUTCOME_OK && waits_for_issue(t, &known))
        outcome = unmatched(t, false);
    if (outcome != OUTCOME_OK)
        return outcome;
    out->event.envelope.handoff_id = known.handoff_id;
    out->event.envelope.thread_id = known.thread_id;
    out->known = known;
    set_links(t);
    if (translated_ends(&out->event))
        out->ends = known.handoff_id;
    if (translated_is_issue(&out->event))
        out->sends_on = out->event.envelope.parent_handoff_id;
    return OUTCOME_OK;
}

/* ---- Ids, people, seal ------------------------------------------------------------- */

/* Runs on the event as the mapping made it: what the runtime adds is no content, so that a
 * record sent again finds the same id. */
static enum outcome set_ids(struct translation *t)
{
    const struct mapping_item *item = t->item;
    struct envelope *envelope = &t->out->event.envelope;
    struct bytes tag = BYTES_LITERAL("");
    struct ids_event parts = {.system = t->shared->system,
                              .type = item->event.type,
                              .entity = item->entity,
                              .version = item->version.data ? item->version : tag};
    struct bytes unreadable;

    if (ids_entity(t->secret, t->shared->system, item->event.type, item->entity,
                   &envelope->entity_id, NULL) != OUTCOME_OK)
        return rejected(t, "bad_value", "entity", "un texte sans caractères de commande");
    if (!item->version_strict)
        tag = ids_content_tag(t->secret, &item->event, item->has_contact ? &item->contact : NULL,
                              t->arena);
    /* A receiver could not open an earlier seal of this entity: this one is a new event. */
    unreadable = state_get(t->shared->state, STATE_UNREADABLE,
                           bytes_of(&envelope->entity_id, sizeof(envelope->entity_id)), t->arena);
    if (unreadable.data)
        tag = bytes_of_text(
            arena_printf(t->arena, "%.*s%.*s", BYTES_ARG(tag), BYTES_ARG(unreadable)));
    parts.tag = tag;
    if (ids_event(t->secret, &parts, &envelope->event_id, NULL) != OUTCOME_OK)
        return rejected(t, "bad_value", "version", "un texte sans caractères de commande");
    return OUTCOME_OK;
}

/* To whom, where the mapping leaves that to the directory. */
static enum outcome set_receiver(struct translation *t, struct error *err)
{
    const char *code = NULL;
    enum outcome outcome =
        receivers_find(t->shared, &t->item->receiver, &t->out->event, t->arena, &code, err);

    return outcome == OUTCOME_REJECT
               ? rejected(t, code, "to_operator", arena_printf(t->arena, "%s", err->text))
               : outcome;
}

static void set_person(struct translation *t, const struct contact *contact)
{
    struct envelope *envelope = &t->out->event.envelope;
    struct person_ref *reference;
    uint8_t ref[PERSON_REF_SIZE];

    if (!t->shared->person_key || !person_ref_make(t->shared->person_key, contact, ref))
        return;
    reference = arena_array(t->arena, 1, sizeof(*reference));
    reference->key_id = bytes_of_text(t->shared->person_key->key_id);
    reference->ref = arena_copy(t->arena, bytes_of(ref, sizeof(ref)));
    envelope->person_refs = (struct field_array){reference, 1};
}

static void set_origin(struct translation *t)
{
    struct envelope *envelope = &t->out->event.envelope;
    int64_t now = clock_wall_us(t->shared->clock);
    uint8_t digest[CRYPTO_DIGEST_SIZE];

    hmac_of(t->secret, t->record->body, digest);
    envelope->operator_code = t->shared->operator_code;
    envelope->source_system = t->shared->system;
    envelope->observed_at = t->record->observed_at;
    envelope->recorded_at = now;
    envelope->raw_hash = arena_copy(t->arena, bytes_of(digest, sizeof(digest)));
}

static void set_issue(struct translation *t)
{
    struct referral *referral = &t->out->event.referral;
    struct reference *reference;

    if (!referral->from_operator.data)
        referral->from_operator = t->shared->operator_code;
    t->out->known.other = referral->to_operator;
    t->out->known.entity_id = referral->envelope.entity_id;
    t->out->known.sent_at = referral->envelope.occurred_at;
    if (referral->issuer_ref)
        return;
    reference = arena_array(t->arena, 1, sizeof(*reference));
    *reference = (struct reference){t->shared->system, t->item->entity};
    referral->issuer_ref = reference;
}

/* The contact that goes along: the record's own; on a redirect else the one that came with
 * the hand-over before, opened and sealed anew. */
static enum outcome choose_contact(struct translation *t, struct contact *contact, bool *ret_has,
                                   struct error *err)
{
    const struct event *event = &t->out->event;
    enum outcome outcome;

    *ret_has = t->item->has_contact;
    *contact = t->item->contact;
    if (*ret_has || !translated_is_issue(event))
        return OUTCOME_OK;
    if (bytes_equal(event->referral.to_operator, t->shared->operator_code))
        return OUTCOME_OK; /* to oneself: nobody to seal to */
    if (uuid_is_none(event->envelope.parent_handoff_id))
        return rejected(t, "contact_missing", "contact", "un moyen de joindre la personne");
    outcome =
        contacts_of_handoff(t->shared, event->envelope.parent_handoff_id, t->arena, contact, err);
    if (outcome == OUTCOME_RETRY || outcome == OUTCOME_FATAL)
        return outcome;
    if (outcome == OUTCOME_REJECT)
        return rejected(t, "contact_missing", "contact", arena_printf(t->arena, "%s", err->text));
    *ret_has = true;
    return OUTCOME_OK;
}

static enum outcome seal(struct translation *t, struct error *err)
{
    struct event *event = &t->out->event;
    struct bytes receiver =
        translated_is_issue(event) ? event->referral.to_operator : t->out->known.other;
    struct contact contact;
    const char *code = NULL;
    bool has = false;
    enum outcome outcome = choose_contact(t, &contact, &has, err);

    if (outcome != OUTCOME_OK || !has)
        return outcome;
    set_person(t, &contact);
    if (bytes_equal(receiver, t->shared->operator_code))
        return OUTCOME_OK;
    if (!receiver.data)
        return rejected(t, "operator_unknown", "to_operator", "le code du destinataire");
    event->envelope.sealed_for = receiver;
    outcome = contacts_seal(t->shared, event, &contact, t->arena, &code, err);
    if (outcome == OUTCOME_REJECT)
        return rejected(t, code, "to_operator", arena_printf(t->arena, "%s", err->text));
    return outcome;
}

static enum outcome check(struct translation *t, struct error *err)
{
    struct event *event = &t->out->event;

    if (record_check(event_table(event->type), &event->envelope, err) == OUTCOME_OK)
        return OUTCOME_OK;
    return rejected(t, "bad_value", NULL, arena_printf(t->arena, "%s", err->text));
}

static enum outcome translate_event(struct translation *t, struct error *err)
{
    enum outcome outcome;

    t->out->event = t->item->event;
    if (says_what_we_wrote(t)) {
        t->out->as = TRANSLATED_ECHO;
        return OUTCOME_OK;
    }
    t->out->as = TRANSLATED_EVENT;
    set_origin(t);
    outcome = set_ids(t);
    if (outcome == OUTCOME_OK)
        outcome = set_receiver(t, err);
    if (outcome == OUTCOME_OK)
        outcome = set_handoff(t);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (repeats_after_our_write(t)) {
        t->out->as = TRANSLATED_ECHO;
        return OUTCOME_OK;
    }
    if (translated_is_issue(&t->out->event))
        set_issue(t);
    outcome = seal(t, err);
    return outcome == OUTCOME_OK ? check(t, err) : outcome;
}

enum outcome translate_record(const struct shared *shared, const struct record *record,
                              struct arena *arena, struct mapping_items *ret_items,
                              struct error *err)
{
    const struct mapping_input input = {.body = record->body,
                                        .headers = record->headers,
                                        .header_count = record->header_count,
                                        .file = record->file,
                                        .line = record->line,
                                        .absent = record->absent};

    return mapping_read(shared->mapping, &input, arena, ret_items, err);
}

enum outcome translate_item(const struct shared *shared, const struct record *record,
                            const struct mapping_item *item, struct arena *arena,
                            struct translated *ret, struct error *err)
{
    struct translation t = {.shared = shared,
                            .record = record,
                            .item = item,
                            .arena = arena,
                            .secret = &shared->secret,
                            .out = ret};
    struct error dropped = {0};
    enum outcome outcome;

    *ret = (struct translated){.as = TRANSLATED_EVENT, .rule = item->place};
    switch (item->verdict) {
    case ITEM_FILTERED:
        ret->as = TRANSLATED_FILTERED;
        return OUTCOME_OK;
    case ITEM_IGNORED:
        ret->as = TRANSLATED_ECHO;
        return OUTCOME_OK;
    case ITEM_REJECTED:
        (void)rejected(&t, item->code, item->field, item->detail);
        return OUTCOME_OK;
    case ITEM_EVENT:
        break;
    }
    outcome = translate_event(&t, err ? err : &dropped);
    /* REJECT of a part is the item's own verdict, not a failure of the translation. */
    return outcome == OUTCOME_REJECT ? OUTCOME_OK : outcome;
}
