/* SPDX-License-Identifier: Apache-2.0
 *
 * A thin notice in a sample, with what their system answers to the calls that complete it:
 *
 *     {"receive": {"id": 4711}, "answers": {"detail": {"status": 200, "body": {…}}}}
 *
 * A sample without `receive` is a record that is whole already: nothing is asked for.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_EXPLAIN_COMPLETION_H
#define RELAIS_CONNECTORS_MAPPING_EXPLAIN_COMPLETION_H

#include <yyjson.h>

#include "connectors/mapping/mapping.h"

/* What stands around it. */
struct explain_completion {
    const struct mapping *mapping;
    yyjson_val *root; /* of the sample */
    struct coverage *coverage;
    struct arena *arena;
    struct buffer *out;
};

/* Shows the calls; `input` is the whole record when *ret_whole, else it ends here. With several
 * sources, `"source": 2` says which one the sample is of; else the first that has details. REJECT:
 * the sample lacks an answer. */
MUST_USE enum outcome explain_completion(const struct explain_completion *explaining,
                                         struct mapping_input *input, bool *ret_whole,
                                         struct error *err);

#endif
