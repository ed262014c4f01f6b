/* SPDX-License-Identifier: Apache-2.0
 *
 * Pipeline, stages and memory together, against systems that misbehave: one person who
 * fails for ever among a thousand, and two systems that echo every change.
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "tests/support/fake_sink.h"
#include "tests/support/stage_case.h"

static const char mapping[] = "times: { formats: [\"%Y-%m-%d %H:%M:%S %z\"], zone: Europe/Paris }\n"
                              "unknown_fields: count\n"
                              "records:\n"
                              "  - name: orientation\n"
                              "    when: $.kind == orientation\n"
                              "    emit: referral\n"
                              "    entity: orientation \"/\" $.id\n"
                              "    version: $.at | datetime\n"
                              "    handoff: own\n"
                              "    links: { own: $.id }\n"
                              "    fields: { status: $.status | code(status), to_operator: o22 }\n"
                              "    contact: { birth_name: $.name, phone: \"+33601020304\" }\n"
                              "  - name: dossier\n"
                              "    when: $.kind == dossier and $.status != new\n"
                              "    emit: referral\n"
                              "    entity: dossier \"/\" $.id\n"
                              "    version: $.at | datetime\n"
                              "    handoff: given($.ref)\n"
                              "    fields: { status: $.status | code(status) }\n"
                              "deliver:\n"
                              "  - name: opened\n"
                              "    on: referral.ISSUED\n"
                              "    request: POST /dossiers\n"
                              "    headers: { Idempotency-Key: idempotency_key }\n"
                              "    body: { ref: handoff_id, name: contact.birth_name }\n"
                              "    remember: { dossier: $.dossier.id }\n"
                              "    receiver_ref: $.dossier.id\n"
                              "  - name: cancelled by the issuer\n"
                              "    on: referral.CANCEL_REQUESTED\n"
                              "    request: PATCH /dossiers/{link.dossier}\n"
                              "    safety: idempotent\n"
                              "    body: { state: event.status }\n"
                              "  - name: state\n"
                              "    on: [referral.DELIVERED, referral.RECEIVED, referral.ACCEPTED]\n"
                              "    request: PATCH /orientations/{link.own}\n"
                              "    safety: idempotent\n"
                              "    body: { state: event.status }\n"
                              "  - name: others\n"
                              "    on: [referral, appointment, closure, notice, refused]\n"
                              "    skip: not in this test\n"
                              "codes:\n"
                              "  status: { sent: ISSUED, cancel: CANCEL_REQUESTED, received: "
                              "RECEIVED, accepted: ACCEPTED }\n";

/* ---- One person among a thousand ---------------------------------------------------------- */

#define PEOPLE 1001
#define UNLUCKY 500

/* The inbox: one side's outbox, as the broker would hand it over. */
struct inbox {
    struct connector connector;
    const struct fake_log *log;
    size_t next;
    size_t acknowledged;
};

static enum outcome inbox_open(struct connector *connector, struct error *err)
{
    (void)connector;
    (void)err;
    return OUTCOME_OK;
}

static enum outcome inbox_pull(struct connector *connector, int32_t wait_ms, struct batch *batch,
                               struct error *err)
{
    struct inbox *inbox = (struct inbox *)connector;
    size_t count = fake_log_count(inbox->log, TOPIC_OUTBOX);
    struct record *record;

    (void)wait_ms;
    (void)err;
    while (inbox->next < count && (record = batch_add(batch)) != NULL) {
        const struct fake_entry *entry = fake_log_at(inbox->log, TOPIC_OUTBOX, inbox->next);

        record->body = entry->value;
        record->order_key = entry->key;
        record->position = (int64_t)inbox->next++;
    }
    return OUTCOME_OK;
}

static enum outcome inbox_ack(struct connector *connector, struct record *const *records,
                              size_t count, struct error *err)
{
    (void)records;
    (void)err;
    ((struct inbox *)connector)->acknowledged += count;
    return OUTCOME_OK;
}

static const struct connector_ops inbox_ops = {.name = "inbox",
                                               .role = CONNECTOR_SOURCE,
                                               .size = sizeof(struct inbox),
                                               .open = inbox_open,
                                               .pull = inbox_pull,
                                               .ack = inbox_ack};

static enum outcome fails_for_one(struct fake_sink *sink, const struct delivery_call *call,
                                  int32_t *status, const char **body, bool *maybe_done)
{
    (void)body;
    (void)maybe_done;
    (void)call;
    if (strstr(sink->last_body, "\"P500\""))
        *status = 500;
    return OUTCOME_OK;
}

static void one_person_who_fails_for_ever_hurts_none_of_a_thousand(void **state)
{
    struct fake_sink sink;
    struct stage_case *c;
    struct inbox inbox = {.connector = {.ops = &inbox_ops, .name = "inbox"}};
    struct pipeline_options options = {.name = "inbox", .operator_code = "o22", .seed = 3};
    CLEANUP(pipeline_freep) struct pipeline *pipeline = NULL;
    struct error err = {0};
    int64_t started;

    (void)state;
    fake_sink_init(&sink, fails_for_one);
    c = stage_case_new(mapping, NULL, &sink.connector);
    for (int i = 0; i < PEOPLE; i++) {
        char json[160];

        (void)snprintf(json, sizeof(json),
                       "{\"kind\":\"orientation\",\"id\":%d,\"status\":\"sent\","
                       "\"at\":\"2026-03-02 09:13:01 +0100\",\"name\":\"P%d\"}",
                       i, i);
        assert_int_equal(stage_case_record(&c->a, json).outcome, OUTCOME_OK);
    }
    inbox.log = &c->a.log;
    options.source = &inbox.connector;
    options.sink = &sink.connector;
    options.stage = c->b.outbound;
    options.clock = c->clock;
    options.metrics = c->b.metrics;
    pipeline = pipeline_new(&options);
    started = clock_mono_ms(c->clock);
    while (inbox.acknowledged < PEOPLE) {
        assert_int_equal(pipeline_round(pipeline, 0, &err), OUTCOME_OK);
        clock_manual_advance(c->clock, US_PER_SECOND / 10);
        if (clock_mono_ms(c->clock) - started > 60000)
            fail_msg("held up: %zu of %d", inbox.acknowledged, PEOPLE);
    }
    assert_int_equal(metric_value(c->b.counts.events_ended[EVENT_COUNT_DELIVERED]), PEOPLE - 1);
    assert_int_equal(metric_value(c->b.counts.events_pending), 1);
    assert_int_equal(state_count(c->b.state, STATE_PARKED), 1);
    assert_int_equal(fake_log_count(&c->b.log, TOPIC_OUTBOX), PEOPLE - 1);
    assert_int_equal(fake_log_count(&c->b.log, TOPIC_REJECTED), 0);
    stage_case_free(c);
}

/* ---- Two systems that echo every change ------------------------------------------------------ */

/* A system with one thing in it: whatever is written there, it tells the thing's state anew. */
struct system {
    struct fake_sink sink;
    const char *kind;
    const char *status;
    const char *at;
    char ref[UUID_TEXT_SIZE];
    int to_tell;
};

static enum outcome echoes_every_write(struct fake_sink *sink, const struct delivery_call *call,
                                       int32_t *status, const char **body, bool *maybe_done)
{
    struct system *system = sink->context;

    (void)call;
    (void)status;
    (void)body;
    (void)maybe_done;
    system->to_tell++;
    return OUTCOME_OK;
}

static void system_init(struct system *system, const char *kind, const char *status)
{
    *system = (struct system){.kind = kind, .status = status};
    system->at = "2026-03-02 09:13:01 +0100";
    fake_sink_init(&system->sink, echoes_every_write);
    system->sink.context = system;
}

static void change(struct system *system, const char *status, const char *at)
{
    system->status = status;
    system->at = at;
    system->to_tell++;
}

static void tell(struct system *system, struct stage_side *side)
{
    while (system->to_tell > 0) {
        char json[256];

        system->to_tell--;
        (void)snprintf(json, sizeof(json),
                       "{\"kind\":\"%s\",\"id\":7,\"ref\":\"%s\",\"status\":\"%s\",\"at\":\"%s\","
                       "\"name\":\"EXEMPLE\"}",
                       system->kind, system->ref, system->status, system->at);
        assert_int_equal(stage_case_record(side, json).outcome, OUTCOME_OK);
    }
    stage_case_tend(side);
}

/* The broker: what is new in one outbox goes to the other's inbox. */
static void route(struct stage_side *from, struct stage_side *to, size_t *done)
{
    while (*done < fake_log_count(&from->log, TOPIC_OUTBOX)) {
        assert_int_equal(stage_case_deliver(from, *done, to).outcome, OUTCOME_OK);
        (*done)++;
    }
}

static void two_systems_that_echo_every_change_say_only_facts(void **state)
{
    struct system a;
    struct system b;
    struct stage_case *c;
    size_t from_a = 0;
    size_t from_b = 0;

    (void)state;
    system_init(&a, "orientation", "sent");
    system_init(&b, "dossier", "new");
    c = stage_case_new(mapping, &a.sink.connector, &b.sink.connector);
    a.to_tell = 1;
    for (int second = 0; second < 600; second++) {
        if (second == 60)
            change(&b, "received", "2026-03-02 09:14:00 +0100");
        if (second == 180)
            change(&b, "accepted", "2026-03-02 09:16:00 +0100");
        if (second == 300)
            change(&a, "cancel", "2026-03-02 09:18:00 +0100");
        tell(&a, &c->a);
        route(&c->a, &c->b, &from_a);
        if (from_a == 1)
            (void)uuid_format(stage_case_event(&c->a, 0).envelope.handoff_id, b.ref);
        tell(&b, &c->b);
        route(&c->b, &c->a, &from_b);
        clock_manual_advance(c->clock, US_PER_SECOND);
    }
    assert_int_equal(from_a, 2); /* ISSUED, CANCEL_REQUESTED             */
    assert_int_equal(from_b, 3); /* DELIVERED, RECEIVED, ACCEPTED        */
    assert_int_equal(a.sink.calls, 3);
    assert_int_equal(b.sink.calls, 2);
    assert_true(metric_value(c->a.counts.items_ended[ITEM_COUNT_ECHO]) > 0);
    assert_true(metric_value(c->b.counts.items_ended[ITEM_COUNT_ECHO]) > 0);
    stage_case_assert_conserved(&c->a);
    stage_case_assert_conserved(&c->b);
    stage_case_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_person_who_fails_for_ever_hurts_none_of_a_thousand),
        cmocka_unit_test(two_systems_that_echo_every_change_say_only_facts),
    };

    log_set_level(LOG_ERROR + 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
