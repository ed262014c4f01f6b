/* SPDX-License-Identifier: Apache-2.0
 *
 * The connector's memory: bytes of it a hand-over, and how fast the state topic is read at
 * start, tombstones included. `bench_state HANDOFFS`, then lines of name, tab, value. A hand-over
 * here is what the operators' mappings write of one: itself, links by its own id and by the
 * person's, the event last sent, what was last written into a dossier, and that it was.
 */
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "base/uuid.h"
#include "connectors/memory/links.h"
#include "connectors/memory/state.h"

#define HANDOFFS_A_CHANGE 50
#define MOST_ENTRIES_A_HANDOFF 4

/* A log that keeps what it was given. */
struct kept {
    struct durable durable;
    struct arena arena;
    struct durable_record *records;
    size_t count;
    size_t capacity;
};

static enum outcome keep(struct durable *durable, const struct durable_record *records,
                         size_t count, enum outcome *results, struct error *err)
{
    struct kept *kept = (struct kept *)durable;

    (void)err;
    for (size_t i = 0; i < count; i++) {
        if (kept->count == kept->capacity)
            abort();
        kept->records[kept->count++] =
            (struct durable_record){.key = arena_copy(&kept->arena, records[i].key),
                                    .value = arena_copy(&kept->arena, records[i].value)};
        results[i] = OUTCOME_OK;
    }
    return OUTCOME_OK;
}

static const struct durable_ops kept_ops = {.append = keep};

static void put_handoff(struct state_change *change, int64_t number, struct arena *arena)
{
    const struct link_note links[] = {
        {BYTES_LITERAL("own"), bytes_of_text(arena_printf(arena, "%" PRId64, 100000 + number))},
        {BYTES_LITERAL("person"), bytes_of_text(arena_printf(arena, "U%" PRId64, number))}};
    const struct known_handoff known = {.handoff_id = uuid_random(),
                                        .thread_id = uuid_random(),
                                        .entity_id = uuid_random(),
                                        .inbox_position = number,
                                        .other = BYTES_LITERAL("o22"),
                                        .links = links,
                                        .link_count = 2};
    static const uint8_t sixteen[16] = {1};

    links_remember(change, &known, arena);
    state_put(change, STATE_SENT, bytes_of(&known.entity_id, sizeof(known.entity_id)),
              bytes_of(sixteen, sizeof(sixteen)));
    state_put(change, STATE_ECHO, bytes_of_text(arena_printf(arena, "dossier/%" PRId64, number)),
              bytes_of(sixteen, sizeof(sixteen)));
    state_put(change, STATE_ECHO, bytes_of_text(arena_printf(arena, "touched\x1f%" PRId64, number)),
              BYTES_LITERAL("1"));
}

static void fill(struct kept *kept, const struct operator_keys *keys, int64_t handoffs)
{
    struct state *state = state_new(keys, &kept->durable, clock_system());
    struct arena arena = {0};

    for (int64_t number = 0; number < handoffs;) {
        struct state_change *change = state_begin(state);

        for (int i = 0; i < HANDOFFS_A_CHANGE && number < handoffs; i++)
            put_handoff(change, number++, &arena);
        if (state_commit(change, NULL) != OUTCOME_OK)
            abort();
        arena_reset(&arena);
    }
    arena_deinit(&arena);
    state_free(state);
}

static size_t in_use(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

static double load(struct state *state, const struct kept *kept, bool tombstones)
{
    int64_t began = clock_mono_ms(clock_system());
    struct error err = {0};

    for (size_t i = 0; i < kept->count; i++) {
        if (state_load(state, kept->records[i].key,
                       tombstones ? BYTES_NONE : kept->records[i].value, &err) != OUTCOME_OK)
            abort();
    }
    links_restore(state);
    return (double)(clock_mono_ms(clock_system()) - began) / 1000;
}

int main(int argc, char **argv)
{
    int64_t handoffs = argc > 1 ? strtoll(argv[1], NULL, 10) : 0;
    struct kept kept = {.durable.ops = &kept_ops};
    struct operator_keys keys;
    struct state *state;
    size_t before;
    size_t after;
    double seconds;

    if (handoffs < 1)
        return 2;
    crypto_init();
    keys_create("o21", &keys);
    kept.capacity = (size_t)handoffs * MOST_ENTRIES_A_HANDOFF;
    kept.records = xcalloc(kept.capacity, sizeof(*kept.records));
    fill(&kept, &keys, handoffs);
    before = in_use();
    state = state_new(&keys, NULL, clock_system());
    seconds = load(state, &kept, false);
    after = in_use();
    (void)printf("state_handoffs\t%" PRId64 "\nstate_entries\t%zu\n", handoffs, kept.count);
    (void)printf("state_bytes_a_handoff\t%.0f\n", (double)(after - before) / (double)handoffs);
    (void)printf("state_handoffs_in_32_mib\t%.0f\n",
                 32.0 * 1024 * 1024 * (double)handoffs / (double)(after - before));
    (void)printf("state_load_s\t%.2f\nstate_load_entries_s\t%.0f\n", seconds,
                 (double)kept.count / (seconds > 0 ? seconds : 0.001));
    seconds = load(state, &kept, true);
    (void)printf("state_tombstones_s\t%.2f\n", seconds);
    (void)printf("state_left\t%zu\n", state_count(state, STATE_HANDOFF));
    state_free(state);
    arena_deinit(&kept.arena);
    free(kept.records);
    return 0;
}
