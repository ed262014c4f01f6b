/* SPDX-License-Identifier: Apache-2.0
 *
 * What may be posted to a webhook: first byte: how the request is signed (0: the input's own
 * header, 1: rightly, 2: no header); then the signature, a newline, the content type, a
 * newline, the body. The HTTP server is left out: the calls that read a request are made
 * here. Only a rightly signed body of the right type is let in (503: the queue is closed).
 */
#include <stdlib.h>
#include <strings.h>

#include "base/crypto.h"
#include "connectors/drivers/drivers.h"
#include "tests/fuzz/fuzz.h"

#define SECRET "not a secret: only this target signs with it\n"

struct http_server_request {
    const char *signature;
    const char *content_type;
    struct bytes body;
};

const char *http_request_method(const struct http_server_request *request)
{
    (void)request;
    return "POST";
}

const char *http_request_path(const struct http_server_request *request)
{
    (void)request;
    return "/in";
}

struct bytes http_request_body(const struct http_server_request *request)
{
    return request->body;
}

const char *http_request_header(const struct http_server_request *request, const char *name)
{
    if (strcasecmp(name, "X-Signature") == 0)
        return request->signature;
    return strcasecmp(name, "Content-Type") == 0 ? request->content_type : NULL;
}

const char *http_request_query(const struct http_server_request *request, const char *name)
{
    (void)request;
    (void)name;
    return NULL;
}

void http_request_each_header(const struct http_server_request *request, http_visit *visit,
                              void *context)
{
    visit(context, "X-Signature", request->signature ? request->signature : "");
    visit(context, "Content-Type", request->content_type);
}

void http_request_each_parameter(const struct http_server_request *request, http_visit *visit,
                                 void *context)
{
    visit(context, request->content_type, "");
}

static struct {
    struct arena arena;
    struct connector *connector;
    struct connector_context context;
} made;

static void unmake(void)
{
    connector_free(made.connector);
    metrics_free(made.context.metrics);
    arena_deinit(&made.arena);
}

static void make(void)
{
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    struct buffer text = {0};
    struct yaml_node *root = NULL;
    struct error err;
    char *path = fuzz_path("secret");

    fuzz_write("secret", BYTES_LITERAL(SECRET));
    buffer_printf(&text,
                  "type: webhook\npath: /in\nqueue: 1\n"
                  "verify: { hmac_sha256_hex: X-Signature, secret_file: \"%s\" }\n",
                  path);
    crypto_init();
    made.context = (struct connector_context){
        .operator_code = "o21", .system = "s", .clock = clock_system(), .metrics = metrics_new()};
    FUZZ_CHECK(yaml_read("f", buffer_view(&text), &made.arena, diagnostics, &root, &err) ==
               OUTCOME_OK);
    FUZZ_CHECK(connector_new(&webhook_source, root, "w", &made.context, diagnostics,
                             &made.connector, &err) == OUTCOME_OK);
    FUZZ_CHECK(webhook_source.open(made.connector, &err) == OUTCOME_OK);
    webhook_source.interrupt(made.connector); /* nobody pulls: let in is not waited for */
    buffer_deinit(&text);
    free(path);
    FUZZ_CHECK(atexit(unmake) == 0);
}

static void right_signature(struct bytes body, struct buffer *out)
{
    uint8_t digest[CRYPTO_DIGEST_SIZE];

    crypto_hmac(bytes_of(SECRET, sizeof(SECRET) - 2), body, digest);
    crypto_hex(bytes_of(digest, sizeof(digest)), out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes rest = bytes_of(data, size);
    size_t how = fuzz_choice(&rest, 3);
    char *given = fuzz_text(fuzz_part(&rest, BYTES_LITERAL("\n")));
    char *content_type = fuzz_text(fuzz_part(&rest, BYTES_LITERAL("\n")));
    struct http_server_request request = {.content_type = content_type, .body = rest};
    struct http_reply reply = {.status = 200};
    struct buffer right = {0};
    bool is_right;

    if (!made.connector)
        make();
    right_signature(rest, &right);
    if (how != 2)
        request.signature = how == 1 ? buffer_text(&right) : given;
    is_right = request.signature && strcasecmp(request.signature, buffer_text(&right)) == 0;
    FUZZ_CHECK(webhook_source.serve(made.connector, &request, &reply));
    FUZZ_CHECK((reply.status == 401) == !is_right);
    if (reply.status == 503)
        FUZZ_CHECK(rest.len > 0 && strncasecmp(content_type, "application/json", 16) == 0);
    buffer_deinit(&reply.body);
    buffer_deinit(&right);
    free(given);
    free(content_type);
    return 0;
}
