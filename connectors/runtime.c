/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/runtime.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/log.h"
#include "connectors/completing.h"
#include "connectors/drivers/drivers.h"
#include "connectors/drivers/pace.h"
#include "connectors/inbound.h"
#include "connectors/inbox_reader.h"
#include "connectors/mapping/completion.h"
#include "connectors/memory/claim.h"
#include "connectors/outbound.h"
#include "connectors/pages.h"
#include "directory/follow.h"
#include "schemas/registry.h"

#define RUNTIME_WATCH_MS 500
#define RUNTIME_APPEND_MS 5000
#define RUNTIME_FOLLOW_MS 3000 /* no stop waits longer for it */

/* One pipeline and what only it uses. */
struct line {
    struct connector *source;
    struct durable *log;
    struct stage *stage;
    struct stage *completing; /* in front of it, or NULL */
    void (*free_stage)(struct stage *stage);
    struct pipeline *pipeline;
};

struct runtime {
    struct runtime_options options;
    struct operator_keys keys;
    struct person_key person_key;
    struct metrics *metrics;
    struct counts counts;
    struct wire *wire;
    struct directory_follower *follower;
    struct claim *claim;
    struct state *state;
    struct inbox_reader *inbox;
    struct connector_context context;
    struct paces *paces;
    struct shared shared;
    struct connector *sink;
    const char **sources;  /* their names */
    const char **extracts; /* of those that keep a full one */
    struct line *lines;    /* one a source, then the inbox */
    size_t line_count;
    struct http_server *server;
    atomic_bool registered; /* our schemas, or there is no registry */
    atomic_bool ready;      /* set once all below exists: the server's threads look at it first */
};

/* What connectors write, and so register. */
static const struct record_table *const written[] = {&referral_table, &appointment_table,
                                                     &closure_table, &rejection_table, NULL};

/* ---- HTTP -------------------------------------------------------------------------------- */

static bool is_healthy(const struct runtime *runtime)
{
    for (size_t i = 0; i < runtime->line_count; i++) {
        if (pipeline_health(runtime->lines[i].pipeline) == PIPELINE_FAILED)
            return false;
    }
    return true;
}

static bool works(const struct runtime *runtime)
{
    for (size_t i = 0; i < runtime->line_count; i++) {
        if (pipeline_health(runtime->lines[i].pipeline) != PIPELINE_WORKS)
            return false;
    }
    return true;
}

static bool serve_source(const struct runtime *runtime, const struct http_server_request *request,
                         struct http_reply *reply)
{
    for (size_t i = 0; i < runtime->line_count; i++) {
        struct connector *source = runtime->lines[i].source;

        if (source->ops->serve && source->ops->serve(source, request, reply))
            return true;
    }
    return false;
}

static void serve(void *context, const struct http_server_request *request,
                  struct http_reply *reply)
{
    struct runtime *runtime = context;
    bool ready = atomic_load(&runtime->ready);
    struct pages pages = {.metrics = runtime->metrics,
                          .healthy = !ready || is_healthy(runtime),
                          .ready = ready && works(runtime),
                          .waits_for = atomic_load(&runtime->registered)
                                           ? NULL
                                           : "le registre de schémas ne répond pas"};

    if (pages_serve(&pages, request, reply))
        return;
    if (ready && serve_source(runtime, request, reply))
        return;
    reply->status = ready ? 404 : 503;
    reply->retry_after_s = ready ? 0 : 5;
    buffer_append_text(&reply->body, ready ? "pas de telle page\n" : "démarre\n");
}

/* ---- Making -------------------------------------------------------------------------------- */

static struct directory *newest_directory(void *context)
{
    return directory_follower_get(((struct runtime *)context)->follower);
}

static enum outcome read_inbox(void *context, int64_t position, struct arena *arena,
                               struct record *ret_record, struct error *err)
{
    return inbox_reader_read(((struct runtime *)context)->inbox, position, arena, ret_record, err);
}

static enum outcome read_keys(struct runtime *runtime, struct error *err)
{
    const struct configuration *configuration = runtime->options.configuration;
    enum outcome outcome = keys_read(configuration->keys_file, &runtime->keys, err);

    if (outcome != OUTCOME_OK)
        return outcome;
    if (strcmp(runtime->keys.operator_code, configuration->operator_code) != 0)
        return error_set(err, OUTCOME_FATAL, "keys_file : les clés de %s, et non celles de %s",
                         runtime->keys.operator_code, configuration->operator_code);
    if (configuration->person_key_file)
        outcome = person_key_read(configuration->person_key_file, &runtime->person_key, err);
    return outcome;
}

static void fill_shared(struct runtime *runtime)
{
    const struct configuration *configuration = runtime->options.configuration;

    runtime->sources = xcalloc(configuration->source_count + 1, sizeof(*runtime->sources));
    for (size_t i = 0; i < configuration->source_count; i++)
        runtime->sources[i] = configuration->sources[i].name;
    runtime->shared = (struct shared){
        .operator_code = bytes_of_text(configuration->operator_code),
        .system = bytes_of_text(configuration->system),
        .keys = &runtime->keys,
        .person_key = configuration->person_key_file ? &runtime->person_key : NULL,
        .wire = runtime->wire,
        .mapping = configuration->mapping,
        .state = runtime->state,
        .claim = runtime->claim,
        .clock = runtime->options.clock,
        .counts = &runtime->counts,
        .sources = runtime->sources,
        .source_count = configuration->source_count,
        .match_wait_ms = configuration->limits.match_wait_s * 1000,
        .give_up_after_ms = configuration->limits.give_up_hours * 3600 * 1000,
        .directory = newest_directory,
        .directory_context = runtime,
        .read_inbox = read_inbox,
        .inbox_context = runtime,
    };
    hmac_init(&runtime->shared.secret, bytes_of(runtime->keys.id_secret, KEY_SIZE));
    runtime->context = (struct connector_context){.operator_code = configuration->operator_code,
                                                  .system = configuration->system,
                                                  .clock = runtime->options.clock,
                                                  .metrics = runtime->metrics,
                                                  .state = runtime->state,
                                                  .kafka = runtime->options.kafka,
                                                  .paces = runtime->paces,
                                                  .sink = configuration->sink_node,
                                                  .mapping = configuration->mapping};
}

enum outcome runtime_new(const struct runtime_options *options, struct runtime **ret_runtime,
                         struct error *err)
{
    CLEANUP(runtime_freep) struct runtime *runtime = xcalloc(1, sizeof(*runtime));
    struct http_server_options server = {.address = options->configuration->address,
                                         .port = options->port ? options->port
                                                               : options->configuration->port,
                                         .max_body_bytes = RECORD_BODY_MOST,
                                         .max_connections = 128,
                                         .handler = serve,
                                         .context = runtime};
    enum outcome outcome;

    runtime->options = *options;
    runtime->metrics = metrics_new();
    runtime->paces = paces_new();
    runtime->wire = wire_new();
    wire_use_registry(runtime->wire, options->registry);
    if (options->registry)
        registry_count(options->registry, runtime->metrics);
    atomic_store(&runtime->registered, !options->registry);
    counts_init(&runtime->counts, runtime->metrics, options->configuration->operator_code);
    outcome = read_keys(runtime, err);
    if (outcome == OUTCOME_OK)
        outcome = http_server_start(&server, &runtime->server, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    *ret_runtime = TAKE(runtime);
    return OUTCOME_OK;
}

uint16_t runtime_port(const struct runtime *runtime)
{
    return http_server_port(runtime->server);
}

/* ---- Starting -------------------------------------------------------------------------------- */

static void fill_limits(const struct runtime *runtime, struct pipeline_limits *limits)
{
    const struct configuration_limits *file = &runtime->options.configuration->limits;

    *limits = (struct pipeline_limits){.park_tries = (int32_t)file->park_tries,
                                       .park_after_ms = file->park_after_minutes * 60000,
                                       .first_ms = (int32_t)file->first_pause_ms,
                                       .most_ms = (int32_t)file->longest_pause_ms};
}

/* A source whose records are notices. */
static void put_completing(struct runtime *runtime, struct line *line)
{
    struct completing_options options = {.shared = &runtime->shared,
                                         .metrics = runtime->metrics,
                                         .source = line->source,
                                         .source_number = (size_t)(line - runtime->lines),
                                         .inner = line->stage};

    if (completion_is_needed(runtime->options.configuration->mapping, options.source_number))
        line->completing = completing_new(&options);
}

static enum outcome make_line(struct runtime *runtime, struct line *line, const char *name,
                              struct connector *sink, struct error *err)
{
    struct pipeline_options options = {.name = name,
                                       .source = line->source,
                                       .sink = sink,
                                       .clock = runtime->options.clock,
                                       .metrics = runtime->metrics,
                                       .taken = sink ? runtime->shared.counts->events : NULL,
                                       .operator_code = runtime->context.operator_code,
                                       .seed = (uint64_t)clock_mono_ms(runtime->options.clock)};
    enum outcome outcome = durable_open_kafka(runtime->options.kafka, options.operator_code,
                                              RUNTIME_APPEND_MS, &line->log, err);

    if (outcome != OUTCOME_OK)
        return outcome;
    line->log->counts = &runtime->counts.outbox;
    line->stage = sink ? outbound_new(&runtime->shared, sink, line->log)
                       : inbound_new(&runtime->shared, line->log, name);
    line->free_stage = sink ? outbound_free : inbound_free;
    if (!sink)
        put_completing(runtime, line);
    options.stage = line->completing ? line->completing : line->stage;
    fill_limits(runtime, &options.limits);
    line->pipeline = pipeline_new(&options);
    return OUTCOME_OK;
}

static enum outcome make_source(struct runtime *runtime, const struct connector_ops *ops,
                                const struct yaml_node *node, const char *name,
                                struct connector **ret_source, struct error *err)
{
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();

    return connector_new(ops, node, name, &runtime->context, diagnostics, ret_source, err);
}

static enum outcome make_lines(struct runtime *runtime, struct error *err)
{
    const struct configuration *configuration = runtime->options.configuration;
    enum outcome outcome = OUTCOME_OK;

    runtime->lines = xcalloc(configuration->source_count + 1, sizeof(*runtime->lines));
    for (size_t i = 0; i < configuration->source_count && outcome == OUTCOME_OK; i++) {
        const struct configuration_source *source = &configuration->sources[i];
        struct line *line = &runtime->lines[runtime->line_count++];

        outcome = make_source(runtime, source->ops, source->node, source->name, &line->source, err);
        if (outcome == OUTCOME_OK)
            outcome = make_line(runtime, line, source->name, NULL, err);
    }
    if (outcome != OUTCOME_OK || !configuration->sink_ops)
        return outcome;
    outcome = make_source(runtime, configuration->sink_ops, configuration->sink_node, "sink",
                          &runtime->sink, err);
    if (outcome == OUTCOME_OK)
        outcome = make_source(runtime, &inbox_source, NULL, "inbox",
                              &runtime->lines[runtime->line_count].source, err);
    if (outcome == OUTCOME_OK)
        outcome =
            make_line(runtime, &runtime->lines[runtime->line_count++], "inbox", runtime->sink, err);
    return outcome;
}

/* Before the lines start: their stages look at it. */
static void list_extracts(struct runtime *runtime)
{
    runtime->extracts = xcalloc(runtime->line_count + 1, sizeof(*runtime->extracts));
    runtime->shared.extracts = runtime->extracts;
    for (size_t i = 0; i < runtime->line_count; i++)
        if (runtime->lines[i].source->keeps_extract)
            runtime->extracts[runtime->shared.extract_count++] = runtime->lines[i].source->name;
}

/* One try to get at everything that Kafka holds. What was reached stays for the next try,
 * but a state read in part is thrown away. */
static enum outcome reach_kafka(struct runtime *runtime, const struct waiter *stop,
                                struct error *err)
{
    const struct runtime_options *options = &runtime->options;
    const char *code = options->configuration->operator_code;
    int64_t end = 0;
    enum outcome outcome = OUTCOME_OK;

    if (!runtime->follower)
        outcome = directory_follow(options->kafka, runtime->wire, RUNTIME_FOLLOW_MS,
                                   &runtime->follower, err);
    if (outcome == OUTCOME_OK && !runtime->claim)
        outcome = claim_open(options->kafka, code, RUNTIME_APPEND_MS, &runtime->claim, err);
    if (outcome == OUTCOME_OK)
        outcome = claim_take(runtime->claim, &end, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    state_free(runtime->state);
    runtime->state = state_new(&runtime->keys, claim_log(runtime->claim), options->clock);
    outcome = state_restore(runtime->state, options->kafka, code, end, stop, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    return claim_prove(runtime->claim, runtime->state, clock_mono_ms(options->clock), err);
}

/* One try to get at all that is not ours, in this order: what Kafka holds may need the
 * registry to be read. */
static enum outcome reach(struct runtime *runtime, const struct waiter *stop, struct error *err)
{
    enum outcome outcome = OUTCOME_OK;

    if (!atomic_load(&runtime->registered))
        outcome = wire_register(runtime->wire, written, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    atomic_store(&runtime->registered, true);
    return reach_kafka(runtime, stop, err);
}

static enum outcome start(struct runtime *runtime, struct waiter *stop, struct error *err)
{
    struct backoff backoff = {.first_ms = 500, .most_ms = 10000, .seed = 1};
    enum outcome outcome = reach(runtime, stop, err);

    while (outcome == OUTCOME_RETRY && !waiter_interrupted(stop)) {
        log_warn("connector", "waits for what it needs", LOG_TEXT("why", err->text));
        (void)waiter_wait_ms(stop, backoff_next_ms(&backoff));
        outcome = reach(runtime, stop, err);
    }
    if (outcome != OUTCOME_OK)
        return waiter_interrupted(stop) ? OUTCOME_OK : outcome;
    runtime->inbox =
        inbox_reader_new(runtime->options.kafka, runtime->options.configuration->operator_code);
    fill_shared(runtime);
    counts_items_restored(&runtime->counts, state_count(runtime->state, STATE_MATCH_WAIT));
    outcome = make_lines(runtime, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    list_extracts(runtime);
    for (size_t i = 0; i < runtime->line_count; i++)
        pipeline_start(runtime->lines[i].pipeline);
    atomic_store(&runtime->ready, true);
    log_info("connector", "ready",
             LOG_INT("links", (int64_t)state_count(runtime->state, STATE_HANDOFF)),
             LOG_INT("parked", (int64_t)state_count(runtime->state, STATE_PARKED)));
    return OUTCOME_OK;
}

/* ---- Running ----------------------------------------------------------------------------------
 */

static enum outcome stop_lines(struct runtime *runtime, struct error *err)
{
    enum outcome worst = OUTCOME_OK;

    for (size_t i = 0; i < runtime->line_count; i++) {
        if (runtime->lines[i].pipeline)
            pipeline_stop(runtime->lines[i].pipeline);
    }
    for (size_t i = 0; i < runtime->line_count; i++) {
        if (runtime->lines[i].pipeline &&
            pipeline_join(runtime->lines[i].pipeline, err) != OUTCOME_OK)
            worst = OUTCOME_FATAL;
    }
    return worst;
}

enum outcome runtime_run(struct runtime *runtime, struct waiter *stop, struct error *err)
{
    enum outcome outcome = start(runtime, stop, err);
    struct error dropped;

    while (outcome == OUTCOME_OK && is_healthy(runtime)) {
        if (!waiter_wait_ms(stop, RUNTIME_WATCH_MS))
            break;
    }
    if (outcome != OUTCOME_OK) {
        (void)!stop_lines(runtime, &dropped);
        return outcome;
    }
    return stop_lines(runtime, err);
}

static void free_line(struct line *line)
{
    pipeline_free(line->pipeline);
    completing_free(line->completing);
    if (line->stage)
        line->free_stage(line->stage);
    connector_free(line->source);
    durable_close(line->log);
}

void runtime_free(struct runtime *runtime)
{
    if (!runtime)
        return;
    http_server_stop(runtime->server);
    for (size_t i = 0; i < runtime->line_count; i++)
        free_line(&runtime->lines[i]);
    free(runtime->lines);
    free(runtime->sources);
    free(runtime->extracts);
    connector_free(runtime->sink);
    paces_free(runtime->paces);
    inbox_reader_free(runtime->inbox);
    state_free(runtime->state);
    claim_close(runtime->claim);
    directory_follower_stop(runtime->follower);
    wire_free(runtime->wire);
    metrics_free(runtime->metrics);
    crypto_wipe(&runtime->shared.secret, sizeof(runtime->shared.secret));
    keys_wipe(&runtime->keys);
    free(runtime);
}
