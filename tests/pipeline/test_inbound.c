/* SPDX-License-Identifier: Apache-2.0
 *
 * From a record of theirs to the outbox: ids, hand-over, seal, dead letters, and what a failure
 * in the middle leaves behind.
 */
#include "tests/support/test.h"

#include "connectors/contacts.h"
#include "connectors/memory/links.h"
#include "tests/support/inbound_case.h"

static void a_referral_goes_to_the_outbox_sealed_to_its_receiver(void **state)
{
    struct stage_case *c = inbound_case_new();
    struct event event;
    struct contact contact;
    struct known_handoff known;
    struct error err = {0};
    enum contact_found found = CONTACT_NONE;

    (void)state;
    assert_int_equal(
        stage_case_record(&c->a, INBOUND_CASE_REFERRAL("12", INBOUND_CASE_PERSON)).outcome,
        OUTCOME_OK);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 1);
    event = stage_case_event(&c->a, 0);
    assert_int_equal(event.type, EVENT_REFERRAL);
    assert_int_equal(event.referral.status, REFERRAL_ISSUED);
    assert_bytes_text(event.referral.from_operator, "o21");
    assert_bytes_text(event.envelope.source_system, "crm");
    assert_true(uuid_equal(event.envelope.handoff_id, event.envelope.thread_id));
    assert_int_equal(event.envelope.person_refs.count, 1);
    assert_bytes_text(event.envelope.sealed_for, "o22");
    assert_true(links_handoff(c->a.state, event.envelope.handoff_id, &c->a.arena, &known));
    assert_true(known.ours);
    assert_bytes_text(known.other, "o22");
    if (contacts_open(&c->b.shared, &event, &c->b.arena, &contact, &found, &err) != OUTCOME_OK)
        fail_msg("%s", err.text);
    assert_int_equal(found, CONTACT_OPENED);
    assert_bytes_text(contact.phone, "+33601020304");
    assert_false(fake_log_contains(&c->a.log, "601020304"));
    assert_false(fake_log_contains(&c->a.log, "EXEMPLE"));
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

static void what_follows_is_sealed_to_who_has_left_and_nothing_new_is(void **state)
{
    struct stage_case *c = inbound_case_new();
    struct contact contact = {0};
    struct event event;
    struct error err = {0};
    enum contact_found found = CONTACT_NONE;
    const char *code = NULL;

    (void)state;
    (void)stage_case_record(&c->a, INBOUND_CASE_REFERRAL("12", INBOUND_CASE_PERSON));
    event = stage_case_event(&c->a, 0);
    record_init(&contact_table, &contact);
    contact.note = BYTES_LITERAL("Agenda complet.");
    stage_case_leave(c, &c->b);
    assert_int_equal(contacts_seal(&c->a.shared, &event, &contact, &c->a.arena, &code, &err),
                     OUTCOME_REJECT);
    assert_string_equal(code, "operator_unknown");
    event.referral.status = REFERRAL_CANCEL_REQUESTED;
    if (contacts_seal(&c->a.shared, &event, &contact, &c->a.arena, &code, &err) != OUTCOME_OK)
        fail_msg("%s", err.text);
    assert_int_equal(contacts_open(&c->b.shared, &event, &c->b.arena, &contact, &found, &err),
                     OUTCOME_OK);
    assert_bytes_text(contact.note, "Agenda complet.");
    event.envelope.sealed_for = BYTES_LITERAL("o99");
    assert_int_equal(contacts_seal(&c->a.shared, &event, &contact, &c->a.arena, &code, &err),
                     OUTCOME_REJECT);
    stage_case_free(c);
}

static void a_record_sent_again_finds_the_same_id(void **state)
{
    struct stage_case *c = inbound_case_new();
    struct uuid first;

    (void)state;
    (void)stage_case_record(&c->a, INBOUND_CASE_REFERRAL("12", INBOUND_CASE_PERSON));
    clock_manual_advance(c->clock, US_PER_DAY);
    stage_case_restart(c, &c->a);
    (void)stage_case_record(&c->a, INBOUND_CASE_REFERRAL("12", INBOUND_CASE_PERSON));
    first = stage_case_event(&c->a, 0).envelope.event_id;
    assert_true(uuid_equal(first, stage_case_event(&c->a, 1).envelope.event_id));
    stage_case_free(c);
}

/* Two contents within one second are two events. */
static void another_content_of_one_version_is_another_event(void **state)
{
    struct stage_case *c = inbound_case_new();

    (void)state;
    (void)stage_case_record(&c->a, INBOUND_CASE_REFERRAL("12", INBOUND_CASE_PERSON));
    (void)stage_case_record(&c->a,
                            INBOUND_CASE_REFERRAL("12", "\"name\":\"AUTRE\",\"first\":\"Ana\","));
    assert_false(uuid_equal(stage_case_event(&c->a, 0).envelope.event_id,
                            stage_case_event(&c->a, 1).envelope.event_id));
    assert_true(uuid_equal(stage_case_event(&c->a, 0).envelope.handoff_id,
                           stage_case_event(&c->a, 1).envelope.handoff_id));
    stage_case_free(c);
}

static void a_file_is_told_by_its_hmac_and_never_by_its_name(void **state)
{
    struct stage_case *c = inbound_case_new();
    struct record record = {.body = BYTES_LITERAL("a;b"),
                            .file = "EXEMPLE_Ana_1988.csv",
                            .line = 3,
                            .position = 3,
                            .defect = "line 3: 3 cells where 2 are expected",
                            .order_key = BYTES_LITERAL("order")};
    struct record *records[1] = {&record};
    struct stage *stage = c->a.inbound;
    struct result result = {0};
    struct rejection rejection;
    struct error err = {0};

    (void)state;
    assert_int_equal(stage->ops->push(stage, records, 1, &result, &err), OUTCOME_OK);
    assert_int_equal(result.outcome, OUTCOME_REJECT);
    assert_null(strstr(result.detail, "EXEMPLE"));
    assert_int_equal(stage->ops->reject(stage, &record, &result, &err), OUTCOME_OK);
    rejection = stage_case_rejection(&c->a, 0);
    assert_bytes_text(rejection.detail, "line 3: 3 cells where 2 are expected");
    assert_int_equal(rejection.place.len, 16 + 2);
    assert_false(fake_log_contains(&c->a.log, "EXEMPLE"));
    stage_case_free(c);
}

static void while_kafka_is_away_nothing_is_remembered_or_counted(void **state)
{
    struct stage_case *c = inbound_case_new();

    (void)state;
    c->a.log.fail_next = 1;
    assert_int_equal(
        stage_case_record(&c->a, INBOUND_CASE_REFERRAL("12", INBOUND_CASE_PERSON)).outcome,
        OUTCOME_RETRY);
    assert_int_equal(c->a.log.count, 0);
    assert_int_equal(state_count(c->a.state, STATE_HANDOFF), 0);
    stage_case_assert_conserved(&c->a);
    /* The memory takes its link, the outbox does not take the event: not ended either. */
    c->a.log.fail_next = 1;
    c->a.log.fail_topic = TOPIC_OUTBOX;
    assert_int_equal(
        stage_case_record(&c->a, INBOUND_CASE_REFERRAL("12", INBOUND_CASE_PERSON)).outcome,
        OUTCOME_RETRY);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 0);
    assert_int_equal(metric_value(c->a.counts.items_ended[ITEM_COUNT_RETURNED]), 2);
    assert_int_equal(
        stage_case_record(&c->a, INBOUND_CASE_REFERRAL("12", INBOUND_CASE_PERSON)).outcome,
        OUTCOME_OK);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 1);
    assert_int_equal(metric_value(c->a.counts.items_ended[ITEM_COUNT_ACKNOWLEDGED]), 1);
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

/* Another connector has taken over: this one ends, and leaves nothing whose answer finds no link.
 */
static void a_memory_that_is_lost_lets_nothing_of_the_push_be_written(void **state)
{
    struct stage_case *c = inbound_case_new();
    struct record list[] = {
        {.body = BYTES_LITERAL(INBOUND_CASE_REFERRAL("12", INBOUND_CASE_PERSON))},
        {.body = BYTES_LITERAL("{\"kind\":\"orientation\",\"id\":13,\"status\":\"invente\"}")}};
    struct record *records[] = {&list[0], &list[1]};
    struct result results[2] = {0};
    struct error err = {0};

    (void)state;
    c->a.log.fail_next = 1;
    c->a.log.fail_topic = TOPIC_STATE;
    c->a.log.fails_as = OUTCOME_FATAL;
    assert_int_equal(c->a.inbound->ops->push(c->a.inbound, records, 2, results, &err), OUTCOME_OK);
    assert_int_equal(results[0].outcome, OUTCOME_FATAL);
    assert_int_equal(results[1].outcome, OUTCOME_FATAL);
    assert_int_equal(c->a.log.count, 0);
    stage_case_free(c);
}

static void a_link_is_durable_before_its_event_is_written(void **state)
{
    struct stage_case *c = inbound_case_new();

    (void)state;
    /* The answer can be in the inbox before our own write returns: it must find the link. */
    assert_int_equal(
        stage_case_record(&c->a, INBOUND_CASE_REFERRAL("12", INBOUND_CASE_PERSON)).outcome,
        OUTCOME_OK);
    assert_int_equal(c->a.log.entries[0].topic, TOPIC_STATE);
    assert_true(fake_log_at(&c->a.log, TOPIC_OUTBOX, 0) > &c->a.log.entries[0]);
    stage_case_free(c);
}

static void an_unknown_code_is_a_dead_letter_without_the_value(void **state)
{
    struct stage_case *c = inbound_case_new();
    struct rejection rejection;

    (void)state;
    assert_int_equal(stage_case_record(&c->a, "{\"kind\":\"orientation\",\"id\":12,\"status\":"
                                              "\"invente\",\"at\":\"2026-03-02 09:13:01 +0100\","
                                              "\"to\":\"o22\",\"name\":\"MARQUE\"}")
                         .outcome,
                     OUTCOME_OK);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 0);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_QUARANTINE), 1);
    rejection = stage_case_rejection(&c->a, 0);
    assert_bytes_text(rejection.code, "unknown_code");
    assert_int_equal(rejection.stage, STAGE_MAPPING);
    assert_true(rejection.quarantine_key.data != NULL);
    assert_false(fake_log_contains(&c->a.log, "MARQUE"));
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

static void a_record_that_kafka_could_not_keep_is_a_dead_letter(void **state)
{
    struct stage_case *c = inbound_case_new();
    struct buffer json = {0};

    (void)state;
    /* Well-formed, of nobody known yet: it would wait in the state topic. */
    buffer_append_text(&json, "{\"kind\":\"rdv\",\"id\":1,\"person\":\"U9\",\"at\":"
                              "\"2026-03-03 10:00:00 +0100\",\"note\":\"");
    while (json.len < RECORD_BODY_MOST)
        buffer_append_text(&json, "a long text, again and again ");
    buffer_append_text(&json, "\"}");
    assert_int_equal(stage_case_push(&c->a, c->a.inbound, buffer_view(&json), 0).outcome,
                     OUTCOME_REJECT);
    assert_bytes_text(stage_case_rejection(&c->a, 0).code, "too_large");
    assert_int_equal(state_count(c->a.state, STATE_MATCH_WAIT), 0);
    stage_case_assert_conserved(&c->a);
    buffer_deinit(&json);
    stage_case_free(c);
}

static void what_is_no_json_is_one_dead_letter_of_the_source(void **state)
{
    struct stage_case *c = inbound_case_new();

    (void)state;
    assert_int_equal(stage_case_record(&c->a, "<html>MARQUE</html>").outcome, OUTCOME_REJECT);
    assert_bytes_text(stage_case_rejection(&c->a, 0).code, "unreadable_record");
    assert_int_equal(stage_case_rejection(&c->a, 0).stage, STAGE_SOURCE);
    assert_false(fake_log_contains(&c->a.log, "MARQUE"));
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

static void a_referral_without_contact_is_contact_missing(void **state)
{
    struct stage_case *c = inbound_case_new();

    (void)state;
    (void)stage_case_record(&c->a, INBOUND_CASE_REFERRAL("12", ""));
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 0);
    assert_bytes_text(stage_case_rejection(&c->a, 0).code, "contact_missing");
    stage_case_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_referral_goes_to_the_outbox_sealed_to_its_receiver),
        cmocka_unit_test(what_follows_is_sealed_to_who_has_left_and_nothing_new_is),
        cmocka_unit_test(a_record_sent_again_finds_the_same_id),
        cmocka_unit_test(another_content_of_one_version_is_another_event),
        cmocka_unit_test(a_file_is_told_by_its_hmac_and_never_by_its_name),
        cmocka_unit_test(while_kafka_is_away_nothing_is_remembered_or_counted),
        cmocka_unit_test(a_memory_that_is_lost_lets_nothing_of_the_push_be_written),
        cmocka_unit_test(a_link_is_durable_before_its_event_is_written),
        cmocka_unit_test(an_unknown_code_is_a_dead_letter_without_the_value),
        cmocka_unit_test(a_record_that_kafka_could_not_keep_is_a_dead_letter),
        cmocka_unit_test(what_is_no_json_is_one_dead_letter_of_the_source),
        cmocka_unit_test(a_referral_without_contact_is_contact_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
