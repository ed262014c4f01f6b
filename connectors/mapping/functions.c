/* SPDX-License-Identifier: Apache-2.0
 *
 * The table, and the functions on absence and choice.
 */
#include "connectors/mapping/functions.h"

#include "connectors/mapping/coverage.h"
#include "connectors/mapping/locate.h"

#define T(type) (1U << TYPE_##type)
#define SCALAR (T(ANY) | T(TEXT) | T(INTEGER) | T(BOOL))
#define TEXTS (T(ANY) | T(TEXT) | T(INTEGER))
#define ALL (SCALAR | T(TIME) | T(DATE) | T(LIST) | T(RECEIVER))
#define MANY FUNCTION_MANY

static const struct function functions[] = {
    {"first_of", "first_of(a, b, …)", ALL, 1, MANY, MANY, TYPE_ANY, true, true, FORM_NONE, NULL,
     functions_call_first_of, "La première valeur présente (ni absente, ni null, ni blanche)."},
    {"default", "x | default(valeur)", ALL, 2, 2, 2, TYPE_ANY, true, true, FORM_NONE, NULL,
     functions_call_default, "La valeur, ou celle-ci quand elle n'est pas présente."},
    {"required", "x | required", ALL, 1, 1, 1, TYPE_ANY, true, false, FORM_NONE, NULL,
     functions_call_required, "Rejette l'élément quand la valeur n'est pas présente."},
    {"or_none", "x | or_none", ALL, 1, 1, 1, TYPE_ANY, true, true, FORM_NONE, NULL,
     functions_call_or_none,
     "Rien à la place d'une valeur illisible (téléphone, code postal, date…), au lieu de rejeter "
     "l'élément. Compté (`relais_unknown_codes_total`)."},
    {"none_if", "x | none_if(\"0\", \"N/A\")", SCALAR, 2, MANY, 1, TYPE_ANY, true, false, FORM_NONE,
     NULL, functions_call_none_if,
     "Ces valeurs-là veulent dire « rien » dans ce champ (voir aussi `sentinels`)."},
    {"if", "if(condition, a, b)", ALL, 2, 3, 3, TYPE_ANY, true, true, FORM_NONE, NULL,
     functions_call_if, "a quand la condition est vraie, sinon b (ou rien)."},
    {"present", "present(x)", ALL, 1, 1, 1, TYPE_BOOL, false, false, FORM_NONE, NULL,
     functions_call_present, "Vrai quand la valeur est là : ni absente, ni null, ni blanche."},
    {"empty", "empty(x)", ALL, 1, 1, 1, TYPE_BOOL, false, false, FORM_NONE, NULL,
     functions_call_empty, "Le contraire de `present`."},
    {"contains", "x | contains(\"texte\")", TEXTS | T(LIST), 2, 2, 2, TYPE_BOOL, false, false,
     FORM_NONE, NULL, functions_call_contains,
     "Vrai quand le texte contient celui-ci, ou la liste un tel élément."},
    {"starts_with", "x | starts_with(\"texte\")", TEXTS, 2, 2, 2, TYPE_BOOL, false, false,
     FORM_NONE, NULL, functions_call_starts_with, "Vrai quand le texte commence ainsi."},
    {"code", "x | code(table) ou x | code(a = A, b = B, else = C)", SCALAR | T(LIST), 1, 1, 1,
     TYPE_TEXT, false, false, FORM_NONE, NULL, functions_call_code,
     "Traduit par une table de `codes`, ou écrite là. Une valeur inconnue rejette l'élément, "
     "sauf si la table a `else`."},
    {"lookup", "x | lookup(table, colonne)", SCALAR, 3, 6, MANY, TYPE_TEXT, false, false, FORM_NONE,
     functions_prepare_lookup, functions_call_lookup,
     "La colonne d'une table de référence (`tables`), à la ligne dont la clé est x ; d'autres "
     "colonnes de clé suivent : `lookup(communes, code, $.ville)`. Introuvable ou ambigu : "
     "l'élément "
     "est rejeté, avec le nombre de candidats."},
    {"meaning", "x | meaning", TEXTS, 1, 1, 1, TYPE_TEXT, false, false, FORM_NONE,
     functions_prepare_meaning, functions_call_meaning,
     "La phrase française d'un code de rejet (event.code)."},
    {"text", "text(\"constante\")", TEXTS, 1, 1, 0, TYPE_TEXT, false, false, FORM_NONE,
     functions_prepare_check, functions_call_text,
     "Un texte constant, pour commencer une expression par un texte."},
    {"trim", "x | trim", TEXTS, 1, 1, 1, TYPE_TEXT, false, false, FORM_NONE, NULL,
     functions_call_trim, "Sans les blancs du début et de la fin."},
    {"squeeze", "x | squeeze", TEXTS, 1, 1, 1, TYPE_TEXT, false, false, FORM_NONE, NULL,
     functions_call_squeeze, "Comme `trim`, et un seul blanc entre deux mots."},
    {"lower", "x | lower", TEXTS, 1, 1, 1, TYPE_TEXT, false, false, FORM_NONE, NULL,
     functions_call_lower, "En minuscules."},
    {"upper", "x | upper", TEXTS, 1, 1, 1, TYPE_TEXT, false, false, FORM_NONE, NULL,
     functions_call_upper, "En majuscules."},
    {"normalise", "x | normalise", TEXTS, 1, 1, 1, TYPE_TEXT, false, false, FORM_NONE, NULL,
     functions_call_normalise, "En forme Unicode NFC."},
    {"cut", "x | cut(2000)", TEXTS, 2, 2, 1, TYPE_TEXT, false, false, FORM_NONE,
     functions_prepare_number, functions_call_cut, "Les N premiers caractères."},
    {"cut_bytes", "x | cut_bytes(255)", TEXTS, 2, 2, 1, TYPE_TEXT, false, false, FORM_NONE,
     functions_prepare_number, functions_call_cut_bytes,
     "Au plus N octets, sans couper un caractère."},
    {"join", "join(\" \", a, b, …)", SCALAR | T(LIST), 2, MANY, MANY, TYPE_TEXT, false, false,
     FORM_NONE, NULL, functions_call_join,
     "Les valeurs présentes, séparées par le premier texte ; une liste compte pour ses éléments."},
    {"split", "x | split(\";\")", TEXTS, 2, 2, 2, TYPE_LIST, false, false, FORM_NONE, NULL,
     functions_call_split, "Le texte coupé en une liste, sans blancs ni éléments vides."},
    {"pick", "x | pick(\"export-{#+}.csv\")", TEXTS, 2, 2, 1, TYPE_TEXT, false, false, FORM_NONE,
     functions_prepare_pattern, functions_call_pick,
     "Ce que le modèle met entre accolades, si tout le texte lui ressemble ; sinon rien. `*` : "
     "tout "
     "texte, `?` : un caractère, `#` : un chiffre, `#+` : des chiffres, `\\` : le signe lui-même."},
    {"like", "x | like(\"RDV-*\")", TEXTS, 2, 2, 1, TYPE_BOOL, false, false, FORM_NONE,
     functions_prepare_pattern, functions_call_like,
     "Vrai quand tout le texte ressemble au modèle (voir `pick`)."},
    {"pad", "x | pad(5)", TEXTS, 2, 2, 1, TYPE_TEXT, false, false, FORM_NONE,
     functions_prepare_number, functions_call_pad,
     "Les zéros de tête d'un code, qu'un tableur a retirés : 1000 devient 01000."},
    {"datetime", "x | datetime(\"%d/%m/%Y %H:%M\", \"Europe/Paris\")", TEXTS, 1, 8, 1, TYPE_TIME,
     false, false, FORM_NONE, functions_prepare_times, functions_call_datetime,
     "Un instant : un ou plusieurs formats, et la zone d'un texte sans décalage. Sans argument : "
     "ceux de `times`. Une date seule est minuit dans la zone, et garde son jour."},
    {"datetime_in", "x | datetime_in(zone, \"%d/%m/%Y %H:%M\")", TEXTS, 2, 8, 2, TYPE_TIME, false,
     false, FORM_NONE, functions_prepare_in_zone, functions_call_datetime_in,
     "Comme `datetime`, quand la zone dépend de l'enregistrement : un champ, ou une table de "
     "référence des sites."},
    {"date", "x | date(\"%d/%m/%Y\")", TEXTS, 1, 8, 1, TYPE_DATE, false, false, FORM_NONE,
     functions_prepare_times, functions_call_date,
     "Un jour, tel qu'il est écrit, sans zone (par défaut « iso »)."},
    {"format", "x | format(\"%d/%m/%Y\", \"Europe/Paris\")", T(TIME) | T(DATE), 1, 3, 1, TYPE_TEXT,
     false, false, FORM_NONE, functions_prepare_format, functions_call_format,
     "Écrit un instant ou un jour (par défaut « iso », dans la zone de `times`)."},
    {"integer", "x | integer", TEXTS, 1, 1, 1, TYPE_INTEGER, false, false, FORM_NONE, NULL,
     functions_call_integer, "Un nombre entier ; les espaces fines sont admises."},
    {"decimal", "x | decimal", TEXTS, 1, 1, 1, TYPE_TEXT, false, false, FORM_NONE, NULL,
     functions_call_decimal,
     "Un nombre à virgule ou à point, exact : « 1 234,50 » devient 1234.5."},
    {"minutes", "x | minutes(\"h\")", TEXTS, 1, 2, 1, TYPE_INTEGER, false, false, FORM_NONE,
     functions_prepare_unit, functions_call_minutes,
     "Une durée en minutes : 90, 1h30, 01:30, PT1H30M ; l'unité d'un nombre seul est `min`, sauf "
     "si elle est dite (`h`, `s`)."},
    {"order", "version: order(file | pick(\"export-{#+}.csv\"), line)", TEXTS | T(TIME), 2, 2, 2,
     TYPE_INTEGER, false, false, FORM_NONE, NULL, functions_call_order,
     "L'ordre d'une ligne : le numéro ou la date du fichier, puis la ligne ; le même, le fichier "
     "renvoyé."},
    {"boolean", "x | boolean(\"O\", \"N\")", SCALAR, 1, 3, 1, TYPE_BOOL, false, false, FORM_NONE,
     functions_prepare_check, functions_call_boolean,
     "Vrai ou faux : true/false, ou les deux textes donnés."},
    {"phone", "x | phone", TEXTS, 1, 1, 1, TYPE_TEXT, false, false, FORM_NONE, NULL,
     functions_call_phone,
     "Un téléphone français en E.164 (+33601020304), zéro perdu et outre-mer compris."},
    {"siret", "x | siret", TEXTS, 1, 1, 1, TYPE_TEXT, false, false, FORM_NONE,
     functions_prepare_code_list, functions_call_check, "Un SIRET, clé vérifiée."},
    {"siren", "x | siren", TEXTS, 1, 1, 1, TYPE_TEXT, false, false, FORM_NONE,
     functions_prepare_code_list, functions_call_check, "Un SIREN, clé vérifiée."},
    {"rna", "x | rna", TEXTS, 1, 1, 1, TYPE_TEXT, false, false, FORM_NONE,
     functions_prepare_code_list, functions_call_check,
     "Un numéro RNA d'association (W et 9 chiffres ; pas d'Alsace-Moselle)."},
    {"region", "x | region", TEXTS, 1, 1, 1, TYPE_TEXT, false, false, FORM_NONE,
     functions_prepare_code_list, functions_call_check, "Un code INSEE de région d'aujourd'hui."},
    {"departement", "x | departement", TEXTS, 1, 1, 1, TYPE_TEXT, false, false, FORM_NONE,
     functions_prepare_code_list, functions_call_check, "Un code de département (2A, 2B, 971…)."},
    {"commune", "x | commune", TEXTS, 1, 1, 1, TYPE_TEXT, false, false, FORM_NONE,
     functions_prepare_code_list, functions_call_check,
     "Un code INSEE de commune, d'aujourd'hui ou d'avant une fusion (pas un code postal)."},
    {"postcode", "x | postcode", TEXTS, 1, 1, 1, TYPE_TEXT, false, false, FORM_NONE,
     functions_prepare_code_list, functions_call_check, "Un code postal."},
    {"rome", "x | rome", TEXTS, 1, 1, 1, TYPE_TEXT, false, false, FORM_NONE,
     functions_prepare_code_list, functions_call_check, "Un code ROME, d'un domaine connu."},
    {"has_nir", "has_nir(x)", TEXTS, 1, 1, 1, TYPE_BOOL, false, false, FORM_NONE, NULL,
     functions_call_has_nir,
     "Vrai quand le texte contient un numéro de sécurité sociale, ou treize chiffres qui en ont "
     "la forme (plus d'un nombre sur deux) : à refuser, ou pour `contact.nir` seulement."},
    {"regional", "to_operator: regional(x)", TEXTS, 1, 1, 1, TYPE_RECEIVER, false, false, FORM_NONE,
     functions_prepare_receiver, functions_call_regional,
     "Dans `to_operator` : l'opérateur régional de cette région ce jour-là, dans l'annuaire."},
    {"operator_of", "to_operator: operator_of(x)", TEXTS, 1, 1, 1, TYPE_RECEIVER, false, false,
     FORM_NONE, functions_prepare_receiver, functions_call_operator_of,
     "Dans `to_operator` : l'opérateur de ce site ce jour-là, dans l'annuaire."},
    {"link", "link(sorte) ; pour `handoff` : link(sorte, clé)", TEXTS, 1, 2, 2, TYPE_TEXT, false,
     false, FORM_LINK, functions_prepare_link, functions_call_link,
     "En sortie : ce qui a été retenu sous cette sorte. Dans `handoff` : le passage de relais "
     "que ce lien désigne."},
    {"given", "handoff: given(x)", TEXTS, 1, 1, 1, TYPE_ANY, true, false, FORM_GIVEN, NULL, NULL,
     "Dans `handoff` et `parent` : x est notre handoff_id, gardé dans leur système. Un `handoff` "
     "sans valeur est rejeté : `missing_field`."},
    {"by_person", "handoff: by_person(x)", TEXTS, 1, 1, 1, TYPE_ANY, true, false, FORM_BY_PERSON,
     functions_prepare_by_person, NULL,
     "Dans `handoff` : le seul passage de relais ouvert de cette personne (lien « person »)."},
    {"strict", "version: strict(x)", TEXTS | T(TIME), 1, 1, 1, TYPE_ANY, true, false, FORM_STRICT,
     NULL, NULL,
     "Dans `version` : un compteur ou un identifiant du changement ; une version n'a qu'un "
     "contenu."},
};
#define COUNT (sizeof(functions) / sizeof(functions[0]))

const struct function *functions_at(size_t index)
{
    return index < COUNT ? &functions[index] : NULL;
}

const struct function *functions_find(struct bytes name)
{
    for (size_t i = 0; i < COUNT; i++)
        if (bytes_equal_text(name, functions[i].name))
            return &functions[i];
    return NULL;
}

const char *const *functions_names(struct compiler *compiler)
{
    const char **names = arena_array(compiler->arena, COUNT + 1, sizeof(*names));

    for (size_t i = 0; i < COUNT; i++)
        names[i] = functions[i].name;
    return names;
}

/* ---- Absence and choice --------------------------------------------------------------- */

#define NOTHING ((struct value){.kind = VALUE_NULL})

FUNCTION_CALL(first_of)
{
    (void)args;
    for (size_t i = 0; i < expression->count; i++) {
        struct value value = evaluate(evaluation, expression->args[i]);

        if (value.kind == VALUE_FAILED || evaluate_is_present(evaluation, &value))
            return value;
    }
    return NOTHING;
}

FUNCTION_CALL(default)
{
    return functions_call_first_of(evaluation, expression, args);
}

FUNCTION_CALL(required)
{
    return evaluate_is_present(evaluation, &args[0])
               ? args[0]
               : evaluate_fail(evaluation, expression, FAIL_MISSING_FIELD, "sans valeur", "une",
                               BYTES_NONE);
}

/* A detail that cannot be read does not take the whole fact along. What failed before it still
 * fails: this is about its own argument. */
FUNCTION_CALL(or_none)
{
    struct value value;

    (void)args;
    if (evaluation->failure.code)
        return (struct value){.kind = VALUE_FAILED};
    value = evaluate(evaluation, expression->args[0]);
    if (value.kind != VALUE_FAILED || strcmp(evaluation->failure.code, FAIL_BAD_VALUE) != 0)
        return value;
    evaluation->failure = (struct failure){0};
    evaluation->unknown_codes++;
    return NOTHING;
}

FUNCTION_CALL(none_if)
{
    struct bytes text = evaluate_value_text(evaluation, &args[0]);

    for (size_t i = 1; i < expression->count; i++)
        if (text.data && bytes_equal(text, evaluate_value_text(evaluation, &args[i])))
            return NOTHING;
    return args[0];
}

FUNCTION_CALL(if)
{
    (void)args;
    if (evaluate_is_true(evaluation, expression->args[0]))
        return evaluate(evaluation, expression->args[1]);
    if (evaluation->failure.code)
        return (struct value){.kind = VALUE_FAILED};
    return expression->count > 2 ? evaluate(evaluation, expression->args[2]) : NOTHING;
}

FUNCTION_CALL(present)
{
    (void)expression;
    return (struct value){.kind = VALUE_BOOL, .boolean = evaluate_is_present(evaluation, &args[0])};
}

FUNCTION_CALL(empty)
{
    (void)expression;
    return (struct value){.kind = VALUE_BOOL,
                          .boolean = !evaluate_is_present(evaluation, &args[0])};
}

/* Of a kind that is made of the event's values, what it begins with is known before. */
bool functions_prepare_link(struct compiler *compiler, struct expression *expression)
{
    const struct expression *kind = expression->args[0];
    const struct expression *first = kind->kind == EXPRESSION_CONCAT ? kind->args[0] : kind;
    bool is_text = first->kind == EXPRESSION_CONSTANT && first->constant.kind == VALUE_TEXT;

    if (kind == first && is_text)
        compiler_note_link(compiler, kind->constant.text, kind->place, NULL);
    else
        compiler_note_made_link(compiler, is_text ? first->constant.text : BYTES_LITERAL(""),
                                kind->place);
    return true;
}

bool functions_prepare_by_person(struct compiler *compiler, struct expression *expression)
{
    compiler_note_link(compiler, BYTES_LITERAL("person"), expression->place,
                       "person: leur identifiant de la personne, sous `links` ou `remember`");
    return true;
}

FUNCTION_CALL(link)
{
    struct bytes kind = evaluate_value_text(evaluation, &args[0]);

    (void)expression;
    return kind.data ? locate_link(evaluation, kind) : NOTHING;
}
