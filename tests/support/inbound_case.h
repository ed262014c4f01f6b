/* SPDX-License-Identifier: Apache-2.0
 *
 * A stage case that only listens: a connector file with the three records that o21's system sends,
 * and no sink. An orientation opens a hand-over, a dossier answers to one by our reference, an
 * appointment ("rdv") is somebody's.
 */
#ifndef RELAIS_TESTS_SUPPORT_INBOUND_CASE_H
#define RELAIS_TESTS_SUPPORT_INBOUND_CASE_H

#include "tests/support/stage_case.h"

#define INBOUND_CASE_REFERRAL(id, more)                                                            \
    "{\"kind\":\"orientation\",\"id\":" id ",\"at\":\"2026-03-02 09:13:01 +0100\","                \
    "\"status\":\"sent\"," more "\"to\":\"o22\",\"person\":\"P" id "\"}"
#define INBOUND_CASE_PERSON                                                                        \
    "\"name\":\"EXEMPLE\",\"first\":\"Ana\",\"phone\":\"+33601020304\",\"born\":\"1988-03-02\","
#define INBOUND_CASE_DOSSIER(ref, status)                                                          \
    "{\"kind\":\"dossier\",\"id\":7,\"ref\":\"" ref                                                \
    "\",\"at\":\"2026-03-03 10:00:00 +0100\",\"status\":\"" status "\",\"person\":\"U1\"}"
#define INBOUND_CASE_UNKNOWN_REF "01234567-89ab-8def-8123-456789abcdef"

/* Freed by stage_case_free(). */
struct stage_case *inbound_case_new(void);

/* INBOUND_CASE_UNKNOWN_REF. */
struct uuid inbound_case_id(void);
/* Remembers a hand-over of that person at the side as delivery would: it was said a minute before
 * STAGE_START_US, and stands at a position of the inbox, or came not through it (-1). */
void inbound_case_know(struct stage_side *side, struct uuid handoff_id, const char *person);
void inbound_case_know_at(struct stage_side *side, struct uuid handoff_id, const char *person,
                          int64_t inbox_position);

#endif
