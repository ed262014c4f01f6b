/* SPDX-License-Identifier: Apache-2.0
 *
 * One easy handle in one multi handle: the multi keeps the connections and can be woken.
 *
 * Since libcurl 7.84 curl_global_init() counts its calls and is safe in any thread, so each
 * client makes one of its own and no global of ours says whether it was done.
 */
#include "base/http_client.h"

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdlib.h>

#define DEFAULT_MAX_BYTES ((size_t)8 * 1024 * 1024)
#define DEFAULT_TIMEOUT_MS 30000
/* Below the shortest keep-alive of common servers (5 s), so that a kept connection is
 * seldom one that the far end is just closing. */
#define KEEP_ALIVE_S 4L

struct http_client {
    CURLM *multi;
    CURL *easy;
    char *user_agent;
    char *ca_file;
    size_t max_bytes;
    atomic_bool interrupted; /* set by any thread, followed by a wake-up */
};

/* One call in progress. */
struct exchange {
    struct buffer body;
    bool once; /* POST, PATCH: a second try on a new connection is refused */
    int sent;  /* how often a request was begun on a connection            */
    char reason[CURL_ERROR_SIZE];
};

static void set_option(CURLcode result)
{
    /* Fails only for an option that this libcurl was built without, or without memory. */
    if (result != CURLE_OK)
        abort();
}

struct http_client *http_client_new(const struct http_client_options *options)
{
    struct http_client *client = xcalloc(1, sizeof(*client));

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
        !(curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_THREADSAFE))
        abort();
    client->multi = curl_multi_init();
    client->easy = curl_easy_init();
    if (!client->multi || !client->easy)
        abort();
    client->user_agent = xstrdup(options->user_agent);
    client->ca_file = xstrdup(options->ca_file);
    client->max_bytes =
        options->max_response_bytes ? options->max_response_bytes : DEFAULT_MAX_BYTES;
    return client;
}

void http_client_free(struct http_client *client)
{
    if (!client)
        return;
    curl_easy_cleanup(client->easy);
    (void)curl_multi_cleanup(client->multi);
    curl_global_cleanup();
    free(client->user_agent);
    free(client->ca_file);
    free(client);
}

void http_client_interrupt(struct http_client *client)
{
    atomic_store(&client->interrupted, true);
    (void)curl_multi_wakeup(client->multi);
}

/* ---- The request --------------------------------------------------------------- */

static void list_free(struct curl_slist **list)
{
    curl_slist_free_all(*list);
}

static void list_append(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);

    if (!longer)
        abort();
    *list = longer;
}

/* RFC 9110, section 5.6.2. */
static bool is_token(const char *text)
{
    static const char others[] = "!#$%&'*+-.^_`|~";

    for (const char *at = text; *at != '\0'; at++)
        if (!(*at >= '0' && *at <= '9') && !(*at >= 'a' && *at <= 'z') &&
            !(*at >= 'A' && *at <= 'Z') && !strchr(others, *at))
            return false;
    return *text != '\0';
}

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++)
        if (((unsigned char)*text < 0x20 && *text != '\t') || *text == 0x7F)
            return true;
    return false;
}

static bool same_name(const char *a, const char *b)
{
    return curl_strequal(a, b) != 0;
}

static enum outcome make_headers(const struct http_request *request, struct curl_slist **headers,
                                 struct error *err)
{
    bool typed = false;

    for (size_t i = 0; i < request->header_count; i++) {
        CLEANUP(buffer_deinit) struct buffer line = {0};
        const struct http_header *header = &request->headers[i];

        if (!is_token(header->name) || has_control(header->value))
            return error_set(err, OUTCOME_REJECT, "l'en-tête HTTP %zu a des caractères interdits",
                             i + 1);
        typed |= same_name(header->name, "Content-Type");
        /* libcurl's way to send a header with an empty value. */
        buffer_printf(&line, *header->value == '\0' ? "%s;" : "%s: %s", header->name,
                      header->value);
        list_append(headers, buffer_text(&line));
    }
    if (!typed)
        list_append(headers, "Content-Type:"); /* not libcurl's form encoding */
    list_append(headers, "Expect:");           /* no second of waiting for 100 Continue */
    return OUTCOME_OK;
}

static size_t take_body(char *data, size_t one, size_t len, void *context)
{
    struct exchange *exchange = context;

    (void)one;
    buffer_append(&exchange->body, data, len);
    return exchange->body.overflow ? 0 : len;
}

/* libcurl calls this when a connection stands and the request is about to be sent. It sends
 * again by itself when a kept connection turns out dead: not what may have been done. */
/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl's type */
static int begin_request(void *context, char *peer, char *local, int peer_port, int local_port)
{
    struct exchange *exchange = context;

    (void)peer;
    (void)local;
    (void)peer_port;
    (void)local_port;
    if (exchange->once && exchange->sent > 0)
        return CURL_PREREQFUNC_ABORT;
    exchange->sent++;
    return CURL_PREREQFUNC_OK;
}

static void set_method(CURL *easy, const struct http_request *request)
{
    bool carries = request->body.data || strcmp(request->method, "POST") == 0 ||
                   strcmp(request->method, "PUT") == 0 || strcmp(request->method, "PATCH") == 0;

    if (carries) {
        set_option(curl_easy_setopt(easy, CURLOPT_POST, 1L));
        set_option(
            curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len));
        set_option(curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                                    request->body.data ? (const char *)request->body.data : ""));
    }
    if (strcmp(request->method, "HEAD") == 0)
        set_option(curl_easy_setopt(easy, CURLOPT_NOBODY, 1L));
    else
        set_option(curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method));
}

static void set_options(const struct http_client *client, const struct http_request *request,
                        struct curl_slist *headers, struct exchange *exchange)
{
    CURL *easy = client->easy;
    long timeout_ms = request->timeout_ms > 0 ? request->timeout_ms : DEFAULT_TIMEOUT_MS;

    curl_easy_reset(easy); /* keeps the connections: they are the multi's */
    set_option(curl_easy_setopt(easy, CURLOPT_URL, request->url));
    set_option(curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https"));
    set_option(curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1));
    set_option(curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L));
    set_option(curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 1L));
    /* An interrupted call does not wait for the resolver's thread. */
    set_option(curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L));
    set_option(curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms));
    set_option(curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, timeout_ms));
    set_option(curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, KEEP_ALIVE_S));
    set_option(curl_easy_setopt(easy, CURLOPT_USERAGENT, client->user_agent));
    if (client->ca_file)
        set_option(curl_easy_setopt(easy, CURLOPT_CAINFO, client->ca_file));
    set_option(curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers));
    set_option(curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body));
    set_option(curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange));
    set_option(curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, begin_request));
    set_option(curl_easy_setopt(easy, CURLOPT_PREREQDATA, exchange));
    set_option(curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->reason));
    set_method(easy, request);
}

/* ---- The answer ---------------------------------------------------------------- */

static const char *response_header(CURL *easy, const char *name)
{
    struct curl_header *header = NULL;

    if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return NULL;
    return header->value;
}

static const char *media_type(const char *value, struct arena *arena)
{
    struct bytes type =
        value ? bytes_trim(bytes_of(value, strcspn(value, ";"))) : BYTES_LITERAL("");
    char *lower = arena_text(arena, type);

    for (char *at = lower; *at != '\0'; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    return lower;
}

static int32_t retry_after(const char *value)
{
    int64_t seconds = 0;

    if (!value || !bytes_to_int64(bytes_trim(bytes_of_text(value)), &seconds) || seconds < 0 ||
        seconds > INT32_MAX)
        return -1;
    return (int32_t)seconds;
}

static void take_response(CURL *easy, const struct exchange *exchange, struct arena *arena,
                          struct http_response *ret_response)
{
    const char *etag = response_header(easy, "ETag");
    long status = 0;

    set_option(curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status));
    *ret_response = (struct http_response){
        .status = (int32_t)status,
        .content_type = media_type(response_header(easy, "Content-Type"), arena),
        .etag = arena_text(arena, bytes_of_text(etag ? etag : "")),
        .retry_after_s = retry_after(response_header(easy, "Retry-After")),
        .body = arena_copy(arena, buffer_view(&exchange->body)),
    };
}

/* ---- The call ------------------------------------------------------------------ */

/* Runs the transfer to its end; false when it was interrupted. */
static bool run_transfer(struct http_client *client, CURLcode *ret_result)
{
    int running = 1;
    int left;

    while (running > 0) {
        if (atomic_load(&client->interrupted))
            return false;
        if (curl_multi_perform(client->multi, &running) != CURLM_OK)
            abort();
        /* A wake-up between the test above and here ends the wait at once. */
        if (running > 0 && curl_multi_poll(client->multi, NULL, 0, 1000, NULL) != CURLM_OK)
            abort();
    }
    for (CURLMsg *message; (message = curl_multi_info_read(client->multi, &left));)
        if (message->msg == CURLMSG_DONE)
            *ret_result = message->data.result;
    return true;
}

/* What people read first; curl's own words stand behind it. */
static const char *name_of(CURLcode result)
{
    static const struct {
        CURLcode result;
        const char *name;
    } names[] = {
        {CURLE_COULDNT_RESOLVE_HOST, "nom de machine inconnu"},
        {CURLE_COULDNT_CONNECT, "connexion impossible"},
        {CURLE_OPERATION_TIMEDOUT, "pas de réponse à temps"},
        {CURLE_SSL_CONNECT_ERROR, "connexion TLS refusée"},
        {CURLE_PEER_FAILED_VERIFICATION, "connexion TLS refusée"},
        {CURLE_GOT_NOTHING, "connexion rompue"},
        {CURLE_PARTIAL_FILE, "connexion rompue"},
        {CURLE_SEND_ERROR, "connexion rompue"},
        {CURLE_RECV_ERROR, "connexion rompue"},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].result == result)
            return names[i].name;
    return "l'appel a échoué";
}

static enum outcome explain(CURLcode result, const struct exchange *exchange, struct error *err)
{
    if (result == CURLE_URL_MALFORMAT || result == CURLE_UNSUPPORTED_PROTOCOL)
        return error_set(err, OUTCOME_REJECT, "ce n'est pas une adresse http ou https");
    if (exchange->body.overflow)
        return error_set(err, OUTCOME_RETRY, "la réponse dépasse %zu octets", exchange->body.max);
    if (result == CURLE_ABORTED_BY_CALLBACK)
        return error_set(err, OUTCOME_RETRY, "la connexion a été fermée avant une réponse");
    return error_set(err, OUTCOME_RETRY, "%s (%s)", name_of(result),
                     *exchange->reason != '\0' ? exchange->reason : curl_easy_strerror(result));
}

static void exchange_deinit(struct exchange *exchange)
{
    buffer_deinit(&exchange->body);
}

enum outcome http_client_call(struct http_client *client, const struct http_request *request,
                              struct arena *arena, struct http_response *ret_response,
                              bool *ret_maybe_done, struct error *err)
{
    CLEANUP(exchange_deinit) struct exchange exchange = {.body.max = client->max_bytes};
    CLEANUP(list_free) struct curl_slist *headers = NULL;
    CURLcode result = CURLE_FAILED_INIT;
    bool ended;

    *ret_maybe_done = false;
    if (!is_token(request->method))
        return error_set(err, OUTCOME_REJECT, "la méthode HTTP a des caractères interdits");
    if (make_headers(request, &headers, err) != OUTCOME_OK)
        return OUTCOME_REJECT;
    exchange.once = strcmp(request->method, "POST") == 0 || strcmp(request->method, "PATCH") == 0;
    set_options(client, request, headers, &exchange);
    if (curl_multi_add_handle(client->multi, client->easy) != CURLM_OK)
        abort();
    ended = run_transfer(client, &result);
    *ret_maybe_done = exchange.sent > 0;
    if (ended && result == CURLE_OK)
        take_response(client->easy, &exchange, arena, ret_response);
    (void)curl_multi_remove_handle(client->multi, client->easy);
    /* The handle outlives what it points to here. */
    curl_easy_reset(client->easy);
    if (!ended)
        return error_set(err, OUTCOME_RETRY, "l'appel HTTP a été interrompu");
    return result == CURLE_OK ? OUTCOME_OK : explain(result, &exchange, err);
}

void http_percent_encode(struct bytes text, struct buffer *out)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        bool unreserved = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                          (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' || c == '~';

        if (unreserved)
            buffer_append_byte(out, c);
        else
            buffer_printf(out, "%%%02X", c);
    }
}
