/* SPDX-License-Identifier: Apache-2.0
 *
 * The table, and the functions on absence, choice and codes.
 */
#include "connectors/mapping/functions.h"

#include "connectors/mapping/coverage.h"
#include "connectors/mapping/locate.h"

#define T(type) (1U << TYPE_##type)
#define SCALAR (T(ANY) | T(TEXT) | T(INTEGER) | T(BOOL))
#define TEXTS (T(ANY) | T(TEXT) | T(INTEGER))
#define ALL (SCALAR | T(TIME) | T(DATE) | T(LIST))
#define MANY FUNCTION_MANY

static const struct function functions[] = {
    {"first_of", "first_of(a, b, …)", ALL, 1, MANY, MANY, TYPE_ANY, true, true, FORM_NONE, NULL,
     functions_call_first_of, "La première valeur présente (ni absente, ni null, ni blanche)."},
    {"default", "x | default(valeur)", ALL, 2, 2, 2, TYPE_ANY, true, true, FORM_NONE, NULL,
     functions_call_default, "La valeur, ou celle-ci quand elle n'est pas présente."},
    {"required", "x | required", ALL, 1, 1, 1, TYPE_ANY, true, false, FORM_NONE, NULL,
     functions_call_required, "Rejette l'élément quand la valeur n'est pas présente."},
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
    {"meaning", "x | meaning", TEXTS, 1, 1, 1, TYPE_TEXT, false, false, FORM_NONE, NULL,
     functions_call_meaning, "La phrase française d'un code de rejet (event.code)."},
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
    {"datetime", "x | datetime(\"%d/%m/%Y %H:%M\", \"Europe/Paris\")", TEXTS, 1, 8, 1, TYPE_TIME,
     false, false, FORM_NONE, functions_prepare_times, functions_call_datetime,
     "Un instant : un ou plusieurs formats, et la zone d'un texte sans décalage. Sans argument : "
     "ceux de `times`. Une date seule est minuit dans la zone, et garde son jour."},
    {"date", "x | date(\"%d/%m/%Y\")", TEXTS, 1, 8, 1, TYPE_DATE, false, false, FORM_NONE,
     functions_prepare_times, functions_call_date,
     "Un jour, tel qu'il est écrit, sans zone (par défaut « iso »)."},
    {"format", "x | format(\"%d/%m/%Y\", \"Europe/Paris\")", T(TIME) | T(DATE), 1, 3, 1, TYPE_TEXT,
     false, false, FORM_NONE, functions_prepare_format, functions_call_format,
     "Écrit un instant ou un jour (par défaut « iso », dans la zone de `times`)."},
    {"integer", "x | integer", TEXTS, 1, 1, 1, TYPE_INTEGER, false, false, FORM_NONE, NULL,
     functions_call_integer, "Un nombre entier ; les espaces fines sont admises."},
    {"boolean", "x | boolean(\"O\", \"N\")", SCALAR, 1, 3, 1, TYPE_BOOL, false, false, FORM_NONE,
     functions_prepare_check, functions_call_boolean,
     "Vrai ou faux : true/false, ou les deux textes donnés."},
    {"phone", "x | phone", TEXTS, 1, 1, 1, TYPE_TEXT, false, false, FORM_NONE, NULL,
     functions_call_phone,
     "Un téléphone français en E.164 (+33601020304), zéro perdu et outre-mer compris."},
    {"siret", "x | siret", TEXTS, 1, 1, 1, TYPE_TEXT, false, false, FORM_NONE, NULL,
     functions_call_check, "Un SIRET, clé vérifiée."},
    {"siren", "x | siren", TEXTS, 1, 1, 1, TYPE_TEXT, false, false, FORM_NONE, NULL,
     functions_call_check, "Un SIREN, clé vérifiée."},
    {"rna", "x | rna", TEXTS, 1, 1, 1, TYPE_TEXT, false, false, FORM_NONE, NULL,
     functions_call_check, "Un numéro RNA d'association (W et 9 chiffres ; pas d'Alsace-Moselle)."},
    {"region", "x | region", TEXTS, 1, 1, 1, TYPE_TEXT, false, false, FORM_NONE, NULL,
     functions_call_check, "Un code INSEE de région d'aujourd'hui."},
    {"departement", "x | departement", TEXTS, 1, 1, 1, TYPE_TEXT, false, false, FORM_NONE, NULL,
     functions_call_check, "Un code de département (2A, 2B, 971…)."},
    {"commune", "x | commune", TEXTS, 1, 1, 1, TYPE_TEXT, false, false, FORM_NONE, NULL,
     functions_call_check,
     "Un code INSEE de commune, d'aujourd'hui ou d'avant une fusion (pas un code postal)."},
    {"postcode", "x | postcode", TEXTS, 1, 1, 1, TYPE_TEXT, false, false, FORM_NONE, NULL,
     functions_call_check, "Un code postal."},
    {"rome", "x | rome", TEXTS, 1, 1, 1, TYPE_TEXT, false, false, FORM_NONE, NULL,
     functions_call_check, "Un code ROME, d'un domaine connu."},
    {"link", "link(sorte) ; pour `handoff` : link(sorte, clé)", TEXTS, 1, 2, 2, TYPE_TEXT, false,
     false, FORM_LINK, NULL, functions_call_link,
     "En sortie : ce qui a été retenu sous cette sorte. Dans `handoff` : le passage de relais "
     "que ce lien désigne."},
    {"given", "handoff: given(x)", TEXTS, 1, 1, 1, TYPE_ANY, true, false, FORM_GIVEN, NULL, NULL,
     "Dans `handoff` et `parent` : x est notre handoff_id, gardé dans leur système."},
    {"by_person", "handoff: by_person(x)", TEXTS, 1, 1, 1, TYPE_ANY, true, false, FORM_BY_PERSON,
     NULL, NULL,
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
               : evaluate_fail(evaluation, expression, FAIL_MISSING_FIELD, "no value", "one",
                               BYTES_NONE);
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

FUNCTION_CALL(link)
{
    struct bytes kind = evaluate_value_text(evaluation, &args[0]);

    (void)expression;
    return kind.data ? locate_link(evaluation, kind) : NOTHING;
}

/* ---- Codes ---------------------------------------------------------------------------- */

static struct value cell_value(struct evaluation *evaluation, const struct code_cell *cell)
{
    struct bytes text = cell->text;
    const void *used = &cell->text;
    struct value moment;

    if (cell->if_past) {
        moment = evaluate(evaluation, cell->if_past);
        if (moment.kind == VALUE_FAILED)
            return moment;
        /* Without a moment, or without a time of the record, nothing is past. */
        if (moment.kind != VALUE_TIME || evaluation->moment_us == NO_TIME ||
            moment.moment.us >= evaluation->moment_us) {
            text = cell->other;
            used = &cell->other;
        }
    }
    coverage_note(evaluation->coverage, used);
    return text.data ? (struct value){.kind = VALUE_TEXT, .text = text} : NOTHING;
}

static const struct code_row *find_row(const struct code_table *table, struct bytes code)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->rows[i].from.len == code.len && bytes_equal(table->rows[i].from, code))
            return &table->rows[i];
    return NULL;
}

/* The codes of a table, for people. */
static const char *known_codes(struct evaluation *evaluation, const struct code_table *table)
{
    CLEANUP(buffer_deinit) struct buffer text = {0};

    buffer_append_text(&text, "one of ");
    for (size_t i = 0; i < table->count; i++)
        buffer_printf(&text, "%s%.*s", i > 0 ? ", " : "", BYTES_ARG(table->rows[i].from));
    if (table->name.data)
        buffer_printf(&text, "; add it to codes.%.*s or give an `else`", BYTES_ARG(table->name));
    return arena_text(evaluation->arena, buffer_view(&text));
}

static struct value translate(struct evaluation *evaluation, const struct expression *expression,
                              const struct value *value)
{
    const struct code_table *table = expression->prepared;
    bool present = evaluate_is_present(evaluation, value);
    struct bytes code = present ? evaluate_value_text(evaluation, value) : BYTES_LITERAL("null");
    const struct code_row *row = find_row(table, code);

    if (row)
        return cell_value(evaluation, &row->cell);
    if (!present)
        return NOTHING;
    if (table->has_otherwise)
        return cell_value(evaluation, &table->otherwise);
    return evaluate_fail(evaluation, expression, FAIL_UNKNOWN_CODE, "unknown code",
                         known_codes(evaluation, table), code);
}

FUNCTION_CALL(code)
{
    struct value list = {.kind = VALUE_LIST};
    struct value *items;

    if (args[0].kind != VALUE_LIST)
        return translate(evaluation, expression, &args[0]);
    items = arena_array(evaluation->arena, args[0].list.count + 1, sizeof(*items));
    for (size_t i = 0; i < args[0].list.count; i++) {
        struct value one = translate(evaluation, expression, &args[0].list.items[i]);

        if (one.kind == VALUE_FAILED)
            return one;
        if (one.kind == VALUE_TEXT)
            items[list.list.count++] = one;
    }
    list.list.items = items;
    return list;
}
