/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions on French formats: numbers of companies, places, telephones and people.
 */
#include "connectors/mapping/functions.h"
#include "schemas/codes.h"
#include "schemas/nir.h"

/* The argument's text, BYTES_NONE when it is not there. */
static struct bytes text_of(struct evaluation *evaluation, const struct value *value)
{
    return evaluate_is_present(evaluation, value) ? evaluate_value_text(evaluation, value)
                                                  : BYTES_NONE;
}

static struct value text_value(struct bytes text)
{
    return (struct value){.kind = VALUE_TEXT, .text = text};
}

/* The function has the format's name. */
bool functions_prepare_code_list(struct compiler *compiler, struct expression *expression)
{
    (void)compiler;
    expression->prepared = codes_find_format(expression->function->name);
    return expression->prepared;
}

FUNCTION_CALL(check)
{
    struct bytes text = text_of(evaluation, &args[0]);
    const char *expected = NULL;

    if (!text.data)
        return args[0];
    text = bytes_trim(text);
    if (!codes_check_format(expression->prepared, text, &expected))
        return evaluate_fail(evaluation, expression, FAIL_BAD_VALUE, "n'est pas de ce format",
                             functions_is_damaged(text) ? FUNCTIONS_DAMAGED : expected, text);
    return text_value(text);
}

/* First digits of a national number behind its 0 → country code (ARCEP numbering plan). */
static const struct {
    const char *prefix;
    const char *country;
} phone_countries[] = {
    {"262", "+262"}, {"263", "+262"}, {"269", "+262"}, {"639", "+262"}, {"692", "+262"},
    {"693", "+262"}, {"590", "+590"}, {"690", "+590"}, {"691", "+590"}, {"594", "+594"},
    {"694", "+594"}, {"596", "+596"}, {"696", "+596"}, {"697", "+596"}, {"", "+33"},
};

/* Digits only, "+" in front kept; -1 for any other sign. */
static int gather_digits(struct bytes text, char digits[20])
{
    int count = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = (char)text.data[i];
        bool kept = (c >= '0' && c <= '9') || (c == '+' && count == 0);

        if (kept && count < 18)
            digits[count++] = c;
        else if (kept || !strchr(" .-/()\t", c))
            return -1;
    }
    digits[count] = '\0';
    return count;
}

static struct bytes joined(struct arena *arena, struct bytes country, const char *number)
{
    struct bytes rest = bytes_of_text(number);
    uint8_t *text = arena_alloc_unset(arena, country.len + rest.len);

    if (country.len > 0)
        memcpy(text, country.data, country.len);
    memcpy(text + country.len, rest.data, rest.len);
    return bytes_of(text, country.len + rest.len);
}

static struct bytes to_e164(struct arena *arena, struct bytes text)
{
    char digits[20];
    int count = gather_digits(text, digits);
    const char *national = NULL; /* without its 0 */

    if (count > 5 && digits[0] == '+')
        return joined(arena, bytes_of(digits, 3),
                      digits + (strncmp(digits, "+330", 4) == 0 ? 4 : 3));
    if (count > 6 && strncmp(digits, "00", 2) == 0)
        return joined(arena, BYTES_LITERAL("+"), digits + 2);
    if (count == 9 && digits[0] != '0') /* a spreadsheet took the zero for a number's */
        national = digits;
    else if (count == 10 && digits[0] == '0')
        national = digits + 1;
    for (size_t i = 0; national && i < sizeof(phone_countries) / sizeof(phone_countries[0]); i++)
        if (strncmp(national, phone_countries[i].prefix, strlen(phone_countries[i].prefix)) == 0)
            return joined(arena, bytes_of_text(phone_countries[i].country), national);
    return BYTES_NONE;
}

FUNCTION_CALL(phone)
{
    struct bytes text = text_of(evaluation, &args[0]);
    struct bytes phone;

    if (!text.data)
        return args[0];
    phone = to_e164(evaluation->arena, text);
    if (!phone.data)
        return evaluate_fail(
            evaluation, expression, FAIL_BAD_VALUE, "ce n'est pas un numéro de téléphone",
            functions_is_damaged(text) ? FUNCTIONS_DAMAGED
                                       : "dix chiffres dont un 0 en tête, ou +33 et neuf",
            text);
    return text_value(phone);
}

FUNCTION_CALL(has_nir)
{
    struct bytes text = text_of(evaluation, &args[0]);

    (void)expression;
    return (struct value){.kind = VALUE_BOOL, .boolean = text.data && nir_in_text(text)};
}
