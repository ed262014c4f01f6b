/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/row.h"

#include <stdlib.h>

#include "broker/facts.h"

/* A copy of the array with room for `more` elements. */
static void *array_copy(const struct field_array *array, size_t size, size_t more,
                        struct arena *arena)
{
    uint8_t *copy = arena_array(arena, array->count + more + 1, size);

    if (array->count > 0) {
        memcpy(copy, array->items, array->count * size);
    }
    return copy;
}

struct handoff *row_new(const struct envelope *envelope, struct arena *arena)
{
    struct handoff *row = arena_alloc(arena, sizeof(*row));

    record_init(&handoff_table, row);
    row->handoff_id = envelope->handoff_id;
    row->thread_id = envelope->thread_id;
    row->next_seq = 1;
    return row;
}

struct handoff *row_copy(const struct handoff *row, struct arena *arena)
{
    struct handoff *copy = arena_alloc(arena, sizeof(*copy));

    *copy = *row;
    copy->slots.items = array_copy(&row->slots, sizeof(struct slot), 0, arena);
    copy->seen.items = array_copy(&row->seen, sizeof(struct seen), 0, arena);
    return copy;
}

static struct slot *find_slot(const struct handoff *row, enum fact fact, struct uuid entity_id)
{
    struct slot *slots = row ? row->slots.items : NULL;

    for (size_t i = 0; slots && i < row->slots.count; i++) {
        if (slots[i].fact == (int32_t)fact && !slots[i].implied &&
            uuid_equal(slots[i].entity_id, entity_id)) {
            return &slots[i];
        }
    }
    return NULL;
}

const struct slot *row_find(const struct handoff *row, enum fact fact, struct uuid entity_id)
{
    return find_slot(row, fact, entity_id);
}

bool row_has(const struct handoff *row, enum fact fact)
{
    const struct slot *slots = row->slots.items;

    for (size_t i = 0; i < row->slots.count; i++) {
        if (slots[i].fact == (int32_t)fact && !slots[i].implied) {
            return true;
        }
    }
    return false;
}

bool row_has_event(const struct handoff *row, struct uuid event_id)
{
    const struct slot *slots = row->slots.items;

    for (size_t i = 0; i < row->slots.count; i++) {
        if (!slots[i].implied && uuid_equal(slots[i].event_id, event_id)) {
            return true;
        }
    }
    return false;
}

static bool says_the_same(const struct slot *a, const struct slot *b)
{
    return a->occurred_at == b->occurred_at && a->detail == b->detail &&
           a->starts_at == b->starts_at && bytes_equal(a->operator_code, b->operator_code);
}

bool row_put(struct handoff *row, const struct slot *slot, struct arena *arena)
{
    struct slot *old = find_slot(row, (enum fact)slot->fact, slot->entity_id);

    if (!old) {
        struct slot *slots = array_copy(&row->slots, sizeof(*slots), 1, arena);

        slots[row->slots.count] = *slot;
        row->slots = (struct field_array){slots, row->slots.count + 1};
        return true;
    }
    if (slot->version < old->version ||
        (slot->version == old->version && facts_compare_tie(slot, old) <= 0)) {
        return false;
    }
    bool changed = !says_the_same(slot, old);

    *old = *slot;
    return changed;
}

void row_drop(struct handoff *row, enum fact fact)
{
    struct slot *slots = row->slots.items;
    size_t kept = 0;

    for (size_t i = 0; i < row->slots.count; i++) {
        if (slots[i].fact != (int32_t)fact) {
            slots[kept++] = slots[i];
        }
    }
    row->slots.count = kept;
}

/* Orders by whose record it is. */
static int compare_entity(const struct seen *seen, const struct event *event)
{
    const struct envelope *envelope = &event->envelope;
    int order = bytes_compare(seen->operator_code, envelope->operator_code);

    order = order ? order : bytes_compare(seen->system, envelope->source_system);
    order = order ? order
                  : bytes_compare(seen->event_type, bytes_of_text(event_table(event->type)->name));
    return order ? order : uuid_compare(seen->entity_id, envelope->entity_id);
}

/* Index of the first entity that is not before the event's. */
static size_t seen_place(const struct handoff *row, const struct event *event)
{
    const struct seen *seen = row->seen.items;
    size_t place = 0;

    while (place < row->seen.count && compare_entity(&seen[place], event) < 0) {
        place++;
    }
    return place;
}

const struct seen *row_seen(const struct handoff *row, const struct event *event)
{
    size_t place = seen_place(row, event);
    const struct seen *seen = row->seen.items;

    return place < row->seen.count && compare_entity(&seen[place], event) == 0 ? &seen[place]
                                                                               : NULL;
}

bool row_seen_id(const struct seen *seen, struct uuid event_id)
{
    const struct uuid *ids = seen->event_ids.items;

    for (size_t i = 0; i < seen->event_ids.count; i++) {
        if (uuid_equal(ids[i], event_id)) {
            return true;
        }
    }
    return false;
}

/* Makes room for an entity never heard of. */
static struct seen *insert_seen(struct handoff *row, const struct event *event, size_t place,
                                struct arena *arena)
{
    struct seen *seen = array_copy(&row->seen, sizeof(*seen), 1, arena);

    memmove(&seen[place + 1], &seen[place], (row->seen.count - place) * sizeof(*seen));
    seen[place] = (struct seen){
        .operator_code = event->envelope.operator_code,
        .system = event->envelope.source_system,
        .event_type = bytes_of_text(event_table(event->type)->name),
        .entity_id = event->envelope.entity_id,
        .version = event->envelope.source_version,
    };
    row->seen = (struct field_array){seen, row->seen.count + 1};
    return &seen[place];
}

void row_remember(struct handoff *row, const struct event *event, struct arena *arena)
{
    size_t place = seen_place(row, event);
    struct seen *seen = row->seen.items;
    bool known = place < row->seen.count && compare_entity(&seen[place], event) == 0;
    struct seen *entity = known ? &seen[place] : insert_seen(row, event, place, arena);

    if (event->envelope.source_version > entity->version) {
        entity->version = event->envelope.source_version;
        entity->event_ids.count = 0;
    }
    if (row_seen_id(entity, event->envelope.event_id)) {
        return;
    }
    struct uuid *ids = array_copy(&entity->event_ids, sizeof(*ids), 1, arena);
    size_t count = entity->event_ids.count;

    if (count == ROW_MAX_SEEN_IDS) {
        memmove(&ids[0], &ids[1], --count * sizeof(*ids));
    }
    ids[count] = event->envelope.event_id;
    entity->event_ids = (struct field_array){ids, count + 1};
}

void row_add_operator(struct handoff *row, struct bytes operator_code, struct arena *arena)
{
    struct bytes *operators = array_copy(&row->thread_operators, sizeof(*operators), 1, arena);

    for (size_t i = 0; i < row->thread_operators.count; i++) {
        if (bytes_equal(operators[i], operator_code)) {
            return;
        }
    }
    operators[row->thread_operators.count] = operator_code;
    row->thread_operators = (struct field_array){operators, row->thread_operators.count + 1};
}
