/* SPDX-License-Identifier: Apache-2.0
 *
 * What the broker's stage costs without Kafka: decoding, rules, encoding and the store, over
 * records that stand in memory; what it writes is encoded and dropped. Its figures are
 * processor time, or instructions:
 *
 *     bench_stage FOLDER COUNT
 *     valgrind --tool=callgrind --toggle-collect='decide_all*' bench_stage FOLDER COUNT
 *
 * COUNT hand-overs are issued first. Then as many again are issued, and those of before delivered,
 * in batches as large as the broker's: the figures are of these.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/kafka_config.h"
#include "broker/task.h"
#include "tests/bench/timing.h"
#include "tests/support/world.h"

#define TASKS 8
#define BATCH 2000
#define SEALED_SIZE (512 + 48)

struct stage {
    struct world world;
    struct wire *wire;
    struct task *tasks[TASKS];
    struct task_record records[BATCH];
    struct arena arena; /* of a batch */
    double cpu;         /* seconds */
    int64_t decided, written;
};

static void fail(const char *what)
{
    (void)fprintf(stderr, "bench_stage: %s\n", what);
    exit(1);
}

static enum outcome drop(void *context, const struct kafka_record *record, struct error *err)
{
    struct stage *stage = context;

    (void)err;
    stage->written += (int64_t)record->value.len;
    return OUTCOME_OK;
}

static void make(struct stage *stage, int number, bool issued, struct task_record *ret_record)
{
    static const uint8_t sealed[SEALED_SIZE];
    struct event event = issued ? world_issue(number, "o21", "o22")
                                : world_referral("o22", number, REFERRAL_DELIVERED, "dossier", 1);
    CLEANUP(buffer_deinit) struct buffer value = {0};
    char key[UUID_TEXT_SIZE];

    event.envelope.occurred_at += (int64_t)number * 1000; /* so deadlines follow each other */
    if (issued) {
        world_seal(&stage->world, &event, "o22");
        event.envelope.sealed->sealed = bytes_of(sealed, sizeof(sealed));
    }
    wire_encode_event(stage->wire, &event, &value);
    uuid_format(event.envelope.thread_id, key);
    *ret_record = (struct task_record){
        .sender = event.envelope.operator_code,
        .key = arena_copy(&stage->arena, bytes_of(key, UUID_TEXT_LEN)),
        .value = arena_copy(&stage->arena, buffer_view(&value)),
        .topic = "relais.bench.outbox.v1",
        .partition = kafka_partition_of(key, UUID_TEXT_LEN, TASKS),
    };
}

static void __attribute__((noinline)) decide_all(struct stage *stage, size_t count)
{
    const struct task_sink sink = {drop, stage};
    struct task_context context = {
        .sink = &sink, .directory = stage->world.directory, .now_us = stage->world.now_us};
    struct task_result result;
    struct error err;

    for (size_t i = 0; i < count; i++) {
        struct task_record *record = &stage->records[i];

        if (task_decide(stage->tasks[record->partition], &context, record, &result, &err) !=
            OUTCOME_OK)
            fail(err.text);
        if (result.verdict != VERDICT_ACCEPTED)
            fail("an event was not accepted");
    }
    for (size_t i = 0; i < TASKS; i++)
        if (task_commit(stage->tasks[i], STORE_NOWHERE, &err) != OUTCOME_OK)
            fail(err.text);
}

/* One batch of consecutive hand-overs. */
static void batch(struct stage *stage, int first, size_t count, bool issued)
{
    double began;

    arena_reset(&stage->arena);
    world_reset(&stage->world);
    for (size_t i = 0; i < count; i++)
        make(stage, first + (int)i, issued, &stage->records[i]);
    began = timing_cpu_ns();
    decide_all(stage, count);
    stage->cpu += (timing_cpu_ns() - began) / 1e9;
    stage->decided += (int64_t)count;
}

static void open_tasks(struct stage *stage, const char *folder)
{
    struct store *store;
    struct error err;

    for (int32_t i = 0; i < TASKS; i++) {
        if (store_open(folder, i, "bench", &store, &err) != OUTCOME_OK)
            fail(err.text);
        stage->tasks[i] = task_new(i, TASKS, store, stage->wire);
    }
}

int main(int argc, char **argv)
{
    static struct stage stage;
    int count = argc == 3 ? (int)strtol(argv[2], NULL, 10) : 0;

    if (count < BATCH)
        fail("usage: bench_stage FOLDER COUNT");
    world_init(&stage.world);
    stage.wire = wire_new();
    open_tasks(&stage, argv[1]);
    for (int i = 0; i + BATCH <= count; i += BATCH)
        batch(&stage, i, BATCH, true);
    stage.cpu = 0;
    stage.decided = stage.written = 0;
    for (int i = 0; i + BATCH <= count; i += BATCH) {
        batch(&stage, count + i, BATCH, true);
        batch(&stage, i, BATCH, false);
    }
    (void)printf("events\t%lld\nstage_us\t%.3f\nbytes\t%.0f\n", (long long)stage.decided,
                 stage.cpu * 1e6 / (double)stage.decided,
                 (double)stage.written / (double)stage.decided);
    for (int i = 0; i < TASKS; i++)
        task_free(stage.tasks[i]);
    wire_free(stage.wire);
    arena_deinit(&stage.arena);
    world_deinit(&stage.world);
    return 0;
}
