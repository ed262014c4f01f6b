/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/translated.h"

#include "connectors/echoes.h"

bool translated_ends(const struct event *event)
{
    if (event->type == EVENT_CLOSURE)
        return event->closure.outcome != CLOSURE_ENTERED_IN_ERROR;
    if (event->type != EVENT_REFERRAL)
        return false;
    return event->referral.status == REFERRAL_DECLINED ||
           event->referral.status == REFERRAL_REDIRECTED ||
           event->referral.status == REFERRAL_CANCELLED ||
           event->referral.status == REFERRAL_WITHDRAWN_BY_PERSON ||
           event->referral.status == REFERRAL_ENTERED_IN_ERROR ||
           event->referral.status == REFERRAL_ERASED || event->referral.status == REFERRAL_REFUSED;
}

bool translated_is_issue(const struct event *event)
{
    return event->type == EVENT_REFERRAL && event->referral.status == REFERRAL_ISSUED;
}

static struct links_ending ending(const struct envelope *end)
{
    return (struct links_ending){end->observed_at, end->occurred_at};
}

void translated_link(const struct translated *translated, struct state_change *change,
                     struct arena *arena)
{
    if (translated->has_known)
        links_remember(change, &translated->known, arena);
    /* Sent again after it was refused, it is refused still, and nobody says so twice. */
    if (!uuid_is_none(translated->sends_on) && !translated->known.ended)
        links_send_on(change, translated->sends_on, ending(&translated->event.envelope), arena);
}

void translated_remember(const struct translated *translated, struct state_change *change,
                         struct arena *arena)
{
    if (translated->echo_of.data)
        state_put(change, STATE_ECHO, translated->echo_of, BYTES_NONE);
    if (translated->as != TRANSLATED_EVENT)
        return;
    echoes_sent(change, &translated->event);
    if (!uuid_is_none(translated->ends))
        links_end(change, translated->ends, ending(&translated->event.envelope), arena);
}

enum item_count translated_counted_as(enum translated_as as)
{
    switch (as) {
    case TRANSLATED_EVENT:
        return ITEM_COUNT_ACKNOWLEDGED;
    case TRANSLATED_FILTERED:
        return ITEM_COUNT_WHEN;
    case TRANSLATED_ECHO:
        return ITEM_COUNT_ECHO;
    case TRANSLATED_UNKNOWN:
    case TRANSLATED_UNMATCHED:
        return ITEM_COUNT_NO_HANDOFF;
    case TRANSLATED_REJECTED:
        break;
    }
    return ITEM_COUNT_REJECTED;
}

struct durable_record translated_outbox(const struct shared *shared, const struct event *event,
                                        struct arena *arena)
{
    struct durable_record record = {.topic = TOPIC_OUTBOX};
    char *key = arena_alloc(arena, UUID_TEXT_SIZE);
    struct buffer value = {0};

    wire_encode_event(shared->wire, event, &value);
    record.key = bytes_of_text(uuid_format(event->envelope.thread_id, key));
    record.value = arena_copy(arena, buffer_view(&value));
    record.headers = wire_headers(event, NULL, arena, &record.header_count);
    buffer_deinit(&value);
    return record;
}
