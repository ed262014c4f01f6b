/* SPDX-License-Identifier: Apache-2.0
 *
 * From a record of theirs to the outbox: ids, hand-over, seal, dead letters, waiting, echo,
 * and what a failure in the middle leaves behind.
 */
#include "tests/support/test.h"

#include <stdio.h>

#include "connectors/contacts.h"
#include "connectors/echoes.h"
#include "connectors/memory/links.h"
#include "tests/support/stage_case.h"

static const char mapping[] =
    "times: { formats: [\"%Y-%m-%d %H:%M:%S %z\"], zone: Europe/Paris }\n"
    "unknown_fields: count\n"
    "records:\n"
    "  - name: orientation\n"
    "    when: $.kind == orientation\n"
    "    emit: referral\n"
    "    entity: orientation \"/\" $.id\n"
    "    version: $.at | datetime\n"
    "    handoff: own\n"
    "    parent: given($.parent)\n"
    "    links: { own: $.id, person: $.person }\n"
    "    fields:\n"
    "      status: $.status | code(status)\n"
    "      to_operator: $.to\n"
    "      synthesis_at: $.at | datetime\n"
    "    contact:\n"
    "      birth_name: $.name\n"
    "      first_names: $.first\n"
    "      phone: $.phone\n"
    "      birth_date: $.born | date\n"
    "  - name: dossier\n"
    "    when: $.kind == dossier\n"
    "    emit: referral\n"
    "    entity: dossier \"/\" $.id\n"
    "    version: $.at | datetime\n"
    "    handoff: given($.ref)\n"
    "    links: { dossier: $.id, person: $.person }\n"
    "    echo: { of: dossier \"/\" $.id, says: $.status }\n"
    "    fields:\n"
    "      status: $.status | code(status)\n"
    "  - name: rdv\n"
    "    when: $.kind == rdv\n"
    "    emit: appointment\n"
    "    entity: rdv \"/\" $.id\n"
    "    version: $.at | datetime\n"
    "    handoff: by_person($.person)\n"
    "    fields:\n"
    "      status: BOOKED\n"
    "      starts_at: $.at | datetime\n"
    "codes:\n"
    "  status: { sent: ISSUED, received: RECEIVED, accepted: ACCEPTED, declined: DECLINED,\n"
    "            withdrawn: WITHDRAWN_BY_PERSON }\n";

#define REFERRAL(id, more)                                                                         \
    "{\"kind\":\"orientation\",\"id\":" id ",\"at\":\"2026-03-02 09:13:01 +0100\","                \
    "\"status\":\"sent\"," more "\"to\":\"o22\",\"person\":\"P" id "\"}"
#define PERSON                                                                                     \
    "\"name\":\"EXEMPLE\",\"first\":\"Ana\",\"phone\":\"+33601020304\",\"born\":\"1988-03-02\","
#define DOSSIER(ref, status)                                                                       \
    "{\"kind\":\"dossier\",\"id\":7,\"ref\":\"" ref                                                \
    "\",\"at\":\"2026-03-03 10:00:00 +0100\",\"status\":\"" status "\",\"person\":\"U1\"}"
#define UNKNOWN_REF "01234567-89ab-8def-8123-456789abcdef"

static void a_referral_goes_to_the_outbox_sealed_to_its_receiver(void **state)
{
    struct stage_case *c = stage_case_new(mapping, NULL, NULL);
    struct event event;
    struct contact contact;
    struct known_handoff known;
    struct error err = {0};
    enum contact_found found = CONTACT_NONE;

    (void)state;
    assert_int_equal(stage_case_record(&c->a, REFERRAL("12", PERSON)).outcome, OUTCOME_OK);
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

static void a_record_sent_again_finds_the_same_id(void **state)
{
    struct stage_case *c = stage_case_new(mapping, NULL, NULL);
    struct uuid first;

    (void)state;
    (void)stage_case_record(&c->a, REFERRAL("12", PERSON));
    clock_manual_advance(c->clock, US_PER_DAY);
    stage_case_restart(c, &c->a);
    (void)stage_case_record(&c->a, REFERRAL("12", PERSON));
    first = stage_case_event(&c->a, 0).envelope.event_id;
    assert_true(uuid_equal(first, stage_case_event(&c->a, 1).envelope.event_id));
    stage_case_free(c);
}

/* Two contents within one second are two events. */
static void another_content_of_one_version_is_another_event(void **state)
{
    struct stage_case *c = stage_case_new(mapping, NULL, NULL);

    (void)state;
    (void)stage_case_record(&c->a, REFERRAL("12", PERSON));
    (void)stage_case_record(&c->a, REFERRAL("12", "\"name\":\"AUTRE\",\"first\":\"Ana\","));
    assert_false(uuid_equal(stage_case_event(&c->a, 0).envelope.event_id,
                            stage_case_event(&c->a, 1).envelope.event_id));
    assert_true(uuid_equal(stage_case_event(&c->a, 0).envelope.handoff_id,
                           stage_case_event(&c->a, 1).envelope.handoff_id));
    stage_case_free(c);
}

static void a_file_is_told_by_its_hmac_and_never_by_its_name(void **state)
{
    struct stage_case *c = stage_case_new(mapping, NULL, NULL);
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
    struct stage_case *c = stage_case_new(mapping, NULL, NULL);

    (void)state;
    c->a.log.fail_next = 1;
    assert_int_equal(stage_case_record(&c->a, REFERRAL("12", PERSON)).outcome, OUTCOME_RETRY);
    assert_int_equal(c->a.log.count, 0);
    assert_int_equal(state_count(c->a.state, STATE_HANDOFF), 0);
    stage_case_assert_conserved(&c->a);
    /* The memory takes its link, the outbox does not take the event: not ended either. */
    c->a.log.fail_next = 1;
    c->a.log.fail_topic = TOPIC_OUTBOX;
    assert_int_equal(stage_case_record(&c->a, REFERRAL("12", PERSON)).outcome, OUTCOME_RETRY);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 0);
    assert_int_equal(metric_value(c->a.counts.items_ended[ITEM_COUNT_RETURNED]), 2);
    assert_int_equal(stage_case_record(&c->a, REFERRAL("12", PERSON)).outcome, OUTCOME_OK);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 1);
    assert_int_equal(metric_value(c->a.counts.items_ended[ITEM_COUNT_ACKNOWLEDGED]), 1);
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

static void a_link_is_durable_before_its_event_is_written(void **state)
{
    struct stage_case *c = stage_case_new(mapping, NULL, NULL);

    (void)state;
    /* The answer can be in the inbox before our own write returns: it must find the link. */
    assert_int_equal(stage_case_record(&c->a, REFERRAL("12", PERSON)).outcome, OUTCOME_OK);
    assert_int_equal(c->a.log.entries[0].topic, TOPIC_STATE);
    assert_true(fake_log_at(&c->a.log, TOPIC_OUTBOX, 0) > &c->a.log.entries[0]);
    stage_case_free(c);
}

static void an_unknown_code_is_a_dead_letter_without_the_value(void **state)
{
    struct stage_case *c = stage_case_new(mapping, NULL, NULL);
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
    struct stage_case *c = stage_case_new(mapping, NULL, NULL);
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
    struct stage_case *c = stage_case_new(mapping, NULL, NULL);

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
    struct stage_case *c = stage_case_new(mapping, NULL, NULL);

    (void)state;
    (void)stage_case_record(&c->a, REFERRAL("12", ""));
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 0);
    assert_bytes_text(stage_case_rejection(&c->a, 0).code, "contact_missing");
    stage_case_free(c);
}

/* Remembers a hand-over at the side as delivery would. */
static void know(struct stage_side *side, struct uuid handoff_id, const char *person)
{
    struct link_note links[] = {{BYTES_LITERAL("person"), bytes_of_text(person)}};
    struct known_handoff known = {.handoff_id = handoff_id,
                                  .thread_id = handoff_id,
                                  .inbox_position = -1,
                                  .sent_at = STAGE_START_US - 60 * US_PER_SECOND,
                                  .other = BYTES_LITERAL("o22"),
                                  .links = links,
                                  .link_count = 1};
    struct state_change *change = state_begin(side->state);
    struct error err = {0};

    links_remember(change, &known, &side->arena);
    assert_int_equal(state_commit(change, &err), OUTCOME_OK);
}

static struct uuid known_id(void)
{
    struct uuid id = UUID_NONE;

    assert_true(uuid_parse(BYTES_LITERAL(UNKNOWN_REF), &id));
    return id;
}

static void an_answer_that_overtook_its_link_is_sent_when_the_link_comes(void **state)
{
    struct stage_case *c = stage_case_new(mapping, NULL, NULL);

    (void)state;
    assert_int_equal(stage_case_record(&c->a, DOSSIER(UNKNOWN_REF, "accepted")).outcome,
                     OUTCOME_OK);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 0);
    assert_int_equal(metric_value(c->a.counts.items_pending), 1);
    stage_case_tend(&c->a);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 0);
    stage_case_restart(c, &c->a); /* it waits in the state topic */
    counts_items_restored(&c->a.counts, 1);
    know(&c->a, known_id(), "U1");
    stage_case_tend(&c->a);
    assert_int_equal(stage_case_event(&c->a, 0).referral.status, REFERRAL_ACCEPTED);
    assert_int_equal(metric_value(c->a.counts.items_pending), 0);
    assert_int_equal(state_count(c->a.state, STATE_MATCH_WAIT), 0);
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

/* Tried again later than what follows it: an answer to nothing would be refused by the broker. */
static void what_overtook_the_record_that_opens_waits_for_it(void **state)
{
    struct stage_case *c = stage_case_new(mapping, NULL, NULL);

    (void)state;
    (void)stage_case_record(&c->a,
                            "{\"kind\":\"orientation\",\"id\":12,\"at\":\"2026-03-03 10:00:00 "
                            "+0100\",\"status\":\"withdrawn\"," PERSON "\"to\":\"o22\"}");
    assert_int_equal(metric_value(c->a.counts.items_pending), 1);
    (void)stage_case_record(&c->a, REFERRAL("12", PERSON));
    stage_case_tend(&c->a);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 2);
    assert_int_equal(stage_case_event(&c->a, 0).referral.status, REFERRAL_ISSUED);
    assert_int_equal(stage_case_event(&c->a, 1).referral.status, REFERRAL_WITHDRAWN_BY_PERSON);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_REJECTED), 0);
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

/* What came before the end is of that hand-over, whenever its link comes and whatever is looked at
 * first; what comes after it is nobody's. */
static void an_appointment_that_waited_is_not_lost_to_the_end_that_came_behind_it(void **state)
{
    struct stage_case *c = stage_case_new(mapping, NULL, NULL);
    const char *rdv = "{\"kind\":\"rdv\",\"id\":1,\"person\":\"U1\",\"at\":"
                      "\"2026-03-03 10:00:00 +0100\"}";

    (void)state;
    (void)stage_case_record(&c->a, rdv);
    clock_manual_advance(c->clock, US_PER_SECOND);
    know(&c->a, known_id(), "U1");
    (void)stage_case_record(&c->a, DOSSIER(UNKNOWN_REF, "declined"));
    stage_case_tend(&c->a);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 2);
    assert_int_equal(stage_case_event(&c->a, 1).type, EVENT_APPOINTMENT);
    clock_manual_advance(c->clock, US_PER_SECOND);
    (void)stage_case_record(&c->a, rdv);
    clock_manual_advance(c->clock, 601 * US_PER_SECOND);
    stage_case_tend(&c->a); /* its time begins with the first look */
    clock_manual_advance(c->clock, 601 * US_PER_SECOND);
    stage_case_tend(&c->a);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 2);
    assert_int_equal(metric_value(c->a.counts.items_ended[ITEM_COUNT_NO_HANDOFF]), 1);
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

#define RDV(id, at) "{\"kind\":\"rdv\",\"id\":" id ",\"person\":\"U1\",\"at\":\"" at "\"}"

/* All come behind the end. The first was refused while Kafka was away and is of before it: of
 * that hand-over, once no link can come any more. Of behind it, and of before somebody was sent
 * here, they are nobody's. */
static void
an_appointment_of_before_the_end_is_of_that_hand_over_however_late_it_comes(void **state)
{
    struct stage_case *c = stage_case_new(mapping, NULL, NULL);

    (void)state;
    know(&c->a, known_id(), "U1");
    (void)stage_case_record(&c->a, DOSSIER(UNKNOWN_REF, "declined"));
    clock_manual_advance(c->clock, 5 * US_PER_SECOND);
    (void)stage_case_record(&c->a, RDV("1", "2026-03-02 09:59:59 +0100"));
    (void)stage_case_record(&c->a, RDV("2", "2026-03-02 10:00:02 +0100"));
    (void)stage_case_record(&c->a, RDV("3", "2026-03-02 09:58:59 +0100"));
    stage_case_tend(&c->a);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 1);
    assert_int_equal(metric_value(c->a.counts.items_pending), 3);
    clock_manual_advance(c->clock, 601 * US_PER_SECOND);
    stage_case_tend(&c->a);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 2);
    assert_int_equal(stage_case_event(&c->a, 1).type, EVENT_APPOINTMENT);
    assert_true(uuid_equal(stage_case_event(&c->a, 1).envelope.handoff_id, known_id()));
    assert_int_equal(metric_value(c->a.counts.items_ended[ITEM_COUNT_NO_HANDOFF]), 2);
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

static void an_appointment_of_before_two_ends_is_nobodys(void **state)
{
    struct stage_case *c = stage_case_new(mapping, NULL, NULL);
    struct uuid other = known_id();
    struct state_change *change;
    struct error err = {0};

    (void)state;
    other.octets[15] ^= 1;
    know(&c->a, known_id(), "U1");
    know(&c->a, other, "U1");
    change = state_begin(c->a.state);
    links_end(change, known_id(), STAGE_START_US, &c->a.arena);
    links_end(change, other, STAGE_START_US, &c->a.arena);
    assert_int_equal(state_commit(change, &err), OUTCOME_OK);
    clock_manual_advance(c->clock, 5 * US_PER_SECOND);
    (void)stage_case_record(&c->a, RDV("1", "2026-03-02 09:59:59 +0100"));
    stage_case_tend(&c->a);
    clock_manual_advance(c->clock, 601 * US_PER_SECOND);
    stage_case_tend(&c->a);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 0);
    assert_int_equal(metric_value(c->a.counts.items_ended[ITEM_COUNT_NO_HANDOFF]), 1);
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

static char *rdv_of(struct stage_case *c, int number)
{
    return arena_printf(&c->a.arena,
                        "{\"kind\":\"rdv\",\"id\":%d,\"person\":\"U%d\",\"at\":"
                        "\"2026-03-03 10:00:00 +0100\"}",
                        number, number);
}

/* More than one turn looks at: each that can go on does, none waits for its time. */
static void many_that_wait_are_all_looked_at_when_their_links_come(void **state)
{
    struct stage_case *c = stage_case_new(mapping, NULL, NULL);
    struct uuid id = known_id();
    char person[16];

    (void)state;
    for (int i = 0; i < 600; i++)
        (void)stage_case_record(&c->a, rdv_of(c, i));
    stage_case_tend(&c->a); /* looks at some */
    for (int i = 0; i < 600; i += 6) {
        (void)snprintf(person, sizeof(person), "U%d", i);
        id.octets[15] = (uint8_t)i;
        id.octets[14] = (uint8_t)(i >> 8);
        know(&c->a, id, person);
    }
    for (int turn = 0; turn < 3; turn++)
        stage_case_tend(&c->a);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 100);
    assert_int_equal(metric_value(c->a.counts.items_pending), 500);
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

/* The queue has an end: behind it their source keeps the records, and nobody calls that a
 * failure of the far end. Whoever is known goes on. */
static void what_may_no_longer_wait_is_left_to_its_source(void **state)
{
    struct stage_case *c = stage_case_new(mapping, NULL, NULL);
    struct error err = {0};
    struct result result;

    (void)state;
    for (int i = 0; i < 10000;) {
        struct state_change *change = state_begin(c->a.state);

        for (int end = i + 250; i < end; i++)
            state_put(change, STATE_MATCH_WAIT,
                      bytes_of_text(arena_printf(&c->a.arena, "other\x1f%d", i)),
                      BYTES_LITERAL("1"));
        assert_int_equal(state_commit(change, &err), OUTCOME_OK);
    }
    result = stage_case_record(&c->a, rdv_of(c, 1));
    assert_int_equal(result.outcome, OUTCOME_RETRY);
    assert_true(result.waits);
    assert_int_equal(metric_value(c->a.counts.items_ended[ITEM_COUNT_RETURNED]), 1);
    know(&c->a, known_id(), "U1");
    assert_int_equal(stage_case_record(&c->a, rdv_of(c, 1)).outcome, OUTCOME_OK);
    stage_case_free(c);
}

static void what_waited_in_vain_is_a_dead_letter_or_nobodys(void **state)
{
    struct stage_case *c = stage_case_new(mapping, NULL, NULL);

    (void)state;
    (void)stage_case_record(&c->a, DOSSIER(UNKNOWN_REF, "accepted"));
    (void)stage_case_record(&c->a, "{\"kind\":\"rdv\",\"id\":1,\"person\":\"U9\",\"at\":"
                                   "\"2026-03-03 10:00:00 +0100\"}");
    stage_case_tend(&c->a);
    clock_manual_advance(c->clock, 599 * US_PER_SECOND);
    stage_case_tend(&c->a);
    assert_int_equal(metric_value(c->a.counts.items_pending), 2);
    clock_manual_advance(c->clock, 2 * US_PER_SECOND);
    stage_case_tend(&c->a);
    assert_int_equal(metric_value(c->a.counts.items_pending), 0);
    assert_bytes_text(stage_case_rejection(&c->a, 0).code, "unknown_handoff");
    assert_int_equal(metric_value(c->a.counts.items_ended[ITEM_COUNT_NO_HANDOFF]), 1);
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

static void a_person_with_two_open_hand_overs_is_ambiguous_until_one_ends(void **state)
{
    struct stage_case *c = stage_case_new(mapping, NULL, NULL);
    struct uuid other = known_id();
    const char *rdv = "{\"kind\":\"rdv\",\"id\":1,\"person\":\"U1\",\"at\":"
                      "\"2026-03-03 10:00:00 +0100\"}";

    (void)state;
    other.octets[15] ^= 1;
    know(&c->a, known_id(), "U1");
    know(&c->a, other, "U1");
    (void)stage_case_record(&c->a, rdv);
    assert_bytes_text(stage_case_rejection(&c->a, 0).code, "ambiguous_link");
    (void)stage_case_record(&c->a, DOSSIER(UNKNOWN_REF, "declined"));
    clock_manual_advance(c->clock, US_PER_SECOND);
    (void)stage_case_record(&c->a, rdv);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 2);
    assert_true(uuid_equal(stage_case_event(&c->a, 1).envelope.handoff_id, other));
    stage_case_free(c);
}

static void our_own_write_that_comes_back_is_an_echo_until_they_say_something_else(void **state)
{
    struct stage_case *c = stage_case_new(mapping, NULL, NULL);
    struct state_change *change;
    struct error err = {0};

    (void)state;
    know(&c->a, known_id(), "U1");
    change = state_begin(c->a.state);
    echoes_put(&c->a.shared, change,
               &(struct echo_note){BYTES_LITERAL("dossier/7"), BYTES_LITERAL("received")},
               &c->a.arena);
    assert_int_equal(state_commit(change, &err), OUTCOME_OK);
    (void)stage_case_record(&c->a, DOSSIER(UNKNOWN_REF, "received"));
    (void)stage_case_record(&c->a, DOSSIER(UNKNOWN_REF, "received"));
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 0);
    assert_int_equal(metric_value(c->a.counts.items_ended[ITEM_COUNT_ECHO]), 2);
    (void)stage_case_record(&c->a, DOSSIER(UNKNOWN_REF, "accepted"));
    (void)stage_case_record(&c->a, DOSSIER(UNKNOWN_REF, "received"));
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 2);
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

/* Our write shows as a change of a record that says nothing new: once a write. */
static void a_repetition_is_an_echo_only_after_a_write_of_ours(void **state)
{
    struct stage_case *c = stage_case_new(mapping, NULL, NULL);
    struct bytes touched = echoes_touched(known_id(), &c->a.arena);
    struct error err = {0};

    (void)state;
    know(&c->a, known_id(), "U1");
    (void)stage_case_record(&c->a, DOSSIER(UNKNOWN_REF, "accepted"));
    (void)stage_case_record(&c->a, DOSSIER(UNKNOWN_REF, "accepted"));
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 2);
    assert_int_equal(state_set(c->a.state, STATE_ECHO, touched, BYTES_LITERAL("1"), &err),
                     OUTCOME_OK);
    (void)stage_case_record(&c->a, DOSSIER(UNKNOWN_REF, "accepted"));
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 2);
    assert_int_equal(metric_value(c->a.counts.items_ended[ITEM_COUNT_ECHO]), 1);
    (void)stage_case_record(&c->a, DOSSIER(UNKNOWN_REF, "accepted"));
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 3);
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_referral_goes_to_the_outbox_sealed_to_its_receiver),
        cmocka_unit_test(a_record_sent_again_finds_the_same_id),
        cmocka_unit_test(another_content_of_one_version_is_another_event),
        cmocka_unit_test(a_file_is_told_by_its_hmac_and_never_by_its_name),
        cmocka_unit_test(while_kafka_is_away_nothing_is_remembered_or_counted),
        cmocka_unit_test(a_link_is_durable_before_its_event_is_written),
        cmocka_unit_test(an_unknown_code_is_a_dead_letter_without_the_value),
        cmocka_unit_test(a_record_that_kafka_could_not_keep_is_a_dead_letter),
        cmocka_unit_test(what_is_no_json_is_one_dead_letter_of_the_source),
        cmocka_unit_test(a_referral_without_contact_is_contact_missing),
        cmocka_unit_test(an_answer_that_overtook_its_link_is_sent_when_the_link_comes),
        cmocka_unit_test(what_overtook_the_record_that_opens_waits_for_it),
        cmocka_unit_test(an_appointment_that_waited_is_not_lost_to_the_end_that_came_behind_it),
        cmocka_unit_test(
            an_appointment_of_before_the_end_is_of_that_hand_over_however_late_it_comes),
        cmocka_unit_test(an_appointment_of_before_two_ends_is_nobodys),
        cmocka_unit_test(many_that_wait_are_all_looked_at_when_their_links_come),
        cmocka_unit_test(what_may_no_longer_wait_is_left_to_its_source),
        cmocka_unit_test(what_waited_in_vain_is_a_dead_letter_or_nobodys),
        cmocka_unit_test(a_person_with_two_open_hand_overs_is_ambiguous_until_one_ends),
        cmocka_unit_test(a_repetition_is_an_echo_only_after_a_write_of_ours),
        cmocka_unit_test(our_own_write_that_comes_back_is_an_echo_until_they_say_something_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
