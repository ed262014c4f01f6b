/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/broker.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/http_server.h"
#include "base/log.h"
#include "broker/boot.h"
#include "broker/worker.h"
#include "schemas/registry.h"

#define AREA "broker"
#define DIRECTORY_MS 30000
/* Kafka has given its tasks to others by then. */
#define HANGS_MS KAFKA_MAX_POLL_MS
#define PATH_SIZE 4096
#define WITHIN_SIZE 64 /* the longest name in the state folder: /worker-N/task-N.mdb */

struct broker {
    struct broker_options options;
    int lock; /* on the state folder; -1: not held */
    char boot_id[BOOT_ID_SIZE];
    struct wire *wire;
    struct directory_follower *directory;
    struct metrics *metrics;
    struct metric *ready;
    struct counters *counters;
    struct worker **workers;
    pthread_t *threads;
    int worker_count; /* started ones */
    struct http_server *http;
    atomic_bool started; /* all above stands: the server's threads look at it first */
};

/* What the broker writes, and so registers. */
static const struct record_table *const written[] = {
    &referral_table, &appointment_table, &closure_table, &rejection_table,
    &notice_table,   &handoff_table,     NULL,
};

/* ---- The state folder ------------------------------------------------------------------ */

static enum outcome make_folder(const char *path, struct error *err)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST) {
        return OUTCOME_OK;
    }
    return error_set(err, OUTCOME_FATAL, "--state : %s ne peut pas être créé : %s", path,
                     errno == ENOENT ? "le dossier où il serait n'existe pas"
                                     : "accès interdit, ou plus de place");
}

/* The stores are for one process only (store.c opens them without LMDB's own locks). */
static enum outcome lock_folder(struct broker *broker, struct error *err)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char path[PATH_SIZE];

    (void)snprintf(path, sizeof(path), "%s/lock", broker->options.state_folder);
    broker->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (broker->lock < 0) {
        return error_set(err, OUTCOME_FATAL,
                         "--state : %s n'est pas un dossier où ce processus peut écrire",
                         broker->options.state_folder);
    }
    if (fcntl(broker->lock, F_SETLK, &whole) != 0) {
        return error_set(err, OUTCOME_FATAL,
                         "--state : un autre courtier se sert de %s ; chacun a le sien",
                         broker->options.state_folder);
    }
    return OUTCOME_OK;
}

static enum outcome prepare_state(struct broker *broker, struct error *err)
{
    char path[PATH_SIZE];
    enum outcome outcome;

    if (strlen(broker->options.state_folder) + WITHIN_SIZE > sizeof(path)) {
        return error_set(err, OUTCOME_FATAL, "--state : le nom du dossier est trop long");
    }
    outcome = make_folder(broker->options.state_folder, err);
    if (outcome == OUTCOME_OK) {
        outcome = lock_folder(broker, err);
    }
    for (int i = 0; i < broker->options.workers && outcome == OUTCOME_OK; i++) {
        (void)snprintf(path, sizeof(path), "%s/worker-%d", broker->options.state_folder, i);
        outcome = make_folder(path, err);
    }
    return outcome == OUTCOME_OK ? boot_id(broker->boot_id, err) : outcome;
}

/* ---- What it says ---------------------------------------------------------------------- */

static bool is_healthy(const struct broker *broker)
{
    int64_t now_ms = clock_mono_ms(broker->options.clock);

    for (int i = 0; i < broker->worker_count; i++) {
        if (worker_state(broker->workers[i]) == WORKER_FAILED ||
            now_ms - worker_turned_ms(broker->workers[i]) > HANGS_MS) {
            return false;
        }
    }
    return true;
}

static bool is_ready(const struct broker *broker)
{
    for (int i = 0; i < broker->worker_count; i++) {
        if (worker_state(broker->workers[i]) != WORKER_READY) {
            return false;
        }
    }
    return is_healthy(broker);
}

static void reply_whether(struct http_reply *reply, bool yes, const char *sentence)
{
    reply->status = yes ? 200 : 503;
    buffer_append_text(&reply->body, yes ? "ok\n" : sentence);
}

/* While the start waits for the registry: nothing else does. */
static void handle_starting(const char *path, struct http_reply *reply)
{
    bool healthy = strcmp(path, "/healthz") == 0;

    reply_whether(reply, healthy, "démarre : le registre de schémas ne répond pas\n");
    reply->retry_after_s = healthy ? 0 : 5;
}

static void handle(void *context, const struct http_server_request *request,
                   struct http_reply *reply)
{
    const struct broker *broker = context;
    const char *path = http_request_path(request);

    if (!atomic_load(&broker->started)) {
        handle_starting(path, reply);
    } else if (strcmp(path, "/metrics") == 0) {
        metric_set(broker->ready, is_ready(broker));
        reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
        metrics_write(broker->metrics, &reply->body);
    } else if (strcmp(path, "/healthz") == 0) {
        reply_whether(reply, is_healthy(broker), "un fil de travail a échoué, ou n'avance plus\n");
    } else if (strcmp(path, "/readyz") == 0) {
        reply_whether(reply, is_ready(broker),
                      "un fil de travail n'a pas rattrapé son retard, ou n'atteint pas Kafka\n");
    } else {
        reply->status = 404;
        buffer_append_text(&reply->body, "/metrics, /healthz, /readyz\n");
    }
}

/* ---- Life ------------------------------------------------------------------------------ */

static void prepare_metrics(struct broker *broker)
{
    struct directory *directory = directory_follower_get(broker->directory);

    broker->ready = metrics_gauge(broker->metrics, "relais_broker_ready", "",
                                  "1 while every worker is caught up and reaches Kafka");
    broker->counters = counters_new(broker->metrics, directory);
    directory_unref(directory);
}

/* Its outcome is kept by the worker, for broker_failed(). */
static void *run_worker(void *context)
{
    struct worker *worker = context;
    enum outcome outcome = worker_run(worker);

    if (outcome != OUTCOME_OK) {
        log_debug(AREA, "a worker ended", LOG_TEXT("because", worker_error(worker)->text));
    }
    return NULL;
}

static enum outcome start_worker(struct broker *broker, const struct worker_options *options,
                                 struct error *err)
{
    CLEANUP(worker_freep) struct worker *worker = NULL;
    enum outcome outcome = worker_new(options, &worker, err);

    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    if (pthread_create(&broker->threads[broker->worker_count], NULL, run_worker, worker) != 0) {
        return error_set(err, OUTCOME_FATAL, "a worker's thread cannot be started");
    }
    broker->workers[broker->worker_count++] = TAKE(worker);
    return OUTCOME_OK;
}

static enum outcome start_workers(struct broker *broker, struct error *err)
{
    struct worker_options options = {
        .kafka = broker->options.kafka,
        .instance = broker->options.instance,
        .state_folder = broker->options.state_folder,
        .boot_id = broker->boot_id,
        .clock = broker->options.clock,
        .wire = broker->wire,
        .directory = broker->directory,
        .counters = broker->counters,
    };
    enum outcome outcome = OUTCOME_OK;

    broker->workers = xcalloc((size_t)broker->options.workers, sizeof(struct worker *));
    broker->threads = xcalloc((size_t)broker->options.workers, sizeof(pthread_t));
    while (broker->worker_count < broker->options.workers && outcome == OUTCOME_OK) {
        options.number = broker->worker_count;
        outcome = start_worker(broker, &options, err);
    }
    return outcome;
}

static enum outcome start_http(struct broker *broker, struct error *err)
{
    struct http_server_options options = {.address = broker->options.address,
                                          .port = broker->options.port,
                                          .handler = handle,
                                          .context = broker};

    return http_server_start(&options, &broker->http, err);
}

/* Said once; tried again until it answers or refuses. */
static enum outcome register_schemas(struct broker *broker, struct error *err)
{
    struct backoff backoff = {.first_ms = 500, .most_ms = 5000, .seed = 1};
    struct waiter *stop = broker->options.stop;
    enum outcome outcome;

    wire_use_registry(broker->wire, broker->options.registry);
    outcome = wire_register(broker->wire, written, err);
    if (outcome == OUTCOME_RETRY && stop) {
        log_warn(AREA, "waits for the schema registry", LOG_TEXT("because", err->text));
    }
    while (outcome == OUTCOME_RETRY && stop && waiter_wait_ms(stop, backoff_next_ms(&backoff))) {
        outcome = wire_register(broker->wire, written, err);
    }
    return outcome;
}

enum outcome broker_start(const struct broker_options *options, struct broker **ret_broker,
                          struct error *err)
{
    CLEANUP(broker_stopp) struct broker *broker = xcalloc(1, sizeof(*broker));
    enum outcome outcome;

    broker->options = *options;
    broker->lock = -1;
    outcome = prepare_state(broker, err);
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    outcome = start_http(broker, err);
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    broker->metrics = metrics_new();
    if (options->registry) {
        registry_count(options->registry, broker->metrics);
    }
    broker->wire = wire_new();
    outcome = register_schemas(broker, err);
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    outcome = directory_follow(options->kafka, broker->wire, DIRECTORY_MS, &broker->directory, err);
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    prepare_metrics(broker);
    outcome = start_workers(broker, err);
    if (outcome == OUTCOME_OK) {
        atomic_store(&broker->started, true);
        log_info(AREA, "started", LOG_TEXT("instance", options->instance),
                 LOG_INT("workers", options->workers),
                 LOG_INT("port", http_server_port(broker->http)));
        *ret_broker = TAKE(broker);
    }
    return outcome;
}

uint16_t broker_port(const struct broker *broker)
{
    return http_server_port(broker->http);
}

bool broker_failed(const struct broker *broker, struct error *ret_why)
{
    for (int i = 0; i < broker->worker_count; i++) {
        if (worker_state(broker->workers[i]) == WORKER_FAILED) {
            *ret_why = *worker_error(broker->workers[i]);
            return true;
        }
    }
    return false;
}

/* All are told before the first is waited for. */
static void stop_workers(struct broker *broker)
{
    for (int i = 0; i < broker->worker_count; i++) {
        worker_stop(broker->workers[i]);
    }
    for (int i = 0; i < broker->worker_count; i++) {
        (void)pthread_join(broker->threads[i], NULL);
        worker_free(broker->workers[i]);
    }
    free(broker->workers);
    free(broker->threads);
}

void broker_stop(struct broker *broker)
{
    if (!broker) {
        return;
    }
    http_server_stop(broker->http);
    stop_workers(broker);
    directory_follower_stop(broker->directory);
    counters_free(broker->counters);
    metrics_free(broker->metrics);
    wire_free(broker->wire);
    if (broker->lock >= 0) {
        (void)close(broker->lock); /* gives the lock back */
    }
    free(broker);
}
