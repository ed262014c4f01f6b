/* SPDX-License-Identifier: Apache-2.0
 *
 * What a connector does with Kafka itself: the state topic and its restart, the inbox and its
 * offset, one record of it again. Each test has an operator of its own.
 */
#include "tests/support/test.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/kafka_topics.h"
#include "connectors/drivers/drivers.h"
#include "connectors/inbox_reader.h"
#include "connectors/memory/claim.h"
#include "connectors/memory/pack.h"
#include "connectors/memory/steps.h"
#include "schemas/topics.h"
#include "tests/support/kafka.h"

struct fixture {
    struct kafka_config kafka;
    char code[32];
    struct operator_keys keys;
    struct metrics *metrics;
    struct state *memory; /* without a topic */
    struct connector_context context;
    struct arena arena;
};

/* The operator's five topics. */
static void make_topics(struct fixture *f)
{
    const struct topics_settings settings = {.partitions = 1, .replication = 1, .min_insync = 1};
    const char *codes[] = {f->code};
    CLEANUP(kafka_admin_closep) struct kafka_admin *admin = NULL;
    struct topic_spec mine[8];
    const struct topic_spec *all;
    size_t all_count = 0;
    size_t count = 0;
    struct error err = {0};

    all = topics_plan(&settings, codes, 1, &f->arena, &all_count);
    for (size_t i = 0; i < all_count; i++) {
        if (strstr(all[i].name, f->code))
            mine[count++] = all[i];
    }
    assert_int_equal(kafka_admin_open(&f->kafka, &admin, &err), OUTCOME_OK);
    if (kafka_topics_apply(admin, mine, count, &err) != OUTCOME_OK)
        fail_msg("%s", err.text);
}

static void start(struct fixture *f, int number)
{
    *f = (struct fixture){.kafka = test_kafka()};
    (void)snprintf(f->code, sizeof(f->code), "t%d%d", (int)getpid(), number);
    keys_create(f->code, &f->keys);
    f->metrics = metrics_new();
    f->memory = state_new(&f->keys, NULL, clock_system());
    f->context = (struct connector_context){.operator_code = f->code,
                                            .system = "crm",
                                            .clock = clock_system(),
                                            .metrics = f->metrics,
                                            .state = f->memory,
                                            .kafka = &f->kafka};
    make_topics(f);
}

static void stop(struct fixture *f)
{
    metrics_free(f->metrics);
    state_free(f->memory);
    arena_deinit(&f->arena);
}

static struct durable *open_log(struct fixture *f)
{
    struct durable *log = NULL;
    struct error err = {0};

    if (durable_open_kafka(&f->kafka, f->code, 10000, &log, &err) != OUTCOME_OK)
        fail_msg("%s", err.text);
    return log;
}

static struct claim *open_claim(struct fixture *f)
{
    struct claim *claim = NULL;
    struct error err = {0};

    if (claim_open(&f->kafka, f->code, 10000, &claim, &err) != OUTCOME_OK)
        fail_msg("%s", err.text);
    return claim;
}

static struct state *restore(struct fixture *f, struct claim *claim, enum outcome expected)
{
    struct state *state = state_new(&f->keys, claim_log(claim), clock_system());
    CLEANUP(waiter_freep) struct waiter *waiter = waiter_new();
    struct error err = {0};
    int64_t end = 0;

    if (claim_take(claim, &end, &err) != OUTCOME_OK)
        fail_msg("%s", err.text);
    if (state_restore(state, &f->kafka, f->code, end, waiter, &err) != expected)
        fail_msg("%s", err.text);
    return state;
}

static void the_state_comes_back_from_its_topic(void **unused)
{
    struct fixture f;
    CLEANUP(claim_closep) struct claim *log = NULL;
    struct state *state;
    struct error err = {0};

    (void)unused;
    start(&f, 1);
    log = open_claim(&f);
    state = restore(&f, log, OUTCOME_OK); /* empty */
    for (int i = 0; i < 300; i++) {
        const char *id = arena_printf(&f.arena, "%d", i % 100);

        assert_int_equal(
            state_set(state, STATE_UNREADABLE, bytes_of_text(id),
                      i < 290 ? bytes_of_text(arena_printf(&f.arena, "v%d", i)) : BYTES_NONE, &err),
            OUTCOME_OK);
    }
    state_free(state);
    claim_close(log); /* the next process */
    log = open_claim(&f);
    state = restore(&f, log, OUTCOME_OK);
    assert_int_equal(state_count(state, STATE_UNREADABLE), 90);
    assert_bytes_text(state_get(state, STATE_UNREADABLE, BYTES_LITERAL("89"), &f.arena), "v289");
    state_free(state);
    keys_create(f.code, &f.keys);
    state_free(restore(&f, log, OUTCOME_FATAL));
    stop(&f);
}

static enum outcome begin_step(struct state *state, struct bytes id, struct error *err)
{
    struct state_change *change = state_begin(state);

    steps_begin(change, id, 0);
    return state_commit(change, err);
}

/* Two connectors of one operator: what one has begun the other does not begin, and the older one
 * is told so. What it wrote behind the claim of the younger one is not what a third one reads. */
static void of_two_connectors_the_older_is_told_and_begins_nothing(void **unused)
{
    struct fixture f;
    CLEANUP(claim_closep) struct claim *old_claim = NULL;
    CLEANUP(claim_closep) struct claim *young_claim = NULL;
    struct bytes first = BYTES_LITERAL("first");
    struct bytes second = BYTES_LITERAL("second");
    struct http_response response;
    struct state *old;
    struct state *young;
    struct error err = {0};

    (void)unused;
    start(&f, 11);
    old_claim = open_claim(&f);
    old = restore(&f, old_claim, OUTCOME_OK);
    assert_int_equal(begin_step(old, first, &err), OUTCOME_OK);
    young_claim = open_claim(&f);
    young = restore(&f, young_claim, OUTCOME_OK);
    assert_int_equal(steps_read(young, first, &f.arena, &response), STEP_BEGUN);
    assert_int_equal(begin_step(old, second, &err), OUTCOME_FATAL);
    assert_non_null(strstr(err.text, "a pris la suite"));
    assert_int_equal(claim_prove(young_claim, young, 0, &err), OUTCOME_OK);
    assert_int_equal(claim_prove(old_claim, old, 0, &err), OUTCOME_FATAL);
    state_free(old);
    state_free(young);
    young = restore(&f, young_claim, OUTCOME_OK);
    assert_int_equal(steps_read(young, first, &f.arena, &response), STEP_BEGUN);
    assert_int_equal(steps_read(young, second, &f.arena, &response), STEP_NONE);
    state_free(young);
    stop(&f);
}

static void fill_inbox(struct fixture *f, int count)
{
    CLEANUP(durable_closep) struct durable *log = open_log(f);
    struct error err = {0};

    for (int i = 0; i < count; i++) {
        struct kafka_header header = {"ce_subject", BYTES_LITERAL("handoff-1")};
        struct durable_record record = {.topic = TOPIC_INBOX,
                                        .key = BYTES_LITERAL("thread-1"),
                                        .value =
                                            bytes_of_text(arena_printf(&f->arena, "event %d", i)),
                                        .headers = &header,
                                        .header_count = 1};

        assert_int_equal(durable_append(log, &record, 1, NULL, &err), OUTCOME_OK);
    }
}

static struct connector *open_inbox(struct fixture *f)
{
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    struct connector *inbox = NULL;
    struct error err = {0};

    assert_int_equal(
        connector_new(&inbox_source, NULL, "inbox", &f->context, diagnostics, &inbox, &err),
        OUTCOME_OK);
    if (inbox->ops->open(inbox, &err) != OUTCOME_OK)
        fail_msg("%s", err.text);
    return inbox;
}

/* Pulls until a batch holds something; the first record's text is expected. */
static struct batch *pull(struct connector *inbox, const char *first)
{
    struct error err = {0};

    for (int i = 0; i < 20; i++) {
        struct batch *batch = batch_new(100);

        if (inbox->ops->pull(inbox, 1000, batch, &err) != OUTCOME_OK)
            fail_msg("%s", err.text);
        if (batch->count > 0) {
            assert_bytes_text(batch->records[0].body, first);
            return batch;
        }
        batch_free(batch);
    }
    fail_msg("nothing came");
    return NULL;
}

static void the_inbox_goes_on_after_what_was_acknowledged(void **unused)
{
    struct fixture f;
    struct connector *inbox;
    struct batch *batch;
    struct record *records[2];
    struct error err = {0};

    (void)unused;
    start(&f, 2);
    fill_inbox(&f, 5);
    inbox = open_inbox(&f);
    batch = pull(inbox, "event 0");
    assert_bytes_text(batch->records[0].order_key, "handoff-1");
    while (batch->count < 2) { /* they may come one by one */
        batch_free(batch);
        connector_free(inbox);
        inbox = open_inbox(&f);
        batch = pull(inbox, "event 0");
    }
    records[0] = &batch->records[0];
    records[1] = &batch->records[1];
    assert_int_equal(inbox->ops->ack(inbox, records, 2, &err), OUTCOME_OK);
    batch_free(batch);
    connector_free(inbox);
    inbox = open_inbox(&f);
    batch_free(pull(inbox, "event 2"));
    connector_free(inbox);
    stop(&f);
}

/* While records come, few of them may be acknowledged later; many, or the last ones, never. */
static void an_acknowledgement_of_many_or_of_the_last_does_not_wait(void **unused)
{
    struct fixture f;
    struct connector *inbox;
    struct record made[16] = {0};
    struct record *records[16];
    struct batch *batch;
    struct error err = {0};

    (void)unused;
    start(&f, 7);
    fill_inbox(&f, 20);
    inbox = open_inbox(&f);
    for (int i = 0; i < 16; i++) {
        made[i].position = i + 1;
        records[i] = &made[i];
    }
    batch_free(pull(inbox, "event 0"));
    made[0].position = 0;
    assert_int_equal(inbox->ops->ack(inbox, records, 1, &err), OUTCOME_OK);
    made[0].position = 1;
    assert_int_equal(inbox->ops->ack(inbox, records, 16, &err), OUTCOME_OK);
    for (bool more = true; more; batch_free(batch)) {
        batch = batch_new(100);
        assert_int_equal(inbox->ops->pull(inbox, 1000, batch, &err), OUTCOME_OK);
        more = batch->count > 0;
    }
    made[0].position = 17;
    assert_int_equal(inbox->ops->ack(inbox, records, 1, &err), OUTCOME_OK);
    connector_free(inbox);
    inbox = open_inbox(&f);
    batch_free(pull(inbox, "event 18"));
    connector_free(inbox);
    stop(&f);
}

/* As Kafka does some days after the group's last commit. */
static void forget_group(struct fixture *f)
{
    char group[64];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_t *client;
    rd_kafka_queue_t *queue;
    rd_kafka_DeleteGroup_t *deletion;
    rd_kafka_event_t *answer;

    (void)snprintf(group, sizeof(group), "relais.%s.connector", f->code);
    assert_int_equal(rd_kafka_conf_set(conf, "bootstrap.servers", f->kafka.brokers, NULL, 0),
                     RD_KAFKA_CONF_OK);
    client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
    queue = rd_kafka_queue_new(client);
    deletion = rd_kafka_DeleteGroup_new(group);
    rd_kafka_DeleteGroups(client, &deletion, 1, NULL, queue);
    answer = rd_kafka_queue_poll(queue, 15000);
    assert_non_null(answer);
    assert_int_equal(rd_kafka_event_error(answer), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_event_destroy(answer);
    rd_kafka_DeleteGroup_destroy(deletion);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(client);
}

static void an_inbox_whose_offset_kafka_forgot_is_not_delivered_again(void **unused)
{
    struct fixture f;
    struct connector *inbox;
    struct batch *batch;
    struct record *records[1];
    struct error err = {0};

    (void)unused;
    start(&f, 5);
    fill_inbox(&f, 3);
    inbox = open_inbox(&f);
    batch = pull(inbox, "event 0");
    records[0] = &batch->records[0];
    assert_int_equal(inbox->ops->ack(inbox, records, 1, &err), OUTCOME_OK);
    batch_free(batch);
    connector_free(inbox);
    forget_group(&f);
    inbox = open_inbox(&f);
    batch_free(pull(inbox, "event 1"));
    connector_free(inbox);
    /* And it is committed again, soon after the start. */
    state_free(f.memory);
    f.memory = f.context.state = state_new(&f.keys, NULL, clock_system());
    inbox = open_inbox(&f);
    batch_free(pull(inbox, "event 1"));
    connector_free(inbox);
    stop(&f);
}

/* Soon, though nothing more is acknowledged: until then more is kept than needed (steps.h). */
static void an_inbox_offset_is_remembered_without_another_record(void **unused)
{
    struct fixture f;
    struct clock *clock = clock_manual_new(0);
    struct connector *inbox;
    struct record made = {.position = 0};
    struct record *records[] = {&made};
    CLEANUP(batch_freep) struct batch *batch = batch_new(1);
    struct error err = {0};

    (void)unused;
    start(&f, 8);
    f.context.clock = clock;
    clock_manual_advance(clock, 60 * US_PER_SECOND);
    inbox = open_inbox(&f);
    assert_int_equal(inbox->ops->ack(inbox, records, 1, &err), OUTCOME_OK);
    made.position = 1;
    clock_manual_advance(clock, US_PER_SECOND);
    assert_int_equal(inbox->ops->ack(inbox, records, 1, &err), OUTCOME_OK);
    assert_int_equal(inbox_source_next(f.memory), 1);
    clock_manual_advance(clock, 10 * US_PER_SECOND);
    assert_int_equal(inbox->ops->pull(inbox, 10, batch, &err), OUTCOME_OK);
    assert_int_equal(inbox_source_next(f.memory), 2);
    connector_free(inbox);
    clock_free(clock);
    stop(&f);
}

/* Of an inbox that is opened for it and closed. */
static void acknowledge_the_first(struct fixture *f)
{
    struct connector *inbox = open_inbox(f);
    struct record first = {.position = 0};
    struct record *records[] = {&first};
    struct error err = {0};

    assert_int_equal(inbox->ops->ack(inbox, records, 1, &err), OUTCOME_OK);
    connector_free(inbox);
}

static void remember_next(struct fixture *f, int64_t next)
{
    CLEANUP(buffer_deinit) struct buffer value = {0};
    struct error err = {0};

    pack_int(&value, next);
    assert_int_equal(
        state_set(f->memory, STATE_CURSOR, BYTES_LITERAL("inbox"), buffer_view(&value), &err),
        OUTCOME_OK);
}

/* As a Kafka that was killed answers before it has read all that was committed. */
static void an_inbox_does_not_go_back_to_what_was_committed_long_ago(void **unused)
{
    struct fixture f;
    struct connector *inbox;

    (void)unused;
    start(&f, 9);
    fill_inbox(&f, 4);
    acknowledge_the_first(&f);
    remember_next(&f, 3);
    inbox = open_inbox(&f);
    batch_free(pull(inbox, "event 3"));
    connector_free(inbox);
    stop(&f);
}

/* Its records count from 0 again; what the state topic says is of the one before. */
static void an_inbox_that_was_made_anew_is_read_from_its_beginning(void **unused)
{
    struct fixture f;
    struct connector *inbox;

    (void)unused;
    start(&f, 10);
    fill_inbox(&f, 2);
    remember_next(&f, 1000);
    inbox = open_inbox(&f);
    assert_true(inbox_source_next(f.memory) < 0);
    batch_free(pull(inbox, "event 0"));
    connector_free(inbox);
    /* An offset that Kafka has of the new one counts; one at the end does. */
    remember_next(&f, 1000);
    acknowledge_the_first(&f);
    remember_next(&f, 1000);
    inbox = open_inbox(&f);
    batch_free(pull(inbox, "event 1"));
    connector_free(inbox);
    remember_next(&f, 2);
    inbox = open_inbox(&f);
    assert_int_equal(inbox_source_next(f.memory), 2);
    fill_inbox(&f, 1);
    batch_free(pull(inbox, "event 0"));
    connector_free(inbox);
    stop(&f);
}

/* What the state topic says of the inbox: where, and when what stands before it came. */
static void read_cursor(struct fixture *f, int64_t *ret_next, int64_t *ret_time_ms)
{
    struct cursor in =
        cursor_over(state_get(f->memory, STATE_CURSOR, BYTES_LITERAL("inbox"), &f->arena));

    assert_true(pack_read_int(&in, ret_next));
    assert_true(pack_read_int(&in, ret_time_ms));
}

static void remember_place(struct fixture *f, int64_t next, int64_t time_ms)
{
    CLEANUP(buffer_deinit) struct buffer value = {0};
    struct error err = {0};

    pack_int(&value, next);
    pack_int(&value, time_ms);
    pack_int(&value, 1);
    assert_int_equal(
        state_set(f->memory, STATE_CURSOR, BYTES_LITERAL("inbox"), buffer_view(&value), &err),
        OUTCOME_OK);
}

static int64_t lost_ends(const struct fixture *f)
{
    char labels[64];

    (void)snprintf(labels, sizeof(labels), "op=\"%s\"", f->code);
    return metric_value(metrics_counter(f->metrics, "relais_inbox_lost_end_total", labels, ""));
}

static void acknowledge_the_second(struct fixture *f)
{
    struct connector *inbox = open_inbox(f);
    struct record second = {.position = 1};
    struct record *records[] = {&second};
    struct error err = {0};

    assert_int_equal(inbox->ops->ack(inbox, records, 1, &err), OUTCOME_OK);
    connector_free(inbox);
}

/* As after a power cut of the one node: the offsets survived, the last records did not. */
static void an_inbox_that_lost_its_end_goes_on_behind_what_was_delivered(void **unused)
{
    struct fixture f;
    struct connector *inbox;
    struct batch *batch;
    struct record *records[1];
    CLEANUP(batch_freep) struct batch *nothing = batch_new(4);
    CLEANUP(waiter_freep) struct waiter *pause = waiter_new();
    struct error err = {0};
    int64_t next = 0;
    int64_t time_ms = 0;

    (void)unused;
    start(&f, 12);
    fill_inbox(&f, 1);
    inbox = open_inbox(&f);
    batch = pull(inbox, "event 0");
    records[0] = &batch->records[0];
    assert_int_equal(inbox->ops->ack(inbox, records, 1, &err), OUTCOME_OK);
    batch_free(batch);
    connector_free(inbox);
    read_cursor(&f, &next, &time_ms);
    assert_int_equal(next, 1);
    assert_in_range(clock_wall_us(clock_system()) / 1000 - time_ms, 0, 60000);
    assert_int_equal(lost_ends(&f), 0);
    /* Nothing came since. */
    forget_group(&f);
    remember_place(&f, 1000, time_ms);
    inbox = open_inbox(&f);
    assert_int_equal(inbox_source_next(f.memory), 1);
    assert_int_equal(inbox->ops->pull(inbox, 1000, nothing, &err), OUTCOME_OK);
    assert_int_equal(nothing->count, 0);
    connector_free(inbox);
    assert_int_equal(lost_ends(&f), 1);
    /* Something did, before the connector started. */
    remember_place(&f, 1000, time_ms);
    (void)waiter_wait_ms(pause, 5);
    fill_inbox(&f, 2);
    inbox = open_inbox(&f);
    batch = pull(inbox, "event 0");
    assert_int_equal(batch->records[0].position, 1);
    batch_free(batch);
    connector_free(inbox);
    assert_int_equal(lost_ends(&f), 2);
    /* And so much that it has grown past its old end; what the group says is of that one too. */
    remember_place(&f, 2, time_ms);
    acknowledge_the_second(&f);
    remember_place(&f, 2, time_ms);
    inbox = open_inbox(&f);
    batch = pull(inbox, "event 0");
    assert_int_equal(batch->records[0].position, 1);
    batch_free(batch);
    connector_free(inbox);
    assert_int_equal(lost_ends(&f), 4);
    /* All of it did: that is another topic. */
    remember_place(&f, 1000, time_ms - 3600000);
    inbox = open_inbox(&f);
    batch = pull(inbox, "event 0");
    assert_int_equal(batch->records[0].position, 0);
    batch_free(batch);
    connector_free(inbox);
    assert_int_equal(lost_ends(&f), 4);
    stop(&f);
}

static void *interrupt_soon(void *context)
{
    struct connector *inbox = context;
    CLEANUP(waiter_freep) struct waiter *pause = waiter_new();

    (void)waiter_wait_ms(pause, 300);
    inbox->ops->interrupt(inbox);
    return NULL;
}

static void an_interrupt_ends_the_pull_of_an_empty_inbox(void **unused)
{
    struct fixture f;
    struct connector *inbox;
    CLEANUP(batch_freep) struct batch *batch = batch_new(4);
    struct error err = {0};
    pthread_t thread;
    int64_t before;

    (void)unused;
    start(&f, 3);
    inbox = open_inbox(&f);
    assert_int_equal(inbox->ops->pull(inbox, 1000, batch, &err), OUTCOME_OK);
    assert_int_equal(pthread_create(&thread, NULL, interrupt_soon, inbox), 0);
    before = clock_mono_ms(clock_system());
    assert_int_equal(inbox->ops->pull(inbox, 10000, batch, &err), OUTCOME_OK);
    assert_in_range(clock_mono_ms(clock_system()) - before, 100, 3000);
    assert_int_equal(pthread_join(thread, NULL), 0);
    connector_free(inbox);
    stop(&f);
}

static void one_record_of_the_inbox_can_be_read_again(void **unused)
{
    struct fixture f;
    struct inbox_reader *reader;
    struct record record = {0};
    struct error err = {0};

    (void)unused;
    start(&f, 4);
    fill_inbox(&f, 3);
    reader = inbox_reader_new(&f.kafka, f.code);
    assert_int_equal(inbox_reader_read(reader, 1, &f.arena, &record, &err), OUTCOME_OK);
    assert_bytes_text(record.body, "event 1");
    assert_int_equal(inbox_reader_read(reader, 7, &f.arena, &record, &err), OUTCOME_REJECT);
    inbox_reader_free(reader);
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_state_comes_back_from_its_topic),
        cmocka_unit_test(of_two_connectors_the_older_is_told_and_begins_nothing),
        cmocka_unit_test(the_inbox_goes_on_after_what_was_acknowledged),
        cmocka_unit_test(an_acknowledgement_of_many_or_of_the_last_does_not_wait),
        cmocka_unit_test(an_inbox_whose_offset_kafka_forgot_is_not_delivered_again),
        cmocka_unit_test(an_inbox_offset_is_remembered_without_another_record),
        cmocka_unit_test(an_inbox_does_not_go_back_to_what_was_committed_long_ago),
        cmocka_unit_test(an_inbox_that_was_made_anew_is_read_from_its_beginning),
        cmocka_unit_test(an_inbox_that_lost_its_end_goes_on_behind_what_was_delivered),
        cmocka_unit_test(an_interrupt_ends_the_pull_of_an_empty_inbox),
        cmocka_unit_test(one_record_of_the_inbox_can_be_read_again),
    };

    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
