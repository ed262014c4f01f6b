/* SPDX-License-Identifier: Apache-2.0
 *
 * Names to choose from: whether one is among them, or which is near (diagnostics_nearest()).
 * A list of names ends with NULL, as those of the field tables do.
 */
#ifndef RELAIS_BASE_NAMES_H
#define RELAIS_BASE_NAMES_H

#include "base/bytes.h"

/* A list that grows; the names are borrowed. Zeroed memory is a valid, empty one. */
struct names {
    const char **all; /* names_list() */
    size_t count;
    size_t capacity;
};

/* Nothing when it is there already. */
void names_add(struct names *names, const char *name);
/* Never NULL; valid until the next names_add(). */
const char *const *names_list(const struct names *names);
void names_deinit(struct names *names);

bool names_have(const char *const *list, struct bytes name);

#endif
