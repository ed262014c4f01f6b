/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "connectors/configuration.h"

#define MAPPING                                                                                    \
    "records:\n"                                                                                   \
    "  - name: all\n"                                                                              \
    "    emit: referral\n"                                                                         \
    "    entity: $.id\n"                                                                           \
    "    version: $.at | datetime(\"%Y-%m-%d\", \"Europe/Paris\")\n"                               \
    "    handoff: own\n"                                                                           \
    "    fields: { status: ISSUED, to_operator: o22 }\n"                                           \
    "    contact: { phone: $.phone }\n"

struct fixture {
    char path[64];
    struct diagnostics *diagnostics;
    struct configuration *configuration;
    struct buffer mistakes;
    enum outcome outcome;
};

/* Reads a file with that text; the mistakes stand in the fixture. */
static void read_text(struct fixture *f, const char *text, const char *const *sets, bool offline)
{
    struct error err = {0};
    int file;

    *f = (struct fixture){.diagnostics = diagnostics_new()};
    (void)snprintf(f->path, sizeof(f->path), "%s", "build/connector-XXXXXX");
    file = mkstemp(f->path);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    assert_int_equal(close(file), 0);
    f->outcome =
        configuration_read(f->path, sets, offline, f->diagnostics, &f->configuration, &err);
    diagnostics_write(f->diagnostics, &f->mistakes);
    (void)unlink(f->path);
}

static void end(struct fixture *f)
{
    configuration_free(f->configuration);
    diagnostics_free(f->diagnostics);
    buffer_deinit(&f->mistakes);
}

static void assert_says(struct fixture *f, const char *text)
{
    if (!strstr(buffer_text(&f->mistakes), text))
        fail_msg("no \"%s\" in:\n%s", text, buffer_text(&f->mistakes));
}

static const char whole[] =
    "operator: o21\n"
    "system: crm\n"
    "keys_file: ${KEYS}/o21.yaml\n"
    "listen: 127.0.0.1:8021\n"
    "source:\n"
    "  - { type: webhook, path: /a }\n"
    "  - { type: rest, base_url: \"${URL}\", path: /list, since_parameter: since,\n"
    "      items: $.items, changed: $.at }\n"
    "sink: { type: rest, base_url: \"${URL}/api\" }\n"
    "registry: { url: \"${URL}:8081\", read_only: true }\n"
    "limits: { match_wait_s: 5 }\n" MAPPING "deliver:\n"
    "  - { name: all, on: [referral, appointment, closure, notice, refused], skip: a test }\n";

static void a_whole_file_is_read_with_its_values(void **state)
{
    static const char *const sets[] = {"URL=http://crm", "KEYS=/run", "UNUSED=1", NULL};
    struct fixture f;

    (void)state;
    read_text(&f, whole, sets, false);
    if (f.outcome != OUTCOME_OK)
        fail_msg("%s", buffer_text(&f.mistakes));
    assert_string_equal(f.configuration->operator_code, "o21");
    assert_string_equal(f.configuration->keys_file, "/run/o21.yaml");
    assert_string_equal(f.configuration->address, "127.0.0.1");
    assert_int_equal(f.configuration->port, 8021);
    assert_int_equal(f.configuration->source_count, 2);
    assert_string_equal(f.configuration->sources[1].name, "rest-2");
    assert_int_equal(f.configuration->limits.match_wait_s, 5);
    assert_int_equal(f.configuration->limits.give_up_hours, 72);
    assert_string_equal(f.configuration->registry.url, "http://crm:8081");
    assert_true(f.configuration->registry.read_only);
    assert_int_equal(f.configuration->registry.timeout_ms, 3000);
    assert_non_null(f.configuration->sink_ops);
    assert_non_null(f.configuration->mapping);
    end(&f);
}

static void a_value_that_nobody_set_is_a_mistake_but_not_offline(void **state)
{
    static const char *const sets[] = {"URL=http://crm", NULL};
    struct fixture f;

    (void)state;
    read_text(&f, whole, sets, false);
    assert_int_equal(f.outcome, OUTCOME_REJECT);
    assert_says(&f, ":3:12: personne n'a donné KEYS");
    assert_int_equal(diagnostics_count(f.diagnostics), 1);
    assert_says(&f, "--set NOM=VALEUR");
    end(&f);
    read_text(&f, whole, NULL, true);
    assert_int_equal(f.outcome, OUTCOME_OK);
    end(&f);
}

static void every_mistake_is_reported_at_once(void **state)
{
    struct fixture f;

    (void)state;
    read_text(&f,
              "operator: O 21\n"
              "system: \"my crm\"\n"
              "keys_file: keys\n"
              "listen: nowhere\n"
              "sources: {}\n"
              "source: { type: webhok, path: /a }\n"
              "sink: { type: rest }\n"
              "registry: { user: me }\n"
              "limits: { match_wait_s: -1 }\n" MAPPING,
              NULL, false);
    assert_int_equal(f.outcome, OUTCOME_REJECT);
    assert_says(&f, "url");
    assert_says(&f, ":1:11: ce n'est pas le code d'un opérateur");
    assert_says(&f, ":2:9: ce n'est pas le nom d'un système");
    assert_says(&f, "ADRESSE:PORT");
    assert_says(&f, "sources");
    assert_says(&f, "match_wait_s");
    end(&f);
    read_text(&f,
              "operator: o21\nsystem: crm\nkeys_file: keys\n"
              "source: { type: webhok, path: /a }\n"
              "sink: { type: rest, secret: abc }\n" MAPPING,
              NULL, false);
    assert_says(&f, "webhok");
    assert_says(&f, "l'un de folder, rest, webhook");
    assert_says(&f, "base_url");
    assert_says(&f, "secret");
    end(&f);
}

static void a_source_that_needs_more_says_what(void **state)
{
    struct fixture f;

    (void)state;
    read_text(&f,
              "operator: o21\nsystem: crm\nkeys_file: keys\n"
              "source: { type: webhook, path: a, verify: { hmac_sha256_hex: X } }\n"
              "sink: { type: rest, base_url: \"http://crm\", auth: { type: oauth2 } }\n" MAPPING,
              NULL, false);
    assert_int_equal(f.outcome, OUTCOME_REJECT);
    assert_says(&f, "token_url");
    end(&f);
}

/* Its statements can be checked and tried before its driver is there; it cannot be run. */
static void a_sink_of_type_sql_is_refused_only_where_it_would_run(void **state)
{
    static const char text[] =
        "operator: o21\nsystem: crm\nkeys_file: o21.yaml\nsink: { type: sql }\n"
        "deliver:\n  - on: [referral, appointment, closure, notice, refused]\n"
        "    statement: \"INSERT INTO t VALUES (:ref)\"\n    parameters: { ref: handoff_id }\n";
    struct fixture f;

    (void)state;
    read_text(&f, text, NULL, true);
    assert_string_equal(buffer_text(&f.mistakes), "");
    assert_int_equal(f.outcome, OUTCOME_OK);
    end(&f);
    read_text(&f, text, NULL, false);
    assert_int_equal(f.outcome, OUTCOME_REJECT);
    assert_says(&f, ":4:7: le pilote des bases SQL n'est pas dans cette version de relais\n");
    end(&f);
}

static void rows_go_into_a_folder_and_requests_to_an_api(void **state)
{
    static const char rest[] = "{ type: rest, base_url: \"http://crm\" }\n";
    static const char folder[] = "{ type: folder, path: out }\n";
    static const char row[] = "write: suivi, columns: { Id: handoff_id } }\n";
    static const char request[] = "request: POST /x }\n";
    static const struct {
        const char *sink;
        const char *what;
        const char *mistake; /* NULL: none */
    } cases[] = {
        {rest, request, NULL},
        {folder, row, NULL},
        {rest, row, "un `sink` de type rest ne prend pas de lignes"},
        {folder, request, "un `sink` de type folder ne prend pas d'appels"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buffer text = {0};
        struct fixture f;

        buffer_printf(&text,
                      "operator: o21\nsystem: crm\nkeys_file: keys\n"
                      "source: { type: folder, path: in, extract: full, key: id }\nsink: %s"
                      "deliver:\n  - { on: referral.ISSUED, %s"
                      "  - { on: [referral, appointment, closure, refused, notice], skip: no }\n",
                      cases[i].sink, cases[i].what);
        read_text(&f, buffer_text(&text), NULL, false);
        if (cases[i].mistake)
            assert_says(&f, cases[i].mistake);
        else
            assert_says(&f, "");
        assert_int_equal(f.outcome, cases[i].mistake ? OUTCOME_REJECT : OUTCOME_OK);
        end(&f);
        buffer_deinit(&text);
    }
}

static void the_reference_names_every_key(void **state)
{
    struct buffer out = {0};

    (void)state;
    configuration_document(&out);
    assert_non_null(strstr(buffer_text(&out), "keys_file"));
    assert_non_null(strstr(buffer_text(&out), "since_parameter"));
    assert_non_null(strstr(buffer_text(&out), "give_up_hours"));
    buffer_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_file_is_read_with_its_values),
        cmocka_unit_test(a_value_that_nobody_set_is_a_mistake_but_not_offline),
        cmocka_unit_test(every_mistake_is_reported_at_once),
        cmocka_unit_test(a_source_that_needs_more_says_what),
        cmocka_unit_test(a_sink_of_type_sql_is_refused_only_where_it_would_run),
        cmocka_unit_test(rows_go_into_a_folder_and_requests_to_an_api),
        cmocka_unit_test(the_reference_names_every_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
