/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

const char *outcome_name(enum outcome outcome)
{
    static const char *const names[] = {"ok", "retry", "reject", "fatal"};

    return names[outcome];
}

/* Ends a text that was cut in "...", without leaving half a UTF-8 character. */
static void mark_cut(char *text, size_t size)
{
    size_t end = size - 4;

    while (end > 0 && ((unsigned char)text[end] & 0xC0) == 0x80)
        end--;
    memcpy(text + end, "...", 4);
}

enum outcome error_set(struct error *err, enum outcome outcome, const char *fmt, ...)
{
    va_list args;
    int needed;

    if (!err)
        return outcome;
    err->outcome = outcome;
    va_start(args, fmt);
    needed = vsnprintf(err->text, sizeof(err->text), fmt, args);
    va_end(args);
    if (needed >= (int)sizeof(err->text))
        mark_cut(err->text, sizeof(err->text));
    return outcome;
}

enum outcome error_wrap(struct error *err, const char *fmt, ...)
{
    char context[sizeof(err->text)];
    char whole[sizeof(err->text)];
    va_list args;
    int needed;

    if (!err)
        return OUTCOME_FATAL;
    va_start(args, fmt);
    needed = vsnprintf(context, sizeof(context), fmt, args);
    va_end(args);
    if (needed >= (int)sizeof(context))
        mark_cut(context, sizeof(context));
    /* The two together may be longer than one text: the cut is marked below. */
    needed = snprintf(whole, sizeof(whole), "%.250s: %.258s", context, err->text);
    if (needed < 0)
        return err->outcome;
    memcpy(err->text, whole, sizeof(whole));
    return err->outcome;
}

const char *error_reason(int number, char text[ERROR_REASON_SIZE])
{
    if (strerror_r(number, text, ERROR_REASON_SIZE) != 0)
        (void)snprintf(text, ERROR_REASON_SIZE, "error %d", number);
    return text;
}
