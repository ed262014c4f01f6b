/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/result.h"

#include <string.h>

static void copy_cut(char *to, size_t size, const char *from)
{
    size_t len = strnlen(from, size - 1);

    memmove(to, from, len);
    to[len] = '\0';
}

void result_set(struct result *result, enum outcome outcome, const char *code, const char *detail)
{
    result->outcome = outcome;
    copy_cut(result->code, sizeof(result->code), code);
    copy_cut(result->detail, sizeof(result->detail), detail);
}
