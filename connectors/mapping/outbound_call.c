/* SPDX-License-Identifier: Apache-2.0
 *
 * One call to their system: request, headers, body, what its answers mean, what to remember.
 */
#include "connectors/mapping/functions.h"
#include "connectors/mapping/reply.h"
#include "connectors/mapping/statement.h"
#include "connectors/mapping/xml_body.h"
#include "schemas/codes.h"

#define TEXTS (1U << TYPE_ANY | 1U << TYPE_TEXT | 1U << TYPE_INTEGER | 1U << TYPE_BOOL)
#define CONDITION (1U << TYPE_BOOL | 1U << TYPE_ANY)

/* ---- The request ---------------------------------------------------------------------- */

static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE", NULL};

/* "PATCH /api/v1/orientations/{link.own}" */
static void compile_request(struct compiler *compiler, const struct yaml_node *node,
                            struct call_rule *call)
{
    struct bytes text = node->text;
    size_t len = 0;

    while (node->kind == YAML_SCALAR && len < text.len && text.data[len] != ' ')
        len++;
    for (size_t i = 0; node->kind == YAML_SCALAR && methods[i]; i++)
        if (bytes_equal_text(bytes_of(text.data, len), methods[i]))
            call->method = methods[i];
    if (!call->method || len + 1 >= text.len || text.data[len + 1] != '/') {
        compiler_mistake(compiler, node->place,
                         "une méthode et un chemin : POST /api/v1/dossiers/{link.dossier}",
                         "ce n'est pas une requête");
        return;
    }
    templates_compile_text(compiler, node, bytes_of(text.data + len + 1, text.len - len - 1),
                           &call->path);
}

static size_t count_of(const struct yaml_node *node)
{
    return node && node->kind == YAML_MAPPING ? node->count : 0;
}

static void compile_pairs(struct compiler *compiler, const struct yaml_node *node,
                          enum pair_place place, struct call_rule *call,
                          struct pair_template *pairs)
{
    if (node && node->kind != YAML_MAPPING)
        compiler_mistake(compiler, node->place, "nom: expression, un par ligne", "pas de clés");
    for (size_t i = 0; i < count_of(node); i++) {
        struct pair_template *pair = &pairs[call->pair_count++];

        pair->place = place;
        pair->name = arena_text(compiler->arena, node->keys[i]->text);
        pair->value = parser_parse_as(compiler, node->items[i], TEXTS,
                                      "un texte ; pour un instant ajoutez | format(…)");
        pair->absent = templates_absent(pair->value);
    }
}

/* ---- A row ---------------------------------------------------------------------------- */

/* A file's name without its date and ending: it stands for itself in any file system. */
static bool is_stem(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = text.data[i];

        if (!((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
              (byte >= '0' && byte <= '9') || byte == '_' || (byte == '-' && i > 0)))
            return false;
    }
    return text.len > 0 && text.len <= 64;
}

/* Each column is there in every row: what has no value is empty. */
static void compile_columns(struct compiler *compiler, const struct yaml_node *node,
                            struct call_rule *call)
{
    struct body_template *body = arena_alloc(compiler->arena, sizeof(*body));
    struct body_template *parts;

    if (!node || node->kind != YAML_MAPPING || node->count == 0) {
        compiler_mistake(compiler, node ? node->place : call->place,
                         "columns: { nom: expression, … }, dans l'ordre du fichier",
                         "une ligne sans colonnes");
        return;
    }
    parts = arena_array(compiler->arena, node->count, sizeof(*parts));
    *body = (struct body_template){.kind = TEMPLATE_OBJECT, .parts = parts, .count = node->count};
    for (size_t i = 0; i < node->count; i++)
        parts[i] = (struct body_template){
            .kind = TEMPLATE_VALUE,
            .key = node->keys[i]->text,
            .absent = ABSENT_EMPTY,
            .value = parser_parse_as(
                compiler, node->items[i], TEXTS,
                "un texte ; pour un instant, ajouter | format(…), pour une liste | join(…)")};
    call->body = body;
}

/* A row of a file is a call too, with a method of its own: WRITE STEM. */
static void compile_write(struct compiler *compiler, const struct yaml_node *node,
                          const struct yaml_node *stem, struct call_rule *call,
                          struct pair_template *pairs)
{
    static const char *const others[] = {"request", "query", "headers",   "form",
                                         "body",    "xml",   "statement", "parameters",
                                         "reads",   "lists", NULL};
    struct yaml_node word = {.kind = YAML_SCALAR,
                             .place = stem->place,
                             .text_place = stem->place,
                             .text = BYTES_LITERAL("idempotency_key"),
                             .plain = true};
    struct text_part *name = arena_alloc(compiler->arena, sizeof(*name));

    for (size_t i = 0; others[i]; i++)
        if (yaml_get(node, others[i]))
            compiler_mistake(compiler, yaml_get(node, others[i])->place, "write et columns",
                             "`%s` est d'un appel, et ceci est une ligne", others[i]);
    if (stem->kind != YAML_SCALAR || !is_stem(stem->text))
        compiler_mistake(compiler, stem->place, "des lettres sans accents, des chiffres, - et _",
                         "ce n'est pas le début d'un nom de fichier");
    call->method = "WRITE";
    name->text = stem->text;
    call->path = (struct text_template){name, 1};
    pairs[call->pair_count++] =
        (struct pair_template){.place = PAIR_HEADER,
                               .name = "Idempotency-Key",
                               .value = parser_parse_as(compiler, &word, TEXTS, "un texte")};
    compile_columns(compiler, yaml_get(node, "columns"), call);
}

/* ---- Answers -------------------------------------------------------------------------- */

static void compile_means(struct compiler *compiler, const struct yaml_node *node,
                          struct answer_rule *answer)
{
    static const char *const words[] = {"ok", "later", "never", NULL};
    static const enum delivery_verdict verdicts[] = {DELIVERY_CALL, DELIVERY_LATER, DELIVERY_NEVER};

    for (size_t i = 0; words[i]; i++)
        if (bytes_equal_text(node->text, words[i])) {
            answer->means = verdicts[i];
            return;
        }
    compiler_mistake(
        compiler, node->place,
        compiler_one_of(compiler, node->text.data ? node->text : BYTES_LITERAL(""), words),
        "une réponse ne veut pas dire cela");
}

static const char *known_code(struct compiler *compiler, const struct yaml_node *node)
{
    const char *names[64] = {NULL};
    size_t count = 0;

    if (!node)
        return "refused_by_system";
    for (; rejection_codes[count].code && count < 63; count++) {
        names[count] = rejection_codes[count].code;
        if (bytes_equal_text(node->text, names[count]))
            return names[count];
    }
    compiler_mistake(compiler, node->place, compiler_one_of(compiler, node->text, names),
                     "ce n'est pas un code de rejet");
    return names[0];
}

static void compile_answer(struct compiler *compiler, const struct yaml_node *node,
                           struct answer_rule *answer)
{
    static const char *const keys[] = {"when", "means", "code", "reason", NULL};
    const struct yaml_node *means = yaml_get(node, "means");
    const struct yaml_node *reason = yaml_get(node, "reason");

    answer->place = node->place;
    if (!compiler_check_keys(compiler, node, "une réponse", keys))
        return;
    answer->when = parser_parse_as(compiler, yaml_get(node, "when"), CONDITION, "une condition");
    if (means)
        compile_means(compiler, means, answer);
    else
        compiler_mistake(compiler, node->place, "ok, later ou never", "il manque `means`");
    answer->code = known_code(compiler, yaml_get(node, "code"));
    answer->reason = reason ? arena_text(compiler->arena, reason->text) : "refusé par leur système";
}

const struct answer_rule *outbound_call_compile_answers(struct compiler *compiler,
                                                        const struct yaml_node *node,
                                                        size_t *ret_count)
{
    struct answer_rule *answers;

    *ret_count = 0;
    if (node && node->kind != YAML_SEQUENCE)
        compiler_mistake(compiler, node->place, "- { when: http.status == 409, means: ok }",
                         "`answers` n'est pas une liste");
    if (!node || node->kind != YAML_SEQUENCE)
        return NULL;
    answers = arena_array(compiler->arena, node->count + 1, sizeof(*answers));
    for (size_t i = 0; i < node->count; i++)
        compile_answer(compiler, node->items[i], &answers[i]);
    *ret_count = node->count;
    return answers;
}

/* ---- Safety --------------------------------------------------------------------------- */

static bool reads_key(const struct expression *expression)
{
    if (!expression)
        return false;
    if (expression->kind == EXPRESSION_PATH && expression->path->root == ROOT_KEY)
        return true;
    for (size_t i = 0; i < expression->count; i++)
        if (reads_key(expression->args[i]))
            return true;
    return false;
}

/* By its method (RFC 9110, 9.2.2) or the idempotency key that it carries. */
static bool is_idempotent(const struct call_rule *call)
{
    if (call->method && (strcmp(call->method, "GET") == 0 || strcmp(call->method, "PUT") == 0 ||
                         strcmp(call->method, "DELETE") == 0))
        return true;
    for (size_t i = 0; i < call->pair_count; i++)
        if (call->pairs[i].place == PAIR_HEADER && reads_key(call->pairs[i].value))
            return true;
    return false;
}

static void compile_safety(struct compiler *compiler, const struct yaml_node *node,
                           struct call_rule *call)
{
    static const char *const words[] = {"idempotent", "looked_up", "unsafe", NULL};

    call->safety = is_idempotent(call) ? CALL_IDEMPOTENT : CALL_UNSAFE;
    for (size_t i = 0; node && words[i]; i++)
        if (bytes_equal_text(node->text, words[i])) {
            call->safety = (enum call_safety)i;
            if (call->safety == CALL_LOOKED_UP && compiler->call_count == 0)
                compiler_mistake(compiler, node->place,
                                 "un appel au-dessus qui trouve ce qu'un essai aurait déjà fait, "
                                 "et `when` quand il n'a rien trouvé",
                                 "rien n'est cherché avant cet appel");
            return;
        }
    if (node)
        compiler_mistake(
            compiler, node->place,
            compiler_one_of(compiler, node->text.data ? node->text : BYTES_LITERAL(""), words),
            "ce mot ne dit pas si l'appel peut être fait deux fois");
}

/* ---- The call ------------------------------------------------------------------------- */

static void compile_after(struct compiler *compiler, const struct yaml_node *node,
                          struct call_rule *call)
{
    compiler->scope = SCOPE_ANSWER;
    compiler->unread = call->reads_none;
    call->answers =
        outbound_call_compile_answers(compiler, yaml_get(node, "answers"), &call->answer_count);
    call->remember = rules_compile_links(compiler, yaml_get(node, "remember"), "remember",
                                         &call->remember_count);
    call->receiver_ref = parser_parse_as(compiler, yaml_get(node, "receiver_ref"), TEXTS,
                                         "un identifiant de chez eux");
    compiler->unread = false;
    compiler->scope = SCOPE_DELIVERY;
}

static void compile_body(struct compiler *compiler, const struct yaml_node *node,
                         struct call_rule *call)
{
    const struct yaml_node *json = yaml_get(node, "body");
    const struct yaml_node *xml = yaml_get(node, "xml");
    struct body_template *template;

    if (!json && !xml)
        return;
    if (call->has_form || (json && xml))
        compiler_mistake(compiler, json ? json->place : xml->place,
                         "`body` (JSON), `xml` ou `form`, un seul des trois",
                         "un appel n'a qu'un corps");
    template = arena_alloc(compiler->arena, sizeof(*template));
    call->xml = xml;
    if (xml)
        xml_body_compile(compiler, xml, template);
    else
        templates_compile_body(compiler, json, template);
    call->body = template;
}

void outbound_call_compile(struct compiler *compiler, const struct yaml_node *node,
                           struct call_rule *call)
{
    const struct yaml_node *request = yaml_get(node, "request");
    const struct yaml_node *row = yaml_get(node, "write");
    const struct yaml_node *statement = yaml_get(node, "statement");
    const struct yaml_node *query = yaml_get(node, "query");
    const struct yaml_node *headers = yaml_get(node, "headers");
    const struct yaml_node *form = yaml_get(node, "form");
    struct pair_template *pairs = arena_array(
        compiler->arena, count_of(query) + count_of(headers) + count_of(form) + 1, sizeof(*pairs));

    call->place = node->place;
    call->pairs = pairs;
    if (statement) {
        statement_compile(compiler, node, statement, call);
    } else if (row) {
        compile_write(compiler, node, row, call, pairs);
    } else if (request) {
        compile_request(compiler, request, call);
        compile_pairs(compiler, query, PAIR_QUERY, call, pairs);
        compile_pairs(compiler, headers, PAIR_HEADER, call, pairs);
        call->has_form = form;
        compile_pairs(compiler, form, PAIR_FORM, call, pairs);
        compile_body(compiler, node, call);
        reply_compile(compiler, node, call);
    } else {
        compiler_mistake(compiler, node->place, "request: POST /chemin", "il manque `request`");
    }
    compile_safety(compiler, yaml_get(node, "safety"), call);
    rules_compile_echo(compiler, yaml_get(node, "echo"), &call->echo);
    compile_after(compiler, node, call);
}
