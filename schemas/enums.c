/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/enums.h"

#include "schemas/events.h"

/* A table over its array of symbols, which the enum's constants index. */
#define ENUM_TABLE(avro_name, array)                                                               \
    {                                                                                              \
        .name = (avro_name), .symbols = (array), .count = sizeof(array) / sizeof((array)[0])       \
    }

static const char *const time_precision_symbols[] = {
    [PRECISION_UNKNOWN] = "UNKNOWN",
    [PRECISION_SECOND] = "SECOND",
    [PRECISION_MINUTE] = "MINUTE",
    [PRECISION_DAY] = "DAY",
};
const struct enum_table enum_time_precision = ENUM_TABLE("TimePrecision", time_precision_symbols);

static const char *const origin_symbols[] = {
    [ORIGIN_UNKNOWN] = "UNKNOWN", [ORIGIN_OPERATOR] = "OPERATOR",
    [ORIGIN_PERSON] = "PERSON",   [ORIGIN_PHONE_PLATFORM] = "PHONE_PLATFORM",
    [ORIGIN_PORTAL] = "PORTAL",   [ORIGIN_PARTNER] = "PARTNER",
};
const struct enum_table enum_origin = ENUM_TABLE("Origin", origin_symbols);

static const char *const legal_basis_symbols[] = {
    [LEGAL_BASIS_UNKNOWN] = "UNKNOWN",
    [LEGAL_BASIS_L6353_10] = "L6353_10",
    [LEGAL_BASIS_CONSENT] = "CONSENT",
};
const struct enum_table enum_legal_basis = ENUM_TABLE("LegalBasis", legal_basis_symbols);

static const char *const correction_reason_symbols[] = {
    [CORRECTION_NONE] = "NONE",
    [CORRECTION_TYPING_ERROR] = "TYPING_ERROR",
    [CORRECTION_WRONG_PERSON] = "WRONG_PERSON",
    [CORRECTION_WRONG_DATE] = "WRONG_DATE",
    [CORRECTION_OTHER] = "OTHER",
};
const struct enum_table enum_correction_reason =
    ENUM_TABLE("CorrectionReason", correction_reason_symbols);

static const char *const referral_status_symbols[] = {
    [REFERRAL_UNKNOWN] = "UNKNOWN",
    [REFERRAL_ISSUED] = "ISSUED",
    [REFERRAL_REFUSED] = "REFUSED",
    [REFERRAL_DELIVERED] = "DELIVERED",
    [REFERRAL_RECEIVED] = "RECEIVED",
    [REFERRAL_ACCEPTED] = "ACCEPTED",
    [REFERRAL_DECLINED] = "DECLINED",
    [REFERRAL_REDIRECTED] = "REDIRECTED",
    [REFERRAL_TAKEN_OVER] = "TAKEN_OVER",
    [REFERRAL_CANCEL_REQUESTED] = "CANCEL_REQUESTED",
    [REFERRAL_CANCELLED] = "CANCELLED",
    [REFERRAL_CANCEL_REFUSED] = "CANCEL_REFUSED",
    [REFERRAL_WITHDRAWN_BY_PERSON] = "WITHDRAWN_BY_PERSON",
    [REFERRAL_ENTERED_IN_ERROR] = "ENTERED_IN_ERROR",
    [REFERRAL_ERASED] = "ERASED",
    [REFERRAL_CONTACT_UNREADABLE] = "CONTACT_UNREADABLE",
};
const struct enum_table enum_referral_status =
    ENUM_TABLE("ReferralStatus", referral_status_symbols);

static const char *const level_symbols[] = {
    [LEVEL_UNKNOWN] = "UNKNOWN",
    [LEVEL_1] = "LEVEL_1",
    [LEVEL_2] = "LEVEL_2",
};
const struct enum_table enum_level = ENUM_TABLE("Level", level_symbols);

static const char *const public_category_symbols[] = {
    [PUBLIC_UNKNOWN] = "UNKNOWN",
    [PUBLIC_EMPLOYEE_PRIVATE] = "EMPLOYEE_PRIVATE",
    [PUBLIC_JOBSEEKER] = "JOBSEEKER",
    [PUBLIC_SELF_EMPLOYED] = "SELF_EMPLOYED",
    [PUBLIC_PUBLIC_AGENT] = "PUBLIC_AGENT",
    [PUBLIC_EXECUTIVE] = "EXECUTIVE",
    [PUBLIC_YOUNG_UNDER_26] = "YOUNG_UNDER_26",
    [PUBLIC_SEASONAL] = "SEASONAL",
    [PUBLIC_APPRENTICE_TRAINEE] = "APPRENTICE_TRAINEE",
    [PUBLIC_STUDENT_OR_RETIREE_WORKING] = "STUDENT_OR_RETIREE_WORKING",
    [PUBLIC_RESIGNATION_PROJECT] = "RESIGNATION_PROJECT",
};
const struct enum_table enum_public_category =
    ENUM_TABLE("PublicCategory", public_category_symbols);

static const char *const motive_symbols[] = {
    [MOTIVE_UNKNOWN] = "UNKNOWN",
    [MOTIVE_CHANGE_JOB_OR_SECTOR] = "CHANGE_JOB_OR_SECTOR",
    [MOTIVE_CREATE_OR_TAKE_OVER_BUSINESS] = "CREATE_OR_TAKE_OVER_BUSINESS",
    [MOTIVE_ACQUIRE_SKILLS_TRAINING] = "ACQUIRE_SKILLS_TRAINING",
    [MOTIVE_CERTIFICATION_VAE] = "CERTIFICATION_VAE",
    [MOTIVE_FUNDING_CPF_PTP] = "FUNDING_CPF_PTP",
    [MOTIVE_RESIGNATION_PROJECT] = "RESIGNATION_PROJECT",
    [MOTIVE_INTERNAL_MOBILITY] = "INTERNAL_MOBILITY",
    [MOTIVE_RETURN_TO_WORK] = "RETURN_TO_WORK",
    [MOTIVE_KEEP_JOB_HEALTH] = "KEEP_JOB_HEALTH",
    [MOTIVE_TAKE_STOCK] = "TAKE_STOCK",
    [MOTIVE_OTHER] = "OTHER",
};
const struct enum_table enum_motive = ENUM_TABLE("Motive", motive_symbols);

static const char *const referral_reason_symbols[] = {
    [REASON_UNKNOWN] = "UNKNOWN",
    [REASON_SPECIALISED_OPERATOR] = "SPECIALISED_OPERATOR",
    [REASON_OUT_OF_SCOPE] = "OUT_OF_SCOPE",
    [REASON_PERSON_CHOICE] = "PERSON_CHOICE",
    [REASON_STATUS_CHANGE] = "STATUS_CHANGE",
    [REASON_MOVED] = "MOVED",
    [REASON_CAPACITY] = "CAPACITY",
    [REASON_COMPLEMENTARY_SERVICE] = "COMPLEMENTARY_SERVICE",
};
const struct enum_table enum_referral_reason =
    ENUM_TABLE("ReferralReason", referral_reason_symbols);

static const char *const urgency_symbols[] = {
    [URGENCY_NORMAL] = "NORMAL",
    [URGENCY_URGENT] = "URGENT",
};
const struct enum_table enum_urgency = ENUM_TABLE("Urgency", urgency_symbols);

static const char *const contact_preference_symbols[] = {
    [CONTACT_PREFERENCE_UNKNOWN] = "UNKNOWN", [CONTACT_PREFERENCE_PHONE] = "PHONE",
    [CONTACT_PREFERENCE_EMAIL] = "EMAIL",     [CONTACT_PREFERENCE_VIA_REFERENT] = "VIA_REFERENT",
    [CONTACT_PREFERENCE_OTHER] = "OTHER",
};
const struct enum_table enum_contact_preference =
    ENUM_TABLE("ContactPreference", contact_preference_symbols);

static const char *const age_band_symbols[] = {
    [AGE_UNKNOWN] = "UNKNOWN", [AGE_UNDER_26] = "UNDER_26", [AGE_26_34] = "AGE_26_34",
    [AGE_35_44] = "AGE_35_44", [AGE_45_54] = "AGE_45_54",   [AGE_55_PLUS] = "AGE_55_PLUS",
};
const struct enum_table enum_age_band = ENUM_TABLE("AgeBand", age_band_symbols);

static const char *const sex_symbols[] = {
    [SEX_UNKNOWN] = "UNKNOWN",
    [SEX_F] = "F",
    [SEX_M] = "M",
};
const struct enum_table enum_sex = ENUM_TABLE("Sex", sex_symbols);

static const char *const qualification_band_symbols[] = {
    [QUALIFICATION_UNKNOWN] = "UNKNOWN",       [QUALIFICATION_BELOW_3] = "BELOW_3",
    [QUALIFICATION_3] = "QUALIFICATION_3",     [QUALIFICATION_4] = "QUALIFICATION_4",
    [QUALIFICATION_5] = "QUALIFICATION_5",     [QUALIFICATION_6] = "QUALIFICATION_6",
    [QUALIFICATION_7_8] = "QUALIFICATION_7_8",
};
const struct enum_table enum_qualification_band =
    ENUM_TABLE("QualificationBand", qualification_band_symbols);

static const char *const decline_reason_symbols[] = {
    [DECLINE_UNKNOWN] = "UNKNOWN",
    [DECLINE_OUT_OF_SCOPE] = "OUT_OF_SCOPE",
    [DECLINE_CAPACITY] = "CAPACITY",
    [DECLINE_NOT_REACHABLE] = "NOT_REACHABLE",
    [DECLINE_DUPLICATE] = "DUPLICATE",
    [DECLINE_NOT_ELIGIBLE] = "NOT_ELIGIBLE",
    [DECLINE_PERSON_DECLINED] = "PERSON_DECLINED",
    [DECLINE_OTHER] = "OTHER",
};
const struct enum_table enum_decline_reason = ENUM_TABLE("DeclineReason", decline_reason_symbols);

static const char *const appointment_status_symbols[] = {
    [APPOINTMENT_UNKNOWN] = "UNKNOWN",
    [APPOINTMENT_PROPOSED] = "PROPOSED",
    [APPOINTMENT_BOOKED] = "BOOKED",
    [APPOINTMENT_RESCHEDULED] = "RESCHEDULED",
    [APPOINTMENT_HONOURED] = "HONOURED",
    [APPOINTMENT_NO_SHOW] = "NO_SHOW",
    [APPOINTMENT_CANCELLED_BY_PERSON] = "CANCELLED_BY_PERSON",
    [APPOINTMENT_CANCELLED_BY_OPERATOR] = "CANCELLED_BY_OPERATOR",
    [APPOINTMENT_CANCELLED_UNSPECIFIED] = "CANCELLED_UNSPECIFIED",
    [APPOINTMENT_UNRECORDED] = "UNRECORDED",
    [APPOINTMENT_ENTERED_IN_ERROR] = "ENTERED_IN_ERROR",
    [APPOINTMENT_ERASED] = "ERASED",
};
const struct enum_table enum_appointment_status =
    ENUM_TABLE("AppointmentStatus", appointment_status_symbols);

static const char *const modality_symbols[] = {
    [MODALITY_UNKNOWN] = "UNKNOWN", [MODALITY_IN_PERSON] = "IN_PERSON",
    [MODALITY_PHONE] = "PHONE",     [MODALITY_VIDEO] = "VIDEO",
    [MODALITY_HOME] = "HOME",       [MODALITY_REMOTE_UNSPECIFIED] = "REMOTE_UNSPECIFIED",
};
const struct enum_table enum_modality = ENUM_TABLE("Modality", modality_symbols);

static const char *const initiator_symbols[] = {
    [INITIATOR_UNKNOWN] = "UNKNOWN",   [INITIATOR_PERSON] = "PERSON",
    [INITIATOR_OPERATOR] = "OPERATOR", [INITIATOR_PARTNER] = "PARTNER",
    [INITIATOR_WAITLIST] = "WAITLIST",
};
const struct enum_table enum_initiator = ENUM_TABLE("Initiator", initiator_symbols);

static const char *const closure_outcome_symbols[] = {
    [CLOSURE_UNKNOWN] = "UNKNOWN",
    [CLOSURE_EMPLOYMENT] = "EMPLOYMENT",
    [CLOSURE_BUSINESS_CREATION] = "BUSINESS_CREATION",
    [CLOSURE_TRAINING] = "TRAINING",
    [CLOSURE_VAE_CERTIFICATION] = "VAE_CERTIFICATION",
    [CLOSURE_FUNDING_FILE_SUBMITTED] = "FUNDING_FILE_SUBMITTED",
    [CLOSURE_INTERNAL_MOBILITY] = "INTERNAL_MOBILITY",
    [CLOSURE_IMMERSION] = "IMMERSION",
    [CLOSURE_PROJECT_FORMALISED] = "PROJECT_FORMALISED",
    [CLOSURE_INFORMATION_SUFFICIENT] = "INFORMATION_SUFFICIENT",
    [CLOSURE_REFERRED_ONWARD] = "REFERRED_ONWARD",
    [CLOSURE_ABANDONED] = "ABANDONED",
    [CLOSURE_UNREACHABLE] = "UNREACHABLE",
    [CLOSURE_TRANSFERRED] = "TRANSFERRED",
    [CLOSURE_OTHER] = "OTHER",
    [CLOSURE_ENTERED_IN_ERROR] = "ENTERED_IN_ERROR",
};
const struct enum_table enum_closure_outcome =
    ENUM_TABLE("ClosureOutcome", closure_outcome_symbols);

static const char *const rejection_stage_symbols[] = {
    [STAGE_UNKNOWN] = "UNKNOWN", [STAGE_SOURCE] = "SOURCE", [STAGE_MAPPING] = "MAPPING",
    [STAGE_BROKER] = "BROKER",   [STAGE_SINK] = "SINK",
};
const struct enum_table enum_rejection_stage =
    ENUM_TABLE("RejectionStage", rejection_stage_symbols);

static const char *const notice_kind_symbols[] = {
    [NOTICE_UNKNOWN] = "UNKNOWN",
    [NOTICE_OVERDUE] = "OVERDUE",
    [NOTICE_RETRIES_EXHAUSTED] = "RETRIES_EXHAUSTED",
};
const struct enum_table enum_notice_kind = ENUM_TABLE("NoticeKind", notice_kind_symbols);

static const char *const handoff_state_symbols[] = {
    [HANDOFF_UNKNOWN] = "UNKNOWN",
    [HANDOFF_ISSUED] = "ISSUED",
    [HANDOFF_REFUSED] = "REFUSED",
    [HANDOFF_DELIVERED] = "DELIVERED",
    [HANDOFF_RECEIVED] = "RECEIVED",
    [HANDOFF_ACCEPTED] = "ACCEPTED",
    [HANDOFF_TAKEN_OVER] = "TAKEN_OVER",
    [HANDOFF_CLOSED] = "CLOSED",
    [HANDOFF_DECLINED] = "DECLINED",
    [HANDOFF_REDIRECTED] = "REDIRECTED",
    [HANDOFF_CANCEL_REQUESTED] = "CANCEL_REQUESTED",
    [HANDOFF_CANCELLED] = "CANCELLED",
    [HANDOFF_OVERDUE] = "OVERDUE",
    [HANDOFF_EXPIRED] = "EXPIRED",
    [HANDOFF_WITHDRAWN_BY_PERSON] = "WITHDRAWN_BY_PERSON",
    [HANDOFF_ENTERED_IN_ERROR] = "ENTERED_IN_ERROR",
    [HANDOFF_ERASED] = "ERASED",
};
const struct enum_table enum_handoff_state = ENUM_TABLE("HandoffState", handoff_state_symbols);

static const char *const fact_symbols[] = {
    [FACT_UNKNOWN] = "UNKNOWN",
    [FACT_ISSUED] = "ISSUED",
    [FACT_REFUSED] = "REFUSED",
    [FACT_DELIVERED] = "DELIVERED",
    [FACT_RECEIVED] = "RECEIVED",
    [FACT_ACCEPTED] = "ACCEPTED",
    [FACT_DECLINED] = "DECLINED",
    [FACT_REDIRECTED] = "REDIRECTED",
    [FACT_TAKEN_OVER] = "TAKEN_OVER",
    [FACT_APPOINTMENT] = "APPOINTMENT",
    [FACT_CLOSED] = "CLOSED",
    [FACT_CANCEL_REQUESTED] = "CANCEL_REQUESTED",
    [FACT_CANCEL_REFUSED] = "CANCEL_REFUSED",
    [FACT_CANCELLED] = "CANCELLED",
    [FACT_WITHDRAWN_BY_PERSON] = "WITHDRAWN_BY_PERSON",
    [FACT_ENTERED_IN_ERROR] = "ENTERED_IN_ERROR",
    [FACT_ERASED] = "ERASED",
    [FACT_CONTACT_UNREADABLE] = "CONTACT_UNREADABLE",
    [FACT_OVERDUE] = "OVERDUE",
    [FACT_EXPIRED] = "EXPIRED",
};
const struct enum_table enum_fact = ENUM_TABLE("Fact", fact_symbols);

static const char *const directory_kind_symbols[] = {
    [DIRECTORY_UNKNOWN] = "UNKNOWN", [DIRECTORY_OPERATOR] = "OPERATOR",
    [DIRECTORY_SITE] = "SITE",       [DIRECTORY_CONVENTION] = "CONVENTION",
    [DIRECTORY_KEY] = "KEY",         [DIRECTORY_MEMBER] = "MEMBER",
};
const struct enum_table enum_directory_kind = ENUM_TABLE("DirectoryKind", directory_kind_symbols);
