/* SPDX-License-Identifier: Apache-2.0
 *
 * Simple patterns over a text: `*` any text, `?` one character, `#` one digit, `#+` as many
 * digits as there are, `\` in front of a sign that stands for itself, and `{…}` around what is
 * picked. The whole text must fit. No alternatives and no nesting: what stands between two `*`
 * is looked for from left to right and never looked for again, so that a match takes time
 * proportional to text × pattern.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_PATTERN_H
#define RELAIS_CONNECTORS_MAPPING_PATTERN_H

#include "base/arena.h"

struct pattern;

/* In `arena`. NULL when it is no pattern; then *ret_wrong says why (static). */
const struct pattern *pattern_new(struct bytes text, struct arena *arena, const char **ret_wrong);
/* True when the text fits; *ret_picked is what stands in the braces, without them the whole
 * text. */
bool pattern_match(const struct pattern *pattern, struct bytes text, struct bytes *ret_picked);

#endif
