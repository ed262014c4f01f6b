/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/fake_connector.h"

#include <stdio.h>

static struct fake_world *of_source(struct connector *connector)
{
    return (struct fake_world *)(void *)connector;
}

static struct fake_world *of_stage(struct stage *stage)
{
    return (struct fake_world *)(void *)((char *)stage - offsetof(struct fake_world, stage));
}

static void promise(struct fake_world *world, bool kept, const char *what)
{
    if (!kept && !world->broken)
        world->broken = what;
}

static bool has_ended(const struct fake_record *record)
{
    return record->durable + record->dead_letters + record->parked > 0;
}

/* ---- Source -------------------------------------------------------------------------- */

static enum outcome fake_open(struct connector *connector, struct error *err)
{
    (void)connector;
    (void)err;
    return OUTCOME_OK;
}

static enum outcome fake_pull(struct connector *connector, int32_t wait_ms, struct batch *batch,
                              struct error *err)
{
    struct fake_world *world = of_source(connector);
    enum outcome outcome = world->decide(world, FAKE_PULL, -1);
    struct record *record;

    if (outcome != OUTCOME_OK)
        return error_set(err, outcome, "scripted");
    if (world->next >= world->available && world->waiter)
        (void)waiter_wait_ms(world->waiter, wait_ms);
    while (world->next < world->available && (record = batch_add(batch)) != NULL) {
        int number = world->next++;

        record->position = number;
        record->body = bytes_of_text(arena_printf(&batch->arena, "record %d", number));
        if (world->records[number].key >= 0)
            record->order_key =
                bytes_of_text(arena_printf(&batch->arena, "%d", world->records[number].key));
    }
    return OUTCOME_OK;
}

static enum outcome fake_ack(struct connector *connector, struct record *const *records,
                             size_t count, struct error *err)
{
    struct fake_world *world = of_source(connector);

    if (world->decide(world, FAKE_ACK, (int)records[0]->position) != OUTCOME_OK)
        return error_set(err, OUTCOME_RETRY, "scripted");
    for (size_t i = 0; i < count; i++) {
        int number = (int)records[i]->position;

        promise(world, has_ended(&world->records[number]),
                "nothing is acknowledged before it is durable");
        promise(world, number == 0 || world->records[number - 1].acknowledged,
                "acknowledged in the order of pulling");
        promise(world, !world->records[number].acknowledged, "acknowledged once");
        world->records[number].acknowledged = true;
        (void)atomic_fetch_add(&world->acknowledgements, 1);
    }
    return OUTCOME_OK;
}

static void fake_interrupt(struct connector *connector)
{
    struct fake_world *world = of_source(connector);

    world->interrupts++;
    if (world->waiter)
        waiter_interrupt(world->waiter);
}

static const struct connector_ops fake_source_ops = {
    .name = "fake",
    .role = CONNECTOR_SOURCE,
    .size = sizeof(struct connector),
    .open = fake_open,
    .pull = fake_pull,
    .ack = fake_ack,
    .interrupt = fake_interrupt,
};

/* ---- Stage --------------------------------------------------------------------------- */

static void check_turn(struct fake_world *world, int number)
{
    struct fake_record *record = &world->records[number];

    promise(world, !record->acknowledged, "what was acknowledged is not pushed again");
    for (int i = 0; i < number && record->key >= 0; i++) {
        if (world->records[i].key == record->key)
            promise(world, has_ended(&world->records[i]), "order is kept per hand-over");
    }
}

static enum outcome fake_push(struct stage *stage, struct record *const *records, size_t count,
                              struct result *results, struct error *err)
{
    struct fake_world *world = of_stage(stage);

    (void)err;
    for (size_t i = 0; i < count; i++) {
        int number = (int)records[i]->position;

        check_turn(world, number);
        world->records[number].pushes++;
        results[i].outcome = world->decide(world, FAKE_PUSH, number);
        results[i].reached = results[i].outcome == OUTCOME_OK;
        (void)snprintf(results[i].detail, sizeof(results[i].detail), "scripted");
    }
    for (size_t i = 0; i < count; i++)
        world->records[records[i]->position].durable += results[i].outcome == OUTCOME_OK;
    return OUTCOME_OK;
}

static enum outcome fake_reject(struct stage *stage, const struct record *record,
                                const struct result *result, struct error *err)
{
    struct fake_world *world = of_stage(stage);

    promise(world, result->outcome == OUTCOME_REJECT, "only what was rejected is a dead letter");
    if (world->decide(world, FAKE_REJECT, (int)record->position) != OUTCOME_OK)
        return error_set(err, OUTCOME_RETRY, "scripted");
    world->records[record->position].dead_letters++;
    return OUTCOME_OK;
}

static enum outcome fake_park(struct stage *stage, const struct record *record,
                              const struct attempts *attempts, struct error *err)
{
    struct fake_world *world = of_stage(stage);

    world->records[record->position].waited_ms = attempts->waited_ms;
    if (world->decide(world, FAKE_PARK, (int)record->position) != OUTCOME_OK)
        return error_set(err, OUTCOME_RETRY, "scripted");
    world->records[record->position].parked++;
    return OUTCOME_OK;
}

static bool fake_is_parked(struct stage *stage, const struct record *record)
{
    const struct fake_world *world = of_stage(stage);
    int key = world->records[record->position].key;

    for (int i = 0; i < (int)record->position && key >= 0; i++) {
        if (world->records[i].key == key && world->records[i].parked > 0)
            return true;
    }
    return false;
}

static enum outcome fake_tend(struct stage *stage, bool works, int32_t *ret_wait_ms,
                              struct error *err)
{
    struct fake_world *world = of_stage(stage);

    *ret_wait_ms = 1000;
    world->tended_works = works;
    if (world->decide(world, FAKE_TEND, -1) != OUTCOME_OK)
        return error_set(err, OUTCOME_RETRY, "scripted");
    return OUTCOME_OK;
}

static const struct stage_ops fake_stage_ops = {
    .name = "fake",
    .most = 8,
    .push = fake_push,
    .reject = fake_reject,
    .park = fake_park,
    .is_parked = fake_is_parked,
    .tend = fake_tend,
};

/* ---- World --------------------------------------------------------------------------- */

void fake_world_init(struct fake_world *world, int count, int keys, fake_decide *decide)
{
    memset(world, 0, sizeof(*world));
    world->source.ops = &fake_source_ops;
    world->source.name = "fake";
    world->stage.ops = &fake_stage_ops;
    world->count = count;
    world->available = count;
    world->decide = decide;
    for (int i = 0; i < count; i++)
        world->records[i].key = keys > 0 ? i % keys : -1;
}

void fake_world_deinit(struct fake_world *world)
{
    waiter_free(world->waiter);
}

void fake_world_restart(struct fake_world *world)
{
    world->next = 0;
    while (world->next < world->count && world->records[world->next].acknowledged)
        world->next++;
}

bool fake_world_is_done(const struct fake_world *world)
{
    if (atomic_load(&world->acknowledgements) < world->count)
        return false;
    for (int i = 0; i < world->count; i++) {
        if (!world->records[i].acknowledged || !has_ended(&world->records[i]))
            return false;
    }
    return true;
}
