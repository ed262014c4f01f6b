/* SPDX-License-Identifier: Apache-2.0
 *
 * The registry's client against one that misbehaves as told, and the wire with it. A real one:
 * tests/interop/.
 */
#include "tests/support/test.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schemas/registry.h"
#include "schemas/schema_texts.h"
#include "schemas/wire.h"
#include "tests/support/fake_registry.h"
#include "tests/support/generate.h"

struct bench {
    struct fake_registry *fake;
    struct clock *clock;
    struct registry *registry;
    struct wire *wire;
    struct arena arena;
    struct buffer value;
    struct error err;
};

static const struct record_table *const closures[] = {&closure_table, NULL};

static struct registry *connect_as(struct bench *bench, struct registry_settings settings)
{
    struct registry *registry = NULL;

    settings.url = fake_registry_url(bench->fake);
    settings.timeout_ms = settings.timeout_ms ? settings.timeout_ms : 60000;
    assert_int_equal(registry_new(&settings, bench->clock, &registry, &bench->err), OUTCOME_OK);
    return registry;
}

static int setup(void **state)
{
    struct bench *bench = xcalloc(1, sizeof(*bench));

    bench->fake = fake_registry_start();
    bench->clock = clock_manual_new(0);
    bench->registry = connect_as(bench, (struct registry_settings){0});
    bench->wire = wire_new();
    wire_use_registry(bench->wire, bench->registry);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;

    wire_free(bench->wire);
    registry_free(bench->registry);
    fake_registry_stop(bench->fake);
    clock_free(bench->clock);
    arena_deinit(&bench->arena);
    buffer_deinit(&bench->value);
    free(bench);
    return 0;
}

static void assert_says(const struct bench *bench, const char *text)
{
    if (!strstr(bench->err.text, text))
        fail_msg("no \"%s\" in: %s", text, bench->err.text);
}

static void pass(struct bench *bench, int64_t ms)
{
    clock_manual_advance(bench->clock, ms * 1000);
}

static struct bytes closure_text(void)
{
    for (size_t i = 0; i < schema_text_count; i++)
        if (schema_texts[i].table == &closure_table)
            return schema_texts[i].text;
    return BYTES_NONE;
}

/* ---- Registering ------------------------------------------------------------------------ */

static enum outcome register_closure(struct bench *bench, uint32_t *ret_id)
{
    return registry_register(bench->registry, "relais.Closure", closure_text(), ret_id,
                             &bench->err);
}

static void a_schema_is_registered_once_and_found_again(void **state)
{
    struct bench *bench = *state;
    struct registry_place place = {0};
    uint32_t id = 0;
    uint32_t again = 0;

    assert_int_equal(
        registry_find(bench->registry, "relais.Closure", closure_text(), &place, &bench->err),
        OUTCOME_REJECT);
    assert_int_equal(register_closure(bench, &id), OUTCOME_OK);
    assert_int_equal(register_closure(bench, &again), OUTCOME_OK);
    assert_int_equal(id, again);
    assert_int_equal(
        registry_find(bench->registry, "relais.Closure", closure_text(), &place, &bench->err),
        OUTCOME_OK);
    assert_int_equal(place.id, id);
    assert_int_equal(place.version, 1);
}

static void what_it_is_in_no_state_to_say_is_tried_again_and_what_it_refuses_is_not(void **state)
{
    static const struct {
        enum fake_registry_mood mood;
        enum outcome outcome;
        const char *says;
    } cases[] = {
        {MOOD_HTML, OUTCOME_RETRY, "is its URL right?"},
        {MOOD_HTML_404, OUTCOME_RETRY, "is its URL right?"},
        {MOOD_BROKEN, OUTCOME_RETRY, "500"},
        {MOOD_HUGE, OUTCOME_RETRY, "longer than"},
        {MOOD_CLOSED, OUTCOME_FATAL, "refuses this user (401)"},
        {MOOD_INCOMPATIBLE, OUTCOME_FATAL, "incompatible with what it has: field x"},
        {MOOD_OTHER_SCHEMA, OUTCOME_FATAL, "has another schema there"},
        {MOOD_NOT_AVRO, OUTCOME_FATAL, "has another schema there"},
        {MOOD_LAGS, OUTCOME_RETRY, "does not show it yet"},
        {MOOD_ID_TOO_BIG, OUTCOME_FATAL, "an id that is not between 1 and 1073741823"},
        {MOOD_WELL, OUTCOME_OK, ""},
    };
    struct bench *bench = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t id = 0;

        fake_registry_set(bench->fake, cases[i].mood);
        bench->err.text[0] = '\0';
        if (register_closure(bench, &id) != cases[i].outcome)
            fail_msg("mood %d: %s", (int)cases[i].mood, bench->err.text);
        assert_says(bench, cases[i].says);
        assert_int_equal(id != 0, cases[i].outcome == OUTCOME_OK);
        pass(bench, 1000);
    }
}

static void a_slow_one_is_not_waited_for_longer_than_a_call_may_take(void **state)
{
    struct bench *bench = *state;
    CLEANUP(registry_freep)
    struct registry *hasty = connect_as(bench, (struct registry_settings){.timeout_ms = 100});
    struct bytes text;
    uint32_t id = 0;

    fake_registry_set(bench->fake, MOOD_SLOW);
    assert_int_equal(registry_register(hasty, "relais.Closure", closure_text(), &id, &bench->err),
                     OUTCOME_RETRY);
    pass(bench, 1000);
    assert_int_equal(registry_schema(hasty, 7, &bench->arena, &text, &bench->err), OUTCOME_RETRY);
}

static void a_reader_waits_whatever_is_wrong_but_the_id(void **state)
{
    static const enum fake_registry_mood moods[] = {MOOD_HTML, MOOD_HTML_404, MOOD_BROKEN,
                                                    MOOD_HUGE, MOOD_CLOSED};
    struct bench *bench = *state;
    struct bytes text;

    for (size_t i = 0; i < sizeof(moods) / sizeof(moods[0]); i++) {
        fake_registry_set(bench->fake, moods[i]);
        assert_int_equal(registry_schema(bench->registry, 7, &bench->arena, &text, &bench->err),
                         OUTCOME_RETRY);
        pass(bench, 1000);
    }
    fake_registry_set(bench->fake, MOOD_WELL);
    assert_int_equal(registry_schema(bench->registry, 7, &bench->arena, &text, &bench->err),
                     OUTCOME_REJECT);
}

static void that_an_id_is_missing_is_believed_for_ten_seconds(void **state)
{
    struct bench *bench = *state;
    struct bytes text;
    int calls;

    assert_int_equal(registry_schema(bench->registry, 1, &bench->arena, &text, NULL),
                     OUTCOME_REJECT);
    calls = fake_registry_calls(bench->fake);
    assert_int_equal(fake_registry_add(bench->fake, "\"string\""), 1);
    pass(bench, 9999);
    assert_int_equal(registry_schema(bench->registry, 1, &bench->arena, &text, NULL),
                     OUTCOME_REJECT);
    assert_int_equal(fake_registry_calls(bench->fake), calls);
    pass(bench, 1);
    assert_int_equal(registry_schema(bench->registry, 1, &bench->arena, &text, NULL), OUTCOME_OK);
    assert_bytes_text(text, "\"string\"");
}

static void an_id_that_was_missing_may_be_the_next_one_given(void **state)
{
    struct bench *bench = *state;
    struct bytes text;
    uint32_t id = 0;

    assert_int_equal(registry_schema(bench->registry, 1, &bench->arena, &text, NULL),
                     OUTCOME_REJECT);
    assert_int_equal(register_closure(bench, &id), OUTCOME_OK);
    assert_int_equal(id, 1);
}

static void one_that_does_not_answer_is_left_alone_for_a_second(void **state)
{
    struct bench *bench = *state;
    struct bytes text;

    fake_registry_set(bench->fake, MOOD_BROKEN);
    for (int i = 0; i < 5; i++)
        assert_int_equal(registry_schema(bench->registry, 7, &bench->arena, &text, &bench->err),
                         OUTCOME_RETRY);
    assert_int_equal(fake_registry_calls(bench->fake), 1);
    assert_says(bench, "500");
    pass(bench, 1000);
    assert_int_equal(registry_schema(bench->registry, 7, &bench->arena, &text, &bench->err),
                     OUTCOME_RETRY);
    assert_int_equal(fake_registry_calls(bench->fake), 2);
}

static void who_asks_without_a_pause_sees_it_come_back(void **state)
{
    struct bench *bench = *state;
    enum outcome outcome = OUTCOME_RETRY;
    struct bytes text;
    uint32_t id = 0;
    int asked = 0;

    assert_int_equal(fake_registry_add(bench->fake, "\"string\""), 1);
    fake_registry_set(bench->fake, MOOD_BROKEN);
    assert_int_equal(register_closure(bench, &id), OUTCOME_RETRY);
    fake_registry_set(bench->fake, MOOD_WELL);
    while (outcome == OUTCOME_RETRY && asked++ < 20) {
        outcome = registry_schema(bench->registry, 1, &bench->arena, &text, &bench->err);
        if (outcome == OUTCOME_RETRY)
            assert_int_equal(register_closure(bench, &id), OUTCOME_RETRY);
        pass(bench, 100);
    }
    assert_int_equal(outcome, OUTCOME_OK);
    assert_int_equal(asked, 11); /* a second after the call that failed */
}

static void an_id_that_a_lagging_node_does_not_know_yet_is_asked_for_again_at_once(void **state)
{
    struct bench *bench = *state;
    uint32_t id = 0;

    fake_registry_set(bench->fake, MOOD_LAGS);
    assert_int_equal(register_closure(bench, &id), OUTCOME_RETRY);
    fake_registry_set(bench->fake, MOOD_WELL);
    assert_int_equal(register_closure(bench, &id), OUTCOME_OK);
    assert_int_equal(id, 1);
}

static void an_id_that_we_may_not_read_is_refused_and_holds_up_no_other(void **state)
{
    struct bench *bench = *state;
    struct bytes text;
    FILE *log = tmpfile();
    int stderr_before = dup(STDERR_FILENO);
    char said[4096] = {0};
    char *line;
    int calls;

    assert_int_equal(fake_registry_add(bench->fake, "\"string\""), 1);
    assert_int_equal(fake_registry_add(bench->fake, "\"bytes\""), 2);
    assert_true(log && dup2(fileno(log), STDERR_FILENO) >= 0);
    fake_registry_set(bench->fake, MOOD_FORBIDS);
    assert_int_equal(registry_schema(bench->registry, 2, &bench->arena, &text, NULL),
                     OUTCOME_REJECT);
    calls = fake_registry_calls(bench->fake);
    assert_int_equal(registry_schema(bench->registry, 2, &bench->arena, &text, NULL),
                     OUTCOME_REJECT);
    assert_int_equal(fake_registry_calls(bench->fake), calls);
    assert_int_equal(registry_schema(bench->registry, 3, &bench->arena, &text, NULL),
                     OUTCOME_REJECT);
    fake_registry_set(bench->fake, MOOD_WELL);
    assert_int_equal(registry_schema(bench->registry, 1, &bench->arena, &text, NULL), OUTCOME_OK);
    pass(bench, 10000);
    assert_int_equal(registry_schema(bench->registry, 2, &bench->arena, &text, NULL), OUTCOME_OK);
    assert_true(dup2(stderr_before, STDERR_FILENO) >= 0);
    rewind(log);
    assert_true(fread(said, 1, sizeof(said) - 1, log) > 0);
    line = strstr(said, "refuses to show a schema");
    assert_non_null(line);
    assert_null(strstr(line + 1, "refuses to show a schema"));
    assert_int_equal(close(stderr_before), 0);
    assert_int_equal(fclose(log), 0);
}

static void read_only_registers_nothing(void **state)
{
    struct bench *bench = *state;
    CLEANUP(registry_freep)
    struct registry *reader = connect_as(bench, (struct registry_settings){.read_only = true});
    uint32_t id = 0;

    assert_int_equal(registry_register(reader, "relais.Closure", closure_text(), &id, &bench->err),
                     OUTCOME_FATAL);
    assert_says(bench, "we may not register it");
    assert_int_equal(register_closure(bench, &id), OUTCOME_OK);
    id = 0;
    assert_int_equal(registry_register(reader, "relais.Closure", closure_text(), &id, &bench->err),
                     OUTCOME_OK);
    assert_int_equal(id, 1);
}

static void the_user_and_the_secret_of_the_file_are_sent(void **state)
{
    struct bench *bench = *state;
    char path[] = "build/secret-XXXXXX";
    int file = mkstemp(path);
    struct registry_settings settings = {.user = "relais", .secret_file = path};
    uint32_t id = 0;

    assert_true(file >= 0);
    assert_int_equal(write(file, "secret\n", 7), 7);
    assert_int_equal(close(file), 0);
    registry_free(bench->registry);
    bench->registry = connect_as(bench, settings);
    wire_use_registry(bench->wire, bench->registry);
    fake_registry_set(bench->fake, MOOD_CLOSED);
    assert_int_equal(register_closure(bench, &id), OUTCOME_OK);
    assert_int_equal(unlink(path), 0);
}

static void settings_that_cannot_be_are_refused_without_the_secret(void **state)
{
    static const struct {
        struct registry_settings settings;
        const char *says;
    } cases[] = {
        {{.url = "ftp://127.0.0.1"}, "no http(s) URL"},
        {{.url = "https://"}, "no http(s) URL"},
        {{.url = ""}, "no http(s) URL"},
        {{.url = "/"}, "no http(s) URL"},
        {{.url = "http://me:hidden@127.0.0.1"}, "holds a user"},
        {{.url = "http://127.0.0.1", .user = "me"}, "one is missing"},
        {{.url = "http://127.0.0.1", .secret_file = "x"}, "one is missing"},
        {{.url = "http://127.0.0.1", .user = "me", .secret_file = "build/none"}, "build/none"},
    };
    struct bench *bench = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct registry *registry = NULL;

        assert_int_equal(registry_new(&cases[i].settings, bench->clock, &registry, &bench->err),
                         OUTCOME_FATAL);
        assert_says(bench, cases[i].says);
        assert_null(strstr(bench->err.text, "hidden"));
    }
}

/* ---- The wire with it -------------------------------------------------------------------- */

static void put_closure(struct bench *bench, struct closure *closure)
{
    struct generator generator;

    generate_init(&generator, 3);
    generate_record(&generator, &closure_table, &bench->arena, closure);
    buffer_clear(&bench->value);
    wire_encode(bench->wire, &closure_table, closure, &bench->value);
}

static enum outcome get_closure(struct bench *bench, struct wire *wire, struct closure *closure)
{
    return wire_decode(wire, buffer_view(&bench->value), &closure_table, &bench->arena, closure,
                       &bench->err);
}

static struct wire *another_reader(struct bench *bench)
{
    struct wire *wire = wire_new();

    wire_use_registry(wire, bench->registry);
    return wire;
}

static void ids_of_the_registry_are_written_and_read_by_another_process(void **state)
{
    struct bench *bench = *state;
    CLEANUP(wire_freep) struct wire *reader = another_reader(bench);
    struct closure sent;
    struct closure got;
    int calls;

    assert_int_equal(wire_register(bench->wire, closures, &bench->err), OUTCOME_OK);
    put_closure(bench, &sent);
    assert_memory_equal(bench->value.data, "\0\0\0\0\1", 5);
    assert_int_equal(get_closure(bench, reader, &got), OUTCOME_OK);
    assert_true(record_equal(&closure_table, &sent, &got));
    /* Known for ever from here on, whatever becomes of the registry. */
    calls = fake_registry_calls(bench->fake);
    fake_registry_empty(bench->fake);
    fake_registry_set(bench->fake, MOOD_BROKEN);
    assert_int_equal(get_closure(bench, reader, &got), OUTCOME_OK);
    assert_int_equal(get_closure(bench, bench->wire, &got), OUTCOME_OK);
    assert_int_equal(fake_registry_calls(bench->fake), calls);
}

static void what_is_not_registered_keeps_its_built_in_id(void **state)
{
    struct bench *bench = *state;
    struct referral referral;

    assert_int_equal(wire_register(bench->wire, closures, &bench->err), OUTCOME_OK);
    record_init(&referral_table, &referral);
    wire_encode(bench->wire, &referral_table, &referral, &bench->value);
    assert_true((bench->value.data[1] & 0x40) != 0);
}

static void built_in_ids_are_read_without_asking(void **state)
{
    struct bench *bench = *state;
    struct closure closure;

    put_closure(bench, &closure);
    assert_int_equal(get_closure(bench, bench->wire, &closure), OUTCOME_OK);
    bench->value.data[4] ^= 1; /* an id of the built-in range that nobody has */
    assert_int_equal(get_closure(bench, bench->wire, &closure), OUTCOME_REJECT);
    assert_string_equal(wire_rejection(bench->wire, buffer_view(&bench->value)), "schema_unknown");
    assert_int_equal(fake_registry_calls(bench->fake), 0);
}

static void a_record_waits_for_the_registry_and_is_rejected_by_its_word_only(void **state)
{
    struct bench *bench = *state;
    struct closure closure;

    put_closure(bench, &closure);
    memcpy(bench->value.data, "\0\0\0\0\7", 5);
    fake_registry_set(bench->fake, MOOD_BROKEN);
    assert_int_equal(get_closure(bench, bench->wire, &closure), OUTCOME_RETRY);
    pass(bench, 1000);
    fake_registry_set(bench->fake, MOOD_WELL);
    assert_int_equal(get_closure(bench, bench->wire, &closure), OUTCOME_REJECT);
    assert_says(bench, "no schema id 7");
    assert_string_equal(wire_rejection(bench->wire, buffer_view(&bench->value)), "schema_unknown");
}

static void a_schema_that_is_none_of_ours_is_asked_for_once(void **state)
{
    static const char *const texts[] = {
        "\"string\"", "{\"type\":\"record\",\"name\":\"Invoice\",\"fields\":[]}",
        "{\"type\":\"record\",\"name\":\"relais.Closure\",\"fields\":[]}", "not a schema"};
    struct bench *bench = *state;
    struct closure closure;

    put_closure(bench, &closure);
    for (size_t i = 0; i < 4; i++) {
        uint32_t id = fake_registry_add(bench->fake, texts[i]);
        int calls = fake_registry_calls(bench->fake);

        memcpy(bench->value.data, "\0\0\0\0", 4);
        bench->value.data[4] = (uint8_t)id;
        for (int n = 0; n < 3; n++)
            assert_int_equal(get_closure(bench, bench->wire, &closure), OUTCOME_REJECT);
        assert_int_equal(fake_registry_calls(bench->fake), calls + 1);
        assert_string_equal(wire_rejection(bench->wire, buffer_view(&bench->value)),
                            "unreadable_record");
    }
}

struct reader {
    struct bench *bench;
    pthread_t thread;
    enum outcome outcome;
};

static void *read_once(void *context)
{
    struct reader *reader = context;
    CLEANUP(arena_deinit) struct arena arena = {0};
    struct closure closure;

    reader->outcome = wire_decode(reader->bench->wire, buffer_view(&reader->bench->value),
                                  &closure_table, &arena, &closure, NULL);
    return NULL;
}

static void threads_that_meet_a_schema_at_once_ask_for_it_once(void **state)
{
    struct bench *bench = *state;
    struct reader readers[8];
    struct closure closure;
    char *text = bytes_dup_text(closure_text());

    put_closure(bench, &closure);
    bench->value.data[1] = 0;
    bench->value.data[2] = 0;
    bench->value.data[3] = 0;
    bench->value.data[4] = (uint8_t)fake_registry_add(bench->fake, text);
    for (size_t i = 0; i < 8; i++) {
        readers[i] = (struct reader){.bench = bench};
        assert_int_equal(pthread_create(&readers[i].thread, NULL, read_once, &readers[i]), 0);
    }
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(pthread_join(readers[i].thread, NULL), 0);
        assert_int_equal(readers[i].outcome, OUTCOME_OK);
    }
    assert_int_equal(fake_registry_calls(bench->fake), 1);
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
    struct bench *bench = *state;
    struct closure got;

    assert_int_equal(fake_registry_add(bench->fake, later), 1);
    buffer_append(&bench->value, "\0\0\0\0\1\6new\6o21", 13);
    for (int i = 0; i < 3; i++) {
        buffer_append_byte(&bench->value, 72);
        buffer_append_text(&bench->value, id_text);
    }
    if (get_closure(bench, bench->wire, &got) != OUTCOME_OK)
        fail_msg("%s", bench->err.text);
    assert_bytes_text(got.envelope.operator_code, "o21");
    assert_int_equal(got.outcome, CLOSURE_UNKNOWN);
}

static void one_that_comes_back_empty_gets_our_schemas_anew(void **state)
{
    struct bench *bench = *state;
    CLEANUP(wire_freep) struct wire *next = another_reader(bench);
    struct closure closure;

    assert_int_equal(wire_register(bench->wire, closures, &bench->err), OUTCOME_OK);
    put_closure(bench, &closure);
    fake_registry_empty(bench->fake);
    /* A process that is started after that has another id for the same schema ... */
    assert_int_equal(wire_register(next, closures, &bench->err), OUTCOME_OK);
    /* ... and what was written with the old one is gone with the registry's memory. */
    assert_int_equal(get_closure(bench, next, &closure), OUTCOME_REJECT);
    assert_int_equal(get_closure(bench, bench->wire, &closure), OUTCOME_OK);
    put_closure(bench, &closure);
    buffer_clear(&bench->value);
    wire_encode(next, &closure_table, &closure, &bench->value);
    assert_memory_equal(bench->value.data, "\0\0\0\0\2", 5);
    assert_int_equal(get_closure(bench, bench->wire, &closure), OUTCOME_OK);
}

#define BENCH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH(a_schema_is_registered_once_and_found_again),
        BENCH(what_it_is_in_no_state_to_say_is_tried_again_and_what_it_refuses_is_not),
        BENCH(a_slow_one_is_not_waited_for_longer_than_a_call_may_take),
        BENCH(a_reader_waits_whatever_is_wrong_but_the_id),
        BENCH(that_an_id_is_missing_is_believed_for_ten_seconds),
        BENCH(an_id_that_was_missing_may_be_the_next_one_given),
        BENCH(one_that_does_not_answer_is_left_alone_for_a_second),
        BENCH(who_asks_without_a_pause_sees_it_come_back),
        BENCH(an_id_that_a_lagging_node_does_not_know_yet_is_asked_for_again_at_once),
        BENCH(an_id_that_we_may_not_read_is_refused_and_holds_up_no_other),
        BENCH(read_only_registers_nothing),
        BENCH(the_user_and_the_secret_of_the_file_are_sent),
        BENCH(settings_that_cannot_be_are_refused_without_the_secret),
        BENCH(ids_of_the_registry_are_written_and_read_by_another_process),
        BENCH(what_is_not_registered_keeps_its_built_in_id),
        BENCH(built_in_ids_are_read_without_asking),
        BENCH(a_record_waits_for_the_registry_and_is_rejected_by_its_word_only),
        BENCH(a_schema_that_is_none_of_ours_is_asked_for_once),
        BENCH(threads_that_meet_a_schema_at_once_ask_for_it_once),
        BENCH(a_schema_of_a_later_release_is_read_by_field_name),
        BENCH(one_that_comes_back_empty_gets_our_schemas_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
