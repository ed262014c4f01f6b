/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/words.h"

#include "schemas/codes.h"

/* The word of a number of an enum; one from a newer program has none here. */
static const char *word_of(const char *const *words, size_t count, int32_t number)
{
    return number >= 0 && (size_t)number < count && words[number] ? words[number] : "inconnu";
}
#define WORD_OF(words, number) word_of(words, sizeof(words) / sizeof((words)[0]), (int32_t)(number))

const char *words_state(enum handoff_state state)
{
    static const char *const words[] = {
        [HANDOFF_ISSUED] = "émis",
        [HANDOFF_REFUSED] = "refusé par règle",
        [HANDOFF_DELIVERED] = "remis",
        [HANDOFF_RECEIVED] = "reçu",
        [HANDOFF_ACCEPTED] = "accepté",
        [HANDOFF_TAKEN_OVER] = "pris en charge",
        [HANDOFF_CLOSED] = "clos",
        [HANDOFF_DECLINED] = "décliné",
        [HANDOFF_REDIRECTED] = "réorienté",
        [HANDOFF_CANCEL_REQUESTED] = "annulation demandée",
        [HANDOFF_CANCELLED] = "annulé",
        [HANDOFF_OVERDUE] = "en retard",
        [HANDOFF_EXPIRED] = "expiré",
        [HANDOFF_WITHDRAWN_BY_PERSON] = "retiré par la personne",
        [HANDOFF_ENTERED_IN_ERROR] = "saisi par erreur",
        [HANDOFF_ERASED] = "effacé",
    };

    return WORD_OF(words, state);
}

const char *words_appointment(enum appointment_status status)
{
    static const char *const words[] = {
        [APPOINTMENT_PROPOSED] = "rendez-vous proposé",
        [APPOINTMENT_BOOKED] = "rendez-vous pris",
        [APPOINTMENT_RESCHEDULED] = "rendez-vous déplacé",
        [APPOINTMENT_HONOURED] = "rendez-vous honoré",
        [APPOINTMENT_NO_SHOW] = "personne absente au rendez-vous",
        [APPOINTMENT_CANCELLED_BY_PERSON] = "rendez-vous annulé par la personne",
        [APPOINTMENT_CANCELLED_BY_OPERATOR] = "rendez-vous annulé par l'opérateur",
        [APPOINTMENT_CANCELLED_UNSPECIFIED] = "rendez-vous annulé",
        [APPOINTMENT_UNRECORDED] = "rendez-vous passé sans suite notée",
        [APPOINTMENT_ENTERED_IN_ERROR] = "rendez-vous saisi par erreur",
        [APPOINTMENT_ERASED] = "rendez-vous effacé",
    };

    return WORD_OF(words, status);
}

const char *words_modality(enum modality modality)
{
    static const char *const words[] = {
        [MODALITY_UNKNOWN] = NULL,          [MODALITY_IN_PERSON] = "sur place",
        [MODALITY_PHONE] = "par téléphone", [MODALITY_VIDEO] = "en visio",
        [MODALITY_HOME] = "à domicile",     [MODALITY_REMOTE_UNSPECIFIED] = "à distance",
    };

    return modality == MODALITY_UNKNOWN ? NULL : WORD_OF(words, modality);
}

const char *words_outcome(enum closure_outcome outcome)
{
    static const char *const words[] = {
        [CLOSURE_UNKNOWN] = "issue inconnue",
        [CLOSURE_EMPLOYMENT] = "emploi",
        [CLOSURE_BUSINESS_CREATION] = "création d'entreprise",
        [CLOSURE_TRAINING] = "formation",
        [CLOSURE_VAE_CERTIFICATION] = "VAE ou certification",
        [CLOSURE_FUNDING_FILE_SUBMITTED] = "dossier de financement déposé",
        [CLOSURE_INTERNAL_MOBILITY] = "mobilité interne",
        [CLOSURE_IMMERSION] = "immersion",
        [CLOSURE_PROJECT_FORMALISED] = "projet formalisé",
        [CLOSURE_INFORMATION_SUFFICIENT] = "information suffisante",
        [CLOSURE_REFERRED_ONWARD] = "orientation vers un autre opérateur",
        [CLOSURE_ABANDONED] = "abandon",
        [CLOSURE_UNREACHABLE] = "personne injoignable",
        [CLOSURE_TRANSFERRED] = "transfert",
        [CLOSURE_OTHER] = "autre issue",
        [CLOSURE_ENTERED_IN_ERROR] = "clôture saisie par erreur",
    };

    return WORD_OF(words, outcome);
}

const char *words_decline(enum decline_reason reason)
{
    static const char *const words[] = {
        [DECLINE_UNKNOWN] = "motif non précisé",
        [DECLINE_OUT_OF_SCOPE] = "hors de son champ",
        [DECLINE_CAPACITY] = "plus de place",
        [DECLINE_NOT_REACHABLE] = "personne injoignable",
        [DECLINE_DUPLICATE] = "doublon",
        [DECLINE_NOT_ELIGIBLE] = "personne non éligible",
        [DECLINE_PERSON_DECLINED] = "la personne n'a pas voulu",
        [DECLINE_OTHER] = "autre motif",
    };

    return WORD_OF(words, reason);
}

const char *words_rejection(struct bytes code)
{
    for (const struct rejection_code *row = rejection_codes; row->code; row++)
        if (bytes_equal_text(code, row->code))
            return row->meaning_fr;
    return NULL;
}
