/* SPDX-License-Identifier: Apache-2.0
 *
 * Over librdkafka's mock of a Kafka: two connectors of one operator, and a reader that is shown
 * the end of the topic before what is known to be there, as a new leader does for a moment.
 */
#include "tests/support/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "base/crypto.h"
#include "base/kafka_ask.h"
#include "base/kafka_consumer.h"
#include "connectors/memory/claim.h"
#include "connectors/memory/steps.h"

#define TOPIC "relais.o21.state.v1"
#define APPEND_MS 10000
#define TEXT_OF_THE_OLDER "a pris la suite"

struct fixture {
    rd_kafka_t *host;
    rd_kafka_mock_cluster_t *cluster;
    struct kafka_config kafka;
    struct operator_keys keys;
    struct arena arena;
};

static struct fixture *fixture_new(void)
{
    struct fixture *f = xcalloc(1, sizeof(*f));

    f->host = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), NULL, 0);
    assert_non_null(f->host);
    f->cluster = rd_kafka_mock_cluster_new(f->host, 1);
    f->kafka.brokers = rd_kafka_mock_cluster_bootstraps(f->cluster);
    assert_int_equal(rd_kafka_mock_topic_create(f->cluster, TOPIC, 1, 1), 0);
    keys_create("o21", &f->keys);
    return f;
}

static void fixture_free(struct fixture *f)
{
    rd_kafka_mock_cluster_destroy(f->cluster);
    rd_kafka_destroy(f->host);
    arena_deinit(&f->arena);
    free(f);
}

/* ---- A connector, as far as its memory goes -------------------------------------------- */

struct twin {
    struct claim *claim;
    struct state *state;
};

static void take(struct fixture *f, struct twin *twin, int64_t *ret_end)
{
    struct error err = {0};

    *twin = (struct twin){0};
    assert_int_equal(claim_open(&f->kafka, "o21", APPEND_MS, &twin->claim, &err), OUTCOME_OK);
    twin->state = state_new(&f->keys, claim_log(twin->claim), clock_system());
    if (claim_take(twin->claim, ret_end, &err) != OUTCOME_OK)
        fail_msg("%s", err.text);
}

static void restore(struct fixture *f, struct twin *twin, int64_t end)
{
    CLEANUP(waiter_freep) struct waiter *waiter = waiter_new();
    struct error err = {0};

    if (state_restore(twin->state, &f->kafka, "o21", end, waiter, &err) != OUTCOME_OK ||
        claim_prove(twin->claim, twin->state, 0, &err) != OUTCOME_OK)
        fail_msg("%s", err.text);
}

static struct twin start(struct fixture *f)
{
    struct twin twin;
    int64_t end;

    take(f, &twin, &end);
    restore(f, &twin, end);
    return twin;
}

static void end(struct twin *twin)
{
    state_free(twin->state);
    claim_close(twin->claim);
}

static enum outcome set(const struct twin *twin, const char *id, const char *value,
                        struct error *err)
{
    return state_set(twin->state, STATE_UNREADABLE, bytes_of_text(id), bytes_of_text(value), err);
}

static struct bytes get(struct fixture *f, const struct twin *twin, const char *id)
{
    return state_get(twin->state, STATE_UNREADABLE, bytes_of_text(id), &f->arena);
}

/* The next sign of life, however soon. */
static enum outcome prove(const struct twin *twin, struct error *err)
{
    return claim_prove(twin->claim, twin->state, INT64_MAX / 2, err);
}

static void assert_older(enum outcome outcome, const struct error *err)
{
    assert_int_equal(outcome, OUTCOME_FATAL);
    assert_non_null(strstr(err->text, TEXT_OF_THE_OLDER));
    assert_non_null(strstr(err->text, "o21"));
}

/* ---- Reading --------------------------------------------------------------------------- */

static void *write_two_later(void *context)
{
    const struct twin *twin = context;
    CLEANUP(waiter_freep) struct waiter *pause = waiter_new();

    (void)waiter_wait_ms(pause, 1500);
    if (set(twin, "late", "v", NULL) != OUTCOME_OK || set(twin, "last", "v", NULL) != OUTCOME_OK)
        abort();
    return NULL;
}

/* To the reader these two are as what its leader does not show yet. */
static void an_end_before_what_is_known_to_be_there_is_not_believed(void **unused)
{
    struct fixture *f = fixture_new();
    struct twin twin = start(f);
    CLEANUP(waiter_freep) struct waiter *waiter = waiter_new();
    struct state *state = state_new(&f->keys, NULL, clock_system());
    struct error err = {0};
    pthread_t thread;

    (void)unused;
    assert_int_equal(set(&twin, "a", "v", &err), OUTCOME_OK); /* behind claim and sign of life */
    assert_int_equal(pthread_create(&thread, NULL, write_two_later, &twin), 0);
    if (state_restore(state, &f->kafka, "o21", 5, waiter, &err) != OUTCOME_OK)
        fail_msg("%s", err.text);
    assert_int_equal(state_count(state, STATE_UNREADABLE), 3);
    assert_int_equal(pthread_join(thread, NULL), 0);
    state_free(state);
    end(&twin);
    fixture_free(f);
}

/* ---- Two connectors of one operator ------------------------------------------------------ */

static void the_older_of_two_is_told_at_its_next_write_and_the_younger_goes_on(void **unused)
{
    struct fixture *f = fixture_new();
    struct twin older = start(f);
    struct twin younger;
    struct error err = {0};

    (void)unused;
    assert_int_equal(set(&older, "a", "1", &err), OUTCOME_OK);
    younger = start(f);
    assert_bytes_text(get(f, &younger, "a"), "1");
    assert_older(set(&older, "b", "2", &err), &err);
    assert_null(get(f, &older, "b").data);
    assert_older(set(&older, "b", "2", &err), &err);
    assert_older(claim_take(older.claim, &(int64_t){0}, &err), &err);
    assert_int_equal(set(&younger, "c", "3", &err), OUTCOME_OK);
    end(&older);
    end(&younger);
    fixture_free(f);
}

static void an_older_one_that_has_nothing_to_write_is_told_too(void **unused)
{
    struct fixture *f = fixture_new();
    struct twin older = start(f);
    struct twin younger = start(f);
    struct error err = {0};

    (void)unused;
    assert_int_equal(claim_prove(older.claim, older.state, CLAIM_PROVE_MS - 1, &err), OUTCOME_OK);
    assert_older(claim_prove(older.claim, older.state, CLAIM_PROVE_MS, &err), &err);
    assert_int_equal(prove(&younger, &err), OUTCOME_OK);
    end(&older);
    end(&younger);
    fixture_free(f);
}

static void what_the_older_still_wrote_is_written_over_by_the_younger(void **unused)
{
    struct fixture *f = fixture_new();
    struct twin older = start(f);
    struct twin younger;
    struct twin next;
    struct state_change *change;
    struct error err = {0};

    (void)unused;
    assert_int_equal(set(&older, "kept", "1", &err), OUTCOME_OK);
    younger = start(f);
    assert_int_equal(set(&younger, "changed", "new", &err), OUTCOME_OK);
    change = state_begin(older.state);
    state_put(change, STATE_UNREADABLE, BYTES_LITERAL("kept"), BYTES_NONE);
    state_put(change, STATE_UNREADABLE, BYTES_LITERAL("changed"), BYTES_LITERAL("old"));
    state_put(change, STATE_PARKED, BYTES_LITERAL("unknown"), BYTES_LITERAL("x"));
    assert_older(state_commit(change, &err), &err);
    assert_int_equal(prove(&younger, &err), OUTCOME_OK);
    end(&older);
    end(&younger);
    next = start(f);
    assert_bytes_text(get(f, &next, "kept"), "1");
    assert_bytes_text(get(f, &next, "changed"), "new");
    assert_int_equal(state_count(next.state, STATE_PARKED), 0);
    end(&next);
    fixture_free(f);
}

static enum step_state step_of(struct fixture *f, const struct twin *twin, struct bytes id)
{
    struct http_response response;

    return steps_read(twin->state, id, &f->arena, &response);
}

static enum outcome begin(const struct twin *twin, struct bytes id, struct error *err)
{
    struct state_change *change = state_begin(twin->state);

    steps_begin(change, id, 7);
    return state_commit(change, err);
}

/* Whatever one of them has begun, the other does not begin. */
static void an_unsafe_call_is_begun_by_one_of_two_only(void **unused)
{
    struct fixture *f = fixture_new();
    struct twin older = start(f);
    struct twin younger;
    struct bytes first = BYTES_LITERAL("event\x1f"
                                       "first");
    struct bytes second = BYTES_LITERAL("event\x1f"
                                        "second");
    struct error err = {0};

    (void)unused;
    assert_int_equal(begin(&older, first, &err), OUTCOME_OK);
    younger = start(f);
    assert_int_equal(step_of(f, &younger, first), STEP_BEGUN);
    assert_int_equal(step_of(f, &older, second), STEP_NONE);
    assert_int_equal(step_of(f, &younger, second), STEP_NONE);
    assert_older(begin(&older, second, &err), &err);
    assert_int_equal(begin(&younger, second, &err), OUTCOME_OK);
    end(&older);
    end(&younger);
    fixture_free(f);
}

/* The record at `offset` of the topic once more, behind all others. */
static void write_again(struct fixture *f, int64_t offset)
{
    CLEANUP(kafka_producer_closep) struct kafka_producer *producer = NULL;
    CLEANUP(kafka_consumer_closep) struct kafka_consumer *consumer = NULL;
    struct kafka_message message = {0};
    enum kafka_event event = KAFKA_NOTHING;
    struct kafka_record record = {.topic = TOPIC, .partition = 0};
    enum outcome result;
    struct error err = {0};

    assert_int_equal(kafka_producer_open(&f->kafka, &producer, &err), OUTCOME_OK);
    assert_int_equal(kafka_consumer_open(&f->kafka, NULL, false, &consumer, &err), OUTCOME_OK);
    assert_int_equal(kafka_consumer_assign(consumer, TOPIC, 0, offset, &err), OUTCOME_OK);
    for (int i = 0; i < 100 && event != KAFKA_MESSAGE; i++)
        assert_int_equal(kafka_consumer_poll(consumer, 100, &event, &message, &err), OUTCOME_OK);
    record.key = message.key;
    record.value = message.value;
    assert_int_equal(kafka_producer_send(producer, &record, 1, APPEND_MS, &result, &err),
                     OUTCOME_OK);
    kafka_message_free(&message);
}

/* A claim whose answer did not come is written again, and the first may come late. */
static void a_connector_does_not_take_its_own_claim_for_anothers(void **unused)
{
    struct fixture *f = fixture_new();
    struct twin twin = start(f);
    struct error err = {0};
    int64_t to;

    (void)unused;
    assert_int_equal(claim_take(twin.claim, &to, &err), OUTCOME_OK);
    write_again(f, 0);
    assert_int_equal(set(&twin, "a", "1", &err), OUTCOME_OK);
    assert_int_equal(prove(&twin, &err), OUTCOME_OK);
    end(&twin);
    fixture_free(f);
}

/* ---- What stands between, looked after by several pipelines -------------------------------- */

/* Around the next commit; NULL: nothing. */
static void (*_Atomic before_commit)(void *context);
static void (*_Atomic after_commit)(void *context);
static void *hook_context;

/* Instead of state.c's: -Wl,--wrap */
enum outcome __real_state_commit(struct state_change *change, struct error *err);
enum outcome __wrap_state_commit(struct state_change *change, struct error *err);

enum outcome __wrap_state_commit(struct state_change *change, struct error *err)
{
    void (*before)(void *) = atomic_exchange(&before_commit, NULL);
    void (*after)(void *);
    enum outcome outcome;

    if (before)
        before(hook_context);
    outcome = __real_state_commit(change, err);
    after = atomic_load(&after_commit);
    if (after)
        after(hook_context);
    return outcome;
}

static void let_others_in(void *unused)
{
    CLEANUP(waiter_freep) struct waiter *pause = waiter_new();

    (void)unused;
    (void)waiter_wait_ms(pause, 300);
}

static void *prove_once(void *context)
{
    struct error err = {0};

    if (prove(context, &err) != OUTCOME_OK)
        abort();
    return NULL;
}

/* Two records of ours that came again, late: memory has something newer. */
static struct twin start_with_late_records(struct fixture *f)
{
    struct twin twin = start(f);
    struct error err = {0};

    assert_int_equal(set(&twin, "a", "old", &err), OUTCOME_OK); /* behind claim and sign of life */
    assert_int_equal(set(&twin, "b", "old", &err), OUTCOME_OK);
    assert_int_equal(set(&twin, "a", "new", &err), OUTCOME_OK);
    assert_int_equal(set(&twin, "b", "new", &err), OUTCOME_OK);
    write_again(f, 2);
    return twin;
}

static void assert_newest_at_the_next_start(struct fixture *f, struct twin *twin)
{
    struct twin next;

    end(twin);
    next = start(f);
    assert_bytes_text(get(f, &next, "a"), "new");
    assert_bytes_text(get(f, &next, "b"), "new");
    end(&next);
}

static int64_t last_offset(struct fixture *f)
{
    CLEANUP(kafka_consumer_closep) struct kafka_consumer *consumer = NULL;
    int64_t first = 0;
    int64_t end = 0;
    struct error err = {0};

    assert_int_equal(kafka_consumer_open(&f->kafka, NULL, true, &consumer, &err), OUTCOME_OK);
    assert_int_equal(kafka_ask_watermarks(consumer, TOPIC, 0, &first, &end, &err), OUTCOME_OK);
    return end - 1;
}

static void what_two_pipelines_look_after_at_once_is_written_over_once(void **unused)
{
    struct fixture *f = fixture_new();
    struct twin twin = start_with_late_records(f);
    pthread_t threads[2];

    (void)unused;
    /* Both find that it is time before one of them has done it. */
    assert_int_equal(rd_kafka_mock_broker_set_rtt(f->cluster, 1, 300), 0);
    atomic_store(&after_commit, let_others_in);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, prove_once, &twin), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    atomic_store(&after_commit, NULL);
    assert_int_equal(rd_kafka_mock_broker_set_rtt(f->cluster, 1, 0), 0);
    /* Behind the late one: one sign of life and what is new of it. */
    assert_int_equal(set(&twin, "c", "9", NULL), OUTCOME_OK);
    assert_int_equal(last_offset(f), 9);
    assert_newest_at_the_next_start(f, &twin);
    fixture_free(f);
}

static void write_another_late_one(void *context)
{
    write_again(context, 3);
}

/* Found by the very write that writes over the first: that one is not taken for done. */
static void what_comes_while_others_are_written_over_is_looked_after_at_once(void **unused)
{
    struct fixture *f = fixture_new();
    struct twin twin = start_with_late_records(f);
    struct error err = {0};

    (void)unused;
    hook_context = f;
    atomic_store(&before_commit, write_another_late_one);
    assert_int_equal(claim_prove(twin.claim, twin.state, CLAIM_PROVE_MS, &err), OUTCOME_OK);
    assert_int_equal(claim_prove(twin.claim, twin.state, CLAIM_PROVE_MS + 1, &err), OUTCOME_OK);
    assert_newest_at_the_next_start(f, &twin);
    fixture_free(f);
}

/* ---- A start that takes several tries ------------------------------------------------------- */

/* A new claim would make true what the older one could only write because it was not told yet. */
static void a_claim_that_is_taken_again_stands_where_it_stood(void **unused)
{
    struct fixture *f = fixture_new();
    struct twin older = start(f);
    struct twin younger;
    struct twin next;
    int64_t first = 0;
    int64_t again = 0;
    struct error err = {0};

    (void)unused;
    assert_int_equal(set(&older, "a", "1", &err), OUTCOME_OK);
    take(f, &younger, &first);
    assert_older(set(&older, "a", "2", &err), &err);
    assert_int_equal(claim_take(younger.claim, &again, &err), OUTCOME_OK);
    assert_int_equal(again, first);
    restore(f, &younger, again);
    assert_bytes_text(get(f, &younger, "a"), "1");
    end(&older);
    end(&younger);
    next = start(f);
    assert_bytes_text(get(f, &next, "a"), "1");
    end(&next);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_end_before_what_is_known_to_be_there_is_not_believed),
        cmocka_unit_test(the_older_of_two_is_told_at_its_next_write_and_the_younger_goes_on),
        cmocka_unit_test(an_older_one_that_has_nothing_to_write_is_told_too),
        cmocka_unit_test(what_the_older_still_wrote_is_written_over_by_the_younger),
        cmocka_unit_test(an_unsafe_call_is_begun_by_one_of_two_only),
        cmocka_unit_test(a_connector_does_not_take_its_own_claim_for_anothers),
        cmocka_unit_test(what_two_pipelines_look_after_at_once_is_written_over_once),
        cmocka_unit_test(what_comes_while_others_are_written_over_is_looked_after_at_once),
        cmocka_unit_test(a_claim_that_is_taken_again_stands_where_it_stood),
    };

    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
