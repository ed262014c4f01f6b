/* SPDX-License-Identifier: Apache-2.0
 *
 * The words of an expression. Never fails: what is no token is TOKEN_BAD, with the reason.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_LEXER_H
#define RELAIS_CONNECTORS_MAPPING_LEXER_H

#include "base/arena.h"

enum token_kind {
    TOKEN_END,
    TOKEN_PATH,   /* $.a['b c'][0], .a, @.a, parent.a, event.status… */
    TOKEN_WORD,   /* datetime, ISSUED, REG-44, 2A */
    TOKEN_NUMBER, /* 12, -3 */
    TOKEN_STRING,
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_OPEN_LIST,
    TOKEN_CLOSE_LIST,
    TOKEN_COMMA,
    TOKEN_PIPE,
    TOKEN_ASSIGN,
    TOKEN_EQ,
    TOKEN_NE,
    TOKEN_LT,
    TOKEN_LE,
    TOKEN_GT,
    TOKEN_GE,
    TOKEN_BAD,
};

struct token {
    enum token_kind kind;
    struct bytes text;    /* as written; a part of the lexer's text */
    struct bytes value;   /* strings: without quotes and escapes    */
    const char *wrong;    /* TOKEN_BAD: what is wrong, static      */
    const char *expected; /* TOKEN_BAD: or NULL                    */
};

struct lexer {
    struct bytes text;
    size_t at;
    struct arena *arena;
};

struct token lexer_next(struct lexer *lexer);
/* The keys of a path token one by one: a character of a key written without quotes. */
bool lexer_is_key_character(uint8_t c);
/* How much of `text` is a key written without quotes, as it may stand behind a dot: such
 * characters, and of XML an attribute's @, #text, and the colon behind a prefix. */
size_t lexer_key_length(struct bytes text);

#endif
