/* SPDX-License-Identifier: Apache-2.0
 *
 * An operator whose topics are missing, or not as they must be, on a real Kafka: it concerns only
 * itself, is said and counted, and is taken up again when they are back.
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/kafka_ask.h"
#include "broker/operators.h"
#include "tests/support/deployment.h"
#include "tests/support/world.h"

#define DUE_SOON_US (6 * INT64_C(1000000))
/* librdkafka tries a record to a topic that was there for message.timeout.ms, 15 s. */
#define FOUND_OUT_MS (2 * DEPLOYMENT_WAIT_MS)

static int64_t now_ms(void)
{
    return clock_mono_ms(clock_system());
}

/* ---- Topics ----------------------------------------------------------------------------- */

static struct kafka_consumer *asker(struct deployment *d)
{
    struct kafka_consumer *consumer = NULL;

    assert_int_equal(kafka_consumer_open(&d->kafka, NULL, false, &consumer, NULL), OUTCOME_OK);
    return consumer;
}

/* Returns when no answer shows it any more. */
static void delete_topic(struct deployment *d, const char *name)
{
    CLEANUP(kafka_consumer_closep) struct kafka_consumer *consumer = asker(d);
    struct test_kafka_admin admin = test_kafka_admin();
    rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(name);
    enum outcome outcome = OUTCOME_OK;
    int64_t end_ms = clock_mono_ms(clock_system()) + DEPLOYMENT_WAIT_MS;
    int32_t partitions;

    rd_kafka_DeleteTopics(admin.client, &topic, 1, NULL, admin.queue);
    test_kafka_admin_end(&admin, DEPLOYMENT_WAIT_MS);
    rd_kafka_DeleteTopic_destroy(topic);
    while (outcome == OUTCOME_OK && clock_mono_ms(clock_system()) < end_ms) {
        outcome = kafka_ask_partitions(consumer, name, &partitions, NULL);
    }
    assert_int_equal(outcome, OUTCOME_REJECT);
}

static void make_topic(struct deployment *d, const char *name, int32_t partitions)
{
    const struct topic_spec spec = {.name = name, .partitions = partitions, .replication = 1};
    CLEANUP(kafka_admin_closep) struct kafka_admin *admin = NULL;
    struct error err = {0};

    assert_int_equal(kafka_admin_open(&d->kafka, &admin, &err), OUTCOME_OK);
    if (kafka_topics_apply(admin, &spec, 1, &err) != OUTCOME_OK) {
        fail_msg("%s", err.text);
    }
}

/* ---- What the broker says ----------------------------------------------------------------- */

static long long metric(struct deployment *d, const char *name)
{
    struct bytes body;
    char line[96];
    const char *found;

    assert_int_equal(deployment_get(d, "/metrics", &body), 200);
    (void)snprintf(line, sizeof(line), "\n%s ", name);
    found = strstr(arena_text(&d->arena, body), line);
    assert_non_null(found);
    return strtoll(found + strlen(line), NULL, 10);
}

static void must_not_have_failed(struct deployment *d)
{
    struct error why = {0};

    if (broker_failed(d->broker, &why)) {
        fail_msg("%s", why.text);
    }
}

static void wait_for_metric(struct deployment *d, const char *name, long long wanted)
{
    CLEANUP(waiter_freep) struct waiter *waiter = waiter_new();
    int64_t end_ms = now_ms() + FOUND_OUT_MS;

    while (metric(d, name) != wanted && now_ms() < end_ms) {
        must_not_have_failed(d);
        assert_true(waiter_wait_ms(waiter, 100));
    }
    assert_int_equal(metric(d, name), wanted);
}

/* The others go on: a hand-over from the first to the second arrives. */
static void the_others_go_on(struct deployment *d)
{
    int handoff = deployment_new_handoff(d);

    deployment_put(d, 0, deployment_issue(d, handoff, 0, 1));
    assert_int_equal(deployment_expect(d, TOPIC_INBOX, 1, handoff).referral.status,
                     REFERRAL_ISSUED);
    must_not_have_failed(d);
}

/* ---- The tests ---------------------------------------------------------------------------- */

/* The third operator leaves: its inbox is deleted while a deadline of a hand-over that it holds is
 * about to pass. */
static void an_inbox_that_is_deleted_stops_nobody_else(void **state)
{
    struct deployment *d = *state;
    int handoff = deployment_new_handoff(d);
    int refused = deployment_new_handoff(d);
    int again = deployment_new_handoff(d);
    struct event event;
    struct reading second;
    char inbox[TOPIC_NAME_SIZE];

    topics_name(TOPIC_INBOX, d->codes[2], inbox);
    deployment_ensure(d);
    second = deployment_read(d, TOPIC_INBOX, 1);
    deployment_put_old(d, 1, deployment_issue(d, handoff, 1, 2), 10 * WORLD_DAY - DUE_SOON_US);
    assert_int_equal(deployment_expect(d, TOPIC_INBOX, 2, handoff).referral.status,
                     REFERRAL_ISSUED);
    delete_topic(d, inbox);
    the_others_go_on(d);
    /* The other end hears of the deadline all the same. */
    assert_true(deployment_next(&second, handoff, FOUND_OUT_MS, &event));
    assert_int_equal(event.type, EVENT_NOTICE);
    wait_for_metric(d, "relais_broker_operators_without_topics", 1);
    wait_for_metric(d, "relais_broker_withheld_total", 1);
    /* What is said to it counts, and its sender learns that it was not told. */
    deployment_put(d, 1,
                   world_referral(d->codes[1], handoff, REFERRAL_CANCEL_REQUESTED, "referral", 2));
    assert_true(deployment_next(&second, handoff, DEPLOYMENT_WAIT_MS, &event));
    assert_int_equal(event.type, EVENT_REJECTION);
    assert_bytes_text(event.rejection.code, "undeliverable");
    assert_bytes_text(deployment_expect(d, TOPIC_REJECTED, 1, handoff).rejection.code,
                      "undeliverable");
    /* Nobody can refer to it. */
    deployment_put(d, 1, deployment_issue(d, refused, 1, 2));
    assert_bytes_text(deployment_expect(d, TOPIC_REJECTED, 1, refused).rejection.code,
                      "operator_unknown");
    the_others_go_on(d);
    /* It comes back. */
    make_topic(d, inbox, 1);
    wait_for_metric(d, "relais_broker_operators_without_topics", 0);
    deployment_put(d, 1, deployment_issue(d, again, 1, 2));
    assert_int_equal(deployment_expect(d, TOPIC_INBOX, 2, again).referral.status, REFERRAL_ISSUED);
    kafka_consumer_close(second.consumer);
}

/* Of an operator that the directory does not have any more. */
static void an_inbox_that_was_never_made_is_found_out_by_the_record_for_it(void **state)
{
    struct deployment *d = *state;
    CLEANUP(kafka_consumer_closep) struct kafka_consumer *consumer = asker(d);
    CLEANUP(operators_freep) struct operators *operators = operators_new(DEPLOYMENT_PARTITIONS);
    struct directory_entry none;
    CLEANUP(directory_unrefp) struct directory *nobody = directory_new(&none, 0);
    struct error err = {0};
    const char *const *codes;
    size_t count = 1;

    assert_true(operators_due(operators, 0));
    assert_int_equal(operators_look(operators, consumer, nobody, 0, &err), OUTCOME_OK);
    (void)operators_deaf(operators, &count);
    assert_int_equal(count, 0);
    operators_doubt(operators, "relais.handoff.v1");
    operators_doubt(operators, "relais.gone.outbox.v1");
    operators_doubt(operators, NULL);
    assert_false(operators_due(operators, 1));
    operators_doubt(operators, "relais.gone.inbox.v1");
    assert_true(operators_due(operators, 1));
    assert_int_equal(operators_look(operators, consumer, nobody, 1, &err), OUTCOME_OK);
    assert_false(operators_due(operators, 5000));
    assert_true(operators_due(operators, 5001));
    codes = operators_deaf(operators, &count);
    assert_int_equal(count, 1);
    assert_string_equal(codes[0], "gone");
    assert_string_equal(operators_at(operators, 0)->trouble, "relais.gone.inbox.v1 does not exist");
    (void)operators_reachable(operators, &count);
    assert_int_equal(count, 0);
    assert_int_equal(operators_left_out(operators), 0); /* the directory does not know it */
}

/* A Kafka that starts may not know yet what it has. */
static void one_answer_makes_nobody_gone(void **state)
{
    struct deployment *d = *state;
    CLEANUP(kafka_consumer_closep) struct kafka_consumer *consumer = asker(d);
    CLEANUP(operators_freep) struct operators *operators = operators_new(DEPLOYMENT_PARTITIONS);
    CLEANUP(directory_unrefp) struct directory *directory = NULL;
    struct directory_entry entry;
    CLEANUP(directory_unrefp) struct directory *nobody = directory_new(&entry, 0);
    struct error err = {0};
    size_t count = 0;

    record_init(&directory_table, &entry);
    entry.kind = (int32_t)DIRECTORY_OPERATOR;
    entry.code = BYTES_LITERAL("never");
    directory = directory_new(&entry, 1);
    assert_int_equal(operators_look(operators, consumer, directory, 0, &err), OUTCOME_OK);
    (void)operators_deaf(operators, &count);
    assert_int_equal(count, 0);
    assert_int_equal(operators_left_out(operators), 1); /* it was never there: not read */
    assert_string_equal(operators_unknown(operators), "never");
    assert_int_equal(operators_look(operators, consumer, directory, 4999, &err), OUTCOME_OK);
    (void)operators_deaf(operators, &count);
    assert_int_equal(count, 0);
    assert_int_equal(operators_look(operators, consumer, directory, 5000, &err), OUTCOME_OK);
    (void)operators_deaf(operators, &count);
    assert_int_equal(count, 1);
    assert_string_equal(operators_at(operators, 0)->trouble,
                        "relais.never.outbox.v1 does not exist");
    assert_null(operators_unknown(operators));
    /* Taken out of the directory it is nobody's trouble any more. */
    assert_int_equal(operators_left_out(operators), 1);
    assert_int_equal(operators_look(operators, consumer, nobody, 10000, &err), OUTCOME_OK);
    assert_int_equal(operators_left_out(operators), 0);
}

/* Made anew by mistake with one partition: left out, by a broker that runs and by one that starts;
 * then with as many as it must have, and read from its beginning. */
static void an_outbox_of_a_wrong_size_leaves_its_operator_out_until_it_is_mended(void **state)
{
    struct deployment *d = *state;
    int handoff = deployment_new_handoff(d);
    struct event accepted;
    char outbox[TOPIC_NAME_SIZE];

    topics_name(TOPIC_OUTBOX, d->codes[2], outbox);
    deployment_ensure(d);
    deployment_put(d, 1, deployment_issue(d, handoff, 1, 2));
    deployment_expect(d, TOPIC_INBOX, 2, handoff);
    accepted = world_referral(d->codes[2], handoff, REFERRAL_ACCEPTED, "dossier", 1);
    deployment_put(d, 2, accepted);
    assert_int_equal(deployment_expect(d, TOPIC_INBOX, 1, handoff).referral.status,
                     REFERRAL_ACCEPTED);
    delete_topic(d, outbox);
    make_topic(d, outbox, 1);
    wait_for_metric(d, "relais_broker_operators_without_topics", 1);
    the_others_go_on(d);
    deployment_stop(d);
    deployment_start(d, 1);
    the_others_go_on(d);
    wait_for_metric(d, "relais_broker_operators_without_topics", 1);
    /* It has an inbox, and hears. */
    deployment_put(d, 1,
                   world_referral(d->codes[1], handoff, REFERRAL_CANCEL_REQUESTED, "referral", 2));
    {
        struct reading third = deployment_read(d, TOPIC_INBOX, 2);
        struct event event;

        assert_true(deployment_next(&third, handoff, DEPLOYMENT_WAIT_MS, &event));
        assert_true(deployment_next(&third, handoff, DEPLOYMENT_WAIT_MS, &event));
        assert_int_equal(event.referral.status, REFERRAL_CANCEL_REQUESTED);
        kafka_consumer_close(third.consumer);
    }
    delete_topic(d, outbox);
    make_topic(d, outbox, DEPLOYMENT_PARTITIONS);
    wait_for_metric(d, "relais_broker_operators_without_topics", 0);
    {
        struct reading second = deployment_read(d, TOPIC_INBOX, 1);
        struct event event;

        deployment_put(d, 2,
                       world_referral(d->codes[2], handoff, REFERRAL_CANCELLED, "dossier", 2));
        assert_true(deployment_next(&second, handoff, DEPLOYMENT_WAIT_MS, &event));
        while (event.referral.status != REFERRAL_CANCELLED) {
            assert_true(deployment_next(&second, handoff, DEPLOYMENT_WAIT_MS, &event));
        }
        kafka_consumer_close(second.consumer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_inbox_that_is_deleted_stops_nobody_else),
        cmocka_unit_test(an_inbox_that_was_never_made_is_found_out_by_the_record_for_it),
        cmocka_unit_test(one_answer_makes_nobody_gone),
        cmocka_unit_test(an_outbox_of_a_wrong_size_leaves_its_operator_out_until_it_is_mended),
    };

    return cmocka_run_group_tests(tests, deployment_setup, deployment_teardown);
}
