/* SPDX-License-Identifier: Apache-2.0
 *
 * For what a fact is refused: for what it says, never for coming early. One table of
 * checks, asked in its order; the first that refuses gives the code (its French sentence:
 * schemas/codes.h).
 */
#ifndef RELAIS_BROKER_CHECKS_H
#define RELAIS_BROKER_CHECKS_H

#include "broker/handoff.h"

/* A hand-over older than this at its issue may have had a row that is gone. */
#define CHECKS_OLDEST_DAYS 730
/* Bound of a row: more slots, or more remembered entities, than any true hand-over has. */
#define CHECKS_MAX_SLOTS 200

struct check {
    const char *code; /* NULL ends the table */
    bool opening;     /* asked only of an event that would open the hand-over */
    /* The refusal of an opening stays visible as a row in state REFUSED. */
    bool keeps_row;
    bool (*refuses)(const struct handoff_question *question);
    const char *meaning;
};

/* NULL when nothing speaks against the event. */
const struct check *checks_refusing(const struct handoff_question *question);
/* True when the event would open its hand-over: an ISSUED for a row that is not there, or
 * was refused. */
bool checks_is_opening(const struct handoff_question *question);
/* True when the sender is issuer or holder of the row. */
bool checks_is_end(const struct handoff *row, struct bytes operator_code);

void checks_document(struct buffer *out);

#endif
