/* SPDX-License-Identifier: Apache-2.0
 *
 * What Relais itself says and keeps: Rejection, Notice, the row Handoff, the Directory.
 */
#include "schemas/events.h"
#include "schemas/rows.h"

static const struct field rejection_fields[] = {
    ROWS_ENVELOPE,
    ROW_ENUM(struct rejection, stage, 0, enum_rejection_stage, "Where it was rejected."),
    ROW_CODE(struct rejection, code, 0, "rejection",
             "Why, as a code of the list in the documentation."),
    ROW_STRING(struct rejection, event_type, FIELD_NULLABLE, "Record rejected: 'Referral'…"),
    ROW_STRING(struct rejection, status, FIELD_NULLABLE, "Its status or outcome: 'ISSUED'…"),
    ROW_STRING(struct rejection, field, FIELD_NULLABLE, "Field or source path at fault."),
    ROW_STRING(struct rejection, rule, FIELD_NULLABLE,
               "Rule or place of the mapping at fault: 'connector.yaml:31:16'."),
    ROW_STRING(struct rejection, detail, FIELD_NULLABLE,
               "What was expected, for people; never the value that was found."),
    ROW_STRING(struct rejection, place, FIELD_NULLABLE | FIELD_RUNTIME,
               "Keyed hash of the file or message, and the position in it."),
    ROW_STRING(struct rejection, quarantine_key, FIELD_NULLABLE | FIELD_RUNTIME,
               "Key of the raw record in the operator's quarantine topic."),
    ROW_BOOL(struct rejection, retryable, 0, "It may be accepted when tried again."),
    ROW_END,
};
const struct record_table rejection_table = {
    "Rejection", rejection_fields, sizeof(struct rejection),
    "A refusal of the broker or a dead letter of a connector: place, stage, code, never a value. "
    "Its own operator, the broker and the dashboard may see it."};

static const struct field notice_fields[] = {
    ROWS_ENVELOPE,
    ROW_ENUM(struct notice, kind, 0, enum_notice_kind, "What is drawn to people's attention."),
    ROW_TIME(struct notice, due_at, FIELD_NULLABLE, "The deadline that passed, UTC."),
    ROW_STRING(struct notice, state, 0, "State of the hand-over then."),
    ROW_END,
};
const struct record_table notice_table = {
    "Notice", notice_fields, sizeof(struct notice),
    "What the broker says to both operators about a hand-over that has not changed."};

static const struct field slot_fields[] = {
    ROW_ENUM(struct slot, fact, 0, enum_fact, "The fact that the slot holds."),
    ROW_UUID(struct slot, entity_id, FIELD_NULLABLE,
             "Appointments: which participation; else the record that said it."),
    ROW_UUID(struct slot, event_id, FIELD_NULLABLE, "The event that said it last."),
    ROW_LONG(struct slot, version, 0, "That event's source_version."),
    ROW_TIME(struct slot, occurred_at, FIELD_NULLABLE, "That event's occurred_at, UTC."),
    ROW_CODE(struct slot, operator_code, 0, "operator_code", "Who said it."),
    ROW_INT(struct slot, detail, 0,
            "Number of the symbol of status, decline reason or outcome, by fact."),
    ROW_TIME(struct slot, starts_at, FIELD_NULLABLE, "Appointments: the start, UTC."),
    ROW_BOOL(struct slot, implied, 0, "A later step implies it; its own event has not come."),
    ROW_BOOL(struct slot, superseded, 0, "It lost against another fact; its sender was told."),
    ROW_END,
};
static const struct record_table slot_table = {"Slot", slot_fields, sizeof(struct slot),
                                               "One fact about a hand-over, as it stands."};

static const struct field seen_fields[] = {
    ROW_CODE(struct seen, operator_code, 0, "operator_code", "Whose entity."),
    ROW_STRING(struct seen, system, 0, "In which of its systems."),
    ROW_STRING(struct seen, event_type, 0, "Record: 'Referral'…"),
    ROW_UUID(struct seen, entity_id, FIELD_NULLABLE, "The envelope's entity_id."),
    ROW_LONG(struct seen, version, 0, "The last version applied."),
    ROW_ARRAY(struct seen, event_ids, 0, "Events seen at that version.", .item = FIELD_UUID),
    ROW_END,
};
static const struct record_table seen_table = {
    "Seen", seen_fields, sizeof(struct seen),
    "What is remembered against doubles, one a source entity."};

static const struct field handoff_fields[] = {
    ROW_UUID(struct handoff, handoff_id, FIELD_REQUIRED, "The hand-over; the key of the topic."),
    ROW_UUID(struct handoff, thread_id, FIELD_REQUIRED, "Its thread."),
    ROW_UUID(struct handoff, parent_handoff_id, FIELD_NULLABLE, "Where it was redirected from."),
    ROW_UUID(struct handoff, child_handoff_id, FIELD_NULLABLE, "Where it was redirected to."),
    ROW_CODE(struct handoff, issuer, 0, "operator_code", "Who referred."),
    ROW_CODE(struct handoff, holder, 0, "operator_code", "Who was asked to take over."),
    ROW_CODE(struct handoff, holder_site, FIELD_NULLABLE, "site_code", "At which site."),
    ROW_ENUM(struct handoff, state, 0, enum_handoff_state, "Where it stands, from its slots."),
    ROW_ENUM(struct handoff, origin, 0, enum_origin, "Who opened it."),
    ROW_BOOL(struct handoff, test, 0, "A test."),
    ROW_DATE(struct handoff, requested_on, FIELD_NULLABLE,
             "Day the person asked, as it was there; written once."),
    ROW_TIME(struct handoff, issued_at, FIELD_NULLABLE, "When it was issued, UTC."),
    ROW_TIME(struct handoff, updated_at, FIELD_NULLABLE,
             "When the broker last changed the row, UTC."),
    ROW_INT(struct handoff, next_seq, 0, "The next handoff_seq."),
    ROW_ARRAY(struct handoff, slots, 0, "The facts.", .item = FIELD_RECORD, .record = &slot_table),
    ROW_ARRAY(struct handoff, seen, 0, "The memory against doubles.", .item = FIELD_RECORD,
              .record = &seen_table),
    ROW_ARRAY(struct handoff, thread_operators, 0,
              "Operators that issued or held in the thread, against loops.", .item = FIELD_STRING,
              .format = "operator_code"),
    ROW_TIME(struct handoff, due_at, FIELD_NULLABLE, "The next deadline, UTC."),
    ROW_ENUM(struct handoff, due_kind, 0, enum_notice_kind, "What happens then."),
    ROW_CODE(struct handoff, refusal_code, FIELD_NULLABLE, "rejection", "Why it was refused."),
    ROW_END,
};
const struct record_table handoff_table = {
    "Handoff", handoff_fields, sizeof(struct handoff),
    "Everything the broker knows of one hand-over. The broker and the dashboard may see it."};

static const struct field directory_fields[] = {
    ROW_ENUM(struct directory_entry, kind, 0, enum_directory_kind, "What the entry is."),
    ROW_STRING(struct directory_entry, code, FIELD_REQUIRED, "Its code, unique in its kind."),
    ROW_TIME(struct directory_entry, valid_from, FIELD_NULLABLE, "From when, UTC; none: ever."),
    ROW_TIME(struct directory_entry, valid_to, FIELD_NULLABLE,
             "Until when, UTC, exclusive; none: open."),
    ROW_CODE(struct directory_entry, operator_code, FIELD_NULLABLE, "operator_code",
             "SITE, KEY and MEMBER: whose it is."),
    ROW_STRING(struct directory_entry, name, FIELD_NULLABLE, "Name for people."),
    ROW_STRING(struct directory_entry, network, FIELD_NULLABLE,
               "OPERATOR: france_travail, mission_locale, cap_emploi, apec, regional, partner."),
    ROW_CODE(struct directory_entry, region, FIELD_NULLABLE, "region",
             "OPERATOR: INSEE region of its lot; none: national."),
    ROW_STRING(struct directory_entry, lead, FIELD_NULLABLE,
               "OPERATOR: who leads its consortium, if each has its own system; MEMBER: which "
               "member leads."),
    ROW_CODE(struct directory_entry, phone, FIELD_NULLABLE, "phone",
             "OPERATOR and SITE: whom to call, E.164; never a person's own."),
    ROW_STRING(struct directory_entry, email, FIELD_NULLABLE,
               "OPERATOR and SITE: a mailbox of a function."),
    ROW_CODE(struct directory_entry, siret, FIELD_NULLABLE, "siret", "SITE and MEMBER: SIRET."),
    ROW_CODE(struct directory_entry, commune, FIELD_NULLABLE, "commune", "SITE: INSEE commune."),
    ROW_CODE(struct directory_entry, zone, FIELD_NULLABLE, "zone", "SITE: IANA time zone."),
    ROW_STRING(struct directory_entry, member, FIELD_NULLABLE,
               "SITE: member of the consortium that runs it."),
    ROW_BOOL(struct directory_entry, test, 0, "OPERATOR: only test events reach it."),
    ROW_CODE(struct directory_entry, from_operator, FIELD_NULLABLE, "operator_code",
             "CONVENTION: who may refer."),
    ROW_CODE(struct directory_entry, to_operator, FIELD_NULLABLE, "operator_code",
             "CONVENTION: to whom."),
    ROW_STRING(struct directory_entry, seal_key_id, FIELD_NULLABLE | FIELD_RUNTIME,
               "KEY: id of the key to seal to."),
    ROW_BYTES(struct directory_entry, seal_key, FIELD_NULLABLE, "X25519 public key, 32 bytes."),
    ROW_STRING(struct directory_entry, signing_key_id, FIELD_NULLABLE | FIELD_RUNTIME,
               "KEY: id of the key that signs."),
    ROW_BYTES(struct directory_entry, signing_key, FIELD_NULLABLE, "Ed25519 public key, 32 bytes."),
    ROW_END,
};
const struct record_table directory_table = {
    "Directory", directory_fields, sizeof(struct directory_entry),
    "One dated entry of the directory of operators, members, sites, keys and conventions. All "
    "processes read it."};
