/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/http_client.h"
#include "base/http_server.h"

/* Says back what it was asked. */
static void echo(void *context, const struct http_server_request *request, struct http_reply *reply)
{
    const char *key = http_request_header(request, "x-key");
    const char *op = http_request_query(request, "op");
    const char *flag = http_request_query(request, "flag");

    atomic_fetch_add((atomic_int *)context, 1);
    if (strcmp(http_request_path(request), "/away") == 0) {
        reply->status = 503;
        reply->retry_after_s = 7;
        reply->content_type = "application/json";
        return;
    }
    buffer_printf(&reply->body, "%s %s %s %s %s %.*s", http_request_method(request),
                  http_request_path(request), key ? key : "-", op ? op : "-", flag ? flag : "-",
                  BYTES_ARG(http_request_body(request)));
}

static struct http_server *start(atomic_int *calls, struct http_server_options options)
{
    struct http_server *server = NULL;
    struct error err = {0};

    options.context = calls;
    if (!options.handler)
        options.handler = echo;
    assert_int_equal(http_server_start(&options, &server, &err), OUTCOME_OK);
    assert_true(http_server_port(server) > 0);
    return server;
}

static enum outcome ask(const struct http_server *server, struct http_request request,
                        const char *path, struct arena *arena, struct http_response *response)
{
    const struct http_client_options options = {.user_agent = "relais-test"};
    CLEANUP(http_client_freep) struct http_client *client = http_client_new(&options);
    char url[96];
    bool maybe_done;

    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", http_server_port(server), path);
    request.url = url;
    return http_client_call(client, &request, arena, response, &maybe_done, NULL);
}

static void a_handler_sees_the_request_and_answers_it(void **state)
{
    atomic_int calls = 0;
    CLEANUP(http_server_stopp)
    struct http_server *server = start(&calls, (struct http_server_options){0});
    const struct http_header header = {"X-Key", "k"};
    struct http_response response;
    struct arena arena = {0};

    (void)state;
    assert_int_equal(ask(server,
                         (struct http_request){.method = "POST",
                                               .headers = &header,
                                               .header_count = 1,
                                               .body = BYTES_LITERAL("hello")},
                         "/rdv/%C3%A9?op=o21&flag", &arena, &response),
                     OUTCOME_OK);
    assert_int_equal(response.status, 200);
    assert_string_equal(response.content_type, "text/plain");
    assert_bytes_text(response.body, "POST /rdv/\xC3\xA9 k o21  hello");
    assert_int_equal(ask(server, (struct http_request){.method = "GET"}, "/", &arena, &response),
                     OUTCOME_OK);
    assert_bytes_text(response.body, "GET / - - - ");
    assert_int_equal(
        ask(server, (struct http_request){.method = "GET"}, "/away", &arena, &response),
        OUTCOME_OK);
    assert_int_equal(response.status, 503);
    assert_int_equal(response.retry_after_s, 7);
    assert_string_equal(response.content_type, "application/json");
    assert_bytes_text(response.body, "");
    arena_deinit(&arena);
}

static int connect_to(const struct http_server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons(http_server_port(server))};
    int connection = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(connect(connection, (struct sockaddr *)&address, sizeof(address)), 0);
    return connection;
}

/* Sends a text as it is and reads until the server closes. */
static void talk(const struct http_server *server, const char *text, char *answer, size_t size)
{
    int connection = connect_to(server);
    size_t len = 0;
    ssize_t got;

    (void)send(connection, text, strlen(text), MSG_NOSIGNAL);
    while (len < size - 1 && (got = recv(connection, answer + len, size - 1 - len, 0)) > 0)
        len += (size_t)got;
    answer[len] = '\0';
    (void)close(connection);
}

static void a_body_announced_far_too_long_is_refused_before_it_comes(void **state)
{
    static const char *const lengths[] = {"5000000", "1000000000000", "99999999999999999999999"};
    atomic_int calls = 0;
    CLEANUP(http_server_stopp)
    struct http_server *server =
        start(&calls, (struct http_server_options){.max_body_bytes = 10, .timeout_s = 2});
    char request[128];
    char answer[512];

    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        (void)snprintf(request, sizeof(request),
                       "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %s\r\n\r\n", lengths[i]);
        talk(server, request, answer, sizeof(answer));
        assert_true(strncmp(answer, "HTTP/1.1 413 ", 13) == 0 ||
                    strncmp(answer, "HTTP/1.1 400 ", 13) == 0);
    }
    talk(server,
         "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 10\r\n\r\n0123456789",
         answer, sizeof(answer));
    assert_non_null(strstr(answer, "0123456789"));
    assert_int_equal(atomic_load(&calls), 1);
}

static void a_client_that_sends_too_much_at_once_learns_why(void **state)
{
    atomic_int calls = 0;
    CLEANUP(http_server_stopp)
    struct http_server *server = start(&calls, (struct http_server_options){0});
    struct http_response response;
    struct arena arena = {0};
    struct bytes body = bytes_of(arena_alloc(&arena, 3 << 20), 3 << 20);

    (void)state;
    assert_int_equal(
        ask(server, (struct http_request){.method = "POST", .body = body}, "/", &arena, &response),
        OUTCOME_OK);
    assert_int_equal(response.status, 413);
    assert_int_equal(atomic_load(&calls), 0);
    arena_deinit(&arena);
}

static void a_body_that_grows_too_long_is_refused_or_cut(void **state)
{
    atomic_int calls = 0;
    CLEANUP(http_server_stopp)
    struct http_server *server =
        start(&calls, (struct http_server_options){.max_body_bytes = 10, .timeout_s = 2});
    char answer[512];
    struct buffer endless = {0};

    (void)state;
    talk(server,
         "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
         "b\r\n0123456789a\r\n0\r\n\r\n",
         answer, sizeof(answer));
    assert_true(strncmp(answer, "HTTP/1.1 413 ", 13) == 0);
    buffer_append_text(&endless, "POST / HTTP/1.1\r\nHost: x\r\n"
                                 "Transfer-Encoding: chunked\r\n\r\n600000\r\n");
    while (endless.len < 0x600000)
        buffer_append_text(&endless, "0123456789012345678901234567890123456789");
    talk(server, buffer_text(&endless), answer, sizeof(answer));
    buffer_deinit(&endless);
    assert_string_equal(answer, "");
    assert_int_equal(atomic_load(&calls), 0);
}

static void an_idle_connection_is_closed(void **state)
{
    atomic_int calls = 0;
    CLEANUP(http_server_stopp)
    struct http_server *server = start(&calls, (struct http_server_options){.timeout_s = 1});
    int64_t before = clock_mono_ms(clock_system());
    char answer[64];

    (void)state;
    talk(server, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n01", answer,
         sizeof(answer));
    assert_true(clock_mono_ms(clock_system()) - before < 5000);
    assert_int_equal(atomic_load(&calls), 0);
}

static void a_port_that_is_taken_is_told(void **state)
{
    atomic_int calls = 0;
    CLEANUP(http_server_stopp)
    struct http_server *server = start(&calls, (struct http_server_options){0});
    struct http_server_options options = {.handler = echo, .port = http_server_port(server)};
    struct http_server *second = NULL;
    struct error err = {0};

    (void)state;
    assert_int_equal(http_server_start(&options, &second, &err), OUTCOME_FATAL);
    assert_non_null(strstr(err.text, "is taken by another program"));
    options.address = "everywhere";
    assert_int_equal(http_server_start(&options, &second, &err), OUTCOME_FATAL);
    assert_string_equal(err.text, "\"everywhere\" is no address to listen on");
    assert_null(second);
}

/* Ends when two are inside. */
static void meet(void *context, const struct http_server_request *request, struct http_reply *reply)
{
    atomic_int *inside = context;
    struct waiter *waiter = waiter_new();

    (void)request;
    (void)reply;
    atomic_fetch_add(inside, 1);
    while (atomic_load(inside) < 2)
        (void)waiter_wait_ms(waiter, 1);
    waiter_free(waiter);
}

static void *ask_once(void *server)
{
    struct http_response response = {0};
    struct arena arena = {0};

    if (ask(server, (struct http_request){.method = "GET", .timeout_ms = 5000}, "/", &arena,
            &response) == OUTCOME_OK)
        response.status = response.status == 200 ? 1 : 0;
    arena_deinit(&arena);
    return response.status == 1 ? server : NULL;
}

static void several_requests_run_at_once(void **state)
{
    atomic_int inside = 0;
    CLEANUP(http_server_stopp)
    struct http_server *server = start(&inside, (struct http_server_options){.handler = meet});
    pthread_t threads[2];

    (void)state;
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_once, server), 0);
    for (int i = 0; i < 2; i++) {
        void *good = NULL;

        assert_int_equal(pthread_join(threads[i], &good), 0);
        assert_non_null(good);
    }
}

static void slow(void *context, const struct http_server_request *request, struct http_reply *reply)
{
    atomic_int *steps = context;
    struct waiter *waiter = waiter_new();

    (void)request;
    (void)reply;
    atomic_store(steps, 1);
    (void)waiter_wait_ms(waiter, 50);
    atomic_store(steps, 2);
    waiter_free(waiter);
}

static void a_stop_waits_for_the_running_handlers(void **state)
{
    atomic_int steps = 0;
    struct http_server *server = start(&steps, (struct http_server_options){.handler = slow});
    struct waiter *waiter = waiter_new();
    int connection = connect_to(server);

    (void)state;
    assert_true(send(connection, "GET / HTTP/1.0\r\n\r\n", 18, MSG_NOSIGNAL) == 18);
    while (atomic_load(&steps) == 0)
        (void)waiter_wait_ms(waiter, 1);
    http_server_stop(server);
    assert_int_equal(atomic_load(&steps), 2);
    (void)close(connection);
    waiter_free(waiter);
    http_server_stop(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handler_sees_the_request_and_answers_it),
        cmocka_unit_test(a_body_announced_far_too_long_is_refused_before_it_comes),
        cmocka_unit_test(a_client_that_sends_too_much_at_once_learns_why),
        cmocka_unit_test(a_body_that_grows_too_long_is_refused_or_cut),
        cmocka_unit_test(an_idle_connection_is_closed),
        cmocka_unit_test(a_port_that_is_taken_is_told),
        cmocka_unit_test(several_requests_run_at_once),
        cmocka_unit_test(a_stop_waits_for_the_running_handlers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
