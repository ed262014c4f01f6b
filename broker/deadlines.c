/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/deadlines.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "broker/facts.h"
#include "schemas/enums.h"
#include "schemas/ids.h"

#define ANSWER_US (DEADLINES_ANSWER_DAYS * US_PER_DAY)
#define AHEAD_US US_PER_DAY

static int64_t earliest(int64_t a, int64_t b)
{
    return a == NO_TIME || b < a ? b : a;
}

bool deadlines_is_ahead(int64_t said_us, int64_t now_us)
{
    return said_us > now_us + AHEAD_US;
}

void deadlines_settle(struct handoff *row)
{
    const struct slot *slots = row->slots.items;
    bool issued = false;
    bool over = false;
    int64_t delivered_at = NO_TIME;

    row->due_at = NO_TIME;
    row->due_kind = NOTICE_UNKNOWN;
    for (size_t i = 0; i < row->slots.count; i++) {
        const struct slot *slot = &slots[i];
        bool void_closure = slot->fact == FACT_CLOSED && slot->detail == CLOSURE_ENTERED_IN_ERROR;

        issued = issued || slot->fact == FACT_ISSUED;
        over = over || slot->fact == FACT_OVERDUE ||
               (facts_rules[slot->fact].answers && !void_closure);
        if (slot->fact == FACT_DELIVERED && !slot->implied &&
            !deadlines_is_ahead(slot->occurred_at, row->updated_at)) {
            delivered_at = earliest(delivered_at, slot->occurred_at);
        }
    }
    if (!issued || over) {
        return;
    }
    int64_t since = delivered_at > row->issued_at ? delivered_at : row->issued_at;

    row->due_at = since < INT64_MAX - ANSWER_US ? since + ANSWER_US : INT64_MAX;
    row->due_kind = NOTICE_OVERDUE;
}

struct uuid deadlines_event_id(const struct handoff *row)
{
    char due[32];
    int len = snprintf(due, sizeof(due), "%" PRId64, row->due_at);

    return ids_broker(row->handoff_id, enum_symbol(&enum_notice_kind, row->due_kind),
                      bytes_of(due, (size_t)len));
}
