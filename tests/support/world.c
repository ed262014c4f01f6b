/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/world.h"

#include <stdio.h>

#include "schemas/ids.h"

static struct directory_entry operator_entry(const char *code, bool test)
{
    struct directory_entry entry;

    record_init(&directory_table, &entry);
    entry.kind = DIRECTORY_OPERATOR;
    entry.code = bytes_of_text(code);
    entry.name = bytes_of_text(code);
    entry.network = BYTES_LITERAL("regional");
    entry.test = test;
    return entry;
}

static struct directory_entry convention_entry(const char *code, const char *from, const char *to)
{
    struct directory_entry entry;

    record_init(&directory_table, &entry);
    entry.kind = DIRECTORY_CONVENTION;
    entry.code = bytes_of_text(code);
    entry.from_operator = bytes_of_text(from);
    entry.to_operator = bytes_of_text(to);
    return entry;
}

void world_init(struct world *world)
{
    static const char *const friends[] = {"o10", "o21", "o22", "o98", "o99"};
    static char codes[5][5][8];
    struct directory_entry entries[64];
    size_t count = 0;

    memset(world, 0, sizeof(*world));
    world->now_us = WORLD_NOW;
    entries[count++] = operator_entry("o31", false);
    entries[count] = operator_entry("o40", false);
    entries[count++].valid_to = INT64_C(1600000000000000);
    for (size_t i = 0; i < 5; i++) {
        entries[count++] = operator_entry(friends[i], i > 2);
        for (size_t j = 0; j < 5; j++) {
            if (i != j) {
                (void)snprintf(codes[i][j], sizeof(codes[i][j]), "c%zu%zu", i, j);
                entries[count++] = convention_entry(codes[i][j], friends[i], friends[j]);
            }
        }
    }
    entries[count++] = convention_entry("c40", "o10", "o40");
    world->directory = directory_new(entries, count);
}

void world_deinit(struct world *world)
{
    directory_unref(world->directory);
    arena_deinit(&world->arena);
}

void world_reset(struct world *world)
{
    arena_reset(&world->arena);
    world->row_count = 0;
    world->now_us = WORLD_NOW;
}

struct uuid world_id(const char *kind, int number)
{
    char text[32];
    int len = snprintf(text, sizeof(text), "%d", number);

    return ids_broker(UUID_NONE, kind, bytes_of(text, (size_t)len));
}

static struct uuid text_id(const char *kind, const char *text)
{
    return ids_broker(UUID_NONE, kind, bytes_of_text(text));
}

static void init_envelope(struct event *event, const char *sender, int handoff, const char *entity,
                          int64_t version)
{
    struct envelope *envelope = &event->envelope;
    char text[128];

    envelope->handoff_id = world_id("handoff", handoff);
    envelope->thread_id = envelope->handoff_id;
    envelope->operator_code = bytes_of_text(sender);
    envelope->source_system = BYTES_LITERAL("crm");
    (void)snprintf(text, sizeof(text), "%s %d %s", sender, event->type, entity);
    envelope->entity_id = text_id("entity", text);
    envelope->source_version = version;
    envelope->occurred_at = WORLD_NOW - WORLD_DAY + version * WORLD_HOUR;
    (void)snprintf(text, sizeof(text), "%s %d %s %s %lld", sender, handoff, entity,
                   event_status(event), (long long)version);
    envelope->event_id = text_id("event", text);
}

struct event world_referral(const char *sender, int handoff, enum referral_status status,
                            const char *entity, int64_t version)
{
    struct event event = {.type = EVENT_REFERRAL};

    record_init(&referral_table, &event.referral);
    event.referral.status = (int32_t)status;
    init_envelope(&event, sender, handoff, entity, version);
    return event;
}

struct event world_appointment(const char *sender, int handoff, enum appointment_status status,
                               const char *entity, int64_t version)
{
    struct event event = {.type = EVENT_APPOINTMENT};

    record_init(&appointment_table, &event.appointment);
    event.appointment.status = (int32_t)status;
    event.appointment.starts_at = WORLD_NOW + WORLD_DAY;
    init_envelope(&event, sender, handoff, entity, version);
    return event;
}

struct event world_closure(const char *sender, int handoff, enum closure_outcome outcome,
                           const char *entity, int64_t version)
{
    struct event event = {.type = EVENT_CLOSURE};

    record_init(&closure_table, &event.closure);
    event.closure.outcome = (int32_t)outcome;
    init_envelope(&event, sender, handoff, entity, version);
    return event;
}

struct event world_issue(int handoff, const char *from, const char *to)
{
    struct event event = world_referral(from, handoff, REFERRAL_ISSUED, "referral", 1);

    event.referral.from_operator = bytes_of_text(from);
    event.referral.to_operator = bytes_of_text(to);
    event.referral.requested_on = (int32_t)(WORLD_NOW / WORLD_DAY) - 2;
    return event;
}

struct event world_redirect(int child, int parent, const char *from, const char *to)
{
    struct event event = world_issue(child, from, to);

    event.envelope.parent_handoff_id = world_id("handoff", parent);
    event.envelope.thread_id = event.envelope.parent_handoff_id;
    return event;
}

void world_seal(struct world *world, struct event *event, const char *receiver)
{
    struct sealed *sealed = arena_alloc(&world->arena, sizeof(*sealed));

    *sealed = (struct sealed){BYTES_LITERAL("key"), BYTES_LITERAL("sealed"), BYTES_LITERAL("key"),
                              BYTES_LITERAL("signature")};
    event->envelope.sealed = sealed;
    event->envelope.sealed_for = bytes_of_text(receiver);
}

static const struct handoff *find(const struct world *world, struct uuid id)
{
    for (size_t i = 0; i < world->row_count; i++) {
        if (uuid_equal(world->rows[i]->handoff_id, id)) {
            return world->rows[i];
        }
    }
    return NULL;
}

static void keep(struct world *world, const struct handoff *row)
{
    for (size_t i = 0; row && i < world->row_count; i++) {
        if (uuid_equal(world->rows[i]->handoff_id, row->handoff_id)) {
            world->rows[i] = row;
            return;
        }
    }
    if (row && world->row_count < WORLD_MAX_ROWS) {
        world->rows[world->row_count++] = row;
    }
}

static struct handoff_answer send_as(struct world *world, struct bytes sender,
                                     const struct event *event)
{
    /* Rows keep views into their events: those live as long as the world. */
    struct event *copy = arena_alloc(&world->arena, sizeof(*copy));
    struct handoff_answer answer;
    struct handoff_question question = {
        .event = copy,
        .sender = sender,
        .now_us = world->now_us,
        .directory = world->directory,
        .row = find(world, event->envelope.handoff_id),
        .parent = uuid_is_none(event->envelope.parent_handoff_id)
                      ? NULL
                      : find(world, event->envelope.parent_handoff_id),
    };

    *copy = *event;
    handoff_decide(&question, &world->arena, &answer);
    keep(world, answer.row);
    keep(world, answer.parent);
    return answer;
}

struct handoff_answer world_send_from(struct world *world, const char *sender,
                                      const struct event *event)
{
    return send_as(world, bytes_of_text(sender), event);
}

struct handoff_answer world_send(struct world *world, const struct event *event)
{
    return send_as(world, event->envelope.operator_code, event);
}

bool world_fire(struct world *world, int handoff, struct handoff_answer *ret_answer)
{
    bool fired = handoff_fire(world_row(world, handoff), world->now_us, &world->arena, ret_answer);

    keep(world, fired ? ret_answer->row : NULL);
    return fired;
}

const struct handoff *world_row(const struct world *world, int handoff)
{
    return find(world, world_id("handoff", handoff));
}

enum handoff_state world_state(const struct world *world, int handoff)
{
    const struct handoff *row = world_row(world, handoff);

    return row ? (enum handoff_state)row->state : HANDOFF_UNKNOWN;
}

static const struct event *message(const struct handoff_answer *answer, enum handoff_target target,
                                   const char *operator_code, size_t n)
{
    for (size_t i = 0; i < answer->message_count; i++) {
        const struct handoff_message *one = &answer->messages[i];

        if (one->target == target && bytes_equal_text(one->addressee, operator_code) && n-- == 0) {
            return &one->event;
        }
    }
    return NULL;
}

const struct event *world_heard(const struct handoff_answer *answer, const char *operator_code,
                                size_t n)
{
    return message(answer, TARGET_INBOX, operator_code, n);
}

const struct event *world_dead(const struct handoff_answer *answer, const char *operator_code)
{
    return message(answer, TARGET_REJECTED, operator_code, 0);
}
