/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/explain_choices.h"

#include "connectors/mapping/locate.h"

static bool is_same_list(const struct noted_choice *a, const struct noted_choice *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!bytes_equal(a->steps[i].key, b->steps[i].key))
            return false;
    return true;
}

/* The element that one choice takes, or all of them. */
static bool takes(const struct noted_choice *choice, yyjson_val *list, yyjson_val *item)
{
    const struct path_step *step = &choice->steps[choice->count];

    return step->kind == STEP_EACH || locate_step(list, step) == item;
}

static bool is_read(const struct noted_choice *choices, const struct noted_choice *of,
                    yyjson_val *list, yyjson_val *item)
{
    for (const struct noted_choice *other = choices; other; other = other->next)
        if (is_same_list(other, of) && takes(other, list, item))
            return true;
    return false;
}

/* Each list is told once: by the last one noted. */
static bool is_first(const struct noted_choice *choices, const struct noted_choice *choice)
{
    while (choices != choice && !is_same_list(choices, choice))
        choices = choices->next;
    return choices == choice;
}

void explain_choices(const struct mapping *mapping, yyjson_val *record, struct buffer *out)
{
    for (const struct noted_choice *choice = mapping->choices; choice; choice = choice->next) {
        yyjson_val *list = record;
        yyjson_arr_iter iter;
        size_t left = 0;

        if (!is_first(mapping->choices, choice))
            continue;
        for (size_t i = 0; i < choice->count && list; i++)
            list = locate_step(list, &choice->steps[i]);
        if (!yyjson_arr_iter_init(list, &iter))
            continue;
        for (yyjson_val *item = yyjson_arr_iter_next(&iter); item;
             item = yyjson_arr_iter_next(&iter))
            left += !is_read(mapping->choices, choice, list, item);
        if (left == 0)
            continue;
        buffer_append_text(out, "  $");
        for (size_t i = 0; i < choice->count; i++)
            shape_write_key(choice->steps[i].key, out);
        buffer_printf(
            out, " : %zu de ses %zu éléments %s lu%s par aucun choix ; [*] les lirait tous\n", left,
            yyjson_arr_size(list), left > 1 ? "ne sont" : "n'est", left > 1 ? "s" : "");
    }
}
