/* SPDX-License-Identifier: Apache-2.0
 *
 * The symbols of the enums of schemas/event_codes.h, one table each. A symbol is the C name
 * without its prefix; where that would begin with a digit, which Avro forbids, the prefix
 * stays: LEVEL_1 → "LEVEL_1".
 */
#ifndef RELAIS_SCHEMAS_ENUMS_H
#define RELAIS_SCHEMAS_ENUMS_H

#include "schemas/field.h"

extern const struct enum_table enum_time_precision;
extern const struct enum_table enum_origin;
extern const struct enum_table enum_legal_basis;
extern const struct enum_table enum_correction_reason;
extern const struct enum_table enum_referral_status;
extern const struct enum_table enum_level;
extern const struct enum_table enum_public_category;
extern const struct enum_table enum_motive;
extern const struct enum_table enum_referral_reason;
extern const struct enum_table enum_urgency;
extern const struct enum_table enum_contact_preference;
extern const struct enum_table enum_age_band;
extern const struct enum_table enum_sex;
extern const struct enum_table enum_qualification_band;
extern const struct enum_table enum_decline_reason;
extern const struct enum_table enum_appointment_status;
extern const struct enum_table enum_modality;
extern const struct enum_table enum_initiator;
extern const struct enum_table enum_closure_outcome;
extern const struct enum_table enum_rejection_stage;
extern const struct enum_table enum_notice_kind;
extern const struct enum_table enum_handoff_state;
extern const struct enum_table enum_fact;
extern const struct enum_table enum_directory_kind;

#endif
