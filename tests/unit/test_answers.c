/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <stdlib.h>

#include "base/crypto.h"
#include "connectors/memory/answers.h"
#include "tests/support/fake_log.h"

struct fixture {
    struct operator_keys keys;
    struct fake_log log;
    struct state *state;
    struct answers *answers;
    struct arena arena;
};

static struct fixture *fixture_new(void)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    struct state_change *change;

    keys_create("o21", &f->keys);
    fake_log_init(&f->log);
    f->state = state_new(&f->keys, &f->log.durable, clock_system());
    f->answers = answers_new(f->state);
    change = state_begin(f->state);
    steps_begin(change, BYTES_LITERAL("one"), 7);
    steps_begin(change, BYTES_LITERAL("two"), 8);
    assert_int_equal(state_commit(change, NULL), OUTCOME_OK);
    return f;
}

static void fixture_free(struct fixture *f)
{
    answers_free(f->answers);
    state_free(f->state);
    fake_log_deinit(&f->log);
    arena_deinit(&f->arena);
    free(f);
}

static enum step_state step(struct fixture *f, const char *id, struct http_response *response)
{
    return steps_read(f->state, bytes_of_text(id), &f->arena, response);
}

static void what_is_kept_is_written_at_once_when_kafka_is_back(void **state)
{
    struct fixture *f = fixture_new();
    const struct http_response first = {
        .status = 201, .content_type = "application/json", .body = BYTES_LITERAL("{}")};
    struct http_response read = {0};
    int appends = f->log.appends;

    (void)state;
    assert_int_equal(answers_write(f->answers, NULL), OUTCOME_OK);
    assert_int_equal(f->log.appends, appends); /* nothing to write */
    answers_keep(f->answers, BYTES_LITERAL("one"), &first);
    answers_keep_undone(f->answers, BYTES_LITERAL("two"));
    f->log.fail_next = 1;
    assert_int_equal(answers_write(f->answers, NULL), OUTCOME_RETRY);
    assert_int_equal(step(f, "one", &read), STEP_BEGUN);
    assert_int_equal(answers_write(f->answers, NULL), OUTCOME_OK);
    assert_int_equal(step(f, "one", &read), STEP_ANSWERED);
    assert_int_equal(read.status, 201);
    assert_bytes_text(read.body, "{}");
    assert_int_equal(step(f, "two", &read), STEP_NONE);
    assert_int_equal(
        steps_position(state_get(f->state, STATE_STEP, BYTES_LITERAL("one"), &f->arena)), 7);
    appends = f->log.appends;
    assert_int_equal(answers_write(f->answers, NULL), OUTCOME_OK);
    assert_int_equal(f->log.appends, appends);
    fixture_free(f);
}

static void what_is_known_last_of_a_step_counts(void **state)
{
    struct fixture *f = fixture_new();
    const struct http_response response = {
        .status = 200, .content_type = "", .body = BYTES_LITERAL("")};
    struct http_response read = {0};

    (void)state;
    answers_keep_undone(f->answers, BYTES_LITERAL("one"));
    answers_keep(f->answers, BYTES_LITERAL("one"), &response);
    assert_int_equal(answers_write(f->answers, NULL), OUTCOME_OK);
    assert_int_equal(step(f, "one", &read), STEP_ANSWERED);
    fixture_free(f);
}

/* Beside the step of that name, and not instead of it. */
static void an_echo_that_will_not_come_is_forgotten_when_kafka_is_back(void **state)
{
    struct fixture *f = fixture_new();
    struct http_response read = {0};
    struct error err = {0};

    (void)state;
    assert_int_equal(
        state_set(f->state, STATE_ECHO, BYTES_LITERAL("one"), BYTES_LITERAL("hash"), &err),
        OUTCOME_OK);
    answers_keep_undone(f->answers, BYTES_LITERAL("one"));
    answers_keep_no_echo(f->answers, BYTES_LITERAL("one"));
    f->log.fail_next = 1;
    assert_int_equal(answers_write(f->answers, NULL), OUTCOME_RETRY);
    assert_int_equal(state_count(f->state, STATE_ECHO), 1);
    assert_int_equal(answers_write(f->answers, NULL), OUTCOME_OK);
    assert_int_equal(state_count(f->state, STATE_ECHO), 0);
    assert_int_equal(step(f, "one", &read), STEP_NONE);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_is_written_at_once_when_kafka_is_back),
        cmocka_unit_test(what_is_known_last_of_a_step_counts),
        cmocka_unit_test(an_echo_that_will_not_come_is_forgotten_when_kafka_is_back),
    };

    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
