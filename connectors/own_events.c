/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/own_events.h"

#include "schemas/ids.h"

void own_events_envelope(const struct shared *shared, const struct envelope *cause,
                         struct envelope *envelope)
{
    int64_t now = clock_wall_us(shared->clock);

    if (cause) {
        envelope->handoff_id = cause->handoff_id;
        envelope->thread_id = cause->thread_id;
        envelope->parent_handoff_id = cause->parent_handoff_id;
        envelope->test = cause->test;
        envelope->cause = cause->event_id;
    }
    envelope->operator_code = shared->operator_code;
    envelope->source_system = shared->system;
    envelope->occurred_at = now;
    envelope->occurred_at_precision = PRECISION_SECOND;
    envelope->recorded_at = now;
}

static void answer(const struct shared *shared, const struct event *to, int32_t status,
                   struct arena *arena, struct event *event)
{
    struct envelope *envelope = &event->envelope;
    char handoff[UUID_TEXT_SIZE];
    char cause[UUID_TEXT_SIZE];
    struct ids_event parts = {.system = shared->system,
                              .type = EVENT_REFERRAL,
                              .version = BYTES_LITERAL(""),
                              .tag = bytes_of_text(uuid_format(to->envelope.event_id, cause))};

    *event = (struct event){.type = EVENT_REFERRAL};
    record_init(&referral_table, &event->referral);
    event->referral.status = status;
    parts.entity = bytes_of_text(arena_printf(arena, "relais/%s/%s", event_status(event),
                                              uuid_format(to->envelope.handoff_id, handoff)));
    /* None of the parts can hold the separator. */
    (void)!ids_event(&shared->secret, &parts, &envelope->event_id, NULL);
    (void)!ids_entity(&shared->secret, shared->system, EVENT_REFERRAL, parts.entity,
                      &envelope->entity_id, NULL);
    own_events_envelope(shared, &to->envelope, envelope);
}

void own_events_delivered(const struct shared *shared, const struct event *issued,
                          struct bytes receiver_ref, struct arena *arena, struct event *ret_event)
{
    struct reference *reference;

    answer(shared, issued, REFERRAL_DELIVERED, arena, ret_event);
    if (!receiver_ref.data)
        return;
    reference = arena_array(arena, 1, sizeof(*reference));
    *reference = (struct reference){shared->system, receiver_ref};
    ret_event->referral.receiver_ref = reference;
}

void own_events_unreadable(const struct shared *shared, const struct event *sealed,
                           struct arena *arena, struct event *ret_event)
{
    answer(shared, sealed, REFERRAL_CONTACT_UNREADABLE, arena, ret_event);
}
