/* SPDX-License-Identifier: Apache-2.0 */
#include "base/names.h"

#include <stdlib.h>

void names_add(struct names *names, const char *name)
{
    if (names_have(names_list(names), bytes_of_text(name)))
        return;
    if (names->count + 1 >= names->capacity) {
        names->capacity = names->capacity > 0 ? 2 * names->capacity : 16;
        names->all = xrealloc(names->all, names->capacity * sizeof(*names->all));
    }
    names->all[names->count++] = name;
    names->all[names->count] = NULL;
}

const char *const *names_list(const struct names *names)
{
    static const char *const none[] = {NULL};

    return names->all ? names->all : none;
}

void names_deinit(struct names *names)
{
    free(names->all);
    *names = (struct names){.all = NULL};
}

bool names_have(const char *const *list, struct bytes name)
{
    while (*list && !bytes_equal_text(name, *list))
        list++;
    return *list != NULL;
}
