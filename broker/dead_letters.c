/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/dead_letters.h"

#include <inttypes.h>

#include "base/clock.h"
#include "broker/messages.h"
#include "schemas/codes.h"

/* 2200-01-01: far enough from any true event, and from where sums of times overflow. */
#define LATEST_US (INT64_C(7258118400) * US_PER_SECOND)

static const char *misplaced(const struct task_record *record, const struct event *event,
                             int32_t partition_count)
{
    char thread[UUID_TEXT_SIZE];

    if (!bytes_equal_text(record->key, uuid_format(event->envelope.thread_id, thread))) {
        return "attendu : le thread_id de l'événement comme clé de l'enregistrement";
    }
    if (kafka_partition_of(record->key.data, record->key.len, partition_count) !=
        record->partition) {
        return "attendu : l'enregistrement dans la partition de sa clé (murmur2)";
    }
    return NULL;
}

/* Texts that were not fit to be read may be of any length, and say what nobody should see: of them
 * none goes on. */
static void forget_texts(struct envelope *envelope)
{
    envelope->site_code = BYTES_NONE;
    envelope->source_system = HANDOFF_BROKER_CODE;
    envelope->person_refs = (struct field_array){0};
    envelope->consent_ref = BYTES_NONE;
}

/* What an event that could be decoded is not fit for. */
static void check(const struct task_record *record, int32_t partition_count, struct arena *arena,
                  struct dead_letter *letter)
{
    struct event *event = &letter->event;
    const char *expected;
    struct error why;

    if (record_check(event_table(event->type), &event->envelope, &why) != OUTCOME_OK) {
        letter->code = "bad_value";
        letter->detail = arena_copy(arena, bytes_of_text(why.text));
        forget_texts(&event->envelope);
        return;
    }
    if (event->envelope.occurred_at < 0 || event->envelope.occurred_at > LATEST_US) {
        letter->code = "bad_value";
        letter->detail = BYTES_LITERAL("occurred_at : attendu : un instant entre 1970 et 2200");
        return;
    }
    expected = misplaced(record, event, partition_count);
    if (expected) {
        letter->code = "bad_value";
        letter->detail = bytes_of_text(expected);
    }
}

enum outcome dead_letters_read(const struct wire *wire, const struct task_record *record,
                               int32_t partition_count, struct arena *arena,
                               struct dead_letter *ret_letter, struct error *err)
{
    enum outcome outcome;

    memset(ret_letter, 0, sizeof(*ret_letter));
    if (record->value.len > TASK_MAX_VALUE) {
        ret_letter->code = "too_large";
        return OUTCOME_OK;
    }
    outcome = wire_decode_event(wire, record->value, arena, &ret_letter->event, err);
    if (outcome == OUTCOME_RETRY)
        return outcome;
    if (outcome != OUTCOME_OK) {
        ret_letter->code = wire_rejection(wire, record->value);
        ret_letter->event.type = EVENT_NONE;
        return OUTCOME_OK;
    }
    check(record, partition_count, arena, ret_letter);
    return OUTCOME_OK;
}

void dead_letters_answer(const struct dead_letter *letter, const struct task_record *record,
                         int64_t now_us, struct arena *arena, struct handoff_answer *ret_answer)
{
    struct bytes place = bytes_of_text(arena_printf(arena, "%s/%" PRId32 "/%" PRId64, record->topic,
                                                    record->partition, record->offset));
    struct handoff_question question = {
        .event = &letter->event, .sender = record->sender, .now_us = now_us};
    struct event dead;

    *ret_answer = (struct handoff_answer){.verdict = VERDICT_REFUSED, .code = letter->code};
    if (letter->event.type == EVENT_NONE) {
        messages_unreadable(&dead, letter->code, record->sender, place, now_us);
        messages_add(ret_answer, arena, TARGET_REJECTED, record->sender, &dead);
        return;
    }
    messages_refuse(ret_answer, arena, &question, NULL, letter->code);
    for (size_t i = 0; i < ret_answer->message_count; i++) {
        ret_answer->messages[i].event.rejection.detail = letter->detail;
        ret_answer->messages[i].event.rejection.place = place;
    }
}
