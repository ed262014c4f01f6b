/* SPDX-License-Identifier: Apache-2.0
 *
 * Codes and look-ups: values of theirs that become values of ours by a table.
 */
#include "connectors/mapping/coverage.h"
#include "connectors/mapping/functions.h"
#include "connectors/mapping/tables.h"
#include "schemas/codes.h"

#define NOTHING ((struct value){.kind = VALUE_NULL})

#define CODES_SHOWN 24 /* of a table, in a message */

/* ---- Codes ---------------------------------------------------------------------------- */

/* Which of two texts a conditional cell is. */
static struct value conditional_value(struct evaluation *evaluation, const struct code_cell *cell)
{
    struct value moment;
    bool then;

    if (cell->when) {
        then = evaluate_is_true(evaluation, cell->when);
        if (evaluation->failure.code)
            return (struct value){.kind = VALUE_FAILED};
    } else {
        moment = evaluate(evaluation, cell->if_past);
        if (moment.kind == VALUE_FAILED)
            return moment;
        if (!evaluate_is_present(evaluation, &moment))
            return evaluate_fail(
                evaluation, cell->if_past, FAIL_MISSING_FIELD, "sans valeur",
                "l'instant que `if_past` compare : sans lui le code n'est ni passé "
                "ni à venir",
                BYTES_NONE);
        /* Without a time of the record nothing is past. */
        then = moment.kind == VALUE_TIME && evaluation->moment_us != NO_TIME &&
               moment.moment.us < evaluation->moment_us;
    }
    coverage_note(evaluation->coverage, then ? &cell->text : &cell->other);
    return (struct value){.kind = VALUE_TEXT, .text = then ? cell->text : cell->other};
}

/* A cell that is more than its text. */
static __attribute__((noinline)) struct value special_value(struct evaluation *evaluation,
                                                            const struct expression *expression,
                                                            const struct code_cell *cell)
{
    struct value value = {.kind = VALUE_TEXT, .text = cell->text};

    if (cell->refuse || cell->skip) {
        coverage_note(evaluation->coverage, &cell->text);
        return evaluate_fail(evaluation, expression,
                             cell->refuse ? FAIL_NOT_EXPRESSIBLE : FAIL_SKIP,
                             cell->refuse ? cell->refuse : cell->skip, NULL, BYTES_NONE);
    }
    if (cell->loses && !evaluation->loses)
        evaluation->loses = cell->loses;
    if (cell->if_past || cell->when)
        value = conditional_value(evaluation, cell);
    else
        coverage_note(evaluation->coverage, &cell->text);
    return value.kind == VALUE_FAILED || value.text.data ? value : NOTHING;
}

static struct value cell_value(struct evaluation *evaluation, const struct expression *expression,
                               const struct code_cell *cell)
{
    if (cell->refuse || cell->skip || cell->loses || cell->if_past || cell->when)
        return special_value(evaluation, expression, cell);
    coverage_note(evaluation->coverage, &cell->text);
    return cell->text.data ? (struct value){.kind = VALUE_TEXT, .text = cell->text} : NOTHING;
}

static const struct code_row *find_sorted(const struct code_table *table, struct bytes code)
{
    size_t low = 0;
    size_t high = table->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = bytes_compare(table->sorted[middle]->from, code);

        if (order == 0)
            return table->sorted[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static const struct code_row *find_row(const struct code_table *table, struct bytes code)
{
    if (table->sorted)
        return find_sorted(table, code);
    for (size_t i = 0; i < table->count; i++)
        if (bytes_equal(table->rows[i].from, code))
            return &table->rows[i];
    return NULL;
}

/* The codes of a table, for people. */
static const char *known_codes(struct evaluation *evaluation, const struct code_table *table)
{
    CLEANUP(buffer_deinit) struct buffer text = {0};

    buffer_append_text(&text, "l'un de ");
    for (size_t i = 0; i < table->count && i < CODES_SHOWN; i++)
        buffer_printf(&text, "%s%.*s", i > 0 ? ", " : "", BYTES_ARG(table->rows[i].from));
    if (table->count > CODES_SHOWN)
        buffer_printf(&text, "… (%zu en tout)", table->count);
    if (table->name.data)
        buffer_printf(&text, " ; ajoutez-le à codes.%.*s, ou un `else`", BYTES_ARG(table->name));
    return arena_text(evaluation->arena, buffer_view(&text));
}

/* A list of labels that changed on a day: the one of the record's own time. */
static const struct code_table *table_then(const struct evaluation *evaluation,
                                           const struct code_table *table)
{
    while (table->later && evaluation->moment_us != NO_TIME &&
           evaluation->moment_us >= table->later->from_us)
        table = table->later;
    return table;
}

static struct value translate(struct evaluation *evaluation, const struct expression *expression,
                              const struct value *value)
{
    const struct code_table *table = table_then(evaluation, expression->prepared);
    bool present = evaluate_is_present(evaluation, value);
    struct bytes code = present ? evaluate_value_text(evaluation, value) : BYTES_LITERAL("null");
    const struct code_row *row = find_row(table, code);

    if (row)
        return cell_value(evaluation, expression, &row->cell);
    if (!present)
        return NOTHING;
    if (table->has_otherwise) {
        evaluation->unknown_codes++;
        return cell_value(evaluation, expression, &table->otherwise);
    }
    return evaluate_fail(evaluation, expression, FAIL_UNKNOWN_CODE, "code inconnu",
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

/* ---- Look-ups ------------------------------------------------------------------------- */

/* lookup(x, table, column, more keys…) */
bool functions_prepare_lookup(struct compiler *compiler, struct expression *expression)
{
    struct functions_lookup *lookup = arena_alloc(compiler->arena, sizeof(*lookup));
    int32_t column;

    for (size_t i = 1; i <= 2; i++)
        if (expression->args[i]->kind != EXPRESSION_CONSTANT ||
            expression->args[i]->constant.kind != VALUE_TEXT) {
            compiler_mistake(compiler, expression->args[i]->place, expression->function->usage,
                             i == 1 ? "ce n'est pas le nom d'une table"
                                    : "ce n'est pas le nom d'une colonne");
            return false;
        }
    lookup->table =
        tables_find(compiler, expression->args[1]->constant.text, expression->args[1]->place);
    if (!lookup->table || !lookup->table->sheet)
        return false; /* a mistake of the table itself */
    column = sheet_column(compiler, lookup->table->sheet, expression->args[2]->constant.text,
                          expression->args[2]->place);
    if (column >= 0 && lookup->table->key_count + 2 != expression->count) {
        compiler_mistake(compiler, expression->place, "une valeur pour chaque colonne de sa `key`",
                         "la table « %.*s » se cherche par %zu valeurs",
                         BYTES_ARG(lookup->table->name), lookup->table->key_count);
        return false;
    }
    lookup->column = (size_t)(column < 0 ? 0 : column);
    expression->prepared = lookup;
    return column >= 0;
}

/* The parts of the key as the table has them; BYTES_NONE when one is not there. */
static struct bytes lookup_key(struct evaluation *evaluation, const struct expression *expression,
                               const struct value *args)
{
    CLEANUP(buffer_deinit) struct buffer key = {0};

    for (size_t i = 0; i < expression->count; i++) {
        if (i == 1 || i == 2)
            continue;
        if (!evaluate_is_present(evaluation, &args[i]))
            return BYTES_NONE;
        buffer_append_text(&key, i > 0 ? TABLES_SEPARATOR : "");
        buffer_append_bytes(&key, bytes_trim(evaluate_value_text(evaluation, &args[i])));
    }
    return arena_copy(evaluation->arena, buffer_view(&key));
}

/* A key of several columns, for people. */
static struct bytes shown_key(struct evaluation *evaluation, struct bytes key)
{
    uint8_t *shown = arena_alloc(evaluation->arena, key.len + 1);

    for (size_t i = 0; i < key.len; i++)
        shown[i] = key.data[i] == TABLES_SEPARATOR[0] ? '/' : key.data[i];
    return bytes_of(shown, key.len);
}

FUNCTION_CALL(lookup)
{
    const struct functions_lookup *lookup = expression->prepared;
    struct bytes key = lookup_key(evaluation, expression, args);
    struct bytes found = BYTES_NONE;
    size_t count;

    if (!key.data)
        return NOTHING;
    count = tables_look_up(lookup->table, key, lookup->column, evaluation->moment_us, &found);
    if (count == 1)
        return bytes_trim(found).len > 0
                   ? (struct value){.kind = VALUE_TEXT, .text = bytes_trim(found)}
                   : NOTHING;
    if (count > 1)
        return evaluate_fail(evaluation, expression, FAIL_AMBIGUOUS_LOOKUP,
                             arena_printf(evaluation->arena,
                                          "%zu réponses possibles dans la table %.*s", count,
                                          BYTES_ARG(lookup->table->name)),
                             "une ligne, ou une seconde colonne dans la `key` de la table",
                             shown_key(evaluation, key));
    if (lookup->table->or_nothing) {
        evaluation->unknown_codes++;
        return NOTHING;
    }
    return evaluate_fail(evaluation, expression, FAIL_LOOKUP_NOT_FOUND,
                         arena_printf(evaluation->arena, "n'est pas dans la table %.*s",
                                      BYTES_ARG(lookup->table->name)),
                         "une ligne du fichier, ou `else: null` pour la table",
                         shown_key(evaluation, key));
}

/* ---- Receivers ------------------------------------------------------------------------ */

bool functions_prepare_receiver(struct compiler *compiler, struct expression *expression)
{
    if (compiler->scope == SCOPE_RECORD)
        return true;
    compiler_mistake(
        compiler, expression->place, "event.to_operator",
        "le destinataire se choisit quand un enregistrement à eux devient une orientation");
    return false;
}

/* Of the format, or it fails here, where the record says it. */
static struct value receiver(struct evaluation *evaluation, const struct expression *expression,
                             const struct value *arg, const char *format, enum value_kind kind)
{
    struct bytes text;
    const char *expected = NULL;

    if (!evaluate_is_present(evaluation, arg))
        return NOTHING;
    text = bytes_trim(evaluate_value_text(evaluation, arg));
    if (!codes_check(format, text, &expected))
        return evaluate_fail(evaluation, expression, FAIL_BAD_VALUE, "n'est pas de ce format",
                             expected, text);
    return (struct value){.kind = kind, .text = text};
}

FUNCTION_CALL(regional)
{
    return receiver(evaluation, expression, &args[0], "region", VALUE_REGIONAL);
}

FUNCTION_CALL(operator_of)
{
    return receiver(evaluation, expression, &args[0], "site_code", VALUE_OPERATOR_OF);
}
