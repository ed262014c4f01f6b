/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parser's files share: the token at hand, mistakes, new nodes.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_SYNTAX_H
#define RELAIS_CONNECTORS_MAPPING_SYNTAX_H

#include "connectors/mapping/functions.h"
#include "connectors/mapping/lexer.h"

struct parser {
    struct compiler *compiler;
    const struct yaml_node *node;
    struct lexer lexer;
    struct token token; /* the current one */
    size_t last_end;    /* where the one before it ended */
    int depth;
};

/* Up to FUNCTION_MANY of them, while they are gathered. */
struct syntax_list {
    const struct expression *items[FUNCTION_MANY];
    size_t count;
};

void syntax_advance(struct parser *parser);
size_t syntax_start_of(const struct parser *parser);
bool syntax_is_word(const struct parser *parser, const char *word);
/* An operator in capitals: AND, OR, NOT, IN. */
bool syntax_is_loud(const struct parser *parser);
/* Takes the current token when it is of that kind. */
bool syntax_take(struct parser *parser, enum token_kind kind);
/* Both add a mistake and return NULL. */
void *syntax_mistake(struct parser *parser, struct bytes part, const char *expected,
                     const char *what);
void *syntax_unexpected(struct parser *parser, const char *expected);

/* A node whose source goes from there to the last token taken. */
struct expression *syntax_node_new(struct parser *parser, enum expression_kind kind, size_t from,
                                   enum value_type type);
void syntax_give_args(struct parser *parser, struct expression *node,
                      const struct syntax_list *list);
/* Appends unless NULL; returns the item, or NULL when there are too many. */
struct expression *syntax_add(struct parser *parser, struct syntax_list *list,
                              struct expression *item);

/* parser.c, for arguments. */
struct expression *parser_parse_or(struct parser *parser);
/* calls.c: the current token is the function's name; `first` is the piped value or NULL. */
struct expression *calls_parse(struct parser *parser, struct expression *first, size_t from);

#endif
