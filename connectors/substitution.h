/* SPDX-License-Identifier: Apache-2.0
 *
 * ${NAME} in the values of a connector file's runtime keys, from `--set NAME=VALUE`.
 */
#ifndef RELAIS_CONNECTORS_SUBSTITUTION_H
#define RELAIS_CONNECTORS_SUBSTITUTION_H

#include "base/arena.h"
#include "base/diagnostics.h"
#include "base/yaml.h"

struct substitution {
    const char *const *sets; /* "NAME=VALUE", NULL-terminated; NULL: none */
    bool offline;            /* what nobody set is no mistake; it stays as it is in any case */
    struct arena *arena;
    struct diagnostics *diagnostics;
};

/* Replaces in all values below the node, in place; NULL is fine. */
void substitution_apply(struct substitution *s, struct yaml_node *node);

/* Of what was set and stands in no value below the node: a mistake each. Before they are replaced.
 */
void substitution_find_unused(const struct substitution *s, const struct yaml_node *node);

#endif
