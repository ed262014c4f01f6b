/* SPDX-License-Identifier: Apache-2.0
 *
 * What a directory says of an operator whose keys were just made. Texts and keys are borrowed.
 */
#ifndef RELAIS_TESTS_SUPPORT_DIRECTORY_ENTRIES_H
#define RELAIS_TESTS_SUPPORT_DIRECTORY_ENTRIES_H

#include "schemas/events.h"
#include "schemas/keys.h"

/* A regional operator, for ever. */
struct directory_entry directory_entries_operator(const char *code, const char *region);
/* Its public keys, for ever. */
struct directory_entry directory_entries_key(const struct operator_keys *keys);

#endif
