/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions on texts. A value that is not there stays what it is.
 */
#include <utf8proc.h>

#include "connectors/mapping/functions.h"
#include "connectors/mapping/pattern.h"
#include "schemas/codes.h"

#define NOTHING ((struct value){.kind = VALUE_NULL})

static struct value text_value(struct bytes text)
{
    return (struct value){.kind = VALUE_TEXT, .text = text};
}

static struct value bool_value(bool boolean)
{
    return (struct value){.kind = VALUE_BOOL, .boolean = boolean};
}

/* The argument's text, BYTES_NONE when it is not there. */
static struct bytes text_of(struct evaluation *evaluation, const struct value *value)
{
    return evaluate_is_present(evaluation, value) ? evaluate_value_text(evaluation, value)
                                                  : BYTES_NONE;
}

/* Length of the character at `at`; 1 for what is no UTF-8. */
static size_t character(struct bytes text, size_t at)
{
    utf8proc_int32_t codepoint;
    utf8proc_ssize_t len =
        utf8proc_iterate(text.data + at, (utf8proc_ssize_t)(text.len - at), &codepoint);

    return len > 0 ? (size_t)len : 1;
}

/* ---- Constants ------------------------------------------------------------------------ */

bool functions_prepare_number(struct compiler *compiler, struct expression *expression)
{
    const struct expression *arg = expression->args[1];
    int64_t *number = arena_alloc(compiler->arena, sizeof(*number));

    if (arg->constant.kind != VALUE_NUMBER || !bytes_to_int64(arg->constant.text, number) ||
        *number < 1) {
        compiler_mistake(compiler, arg->place, "un nombre entier au-dessus de 0",
                         "ce n'est pas une longueur");
        return false;
    }
    expression->prepared = number;
    return true;
}

FUNCTION_CALL(text)
{
    (void)evaluation;
    (void)args;
    return expression->args[0]->constant;
}

/* Of a code alone: behind a text and a code it would take both for one. */
bool functions_prepare_meaning(struct compiler *compiler, struct expression *expression)
{
    const struct expression *of = expression->args[0];

    if (of->kind == EXPRESSION_PATH ? of->path->root == ROOT_EVENT && of->path->count == 1 &&
                                          bytes_equal_text(of->path->steps[0].key, "code")
                                    : of->kind == EXPRESSION_CALL)
        return true;
    compiler_mistake(compiler, of->place,
                     "event.code | meaning, entre parenthèses derrière un texte : text(\"Refusé : "
                     "\") (event.code | meaning)",
                     "`meaning` prend un code, et | prend tout ce qui est devant lui");
    return false;
}

FUNCTION_CALL(meaning)
{
    struct bytes code = text_of(evaluation, &args[0]);

    (void)expression;
    for (const struct rejection_code *row = rejection_codes; code.data && row->code; row++)
        if (bytes_equal_text(code, row->code))
            return text_value(bytes_of_text(row->meaning_fr));
    return args[0];
}

/* ---- Blanks and length ---------------------------------------------------------------- */

FUNCTION_CALL(trim)
{
    struct bytes text = text_of(evaluation, &args[0]);

    (void)expression;
    return text.data ? text_value(bytes_trim(text)) : args[0];
}

FUNCTION_CALL(squeeze)
{
    struct bytes text = text_of(evaluation, &args[0]);
    size_t len = 0;
    uint8_t *out;

    (void)expression;
    if (!text.data)
        return args[0];
    text = bytes_trim(text);
    out = arena_alloc(evaluation->arena, text.len + 1);
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';

        if (!blank)
            out[len++] = c;
        else if (len > 0 && out[len - 1] != ' ')
            out[len++] = ' ';
    }
    return text_value(bytes_of(out, len));
}

FUNCTION_CALL(cut)
{
    struct bytes text = text_of(evaluation, &args[0]);
    int64_t left = *(const int64_t *)expression->prepared;
    size_t at = 0;

    if (!text.data)
        return args[0];
    if ((int64_t)text.len <= left)
        return text_value(text); /* a character is a byte at least */
    while (at < text.len && left-- > 0)
        at += character(text, at);
    return text_value(bytes_of(text.data, at));
}

FUNCTION_CALL(cut_bytes)
{
    struct bytes text = text_of(evaluation, &args[0]);
    size_t most = (size_t) * (const int64_t *)expression->prepared;
    size_t at = 0;

    if (!text.data)
        return args[0];
    while (at < text.len && at + character(text, at) <= most)
        at += character(text, at);
    return text_value(bytes_of(text.data, at));
}

/* ---- Letters -------------------------------------------------------------------------- */

static bool is_ascii(struct bytes text)
{
    uint8_t all = 0;

    for (size_t i = 0; i < text.len; i++)
        all |= text.data[i];
    return all < 0x80;
}

/* `first` to `first` + 25 are the letters that change. Without a branch in it. */
static void change_ascii_case(struct bytes text, uint8_t first, uint8_t *out)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t letter = text.data[i];

        out[i] = (uint8_t)(letter - first) < 26 ? letter ^ 0x20 : letter;
    }
}

static struct value change_case(struct evaluation *evaluation, const struct value *arg,
                                uint8_t first, utf8proc_int32_t (*change)(utf8proc_int32_t))
{
    struct bytes text = text_of(evaluation, arg);
    uint8_t *out;
    size_t len = 0;

    if (!text.data)
        return *arg;
    /* A letter's other case may be longer: two bytes become three at most. */
    out = arena_alloc_unset(evaluation->arena, text.len * 2 + 4);
    if (is_ascii(text)) {
        change_ascii_case(text, first, out);
        return text_value(bytes_of(out, text.len));
    }
    for (size_t at = 0; at < text.len;) {
        utf8proc_int32_t codepoint;
        utf8proc_ssize_t step;

        if (text.data[at] < 0x80) {
            change_ascii_case(bytes_of(text.data + at++, 1), first, out + len++);
            continue;
        }
        step = utf8proc_iterate(text.data + at, (utf8proc_ssize_t)(text.len - at), &codepoint);
        if (step <= 0)
            break;
        len += (size_t)utf8proc_encode_char(change(codepoint), out + len);
        at += (size_t)step;
    }
    return text_value(bytes_of(out, len));
}

FUNCTION_CALL(lower)
{
    (void)expression;
    return change_case(evaluation, &args[0], 'A', utf8proc_tolower);
}

FUNCTION_CALL(upper)
{
    (void)expression;
    return change_case(evaluation, &args[0], 'a', utf8proc_toupper);
}

FUNCTION_CALL(normalise)
{
    const utf8proc_option_t options = (utf8proc_option_t)(UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    struct bytes text = text_of(evaluation, &args[0]);
    utf8proc_int32_t *points;
    utf8proc_ssize_t count;

    (void)expression;
    if (!text.data)
        return args[0];
    /* A character decomposes into at most 18 (U+FDFA, and only for compatibility); 4 for NFC. */
    points = arena_array(evaluation->arena, text.len * 4 + 2, sizeof(*points));
    count = utf8proc_decompose(text.data, (utf8proc_ssize_t)text.len, points,
                               (utf8proc_ssize_t)text.len * 4, options);
    if (count < 0 || count > (utf8proc_ssize_t)text.len * 4)
        return args[0];
    count = utf8proc_reencode(points, count, options);
    return count < 0 ? args[0] : text_value(bytes_of(points, (size_t)count));
}

/* ---- Lists ---------------------------------------------------------------------------- */

/* Appends to `out`, which has room; only counts when it is NULL. */
static size_t join_one(struct evaluation *evaluation, struct bytes separator,
                       const struct value *value, uint8_t *out, size_t len)
{
    struct bytes text = text_of(evaluation, value);

    if (!text.data)
        return len;
    if (len == 0)
        separator = BYTES_LITERAL("");
    if (out) {
        memcpy(out + len, separator.data, separator.len);
        memcpy(out + len + separator.len, text.data, text.len);
    }
    return len + separator.len + text.len;
}

static size_t join_all(struct evaluation *evaluation, const struct expression *expression,
                       const struct value *args, uint8_t *out)
{
    struct bytes separator = evaluate_value_text(evaluation, &args[0]);
    size_t len = 0;

    if (!separator.data)
        separator = BYTES_LITERAL("");
    for (size_t i = 1; i < expression->count; i++) {
        bool list = args[i].kind == VALUE_LIST;
        const struct value *values = list ? args[i].list.items : &args[i];
        size_t count = list ? args[i].list.count : 1;

        for (size_t j = 0; j < count; j++)
            len = join_one(evaluation, separator, &values[j], out, len);
    }
    return len;
}

FUNCTION_CALL(join)
{
    size_t len = join_all(evaluation, expression, args, NULL);
    uint8_t *text;

    if (len == 0)
        return NOTHING;
    text = arena_alloc_unset(evaluation->arena, len);
    (void)join_all(evaluation, expression, args, text);
    return text_value(bytes_of(text, len));
}

/* The part of `text` before the next separator; moves *at behind it. */
static struct bytes next_part(struct bytes text, struct bytes separator, size_t *at)
{
    size_t from = *at;
    size_t end = from;

    while (end < text.len &&
           !bytes_starts_with(bytes_of(text.data + end, text.len - end), separator))
        end++;
    *at = end < text.len ? end + separator.len : text.len + 1;
    return bytes_trim(bytes_of(text.data + from, end - from));
}

FUNCTION_CALL(split)
{
    struct bytes text = text_of(evaluation, &args[0]);
    struct bytes separator = evaluate_value_text(evaluation, &args[1]);
    struct value list = {.kind = VALUE_LIST};
    struct value *items;

    (void)expression;
    if (!text.data || separator.len == 0)
        return text.data ? args[0] : list;
    items = arena_array(evaluation->arena, text.len + 1, sizeof(*items));
    for (size_t at = 0; at <= text.len;) {
        struct bytes part = next_part(text, separator, &at);

        if (part.len > 0)
            items[list.list.count++] = text_value(part);
    }
    list.list.items = items;
    return list;
}

FUNCTION_CALL(contains)
{
    struct bytes wanted = evaluate_value_text(evaluation, &args[1]);
    struct bytes text;

    (void)expression;
    if (!wanted.data)
        return bool_value(false);
    if (args[0].kind == VALUE_LIST) {
        for (size_t i = 0; i < args[0].list.count; i++)
            if (bytes_equal(evaluate_value_text(evaluation, &args[0].list.items[i]), wanted))
                return bool_value(true);
        return bool_value(false);
    }
    text = evaluate_value_text(evaluation, &args[0]);
    for (size_t at = 0; text.data && at + wanted.len <= text.len; at++)
        if (memcmp(text.data + at, wanted.data, wanted.len) == 0)
            return bool_value(true);
    return bool_value(false);
}

FUNCTION_CALL(starts_with)
{
    struct bytes text = evaluate_value_text(evaluation, &args[0]);
    struct bytes wanted = evaluate_value_text(evaluation, &args[1]);

    (void)expression;
    return bool_value(text.data && wanted.data && bytes_starts_with(text, wanted));
}

/* ---- Patterns ------------------------------------------------------------------------- */

/* What a pattern would take as it is written, and nobody means so. */
static bool is_regular_expression(struct bytes text)
{
    static const char *const signs[] = {"[0-9", "[a-z", "[A-Z", "\\d", "\\w",
                                        "\\s",  "\\(",  "(?:",  "(?P<"};
    bool is = text.len > 0 && text.data[0] == '^';

    for (size_t at = 0; at < text.len && !is; at++)
        for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]) && !is; i++)
            is =
                bytes_starts_with(bytes_of(text.data + at, text.len - at), bytes_of_text(signs[i]));
    return is;
}

bool functions_prepare_pattern(struct compiler *compiler, struct expression *expression)
{
    const struct expression *arg = expression->args[1];
    const char *wrong = "un texte entre guillemets";

    if (arg->constant.kind == VALUE_TEXT && is_regular_expression(arg->constant.text))
        wrong = "une expression régulière serait lue telle qu'elle est écrite";
    else if (arg->constant.kind == VALUE_TEXT)
        expression->prepared = pattern_new(arg->constant.text, compiler->arena, &wrong);
    if (!expression->prepared)
        compiler_mistake(compiler, arg->place,
                         "* un texte quelconque, ? un caractère, # un chiffre, #+ des chiffres, "
                         "{…} ce qui est pris",
                         "ce n'est pas un motif : %s", wrong);
    return expression->prepared;
}

FUNCTION_CALL(pick)
{
    struct bytes text = text_of(evaluation, &args[0]);
    struct bytes picked;

    if (!text.data)
        return args[0];
    return pattern_match(expression->prepared, bytes_trim(text), &picked) ? text_value(picked)
                                                                          : NOTHING;
}

FUNCTION_CALL(like)
{
    struct bytes text = text_of(evaluation, &args[0]);
    struct bytes picked;

    return bool_value(text.data && pattern_match(expression->prepared, bytes_trim(text), &picked));
}
