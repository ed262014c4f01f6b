/* SPDX-License-Identifier: Apache-2.0
 *
 * A polled list of thin notices: each is completed before it is translated, what cannot be
 * had holds up nothing but itself, and not for ever.
 */
#include "tests/support/test.h"

#include <stdio.h>

#include "base/log.h"
#include "connectors/completing.h"
#include "tests/support/stage_case.h"

static const char mapping[] =
    "source: { type: rest, detail: { request: \"GET /orientations/{$.id}\" } }\n"
    "records:\n"
    "  - emit: referral\n"
    "    entity: $.id\n"
    "    version: $.detail.at | datetime(iso, \"Europe/Paris\")\n"
    "    handoff: own\n"
    "    fields:\n"
    "      status: $.detail.status | code(sent = ISSUED)\n"
    "      to_operator: o22\n"
    "    contact: { birth_name: $.detail.name, phone: \"+33601020304\" }\n";

/* Their list, and what is behind it. */
struct list {
    struct connector connector;
    struct connector_context context;
    bool closed; /* what is behind it, at this hour */
    int asked;   /* whether it is closed */
    int count;
    int next;
    int acknowledged;
    int fetches;
    int fails;         /* this one's detail never comes; -1: none; -2: nobody's */
    int gone;          /* this one is gone; -1: none                            */
    const char *names; /* what the details say                                  */
};

static enum outcome list_open(struct connector *connector, struct error *err)
{
    (void)connector;
    (void)err;
    return OUTCOME_OK;
}

static enum outcome list_pull(struct connector *connector, int32_t wait_ms, struct batch *batch,
                              struct error *err)
{
    struct list *list = (struct list *)connector;
    struct record *record;

    (void)wait_ms;
    (void)err;
    while (list->next < list->count && (record = batch_add(batch)) != NULL) {
        record->body = bytes_of_text(arena_printf(&batch->arena, "{\"id\":%d}", list->next));
        record->position = list->next++;
        record->observed_at = STAGE_START_US;
    }
    return OUTCOME_OK;
}

static enum outcome list_ack(struct connector *connector, struct record *const *records,
                             size_t count, struct error *err)
{
    (void)records;
    (void)err;
    ((struct list *)connector)->acknowledged += (int)count;
    return OUTCOME_OK;
}

static enum outcome list_fetch(struct connector *connector, const char *path, int32_t timeout_ms,
                               struct arena *arena, struct http_response *ret_response,
                               struct error *err)
{
    struct list *list = (struct list *)connector;
    int number = -1;

    assert_false(list->closed);
    assert_int_equal(timeout_ms, 0);
    assert_int_equal(sscanf(path, "/orientations/%d", &number), 1);
    list->fetches++;
    if (list->fails == -2)
        return error_set(err, OUTCOME_RETRY, "scripted");
    *ret_response = (struct http_response){
        .status = number == list->fails  ? 500
                  : number == list->gone ? 404
                                         : 200,
        .content_type = "application/json",
        .etag = "",
        .retry_after_s = -1,
        .body = bytes_of_text(arena_printf(arena,
                                           "{\"at\":\"2026-03-02T10:00:00\",\"status\":\"sent\","
                                           "\"name\":\"%s\"}",
                                           list->names))};
    return OUTCOME_OK;
}

static int64_t list_fetch_closed_until(struct connector *connector)
{
    struct list *list = (struct list *)connector;

    list->asked++;
    return list->closed ? INT64_MAX : 0;
}

static const struct connector_ops list_ops = {.name = "rest",
                                              .role = CONNECTOR_SOURCE,
                                              .size = sizeof(struct list),
                                              .open = list_open,
                                              .pull = list_pull,
                                              .ack = list_ack,
                                              .fetch = list_fetch,
                                              .fetch_closed_until = list_fetch_closed_until};

struct bench {
    struct stage_case *c;
    struct list list;
    struct stage *completing;
    struct pipeline *pipeline;
};

static void bench_init(struct bench *bench, int count)
{
    struct stage_case *c = stage_case_new(mapping, NULL, NULL);
    struct completing_options completing = {.shared = &c->a.shared,
                                            .metrics = c->a.metrics,
                                            .source = &bench->list.connector,
                                            .inner = c->a.inbound};
    struct pipeline_options options = {.name = "rest-1",
                                       .source = &bench->list.connector,
                                       .clock = c->clock,
                                       .metrics = c->a.metrics,
                                       .operator_code = "o21",
                                       .seed = 3};

    log_set_level(LOG_ERROR);
    *bench = (struct bench){.c = c,
                            .list = {.count = count, .fails = -1, .gone = -1, .names = "EXEMPLE"}};
    bench->list.connector =
        (struct connector){.ops = &list_ops, .name = "rest-1", .context = &bench->list.context};
    bench->list.context.operator_code = "o21";
    bench->completing = completing_new(&completing);
    options.stage = bench->completing;
    bench->pipeline = pipeline_new(&options);
}

static void bench_deinit(struct bench *bench)
{
    stage_case_assert_conserved(&bench->c->a);
    pipeline_free(bench->pipeline);
    completing_free(bench->completing);
    stage_case_free(bench->c);
}

/* Rounds, each a tenth of a second after the other, for so long. */
static void run_for(struct bench *bench, int seconds)
{
    struct error err = {0};

    for (int i = 0; i < 10 * seconds; i++) {
        if (pipeline_round(bench->pipeline, 0, &err) != OUTCOME_OK)
            fail_msg("%s", err.text);
        clock_manual_advance(bench->c->clock, US_PER_SECOND / 10);
    }
}

static int64_t answers(const struct bench *bench, const char *answer)
{
    char labels[96];

    (void)snprintf(labels, sizeof(labels), "op=\"o21\",source=\"rest-1\",answer=\"%s\"", answer);
    return metric_value(
        metrics_counter(bench->c->a.metrics, "relais_detail_answers_total", labels, ""));
}

static void each_notice_is_completed_by_one_call(void **state)
{
    struct bench bench;

    (void)state;
    bench_init(&bench, 20);
    run_for(&bench, 10);
    assert_int_equal(bench.list.acknowledged, 20);
    assert_int_equal(bench.list.fetches, 20);
    assert_int_equal(fake_log_count(&bench.c->a.log, TOPIC_OUTBOX), 20);
    assert_int_equal(answers(&bench, "taken"), 20);
    bench_deinit(&bench);
}

/* Its event follows from the notice and the detail, and from nothing else. */
static void the_same_notice_with_the_same_detail_is_the_same_event(void **state)
{
    struct bench bench;

    (void)state;
    bench_init(&bench, 1);
    for (int i = 0; i < 3; i++) {
        bench.list.next = 0;
        bench.list.names = i < 2 ? "EXEMPLE" : "AUTRE";
        run_for(&bench, 2);
    }
    assert_int_equal(fake_log_count(&bench.c->a.log, TOPIC_OUTBOX), 3);
    assert_true(uuid_equal(stage_case_event(&bench.c->a, 0).envelope.event_id,
                           stage_case_event(&bench.c->a, 1).envelope.event_id));
    assert_false(uuid_equal(stage_case_event(&bench.c->a, 0).envelope.event_id,
                            stage_case_event(&bench.c->a, 2).envelope.event_id));
    bench_deinit(&bench);
}

static void a_detail_that_never_comes_ends_as_a_dead_letter_while_others_come(void **state)
{
    struct bench bench;

    (void)state;
    bench_init(&bench, 12);
    bench.list.fails = 3;
    run_for(&bench, 5);
    assert_int_equal(fake_log_count(&bench.c->a.log, TOPIC_OUTBOX), 11);
    assert_int_equal(bench.list.acknowledged, 3); /* in the order of the list */
    run_for(&bench, 600);
    assert_int_equal(bench.list.acknowledged, 12);
    assert_int_equal(fake_log_count(&bench.c->a.log, TOPIC_REJECTED), 1);
    assert_bytes_text(stage_case_rejection(&bench.c->a, 0).code, "detail_unavailable");
    assert_int_equal(answers(&bench, "later"), COMPLETING_TRIES + 1);
    bench_deinit(&bench);
}

static void while_their_system_is_down_nothing_becomes_a_dead_letter(void **state)
{
    struct bench bench;

    (void)state;
    bench_init(&bench, 3);
    bench.list.fails = -2;
    run_for(&bench, 3600);
    assert_int_equal(bench.list.acknowledged, 0);
    assert_int_equal(fake_log_count(&bench.c->a.log, TOPIC_REJECTED), 0);
    assert_true(bench.list.fetches < 120); /* one at a time, with growing pauses */
    bench.list.fails = -1;
    run_for(&bench, 120);
    assert_int_equal(bench.list.acknowledged, 3);
    assert_int_equal(fake_log_count(&bench.c->a.log, TOPIC_OUTBOX), 3);
    bench_deinit(&bench);
}

/* What their system owed while it was down counts against nobody. */
static void one_failure_behind_an_outage_is_no_dead_letter(void **state)
{
    struct bench bench;

    (void)state;
    bench_init(&bench, 3);
    bench.list.fails = -2;
    run_for(&bench, 1800);
    bench.list.fails = 1;
    for (int i = 0; i < 3000 && fake_log_count(&bench.c->a.log, TOPIC_OUTBOX) < 2; i++)
        run_for(&bench, 1);
    run_for(&bench, 2);
    assert_int_equal(fake_log_count(&bench.c->a.log, TOPIC_OUTBOX), 2);
    bench.list.fails = -1;
    run_for(&bench, 120);
    assert_int_equal(fake_log_count(&bench.c->a.log, TOPIC_REJECTED), 0);
    assert_int_equal(bench.list.acknowledged, 3);
    bench_deinit(&bench);
}

/* Pulled before they closed; a night is no try, and the first failure of the morning no end. */
static void what_was_pulled_waits_for_their_opening_hours(void **state)
{
    struct bench bench;

    (void)state;
    bench_init(&bench, 3);
    bench.list.closed = true;
    run_for(&bench, 2 * 3600);
    assert_int_equal(bench.list.fetches, 0);
    assert_int_equal(bench.list.acknowledged, 0);
    assert_int_equal(pipeline_health(bench.pipeline), PIPELINE_WORKS);
    bench.list.closed = false;
    bench.list.fails = 2;
    run_for(&bench, 120);
    assert_int_equal(bench.list.acknowledged, 2);
    assert_int_equal(fake_log_count(&bench.c->a.log, TOPIC_REJECTED), 0);
    bench.list.fails = -1;
    run_for(&bench, 600);
    assert_int_equal(bench.list.acknowledged, 3);
    assert_int_equal(fake_log_count(&bench.c->a.log, TOPIC_OUTBOX), 3);
    bench_deinit(&bench);
}

/* A probe that calls nobody is not made again at once. */
static void what_is_down_when_they_close_waits_too(void **state)
{
    struct bench bench;

    (void)state;
    bench_init(&bench, 3);
    bench.list.fails = -2;
    run_for(&bench, 600);
    assert_int_equal(pipeline_health(bench.pipeline), PIPELINE_DOWN);
    bench.list.closed = true;
    bench.list.asked = 0;
    run_for(&bench, 3600);
    assert_in_range(bench.list.asked, 1, 3600 * 4);
    bench.list.closed = false;
    bench.list.fails = -1;
    run_for(&bench, 600);
    assert_int_equal(bench.list.acknowledged, 3);
    assert_int_equal(fake_log_count(&bench.c->a.log, TOPIC_REJECTED), 0);
    bench_deinit(&bench);
}

static void what_is_whole_is_asked_for_once_while_kafka_is_away(void **state)
{
    struct bench bench;

    (void)state;
    bench_init(&bench, 1);
    bench.c->a.log.fail_next = 4;
    run_for(&bench, 60);
    assert_int_equal(bench.list.acknowledged, 1);
    assert_int_equal(bench.list.fetches, 1);
    assert_int_equal(fake_log_count(&bench.c->a.log, TOPIC_OUTBOX), 1);
    bench_deinit(&bench);
}

/* No rule says what gone means: nothing is guessed, it is told. */
static void what_is_gone_and_has_no_rule_is_a_dead_letter(void **state)
{
    struct bench bench;

    (void)state;
    bench_init(&bench, 2);
    bench.list.gone = 1;
    run_for(&bench, 5);
    assert_int_equal(bench.list.acknowledged, 2);
    assert_int_equal(fake_log_count(&bench.c->a.log, TOPIC_OUTBOX), 1);
    assert_bytes_text(stage_case_rejection(&bench.c->a, 0).code, "missing_field");
    assert_int_equal(answers(&bench, "gone"), 1);
    bench_deinit(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_notice_is_completed_by_one_call),
        cmocka_unit_test(the_same_notice_with_the_same_detail_is_the_same_event),
        cmocka_unit_test(a_detail_that_never_comes_ends_as_a_dead_letter_while_others_come),
        cmocka_unit_test(while_their_system_is_down_nothing_becomes_a_dead_letter),
        cmocka_unit_test(one_failure_behind_an_outage_is_no_dead_letter),
        cmocka_unit_test(what_was_pulled_waits_for_their_opening_hours),
        cmocka_unit_test(what_is_down_when_they_close_waits_too),
        cmocka_unit_test(what_is_whole_is_asked_for_once_while_kafka_is_away),
        cmocka_unit_test(what_is_gone_and_has_no_rule_is_a_dead_letter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
