/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/compiler.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Above it, a list does not help the reader who is near one of them. */
#define MANY_NAMES 12

void compiler_mistake(struct compiler *compiler, struct place place, const char *expected,
                      const char *fmt, ...)
{
    char what[512];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(what, sizeof(what), fmt, args);
    va_end(args);
    diagnostics_add(compiler->diagnostics, place, expected, "%s", what);
}

const char *compiler_one_of(struct compiler *compiler, struct bytes word, const char *const *names)
{
    CLEANUP(buffer_deinit) struct buffer text = {0};
    const char *nearest = diagnostics_nearest(word, names);
    size_t count = 0;

    while (names[count])
        count++;
    if (nearest)
        buffer_printf(&text, "%s%s", nearest, count > MANY_NAMES ? "" : ", ou ");
    if (count > 1 && !(nearest && count > MANY_NAMES))
        buffer_append_text(&text, "l'un de ");
    for (size_t i = 0; i < count && !(nearest && (count > MANY_NAMES || count == 1)); i++)
        buffer_printf(&text, "%s%s", i > 0 ? ", " : "", names[i]);
    if (nearest && count == 1)
        return nearest;
    return arena_text(compiler->arena, buffer_view(&text));
}

const char *compiler_one_symbol(struct compiler *compiler, struct bytes word,
                                const struct enum_table *symbols)
{
    const char **names = arena_array(compiler->arena, symbols->count + 1, sizeof(*names));

    memcpy(names, symbols->symbols, symbols->count * sizeof(*names));
    return compiler_one_of(compiler, word, names);
}

bool compiler_check_keys(struct compiler *compiler, const struct yaml_node *node, const char *what,
                         const char *const *known)
{
    if (node->kind != YAML_MAPPING) {
        compiler_mistake(compiler, node->place,
                         "des lignes « clé: valeur » dessous, avec plus d'espaces en tête",
                         "%s ne tient pas de clés", what);
        return false;
    }
    for (size_t i = 0; i < node->count; i++) {
        size_t j = 0;

        while (known[j] && !bytes_equal_text(node->keys[i]->text, known[j]))
            j++;
        if (!known[j])
            compiler_mistake(compiler, node->keys[i]->place,
                             compiler_one_of(compiler, node->keys[i]->text, known),
                             "clé inconnue « %.*s » dans %s", BYTES_ARG(node->keys[i]->text), what);
    }
    return true;
}

void compiler_note_table(struct compiler *compiler, const struct code_table *table)
{
    struct mapping *mapping = compiler->mapping;
    struct noted_table *note;

    for (note = mapping->tables; note; note = note->next)
        if (note->table == table)
            return;
    note = arena_alloc(compiler->arena, sizeof(*note));
    *note = (struct noted_table){table, mapping->tables};
    mapping->tables = note;
}

void compiler_note_link(struct compiler *compiler, struct bytes kind, struct place place,
                        const char *expected)
{
    struct used_link *used = arena_alloc(compiler->arena, sizeof(*used));

    *used = (struct used_link){kind, false, place, expected, compiler->links};
    compiler->links = used;
}

void compiler_note_made_link(struct compiler *compiler, struct bytes begin, struct place place)
{
    compiler_note_link(compiler, begin, place, NULL);
    compiler->links->made = true;
}

void compiler_note_column(struct compiler *compiler, const struct path_step *steps, size_t count,
                          struct place place)
{
    struct rule_column *column;

    if (!compiler->columns)
        return;
    column = arena_alloc(compiler->arena, sizeof(*column));
    *column = (struct rule_column){.name = steps[0].key,
                                   .steps = steps,
                                   .count = count,
                                   .text = compiler->text,
                                   .place = place};
    *compiler->columns = column;
    compiler->columns = &column->next;
}

static int32_t characters(struct bytes text)
{
    int32_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += (text.data[i] & 0xC0) != 0x80;
    return count;
}

struct place compiler_place(const struct yaml_node *node, struct bytes part)
{
    struct place place = node->text_place;
    size_t before = (size_t)(part.data - node->text.data);

    if (characters(node->text) != place.width || before > node->text.len)
        return node->place; /* over several lines, or with escapes */
    place.column += characters(bytes_of(node->text.data, before));
    place.width = part.len > 0 ? characters(part) : 1;
    return place;
}

const char *compiler_type_name(enum value_type type)
{
    static const char *const names[] = {"une valeur de l'enregistrement",
                                        "un texte",
                                        "un nombre entier",
                                        "vrai ou faux",
                                        "un instant",
                                        "un jour",
                                        "une liste",
                                        "un opérateur de l'annuaire"};

    return names[type];
}
