/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/story.h"

#include <stdlib.h>
#include <yyjson.h>

#include "base/clock.h"
#include "base/json.h"
#include "cli/words.h"
#include "directory/directory.h"
#include "schemas/enums.h"
#include "schemas/json_view.h"

/* ---- Decoding ---------------------------------------------------------------------- */

void story_decode(const struct wire *wire, const struct kafka_message *message, struct arena *arena,
                  struct story *ret_story)
{
    const struct record_table *table = NULL;
    struct event *event;
    struct story story = {.message = message, .at_us = message->timestamp_ms * 1000};

    *ret_story = story;
    if (!message->value.data || wire_table(wire, message->value, &table, NULL) != OUTCOME_OK)
        return;
    if (event_type_of(bytes_of_text(table->name)) != EVENT_NONE) {
        event = arena_alloc(arena, sizeof(*event));
        if (wire_decode_event(wire, message->value, arena, event, NULL) != OUTCOME_OK)
            return;
        story.event = event;
        story.record = &event->envelope;
        if (event->envelope.occurred_at != NO_TIME && event->envelope.occurred_at != 0)
            story.at_us = event->envelope.occurred_at;
    } else {
        story.record = arena_alloc(arena, table->size);
        if (wire_decode(wire, message->value, table, arena, story.record, NULL) != OUTCOME_OK)
            return;
        if (table == &handoff_table) {
            story.row = story.record;
            story.at_us = story.row->updated_at;
        }
    }
    story.table = table;
    *ret_story = story;
}

struct uuid story_handoff(const struct story *story)
{
    struct uuid id;

    if (story->event)
        return story->event->envelope.handoff_id;
    if (story->row)
        return story->row->handoff_id;
    /* A row's tombstone still has its key. */
    return uuid_parse(story->message->key, &id) ? id : UUID_NONE;
}

const char *story_short_topic(const char *topic, struct arena *arena)
{
    struct bytes text = bytes_of_text(topic);

    if (!bytes_starts_with(text, BYTES_LITERAL("relais.")) || text.len < 11)
        return topic;
    return arena_text(arena, bytes_of(text.data + 7, text.len - 10));
}

/* ---- Sentences --------------------------------------------------------------------- */

static void append_minute(struct buffer *out, int64_t at_us)
{
    char text[CLOCK_TEXT_SIZE];

    if (at_us == NO_TIME)
        return;
    clock_format(at_us, text);
    buffer_printf(out, "%.10s %.5s", text, text + 11);
}

/* " à o21", nothing when nobody is named. */
static void append_to(struct buffer *out, const char *word, struct bytes code)
{
    if (code.data && code.len > 0)
        buffer_printf(out, " %s %.*s", word, BYTES_ARG(code));
}

static void referral_sentence(const struct referral *referral, struct buffer *out)
{
    static const char *const sentences[REFERRAL_STATUS_COUNT] = {
        [REFERRAL_UNKNOWN] = "dit quelque chose d'inconnu ici",
        [REFERRAL_ISSUED] = "passe le relais",
        [REFERRAL_REFUSED] = "refuse le relais par règle",
        [REFERRAL_DELIVERED] = "a le relais dans son système",
        [REFERRAL_RECEIVED] = "a reçu le relais",
        [REFERRAL_ACCEPTED] = "accepte le relais",
        [REFERRAL_DECLINED] = "décline le relais",
        [REFERRAL_REDIRECTED] = "réoriente la personne",
        [REFERRAL_TAKEN_OVER] = "prend la personne en charge",
        [REFERRAL_CANCEL_REQUESTED] = "demande l'annulation du relais",
        [REFERRAL_CANCELLED] = "annule le relais",
        [REFERRAL_CANCEL_REFUSED] = "refuse d'annuler le relais",
        [REFERRAL_WITHDRAWN_BY_PERSON] = "note que la personne ne veut plus du relais",
        [REFERRAL_ENTERED_IN_ERROR] = "note que le relais a été saisi par erreur",
        [REFERRAL_ERASED] = "fait effacer le relais",
        [REFERRAL_CONTACT_UNREADABLE] = "ne peut pas lire les coordonnées",
    };
    bool known = referral->status >= 0 && referral->status < REFERRAL_STATUS_COUNT;

    buffer_printf(out, "%.*s %s", BYTES_ARG(referral->envelope.operator_code),
                  sentences[known ? referral->status : REFERRAL_UNKNOWN]);
    if (referral->status == REFERRAL_ISSUED)
        append_to(out, "à", referral->to_operator);
    if (referral->status == REFERRAL_ISSUED)
        append_to(out, "au site", referral->to_site);
    if (referral->status == REFERRAL_DECLINED)
        buffer_printf(out, " : %s", words_decline((enum decline_reason)referral->decline_reason));
    if (referral->status == REFERRAL_ISSUED && !uuid_is_none(referral->envelope.parent_handoff_id))
        buffer_append_text(out, ", en suite d'un autre relais");
}

static void appointment_sentence(const struct appointment *appointment, struct buffer *out)
{
    const char *modality = words_modality((enum modality)appointment->modality);

    buffer_printf(out, "%.*s : %s", BYTES_ARG(appointment->envelope.operator_code),
                  words_appointment((enum appointment_status)appointment->status));
    if (appointment->starts_at != NO_TIME) {
        buffer_append_text(out, ", le ");
        append_minute(out, appointment->starts_at);
        buffer_append_text(out, " UTC");
    }
    if (modality)
        buffer_printf(out, ", %s", modality);
}

static void closure_sentence(const struct closure *closure, struct buffer *out)
{
    buffer_printf(out, "%.*s clôt l'accompagnement : %s",
                  BYTES_ARG(closure->envelope.operator_code),
                  words_outcome((enum closure_outcome)closure->outcome));
}

static void rejection_sentence(const struct rejection *rejection, struct buffer *out)
{
    const char *meaning = words_rejection(rejection->code);

    buffer_printf(out, "%s pour %.*s : %.*s", rejection->stage == STAGE_BROKER ? "refus" : "rejet",
                  BYTES_ARG(rejection->envelope.operator_code), BYTES_ARG(rejection->code));
    if (meaning)
        buffer_printf(out, ", %s", meaning);
    if (rejection->status.data)
        buffer_printf(out, " (%.*s)", BYTES_ARG(rejection->status));
    if (rejection->field.data)
        buffer_printf(out, " [champ %.*s]", BYTES_ARG(rejection->field));
    if (rejection->rule.data)
        buffer_printf(out, " [règle %.*s]", BYTES_ARG(rejection->rule));
}

static void notice_sentence(const struct notice *notice, struct buffer *out)
{
    if (notice->kind == NOTICE_OVERDUE)
        buffer_append_text(out, "sans réponse à l'échéance : en retard");
    else if (notice->kind == NOTICE_RETRIES_EXHAUSTED)
        buffer_append_text(out, "n'a pas pu être remis, les essais sont épuisés");
    else
        buffer_append_text(out, "avis");
    if (notice->state.data)
        buffer_printf(out, " (état %.*s)", BYTES_ARG(notice->state));
}

static void row_sentence(const struct handoff *row, struct buffer *out)
{
    buffer_append_text(out, words_state((enum handoff_state)row->state));
    append_to(out, "; émetteur", row->issuer);
    append_to(out, "; détenteur", row->holder);
    if (row->due_at != NO_TIME) {
        buffer_append_text(out, " ; échéance ");
        append_minute(out, row->due_at);
    }
    if (row->refusal_code.data)
        buffer_printf(out, " ; refus %.*s", BYTES_ARG(row->refusal_code));
}

static void event_sentence(const struct event *event, struct buffer *out)
{
    switch (event->type) {
    case EVENT_REFERRAL:
        referral_sentence(&event->referral, out);
        break;
    case EVENT_APPOINTMENT:
        appointment_sentence(&event->appointment, out);
        break;
    case EVENT_CLOSURE:
        closure_sentence(&event->closure, out);
        break;
    case EVENT_REJECTION:
        rejection_sentence(&event->rejection, out);
        break;
    case EVENT_NOTICE:
        notice_sentence(&event->notice, out);
        break;
    case EVENT_NONE:
        break;
    }
}

/* Bytes of the character at `at`; 0 when it is none that may be shown: damaged, a control
 * character, which a terminal could take for an order, or one that turns the direction of what
 * follows (U+202A-202E, U+2066-2069). */
static size_t shown_length(const uint8_t *at, size_t left)
{
    size_t len = 1;

    while (len < 4 && len < left && !bytes_is_utf8(bytes_of(at, len)))
        len++;
    if (!bytes_is_utf8(bytes_of(at, len)) || (len == 1 && (at[0] < ' ' || at[0] == 0x7F)))
        return 0;
    if (len == 2 && at[0] == 0xC2 && at[1] < 0xA0)
        return 0;
    if (len == 3 && at[0] == 0xE2 &&
        ((at[1] == 0x80 && at[2] >= 0xAA && at[2] <= 0xAE) ||
         (at[1] == 0x81 && at[2] >= 0xA6 && at[2] <= 0xA9)))
        return 0;
    return len;
}

void story_make_plain(struct buffer *out, size_t from)
{
    while (from < out->len) {
        size_t len = shown_length(out->data + from, out->len - from);

        if (len == 0)
            out->data[from] = '?';
        from += len > 0 ? len : 1;
    }
}

static void append_sentence(const struct story *story, struct buffer *out)
{
    if (story->event)
        event_sentence(story->event, out);
    else if (story->row)
        row_sentence(story->row, out);
    else if (story->table == &directory_table)
        directory_entry_key(story->record, out);
    else if (story->message->value.data)
        buffer_printf(out, "%zu octets que seul leur propriétaire lit", story->message->value.len);
    else
        buffer_printf(out, "retiré : %.*s", BYTES_ARG(story->message->key));
}

void story_sentence(const struct story *story, struct buffer *out)
{
    size_t start = out->len;

    append_sentence(story, out);
    story_make_plain(out, start);
}

/* ---- Lines ------------------------------------------------------------------------- */

/* "Referral ISSUED", "Handoff CLOSED", "Directory SITE". */
static void append_type(const struct story *story, struct buffer *out)
{
    const char *status = "";

    if (story->event) {
        status = event_status(story->event);
    } else if (story->row) {
        int32_t state = story->row->state;
        bool known = state >= 0 && (size_t)state < enum_handoff_state.count;

        status = enum_handoff_state.symbols[known ? state : 0];
    } else if (story->table == &directory_table) {
        int32_t kind = ((const struct directory_entry *)story->record)->kind;
        bool known = kind >= 0 && (size_t)kind < enum_directory_kind.count;

        status = enum_directory_kind.symbols[known ? kind : 0];
    }
    buffer_printf(out, "%s %s", story->table ? story->table->name : "-", status ? status : "");
}

/* Blanks up to a column counted in characters, at least two. */
static void pad(struct buffer *out, size_t start, size_t column)
{
    size_t width = 2;

    for (size_t i = start; i < out->len; i++)
        width += (out->data[i] & 0xC0) != 0x80;
    buffer_append_text(out, "  ");
    for (; width < column; width++)
        buffer_append_byte(out, ' ');
}

void story_line(const struct story *story, struct buffer *out)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    struct uuid handoff = story_handoff(story);
    char id[UUID_TEXT_SIZE];
    size_t start = out->len;

    append_minute(out, story->at_us);
    pad(out, start, 18);
    buffer_append_text(out, story_short_topic(story->message->topic, &arena));
    pad(out, start, 32);
    append_type(story, out);
    pad(out, start, 60);
    buffer_printf(out, "%.8s", uuid_is_none(handoff) ? "-" : uuid_format(handoff, id));
    pad(out, start, 70);
    story_sentence(story, out);
    if (story->event && story->event->envelope.handoff_seq > 0)
        buffer_printf(out, ", n° %d", (int)story->event->envelope.handoff_seq);
    if (story->event && story->event->envelope.test)
        buffer_append_text(out, ", essai");
    story_make_plain(out, start);
    buffer_append_byte(out, '\n');
}

static void append_json_text(struct buffer *out, const char *name, struct bytes text)
{
    yyjson_mut_doc *doc = json_new();
    char *json = NULL;
    size_t len = 0;

    if (bytes_is_utf8(text)) {
        yyjson_mut_doc_set_root(doc, yyjson_mut_strncpy(doc, (const char *)text.data, text.len));
        json = json_write(doc, &len);
    }
    if (json)
        buffer_printf(out, ",\"%s\":%s", name, json);
    free(json);
    yyjson_mut_doc_free(doc);
}

void story_json(const struct story *story, struct buffer *out)
{
    const struct kafka_message *message = story->message;

    buffer_printf(out, "{\"partition\":%d,\"offset\":%lld,\"timestamp_ms\":%lld",
                  (int)message->partition, (long long)message->offset,
                  (long long)message->timestamp_ms);
    append_json_text(out, "topic", bytes_of_text(message->topic));
    if (message->key.data)
        append_json_text(out, "key", message->key);
    if (story->table) {
        append_json_text(out, "type", bytes_of_text(story->table->name));
        if (story->event)
            append_json_text(out, "status", bytes_of_text(event_status(story->event)));
        buffer_append_text(out, ",\"value\":");
        json_view(story->table, story->record, false, out);
    } else if (message->value.data) {
        buffer_printf(out, ",\"bytes\":%zu", message->value.len);
    } else {
        buffer_append_text(out, ",\"value\":null");
    }
    buffer_append_text(out, "}\n");
}
