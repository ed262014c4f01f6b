/* SPDX-License-Identifier: Apache-2.0
 *
 * The broker on a real Kafka: from outbox to inbox once, refused both ways, redirected in one
 * transaction, the same after its state was lost, and what it says of itself.
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/support/deployment.h"
#include "tests/support/world.h"

static int64_t now_ms(void)
{
    return clock_mono_ms(clock_system());
}

/* ---- The tests
 * ----------------------------------------------------------------------------------- */

static void a_hand_over_sent_twice_arrives_once_and_its_answer_comes_back(void **state)
{
    struct deployment *d = *state;
    int handoff = deployment_new_handoff(d);
    struct reading inbox = deployment_read(d, TOPIC_INBOX, 1);
    struct event heard;

    deployment_ensure(d);
    deployment_put(d, 0, deployment_issue(d, handoff, 0, 1));
    deployment_put(d, 0, deployment_issue(d, handoff, 0, 1));
    assert_true(deployment_next(&inbox, handoff, DEPLOYMENT_WAIT_MS, &heard));
    assert_int_equal(heard.referral.status, REFERRAL_ISSUED);
    assert_int_equal(heard.envelope.handoff_seq, 1);
    /* Only now: nobody answers what he has not heard, and two outboxes have no common order. */
    deployment_put(d, 1, world_referral(d->codes[1], handoff, REFERRAL_ACCEPTED, "dossier", 1));
    heard = deployment_expect(d, TOPIC_INBOX, 0, handoff);
    assert_int_equal(heard.referral.status, REFERRAL_ACCEPTED);
    /* What follows in the same partition is behind a second copy, if there were one. */
    deployment_put(d, 0,
                   world_referral(d->codes[0], handoff, REFERRAL_CANCEL_REQUESTED, "referral", 2));
    assert_true(deployment_next(&inbox, handoff, DEPLOYMENT_WAIT_MS, &heard));
    assert_int_equal(heard.referral.status, REFERRAL_CANCEL_REQUESTED);
    kafka_consumer_close(inbox.consumer);
}

static void a_refusal_stands_in_the_dead_letters_and_in_the_inbox(void **state)
{
    struct deployment *d = *state;
    int handoff = deployment_new_handoff(d);
    struct event heard;
    struct event dead;

    deployment_ensure(d);
    deployment_put(d, 0, deployment_issue(d, handoff, 0, 2));
    heard = deployment_expect(d, TOPIC_INBOX, 0, handoff);
    dead = deployment_expect(d, TOPIC_REJECTED, 0, handoff);
    assert_int_equal(heard.type, EVENT_REJECTION);
    assert_bytes_text(heard.rejection.code, "convention_missing");
    assert_true(uuid_equal(heard.envelope.event_id, dead.envelope.event_id));
}

static void bytes_that_are_no_event_do_not_stop_the_partition(void **state)
{
    struct deployment *d = *state;
    int handoff = deployment_new_handoff(d);
    struct reading dead = deployment_read(d, TOPIC_REJECTED, 1);
    char key[UUID_TEXT_SIZE];
    struct event event;
    bool found = false;

    deployment_ensure(d);
    uuid_format(world_id("handoff", handoff), key);
    deployment_put_bytes(d, 1, bytes_of(key, UUID_TEXT_LEN), BYTES_LITERAL("no event"));
    deployment_put(d, 1, deployment_issue(d, handoff, 1, 2));
    assert_int_equal(deployment_expect(d, TOPIC_INBOX, 2, handoff).referral.status,
                     REFERRAL_ISSUED);
    while (!found && deployment_next(&dead, 0, DEPLOYMENT_WAIT_MS, &event)) {
        found = bytes_equal_text(event.rejection.code, "unreadable_record");
    }
    assert_true(found);
    assert_non_null(event.rejection.place.data);
    kafka_consumer_close(dead.consumer);
}

static void a_redirect_reaches_the_new_receiver_and_the_first_issuer(void **state)
{
    struct deployment *d = *state;
    int parent = deployment_new_handoff(d);
    int child = deployment_new_handoff(d);
    struct event event = world_redirect(child, parent, d->codes[1], d->codes[2]);
    struct event heard;

    deployment_ensure(d);
    event.referral.requested_on = NO_INT;
    deployment_put(d, 0, deployment_issue(d, parent, 0, 1));
    deployment_expect(d, TOPIC_INBOX, 1, parent);
    deployment_put(d, 1, event);
    assert_int_equal(deployment_expect(d, TOPIC_INBOX, 2, child).referral.status, REFERRAL_ISSUED);
    heard = deployment_expect(d, TOPIC_INBOX, 0, parent);
    assert_int_equal(heard.referral.status, REFERRAL_REDIRECTED);
    assert_true(uuid_equal(heard.envelope.cause, event.envelope.event_id));
}

static void what_was_known_is_known_after_the_state_folder_is_lost(void **state)
{
    struct deployment *d = *state;
    int handoff = deployment_new_handoff(d);
    struct reading inbox = deployment_read(d, TOPIC_INBOX, 1);
    struct event heard;

    deployment_ensure(d);
    deployment_put(d, 0, deployment_issue(d, handoff, 0, 1));
    assert_true(deployment_next(&inbox, handoff, DEPLOYMENT_WAIT_MS, &heard));
    deployment_stop(d);
    deployment_remove_state(d);
    deployment_start(d, 2);
    deployment_put(d, 0, deployment_issue(d, handoff, 0, 1));
    deployment_put(
        d, 0, world_referral(d->codes[0], handoff, REFERRAL_WITHDRAWN_BY_PERSON, "referral", 2));
    assert_true(deployment_next(&inbox, handoff, DEPLOYMENT_WAIT_MS, &heard));
    assert_int_equal(heard.referral.status, REFERRAL_WITHDRAWN_BY_PERSON);
    deployment_stop(d);
    kafka_consumer_close(inbox.consumer);
}

static void an_old_hand_over_is_overdue_at_once_and_only_once(void **state)
{
    struct deployment *d = *state;
    struct reading inbox = deployment_read(d, TOPIC_INBOX, 1);
    int handoff = deployment_new_handoff(d);
    struct event heard;

    deployment_ensure(d);
    deployment_put_old(d, 0, deployment_issue(d, handoff, 0, 1), 11 * WORLD_DAY);
    assert_true(deployment_next(&inbox, handoff, DEPLOYMENT_WAIT_MS, &heard));
    assert_int_equal(heard.type, EVENT_REFERRAL);
    assert_true(deployment_next(&inbox, handoff, DEPLOYMENT_WAIT_MS, &heard));
    assert_int_equal(heard.type, EVENT_NOTICE);
    assert_int_equal(deployment_expect(d, TOPIC_INBOX, 0, handoff).notice.kind, NOTICE_OVERDUE);
    deployment_stop(d);
    deployment_remove_state(d);
    deployment_start(d, 1);
    deployment_put(d, 0,
                   world_referral(d->codes[0], handoff, REFERRAL_CANCEL_REQUESTED, "referral", 2));
    assert_true(deployment_next(&inbox, handoff, DEPLOYMENT_WAIT_MS, &heard));
    assert_int_equal(heard.type, EVENT_REFERRAL);
    kafka_consumer_close(inbox.consumer);
}

/* ---- What it says of itself -------------------------------------------------------------------
 */

/* The sum of all lines of a family with that sender. */
static long long sum_of(struct deployment *d, const char *family, const char *op)
{
    struct bytes body;
    char start[128];
    long long sum = 0;
    char *text;

    assert_int_equal(deployment_get(d, "/metrics", &body), 200);
    text = arena_text(&d->arena, body);
    (void)snprintf(start, sizeof(start), "%s{op=\"%s\"", family, op);
    for (char *line = strstr(text, start); line; line = strstr(line + 1, start)) {
        sum += strtoll(strchr(line, ' '), NULL, 10);
    }
    return sum;
}

static void what_it_counts_adds_up_and_it_says_when_it_is_ready(void **state)
{
    struct deployment *d = *state;
    int handoff = deployment_new_handoff(d);
    struct bytes body;

    deployment_stop(d);
    deployment_start(d, 1);
    deployment_put(d, 0, deployment_issue(d, handoff, 0, 1));
    deployment_put(d, 0, deployment_issue(d, handoff, 0, 1));
    deployment_put(d, 0, deployment_issue(d, deployment_new_handoff(d), 0, 2));
    deployment_expect(d, TOPIC_INBOX, 0, d->next_handoff);
    deployment_put(d, 0,
                   world_referral(d->codes[0], handoff, REFERRAL_CANCEL_REQUESTED, "referral", 2));
    deployment_put(d, 1, world_referral(d->codes[1], handoff, REFERRAL_CANCELLED, "dossier", 2));
    deployment_expect(d, TOPIC_INBOX, 0, handoff);
    for (int64_t end_ms = now_ms() + 5000;
         sum_of(d, "relais_broker_events_total", d->codes[0]) < 4 && now_ms() < end_ms;) {
    }
    assert_int_equal(sum_of(d, "relais_broker_events_total", d->codes[0]), 4);
    assert_int_equal(sum_of(d, "relais_broker_outcomes_total", d->codes[0]), 4);
    assert_int_equal(deployment_get(d, "/readyz", &body), 200);
    assert_int_equal(deployment_get(d, "/healthz", &body), 200);
    assert_int_equal(deployment_get(d, "/nothing", &body), 404);
}

/* ---- What is gone --------------------------------------------------------------------------- */

/* As retention does, all that a hand-over's partition holds. */
static void delete_records(struct deployment *d, int sender, int handoff)
{
    struct test_kafka_admin admin = test_kafka_admin();
    char key[UUID_TEXT_SIZE];
    char topic[TOPIC_NAME_SIZE];
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_DeleteRecords_t *request;

    uuid_format(world_id("handoff", handoff), key);
    rd_kafka_topic_partition_list_add(list, topics_name(TOPIC_OUTBOX, d->codes[sender], topic),
                                      kafka_partition_of(key, UUID_TEXT_LEN, DEPLOYMENT_PARTITIONS))
        ->offset = RD_KAFKA_OFFSET_END;
    request = rd_kafka_DeleteRecords_new(list);
    rd_kafka_DeleteRecords(admin.client, &request, 1, NULL, admin.queue);
    test_kafka_admin_end(&admin, DEPLOYMENT_WAIT_MS);
    rd_kafka_DeleteRecords_destroy(request);
    rd_kafka_topic_partition_list_destroy(list);
}

static void records_that_were_deleted_before_they_were_read_are_counted(void **state)
{
    struct deployment *d = *state;
    struct reading inbox = deployment_read(d, TOPIC_INBOX, 1);
    int handoff = deployment_new_handoff(d);
    struct event heard;

    deployment_ensure(d);
    deployment_put(d, 0, deployment_issue(d, handoff, 0, 1));
    assert_true(deployment_next(&inbox, handoff, DEPLOYMENT_WAIT_MS, &heard));
    deployment_stop(d);
    for (int version = 2; version < 5; version++) {
        deployment_put(
            d, 0,
            world_referral(d->codes[0], handoff, REFERRAL_CANCEL_REQUESTED, "referral", version));
    }
    delete_records(d, 0, handoff);
    deployment_start(d, 1);
    deployment_put(
        d, 0, world_referral(d->codes[0], handoff, REFERRAL_WITHDRAWN_BY_PERSON, "referral", 9));
    assert_true(deployment_next(&inbox, handoff, DEPLOYMENT_WAIT_MS, &heard));
    assert_int_equal(heard.referral.status, REFERRAL_WITHDRAWN_BY_PERSON);
    for (int64_t end_ms = now_ms() + 5000;
         deployment_counts(d, "relais_broker_deleted_unread_total 0") && now_ms() < end_ms;) {
    }
    assert_true(deployment_counts(d, "relais_broker_deleted_unread_total 3"));
    kafka_consumer_close(inbox.consumer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hand_over_sent_twice_arrives_once_and_its_answer_comes_back),
        cmocka_unit_test(a_refusal_stands_in_the_dead_letters_and_in_the_inbox),
        cmocka_unit_test(bytes_that_are_no_event_do_not_stop_the_partition),
        cmocka_unit_test(a_redirect_reaches_the_new_receiver_and_the_first_issuer),
        cmocka_unit_test(what_was_known_is_known_after_the_state_folder_is_lost),
        cmocka_unit_test(an_old_hand_over_is_overdue_at_once_and_only_once),
        cmocka_unit_test(what_it_counts_adds_up_and_it_says_when_it_is_ready),
        cmocka_unit_test(records_that_were_deleted_before_they_were_read_are_counted),
    };

    return cmocka_run_group_tests(tests, deployment_setup, deployment_teardown);
}
