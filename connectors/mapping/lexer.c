/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/lexer.h"

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

bool lexer_is_key_character(uint8_t c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '-' || c >= 0x80;
}

size_t lexer_key_length(struct bytes text)
{
    size_t len = text.len > 0 && (text.data[0] == '@' || text.data[0] == '#') ? 1 : 0;
    size_t from = len;

    while (len < text.len && (lexer_is_key_character(text.data[len]) ||
                              (text.data[len] == ':' && len > from && len + 1 < text.len &&
                               lexer_is_key_character(text.data[len + 1]))))
        len++;
    return len > from ? len : 0;
}

static uint8_t peek(const struct lexer *lexer, size_t ahead)
{
    size_t at = lexer->at + ahead;

    return at < lexer->text.len ? lexer->text.data[at] : 0;
}

static struct token finish(struct lexer *lexer, size_t from, enum token_kind kind)
{
    return (struct token){.kind = kind,
                          .text = bytes_of(lexer->text.data + from, lexer->at - from)};
}

static struct token bad(struct lexer *lexer, size_t from, const char *wrong, const char *expected)
{
    struct token token = finish(lexer, from, TOKEN_BAD);

    token.wrong = wrong;
    token.expected = expected;
    return token;
}

static struct token lex_string(struct lexer *lexer)
{
    size_t from = lexer->at;
    uint8_t quote = lexer->text.data[lexer->at++];
    uint8_t *value = arena_alloc(lexer->arena, lexer->text.len - from + 1);
    size_t len = 0;
    struct token token;

    while (lexer->at < lexer->text.len && lexer->text.data[lexer->at] != quote) {
        uint8_t c = lexer->text.data[lexer->at++];

        if (c == '\\' && lexer->at < lexer->text.len) {
            c = lexer->text.data[lexer->at++];
            c = c == 'n' ? '\n' : c;
        }
        value[len++] = c;
    }
    if (lexer->at >= lexer->text.len)
        return bad(lexer, from, "texte sans guillemet fermant", "le même guillemet à sa fin");
    lexer->at++;
    token = finish(lexer, from, TOKEN_STRING);
    token.value = bytes_of(value, len);
    return token;
}

/* `[…]`, quotes inside respected; false when it is not closed. */
static bool skip_bracket(struct lexer *lexer)
{
    uint8_t quote = 0;

    for (lexer->at++; lexer->at < lexer->text.len; lexer->at++) {
        uint8_t c = lexer->text.data[lexer->at];

        if (quote && c == '\\')
            lexer->at++;
        else if (quote)
            quote = c == quote ? 0 : quote;
        else if (c == '"' || c == '\'')
            quote = c;
        else if (c == ']')
            break;
    }
    if (lexer->at >= lexer->text.len)
        return false;
    lexer->at++;
    return true;
}

/* Of the key behind a dot that is next; 0: there is none. */
static size_t key_ahead(const struct lexer *lexer)
{
    return peek(lexer, 0) == '.' ? lexer_key_length(bytes_of(lexer->text.data + lexer->at + 1,
                                                             lexer->text.len - lexer->at - 1))
                                 : 0;
}

/* The steps behind a root that is already taken. */
static struct token lex_steps(struct lexer *lexer, size_t from)
{
    for (;;) {
        if (key_ahead(lexer) > 0) {
            lexer->at += 1 + key_ahead(lexer);
        } else if (peek(lexer, 0) == '.' && peek(lexer, 1) == '*') {
            lexer->at += 2;
        } else if (peek(lexer, 0) == '[') {
            if (!skip_bracket(lexer))
                return bad(lexer, from, "chemin sans crochet fermant", "\"]\"");
        } else {
            break;
        }
    }
    if (peek(lexer, 0) == '.') {
        lexer->at++;
        return bad(lexer, from, "chemin qui finit par un point",
                   "une clé, ou ['la clé'] si elle a des blancs ou des signes");
    }
    return finish(lexer, from, TOKEN_PATH);
}

static struct token lex_word(struct lexer *lexer)
{
    size_t from = lexer->at;
    bool number = true;

    if (peek(lexer, 0) == '-')
        lexer->at++;
    while (lexer_is_key_character(peek(lexer, 0))) {
        number = number && is_digit(peek(lexer, 0));
        lexer->at++;
    }
    if (number)
        return finish(lexer, from, TOKEN_NUMBER);
    if (key_ahead(lexer) > 0 ||
        (peek(lexer, 0) == '[' && (peek(lexer, 1) == '"' || peek(lexer, 1) == '\'')))
        return lex_steps(lexer, from);
    return finish(lexer, from, TOKEN_WORD);
}

static struct token lex_sign(struct lexer *lexer)
{
    static const struct {
        const char *text;
        enum token_kind kind;
    } signs[] = {
        {"==", TOKEN_EQ},       {"!=", TOKEN_NE},        {"<=", TOKEN_LE},   {">=", TOKEN_GE},
        {"<", TOKEN_LT},        {">", TOKEN_GT},         {"(", TOKEN_OPEN},  {")", TOKEN_CLOSE},
        {"[", TOKEN_OPEN_LIST}, {"]", TOKEN_CLOSE_LIST}, {",", TOKEN_COMMA}, {"|", TOKEN_PIPE},
        {"=", TOKEN_ASSIGN},
    };
    size_t from = lexer->at;
    struct bytes rest = bytes_of(lexer->text.data + from, lexer->text.len - from);

    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
        if (bytes_starts_with(rest, bytes_of_text(signs[i].text))) {
            lexer->at += strlen(signs[i].text);
            return finish(lexer, from, signs[i].kind);
        }
    lexer->at++;
    while (lexer->at < lexer->text.len && (lexer->text.data[lexer->at] & 0xC0) == 0x80)
        lexer->at++;
    if (lexer->text.data[from] == '/')
        return bad(lexer, from, "signe qui ne veut rien dire ici",
                   "des guillemets autour d'un texte qui contient « / » : \"Europe/Paris\"");
    return bad(
        lexer, from, "signe qui ne veut rien dire ici",
        "un chemin, un mot, un texte entre guillemets, une fonction, ou | == != < > and or not in");
}

struct token lexer_next(struct lexer *lexer)
{
    uint8_t c;
    size_t from;

    while (peek(lexer, 0) == ' ' || peek(lexer, 0) == '\n' || peek(lexer, 0) == '\t')
        lexer->at++;
    if (lexer->at >= lexer->text.len)
        return finish(lexer, lexer->at, TOKEN_END);
    c = peek(lexer, 0);
    from = lexer->at;
    if (c == '"' || c == '\'')
        return lex_string(lexer);
    if (c == '$' || c == '@') {
        lexer->at++;
        return lex_steps(lexer, from);
    }
    if (c == '.' && peek(lexer, 1) == '[') {
        lexer->at++;
        return lex_steps(lexer, from);
    }
    if (key_ahead(lexer) > 0)
        return lex_steps(lexer, from);
    if (lexer_is_key_character(c))
        return lex_word(lexer);
    return lex_sign(lexer);
}
