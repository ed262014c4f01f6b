/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/registry.h"

#include <pthread.h>
#include <stdlib.h>
#include <yyjson.h>

#include "base/json.h"
#include "base/log.h"
#include "schemas/avro.h"
#include "schemas/registry_http.h"

#define PAUSE_MS 1000
#define MISSING_MS 10000
#define MISSING_COUNT 64
/* Error codes of the API. */
#define NO_SUBJECT 40401
#define NO_SCHEMA 40403

/* An id that the registry did not know, and until when that is believed. */
struct missing {
    uint32_t id;
    int64_t until_ms;
};

struct registry {
    struct clock *clock;
    bool read_only;
    struct metric *hits;  /* NULL: not counted */
    pthread_mutex_t lock; /* of all below */
    struct registry_http *http;
    int64_t paused_until_ms;
    struct error paused_why;
    bool refuses_ids;                      /* said once, until it answers for one again */
    struct missing missing[MISSING_COUNT]; /* the oldest is replaced */
    size_t missing_next;
};

const struct config_field registry_fields[] = {
    CONFIG_FIELD(struct registry_settings, url, .key = "url", .flags = CONFIG_REQUIRED,
                 .help =
                     "Adresse de l'API du registre, http ou https ; plusieurs nœuds : séparées par "
                     "des virgules, essayées tour à tour."),
    CONFIG_FIELD(struct registry_settings, user, .key = "user",
                 .help = "Utilisateur (basic auth)."),
    CONFIG_FIELD(struct registry_settings, secret_file, .key = "secret_file",
                 .flags = CONFIG_SECRET, .help = "Fichier qui tient le mot de passe."),
    CONFIG_FIELD(struct registry_settings, ca_file, .key = "ca_file",
                 .help = "Autorités à croire (PEM) ; sans elles, celles de la machine."),
    CONFIG_FIELD(struct registry_settings, read_only, .key = "read_only", .fallback = "false",
                 .help = "N'enregistre jamais : les schémas doivent y être."),
    CONFIG_FIELD(struct registry_settings, timeout_ms, .key = "timeout_ms", .fallback = "3000",
                 .min = 100, .max = 10000,
                 .help = "Durée d'un appel, de tous les nœuds ensemble, en millisecondes."),
    CONFIG_END,
};

/* ---- Life ------------------------------------------------------------------------------ */

enum outcome registry_new(const struct registry_settings *settings, struct clock *clock,
                          struct registry **ret_registry, struct error *err)
{
    CLEANUP(registry_http_freep) struct registry_http *http = NULL;
    struct registry *registry;
    enum outcome outcome = registry_http_new(settings, &http, err);

    if (outcome != OUTCOME_OK)
        return outcome;
    registry = xcalloc(1, sizeof(*registry));
    registry->clock = clock;
    registry->read_only = settings->read_only;
    registry->http = TAKE(http);
    pthread_mutex_init(&registry->lock, NULL);
    *ret_registry = registry;
    return OUTCOME_OK;
}

void registry_free(struct registry *registry)
{
    if (!registry)
        return;
    registry_http_free(registry->http);
    pthread_mutex_destroy(&registry->lock);
    free(registry);
}

void registry_count(struct registry *registry, struct metrics *metrics)
{
    pthread_mutex_lock(&registry->lock);
    registry_http_count(registry->http, metrics);
    pthread_mutex_unlock(&registry->lock);
    registry->hits =
        metrics_counter(metrics, "relais_registry_cache_hits_total", "",
                        "Records whose schema id was known without asking the registry.");
}

void registry_hit(const struct registry *registry)
{
    if (registry->hits)
        metric_add(registry->hits, 1);
}

/* ---- Calls; under the lock ----------------------------------------------------------------- */

/* Who asks for each record must not wait for each. What is refused here is no failure of its
 * own: else who asks often enough would prolong the pause for ever. */
static enum outcome heed_pause(const struct registry *registry, struct error *err)
{
    if (clock_mono_ms(registry->clock) < registry->paused_until_ms)
        return error_set(err, OUTCOME_RETRY, "%s", registry->paused_why.text);
    return OUTCOME_OK;
}

/* Remembers for a moment that a call failed. */
static enum outcome pause_after(struct registry *registry, enum outcome outcome,
                                struct error *reterr)
{
    if (outcome == OUTCOME_RETRY) {
        registry->paused_until_ms = clock_mono_ms(registry->clock) + PAUSE_MS;
        registry->paused_why = *reterr;
    }
    return outcome;
}

/* What a 4xx means to who registers or looks up. A 404 that no registry wrote is a wrong
 * URL or a proxy without its server. */
static enum outcome explain(const struct http_response *response, const char *subject,
                            struct error *err)
{
    char message[REGISTRY_MESSAGE_SIZE];
    int32_t code = registry_answer_error(response->body, message);

    if (response->status == 401 || response->status == 403)
        return error_set(err, OUTCOME_FATAL,
                         "registre de schémas : il refuse à cet utilisateur (%d) le sujet %s",
                         response->status, subject);
    if (code == 0)
        return error_set(err, OUTCOME_RETRY,
                         "registre de schémas : ce qui répond (%d) n'en est pas un ; son adresse "
                         "est-elle la bonne ?",
                         response->status);
    if (code == NO_SUBJECT || code == NO_SCHEMA)
        return error_set(err, OUTCOME_REJECT, "registre de schémas : il n'a pas ce schéma de %s",
                         subject);
    if (response->status == 409)
        return error_set(err, OUTCOME_FATAL,
                         "registre de schémas : notre %s est incompatible avec ce qu'il a : %s",
                         subject, message);
    return error_set(err, OUTCOME_FATAL, "registre de schémas : il refuse notre %s (%d) : %s",
                     subject, code, message);
}

static struct bytes schema_body(struct bytes schema, struct arena *arena)
{
    yyjson_mut_doc *doc = json_new();
    yyjson_mut_val *root = yyjson_mut_obj(doc);
    struct bytes body;
    size_t len = 0;
    char *json;

    yyjson_mut_doc_set_root(doc, root);
    yyjson_mut_obj_add_strn(doc, root, "schema", (const char *)schema.data, schema.len);
    json = json_write(doc, &len);
    if (!json)
        abort(); /* our own text, UTF-8 */
    body = arena_copy(arena, bytes_of(json, len));
    free(json);
    yyjson_mut_doc_free(doc);
    return body;
}

static const char *subject_path(const char *subject, const char *rest, struct arena *arena)
{
    CLEANUP(buffer_deinit) struct buffer path = {0};

    buffer_append_text(&path, "/subjects/");
    http_percent_encode(bytes_of_text(subject), &path);
    buffer_append_text(&path, rest);
    return arena_text(arena, buffer_view(&path));
}

static struct missing *find_missing(struct registry *registry, uint32_t id)
{
    int64_t now_ms = clock_mono_ms(registry->clock);

    for (size_t i = 0; i < MISSING_COUNT; i++)
        if (registry->missing[i].id == id && now_ms < registry->missing[i].until_ms)
            return &registry->missing[i];
    return NULL;
}

/* An id that was asked for just before it was given. */
static void forget_missing(struct registry *registry, uint32_t id)
{
    struct missing *missing = find_missing(registry, id);

    if (missing)
        missing->until_ms = 0;
}

/* POST of a schema to one of its subject's two addresses. */
static enum outcome post(struct registry *registry, const char *subject, const char *rest,
                         struct bytes schema, struct registry_place *ret_place, struct error *err)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    struct http_response response;
    enum outcome outcome = heed_pause(registry, err);

    if (outcome != OUTCOME_OK)
        return outcome;
    outcome = registry_http_call(registry->http, subject_path(subject, rest, &arena),
                                 schema_body(schema, &arena), &arena, &response, err);
    if (outcome != OUTCOME_OK)
        return pause_after(registry, outcome, err);
    if (response.status / 100 != 2)
        return pause_after(registry, explain(&response, subject, err), err);
    outcome = registry_answer_place(response.body, ret_place, err);
    if (outcome == OUTCOME_OK) {
        forget_missing(registry, ret_place->id);
        return OUTCOME_OK;
    }
    (void)error_wrap(err, "registre de schémas : %s", subject);
    if (outcome == OUTCOME_REJECT)
        err->outcome = OUTCOME_FATAL;
    return pause_after(registry, err->outcome, err);
}

static enum outcome refuse_missing(uint32_t id, struct error *err)
{
    return error_set(err, OUTCOME_REJECT,
                     "registre de schémas : il n'a pas de schéma %u, ou pas pour nous", id);
}

/* Said here, against log.h's rule: above, a right that we lack looks like an unknown schema, and
 * is a dead letter for each record. */
static void complain(struct registry *registry, uint32_t id, int32_t status, int32_t code)
{
    if (!registry->refuses_ids)
        log_error("registry", "refuses to show a schema: has its user the right to read it?",
                  LOG_INT("id", id), LOG_INT("status", status), LOG_INT("code", code));
    registry->refuses_ids = true;
}

/* What is not 200. An error with a code is about this id, and no reason to wait; but a user
 * that is not known (401) would be refused any other id too. */
static enum outcome refuse(struct registry *registry, uint32_t id,
                           const struct http_response *response, struct error *err)
{
    char message[REGISTRY_MESSAGE_SIZE];
    int32_t code = registry_answer_error(response->body, message);

    if (response->status / 100 != 4 || response->status == 401 || code == 0)
        return error_set(err, OUTCOME_RETRY, "registre de schémas : il répond %d au schéma %u",
                         response->status, id);
    if (response->status != 404)
        complain(registry, id, response->status, code);
    registry->missing[registry->missing_next++ % MISSING_COUNT] =
        (struct missing){id, clock_mono_ms(registry->clock) + MISSING_MS};
    return refuse_missing(id, err);
}

static enum outcome get_schema(struct registry *registry, uint32_t id, struct arena *arena,
                               struct bytes *ret_text, struct error *err)
{
    struct http_response response;
    enum outcome outcome =
        registry_http_call(registry->http, arena_printf(arena, "/schemas/ids/%u", id), BYTES_NONE,
                           arena, &response, err);

    if (outcome != OUTCOME_OK)
        return outcome;
    if (response.status != 200)
        return refuse(registry, id, &response, err);
    registry->refuses_ids = false;
    *ret_text = BYTES_NONE;
    outcome = registry_answer_schema(response.body, arena, ret_text, err);
    return outcome == OUTCOME_RETRY ? error_wrap(err, "registre de schémas : schéma %u", id)
                                    : OUTCOME_OK;
}

static enum outcome ask_schema(struct registry *registry, uint32_t id, struct arena *arena,
                               struct bytes *ret_text, struct error *err)
{
    enum outcome outcome;

    if (find_missing(registry, id))
        return refuse_missing(id, err);
    outcome = heed_pause(registry, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    return pause_after(registry, get_schema(registry, id, arena, ret_text, err), err);
}

/* ---- What others call ------------------------------------------------------------------------ */

enum outcome registry_schema(struct registry *registry, uint32_t id, struct arena *arena,
                             struct bytes *ret_text, struct error *err)
{
    struct error own;
    enum outcome outcome;

    err = err ? err : &own;
    pthread_mutex_lock(&registry->lock);
    outcome = ask_schema(registry, id, arena, ret_text, err);
    pthread_mutex_unlock(&registry->lock);
    return outcome;
}

enum outcome registry_find(struct registry *registry, const char *subject, struct bytes schema,
                           struct registry_place *ret_place, struct error *err)
{
    struct error own;
    enum outcome outcome;

    pthread_mutex_lock(&registry->lock);
    outcome = post(registry, subject, "", schema, ret_place, err ? err : &own);
    pthread_mutex_unlock(&registry->lock);
    return outcome;
}

/* Of several nodes, the one that is asked may lag behind the one that gave the id. */
static enum outcome await_id(struct registry *registry, const char *subject, uint32_t id,
                             struct error *err)
{
    pthread_mutex_lock(&registry->lock);
    forget_missing(registry, id);
    pthread_mutex_unlock(&registry->lock);
    return error_set(err, OUTCOME_RETRY,
                     "registre de schémas : il donne à %s le numéro %u, et ne le montre pas encore",
                     subject, id);
}

/* What is written with `id` will be read with what the registry has there. */
static enum outcome compare(struct registry *registry, const char *subject, struct bytes schema,
                            uint32_t id, struct error *err)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    struct bytes text = BYTES_NONE;
    uint64_t ours = 0;
    uint64_t theirs = 0;
    enum outcome outcome = registry_schema(registry, id, &arena, &text, err);

    if (outcome == OUTCOME_REJECT)
        return await_id(registry, subject, id, err);
    if (outcome == OUTCOME_OK)
        outcome = avro_fingerprint(schema, &ours, err);
    if (outcome == OUTCOME_OK)
        outcome = avro_fingerprint(text, &theirs, err);
    if (outcome == OUTCOME_RETRY || (outcome == OUTCOME_OK && ours == theirs))
        return outcome;
    return error_set(err, OUTCOME_FATAL,
                     "registre de schémas : il donne à %s le numéro %u, et a là un autre schéma",
                     subject, id);
}

enum outcome registry_register(struct registry *registry, const char *subject, struct bytes schema,
                               uint32_t *ret_id, struct error *err)
{
    struct registry_place place;
    struct error own;
    enum outcome outcome;

    err = err ? err : &own;
    pthread_mutex_lock(&registry->lock);
    outcome = post(registry, subject, registry->read_only ? "" : "/versions", schema, &place, err);
    pthread_mutex_unlock(&registry->lock);
    if (outcome == OUTCOME_REJECT)
        return error_set(err, OUTCOME_FATAL,
                         "registre de schémas : notre schéma de %s n'y est pas, et read_only "
                         "interdit de l'enregistrer ; `relais schemas register` le fait",
                         subject);
    if (outcome == OUTCOME_OK)
        outcome = compare(registry, subject, schema, place.id, err);
    if (outcome == OUTCOME_OK)
        *ret_id = place.id;
    return outcome;
}
