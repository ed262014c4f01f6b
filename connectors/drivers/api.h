/* SPDX-License-Identifier: Apache-2.0
 *
 * An HTTP API of theirs, with its authorisation: what REST source and REST sink share.
 * OAuth2 client credentials (RFC 6749, 4.4): the token is fetched before it is needed,
 * renewed early, and once more when a call answers 401. Retry-After is obeyed: a short
 * pause is waited for, during a long one (an hour at most) every call is RETRY at once.
 */
#ifndef RELAIS_CONNECTORS_DRIVERS_API_H
#define RELAIS_CONNECTORS_DRIVERS_API_H

#include "base/clock.h"
#include "base/config.h"
#include "base/http_client.h"

struct api_settings {
    const char *base_url;
    struct yaml_node *auth;
    const char *ca_file;
    int64_t timeout_ms;
};
/* The rows of these settings for a driver whose instance has a member `api` of that type. */
#define API_FIELDS(owner)                                                                          \
    CONFIG_FIELD(owner, api.base_url, .key = "base_url", .flags = CONFIG_REQUIRED,                 \
                 .help = "Début de chaque adresse, sans barre oblique à la fin."),                 \
        CONFIG_FIELD(owner, api.auth, .key = "auth",                                               \
                     .help = "type: header (name, secret_file) ou oauth2 (token_url, client_id, "  \
                             "client_secret_file, scope)."),                                       \
        CONFIG_FIELD(owner, api.ca_file, .key = "ca_file",                                         \
                     .help =                                                                       \
                         "Autorités de certification à croire au lieu de celles de la machine."),  \
        CONFIG_FIELD(owner, api.timeout_ms, .key = "timeout_ms", .fallback = "10000", .min = 100,  \
                     .max = 120000, .help = "Durée d'un appel entier, en millisecondes.")

struct api;
/* Reads the settings; connects nowhere, reads no secret. REJECT: see `diagnostics`. */
MUST_USE enum outcome api_new(const struct api_settings *settings, struct clock *clock,
                              struct diagnostics *diagnostics, struct api **ret_api,
                              struct error *err);
void api_free(struct api *api);
DEFINE_CLEANUP(struct api, api_free)
/* Reads the secrets. FATAL: they cannot be read. */
MUST_USE enum outcome api_open(struct api *api, struct error *err);

/* `path` is appended to the base URL. As http_client_call(), with the authorisation; RETRY
 * also: no token to be had (also when the credentials are refused: a person
 * may mend them there), or Retry-After is not over. */
MUST_USE enum outcome api_call(struct api *api, const struct http_request *request,
                               struct arena *arena, struct http_response *ret_response,
                               bool *ret_maybe_done, struct error *err);
/* Any thread, any time. */
void api_interrupt(struct api *api);

#endif
