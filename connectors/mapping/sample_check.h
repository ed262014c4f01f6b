/* SPDX-License-Identifier: Apache-2.0
 *
 * Every mistake in a sample of `relais map` and `relais test` at once, each where it stands: a key
 * that is none, a value that its field cannot be, an answer of a call that there is not. Of a plain
 * record of theirs, which may hold anything, only a misspelt "deliver" or "receive".
 */
#ifndef RELAIS_CONNECTORS_MAPPING_SAMPLE_CHECK_H
#define RELAIS_CONNECTORS_MAPPING_SAMPLE_CHECK_H

#include <yyjson.h>

#include "base/diagnostics.h"
#include "connectors/mapping/mapping.h"

/* One JSON text of a file, which `diagnostics` can quote. */
struct sample_text {
    const char *file;
    int32_t first_line;
    struct bytes text;
    const char *parsed; /* the copy of it that was parsed in place: texts and keys point into it */
};

/* The place of `width` bytes behind that many. */
struct place sample_place(const struct sample_text *text, size_t offset, size_t width);
/* `root` has its numbers raw. Nothing is added for what is right. */
void sample_check(const struct mapping *mapping, yyjson_val *root, const struct sample_text *text,
                  struct diagnostics *diagnostics);

#endif
