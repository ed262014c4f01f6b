/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/compiler.h"

#define MAX_PARTS 32
#define MAX_DEPTH 16

/* The expression between braces, as a scalar of its own with its place. */
static const struct expression *parse_part(struct compiler *compiler, const struct yaml_node *node,
                                           struct bytes text)
{
    struct yaml_node part = {
        .kind = YAML_SCALAR, .place = node->place, .text = text, .plain = true};
    const struct expression *expression;

    part.text_place = compiler_place(node, text);
    expression = parser_parse_as(
        compiler, &part, 1U << TYPE_ANY | 1U << TYPE_TEXT | 1U << TYPE_INTEGER | 1U << TYPE_BOOL,
        "un texte ; pour un instant ajoutez | format(…)");
    if (!expression || expression->kind != EXPRESSION_CONSTANT)
        return expression;
    compiler_mistake(compiler, expression->place,
                     compiler->scope == SCOPE_RECORD
                         ? "$.…, .…"
                         : "handoff_id, event.…, contact.…, link.… : ce qui se lit",
                     "entre { }, ce mot serait écrit tel quel");
    return NULL;
}

void templates_compile_text(struct compiler *compiler, const struct yaml_node *node,
                            struct bytes text, struct text_template *template)
{
    struct text_part *parts = arena_array(compiler->arena, MAX_PARTS, sizeof(*parts));
    size_t from = 0;

    template->parts = parts;
    while (from < text.len && template->count < MAX_PARTS - 2) {
        const uint8_t *open = memchr(text.data + from, '{', text.len - from);
        size_t at = open ? (size_t)(open - text.data) : text.len;
        const uint8_t *close = open ? memchr(open, '}', text.len - at) : NULL;

        if (at > from)
            parts[template->count++].text = bytes_of(text.data + from, at - from);
        if (open && !close) {
            compiler_mistake(compiler, node->place, "{link.own}", "un { sans son }");
            return;
        }
        if (open)
            parts[template->count++].value =
                parse_part(compiler, node, bytes_of(open + 1, (size_t)(close - open) - 1));
        from = close ? (size_t)(close - text.data) + 1 : text.len;
    }
}

enum when_absent templates_absent(const struct expression *expression)
{
    const struct value *last;

    if (!expression || expression->kind != EXPRESSION_CALL || expression->count != 2 ||
        expression->args[1]->kind != EXPRESSION_CONSTANT)
        return expression && expression->kind == EXPRESSION_CONSTANT &&
                       expression->constant.kind == VALUE_NULL
                   ? ABSENT_NULL
                   : ABSENT_LEAVE_OUT;
    last = &expression->args[1]->constant;
    if (last->kind == VALUE_NULL)
        return ABSENT_NULL;
    return last->kind == VALUE_TEXT && last->text.len == 0 ? ABSENT_EMPTY : ABSENT_LEAVE_OUT;
}

static void compile_node(struct compiler *compiler, const struct yaml_node *node, int depth,
                         struct body_template *template);

static void compile_parts(struct compiler *compiler, const struct yaml_node *node, int depth,
                          struct body_template *template)
{
    struct body_template *parts = arena_array(compiler->arena, node->count + 1, sizeof(*parts));

    template->parts = parts;
    for (size_t i = 0; i < node->count; i++) {
        struct body_template *part = &parts[template->count];

        if (node->kind == YAML_MAPPING && bytes_equal_text(node->keys[i]->text, "$when")) {
            template->when = parser_parse_as(compiler, node->items[i],
                                             1U << TYPE_BOOL | 1U << TYPE_ANY, "une condition");
            continue;
        }
        if (node->kind == YAML_MAPPING)
            part->key = node->keys[i]->text;
        compile_node(compiler, node->items[i], depth + 1, part);
        template->count++;
    }
}

static void compile_node(struct compiler *compiler, const struct yaml_node *node, int depth,
                         struct body_template *template)
{
    if (depth > MAX_DEPTH) {
        compiler_mistake(compiler, node->place, "16 niveaux au plus", "corps trop profond");
        return;
    }
    if (node->kind == YAML_SCALAR) {
        template->kind = TEMPLATE_VALUE;
        template->value = parser_parse(compiler, node);
        template->absent = templates_absent(template->value);
        if (template->value &&
            (template->value->type == TYPE_TIME || template->value->type == TYPE_DATE))
            compiler_mistake(
                compiler, template->value->place, "| format(\"%Y-%m-%d\") ou un autre format",
                "%s peut s'écrire de plusieurs façons", compiler_type_name(template->value->type));
        return;
    }
    template->kind = node->kind == YAML_MAPPING ? TEMPLATE_OBJECT : TEMPLATE_LIST;
    compile_parts(compiler, node, depth, template);
}

void templates_compile_body(struct compiler *compiler, const struct yaml_node *node,
                            struct body_template *template)
{
    compile_node(compiler, node, 0, template);
}
