/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "tests/support/registry_case.h"

#include <stdlib.h>

#include "schemas/schema_texts.h"

struct registry *registry_case_connect(struct registry_case *c, struct registry_settings settings)
{
    struct registry *registry = NULL;

    settings.url = settings.url ? settings.url : fake_registry_url(c->fake);
    settings.timeout_ms = settings.timeout_ms ? settings.timeout_ms : 60000;
    assert_int_equal(registry_new(&settings, c->clock, &registry, &c->err), OUTCOME_OK);
    return registry;
}

int registry_case_setup(void **state)
{
    struct registry_case *c = xcalloc(1, sizeof(*c));

    c->fake = fake_registry_start();
    c->clock = clock_manual_new(0);
    c->registry = registry_case_connect(c, (struct registry_settings){0});
    c->wire = wire_new();
    wire_use_registry(c->wire, c->registry);
    *state = c;
    return 0;
}

int registry_case_teardown(void **state)
{
    struct registry_case *c = *state;

    wire_free(c->wire);
    registry_free(c->registry);
    fake_registry_stop(c->fake);
    clock_free(c->clock);
    arena_deinit(&c->arena);
    buffer_deinit(&c->value);
    free(c);
    return 0;
}

void registry_case_says(const struct registry_case *c, const char *text)
{
    if (!strstr(c->err.text, text))
        fail_msg("no \"%s\" in: %s", text, c->err.text);
}

void registry_case_pass(struct registry_case *c, int64_t ms)
{
    clock_manual_advance(c->clock, ms * 1000);
}

struct bytes registry_case_closure(void)
{
    for (size_t i = 0; i < schema_text_count; i++)
        if (schema_texts[i].table == &closure_table)
            return schema_texts[i].text;
    return BYTES_NONE;
}

enum outcome registry_case_register(struct registry_case *c, uint32_t *ret_id)
{
    return registry_register(c->registry, "relais.Closure", registry_case_closure(), ret_id,
                             &c->err);
}
