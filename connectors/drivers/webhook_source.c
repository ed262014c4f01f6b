/* SPDX-License-Identifier: Apache-2.0
 *
 * A request waits in its connection's thread until its record has ended, then gets its 2xx:
 *
 *   connection thread            pipeline thread
 *   check size, type, signature
 *   put into the queue     ──►   pull: taken
 *   wait (bounded)               … durable …
 *   200                    ◄──   ack
 *   503, Retry-After       ◄──   give_back, a full queue, a stop, or the wait's end
 *
 * Nothing is owed after a 503: the sender sends again, and deterministic ids make that
 * harmless even when the record became durable in the meantime.
 */
#include "connectors/drivers/drivers.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "connectors/drivers/details.h"
#include "connectors/drivers/webhook_request.h"
#include "connectors/drivers/xml_form.h"
#include "connectors/mapping/mapping.h"

#define RETRY_AFTER_S 10

enum request_state { REQUEST_QUEUED, REQUEST_TAKEN, REQUEST_DURABLE, REQUEST_GIVEN_BACK };

struct request {
    struct request *next;
    /* The connection's, alive while it waits; copied by pull. */
    struct bytes body;
    struct http_header headers[WEBHOOK_REQUEST_HEADERS_MOST];
    size_t header_count;
    int64_t number;
    int64_t until_ms; /* of the context's clock: it waits no longer */
    enum request_state state;
    pthread_cond_t changed;
};

struct webhook {
    struct connector connector;
    const char *path;
    const char *format;
    const char *content_type;
    struct xml_settings xml_settings;
    struct yaml_node *verify;
    int64_t queue;
    int64_t wait_ms;
    struct yaml_node *detail; /* the mapping's */
    struct api_settings api;

    struct api *calls;            /* NULL: no detail is asked for */
    struct xml_form *xml;         /* NULL: JSON */
    const char *signature_header; /* NULL: no signature is asked for */
    const char *secret_file;
    struct buffer secret;
    struct metric *answers[6];

    bool is_open;
    pthread_mutex_t lock; /* guards what follows; held for moments only */
    pthread_cond_t queued;
    struct request *first; /* queued and taken, in the order of their coming */
    int64_t last_number;
    int64_t count;
    bool stopped;
};

enum { ANSWER_OK, ANSWER_LATER, ANSWER_SIGNATURE, ANSWER_TYPE, ANSWER_METHOD, ANSWER_EMPTY };
static const struct {
    int32_t status;
    const char *text;
} answers[] = {
    [ANSWER_OK] = {200, "ok\n"},
    [ANSWER_LATER] = {503, "later\n"},
    [ANSWER_SIGNATURE] = {401, "bad signature\n"},
    [ANSWER_TYPE] = {415, "unexpected content type\n"},
    [ANSWER_METHOD] = {405, "POST only\n"},
    [ANSWER_EMPTY] = {400, "empty body\n"},
};

static const struct config_field webhook_fields[] = {
    DRIVER_TYPE(struct webhook, "webhook"),
    CONFIG_FIELD(struct webhook, path, .key = "path", .flags = CONFIG_REQUIRED,
                 .help = "Chemin de l'adresse que leur système appelle."),
    CONFIG_FIELD(
        struct webhook, content_type, .key = "content_type",
        .help = "Type de contenu attendu, sans paramètres ; aux autres il est répondu 415. Sans "
                "cette clé : application/json, ou avec `format: xml` application/xml et text/xml."),
    CONFIG_FIELD(struct webhook, format, .key = "format", .fallback = "json", .choices = "json|xml",
                 .help = "Ce qu'est le corps d'une requête."),
    XML_FIELDS(struct webhook, xml_settings),
    CONFIG_FIELD(struct webhook, verify, .key = "verify",
                 .help = "hmac_sha256_hex : nom de l'en-tête ; secret_file : fichier du secret."),
    CONFIG_FIELD(struct webhook, queue, .key = "queue", .fallback = "64", .min = 1, .max = 1000,
                 .help = "Requêtes qui peuvent attendre ; aux autres il est répondu 503."),
    CONFIG_FIELD(struct webhook, wait_ms, .key = "wait_ms", .fallback = "8000", .min = 100,
                 .max = 60000,
                 .help = "Attente la plus longue pour que l'enregistrement soit durable, en "
                         "millisecondes ; ensuite 503."),
    CONFIG_FIELD(struct webhook, detail, .key = "detail",
                 .help = "Ce qui complète un avis avant sa traduction : voir plus haut."),
    CONFIG_FIELD(struct webhook, api.base_url, .key = "base_url",
                 .help = "detail : début de leurs adresses ; sans elle, celle du sink, avec ses "
                         "droits et ses limites."),
    API_OTHER_FIELDS(struct webhook),
    CONFIG_END,
};

struct verify_settings {
    const char *hmac_sha256_hex;
    const char *secret_file;
};
static const struct config_field verify_fields[] = {
    CONFIG_FIELD(struct verify_settings, hmac_sha256_hex, .key = "hmac_sha256_hex",
                 .flags = CONFIG_REQUIRED,
                 .help = "En-tête avec le HMAC-SHA-256 hexadécimal du corps brut."),
    CONFIG_FIELD(struct verify_settings, secret_file, .key = "secret_file",
                 .flags = CONFIG_REQUIRED | CONFIG_SECRET, .help = "Fichier qui tient le secret."),
    CONFIG_END,
};

static enum outcome webhook_fetch(struct connector *connector, const char *path, int32_t ms,
                                  struct arena *arena, struct http_response *ret_response,
                                  struct error *err)
{
    return api_fetch(((struct webhook *)connector)->calls, path, ms, arena, ret_response, err);
}

static int64_t webhook_fetch_closed_until(struct connector *connector)
{
    return api_fetch_closed_until(((struct webhook *)connector)->calls);
}

/* ---- Life ---------------------------------------------------------------------------- */

static void init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;

    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(condition, &attributes);
    (void)pthread_condattr_destroy(&attributes);
}

static enum outcome webhook_configure(struct connector *connector, struct diagnostics *diagnostics,
                                      struct error *err)
{
    struct webhook *self = (struct webhook *)connector;
    struct verify_settings verify = {0};
    enum outcome outcome;

    (void)pthread_mutex_init(&self->lock, NULL);
    init_condition(&self->queued);
    if (self->path[0] != '/')
        return error_set(err, OUTCOME_REJECT, "path : doit commencer par /");
    outcome = details_api_new(self->detail, &self->api, connector->context, diagnostics,
                              &self->calls, err);
    if (outcome == OUTCOME_OK)
        outcome = strcmp(self->format, "xml") == 0
                      ? xml_form_new(&self->xml_settings, NULL, diagnostics, &self->xml, err)
                      : xml_form_refuse(&self->xml_settings, NULL, diagnostics, err);
    if (!self->verify || outcome != OUTCOME_OK)
        return outcome;
    outcome = config_read(verify_fields, self->verify, &verify, diagnostics, err);
    self->signature_header = verify.hmac_sha256_hex;
    self->secret_file = verify.secret_file;
    return outcome;
}

static enum outcome webhook_open(struct connector *connector, struct error *err)
{
    struct webhook *self = (struct webhook *)connector;
    enum outcome outcome = OUTCOME_OK;

    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        CLEANUP(buffer_deinit) struct buffer labels = {0};

        buffer_printf(&labels, "op=\"%s\",status=\"%d\"", connector->context->operator_code,
                      (int)answers[i].status);
        self->answers[i] =
            metrics_counter(connector->context->metrics, "relais_webhook_answers_total",
                            buffer_text(&labels), "Réponses aux requêtes de leur système.");
    }
    if (self->secret_file && self->secret.len == 0)
        outcome = config_read_secret(self->secret_file, &self->secret, err);
    if (outcome != OUTCOME_OK)
        return error_wrap(err, "webhook secret");
    if (self->calls)
        outcome = api_open(self->calls, err);
    (void)pthread_mutex_lock(&self->lock);
    self->is_open = outcome == OUTCOME_OK;
    (void)pthread_mutex_unlock(&self->lock);
    return outcome;
}

static void webhook_interrupt(struct connector *connector)
{
    struct webhook *self = (struct webhook *)connector;

    (void)pthread_mutex_lock(&self->lock);
    self->stopped = true;
    (void)pthread_cond_broadcast(&self->queued);
    for (struct request *request = self->first; request; request = request->next)
        (void)pthread_cond_signal(&request->changed);
    (void)pthread_mutex_unlock(&self->lock);
    if (self->calls)
        api_interrupt(self->calls);
}

static void webhook_close(struct connector *connector)
{
    struct webhook *self = (struct webhook *)connector;

    (void)pthread_cond_destroy(&self->queued);
    (void)pthread_mutex_destroy(&self->lock);
    xml_form_free(self->xml);
    buffer_deinit(&self->secret);
    api_free(self->calls);
}

/* ---- Connection threads ----------------------------------------------------------------- */

static struct timespec after_ms(int64_t ms)
{
    struct timespec at;

    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_nsec += (ms % 1000) * 1000000;
    at.tv_sec += ms / 1000 + at.tv_nsec / 1000000000;
    at.tv_nsec %= 1000000000;
    return at;
}

static bool is_signed(const struct webhook *self, const struct http_server_request *request)
{
    return !self->signature_header ||
           webhook_request_is_signed(request, self->signature_header, buffer_view(&self->secret));
}

static bool has_type(const struct webhook *self, const struct http_server_request *request)
{
    static const char *const json[] = {"application/json", NULL};
    static const char *const xml[] = {"application/xml", "text/xml", NULL};
    const char *const own[] = {self->content_type, NULL};

    return webhook_request_has_type(request, self->content_type ? own : self->xml ? xml : json);
}

static void append_request(struct webhook *self, struct request *request)
{
    struct request **end = &self->first;

    while (*end)
        end = &(*end)->next;
    *end = request;
    request->number = ++self->last_number;
    self->count++;
    (void)pthread_cond_signal(&self->queued);
}

static void remove_request(struct webhook *self, const struct request *request)
{
    struct request **at = &self->first;

    while (*at != request)
        at = &(*at)->next;
    *at = request->next;
    self->count--;
}

static void copy_headers(const struct request *request, struct arena *arena, struct record *record)
{
    struct http_header *headers = arena_array(arena, request->header_count + 1, sizeof(*headers));

    for (size_t i = 0; i < request->header_count; i++) {
        headers[i].name = arena_text(arena, bytes_of_text(request->headers[i].name));
        headers[i].value = arena_text(arena, bytes_of_text(request->headers[i].value));
    }
    record->headers = headers;
    record->header_count = request->header_count;
}

/* True when the record has ended within the time. The request lives on this stack: when it
 * leaves the queue, nobody else knows of it. */
static bool wait_for_end(struct webhook *self, const struct http_server_request *http)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    struct timespec until = after_ms(self->wait_ms);
    struct request request = {.body = http_request_body(http),
                              .until_ms =
                                  clock_mono_ms(self->connector.context->clock) + self->wait_ms};
    bool in_time = true;
    bool durable;

    request.header_count =
        webhook_request_headers(http, self->signature_header, &arena, request.headers);
    (void)pthread_mutex_lock(&self->lock);
    if (self->stopped || self->count >= self->queue) {
        (void)pthread_mutex_unlock(&self->lock);
        return false;
    }
    init_condition(&request.changed);
    append_request(self, &request);
    while (request.state < REQUEST_DURABLE && in_time && !self->stopped)
        in_time = pthread_cond_timedwait(&request.changed, &self->lock, &until) == 0;
    durable = request.state == REQUEST_DURABLE;
    remove_request(self, &request);
    (void)pthread_mutex_unlock(&self->lock);
    (void)pthread_cond_destroy(&request.changed);
    return durable;
}

static bool is_open(struct webhook *self)
{
    bool open;

    (void)pthread_mutex_lock(&self->lock);
    open = self->is_open;
    (void)pthread_mutex_unlock(&self->lock);
    return open;
}

static int judge(struct webhook *self, const struct http_server_request *request)
{
    if (strcmp(http_request_method(request), "POST") != 0)
        return ANSWER_METHOD;
    if (!is_signed(self, request))
        return ANSWER_SIGNATURE;
    if (!has_type(self, request))
        return ANSWER_TYPE;
    if (http_request_body(request).len == 0)
        return ANSWER_EMPTY;
    return wait_for_end(self, request) ? ANSWER_OK : ANSWER_LATER;
}

static bool webhook_serve(struct connector *connector, const struct http_server_request *request,
                          struct http_reply *reply)
{
    struct webhook *self = (struct webhook *)connector;
    bool open = is_open(self);
    int answer;

    if (strcmp(http_request_path(request), self->path) != 0)
        return false;
    /* Before that there is no secret to judge by, and nothing to count with. */
    answer = open ? judge(self, request) : ANSWER_LATER;
    if (open)
        metric_add(self->answers[answer], 1);
    reply->status = answers[answer].status;
    reply->retry_after_s = answer == ANSWER_LATER ? RETRY_AFTER_S : 0;
    buffer_append_text(&reply->body, answers[answer].text);
    return true;
}

/* ---- Pipeline thread -------------------------------------------------------------------- */

static struct request *next_queued(const struct webhook *self)
{
    struct request *request = self->first;

    while (request && request->state != REQUEST_QUEUED)
        request = request->next;
    return request;
}

static enum outcome webhook_pull(struct connector *connector, int32_t wait_ms, struct batch *batch,
                                 struct error *err)
{
    struct webhook *self = (struct webhook *)connector;
    struct timespec until = after_ms(wait_ms);
    bool in_time = wait_ms > 0;
    struct request *request;

    (void)err;
    (void)pthread_mutex_lock(&self->lock);
    while (!next_queued(self) && in_time && !self->stopped)
        in_time = pthread_cond_timedwait(&self->queued, &self->lock, &until) == 0;
    while (!self->stopped && (request = next_queued(self)) != NULL) {
        struct record *record = batch_add(batch);

        if (!record)
            break;
        record->body = arena_copy(&batch->arena, request->body);
        xml_form_read(self->xml, &batch->arena, record);
        copy_headers(request, &batch->arena, record);
        record->position = request->number;
        record->until_ms = request->until_ms;
        record->observed_at = clock_wall_us(connector->context->clock);
        request->state = REQUEST_TAKEN;
    }
    (void)pthread_mutex_unlock(&self->lock);
    return OUTCOME_OK;
}

static void end_request(struct webhook *self, int64_t number, enum request_state state)
{
    for (struct request *request = self->first; request; request = request->next) {
        if (request->number != number)
            continue;
        request->state = state;
        (void)pthread_cond_signal(&request->changed);
    }
}

static enum outcome webhook_ack(struct connector *connector, struct record *const *records,
                                size_t count, struct error *err)
{
    struct webhook *self = (struct webhook *)connector;

    (void)err;
    (void)pthread_mutex_lock(&self->lock);
    for (size_t i = 0; i < count; i++)
        end_request(self, records[i]->position, REQUEST_DURABLE);
    (void)pthread_mutex_unlock(&self->lock);
    return OUTCOME_OK;
}

static void webhook_give_back(struct connector *connector, const struct record *record)
{
    struct webhook *self = (struct webhook *)connector;

    (void)pthread_mutex_lock(&self->lock);
    end_request(self, record->position, REQUEST_GIVEN_BACK);
    (void)pthread_mutex_unlock(&self->lock);
}

const struct connector_ops webhook_source = {
    .name = "webhook",
    .role = CONNECTOR_SOURCE,
    .size = sizeof(struct webhook),
    .fields = webhook_fields,
    .configure = webhook_configure,
    .open = webhook_open,
    .pull = webhook_pull,
    .ack = webhook_ack,
    .give_back = webhook_give_back,
    .serve = webhook_serve,
    .fetch = webhook_fetch,
    .fetch_closed_until = webhook_fetch_closed_until,
    .interrupt = webhook_interrupt,
    .close = webhook_close,
};
