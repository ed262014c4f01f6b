/* SPDX-License-Identifier: Apache-2.0
 *
 * The wire with a registry: which ids are written, and what is read of those that it gives.
 */
#include "tests/support/test.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/metrics.h"
#include "tests/support/generate.h"
#include "tests/support/registry_case.h"

static const struct record_table *const closures[] = {&closure_table, NULL};

static void put_closure(struct registry_case *c, struct closure *closure)
{
    struct generator generator;

    generate_init(&generator, 3);
    generate_record(&generator, &closure_table, &c->arena, closure);
    buffer_clear(&c->value);
    wire_encode(c->wire, &closure_table, closure, &c->value);
}

static enum outcome get_closure(struct registry_case *c, struct wire *wire, struct closure *closure)
{
    return wire_decode(wire, buffer_view(&c->value), &closure_table, &c->arena, closure, &c->err);
}

static struct wire *another_reader(struct registry_case *c)
{
    struct wire *wire = wire_new();

    wire_use_registry(wire, c->registry);
    return wire;
}

static void ids_of_the_registry_are_written_and_read_by_another_process(void **state)
{
    struct registry_case *c = *state;
    CLEANUP(metrics_freep) struct metrics *metrics = metrics_new();
    CLEANUP(buffer_deinit) struct buffer page = {0};
    CLEANUP(wire_freep) struct wire *reader = another_reader(c);
    struct closure sent;
    struct closure got;
    int calls;

    assert_int_equal(wire_register(c->wire, closures, &c->err), OUTCOME_OK);
    put_closure(c, &sent);
    assert_memory_equal(c->value.data, "\0\0\0\0\1", 5);
    assert_int_equal(get_closure(c, reader, &got), OUTCOME_OK);
    assert_true(record_equal(&closure_table, &sent, &got));
    registry_count(c->registry, metrics);
    /* Known for ever from here on, whatever becomes of the registry. */
    calls = fake_registry_calls(c->fake);
    fake_registry_empty(c->fake);
    fake_registry_set(c->fake, MOOD_BROKEN);
    assert_int_equal(get_closure(c, reader, &got), OUTCOME_OK);
    assert_int_equal(get_closure(c, c->wire, &got), OUTCOME_OK);
    assert_int_equal(fake_registry_calls(c->fake), calls);
    metrics_write(metrics, &page);
    assert_non_null(strstr(buffer_text(&page), "relais_registry_cache_hits_total 2\n"));
}

static void what_is_not_registered_keeps_its_built_in_id(void **state)
{
    struct registry_case *c = *state;
    struct referral referral;

    assert_int_equal(wire_register(c->wire, closures, &c->err), OUTCOME_OK);
    record_init(&referral_table, &referral);
    wire_encode(c->wire, &referral_table, &referral, &c->value);
    assert_true((c->value.data[1] & 0x40) != 0);
}

static void built_in_ids_are_read_without_asking(void **state)
{
    struct registry_case *c = *state;
    struct closure closure;

    put_closure(c, &closure);
    assert_int_equal(get_closure(c, c->wire, &closure), OUTCOME_OK);
    c->value.data[4] ^= 1; /* an id of the built-in range that nobody has */
    assert_int_equal(get_closure(c, c->wire, &closure), OUTCOME_REJECT);
    assert_string_equal(wire_rejection(c->wire, buffer_view(&c->value)), "schema_unknown");
    assert_int_equal(fake_registry_calls(c->fake), 0);
}

static void a_record_waits_for_the_registry_and_is_rejected_by_its_word_only(void **state)
{
    struct registry_case *c = *state;
    struct closure closure;

    put_closure(c, &closure);
    memcpy(c->value.data, "\0\0\0\0\7", 5);
    fake_registry_set(c->fake, MOOD_BROKEN);
    assert_int_equal(get_closure(c, c->wire, &closure), OUTCOME_RETRY);
    registry_case_pass(c, 1000);
    fake_registry_set(c->fake, MOOD_WELL);
    assert_int_equal(get_closure(c, c->wire, &closure), OUTCOME_REJECT);
    registry_case_says(c, "n'a pas de schéma 7");
    assert_string_equal(wire_rejection(c->wire, buffer_view(&c->value)), "schema_unknown");
}

static void a_schema_that_is_none_of_ours_is_asked_for_once(void **state)
{
    static const char *const texts[] = {
        "\"string\"", "{\"type\":\"record\",\"name\":\"Invoice\",\"fields\":[]}",
        "{\"type\":\"record\",\"name\":\"relais.Closure\",\"fields\":[]}", "not a schema"};
    struct registry_case *c = *state;
    struct closure closure;

    put_closure(c, &closure);
    for (size_t i = 0; i < 4; i++) {
        uint32_t id = fake_registry_add(c->fake, texts[i]);
        int calls = fake_registry_calls(c->fake);

        memcpy(c->value.data, "\0\0\0\0", 4);
        c->value.data[4] = (uint8_t)id;
        for (int n = 0; n < 3; n++)
            assert_int_equal(get_closure(c, c->wire, &closure), OUTCOME_REJECT);
        assert_int_equal(fake_registry_calls(c->fake), calls + 1);
        assert_string_equal(wire_rejection(c->wire, buffer_view(&c->value)), "unreadable_record");
    }
}

struct reader {
    struct registry_case *c;
    pthread_t thread;
    enum outcome outcome;
};

static void *read_once(void *context)
{
    struct reader *reader = context;
    CLEANUP(arena_deinit) struct arena arena = {0};
    struct closure closure;

    reader->outcome = wire_decode(reader->c->wire, buffer_view(&reader->c->value), &closure_table,
                                  &arena, &closure, NULL);
    return NULL;
}

static void threads_that_meet_a_schema_at_once_ask_for_it_once(void **state)
{
    struct registry_case *c = *state;
    struct reader readers[8];
    struct closure closure;
    char *text = bytes_dup_text(registry_case_closure());

    put_closure(c, &closure);
    c->value.data[1] = 0;
    c->value.data[2] = 0;
    c->value.data[3] = 0;
    c->value.data[4] = (uint8_t)fake_registry_add(c->fake, text);
    for (size_t i = 0; i < 8; i++) {
        readers[i] = (struct reader){.c = c};
        assert_int_equal(pthread_create(&readers[i].thread, NULL, read_once, &readers[i]), 0);
    }
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(pthread_join(readers[i].thread, NULL), 0);
        assert_int_equal(readers[i].outcome, OUTCOME_OK);
    }
    assert_int_equal(fake_registry_calls(c->fake), 1);
    free(text);
}

static void a_schema_of_a_later_release_is_read_by_field_name(void **state)
{
    static const char later[] = "{\"type\":\"record\",\"name\":\"relais.Closure\",\"fields\":["
                                "{\"name\":\"mood\",\"type\":\"string\"},"
                                "{\"name\":\"operator_code\",\"type\":\"string\"},"
                                "{\"name\":\"thread_id\",\"type\":\"string\"},{\"name\":\"handoff_"
                                "id\",\"type\":\"string\"},"
                                "{\"name\":\"event_id\",\"type\":\"string\"}]}";
    static const char id_text[] = "58a80c6a-92c3-8ede-be60-ca3b2613776b";
    struct registry_case *c = *state;
    struct closure got;

    assert_int_equal(fake_registry_add(c->fake, later), 1);
    buffer_append(&c->value, "\0\0\0\0\1\6new\6o21", 13);
    for (int i = 0; i < 3; i++) {
        buffer_append_byte(&c->value, 72);
        buffer_append_text(&c->value, id_text);
    }
    if (get_closure(c, c->wire, &got) != OUTCOME_OK)
        fail_msg("%s", c->err.text);
    assert_bytes_text(got.envelope.operator_code, "o21");
    assert_int_equal(got.outcome, CLOSURE_UNKNOWN);
}

static void one_that_comes_back_empty_gets_our_schemas_anew(void **state)
{
    struct registry_case *c = *state;
    CLEANUP(wire_freep) struct wire *next = another_reader(c);
    struct closure closure;

    assert_int_equal(wire_register(c->wire, closures, &c->err), OUTCOME_OK);
    put_closure(c, &closure);
    fake_registry_empty(c->fake);
    /* A process that is started after that has another id for the same schema ... */
    assert_int_equal(wire_register(next, closures, &c->err), OUTCOME_OK);
    /* ... and what was written with the old one is gone with the registry's memory. */
    assert_int_equal(get_closure(c, next, &closure), OUTCOME_REJECT);
    assert_int_equal(get_closure(c, c->wire, &closure), OUTCOME_OK);
    put_closure(c, &closure);
    buffer_clear(&c->value);
    wire_encode(next, &closure_table, &closure, &c->value);
    assert_memory_equal(c->value.data, "\0\0\0\0\2", 5);
    assert_int_equal(get_closure(c, c->wire, &closure), OUTCOME_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REGISTRY_TEST(ids_of_the_registry_are_written_and_read_by_another_process),
        REGISTRY_TEST(what_is_not_registered_keeps_its_built_in_id),
        REGISTRY_TEST(built_in_ids_are_read_without_asking),
        REGISTRY_TEST(a_record_waits_for_the_registry_and_is_rejected_by_its_word_only),
        REGISTRY_TEST(a_schema_that_is_none_of_ours_is_asked_for_once),
        REGISTRY_TEST(threads_that_meet_a_schema_at_once_ask_for_it_once),
        REGISTRY_TEST(a_schema_of_a_later_release_is_read_by_field_name),
        REGISTRY_TEST(one_that_comes_back_empty_gets_our_schemas_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
