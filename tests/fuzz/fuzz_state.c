/* SPDX-License-Identifier: Apache-2.0
 *
 * The connector's memory. First byte: 0: a record of the state topic as it stands there (key, a
 * newline, value), which without the key can only be refused; else the kind of an entry: its id,
 * a newline, its value, as if a version of ours had written it. Everything that reads that
 * kind can live with it.
 */
#include <stdlib.h>

#include "base/crypto.h"
#include "connectors/memory/links.h"
#include "connectors/memory/steps.h"
#include "connectors/parked.h"
#include "tests/fuzz/fuzz.h"

static const struct uuid handoff_id = {{1, 2, 3, 4, 5, 6, 0x87, 8, 0x89}};
static struct operator_keys keys = {.operator_code = "o21"};

static enum outcome no_inbox(void *context, int64_t position, struct arena *arena,
                             struct record *ret_record, struct error *err)
{
    (void)context;
    (void)position;
    (void)arena;
    (void)ret_record;
    return error_set(err, OUTCOME_REJECT, "no longer there");
}

static void read_links(struct state *state, struct bytes id, struct arena *arena)
{
    struct known_handoff known;
    size_t count = 0;
    struct bytes key = id;
    struct bytes kind = fuzz_part(&key, bytes_of("\x1f", 1));

    (void)links_find(state, kind, key, 1, arena, &count);
    if (links_handoff(state, handoff_id, arena, &known))
        for (size_t i = 0; i < known.link_count; i++)
            (void)links_find(state, known.links[i].kind, known.links[i].key, LINKS_EVER, arena,
                             &count);
}

static void change_links(struct state *state, struct arena *arena)
{
    const struct link_note note = {BYTES_LITERAL("own"), BYTES_LITERAL("12")};
    const struct known_handoff known = {
        .handoff_id = handoff_id, .inbox_position = -1, .links = &note, .link_count = 1};
    struct state_change *change = state_begin(state);
    struct known_handoff now;
    struct error err;

    links_remember(change, &known, arena);
    links_end(change, handoff_id, (struct links_ending){1, 1}, arena);
    FUZZ_CHECK(state_commit(change, &err) == OUTCOME_OK);
    FUZZ_CHECK(links_handoff(state, handoff_id, arena, &now) && now.link_count > 0);
}

static bool never(void *context, int64_t position)
{
    (void)context;
    (void)position;
    return false;
}

static void read_steps(struct state *state, struct bytes id, struct arena *arena)
{
    struct http_response response = {0};
    struct steps_ended *ended = steps_ended_new(state);
    struct error err;

    if (steps_read(state, id, arena, &response) == STEP_ANSWERED)
        FUZZ_CHECK(response.body.data && response.content_type && response.etag);
    FUZZ_CHECK(steps_ended_forget(ended, never, NULL, &err) == OUTCOME_OK);
    steps_ended_free(ended);
}

static void read_parked(struct state *state, struct arena *arena)
{
    CLEANUP(metrics_freep) struct metrics *metrics = metrics_new();
    struct counts counts;
    const struct shared shared = {.state = state,
                                  .clock = clock_system(),
                                  .counts = &counts,
                                  .read_inbox = no_inbox,
                                  .give_up_after_ms = 1};
    struct parked *parked;
    struct attempts attempts = {0};
    struct record record = {0};
    int32_t wait_ms = 0;

    counts_init(&counts, metrics, "o21");
    parked = parked_new(&shared);
    (void)parked_next(parked, arena, &record, &attempts, &wait_ms);
    parked_free(parked);
}

static void read_entry(struct bytes rest, enum state_kind kind, struct arena *arena)
{
    struct state *state = state_new(&keys, NULL, clock_system());
    struct bytes id = fuzz_part(&rest, BYTES_LITERAL("\n"));
    struct error err;

    if (kind == STATE_HANDOFF)
        id = bytes_of(handoff_id.octets, sizeof(handoff_id.octets));
    FUZZ_CHECK(state_set(state, kind, id, rest, &err) == OUTCOME_OK);
    read_links(state, id, arena);
    read_steps(state, id, arena);
    read_parked(state, arena);
    change_links(state, arena);
    state_free(state);
}

static void load(struct bytes rest)
{
    struct state *state = state_new(&keys, NULL, clock_system());
    struct bytes key = fuzz_part(&rest, BYTES_LITERAL("\n"));
    struct error err;

    if (state_load(state, key, rest, &err) != OUTCOME_OK)
        FUZZ_CHECK(err.outcome == OUTCOME_FATAL);
    for (int kind = 0; kind < STATE_KIND_COUNT; kind++)
        FUZZ_CHECK(state_count(state, (enum state_kind)kind) == 0);
    FUZZ_CHECK(state_load(state, key, BYTES_NONE, &err) == OUTCOME_OK);
    state_free(state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes rest = bytes_of(data, size);
    size_t how = fuzz_choice(&rest, STATE_KIND_COUNT + 1);
    struct arena arena = {0};

    crypto_init();
    if (how == 0)
        load(rest);
    else
        read_entry(rest, (enum state_kind)(how - 1), &arena);
    arena_deinit(&arena);
    return 0;
}
