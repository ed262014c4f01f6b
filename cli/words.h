/* SPDX-License-Identifier: Apache-2.0
 *
 * The French words of docs/glossaire.md for what stands in records.
 */
#ifndef RELAIS_CLI_WORDS_H
#define RELAIS_CLI_WORDS_H

#include "schemas/events.h"

/* "pris en charge" for TAKEN_OVER. */
const char *words_state(enum handoff_state state);
/* "rendez-vous honoré" for HONOURED. */
const char *words_appointment(enum appointment_status status);
const char *words_modality(enum modality modality);
const char *words_outcome(enum closure_outcome outcome);
const char *words_decline(enum decline_reason reason);
/* The sentence of a rejection's code, or NULL when it is not known here. */
const char *words_rejection(struct bytes code);

#endif
