/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/registry_http.h"

#include <stdlib.h>

#include "base/crypto.h"

#define TYPE "application/vnd.schemaregistry.v1+json"
#define MOST_BYTES ((size_t)2 * 1024 * 1024)
#define MOST_NODES 8

enum request_end { REQUEST_OK, REQUEST_REFUSED, REQUEST_UNAVAILABLE, REQUEST_ENDS };

struct registry_http {
    char *urls[MOST_NODES]; /* without a slash at their end */
    size_t count;
    size_t first;        /* the one that answered last */
    char *authorization; /* value of the header, or NULL */
    int32_t timeout_ms;  /* of one of them */
    struct http_client *client;
    struct metric *requests[REQUEST_ENDS]; /* NULL: not counted */
};

/* ---- Life ------------------------------------------------------------------------------ */

/* A user in the URL would be shown wherever the URL is. */
static enum outcome check_url(const char *url, struct error *err)
{
    const char *rest = strncmp(url, "http://", 7) == 0    ? url + 7
                       : strncmp(url, "https://", 8) == 0 ? url + 8
                                                          : NULL;

    if (!rest || *rest == '\0' || *rest == '/')
        return error_set(err, OUTCOME_FATAL,
                         "registre de schémas : son adresse n'est pas une URL http(s)");
    if (strpbrk(rest, "@?# "))
        return error_set(
            err, OUTCOME_FATAL,
            "registre de schémas : son adresse contient un utilisateur ou une requête ; "
            "un utilisateur a ses propres réglages");
    return OUTCOME_OK;
}

static enum outcome add_url(struct registry_http *http, struct bytes text, struct error *err)
{
    char *url;

    while (text.len > 0 && text.data[0] == ' ')
        text = bytes_of(text.data + 1, text.len - 1);
    while (text.len > 0 && text.data[text.len - 1] == ' ')
        text.len--;
    if (http->count == MOST_NODES)
        return error_set(err, OUTCOME_FATAL, "registre de schémas : plus de %d adresses",
                         MOST_NODES);
    url = bytes_dup_text(text);
    http->urls[http->count++] = url;
    if (check_url(url, err) != OUTCOME_OK)
        return OUTCOME_FATAL;
    for (size_t len = strlen(url); url[len - 1] == '/'; len--)
        url[len - 1] = '\0';
    return OUTCOME_OK;
}

/* "https://a:8081, https://b:8081" */
static enum outcome add_urls(struct registry_http *http, const char *list, struct error *err)
{
    enum outcome outcome = OUTCOME_OK;

    for (const char *at = list; outcome == OUTCOME_OK; at++) {
        size_t len = strcspn(at, ",");

        outcome = add_url(http, bytes_of((const uint8_t *)at, len), err);
        at += len;
        if (*at == '\0')
            break;
    }
    return outcome;
}

static enum outcome read_secret(const struct registry_settings *settings, char **ret_header,
                                struct error *err)
{
    CLEANUP(crypto_wipe_buffer) struct buffer plain = {0};
    CLEANUP(crypto_wipe_buffer) struct buffer header = {0};

    if (!settings->user && !settings->secret_file)
        return OUTCOME_OK;
    if (!settings->user || !settings->secret_file)
        return error_set(err, OUTCOME_FATAL,
                         "registre de schémas : user et secret_file vont ensemble, l'un manque");
    buffer_printf(&plain, "%s:", settings->user);
    if (config_read_secret(settings->secret_file, &plain, err) != OUTCOME_OK)
        return error_wrap(err, "registre de schémas");
    buffer_append_text(&header, "Basic ");
    crypto_base64(buffer_view(&plain), &header);
    *ret_header = xstrdup(buffer_text(&header));
    return OUTCOME_OK;
}

enum outcome registry_http_new(const struct registry_settings *settings,
                               struct registry_http **ret_http, struct error *err)
{
    CLEANUP(registry_http_freep) struct registry_http *http = xcalloc(1, sizeof(*http));
    struct http_client_options options = {.user_agent = "relais/" RELAIS_VERSION,
                                          .ca_file = settings->ca_file,
                                          .max_response_bytes = MOST_BYTES};
    enum outcome outcome = add_urls(http, settings->url, err);

    if (outcome == OUTCOME_OK)
        outcome = read_secret(settings, &http->authorization, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    http->timeout_ms = (int32_t)(settings->timeout_ms / (int64_t)http->count);
    http->client = http_client_new(&options);
    *ret_http = TAKE(http);
    return OUTCOME_OK;
}

void registry_http_free(struct registry_http *http)
{
    if (!http)
        return;
    if (http->authorization)
        crypto_wipe(http->authorization, strlen(http->authorization));
    free(http->authorization);
    for (size_t i = 0; i < http->count; i++)
        free(http->urls[i]);
    http_client_free(http->client);
    free(http);
}

void registry_http_count(struct registry_http *http, struct metrics *metrics)
{
    static const char *const labels[REQUEST_ENDS] = {
        [REQUEST_OK] = "outcome=\"ok\"",
        [REQUEST_REFUSED] = "outcome=\"refused\"",
        [REQUEST_UNAVAILABLE] = "outcome=\"unavailable\"",
    };

    for (size_t i = 0; i < REQUEST_ENDS; i++)
        http->requests[i] =
            metrics_counter(metrics, "relais_registry_requests_total", labels[i],
                            "Requests to the schema registry, to each node, by their end.");
}

/* ---- Calls ----------------------------------------------------------------------------- */

static enum outcome judge(enum outcome outcome, int32_t status, struct error *err)
{
    if (outcome == OUTCOME_REJECT)
        return error_set(err, OUTCOME_FATAL,
                         "registre de schémas : son adresse n'est pas une URL http(s)");
    if (outcome != OUTCOME_OK)
        return error_wrap(err, "registre de schémas");
    if (status == 408 || status == 429 || status / 100 == 5)
        return error_set(err, OUTCOME_RETRY, "registre de schémas : il répond %d, pas maintenant",
                         status);
    if (status / 100 != 2 && status / 100 != 4)
        return error_set(err, OUTCOME_RETRY,
                         "registre de schémas : ce qui répond (%d) n'en est pas un ; son adresse "
                         "est-elle la bonne ?",
                         status);
    return OUTCOME_OK;
}

static enum outcome ask_node(struct registry_http *http, const char *url,
                             struct http_request *request, struct arena *arena,
                             struct http_response *ret_response, struct error *err)
{
    bool maybe_done;
    enum outcome outcome;
    enum request_end end;

    *ret_response = (struct http_response){.status = 0};
    request->url = url;
    outcome = http_client_call(http->client, request, arena, ret_response, &maybe_done, err);
    outcome = judge(outcome, ret_response->status, err);
    end = outcome != OUTCOME_OK             ? REQUEST_UNAVAILABLE
          : ret_response->status / 100 == 2 ? REQUEST_OK
                                            : REQUEST_REFUSED;
    if (http->requests[end])
        metric_add(http->requests[end], 1);
    return outcome;
}

/* Each request may be repeated: a schema that is registered twice has one id. */
enum outcome registry_http_call(struct registry_http *http, const char *path, struct bytes body,
                                struct arena *arena, struct http_response *ret_response,
                                struct error *err)
{
    const struct http_header headers[] = {{"Accept", TYPE ", application/json"},
                                          {"Content-Type", TYPE},
                                          {"Authorization", http->authorization}};
    struct http_request request = {.method = body.data ? "POST" : "GET",
                                   .headers = headers,
                                   .header_count = http->authorization ? 3 : 2,
                                   .body = body,
                                   .timeout_ms = http->timeout_ms};
    enum outcome outcome = OUTCOME_RETRY;

    for (size_t i = 0; i < http->count && outcome == OUTCOME_RETRY; i++) {
        size_t node = (http->first + i) % http->count;
        const char *url = arena_printf(arena, "%s%s", http->urls[node], path);

        outcome = ask_node(http, url, &request, arena, ret_response, err);
        if (outcome == OUTCOME_OK)
            http->first = node;
    }
    return outcome;
}
