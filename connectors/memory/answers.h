/* SPDX-License-Identifier: Apache-2.0
 *
 * What this process knows of calls that may not be repeated while Kafka does not take it. The
 * state topic says "begun" of such a call; that it was answered, or was never made, is known
 * only here until it could be written. A crash before that leaves "begun", which is the truth
 * for whoever comes next: outcome_unknown. The same of an echo that is expected and will not come:
 * until that is written, what a person enters there would be taken for it.
 */
#ifndef RELAIS_CONNECTORS_MEMORY_ANSWERS_H
#define RELAIS_CONNECTORS_MEMORY_ANSWERS_H

#include "connectors/memory/steps.h"

struct answers;
struct answers *answers_new(struct state *state);
void answers_free(struct answers *answers);

/* The call of this step was answered so; a copy is kept. Nothing is written yet. */
void answers_keep(struct answers *answers, struct bytes step, const struct http_response *response);
/* The call of this step was not made, or may be made again. */
void answers_keep_undone(struct answers *answers, struct bytes step);
/* Nothing comes back of what was to be written there (echoes.h). */
void answers_keep_no_echo(struct answers *answers, struct bytes of);
/* Writes all that is kept and forgets it. Cheap when there is nothing. RETRY: Kafka is away, all
 * stays. */
MUST_USE enum outcome answers_write(struct answers *answers, struct error *err);

#endif
