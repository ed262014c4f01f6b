/* SPDX-License-Identifier: Apache-2.0
 *
 * What an API that is polled may answer: lists, pages, tokens (OAuth2). The input is the
 * answers, separated by "%%" lines: status, Retry-After, a content type and, behind a newline, the
 * body; the HTTP client is left out. What is handed out is JSON, and what was acknowledged can be
 * taken up again.
 */
#include <stdlib.h>
#include <yyjson.h>

#include "base/crypto.h"
#include "base/http_client.h"
#include "base/json.h"
#include "connectors/drivers/drivers.h"
#include "tests/fuzz/fuzz.h"

#define PULLS_MOST 64

struct http_client {
    int nothing;
};

static struct http_client the_client;
static struct bytes answers; /* those not given yet */

struct http_client *http_client_new(const struct http_client_options *options)
{
    (void)options;
    return &the_client;
}

void http_client_free(struct http_client *client)
{
    (void)client;
}

void http_client_interrupt(struct http_client *client)
{
    (void)client;
}

void http_percent_encode(struct bytes text, struct buffer *out)
{
    for (size_t i = 0; i < text.len; i++)
        buffer_printf(out, "%%%02X", text.data[i]);
}

enum outcome http_client_call(struct http_client *client, const struct http_request *request,
                              struct arena *arena, struct http_response *ret_response,
                              bool *ret_maybe_done, struct error *err)
{
    struct bytes body = fuzz_part(&answers, BYTES_LITERAL("\n%%\n"));
    struct bytes head = fuzz_part(&body, BYTES_LITERAL("\n"));
    struct bytes status = fuzz_part(&head, BYTES_LITERAL(" "));
    struct bytes pause = fuzz_part(&head, BYTES_LITERAL(" "));
    int64_t number = 0;
    int64_t seconds = -1;

    (void)client;
    *ret_maybe_done = false;
    FUZZ_CHECK(request->method && request->url && strncmp(request->url, "http://", 7) == 0);
    if (!bytes_to_int64(status, &number) || number < 100 || number > 999)
        return error_set(err, OUTCOME_RETRY, "no answer");
    (void)!bytes_to_int64(pause, &seconds);
    *ret_response = (struct http_response){
        .status = (int32_t)number,
        .content_type = arena_text(arena, head),
        .etag = "",
        .retry_after_s = seconds >= 0 && seconds <= INT32_MAX ? (int32_t)seconds : -1,
        .body = body.data ? arena_copy(arena, body) : BYTES_LITERAL("")};
    return OUTCOME_OK;
}

static struct {
    struct arena arena;
    struct connector_context context;
    struct operator_keys keys;
    struct yaml_node *settings;
} made;

static void unmake(void)
{
    metrics_free(made.context.metrics);
    arena_deinit(&made.arena);
}

static void make(void)
{
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    struct buffer text = {0};
    struct error err;
    char *path = fuzz_path("secret");

    crypto_init();
    fuzz_write("secret", BYTES_LITERAL("not a secret\n"));
    buffer_printf(&text,
                  "type: rest\nbase_url: http://localhost\npath: /l?a=b\nsince_parameter: since\n"
                  "page_parameter: page\nitems: $.items\npages: $.pages\nchanged: $.at\n"
                  "timeout_ms: 100\nauth: { type: oauth2, token_url: \"http://localhost/t\", "
                  "client_id: c, client_secret_file: \"%s\" }\n",
                  path);
    made.context = (struct connector_context){
        .operator_code = "o21", .system = "s", .clock = clock_system(), .metrics = metrics_new()};
    FUZZ_CHECK(yaml_read("f", buffer_view(&text), &made.arena, diagnostics, &made.settings, &err) ==
               OUTCOME_OK);
    buffer_deinit(&text);
    free(path);
    FUZZ_CHECK(atexit(unmake) == 0);
}

static struct connector *open_source(void)
{
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    struct connector *connector = NULL;
    struct error err;

    FUZZ_CHECK(connector_new(&rest_source, made.settings, "rest-1", &made.context, diagnostics,
                             &connector, &err) == OUTCOME_OK);
    if (rest_source.open(connector, &err) != OUTCOME_OK)
        abort(); /* its secret cannot be read: only without memory */
    return connector;
}

static void check_batch(struct connector *connector, struct batch *batch)
{
    struct error err;

    for (size_t i = 0; i < batch->count; i++) {
        struct record *record = &batch->records[i];
        yyjson_doc *document = json_read(record->body);

        FUZZ_CHECK(document);
        yyjson_doc_free(document);
        FUZZ_CHECK(rest_source.ack(connector, &record, 1, &err) == OUTCOME_OK);
    }
}

static void pull_all(struct connector *connector)
{
    for (int i = 0; i < PULLS_MOST && answers.len > 0; i++) {
        CLEANUP(batch_freep) struct batch *batch = batch_new(8);
        struct error err;

        if (rest_source.pull(connector, 0, batch, &err) != OUTCOME_OK)
            FUZZ_CHECK(err.text[0] != '\0');
        check_batch(connector, batch); /* what came before a failure counts */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct connector *connector;

    if (!made.settings)
        make();
    made.context.state = state_new(&made.keys, NULL, clock_system());
    answers = bytes_of(data, size);
    connector = open_source();
    pull_all(connector);
    connector_free(connector);
    connector = open_source(); /* from the cursor that was kept */
    connector_free(connector);
    state_free(made.context.state);
    return 0;
}
