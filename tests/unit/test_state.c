/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "connectors/state.h"
#include "tests/support/fake_log.h"

struct fixture {
    struct operator_keys keys;
    struct fake_log log;
    struct state *state;
    struct arena arena;
};

static struct fixture *fixture_new(void)
{
    struct fixture *f = xcalloc(1, sizeof(*f));

    keys_create("o21", &f->keys);
    fake_log_init(&f->log);
    f->state = state_new(&f->keys, &f->log.durable);
    return f;
}

static void fixture_free(struct fixture *f)
{
    state_free(f->state);
    fake_log_deinit(&f->log);
    arena_deinit(&f->arena);
    free(f);
}

static enum outcome reload(struct fixture *f, const struct operator_keys *keys)
{
    enum outcome outcome = OUTCOME_OK;
    struct error err = {0};

    state_free(f->state);
    f->state = state_new(keys, &f->log.durable);
    for (size_t i = 0; i < f->log.count && outcome == OUTCOME_OK; i++)
        outcome = state_load(f->state, f->log.entries[i].key, f->log.entries[i].value, &err);
    return outcome;
}

static void set(struct fixture *f, const char *id, const char *value)
{
    struct error err = {0};

    assert_int_equal(state_set(f->state, STATE_LINK, bytes_of_text(id), bytes_of_text(value), &err),
                     OUTCOME_OK);
}

static struct bytes get(struct fixture *f, const char *id)
{
    return state_get(f->state, STATE_LINK, bytes_of_text(id), &f->arena);
}

static void what_was_written_is_there_after_a_restart(void **state)
{
    struct fixture *f = fixture_new();

    (void)state;
    set(f, "a", "1");
    set(f, "b", "2");
    set(f, "a", "3");
    set(f, "b", NULL);
    assert_bytes_text(get(f, "a"), "3");
    assert_int_equal(reload(f, &f->keys), OUTCOME_OK);
    assert_bytes_text(get(f, "a"), "3");
    assert_null(get(f, "b").data);
    assert_int_equal(state_count(f->state, STATE_LINK), 1);
    assert_int_equal(state_count(f->state, STATE_HANDOFF), 0);
    fixture_free(f);
}

static void nothing_of_it_can_be_read_from_the_topic(void **state)
{
    struct fixture *f = fixture_new();
    struct operator_keys others;

    (void)state;
    set(f, "person-MARQUE", "value-MARQUE");
    assert_false(fake_log_contains(&f->log, "MARQUE"));
    assert_false(bytes_equal_text(f->log.entries[0].key, "link/person-MARQUE"));
    assert_true(bytes_starts_with(f->log.entries[0].key, BYTES_LITERAL("link/")));
    assert_int_equal(f->log.entries[0].key.len, strlen("link/") + 32);
    keys_create("o21", &others);
    assert_int_equal(reload(f, &others), OUTCOME_FATAL);
    fixture_free(f);
}

static void a_change_that_is_not_durable_is_not_in_memory(void **state)
{
    struct fixture *f = fixture_new();
    struct state_change *change;
    struct error err = {0};

    (void)state;
    set(f, "a", "1");
    change = state_begin(f->state);
    state_put(change, STATE_LINK, BYTES_LITERAL("a"), BYTES_LITERAL("2"));
    assert_bytes_text(state_read(change, STATE_LINK, BYTES_LITERAL("a"), &f->arena), "2");
    assert_bytes_text(get(f, "a"), "1");
    f->log.fail_next = 1;
    assert_int_equal(state_commit(change, &err), OUTCOME_RETRY);
    assert_bytes_text(get(f, "a"), "1");
    fixture_free(f);
}

static void note_ids(void *context, struct bytes id, struct bytes value)
{
    struct buffer *out = context;

    (void)value;
    buffer_append_bytes(out, id);
}

static void entries_are_visited_in_the_order_of_their_ids(void **state)
{
    struct fixture *f = fixture_new();
    struct buffer ids = {0};

    (void)state;
    set(f, "c", "1");
    set(f, "a", "1");
    set(f, "b", "1");
    state_each(f->state, STATE_LINK, note_ids, &ids);
    assert_string_equal(buffer_text(&ids), "abc");
    buffer_deinit(&ids);
    fixture_free(f);
}

#define WRITES 200
static void *write_many(void *context)
{
    struct fixture *f = context;
    struct error err = {0};

    for (int i = 0; i < WRITES; i++) {
        char value[16];

        (void)snprintf(value, sizeof(value), "%d", i);
        (void)!state_set(f->state, STATE_LINK, BYTES_LITERAL("same"), bytes_of_text(value), &err);
    }
    return NULL;
}

/* Two threads write the same entry: the last in the topic is the one in memory. */
static void the_order_of_the_topic_is_the_order_in_memory(void **state)
{
    struct fixture *f = fixture_new();
    pthread_t threads[2];
    struct bytes before;

    (void)state;
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, f), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    before = get(f, "same");
    assert_int_equal(f->log.count, 2 * WRITES);
    assert_int_equal(reload(f, &f->keys), OUTCOME_OK);
    assert_true(bytes_equal(get(f, "same"), before));
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_there_after_a_restart),
        cmocka_unit_test(nothing_of_it_can_be_read_from_the_topic),
        cmocka_unit_test(a_change_that_is_not_durable_is_not_in_memory),
        cmocka_unit_test(entries_are_visited_in_the_order_of_their_ids),
        cmocka_unit_test(the_order_of_the_topic_is_the_order_in_memory),
    };

    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
