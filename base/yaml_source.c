/* SPDX-License-Identifier: Apache-2.0 */
#include "base/yaml_source.h"

void yaml_source_init(struct yaml_source *source, const char *name, struct bytes text,
                      struct arena *arena, struct diagnostics *diagnostics)
{
    const uint8_t *end = text.data + text.len;
    size_t count = 1;

    for (const uint8_t *at = text.data; at < end; at++)
        count += *at == '\n';
    *source =
        (struct yaml_source){arena_text(arena, bytes_of_text(name)), text,
                             arena_array(arena, count + 1, sizeof(*source->lines)), 0, diagnostics};
    source->lines[source->line_count++] = text.data;
    for (const uint8_t *at = text.data; at < end; at++)
        if (*at == '\n')
            source->lines[source->line_count++] = at + 1;
    source->lines[source->line_count] = end;
}

struct bytes yaml_source_line(const struct yaml_source *source, size_t line)
{
    if (line >= source->line_count)
        return BYTES_LITERAL("");
    return bytes_of(source->lines[line], (size_t)(source->lines[line + 1] - source->lines[line]));
}

size_t yaml_source_characters(struct bytes text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += (text.data[i] & 0xC0) != 0x80;
    return count;
}

struct bytes yaml_source_rest(const struct yaml_source *source, size_t line, size_t column)
{
    struct bytes text = yaml_source_line(source, line);
    size_t at = 0;

    for (size_t seen = 0; at < text.len; at++)
        if ((text.data[at] & 0xC0) != 0x80 && seen++ == column)
            break;
    return bytes_of(text.data + at, text.len - at);
}

struct place yaml_source_place(const struct yaml_source *source, size_t line, size_t column,
                               size_t width)
{
    return (struct place){source->name, (int32_t)line + 1, (int32_t)column + 1,
                          width > 0 ? (int32_t)width : 1};
}

/* ---- Characters ---------------------------------------------------------------- */

/* Length of the character at the start of `rest`, by its first byte. */
static size_t character_length(struct bytes rest)
{
    uint8_t c = rest.data[0];
    size_t length = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;

    return length < rest.len ? length : rest.len;
}

/* Why YAML 1.1 (section 5.1) has no such character, or NULL. NEL, LS and PS are line breaks
 * there and in no editor: they would shift all places. */
static const char *refuse_character(struct bytes c)
{
    if (!bytes_is_utf8(c))
        return "octet qui n'est pas de l'UTF-8";
    if ((c.data[0] < 0x20 && c.data[0] != '\t' && c.data[0] != '\n' && c.data[0] != '\r') ||
        c.data[0] == 0x7F)
        return "caractère de contrôle";
    if (bytes_equal_text(c, "\xC2\x85") || bytes_equal_text(c, "\xE2\x80\xA8") ||
        bytes_equal_text(c, "\xE2\x80\xA9"))
        return "saut de ligne Unicode dans une ligne";
    return NULL;
}

bool yaml_source_check(const struct yaml_source *source)
{
    const uint8_t *end = source->text.data + source->text.len;
    const uint8_t *at = source->text.data;
    size_t line = 0;

    while (at < end) {
        struct bytes rest = bytes_of(at, (size_t)(end - at));
        struct bytes c = bytes_of(at, character_length(rest));
        const char *what = refuse_character(c);

        if (what) {
            size_t before = yaml_source_characters(
                bytes_of(source->lines[line], (size_t)(at - source->lines[line])));
            diagnostics_add(source->diagnostics, yaml_source_place(source, line, before, 1),
                            "un fichier enregistré en UTF-8 (celui-ci est peut-être en Latin-1 ou "
                            "en Windows-1252 : "
                            "enregistrez-le à nouveau)",
                            "%s", what);
            return false;
        }
        line += *at == '\n';
        at += c.len;
    }
    return true;
}

/* ---- Mistakes of syntax --------------------------------------------------------- */

/* Column of a tab before the line's first other character, or -1. */
static int tab_in_indentation(struct bytes line)
{
    for (size_t i = 0; i < line.len && (line.data[i] == ' ' || line.data[i] == '\t'); i++)
        if (line.data[i] == '\t')
            return (int)i;
    return -1;
}

bool yaml_source_blame_tab(const struct yaml_source *source, size_t from, size_t to)
{
    for (size_t line = from; line <= to && line < source->line_count; line++) {
        int column = tab_in_indentation(yaml_source_line(source, line));

        if (column >= 0) {
            diagnostics_add(source->diagnostics, yaml_source_place(source, line, (size_t)column, 1),
                            "des espaces : YAML ne permet pas de tabulation en tête de ligne",
                            "tabulation en tête de ligne");
            return true;
        }
    }
    return false;
}

/* libyaml's words, and ours for them. */
enum mark {
    MARK_PROBLEM, /* where libyaml stopped                                      */
    MARK_LINE,    /* the same, and the rest of its line                         */
    MARK_CONTEXT, /* where what stays open begins: libyaml stopped at the end   */
};
struct sentence {
    const char *context; /* NULL: any */
    const char *problem;
    enum mark mark;
    const char *what;
    const char *expected;
};
static const struct sentence sentences[] = {
    {NULL, "mapping values are not allowed in this context", MARK_PROBLEM,
     "« : » n'a pas sa place ici",
     "autant d'espaces en tête que les autres clés, ici ou à la ligne au-dessus ; une expression "
     "qui contient « : » s'écrit derrière `>-`, sur la ligne d'après et plus à droite ; un texte "
     "se met entre guillemets"},
    {NULL, "block sequence entries are not allowed in this context", MARK_PROBLEM,
     "« - » n'a pas sa place ici", "un élément de liste sur sa propre ligne"},
    {NULL, "could not find expected ':'", MARK_CONTEXT, "clé sans « : »", "« clé: valeur »"},
    {NULL, "did not find expected key", MARK_LINE, "ligne qui n'est pas à sa place",
     "autant d'espaces en tête que les autres clés du même niveau"},
    {NULL, "did not find expected '-' indicator", MARK_LINE, "ligne qui n'est pas à sa place",
     "autant d'espaces en tête que les autres clés de l'élément, ou « - » pour un autre élément"},
    {NULL, "did not find expected ',' or ']'", MARK_CONTEXT, "liste qui n'est pas fermée",
     "« , » ou « ] » ; une expression qui contient une virgule ou un guillemet prend sa propre "
     "ligne"},
    {NULL, "did not find expected ',' or '}'", MARK_CONTEXT, "accolade qui n'est pas fermée",
     "« , » ou « } » ; une expression qui contient une virgule ou un guillemet prend sa propre "
     "ligne"},
    {NULL, "found character that cannot start any token", MARK_PROBLEM,
     "une valeur ne peut pas commencer par ce caractère",
     "des guillemets autour de la valeur entière ; le chemin @.clé s'écrit aussi .clé"},
    {"while scanning a quoted scalar", "found unexpected end of stream", MARK_CONTEXT,
     "guillemet qui n'est pas fermé", "le même guillemet à la fin du texte"},
    {NULL, "found unknown escape character", MARK_PROBLEM,
     "échappement inconnu entre guillemets doubles",
     "« \\\\ » pour une barre oblique inverse, ou des guillemets simples"},
    {NULL, "found undefined alias", MARK_PROBLEM, "alias de YAML (*…)",
     "la valeur écrite ; entre guillemets si c'est un texte"},
};

static const struct sentence *find_sentence(const struct yaml_failure *failure)
{
    for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++) {
        const struct sentence *sentence = &sentences[i];

        if (strcmp(sentence->problem, failure->problem) == 0 &&
            (!sentence->context ||
             (failure->context && strcmp(sentence->context, failure->context) == 0)))
            return sentence;
    }
    return NULL;
}

/* True when the last character before the place, on its line, closes a quote. */
static bool is_behind_quote(const struct yaml_source *source, size_t line, size_t column)
{
    struct bytes whole = yaml_source_rest(source, line, 0);
    struct bytes rest = yaml_source_rest(source, line, column);
    struct bytes before = bytes_trim(bytes_of(whole.data, whole.len - rest.len));

    return before.len > 0 &&
           (before.data[before.len - 1] == '"' || before.data[before.len - 1] == '\'');
}

/* $['a key'] inside { } or [ ], where YAML takes its bracket for a list of its own. */
static bool blame_path(const struct yaml_source *source, const struct yaml_failure *failure)
{
    for (size_t line = failure->context_line; line <= failure->line && line < source->line_count;
         line++) {
        struct bytes text = yaml_source_line(source, line);

        for (size_t i = 1; i + 1 < text.len; i++) {
            size_t column = yaml_source_characters(bytes_of(text.data, i));

            if (text.data[i] != '$' || text.data[i + 1] != '[' || text.data[i - 1] == '"' ||
                (line == failure->context_line && column < failure->context_column))
                continue;
            diagnostics_add(source->diagnostics, yaml_source_place(source, line, column, 2),
                            "\"$['…']\", avec ses guillemets",
                            "un chemin $['…'] entre { } ou [ ] se met entre guillemets doubles");
            return true;
        }
    }
    return false;
}

void yaml_source_blame_syntax(const struct yaml_source *source, const struct yaml_failure *failure)
{
    const struct sentence *sentence = find_sentence(failure);
    size_t first = failure->context ? failure->context_line : failure->line;
    size_t line = failure->line;
    size_t column = failure->column;
    size_t width = 1;

    if (yaml_source_blame_tab(source, first > 0 ? first - 1 : 0, line))
        return;
    if (sentence && sentence->mark == MARK_LINE && is_behind_quote(source, line, column)) {
        diagnostics_add(source->diagnostics, yaml_source_place(source, line, column, 1),
                        "la valeur entière entre guillemets, ou une valeur qui ne commence pas par "
                        "un guillemet",
                        "du texte derrière le guillemet fermant");
        return;
    }
    if (strstr(failure->problem, "',' or") && blame_path(source, failure))
        return;
    if (!sentence) {
        diagnostics_add(source->diagnostics, yaml_source_place(source, line, column, 1), NULL, "%s",
                        failure->problem);
        return;
    }
    if (sentence->mark == MARK_CONTEXT && failure->context) {
        line = failure->context_line;
        column = failure->context_column;
    }
    if (sentence->mark == MARK_LINE)
        width = yaml_source_characters(bytes_trim(yaml_source_rest(source, line, column)));
    diagnostics_add(source->diagnostics, yaml_source_place(source, line, column, width),
                    sentence->expected, "%s", sentence->what);
}
