/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/items.h"

#include "base/uuid.h"
#include "connectors/mapping/store.h"
#include "schemas/nir.h"

#define IN_RECORD "une, dans l'enregistrement"

/* ---- Items ---------------------------------------------------------------------------- */

/* Grows by doubling in the arena. */
struct mapping_item *items_new(struct run *run, const char *rule)
{
    struct mapping_items *items = run->items;
    struct mapping_item *item;

    if (items->count == run->capacity) {
        size_t capacity = run->capacity > 0 ? run->capacity * 2 : 1;
        struct mapping_item *grown = arena_array(run->evaluation.arena, capacity, sizeof(*grown));

        if (items->count > 0)
            memcpy(grown, items->items, items->count * sizeof(*grown));
        items->items = grown;
        run->capacity = capacity;
    }
    item = &items->items[items->count++];
    item->rule = rule; /* the arena gave it zeroed */
    return item;
}

/* A value of a code list may be shown when it is short and its field is known and not personal:
 * an entity, a link, a condition or the key of a look-up may be about anything, or anybody. */
static bool may_show(const struct failure *failure, const struct assignment *assignment)
{
    return strcmp(failure->code, FAIL_UNKNOWN_CODE) == 0 && failure->shown.data &&
           failure->shown.len <= 40 && assignment && !(assignment->field->flags & FIELD_PERSONAL);
}

/* The dead letter's reason from the evaluation's failure. */
void items_reject(struct run *run, struct mapping_item *item, const char *field,
                  const struct assignment *assignment)
{
    struct arena *arena = run->evaluation.arena;
    struct failure *failure = &run->evaluation.failure;
    const char *expected = failure->expected;

    item->verdict = ITEM_REJECTED;
    item->code = failure->code;
    item->field = field;
    item->place = runner_place(arena, failure->place);
    if (may_show(failure, assignment))
        item->detail =
            arena_printf(arena, "%s \"%.*s\"%s%s", failure->what, BYTES_ARG(failure->shown),
                         expected ? " ; attendu : " : "", expected ? expected : "");
    else
        item->detail = arena_printf(arena, "%s%s%s", failure->what, expected ? " ; attendu : " : "",
                                    expected ? expected : "");
}

static void reject_missing(struct run *run, struct mapping_item *item, const char *field,
                           struct place place, const char *expected)
{
    run->evaluation.failure =
        (struct failure){FAIL_MISSING_FIELD, place, "sans valeur", expected, BYTES_NONE};
    items_reject(run, item, field, NULL);
}

/* ---- The event ------------------------------------------------------------------------ */

/* Without its status an event is none. */
static void lack_status(struct run *run, const struct assignment *assignment)
{
    run->evaluation.failure = (struct failure){FAIL_MISSING_FIELD, assignment->place, "sans valeur",
                                               "le statut", BYTES_NONE};
}

static bool assign(struct run *run, const struct assignment *assignment, struct mapping_item *item)
{
    void *base = assignment->contact ? (void *)&item->contact : (void *)&item->event.envelope;
    enum stored stored = store_assign(&run->evaluation, assignment, base);

    if (stored == STORED_VALUE && assignment->contact)
        item->has_contact = true;
    if (stored == STORED_NOTHING && assignment->is_status) {
        lack_status(run, assignment);
        stored = STORED_FAILED;
    }
    if (stored == STORED_FAILED)
        items_reject(run, item, assignment->target, assignment);
    if (run->watch && run->watch->field)
        run->watch->field(run->watch->context, assignment, item, &run->evaluation);
    return stored != STORED_FAILED;
}

/* The version as text and number, and when it happened. */
static bool read_version(struct run *run, struct mapping_item *item)
{
    const struct record_rule *rule = run->rule;
    struct envelope *envelope = &item->event.envelope;
    struct value value;

    envelope->source_version = 0;
    item->version = BYTES_LITERAL("");
    item->version_strict = rule->version_strict;
    if (!rule->version)
        return true;
    value = evaluate(&run->evaluation, rule->version);
    if (value.kind == VALUE_FAILED) {
        items_reject(run, item, "version", NULL);
        return false;
    }
    if (value.kind == VALUE_TIME) {
        envelope->source_version = value.moment.us;
        run->evaluation.moment_us = value.moment.us;
        if (!rule->occurred_at) {
            envelope->occurred_at = value.moment.us;
            envelope->occurred_at_offset_min = value.moment.offset_min;
            envelope->occurred_at_precision = value.moment.precision;
        }
    } else if (!evaluate_is_present(&run->evaluation, &value)) {
        return true;
    } else {
        struct bytes text = evaluate_value_text(&run->evaluation, &value);

        if (!bytes_to_int64(bytes_trim(text), &envelope->source_version)) {
            (void)evaluate_fail(&run->evaluation, rule->version, FAIL_BAD_VALUE,
                                "ce n'est pas une version", "un nombre entier, ou un instant",
                                BYTES_NONE);
            items_reject(run, item, "version", NULL);
            return false;
        }
    }
    item->version = evaluate_integer_text(run->evaluation.arena, envelope->source_version);
    return true;
}

static bool read_time(struct run *run, struct mapping_item *item)
{
    const struct record_rule *rule = run->rule;
    struct envelope *envelope = &item->event.envelope;

    envelope->occurred_at = NO_TIME;
    if (!read_version(run, item) || (rule->occurred_at && !assign(run, rule->occurred_at, item)))
        return false;
    if (envelope->occurred_at == NO_TIME) {
        reject_missing(run, item, "occurred_at",
                       rule->occurred_at ? rule->occurred_at->place : rule->version->place,
                       IN_RECORD);
        return false;
    }
    if (run->evaluation.moment_us == NO_TIME)
        run->evaluation.moment_us = envelope->occurred_at;
    return true;
}

/* ---- Hand-over, links, echo ----------------------------------------------------------- */

static struct bytes text_of(struct run *run, const struct expression *expression)
{
    bool failed;

    return expression ? evaluate_text(&run->evaluation, expression, &failed) : BYTES_NONE;
}

/* A hand-over's id, in its one form: the runtime would refuse what is none. */
static struct bytes given_id(struct run *run, const struct expression *expression, struct bytes key)
{
    char text[UUID_TEXT_SIZE];
    struct uuid id;

    if (uuid_parse(bytes_trim(key), &id))
        return arena_copy(run->evaluation.arena, bytes_of_text(uuid_format(id, text)));
    (void)evaluate_fail(&run->evaluation, expression, FAIL_UNKNOWN_HANDOFF,
                        "ce n'est pas l'identifiant d'un passage de relais",
                        "un UUID, le handoff_id que nous leur avons écrit", key);
    return BYTES_NONE;
}

static struct handoff_key read_handoff(struct run *run, const struct handoff_choice *choices,
                                       size_t count)
{
    struct handoff_key key = {.how = count > 0 ? choices[count - 1].how : HANDOFF_OPENS};

    for (size_t i = 0; i < count && !run->evaluation.failure.code; i++) {
        key.how = choices[i].how;
        key.kind = text_of(run, choices[i].kind);
        key.key = text_of(run, choices[i].key);
        if (key.key.data && key.how == HANDOFF_GIVEN)
            key.key = given_id(run, choices[i].key, key.key);
        if (key.key.data || key.how == HANDOFF_OPENS)
            break;
    }
    if (key.how == HANDOFF_BY_PERSON)
        key.kind = BYTES_LITERAL("person");
    return key;
}

static void read_links(struct run *run, struct mapping_item *item)
{
    const struct record_rule *rule = run->rule;
    struct link_note *links =
        arena_array(run->evaluation.arena, rule->link_count + 1, sizeof(*links));

    for (size_t i = 0; i < rule->link_count; i++) {
        struct bytes key = text_of(run, rule->links[i].key);

        if (key.data)
            links[item->link_count++] = (struct link_note){rule->links[i].kind.text, key};
    }
    item->links = links;
}

static void read_echo(struct run *run, struct mapping_item *item)
{
    const struct echo_rule *rule = &run->rule->echo;

    item->echo.of = text_of(run, rule->of);
    item->echo.says = text_of(run, rule->says);
    /* A record that says nothing of what we write cannot repeat it. */
    item->has_echo = item->echo.of.data && item->echo.says.data;
}

static bool read_entity(struct run *run, struct mapping_item *item)
{
    const struct expression *entity = run->rule->entity;

    item->entity = text_of(run, entity);
    if (run->evaluation.failure.code)
        items_reject(run, item, "entity", NULL);
    else if (!item->entity.data)
        reject_missing(run, item, "entity", entity->place, IN_RECORD);
    return item->entity.data && !run->evaluation.failure.code;
}

/* A record that names its hand-over must do so: one that has none is left out by `when`. */
static bool names_handoff(struct run *run, struct mapping_item *item)
{
    const struct record_rule *rule = run->rule;
    const struct expression *key;

    if (item->handoff.how != HANDOFF_GIVEN || item->handoff.key.data)
        return true;
    key = rule->handoff[rule->handoff_count - 1].key;
    reject_missing(run, item, "handoff", key->place,
                   arena_printf(run->evaluation.arena,
                                "le handoff_id que nous leur avons écrit ; `when: present(%.*s)` "
                                "laisse de côté les enregistrements qui n'en ont pas",
                                BYTES_ARG(key->source)));
    return false;
}

static bool read_identity(struct run *run, struct mapping_item *item)
{
    const struct record_rule *rule = run->rule;

    if (!read_entity(run, item))
        return false;
    item->handoff = read_handoff(run, rule->handoff, rule->handoff_count);
    item->parent = read_handoff(run, rule->parent, rule->parent_count);
    read_links(run, item);
    read_echo(run, item);
    if (rule->test)
        item->event.envelope.test = evaluate_is_true(&run->evaluation, rule->test);
    if (run->evaluation.failure.code) {
        items_reject(run, item, "handoff", NULL);
        return false;
    }
    return names_handoff(run, item);
}

/* Nobody can be handed to nobody: the broker would refuse it. */
static bool says_to_whom(struct run *run, struct mapping_item *item)
{
    const struct record_rule *rule = run->rule;
    struct place place = rule->place;

    if (item->event.referral.to_operator.data)
        return true;
    for (size_t i = 0; i < rule->assignment_count; i++)
        if (strcmp(rule->assignments[i].target, "to_operator") == 0)
            place = rule->assignments[i].place;
    reject_missing(run, item, "to_operator", place,
                   "le code de l'opérateur à qui ce ISSUED passe le relais");
    return false;
}

/* It tells the entity, of which others see a keyed hash, where no other reference of the issuer's
 * is told. */
static bool may_tell_entity(struct run *run, struct mapping_item *item)
{
    if (item->event.referral.issuer_ref || !nir_in_identifier(item->entity))
        return true;
    (void)evaluate_refuse_nir(&run->evaluation, run->rule->entity);
    item->entity = BYTES_NONE;
    items_reject(run, item, "entity", NULL);
    return false;
}

static bool may_issue(struct run *run, struct mapping_item *item)
{
    if (item->event.type != EVENT_REFERRAL || item->event.referral.status != REFERRAL_ISSUED)
        return true;
    return says_to_whom(run, item) && may_tell_entity(run, item);
}

void items_translate(struct run *run, struct mapping_item *item)
{
    const struct record_rule *rule = run->rule;

    run->evaluation.receiver = (struct receiver_key){.how = RECEIVER_SAID};
    item->event.type = rule->emit;
    memcpy(&item->event.envelope, &rule->blank->event.envelope, rule->table->size);
    memcpy(&item->contact, &rule->blank->contact, contact_table.size);
    if (!read_time(run, item) || !read_identity(run, item))
        return;
    for (size_t i = 0; i < rule->assignment_count; i++) {
        const struct assignment *assignment = &rule->assignments[i];

        if (assignment == rule->occurred_at || (assignment->stands && !run->watch))
            continue;
        if (!assign(run, assignment, item))
            return;
    }
    item->receiver = run->evaluation.receiver;
    if (may_issue(run, item))
        item->verdict = ITEM_EVENT;
}
