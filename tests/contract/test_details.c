/* SPDX-License-Identifier: Apache-2.0
 *
 * A webhook that only says "this changed", the system that it comes from, and everything in
 * between, over real HTTP: its sender hears 2xx once the event of the whole record is durable, and
 * 503 in time when the detail cannot be had.
 */
#include "tests/support/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/http_client.h"
#include "base/log.h"
#include "connectors/completing.h"
#include "connectors/drivers/drivers.h"
#include "tests/support/stage_case.h"

/* How long a notice waits; on a machine that is busy with other things a second is nothing. */
#define WAIT_MS 30000
#define SHORT_MS 2000

static const char mapping[] =
    "source: { type: webhook, detail: { request: \"GET /orientations/{$.id}\" } }\n"
    "records:\n"
    "  - when: present($.detail)\n"
    "    emit: referral\n"
    "    entity: $.id\n"
    "    version: $.detail.at | datetime(iso, \"Europe/Paris\")\n"
    "    handoff: own\n"
    "    fields:\n"
    "      status: $.detail.status | code(sent = ISSUED)\n"
    "      to_operator: o22\n"
    "    contact: { birth_name: $.detail.name, phone: \"+33601020304\" }\n"
    "  - when: empty($.detail)\n"
    "    emit: referral\n"
    "    entity: $.id\n"
    "    version: $.at | datetime(iso, \"Europe/Paris\")\n"
    "    handoff: own\n"
    "    fields: { status: ERASED }\n";

/* Where the notices come from, and what is behind them. */
struct their_system {
    atomic_int status; /* of a detail */
    atomic_int html;   /* a page instead of JSON */
    atomic_int slow;   /* an answer is kept until this is 0 */
    atomic_int calls;
    atomic_int trusted; /* calls with the token */
};

static void answer_detail(void *context, const struct http_server_request *request,
                          struct http_reply *reply)
{
    struct their_system *origin = context;
    const char *token = http_request_header(request, "X-Token");
    struct waiter *waiter = waiter_new();

    atomic_fetch_add(&origin->calls, 1);
    atomic_fetch_add(&origin->trusted, token && strcmp(token, "demo-secret") == 0);
    while (atomic_load(&origin->slow) > 0)
        (void)waiter_wait_ms(waiter, 5);
    waiter_free(waiter);
    reply->status = atomic_load(&origin->status);
    reply->retry_after_s = reply->status == 503 ? 30 : 0;
    reply->content_type = atomic_load(&origin->html) ? "text/html" : "application/json";
    buffer_append_text(&reply->body, atomic_load(&origin->html)
                                         ? "<html>page introuvable</html>"
                                         : "{\"at\":\"2026-03-02T10:00:00\",\"status\":\"sent\","
                                           "\"name\":\"EXEMPLE\"}");
}

/* All of one connector. */
struct line {
    struct stage_case *c;
    struct their_system origin;
    struct http_server *far;
    struct http_server *here;
    struct connector_context context;
    int wait_ms;
    atomic_int notices; /* that came */
    struct connector *source;
    struct stage *completing;
    struct pipeline *pipeline;
};

static void serve_notice(void *context, const struct http_server_request *request,
                         struct http_reply *reply)
{
    struct line *line = context;

    atomic_fetch_add(&line->notices, 1);
    if (!line->source->ops->serve(line->source, request, reply))
        reply->status = 404;
}

static struct yaml_node *read_node(struct line *line, const char *yaml)
{
    struct stage_side *side = &line->c->a;
    struct yaml_node *node = NULL;

    assert_int_equal(
        yaml_read("source.yaml", bytes_of_text(yaml), &side->arena, side->diagnostics, &node, NULL),
        OUTCOME_OK);
    return node;
}

/* Where `keys` stand beside the address: in the source itself, in the sink whose API it shares, or
 * in a sink of the same host, while the source has an address alone. */
enum keys_of { KEYS_OF_SOURCE, KEYS_OF_SINK, KEYS_OF_HOST };

static void make_source(struct line *line, const char *keys, enum keys_of of)
{
    struct arena *arena = &line->c->a.arena;
    const char *address =
        arena_printf(arena, "base_url: http://127.0.0.1:%u\n", http_server_port(line->far));
    const char *api = arena_printf(arena, "%s%s", address, keys);
    const char *source = arena_printf(arena,
                                      "type: webhook\npath: /hook\nwait_ms: %d\n"
                                      "detail: { request: \"GET /orientations/{$.id}\" }\n%s",
                                      line->wait_ms,
                                      of == KEYS_OF_SINK   ? ""
                                      : of == KEYS_OF_HOST ? address
                                                           : api);
    struct error err = {0};

    if (of == KEYS_OF_HOST) /* another path of it */
        api = arena_printf(arena, "base_url: HTTP://127.0.0.1:%u/api\n%s",
                           http_server_port(line->far), keys);
    if (of != KEYS_OF_SOURCE)
        line->context.sink = read_node(line, arena_printf(arena, "type: rest\n%s", api));
    if (connector_new(&webhook_source, read_node(line, source), "webhook-1", &line->context,
                      line->c->a.diagnostics, &line->source, &err) != OUTCOME_OK)
        fail_msg("%s", err.text);
}

/* Before that everybody is told "later". */
static void wait_until_open(const struct line *line)
{
    struct waiter *waiter = waiter_new();

    for (int i = 0; i < 4000 && pipeline_health(line->pipeline) != PIPELINE_WORKS; i++)
        (void)waiter_wait_ms(waiter, 5);
    waiter_free(waiter);
}

static void line_make(struct line *line, const char *keys, int wait_ms, enum keys_of of)
{
    struct http_server_options far = {.handler = answer_detail, .context = &line->origin};
    struct http_server_options here = {.handler = serve_notice, .context = line};
    struct completing_options completing = {.source_number = 0};
    struct pipeline_options options = {.name = "webhook-1", .operator_code = "o21", .seed = 3};
    struct error err = {0};

    log_set_level(LOG_ERROR);
    memset(line, 0, sizeof(*line));
    line->wait_ms = wait_ms;
    atomic_store(&line->origin.status, 200);
    line->c = stage_case_new(mapping, NULL, NULL);
    if (http_server_start(&far, &line->far, &err) != OUTCOME_OK)
        fail_msg("%s", err.text);
    line->context = (struct connector_context){.operator_code = "o21",
                                               .system = "crm",
                                               .clock = line->c->clock,
                                               .metrics = line->c->a.metrics,
                                               .state = line->c->a.state};
    make_source(line, keys, of);
    completing.shared = &line->c->a.shared;
    completing.metrics = line->c->a.metrics;
    completing.source = line->source;
    completing.inner = line->c->a.inbound;
    line->completing = completing_new(&completing);
    options.source = line->source;
    options.stage = line->completing;
    options.clock = line->c->clock;
    options.metrics = line->c->a.metrics;
    line->pipeline = pipeline_new(&options);
    pipeline_start(line->pipeline);
    if (http_server_start(&here, &line->here, &err) != OUTCOME_OK)
        fail_msg("%s", err.text);
    wait_until_open(line);
}

static void line_init(struct line *line, const char *keys)
{
    line_make(line, keys, WAIT_MS, KEYS_OF_SOURCE);
}

static void line_deinit(struct line *line)
{
    struct error err = {0};

    pipeline_stop(line->pipeline);
    assert_int_equal(pipeline_join(line->pipeline, &err), OUTCOME_OK);
    http_server_stop(line->here);
    http_server_stop(line->far);
    pipeline_free(line->pipeline);
    completing_free(line->completing);
    connector_free(line->source);
    stage_case_assert_conserved(&line->c->a);
    stage_case_free(line->c);
}

/* What their system hears; Retry-After in *ret_retry_after_s. */
static int32_t notify(struct line *line, const char *body, int32_t *ret_retry_after_s)
{
    static const struct http_header type = {"Content-Type", "application/json"};
    const struct http_client_options options = {.user_agent = "relais-test"};
    CLEANUP(http_client_freep) struct http_client *client = http_client_new(&options);
    CLEANUP(arena_deinit) struct arena arena = {0};
    struct http_response response = {0};
    char url[64];
    struct http_request request = {.method = "POST",
                                   .url = url,
                                   .headers = &type,
                                   .header_count = 1,
                                   .body = bytes_of_text(body)};
    bool maybe_done;
    struct error err = {0};

    arena_init(&arena);
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/hook", http_server_port(line->here));
    if (http_client_call(client, &request, &arena, &response, &maybe_done, &err) != OUTCOME_OK)
        fail_msg("%s", err.text);
    if (ret_retry_after_s)
        *ret_retry_after_s = response.retry_after_s;
    return response.status;
}

#define NOTICE "{\"id\":12,\"at\":\"2026-03-02T10:01:00\"}"

static size_t durable(const struct line *line)
{
    return fake_log_count(&line->c->a.log, TOPIC_OUTBOX);
}

static int64_t answers(const struct line *line, const char *answer)
{
    char labels[96];

    (void)snprintf(labels, sizeof(labels), "op=\"o21\",source=\"webhook-1\",answer=\"%s\"", answer);
    return metric_value(
        metrics_counter(line->c->a.metrics, "relais_detail_answers_total", labels, ""));
}

/* Until it is so many, and a moment longer. */
static void wait_for(atomic_int *number, int most)
{
    struct waiter *waiter = waiter_new();

    for (int i = 0; i < 4000 && atomic_load(number) < most; i++)
        (void)waiter_wait_ms(waiter, 5);
    (void)waiter_wait_ms(waiter, 300);
    waiter_free(waiter);
}

static void wait_for_retries(const struct line *line, int64_t retries)
{
    const struct metric *metric =
        metrics_counter(line->c->a.metrics, "relais_pipeline_retries_total",
                        "op=\"o21\",pipeline=\"webhook-1\"", "");
    struct waiter *waiter = waiter_new();

    for (int i = 0; i < 4000 && metric_value(metric) < retries; i++)
        (void)waiter_wait_ms(waiter, 5);
    (void)waiter_wait_ms(waiter, 300);
    waiter_free(waiter);
    assert_true(metric_value(metric) >= retries);
}

static void its_sender_hears_2xx_once_the_whole_record_is_durable(void **state)
{
    struct line line;

    (void)state;
    line_init(&line, "");
    assert_int_equal(notify(&line, NOTICE, NULL), 200);
    assert_int_equal(durable(&line), 1);
    assert_int_equal(stage_case_event(&line.c->a, 0).referral.status, REFERRAL_ISSUED);
    assert_int_equal(notify(&line, NOTICE, NULL), 200);
    assert_true(uuid_equal(stage_case_event(&line.c->a, 0).envelope.event_id,
                           stage_case_event(&line.c->a, 1).envelope.event_id));
    assert_int_equal(atomic_load(&line.origin.calls), 2);
    line_deinit(&line);
}

static void a_detail_that_fails_is_503_and_the_next_notice_finds_it(void **state)
{
    struct line line;
    int32_t retry_after_s;

    (void)state;
    line_init(&line, "");
    atomic_store(&line.origin.status, 500);
    assert_int_equal(notify(&line, NOTICE, &retry_after_s), 503);
    assert_true(retry_after_s > 0);
    assert_int_equal(durable(&line), 0);
    assert_int_equal(fake_log_count(&line.c->a.log, TOPIC_REJECTED), 0);
    atomic_store(&line.origin.status, 200);
    assert_int_equal(notify(&line, NOTICE, NULL), 200);
    assert_int_equal(durable(&line), 1);
    line_deinit(&line);
}

/* Nobody is called while they asked for a pause; their system hears 503 at once. */
static void a_pause_that_they_asked_for_is_kept(void **state)
{
    struct line line;

    (void)state;
    line_init(&line, "");
    atomic_store(&line.origin.status, 503); /* Retry-After: 30 */
    assert_int_equal(notify(&line, NOTICE, NULL), 503);
    atomic_store(&line.origin.status, 200);
    assert_int_equal(notify(&line, NOTICE, NULL), 503);
    assert_int_equal(atomic_load(&line.origin.calls), 1);
    clock_manual_advance(line.c->clock, 31 * US_PER_SECOND);
    assert_int_equal(notify(&line, NOTICE, NULL), 200);
    line_deinit(&line);
}

static void what_is_gone_is_said_by_a_rule(void **state)
{
    struct line line;

    (void)state;
    line_init(&line, "");
    assert_int_equal(notify(&line, NOTICE, NULL), 200);
    atomic_store(&line.origin.status, 404);
    assert_int_equal(notify(&line, NOTICE, NULL), 200);
    assert_int_equal(durable(&line), 2);
    assert_int_equal(stage_case_event(&line.c->a, 1).referral.status, REFERRAL_ERASED);
    line_deinit(&line);
}

/* A wrong address, or a proxy's page: nobody is erased by it. */
static void a_page_in_html_is_later_whatever_its_status(void **state)
{
    static const int statuses[] = {200, 404, 410};
    struct line line;

    (void)state;
    line_init(&line, "");
    atomic_store(&line.origin.html, 1);
    for (int i = 0; i < 3; i++) {
        atomic_store(&line.origin.status, statuses[i]);
        clock_manual_advance(line.c->clock, 60 * US_PER_SECOND);
        assert_int_equal(notify(&line, NOTICE, NULL), 503);
    }
    assert_int_equal(durable(&line), 0);
    assert_int_equal(answers(&line, "unreadable"), 3);
    assert_int_equal(fake_log_count(&line.c->a.log, TOPIC_REJECTED), 0);
    line_deinit(&line);
}

static void a_slow_detail_is_503_within_the_time_of_the_webhook(void **state)
{
    struct line line;
    int64_t before;

    (void)state;
    line_make(&line, "timeout_ms: 60000\n", SHORT_MS, KEYS_OF_SOURCE);
    atomic_store(&line.origin.slow, 1);
    before = clock_mono_ms(clock_system());
    assert_int_equal(notify(&line, NOTICE, NULL), 503);
    assert_in_range(clock_mono_ms(clock_system()) - before, SHORT_MS - 100, SHORT_MS + 20000);
    wait_for_retries(&line, 1); /* the call has ended with it */
    assert_int_equal(durable(&line), 0);
    atomic_store(&line.origin.slow, 0);
    line_deinit(&line);
}

static void *notify_in_thread(void *context)
{
    return (void *)(intptr_t)notify(context, NOTICE, NULL);
}

static void wait_for_call(struct line *line)
{
    wait_for(&line->origin.calls, 1);
    assert_int_equal(atomic_load(&line->origin.calls), 1);
}

static void a_stop_does_not_wait_for_a_detail(void **state)
{
    struct line line;
    struct error err = {0};
    pthread_t thread;
    void *status;
    int64_t before;

    (void)state;
    line_init(&line, "timeout_ms: 60000\n");
    atomic_store(&line.origin.slow, 1);
    assert_int_equal(pthread_create(&thread, NULL, notify_in_thread, &line), 0);
    wait_for_call(&line);
    before = clock_mono_ms(clock_system());
    pipeline_stop(line.pipeline);
    assert_int_equal(pipeline_join(line.pipeline, &err), OUTCOME_OK);
    assert_int_equal(pthread_join(thread, &status), 0);
    assert_true(clock_mono_ms(clock_system()) - before < 5000);
    assert_int_equal((intptr_t)status, 503);
    assert_int_equal(durable(&line), 0);
    atomic_store(&line.origin.slow, 0);
    line_deinit(&line);
}

/* Those behind it in the queue are told in time too, and then nobody is called for them. */
static void a_notice_whose_sender_was_told_later_calls_nobody(void **state)
{
    struct line line;
    pthread_t threads[3];

    (void)state;
    line_make(&line, "timeout_ms: 60000\n", SHORT_MS, KEYS_OF_SOURCE);
    atomic_store(&line.origin.slow, 1);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, notify_in_thread, &line), 0);
    wait_for_call(&line);
    wait_for(&line.notices, 3);
    clock_manual_advance(line.c->clock, (SHORT_MS + 1) * INT64_C(1000));
    for (int i = 0; i < 3; i++) {
        void *status;

        assert_int_equal(pthread_join(threads[i], &status), 0);
        assert_int_equal((intptr_t)status, 503);
    }
    wait_for_retries(&line, 1); /* those that were not even pulled are nobody's any more */
    assert_int_equal(atomic_load(&line.origin.calls), 1);
    atomic_store(&line.origin.slow, 0);
    line_deinit(&line);
}

static void a_notice_that_has_that_field_already_is_a_dead_letter(void **state)
{
    struct line line;

    (void)state;
    line_init(&line, "");
    assert_int_equal(notify(&line, "{\"id\":12,\"detail\":null}", NULL), 200);
    assert_int_equal(atomic_load(&line.origin.calls), 0);
    assert_bytes_text(stage_case_rejection(&line.c->a, 0).code, "unreadable_record");
    assert_int_equal(durable(&line), 0);
    line_deinit(&line);
}

static void a_source_without_an_address_shares_the_one_of_the_sink(void **state)
{
    static const char secret[] = "demo-secret\n";
    char path[] = "build/token-XXXXXX";
    char keys[160];
    struct line line;
    int file = mkstemp(path);

    (void)state;
    assert_true(file >= 0);
    assert_int_equal(write(file, secret, strlen(secret)), strlen(secret));
    assert_int_equal(close(file), 0);
    (void)snprintf(keys, sizeof(keys),
                   "auth: { type: header, name: X-Token, secret_file: %s }\n"
                   "limits: { requests_per_second: 50 }\n",
                   path);
    line_make(&line, keys, WAIT_MS, KEYS_OF_SINK);
    assert_int_equal(notify(&line, NOTICE, NULL), 200);
    assert_int_equal(atomic_load(&line.origin.trusted), 1);
    assert_int_equal(unlink(path), 0);
    line_deinit(&line);
}

/* At ten o'clock in Paris; what is behind a closed door says "gone" of everything. */
static void hours_hold(enum keys_of of)
{
    struct line line;
    int32_t retry_after_s;

    line_make(&line, "limits: { hours: \"12:00-13:00\" }\n", WAIT_MS, of);
    atomic_store(&line.origin.status, 404);
    assert_int_equal(notify(&line, NOTICE, &retry_after_s), 503);
    assert_true(retry_after_s > 0);
    assert_int_equal(atomic_load(&line.origin.calls), 0);
    assert_int_equal(durable(&line), 0);
    atomic_store(&line.origin.status, 200);
    clock_manual_advance(line.c->clock, INT64_C(7201) * US_PER_SECOND);
    assert_int_equal(notify(&line, NOTICE, NULL), 200);
    assert_int_equal(durable(&line), 1);
    line_deinit(&line);
}

static void a_detail_waits_for_the_opening_hours_of_the_sink(void **state)
{
    (void)state;
    hours_hold(KEYS_OF_SINK);
}

static void a_detail_waits_for_the_opening_hours_beside_it(void **state)
{
    (void)state;
    hours_hold(KEYS_OF_SOURCE);
}

static void a_detail_of_the_sinks_host_waits_for_its_opening_hours(void **state)
{
    (void)state;
    hours_hold(KEYS_OF_HOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_sender_hears_2xx_once_the_whole_record_is_durable),
        cmocka_unit_test(a_detail_that_fails_is_503_and_the_next_notice_finds_it),
        cmocka_unit_test(a_pause_that_they_asked_for_is_kept),
        cmocka_unit_test(what_is_gone_is_said_by_a_rule),
        cmocka_unit_test(a_page_in_html_is_later_whatever_its_status),
        cmocka_unit_test(a_slow_detail_is_503_within_the_time_of_the_webhook),
        cmocka_unit_test(a_stop_does_not_wait_for_a_detail),
        cmocka_unit_test(a_notice_whose_sender_was_told_later_calls_nobody),
        cmocka_unit_test(a_notice_that_has_that_field_already_is_a_dead_letter),
        cmocka_unit_test(a_source_without_an_address_shares_the_one_of_the_sink),
        cmocka_unit_test(a_detail_waits_for_the_opening_hours_of_the_sink),
        cmocka_unit_test(a_detail_waits_for_the_opening_hours_beside_it),
        cmocka_unit_test(a_detail_of_the_sinks_host_waits_for_its_opening_hours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
