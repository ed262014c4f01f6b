/* SPDX-License-Identifier: Apache-2.0
 *
 * What operators tell each other: Referral, Appointment, Closure, and the sealed Contact.
 * Fields may be added at the end, never renamed, moved or removed (DESIGN.md "Evolution").
 */
#include "schemas/events.h"
#include "schemas/rows.h"

static const struct field person_ref_fields[] = {
    ROW_STRING(struct person_ref, key_id, FIELD_RUNTIME, "Which shared key made it."),
    ROW_BYTES(struct person_ref, ref, 0,
              "16 bytes of a keyed hash of birth date and names; two people may share one."),
    ROW_END,
};
const struct record_table person_ref_table = {
    "PersonRef", person_ref_fields, sizeof(struct person_ref),
    "A keyed pseudonym. The key is shared by the connectors; broker and readers have it not."};

static const struct field reference_fields[] = {
    ROW_STRING(struct reference, system, 0, "The system that gave the id."),
    ROW_STRING(struct reference, id, 0, "The referral's own id there; never a person's."),
    ROW_END,
};
const struct record_table reference_table = {"Reference", reference_fields,
                                             sizeof(struct reference), "An id in one system."};

static const struct field sealed_fields[] = {
    ROW_STRING(struct sealed, key_id, FIELD_RUNTIME, "Id of the receiver's X25519 key."),
    ROW_BYTES(struct sealed, sealed, FIELD_PERSONAL,
              "A padded record Contact in a libsodium sealed box; its receiver only."),
    ROW_STRING(struct sealed, signing_key_id, FIELD_RUNTIME, "Id of the sender's Ed25519 key."),
    ROW_BYTES(struct sealed, signature, 0,
              "Ed25519 over handoff_id, event_id, receiver, key_id and sealed bytes."),
    ROW_END,
};
const struct record_table sealed_table = {"Sealed", sealed_fields, sizeof(struct sealed),
                                          "Bytes that one operator only can read."};

static const struct field referral_fields[] = {
    ROWS_ENVELOPE,
    ROW_ENUM(struct referral, status, 0, enum_referral_status, "What is said of the hand-over."),
    ROW_DATE(struct referral, requested_on, FIELD_NULLABLE,
             "Day the person asked for advice, as it was there; written once (domain.md 1.1)."),
    ROW_CODE(struct referral, from_operator, FIELD_NULLABLE, "operator_code",
             "Who refers; an ISSUED must have it."),
    ROW_CODE(struct referral, to_operator, FIELD_NULLABLE, "operator_code",
             "Who is asked to take over; an ISSUED must have it."),
    ROW_CODE(struct referral, to_site, FIELD_NULLABLE, "site_code",
             "Site of the receiver, when the issuer knows it."),
    ROW_RECORD(struct referral, issuer_ref, 0, struct reference *, reference_table,
               "The issuer's own id of the referral."),
    ROW_RECORD(struct referral, receiver_ref, 0, struct reference *, reference_table,
               "The receiver's own id of the referral, once it has one."),
    ROW_ENUM(struct referral, level_requested, 0, enum_level, "Level of advice asked for."),
    ROW_ARRAY(struct referral, public_categories, 0,
              "The person's situations; never a disability, which is sealed or not sent.",
              .item = FIELD_ENUM, .symbols = &enum_public_category),
    ROW_ENUM(struct referral, motive, 0, enum_motive,
             "Why the person asked; KEEP_JOB_HEALTH counts as OTHER in every table."),
    ROW_STRING(struct referral, motive_source_code, FIELD_NULLABLE,
               "The motive's code in the issuer's own list."),
    ROW_ENUM(struct referral, reason, 0, enum_referral_reason, "Why she is referred."),
    ROW_ARRAY(struct referral, alternatives_presented, 0,
              "Operators that the person was told of (informed choice).", .item = FIELD_STRING,
              .format = "operator_code"),
    ROW_TIME(struct referral, person_choice_at, FIELD_NULLABLE, "When the person chose, UTC."),
    ROW_ENUM(struct referral, urgency, 0, enum_urgency, "How urgent the issuer says it is."),
    ROW_ENUM(struct referral, contact_preference, 0, enum_contact_preference,
             "How the person wants to be called back."),
    ROW_CODE(struct referral, region_code, FIELD_NULLABLE, "region",
             "INSEE region of residence, for routing and statistics."),
    ROW_CODE(struct referral, departement_code, FIELD_NULLABLE, "departement",
             "INSEE département of residence."),
    ROW_CODE(struct referral, rome_code, FIELD_NULLABLE, "rome", "Occupation, ROME."),
    ROW_CODE(struct referral, pcs1, FIELD_NULLABLE, "pcs1",
             "Socio-professional category, PCS level 1, for statistics."),
    ROW_BOOL(struct referral, choice_required, 0,
             "The sealed part holds what needs the person's choice of operator."),
    ROW_BOOL(struct referral, choice_recorded, 0, "That choice was recorded by the issuer."),
    ROW_ENUM(struct referral, age_band, 0, enum_age_band, "For statistics only."),
    ROW_ENUM(struct referral, sex, 0, enum_sex, "For statistics only."),
    ROW_ENUM(struct referral, qualification_band, 0, enum_qualification_band,
             "Level of the French framework, for statistics only."),
    ROW_BOOL(struct referral, synthesis_available, 0,
             "The issuer has a written synthesis; its content is never carried."),
    ROW_TIME(struct referral, synthesis_at, FIELD_NULLABLE, "Date of that synthesis, UTC."),
    ROW_ENUM(struct referral, decline_reason, 0, enum_decline_reason,
             "Why it was declined; DECLINED only."),
    ROW_BOOL(struct referral, decline_text_present, 0,
             "A free text goes with it, sealed to the issuer."),
    ROW_END,
};
const struct record_table referral_table = {
    "Referral", referral_fields, sizeof(struct referral),
    "One fact about a hand-over, said by one of its two operators or by the broker. Unless a "
    "field says otherwise, the two operators and the broker may see it."};

static const struct field appointment_fields[] = {
    ROWS_ENVELOPE,
    ROW_ENUM(struct appointment, status, 0, enum_appointment_status,
             "What became of this participation."),
    ROW_TIME(struct appointment, starts_at, FIELD_NULLABLE,
             "Start, UTC; none while a RESCHEDULED has no new slot."),
    ROW_CODE(struct appointment, zone, FIELD_NULLABLE, "zone",
             "Time zone of the place, IANA name."),
    ROW_INT(struct appointment, duration_min, FIELD_NULLABLE, "Planned length, in minutes."),
    ROW_ENUM(struct appointment, modality, 0, enum_modality, "How they meet."),
    ROW_ENUM(struct appointment, level, 0, enum_level, "Level of advice."),
    ROW_BOOL(struct appointment, is_first, 0, "First appointment of this hand-over."),
    ROW_BOOL(struct appointment, is_collective, 0, "Several people take part."),
    ROW_TIME(struct appointment, booked_at, FIELD_NULLABLE, "When it was booked, UTC."),
    ROW_TIME(struct appointment, status_at, FIELD_NULLABLE, "When the status was set, UTC."),
    ROW_TIME(struct appointment, cancelled_at, FIELD_NULLABLE, "When it was cancelled, UTC."),
    ROW_ENUM(struct appointment, initiator, 0, enum_initiator, "Who asked for it."),
    ROW_TIME(struct appointment, previous_starts_at, FIELD_NULLABLE,
             "Start before it was moved, UTC."),
    ROW_INT(struct appointment, reschedule_count, FIELD_NULLABLE, "How often it was moved."),
    ROW_END,
};
const struct record_table appointment_table = {
    "Appointment", appointment_fields, sizeof(struct appointment),
    "One person's participation in one appointment, as it stands. The two operators of the "
    "hand-over and the broker may see it."};

static const struct field closure_fields[] = {
    ROWS_ENVELOPE,
    ROW_TIME(struct closure, closed_at, FIELD_NULLABLE, "End of the accompaniment, UTC."),
    ROW_TIME(struct closure, takeover_at, FIELD_NULLABLE, "Its beginning, UTC."),
    ROW_ENUM(struct closure, level_reached, 0, enum_level, "Highest level of advice given."),
    ROW_ENUM(struct closure, outcome, 0, enum_closure_outcome, "How it ended."),
    ROW_STRING(struct closure, outcome_source_code, FIELD_NULLABLE,
               "The outcome's code in the holder's own list."),
    ROW_STRING(struct closure, outcome_list_version, FIELD_NULLABLE,
               "Version or date of that list."),
    ROW_UUID(struct closure, onward_handoff_id, FIELD_NULLABLE,
             "The hand-over that follows, for REFERRED_ONWARD."),
    ROW_INT(struct closure, appointments_honoured, FIELD_NULLABLE, "Appointments kept."),
    ROW_INT(struct closure, duration_days, FIELD_NULLABLE, "Length, in days."),
    ROW_BOOL(struct closure, synthesis_given, 0, "The person received a written synthesis."),
    ROW_BOOL(struct closure, satisfaction_collected, 0, "She was asked if she was satisfied."),
    ROW_END,
};
const struct record_table closure_table = {
    "Closure", closure_fields, sizeof(struct closure),
    "The end of an accompaniment. The two operators of the hand-over and the broker may see it."};

#define ROW_CONTACT(member, doc)                                                                   \
    ROW_STRING(struct contact, member, FIELD_NULLABLE | FIELD_PERSONAL, doc)

static const struct field contact_fields[] = {
    ROW_UUID(struct contact, handoff_id, FIELD_REQUIRED | FIELD_RUNTIME,
             "The hand-over it was sealed for; checked when opened."),
    ROW_UUID(struct contact, event_id, FIELD_REQUIRED | FIELD_RUNTIME,
             "The event it was sealed for; checked when opened."),
    ROW_CODE(struct contact, receiver, FIELD_REQUIRED | FIELD_RUNTIME, "operator_code",
             "The operator it was sealed for; checked when opened."),
    ROW_CONTACT(birth_name, "Family name at birth."),
    ROW_CONTACT(usual_name, "Family name in use."),
    ROW_CONTACT(first_names, "Given names, in the order of the civil status, blanks between."),
    ROW_DATE(struct contact, birth_date, FIELD_NULLABLE | FIELD_PERSONAL, "Date of birth."),
    ROW_CODE(struct contact, phone, FIELD_NULLABLE | FIELD_PERSONAL, "phone", "Telephone, E.164."),
    ROW_CONTACT(email, "E-mail address."),
    ROW_CONTACT(address, "Number and street, lines separated by a line feed."),
    ROW_CODE(struct contact, postcode, FIELD_NULLABLE | FIELD_PERSONAL, "postcode",
             "Postcode, five digits."),
    ROW_CONTACT(commune, "Name of the commune, as on an envelope."),
    ROW_CONTACT(nir, "Social security number, only where the receiver may hold it."),
    ROW_CONTACT(france_travail_id, "Identifier at France Travail."),
    ROW_CONTACT(issuer_file, "The issuer's own file number for the person."),
    ROW_CONTACT(note, "Free text for the receiving counsellor, at most 2,000 characters."),
    ROW_CONTACT(availability, "When the person can be reached or can come."),
    ROW_CONTACT(access_needs, "What she needs to come or to be understood."),
    ROW_CONTACT(already_done, "What was done before the hand-over."),
    ROW_CONTACT(call_back, "Counsellor to call back at the issuer's."),
    ROW_END,
};
const struct record_table contact_table = {
    "Contact", contact_fields, sizeof(struct contact),
    "The plaintext of a seal. Stands in no topic; the sending and the receiving connector only "
    "see it."};
