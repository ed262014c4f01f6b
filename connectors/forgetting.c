/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/forgetting.h"

#include "base/log.h"
#include "connectors/drivers/drivers.h"
#include "connectors/drivers/extract.h"
#include "connectors/memory/links.h"
#include "connectors/memory/steps.h"
#include "connectors/parked.h"
#include "connectors/waiting.h"

#define FORGET_EVERY_MS 1000
#define FORGET_ROWS_MOST 1024
#define FORGET_MOST 256 /* one append of moderate size */

/* A step whose record may be offered again says, however old it is by this clock, that its call
 * was made. */
static bool is_needed(struct parked_look *look, const struct state_expired *expired)
{
    return expired->kind == STATE_STEP &&
           parked_may_come_again(look, steps_position(expired->value));
}

static void forget(struct parked_look *look, struct state_change *change,
                   const struct state_expired *expired, struct arena *arena)
{
    struct uuid handoff_id;

    if (!state_is_expired(change, expired) || is_needed(look, expired))
        return;
    if (expired->kind == STATE_HANDOFF && expired->id.len == sizeof(handoff_id)) {
        memcpy(&handoff_id, expired->id.data, sizeof(handoff_id));
        links_forget(change, handoff_id, arena);
        return;
    }
    state_forget(change, expired);
}

static bool may_come_again(void *look, int64_t position)
{
    return parked_may_come_again(look, position);
}

enum outcome forgetting_ended_steps(struct steps_ended *ended, const struct shared *shared,
                                    struct error *err)
{
    CLEANUP(parked_look_deinit) struct parked_look look = {.state = shared->state};

    return steps_ended_forget(ended, may_come_again, &look, err);
}

/* What waits for its hand-over waits minutes of a connector that works. One that stood still for
 * months, or was started over and over, gives it these minutes before the hand-over goes. */
static bool is_waited_for(const struct shared *shared)
{
    return clock_wall_us(shared->clock) - US_PER_DAY > waiting_oldest(shared->state);
}

/* All that waits is looked at only when there is something to forget: it may be megabytes. */
static enum outcome forget_some(const struct shared *shared, struct arena *arena, struct error *err)
{
    struct state_expired *list = arena_array(arena, FORGET_MOST, sizeof(*list));
    size_t count = state_expired(shared->state, FORGET_MOST, arena, list);
    CLEANUP(parked_look_deinit) struct parked_look look = {.state = shared->state};
    struct state_change *change;

    if (count == 0 || is_waited_for(shared))
        return OUTCOME_OK;
    change = state_begin(shared->state);
    for (size_t i = 0; i < count; i++)
        forget(&look, change, &list[i], arena);
    return state_commit(change, err);
}

/* ---- Full extracts -------------------------------------------------------------------- */

struct orphans {
    const struct shared *shared;
    struct state_change *change;
    size_t count;
};

static bool is_kept(const struct shared *shared, struct bytes source)
{
    for (size_t i = 0; i < shared->extract_count; i++)
        if (bytes_equal_text(source, shared->extracts[i]))
            return true;
    return !source.data; /* of a later version of the program */
}

static void forget_orphan(void *context, struct bytes id, struct bytes value)
{
    struct orphans *orphans = context;

    (void)value;
    if (orphans->count == FORGET_ROWS_MOST || is_kept(orphans->shared, extract_source_of(id)))
        return;
    state_put(orphans->change, STATE_EXTRACT, id, BYTES_NONE);
    orphans->count++;
}

static enum outcome forget_extracts(struct forgetting *forgetting, const struct shared *shared,
                                    struct error *err)
{
    struct orphans orphans = {.shared = shared};
    enum outcome outcome;

    if (forgetting->extracts_done || state_count(shared->state, STATE_EXTRACT) == 0)
        return OUTCOME_OK;
    orphans.change = state_begin(shared->state);
    state_each(shared->state, STATE_EXTRACT, forget_orphan, &orphans);
    outcome = state_commit(orphans.change, err);
    forgetting->extracts_done = outcome == OUTCOME_OK && orphans.count < FORGET_ROWS_MOST;
    return outcome;
}

static bool may_forget(struct forgetting *forgetting, struct clock *clock)
{
    bool before = forgetting->jumps.suspended;
    bool may = jumps_look(&forgetting->jumps, clock);

    if (!may && !before)
        log_error("forgetting", "suspended: the wall clock jumped; look at it, then restart");
    return may;
}

enum outcome forgetting_tend(struct forgetting *forgetting, const struct shared *shared,
                             struct error *err)
{
    int64_t now_ms = clock_mono_ms(shared->clock);
    struct arena arena = {0};
    enum outcome outcome;

    if (now_ms < forgetting->next_ms)
        return OUTCOME_OK;
    forgetting->next_ms = now_ms + FORGET_EVERY_MS;
    outcome = forget_extracts(forgetting, shared, err);
    if (outcome != OUTCOME_OK || !may_forget(forgetting, shared->clock))
        return outcome;
    outcome = forget_some(shared, &arena, err);
    arena_deinit(&arena);
    return outcome;
}
