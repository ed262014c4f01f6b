/* SPDX-License-Identifier: Apache-2.0
 *
 * The section `codes`:
 *
 *     codes:
 *       rdv_status: { seen: HONOURED, unknown: { if_past: $.starts_at, then: A, else: B }, else: X
 * }
 */
#include "connectors/mapping/compiler.h"
#include "connectors/mapping/functions.h"

/* A code as a scalar; `null` becomes nothing. */
static struct bytes cell_text(struct compiler *compiler, const struct yaml_node *node)
{
    if (node && node->kind == YAML_SCALAR)
        return yaml_is_null(node) ? BYTES_NONE : node->text;
    if (node)
        compiler_mistake(compiler, node->place, "the code that it becomes, or null", "not a code");
    return BYTES_NONE;
}

static void compile_conditional(struct compiler *compiler, const struct yaml_node *node,
                                struct code_cell *cell)
{
    static const char *const keys[] = {"if_past", "then", "else", NULL};
    const struct yaml_node *past = yaml_get(node, "if_past");
    const struct yaml_node *then = yaml_get(node, "then");
    const struct yaml_node *other = yaml_get(node, "else");

    (void)compiler_check_keys(compiler, node, "a code that depends on a moment", keys);
    if (!past || !then || !other) {
        compiler_mistake(compiler, node->place, "{ if_past: $.starts_at, then: A, else: B }",
                         "a code that depends on a moment needs if_past, then and else");
        return;
    }
    cell->if_past =
        parser_parse_as(compiler, past, 1U << TYPE_TIME, "a time: add | datetime behind it");
    cell->text = cell_text(compiler, then);
    cell->place = then->place;
    cell->other = cell_text(compiler, other);
    cell->other_place = other->place;
}

static void compile_cell(struct compiler *compiler, const struct yaml_node *node,
                         struct code_cell *cell)
{
    cell->place = node->place;
    cell->text = BYTES_NONE;
    if (node->kind == YAML_MAPPING)
        compile_conditional(compiler, node, cell);
    else
        cell->text = cell_text(compiler, node);
}

static void compile_table(struct compiler *compiler, const struct yaml_node *node,
                          struct code_table *table)
{
    struct code_row *rows = arena_array(compiler->arena, node->count + 1, sizeof(*rows));

    table->rows = rows;
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *key = node->keys[i];

        if (key->plain && bytes_equal_text(key->text, "else")) {
            table->has_otherwise = true;
            compile_cell(compiler, node->items[i], &table->otherwise);
            continue;
        }
        rows[table->count].from = key->text;
        rows[table->count].place = key->place;
        compile_cell(compiler, node->items[i], &rows[table->count++].cell);
    }
}

void codes_compile(struct compiler *compiler, const struct yaml_node *section)
{
    compiler->codes = section;
    if (!section)
        return;
    if (section->kind != YAML_MAPPING) {
        compiler_mistake(compiler, section->place, "name: { theirs: OURS, … }",
                         "`codes` is no mapping");
        compiler->codes = NULL;
        return;
    }
    compiler->tables = arena_array(compiler->arena, section->count + 1, sizeof(*compiler->tables));
    for (size_t i = 0; i < section->count; i++) {
        struct code_table *table = &compiler->tables[i];

        table->name = section->keys[i]->text;
        table->place = section->keys[i]->place;
        if (section->items[i]->kind == YAML_MAPPING)
            compile_table(compiler, section->items[i], table);
        else
            compiler_mistake(compiler, section->items[i]->place, "{ theirs: OURS, … }",
                             "code list \"%.*s\" is no mapping", BYTES_ARG(table->name));
    }
}

const struct code_table *codes_find(const struct compiler *compiler, struct bytes name)
{
    for (size_t i = 0; compiler->codes && i < compiler->codes->count; i++)
        if (bytes_equal(compiler->tables[i].name, name))
            return &compiler->tables[i];
    return NULL;
}

const char *const *codes_names(struct compiler *compiler)
{
    size_t count = compiler->codes ? compiler->codes->count : 0;
    const char **names = arena_array(compiler->arena, count + 1, sizeof(*names));

    for (size_t i = 0; i < count; i++)
        names[i] = arena_text(compiler->arena, compiler->tables[i].name);
    return names;
}
