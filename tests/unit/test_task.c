/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "broker/checks.h"
#include "broker/row.h"
#include "broker/task.h"
#include "schemas/registry.h"
#include "tests/support/world.h"

#define MAX_WRITTEN 16
/* As message.max.bytes (kafka_config.c) and what librdkafka adds to a record's parts at most. */
#define KAFKA_MOST 1000000
#define KAFKA_ADDS 200

struct written {
    char topic[96];
    struct bytes key;
    struct bytes value;
    struct bytes traceparent;
    size_t size; /* in Kafka */
};

struct fixture {
    struct world world;
    struct wire *wire;
    struct task *task;
    char folder[64];
    struct written written[MAX_WRITTEN];
    size_t written_count;
    enum outcome sink_answers;
    const char *deaf[1];      /* who has no inbox, when a deadline is fired */
    struct bytes traceparent; /* of what is decided                         */
    struct arena arena;
};

static enum outcome write_down(void *context, const struct kafka_record *record, struct error *err)
{
    struct fixture *f = context;
    struct written *written = &f->written[f->written_count++];

    assert_true(f->written_count <= MAX_WRITTEN);
    (void)snprintf(written->topic, sizeof(written->topic), "%s", record->topic);
    written->key = record->key.data ? arena_copy(&f->arena, record->key) : BYTES_NONE;
    written->value = arena_copy(&f->arena, record->value);
    written->traceparent = BYTES_NONE;
    written->size = KAFKA_ADDS + record->key.len + record->value.len;
    for (size_t i = 0; i < record->header_count; i++) {
        const struct kafka_header *header = &record->headers[i];

        written->size += strlen(header->name) + header->value.len;
        if (strcmp(header->name, "traceparent") == 0) {
            written->traceparent = arena_copy(&f->arena, header->value);
        }
    }
    return f->sink_answers == OUTCOME_OK ? OUTCOME_OK : error_set(err, f->sink_answers, "sink");
}

static void open_task(struct fixture *f)
{
    struct store *store;

    assert_int_equal(store_open(f->folder, 0, "boot", &store, NULL), OUTCOME_OK);
    f->task = task_new(0, 1, store, f->wire);
}

/* As a worker does in doubt. */
static void give_up(struct fixture *f)
{
    task_free(f->task);
    open_task(f);
}

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));

    world_init(&f->world);
    f->wire = wire_new();
    memcpy(f->folder, "build/task-XXXXXX", sizeof("build/task-XXXXXX"));
    assert_non_null(mkdtemp(f->folder));
    open_task(f);
    *state = f;
    return 0;
}

static void remove_files(const struct fixture *f)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/task-0.mdb", f->folder);
    assert_int_equal(unlink(path), 0);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    task_free(f->task);
    remove_files(f);
    assert_int_equal(rmdir(f->folder), 0);
    wire_free(f->wire);
    world_deinit(&f->world);
    arena_deinit(&f->arena);
    free(f);
    return 0;
}

static struct task_context context_of(struct fixture *f, struct task_sink *sink)
{
    *sink = (struct task_sink){write_down, f};
    return (struct task_context){
        .sink = sink, .directory = f->world.directory, .now_us = f->world.now_us};
}

static enum outcome decide(struct fixture *f, const char *sender, struct bytes key,
                           struct bytes value, struct task_result *ret_result)
{
    struct task_sink sink;
    struct task_context context = context_of(f, &sink);
    struct task_record record = {.sender = bytes_of_text(sender),
                                 .key = key,
                                 .value = value,
                                 .traceparent = f->traceparent,
                                 .topic = "relais.test.outbox.v1",
                                 .partition = 0,
                                 .offset = 7};

    f->written_count = 0;
    return task_decide(f->task, &context, &record, ret_result, &(struct error){0});
}

static struct task_result say(struct fixture *f, const char *sender, const struct event *event)
{
    CLEANUP(buffer_deinit) struct buffer value = {0};
    char key[UUID_TEXT_SIZE];
    struct task_result result;

    wire_encode_event(f->wire, event, &value);
    uuid_format(event->envelope.thread_id, key);
    assert_int_equal(decide(f, sender, bytes_of(key, UUID_TEXT_LEN), buffer_view(&value), &result),
                     OUTCOME_OK);
    return result;
}

static struct event read_event(struct fixture *f, size_t index)
{
    struct event event;

    assert_true(index < f->written_count);
    assert_int_equal(wire_decode_event(f->wire, f->written[index].value, &f->arena, &event, NULL),
                     OUTCOME_OK);
    return event;
}

static void commit(struct fixture *f)
{
    assert_int_equal(task_commit(f->task, 1, NULL), OUTCOME_OK);
}

/* One call of the wire's registry goes to nobody. */
static void a_record_that_only_the_registry_knows_waits_and_leaves_the_batch_as_it_was(void **state)
{
    struct fixture *f = *state;
    struct registry_settings settings = {.url = "http://127.0.0.1:1", .timeout_ms = 1000};
    CLEANUP(registry_freep) struct registry *registry = NULL;
    struct event event = world_issue(1, "o10", "o21");
    struct task_result result;

    assert_int_equal(registry_new(&settings, clock_system(), &registry, NULL), OUTCOME_OK);
    wire_use_registry(f->wire, registry);
    say(f, "o10", &event);
    assert_int_equal(
        decide(f, "o10", BYTES_LITERAL("key"), BYTES_LITERAL("\0\0\0\0\7body"), &result),
        OUTCOME_RETRY);
    assert_true(result.unread);
    assert_int_equal(f->written_count, 0);
    commit(f);
    event = world_issue(2, "o10", "o21");
    assert_false(say(f, "o10", &event).unread);
    wire_use_registry(f->wire, NULL);
    assert_int_equal(
        decide(f, "o10", BYTES_LITERAL("key"), BYTES_LITERAL("\0\0\0\0\7body"), &result),
        OUTCOME_OK);
    assert_string_equal(result.code, "schema_unknown");
}

/* A later release wrote it, and this one has just taken its task over. */
static void a_row_that_only_the_registry_knows_waits_in_the_same_way(void **state)
{
    struct fixture *f = *state;
    struct registry_settings settings = {.url = "http://127.0.0.1:1", .timeout_ms = 1000};
    CLEANUP(registry_freep) struct registry *registry = NULL;
    CLEANUP(buffer_deinit) struct buffer value = {0};
    struct event event = world_issue(1, "o10", "o21");
    char key[UUID_TEXT_SIZE];
    struct task_result result;

    assert_int_equal(registry_new(&settings, clock_system(), &registry, NULL), OUTCOME_OK);
    say(f, "o10", &event);
    assert_int_equal(store_put(task_store(f->task), event.envelope.handoff_id,
                               BYTES_LITERAL("\0\0\0\0\7row"), INT64_MIN, NULL),
                     OUTCOME_OK);
    wire_use_registry(f->wire, registry);
    wire_encode_event(f->wire, &event, &value);
    uuid_format(event.envelope.thread_id, key);
    assert_int_equal(decide(f, "o10", bytes_of(key, UUID_TEXT_LEN), buffer_view(&value), &result),
                     OUTCOME_RETRY);
    assert_true(result.unread);
    assert_int_equal(f->written_count, 0);
    wire_use_registry(f->wire, NULL);
}

static void a_row_and_a_message_follow_from_an_issue(void **state)
{
    struct fixture *f = *state;
    struct event event = world_issue(1, "o10", "o21");
    struct task_result result = say(f, "o10", &event);
    char id[UUID_TEXT_SIZE];

    assert_int_equal(result.verdict, VERDICT_ACCEPTED);
    assert_int_equal(result.said, 0);
    assert_int_equal(f->written_count, 2);
    assert_string_equal(f->written[0].topic, "relais.handoff.v1");
    assert_bytes_text(f->written[0].key, uuid_format(event.envelope.handoff_id, id));
    assert_string_equal(f->written[1].topic, "relais.o21.inbox.v1");
    assert_bytes_text(f->written[1].key, uuid_format(event.envelope.thread_id, id));
    assert_true(uuid_equal(read_event(f, 1).envelope.event_id, event.envelope.event_id));
}

static void
what_is_decided_in_a_batch_is_known_in_it_and_forgotten_when_it_is_given_up(void **state)
{
    struct fixture *f = *state;
    struct event event = world_issue(1, "o10", "o21");

    say(f, "o10", &event);
    assert_int_equal(say(f, "o10", &event).verdict, VERDICT_DUPLICATE);
    assert_int_equal(f->written_count, 0);
    give_up(f);
    assert_int_equal(say(f, "o10", &event).verdict, VERDICT_ACCEPTED);
    commit(f);
    give_up(f);
    assert_int_equal(say(f, "o10", &event).verdict, VERDICT_DUPLICATE);
}

static void bytes_that_are_no_event_are_a_dead_letter_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    struct task_result result;
    struct event dead;

    assert_int_equal(decide(f, "o10", BYTES_LITERAL("key"), BYTES_LITERAL("noise"), &result),
                     OUTCOME_OK);
    assert_int_equal(result.verdict, VERDICT_REFUSED);
    assert_string_equal(result.code, "unreadable_record");
    assert_int_equal(f->written_count, 1);
    assert_string_equal(f->written[0].topic, "relais.o10.rejected.v1");
    assert_null(f->written[0].key.data);
    dead = read_event(f, 0);
    assert_bytes_text(dead.rejection.place, "relais.test.outbox.v1/0/7");
    assert_bytes_text(dead.envelope.operator_code, "o10");
}

static void a_null_value_is_a_dead_letter_too(void **state)
{
    struct fixture *f = *state;
    struct task_result result;

    assert_int_equal(decide(f, "o10", BYTES_NONE, BYTES_NONE, &result), OUTCOME_OK);
    assert_string_equal(result.code, "unreadable_record");
}

static void a_record_that_is_too_large_is_not_read(void **state)
{
    struct fixture *f = *state;
    struct bytes large = bytes_of(xcalloc(1, TASK_MAX_VALUE + 1), TASK_MAX_VALUE + 1);
    struct task_result result;

    assert_int_equal(decide(f, "o10", BYTES_NONE, large, &result), OUTCOME_OK);
    assert_string_equal(result.code, "too_large");
    free((void *)(uintptr_t)large.data);
}

#define TRACE "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static void a_traceparent_goes_on_and_one_of_another_form_does_not(void **state)
{
    struct fixture *f = *state;
    char *large = xcalloc(1, KAFKA_MOST);
    struct event event = world_issue(1, "o10", "o21");
    struct task_result result;

    memset(large, '0', KAFKA_MOST);
    f->traceparent = BYTES_LITERAL(TRACE);
    say(f, "o10", &event);
    assert_bytes_text(f->written[1].traceparent, TRACE);
    f->traceparent = bytes_of(large, KAFKA_MOST);
    event = world_issue(2, "o10", "o21");
    assert_int_equal(say(f, "o10", &event).verdict, VERDICT_ACCEPTED);
    assert_string_equal(f->written[1].topic, "relais.o21.inbox.v1");
    assert_true(f->written[1].size < KAFKA_MOST);
    assert_null(f->written[1].traceparent.data);
    /* Dead letters too. */
    assert_int_equal(decide(f, "o10", BYTES_LITERAL("key"), BYTES_LITERAL("noise"), &result),
                     OUTCOME_OK);
    assert_true(f->written[0].size < KAFKA_MOST);
    free(large);
}

/* The system stands in the value and in a header. */
static void what_follows_from_the_longest_text_fits_into_kafka(void **state)
{
    struct fixture *f = *state;
    char *text = xcalloc(1, TASK_MAX_VALUE);
    struct event event = world_issue(1, "o10", "o21");

    memset(text, 'x', TASK_MAX_VALUE);
    event.envelope.source_system = bytes_of(text, TASK_MAX_VALUE - 2000);
    assert_string_equal(say(f, "o10", &event).code, "bad_value");
    assert_int_equal(f->written_count, 2);
    for (size_t i = 0; i < f->written_count; i++) {
        assert_true(f->written[i].size < KAFKA_MOST);
    }
    free(text);
}

static void the_largest_row_fits_into_kafka(void **state)
{
    struct fixture *f = *state;
    CLEANUP(buffer_deinit) struct buffer value = {0};
    struct event event = world_issue(1, "o10", "o21");
    struct handoff *row = row_new(&event.envelope, &f->arena);
    char *system = arena_alloc(&f->arena, 1025);

    memset(system, 'x', 1024);
    event.envelope.source_system = bytes_of(system, 1024);
    event.envelope.operator_code = BYTES_LITERAL("o234567890123456789012345678901");
    for (int i = 0; i < CHECKS_MAX_SLOTS; i++) {
        struct slot slot = {.fact = FACT_APPOINTMENT,
                            .operator_code = event.envelope.operator_code};

        slot.entity_id = event.envelope.entity_id = world_id("entity", i);
        slot.event_id = world_id("event", i);
        row_put(row, &slot, &f->arena);
        for (int j = 0; j < ROW_MAX_SEEN_IDS; j++) {
            event.envelope.event_id = world_id("event", i * ROW_MAX_SEEN_IDS + j);
            row_remember(row, &event, &f->arena);
        }
    }
    assert_int_equal(row->slots.count, CHECKS_MAX_SLOTS);
    assert_int_equal(row->seen.count, CHECKS_MAX_SLOTS);
    wire_encode(f->wire, &handoff_table, row, &value);
    assert_in_range(buffer_view(&value).len, 400000, KAFKA_MOST - 100000);
}

static void an_event_under_a_key_of_another_thread_is_refused_both_ways(void **state)
{
    struct fixture *f = *state;
    CLEANUP(buffer_deinit) struct buffer value = {0};
    struct event event = world_issue(1, "o10", "o21");
    struct task_result result;

    wire_encode_event(f->wire, &event, &value);
    assert_int_equal(decide(f, "o10", BYTES_LITERAL("elsewhere"), buffer_view(&value), &result),
                     OUTCOME_OK);
    assert_string_equal(result.code, "bad_value");
    assert_int_equal(f->written_count, 2);
    assert_int_equal(result.said, 2);
    assert_string_equal(f->written[1].topic, "relais.o10.inbox.v1");
    assert_non_null(read_event(f, 0).rejection.detail.data);
}

static void a_dead_letter_never_shows_a_value(void **state)
{
    struct fixture *f = *state;
    struct event event = world_issue(1, "o10", "o21");
    struct event dead;

    event.referral.region_code = BYTES_LITERAL("MARKED");
    assert_string_equal(say(f, "o10", &event).code, "bad_value");
    dead = read_event(f, 0);
    assert_non_null(dead.rejection.detail.data);
    for (size_t i = 0; i < f->written_count; i++) {
        for (size_t j = 0; j + 6 <= f->written[i].value.len; j++) {
            assert_memory_not_equal(f->written[i].value.data + j, "MARKED", 6);
        }
    }
}

static void a_time_beyond_reason_is_refused(void **state)
{
    struct fixture *f = *state;
    struct event event = world_issue(1, "o10", "o21");

    event.envelope.occurred_at = FIELD_TIME_MOST;
    assert_string_equal(say(f, "o10", &event).code, "bad_value");
}

static void a_sink_in_doubt_stops_the_batch(void **state)
{
    struct fixture *f = *state;
    CLEANUP(buffer_deinit) struct buffer value = {0};
    struct event event = world_issue(1, "o10", "o21");
    char key[UUID_TEXT_SIZE];
    struct task_result result;

    wire_encode_event(f->wire, &event, &value);
    uuid_format(event.envelope.thread_id, key);
    f->sink_answers = OUTCOME_RETRY;
    assert_int_equal(decide(f, "o10", bytes_of(key, UUID_TEXT_LEN), buffer_view(&value), &result),
                     OUTCOME_RETRY);
    give_up(f);
    f->sink_answers = OUTCOME_OK;
    assert_int_equal(say(f, "o10", &event).verdict, VERDICT_ACCEPTED);
}

static size_t fire(struct fixture *f)
{
    struct task_sink sink;
    struct task_context context = context_of(f, &sink);
    struct task_fired fired;

    context.deaf = f->deaf;
    context.deaf_count = f->deaf[0] ? 1 : 0;
    f->written_count = 0;
    assert_int_equal(task_fire(f->task, &context, 10, &fired, NULL), OUTCOME_OK);
    assert_int_equal(fired.withheld, fired.deadlines * context.deaf_count);
    commit(f);
    return fired.deadlines;
}

static void a_deadline_fires_when_it_is_due_and_once(void **state)
{
    struct fixture *f = *state;
    struct event event = world_issue(1, "o10", "o21");

    say(f, "o10", &event);
    commit(f);
    assert_true(task_next_due(f->task) == event.envelope.occurred_at + 10 * WORLD_DAY);
    assert_int_equal(fire(f), 0);
    f->world.now_us = task_next_due(f->task);
    assert_int_equal(fire(f), 1);
    assert_int_equal(f->written_count, 3);
    assert_int_equal(read_event(f, 1).notice.kind, NOTICE_OVERDUE);
    assert_int_equal(fire(f), 0);
    assert_true(task_next_due(f->task) == INT64_MAX);
}

static void a_notice_for_an_operator_without_an_inbox_is_left_out(void **state)
{
    struct fixture *f = *state;
    struct event event = world_issue(1, "o10", "o21");

    say(f, "o10", &event);
    commit(f);
    f->deaf[0] = "o21";
    f->world.now_us = task_next_due(f->task);
    assert_int_equal(fire(f), 1);
    assert_int_equal(f->written_count, 2);
    assert_string_equal(f->written[0].topic, "relais.handoff.v1");
    assert_string_equal(f->written[1].topic, "relais.o10.inbox.v1");
    assert_int_equal(fire(f), 0);
}

/* A transaction protects the tasks that wrote, and no others. */
static void a_task_knows_whether_it_wrote_in_the_open_batch(void **state)
{
    struct fixture *f = *state;
    struct event event = world_issue(1, "o10", "o21");
    struct task_result result;

    assert_false(task_wrote(f->task));
    say(f, "o10", &event);
    assert_true(task_wrote(f->task));
    commit(f);
    assert_false(task_wrote(f->task));
    say(f, "o10", &event); /* a duplicate */
    assert_false(task_wrote(f->task));
    assert_int_equal(fire(f), 0);
    assert_false(task_wrote(f->task));
    assert_int_equal(decide(f, "o10", BYTES_LITERAL("key"), BYTES_LITERAL("noise"), &result),
                     OUTCOME_OK);
    assert_true(task_wrote(f->task)); /* a dead letter, without a row */
    commit(f);
}

static void rows_read_back_from_kafka_are_the_rows_written(void **state)
{
    struct fixture *f = *state;
    struct event event = world_issue(1, "o10", "o21");
    struct written row;

    say(f, "o10", &event);
    row = f->written[0];
    task_free(f->task);
    remove_files(f);
    open_task(f);
    assert_int_equal(task_load(f->task, row.key, row.value, NULL), OUTCOME_OK);
    assert_int_equal(task_commit(f->task, 9, NULL), OUTCOME_OK);
    assert_true(task_next_due(f->task) == event.envelope.occurred_at + 10 * WORLD_DAY);
    assert_int_equal(say(f, "o10", &event).verdict, VERDICT_DUPLICATE);
    assert_int_equal(task_load(f->task, row.key, BYTES_NONE, NULL), OUTCOME_OK);
    assert_int_equal(say(f, "o10", &event).verdict, VERDICT_ACCEPTED);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_record_that_only_the_registry_knows_waits_and_leaves_the_batch_as_it_was),
        CASE(a_row_that_only_the_registry_knows_waits_in_the_same_way),
        CASE(a_row_and_a_message_follow_from_an_issue),
        CASE(what_is_decided_in_a_batch_is_known_in_it_and_forgotten_when_it_is_given_up),
        CASE(bytes_that_are_no_event_are_a_dead_letter_and_nothing_else),
        CASE(a_null_value_is_a_dead_letter_too),
        CASE(a_record_that_is_too_large_is_not_read),
        CASE(a_traceparent_goes_on_and_one_of_another_form_does_not),
        CASE(what_follows_from_the_longest_text_fits_into_kafka),
        CASE(the_largest_row_fits_into_kafka),
        CASE(an_event_under_a_key_of_another_thread_is_refused_both_ways),
        CASE(a_dead_letter_never_shows_a_value),
        CASE(a_time_beyond_reason_is_refused),
        CASE(a_sink_in_doubt_stops_the_batch),
        CASE(a_deadline_fires_when_it_is_due_and_once),
        CASE(a_notice_for_an_operator_without_an_inbox_is_left_out),
        CASE(a_task_knows_whether_it_wrote_in_the_open_batch),
        CASE(rows_read_back_from_kafka_are_the_rows_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
