/* SPDX-License-Identifier: Apache-2.0
 *
 * A driver made from a piece of YAML, with what it may use around it, and a far end over
 * HTTP that a test scripts.
 */
#ifndef RELAIS_TESTS_SUPPORT_DRIVER_CASE_H
#define RELAIS_TESTS_SUPPORT_DRIVER_CASE_H

#include "connectors/connector.h"
#include "tests/support/fake_log.h"

struct driver_case {
    struct arena arena;
    struct diagnostics *diagnostics;
    struct clock *clock; /* manual */
    struct metrics *metrics;
    struct operator_keys keys;
    struct fake_log log;
    struct state *state;
    struct connector_context context;
    struct connector *driver;
    struct http_server *far; /* the far end, or NULL */
    char folder[64];         /* of its own, for secrets and files; removed at the end */
    const char *box;         /* the folder in it that was made last                   */
};

/* A test whose state is a case without a far end, undone however it ends. */
#define DRIVER_TEST(test)                                                                          \
    cmocka_unit_test_setup_teardown(test, driver_case_setup, driver_case_teardown)
int driver_case_setup(void **state);
int driver_case_teardown(void **state);

/* Starts the far end (`handler` NULL: none). */
void driver_case_init(struct driver_case *c, http_handler *handler, void *context);
/* Makes the driver, instead of the one before; in `yaml` <url> stands for the far end's
 * address and <folder> for the case's folder. */
void driver_case_make(struct driver_case *c, const struct connector_ops *ops, const char *yaml);
void driver_case_open(struct driver_case *c);
/* Both. Again: a process of its own over the same folder and state. */
void driver_case_start(struct driver_case *c, const struct connector_ops *ops, const char *yaml);
/* Writes a secret into the folder: mode 0600. */
void driver_case_secret(struct driver_case *c, const char *name, const char *secret);
/* Makes a folder in it, and files in the one that was made last. */
void driver_case_folder(struct driver_case *c, const char *name);
const char *driver_case_path(struct driver_case *c, const char *name);
void driver_case_put(struct driver_case *c, const char *name, const char *text);
bool driver_case_has(struct driver_case *c, const char *name);
void driver_case_wait(struct driver_case *c, int64_t ms);
void driver_case_deinit(struct driver_case *c);

#endif
