/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/statement.h"

#include "connectors/mapping/times.h"

#define PARAMETERS_MOST 64
#define SCALARS                                                                                    \
    (1U << TYPE_ANY | 1U << TYPE_TEXT | 1U << TYPE_INTEGER | 1U << TYPE_BOOL | 1U << TYPE_DATE |   \
     1U << TYPE_TIME)
#define NUMBERS (1U << TYPE_ANY | 1U << TYPE_TEXT | 1U << TYPE_INTEGER)

/* What each may be made from, and what makes it. */
static const struct {
    const char *name;
    unsigned from;
    const char *expected;
} types[] = {
    [PARAMETER_TEXT] = {"text", SCALARS & ~(1U << TYPE_TIME),
                        "un texte ; un instant : | format(…)"},
    [PARAMETER_INTEGER] = {"integer", NUMBERS, "un nombre entier : x | integer"},
    [PARAMETER_DECIMAL] = {"decimal", NUMBERS, "un nombre : x | decimal"},
    [PARAMETER_BOOLEAN] = {"boolean", 1U << TYPE_BOOL, "vrai ou faux : une condition"},
    [PARAMETER_DATE] = {"date", 1U << TYPE_DATE, "un jour : x | date"},
    [PARAMETER_TIMESTAMP] = {"timestamp", 1U << TYPE_TIME, "un instant : x | datetime"},
};
#define TYPE_NAMES                                                                                 \
    {                                                                                              \
        "text", "integer", "decimal", "boolean", "date", "timestamp", NULL                         \
    }

const char *statement_type_name(enum parameter_type type)
{
    return types[type].name;
}

/* ---- Parameters --------------------------------------------------------------------------- */

static enum parameter_type type_of(const struct expression *expression)
{
    switch (expression ? expression->type : TYPE_TEXT) {
    case TYPE_INTEGER:
        return PARAMETER_INTEGER;
    case TYPE_BOOL:
        return PARAMETER_BOOLEAN;
    case TYPE_DATE:
        return PARAMETER_DATE;
    case TYPE_TIME:
        return PARAMETER_TIMESTAMP;
    case TYPE_ANY:
    case TYPE_TEXT:
    case TYPE_LIST:
    case TYPE_RECEIVER:
    case TYPE_COUNT:
    default:
        return PARAMETER_TEXT;
    }
}

static void read_type(struct compiler *compiler, const struct yaml_node *node,
                      struct parameter_template *parameter)
{
    static const char *const names[] = TYPE_NAMES;
    struct bytes word = node->text.data ? node->text : BYTES_LITERAL("");
    size_t i = 0;

    while (names[i] && !bytes_equal_text(word, names[i]))
        i++;
    if (!names[i])
        compiler_mistake(compiler, node->place, compiler_one_of(compiler, word, names),
                         "ce n'est pas un type de paramètre");
    else
        parameter->type = (enum parameter_type)i;
    if (names[i] && parameter->value && !(types[i].from & 1U << parameter->value->type))
        compiler_mistake(compiler, parameter->value->place, types[i].expected,
                         "%s ne devient pas un paramètre de type %s",
                         compiler_type_name(parameter->value->type), names[i]);
}

/* A timestamp has no zone of its own: which one their database means is said. */
static void read_zone(struct compiler *compiler, const struct yaml_node *node,
                      const struct yaml_node *value, struct parameter_template *parameter)
{
    bool known = node && node->kind == YAML_SCALAR && zones_find(node->text);

    if (node && !known)
        compiler_mistake(compiler, node->place,
                         compiler_one_of(compiler, node->text.data ? node->text : BYTES_LITERAL(""),
                                         zones_names()),
                         "fuseau horaire inconnu");
    parameter->zone = known ? zones_find(node->text) : compiler->mapping->zone;
    if (!node && !parameter->zone && parameter->type == PARAMETER_TIMESTAMP)
        compiler_mistake(compiler, value->place,
                         "times: { zone: Europe/Paris }, ou nom: { value: …, zone: Europe/Paris }",
                         "un instant sans la zone de leur base");
}

/* `name: expression`, or `name: { value: expression, type: decimal, zone: … }`. */
static void compile_parameter(struct compiler *compiler, const struct yaml_node *node,
                              struct parameter_template *parameter)
{
    static const char *const keys[] = {"value", "type", "zone", NULL};
    bool long_form = node->kind == YAML_MAPPING;
    const struct yaml_node *value = long_form ? yaml_get(node, "value") : node;
    const struct yaml_node *type = long_form ? yaml_get(node, "type") : NULL;

    if (long_form && !compiler_check_keys(compiler, node, "un paramètre", keys))
        return;
    if (!value || value->kind != YAML_SCALAR) {
        compiler_mistake(compiler, node->place, "nom: expression, ou nom: { value: …, type: … }",
                         "un paramètre sans valeur");
        return;
    }
    parameter->value =
        parser_parse_as(compiler, value, SCALARS, "une seule valeur ; une liste : | join(…)");
    parameter->type = type_of(parameter->value);
    if (type)
        read_type(compiler, type, parameter);
    read_zone(compiler, long_form ? yaml_get(node, "zone") : NULL, value, parameter);
    parameter->absent = templates_absent(parameter->value);
    if (parameter->absent == ABSENT_EMPTY && parameter->type != PARAMETER_TEXT)
        compiler_mistake(compiler, value->place, "rien : la valeur absente est NULL",
                         "un paramètre de type %s n'est pas un texte vide",
                         types[parameter->type].name);
}

static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_part(uint8_t c)
{
    return is_letter(c) || (c >= '0' && c <= '9');
}

static bool is_parameter_name(struct bytes text)
{
    bool good = text.len > 0 && text.len <= 64 && is_letter(text.data[0]);

    for (size_t i = 0; i < text.len && good; i++)
        good = is_part(text.data[i]);
    return good;
}

static void compile_parameters(struct compiler *compiler, const struct yaml_node *node,
                               struct call_rule *call)
{
    struct parameter_template *parameters;

    if (!node)
        return;
    if (node->kind != YAML_MAPPING || node->count > PARAMETERS_MOST) {
        compiler_mistake(compiler, node->place, "nom: expression, un par ligne, 64 au plus",
                         "ce ne sont pas des paramètres");
        return;
    }
    parameters = arena_array(compiler->arena, node->count + 1, sizeof(*parameters));
    call->parameters = parameters;
    call->parameter_count = node->count;
    for (size_t i = 0; i < node->count; i++) {
        parameters[i].name = arena_text(compiler->arena, node->keys[i]->text);
        parameters[i].place = node->keys[i]->place;
        if (!is_parameter_name(node->keys[i]->text))
            compiler_mistake(compiler, node->keys[i]->place,
                             "des lettres sans accents, des chiffres et _",
                             "ce n'est pas le nom d'un paramètre");
        compile_parameter(compiler, node->items[i], &parameters[i]);
    }
}

/* ---- The statement ------------------------------------------------------------------------ */

struct scan {
    struct compiler *compiler;
    const struct yaml_node *node;
    struct bytes text;
    size_t at;
    const struct call_rule *call;
    bool used[PARAMETERS_MOST];
};

static void mistake(struct scan *scan, size_t from, size_t len, const char *expected,
                    const char *what)
{
    compiler_mistake(scan->compiler,
                     compiler_place(scan->node, bytes_of(scan->text.data + from, len)), expected,
                     "%s", what);
}

static uint8_t peek(const struct scan *scan, size_t ahead)
{
    return scan->at + ahead < scan->text.len ? scan->text.data[scan->at + ahead] : 0;
}

/* The parameter whose name stands behind the colon at hand; call->parameter_count: none. */
static size_t name_ahead(const struct scan *scan, struct bytes *ret_name)
{
    size_t len = 0;
    size_t i = 0;

    while (is_part(peek(scan, 1 + len)))
        len++;
    *ret_name = bytes_of(scan->text.data + scan->at + 1, len);
    while (i < scan->call->parameter_count &&
           !bytes_equal_text(*ret_name, scan->call->parameters[i].name))
        i++;
    return i;
}

/* What stands in quotes is text for the database, and no parameter. */
static void skip_quoted(struct scan *scan)
{
    size_t from = scan->at;
    uint8_t quote = peek(scan, 0);
    struct bytes name;

    for (scan->at++; scan->at < scan->text.len && peek(scan, 0) != quote; scan->at++) {
        if (peek(scan, 0) == '{')
            mistake(scan, scan->at, 1, ":nom, et sa valeur sous `parameters`",
                    "rien ne s'écrit dans le texte d'une instruction");
        if (quote == '\'' && peek(scan, 0) == ':' &&
            name_ahead(scan, &name) < scan->call->parameter_count) {
            scan->used[name_ahead(scan, &name)] = true;
            mistake(scan, scan->at, name.len + 1, ":nom, sans apostrophes autour",
                    "entre apostrophes, ce n'est plus un paramètre mais un texte");
        }
    }
    if (scan->at >= scan->text.len)
        mistake(scan, from, 1, "la même à sa fin",
                "une apostrophe ou un guillemet qui reste ouvert");
    scan->at++;
}

/* Comments of two kinds; true when one stood there. */
static bool skip_comment(struct scan *scan)
{
    bool line = peek(scan, 0) == '-' && peek(scan, 1) == '-';
    size_t from = scan->at;

    if (!line && !(peek(scan, 0) == '/' && peek(scan, 1) == '*'))
        return false;
    for (scan->at += 2; scan->at < scan->text.len; scan->at++)
        if (line ? peek(scan, 0) == '\n' : peek(scan, 0) == '*' && peek(scan, 1) == '/')
            break;
    if (!line && scan->at >= scan->text.len)
        mistake(scan, from, 2, "*/", "un commentaire qui reste ouvert");
    scan->at += line ? 1 : 2;
    return true;
}

static void take_colon(struct scan *scan)
{
    const char *names[PARAMETERS_MOST + 1] = {NULL};
    struct bytes name;
    size_t found = name_ahead(scan, &name);

    if (peek(scan, 1) == ':') { /* a cast of PostgreSQL */
        scan->at += 2;
        return;
    }
    for (size_t i = 0; i < scan->call->parameter_count; i++)
        names[i] = scan->call->parameters[i].name;
    if (found < scan->call->parameter_count)
        scan->used[found] = true;
    else if (name.len > 0)
        mistake(scan, scan->at, name.len + 1,
                names[0] ? compiler_one_of(scan->compiler, name, names)
                         : "parameters: { nom: expression }",
                "un paramètre que `parameters` n'a pas");
    else
        mistake(scan, scan->at, 1, ":nom", "un « : » sans nom de paramètre");
    scan->at += 1 + name.len;
}

static void scan_statement(struct scan *scan)
{
    while (scan->at < scan->text.len) {
        uint8_t c = peek(scan, 0);

        if (c == '\'' || c == '"' || c == '`') {
            skip_quoted(scan);
            continue;
        }
        if (skip_comment(scan))
            continue;
        if (c == ':') {
            take_colon(scan);
            continue;
        }
        if (c == ';')
            mistake(scan, scan->at, 1,
                    "une instruction par appel, sans « ; » ; plusieurs : `calls`",
                    "un « ; » dans une instruction");
        else if (c == '{')
            mistake(scan, scan->at, 1, ":nom, et sa valeur sous `parameters`",
                    "rien ne s'écrit dans le texte d'une instruction");
        else if (c == '?')
            mistake(scan, scan->at, 1, ":nom, et sa valeur sous `parameters`",
                    "un paramètre a un nom");
        scan->at++;
    }
}

/* A typing error is met here and not at night. */
static void check_verb(struct compiler *compiler, const struct yaml_node *node)
{
    static const char *const verbs[] = {"INSERT", "UPDATE", "DELETE", "MERGE",
                                        "SELECT", "CALL",   "EXEC",   NULL};
    struct bytes text = bytes_trim(node->text);
    size_t len = 0;
    char word[16] = "";

    while (len < text.len && len < sizeof(word) - 1 && is_letter(text.data[len])) {
        word[len] = (char)(text.data[len] & ~(text.data[len] >= 'a' ? 0x20 : 0));
        len++;
    }
    for (size_t i = 0; verbs[i]; i++)
        if (strcmp(verbs[i], word) == 0)
            return;
    compiler_mistake(compiler, node->place, compiler_one_of(compiler, bytes_of_text(word), verbs),
                     "une instruction ne commence pas ainsi");
}

void statement_compile(struct compiler *compiler, const struct yaml_node *node,
                       const struct yaml_node *text, struct call_rule *call)
{
    static const char *const others[] = {"request", "query",   "headers", "form",  "body", "xml",
                                         "write",   "columns", "reads",   "lists", NULL};
    struct text_part *part = arena_alloc(compiler->arena, sizeof(*part));
    struct scan scan = {.compiler = compiler, .node = text, .call = call};

    for (size_t i = 0; others[i]; i++)
        if (yaml_get(node, others[i]))
            compiler_mistake(compiler, yaml_get(node, others[i])->place, "statement et parameters",
                             "`%s` n'est pas d'une instruction SQL", others[i]);
    compile_parameters(compiler, yaml_get(node, "parameters"), call);
    call->method = STATEMENT_METHOD;
    if (text->kind != YAML_SCALAR || text->text.len == 0) {
        compiler_mistake(compiler, text->place, "INSERT INTO … VALUES (:nom, …)",
                         "ce n'est pas une instruction SQL");
        return;
    }
    part->text = text->text;
    call->path = (struct text_template){part, 1};
    check_verb(compiler, text);
    scan.text = text->text;
    scan_statement(&scan);
    for (size_t i = 0; i < call->parameter_count; i++)
        if (!scan.used[i])
            compiler_mistake(
                compiler, call->parameters[i].place,
                arena_printf(compiler->arena, ":%s dans l'instruction", call->parameters[i].name),
                "l'instruction n'a pas ce paramètre");
}

/* ---- Rendering ---------------------------------------------------------------------------- */

static bool is_decimal(struct bytes text)
{
    size_t at = text.len > 0 && text.data[0] == '-' ? 1 : 0;
    size_t digits = 0;
    bool point = false;

    for (; at < text.len; at++) {
        if (text.data[at] == '.' && !point && digits > 0 && at + 1 < text.len)
            point = true;
        else if (text.data[at] >= '0' && text.data[at] <= '9')
            digits++;
        else
            return false;
    }
    return digits > 0;
}

/* The others are of their type since they were compiled. */
static bool is_of(enum parameter_type type, struct bytes text)
{
    int64_t integer;

    if (type == PARAMETER_INTEGER)
        return bytes_to_int64(text, &integer);
    return type != PARAMETER_DECIMAL || is_decimal(text);
}

static struct bytes text_of(struct evaluation *evaluation,
                            const struct parameter_template *template, bool *ret_failed)
{
    CLEANUP(buffer_deinit) struct buffer text = {0};
    struct value value;

    if (template->type != PARAMETER_TIMESTAMP)
        return evaluate_text(evaluation, template->value, ret_failed);
    value = evaluate(evaluation, template->value);
    *ret_failed = value.kind == VALUE_FAILED;
    if (value.kind != VALUE_TIME)
        return BYTES_NONE;
    times_write(BYTES_LITERAL("%Y-%m-%d %H:%M:%S"), value.moment, template->zone, &text);
    return arena_copy(evaluation->arena, buffer_view(&text));
}

bool statement_render(struct evaluation *evaluation, const struct call_rule *rule,
                      struct delivery_call *call)
{
    struct delivery_parameter *parameters =
        arena_array(evaluation->arena, rule->parameter_count + 1, sizeof(*parameters));

    call->parameters = parameters;
    call->parameter_count = rule->parameter_count;
    for (size_t i = 0; i < rule->parameter_count; i++) {
        const struct parameter_template *template = &rule->parameters[i];
        bool failing = false;
        struct bytes text = text_of(evaluation, template, &failing);

        if (failing)
            return false;
        if (text.data && !is_of(template->type, text)) {
            (void)evaluate_fail(evaluation, template->value, FAIL_BAD_VALUE,
                                "ce n'est pas une valeur de ce type",
                                types[template->type].expected, BYTES_NONE);
            return false;
        }
        if (!text.data && template->absent == ABSENT_EMPTY)
            text = BYTES_LITERAL("");
        parameters[i] = (struct delivery_parameter){template->name, template->type, text};
    }
    return true;
}
