/* SPDX-License-Identifier: Apache-2.0
 *
 * The registry's client against one that misbehaves as told. A real one: tests/interop/.
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <unistd.h>

#include "tests/support/registry_case.h"

static void a_schema_is_registered_once_and_found_again(void **state)
{
    struct registry_case *c = *state;
    struct registry_place place = {0};
    uint32_t id = 0;
    uint32_t again = 0;

    assert_int_equal(
        registry_find(c->registry, "relais.Closure", registry_case_closure(), &place, &c->err),
        OUTCOME_REJECT);
    assert_int_equal(registry_case_register(c, &id), OUTCOME_OK);
    assert_int_equal(registry_case_register(c, &again), OUTCOME_OK);
    assert_int_equal(id, again);
    assert_int_equal(
        registry_find(c->registry, "relais.Closure", registry_case_closure(), &place, &c->err),
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
        {MOOD_HTML, OUTCOME_RETRY, "son adresse est-elle la bonne ?"},
        {MOOD_HTML_404, OUTCOME_RETRY, "son adresse est-elle la bonne ?"},
        {MOOD_BROKEN, OUTCOME_RETRY, "500"},
        {MOOD_HUGE, OUTCOME_RETRY, "la réponse dépasse"},
        {MOOD_CLOSED, OUTCOME_FATAL, "refuse à cet utilisateur (401)"},
        {MOOD_INCOMPATIBLE, OUTCOME_FATAL, "incompatible avec ce qu'il a : field x"},
        {MOOD_OTHER_SCHEMA, OUTCOME_FATAL, "a là un autre schéma"},
        {MOOD_NOT_AVRO, OUTCOME_FATAL, "a là un autre schéma"},
        {MOOD_LAGS, OUTCOME_RETRY, "ne le montre pas encore"},
        {MOOD_ID_TOO_BIG, OUTCOME_FATAL, "un numéro qui n'est pas entre 1 et 1073741823"},
        {MOOD_WELL, OUTCOME_OK, ""},
    };
    struct registry_case *c = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t id = 0;

        fake_registry_set(c->fake, cases[i].mood);
        c->err.text[0] = '\0';
        if (registry_case_register(c, &id) != cases[i].outcome)
            fail_msg("mood %d: %s", (int)cases[i].mood, c->err.text);
        registry_case_says(c, cases[i].says);
        assert_int_equal(id != 0, cases[i].outcome == OUTCOME_OK);
        registry_case_pass(c, 1000);
    }
}

static void a_reader_waits_whatever_is_wrong_but_the_id(void **state)
{
    static const enum fake_registry_mood moods[] = {MOOD_HTML, MOOD_HTML_404, MOOD_BROKEN,
                                                    MOOD_HUGE, MOOD_CLOSED};
    struct registry_case *c = *state;
    struct bytes text;

    for (size_t i = 0; i < sizeof(moods) / sizeof(moods[0]); i++) {
        fake_registry_set(c->fake, moods[i]);
        assert_int_equal(registry_schema(c->registry, 7, &c->arena, &text, &c->err), OUTCOME_RETRY);
        registry_case_pass(c, 1000);
    }
    fake_registry_set(c->fake, MOOD_WELL);
    assert_int_equal(registry_schema(c->registry, 7, &c->arena, &text, &c->err), OUTCOME_REJECT);
}

static void that_an_id_is_missing_is_believed_for_ten_seconds(void **state)
{
    struct registry_case *c = *state;
    struct bytes text;
    int calls;

    assert_int_equal(registry_schema(c->registry, 1, &c->arena, &text, NULL), OUTCOME_REJECT);
    calls = fake_registry_calls(c->fake);
    assert_int_equal(fake_registry_add(c->fake, "\"string\""), 1);
    registry_case_pass(c, 9999);
    assert_int_equal(registry_schema(c->registry, 1, &c->arena, &text, NULL), OUTCOME_REJECT);
    assert_int_equal(fake_registry_calls(c->fake), calls);
    registry_case_pass(c, 1);
    assert_int_equal(registry_schema(c->registry, 1, &c->arena, &text, NULL), OUTCOME_OK);
    assert_bytes_text(text, "\"string\"");
}

static void an_id_that_was_missing_may_be_the_next_one_given(void **state)
{
    struct registry_case *c = *state;
    struct bytes text;
    uint32_t id = 0;

    assert_int_equal(registry_schema(c->registry, 1, &c->arena, &text, NULL), OUTCOME_REJECT);
    assert_int_equal(registry_case_register(c, &id), OUTCOME_OK);
    assert_int_equal(id, 1);
}

static void one_that_does_not_answer_is_left_alone_for_a_second(void **state)
{
    struct registry_case *c = *state;
    struct bytes text;

    fake_registry_set(c->fake, MOOD_BROKEN);
    for (int i = 0; i < 5; i++)
        assert_int_equal(registry_schema(c->registry, 7, &c->arena, &text, &c->err), OUTCOME_RETRY);
    assert_int_equal(fake_registry_calls(c->fake), 1);
    registry_case_says(c, "500");
    registry_case_pass(c, 1000);
    assert_int_equal(registry_schema(c->registry, 7, &c->arena, &text, &c->err), OUTCOME_RETRY);
    assert_int_equal(fake_registry_calls(c->fake), 2);
}

static void who_asks_without_a_pause_sees_it_come_back(void **state)
{
    struct registry_case *c = *state;
    enum outcome outcome = OUTCOME_RETRY;
    struct bytes text;
    uint32_t id = 0;
    int asked = 0;

    assert_int_equal(fake_registry_add(c->fake, "\"string\""), 1);
    fake_registry_set(c->fake, MOOD_BROKEN);
    assert_int_equal(registry_case_register(c, &id), OUTCOME_RETRY);
    fake_registry_set(c->fake, MOOD_WELL);
    while (outcome == OUTCOME_RETRY && asked++ < 20) {
        outcome = registry_schema(c->registry, 1, &c->arena, &text, &c->err);
        if (outcome == OUTCOME_RETRY)
            assert_int_equal(registry_case_register(c, &id), OUTCOME_RETRY);
        registry_case_pass(c, 100);
    }
    assert_int_equal(outcome, OUTCOME_OK);
    assert_int_equal(asked, 11); /* a second after the call that failed */
}

static void an_id_that_a_lagging_node_does_not_know_yet_is_asked_for_again_at_once(void **state)
{
    struct registry_case *c = *state;
    uint32_t id = 0;

    fake_registry_set(c->fake, MOOD_LAGS);
    assert_int_equal(registry_case_register(c, &id), OUTCOME_RETRY);
    fake_registry_set(c->fake, MOOD_WELL);
    assert_int_equal(registry_case_register(c, &id), OUTCOME_OK);
    assert_int_equal(id, 1);
}

static void an_id_that_we_may_not_read_is_refused_and_holds_up_no_other(void **state)
{
    struct registry_case *c = *state;
    struct bytes text;
    FILE *log = tmpfile();
    int stderr_before = dup(STDERR_FILENO);
    char said[4096] = {0};
    char *line;
    int calls;

    assert_int_equal(fake_registry_add(c->fake, "\"string\""), 1);
    assert_int_equal(fake_registry_add(c->fake, "\"bytes\""), 2);
    assert_true(log && dup2(fileno(log), STDERR_FILENO) >= 0);
    fake_registry_set(c->fake, MOOD_FORBIDS);
    assert_int_equal(registry_schema(c->registry, 2, &c->arena, &text, NULL), OUTCOME_REJECT);
    calls = fake_registry_calls(c->fake);
    assert_int_equal(registry_schema(c->registry, 2, &c->arena, &text, NULL), OUTCOME_REJECT);
    assert_int_equal(fake_registry_calls(c->fake), calls);
    assert_int_equal(registry_schema(c->registry, 3, &c->arena, &text, NULL), OUTCOME_REJECT);
    fake_registry_set(c->fake, MOOD_WELL);
    assert_int_equal(registry_schema(c->registry, 1, &c->arena, &text, NULL), OUTCOME_OK);
    registry_case_pass(c, 10000);
    assert_int_equal(registry_schema(c->registry, 2, &c->arena, &text, NULL), OUTCOME_OK);
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
    struct registry_case *c = *state;
    CLEANUP(registry_freep)
    struct registry *reader =
        registry_case_connect(c, (struct registry_settings){.read_only = true});
    uint32_t id = 0;

    assert_int_equal(
        registry_register(reader, "relais.Closure", registry_case_closure(), &id, &c->err),
        OUTCOME_FATAL);
    registry_case_says(c, "read_only interdit de l'enregistrer");
    assert_int_equal(registry_case_register(c, &id), OUTCOME_OK);
    id = 0;
    assert_int_equal(
        registry_register(reader, "relais.Closure", registry_case_closure(), &id, &c->err),
        OUTCOME_OK);
    assert_int_equal(id, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REGISTRY_TEST(a_schema_is_registered_once_and_found_again),
        REGISTRY_TEST(what_it_is_in_no_state_to_say_is_tried_again_and_what_it_refuses_is_not),
        REGISTRY_TEST(a_reader_waits_whatever_is_wrong_but_the_id),
        REGISTRY_TEST(that_an_id_is_missing_is_believed_for_ten_seconds),
        REGISTRY_TEST(an_id_that_was_missing_may_be_the_next_one_given),
        REGISTRY_TEST(one_that_does_not_answer_is_left_alone_for_a_second),
        REGISTRY_TEST(who_asks_without_a_pause_sees_it_come_back),
        REGISTRY_TEST(an_id_that_a_lagging_node_does_not_know_yet_is_asked_for_again_at_once),
        REGISTRY_TEST(an_id_that_we_may_not_read_is_refused_and_holds_up_no_other),
        REGISTRY_TEST(read_only_registers_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
