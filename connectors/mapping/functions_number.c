/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions on numbers and truth. No number goes through floating point.
 */
#include "connectors/mapping/functions.h"

#define NOTHING ((struct value){.kind = VALUE_NULL})
#define LINES INT64_C(10000000) /* of one file, at most: order(file, line) */
#define MOST_DECIMALS 9

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* ---- Reading numbers ------------------------------------------------------------------ */

bool functions_is_damaged(struct bytes text)
{
    size_t at = 0;
    size_t digits = 0;

    text = bytes_trim(text);
    while (at < text.len &&
           (is_digit(text.data[at]) || text.data[at] == '.' || text.data[at] == ','))
        digits += is_digit(text.data[at++]);
    if (digits == 0 || at + 2 >= text.len || (text.data[at] != 'E' && text.data[at] != 'e') ||
        (text.data[at + 1] != '+' && text.data[at + 1] != '-'))
        return false;
    for (at += 2; at < text.len; at++)
        if (!is_digit(text.data[at]))
            return false;
    return true;
}

/* Blanks between thousands: space, no-break U+00A0, thin U+2009, narrow no-break U+202F. */
static size_t blank_at(struct bytes text, size_t at)
{
    static const char *const blanks[] = {" ", "\xC2\xA0", "\xE2\x80\x89", "\xE2\x80\xAF"};
    struct bytes rest = bytes_of(text.data + at, text.len - at);

    for (size_t i = 0; i < sizeof(blanks) / sizeof(blanks[0]); i++)
        if (bytes_starts_with(rest, bytes_of_text(blanks[i])))
            return strlen(blanks[i]);
    return 0;
}

/* The text without blanks between its signs, in the arena. */
static struct bytes without_blanks(struct evaluation *evaluation, struct bytes text)
{
    uint8_t *digits = arena_alloc(evaluation->arena, text.len + 1);
    size_t len = 0;

    for (size_t at = 0; at < text.len;) {
        size_t blank = blank_at(text, at);

        if (blank == 0)
            digits[len++] = text.data[at++];
        at += blank;
    }
    return bytes_of(digits, len);
}

static struct value not_a_number(struct evaluation *evaluation, const struct expression *expression,
                                 const char *what, const char *expected, struct bytes text)
{
    return evaluate_fail(evaluation, expression, FAIL_BAD_VALUE, what,
                         functions_is_damaged(text) ? FUNCTIONS_DAMAGED : expected, text);
}

FUNCTION_CALL(integer)
{
    struct value value = {.kind = VALUE_INTEGER};
    struct bytes text;

    if (!evaluate_is_present(evaluation, &args[0]))
        return NOTHING;
    if (args[0].kind == VALUE_INTEGER)
        return args[0];
    text = evaluate_value_text(evaluation, &args[0]);
    if (text.data && bytes_to_int64(without_blanks(evaluation, text), &value.integer))
        return value;
    return not_a_number(evaluation, expression, "ce n'est pas un nombre entier", "un nombre entier",
                        text);
}

/* ---- Decimals ------------------------------------------------------------------------- */

/* A decimal number as digits and the place of its point: 12,50 is 1250 and 2. */
struct decimal {
    int64_t digits;
    int decimals;
};

static bool read_decimal(struct bytes text, struct decimal *ret)
{
    struct decimal number = {0, 0};
    bool negative = text.len > 0 && text.data[0] == '-';
    bool point = false;
    size_t seen = 0;

    for (size_t at = negative; at < text.len; at++) {
        if (!point && (text.data[at] == ',' || text.data[at] == '.')) {
            point = true;
            continue;
        }
        if (!is_digit(text.data[at]) || ++seen > 18 || number.decimals == MOST_DECIMALS)
            return false;
        number.digits = number.digits * 10 + (text.data[at] - '0');
        number.decimals += point;
    }
    while (number.decimals > 0 && number.digits % 10 == 0) {
        number.digits /= 10;
        number.decimals--;
    }
    number.digits = negative ? -number.digits : number.digits;
    *ret = number;
    return seen > 0 && (!point || is_digit(text.data[text.len - 1]));
}

static struct bytes decimal_text(struct arena *arena, struct decimal number)
{
    int64_t unit = 1;

    for (int i = 0; i < number.decimals; i++)
        unit *= 10;
    if (number.decimals == 0)
        return evaluate_integer_text(arena, number.digits);
    return bytes_of_text(arena_printf(
        arena, "%s%lld.%0*lld", number.digits < 0 ? "-" : "",
        (long long)(number.digits < 0 ? -(number.digits / unit) : number.digits / unit),
        number.decimals,
        (long long)(number.digits < 0 ? -(number.digits % unit) : number.digits % unit)));
}

FUNCTION_CALL(decimal)
{
    struct decimal number;
    struct bytes text;

    if (!evaluate_is_present(evaluation, &args[0]))
        return NOTHING;
    text = evaluate_value_text(evaluation, &args[0]);
    if (!text.data || !read_decimal(without_blanks(evaluation, text), &number))
        return not_a_number(evaluation, expression, "ce n'est pas un nombre",
                            "des chiffres, une virgule ou un point et neuf au plus derrière", text);
    return (struct value){.kind = VALUE_NUMBER, .text = decimal_text(evaluation->arena, number)};
}

/* ---- Durations ------------------------------------------------------------------------ */

bool functions_prepare_unit(struct compiler *compiler, struct expression *expression)
{
    static const char *const units[] = {"min", "h", "s", NULL};
    static const int64_t seconds[] = {60, 3600, 1};
    size_t unit = 0;

    if (expression->count > 1)
        while (units[unit] && !bytes_equal_text(expression->args[1]->constant.text, units[unit]))
            unit++;
    if (!units[unit]) {
        compiler_mistake(compiler, expression->args[1]->place, "min, h ou s",
                         "ce n'est pas une unité de durée");
        return false;
    }
    expression->prepared = &seconds[unit];
    return true;
}

/* Seconds of a unit that begins with that letter; ':' is hours the first time, then minutes. */
static int64_t unit_seconds(uint8_t letter, bool first)
{
    switch (letter) {
    case 'h':
    case 'H':
        return 3600;
    case ':':
        return first ? 3600 : 60;
    case 'm':
    case 'M':
        return 60;
    case 's':
    case 'S':
        return 1;
    default:
        return 0;
    }
}

/* "1h30", "1h", "01:30", "01:30:00", "45min", "PT1H30M": seconds; -1 when it is none of them. */
static int64_t clock_seconds(struct bytes text)
{
    size_t at = bytes_starts_with(text, BYTES_LITERAL("PT")) ? 2 : 0;
    int64_t unit = 0; /* of the number before */
    int64_t sum = 0;

    for (int count = 0; at < text.len && count < 3; count++) {
        size_t from = at;
        int64_t number = 0;

        while (at < text.len && is_digit(text.data[at]) && at - from < 6)
            number = number * 10 + (text.data[at++] - '0');
        if (at < text.len)
            unit = unit_seconds(text.data[at], count == 0);
        else
            unit /= 60; /* the last number may go without its unit: 1h30 */
        if (at == from || unit == 0)
            return -1;
        sum += number * unit;
        while (at < text.len && strchr("hHminMINsSut:", text.data[at]))
            at++;
    }
    return at == text.len && unit > 0 ? sum : -1;
}

FUNCTION_CALL(minutes)
{
    int64_t unit = *(const int64_t *)expression->prepared;
    struct value value = {.kind = VALUE_INTEGER};
    struct decimal number;
    struct bytes written;
    struct bytes text;

    if (!evaluate_is_present(evaluation, &args[0]))
        return NOTHING;
    written = evaluate_value_text(evaluation, &args[0]);
    text = written.data ? without_blanks(evaluation, bytes_trim(written)) : written;
    if (text.data && read_decimal(text, &number) && number.digits >= 0 &&
        number.digits < INT64_C(1000000000000)) {
        int64_t scale = 1;

        for (int i = 0; i < number.decimals; i++)
            scale *= 10;
        value.integer = (number.digits * unit + scale * 30) / (scale * 60); /* to the nearest */
        return value;
    }
    value.integer = text.data ? clock_seconds(text) : -1;
    if (value.integer < 0)
        return not_a_number(
            evaluation, expression, "ce n'est pas une durée",
            "90, 1h30, 01:30 ou PT1H30M ; minutes(\"h\") quand un nombre seul compte des heures",
            written);
    value.integer = (value.integer + 30) / 60;
    return value;
}

/* ---- Order and codes ------------------------------------------------------------------ */

FUNCTION_CALL(order)
{
    struct value value = {.kind = VALUE_INTEGER};
    int64_t file = 0;
    int64_t line = 0;

    for (size_t i = 0; i < 2; i++)
        if (!evaluate_is_present(evaluation, &args[i]))
            return evaluate_fail(
                evaluation, expression, FAIL_MISSING_FIELD,
                i == 0 ? "le fichier n'a pas de numéro" : "la ligne n'a pas de numéro",
                "les deux : sans eux l'enregistrement n'a pas d'ordre", BYTES_NONE);
    if (args[0].kind == VALUE_TIME)
        file = args[0].moment.us / 1000000;
    else if (!bytes_to_int64(evaluate_value_text(evaluation, &args[0]), &file))
        file = -1;
    if (!bytes_to_int64(evaluate_value_text(evaluation, &args[1]), &line) || line < 0 ||
        line >= LINES || file < 0 || file > INT64_MAX / LINES - 1)
        return evaluate_fail(
            evaluation, expression, FAIL_BAD_VALUE, "le fichier et la ligne ne font pas un ordre",
            "un instant ou un nombre de 11 chiffres au plus, et une ligne sous 10 000 000",
            BYTES_NONE);
    value.integer = file * LINES + line;
    return value;
}

FUNCTION_CALL(pad)
{
    int64_t width = *(const int64_t *)expression->prepared;
    struct bytes text;

    if (!evaluate_is_present(evaluation, &args[0]))
        return NOTHING;
    text = bytes_trim(evaluate_value_text(evaluation, &args[0]));
    if (functions_is_damaged(text))
        return not_a_number(evaluation, expression, "ce n'est pas un code", NULL, text);
    if ((int64_t)text.len >= width)
        return (struct value){.kind = VALUE_TEXT, .text = text};
    return (struct value){
        .kind = VALUE_TEXT,
        .text = bytes_of_text(arena_printf(evaluation->arena, "%0*d%.*s",
                                           (int)(width - (int64_t)text.len), 0, BYTES_ARG(text)))};
}

/* ---- Truth ---------------------------------------------------------------------------- */

bool functions_prepare_check(struct compiler *compiler, struct expression *expression)
{
    if (expression->count == 2 && bytes_equal_text(expression->source, "boolean")) {
        compiler_mistake(compiler, expression->place, "boolean, ou boolean(\"O\", \"N\")",
                         "un seul texte");
        return false;
    }
    return true;
}

FUNCTION_CALL(boolean)
{
    static const char *const words[2][4] = {{"true", "1", "oui", "O"}, {"false", "0", "non", "N"}};
    bool own = expression->count == 3;
    struct bytes text;

    if (args[0].kind == VALUE_BOOL || !evaluate_is_present(evaluation, &args[0]))
        return args[0].kind == VALUE_BOOL ? args[0] : NOTHING;
    text = evaluate_value_text(evaluation, &args[0]);
    for (size_t i = 0; i < 2; i++) {
        if (own && bytes_equal(text, args[1 + i].text))
            return (struct value){.kind = VALUE_BOOL, .boolean = i == 0};
        for (size_t j = 0; j < 4 && !own; j++)
            if (bytes_equal_text(text, words[i][j]))
                return (struct value){.kind = VALUE_BOOL, .boolean = i == 0};
    }
    return evaluate_fail(evaluation, expression, FAIL_BAD_VALUE, "ni vrai ni faux",
                         own ? "l'un des deux textes de boolean(…)" : "vrai ou faux", text);
}
