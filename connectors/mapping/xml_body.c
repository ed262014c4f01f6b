/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/xml_body.h"

#include "connectors/mapping/lexer.h"

#define TEXTS (1U << TYPE_ANY | 1U << TYPE_TEXT | 1U << TYPE_INTEGER | 1U << TYPE_BOOL)
#define NAMESPACES_MOST 32
#define MAX_DEPTH 16
#define PROLOG "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
#define NIL " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:nil=\"true\"/>"

/* ---- Names -------------------------------------------------------------------------------- */

/* Letters, digits, _ - . and all that is no ASCII; not a digit, - or . at its beginning. */
static bool is_name(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        bool digit = (c >= '0' && c <= '9') || c == '-' || c == '.';

        if (!(digit && i > 0) && !(lexer_is_key_character(c) && !digit))
            return false;
    }
    return text.len > 0;
}

static bool is_declared(const struct mapping *mapping, struct bytes prefix)
{
    for (size_t i = 0; i < mapping->namespace_count; i++)
        if (bytes_equal_text(prefix, mapping->namespaces[i].prefix))
            return true;
    return bytes_equal_text(prefix, "xml");
}

/* "debut", "g:debut"; of an attribute without its @. */
static void check_name(struct compiler *compiler, const struct yaml_node *key, struct bytes name)
{
    const uint8_t *colon = name.len > 0 ? memchr(name.data, ':', name.len) : NULL;
    size_t len = colon ? (size_t)(colon - name.data) : 0;
    struct bytes local = colon ? bytes_of(colon + 1, name.len - len - 1) : name;

    if (bytes_equal_text(colon ? bytes_of(name.data, len) : name, "xmlns"))
        compiler_mistake(compiler, key->place,
                         "à la racine du fichier, namespaces: { xmlns: adresse }",
                         "`xmlns` ne se dit que dans `namespaces`");
    else if (!is_name(local) || (colon && !is_name(bytes_of(name.data, len))))
        compiler_mistake(compiler, key->place, "debut, g:debut, \"@id\" ou \"#text\"",
                         "ce n'est pas un nom de XML");
    else if (colon && !is_declared(compiler->mapping, bytes_of(name.data, len)))
        compiler_mistake(
            compiler, key->place, "à la racine du fichier, namespaces: { préfixe: adresse }",
            "un préfixe que `namespaces` ne déclare pas : %.*s", (int)len, (const char *)name.data);
}

void xml_body_compile_namespaces(struct compiler *compiler, const struct yaml_node *node)
{
    struct xml_namespace *namespaces;
    size_t count = node && node->kind == YAML_MAPPING ? node->count : 0;

    if (node && (node->kind != YAML_MAPPING || count > NAMESPACES_MOST))
        compiler_mistake(compiler, node->place, "préfixe: \"http://…\", 32 au plus",
                         "ce ne sont pas des espaces de noms");
    if (count == 0 || count > NAMESPACES_MOST)
        return;
    namespaces = arena_array(compiler->arena, count, sizeof(*namespaces));
    compiler->mapping->namespaces = namespaces;
    compiler->mapping->namespace_count = count;
    for (size_t i = 0; i < count; i++) {
        struct bytes uri = node->items[i]->text;

        namespaces[i].prefix = arena_text(compiler->arena, node->keys[i]->text);
        namespaces[i].uri = uri.data ? arena_text(compiler->arena, uri) : "";
        if (!is_name(node->keys[i]->text) || strcmp(namespaces[i].prefix, "xml") == 0)
            compiler_mistake(compiler, node->keys[i]->place,
                             "un préfixe, ou `xmlns` pour les noms sans préfixe",
                             "ce n'est pas un préfixe");
        if (uri.len == 0)
            compiler_mistake(compiler, node->items[i]->place, "\"http://…\" ou \"urn:…\"",
                             "un espace de noms sans adresse");
    }
}

/* ---- Compiling ---------------------------------------------------------------------------- */

static bool is_attribute(struct bytes key)
{
    return key.len > 0 && key.data[0] == '@';
}

static bool is_text(struct bytes key)
{
    return bytes_equal_text(key, "#text");
}

static void compile_value(struct compiler *compiler, const struct yaml_node *node,
                          struct body_template *template)
{
    bool plain = is_attribute(template->key) || is_text(template->key);

    template->kind = TEMPLATE_VALUE;
    template->value = parser_parse_as(compiler, node, plain ? TEXTS : TEXTS | 1U << TYPE_LIST,
                                      "un texte ; pour un instant ajoutez | format(…)");
    template->absent = templates_absent(template->value);
    if (plain && template->absent == ABSENT_NULL)
        compiler_mistake(compiler, node->place, "rien (omis), ou default(\"\")",
                         "null ne se dit que d'un élément sans attribut");
}

static void compile_element(struct compiler *compiler, const struct yaml_node *node, int depth,
                            struct body_template *template);

static void compile_part(struct compiler *compiler, const struct yaml_node *key,
                         const struct yaml_node *node, int depth, struct body_template *part)
{
    part->key = key->text;
    if (!is_attribute(key->text) && !is_text(key->text)) {
        check_name(compiler, key, key->text);
        compile_element(compiler, node, depth, part);
        return;
    }
    if (is_attribute(key->text))
        check_name(compiler, key, bytes_of(key->text.data + 1, key->text.len - 1));
    if (node->kind == YAML_SCALAR)
        compile_value(compiler, node, part);
    else
        compiler_mistake(compiler, node->place, "une expression",
                         "un attribut ou un texte n'a qu'une valeur");
}

static void compile_object(struct compiler *compiler, const struct yaml_node *node, int depth,
                           struct body_template *template)
{
    struct body_template *parts = arena_array(compiler->arena, node->count + 1, sizeof(*parts));

    template->kind = TEMPLATE_OBJECT;
    template->parts = parts;
    for (size_t i = 0; i < node->count; i++)
        if (bytes_equal_text(node->keys[i]->text, "$when"))
            template->when = parser_parse_as(compiler, node->items[i],
                                             1U << TYPE_BOOL | 1U << TYPE_ANY, "une condition");
        else
            compile_part(compiler, node->keys[i], node->items[i], depth + 1,
                         &parts[template->count++]);
}

static void compile_element(struct compiler *compiler, const struct yaml_node *node, int depth,
                            struct body_template *template)
{
    struct body_template *parts;

    if (depth > MAX_DEPTH) {
        compiler_mistake(compiler, node->place, "16 niveaux au plus", "corps trop profond");
        return;
    }
    if (node->kind == YAML_SCALAR) {
        compile_value(compiler, node, template);
        return;
    }
    if (node->kind == YAML_MAPPING) {
        compile_object(compiler, node, depth, template);
        return;
    }
    parts = arena_array(compiler->arena, node->count + 1, sizeof(*parts));
    template->kind = TEMPLATE_LIST;
    template->parts = parts;
    template->count = node->count;
    for (size_t i = 0; i < node->count; i++) {
        parts[i].key = template->key;
        compile_element(compiler, node->items[i], depth + 1, &parts[i]);
    }
}

void xml_body_compile(struct compiler *compiler, const struct yaml_node *node,
                      struct body_template *template)
{
    bool one = node->kind == YAML_MAPPING && node->count == 1;

    if (!one || node->items[0]->kind == YAML_SEQUENCE || is_attribute(node->keys[0]->text) ||
        is_text(node->keys[0]->text)) {
        compiler_mistake(compiler, node->place, "xml: { racine: { … } }",
                         "un document XML a un élément racine, et un seul");
        return;
    }
    compile_part(compiler, node->keys[0], node->items[0], 0, template);
    if (template->when || template->absent == ABSENT_NULL)
        compiler_mistake(compiler, node->items[0]->place, "`when` de l'appel",
                         "la racine est toujours là");
}

/* ---- Rendering ---------------------------------------------------------------------------- */

struct writing {
    struct evaluation *evaluation;
    bool failed;
};

/* Below U+0020 only three; not U+FFFE and U+FFFF (XML 1.0, 2.2). */
static bool has_character(struct bytes text, size_t at)
{
    uint8_t c = text.data[at];

    if (c == 0xEF && at + 2 < text.len && text.data[at + 1] == 0xBF)
        return text.data[at + 2] < 0xBE;
    return c >= 0x20 || c == '\t' || c == '\n' || c == '\r';
}

/* Blanks of an attribute other than spaces would be read as spaces, and \r as \n anywhere. */
static void append_character(uint8_t c, bool attribute, struct buffer *out)
{
    if (c == '&')
        buffer_append_text(out, "&amp;");
    else if (c == '<')
        buffer_append_text(out, "&lt;");
    else if (c == '>')
        buffer_append_text(out, "&gt;");
    else if (c == '"' && attribute)
        buffer_append_text(out, "&quot;");
    else if (c == '\r' || (attribute && c < 0x20))
        buffer_printf(out, "&#%d;", c);
    else
        buffer_append_byte(out, c);
}

static bool append_text(struct bytes text, bool attribute, struct buffer *out)
{
    bool good = true;

    for (size_t i = 0; i < text.len && good; i++) {
        good = has_character(text, i);
        append_character(text.data[i], attribute, out);
    }
    return good;
}

static void fail(struct writing *writing, const struct body_template *template, const char *what,
                 const char *expected)
{
    (void)evaluate_fail(writing->evaluation, template->value, FAIL_BAD_VALUE, what, expected,
                        BYTES_NONE);
    writing->failed = true;
}

static void write_text(struct writing *writing, const struct body_template *template,
                       const struct value *value, struct buffer *out)
{
    struct bytes text = evaluate_value_text(writing->evaluation, value);

    if (!text.data)
        fail(writing, template, "un objet ou une liste", "une seule valeur");
    else if (!append_text(text, is_attribute(template->key), out))
        fail(writing, template, "un caractère que le XML n'a pas",
             "un texte sans caractères de contrôle");
}

static void write_one(struct writing *writing, const struct body_template *template,
                      const struct value *value, struct buffer *out)
{
    buffer_printf(out, "<%.*s>", BYTES_ARG(template->key));
    write_text(writing, template, value, out);
    buffer_printf(out, "</%.*s>", BYTES_ARG(template->key));
}

/* An element of a value, or several of a list; nothing when it is not there. */
static void write_value(struct writing *writing, const struct body_template *template,
                        struct buffer *out)
{
    struct value value = evaluate(writing->evaluation, template->value);

    writing->failed = writing->failed || value.kind == VALUE_FAILED;
    if (!evaluate_is_present(writing->evaluation, &value)) {
        if (template->absent != ABSENT_LEAVE_OUT)
            buffer_printf(out, "<%.*s%s", BYTES_ARG(template->key),
                          template->absent == ABSENT_NULL ? NIL : "/>");
        return;
    }
    if (value.kind != VALUE_LIST)
        write_one(writing, template, &value, out);
    for (size_t i = 0; value.kind == VALUE_LIST && i < value.list.count; i++)
        if (evaluate_is_present(writing->evaluation, &value.list.items[i]))
            write_one(writing, template, &value.list.items[i], out);
}

/* An attribute, or the text of an element; false: it is not there. */
static bool write_plain(struct writing *writing, const struct body_template *part,
                        struct buffer *out)
{
    struct value value = evaluate(writing->evaluation, part->value);
    bool there = evaluate_is_present(writing->evaluation, &value);

    writing->failed = writing->failed || value.kind == VALUE_FAILED;
    if (!there && part->absent != ABSENT_EMPTY)
        return false;
    if (is_attribute(part->key))
        buffer_printf(out, " %.*s=\"", (int)part->key.len - 1, (const char *)part->key.data + 1);
    if (there)
        write_text(writing, part, &value, out);
    if (is_attribute(part->key))
        buffer_append_byte(out, '"');
    return true;
}

static void write_element(struct writing *writing, const struct body_template *template,
                          const char *declarations, struct buffer *out);

static void write_object(struct writing *writing, const struct body_template *template,
                         const char *declarations, struct buffer *out)
{
    CLEANUP(buffer_deinit) struct buffer attributes = {0};
    CLEANUP(buffer_deinit) struct buffer content = {0};
    bool there = template->count == 0 || declarations;

    for (size_t i = 0; i < template->count; i++) {
        const struct body_template *part = &template->parts[i];

        if (is_attribute(part->key)) {
            there = write_plain(writing, part, &attributes) || there;
        } else if (!is_text(part->key)) {
            write_element(writing, part, NULL, &content);
        } else if (write_plain(writing, part, &content)) {
            there = true;
        } else if (!declarations) {
            return;
        }
    }
    if (!there && content.len == 0)
        return;
    buffer_printf(out, "<%.*s%s", BYTES_ARG(template->key), declarations ? declarations : "");
    buffer_append_bytes(out, buffer_view(&attributes));
    if (content.len == 0) {
        buffer_append_text(out, "/>");
        return;
    }
    buffer_append_byte(out, '>');
    buffer_append_bytes(out, buffer_view(&content));
    buffer_printf(out, "</%.*s>", BYTES_ARG(template->key));
}

/* As deep as the template, which its compilation bounds. `declarations`: it is the root. */
static void write_element(struct writing *writing, const struct body_template *template,
                          const char *declarations, struct buffer *out)
{
    if (template->when && !evaluate_is_true(writing->evaluation, template->when)) {
        writing->failed = writing->failed || writing->evaluation->failure.code;
        return;
    }
    if (template->kind == TEMPLATE_OBJECT)
        write_object(writing, template, declarations, out);
    else if (template->kind == TEMPLATE_VALUE)
        write_value(writing, template, out);
    else
        for (size_t i = 0; i < template->count; i++)
            write_element(writing, &template->parts[i], NULL, out);
}

struct bytes xml_body_render(struct evaluation *evaluation, const struct body_template *template)
{
    const struct mapping *mapping = evaluation->mapping;
    struct writing writing = {.evaluation = evaluation};
    CLEANUP(buffer_deinit) struct buffer declarations = {0};
    CLEANUP(buffer_deinit) struct buffer out = {0};
    /* A root that is one value, as the element around that text. */
    const struct body_template text = {.kind = TEMPLATE_VALUE,
                                       .value = template->value,
                                       .absent = template->absent,
                                       .key = BYTES_LITERAL("#text")};
    const struct body_template root = {
        .kind = TEMPLATE_OBJECT, .key = template->key, .parts = &text, .count = 1};

    for (size_t i = 0; i < mapping->namespace_count; i++) {
        bool plain = strcmp(mapping->namespaces[i].prefix, "xmlns") == 0;

        buffer_printf(&declarations, " xmlns%s%s=\"", plain ? "" : ":",
                      plain ? "" : mapping->namespaces[i].prefix);
        (void)append_text(bytes_of_text(mapping->namespaces[i].uri), true, &declarations);
        buffer_append_byte(&declarations, '"');
    }
    buffer_append_text(&out, PROLOG);
    write_element(&writing, template->kind == TEMPLATE_VALUE ? &root : template,
                  buffer_text(&declarations), &out);
    return writing.failed ? BYTES_NONE : arena_copy(evaluation->arena, buffer_view(&out));
}
