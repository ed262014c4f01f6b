/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/syntax.h"

/* ---- Tokens --------------------------------------------------------------------------- */

void syntax_advance(struct parser *parser)
{
    if (parser->token.text.data)
        parser->last_end =
            (size_t)(parser->token.text.data - parser->lexer.text.data) + parser->token.text.len;
    parser->token = lexer_next(&parser->lexer);
}

size_t syntax_start_of(const struct parser *parser)
{
    return (size_t)(parser->token.text.data - parser->lexer.text.data);
}

bool syntax_is_word(const struct parser *parser, const char *word)
{
    return parser->token.kind == TOKEN_WORD && bytes_equal_text(parser->token.text, word);
}

bool syntax_take(struct parser *parser, enum token_kind kind)
{
    bool taken = parser->token.kind == kind;

    if (taken)
        syntax_advance(parser);
    return taken;
}

void *syntax_mistake(struct parser *parser, struct bytes part, const char *expected,
                     const char *what)
{
    compiler_mistake(parser->compiler, compiler_place(parser->node, part), expected, "%s", what);
    return NULL;
}

bool syntax_is_loud(const struct parser *parser)
{
    static const char *const loud[] = {"AND", "OR", "NOT", "IN", NULL};

    for (size_t i = 0; loud[i]; i++)
        if (syntax_is_word(parser, loud[i]))
            return true;
    return false;
}

void *syntax_unexpected(struct parser *parser, const char *expected)
{
    struct bytes text = parser->token.text;

    if (parser->token.kind == TOKEN_BAD)
        return syntax_mistake(parser, text, text.data[0] == '&' ? "`and`" : parser->token.expected,
                              parser->token.wrong);
    if (parser->token.kind == TOKEN_ASSIGN)
        return syntax_mistake(parser, text, "== pour comparer", "un seul =");
    if (syntax_is_loud(parser))
        return syntax_mistake(parser, text, "and, or, not, in : en minuscules",
                              "opérateur en capitales");
    return syntax_mistake(parser, text, expected,
                          parser->token.kind == TOKEN_END ? "l'expression s'arrête trop tôt"
                                                          : "n'a pas sa place ici");
}

/* ---- Nodes ---------------------------------------------------------------------------- */

struct expression *syntax_node_new(struct parser *parser, enum expression_kind kind, size_t from,
                                   enum value_type type)
{
    struct expression *node = arena_alloc(parser->compiler->arena, sizeof(*node));
    size_t end = parser->last_end > from ? parser->last_end : from;

    node->kind = kind;
    node->type = type;
    node->source = bytes_of(parser->lexer.text.data + from, end - from);
    node->place = compiler_place(parser->node, node->source);
    return node;
}

void syntax_give_args(struct parser *parser, struct expression *node,
                      const struct syntax_list *list)
{
    node->args = arena_array(parser->compiler->arena, list->count + 1, sizeof(*node->args));
    node->count = list->count;
    for (size_t i = 0; i < list->count; i++)
        node->args[i] = list->items[i];
}

struct expression *syntax_add(struct parser *parser, struct syntax_list *list,
                              struct expression *item)
{
    if (item && list->count == FUNCTION_MANY)
        return syntax_mistake(parser, item->source, "64 au plus", "trop de parties");
    if (item)
        list->items[list->count++] = item;
    return item;
}
