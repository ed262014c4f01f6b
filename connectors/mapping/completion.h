/* SPDX-License-Identifier: Apache-2.0
 *
 * A thin notice ("dossier 4711 changed") on its way to a whole record: the calls that the
 * `detail` of its source names, each answer put beside what the notice says, under its own
 * name. So a rule reads `$.type` of the notice and `$.detail.statut` of the detail, the version
 * may be either's, and a detail that is gone leaves a record that still says which one.
 *
 *     {"id": 4711}  ──►  GET /dossiers/4711  ──►  {"id": 4711, "detail": {"statut": "ouvert", …}}
 *                                     404, 410    {"id": 4711, "detail": null}
 *
 * Gone is a fact of theirs, whose meaning only a rule can know (erased is not cancelled): without
 * a rule for it the record is a dead letter, since what is required of it is missing. A page
 * in HTML is no answer of an API, whatever its status: a wrong address or a proxy cancels nobody.
 *
 * One record and one thread; all in the arena it was begun with. Deterministic: the same notice
 * with the same answers is the same record.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_COMPLETION_H
#define RELAIS_CONNECTORS_MAPPING_COMPLETION_H

#include "base/config.h"
#include "connectors/mapping/mapping.h"

/* The keys of one call of `detail`. */
extern const struct config_field completion_fields[];
/* Of one source. */
#define COMPLETION_CALLS_MOST 4

struct completion;

/* True when the records of source number `source`, in the file's order from 0, are completed. */
bool completion_is_needed(const struct mapping *mapping, size_t source);
/* REJECT: no JSON object, or it has a field of the detail's name already. */
MUST_USE enum outcome completion_begin(const struct mapping *mapping, size_t source,
                                       const struct mapping_input *input, struct arena *arena,
                                       struct completion **ret_completion, struct error *err);

struct completion_call {
    const char *name; /* under which its answer will stand: "detail" */
    const char *path; /* behind the base URL; the method is GET        */
};
enum completion_step {
    COMPLETION_CALL,  /* make *ret_call, then completion_answer() */
    COMPLETION_WHOLE, /* completion_record()                      */
    COMPLETION_NEVER, /* dead letter with completion_reason()     */
};
enum completion_step completion_next(struct completion *completion,
                                     struct completion_call *ret_call);

enum completion_answer {
    COMPLETION_TAKEN,
    COMPLETION_GONE,
    COMPLETION_LATER,      /* the same call again, later                              */
    COMPLETION_UNREADABLE, /* the same; what came is no JSON object or list (counted) */
    COMPLETION_REFUSED,    /* never: completion_reason()                              */
};
enum completion_answer completion_answer(struct completion *completion,
                                         const struct http_response *response);

/* After WHOLE: one JSON object. */
struct bytes completion_record(const struct completion *completion);
/* After NEVER and REFUSED: a code of schemas/codes.h and a text without values. */
void completion_reason(const struct completion *completion, const char **ret_code,
                       const char **ret_detail);

#endif
