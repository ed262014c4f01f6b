/* SPDX-License-Identifier: Apache-2.0
 *
 * The addresses of a source or sink, as a person writes them: what would only fail at the first
 * call, or call another path than was meant.
 */
#ifndef RELAIS_CONNECTORS_ADDRESS_H
#define RELAIS_CONNECTORS_ADDRESS_H

#include "base/diagnostics.h"
#include "base/yaml.h"

/* `base_url` and `auth: token_url` of a source's or sink's node; one with ${NAME} left in it is
 * passed over. */
void address_check(const struct yaml_node *end, struct diagnostics *diagnostics);

#endif
