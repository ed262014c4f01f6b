/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/memory/links.h"

#include "base/jumps.h"
#include "connectors/memory/pack.h"

/* A person with more open and ended hand-overs in one system than this is a mistake of the
 * mapping (a constant as link); the oldest of a run are forgotten. */
#define LINKS_MOST 64

static struct bytes id_of(struct uuid id, struct arena *arena)
{
    return arena_copy(arena, bytes_of(id.octets, sizeof(id.octets)));
}

static struct bytes link_id(struct bytes kind, struct bytes key, struct arena *arena)
{
    return bytes_of_text(arena_printf(arena, "%.*s\x1f%.*s", BYTES_ARG(kind), BYTES_ARG(key)));
}

/* ---- Packing --------------------------------------------------------------------- */

static struct bytes known_pack(const struct known_handoff *known, struct arena *arena)
{
    struct buffer out = {0};
    struct bytes packed;

    pack_uuid(&out, known->thread_id);
    pack_uuid(&out, known->entity_id);
    pack_int(&out, known->ours);
    pack_int(&out, known->sent_on ? 2 : known->ended);
    pack_int(&out, known->inbox_position);
    pack_bytes(&out, known->other);
    pack_int(&out, (int64_t)known->link_count);
    for (size_t i = 0; i < known->link_count; i++) {
        pack_bytes(&out, known->links[i].kind);
        pack_bytes(&out, known->links[i].key);
    }
    pack_int(&out, known->ended_at);
    pack_int(&out, known->sent_at);
    pack_int(&out, known->end_was_at);
    packed = arena_copy(arena, buffer_view(&out));
    buffer_deinit(&out);
    return packed;
}

static bool read_links(struct cursor *in, struct arena *arena, struct known_handoff *known)
{
    struct link_note *links;
    int64_t count;

    if (!pack_read_int(in, &count) || count < 0 || (uint64_t)count > cursor_left(in) / 8)
        return false;
    links = arena_array(arena, (size_t)count + 1, sizeof(*links));
    for (int64_t i = 0; i < count; i++) {
        if (!pack_read_bytes(in, &links[i].kind) || !pack_read_bytes(in, &links[i].key))
            return false;
    }
    known->links = links;
    known->link_count = (size_t)count;
    return true;
}

static bool known_read(struct bytes packed, struct arena *arena, struct known_handoff *known)
{
    struct cursor in = cursor_over(packed);
    int64_t ours = 0;
    int64_t ended = 0;

    if (!pack_read_uuid(&in, &known->thread_id) || !pack_read_uuid(&in, &known->entity_id) ||
        !pack_read_int(&in, &ours) || !pack_read_int(&in, &ended) ||
        !pack_read_int(&in, &known->inbox_position) || !pack_read_bytes(&in, &known->other))
        return false;
    known->ours = ours != 0;
    known->ended = ended != 0;
    known->sent_on = ended == 2;
    if (!read_links(&in, arena, known) || !pack_read_int(&in, &known->ended_at) ||
        !pack_read_int(&in, &known->sent_at))
        return false;
    known->end_was_at = known->ended_at; /* of an earlier version, which did not tell */
    return cursor_left(&in) == 0 || pack_read_int(&in, &known->end_was_at);
}

/* ---- Reading --------------------------------------------------------------------- */

bool links_handoff(struct state *state, struct uuid handoff_id, struct arena *arena,
                   struct known_handoff *ret_known)
{
    struct bytes packed = state_get(state, STATE_HANDOFF, id_of(handoff_id, arena), arena);

    *ret_known = (struct known_handoff){.handoff_id = handoff_id, .inbox_position = -1};
    return packed.data && known_read(packed, arena, ret_known);
}

/* The time that is asked about, and now. */
struct moment {
    int64_t at;
    int64_t now;
    int64_t apart_us; /* how far the clocks of those who told of it may be apart */
};

/* An end that is still to come was written by a clock that was ahead: it is behind us. */
static bool was_open(const struct known_handoff *known, const struct moment *moment)
{
    return moment->at == LINKS_EVER || !known->ended ||
           (known->ended_at >= moment->at && known->ended_at <= moment->now);
}

static bool was_sent_and_not_over(const struct known_handoff *known, const struct moment *moment)
{
    int64_t from = moment->at + moment->apart_us;
    int64_t until = moment->at - moment->apart_us;

    return known->sent_at > 0 && known->sent_at <= from &&
           (!known->ended || known->ended_at >= until || known->end_was_at >= until);
}

static struct uuid *find(struct state *state, struct bytes id,
                         bool (*counts)(const struct known_handoff *, const struct moment *),
                         const struct moment *moment, struct arena *arena, size_t *ret_count)
{
    struct bytes packed = state_get(state, STATE_LINK, id, arena);
    size_t count = packed.len / sizeof(struct uuid);
    struct uuid *ids = arena_array(arena, count + 1, sizeof(*ids));
    struct known_handoff known;
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        memcpy(&ids[kept], packed.data + i * sizeof(*ids), sizeof(*ids));
        if (links_handoff(state, ids[kept], arena, &known) && counts(&known, moment))
            kept++;
    }
    *ret_count = kept;
    return ids;
}

struct uuid *links_find(struct state *state, struct bytes kind, struct bytes key, int64_t open_at,
                        struct arena *arena, size_t *ret_count)
{
    const struct moment moment = {.at = open_at, .now = state_now(state)};

    return find(state, link_id(kind, key, arena), was_open, &moment, arena, ret_count);
}

struct uuid *links_find_then(struct state *state, struct bytes kind, struct bytes key, int64_t at,
                             struct arena *arena, size_t *ret_count)
{
    struct bytes id = link_id(kind, key, arena);
    struct moment moment = {.at = at};
    struct uuid *ids = find(state, id, was_sent_and_not_over, &moment, arena, ret_count);

    if (*ret_count > 0)
        return ids;
    moment.apart_us = JUMPS_MOST_MS * 1000;
    return find(state, id, was_sent_and_not_over, &moment, arena, ret_count);
}

/* ---- Writing --------------------------------------------------------------------- */

/* It has no days of its own: it goes with the last of its hand-overs. */
static void put_link(struct state_change *change, struct bytes id, const struct buffer *value)
{
    state_put(change, STATE_LINK, id, value->len > 0 ? buffer_view(value) : BYTES_NONE);
}

static void add_to_link(struct state_change *change, const struct link_note *link,
                        struct uuid handoff_id, struct arena *arena)
{
    struct bytes id = link_id(link->kind, link->key, arena);
    struct bytes old = state_read(change, STATE_LINK, id, arena);
    struct buffer value = {0};
    size_t first = 0;

    for (size_t at = 0; at + sizeof(handoff_id) <= old.len; at += sizeof(handoff_id)) {
        if (memcmp(old.data + at, &handoff_id, sizeof(handoff_id)) == 0)
            return;
    }
    if (old.len >= LINKS_MOST * sizeof(handoff_id))
        first = old.len - (LINKS_MOST - 1) * sizeof(handoff_id);
    if (old.data)
        buffer_append(&value, old.data + first, old.len - first);
    buffer_append(&value, &handoff_id, sizeof(handoff_id));
    put_link(change, id, &value);
    buffer_deinit(&value);
}

static bool has_link(const struct link_note *links, size_t count, const struct link_note *link)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes_equal(links[i].kind, link->kind) && bytes_equal(links[i].key, link->key))
            return true;
    }
    return false;
}

/* The newest first: a mapping that asks for one of a kind gets it. */
static void merge_links(struct known_handoff *merged, const struct known_handoff *old,
                        struct arena *arena)
{
    struct link_note *links =
        arena_array(arena, merged->link_count + old->link_count + 1, sizeof(*links));
    size_t count = 0;

    for (size_t i = 0; i < merged->link_count; i++) {
        if (!has_link(links, count, &merged->links[i]))
            links[count++] = merged->links[i];
    }
    for (size_t i = 0; i < old->link_count; i++) {
        if (!has_link(links, count, &old->links[i]))
            links[count++] = old->links[i];
    }
    merged->links = links;
    merged->link_count = count;
}

static void put_known(struct state_change *change, struct bytes id,
                      const struct known_handoff *known, struct arena *arena)
{
    state_put_for(change, STATE_HANDOFF, id, known_pack(known, arena),
                  known->ended ? STATE_ENDED_DAYS : STATE_OPEN_DAYS);
}

void links_remember(struct state_change *change, const struct known_handoff *known,
                    struct arena *arena)
{
    struct known_handoff merged = *known;
    struct known_handoff old = {.inbox_position = -1};
    struct bytes id = id_of(known->handoff_id, arena);
    struct bytes packed = state_read(change, STATE_HANDOFF, id, arena);

    if (packed.data && known_read(packed, arena, &old)) {
        merged.ended = old.ended;
        merged.sent_on = old.sent_on;
        merged.ended_at = old.ended_at;
        merged.end_was_at = old.end_was_at;
        merged.ours |= old.ours;
        if (merged.inbox_position < 0)
            merged.inbox_position = old.inbox_position;
        if (uuid_is_none(merged.entity_id))
            merged.entity_id = old.entity_id;
        if (!merged.other.data)
            merged.other = old.other;
        if (merged.sent_at == 0 || (old.sent_at > 0 && old.sent_at < merged.sent_at))
            merged.sent_at = old.sent_at;
    }
    merge_links(&merged, &old, arena);
    put_known(change, id, &merged, arena);
    for (size_t i = 0; i < known->link_count; i++)
        add_to_link(change, &known->links[i], known->handoff_id, arena);
}

static void set_ended(struct state_change *change, struct uuid handoff_id, bool from_sent_on,
                      const struct known_handoff *to, struct arena *arena)
{
    struct known_handoff known = {.handoff_id = handoff_id};
    struct bytes id = id_of(handoff_id, arena);
    struct bytes packed = state_read(change, STATE_HANDOFF, id, arena);

    if (!packed.data || !known_read(packed, arena, &known) ||
        (known.ended && !(from_sent_on && known.sent_on)) || (!known.ended && !to->ended))
        return;
    known.ended = to->ended;
    known.sent_on = to->sent_on;
    known.ended_at = to->ended_at;
    known.end_was_at = to->end_was_at;
    put_known(change, id, &known, arena);
}

static struct known_handoff ended(struct links_ending ending, bool sent_on)
{
    return (struct known_handoff){.ended = true,
                                  .sent_on = sent_on,
                                  .ended_at = ending.observed_at,
                                  .end_was_at = ending.occurred_at};
}

void links_end(struct state_change *change, struct uuid handoff_id, struct links_ending ending,
               struct arena *arena)
{
    const struct known_handoff to = ended(ending, false);

    set_ended(change, handoff_id, true, &to, arena);
}

void links_send_on(struct state_change *change, struct uuid handoff_id, struct links_ending ending,
                   struct arena *arena)
{
    const struct known_handoff to = ended(ending, true);

    set_ended(change, handoff_id, false, &to, arena);
}

void links_keep(struct state_change *change, struct uuid handoff_id, struct arena *arena)
{
    set_ended(change, handoff_id, true, &(struct known_handoff){0}, arena);
}

/* ---- Restoring -------------------------------------------------------------------- */

/* Adds what is missing; a change of links alone writes nothing. */
static void restore(void *context, struct bytes id, struct bytes value)
{
    struct state *state = context;
    struct state_change *change;
    struct known_handoff known;
    struct uuid handoff_id;
    CLEANUP(arena_deinit) struct arena arena = {0};

    if (id.len != sizeof(handoff_id) || !known_read(value, &arena, &known))
        return;
    memcpy(&handoff_id, id.data, sizeof(handoff_id));
    change = state_begin(state);
    for (size_t i = 0; i < known.link_count; i++)
        add_to_link(change, &known.links[i], handoff_id, &arena);
    (void)!state_commit(change, NULL);
}

void links_restore(struct state *state)
{
    state_each(state, STATE_HANDOFF, restore, state);
}

/* ---- Forgetting ------------------------------------------------------------------- */

static void take_from_link(struct state_change *change, const struct link_note *link,
                           struct bytes handoff_id, struct arena *arena)
{
    struct bytes id = link_id(link->kind, link->key, arena);
    struct bytes old = state_read(change, STATE_LINK, id, arena);
    struct buffer value = {0};

    for (size_t at = 0; at + handoff_id.len <= old.len; at += handoff_id.len) {
        if (memcmp(old.data + at, handoff_id.data, handoff_id.len) != 0)
            buffer_append(&value, old.data + at, handoff_id.len);
    }
    if (value.len < old.len)
        put_link(change, id, &value);
    buffer_deinit(&value);
}

void links_forget(struct state_change *change, struct uuid handoff_id, struct arena *arena)
{
    struct known_handoff known = {.handoff_id = handoff_id};
    struct bytes id = id_of(handoff_id, arena);
    struct bytes packed = state_read(change, STATE_HANDOFF, id, arena);

    if (packed.data && known_read(packed, arena, &known)) {
        for (size_t i = 0; i < known.link_count; i++)
            take_from_link(change, &known.links[i], id, arena);
    }
    state_put(change, STATE_HANDOFF, id, BYTES_NONE);
}
