/* SPDX-License-Identifier: Apache-2.0
 *
 * Tasks that change hands, step by step, with two workers' holdings in one process: what one had
 * begun when it fell asleep, and a restore in slices. Deadlines only: no offset of any input is
 * ever sent here.
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/kafka_transactor.h"
#include "broker/holdings.h"
#include "broker/row.h"
#include "tests/support/deployment.h"
#include "tests/support/world.h"

#define INIT_MS 20000
#define ALL_DEADLINES 100000

/* One worker: what it holds, and who writes for it. */
struct half {
    struct deployment *deployment;
    struct kafka_consumer *consumer;
    struct holdings *holdings;
    struct kafka_transactor *transactor;
    struct directory *directory;
    char folder[96];
};

static void on_assigned(void *context, const int32_t *partitions, size_t count,
                        rd_kafka_consumer_group_metadata_t *group)
{
    struct half *half = context;

    holdings_given(half->holdings, partitions, count, group);
}

/* Nothing: who is asleep hears of nothing. */
static void on_revoked(void *context, bool lost)
{
    (void)context;
    (void)lost;
}

static struct directory *everybody(const struct deployment *d)
{
    struct directory_entry entries[3];

    for (int i = 0; i < 3; i++) {
        record_init(&directory_table, &entries[i]);
        entries[i].kind = (int32_t)DIRECTORY_OPERATOR;
        entries[i].code = bytes_of_text(d->codes[i]);
    }
    return directory_new(entries, 3);
}

static void open_half(struct half *half, struct deployment *d, const char *group, const char *name)
{
    const struct kafka_anchor_callbacks callbacks = {on_assigned, on_revoked, half};
    char anchor[TOPIC_NAME_SIZE];
    char id[TEST_NAME_SIZE];
    struct error err = {0};
    struct holdings_options options = {
        .kafka = &d->kafka, .folder = half->folder, .boot_id = "boot", .wire = d->wire};

    *half = (struct half){.deployment = d, .directory = everybody(d)};
    (void)snprintf(half->folder, sizeof(half->folder), "%s-%s", d->state, name);
    assert_int_equal(mkdir(half->folder, 0700), 0);
    assert_int_equal(holdings_open(&options, &half->holdings, &err), OUTCOME_OK);
    half->transactor = kafka_transactor_new(&d->kafka, test_kafka_name("tx", id));
    assert_int_equal(kafka_transactor_init(half->transactor, INIT_MS, &err), OUTCOME_OK);
    assert_int_equal(kafka_consumer_open_anchor(&d->kafka, group, NULL,
                                                topics_name(TOPIC_HANDOFF, NULL, anchor),
                                                &callbacks, &half->consumer, &err),
                     OUTCOME_OK);
}

static void close_half(struct half *half)
{
    char command[128];

    kafka_transactor_free(half->transactor);
    kafka_consumer_close(half->consumer);
    holdings_close(half->holdings);
    directory_unref(half->directory);
    (void)snprintf(command, sizeof(command), "rm -rf %s", half->folder);
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): a name of our own */
}

static void poll(struct half *half, int32_t wait_ms)
{
    enum kafka_event event = KAFKA_NOTHING;
    struct kafka_message message = {0};

    assert_int_equal(kafka_consumer_poll(half->consumer, wait_ms, &event, &message, NULL),
                     OUTCOME_OK);
    kafka_message_free(&message);
}

/* Until Kafka has given it tasks. */
static void be_given(struct half *half)
{
    int64_t end_ms = clock_mono_ms(clock_system()) + DEPLOYMENT_WAIT_MS;

    while (!holdings_group(half->holdings) && clock_mono_ms(clock_system()) < end_ms) {
        poll(half, 100);
    }
    assert_non_null(holdings_group(half->holdings));
}

static enum outcome take(struct half *half)
{
    struct error err = {0};
    bool ready = false;
    enum outcome outcome = OUTCOME_OK;

    while (outcome == OUTCOME_OK && !ready) {
        outcome = holdings_take(half->holdings, half->consumer, half->directory, 0, &ready, &err);
        poll(half, 0);
    }
    return outcome;
}

static enum outcome write_record(void *context, const struct kafka_record *record,
                                 struct error *err)
{
    return kafka_transactor_produce(context, record, err);
}

/* Fires all deadlines as if it were eleven days later, into a transaction. */
static size_t fire(struct half *half)
{
    const struct task_sink sink = {write_record, half->transactor};
    struct task_context context = {.sink = &sink,
                                   .directory = half->directory,
                                   .now_us = clock_wall_us(clock_system()) + 11 * WORLD_DAY};
    struct task_fired fired;
    struct error err = {0};

    assert_int_equal(kafka_transactor_begin(half->transactor, &err), OUTCOME_OK);
    assert_int_equal(holdings_fire(half->holdings, &context, ALL_DEADLINES, &fired, &err),
                     OUTCOME_OK);
    return fired.deadlines;
}

static void send_offsets(struct half *half)
{
    rd_kafka_topic_partition_list_t *offsets = holdings_offsets(half->holdings);
    struct error err = {0};

    assert_int_equal(kafka_transactor_send_offsets(half->transactor, offsets,
                                                   holdings_group(half->holdings), &err),
                     OUTCOME_OK);
    rd_kafka_topic_partition_list_destroy(offsets);
}

/* A hand-over in each partition at least, known to a broker that stops then. */
static void issue_some(struct deployment *d)
{
    bool there[DEPLOYMENT_PARTITIONS] = {false};
    bool all = false;

    deployment_ensure(d);
    while (!all) {
        struct event event = deployment_issue(d, deployment_new_handoff(d), 0, 1);
        char key[UUID_TEXT_SIZE];

        uuid_format(event.envelope.thread_id, key);
        there[kafka_partition_of(key, UUID_TEXT_LEN, DEPLOYMENT_PARTITIONS)] = true;
        deployment_put(d, 0, event);
        deployment_expect(d, TOPIC_INBOX, 1, d->next_handoff);
        all = true;
        for (int i = 0; i < DEPLOYMENT_PARTITIONS; i++) {
            all = all && there[i];
        }
    }
    deployment_stop(d);
}

/* It has fired and sent its offsets, and falls asleep before its commit; the other has its tasks.
 * Whether the first wakes and commits, or never does: the second has read the end of that. */
static void change_hands_in_the_middle(struct deployment *d, bool commits)
{
    struct half one;
    struct half two;
    char group[TEST_NAME_SIZE];
    size_t fired;
    struct error err = {0};

    issue_some(d);
    open_half(&one, d, test_kafka_name("group", group), "one");
    be_given(&one);
    assert_int_equal(take(&one), OUTCOME_OK);
    assert_int_equal(holdings_count(one.holdings), DEPLOYMENT_PARTITIONS);
    fired = fire(&one);
    assert_true(fired >= DEPLOYMENT_PARTITIONS);
    send_offsets(&one);
    kafka_consumer_close(TAKE(one.consumer)); /* its session is over */
    open_half(&two, d, group, "two");
    be_given(&two);
    assert_int_equal(take(&two), OUTCOME_RETRY);
    if (commits) {
        assert_int_equal(kafka_transactor_commit(one.transactor, &err), OUTCOME_OK);
    } else {
        assert_int_equal(kafka_transactor_abort(one.transactor, &err), OUTCOME_OK);
    }
    assert_int_equal(take(&two), OUTCOME_OK);
    assert_int_equal(fire(&two), commits ? 0 : fired);
    assert_int_equal(kafka_transactor_abort(two.transactor, &err), OUTCOME_OK);
    close_half(&one);
    close_half(&two);
}

static void a_sleepers_deadlines_are_committed_before_the_end_that_its_successor_reads(void **state)
{
    change_hands_in_the_middle(*state, true);
}

static void a_sleepers_deadlines_that_are_never_committed_are_fired_by_its_successor(void **state)
{
    change_hands_in_the_middle(*state, false);
}

/* Once the tasks are somebody else's, offsets of the one before are refused. */
static void a_sleeper_that_had_not_sent_its_offsets_commits_nothing(void **state)
{
    struct deployment *d = *state;
    struct half one;
    struct half two;
    char group[TEST_NAME_SIZE];
    rd_kafka_topic_partition_list_t *offsets;
    struct error err = {0};
    size_t fired;

    issue_some(d);
    open_half(&one, d, test_kafka_name("group", group), "one");
    be_given(&one);
    assert_int_equal(take(&one), OUTCOME_OK);
    fired = fire(&one);
    kafka_consumer_close(TAKE(one.consumer));
    open_half(&two, d, group, "two");
    be_given(&two);
    assert_int_equal(take(&two), OUTCOME_OK);
    offsets = holdings_offsets(one.holdings);
    assert_int_equal(offsets->cnt, DEPLOYMENT_PARTITIONS);
    assert_int_equal(
        kafka_transactor_send_offsets(one.transactor, offsets, holdings_group(one.holdings), &err),
        OUTCOME_RETRY);
    rd_kafka_topic_partition_list_destroy(offsets);
    assert_int_equal(fire(&two), fired);
    assert_int_equal(kafka_transactor_abort(two.transactor, &err), OUTCOME_OK);
    close_half(&one);
    close_half(&two);
}

/* ---- An assignment that fails ------------------------------------------------------------ */

static int assignments_to_fail;

enum outcome __real_kafka_consumer_assign_list(struct kafka_consumer *consumer,
                                               const rd_kafka_topic_partition_list_t *list,
                                               struct error *err);
/* NOLINTNEXTLINE(bugprone-reserved-identifier): the linker's word for it */
enum outcome __wrap_kafka_consumer_assign_list(struct kafka_consumer *consumer,
                                               const rd_kafka_topic_partition_list_t *list,
                                               struct error *err);

/* Of inputs only: a restore has its own. */
enum outcome __wrap_kafka_consumer_assign_list(struct kafka_consumer *consumer,
                                               const rd_kafka_topic_partition_list_t *list,
                                               struct error *err)
{
    if (assignments_to_fail > 0 && list->cnt > 0 && strstr(list->elems[0].topic, ".outbox.")) {
        assignments_to_fail--;
        return error_set(err, OUTCOME_RETRY, "not now");
    }
    return __real_kafka_consumer_assign_list(consumer, list, err);
}

/* A worker that takes the tasks all the same would be ready, and read nothing. */
static void an_assignment_that_fails_is_made_again(void **state)
{
    struct deployment *d = *state;
    int handoff = deployment_new_handoff(d);

    deployment_stop(d);
    assignments_to_fail = 2;
    deployment_start(d, 1);
    deployment_put(d, 0, deployment_issue(d, handoff, 0, 1));
    deployment_expect(d, TOPIC_INBOX, 1, handoff);
    assert_int_equal(assignments_to_fail, 0);
}

/* ---- A restore in slices ---------------------------------------------------------------- */

/* Beyond one slice (20,000 rows). */
#define ROWS 25000
#define ROWS_A_SEND 1000

static void write_rows(struct deployment *d, int32_t partition)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    struct event event = world_issue(1, "o10", "o21");
    struct handoff *row = row_new(&event.envelope, &arena);
    struct kafka_record records[ROWS_A_SEND];
    enum outcome results[ROWS_A_SEND];
    char topic[TOPIC_NAME_SIZE];

    row->issuer = BYTES_LITERAL("o10");
    row->holder = BYTES_LITERAL("o21");
    topics_name(TOPIC_HANDOFF, NULL, topic);
    for (int i = 0; i < ROWS; i++) {
        CLEANUP(buffer_deinit) struct buffer value = {0};
        char *key = arena_alloc(&arena, UUID_TEXT_SIZE);

        row->handoff_id = world_id("slice", i);
        uuid_format(row->handoff_id, key);
        wire_encode(d->wire, &handoff_table, row, &value);
        records[i % ROWS_A_SEND] =
            (struct kafka_record){.topic = topic,
                                  .partition = partition,
                                  .key = bytes_of(key, UUID_TEXT_LEN),
                                  .value = arena_copy(&arena, buffer_view(&value))};
        if ((i + 1) % ROWS_A_SEND == 0) {
            assert_int_equal(kafka_producer_send(d->producer, records, ROWS_A_SEND,
                                                 DEPLOYMENT_WAIT_MS, results, NULL),
                             OUTCOME_OK);
        }
    }
}

static struct task *open_task(struct deployment *d)
{
    struct store *store = NULL;

    assert_int_equal(store_open(d->state, 0, "boot", &store, NULL), OUTCOME_OK);
    return task_new(0, DEPLOYMENT_PARTITIONS, store, d->wire);
}

static bool has_row(struct task *task, int number)
{
    struct bytes value = BYTES_NONE;

    assert_int_equal(store_get(task_store(task), world_id("slice", number), &value, NULL),
                     OUTCOME_OK);
    return value.data != NULL;
}

/* Between the slices a worker polls: so it keeps its tasks, or hears that they are another's. */
static void a_long_restore_is_left_to_poll_and_goes_on_where_it_was(void **state)
{
    struct deployment *d = *state;
    CLEANUP(restore_closep) struct restore *restore = NULL;
    struct task *task;
    struct error err = {0};
    bool done = true;
    int64_t position;

    deployment_stop(d);
    write_rows(d, 0);
    deployment_remove_state(d);
    assert_int_equal(mkdir(d->state, 0700), 0);
    assert_int_equal(restore_open(&d->kafka, &restore, &err), OUTCOME_OK);
    task = open_task(d);
    /* The first slice may be spent on being connected; 20,000 rows end one at the latest. */
    for (int i = 0; i < 40 && store_position(task_store(task)) < ROWS_A_SEND; i++) {
        assert_int_equal(restore_task(restore, task, &done, &err), OUTCOME_OK);
        assert_false(done);
    }
    position = store_position(task_store(task));
    assert_true(position >= ROWS_A_SEND);
    assert_false(has_row(task, ROWS - 1));
    /* Taken back in the middle, and given again. */
    restore_forget(restore);
    task_free(task);
    task = open_task(d);
    assert_true(store_position(task_store(task)) == position);
    for (int i = 0; i < 40 && !done; i++) {
        assert_int_equal(restore_task(restore, task, &done, &err), OUTCOME_OK);
    }
    assert_true(done);
    assert_true(has_row(task, 0));
    assert_true(has_row(task, ROWS - 1));
    task_free(task);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_sleepers_deadlines_are_committed_before_the_end_that_its_successor_reads),
        cmocka_unit_test(a_sleepers_deadlines_that_are_never_committed_are_fired_by_its_successor),
        cmocka_unit_test(a_sleeper_that_had_not_sent_its_offsets_commits_nothing),
        cmocka_unit_test(an_assignment_that_fails_is_made_again),
        cmocka_unit_test(a_long_restore_is_left_to_poll_and_goes_on_where_it_was),
    };

    return cmocka_run_group_tests(tests, deployment_setup, deployment_teardown);
}
