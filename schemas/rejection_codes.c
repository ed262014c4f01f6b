/* SPDX-License-Identifier: Apache-2.0
 *
 * Why something was refused or became a dead letter. Codes are part of the contract with
 * operators: they are added, never renamed. Retryable: may be accepted unchanged later, once
 * somebody put right what is outside the record (a mapping, a convention, a person's file).
 */
#include "schemas/codes.h"

const struct rejection_code rejection_codes[] = {
    /* The record as such */
    {"unreadable_record", "L'enregistrement reçu ne peut pas être lu.", true},
    {"schema_unknown", "L'événement est écrit dans un format que Relais ne connaît pas.", true},
    {"too_large", "L'enregistrement dépasse la taille permise.", false},
    {"too_many", "Ce relais compte déjà trop de faits ; celui-ci n'est pas conservé.", false},
    {"missing_field", "Une information obligatoire manque.", true},
    {"bad_value", "Une information n'a pas la forme attendue.", true},
    {"unknown_code", "Un code n'est pas dans la table de correspondance.", true},
    {"unknown_status", "Le statut envoyé n'est pas connu de Relais.", true},
    {"mapping_error", "La traduction de l'enregistrement a échoué.", true},
    {"detail_unavailable", "Ce qu'un avis annonce n'a pas pu être lu dans le système d'origine.",
     true},
    {"personal_data", "Un numéro de sécurité sociale figure dans un champ partagé.", true},

    /* Which hand-over, which person */
    {"no_link", "Aucun relais ne correspond à cet enregistrement.", true},
    {"ambiguous_link", "Plusieurs relais correspondent à cet enregistrement.", true},
    {"person_not_found", "La personne n'a pas été trouvée dans le système destinataire.", true},
    {"ambiguous_person", "Plusieurs personnes correspondent dans le système destinataire.", true},
    {"lookup_not_found", "Un code n'est pas dans une table de référence.", true},
    {"ambiguous_lookup", "Un code a plusieurs réponses dans une table de référence.", true},

    /* The rules */
    {"unknown_handoff", "Ce relais n'existe pas, ou pas encore.", true},
    {"not_yours", "Ce fait n'appartient pas à l'opérateur qui l'envoie.", false},
    {"convention_missing", "Aucune convention n'autorise cette orientation à cette date.", true},
    {"operator_unknown", "L'opérateur destinataire n'est pas dans l'annuaire à cette date.", true},
    {"undeliverable", "L'autre opérateur n'a pas de boîte de réception ; ce fait compte sans lui.",
     false},
    {"loop", "L'opérateur destinataire a déjà émis ou suivi ce relais.", false},
    {"loop_hint", "La même orientation semble revenir par un autre chemin.", false},
    {"erased", "Ce relais a été effacé ; plus rien ne peut y être ajouté.", false},
    {"superseded", "Un autre fait, définitif, l'emporte ; celui-ci est gardé pour mémoire.", false},
    {"choice_missing", "Le choix de la personne n'a pas été recueilli.", true},
    {"duplicate_handoff", "Ce relais a déjà été émis par un autre opérateur.", false},
    {"test_to_real", "Un relais de test ne peut pas atteindre un opérateur réel.", false},
    {"too_old", "La demande est trop ancienne.", false},

    /* Contact data */
    {"contact_missing", "Les coordonnées de la personne manquent.", true},
    {"contact_unreadable", "Le destinataire ne peut pas ouvrir les coordonnées ; à renvoyer.",
     true},
    {"contact_unwanted", "Des coordonnées accompagnent un fait qui n'en demande pas.", false},
    {"key_missing", "Le destinataire n'a pas publié de clé de chiffrement.", true},

    /* Delivery */
    {"not_expressible", "Le système destinataire ne sait pas représenter ce fait.", false},
    {"refused_by_system", "Le système destinataire a refusé l'enregistrement.", true},
    {"outcome_unknown", "L'écriture a peut-être eu lieu ; une personne doit vérifier.", true},
    {"retries_exhausted",
     "Le système destinataire n'a pas accepté l'envoi dans le temps accordé (72 heures, sauf "
     "réglage).",
     true},
    {NULL, NULL, false},
};

bool rejection_codes_retryable(const char *code)
{
    for (const struct rejection_code *row = rejection_codes; row->code; row++)
        if (strcmp(row->code, code) == 0)
            return row->retryable;
    return false;
}
