/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/dead_letter.h"

#include "base/crypto.h"
#include "connectors/own_events.h"
#include "schemas/codes.h"
#include "schemas/ids.h"

static struct bytes hex_hmac(const struct shared *shared, struct bytes data, size_t octets,
                             struct arena *arena)
{
    uint8_t digest[CRYPTO_DIGEST_SIZE];
    struct buffer hex = {0};
    struct bytes text;

    hmac_of(&shared->secret, data, digest);
    crypto_hex(bytes_of(digest, octets), &hex);
    text = arena_copy(arena, buffer_view(&hex));
    buffer_deinit(&hex);
    return text;
}

static struct uuid letter_id(const struct shared *shared, const struct dead_letter *letter,
                             struct arena *arena)
{
    const struct bytes parts[] = {
        BYTES_LITERAL("rejection"),
        shared->system,
        hex_hmac(shared, letter->record->body, CRYPTO_DIGEST_SIZE, arena),
        bytes_of_text(arena_printf(arena, "%zu", letter->item)),
        bytes_of_text(letter->code),
    };
    struct uuid id = UUID_NONE;

    /* Only the system's name could hold the separator, and configuration refuses it. */
    if (ids_make(&shared->secret, parts, 5, &id, NULL) != OUTCOME_OK)
        id = uuid_random();
    return id;
}

static struct bytes text_or_none(const char *text)
{
    return text && text[0] ? bytes_of_text(text) : BYTES_NONE;
}

static void fill_envelope(const struct shared *shared, const struct dead_letter *letter,
                          struct envelope *envelope)
{
    own_events_envelope(shared, letter->event ? &letter->event->envelope : NULL, envelope);
    if (letter->event) {
        envelope->entity_id = letter->event->envelope.entity_id;
        envelope->source_version = letter->event->envelope.source_version;
    }
    envelope->observed_at = letter->record->observed_at;
}

static void fill_rejection(const struct shared *shared, const struct dead_letter *letter,
                           struct bytes kept, struct arena *arena, struct rejection *rejection)
{
    const struct record *record = letter->record;

    rejection->stage = (int32_t)letter->stage;
    rejection->code = bytes_of_text(letter->code);
    rejection->field = text_or_none(letter->field);
    rejection->rule = text_or_none(letter->rule);
    rejection->detail = text_or_none(letter->detail);
    rejection->quarantine_key = kept;
    rejection->retryable = rejection_codes_retryable(letter->code);
    rejection->place = bytes_of_text(arena_printf(
        arena, "%.*s:%lld",
        BYTES_ARG(
            hex_hmac(shared, record->file ? bytes_of_text(record->file) : record->body, 8, arena)),
        (long long)(record->file ? record->line : record->position)));
    if (letter->event && letter->event->type != EVENT_NONE) {
        rejection->event_type = bytes_of_text(event_table(letter->event->type)->name);
        rejection->status = bytes_of_text(event_status(letter->event));
    }
}

static struct bytes quarantined(const struct shared *shared, const struct record *record,
                                struct bytes id_text, struct arena *arena)
{
    struct buffer plain = {0};
    struct buffer sealed = {0};
    struct bytes value;

    record_pack(record, &plain);
    crypto_encrypt(shared->keys->state_key, buffer_view(&plain), id_text, &sealed);
    value = arena_copy(arena, buffer_view(&sealed));
    buffer_deinit(&plain);
    buffer_deinit(&sealed);
    return value;
}

void dead_letter_make(const struct shared *shared, const struct dead_letter *letter,
                      struct arena *arena, struct durable_record ret_records[DEAD_LETTER_RECORDS],
                      struct event *ret_rejection)
{
    struct uuid id = letter_id(shared, letter, arena);
    char *id_text = arena_alloc(arena, UUID_TEXT_SIZE);
    char *handoff_text = arena_alloc(arena, UUID_TEXT_SIZE);
    struct envelope *envelope = &ret_rejection->envelope;
    struct buffer value = {0};

    *ret_rejection = (struct event){.type = EVENT_REJECTION};
    record_init(&rejection_table, &ret_rejection->rejection);
    fill_envelope(shared, letter, envelope);
    envelope->event_id = id;
    (void)uuid_format(id, id_text);
    fill_rejection(shared, letter, letter->kept.data ? letter->kept : bytes_of_text(id_text), arena,
                   &ret_rejection->rejection);
    wire_encode_event(shared->wire, ret_rejection, &value);
    ret_records[0] = (struct durable_record){.topic = TOPIC_QUARANTINE};
    if (!letter->kept.data) {
        ret_records[0].key = bytes_of_text(id_text);
        ret_records[0].value = quarantined(shared, letter->record, ret_records[0].key, arena);
    }
    ret_records[1] = (struct durable_record){
        .topic = TOPIC_REJECTED,
        .key = uuid_is_none(envelope->handoff_id)
                   ? BYTES_NONE
                   : bytes_of_text(uuid_format(envelope->handoff_id, handoff_text)),
        .value = arena_copy(arena, buffer_view(&value))};
    ret_records[1].headers = wire_headers(ret_rejection, NULL, arena, &ret_records[1].header_count);
    buffer_deinit(&value);
}

struct dead_letter dead_letter_of_item(const struct record *record, size_t item,
                                       const struct translated *translated)
{
    return (struct dead_letter){
        .stage = STAGE_MAPPING,
        .code = translated->code,
        .field = translated->field,
        .rule = translated->rule,
        .detail = translated->detail,
        .record = record,
        .item = item,
        .event = translated->event.type != EVENT_NONE ? &translated->event : NULL,
    };
}

enum outcome dead_letter_write(struct durable *log,
                               const struct durable_record records[DEAD_LETTER_RECORDS],
                               struct error *err)
{
    enum outcome results[DEAD_LETTER_RECORDS];
    enum outcome outcome = durable_append(log, records, DEAD_LETTER_RECORDS, results, err);

    if (outcome == OUTCOME_REJECT && results[0] == OUTCOME_REJECT && results[1] == OUTCOME_OK)
        return OUTCOME_OK;
    return outcome;
}
