/* SPDX-License-Identifier: Apache-2.0
 *
 * Against a server of a few lines that says exactly what the test wants, or nothing.
 */
#include "tests/support/test.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/http_client.h"

/* Answers request n with answers[n] and keeps the connection; "" closes it without an
 * answer; behind the last one it reads and says nothing. */
struct peer {
    const char *const *answers;
    int listener;
    uint16_t port;
    pthread_t thread;
    atomic_int requests;
    atomic_bool stopping;
    struct buffer heard; /* all requests; the thread's until it is joined */
};

/* Reads one request; false when the client went away or the peer stops. */
static bool hear(struct peer *peer, int connection)
{
    size_t from = peer->heard.len;
    char piece[4096];

    while (!atomic_load(&peer->stopping)) {
        struct pollfd waits = {.fd = connection, .events = POLLIN};
        const char *head;
        const char *length;
        ssize_t got;

        if (poll(&waits, 1, 20) == 0)
            continue;
        got = recv(connection, piece, sizeof(piece), 0);
        if (got <= 0)
            return false;
        buffer_append(&peer->heard, piece, (size_t)got);
        head = buffer_text(&peer->heard) + from;
        if (!strstr(head, "\r\n\r\n"))
            continue;
        length = strstr(head, "Content-Length: ");
        if (strlen(strstr(head, "\r\n\r\n") + 4) >=
            (length ? strtoul(length + strlen("Content-Length: "), NULL, 10) : 0))
            return true;
    }
    return false;
}

static void *serve(void *context)
{
    struct peer *peer = context;

    while (!atomic_load(&peer->stopping)) {
        struct pollfd waits = {.fd = peer->listener, .events = POLLIN};
        int connection;

        if (poll(&waits, 1, 20) == 0)
            continue;
        connection = accept(peer->listener, NULL, NULL);
        while (connection >= 0 && hear(peer, connection)) {
            const char *answer = *peer->answers;

            atomic_fetch_add(&peer->requests, 1);
            if (!answer)
                continue;
            peer->answers++;
            if (*answer == '\0')
                break;
            (void)send(connection, answer, strlen(answer), MSG_NOSIGNAL);
        }
        if (connection >= 0)
            (void)close(connection);
    }
    return NULL;
}

static void peer_start(struct peer *peer, const char *const *answers)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);

    *peer = (struct peer){.answers = answers, .listener = socket(AF_INET, SOCK_STREAM, 0)};
    assert_int_equal(bind(peer->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(peer->listener, 8), 0);
    assert_int_equal(getsockname(peer->listener, (struct sockaddr *)&address, &size), 0);
    peer->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&peer->thread, NULL, serve, peer), 0);
}

static void peer_stop(struct peer *peer)
{
    atomic_store(&peer->stopping, true);
    assert_int_equal(pthread_join(peer->thread, NULL), 0);
    (void)close(peer->listener);
}

/* Everything of one call. */
struct call {
    struct http_client *client;
    struct arena arena;
    struct http_response response;
    struct error err;
    bool maybe_done;
    char url[64];
};

static void call_init(struct call *call, size_t max_response_bytes)
{
    const struct http_client_options options = {.user_agent = "relais-test",
                                                .max_response_bytes = max_response_bytes};

    *call = (struct call){.client = http_client_new(&options)};
}

static void call_deinit(struct call *call)
{
    http_client_free(call->client);
    arena_deinit(&call->arena);
}

static enum outcome send_to(struct call *call, uint16_t port, struct http_request request)
{
    (void)snprintf(call->url, sizeof(call->url), "http://127.0.0.1:%u/rdv?x=1", port);
    if (!request.url)
        request.url = call->url;
    call->maybe_done = !call->maybe_done; /* written by every call */
    return http_client_call(call->client, &request, &call->arena, &call->response,
                            &call->maybe_done, &call->err);
}

static void a_request_is_sent_and_its_answer_is_read(void **state)
{
    static const char *const answers[] = {
        "HTTP/1.1 429 Slow\r\nContent-Type:  Application/JSON; charset=utf-8\r\nETag: \"v1\"\r\n"
        "retry-after: 120\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 204 None\r\nRetry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n\r\n", NULL};
    const struct http_header headers[] = {{"X-Key", "a b"}, {"X-Empty", ""}};
    struct peer peer;
    struct call call;

    (void)state;
    peer_start(&peer, answers);
    call_init(&call, 0);
    assert_int_equal(send_to(&call, peer.port,
                             (struct http_request){.method = "PUT",
                                                   .headers = headers,
                                                   .header_count = 2,
                                                   .body = BYTES_LITERAL("hello")}),
                     OUTCOME_OK);
    assert_int_equal(call.response.status, 429);
    assert_string_equal(call.response.content_type, "application/json");
    assert_string_equal(call.response.etag, "\"v1\"");
    assert_int_equal(call.response.retry_after_s, 120);
    assert_bytes_text(call.response.body, "{}");
    assert_int_equal(send_to(&call, peer.port, (struct http_request){.method = "DELETE"}),
                     OUTCOME_OK);
    assert_int_equal(call.response.status, 204);
    assert_string_equal(call.response.content_type, "");
    assert_string_equal(call.response.etag, "");
    assert_int_equal(call.response.retry_after_s, -1);
    assert_bytes_text(call.response.body, "");
    call_deinit(&call);
    peer_stop(&peer);
    assert_non_null(strstr(buffer_text(&peer.heard), "PUT /rdv?x=1 HTTP/1.1\r\n"));
    assert_non_null(strstr(buffer_text(&peer.heard), "User-Agent: relais-test\r\n"));
    assert_non_null(strstr(buffer_text(&peer.heard), "X-Key: a b\r\nX-Empty:\r\n"));
    assert_non_null(strstr(buffer_text(&peer.heard), "Content-Length: 5\r\n"));
    assert_non_null(strstr(buffer_text(&peer.heard), "\r\n\r\nhelloDELETE "));
    assert_null(strstr(buffer_text(&peer.heard), "Content-Type"));
    assert_null(strstr(buffer_text(&peer.heard), "Expect"));
    buffer_deinit(&peer.heard);
}

static void a_redirect_is_an_answer_like_any_other(void **state)
{
    static const char *const answers[] = {
        "HTTP/1.1 302 Found\r\nLocation: /else\r\nContent-Length: 0\r\n\r\n", NULL};
    struct peer peer;
    struct call call;

    (void)state;
    peer_start(&peer, answers);
    call_init(&call, 0);
    assert_int_equal(send_to(&call, peer.port, (struct http_request){.method = "GET"}), OUTCOME_OK);
    assert_int_equal(call.response.status, 302);
    call_deinit(&call);
    peer_stop(&peer);
    assert_int_equal(atomic_load(&peer.requests), 1);
    buffer_deinit(&peer.heard);
}

static void nothing_is_done_where_no_connection_stands(void **state)
{
    static const char *const answers[] = {NULL};
    struct peer peer;
    struct call call;
    char url[64];

    (void)state;
    peer_start(&peer, answers);
    call_init(&call, 0);
    /* Port 1 of this machine: refused. */
    assert_int_equal(send_to(&call, 1, (struct http_request){.method = "POST"}), OUTCOME_RETRY);
    assert_false(call.maybe_done);
    assert_memory_equal(call.err.text, "connexion impossible (", strlen("connexion impossible ("));
    assert_int_equal(send_to(&call, 1,
                             (struct http_request){.method = "POST",
                                                   .url = "http://nothing.invalid/",
                                                   .timeout_ms = 500}),
                     OUTCOME_RETRY);
    assert_false(call.maybe_done);
    /* A far end that does not speak TLS. */
    (void)snprintf(url, sizeof(url), "https://127.0.0.1:%u/", peer.port);
    assert_int_equal(
        send_to(&call, 1, (struct http_request){.method = "POST", .url = url, .timeout_ms = 200}),
        OUTCOME_RETRY);
    assert_false(call.maybe_done);
    call_deinit(&call);
    peer_stop(&peer);
    buffer_deinit(&peer.heard);
}

static void a_lost_answer_may_have_been_done_and_is_not_asked_for_twice(void **state)
{
    static const char *const answers[] = {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "",
                                          "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut", "",
                                          NULL};
    struct peer peer;
    struct call call;

    (void)state;
    peer_start(&peer, answers);
    call_init(&call, 0);
    assert_int_equal(send_to(&call, peer.port, (struct http_request){.method = "POST"}),
                     OUTCOME_OK);
    /* The kept connection is closed on the second request: libcurl would send it again. */
    assert_int_equal(send_to(&call, peer.port, (struct http_request){.method = "POST"}),
                     OUTCOME_RETRY);
    assert_true(call.maybe_done);
    assert_int_equal(atomic_load(&peer.requests), 2);
    assert_int_equal(
        send_to(&call, peer.port, (struct http_request){.method = "GET", .timeout_ms = 100}),
        OUTCOME_RETRY);
    assert_true(call.maybe_done);
    call_deinit(&call);
    peer_stop(&peer);
    buffer_deinit(&peer.heard);
}

static void an_answer_that_is_too_long_is_an_error(void **state)
{
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfour",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfiver\r\n0\r\n\r\n", NULL};
    struct peer peer;
    struct call call;

    (void)state;
    peer_start(&peer, answers);
    call_init(&call, 4);
    assert_int_equal(send_to(&call, peer.port, (struct http_request){.method = "GET"}), OUTCOME_OK);
    assert_int_equal(send_to(&call, peer.port, (struct http_request){.method = "GET"}),
                     OUTCOME_RETRY);
    assert_string_equal(call.err.text, "la réponse dépasse 4 octets");
    assert_true(call.maybe_done);
    call_deinit(&call);
    peer_stop(&peer);
    buffer_deinit(&peer.heard);
}

static void *interrupt_when_heard(void *context)
{
    void *const *both = context;
    struct peer *peer = both[0];
    struct waiter *waiter = waiter_new();

    while (atomic_load(&peer->requests) == 0)
        (void)waiter_wait_ms(waiter, 1);
    http_client_interrupt(both[1]);
    waiter_free(waiter);
    return NULL;
}

static void an_interrupt_ends_the_call_and_all_later_ones(void **state)
{
    static const char *const answers[] = {NULL};
    struct peer peer;
    struct call call;
    pthread_t thread;
    int64_t before = clock_mono_ms(clock_system());

    (void)state;
    peer_start(&peer, answers);
    call_init(&call, 0);
    void *both[] = {&peer, call.client};
    assert_int_equal(pthread_create(&thread, NULL, interrupt_when_heard, both), 0);
    assert_int_equal(send_to(&call, peer.port, (struct http_request){.method = "GET"}),
                     OUTCOME_RETRY);
    assert_true(call.maybe_done);
    assert_string_equal(call.err.text, "l'appel HTTP a été interrompu");
    assert_int_equal(send_to(&call, peer.port, (struct http_request){.method = "GET"}),
                     OUTCOME_RETRY);
    assert_false(call.maybe_done);
    assert_true(clock_mono_ms(clock_system()) - before < 900); /* below one poll's length */
    assert_int_equal(pthread_join(thread, NULL), 0);
    call_deinit(&call);
    peer_stop(&peer);
    buffer_deinit(&peer.heard);
}

static void a_request_that_cannot_be_made_is_rejected(void **state)
{
    const struct http_header split = {"X-Key", "a\r\nX-Other: b"};
    const struct http_header odd = {"X Key", "a"};
    struct call call;

    (void)state;
    call_init(&call, 0);
    assert_int_equal(
        send_to(&call, 1, (struct http_request){.method = "GET", .url = "file:///etc/hostname"}),
        OUTCOME_REJECT);
    assert_int_equal(send_to(&call, 1, (struct http_request){.method = "GET", .url = "http://"}),
                     OUTCOME_REJECT);
    assert_int_equal(send_to(&call, 1, (struct http_request){.method = "GET /x"}), OUTCOME_REJECT);
    assert_int_equal(
        send_to(&call, 1,
                (struct http_request){.method = "GET", .headers = &split, .header_count = 1}),
        OUTCOME_REJECT);
    assert_int_equal(
        send_to(&call, 1,
                (struct http_request){.method = "GET", .headers = &odd, .header_count = 1}),
        OUTCOME_REJECT);
    assert_false(call.maybe_done);
    call_deinit(&call);
}

static void percent_encoding_leaves_only_unreserved_characters(void **state)
{
    struct buffer out = {0};

    (void)state;
    http_percent_encode(BYTES_LITERAL("aZ09-._~ /?&=%+\xC3\xA9"), &out);
    assert_bytes_text(buffer_view(&out), "aZ09-._~%20%2F%3F%26%3D%25%2B%C3%A9");
    buffer_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_sent_and_its_answer_is_read),
        cmocka_unit_test(a_redirect_is_an_answer_like_any_other),
        cmocka_unit_test(nothing_is_done_where_no_connection_stands),
        cmocka_unit_test(a_lost_answer_may_have_been_done_and_is_not_asked_for_twice),
        cmocka_unit_test(an_answer_that_is_too_long_is_an_error),
        cmocka_unit_test(an_interrupt_ends_the_call_and_all_later_ones),
        cmocka_unit_test(a_request_that_cannot_be_made_is_rejected),
        cmocka_unit_test(percent_encoding_leaves_only_unreserved_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
