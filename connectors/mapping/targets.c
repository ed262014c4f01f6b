/* SPDX-License-Identifier: Apache-2.0
 *
 * Which expression may fill which field: decided when the file is compiled.
 */
#include "connectors/mapping/compiler.h"
#include "connectors/mapping/functions.h"
#include "connectors/mapping/tables.h"
#include "schemas/codes.h"
#include "schemas/nir.h"

static bool check_constant(struct compiler *compiler, const struct field *field, struct bytes text,
                           struct place place)
{
    const char *expected = NULL;

    if (!text.data)
        return true;
    if (field->symbols && enum_find(field->symbols, text) < 0) {
        compiler_mistake(compiler, place, compiler_one_symbol(compiler, text, field->symbols),
                         "%s n'a pas de « %.*s »", field->symbols->name, BYTES_ARG(text));
        return false;
    }
    if (nir_in_field(field, text)) {
        compiler_mistake(compiler, place,
                         "un code ou un identifiant ; un NIR ne va que dans `contact.nir`, scellé",
                         "%s ne peut pas être un numéro de sécurité sociale", field->name);
        return false;
    }
    if (field->format && codes_format_known(field->format) &&
        !codes_check(field->format, text, &expected)) {
        compiler_mistake(compiler, place, expected, "%s ne peut pas être « %.*s »", field->name,
                         BYTES_ARG(text));
        return false;
    }
    return true;
}

static bool check_cell(struct compiler *compiler, const struct field *field,
                       const struct code_cell *cell)
{
    bool good = check_constant(compiler, field, cell->text, cell->place);

    return (!(cell->if_past || cell->when) ||
            check_constant(compiler, field, cell->other, cell->other_place)) &&
           good;
}

static bool check_table(struct compiler *compiler, const struct field *field,
                        const struct code_table *table)
{
    bool good = true;

    for (size_t i = 0; i < table->count; i++)
        good = check_cell(compiler, field, &table->rows[i].cell) && good;
    if (table->has_otherwise)
        good = check_cell(compiler, field, &table->otherwise) && good;
    return (!table->later || check_table(compiler, field, table->later)) && good;
}

/* Every cell of the column that is looked up. */
static bool check_lookup(struct compiler *compiler, const struct field *field,
                         const struct functions_lookup *lookup)
{
    const struct sheet *sheet = lookup->table->sheet;
    bool good = true;

    for (size_t i = 0; i < sheet->row_count && good; i++) {
        struct bytes cell = bytes_trim(sheet->rows[i].cells[lookup->column]);

        good = cell.len == 0 || check_constant(compiler, field, cell, sheet->rows[i].place);
    }
    return good;
}

/* Personal sources stay out of what everyone may read. */
static bool check_personal(struct compiler *compiler, const struct field *field,
                           const struct expression *expression)
{
    bool good = true;

    if (field->flags & FIELD_PERSONAL)
        return true;
    if (expression->kind == EXPRESSION_CALL && expression->type == TYPE_BOOL)
        return true; /* present(x) and the like tell nothing of the value */
    if (expression->kind == EXPRESSION_PATH && expression->path->personal) {
        compiler_mistake(
            compiler, expression->place, "un champ de `contact`, scellé pour le destinataire",
            "%.*s est personnel, et %s ne l'est pas", BYTES_ARG(expression->source), field->name);
        return false;
    }
    for (size_t i = 0; i < expression->count; i++)
        good = check_personal(compiler, field, expression->args[i]) && good;
    return good;
}

static bool is_function(const struct expression *expression, const char *name)
{
    return expression->kind == EXPRESSION_CALL && strcmp(expression->function->name, name) == 0;
}

/* Every text that the expression can yield is one of the field's. */
static bool check_texts(struct compiler *compiler, const struct field *field,
                        const struct expression *expression)
{
    bool good = true;

    if (expression->kind == EXPRESSION_CONSTANT)
        return check_constant(compiler, field,
                              expression->constant.kind == VALUE_TEXT ||
                                      expression->constant.kind == VALUE_NUMBER
                                  ? expression->constant.text
                                  : BYTES_NONE,
                              expression->place);
    if (expression->kind == EXPRESSION_CALL && expression->function->result == TYPE_RECEIVER)
        return true;
    if (is_function(expression, "text") && !field->symbols)
        return check_constant(compiler, field, expression->args[0]->constant.text,
                              expression->place);
    if (is_function(expression, "code"))
        return check_table(compiler, field, expression->prepared);
    if (is_function(expression, "lookup"))
        return check_lookup(compiler, field, expression->prepared);
    if (expression->kind == EXPRESSION_CALL &&
        (expression->function->same || is_function(expression, "required"))) {
        for (size_t i = is_function(expression, "if") ? 1 : 0;
             i < expression->count && i < expression->function->values; i++)
            good = check_texts(compiler, field, expression->args[i]) && good;
        return good;
    }
    if (!field->symbols || expression->symbols == field->symbols)
        return true;
    compiler_mistake(compiler, expression->place,
                     "un de ses codes : ajoutez | code(table), ou | code(leur = NÔTRE, …)",
                     "%s prend un code de %s ; ceci est ce que l'enregistrement veut bien contenir",
                     field->name, field->symbols->name);
    return false;
}

struct wanted {
    unsigned types;
    const char *hint;
};

static struct wanted wanted_for(enum field_type type)
{
    switch ((int)type) {
    case FIELD_BOOL:
        return (struct wanted){1U << TYPE_BOOL | 1U << TYPE_ANY,
                               "vrai ou faux : une comparaison, present(…) ou | boolean"};
    case FIELD_INT:
    case FIELD_LONG:
        return (struct wanted){1U << TYPE_INTEGER | 1U << TYPE_ANY,
                               "un nombre entier : ajoutez | integer"};
    case FIELD_TIME:
        return (struct wanted){
            1U << TYPE_TIME,
            "un instant : ajoutez | datetime, ou | datetime(\"%d/%m/%Y\", \"Europe/Paris\")"};
    case FIELD_DATE:
        return (struct wanted){1U << TYPE_DATE,
                               "un jour : ajoutez | date, ou | date(\"%d/%m/%Y\")"};
    case FIELD_ARRAY:
        return (struct wanted){1U << TYPE_LIST | 1U << TYPE_ANY | 1U << TYPE_TEXT,
                               "une liste : un chemin avec [*], | split(\";\"), ou [a, b]"};
    default:
        return (struct wanted){1U << TYPE_TEXT | 1U << TYPE_ANY | 1U << TYPE_INTEGER,
                               "un texte ; pour un instant ajoutez | format(…)"};
    }
}

bool targets_check(struct compiler *compiler, const struct field *field,
                   const struct expression *expression)
{
    struct wanted wanted = wanted_for(field->type);
    bool is_receiver = expression->type == TYPE_RECEIVER && strcmp(field->name, "to_operator") == 0;
    bool is_null =
        expression->kind == EXPRESSION_CONSTANT && expression->constant.kind == VALUE_NULL;

    if (!is_null && !is_receiver && !(wanted.types & 1U << expression->type)) {
        compiler_mistake(compiler, expression->place, wanted.hint, "%s ne peut pas être %s",
                         field->name, compiler_type_name(expression->type));
        return false;
    }
    if (!check_personal(compiler, field, expression))
        return false;
    return field->type == FIELD_BOOL || field->type == FIELD_TIME || field->type == FIELD_DATE ||
           field->type == FIELD_INT || field->type == FIELD_LONG ||
           check_texts(compiler, field, expression);
}

/* check_texts() has seen every text that it can yield, or a function of the format's name has. */
static bool is_of_format(const struct field *field, const struct expression *expression)
{
    if (expression->kind != EXPRESSION_CALL)
        return expression->kind == EXPRESSION_CONSTANT;
    if (is_function(expression, "code") || is_function(expression, "lookup"))
        return true;
    if (expression->function->call == functions_call_check)
        return is_function(expression, field->format);
    if (!expression->function->same && !is_function(expression, "required"))
        return false;
    for (size_t i = is_function(expression, "if") ? 1 : 0;
         i < expression->count && i < expression->function->values; i++)
        if (!is_of_format(field, expression->args[i]))
            return false;
    return true;
}

const struct codes_format *targets_format(const struct field *field,
                                          const struct expression *expression)
{
    return !field->format || is_of_format(field, expression) ? NULL
                                                             : codes_find_format(field->format);
}

/* ---- What a status needs -------------------------------------------------------------- */

static bool cell_may_be(const struct code_cell *cell, const char *code)
{
    return bytes_equal_text(cell->text, code) ||
           ((cell->if_past || cell->when) && bytes_equal_text(cell->other, code));
}

static bool table_may_be(const struct code_table *table, const char *code)
{
    for (; table; table = table->later) {
        if (table->has_otherwise && cell_may_be(&table->otherwise, code))
            return true;
        for (size_t i = 0; i < table->count; i++)
            if (cell_may_be(&table->rows[i].cell, code))
                return true;
    }
    return false;
}

/* Known to be able to yield that code. */
static bool may_be(const struct expression *expression, const char *code)
{
    if (expression->kind == EXPRESSION_CONSTANT)
        return expression->constant.kind == VALUE_TEXT &&
               bytes_equal_text(expression->constant.text, code);
    if (is_function(expression, "code"))
        return table_may_be(expression->prepared, code);
    if (expression->kind != EXPRESSION_CALL || !expression->function->same)
        return false;
    for (size_t i = is_function(expression, "if") ? 1 : 0;
         i < expression->count && i < expression->function->values; i++)
        if (may_be(expression->args[i], code))
            return true;
    return false;
}

void targets_check_issue(struct compiler *compiler, const struct record_rule *rule)
{
    const struct assignment *status = NULL;
    bool opens = false;

    for (size_t i = 0; i < rule->handoff_count; i++)
        opens = opens || rule->handoff[i].how == HANDOFF_OPENS;
    for (size_t i = 0; i < rule->assignment_count; i++) {
        const struct assignment *assignment = &rule->assignments[i];

        if (!assignment->expression)
            continue;
        if (strcmp(assignment->target, "to_operator") == 0 &&
            assignment->expression->constant.kind != VALUE_NULL)
            return;
        if (assignment->is_status && may_be(assignment->expression, "ISSUED"))
            status = assignment;
    }
    if (status && opens && rule->emit == EVENT_REFERRAL)
        compiler_mistake(compiler, status->place,
                         "to_operator sous `fields` : un code, | code(table), regional(x) ou "
                         "operator_of(x)",
                         "un ISSUED dit à qui : il n'y a pas de to_operator");
}
