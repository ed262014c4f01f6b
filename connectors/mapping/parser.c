/* SPDX-License-Identifier: Apache-2.0
 *
 * expression = or ; or = and { "or" and } ; and = not { "and" not } ; not = [ "not" ] comparison
 * comparison = piped [ ( == | != | < | <= | > | >= ) piped | [ "not" ] "in" list ]
 * piped      = concat { "|" function }            concat = primary { primary }
 * primary    = path | word | number | "text" | function | "(" expression ")"
 * function   = word [ "(" [ expression { "," expression } ] ")" ]     list = "[" … "]" or "(" … ")"
 */
#include "connectors/mapping/syntax.h"

#define MAX_DEPTH 24

static struct expression *parse_piped(struct parser *parser);

static struct expression *constant(struct parser *parser, struct value value, enum value_type type)
{
    size_t from = syntax_start_of(parser);
    struct expression *node;

    syntax_advance(parser);
    node = syntax_node_new(parser, EXPRESSION_CONSTANT, from, type);
    node->constant = value;
    return node;
}

static struct expression *path_node(struct parser *parser, const struct path *path)
{
    size_t from = syntax_start_of(parser);
    struct expression *node;

    if (!path)
        return NULL;
    syntax_advance(parser);
    node = syntax_node_new(parser, EXPRESSION_PATH, from, TYPE_ANY);
    node->path = path;
    node->slot = path->direct ? path->slot + 1 : 0;
    node->type = paths_type(path, &node->symbols);
    return node;
}

/* ---- The grammar ---------------------------------------------------------------------- */

static struct expression *parse_word(struct parser *parser)
{
    struct bytes word = parser->token.text;
    struct lexer ahead = parser->lexer;
    const struct path *path;

    if (lexer_next(&ahead).kind == TOKEN_OPEN)
        return calls_parse(parser, NULL, syntax_start_of(parser));
    path = paths_word(parser->compiler, word);
    if (path)
        return path_node(parser, path);
    if (bytes_equal_text(word, "true") || bytes_equal_text(word, "false"))
        return constant(
            parser, (struct value){.kind = VALUE_BOOL, .boolean = bytes_equal_text(word, "true")},
            TYPE_BOOL);
    if (bytes_equal_text(word, "null"))
        return constant(parser, (struct value){.kind = VALUE_NULL}, TYPE_ANY);
    return constant(parser, (struct value){.kind = VALUE_TEXT, .text = word}, TYPE_TEXT);
}

static struct expression *parse_primary(struct parser *parser)
{
    struct token token = parser->token;
    struct expression *inner;

    switch ((int)token.kind) {
    case TOKEN_PATH:
        return path_node(parser, paths_compile(parser->compiler, token.text,
                                               compiler_place(parser->node, token.text)));
    case TOKEN_STRING:
        return constant(parser, (struct value){.kind = VALUE_TEXT, .text = token.value}, TYPE_TEXT);
    case TOKEN_NUMBER:
        return constant(parser, (struct value){.kind = VALUE_NUMBER, .text = token.text},
                        TYPE_INTEGER);
    case TOKEN_WORD:
        return syntax_is_loud(parser) ? syntax_unexpected(parser, NULL) : parse_word(parser);
    case TOKEN_OPEN:
        syntax_advance(parser);
        inner = parser_parse_or(parser);
        if (inner && !syntax_take(parser, TOKEN_CLOSE))
            return syntax_unexpected(parser, "\")\"");
        return inner;
    default:
        return syntax_unexpected(parser,
                                 "un chemin, un mot, un texte entre guillemets ou une fonction");
    }
}

static bool starts_primary(const struct parser *parser)
{
    if (parser->token.kind == TOKEN_WORD)
        return !syntax_is_word(parser, "and") && !syntax_is_word(parser, "or") &&
               !syntax_is_word(parser, "not") && !syntax_is_word(parser, "in");
    return parser->token.kind == TOKEN_PATH || parser->token.kind == TOKEN_STRING ||
           parser->token.kind == TOKEN_NUMBER || parser->token.kind == TOKEN_OPEN;
}

static bool is_bare_word(const struct expression *expression)
{
    return expression->kind == EXPRESSION_CONSTANT && expression->source.len > 0 &&
           lexer_is_key_character(expression->source.data[0]);
}

/* What stands side by side must be texts, and no two bare words. */
static bool check_concat(struct parser *parser, const struct syntax_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct expression *part = list->items[i];

        if (i > 0 && is_bare_word(part) && is_bare_word(list->items[i - 1])) {
            syntax_mistake(parser, part->source,
                           "des guillemets autour d'un texte de plusieurs mots, ou un opérateur",
                           "deux mots côte à côte");
            return false;
        }
        if (part->type == TYPE_RECEIVER || part->type == TYPE_TIME || part->type == TYPE_DATE ||
            part->type == TYPE_LIST ||
            (part->kind == EXPRESSION_CONSTANT && part->type == TYPE_BOOL)) {
            compiler_mistake(parser->compiler, part->place,
                             part->type == TYPE_LIST       ? "join(\" \", …)"
                             : part->type == TYPE_RECEIVER ? "`to_operator: regional(x)`"
                                                           : "(… | format(\"%d/%m/%Y\"))",
                             "%s ne peut pas être mis bout à bout avec un texte",
                             compiler_type_name(part->type));
            return false;
        }
    }
    return true;
}

static struct expression *parse_concat(struct parser *parser)
{
    size_t from = syntax_start_of(parser);
    struct syntax_list list = {.count = 0};
    struct expression *first = syntax_add(parser, &list, parse_primary(parser));
    struct expression *node;

    if (!first || !starts_primary(parser))
        return first;
    while (starts_primary(parser))
        if (!syntax_add(parser, &list, parse_primary(parser)))
            return NULL;
    if (!check_concat(parser, &list))
        return NULL;
    node = syntax_node_new(parser, EXPRESSION_CONCAT, from, TYPE_TEXT);
    syntax_give_args(parser, node, &list);
    return node;
}

static struct expression *parse_piped(struct parser *parser)
{
    size_t from = syntax_start_of(parser);
    struct expression *node = parse_concat(parser);

    while (node && syntax_take(parser, TOKEN_PIPE)) {
        if (parser->token.kind == TOKEN_PIPE)
            return syntax_unexpected(parser, "`or`, ou une fonction derrière un seul |");
        if (parser->token.kind != TOKEN_WORD)
            return syntax_unexpected(parser, "une fonction derrière |");
        node = calls_parse(parser, node, from);
    }
    return node;
}

static struct expression *parse_in(struct parser *parser, struct expression *left, size_t from,
                                   bool negated)
{
    struct syntax_list list = {.count = 0};
    struct expression *node;
    bool square = parser->token.kind == TOKEN_OPEN_LIST;

    syntax_add(parser, &list, left);
    if (!square && parser->token.kind != TOKEN_OPEN)
        return syntax_unexpected(parser, "une liste : in [a, b]");
    do {
        syntax_advance(parser);
        if (!syntax_add(parser, &list, parse_piped(parser)))
            return NULL;
    } while (parser->token.kind == TOKEN_COMMA);
    if (!syntax_take(parser, square ? TOKEN_CLOSE_LIST : TOKEN_CLOSE))
        return syntax_unexpected(parser, square ? "« , » ou « ] »" : "« , » ou « ) »");
    node = syntax_node_new(parser, EXPRESSION_IN, from, TYPE_BOOL);
    syntax_give_args(parser, node, &list);
    if (negated) {
        struct expression *outer = syntax_node_new(parser, EXPRESSION_NOT, from, TYPE_BOOL);
        struct syntax_list one = {.items = {node}, .count = 1};

        syntax_give_args(parser, outer, &one);
        return outer;
    }
    return node;
}

/* A constant compared with a code of ours must be one of them. */
static bool check_compared(struct parser *parser, const struct expression *value,
                           const struct expression *other)
{
    if (value->symbols && other->kind == EXPRESSION_CONSTANT &&
        other->constant.kind == VALUE_TEXT && enum_find(value->symbols, other->constant.text) < 0) {
        compiler_mistake(
            parser->compiler, other->place,
            compiler_one_symbol(parser->compiler, other->constant.text, value->symbols),
            "%s n'a pas de « %.*s »", value->symbols->name, BYTES_ARG(other->constant.text));
        return false;
    }
    if ((value->type == TYPE_RECEIVER || value->type == TYPE_TIME || value->type == TYPE_DATE) &&
        other->type != value->type && other->constant.kind != VALUE_NULL) {
        compiler_mistake(parser->compiler, other->place, "la même sorte des deux côtés",
                         "%s est comparé à %s", compiler_type_name(value->type),
                         compiler_type_name(other->type));
        return false;
    }
    return true;
}

static struct expression *parse_comparison(struct parser *parser)
{
    size_t from = syntax_start_of(parser);
    struct expression *left = parse_piped(parser);
    struct expression *right;
    struct expression *node;
    enum token_kind kind = parser->token.kind;
    struct syntax_list list = {.count = 0};

    if (left && syntax_is_word(parser, "in")) {
        syntax_advance(parser);
        return parse_in(parser, left, from, false);
    }
    if (left && syntax_is_word(parser, "not")) {
        syntax_advance(parser);
        if (!syntax_is_word(parser, "in"))
            return syntax_unexpected(parser, "`not in`");
        syntax_advance(parser);
        return parse_in(parser, left, from, true);
    }
    if (!left || kind < TOKEN_EQ || kind > TOKEN_GE)
        return left;
    syntax_advance(parser);
    right = parse_piped(parser);
    if (!right || !check_compared(parser, left, right) || !check_compared(parser, right, left))
        return NULL;
    syntax_add(parser, &list, left);
    syntax_add(parser, &list, right);
    node = syntax_node_new(parser, EXPRESSION_COMPARE, from, TYPE_BOOL);
    node->compare = (enum compare)(kind - TOKEN_EQ);
    syntax_give_args(parser, node, &list);
    return node;
}

static struct expression *parse_not(struct parser *parser)
{
    size_t from = syntax_start_of(parser);
    struct syntax_list list = {.count = 0};
    struct expression *node;

    if (!syntax_is_word(parser, "not"))
        return parse_comparison(parser);
    syntax_advance(parser);
    if (!syntax_add(parser, &list, parse_comparison(parser)))
        return NULL;
    node = syntax_node_new(parser, EXPRESSION_NOT, from, TYPE_BOOL);
    syntax_give_args(parser, node, &list);
    return node;
}

static struct expression *parse_logic(struct parser *parser, const char *word,
                                      enum expression_kind kind,
                                      struct expression *(*part)(struct parser *))
{
    size_t from = syntax_start_of(parser);
    struct syntax_list list = {.count = 0};
    struct expression *node = syntax_add(parser, &list, part(parser));

    if (!node || !syntax_is_word(parser, word))
        return node;
    while (syntax_is_word(parser, word)) {
        syntax_advance(parser);
        if (!syntax_add(parser, &list, part(parser)))
            return NULL;
    }
    node = syntax_node_new(parser, kind, from, TYPE_BOOL);
    syntax_give_args(parser, node, &list);
    return node;
}

static struct expression *parse_and(struct parser *parser)
{
    return parse_logic(parser, "and", EXPRESSION_AND, parse_not);
}

struct expression *parser_parse_or(struct parser *parser)
{
    struct expression *node;

    if (++parser->depth > MAX_DEPTH)
        return syntax_mistake(parser, parser->token.text, "24 niveaux au plus", "trop de niveaux");
    node = parse_logic(parser, "or", EXPRESSION_OR, parse_and);
    parser->depth--;
    return node;
}

/* ---- Entry points --------------------------------------------------------------------- */

/* In quotes it is a constant, unless it begins as a path does (YAML wants quotes around "@"). */
static bool is_quoted_constant(const struct yaml_node *node)
{
    return !node->plain && !node->block &&
           (node->text.len == 0 || (node->text.data[0] != '$' && node->text.data[0] != '@'));
}

static bool reads_something(const struct expression *expression)
{
    if (expression->kind == EXPRESSION_PATH || expression->kind == EXPRESSION_CALL)
        return true;
    for (size_t i = 0; i < expression->count; i++)
        if (reads_something(expression->args[i]))
            return true;
    return false;
}

static bool is_root(struct bytes path)
{
    const struct paths_root *roots = paths_roots();

    for (size_t i = 0; roots[i].word; i++) {
        struct bytes word = bytes_of_text(roots[i].word);

        if (bytes_starts_with(path, word) && path.len > word.len &&
            (path.data[word.len] == '.' || path.data[word.len] == '['))
            return true;
    }
    return false;
}

/* A mistake in it, and it was still meant as one: it begins with a path or a call, or a function
 * stands behind a bar. */
static bool looks_like_expression(struct compiler *compiler, struct bytes text)
{
    struct lexer lexer = {.text = text, .arena = compiler->arena};
    struct token before = {.kind = TOKEN_END};
    bool looks = false;

    for (struct token token = lexer_next(&lexer); token.kind != TOKEN_END;
         token = lexer_next(&lexer)) {
        bool first = before.kind == TOKEN_END;

        if (token.kind == TOKEN_BAD)
            return false;
        looks = looks || (first && token.kind == TOKEN_PATH && is_root(token.text)) ||
                (before.kind == TOKEN_WORD && token.kind == TOKEN_OPEN &&
                 before.text.data == text.data && functions_find(before.text)) ||
                (before.kind == TOKEN_PIPE && token.kind == TOKEN_WORD &&
                 (functions_find(token.text) ||
                  diagnostics_nearest(token.text, functions_names(compiler))));
        before = token;
    }
    return looks;
}

static const struct expression *parse_whole(struct compiler *compiler, const struct yaml_node *node)
{
    struct parser parser = {.compiler = compiler,
                            .node = node,
                            .lexer = {.text = node->text, .arena = compiler->arena}};
    struct expression *expression;

    syntax_advance(&parser);
    expression = parser_parse_or(&parser);
    if (expression && parser.token.kind != TOKEN_END)
        return syntax_unexpected(&parser, "la fin, | et une fonction, ou un opérateur");
    return expression;
}

/* An expression in quotes would be written as it stands, and nobody would see it before the
 * first record: refused. */
static bool is_expression_in_quotes(struct compiler *compiler, const struct yaml_node *node)
{
    CLEANUP(diagnostics_freep) struct diagnostics *dropped = diagnostics_new();
    struct diagnostics *kept = compiler->diagnostics;
    const struct expression *expression;

    compiler->diagnostics = dropped;
    expression = parse_whole(compiler, node);
    compiler->diagnostics = kept;
    return (expression && reads_something(expression)) ||
           looks_like_expression(compiler, node->text);
}

static const struct expression *parse_constant(struct compiler *compiler,
                                               const struct yaml_node *node)
{
    struct parser parser = {.compiler = compiler,
                            .node = node,
                            .lexer = {.text = node->text},
                            .last_end = node->text.len};
    struct expression *expression;

    if (is_expression_in_quotes(compiler, node)) {
        compiler_mistake(compiler, node->place,
                         "l'expression sans guillemets, derrière `>-` et sur la ligne d'après si "
                         "elle contient « : » ou « # » ; un texte constant : text(\"…\")",
                         "une expression entre guillemets serait un texte constant");
        return NULL;
    }
    expression = syntax_node_new(&parser, EXPRESSION_CONSTANT, 0, TYPE_TEXT);
    expression->constant = (struct value){.kind = VALUE_TEXT, .text = node->text};
    return expression;
}

const struct expression *parser_parse(struct compiler *compiler, const struct yaml_node *node)
{
    const uint8_t *around = compiler->text;
    const struct expression *expression;

    if (!node)
        return NULL;
    if (node->kind != YAML_SCALAR) {
        compiler_mistake(compiler, node->place, "une expression sur une ligne",
                         "ce n'est pas une expression");
        return NULL;
    }
    compiler->text = node->text.data;
    expression =
        is_quoted_constant(node) ? parse_constant(compiler, node) : parse_whole(compiler, node);
    compiler->text = around;
    return expression;
}

const struct expression *parser_parse_as(struct compiler *compiler, const struct yaml_node *node,
                                         unsigned types, const char *what)
{
    const struct expression *expression = parser_parse(compiler, node);

    if (!expression || types & 1U << expression->type)
        return expression;
    compiler_mistake(compiler, expression->place, what, "ceci est %s",
                     compiler_type_name(expression->type));
    return NULL;
}
