/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/undelivered.h"

#include "connectors/dead_letter.h"
#include "connectors/own_events.h"
#include "connectors/translated.h"

static bool is_told(const struct shared *shared, const struct event *event)
{
    return event->type != EVENT_NONE && event->type != EVENT_REJECTION &&
           event->type != EVENT_NOTICE &&
           !bytes_equal(event->envelope.operator_code, shared->operator_code);
}

enum outcome undelivered_write(const struct shared *shared, struct durable *log,
                               struct arena *arena, const struct record *record,
                               const struct result *result, struct error *err)
{
    struct durable_record records[DEAD_LETTER_RECORDS];
    struct durable_record told;
    struct event event = {.type = EVENT_NONE};
    struct event rejection;
    struct event unreadable;
    struct dead_letter letter = {.stage = STAGE_SINK,
                                 .code = result->code,
                                 .field = result->field,
                                 .detail = result->detail,
                                 .record = record};
    bool is_unreadable = strcmp(result->code, "contact_unreadable") == 0;
    enum outcome outcome;

    if (wire_decode_event(shared->wire, record->body, arena, &event, NULL) == OUTCOME_OK)
        letter.event = &event;
    else
        event.type = EVENT_NONE;
    dead_letter_make(shared, &letter, arena, records, &rejection);
    outcome = dead_letter_write(log, records, err);
    if (outcome != OUTCOME_OK || !is_told(shared, &event))
        return outcome;
    if (is_unreadable)
        own_events_unreadable(shared, &event, arena, &unreadable);
    told = translated_outbox(shared, is_unreadable ? &unreadable : &rejection, arena);
    return durable_append(log, &told, 1, NULL, err);
}
