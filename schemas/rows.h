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
#define ROWS_ENVELOPE                                                                                  \
    ROW_UUID(struct envelope, event_id, FIELD_REQUIRED | FIELD_RUNTIME | FIELD_PASSING,                \
             "Identifiant de l'événement : le même fait, renvoyé, a le même."),                        \
        ROW_UUID(struct envelope, handoff_id, FIELD_REQUIRED | FIELD_RUNTIME,                          \
                 "Le passage de relais dont parle l'événement."),                                      \
        ROW_UUID(struct envelope, thread_id, FIELD_REQUIRED | FIELD_RUNTIME,                           \
                 "Le handoff_id du premier passage de relais du fil ; la clé Kafka."),                 \
        ROW_UUID(struct envelope, parent_handoff_id, FIELD_NULLABLE | FIELD_RUNTIME,                   \
                 "Le passage de relais réorienté vers celui-ci."),                                     \
        ROW_INT(struct envelope, handoff_seq, FIELD_RUNTIME | FIELD_PASSING,                           \
                "Boîte de réception : 1, 2, 3… dans un passage de relais, mis par le courtier ; "  \
                "boîte d'envoi : 0."),                                                                 \
        ROW_CODE(struct envelope, operator_code, FIELD_REQUIRED | FIELD_RUNTIME, "operator_code",      \
                 "Code opaque de l'opérateur qui le dit ; 'relais' pour le courtier."),                \
        ROW_CODE(struct envelope, site_code, FIELD_NULLABLE, "site_code",                              \
                 "Site de cet opérateur où cela s'est passé, comme dans l'annuaire."),                 \
        ROW_STRING(struct envelope, source_system, FIELD_RUNTIME,                                      \
                   "Nom du système d'où c'est lu, comme dans le fichier du connecteur."),              \
        ROW_UUID(struct envelope, entity_id, FIELD_NULLABLE | FIELD_RUNTIME,                           \
                 "Identifiant à clé de l'enregistrement de la source, sans son numéro ; pour un "   \
                 "rendez-vous, d'une participation."),                                                 \
        ROW_LONG(struct envelope, source_version, FIELD_RUNTIME,                                       \
                 "Ordonne les versions d'une entité ; 0 quand la source n'en a pas."),                 \
        ROW_TIME(struct envelope, occurred_at, 0, "Quand c'est arrivé, selon la source, UTC."),        \
        ROW_INT(struct envelope, occurred_at_offset_min, FIELD_NULLABLE,                               \
                "Décalage UTC de l'heure locale de la source, en minutes."),                           \
        ROW_ENUM(struct envelope, occurred_at_precision, 0, enum_time_precision,                       \
                 "Précision de l'heure de la source ; une date seule est DAY."),                       \
        ROW_TIME(struct envelope, observed_at, FIELD_NULLABLE | FIELD_RUNTIME | FIELD_PASSING,         \
                 "Quand le connecteur l'a lu, UTC."),                                                  \
        ROW_TIME(struct envelope, recorded_at, FIELD_NULLABLE | FIELD_RUNTIME | FIELD_PASSING,         \
                 "Quand c'est parti vers Kafka, UTC."),                                                \
        ROW_ARRAY(struct envelope, person_refs, FIELD_RUNTIME | FIELD_PASSING,                         \
                  "Pseudonymes à clé de la personne, un par clé en vigueur ; pour des "             \
                  "rapprochements probables seulement.",                                               \
                  .item = FIELD_RECORD, .record = &person_ref_table),                                  \
        ROW_ENUM(struct envelope, origin, 0, enum_origin, "Qui a ouvert le passage de relais."),       \
        ROW_ENUM(struct envelope, legal_basis, 0, enum_legal_basis,                                    \
                 "Pourquoi les données peuvent être envoyées : article L. 6353-10 du code du "      \
                 "travail, ou consentement."),                                                         \
        ROW_STRING(struct envelope, consent_ref, FIELD_NULLABLE | FIELD_IDENTIFIER,                    \
                   "Où l'émetteur garde le consentement ; jamais le consentement lui-même."),          \
        ROW_BOOL(struct envelope, test, 0,                                                             \
                 "Un essai : n'atteint jamais un opérateur réel, une statistique, une alarme ni "    \
                 "un rapprochement."),                                                                 \
        ROW_BYTES(                                                                                     \
            struct envelope, raw_hash, FIELD_NULLABLE | FIELD_RUNTIME | FIELD_PASSING,                 \
            "HMAC-SHA-256 de l'enregistrement tel que reçu, avec le secret de l'opérateur."),          \
        ROW_UUID(struct envelope, correction_of, FIELD_NULLABLE | FIELD_RUNTIME,                       \
                 "L'event_id que cet événement corrige ; les deux sont gardés."),                      \
        ROW_ENUM(struct envelope, correction_reason, 0, enum_correction_reason,                        \
                 "Pourquoi il est corrigé."),                                                          \
        ROW_UUID(struct envelope, cause, FIELD_NULLABLE | FIELD_RUNTIME | FIELD_PASSING,               \
                 "Ce à quoi le courtier répond par cet événement : un event_id, ou l'identifiant " \
                 "d'une échéance."),                                                                   \
        ROW_RECORD(                                                                                    \
            struct envelope, sealed, FIELD_RUNTIME | FIELD_PASSING | FIELD_PERSONAL,                   \
            struct sealed *, sealed_table,                                                             \
            "Les coordonnées, ou le texte libre d'une réponse, pour sealed_for seulement."),           \
        ROW_CODE(struct envelope, sealed_for, FIELD_NULLABLE | FIELD_RUNTIME | FIELD_PASSING,          \
                 "operator_code", "Le seul opérateur qui peut ouvrir `sealed`.")

#endif
