/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/naive_model.h"

#include <string.h>

#define TEN_DAYS_US INT64_C(864000000000)

static const char *word(const struct event *event)
{
    if (event->type == EVENT_CLOSURE) {
        return event->closure.outcome == CLOSURE_ENTERED_IN_ERROR ? "VOID" : "CLOSED";
    }
    if (event->type == EVENT_APPOINTMENT) {
        return "APPOINTMENT";
    }
    return event->type == EVENT_REFERRAL ? event_status(event) : "REMARK";
}

static bool same_record(const struct event *a, const struct event *b)
{
    return uuid_equal(a->envelope.entity_id, b->envelope.entity_id);
}

/* A later content of the same record about the same fact makes an earlier one forgotten. */
static bool forgotten(const struct naive_bag *bag, const struct event *event)
{
    bool closure = event->type == EVENT_CLOSURE;

    for (size_t i = 0; i < bag->count; i++) {
        const struct event *other = bag->events[i];
        bool same_fact =
            closure ? other->type == EVENT_CLOSURE : strcmp(word(other), word(event)) == 0;

        if (same_record(other, event) && same_fact &&
            other->envelope.source_version > event->envelope.source_version) {
            return true;
        }
    }
    return false;
}

static const struct event *find(const struct naive_bag *bag, const char *what)
{
    for (size_t i = 0; i < bag->count; i++) {
        if (strcmp(word(bag->events[i]), what) == 0 && !forgotten(bag, bag->events[i])) {
            return bag->events[i];
        }
    }
    return NULL;
}

static bool has(const struct naive_bag *bag, const char *what)
{
    return (strcmp(what, "REDIRECTED") == 0 && bag->redirected) || find(bag, what) != NULL;
}

static bool is_own(const struct naive_bag *bag)
{
    const struct event *issued = find(bag, "ISSUED");

    return issued && bytes_equal(issued->referral.from_operator, issued->referral.to_operator);
}

bool naive_knows(const struct naive_bag *bag, const char *step)
{
    if (has(bag, step)) {
        return true;
    }
    if (strcmp(step, "TAKEN_OVER") == 0) {
        return has(bag, "CLOSED") || is_own(bag);
    }
    if (strcmp(step, "ACCEPTED") == 0) {
        return naive_knows(bag, "TAKEN_OVER");
    }
    if (strcmp(step, "RECEIVED") == 0) {
        return naive_knows(bag, "ACCEPTED") || has(bag, "DECLINED") || has(bag, "REDIRECTED") ||
               has(bag, "CANCELLED") || has(bag, "CANCEL_REFUSED");
    }
    return strcmp(step, "DELIVERED") == 0 && naive_knows(bag, "RECEIVED");
}

static bool cancel_pending(const struct naive_bag *bag)
{
    const struct event *asked = find(bag, "CANCEL_REQUESTED");
    const struct event *refused = find(bag, "CANCEL_REFUSED");

    return asked && !(refused && refused->envelope.occurred_at >= asked->envelope.occurred_at);
}

const char *naive_state(const struct naive_bag *bag)
{
    static const char *const ends[] = {"ERASED",    "ENTERED_IN_ERROR", "WITHDRAWN_BY_PERSON",
                                       "CANCELLED", "CLOSED",           "REDIRECTED",
                                       "DECLINED"};
    static const char *const steps[] = {"TAKEN_OVER", "ACCEPTED", "RECEIVED", "DELIVERED"};

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (has(bag, ends[i])) {
            return ends[i];
        }
    }
    if (cancel_pending(bag)) {
        return "CANCEL_REQUESTED";
    }
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (naive_knows(bag, steps[i])) {
            return steps[i];
        }
    }
    return "ISSUED";
}

static int finality(const char *what)
{
    static const char *const ends[] = {"DECLINED",  "REDIRECTED",          "CLOSED",
                                       "CANCELLED", "WITHDRAWN_BY_PERSON", "ENTERED_IN_ERROR"};

    for (int i = 0; i < 6; i++) {
        if (strcmp(ends[i], what) == 0) {
            return i + 1;
        }
    }
    return 0;
}

static bool loses_to(const struct event *event, const struct event *winner)
{
    const char *mine = word(event);
    int rank = finality(word(winner));

    if (rank == 0 || rank <= finality(mine) || event->type == EVENT_APPOINTMENT ||
        strcmp(mine, "VOID") == 0) {
        return false;
    }
    if (same_record(event, winner)) {
        return event->envelope.source_version > winner->envelope.source_version &&
               strcmp(mine, "CANCEL_REFUSED") != 0 && strcmp(mine, "CONTACT_UNREADABLE") != 0;
    }
    if (finality(mine) > 0) {
        return true;
    }
    return strcmp(word(winner), "DECLINED") == 0 &&
           (strcmp(mine, "ACCEPTED") == 0 || strcmp(mine, "TAKEN_OVER") == 0);
}

bool naive_lost(const struct naive_bag *bag, const struct event *event)
{
    if (forgotten(bag, event)) {
        return false;
    }
    /* A child is no record of this hand-over: any end below a redirect has lost against it. */
    if (bag->redirected && strcmp(word(event), "DECLINED") == 0) {
        return true;
    }
    for (size_t i = 0; i < bag->count; i++) {
        if (!forgotten(bag, bag->events[i]) && loses_to(event, bag->events[i])) {
            return true;
        }
    }
    return false;
}

int64_t naive_due(const struct naive_bag *bag)
{
    static const char *const over[] = {
        "ACCEPTED",  "DECLINED", "REDIRECTED",          "TAKEN_OVER",
        "CANCELLED", "CLOSED",   "WITHDRAWN_BY_PERSON", "ENTERED_IN_ERROR",
        "ERASED"};
    const struct event *issued = find(bag, "ISSUED");
    const struct event *delivered = find(bag, "DELIVERED");
    int64_t since = issued ? issued->envelope.occurred_at : NO_TIME;

    for (size_t i = 0; i < sizeof(over) / sizeof(over[0]); i++) {
        if (naive_knows(bag, over[i])) {
            return NO_TIME;
        }
    }
    if (delivered && delivered->envelope.occurred_at > since) {
        since = delivered->envelope.occurred_at;
    }
    return since == NO_TIME ? NO_TIME : since + TEN_DAYS_US;
}
