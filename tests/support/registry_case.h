/* SPDX-License-Identifier: Apache-2.0
 *
 * A registry's client and a wire that uses it, against a registry that does what the test says.
 */
#ifndef RELAIS_TESTS_SUPPORT_REGISTRY_CASE_H
#define RELAIS_TESTS_SUPPORT_REGISTRY_CASE_H

#include "base/arena.h"
#include "schemas/registry.h"
#include "schemas/wire.h"
#include "tests/support/fake_registry.h"

struct registry_case {
    struct fake_registry *fake;
    struct clock *clock; /* manual */
    struct registry *registry;
    struct wire *wire;
    struct arena arena;
    struct buffer value;
    struct error err;
};

/* A test whose state is a case, undone however it ends. */
#define REGISTRY_TEST(test)                                                                        \
    cmocka_unit_test_setup_teardown(test, registry_case_setup, registry_case_teardown)
int registry_case_setup(void **state);
int registry_case_teardown(void **state);

/* Another client; its url, unless it is said, is the fake's, its time a minute. */
struct registry *registry_case_connect(struct registry_case *c, struct registry_settings settings);
/* Fails unless the case's error has that text. */
void registry_case_says(const struct registry_case *c, const char *text);
void registry_case_pass(struct registry_case *c, int64_t ms);
/* Our schema of Closure, and its registration. */
struct bytes registry_case_closure(void);
enum outcome registry_case_register(struct registry_case *c, uint32_t *ret_id);

#endif
