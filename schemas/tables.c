/* SPDX-License-Identifier: Apache-2.0
 *
 * What operators tell each other: Referral, Appointment, Closure, and the sealed Contact.
 * Fields may be added at the end, never renamed, moved or removed (DESIGN.md "Evolution").
 */
#include "schemas/events.h"
#include "schemas/rows.h"

static const struct field person_ref_fields[] = {
    ROW_STRING(struct person_ref, key_id, FIELD_RUNTIME, "La clé commune qui l'a fait."),
    ROW_BYTES(struct person_ref, ref, 0,
              "16 octets d'une empreinte à clé de la date de naissance et des noms ; deux "
              "personnes peuvent avoir la même."),
    ROW_END,
};
const struct record_table person_ref_table = {
    "PersonRef", person_ref_fields, sizeof(struct person_ref),
    "Un pseudonyme à clé. La clé est commune aux connecteurs ; ni le courtier ni les lecteurs ne "
    "l'ont."};

static const struct field reference_fields[] = {
    ROW_STRING(struct reference, system, 0, "Le système qui a donné l'identifiant."),
    ROW_STRING(struct reference, id, FIELD_IDENTIFIER,
               "L'identifiant de l'orientation là-bas ; jamais celui d'une personne."),
    ROW_END,
};
const struct record_table reference_table = {
    "Reference", reference_fields, sizeof(struct reference), "Un identifiant dans un système."};

static const struct field sealed_fields[] = {
    ROW_STRING(struct sealed, key_id, FIELD_RUNTIME,
               "Identifiant de la clé X25519 du destinataire."),
    ROW_BYTES(struct sealed, sealed, FIELD_PERSONAL,
              "Un enregistrement Contact complété, dans une boîte scellée de libsodium ; pour son "
              "seul destinataire."),
    ROW_STRING(struct sealed, signing_key_id, FIELD_RUNTIME,
               "Identifiant de la clé Ed25519 de celui qui envoie."),
    ROW_BYTES(struct sealed, signature, 0,
              "Ed25519 de handoff_id, event_id, destinataire, key_id et octets scellés."),
    ROW_END,
};
const struct record_table sealed_table = {"Sealed", sealed_fields, sizeof(struct sealed),
                                          "Des octets qu'un seul opérateur peut lire."};

static const struct field referral_fields[] = {
    ROWS_ENVELOPE,
    ROW_ENUM(struct referral, status, 0, enum_referral_status,
             "Ce qui est dit du passage de relais."),
    ROW_DATE(struct referral, requested_on, FIELD_NULLABLE,
             "Jour où la personne a demandé conseil, tel qu'il était là-bas ; écrit une seule fois "
             "(domain.md 1.1)."),
    ROW_CODE(struct referral, from_operator, FIELD_NULLABLE, "operator_code",
             "Qui oriente ; un ISSUED doit l'avoir."),
    ROW_CODE(struct referral, to_operator, FIELD_NULLABLE, "operator_code",
             "À qui le relais est passé ; un ISSUED doit l'avoir."),
    ROW_CODE(struct referral, to_site, FIELD_NULLABLE, "site_code",
             "Site du destinataire, quand l'émetteur le connaît."),
    ROW_RECORD(struct referral, issuer_ref, 0, struct reference *, reference_table,
               "L'identifiant de l'orientation chez l'émetteur."),
    ROW_RECORD(struct referral, receiver_ref, 0, struct reference *, reference_table,
               "L'identifiant de l'orientation chez le destinataire, dès qu'il en a un."),
    ROW_ENUM(struct referral, level_requested, 0, enum_level, "Niveau de conseil demandé."),
    ROW_ARRAY(
        struct referral, public_categories, 0,
        "Les situations de la personne ; jamais un handicap, qui est scellé ou n'est pas envoyé.",
        .item = FIELD_ENUM, .symbols = &enum_public_category),
    ROW_ENUM(
        struct referral, motive, 0, enum_motive,
        "Pourquoi la personne a demandé ; KEEP_JOB_HEALTH compte comme OTHER dans tout tableau."),
    ROW_STRING(struct referral, motive_source_code, FIELD_NULLABLE,
               "Le code du motif dans la liste de l'émetteur."),
    ROW_ENUM(struct referral, reason, 0, enum_referral_reason, "Pourquoi elle est orientée."),
    ROW_ARRAY(struct referral, alternatives_presented, 0,
              "Les opérateurs dont on a parlé à la personne (choix éclairé).", .item = FIELD_STRING,
              .format = "operator_code"),
    ROW_TIME(struct referral, person_choice_at, FIELD_NULLABLE, "Quand la personne a choisi, UTC."),
    ROW_ENUM(struct referral, urgency, 0, enum_urgency, "L'urgence, selon l'émetteur."),
    ROW_ENUM(struct referral, contact_preference, 0, enum_contact_preference,
             "Comment la personne veut être rappelée."),
    ROW_CODE(struct referral, region_code, FIELD_NULLABLE, "region",
             "Région de résidence (INSEE), pour choisir le destinataire et pour les statistiques."),
    ROW_CODE(struct referral, departement_code, FIELD_NULLABLE, "departement",
             "Département de résidence (INSEE)."),
    ROW_CODE(struct referral, rome_code, FIELD_NULLABLE, "rome", "Métier, ROME."),
    ROW_CODE(struct referral, pcs1, FIELD_NULLABLE, "pcs1",
             "Catégorie socioprofessionnelle, PCS niveau 1, pour les statistiques."),
    ROW_BOOL(struct referral, choice_required, 0,
             "La part scellée tient ce qui demande que la personne ait choisi l'opérateur."),
    ROW_BOOL(struct referral, choice_recorded, 0, "Ce choix a été recueilli par l'émetteur."),
    ROW_ENUM(struct referral, age_band, 0, enum_age_band, "Pour les statistiques seulement."),
    ROW_ENUM(struct referral, sex, 0, enum_sex, "Pour les statistiques seulement."),
    ROW_ENUM(struct referral, qualification_band, 0, enum_qualification_band,
             "Niveau du cadre national, pour les statistiques seulement."),
    ROW_BOOL(struct referral, synthesis_available, 0,
             "L'émetteur a une synthèse écrite ; son contenu n'est jamais transporté."),
    ROW_TIME(struct referral, synthesis_at, FIELD_NULLABLE, "Date de cette synthèse, UTC."),
    ROW_ENUM(struct referral, decline_reason, 0, enum_decline_reason,
             "Pourquoi c'est décliné ; DECLINED seulement."),
    ROW_BOOL(struct referral, decline_text_present, 0,
             "Un texte libre l'accompagne, scellé pour l'émetteur."),
    ROW_END,
};
const struct record_table referral_table = {
    "Referral", referral_fields, sizeof(struct referral),
    "Un fait d'un passage de relais, dit par l'un de ses deux opérateurs ou par le courtier. Sauf "
    "si un champ dit autre chose, les deux opérateurs et le courtier peuvent le voir."};

static const struct field appointment_fields[] = {
    ROWS_ENVELOPE,
    ROW_ENUM(struct appointment, status, 0, enum_appointment_status,
             "Ce qu'est devenue cette participation."),
    ROW_TIME(struct appointment, starts_at, FIELD_NULLABLE,
             "Début, UTC ; aucun tant qu'un RESCHEDULED n'a pas de nouveau créneau."),
    ROW_CODE(struct appointment, zone, FIELD_NULLABLE, "zone", "Fuseau horaire du lieu, nom IANA."),
    ROW_INT(struct appointment, duration_min, FIELD_NULLABLE, "Durée prévue, en minutes."),
    ROW_ENUM(struct appointment, modality, 0, enum_modality, "Comment ils se rencontrent."),
    ROW_ENUM(struct appointment, level, 0, enum_level, "Niveau de conseil."),
    ROW_BOOL(struct appointment, is_first, 0, "Premier rendez-vous de ce passage de relais."),
    ROW_BOOL(struct appointment, is_collective, 0, "Plusieurs personnes y participent."),
    ROW_TIME(struct appointment, booked_at, FIELD_NULLABLE, "Quand il a été pris, UTC."),
    ROW_TIME(struct appointment, status_at, FIELD_NULLABLE, "Quand le statut a été mis, UTC."),
    ROW_TIME(struct appointment, cancelled_at, FIELD_NULLABLE, "Quand il a été annulé, UTC."),
    ROW_ENUM(struct appointment, initiator, 0, enum_initiator, "Qui l'a demandé."),
    ROW_TIME(struct appointment, previous_starts_at, FIELD_NULLABLE,
             "Début avant qu'il soit déplacé, UTC."),
    ROW_INT(struct appointment, reschedule_count, FIELD_NULLABLE,
            "Combien de fois il a été déplacé."),
    ROW_END,
};
const struct record_table appointment_table = {
    "Appointment", appointment_fields, sizeof(struct appointment),
    "La participation d'une personne à un rendez-vous, telle qu'elle est. Les deux opérateurs du "
    "passage de relais et le courtier peuvent la voir."};

static const struct field closure_fields[] = {
    ROWS_ENVELOPE,
    ROW_TIME(struct closure, closed_at, FIELD_NULLABLE, "Fin de l'accompagnement, UTC."),
    ROW_TIME(struct closure, takeover_at, FIELD_NULLABLE, "Son début, UTC."),
    ROW_ENUM(struct closure, level_reached, 0, enum_level, "Plus haut niveau de conseil donné."),
    ROW_ENUM(struct closure, outcome, 0, enum_closure_outcome, "Son issue."),
    ROW_STRING(struct closure, outcome_source_code, FIELD_NULLABLE,
               "Le code de l'issue dans la liste du détenteur."),
    ROW_STRING(struct closure, outcome_list_version, FIELD_NULLABLE,
               "Version ou date de cette liste."),
    ROW_UUID(struct closure, onward_handoff_id, FIELD_NULLABLE,
             "Le passage de relais qui suit, pour REFERRED_ONWARD."),
    ROW_INT(struct closure, appointments_honoured, FIELD_NULLABLE, "Rendez-vous honorés."),
    ROW_INT(struct closure, duration_days, FIELD_NULLABLE, "Durée, en jours."),
    ROW_BOOL(struct closure, synthesis_given, 0, "La personne a reçu une synthèse écrite."),
    ROW_BOOL(struct closure, satisfaction_collected, 0,
             "On lui a demandé si elle était satisfaite."),
    ROW_END,
};
const struct record_table closure_table = {"Closure", closure_fields, sizeof(struct closure),
                                           "La fin d'un accompagnement. Les deux opérateurs du "
                                           "passage de relais et le courtier peuvent la voir."};

#define ROW_CONTACT(member, doc)                                                                   \
    ROW_STRING(struct contact, member, FIELD_NULLABLE | FIELD_PERSONAL, doc)

static const struct field contact_fields[] = {
    ROW_UUID(struct contact, handoff_id, FIELD_REQUIRED | FIELD_RUNTIME,
             "Le passage de relais pour lequel c'est scellé ; vérifié à l'ouverture."),
    ROW_UUID(struct contact, event_id, FIELD_REQUIRED | FIELD_RUNTIME | FIELD_PASSING,
             "L'événement pour lequel c'est scellé ; vérifié à l'ouverture."),
    ROW_CODE(struct contact, receiver, FIELD_REQUIRED | FIELD_RUNTIME, "operator_code",
             "L'opérateur pour lequel c'est scellé ; vérifié à l'ouverture."),
    ROW_CONTACT(birth_name, "Nom de naissance."),
    ROW_CONTACT(usual_name, "Nom d'usage."),
    ROW_CONTACT(first_names, "Prénoms, dans l'ordre de l'état civil, séparés par des blancs."),
    ROW_DATE(struct contact, birth_date, FIELD_NULLABLE | FIELD_PERSONAL, "Date de naissance."),
    ROW_CODE(struct contact, phone, FIELD_NULLABLE | FIELD_PERSONAL, "phone", "Téléphone, E.164."),
    ROW_CONTACT(email, "Adresse de courriel."),
    ROW_CONTACT(address, "Numéro et rue, lignes séparées par un saut de ligne."),
    ROW_CODE(struct contact, postcode, FIELD_NULLABLE | FIELD_PERSONAL, "postcode",
             "Code postal, cinq chiffres."),
    ROW_CONTACT(commune, "Nom de la commune, comme sur une enveloppe."),
    ROW_CONTACT(nir,
                "Numéro de sécurité sociale, seulement si le destinataire a le droit de le tenir."),
    ROW_CONTACT(france_travail_id, "Identifiant à France Travail."),
    ROW_CONTACT(issuer_file, "Numéro de dossier de la personne chez l'émetteur."),
    ROW_CONTACT(note, "Texte libre pour le conseiller qui reçoit, 2 000 caractères au plus."),
    ROW_CONTACT(availability, "Quand la personne peut être jointe ou venir."),
    ROW_CONTACT(access_needs, "Ce qu'il lui faut pour venir ou pour se faire comprendre."),
    ROW_CONTACT(already_done, "Ce qui a été fait avant le passage de relais."),
    ROW_CONTACT(call_back, "Conseiller à rappeler chez l'émetteur."),
    ROW_END,
};
const struct record_table contact_table = {
    "Contact", contact_fields, sizeof(struct contact),
    "Le clair de ce qui est scellé. N'est dans aucun sujet ; seuls le connecteur qui envoie et "
    "celui qui reçoit le voient."};
