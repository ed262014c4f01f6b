/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/events.h"

#include "schemas/enums.h"

static const struct record_table *const event_tables[] = {
    [EVENT_NONE] = NULL,
    [EVENT_REFERRAL] = &referral_table,
    [EVENT_APPOINTMENT] = &appointment_table,
    [EVENT_CLOSURE] = &closure_table,
    [EVENT_REJECTION] = &rejection_table,
    [EVENT_NOTICE] = &notice_table,
};
#define EVENT_TABLE_COUNT (sizeof(event_tables) / sizeof(event_tables[0]))

const struct record_table *event_table(enum event_type type)
{
    return (size_t)type < EVENT_TABLE_COUNT ? event_tables[type] : NULL;
}

enum event_type event_type_of(struct bytes record_name)
{
    for (size_t i = EVENT_NONE + 1; i < EVENT_TABLE_COUNT; i++)
        if (bytes_equal_text(record_name, event_tables[i]->name))
            return (enum event_type)i;
    return EVENT_NONE;
}

const char *event_status(const struct event *event)
{
    switch (event->type) {
    case EVENT_REFERRAL:
        return enum_symbol(&enum_referral_status, event->referral.status);
    case EVENT_APPOINTMENT:
        return enum_symbol(&enum_appointment_status, event->appointment.status);
    case EVENT_CLOSURE:
        return enum_symbol(&enum_closure_outcome, event->closure.outcome);
    case EVENT_REJECTION:
        return enum_symbol(&enum_rejection_stage, event->rejection.stage);
    case EVENT_NOTICE:
        return enum_symbol(&enum_notice_kind, event->notice.kind);
    case EVENT_NONE:
        break;
    }
    return "NONE";
}
