/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/memory/steps.h"

#include <stdlib.h>

#include "connectors/memory/pack.h"

/* Steps forgotten in one change: its size is bounded, the rest has its turn soon. */
#define FORGET_MOST 256

/* As packed: kept apart from enum step_state, since it outlives the program. */
enum { PACKED_BEGUN = 1, PACKED_ANSWERED = 2, PACKED_ENDED = 3 };

struct bytes steps_id(struct uuid event_id, const char *call, struct arena *arena)
{
    char text[UUID_TEXT_SIZE];

    return bytes_of_text(arena_printf(arena, "%s\x1f%s", uuid_format(event_id, text), call));
}

/* ---- One step ------------------------------------------------------------------------ */

struct packed_step {
    int64_t state;
    int64_t status;
    struct bytes content_type;
    struct bytes body;
    int64_t position; /* of its event's record in the inbox */
};

static bool unpack(struct bytes value, struct packed_step *step)
{
    struct cursor in = cursor_over(value);

    *step = (struct packed_step){0};
    return value.data && pack_read_int(&in, &step->state) && pack_read_int(&in, &step->status) &&
           pack_read_bytes(&in, &step->content_type) && pack_read_bytes(&in, &step->body) &&
           pack_read_int(&in, &step->position);
}

static void put(struct state_change *change, struct bytes id, const struct packed_step *step)
{
    struct buffer value = {0};

    pack_int(&value, step->state);
    pack_int(&value, step->status);
    pack_bytes(&value, step->content_type);
    pack_bytes(&value, step->body);
    pack_int(&value, step->position);
    state_put(change, STATE_STEP, id, buffer_view(&value));
    buffer_deinit(&value);
}

enum step_state steps_read(struct state *state, struct bytes id, struct arena *arena,
                           struct http_response *ret_response)
{
    struct bytes value = state_get(state, STATE_STEP, id, arena);
    struct packed_step step;

    if (!value.data)
        return STEP_NONE;
    if (!unpack(value, &step) || step.state == PACKED_BEGUN)
        return STEP_BEGUN;
    *ret_response = (struct http_response){
        .status = (int32_t)step.status,
        .content_type = step.content_type.data ? arena_text(arena, step.content_type) : "",
        .etag = "",
        .retry_after_s = -1,
        .body = step.body.data ? step.body : BYTES_LITERAL("")};
    return STEP_ANSWERED;
}

int64_t steps_position(struct bytes value)
{
    struct packed_step step;

    return unpack(value, &step) ? step.position : 0;
}

void steps_begin(struct state_change *change, struct bytes id, int64_t position)
{
    put(change, id, &(struct packed_step){.state = PACKED_BEGUN, .position = position});
}

void steps_answer(struct state_change *change, struct bytes id,
                  const struct http_response *response, struct arena *arena)
{
    put(change, id,
        &(struct packed_step){.state = PACKED_ANSWERED,
                              .status = response->status,
                              .content_type = bytes_of_text(response->content_type),
                              .body = response->body,
                              .position =
                                  steps_position(state_read(change, STATE_STEP, id, arena))});
}

void steps_end(struct state_change *change, struct bytes id, int64_t position, struct arena *arena)
{
    struct packed_step step;

    if (!unpack(state_read(change, STATE_STEP, id, arena), &step) || step.state == PACKED_BEGUN)
        return;
    step.state = PACKED_ENDED;
    step.position = position;
    put(change, id, &step);
}

/* ---- Ended ones ----------------------------------------------------------------------- */

struct ended_step {
    int64_t position;
    uint8_t *id; /* owned */
    size_t id_len;
};

struct steps_ended {
    struct state *state;
    struct ended_step *steps;
    size_t count;
    size_t capacity;
};

void steps_ended_add(struct steps_ended *ended, struct bytes id, int64_t position)
{
    uint8_t *copy = xcalloc(1, id.len + 1);

    if (ended->count == ended->capacity) {
        ended->capacity = ended->capacity ? 2 * ended->capacity : 16;
        ended->steps = xrealloc(ended->steps, ended->capacity * sizeof(*ended->steps));
    }
    memcpy(copy, id.data, id.len);
    ended->steps[ended->count++] = (struct ended_step){position, copy, id.len};
}

static void restore(void *context, struct bytes id, struct bytes value)
{
    struct packed_step step;

    if (unpack(value, &step) && step.state == PACKED_ENDED)
        steps_ended_add(context, id, step.position);
}

struct steps_ended *steps_ended_new(struct state *state)
{
    struct steps_ended *ended = xcalloc(1, sizeof(*ended));

    ended->state = state;
    state_each(state, STATE_STEP, restore, ended);
    return ended;
}

void steps_ended_free(struct steps_ended *ended)
{
    if (!ended)
        return;
    for (size_t i = 0; i < ended->count; i++)
        free(ended->steps[i].id);
    free(ended->steps);
    free(ended);
}

/* Brings those that may be forgotten to the front; returns how many, at most FORGET_MOST. */
static size_t gather_ripe(struct steps_ended *ended,
                          bool (*may_come_again)(void *context, int64_t position), void *context)
{
    size_t ripe = 0;

    for (size_t i = 0; i < ended->count && ripe < FORGET_MOST; i++) {
        struct ended_step step = ended->steps[i];

        if (may_come_again(context, step.position))
            continue;
        ended->steps[i] = ended->steps[ripe];
        ended->steps[ripe++] = step;
    }
    return ripe;
}

enum outcome steps_ended_forget(struct steps_ended *ended,
                                bool (*may_come_again)(void *context, int64_t position),
                                void *context, struct error *err)
{
    size_t ripe = gather_ripe(ended, may_come_again, context);
    struct state_change *change;
    enum outcome outcome;

    if (ripe == 0)
        return OUTCOME_OK;
    change = state_begin(ended->state);
    for (size_t i = 0; i < ripe; i++)
        state_put(change, STATE_STEP, bytes_of(ended->steps[i].id, ended->steps[i].id_len),
                  BYTES_NONE);
    outcome = state_commit(change, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    for (size_t i = 0; i < ripe; i++)
        free(ended->steps[i].id);
    ended->count -= ripe;
    memmove(ended->steps, ended->steps + ripe, ended->count * sizeof(*ended->steps));
    return OUTCOME_OK;
}
