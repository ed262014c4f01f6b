/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/echoes.h"

#include "base/crypto.h"

#define ECHO_HASH_SIZE 16

/* The memory holds no text of a record: a keyed hash of it. */
static struct bytes hash_of(const struct shared *shared, struct bytes says, struct arena *arena)
{
    uint8_t digest[CRYPTO_DIGEST_SIZE];

    hmac_of(&shared->secret, says, digest);
    return arena_copy(arena, bytes_of(digest, ECHO_HASH_SIZE));
}

void echoes_put(const struct shared *shared, struct state_change *change,
                const struct echo_note *note, struct arena *arena)
{
    state_put(change, STATE_ECHO, note->of, hash_of(shared, note->says, arena));
}

enum echo_answer echoes_ask(const struct shared *shared, const struct echo_note *note,
                            struct arena *arena)
{
    struct bytes written = state_get(shared->state, STATE_ECHO, note->of, arena);

    if (!written.data)
        return ECHO_NONE;
    return bytes_equal(written, hash_of(shared, note->says, arena)) ? ECHO_SAME : ECHO_OTHER;
}

/* The separator keeps these ids apart from what a mapping calls a thing. */
struct bytes echoes_touched(struct uuid handoff_id, struct arena *arena)
{
    char text[UUID_TEXT_SIZE];

    return bytes_of_text(arena_printf(arena, "touched\x1f%s", uuid_format(handoff_id, text)));
}

void echoes_sent(struct state_change *change, const struct event *event)
{
    const struct envelope *envelope = &event->envelope;

    state_put(change, STATE_SENT, bytes_of(&envelope->entity_id, sizeof(envelope->entity_id)),
              bytes_of(&envelope->event_id, sizeof(envelope->event_id)));
}

static struct bytes last_sent(const struct shared *shared, const struct uuid *entity_id,
                              struct arena *arena)
{
    return state_get(shared->state, STATE_SENT, bytes_of(entity_id, sizeof(*entity_id)), arena);
}

bool echoes_was_sent(const struct shared *shared, struct uuid entity_id, struct arena *arena)
{
    return last_sent(shared, &entity_id, arena).data;
}

bool echoes_repeats(const struct shared *shared, const struct event *event, struct arena *arena)
{
    const struct envelope *envelope = &event->envelope;
    struct bytes sent = last_sent(shared, &envelope->entity_id, arena);

    return bytes_equal(sent, bytes_of(&envelope->event_id, sizeof(envelope->event_id))) &&
           state_get(shared->state, STATE_ECHO, echoes_touched(envelope->handoff_id, arena), arena)
               .data;
}
