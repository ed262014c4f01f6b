/* SPDX-License-Identifier: Apache-2.0
 *
 * The registry's client against a registry that we did not write (Apicurio, by
 * tests/support/registry.sh): what tests/unit/test_registry.c takes for its answers is what it
 * answers.
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/http_client.h"
#include "schemas/registry.h"
#include "schemas/wire.h"
#include "tests/support/generate.h"

static const struct record_table *const all[] = {
    &referral_table,  &appointment_table, &closure_table,
    &rejection_table, &notice_table,      &handoff_table,
    &contact_table,   &directory_table,   NULL,
};

struct bench {
    char url[128];
    struct registry *registry;
    struct wire *wire;
    struct arena arena;
    struct buffer value;
    struct error err;
};

static int run(const char *what)
{
    const char *folder = getenv("RELAIS_REGISTRY_FOLDER");
    char command[512];

    assert_non_null(folder);
    (void)snprintf(command, sizeof(command), "tests/support/registry.sh %s '%s'", what, folder);
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): a command of our own */
    return 0;
}

static int start(void **state)
{
    (void)state;
    return run("start");
}

static int stop(void **state)
{
    (void)state;
    return run("stop");
}

static struct registry *client_of(struct bench *bench)
{
    struct registry_settings settings = {.url = bench->url, .timeout_ms = 10000};
    struct registry *registry = NULL;

    if (registry_new(&settings, clock_system(), &registry, &bench->err) != OUTCOME_OK)
        fail_msg("%s", bench->err.text);
    return registry;
}

static struct wire *wire_with(struct registry *registry)
{
    struct wire *wire = wire_new();

    wire_use_registry(wire, registry);
    return wire;
}

static void read_address(struct bench *bench)
{
    char path[256];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/address", getenv("RELAIS_REGISTRY_FOLDER"));
    file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(bench->url, sizeof(bench->url), file));
    assert_int_equal(fclose(file), 0);
    bench->url[strcspn(bench->url, "\n")] = '\0';
}

static int setup(void **state)
{
    struct bench *bench = xcalloc(1, sizeof(*bench));

    read_address(bench);
    bench->registry = client_of(bench);
    bench->wire = wire_with(bench->registry);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;

    wire_free(bench->wire);
    registry_free(bench->registry);
    arena_deinit(&bench->arena);
    buffer_deinit(&bench->value);
    free(bench);
    return 0;
}

static void register_all(struct bench *bench, struct wire *wire)
{
    if (wire_register(wire, all, &bench->err) != OUTCOME_OK)
        fail_msg("%s", bench->err.text);
}

/* A record of each event through the wire of one process to that of another. */
static void exchange(struct bench *bench, const struct wire *from, const struct wire *to)
{
    struct generator generator;

    generate_init(&generator, 7);
    for (enum event_type type = EVENT_REFERRAL; type <= EVENT_NOTICE; type++) {
        struct event sent;
        struct event got;

        generate_event(&generator, type, &bench->arena, &sent);
        buffer_clear(&bench->value);
        wire_encode_event(from, &sent, &bench->value);
        assert_int_equal(bench->value.data[1] & 0x40, 0); /* an id of the registry's */
        if (wire_decode_event(to, buffer_view(&bench->value), &bench->arena, &got, &bench->err) !=
            OUTCOME_OK)
            fail_msg("%s", bench->err.text);
        assert_true(record_equal(event_table(type), &sent.envelope, &got.envelope));
    }
}

static void all_schemas_are_registered_and_found_and_read_by_another_process(void **state)
{
    struct bench *bench = *state;
    CLEANUP(registry_freep) struct registry *second = client_of(bench);
    CLEANUP(wire_freep) struct wire *reader = wire_with(second);

    register_all(bench, bench->wire);
    register_all(bench, bench->wire); /* a process that starts again */
    for (size_t i = 0; i < wire_schema_count(bench->wire); i++) {
        struct wire_schema schema = wire_schema_at(bench->wire, i);
        struct registry_place place = {0};

        assert_int_equal(registry_find(second, schema.subject, schema.text, &place, &bench->err),
                         OUTCOME_OK);
        assert_int_equal(place.id, schema.id);
        assert_int_equal(place.version, 1);
    }
    exchange(bench, bench->wire, reader);
}

static void an_id_that_it_does_not_have_is_rejected(void **state)
{
    struct bench *bench = *state;
    struct bytes text;

    assert_int_equal(registry_schema(bench->registry, 999999, &bench->arena, &text, &bench->err),
                     OUTCOME_REJECT);
    assert_non_null(strstr(bench->err.text, "n'a pas de schéma 999999"));
}

static void call_raw(struct bench *bench, const char *method, const char *path, const char *body)
{
    CLEANUP(http_client_freep)
    struct http_client *client = http_client_new(&(struct http_client_options){0});
    const struct http_header header = {"Content-Type", "application/vnd.schemaregistry.v1+json"};
    struct http_request request = {.method = method,
                                   .url = arena_printf(&bench->arena, "%s%s", bench->url, path),
                                   .headers = &header,
                                   .header_count = 1,
                                   .body = bytes_of_text(body)};
    struct http_response response;
    bool maybe_done;

    assert_int_equal(
        http_client_call(client, &request, &bench->arena, &response, &maybe_done, &bench->err),
        OUTCOME_OK);
    if (response.status / 100 != 2)
        fail_msg("%s %s: %d", method, path, response.status);
}

static void what_is_incompatible_is_refused_with_the_registrys_reason(void **state)
{
    static const char narrower[] =
        "{\"type\":\"record\",\"name\":\"Closure\",\"namespace\":\"relais\",\"fields\":["
        "{\"name\":\"event_id\",\"type\":\"int\"}]}";
    struct bench *bench = *state;
    uint32_t id = 0;

    register_all(bench, bench->wire);
    call_raw(bench, "PUT", "/config/relais.Closure", "{\"compatibility\":\"FULL_TRANSITIVE\"}");
    assert_int_equal(registry_register(bench->registry, "relais.Closure", bytes_of_text(narrower),
                                       &id, &bench->err),
                     OUTCOME_FATAL);
    assert_non_null(strstr(bench->err.text, "incompatible avec ce qu'il a"));
    register_all(bench, bench->wire);
}

/* One test, for it ends with another registry than it began with. */
static void down_and_empty_again_it_stops_nobody_who_knows_his_ids(void **state)
{
    struct bench *bench = *state;
    CLEANUP(registry_freep) struct registry *second = client_of(bench);
    CLEANUP(registry_freep) struct registry *third = NULL;
    CLEANUP(wire_freep) struct wire *late = wire_with(second);
    CLEANUP(wire_freep) struct wire *next = NULL;
    struct event got;
    struct bytes text;

    register_all(bench, bench->wire);
    run("halt");
    exchange(bench, bench->wire, bench->wire);
    assert_int_equal(
        wire_decode_event(late, buffer_view(&bench->value), &bench->arena, &got, &bench->err),
        OUTCOME_RETRY);
    assert_int_equal(wire_register(late, all, &bench->err), OUTCOME_RETRY);
    run("again");
    third = client_of(bench);
    next = wire_with(third);
    assert_int_equal(registry_schema(third, wire_schema_at(bench->wire, 0).id, &bench->arena, &text,
                                     &bench->err),
                     OUTCOME_REJECT);
    register_all(bench, next); /* who starts then fills it again */
    exchange(bench, next, next);
    exchange(bench, bench->wire, bench->wire);
}

#define BENCH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH(all_schemas_are_registered_and_found_and_read_by_another_process),
        BENCH(an_id_that_it_does_not_have_is_rejected),
        BENCH(what_is_incompatible_is_refused_with_the_registrys_reason),
        BENCH(down_and_empty_again_it_stops_nobody_who_knows_his_ids),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
