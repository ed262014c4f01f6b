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
};

/* Starts the far end (`handler` NULL: none). */
void driver_case_init(struct driver_case *c, http_handler *handler, void *context);
/* Makes the driver, instead of the one before; in `yaml` <url> stands for the far end's
 * address and <folder> for the case's folder. */
void driver_case_make(struct driver_case *c, const struct connector_ops *ops, const char *yaml);
void driver_case_open(struct driver_case *c);
/* Writes a secret into the folder: mode 0600. */
void driver_case_secret(struct driver_case *c, const char *name, const char *secret);
/* Makes a folder in it. */
void driver_case_folder(struct driver_case *c, const char *name);
void driver_case_deinit(struct driver_case *c);

#endif
