/* SPDX-License-Identifier: Apache-2.0
 *
 * To which node of a registry its client goes, as whom, how long, and what is counted of it. With
 * TLS: tests/interop/test_registry_tls.py.
 */
#include "tests/support/test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/metrics.h"
#include "tests/support/registry_case.h"

static void a_slow_one_is_not_waited_for_longer_than_a_call_may_take(void **state)
{
    struct registry_case *c = *state;
    CLEANUP(registry_freep)
    struct registry *hasty =
        registry_case_connect(c, (struct registry_settings){.timeout_ms = 100});
    struct bytes text;
    uint32_t id = 0;

    fake_registry_set(c->fake, MOOD_SLOW);
    assert_int_equal(
        registry_register(hasty, "relais.Closure", registry_case_closure(), &id, &c->err),
        OUTCOME_RETRY);
    registry_case_pass(c, 1000);
    assert_int_equal(registry_schema(hasty, 7, &c->arena, &text, &c->err), OUTCOME_RETRY);
}

static void the_user_and_the_secret_of_the_file_are_sent(void **state)
{
    struct registry_case *c = *state;
    char path[] = "build/secret-XXXXXX";
    int file = mkstemp(path);
    struct registry_settings settings = {.user = "relais", .secret_file = path};
    uint32_t id = 0;

    assert_true(file >= 0);
    assert_int_equal(write(file, "secret\n", 7), 7);
    assert_int_equal(close(file), 0);
    registry_free(c->registry);
    c->registry = registry_case_connect(c, settings);
    wire_use_registry(c->wire, c->registry);
    fake_registry_set(c->fake, MOOD_CLOSED);
    assert_int_equal(registry_case_register(c, &id), OUTCOME_OK);
    assert_int_equal(unlink(path), 0);
}

static void settings_that_cannot_be_are_refused_without_the_secret(void **state)
{
    static const struct {
        struct registry_settings settings;
        const char *says;
    } cases[] = {
        {{.url = "ftp://127.0.0.1"}, "n'est pas une URL http(s)"},
        {{.url = "https://"}, "n'est pas une URL http(s)"},
        {{.url = ""}, "n'est pas une URL http(s)"},
        {{.url = "/"}, "n'est pas une URL http(s)"},
        {{.url = "http://127.0.0.1,"}, "n'est pas une URL http(s)"},
        {{.url = "http://127.0.0.1,,http://127.0.0.2"}, "n'est pas une URL http(s)"},
        {{.url = "http://127.0.0.1, http://me:hidden@127.0.0.2"}, "contient un utilisateur"},
        {{.url = "http://a,http://b,http://c,http://d,http://e,http://f,http://g,http://h,"
                 "http://i"},
         "plus de 8 adresses"},
        {{.url = "http://me:hidden@127.0.0.1"}, "contient un utilisateur"},
        {{.url = "http://127.0.0.1", .user = "me"}, "l'un manque"},
        {{.url = "http://127.0.0.1", .secret_file = "x"}, "l'un manque"},
        {{.url = "http://127.0.0.1", .user = "me", .secret_file = "build/none"}, "build/none"},
    };
    struct registry_case *c = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct registry *registry = NULL;

        assert_int_equal(registry_new(&cases[i].settings, c->clock, &registry, &c->err),
                         OUTCOME_FATAL);
        registry_case_says(c, cases[i].says);
        assert_null(strstr(c->err.text, "hidden"));
    }
}

/* Two nodes of one registry: the case's, and another that shares nothing with it. */
struct nodes {
    struct fake_registry *other;
    struct registry *registry;
};

static struct nodes connect_nodes(struct registry_case *c, const char *before)
{
    struct nodes nodes = {.other = fake_registry_start()};
    struct registry_settings settings = {.url = arena_printf(&c->arena, "%s%s/ , %s", before,
                                                             fake_registry_url(c->fake),
                                                             fake_registry_url(nodes.other))};

    nodes.registry = registry_case_connect(c, settings);
    return nodes;
}

static void end_nodes(struct nodes *nodes)
{
    registry_free(nodes->registry);
    fake_registry_stop(nodes->other);
}

static void the_next_node_is_asked_where_one_has_no_answer_and_then_first(void **state)
{
    struct registry_case *c = *state;
    /* Nobody listens on the first. */
    struct nodes nodes = connect_nodes(c, "http://127.0.0.1:1,");
    struct bytes text;

    assert_int_equal(fake_registry_add(c->fake, "\"string\""), 1);
    assert_int_equal(fake_registry_add(nodes.other, "\"string\""), 1);
    assert_int_equal(registry_schema(nodes.registry, 1, &c->arena, &text, &c->err), OUTCOME_OK);
    assert_int_equal(fake_registry_calls(nodes.other), 0);
    fake_registry_set(c->fake, MOOD_BROKEN);
    assert_int_equal(registry_schema(nodes.registry, 1, &c->arena, &text, &c->err), OUTCOME_OK);
    assert_int_equal(fake_registry_calls(nodes.other), 1);
    /* The one that answered last stays the first, whatever becomes of the others. */
    fake_registry_set(c->fake, MOOD_WELL);
    assert_int_equal(registry_schema(nodes.registry, 1, &c->arena, &text, &c->err), OUTCOME_OK);
    assert_int_equal(fake_registry_calls(c->fake), 2);
    fake_registry_set(c->fake, MOOD_HTML_404);
    fake_registry_set(nodes.other, MOOD_BROKEN);
    assert_int_equal(registry_schema(nodes.registry, 1, &c->arena, &text, &c->err), OUTCOME_RETRY);
    end_nodes(&nodes);
}

static void what_one_node_refuses_no_other_is_asked(void **state)
{
    struct registry_case *c = *state;
    struct nodes nodes = connect_nodes(c, "");
    uint32_t id = 0;

    fake_registry_set(c->fake, MOOD_INCOMPATIBLE);
    assert_int_equal(
        registry_register(nodes.registry, "relais.Closure", registry_case_closure(), &id, &c->err),
        OUTCOME_FATAL);
    assert_int_equal(fake_registry_calls(nodes.other), 0);
    end_nodes(&nodes);
}

/* Were each given all the time, this would last four seconds, and a stop as long. */
static void nodes_that_hang_share_the_time_of_a_call(void **state)
{
    struct registry_case *c = *state;
    struct registry_settings settings = {.timeout_ms = 2000};
    CLEANUP(registry_freep) struct registry *hasty = NULL;
    int64_t begin_ms = clock_mono_ms(clock_system());
    struct bytes text;

    settings.url =
        arena_printf(&c->arena, "%s,%s", fake_registry_url(c->fake), fake_registry_url(c->fake));
    hasty = registry_case_connect(c, settings);
    fake_registry_set(c->fake, MOOD_SLOW);
    assert_int_equal(registry_schema(hasty, 7, &c->arena, &text, &c->err), OUTCOME_RETRY);
    assert_int_equal(fake_registry_calls(c->fake), 2);
    assert_true(clock_mono_ms(clock_system()) - begin_ms < 3500);
}

static void assert_counted(const struct metrics *metrics, const char *line)
{
    CLEANUP(buffer_deinit) struct buffer page = {0};

    metrics_write(metrics, &page);
    if (!strstr(buffer_text(&page), line))
        fail_msg("no \"%s\" in: %s", line, buffer_text(&page));
}

static void requests_are_counted_by_their_end(void **state)
{
    struct registry_case *c = *state;
    CLEANUP(metrics_freep) struct metrics *metrics = metrics_new();
    struct nodes nodes = connect_nodes(c, "");
    struct bytes text;

    registry_count(nodes.registry, metrics);
    assert_counted(metrics, "relais_registry_requests_total{outcome=\"ok\"} 0\n");
    assert_int_equal(fake_registry_add(nodes.other, "\"string\""), 1);
    fake_registry_set(c->fake, MOOD_BROKEN);
    assert_int_equal(registry_schema(nodes.registry, 1, &c->arena, &text, &c->err), OUTCOME_OK);
    assert_int_equal(registry_schema(nodes.registry, 2, &c->arena, &text, &c->err), OUTCOME_REJECT);
    assert_int_equal(registry_schema(nodes.registry, 2, &c->arena, &text, &c->err), OUTCOME_REJECT);
    assert_counted(metrics, "relais_registry_requests_total{outcome=\"ok\"} 1\n");
    assert_counted(metrics, "relais_registry_requests_total{outcome=\"refused\"} 1\n");
    assert_counted(metrics, "relais_registry_requests_total{outcome=\"unavailable\"} 1\n");
    end_nodes(&nodes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REGISTRY_TEST(a_slow_one_is_not_waited_for_longer_than_a_call_may_take),
        REGISTRY_TEST(the_user_and_the_secret_of_the_file_are_sent),
        REGISTRY_TEST(settings_that_cannot_be_are_refused_without_the_secret),
        REGISTRY_TEST(the_next_node_is_asked_where_one_has_no_answer_and_then_first),
        REGISTRY_TEST(what_one_node_refuses_no_other_is_asked),
        REGISTRY_TEST(nodes_that_hang_share_the_time_of_a_call),
        REGISTRY_TEST(requests_are_counted_by_their_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
