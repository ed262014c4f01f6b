/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/explain_choices.h"

#include "connectors/mapping/locate.h"

/* A value on the way down to a list. */
struct spot {
    yyjson_val *json;
    const struct spot *above; /* NULL: the record */
};

struct look {
    const struct noted_choice *choices;
    const struct noted_choice *choice; /* whose list is looked at */
    size_t elements;
    size_t left;
};

/* Whether that way from the record, of as many steps, ends at the same value. */
static bool reaches(const struct noted_choice *choice, const struct spot *spot)
{
    for (size_t at = choice->count; at > 0; at--, spot = spot->above) {
        const struct path_step *step = &choice->steps[at - 1];

        if (step->kind == STEP_EACH ? !yyjson_is_arr(spot->above->json)
                                    : locate_step(spot->above->json, step) != spot->json)
            return false;
    }
    return true;
}

/* The element that the choice takes of that list; NULL: it is not about it, or takes none. */
static yyjson_val *taken(const struct look *look, const struct noted_choice *choice,
                         const struct spot *list)
{
    return choice->count == look->choice->count && reaches(choice, list)
               ? locate_step(list->json, &choice->steps[choice->count])
               : NULL;
}

static bool takes_all(const struct look *look, const struct spot *list)
{
    for (const struct noted_choice *choice = look->choices; choice; choice = choice->next)
        if (choice->steps[choice->count].kind == STEP_EACH &&
            choice->count == look->choice->count && reaches(choice, list))
            return true;
    return false;
}

/* Two choices may take one element. */
static bool is_first_to_take(const struct look *look, const struct noted_choice *choice,
                             const struct spot *list, const yyjson_val *item)
{
    for (const struct noted_choice *other = look->choices; other != choice; other = other->next)
        if (taken(look, other, list) == item)
            return false;
    return true;
}

static void count_list(struct look *look, const struct spot *list)
{
    size_t size = yyjson_arr_size(list->json);
    size_t read = 0;

    look->elements += size;
    if (takes_all(look, list))
        return;
    for (const struct noted_choice *choice = look->choices; choice; choice = choice->next) {
        yyjson_val *item = taken(look, choice, list);

        read += item && is_first_to_take(look, choice, list, item);
    }
    look->left += size - read;
}

/* Each list that the choice is made of. As deep as the path, which the parser bounds. */
static void look_below(struct look *look, size_t at, const struct spot *spot)
{
    const struct path_step *step = &look->choice->steps[at];
    struct spot below = {NULL, spot};
    yyjson_arr_iter iter;

    if (at == look->choice->count) {
        count_list(look, spot);
    } else if (step->kind != STEP_EACH) {
        below.json = locate_step(spot->json, step);
        if (below.json)
            look_below(look, at + 1, &below);
    } else if (yyjson_arr_iter_init(spot->json, &iter)) {
        while ((below.json = yyjson_arr_iter_next(&iter)))
            look_below(look, at + 1, &below);
    }
}

/* Each list is told once: by the last choice noted. */
static bool is_first(const struct noted_choice *choices, const struct noted_choice *choice)
{
    while (choices != choice && (choices->count != choice->count ||
                                 !path_steps_equal(choices->steps, choice->steps, choice->count)))
        choices = choices->next;
    return choices == choice;
}

static void write_list(const struct noted_choice *choice, struct buffer *out)
{
    buffer_append_text(out, "$");
    for (size_t i = 0; i < choice->count; i++) {
        const struct path_step *step = &choice->steps[i];

        if (step->kind == STEP_KEY)
            shape_write_key(step->key, out);
        else if (step->kind == STEP_INDEX)
            buffer_printf(out, "[%zu]", step->index);
        else if (step->kind == STEP_WHERE)
            buffer_printf(out, "[%.*s=%.*s]", BYTES_ARG(step->key), BYTES_ARG(step->is));
        else
            buffer_append_text(out, "[*]");
    }
}

void explain_choices(const struct mapping *mapping, yyjson_val *record, struct buffer *out)
{
    const struct spot root = {record, NULL};

    for (const struct noted_choice *choice = mapping->choices; choice; choice = choice->next) {
        struct look look = {.choices = mapping->choices, .choice = choice};

        if (!is_first(mapping->choices, choice))
            continue;
        look_below(&look, 0, &root);
        if (look.left == 0)
            continue;
        buffer_append_text(out, "  ");
        write_list(choice, out);
        buffer_printf(out,
                      " : %zu de ses %zu éléments %s lu%s par aucun choix ; [*] les lirait tous\n",
                      look.left, look.elements, look.left > 1 ? "ne sont" : "n'est",
                      look.left > 1 ? "s" : "");
    }
}
