/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls with their authorisation: a secret header, and OAuth2 client credentials (RFC 6749,
 * section 4.4) with early renewal and one retry after 401.
 */
#include "tests/support/test.h"

#include <stdio.h>

#include "connectors/drivers/drivers.h"
#include "tests/support/driver_case.h"

/* Their API: which token it takes now, and what it was asked. */
struct api_far {
    int tokens; /* given so far; the last one is good */
    int refusals;
    int calls;
    bool forgets; /* the token just given is not known: 401 */
    bool refuses_client;
    int busy;    /* so many calls are answered 429 */
    int pause_s; /* 0: one second */
    char seen[128];
};

static void give_token(struct api_far *far, const struct http_server_request *request,
                       struct http_reply *reply)
{
    struct bytes body = http_request_body(request);

    if (far->refuses_client ||
        !bytes_equal_text(body, "grant_type=client_credentials&client_id=relais&"
                                "client_secret=demo%26secret&scope=one%20two")) {
        reply->status = 401;
        buffer_append_text(&reply->body, "{\"error\":\"invalid_client\"}");
        return;
    }
    buffer_printf(&reply->body,
                  "{\"access_token\":\"T%d\",\"expires_in\":400,\"token_type\":\"Bearer\"}",
                  ++far->tokens);
}

static void answer(void *context, const struct http_server_request *request,
                   struct http_reply *reply)
{
    struct api_far *far = context;
    const char *authorization = http_request_header(request, "Authorization");
    const char *token = http_request_header(request, "X-Token");
    char good[32];

    reply->content_type = "application/json";
    if (strcmp(http_request_path(request), "/token") == 0) {
        give_token(far, request, reply);
        return;
    }
    far->calls++;
    (void)snprintf(good, sizeof(good), "Bearer T%d", far->tokens);
    (void)snprintf(far->seen, sizeof(far->seen), "%s %s %s", http_request_method(request),
                   http_request_path(request), token ? token : "-");
    if (far->busy > 0) {
        far->busy--;
        reply->status = 429;
        reply->retry_after_s = far->pause_s ? far->pause_s : 1;
    } else if (!token && (far->forgets || !authorization || strcmp(authorization, good) != 0)) {
        far->forgets = false;
        far->refusals++;
        far->tokens += 100; /* what was given is worth nothing any more */
        reply->status = 401;
    }
    buffer_append_text(&reply->body, "{}");
}

static const char oauth2[] = "type: rest\nbase_url: <url>\n"
                             "auth: { type: oauth2, token_url: <url>/token, client_id: relais,\n"
                             "        client_secret_file: \"<folder>/client\", scope: one two }\n";

static enum outcome call(struct driver_case *c, int32_t *ret_status)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    struct delivery_call what = {.name = "1", .method = "PUT", .path = "/thing?x=1"};
    struct http_response response = {0};
    bool maybe_done = false;
    struct error err = {0};
    enum outcome outcome =
        c->driver->ops->call(c->driver, &what, &arena, &response, &maybe_done, &err);

    *ret_status = response.status;
    if (outcome != OUTCOME_OK)
        assert_false(maybe_done);
    return outcome;
}

static void start(struct driver_case *c, struct api_far *far, const char *yaml)
{
    driver_case_init(c, answer, far);
    driver_case_secret(c, "secret", "demo-secret\n");
    driver_case_secret(c, "client", "demo&secret\n");
    driver_case_make(c, &rest_sink, yaml);
    driver_case_open(c);
}

static void a_secret_header_goes_with_every_call(void **state)
{
    struct driver_case c;
    struct api_far far = {0};
    int32_t status;

    (void)state;
    start(&c, &far,
          "type: rest\nbase_url: <url>\n"
          "auth: { type: header, name: X-Token, secret_file: \"<folder>/secret\" }\n");
    assert_int_equal(call(&c, &status), OUTCOME_OK);
    assert_int_equal(status, 200);
    assert_string_equal(far.seen, "PUT /thing demo-secret");
    driver_case_deinit(&c);
}

static void one_token_serves_many_calls_and_is_renewed_before_its_end(void **state)
{
    struct driver_case c;
    struct api_far far = {0};
    int32_t status;

    (void)state;
    start(&c, &far, oauth2);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(call(&c, &status), OUTCOME_OK);
        assert_int_equal(status, 200);
    }
    assert_int_equal(far.tokens, 1);
    clock_manual_advance(c.clock, 339 * US_PER_SECOND);
    (void)call(&c, &status);
    assert_int_equal(far.tokens, 1);
    clock_manual_advance(c.clock, 2 * US_PER_SECOND); /* 59 s before its end */
    assert_int_equal(call(&c, &status), OUTCOME_OK);
    assert_int_equal(status, 200);
    assert_int_equal(far.tokens, 2);
    driver_case_deinit(&c);
}

static void a_token_that_ended_early_is_renewed_once(void **state)
{
    struct driver_case c;
    struct api_far far = {0};
    int32_t status;

    (void)state;
    start(&c, &far, oauth2);
    (void)call(&c, &status);
    far.forgets = true;
    assert_int_equal(call(&c, &status), OUTCOME_OK);
    assert_int_equal(status, 200);
    assert_int_equal(far.refusals, 1);
    assert_int_equal(far.calls, 3);
    driver_case_deinit(&c);
}

static void credentials_that_are_refused_are_retry(void **state)
{
    struct driver_case c;
    struct api_far far = {.refuses_client = true};
    int32_t status;

    (void)state;
    start(&c, &far, oauth2);
    assert_int_equal(call(&c, &status), OUTCOME_RETRY);
    assert_int_equal(far.calls, 0);
    far.refuses_client = false;
    assert_int_equal(call(&c, &status), OUTCOME_OK);
    driver_case_deinit(&c);
}

static void retry_after_is_waited_for(void **state)
{
    struct driver_case c;
    struct api_far far = {.busy = 1};
    int64_t before;
    int32_t status;

    (void)state;
    start(&c, &far, oauth2);
    assert_int_equal(call(&c, &status), OUTCOME_OK);
    assert_int_equal(status, 429);
    before = clock_mono_ms(clock_system());
    assert_int_equal(call(&c, &status), OUTCOME_OK);
    assert_int_equal(status, 200);
    assert_in_range(clock_mono_ms(clock_system()) - before, 900, 3000);
    driver_case_deinit(&c);
}

static void a_pause_of_years_is_an_hour(void **state)
{
    struct driver_case c;
    struct api_far far = {.busy = 1, .pause_s = INT32_MAX};
    int32_t status;

    (void)state;
    start(&c, &far, oauth2);
    assert_int_equal(call(&c, &status), OUTCOME_OK);
    assert_int_equal(call(&c, &status), OUTCOME_RETRY);
    clock_manual_advance(c.clock, 3601 * US_PER_SECOND);
    assert_int_equal(call(&c, &status), OUTCOME_OK);
    assert_int_equal(status, 200);
    driver_case_deinit(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_header_goes_with_every_call),
        cmocka_unit_test(one_token_serves_many_calls_and_is_renewed_before_its_end),
        cmocka_unit_test(a_token_that_ended_early_is_renewed_once),
        cmocka_unit_test(credentials_that_are_refused_are_retry),
        cmocka_unit_test(retry_after_is_waited_for),
        cmocka_unit_test(a_pause_of_years_is_an_hour),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
