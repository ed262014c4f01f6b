/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of field tables. A row's C type is checked against its member by the compiler: a
 * FIELD_TIME over an int32_t does not compile. For schemas/tables*.c (and tests) only.
 */
#ifndef RELAIS_SCHEMAS_ROWS_H
#define RELAIS_SCHEMAS_ROWS_H

#include "schemas/enums.h"
#include "schemas/events.h"

/* NOLINTBEGIN(bugprone-macro-parentheses): a type cannot stand in any */
/* The offset of a member that must have the C type `ctype`; _Generic has no default. */
#define ROW_OFFSET(owner, member, ctype)                                                           \
    (offsetof(owner, member) + _Generic(((owner *)0)->member, ctype : 0))
/* NOLINTEND(bugprone-macro-parentheses) */

#define ROW_OF(owner, member, kind, ctype, row_flags, row_doc)                                     \
    .name = #member, .type = (kind), .offset = ROW_OFFSET(owner, member, ctype),                   \
    .flags = (row_flags), .doc = (row_doc)

#define ROW_STRING(owner, member, flags, doc)                                                      \
    {                                                                                              \
        ROW_OF(owner, member, FIELD_STRING, struct bytes, flags, doc)                              \
    }
#define ROW_CODE(owner, member, flags, code_format, doc)                                           \
    {                                                                                              \
        ROW_OF(owner, member, FIELD_STRING, struct bytes, flags, doc), .format = (code_format)     \
    }
#define ROW_BYTES(owner, member, flags, doc)                                                       \
    {                                                                                              \
        ROW_OF(owner, member, FIELD_BYTES, struct bytes, flags, doc)                               \
    }
#define ROW_UUID(owner, member, flags, doc)                                                        \
    {                                                                                              \
        ROW_OF(owner, member, FIELD_UUID, struct uuid, flags, doc)                                 \
    }
#define ROW_BOOL(owner, member, flags, doc)                                                        \
    {                                                                                              \
        ROW_OF(owner, member, FIELD_BOOL, bool, flags, doc)                                        \
    }
#define ROW_INT(owner, member, flags, doc)                                                         \
    {                                                                                              \
        ROW_OF(owner, member, FIELD_INT, int32_t, flags, doc)                                      \
    }
#define ROW_LONG(owner, member, flags, doc)                                                        \
    {                                                                                              \
        ROW_OF(owner, member, FIELD_LONG, int64_t, flags, doc)                                     \
    }
#define ROW_TIME(owner, member, flags, doc)                                                        \
    {                                                                                              \
        ROW_OF(owner, member, FIELD_TIME, int64_t, flags, doc)                                     \
    }
#define ROW_DATE(owner, member, flags, doc)                                                        \
    {                                                                                              \
        ROW_OF(owner, member, FIELD_DATE, int32_t, flags, doc)                                     \
    }
#define ROW_ENUM(owner, member, flags, table, doc)                                                 \
    {                                                                                              \
        ROW_OF(owner, member, FIELD_ENUM, int32_t, flags, doc), .symbols = &(table)                \
    }
/* A nullable record: `ctype` is the pointer's. */
#define ROW_RECORD(owner, member, flags, ctype, table, doc)                                        \
    {                                                                                              \
        ROW_OF(owner, member, FIELD_RECORD, ctype, (flags) | FIELD_NULLABLE, doc),                 \
            .record = &(table)                                                                     \
    }
/* The rest of an array's row says what its items are: .item, and .symbols or .record. */
#define ROW_ARRAY(owner, member, flags, doc, ...)                                                  \
    {                                                                                              \
        ROW_OF(owner, member, FIELD_ARRAY, struct field_array, flags, doc), __VA_ARGS__            \
    }
#define ROW_END                                                                                    \
    {                                                                                              \
        .name = NULL                                                                               \
    }

extern const struct record_table person_ref_table;
extern const struct record_table reference_table;
extern const struct record_table sealed_table;

/* The envelope stands first in each event's struct, so its rows serve them all. */
#define ROWS_ENVELOPE                                                                              \
    ROW_UUID(struct envelope, event_id, FIELD_REQUIRED | FIELD_RUNTIME,                            \
             "Deterministic id of this event: the same fact sent again has the same one."),        \
        ROW_UUID(struct envelope, handoff_id, FIELD_REQUIRED | FIELD_RUNTIME,                      \
                 "The hand-over that this event is about."),                                       \
        ROW_UUID(struct envelope, thread_id, FIELD_REQUIRED | FIELD_RUNTIME,                       \
                 "The handoff_id of the thread's first hand-over; the Kafka key."),                \
        ROW_UUID(struct envelope, parent_handoff_id, FIELD_NULLABLE | FIELD_RUNTIME,               \
                 "The hand-over that was redirected into this one."),                              \
        ROW_INT(struct envelope, handoff_seq, FIELD_RUNTIME,                                       \
                "Inbox: 1, 2, 3… within one hand-over, set by the broker; outbox: 0."),            \
        ROW_CODE(struct envelope, operator_code, FIELD_REQUIRED | FIELD_RUNTIME, "operator_code",  \
                 "Opaque code of the operator who says it; 'relais' for the broker itself."),      \
        ROW_CODE(struct envelope, site_code, FIELD_NULLABLE, "site_code",                          \
                 "Site of that operator where it happened, as in the directory."),                 \
        ROW_STRING(struct envelope, source_system, FIELD_RUNTIME,                                  \
                   "Name of the system it was read from, as in the connector's file."),            \
        ROW_UUID(struct envelope, entity_id, FIELD_NULLABLE | FIELD_RUNTIME,                       \
                 "Keyed id of the source's record, without its number; for an appointment, of "    \
                 "one participation."),                                                            \
        ROW_LONG(struct envelope, source_version, FIELD_RUNTIME,                                   \
                 "Orders the versions of one entity; 0 when the source has none."),                \
        ROW_TIME(struct envelope, occurred_at, 0, "When it happened, by the source, UTC."),        \
        ROW_INT(struct envelope, occurred_at_offset_min, FIELD_NULLABLE,                           \
                "UTC offset of the source's local time, in minutes."),                             \
        ROW_ENUM(struct envelope, occurred_at_precision, 0, enum_time_precision,                   \
                 "How precise the source's time is; a date alone is DAY."),                        \
        ROW_TIME(struct envelope, observed_at, FIELD_NULLABLE | FIELD_RUNTIME,                     \
                 "When the connector read it, UTC."),                                              \
        ROW_TIME(struct envelope, recorded_at, FIELD_NULLABLE | FIELD_RUNTIME,                     \
                 "When it was sent to Kafka, UTC."),                                               \
        ROW_ARRAY(                                                                                 \
            struct envelope, person_refs, FIELD_RUNTIME,                                           \
            "Keyed pseudonyms of the person, one a key in force; for probable matches only.",      \
            .item = FIELD_RECORD, .record = &person_ref_table),                                    \
        ROW_ENUM(struct envelope, origin, 0, enum_origin, "Who opened the hand-over."),            \
        ROW_ENUM(struct envelope, legal_basis, 0, enum_legal_basis,                                \
                 "Why the data may be sent: article L. 6353-10 of the labour code, or consent."),  \
        ROW_STRING(struct envelope, consent_ref, FIELD_NULLABLE,                                   \
                   "Where the issuer keeps the consent; never the consent itself."),               \
        ROW_BOOL(struct envelope, test, 0,                                                         \
                 "A test: never reaches a real operator, a statistic, an alarm or a match."),      \
        ROW_BYTES(struct envelope, raw_hash, FIELD_NULLABLE | FIELD_RUNTIME,                       \
                  "HMAC-SHA-256 of the record as received, with the operator's own secret."),      \
        ROW_UUID(struct envelope, correction_of, FIELD_NULLABLE | FIELD_RUNTIME,                   \
                 "The event_id that this event corrects; both are kept."),                         \
        ROW_ENUM(struct envelope, correction_reason, 0, enum_correction_reason,                    \
                 "Why it was corrected."),                                                         \
        ROW_UUID(struct envelope, cause, FIELD_NULLABLE | FIELD_RUNTIME,                           \
                 "What the broker answers with this event: an event_id or a deadline's id."),      \
        ROW_RECORD(struct envelope, sealed, FIELD_RUNTIME | FIELD_PERSONAL, struct sealed *,       \
                   sealed_table, "Contact data, or an answer's free text, for sealed_for only."),  \
        ROW_CODE(struct envelope, sealed_for, FIELD_NULLABLE | FIELD_RUNTIME, "operator_code",     \
                 "The only operator who can open `sealed`.")

#endif
