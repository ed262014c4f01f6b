/* SPDX-License-Identifier: Apache-2.0
 *
 * Function calls and inline tables, checked as they are read.
 */
#include "connectors/mapping/syntax.h"

#define CLOSING                                                                                    \
    "« ) » ; entre { } ou [ ] de YAML une virgule finit la valeur : donnez-lui sa propre ligne"

/* ---- Functions ------------------------------------------------------------------------ */

/* "un texte ou un nombre entier : x | upper" */
static const char *takes_text(struct compiler *compiler, const struct function *function)
{
    CLEANUP(buffer_deinit) struct buffer text = {0};

    for (int type = TYPE_TEXT; type < TYPE_COUNT; type++)
        if (function->takes & 1U << type)
            buffer_printf(&text, "%s%s", text.len > 0 ? ", " : "",
                          compiler_type_name((enum value_type)type));
    buffer_printf(&text, " : %s", function->usage);
    return arena_text(compiler->arena, buffer_view(&text));
}

static bool check_arguments(struct parser *parser, struct expression *call)
{
    const struct function *function = call->function;

    if (call->count < function->min || call->count > function->max) {
        compiler_mistake(parser->compiler, compiler_place(parser->node, call->source),
                         function->usage,
                         "%s ne prend pas %zu argument%s (celui de devant | compte)",
                         function->name, call->count, call->count > 1 ? "s" : "");
        return false;
    }
    if (function->form != FORM_NONE && !parser->compiler->forms &&
        !(function->form == FORM_LINK && parser->compiler->scope != SCOPE_RECORD &&
          call->count == 1)) {
        syntax_mistake(parser, call->source, function->usage,
                       "n'a sa place qu'à `handoff`, `parent` ou `version`");
        return false;
    }
    for (size_t i = 0; i < call->count; i++) {
        const struct expression *arg = call->args[i];

        if (i >= function->values && arg->kind != EXPRESSION_CONSTANT) {
            syntax_mistake(parser, arg->source, "une constante, entre guillemets",
                           "ce n'est pas une constante");
            return false;
        }
        if (i < function->values && !(function->takes & 1U << arg->type)) {
            compiler_mistake(parser->compiler, arg->place, takes_text(parser->compiler, function),
                             "%s ne se fait pas avec %s", function->name,
                             compiler_type_name(arg->type));
            return false;
        }
    }
    return true;
}

/* The common type of arguments that are given on as they are. */
static enum value_type common_type(const struct expression *call)
{
    size_t first = bytes_equal_text(bytes_of_text(call->function->name), "if") ? 1 : 0;
    enum value_type type = call->args[first]->type;

    for (size_t i = first + 1; i < call->count && i < call->function->values; i++)
        if (call->args[i]->type == TYPE_RECEIVER && (type == TYPE_TEXT || type == TYPE_ANY))
            type = TYPE_RECEIVER;
        else if (call->args[i]->type != type &&
                 !(type == TYPE_RECEIVER &&
                   (call->args[i]->type == TYPE_TEXT || call->args[i]->type == TYPE_ANY)))
            type = (type == TYPE_TEXT || type == TYPE_ANY) &&
                           (call->args[i]->type == TYPE_TEXT || call->args[i]->type == TYPE_ANY)
                       ? TYPE_ANY
                       : TYPE_COUNT;
    return type;
}

static struct expression *make_call(struct parser *parser, const struct function *function,
                                    size_t from, const struct syntax_list *args)
{
    struct expression *call = syntax_node_new(parser, EXPRESSION_CALL, from, function->result);

    call->function = function;
    syntax_give_args(parser, call, args);
    if (!check_arguments(parser, call))
        return NULL;
    if (function->same)
        call->type = common_type(call);
    if (call->type == TYPE_COUNT)
        return syntax_mistake(parser, call->source, "des valeurs d'une même sorte",
                              "ses arguments sont de sortes différentes");
    if (function->prepare && !function->prepare(parser->compiler, call))
        return NULL;
    return call;
}

/* `from = to` pairs of an inline table; the opening parenthesis is taken. */
static bool parse_pair(struct parser *parser, struct code_row *row)
{
    struct token token = parser->token;

    if (token.kind != TOKEN_WORD && token.kind != TOKEN_STRING && token.kind != TOKEN_NUMBER)
        return syntax_unexpected(parser, "leur = NÔTRE, par exemple code(envoye = ISSUED)");
    row->from = token.kind == TOKEN_STRING ? token.value : token.text;
    row->place = compiler_place(parser->node, token.text);
    syntax_advance(parser);
    if (!syntax_take(parser, TOKEN_ASSIGN))
        return syntax_unexpected(parser, "= et le code qu'il devient");
    token = parser->token;
    if (token.kind != TOKEN_WORD && token.kind != TOKEN_STRING && token.kind != TOKEN_NUMBER)
        return syntax_unexpected(parser, "le code qu'il devient");
    row->cell.text = token.kind == TOKEN_STRING ? token.value : token.text;
    row->cell.place = compiler_place(parser->node, token.text);
    if (token.kind == TOKEN_WORD && bytes_equal_text(token.text, "null"))
        row->cell.text = BYTES_NONE;
    syntax_advance(parser);
    return true;
}

static const struct code_table *parse_inline_table(struct parser *parser)
{
    struct code_table *table = arena_alloc(parser->compiler->arena, sizeof(*table));
    struct code_row *rows = arena_array(parser->compiler->arena, FUNCTION_MANY, sizeof(*rows));

    table->rows = rows;
    table->from_us = NO_TIME;
    table->place = compiler_place(parser->node, parser->token.text);
    do {
        struct code_row *row = &rows[table->count];

        if (table->count == FUNCTION_MANY - 1)
            return syntax_unexpected(parser, "une table de `codes` pour en tenir autant");
        if (!parse_pair(parser, row))
            return NULL;
        if (bytes_equal_text(row->from, "else")) {
            table->has_otherwise = true;
            table->otherwise = row->cell;
        } else {
            table->count++;
        }
    } while (syntax_take(parser, TOKEN_COMMA));
    return table;
}

/* `code(` is taken: a table's name or an inline table. */
static const struct code_table *parse_table(struct parser *parser)
{
    struct lexer ahead = parser->lexer;
    struct bytes name = parser->token.text;
    const struct code_table *table;

    if (lexer_next(&ahead).kind == TOKEN_ASSIGN)
        return parse_inline_table(parser);
    table = parser->token.kind == TOKEN_WORD ? codes_find(parser->compiler, name) : NULL;
    if (!table) {
        compiler_mistake(parser->compiler, compiler_place(parser->node, name),
                         compiler_one_of(parser->compiler, name, codes_names(parser->compiler)),
                         "table de codes inconnue « %.*s »", BYTES_ARG(name));
        return NULL;
    }
    syntax_advance(parser);
    return table;
}

/* Every symbol that the value can be must have a row: found now, not at night. */
static bool check_symbols(struct parser *parser, const struct expression *call,
                          const struct code_table *table)
{
    const struct enum_table *symbols = call->args[0]->symbols;
    bool good = true;

    for (size_t i = 0; symbols && i < table->count; i++)
        if (enum_find(symbols, table->rows[i].from) < 0) {
            compiler_mistake(parser->compiler, table->rows[i].place,
                             compiler_one_symbol(parser->compiler, table->rows[i].from, symbols),
                             "%s n'a pas de « %.*s »", symbols->name,
                             BYTES_ARG(table->rows[i].from));
            good = false;
        }
    for (size_t i = 0; symbols && !table->has_otherwise && i < symbols->count; i++) {
        size_t row = 0;

        while (row < table->count && !bytes_equal_text(table->rows[row].from, symbols->symbols[i]))
            row++;
        if (row == table->count) {
            compiler_mistake(parser->compiler, call->place,
                             "une ligne pour chacun, ou `else` (null : rien n'est écrit)",
                             "la table n'a pas de mot pour %s", symbols->symbols[i]);
            good = false;
        }
    }
    return (!table->later || check_symbols(parser, call, table->later)) && good;
}

static struct expression *parse_code(struct parser *parser, const struct function *function,
                                     size_t from, const struct syntax_list *args)
{
    const struct code_table *table;
    struct expression *call;

    if (args->count == 0 || !syntax_take(parser, TOKEN_OPEN))
        return syntax_unexpected(parser, "une valeur et sa table : $.statut | code(table)");
    table = parse_table(parser);
    if (!table)
        return NULL;
    if (!syntax_take(parser, TOKEN_CLOSE))
        return syntax_unexpected(parser, CLOSING);
    call = make_call(parser, function, from, args);
    if (!call)
        return NULL;
    call->prepared = table;
    compiler_note_table(parser->compiler, table);
    if (call->args[0]->type == TYPE_LIST)
        call->type = TYPE_LIST;
    return check_symbols(parser, call, table) ? call : NULL;
}

struct expression *calls_parse(struct parser *parser, struct expression *first, size_t from)
{
    struct bytes name = parser->token.text;
    const struct function *function = functions_find(name);
    struct syntax_list args = {.count = 0};

    if (!function) {
        compiler_mistake(parser->compiler, compiler_place(parser->node, name),
                         compiler_one_of(parser->compiler, name, functions_names(parser->compiler)),
                         "fonction inconnue « %.*s »", BYTES_ARG(name));
        return NULL;
    }
    syntax_advance(parser);
    if (first)
        args.items[args.count++] = first;
    if (strcmp(function->name, "code") == 0)
        return parse_code(parser, function, from, &args);
    if (syntax_take(parser, TOKEN_OPEN) && !syntax_take(parser, TOKEN_CLOSE)) {
        do {
            if (!syntax_add(parser, &args, parser_parse_or(parser)))
                return NULL;
        } while (syntax_take(parser, TOKEN_COMMA));
        if (!syntax_take(parser, TOKEN_CLOSE))
            return syntax_unexpected(parser, CLOSING);
    }
    return make_call(parser, function, from, &args);
}
