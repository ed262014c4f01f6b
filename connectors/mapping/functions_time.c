/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions on times and days.
 */
#include "base/clock.h"
#include "connectors/mapping/functions.h"
#include "connectors/mapping/times.h"

#define NOTHING ((struct value){.kind = VALUE_NULL})

struct time_arguments {
    const struct bytes *formats;
    size_t count;
    const struct zone *zone;
    const char *expected; /* the formats, for messages */
};

/* ---- Arguments ------------------------------------------------------------------------ */

static bool prepare_argument(struct compiler *compiler, const struct expression *arg,
                             struct bytes *formats, struct time_arguments *arguments)
{
    struct bytes text = arg->constant.text;
    const char *wrong;

    if (memchr(text.data, '%', text.len) || bytes_equal_text(text, "iso")) {
        wrong = times_check_format(text);
        if (wrong)
            compiler_mistake(compiler, arg->place, wrong, "ce n'est pas un format de date");
        formats[arguments->count++] = text;
        return !wrong;
    }
    arguments->zone = zones_find(text);
    if (!arguments->zone)
        compiler_mistake(compiler, arg->place, compiler_one_of(compiler, text, zones_names()),
                         "« %.*s » n'est ni un format (avec %%Y, %%m, %%d…) ni un fuseau connu",
                         BYTES_ARG(text));
    return arguments->zone;
}

static const char *list_formats(struct compiler *compiler, const struct time_arguments *arguments)
{
    CLEANUP(buffer_deinit) struct buffer text = {0};

    for (size_t i = 0; i < arguments->count; i++)
        buffer_printf(&text, "%s%.*s", i > 0 ? " ou " : "", BYTES_ARG(arguments->formats[i]));
    return arena_text(compiler->arena, buffer_view(&text));
}

/* Constants stand behind the first `values` arguments. */
static struct time_arguments *prepare(struct compiler *compiler, struct expression *expression,
                                      size_t values, bool with_defaults)
{
    struct time_arguments *arguments = arena_alloc(compiler->arena, sizeof(*arguments));
    struct bytes *formats = arena_array(compiler->arena, expression->count + 1, sizeof(*formats));

    arguments->formats = formats;
    for (size_t i = values; i < expression->count; i++)
        if (!prepare_argument(compiler, expression->args[i], formats, arguments))
            return NULL;
    if (!arguments->zone)
        arguments->zone = compiler->mapping->zone;
    if (arguments->count == 0 && with_defaults && compiler->mapping->time_format_count > 0) {
        arguments->formats = compiler->mapping->time_formats;
        arguments->count = compiler->mapping->time_format_count;
    } else if (arguments->count == 0) {
        formats[arguments->count++] = BYTES_LITERAL("iso");
    }
    arguments->expected = list_formats(compiler, arguments);
    return arguments;
}

bool functions_prepare_times(struct compiler *compiler, struct expression *expression)
{
    bool moment = expression->function->result == TYPE_TIME;
    struct time_arguments *arguments = prepare(compiler, expression, 1, moment);

    if (!arguments)
        return false;
    for (size_t i = 0; i < arguments->count && moment && !arguments->zone; i++)
        if (times_needs_zone(arguments->formats[i])) {
            compiler_mistake(compiler, expression->place,
                             "un fuseau derrière, par exemple datetime(\"%d/%m/%Y %H:%M\", "
                             "\"Europe/Paris\"), ou `times: { zone: … }` pour tout le fichier",
                             "une heure locale sans son fuseau");
            return false;
        }
    expression->prepared = arguments;
    return true;
}

bool functions_prepare_in_zone(struct compiler *compiler, struct expression *expression)
{
    expression->prepared = prepare(compiler, expression, 2, true);
    return expression->prepared;
}

bool functions_prepare_format(struct compiler *compiler, struct expression *expression)
{
    expression->prepared = prepare(compiler, expression, 1, false);
    return expression->prepared;
}

/* ---- Times ---------------------------------------------------------------------------- */

static struct value read_time(struct evaluation *evaluation, const struct expression *expression,
                              const struct value *arg, const struct zone *zone)
{
    const struct time_arguments *arguments = expression->prepared;
    struct value value = {.kind = VALUE_TIME};
    struct bytes text = evaluate_value_text(evaluation, arg);

    for (size_t i = 0; text.data && i < arguments->count; i++)
        if (times_parse(arguments->formats[i], text, zone, &value.moment))
            return value;
    return evaluate_fail(evaluation, expression, FAIL_BAD_VALUE,
                         "ce n'est pas une date et heure de ce format", arguments->expected, text);
}

FUNCTION_CALL(datetime)
{
    const struct time_arguments *arguments = expression->prepared;

    if (!evaluate_is_present(evaluation, &args[0]))
        return NOTHING;
    return read_time(evaluation, expression, &args[0], arguments->zone);
}

FUNCTION_CALL(datetime_in)
{
    const struct zone *zone;
    struct bytes name;

    if (!evaluate_is_present(evaluation, &args[0]))
        return NOTHING;
    name = evaluate_value_text(evaluation, &args[1]);
    zone = name.data ? zones_find(name) : NULL;
    if (!zone)
        return evaluate_fail(evaluation, expression, FAIL_BAD_VALUE, "ce n'est pas un fuseau connu",
                             "un nom comme Europe/Paris ou Indian/Reunion", name);
    return read_time(evaluation, expression, &args[0], zone);
}

FUNCTION_CALL(date)
{
    const struct time_arguments *arguments = expression->prepared;
    struct bytes text;
    int32_t days;

    if (!evaluate_is_present(evaluation, &args[0]))
        return NOTHING;
    text = evaluate_value_text(evaluation, &args[0]);
    for (size_t i = 0; text.data && i < arguments->count; i++)
        if (times_parse_date(arguments->formats[i], text, &days))
            return (struct value){.kind = VALUE_DATE, .integer = days};
    return evaluate_fail(evaluation, expression, FAIL_BAD_VALUE,
                         "ce n'est pas un jour de ce format", arguments->expected, text);
}

FUNCTION_CALL(format)
{
    CLEANUP(buffer_deinit) struct buffer out = {0};
    const struct time_arguments *arguments = expression->prepared;

    if (args[0].kind == VALUE_DATE)
        times_write(bytes_equal_text(arguments->formats[0], "iso") ? BYTES_LITERAL("%Y-%m-%d")
                                                                   : arguments->formats[0],
                    (struct moment){args[0].integer * US_PER_DAY, 0, PRECISION_DAY}, NULL, &out);
    else if (args[0].kind == VALUE_TIME)
        times_write(arguments->formats[0], args[0].moment, arguments->zone, &out);
    else
        return NOTHING;
    return (struct value){.kind = VALUE_TEXT,
                          .text = arena_copy(evaluation->arena, buffer_view(&out))};
}
