/* SPDX-License-Identifier: Apache-2.0
 *
 * What samples have exercised of a mapping, for `relais test`: the paths that it reads, its
 * rules, deliveries, calls, answers and the codes of its tables, in both directions; and what
 * the samples' own fields became. The evaluation notes what it uses; a run without a coverage
 * pays one comparison with NULL for it.
 *
 * One thread. No value of a record is kept, but the names of its fields.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_COVERAGE_H
#define RELAIS_CONNECTORS_MAPPING_COVERAGE_H

#include <yyjson.h>

#include "connectors/mapping/mapping.h"
#include "connectors/mapping/sightings.h"

struct call_rule;
struct coverage;

/* The mapping outlives it. */
struct coverage *coverage_new(const struct mapping *mapping);
void coverage_free(struct coverage *coverage);
DEFINE_CLEANUP(struct coverage, coverage_free)

/* ---- While samples are tried ------------------------------------------------------------ */

/* A part of the plan was used: a rule, a delivery, a call, an answer, a cell of a code table.
 * What is none of them is not counted. */
void coverage_mark(struct coverage *coverage, const void *part);
static inline void coverage_note(struct coverage *coverage, const void *part)
{
    if (coverage)
        coverage_mark(coverage, part);
}
/* One more record was read: where its fields stand in the mapping is noted. */
void coverage_take_record(struct coverage *coverage, yyjson_val *record);

/* One more answer to the call, which went on with it. */
void coverage_take_answer(struct coverage *coverage, const struct call_rule *call,
                          yyjson_val *answer);

/* One more item, delivery or row was rejected. `coverage` or NULL. */
void coverage_note_rejection(struct coverage *coverage);

/* ---- Afterwards ------------------------------------------------------------------------- */

enum coverage_kind {
    COVERAGE_PATHS,
    COVERAGE_RULES,
    COVERAGE_DELIVERIES,
    COVERAGE_CALLS,
    COVERAGE_ANSWERS,
    COVERAGE_CODES,
    COVERAGE_KIND_COUNT,
};
struct coverage_count {
    size_t seen;
    size_t total;
};
struct coverage_count coverage_count(const struct coverage *coverage, enum coverage_kind kind);
/* Of all parts together, rounded down; 100 when there is nothing to exercise. */
int coverage_percent(const struct coverage *coverage);

/* The counts, the samples' fields, and each part that nothing exercised with its line; French,
 * the same for the same samples in any order. */
void coverage_write(const struct coverage *coverage, struct buffer *out);

/* For one sample alone: fields that it has and nobody names, while the mapping reads a path of
 * nearly that name which it has not. One diagnostic each. */
void coverage_find_misspelt(const struct coverage *coverage, struct diagnostics *diagnostics);

/* For advice.h: what stood in the records and, NULL when there was none, in the answers to a call;
 * whether a part was used; whether the file drops that path, or what is around it. */
const struct mapping *coverage_mapping(const struct coverage *coverage);
const struct sightings *coverage_records(const struct coverage *coverage);
const struct sightings *coverage_answers(const struct coverage *coverage,
                                         const struct call_rule *call);
bool coverage_saw(const struct coverage *coverage, const void *part);
bool coverage_drops(const struct coverage *coverage, const char *path);

size_t coverage_rejected(const struct coverage *coverage);

#endif
