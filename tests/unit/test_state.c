/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "connectors/memory/pack.h"
#include "connectors/memory/state.h"
#include "connectors/memory/state_wire.h"
#include "tests/support/fake_log.h"

struct fixture {
    struct operator_keys keys;
    struct fake_log log;
    struct clock *clock;
    struct state *state;
    struct arena arena;
};

static struct fixture *fixture_new(void)
{
    struct fixture *f = xcalloc(1, sizeof(*f));

    keys_create("o21", &f->keys);
    fake_log_init(&f->log);
    f->clock = clock_manual_new(INT64_C(1772442000000000));
    f->state = state_new(&f->keys, &f->log.durable, f->clock);
    return f;
}

static void fixture_free(struct fixture *f)
{
    state_free(f->state);
    fake_log_deinit(&f->log);
    arena_deinit(&f->arena);
    clock_free(f->clock);
    free(f);
}

static enum outcome reload(struct fixture *f, const struct operator_keys *keys)
{
    enum outcome outcome = OUTCOME_OK;
    struct error err = {0};

    state_free(f->state);
    f->state = state_new(keys, &f->log.durable, f->clock);
    for (size_t i = 0; i < f->log.count && outcome == OUTCOME_OK; i++)
        outcome = state_load(f->state, f->log.entries[i].key, f->log.entries[i].value, &err);
    return outcome;
}

static void set(struct fixture *f, const char *id, const char *value)
{
    struct error err = {0};

    assert_int_equal(
        state_set(f->state, STATE_UNREADABLE, bytes_of_text(id), bytes_of_text(value), &err),
        OUTCOME_OK);
}

static struct bytes get(struct fixture *f, const char *id)
{
    return state_get(f->state, STATE_UNREADABLE, bytes_of_text(id), &f->arena);
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
    assert_int_equal(state_count(f->state, STATE_UNREADABLE), 1);
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
    assert_false(bytes_equal_text(f->log.entries[0].key, "unreadable/person-MARQUE"));
    assert_true(bytes_starts_with(f->log.entries[0].key, BYTES_LITERAL("unreadable/")));
    assert_int_equal(f->log.entries[0].key.len, strlen("unreadable/") + 32);
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
    state_put(change, STATE_UNREADABLE, BYTES_LITERAL("a"), BYTES_LITERAL("2"));
    assert_bytes_text(state_read(change, STATE_UNREADABLE, BYTES_LITERAL("a"), &f->arena), "2");
    assert_bytes_text(get(f, "a"), "1");
    f->log.fail_next = 1;
    assert_int_equal(state_commit(change, &err), OUTCOME_RETRY);
    assert_bytes_text(get(f, "a"), "1");
    fixture_free(f);
}

/* As a push of many records makes it. */
static void a_large_change_holds_each_key_once_with_its_last_value(void **state)
{
    enum { KEYS = 1000 };
    struct fixture *f = fixture_new();
    struct state_change *change = state_begin(f->state);
    struct error err = {0};

    (void)state;
    for (int i = 0; i < 2 * KEYS; i++) {
        struct bytes id = bytes_of_text(arena_printf(&f->arena, "%d", i % KEYS));

        state_put(change, STATE_UNREADABLE, id, bytes_of_text(arena_printf(&f->arena, "v%d", i)));
    }
    for (int i = 0; i < KEYS; i++) {
        struct bytes id = bytes_of_text(arena_printf(&f->arena, "%d", i));

        assert_bytes_text(state_read(change, STATE_UNREADABLE, id, &f->arena),
                          arena_printf(&f->arena, "v%d", i + KEYS));
        assert_null(state_read(change, STATE_ECHO, id, &f->arena).data);
    }
    assert_int_equal(state_commit(change, &err), OUTCOME_OK);
    assert_int_equal(f->log.count, KEYS);
    assert_int_equal(state_count(f->state, STATE_UNREADABLE), KEYS);
    fixture_free(f);
}

static struct bytes sixteen(struct fixture *f, int number)
{
    return bytes_of_text(arena_printf(&f->arena, "%016d", number));
}

static void put_sent(struct fixture *f, int first, int count)
{
    struct state_change *change = state_begin(f->state);
    struct error err = {0};

    for (int i = first; i < first + count; i++)
        state_put(change, STATE_SENT, sixteen(f, i), sixteen(f, first));
    assert_int_equal(state_commit(change, &err), OUTCOME_OK);
}

static struct bytes last_sent(struct fixture *f, int number)
{
    return state_get(f->state, STATE_SENT, sixteen(f, number), &f->arena);
}

/* What waits for its hand-over's issue looks when that was sent. */
static void what_waits_looks_again_when_an_entity_is_first_sent(void **state)
{
    struct fixture *f = fixture_new();
    uint64_t before = state_version(f->state);
    uint64_t first;
    struct error err;

    (void)state;
    put_sent(f, 1, 1);
    first = state_version(f->state);
    assert_true(first > before);
    put_sent(f, 1, 1);
    assert_true(state_version(f->state) == first);
    assert_int_equal(
        state_set(f->state, STATE_ECHO, BYTES_LITERAL("thing"), BYTES_LITERAL("a"), &err),
        OUTCOME_OK);
    assert_true(state_version(f->state) == first); /* nothing waits for what we wrote */
    put_sent(f, 2, 1);
    assert_true(state_version(f->state) > first);
    fixture_free(f);
}

/* Most of what a connector writes: a change of many events is few records. */
static void what_was_sent_in_one_change_stands_in_few_records(void **state)
{
    struct fixture *f = fixture_new();
    uint64_t before = state_version(f->state);

    (void)state;
    put_sent(f, 0, 256);
    assert_int_equal(f->log.count, 1);
    assert_true(bytes_starts_with(f->log.entries[0].key, BYTES_LITERAL("sent/")));
    assert_false(fake_log_contains(&f->log, "0000000000000255"));
    assert_true(state_version(f->state) > before);
    put_sent(f, 200, 2000);
    assert_int_equal(f->log.count, 3);
    for (int turn = 0; turn < 2; turn++) {
        assert_bytes_text(last_sent(f, 199), "0000000000000000");
        assert_bytes_text(last_sent(f, 200), "0000000000000200");
        assert_bytes_text(last_sent(f, 2199), "0000000000000200");
        assert_null(last_sent(f, 2200).data);
        assert_int_equal(state_count(f->state, STATE_SENT), 2200);
        assert_int_equal(reload(f, &f->keys), OUTCOME_OK);
    }
    fixture_free(f);
}

static size_t forget_expired(struct fixture *f)
{
    struct state_expired list[8];
    size_t count = state_expired(f->state, 8, &f->arena, list);
    struct state_change *change = state_begin(f->state);
    struct error err = {0};

    for (size_t i = 0; i < count; i++)
        state_forget(change, &list[i]);
    assert_int_equal(state_commit(change, &err), OUTCOME_OK);
    return count;
}

/* Each entity lives from the last time, the records of the others go. */
static void what_was_sent_is_forgotten_with_its_record(void **state)
{
    struct fixture *f = fixture_new();

    (void)state;
    put_sent(f, 1, 2);
    clock_manual_advance(f->clock, STATE_ECHO_DAYS * US_PER_DAY);
    put_sent(f, 2, 1);
    clock_manual_advance(f->clock, US_PER_DAY);
    assert_int_equal(forget_expired(f), 2); /* number 1, and the first record */
    assert_int_equal(f->log.count, 3);
    assert_null(f->log.entries[2].value.data);
    assert_true(bytes_equal(f->log.entries[2].key, f->log.entries[0].key));
    for (int turn = 0; turn < 2; turn++) {
        assert_bytes_text(last_sent(f, 2), "0000000000000002");
        assert_int_equal(state_count(f->state, STATE_SENT_LIST), 1);
        assert_int_equal(reload(f, &f->keys), OUTCOME_OK);
    }
    fixture_free(f);
}

/* Nothing of it is in memory, and what is in the topic after all says the same again. */
static void what_was_sent_and_is_not_durable_is_not_remembered(void **state)
{
    struct fixture *f = fixture_new();
    struct state_change *change = state_begin(f->state);
    struct error err = {0};

    (void)state;
    state_put(change, STATE_SENT, sixteen(f, 1), sixteen(f, 1));
    f->log.fail_next = 1;
    assert_int_equal(state_commit(change, &err), OUTCOME_RETRY);
    assert_null(last_sent(f, 1).data);
    assert_int_equal(state_count(f->state, STATE_SENT_LIST), 0);
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

    static const char *const unsorted[] = {"c", "a", "b"};
    struct error err = {0};

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(
            state_set(f->state, STATE_PARKED, bytes_of_text(unsorted[i]), BYTES_LITERAL("1"), &err),
            OUTCOME_OK);
    state_each(f->state, STATE_PARKED, note_ids, &ids);
    assert_string_equal(buffer_text(&ids), "abc");
    buffer_deinit(&ids);
    fixture_free(f);
}

static void days_pass(struct fixture *f, int days)
{
    clock_manual_advance(f->clock, days * US_PER_DAY);
}

static size_t expired_count(struct fixture *f)
{
    struct state_expired list[8];

    return state_expired(f->state, 8, &f->arena, list);
}

static void an_entry_may_be_forgotten_after_its_days_also_after_a_restart(void **state)
{
    struct fixture *f = fixture_new();
    struct state_expired list[8];
    struct state_change *change;
    struct error err = {0};

    (void)state;
    set(f, "a", "1");
    change = state_begin(f->state);
    state_put_for(change, STATE_UNREADABLE, BYTES_LITERAL("b"), BYTES_LITERAL("2"), 10);
    state_put(change, STATE_CURSOR, BYTES_LITERAL("rest-1"), BYTES_LITERAL("3"));
    assert_int_equal(state_commit(change, &err), OUTCOME_OK);
    days_pass(f, 10);
    assert_int_equal(expired_count(f), 0);
    days_pass(f, 1);
    assert_int_equal(reload(f, &f->keys), OUTCOME_OK);
    assert_int_equal(state_expired(f->state, 8, &f->arena, list), 1);
    assert_bytes_text(list[0].value, "2");
    change = state_begin(f->state);
    assert_true(state_is_expired(change, &list[0]));
    state_forget(change, &list[0]);
    assert_int_equal(state_commit(change, &err), OUTCOME_OK);
    assert_null(get(f, "b").data);
    days_pass(f, STATE_OPEN_DAYS);
    assert_int_equal(expired_count(f), 1); /* a; a cursor lives for ever */
    assert_int_equal(reload(f, &f->keys), OUTCOME_OK);
    assert_null(get(f, "b").data); /* its tombstone */
    assert_bytes_text(get(f, "a"), "1");
    fixture_free(f);
}

static void what_is_written_anew_lives_on(void **state)
{
    struct fixture *f = fixture_new();
    struct state_expired list[8];
    struct state_change *change;

    (void)state;
    set(f, "a", "1");
    days_pass(f, STATE_OPEN_DAYS + 1);
    assert_int_equal(state_expired(f->state, 8, &f->arena, list), 1);
    set(f, "a", "2"); /* between the look and the change */
    change = state_begin(f->state);
    assert_false(state_is_expired(change, &list[0]));
    state_abort(change);
    fixture_free(f);
}

/* Written by the release before: its life begins when it is read. */
static void an_entry_without_a_day_begins_its_life_now(void **state)
{
    struct fixture *f = fixture_new();
    struct buffer plain = {0};
    struct buffer sealed = {0};
    struct fake_entry *entry = &f->log.entries[0];

    (void)state;
    set(f, "a", "1");
    pack_bytes(&plain, BYTES_LITERAL("a"));
    pack_bytes(&plain, BYTES_LITERAL("1"));
    crypto_encrypt(f->keys.state_key, buffer_view(&plain), entry->key, &sealed);
    entry->value = arena_copy(&f->arena, buffer_view(&sealed));
    assert_int_equal(reload(f, &f->keys), OUTCOME_OK);
    assert_bytes_text(get(f, "a"), "1");
    days_pass(f, STATE_OPEN_DAYS);
    assert_int_equal(expired_count(f), 0);
    days_pass(f, 1);
    assert_int_equal(expired_count(f), 1);
    buffer_deinit(&plain);
    buffer_deinit(&sealed);
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
        (void)!state_set(f->state, STATE_UNREADABLE, BYTES_LITERAL("same"), bytes_of_text(value),
                         &err);
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

static void of_its_keys_nothing_is_left(void **state)
{
    static const struct state_wire wiped;
    struct operator_keys keys;
    struct state_wire wire;

    (void)state;
    memset(&keys, 0x5a, sizeof(keys));
    state_wire_init(&wire, &keys);
    assert_memory_not_equal(&wire, &wiped, sizeof(wire));
    state_wire_wipe(&wire);
    assert_memory_equal(&wire, &wiped, sizeof(wire));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_there_after_a_restart),
        cmocka_unit_test(nothing_of_it_can_be_read_from_the_topic),
        cmocka_unit_test(a_change_that_is_not_durable_is_not_in_memory),
        cmocka_unit_test(what_waits_looks_again_when_an_entity_is_first_sent),
        cmocka_unit_test(what_was_sent_in_one_change_stands_in_few_records),
        cmocka_unit_test(what_was_sent_is_forgotten_with_its_record),
        cmocka_unit_test(what_was_sent_and_is_not_durable_is_not_remembered),
        cmocka_unit_test(a_large_change_holds_each_key_once_with_its_last_value),
        cmocka_unit_test(entries_are_visited_in_the_order_of_their_ids),
        cmocka_unit_test(an_entry_may_be_forgotten_after_its_days_also_after_a_restart),
        cmocka_unit_test(what_is_written_anew_lives_on),
        cmocka_unit_test(an_entry_without_a_day_begins_its_life_now),
        cmocka_unit_test(of_its_keys_nothing_is_left),
        cmocka_unit_test(the_order_of_the_topic_is_the_order_in_memory),
    };

    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
