/* SPDX-License-Identifier: Apache-2.0
 *
 * What Relais itself says and keeps: Rejection, Notice, the row Handoff, the Directory.
 */
#include "schemas/events.h"
#include "schemas/rows.h"

static const struct field rejection_fields[] = {
    ROWS_ENVELOPE,
    ROW_ENUM(struct rejection, stage, 0, enum_rejection_stage, "Où c'est rejeté."),
    ROW_CODE(struct rejection, code, 0, "rejection",
             "Pourquoi : un code de la liste de la documentation."),
    ROW_STRING(struct rejection, event_type, FIELD_NULLABLE, "Enregistrement rejeté : 'Referral'…"),
    ROW_STRING(struct rejection, status, FIELD_NULLABLE, "Son statut ou son issue : 'ISSUED'…"),
    ROW_STRING(struct rejection, field, FIELD_NULLABLE, "Champ ou chemin de la source en cause."),
    ROW_STRING(struct rejection, rule, FIELD_NULLABLE,
               "Règle ou place de la correspondance en cause : 'connector.yaml:31:16'."),
    ROW_STRING(struct rejection, detail, FIELD_NULLABLE,
               "Ce qui était attendu, pour les gens ; jamais la valeur trouvée."),
    ROW_STRING(struct rejection, place, FIELD_NULLABLE | FIELD_RUNTIME,
               "Empreinte à clé du fichier ou du message, et la position dedans."),
    ROW_STRING(struct rejection, quarantine_key, FIELD_NULLABLE | FIELD_RUNTIME,
               "Clé de l'enregistrement brut dans la quarantaine de l'opérateur."),
    ROW_BOOL(struct rejection, retryable, 0, "Un nouvel essai peut réussir."),
    ROW_END,
};
const struct record_table rejection_table = {
    "Rejection", rejection_fields, sizeof(struct rejection),
    "Un refus du courtier ou un rejet d'un connecteur : place, étape, code, jamais une valeur. Son "
    "opérateur, le courtier et le tableau de bord peuvent le voir."};

static const struct field notice_fields[] = {
    ROWS_ENVELOPE,
    ROW_ENUM(struct notice, kind, 0, enum_notice_kind, "Ce qui est porté à l'attention des gens."),
    ROW_TIME(struct notice, due_at, FIELD_NULLABLE, "L'échéance passée, UTC."),
    ROW_STRING(struct notice, state, 0, "L'état du passage de relais à ce moment."),
    ROW_END,
};
const struct record_table notice_table = {
    "Notice", notice_fields, sizeof(struct notice),
    "Ce que le courtier dit aux deux opérateurs d'un passage de relais qui n'a pas changé."};

static const struct field slot_fields[] = {
    ROW_ENUM(struct slot, fact, 0, enum_fact, "Le fait qui s'y trouve."),
    ROW_UUID(struct slot, entity_id, FIELD_NULLABLE,
             "Rendez-vous : quelle participation ; sinon l'enregistrement qui l'a dit."),
    ROW_UUID(struct slot, event_id, FIELD_NULLABLE, "Le dernier événement qui l'a dit."),
    ROW_LONG(struct slot, version, 0, "source_version de cet événement."),
    ROW_TIME(struct slot, occurred_at, FIELD_NULLABLE, "occurred_at de cet événement, UTC."),
    ROW_CODE(struct slot, operator_code, 0, "operator_code", "Qui l'a dit."),
    ROW_INT(struct slot, detail, 0,
            "Numéro du symbole du statut, du motif de refus ou de l'issue, selon le fait."),
    ROW_TIME(struct slot, starts_at, FIELD_NULLABLE, "Rendez-vous : le début, UTC."),
    ROW_BOOL(struct slot, implied, 0,
             "Une étape suivante l'implique ; son propre événement n'est pas venu."),
    ROW_BOOL(struct slot, superseded, 0, "Un autre fait l'emporte ; son auteur le sait."),
    ROW_END,
};
static const struct record_table slot_table = {"Slot", slot_fields, sizeof(struct slot),
                                               "Un fait d'un passage de relais, tel qu'il est."};

static const struct field seen_fields[] = {
    ROW_CODE(struct seen, operator_code, 0, "operator_code", "À qui est l'entité."),
    ROW_STRING(struct seen, system, 0, "Dans lequel de ses systèmes."),
    ROW_STRING(struct seen, event_type, 0, "Enregistrement : 'Referral'…"),
    ROW_UUID(struct seen, entity_id, FIELD_NULLABLE, "entity_id de l'enveloppe."),
    ROW_LONG(struct seen, version, 0, "La dernière version retenue."),
    ROW_ARRAY(struct seen, event_ids, 0, "Les événements vus à cette version.", .item = FIELD_UUID),
    ROW_END,
};
static const struct record_table seen_table = {
    "Seen", seen_fields, sizeof(struct seen),
    "Ce qui est retenu contre les doublons, un par entité de la source."};

static const struct field handoff_fields[] = {
    ROW_UUID(struct handoff, handoff_id, FIELD_REQUIRED, "Le passage de relais ; la clé du sujet."),
    ROW_UUID(struct handoff, thread_id, FIELD_REQUIRED, "Son fil."),
    ROW_UUID(struct handoff, parent_handoff_id, FIELD_NULLABLE, "D'où il a été réorienté."),
    ROW_UUID(struct handoff, child_handoff_id, FIELD_NULLABLE, "Vers où il a été réorienté."),
    ROW_CODE(struct handoff, issuer, 0, "operator_code", "L'émetteur."),
    ROW_CODE(struct handoff, holder, 0, "operator_code", "Le détenteur."),
    ROW_CODE(struct handoff, holder_site, FIELD_NULLABLE, "site_code", "À quel site."),
    ROW_ENUM(struct handoff, state, 0, enum_handoff_state, "Où il en est, d'après ses faits."),
    ROW_ENUM(struct handoff, origin, 0, enum_origin, "Qui l'a ouvert."),
    ROW_BOOL(struct handoff, test, 0, "Un essai."),
    ROW_DATE(struct handoff, requested_on, FIELD_NULLABLE,
             "Jour où la personne a demandé, tel qu'il était là-bas ; écrit une seule fois."),
    ROW_TIME(struct handoff, issued_at, FIELD_NULLABLE, "Quand il a été émis, UTC."),
    ROW_TIME(struct handoff, updated_at, FIELD_NULLABLE,
             "Quand le courtier a changé la ligne pour la dernière fois, UTC."),
    ROW_INT(struct handoff, next_seq, 0, "Le prochain handoff_seq."),
    ROW_ARRAY(struct handoff, slots, 0, "Les faits.", .item = FIELD_RECORD, .record = &slot_table),
    ROW_ARRAY(struct handoff, seen, 0, "La mémoire contre les doublons.", .item = FIELD_RECORD,
              .record = &seen_table),
    ROW_ARRAY(struct handoff, thread_operators, 0,
              "Les opérateurs qui ont émis ou tenu dans le fil, contre les boucles.",
              .item = FIELD_STRING, .format = "operator_code"),
    ROW_TIME(struct handoff, due_at, FIELD_NULLABLE, "La prochaine échéance, UTC."),
    ROW_ENUM(struct handoff, due_kind, 0, enum_notice_kind, "Ce qui se passe alors."),
    ROW_CODE(struct handoff, refusal_code, FIELD_NULLABLE, "rejection", "Pourquoi il est refusé."),
    ROW_END,
};
const struct record_table handoff_table = {"Handoff", handoff_fields, sizeof(struct handoff),
                                           "Tout ce que le courtier sait d'un passage de relais. "
                                           "Le courtier et le tableau de bord peuvent le voir."};

static const struct field directory_fields[] = {
    ROW_ENUM(struct directory_entry, kind, 0, enum_directory_kind, "Ce qu'est l'entrée."),
    ROW_STRING(struct directory_entry, code, FIELD_REQUIRED, "Son code, unique dans sa sorte."),
    ROW_TIME(struct directory_entry, valid_from, FIELD_NULLABLE,
             "Dès quand, UTC ; rien : depuis toujours."),
    ROW_TIME(struct directory_entry, valid_to, FIELD_NULLABLE,
             "Jusqu'à quand, UTC, non compris ; rien : sans fin."),
    ROW_CODE(struct directory_entry, operator_code, FIELD_NULLABLE, "operator_code",
             "SITE, KEY et MEMBER : de quel opérateur."),
    ROW_STRING(struct directory_entry, name, FIELD_NULLABLE, "Nom pour les gens."),
    ROW_STRING(struct directory_entry, network, FIELD_NULLABLE,
               "OPERATOR : france_travail, mission_locale, cap_emploi, apec, regional, partner."),
    ROW_CODE(struct directory_entry, region, FIELD_NULLABLE, "region",
             "OPERATOR : région INSEE de son lot ; rien : national."),
    ROW_STRING(
        struct directory_entry, lead, FIELD_NULLABLE,
        "OPERATOR : qui mène son groupement, si chacun a son système ; MEMBER : quel membre mène."),
    ROW_CODE(struct directory_entry, phone, FIELD_NULLABLE, "phone",
             "OPERATOR et SITE : qui appeler, E.164 ; jamais le numéro d'une personne."),
    ROW_STRING(struct directory_entry, email, FIELD_NULLABLE,
               "OPERATOR et SITE : la boîte d'une fonction."),
    ROW_CODE(struct directory_entry, siret, FIELD_NULLABLE, "siret", "SITE et MEMBER : SIRET."),
    ROW_CODE(struct directory_entry, commune, FIELD_NULLABLE, "commune", "SITE : commune INSEE."),
    ROW_CODE(struct directory_entry, zone, FIELD_NULLABLE, "zone", "SITE : fuseau horaire IANA."),
    ROW_STRING(struct directory_entry, member, FIELD_NULLABLE,
               "SITE : membre du groupement qui le tient."),
    ROW_BOOL(struct directory_entry, test, 0, "OPERATOR : seuls des essais lui parviennent."),
    ROW_CODE(struct directory_entry, from_operator, FIELD_NULLABLE, "operator_code",
             "CONVENTION : qui peut orienter."),
    ROW_CODE(struct directory_entry, to_operator, FIELD_NULLABLE, "operator_code",
             "CONVENTION : vers qui."),
    ROW_STRING(struct directory_entry, seal_key_id, FIELD_NULLABLE | FIELD_RUNTIME,
               "KEY : identifiant de la clé pour laquelle sceller."),
    ROW_BYTES(struct directory_entry, seal_key, FIELD_NULLABLE, "Clé publique X25519, 32 octets."),
    ROW_STRING(struct directory_entry, signing_key_id, FIELD_NULLABLE | FIELD_RUNTIME,
               "KEY : identifiant de la clé qui signe."),
    ROW_BYTES(struct directory_entry, signing_key, FIELD_NULLABLE,
              "Clé publique Ed25519, 32 octets."),
    ROW_END,
};
const struct record_table directory_table = {
    "Directory", directory_fields, sizeof(struct directory_entry),
    "Une entrée datée de l'annuaire : opérateur, membre, site, clé ou convention. Tous les "
    "processus le lisent."};
