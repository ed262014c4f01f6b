/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/compiler.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

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

    buffer_append_text(&text, names[0] && names[1] ? "one of " : "");
    for (size_t i = 0; names[i]; i++)
        buffer_printf(&text, "%s%s", i > 0 ? ", " : "", names[i]);
    if (nearest)
        buffer_printf(&text, "; did you mean %s?", nearest);
    return arena_text(compiler->arena, buffer_view(&text));
}

bool compiler_check_keys(struct compiler *compiler, const struct yaml_node *node, const char *what,
                         const char *const *known)
{
    if (node->kind != YAML_MAPPING) {
        compiler_mistake(compiler, node->place, "\"key: value\" lines, indented below it",
                         "%s is no mapping", what);
        return false;
    }
    for (size_t i = 0; i < node->count; i++) {
        size_t j = 0;

        while (known[j] && !bytes_equal_text(node->keys[i]->text, known[j]))
            j++;
        if (!known[j])
            compiler_mistake(compiler, node->keys[i]->place,
                             compiler_one_of(compiler, node->keys[i]->text, known),
                             "unknown key \"%.*s\" in %s", BYTES_ARG(node->keys[i]->text), what);
    }
    return true;
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
