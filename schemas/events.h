/* SPDX-License-Identifier: Apache-2.0
 *
 * The events as C structs. Three are business facts (Referral, Appointment, Closure),
 * the others are technical. Field by field documentation: the tables in schemas/tables.c,
 * printed by `relais schemas`. Texts and arrays point into the arena (or the message) that
 * the decoder was given.
 */
#ifndef RELAIS_SCHEMAS_EVENTS_H
#define RELAIS_SCHEMAS_EVENTS_H

#include "base/uuid.h"
#include "schemas/event_codes.h"
#include "schemas/field.h"

/* ---- Parts ------------------------------------------------------------------------ */

struct person_ref {
    struct bytes key_id; /* which shared key made it */
    struct bytes ref;    /* 16 bytes, schemas/person_ref.h */
};

/* An id in somebody's system. */
struct reference {
    struct bytes system;
    struct bytes id;
};

/* Bytes only `receiver` can open; schemas/seal.h. */
struct sealed {
    struct bytes key_id; /* of the receiver's X25519 key           */
    struct bytes sealed;
    struct bytes signing_key_id; /* of the sender's Ed25519 key    */
    struct bytes signature;
};

/* First member of every event; its fields stand first in each Avro record, flat. */
struct envelope {
    struct uuid event_id;
    struct uuid handoff_id;
    struct uuid thread_id;
    struct uuid parent_handoff_id; /* nullable */
    int32_t handoff_seq;           /* inbox: 1, 2, 3… within one hand-over; outbox: 0 */
    struct bytes operator_code;    /* who says it; "relais" for the broker's own facts */
    struct bytes site_code;        /* nullable */
    struct bytes source_system;
    /* id(secret, "entity" ␟ system ␟ event type ␟ entity): the source's record without its
     * number. For an appointment it is one participation. */
    struct uuid entity_id;
    int64_t source_version; /* orders the versions of one entity; 0 when the source has none */
    int64_t occurred_at;
    int32_t occurred_at_offset_min; /* nullable: UTC offset of the source's local time */
    int32_t occurred_at_precision;  /* enum time_precision */
    int64_t observed_at;            /* nullable: when the connector read it  */
    int64_t recorded_at;            /* nullable: when it was sent to Kafka   */
    struct field_array person_refs; /* struct person_ref */
    int32_t origin;                 /* enum origin       */
    int32_t legal_basis;            /* enum legal_basis  */
    struct bytes consent_ref;       /* nullable          */
    bool test;
    struct bytes raw_hash;     /* nullable: HMAC-SHA-256 of the raw record, operator's secret */
    struct uuid correction_of; /* nullable: event_id corrected */
    int32_t correction_reason; /* enum correction_reason */
    struct uuid cause;         /* nullable: the broker's own: the event or deadline answered */
    struct sealed *sealed;     /* nullable: contact data or free text of an answer */
    struct bytes sealed_for;   /* nullable: operator code of the addressee of `sealed` */
};

/* ---- Events ----------------------------------------------------------------------- */

struct referral {
    struct envelope envelope;
    int32_t status; /* enum referral_status */
    /* Nullable, write-once, of legal weight (domain.md 1.1): the day the person asked, as it
     * was there; a day, since an instant read in another zone can be another day. */
    int32_t requested_on;
    struct bytes from_operator; /* nullable: only an ISSUED must have both */
    struct bytes to_operator;   /* nullable */
    struct bytes to_site;       /* nullable */
    struct reference *issuer_ref;
    struct reference *receiver_ref;
    int32_t level_requested;                   /* enum level */
    struct field_array public_categories;      /* enum public_category */
    int32_t motive;                            /* enum motive */
    struct bytes motive_source_code;           /* nullable */
    int32_t reason;                            /* enum referral_reason */
    struct field_array alternatives_presented; /* struct bytes: operator codes */
    int64_t person_choice_at;                  /* nullable */
    int32_t urgency;
    int32_t contact_preference;
    struct bytes region_code;      /* nullable: INSEE, residence */
    struct bytes departement_code; /* nullable */
    struct bytes rome_code;        /* nullable */
    struct bytes pcs1;             /* nullable: 1 to 8 */
    bool choice_required;
    bool choice_recorded;
    int32_t age_band;
    int32_t sex;
    int32_t qualification_band;
    bool synthesis_available;
    int64_t synthesis_at;   /* nullable */
    int32_t decline_reason; /* enum decline_reason */
    bool decline_text_present;
};

struct appointment {
    struct envelope envelope;
    int32_t status;       /* enum appointment_status */
    int64_t starts_at;    /* nullable: RESCHEDULED without a new slot yet */
    struct bytes zone;    /* nullable: IANA name of the place             */
    int32_t duration_min; /* nullable */
    int32_t modality;
    int32_t level;
    bool is_first;
    bool is_collective;
    int64_t booked_at;    /* nullable */
    int64_t status_at;    /* nullable */
    int64_t cancelled_at; /* nullable */
    int32_t initiator;
    int64_t previous_starts_at; /* nullable */
    int32_t reschedule_count;   /* nullable */
};

struct closure {
    struct envelope envelope;
    int64_t closed_at;   /* nullable */
    int64_t takeover_at; /* nullable */
    int32_t level_reached;
    int32_t outcome;                   /* enum closure_outcome */
    struct bytes outcome_source_code;  /* nullable */
    struct bytes outcome_list_version; /* nullable */
    struct uuid onward_handoff_id;     /* nullable */
    int32_t appointments_honoured;     /* nullable */
    int32_t duration_days;             /* nullable */
    bool synthesis_given;
    bool satisfaction_collected;
};

/* A refusal (broker) or a dead letter (connector). Never holds a value of a record. */
struct rejection {
    struct envelope envelope; /* of the rejected event as far as known; event_id is the
                                 rejection's own, `cause` the rejected event's; operator_code
                                 is whose dead letter it is */
    int32_t stage;
    struct bytes code;           /* schemas/codes.h "rejection": convention_missing, loop, … */
    struct bytes event_type;     /* nullable: "Referral"…                */
    struct bytes status;         /* nullable: "ISSUED"…                  */
    struct bytes field;          /* nullable: target or source path      */
    struct bytes rule;           /* nullable: "connector.yaml:31:16"     */
    struct bytes detail;         /* nullable: what was expected, for people */
    struct bytes place;          /* nullable: HMAC of file or message, and position */
    struct bytes quarantine_key; /* nullable: where the raw record waits */
    bool retryable;
};

/* What the broker says to both ends about a hand-over that has not changed. */
struct notice {
    struct envelope envelope;
    int32_t kind;
    int64_t due_at;     /* nullable: the deadline that passed */
    struct bytes state; /* state of the hand-over then        */
};

/* Contact data: the plaintext of `sealed`; all of it personal. */
struct contact {
    struct uuid handoff_id; /* bound to the seal, checked when opened */
    struct uuid event_id;
    struct bytes receiver;
    struct bytes birth_name;
    struct bytes usual_name;
    struct bytes first_names; /* blank-separated, in the order of the civil status */
    int32_t birth_date;       /* days since 1970-01-01, nullable */
    struct bytes phone;       /* E.164 */
    struct bytes email;
    struct bytes address;
    struct bytes postcode;
    struct bytes commune;
    struct bytes nir;
    struct bytes france_travail_id;
    struct bytes issuer_file; /* the issuer's file number for the person */
    struct bytes note;        /* ≤ 2,000 characters, free text for the receiving counsellor */
    struct bytes availability;
    struct bytes access_needs;
    struct bytes already_done;
    struct bytes call_back; /* counsellor to call back */
};

/* Any event of an outbox or inbox. */
enum event_type {
    EVENT_NONE,
    EVENT_REFERRAL,
    EVENT_APPOINTMENT,
    EVENT_CLOSURE,
    EVENT_REJECTION,
    EVENT_NOTICE,
};
struct event {
    enum event_type type;
    union {
        struct envelope envelope; /* valid for every type but EVENT_NONE */
        struct referral referral;
        struct appointment appointment;
        struct closure closure;
        struct rejection rejection;
        struct notice notice;
    };
};

/* ---- The row ---------------------------------------------------------------------- */

/* One fact as it stands. */
struct slot {
    int32_t fact;          /* enum fact */
    struct uuid entity_id; /* appointments: which participation; else who said it  */
    struct uuid event_id;
    int64_t version;
    int64_t occurred_at;
    struct bytes operator_code;
    int32_t detail;    /* appointment status, decline reason or closure outcome, by fact */
    int64_t starts_at; /* nullable: appointments; a new hour is a change of the slot */
    bool implied;      /* a later step implies it; its own event has not come             */
    bool superseded;   /* it lost against another fact, and its sender was told           */
};

/* What is remembered against doubles: one a source entity. */
struct seen {
    struct bytes operator_code;
    struct bytes system;
    struct bytes event_type;
    struct uuid entity_id;
    int64_t version;              /* the last one */
    struct field_array event_ids; /* struct uuid: ids seen at that version */
};

/* Record "Handoff": everything the broker knows of one hand-over. */
struct handoff {
    struct uuid handoff_id;
    struct uuid thread_id;
    struct uuid parent_handoff_id; /* nullable */
    struct uuid child_handoff_id;  /* nullable: where it was redirected to */
    struct bytes issuer;
    struct bytes holder;
    struct bytes holder_site; /* nullable */
    int32_t state;            /* enum handoff_state */
    int32_t origin;
    bool test;
    int32_t requested_on; /* nullable, write-once */
    int64_t issued_at;
    int64_t updated_at; /* when the broker last changed the row */
    int32_t next_seq;
    struct field_array slots;            /* struct slot */
    struct field_array seen;             /* struct seen */
    struct field_array thread_operators; /* struct bytes: who issued or held, for loops */
    int64_t due_at;                      /* nullable: the next deadline */
    int32_t due_kind;                    /* enum notice_kind            */
    struct bytes refusal_code;           /* nullable: state REFUSED     */
};

/* ---- The directory ---------------------------------------------------------------- */

/* Record "Directory": one dated entry of relais.directory.v1. Which members an entry of each
 * kind has is the business of directory/; here all but kind and code may be "no value". */
struct directory_entry {
    int32_t kind;                /* enum directory_kind */
    struct bytes code;           /* unique in its kind  */
    int64_t valid_from;          /* nullable: since ever                       */
    int64_t valid_to;            /* nullable: open; exclusive                  */
    struct bytes operator_code;  /* nullable: SITE, KEY, MEMBER: whose         */
    struct bytes name;           /* nullable: for people                       */
    struct bytes network;        /* nullable: OPERATOR: regional, apec…        */
    struct bytes region;         /* nullable: OPERATOR: INSEE code of its lot  */
    struct bytes lead;           /* nullable: OPERATOR: code of the operator that leads its
                                    consortium; MEMBER: code of the member that leads */
    struct bytes phone;          /* nullable: OPERATOR, SITE: whom to call, never a person's own */
    struct bytes email;          /* nullable: OPERATOR, SITE: a mailbox of a function */
    struct bytes siret;          /* nullable: SITE, MEMBER                     */
    struct bytes commune;        /* nullable: SITE: INSEE code                 */
    struct bytes zone;           /* nullable: SITE: IANA name                  */
    struct bytes member;         /* nullable: SITE: member of the consortium   */
    bool test;                   /* OPERATOR: only test events reach it        */
    struct bytes from_operator;  /* nullable: CONVENTION                       */
    struct bytes to_operator;    /* nullable: CONVENTION                       */
    struct bytes seal_key_id;    /* nullable: KEY                              */
    struct bytes seal_key;       /* nullable: X25519, 32 bytes                 */
    struct bytes signing_key_id; /* nullable */
    struct bytes signing_key;    /* nullable: Ed25519, 32 bytes */
};

/* ---- Tables ----------------------------------------------------------------------- */

extern const struct record_table referral_table;
extern const struct record_table appointment_table;
extern const struct record_table closure_table;
extern const struct record_table rejection_table;
extern const struct record_table notice_table;
extern const struct record_table handoff_table;
extern const struct record_table contact_table;
extern const struct record_table directory_table; /* struct directory_entry */

/* NULL for EVENT_NONE. The struct of an event begins at &event->envelope. */
const struct record_table *event_table(enum event_type type);
/* EVENT_NONE when no event has that Avro name. */
enum event_type event_type_of(struct bytes record_name);
/* Symbol of the event's own status, outcome or kind: "ISSUED", "BOOKED", "TRAINING"… */
const char *event_status(const struct event *event);

#endif
