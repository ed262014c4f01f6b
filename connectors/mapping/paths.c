/* SPDX-License-Identifier: Apache-2.0
 *
 * Paths: a subset of RFC 9535 (names, indexes, [*]) from several roots.
 */
#include "connectors/mapping/compiler.h"
#include "connectors/mapping/lexer.h"

#define MAX_STEPS 32

#define OUTWARDS (SCOPE_DELIVERY | SCOPE_ANSWER)

static const struct paths_root roots[] = {
    {"parent", ROOT_PARENT, SCOPE_RECORD, "L'élément autour de l'élément (`parent.parent`…)."},
    {"header", ROOT_HEADER, SCOPE_RECORD, "Un en-tête HTTP de l'enregistrement reçu."},
    {"query", ROOT_QUERY, SCOPE_RECORD, "Un paramètre de l'adresse appelée par leur webhook."},
    {"event", ROOT_EVENT, OUTWARDS, "Un champ de l'événement à livrer."},
    {"contact", ROOT_CONTACT, OUTWARDS, "Les coordonnées, descellées ; absentes si aucune."},
    {"link", ROOT_LINK, OUTWARDS,
     "Ce qui a été retenu du relais sous cette sorte (`own` : leur propre id)."},
    {"answer", ROOT_ANSWER, OUTWARDS, "La réponse d'un appel précédent, par son nom."},
    {"http", ROOT_HTTP, SCOPE_ANSWER, "`http.status` et `http.content_type` de la réponse."},
    {NULL, ROOT_COUNT, 0, NULL},
};
static const struct paths_root words[] = {
    {"idempotency_key", ROOT_KEY, OUTWARDS, "La même à chaque essai de cet appel."},
    {"handoff_id", ROOT_HANDOFF, OUTWARDS, "Notre identifiant du relais."},
    {"file", ROOT_FILE, SCOPE_RECORD, "Le nom du fichier."},
    {"line", ROOT_LINE, SCOPE_RECORD, "Le numéro de la ligne."},
    {NULL, ROOT_COUNT, 0, NULL},
};

const struct paths_root *paths_roots(void)
{
    return roots;
}

const struct paths_root *paths_words(void)
{
    return words;
}

/* ---- Steps ---------------------------------------------------------------------------- */

/* `type=TEL`, `@type='en fin'`: a member of each element, and what it must be. */
static bool where_step(struct compiler *compiler, struct bytes inside, struct path_step *step)
{
    struct lexer lexer = {.text = inside, .at = lexer_key_length(inside), .arena = compiler->arena};
    struct token token;

    step->kind = STEP_WHERE;
    step->key = bytes_of(inside.data, lexer.at);
    token = lexer_next(&lexer);
    if (step->key.len == 0 || (token.kind != TOKEN_ASSIGN && token.kind != TOKEN_EQ))
        return false;
    token = lexer_next(&lexer);
    step->is = token.kind == TOKEN_STRING ? token.value : token.text;
    return (token.kind == TOKEN_STRING || token.kind == TOKEN_WORD || token.kind == TOKEN_NUMBER) &&
           lexer_next(&lexer).kind == TOKEN_END;
}

/* `['a key']`, `[0]`, `[*]`, `[key=x]`: what stands between the brackets. */
static bool bracket_step(struct compiler *compiler, struct bytes inside, struct path_step *step)
{
    struct lexer lexer = {.text = inside, .arena = compiler->arena};
    struct token token;
    int64_t index;

    if (bytes_equal_text(inside, "*")) {
        step->kind = STEP_EACH;
        return true;
    }
    if (bytes_to_int64(inside, &index) && index >= 0) {
        step->kind = STEP_INDEX;
        step->index = (size_t)index;
        return true;
    }
    token = lexer_next(&lexer);
    if (token.kind != TOKEN_STRING)
        return where_step(compiler, inside, step);
    step->kind = STEP_KEY;
    step->key = token.value;
    return lexer_next(&lexer).kind == TOKEN_END;
}

static size_t bracket_end(struct bytes text, size_t at)
{
    uint8_t quote = 0;

    for (; at < text.len; at++) {
        uint8_t c = text.data[at];

        if (quote && c == '\\')
            at++;
        else if (quote)
            quote = c == quote ? 0 : quote;
        else if (c == '"' || c == '\'')
            quote = c;
        else if (c == ']')
            break;
    }
    return at;
}

/* The steps behind the root; false after a mistake. */
static bool read_steps(struct compiler *compiler, struct bytes text, struct place place,
                       struct path *path)
{
    struct path_step steps[MAX_STEPS] = {{.index = 0}};
    struct path_step *kept;
    size_t at = 0;

    while (at < text.len) {
        struct path_step *step = &steps[path->count];
        size_t end = at + 1;

        if (path->count == MAX_STEPS - 1) {
            compiler_mistake(compiler, place, "31 pas au plus", "chemin trop long");
            return false;
        }
        if (text.data[at] == '[') {
            end = bracket_end(text, at + 1);
            if (!bracket_step(compiler, bytes_of(text.data + at + 1, end - at - 1), step)) {
                compiler_mistake(compiler, place,
                                 "['une clé'], [0], [*], ou [type=TEL] : le premier élément "
                                 "dont `type` est TEL",
                                 "ce n'est pas un pas de chemin");
                return false;
            }
            at = end + 1;
        } else {
            end += lexer_key_length(bytes_of(text.data + end, text.len - end));
            if (end == at + 1 && end < text.len && text.data[end] == '*')
                end++;
            step->key = bytes_of(text.data + at + 1, end - at - 1);
            step->kind = bytes_equal_text(step->key, "*") ? STEP_EACH : STEP_KEY;
            at = end;
        }
        path->count++;
    }
    kept = arena_array(compiler->arena, path->count + 1, sizeof(*kept));
    memcpy(kept, steps, path->count * sizeof(*kept));
    path->steps = kept;
    return true;
}

/* ---- Roots ---------------------------------------------------------------------------- */

/* Takes the root off `text`. */
static bool read_root(struct compiler *compiler, struct bytes *text, struct place place,
                      struct path *path)
{
    size_t len = 0;
    const char *names[sizeof(roots) / sizeof(roots[0]) + 1];
    size_t count = 0;

    if (text->data[0] == '$' || text->data[0] == '@' || text->data[0] == '.') {
        path->root = text->data[0] == '$' ? ROOT_RECORD : ROOT_ITEM;
        len = text->data[0] != '.' || (text->len > 1 && text->data[1] == '[');
        *text = bytes_of(text->data + len, text->len - len);
        return true;
    }
    while (len < text->len && lexer_is_key_character(text->data[len]))
        len++;
    for (size_t i = 0; roots[i].word; i++) {
        if (bytes_equal_text(bytes_of(text->data, len), roots[i].word) &&
            (roots[i].scopes & compiler->scope)) {
            path->root = roots[i].root;
            *text = bytes_of(text->data + len, text->len - len);
            return true;
        }
        if (roots[i].scopes & compiler->scope)
            names[count++] = roots[i].word;
    }
    names[count] = NULL;
    compiler_mistake(compiler, place,
                     diagnostics_nearest(bytes_of(text->data, len), names)
                         ? compiler_one_of(compiler, bytes_of(text->data, len), names)
                         : resolve_hint(compiler->scope),
                     "« %.*s » ne se lit pas ici", (int)len, (const char *)text->data);
    return false;
}

/* ---- Personal data and the shape ------------------------------------------------------ */

const struct path_step *paths_absolute(struct compiler *compiler, const struct path *path,
                                       size_t list, size_t *ret_count)
{
    const struct path *each = list > 0 ? compiler->lists[list] : compiler->each;
    bool whole = path->root == ROOT_ITEM && compiler->list_count > 0 && compiler->pieces[list];
    size_t before = 0;
    struct path_step *steps;

    if (path->root == ROOT_ITEM) /* a piece of a text is no deeper than the text */
        before = each->count + !whole;
    for (size_t up = path->up, at = each ? each->count : 0; path->root == ROOT_PARENT && up > 0;
         up--) {
        while (at > 0 && each->steps[at - 1].kind != STEP_EACH)
            at--;
        before = at;
        at = at > 0 ? at - 1 : 0;
    }
    steps = arena_array(compiler->arena, before + path->count + 1, sizeof(*steps));
    if (path->root == ROOT_ITEM && !whole)
        steps[each->count].kind = STEP_EACH;
    for (size_t i = 0; i < before && i < (each ? each->count : 0); i++)
        steps[i] = each->steps[i];
    for (size_t i = 0; i < path->count; i++)
        steps[before + i] = path->steps[i];
    *ret_count = before + path->count;
    return steps;
}

static bool is_below(const struct path *whole, const struct path_step *steps, size_t count)
{
    if (count < whole->count)
        return false;
    for (size_t i = 0; i < whole->count; i++) {
        const struct path_step *step = &whole->steps[i];

        if (step->kind == STEP_KEY
                ? steps[i].kind != STEP_KEY || !bytes_equal(step->key, steps[i].key)
                : step->kind == STEP_INDEX && steps[i].kind == STEP_INDEX &&
                      step->index != steps[i].index)
            return false;
    }
    return true;
}

static bool is_noted(const struct mapping *mapping, const struct path_step *steps, size_t at)
{
    const struct noted_choice *noted = mapping->choices;

    while (noted && (noted->count != at || !path_steps_equal(noted->steps, steps, at + 1)))
        noted = noted->next;
    return noted != NULL;
}

/* The lists of the record that the path goes into, and which of their elements it takes. */
static void note_lists(struct compiler *compiler, const struct path_step *steps, size_t count)
{
    struct mapping *mapping = compiler->mapping;

    for (size_t at = 0; at < count; at++) {
        struct noted_choice *noted;

        if (steps[at].kind == STEP_KEY || is_noted(mapping, steps, at))
            continue;
        noted = arena_alloc(compiler->arena, sizeof(*noted));
        *noted = (struct noted_choice){steps, at, mapping->choices};
        mapping->choices = noted;
    }
}

/* What [type=TEL] looks at in each element is read too, by its own path. */
static void note_choices(struct compiler *compiler, const struct path_step *steps, size_t count,
                         struct place place)
{
    if (!compiler->naming)
        note_lists(compiler, steps, count);
    for (size_t i = 0; i < count; i++) {
        struct path_step *asked;
        size_t slot_steps;

        if (steps[i].kind != STEP_WHERE)
            continue;
        asked = arena_array(compiler->arena, i + 2, sizeof(*asked));
        memcpy(asked, steps, (i + 1) * sizeof(*asked));
        asked[i + 1] = (struct path_step){.kind = STEP_KEY, .key = steps[i].key};
        (void)shape_add(compiler->mapping->shape, asked, i + 2, &slot_steps);
        shape_read(compiler->mapping->shape, asked, i + 2, place);
    }
}

/* Tells the walk over the record about the path, and asks `personal`. */
static void note_path(struct compiler *compiler, struct path *path, struct place place)
{
    bool relative = path->root != ROOT_RECORD;
    size_t lists = relative && compiler->list_count > 1 ? compiler->list_count : 1;
    struct mapping *mapping = compiler->mapping;

    for (size_t list = 0; list < lists; list++) {
        size_t count;
        const struct path_step *steps = paths_absolute(compiler, path, list, &count);
        size_t slot_steps;
        int32_t slot = shape_add(mapping->shape, steps, count, &slot_steps);

        if (!compiler->naming)
            shape_read(mapping->shape, steps, count, place);
        if (!compiler->naming && count > 0 && steps[0].kind == STEP_KEY)
            compiler_note_column(compiler, steps, count, place);
        note_choices(compiler, steps, count, place);
        if (!relative) {
            path->slot = slot;
            path->slot_steps = slot_steps;
            path->direct = slot >= 0 && slot_steps == path->count;
        }
        for (size_t i = 0; i < mapping->personal_count; i++)
            path->personal = path->personal || (mapping->personal[i]->root == ROOT_RECORD &&
                                                is_below(mapping->personal[i], steps, count));
    }
}

/* A header, whatever its case (RFC 9110, 5.1), or what the address says. */
static bool is_named(const struct path *personal, const struct path *path)
{
    struct bytes said = personal->steps[0].key;
    struct bytes name = path->steps[0].key;

    if (personal->root != path->root || name.len == 0)
        return false;
    return path->root == ROOT_HEADER ? bytes_equal_ignoring_case(said, name)
                                     : bytes_equal(said, name);
}

/* Beside the record: one name each. */
static void ask_personal(const struct mapping *mapping, struct path *path)
{
    for (size_t i = 0; i < mapping->personal_count; i++)
        path->personal = path->personal || is_named(mapping->personal[i], path);
}

const struct path *paths_compile(struct compiler *compiler, struct bytes text, struct place place)
{
    struct path *path = arena_alloc(compiler->arena, sizeof(*path));

    path->slot = -1;
    if (!read_root(compiler, &text, place, path) || !read_steps(compiler, text, place, path) ||
        !resolve_path(compiler, place, path))
        return NULL;
    if (path->root == ROOT_CONTACT)
        path->personal = true;
    if (compiler->scope == SCOPE_RECORD &&
        (path->root == ROOT_RECORD || path->root == ROOT_ITEM || path->root == ROOT_PARENT))
        note_path(compiler, path, place);
    else if (path->root == ROOT_HEADER || path->root == ROOT_QUERY)
        ask_personal(compiler->mapping, path);
    return path;
}

const struct path *paths_compile_node(struct compiler *compiler, const struct yaml_node *node)
{
    struct lexer lexer = {.text = node->text, .arena = compiler->arena};
    struct token token = {0};

    if (node->kind == YAML_SCALAR)
        token = lexer_next(&lexer);
    if (node->kind == YAML_SCALAR && token.kind == TOKEN_PATH &&
        lexer_next(&lexer).kind == TOKEN_END) {
        const struct path *path;

        compiler->naming = true;
        path = paths_compile(compiler, token.text, compiler_place(node, token.text));
        compiler->naming = false;
        return path;
    }
    compiler_mistake(compiler, node->place,
                     token.kind == TOKEN_BAD && token.expected
                         ? token.expected
                         : "un chemin seul, par exemple $.data.participations",
                     "%s", token.kind == TOKEN_BAD ? token.wrong : "ce n'est pas un chemin");
    return NULL;
}

const struct path *paths_word(struct compiler *compiler, struct bytes word)
{
    for (size_t i = 0; words[i].word; i++)
        if (bytes_equal_text(word, words[i].word) && (words[i].scopes & compiler->scope)) {
            struct path *path = arena_alloc(compiler->arena, sizeof(*path));

            path->root = words[i].root;
            path->slot = -1;
            return path;
        }
    return NULL;
}

static enum value_type field_type(const struct field *field)
{
    switch ((int)field->type) {
    case FIELD_BOOL:
        return TYPE_BOOL;
    case FIELD_INT:
    case FIELD_LONG:
        return TYPE_INTEGER;
    case FIELD_TIME:
        return TYPE_TIME;
    case FIELD_DATE:
        return TYPE_DATE;
    case FIELD_ARRAY:
        return TYPE_LIST;
    default:
        return TYPE_TEXT;
    }
}

enum value_type paths_type(const struct path *path, const struct enum_table **ret_symbols)
{
    const struct field *field = path->inner;

    *ret_symbols = NULL;
    for (int type = 0; type < EVENT_TYPE_COUNT && !field; type++)
        field = path->fields[type];
    if (field) {
        if (field->type == FIELD_ENUM)
            *ret_symbols = field->symbols;
        /* The same name with another list of codes in another record: no list is known. */
        for (int type = 0; type < EVENT_TYPE_COUNT && !path->inner; type++)
            if (path->fields[type] && path->fields[type]->symbols != field->symbols)
                *ret_symbols = NULL;
        return field_type(field);
    }
    for (size_t i = 0; i < path->count; i++)
        if (path->steps[i].kind == STEP_EACH)
            return TYPE_LIST;
    if (path->root == ROOT_LINE ||
        (path->root == ROOT_HTTP && bytes_equal_text(path->steps[0].key, "status")))
        return TYPE_INTEGER;
    return path->root == ROOT_RECORD || path->root == ROOT_ITEM || path->root == ROOT_PARENT ||
                   path->root == ROOT_ANSWER
               ? TYPE_ANY
               : TYPE_TEXT;
}
