/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/drivers/webhook_request.h"

#include <strings.h>

#include "base/crypto.h"
#include "connectors/mapping/mapping.h"

bool webhook_request_is_signed(const struct http_server_request *request, const char *header,
                               struct bytes secret)
{
    const char *given = http_request_header(request, header);
    uint8_t digest[CRYPTO_DIGEST_SIZE];
    CLEANUP(buffer_deinit) struct buffer octets = {0};

    if (!given)
        return false;
    crypto_hmac(secret, http_request_body(request), digest);
    return crypto_unhex(bytes_of_text(given), &octets) &&
           crypto_equal(buffer_view(&octets), bytes_of(digest, sizeof(digest)));
}

static bool is_type(const char *type, const char *expected)
{
    size_t len = strlen(expected);

    return strncasecmp(type, expected, len) == 0 &&
           (type[len] == '\0' || type[len] == ';' || type[len] == ' ');
}

bool webhook_request_has_type(const struct http_server_request *request, const char *const *types)
{
    const char *type = http_request_header(request, "Content-Type");
    bool is_one = false;

    for (; type && *types && !is_one; types++)
        is_one = is_type(type, *types);
    return is_one;
}

/* ---- Headers and query -------------------------------------------------------------------- */

struct gathering {
    const char *proof;
    struct arena *arena;
    const char *prefix;
    struct http_header *headers;
    size_t count;
};

/* What proves who sends is no part of what they say. */
static bool is_proof(const char *name, const char *own)
{
    return strcasecmp(name, "Authorization") == 0 || strcasecmp(name, "Cookie") == 0 ||
           strcasecmp(name, "Proxy-Authorization") == 0 || (own && strcasecmp(name, own) == 0);
}

static void gather(void *context, const char *name, const char *value)
{
    struct gathering *gathering = context;

    if (gathering->count == WEBHOOK_REQUEST_HEADERS_MOST || is_proof(name, gathering->proof) ||
        !bytes_is_utf8(bytes_of_text(name)) || !bytes_is_utf8(bytes_of_text(value)))
        return;
    gathering->headers[gathering->count++] = (struct http_header){
        arena_printf(gathering->arena, "%s%s", gathering->prefix, name), value};
}

size_t webhook_request_headers(const struct http_server_request *request, const char *proof,
                               struct arena *arena,
                               struct http_header ret_headers[WEBHOOK_REQUEST_HEADERS_MOST])
{
    struct gathering gathering = {
        .proof = proof, .arena = arena, .prefix = "", .headers = ret_headers};

    http_request_each_header(request, gather, &gathering);
    gathering.prefix = MAPPING_QUERY;
    http_request_each_parameter(request, gather, &gathering);
    return gathering.count;
}
