/* SPDX-License-Identifier: Apache-2.0
 *
 * Of requests as they come over a socket: what one is, only the server knows.
 */
#include "connectors/drivers/webhook_request.h"

#include <stdio.h>

#include "base/crypto.h"
#include "connectors/mapping/mapping.h"
#include "tests/support/test.h"

#define SECRET BYTES_LITERAL("invented secret")

struct far {
    const char *proof;
    struct http_server *server;
    struct arena arena;
};

static bool is_every_clients(const char *name)
{
    static const char *const names[] = {"Host",       "User-Agent",     "Accept",
                                        "Connection", "Content-Length", "Content-Type",
                                        "Expect",     "Accept-Encoding"};
    size_t i = 0;

    while (i < sizeof(names) / sizeof(names[0]) && strcmp(names[i], name) != 0)
        i++;
    return i < sizeof(names) / sizeof(names[0]);
}

/* Says in lines whether it is signed, whether it is JSON, how many headers there are and, but those
 * of every client, which. */
static void tell(void *context, const struct http_server_request *request, struct http_reply *reply)
{
    static const char *const json[] = {"application/json", "text/json", NULL};
    const struct far *far = context;
    struct http_header headers[WEBHOOK_REQUEST_HEADERS_MOST];
    struct arena arena = {0};
    size_t count = webhook_request_headers(request, far->proof, &arena, headers);

    buffer_printf(&reply->body, "%s %s %zu\n",
                  webhook_request_is_signed(request, "X-Signature", SECRET) ? "signed" : "unsigned",
                  webhook_request_has_type(request, json) ? "json" : "other", count);
    for (size_t i = 0; i < count; i++)
        if (!is_every_clients(headers[i].name))
            buffer_printf(&reply->body, "%s=%s\n", headers[i].name, headers[i].value);
    arena_deinit(&arena);
}

static void start(struct far *far, const char *proof)
{
    const struct http_server_options options = {.handler = tell, .context = far};

    *far = (struct far){.proof = proof};
    arena_init(&far->arena);
    assert_int_equal(http_server_start(&options, &far->server, NULL), OUTCOME_OK);
}

static void end(struct far *far)
{
    http_server_stop(far->server);
    arena_deinit(&far->arena);
}

/* What it tells of a request with this query, body and these headers, up to one without a name. */
static const char *told(struct far *far, const char *query, const char *body,
                        const struct http_header *headers)
{
    const struct http_client_options options = {.user_agent = "relais-test"};
    CLEANUP(http_client_freep) struct http_client *client = http_client_new(&options);
    struct http_request request = {
        .method = "POST", .headers = headers, .body = bytes_of_text(body)};
    struct http_response response;
    bool maybe_done;

    request.url =
        arena_printf(&far->arena, "http://127.0.0.1:%u/%s", http_server_port(far->server), query);
    while (headers[request.header_count].name)
        request.header_count++;
    assert_int_equal(http_client_call(client, &request, &far->arena, &response, &maybe_done, NULL),
                     OUTCOME_OK);
    assert_int_equal(response.status, 200);
    return arena_text(&far->arena, response.body);
}

static void assert_begins(const char *text, const char *expected)
{
    if (strncmp(text, expected, strlen(expected)) != 0)
        fail_msg("%s does not begin with %s", text, expected);
}

static void only_the_bodys_own_digest_signs_it(void **state)
{
    static const char body[] = "{\"id\": 7}";
    uint8_t digest[CRYPTO_DIGEST_SIZE];
    char hex[2 * CRYPTO_DIGEST_SIZE + 1];
    struct http_header headers[] = {{"X-Signature", hex}, {NULL, NULL}};
    struct far far;

    (void)state;
    start(&far, NULL);
    crypto_hmac(SECRET, bytes_of_text(body), digest);
    crypto_hex_to(bytes_of(digest, sizeof(digest)), hex);
    assert_begins(told(&far, "", body, headers), "signed ");
    assert_begins(told(&far, "", "{\"id\": 8}", headers), "unsigned ");
    assert_begins(told(&far, "", body, headers + 1), "unsigned ");
    hex[2 * CRYPTO_DIGEST_SIZE - 2] = '\0'; /* a digest cut short */
    assert_begins(told(&far, "", body, headers), "unsigned ");
    hex[0] = 'x';
    assert_begins(told(&far, "", body, headers), "unsigned ");
    end(&far);
}

static void the_type_is_compared_without_its_parameters_and_case(void **state)
{
    static const struct {
        const char *type;
        const char *is;
    } cases[] = {
        {"application/json", "unsigned json"},
        {"Application/JSON; charset=utf-8", "unsigned json"},
        {"text/json ;charset=utf-8", "unsigned json"},
        {"application/jsonx", "unsigned other"},
        {"application/json+ld", "unsigned other"},
        {"text/plain", "unsigned other"},
    };
    struct far far;

    (void)state;
    start(&far, NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct http_header headers[] = {{"Content-Type", cases[i].type}, {NULL, NULL}};

        assert_begins(told(&far, "", "x", headers), cases[i].is);
    }
    end(&far);
}

static void headers_come_first_and_the_query_under_its_own_name(void **state)
{
    const struct http_header headers[] = {{"X-Event", "rdv"}, {NULL, NULL}};
    struct far far;
    const char *text;

    (void)state;
    start(&far, NULL);
    text = strchr(told(&far, "?agence=57&nom=%C3%A9&bad=%FF", "x", headers), '\n');
    assert_string_equal(text, "\nX-Event=rdv\n" MAPPING_QUERY "agence=57\n" MAPPING_QUERY
                              "nom=\xC3\xA9\n"); /* `bad` is not UTF-8 */
    end(&far);
}

static void what_proves_who_sends_is_not_told(void **state)
{
    const struct http_header headers[] = {
        {"authorization", "Bearer secret"}, {"X-TOKEN", "secret"}, {"Cookie", "secret"},
        {"proxy-authorization", "secret"},  {"X-Tokens", "told"},  {NULL, NULL}};
    struct far far;
    const char *text;

    (void)state;
    start(&far, "X-Token");
    text = told(&far, "", "x", headers);
    assert_null(strstr(text, "secret"));
    assert_non_null(strstr(text, "X-Tokens=told\n"));
    end(&far);
    start(&far, NULL);
    text = told(&far, "", "x", headers);
    assert_non_null(strstr(text, "X-TOKEN=secret\n")); /* none of theirs, then */
    assert_null(strstr(text, "uthorization"));
    end(&far);
}

static void no_more_are_told_than_there_is_room_for(void **state)
{
    const struct http_header none[] = {{NULL, NULL}};
    CLEANUP(buffer_deinit) struct buffer query = {0};
    struct far far;
    const char *text;

    (void)state;
    start(&far, NULL);
    for (int i = 0; i < WEBHOOK_REQUEST_HEADERS_MOST; i++)
        buffer_printf(&query, "%sp%02d=%d", i > 0 ? "&" : "?", i, i);
    text = told(&far, buffer_text(&query), "x", none);
    assert_begins(text, "unsigned other 64\n");
    assert_non_null(strstr(text, MAPPING_QUERY "p00=0\n"));
    assert_null(strstr(text, MAPPING_QUERY "p63=63\n")); /* headers of the client stand before */
    end(&far);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_bodys_own_digest_signs_it),
        cmocka_unit_test(the_type_is_compared_without_its_parameters_and_case),
        cmocka_unit_test(headers_come_first_and_the_query_under_its_own_name),
        cmocka_unit_test(what_proves_who_sends_is_not_told),
        cmocka_unit_test(no_more_are_told_than_there_is_room_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
