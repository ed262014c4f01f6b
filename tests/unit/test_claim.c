/* SPDX-License-Identifier: Apache-2.0
 *
 * Over librdkafka's mock of a Kafka: two connectors of one operator, and a reader that is shown
 * the end of the topic before what is known to be there, as a new leader does for a moment.
 */
#include "tests/support/test.h"

#include <pthread.h>
#include <stdlib.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "base/crypto.h"
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

/* The first record of the topic once more, behind all others. */
static void write_first_again(struct fixture *f)
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
    assert_int_equal(kafka_consumer_assign(consumer, TOPIC, 0, 0, &err), OUTCOME_OK);
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
    write_first_again(f);
    assert_int_equal(set(&twin, "a", "1", &err), OUTCOME_OK);
    assert_int_equal(prove(&twin, &err), OUTCOME_OK);
    end(&twin);
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
    };

    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
