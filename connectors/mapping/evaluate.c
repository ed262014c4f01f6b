/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/evaluate.h"

#include "connectors/mapping/functions.h"
#include "connectors/mapping/locate.h"
#include "connectors/mapping/times.h"

#define NOTHING ((struct value){.kind = VALUE_NULL})
#define FAILED ((struct value){.kind = VALUE_FAILED})

static struct value text_value(struct bytes text)
{
    return text.data ? (struct value){.kind = VALUE_TEXT, .text = text} : NOTHING;
}

static struct value bool_value(bool boolean)
{
    return (struct value){.kind = VALUE_BOOL, .boolean = boolean};
}

struct value evaluate_fail(struct evaluation *evaluation, const struct expression *expression,
                           const char *code, const char *what, const char *expected,
                           struct bytes shown)
{
    if (!evaluation->failure.code)
        evaluation->failure = (struct failure){code, expression->place, what, expected, shown};
    return FAILED;
}

bool evaluate_refuse_nir(struct evaluation *evaluation, const struct expression *expression)
{
    (void)evaluate_fail(evaluation, expression, FAIL_PERSONAL_DATA,
                        "un numéro de sécurité sociale, ou ce qui en a la forme",
                        "un identifiant ou un code d'ici ; un NIR ne va que dans `contact.nir`, "
                        "scellé",
                        BYTES_NONE);
    return false;
}

/* ---- Values --------------------------------------------------------------------------- */

bool evaluate_is_there(const struct evaluation *evaluation, const struct value *value)
{
    if (value->kind == VALUE_MISSING || value->kind == VALUE_NULL || value->kind == VALUE_FAILED)
        return false;
    if (value->kind == VALUE_LIST)
        return value->list.count > 0;
    if (value->kind == VALUE_NODE)
        return yyjson_get_len(value->node) > 0;
    if (value->kind != VALUE_TEXT && value->kind != VALUE_NUMBER)
        return true;
    if (value->text.len == 0 || (value->text.data[0] <= ' ' && bytes_trim(value->text).len == 0))
        return false;
    for (size_t i = 0; i < evaluation->mapping->sentinel_count; i++)
        if (bytes_equal(value->text, evaluation->mapping->sentinels[i]))
            return false;
    return true;
}

/* Times and days in ISO 8601, for echoes and comparisons. */
static struct bytes time_text(struct evaluation *evaluation, const struct value *value)
{
    CLEANUP(buffer_deinit) struct buffer text = {0};

    if (value->kind == VALUE_TIME)
        times_write(BYTES_LITERAL("%Y-%m-%dT%H:%M:%SZ"), value->moment, NULL, &text);
    else
        times_write(BYTES_LITERAL("%Y-%m-%d"),
                    (struct moment){value->integer * INT64_C(86400000000), 0, PRECISION_DAY}, NULL,
                    &text);
    return arena_copy(evaluation->arena, buffer_view(&text));
}

struct bytes evaluate_integer_text(struct arena *arena, int64_t integer)
{
    uint8_t *text = arena_alloc_unset(arena, 24);
    uint64_t rest = integer < 0 ? -(uint64_t)integer : (uint64_t)integer;
    size_t at = 23;

    text[at] = '\0';
    do {
        text[--at] = (uint8_t)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (integer < 0)
        text[--at] = '-';
    return bytes_of(text + at, 23 - at);
}

struct bytes evaluate_written(struct evaluation *evaluation, const struct value *value)
{
    switch (value->kind) {
    case VALUE_TEXT:
    case VALUE_NUMBER:
        return value->text;
    case VALUE_BOOL:
        return bytes_of_text(value->boolean ? "true" : "false");
    case VALUE_INTEGER:
        return evaluate_integer_text(evaluation->arena, value->integer);
    case VALUE_TIME:
    case VALUE_DATE:
        return time_text(evaluation, value);
    case VALUE_MISSING:
    case VALUE_NULL:
    case VALUE_NODE:
    case VALUE_LIST:
    case VALUE_REGIONAL:
    case VALUE_OPERATOR_OF:
    case VALUE_FAILED:
    default:
        return BYTES_NONE;
    }
}

struct bytes evaluate_text(struct evaluation *evaluation, const struct expression *expression,
                           bool *ret_failed)
{
    struct value value = evaluate(evaluation, expression);

    if (value.kind == VALUE_NODE || value.kind == VALUE_LIST)
        value = evaluate_fail(evaluation, expression, FAIL_BAD_VALUE, "un objet ou une liste",
                              "une seule valeur", BYTES_NONE);
    *ret_failed = value.kind == VALUE_FAILED;
    return evaluate_is_present(evaluation, &value) ? evaluate_value_text(evaluation, &value)
                                                   : BYTES_NONE;
}

bool evaluate_is_true(struct evaluation *evaluation, const struct expression *expression)
{
    struct value value = evaluate(evaluation, expression);

    return value.kind == VALUE_BOOL
               ? value.boolean
               : value.kind == VALUE_TEXT && bytes_equal_text(value.text, "true");
}

/* ---- Operators ------------------------------------------------------------------------ */

static bool is_nothing(const struct value *value)
{
    return value->kind == VALUE_MISSING || value->kind == VALUE_NULL;
}

static bool to_number(const struct value *value, int64_t *ret_number)
{
    if (value->kind == VALUE_INTEGER || value->kind == VALUE_DATE)
        *ret_number = value->integer;
    else if (value->kind == VALUE_TIME)
        *ret_number = value->moment.us;
    else
        return value->kind == VALUE_NUMBER && bytes_to_int64(value->text, ret_number);
    return true;
}

/* Orders two values that are there: as numbers when both are, else as texts. */
static int order(struct evaluation *evaluation, const struct value *a, const struct value *b)
{
    int64_t x;
    int64_t y;

    if (to_number(a, &x) && to_number(b, &y))
        return (x > y) - (x < y);
    return bytes_compare(evaluate_value_text(evaluation, a), evaluate_value_text(evaluation, b));
}

static bool same(struct evaluation *evaluation, const struct value *a, const struct value *b)
{
    if (a->kind == VALUE_TEXT && b->kind == VALUE_TEXT)
        return bytes_equal(a->text, b->text);
    if (is_nothing(a) || is_nothing(b))
        return is_nothing(a) && is_nothing(b);
    if (a->kind == VALUE_NODE || b->kind == VALUE_NODE || a->kind == VALUE_LIST ||
        b->kind == VALUE_LIST)
        return false;
    return order(evaluation, a, b) == 0;
}

static struct value evaluate_compare(struct evaluation *evaluation,
                                     const struct expression *expression)
{
    const struct value a = evaluate(evaluation, expression->args[0]);
    const struct value b = evaluate(evaluation, expression->args[1]);
    bool both;

    if (a.kind == VALUE_FAILED || b.kind == VALUE_FAILED)
        return FAILED;
    if (expression->compare == COMPARE_EQ || expression->compare == COMPARE_NE)
        return bool_value(same(evaluation, &a, &b) == (expression->compare == COMPARE_EQ));
    both = evaluate_is_present(evaluation, &a) && evaluate_is_present(evaluation, &b);
    switch (expression->compare) {
    case COMPARE_LT:
        return bool_value(both && order(evaluation, &a, &b) < 0);
    case COMPARE_LE:
        return bool_value(both && order(evaluation, &a, &b) <= 0);
    case COMPARE_GT:
        return bool_value(both && order(evaluation, &a, &b) > 0);
    case COMPARE_GE:
    case COMPARE_EQ:
    case COMPARE_NE:
    default:
        return bool_value(both && order(evaluation, &a, &b) >= 0);
    }
}

static struct value evaluate_in(struct evaluation *evaluation, const struct expression *expression)
{
    struct value wanted = evaluate(evaluation, expression->args[0]);

    if (wanted.kind == VALUE_FAILED)
        return FAILED;
    for (size_t i = 1; i < expression->count; i++) {
        struct value one = evaluate(evaluation, expression->args[i]);

        if (one.kind == VALUE_FAILED)
            return FAILED;
        if (same(evaluation, &wanted, &one))
            return bool_value(true);
    }
    return bool_value(false);
}

/* and, or: the second is not looked at when the first decides. */
static struct value evaluate_logic(struct evaluation *evaluation,
                                   const struct expression *expression)
{
    bool stop_at = expression->kind == EXPRESSION_OR;

    for (size_t i = 0; i < expression->count; i++) {
        struct value value = evaluate(evaluation, expression->args[i]);

        if (value.kind == VALUE_FAILED)
            return FAILED;
        if ((value.kind == VALUE_BOOL && value.boolean) == stop_at)
            return bool_value(stop_at);
    }
    return bool_value(!stop_at);
}

/* Texts one behind the other; nothing when one of them is. */
static struct value evaluate_concat(struct evaluation *evaluation,
                                    const struct expression *expression)
{
    struct bytes parts[FUNCTION_MANY];
    size_t len = 0;
    uint8_t *text;

    for (size_t i = 0; i < expression->count; i++) {
        bool failed;

        parts[i] = expression->args[i]->kind == EXPRESSION_CONSTANT
                       ? expression->args[i]->constant.text
                       : evaluate_text(evaluation, expression->args[i], &failed);
        if (!parts[i].data)
            return evaluation->failure.code ? FAILED : NOTHING;
        len += parts[i].len;
    }
    text = arena_alloc_unset(evaluation->arena, len);
    len = 0;
    for (size_t i = 0; i < expression->count; i++) {
        if (parts[i].len > 0)
            memcpy(text + len, parts[i].data, parts[i].len);
        len += parts[i].len;
    }
    return text_value(bytes_of(text, len));
}

/* These three are no parts of evaluate(), which would make their room on the stack for every path
 * and constant too. */
static __attribute__((noinline)) struct value evaluate_call(struct evaluation *evaluation,
                                                            const struct expression *expression)
{
    struct value args[FUNCTION_MANY];

    for (size_t i = 0; i < expression->count; i++) {
        args[i] = evaluate(evaluation, expression->args[i]);
        if (args[i].kind == VALUE_FAILED)
            return FAILED;
    }
    return expression->function->call(evaluation, expression, args);
}

/* As most calls are: x | f */
static __attribute__((noinline)) struct value
evaluate_call_of_one(struct evaluation *evaluation, const struct expression *expression)
{
    const struct value arg = evaluate(evaluation, expression->args[0]);

    return arg.kind == VALUE_FAILED ? FAILED
                                    : expression->function->call(evaluation, expression, &arg);
}

static __attribute__((noinline)) struct value evaluate_operator(struct evaluation *evaluation,
                                                                const struct expression *expression)
{
    struct value value;

    switch (expression->kind) {
    case EXPRESSION_CONCAT:
        return evaluate_concat(evaluation, expression);
    case EXPRESSION_COMPARE:
        return evaluate_compare(evaluation, expression);
    case EXPRESSION_IN:
        return evaluate_in(evaluation, expression);
    case EXPRESSION_AND:
    case EXPRESSION_OR:
        return evaluate_logic(evaluation, expression);
    case EXPRESSION_CONSTANT:
    case EXPRESSION_PATH:
    case EXPRESSION_CALL:
    case EXPRESSION_NOT:
    default:
        value = evaluate(evaluation, expression->args[0]);
        return value.kind == VALUE_FAILED
                   ? FAILED
                   : bool_value(!(value.kind == VALUE_BOOL && value.boolean));
    }
}

struct value evaluate(struct evaluation *evaluation, const struct expression *expression)
{
    if (expression->slot > 0 && evaluation->slots)
        return locate_json(evaluation->slots[expression->slot - 1]);
    if (expression->kind == EXPRESSION_PATH)
        return locate_value(evaluation, expression->path);
    if (expression->kind == EXPRESSION_CALL && expression->function->lazy)
        return expression->function->call(evaluation, expression, NULL);
    if (expression->kind == EXPRESSION_CALL)
        return expression->count == 1 ? evaluate_call_of_one(evaluation, expression)
                                      : evaluate_call(evaluation, expression);
    if (expression->kind == EXPRESSION_CONSTANT)
        return expression->constant;
    return evaluate_operator(evaluation, expression);
}
