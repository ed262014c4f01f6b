/* SPDX-License-Identifier: Apache-2.0
 *
 * The webhook source: nobody gets a 2xx before the pipeline has acknowledged.
 */
#include "tests/support/test.h"

#include <pthread.h>
#include <stdio.h>
#include <strings.h>

#include "base/crypto.h"
#include "base/http_client.h"
#include "connectors/drivers/drivers.h"
#include "tests/support/driver_case.h"

#define BODY "{\"id\":1}"

static void serve(void *context, const struct http_server_request *request,
                  struct http_reply *reply)
{
    struct driver_case *c = context;

    if (!c->driver->ops->serve(c->driver, request, reply))
        reply->status = 404;
}

/* One request of their system, on a thread of its own: it waits for its answer. */
struct sending {
    uint16_t port;
    const char *type;
    const char *body;
    char signature[80];
    pthread_t thread;
    struct http_response response;
    struct arena arena;
};

static void *run_sending(void *context)
{
    struct sending *sending = context;
    const struct http_client_options options = {.user_agent = "relais-test"};
    CLEANUP(http_client_freep) struct http_client *client = http_client_new(&options);
    struct http_header headers[] = {{"Content-Type", sending->type},
                                    {"X-Signature", sending->signature},
                                    {"X-Event", "rdv"},
                                    {"Authorization", "MARQUE-INTERDITE"}};
    char url[96];
    struct http_request request = {.method = "POST",
                                   .url = url,
                                   .headers = headers,
                                   .header_count = 4,
                                   .body = bytes_of_text(sending->body)};
    bool maybe_done;

    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/hook?agence=5%%37&vide", sending->port);
    if (http_client_call(client, &request, &sending->arena, &sending->response, &maybe_done,
                         NULL) != OUTCOME_OK)
        sending->response.status = -1;
    return NULL;
}

static void send_start(struct sending *sending, const struct driver_case *c, const char *body)
{
    uint8_t digest[CRYPTO_DIGEST_SIZE];
    struct buffer hex = {0};

    memset(sending, 0, sizeof(*sending));
    sending->port = http_server_port(c->far);
    sending->type = "application/json; charset=utf-8";
    sending->body = body;
    crypto_hmac(BYTES_LITERAL("demo-secret"), bytes_of_text(body), digest);
    crypto_hex(bytes_of(digest, sizeof(digest)), &hex);
    (void)snprintf(sending->signature, sizeof(sending->signature), "%s", buffer_text(&hex));
    buffer_deinit(&hex);
}

static void send_go(struct sending *sending)
{
    assert_int_equal(pthread_create(&sending->thread, NULL, run_sending, sending), 0);
}

/* The status that came back. */
static int32_t send_end(struct sending *sending)
{
    int32_t status;

    assert_int_equal(pthread_join(sending->thread, NULL), 0);
    status = sending->response.status;
    arena_deinit(&sending->arena);
    return status;
}

static void start(struct driver_case *c, const char *more)
{
    char yaml[256];

    driver_case_init(c, serve, c);
    driver_case_secret(c, "secret", "demo-secret\n");
    (void)snprintf(yaml, sizeof(yaml),
                   "type: webhook\npath: /hook\n%s"
                   "verify: { hmac_sha256_hex: X-Signature, secret_file: \"<folder>/secret\" }\n",
                   more);
    driver_case_make(c, &webhook_source, yaml);
    driver_case_open(c);
}

static struct batch *pull_one(struct driver_case *c)
{
    struct batch *batch = batch_new(4);
    struct error err = {0};

    assert_int_equal(c->driver->ops->pull(c->driver, 3000, batch, &err), OUTCOME_OK);
    assert_int_equal(batch->count, 1);
    return batch;
}

static void the_sender_waits_until_the_record_is_acknowledged(void **state)
{
    struct driver_case c;
    struct sending sending;
    CLEANUP(waiter_freep) struct waiter *pause = waiter_new();
    struct batch *batch;
    struct record *records[1];
    struct error err = {0};

    (void)state;
    start(&c, "");
    send_start(&sending, &c, BODY);
    send_go(&sending);
    batch = pull_one(&c);
    assert_bytes_text(batch->records[0].body, BODY);
    (void)waiter_wait_ms(pause, 100);
    assert_int_equal(sending.response.status, 0);
    records[0] = &batch->records[0];
    assert_int_equal(c.driver->ops->ack(c.driver, records, 1, &err), OUTCOME_OK);
    assert_int_equal(send_end(&sending), 200);
    batch_free(batch);
    driver_case_deinit(&c);
}

/* NULL when the record has none of that name. */
static const char *header_of(const struct record *record, const char *name)
{
    for (size_t i = 0; i < record->header_count; i++)
        if (strcasecmp(record->headers[i].name, name) == 0)
            return record->headers[i].value;
    return NULL;
}

/* What becomes of one request's body, "json" or "body!defect"; acknowledged. */
static const char *receive(struct driver_case *c, const char *type, const char *body)
{
    struct sending sending;
    struct batch *batch;
    struct record *record;
    const char *text;

    send_start(&sending, c, body);
    sending.type = type;
    send_go(&sending);
    batch = pull_one(c);
    record = &batch->records[0];
    text = arena_printf(&c->arena, "%.*s%s%s", BYTES_ARG(record->body), record->defect ? "!" : "",
                        record->defect ? record->defect : "");
    assert_int_equal(c->driver->ops->ack(c->driver, &record, 1, NULL), OUTCOME_OK);
    assert_int_equal(send_end(&sending), 200);
    batch_free(batch);
    return text;
}

static void xml_comes_as_json_and_what_is_none_as_a_defect(void **state)
{
    static const char type[] = "application/xml; charset=utf-8";
    struct driver_case c;

    (void)state;
    start(&c, "format: xml\ncontent_type: application/xml\nlists: [tel]\n");
    assert_string_equal(receive(&c, type, "<rdv id='1'><tel>1</tel></rdv>"),
                        "{\"rdv\":{\"@id\":\"1\",\"tel\":[\"1\"]}}");
    assert_string_equal(receive(&c, type, "<rdv><x/><x/></rdv>"),
                        "<rdv><x/><x/></rdv>!ligne 1, colonne 10 : un élément répété ; attendu : "
                        "son nom dans `lists`");
    assert_string_equal(receive(&c, type, "<rdv>"),
                        "<rdv>!ligne 1, colonne 6 : le document s'arrête avant sa fin");
    driver_case_deinit(&c);
}

static void the_types_expected_follow_the_format(void **state)
{
    struct driver_case c;
    struct sending sending;

    (void)state;
    start(&c, "format: xml\n");
    assert_string_equal(receive(&c, "text/xml", "<a>1</a>"), "{\"a\":\"1\"}");
    assert_string_equal(receive(&c, "application/xml; charset=utf-8", "<a>1</a>"), "{\"a\":\"1\"}");
    send_start(&sending, &c, "<a>1</a>");
    send_go(&sending);
    assert_int_equal(send_end(&sending), 415);
    driver_case_deinit(&c);
    start(&c, "format: xml\ncontent_type: application/soap+xml\n");
    assert_string_equal(receive(&c, "application/soap+xml", "<a>1</a>"), "{\"a\":\"1\"}");
    send_start(&sending, &c, "<a>1</a>");
    sending.type = "text/xml";
    send_go(&sending);
    assert_int_equal(send_end(&sending), 415);
    driver_case_deinit(&c);
}

/* What the mapping reads as header.… and query.…; never what proves who sends. */
static void headers_and_query_come_with_the_record(void **state)
{
    struct driver_case c;
    struct sending sending;
    struct batch *batch;
    const struct record *record;

    (void)state;
    start(&c, "");
    send_start(&sending, &c, BODY);
    send_go(&sending);
    batch = pull_one(&c);
    record = &batch->records[0];
    assert_string_equal(header_of(record, "x-event"), "rdv");
    assert_string_equal(header_of(record, "?agence"), "57");
    assert_string_equal(header_of(record, "?vide"), "");
    assert_null(header_of(record, "Authorization"));
    assert_null(header_of(record, "X-Signature"));
    c.driver->ops->give_back(c.driver, record);
    assert_int_equal(send_end(&sending), 503);
    batch_free(batch);
    driver_case_deinit(&c);
}

static void what_is_given_back_or_comes_too_late_is_503_with_retry_after(void **state)
{
    struct driver_case c;
    struct sending sending;
    struct batch *batch;
    struct record *records[1];
    struct error err = {0};

    (void)state;
    start(&c, "wait_ms: 300\n");
    send_start(&sending, &c, BODY);
    send_go(&sending);
    batch = pull_one(&c);
    c.driver->ops->give_back(c.driver, &batch->records[0]);
    assert_int_equal(send_end(&sending), 503);
    assert_true(sending.response.retry_after_s > 0);
    batch_free(batch);
    send_start(&sending, &c, BODY);
    send_go(&sending);
    batch = pull_one(&c);
    assert_int_equal(send_end(&sending), 503); /* 300 ms have passed */
    records[0] = &batch->records[0];
    assert_int_equal(c.driver->ops->ack(c.driver, records, 1, &err), OUTCOME_OK);
    batch_free(batch);
    driver_case_deinit(&c);
}

static void a_full_queue_is_503_at_once(void **state)
{
    struct driver_case c;
    struct sending first;
    struct sending second;
    struct batch *batch;

    (void)state;
    start(&c, "queue: 1\nwait_ms: 2000\n");
    send_start(&first, &c, BODY);
    send_go(&first);
    batch = pull_one(&c);
    send_start(&second, &c, BODY);
    send_go(&second);
    assert_int_equal(send_end(&second), 503);
    c.driver->ops->interrupt(c.driver);
    assert_int_equal(send_end(&first), 503);
    batch_free(batch);
    driver_case_deinit(&c);
}

static void what_is_not_theirs_is_refused_and_never_pulled(void **state)
{
    struct driver_case c;
    struct sending sending;
    struct batch *batch = batch_new(4);
    struct error err = {0};

    (void)state;
    start(&c, "");
    send_start(&sending, &c, BODY);
    sending.body = "{\"id\":2}"; /* not what was signed */
    send_go(&sending);
    assert_int_equal(send_end(&sending), 401);
    send_start(&sending, &c, BODY);
    sending.signature[10] = 'x';
    send_go(&sending);
    assert_int_equal(send_end(&sending), 401);
    send_start(&sending, &c, BODY);
    sending.signature[0] = '\0';
    send_go(&sending);
    assert_int_equal(send_end(&sending), 401);
    send_start(&sending, &c, BODY);
    sending.type = "text/html";
    send_go(&sending);
    assert_int_equal(send_end(&sending), 415);
    send_start(&sending, &c, "");
    send_go(&sending);
    assert_int_equal(send_end(&sending), 400);
    assert_int_equal(c.driver->ops->pull(c.driver, 0, batch, &err), OUTCOME_OK);
    assert_int_equal(batch->count, 0);
    batch_free(batch);
    driver_case_deinit(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sender_waits_until_the_record_is_acknowledged),
        cmocka_unit_test(the_types_expected_follow_the_format),
        cmocka_unit_test(xml_comes_as_json_and_what_is_none_as_a_defect),
        cmocka_unit_test(headers_and_query_come_with_the_record),
        cmocka_unit_test(what_is_given_back_or_comes_too_late_is_503_with_retry_after),
        cmocka_unit_test(a_full_queue_is_503_at_once),
        cmocka_unit_test(what_is_not_theirs_is_refused_and_never_pulled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
