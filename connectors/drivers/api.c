/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/drivers/api.h"

#include <stdlib.h>
#include <strings.h>

#include <yyjson.h>

#include "base/json.h"
#include "connectors/drivers/hours.h"
#include "connectors/drivers/pace.h"

/* A token is renewed this long before its end, or after three quarters of a short life. */
#define TOKEN_EARLY_S INT64_C(60)
/* What they ask for beyond these is not believed. */
#define TOKEN_LIFE_MOST_S INT64_C(86400)
#define RETRY_AFTER_MOST_S INT32_C(3600)
#define API_HEADERS_MOST 64
/* A call that waited so long for its turn is tried again later. */
#define TURN_MOST_MS 60000

enum auth_kind { AUTH_NONE, AUTH_HEADER, AUTH_OAUTH2 };

struct auth_settings {
    const char *type;
    const char *name;
    const char *secret_file;
    const char *token_url;
    const char *client_id;
    const char *client_secret_file;
    const char *scope;
};

struct api {
    const struct api_settings *settings;
    struct api_settings kept; /* of api_new_of() */
    struct auth_settings auth;
    enum auth_kind kind;
    struct api_limits limits;
    struct hours *hours;        /* NULL: at any hour             */
    struct hours *shared_hours; /* of fetches, when it has none itself; or NULL */
    struct pace *pace;          /* NULL: as fast as we can       */
    struct paces *own;          /* when nobody shares, or NULL   */
    struct clock *clock;
    struct http_client *client;
    struct waiter *waiter;
    struct buffer secret;
    struct buffer token;    /* "Bearer …"; empty: none           */
    int64_t token_until_ms; /* monotonic: renewed from then on   */
    int64_t not_before_ms;  /* monotonic: Retry-After            */
};

static const struct config_field auth_fields[] = {
    CONFIG_FIELD(struct auth_settings, type, .key = "type", .flags = CONFIG_REQUIRED,
                 .choices = "header|oauth2", .help = "Comment les appels sont autorisés."),
    CONFIG_FIELD(struct auth_settings, name, .key = "name",
                 .help = "header : nom de l'en-tête qui porte le secret."),
    CONFIG_FIELD(struct auth_settings, secret_file, .key = "secret_file", .flags = CONFIG_SECRET,
                 .help = "header : fichier qui en tient la valeur."),
    CONFIG_FIELD(struct auth_settings, token_url, .key = "token_url",
                 .help = "oauth2 : où les jetons sont demandés."),
    CONFIG_FIELD(struct auth_settings, client_id, .key = "client_id",
                 .help = "oauth2 : notre nom chez eux."),
    CONFIG_FIELD(struct auth_settings, client_secret_file, .key = "client_secret_file",
                 .flags = CONFIG_SECRET, .help = "oauth2 : fichier qui tient le secret du client."),
    CONFIG_FIELD(struct auth_settings, scope, .key = "scope",
                 .help = "oauth2 : portées, séparées par des blancs."),
    CONFIG_END,
};

const struct config_field api_limit_fields[] = {
    CONFIG_FIELD(struct api_limits, requests_per_second, .key = "requests_per_second", .min = 1,
                 .max = PACE_PER_SECOND_MOST,
                 .help = "Appels à cette adresse en une seconde, ceux de tout le connecteur "
                         "ensemble ; les suivants attendent leur tour."),
    CONFIG_FIELD(struct api_limits, parallel, .key = "parallel", .min = 1, .max = 64,
                 .help = "Appels en même temps à cette adresse. Une source, ou le sink, n'en fait "
                         "jamais qu'un à la fois, dans l'ordre : 1 fait aussi attendre l'une "
                         "pendant l'appel de l'autre."),
    CONFIG_FIELD(struct api_limits, payload_bytes, .key = "payload_bytes", .min = 1,
                 .max = INT64_C(1) << 30,
                 .help = "sink : corps d'un appel, en octets ; un événement qui demande plus est "
                         "le rejet too_large, et son émetteur l'apprend."),
    CONFIG_FIELD(struct api_limits, page_size, .key = "page_size", .min = 1, .max = 10000,
                 .help = "source rest : enregistrements par page, demandés par "
                         "page_size_parameter."),
    CONFIG_FIELD(struct api_limits, hours, .key = "hours",
                 .help =
                     "Heures d'ouverture, \"08:00-18:00\" ou une liste ; fermé, tout attend, et "
                     "rien n'est un échec."),
    CONFIG_FIELD(struct api_limits, days, .key = "days",
                 .help = "Jours d'ouverture, mon-fri ou une liste de mon, tue, wed, thu, fri, sat, "
                         "sun ; sans eux, tous."),
    CONFIG_FIELD(struct api_limits, zone, .key = "zone", .fallback = "Europe/Paris",
                 .help = "Fuseau de ces heures."),
    CONFIG_FIELD(struct api_limits, holidays, .key = "holidays",
                 .help = "fr : fermé aussi les jours fériés légaux de métropole (Code du travail, "
                         "L3133-1) ; sans cette clé, un jour férié est un jour comme un autre."),
    CONFIG_END,
};

/* ---- Life ------------------------------------------------------------------------------ */

static enum outcome check_auth(struct api *api, struct diagnostics *diagnostics, struct error *err)
{
    const struct auth_settings *auth = &api->auth;
    const char *missing = NULL;

    api->kind = strcmp(auth->type, "header") == 0 ? AUTH_HEADER : AUTH_OAUTH2;
    if (api->kind == AUTH_HEADER)
        missing = !auth->name ? "name" : !auth->secret_file ? "secret_file" : NULL;
    else if (!auth->token_url)
        missing = "token_url";
    else if (!auth->client_id || !auth->client_secret_file)
        missing = auth->client_id ? "client_secret_file" : "client_id";
    if (!missing)
        return OUTCOME_OK;
    diagnostics_add(diagnostics, api->settings->auth->place, NULL, "auth de type %s veut « %s »",
                    auth->type, missing);
    return error_set(err, OUTCOME_REJECT, "auth : il manque « %s »", missing);
}

static enum outcome read_hours(const struct yaml_node *limits, struct diagnostics *diagnostics,
                               struct hours **ret_hours, struct error *err)
{
    const struct hours_settings settings = {.ranges = yaml_get(limits, "hours"),
                                            .days = yaml_get(limits, "days"),
                                            .zone = yaml_get(limits, "zone"),
                                            .holidays = yaml_get(limits, "holidays")};

    return hours_new(&settings, diagnostics, ret_hours, err);
}

static enum outcome refuse_days(const struct api_limits *limits, struct diagnostics *diagnostics,
                                struct error *err)
{
    const struct yaml_node *node = limits->days ? limits->days : limits->holidays;

    if (!node)
        return OUTCOME_OK;
    diagnostics_add(diagnostics, node->place, "hours: \"00:00-24:00\"", "des jours sans heures");
    return error_set(err, OUTCOME_REJECT, "limits : des jours sans heures");
}

static enum outcome read_limits(struct api *api, struct diagnostics *diagnostics, struct error *err)
{
    const struct yaml_node *node = api->settings->limits;
    struct api_limits *limits = &api->limits;
    enum outcome outcome;

    if (!node)
        return OUTCOME_OK;
    outcome = config_read(api_limit_fields, node, limits, diagnostics, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    return limits->hours ? read_hours(node, diagnostics, &api->hours, err)
                         : refuse_days(limits, diagnostics, err);
}

/* Without limits of its own its calls count too, and wait for what another end says of the
 * address, be it read before or after this one. */
static void get_pace(struct api *api, struct paces *shared)
{
    struct pace_limits limits = {api->limits.requests_per_second, api->limits.parallel};

    if (!shared && (limits.per_second > 0 || limits.parallel > 0))
        shared = api->own = paces_new();
    if (shared)
        api->pace = paces_get(shared, api->settings->base_url, &limits);
}

enum outcome api_new(const struct api_settings *settings, const struct connector_context *context,
                     struct diagnostics *diagnostics, struct api **ret_api, struct error *err)
{
    CLEANUP(api_freep) struct api *api = xcalloc(1, sizeof(*api));
    struct http_client_options options = {.user_agent = "relais/" RELAIS_VERSION,
                                          .ca_file = settings->ca_file};
    enum outcome outcome = OUTCOME_OK;

    api->settings = settings;
    api->clock = context->clock;
    if (settings->auth) {
        outcome = config_read(auth_fields, settings->auth, &api->auth, diagnostics, err);
        if (outcome == OUTCOME_OK)
            outcome = check_auth(api, diagnostics, err);
    }
    if (outcome == OUTCOME_OK)
        outcome = read_limits(api, diagnostics, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    get_pace(api, context->paces);
    api->client = http_client_new(&options);
    api->waiter = waiter_new();
    *ret_api = TAKE(api);
    return OUTCOME_OK;
}

/* The keys of the table, of a mapping that has others; free() both lists. */
static struct yaml_node only(const struct config_field *fields, const struct yaml_node *node)
{
    struct yaml_node own = *node;

    own.count = 0;
    own.items = xcalloc(node->count + 1, sizeof(*own.items));
    own.keys = xcalloc(node->count + 1, sizeof(*own.keys));
    for (size_t i = 0; i < node->count; i++)
        for (size_t f = 0; fields[f].key; f++)
            if (bytes_equal_text(node->keys[i]->text, fields[f].key)) {
                own.keys[own.count] = node->keys[i];
                own.items[own.count++] = node->items[i];
            }
    return own;
}

struct end {
    struct api_settings api;
};

enum outcome api_new_of(const struct yaml_node *end, const struct connector_context *context,
                        struct diagnostics *diagnostics, struct api **ret_api, struct error *err)
{
    static const struct config_field fields[] = {API_FIELDS(struct end), CONFIG_END};
    struct yaml_node own = only(fields, end);
    struct end read = {0};
    enum outcome outcome = config_read(fields, &own, &read, diagnostics, err);

    free(own.items);
    free(own.keys);
    if (outcome == OUTCOME_OK)
        outcome = api_new(&read.api, context, diagnostics, ret_api, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    (*ret_api)->kept = read.api;
    (*ret_api)->settings = &(*ret_api)->kept;
    return OUTCOME_OK;
}

/* "https://agenda.example:8443" */
static struct bytes origin_of(const char *url)
{
    const char *host = strstr(url, "://");

    return bytes_of(url, host ? (size_t)(host - url) + 3 + strcspn(host + 3, "/?#") : strlen(url));
}

/* The far end's mistakes are told where it is read itself. */
void api_share_hours(struct api *api, const struct yaml_node *end)
{
    CLEANUP(diagnostics_freep) struct diagnostics *dropped = diagnostics_new();
    const struct yaml_node *url = yaml_get(end, "base_url");
    const struct yaml_node *limits = yaml_get(end, "limits");
    struct bytes ours = origin_of(api->settings->base_url);
    struct bytes theirs =
        url && url->text.data ? origin_of((const char *)url->text.data) : BYTES_LITERAL("");

    if (api->hours || !limits || !yaml_get(limits, "hours") || ours.len != theirs.len ||
        strncasecmp((const char *)ours.data, (const char *)theirs.data, ours.len) != 0)
        return;
    (void)!read_hours(limits, dropped, &api->shared_hours, NULL);
}

void api_free(struct api *api)
{
    if (!api)
        return;
    http_client_free(api->client);
    hours_free(api->hours);
    hours_free(api->shared_hours);
    paces_free(api->own);
    waiter_free(api->waiter);
    buffer_deinit(&api->secret);
    buffer_deinit(&api->token);
    free(api);
}

enum outcome api_open(struct api *api, struct error *err)
{
    const char *file =
        api->kind == AUTH_HEADER ? api->auth.secret_file : api->auth.client_secret_file;
    enum outcome outcome;

    if (api->kind == AUTH_NONE || api->secret.len > 0)
        return OUTCOME_OK;
    outcome = config_read_secret(file, &api->secret, err);
    return outcome == OUTCOME_OK ? OUTCOME_OK : error_wrap(err, "secret of the API");
}

void api_interrupt(struct api *api)
{
    waiter_interrupt(api->waiter);
    http_client_interrupt(api->client);
}

const struct api_limits *api_limits(const struct api *api)
{
    return &api->limits;
}

enum outcome api_refuse_limit(const struct api_settings *settings, const char *key,
                              const char *what, struct diagnostics *diagnostics, struct error *err)
{
    diagnostics_add(diagnostics, yaml_get(settings->limits, key)->place, NULL, "%s", what);
    return error_set(err, OUTCOME_REJECT, "limits : %s", what);
}

int64_t api_closed_until(const struct api *api)
{
    return api->hours ? hours_closed_until(api->hours, clock_wall_us(api->clock)) : 0;
}

int64_t api_fetch_closed_until(const struct api *api)
{
    const struct hours *hours = api->hours ? api->hours : api->shared_hours;

    return hours ? hours_closed_until(hours, clock_wall_us(api->clock)) : 0;
}

/* ---- Token ------------------------------------------------------------------------------- */

static void add_form(struct buffer *form, const char *name, struct bytes value)
{
    buffer_printf(form, "%s%s=", form->len > 0 ? "&" : "", name);
    http_percent_encode(value, form);
}

static void take_token(struct api *api, const char *token, int64_t life_s)
{
    int64_t early_s;

    life_s = life_s < TOKEN_LIFE_MOST_S ? life_s : TOKEN_LIFE_MOST_S;
    early_s = life_s > 4 * TOKEN_EARLY_S ? TOKEN_EARLY_S : life_s / 4;
    buffer_clear(&api->token);
    buffer_printf(&api->token, "Bearer %s", token);
    api->token_until_ms = clock_mono_ms(api->clock) + (life_s - early_s) * 1000;
}

static bool read_token(struct api *api, struct bytes body)
{
    yyjson_doc *document = json_read(body);
    yyjson_val *root = yyjson_doc_get_root(document);
    const char *token = yyjson_get_str(yyjson_obj_get(root, "access_token"));
    int64_t life_s = yyjson_get_sint(yyjson_obj_get(root, "expires_in"));

    if (token)
        take_token(api, token, life_s > 0 ? life_s : TOKEN_EARLY_S);
    yyjson_doc_free(document);
    return token != NULL;
}

static enum outcome fetch_token(struct api *api, struct arena *arena, struct error *err)
{
    static const struct http_header type = {"Content-Type", "application/x-www-form-urlencoded"};
    struct buffer form = {0};
    struct http_response response = {0};
    struct http_request request = {.method = "POST",
                                   .url = api->auth.token_url,
                                   .headers = &type,
                                   .header_count = 1,
                                   .timeout_ms = (int32_t)api->settings->timeout_ms};
    bool maybe_done = false;
    enum outcome outcome;

    add_form(&form, "grant_type", BYTES_LITERAL("client_credentials"));
    add_form(&form, "client_id", bytes_of_text(api->auth.client_id));
    add_form(&form, "client_secret", buffer_view(&api->secret));
    if (api->auth.scope)
        add_form(&form, "scope", bytes_of_text(api->auth.scope));
    request.body = buffer_view(&form);
    outcome = http_client_call(api->client, &request, arena, &response, &maybe_done, err);
    buffer_deinit(&form);
    if (outcome != OUTCOME_OK)
        return error_wrap(err, "jeton");
    if (response.status / 100 != 2 || !read_token(api, response.body))
        return error_set(err, OUTCOME_RETRY, "jeton refusé, statut %d", (int)response.status);
    return OUTCOME_OK;
}

/* ---- Calls -------------------------------------------------------------------------------- */

/* How long one call of it may take. */
static int64_t time_of(const struct api *api, const struct http_request *request)
{
    int64_t most_ms = api->settings->timeout_ms;

    return request->timeout_ms > 0 && request->timeout_ms < most_ms ? request->timeout_ms : most_ms;
}

/* RETRY: it was interrupted, or it took too long. */
static enum outcome wait_turn(struct api *api, const struct http_request *request,
                              struct error *err)
{
    int64_t most_ms = request->timeout_ms > 0 ? time_of(api, request) : TURN_MOST_MS;
    int64_t until_ms = clock_mono_ms(api->clock) + most_ms;
    int64_t wait_ms = 0;

    while (api->pace && !pace_enter(api->pace, clock_mono_ms(api->clock), &wait_ms))
        if (clock_mono_ms(api->clock) + wait_ms > until_ms || !waiter_wait_ms(api->waiter, wait_ms))
            return error_set(err, OUTCOME_RETRY, "leurs limites n'ont pas laissé de tour");
    return OUTCOME_OK;
}

static enum outcome call_authorised(struct api *api, const struct http_request *request,
                                    struct arena *arena, struct http_response *ret_response,
                                    bool *ret_maybe_done, struct error *err)
{
    struct http_header headers[API_HEADERS_MOST + 1];
    struct http_request authorised = *request;
    enum outcome outcome;

    if (request->header_count > API_HEADERS_MOST)
        return error_set(err, OUTCOME_REJECT, "plus de %d en-têtes", API_HEADERS_MOST);
    if (request->header_count > 0)
        memcpy(headers, request->headers, request->header_count * sizeof(*headers));
    if (api->kind == AUTH_HEADER)
        headers[authorised.header_count++] =
            (struct http_header){api->auth.name, buffer_text(&api->secret)};
    if (api->kind == AUTH_OAUTH2)
        headers[authorised.header_count++] =
            (struct http_header){"Authorization", buffer_text(&api->token)};
    authorised.headers = headers;
    authorised.url = arena_printf(arena, "%s%s", api->settings->base_url, request->url);
    authorised.timeout_ms = (int32_t)time_of(api, request);
    outcome = wait_turn(api, request, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    outcome = http_client_call(api->client, &authorised, arena, ret_response, ret_maybe_done, err);
    if (api->pace)
        pace_leave(api->pace);
    return outcome;
}

static enum outcome need_token(struct api *api, struct arena *arena, struct error *err)
{
    if (api->kind != AUTH_OAUTH2 ||
        (api->token.len > 0 && clock_mono_ms(api->clock) < api->token_until_ms))
        return OUTCOME_OK;
    return fetch_token(api, arena, err);
}

static void pause_for(struct api *api, int32_t seconds)
{
    int64_t bounded = seconds < RETRY_AFTER_MOST_S ? seconds : RETRY_AFTER_MOST_S;

    api->not_before_ms = clock_mono_ms(api->clock) + bounded * 1000;
}

enum outcome api_call(struct api *api, const struct http_request *request, struct arena *arena,
                      struct http_response *ret_response, bool *ret_maybe_done, struct error *err)
{
    enum outcome outcome;
    int64_t pause_ms = api->not_before_ms - clock_mono_ms(api->clock);

    *ret_maybe_done = false;
    if (pause_ms > time_of(api, request) ||
        (pause_ms > 0 && !waiter_wait_ms(api->waiter, pause_ms)))
        return error_set(err, OUTCOME_RETRY, "il a demandé une pause qui n'est pas finie");
    outcome = need_token(api, arena, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    outcome = call_authorised(api, request, arena, ret_response, ret_maybe_done, err);
    if (outcome == OUTCOME_OK && ret_response->status == 401 && api->kind == AUTH_OAUTH2) {
        /* Refused before anything was done: the token ended early. Once. */
        *ret_maybe_done = false;
        buffer_clear(&api->token);
        outcome = need_token(api, arena, err);
        if (outcome == OUTCOME_OK)
            outcome = call_authorised(api, request, arena, ret_response, ret_maybe_done, err);
    }
    if (outcome == OUTCOME_OK && ret_response->retry_after_s > 0 &&
        (ret_response->status == 429 || ret_response->status == 503))
        pause_for(api, ret_response->retry_after_s);
    return outcome;
}

enum outcome api_fetch(struct api *api, const char *path, int32_t timeout_ms, struct arena *arena,
                       struct http_response *ret_response, struct error *err)
{
    struct http_request request = {.method = "GET", .url = path, .timeout_ms = timeout_ms};
    bool maybe_done;

    return api_call(api, &request, arena, ret_response, &maybe_done, err);
}
