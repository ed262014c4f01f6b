/* SPDX-License-Identifier: Apache-2.0
 *
 * An HTTP API of theirs, with its authorisation: what REST source and REST sink share.
 * OAuth2 client credentials (RFC 6749, 4.4): the token is fetched before it is needed,
 * renewed early, and once more when a call answers 401. Retry-After is obeyed: a short
 * pause is waited for, during a long one (an hour at most) every call is RETRY at once. Their
 * limits (`limits`) are kept: a call waits for its turn; opening hours are asked for by whoever
 * would call (api_closed_until), since that wait is no matter of one call.
 */
#ifndef RELAIS_CONNECTORS_DRIVERS_API_H
#define RELAIS_CONNECTORS_DRIVERS_API_H

#include "base/config.h"
#include "connectors/connector.h"

struct api_settings {
    const char *base_url;
    struct yaml_node *auth;
    const char *ca_file;
    int64_t timeout_ms;
    struct yaml_node *limits;
};
/* `limits`: what their system bears. */
struct api_limits {
    int64_t requests_per_second; /* 0: any number */
    int64_t parallel;            /* 0: any number */
    int64_t payload_bytes;       /* of a request; 0: any size */
    int64_t page_size;           /* records a page; 0: theirs */
    struct yaml_node *hours;
    struct yaml_node *days;
    const char *zone;
    struct yaml_node *holidays;
};
extern const struct config_field api_limit_fields[];

/* The rows of these settings for a driver whose instance has a member `api` of that type. */
#define API_FIELDS(owner)                                                                          \
    CONFIG_FIELD(owner, api.base_url, .key = "base_url", .flags = CONFIG_REQUIRED,                 \
                 .help = "Début de chaque adresse, sans barre oblique à la fin."),                 \
        API_OTHER_FIELDS(owner)
/* The same but the address. */
#define API_OTHER_FIELDS(owner)                                                                    \
    CONFIG_FIELD(owner, api.auth, .key = "auth",                                                   \
                 .help = "type: header (name, secret_file) ou oauth2 (token_url, client_id, "      \
                         "client_secret_file, scope)."),                                           \
        CONFIG_FIELD(owner, api.ca_file, .key = "ca_file",                                         \
                     .help =                                                                       \
                         "Autorités de certification à croire au lieu de celles de la machine."),  \
        CONFIG_FIELD(owner, api.timeout_ms, .key = "timeout_ms", .fallback = "10000", .min = 100,  \
                     .max = 120000, .help = "Durée d'un appel entier, en millisecondes."),         \
        CONFIG_FIELD(owner, api.limits, .key = "limits",                                           \
                     .help = "Ce que leur système supporte : voir plus bas.")

struct api;
/* Reads the settings; connects nowhere, reads no secret. Both are borrowed. REJECT: see
 * `diagnostics`. */
MUST_USE enum outcome api_new(const struct api_settings *settings,
                              const struct connector_context *context,
                              struct diagnostics *diagnostics, struct api **ret_api,
                              struct error *err);
/* The API that another end's keys name: of them only those of API_FIELDS are read. The tree is
 * borrowed. */
MUST_USE enum outcome api_new_of(const struct yaml_node *end,
                                 const struct connector_context *context,
                                 struct diagnostics *diagnostics, struct api **ret_api,
                                 struct error *err);
/* Fetches keep the opening hours that another end's keys say, if this one says none itself and
 * both call the same host: a system is closed, not one end of ours. */
void api_share_hours(struct api *api, const struct yaml_node *end);
void api_free(struct api *api);
DEFINE_CLEANUP(struct api, api_free)
/* Reads the secrets. FATAL: they cannot be read. */
MUST_USE enum outcome api_open(struct api *api, struct error *err);

/* `path` is appended to the base URL; a time-out in the request is the shorter one. As
 * http_client_call(), with the authorisation, and not before its turn comes (`limits`: a minute
 * at most). RETRY also: no token to be had (also when the credentials are refused: a person
 * may mend them there), no turn, or Retry-After is not over. */
MUST_USE enum outcome api_call(struct api *api, const struct http_request *request,
                               struct arena *arena, struct http_response *ret_response,
                               bool *ret_maybe_done, struct error *err);
/* GET of a path, as a source's `fetch` (connector.h). */
MUST_USE enum outcome api_fetch(struct api *api, const char *path, int32_t timeout_ms,
                                struct arena *arena, struct http_response *ret_response,
                                struct error *err);
/* What the settings say. */
const struct api_limits *api_limits(const struct api *api);
/* REJECT: a key of `limits` that says nothing here. */
MUST_USE enum outcome api_refuse_limit(const struct api_settings *settings, const char *key,
                                       const char *what, struct diagnostics *diagnostics,
                                       struct error *err);
/* 0: their system takes calls now. Else the moment when it opens (µs UTC). */
int64_t api_closed_until(const struct api *api);
/* The same for api_fetch(): see api_share_hours(). */
int64_t api_fetch_closed_until(const struct api *api);
/* Any thread, any time. */
void api_interrupt(struct api *api);

#endif
