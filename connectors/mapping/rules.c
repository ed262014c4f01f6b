/* SPDX-License-Identifier: Apache-2.0
 *
 * The section `records`: one rule a kind of record.
 */
#include "connectors/mapping/blank.h"
#include "connectors/mapping/functions.h"

#define TEXTS (1U << TYPE_ANY | 1U << TYPE_TEXT | 1U << TYPE_INTEGER)

static const char *const rule_keys[] = {
    "name",   "each",        "absent",  "when",    "ignore_when", "emit",
    "entity", "same_entity", "version", "handoff", "parent",      "links",
    "echo",   "test",        "fields",  "contact", "drop",        NULL,
};

const char *const *rules_keys(void)
{
    return rule_keys;
}

/* ---- Drops ---------------------------------------------------------------------------- */

/* What is dropped is known by its name, not by what the record says. */
static bool drops_all(struct compiler *compiler, const struct path *path,
                      const struct yaml_node *node)
{
    for (size_t i = 0; i < path->count; i++)
        if (path->steps[i].kind == STEP_WHERE) {
            compiler_mistake(compiler, node->place, "[*] : tous les éléments de la liste",
                             "`drop` ne choisit pas d'élément");
            return false;
        }
    return true;
}

/* In each of the rule's lists. */
static void drop(struct compiler *compiler, const struct path *path)
{
    size_t lists = compiler->list_count > 1 ? compiler->list_count : 1;

    for (size_t list = 0; list < lists; list++) {
        size_t count;
        const struct path_step *steps = paths_absolute(compiler, path, list, &count);

        shape_drop(compiler->mapping->shape, steps, count);
    }
}

/* - $.a.b            or, with the reason:            - $.a.b: reason */
static void compile_drop(struct compiler *compiler, const struct yaml_node *node)
{
    for (size_t i = 0; node && node->kind == YAML_SEQUENCE && i < node->count; i++) {
        const struct yaml_node *item = node->items[i];
        const struct yaml_node *scalar =
            item->kind == YAML_MAPPING && item->count == 1 ? item->keys[0] : item;
        const struct path *path = paths_compile_node(compiler, scalar);

        if (path && (path->root == ROOT_HEADER || path->root == ROOT_QUERY))
            compiler_mistake(compiler, scalar->place, "$.chemin",
                             "`drop` écarte ce que l'enregistrement contient : d'un en-tête ou "
                             "d'une adresse, seul ce qui est lu compte");
        else if (path && drops_all(compiler, path, scalar))
            drop(compiler, path);
    }
    if (node && node->kind != YAML_SEQUENCE)
        compiler_mistake(compiler, node->place, "une liste : un « - $.chemin » par ligne",
                         "`drop` n'est pas une liste");
}

/* ---- Hand-over, links, echo ----------------------------------------------------------- */

static bool compile_choice(struct compiler *compiler, const struct expression *expression,
                           struct handoff_choice *choice)
{
    enum function_form form = FORM_NONE;

    if (expression->kind == EXPRESSION_CONSTANT && expression->constant.kind == VALUE_TEXT &&
        bytes_equal_text(expression->constant.text, "own")) {
        choice->how = HANDOFF_OPENS;
        return true;
    }
    if (expression->kind == EXPRESSION_CALL)
        form = expression->function->form;
    if (form == FORM_GIVEN || form == FORM_BY_PERSON) {
        choice->how = form == FORM_GIVEN ? HANDOFF_GIVEN : HANDOFF_BY_PERSON;
        choice->key = expression->args[0];
        return true;
    }
    if (form == FORM_LINK && expression->count == 2) {
        choice->how = HANDOFF_BY_LINK;
        choice->kind = expression->args[0];
        choice->key = expression->args[1];
        return true;
    }
    compiler_mistake(compiler, expression->place,
                     "own, given(x), link(dossier, x), by_person(x), ou first_of(…) de plusieurs",
                     "ne dit pas quel passage de relais");
    return false;
}

static const struct handoff_choice *compile_handoff(struct compiler *compiler,
                                                    const struct yaml_node *node, size_t *ret_count)
{
    struct handoff_choice *choices;
    const struct expression *expression;
    const struct expression *const *list;
    size_t count = 1;

    *ret_count = 0;
    compiler->forms = true;
    expression = parser_parse(compiler, node);
    compiler->forms = false;
    if (!expression)
        return NULL;
    list = (const struct expression *const *)&expression;
    if (expression->kind == EXPRESSION_CALL &&
        strcmp(expression->function->name, "first_of") == 0) {
        list = expression->args;
        count = expression->count;
    }
    choices = arena_array(compiler->arena, count, sizeof(*choices));
    for (size_t i = 0; i < count; i++)
        if (compile_choice(compiler, list[i], &choices[i]))
            ++*ret_count;
    return choices;
}

/* A kind in which {…} stands is made for each event. */
static void compile_kind(struct compiler *compiler, const struct yaml_node *key,
                         struct link_rule *link)
{
    link->kind.text = key->text;
    link->kind.place = key->place;
    if (compiler->scope != SCOPE_RECORD && memchr(key->text.data, '{', key->text.len))
        templates_compile_text(compiler, key, key->text, &link->kind.made);
}

const struct link_rule *rules_compile_links(struct compiler *compiler, const struct yaml_node *node,
                                            const char *key, size_t *ret_count)
{
    struct link_rule *links;

    *ret_count = 0;
    if (!node)
        return NULL;
    if (node->kind != YAML_MAPPING) {
        compiler_mistake(compiler, node->place, "sorte: $.chemin, une par ligne",
                         "`%s` ne tient pas de clés", key);
        return NULL;
    }
    links = arena_array(compiler->arena, node->count + 1, sizeof(*links));
    for (size_t i = 0; i < node->count; i++) {
        compile_kind(compiler, node->keys[i], &links[i]);
        links[i].key =
            parser_parse_as(compiler, node->items[i], TEXTS, "un identifiant de chez eux");
    }
    *ret_count = node->count;
    return links;
}

void rules_compile_echo(struct compiler *compiler, const struct yaml_node *node,
                        struct echo_rule *echo)
{
    static const char *const keys[] = {"of", "says", NULL};

    if (!node || !compiler_check_keys(compiler, node, "echo", keys))
        return;
    if (!yaml_get(node, "of") || !yaml_get(node, "says")) {
        compiler_mistake(compiler, node->place,
                         "`of` (quelle chose) et `says` (son contenu), les deux",
                         "echo n'est pas complet");
        return;
    }
    echo->of = parser_parse_as(compiler, yaml_get(node, "of"), TEXTS, "un texte");
    echo->says =
        parser_parse_as(compiler, yaml_get(node, "says"), TEXTS | 1U << TYPE_BOOL, "un texte");
}

static void compile_version(struct compiler *compiler, const struct yaml_node *node,
                            struct record_rule *rule)
{
    const struct expression *version;

    compiler->forms = true;
    version = parser_parse_as(compiler, node, TEXTS | 1U << TYPE_TIME,
                              "un nombre, ou un instant : | datetime");
    compiler->forms = false;
    if (version && version->kind == EXPRESSION_CALL && version->function->form == FORM_STRICT) {
        rule->version_strict = true;
        version = version->args[0];
    }
    rule->version = version;
}

/* ---- Fields --------------------------------------------------------------------------- */

/* Names that a mapping may set, for messages. */
static const char *const *target_names(struct compiler *compiler, const struct record_table *table)
{
    size_t count = 0;
    const char **names;

    while (table->fields[count].name)
        count++;
    names = arena_array(compiler->arena, count + 1, sizeof(*names));
    count = 0;
    for (const struct field *field = table->fields; field->name; field++)
        if (!(field->flags & FIELD_RUNTIME))
            names[count++] = field->name;
    return names;
}

static const struct field *find_target(struct compiler *compiler, const struct yaml_node *key,
                                       const struct record_table *table, struct bytes name)
{
    const struct field *field = field_find(table, name);

    /* The end of a function's call that a comma of YAML's { } cut off: said at its beginning. */
    if (!field && (memchr(name.data, ')', name.len) || (name.len > 0 && name.data[0] == '$')))
        return NULL;
    if (!field)
        compiler_mistake(compiler, key->place,
                         compiler_one_of(compiler, name, target_names(compiler, table)),
                         "%s n'a pas de champ « %.*s »", table->name, BYTES_ARG(name));
    else if (field->flags & FIELD_RUNTIME)
        compiler_mistake(compiler, key->place, NULL,
                         "%s est mis par le connecteur, pas par ce fichier", field->name);
    else
        return field;
    return NULL;
}

/* [a, b]: each item an expression of its own. */
static void compile_items(struct compiler *compiler, const struct yaml_node *node,
                          struct assignment *assignment)
{
    const struct expression **items = arena_array(compiler->arena, node->count + 1, sizeof(*items));

    if (assignment->field->type != FIELD_ARRAY) {
        compiler_mistake(compiler, node->place, "une expression", "%s n'est pas une liste",
                         assignment->target);
        return;
    }
    for (size_t i = 0; i < node->count; i++) {
        const struct expression *item = parser_parse(compiler, node->items[i]);

        if (!item || !targets_check(compiler, assignment->field, item))
            continue;
        items[assignment->item_count++] = item;
        if (!assignment->format)
            assignment->format = targets_format(assignment->field, item);
    }
    assignment->items = items;
}

static void compile_field(struct compiler *compiler, const struct yaml_node *value, bool contact,
                          struct assignment *assignment)
{
    assignment->contact = contact;
    assignment->is_status = strcmp(assignment->field->name, "status") == 0;
    assignment->place = value->place;
    assignment->target = contact
                             ? arena_printf(compiler->arena, "contact.%s", assignment->field->name)
                             : assignment->field->name;
    if (value->kind == YAML_SEQUENCE) {
        compile_items(compiler, value, assignment);
        return;
    }
    assignment->expression = parser_parse(compiler, value);
    if (assignment->expression &&
        !targets_check(compiler, assignment->field, assignment->expression))
        assignment->expression = NULL;
    if (assignment->expression)
        assignment->format = targets_format(assignment->field, assignment->expression);
}

/* One of the blocks `fields` and `contact`. */
static void compile_fields(struct compiler *compiler, const struct yaml_node *node, bool contact,
                           struct record_rule *rule, struct assignment *assignments)
{
    if (!node)
        return;
    if (node->kind != YAML_MAPPING) {
        compiler_mistake(compiler, node->place, "champ: expression, un par ligne",
                         "`%s` ne tient pas de clés", contact ? "contact" : "fields");
        return;
    }
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *key = node->keys[i];
        bool dotted = bytes_starts_with(key->text, BYTES_LITERAL("contact."));
        struct bytes name = dotted ? bytes_of(key->text.data + 8, key->text.len - 8) : key->text;
        bool sealed = contact || dotted;
        struct assignment *assignment = &assignments[rule->assignment_count];

        assignment->field = find_target(compiler, key, sealed ? &contact_table : rule->table, name);
        if (!assignment->field)
            continue;
        compile_field(compiler, node->items[i], sealed, assignment);
        if (!sealed && bytes_equal_text(name, "occurred_at"))
            rule->occurred_at = assignment;
        rule->assignment_count++;
    }
}

/* A key of nearly that name stands there and is a mistake of its own: one is enough. */
static bool is_misspelt(const struct yaml_node *node, const char *key)
{
    const char *const names[] = {key, NULL};

    for (size_t i = 0; i < node->count; i++) {
        size_t j = 0;

        while (rule_keys[j] && !bytes_equal_text(node->keys[i]->text, rule_keys[j]))
            j++;
        if (!rule_keys[j] && diagnostics_nearest(node->keys[i]->text, names))
            return true;
    }
    return false;
}

/* Named, be its expression a mistake of its own. */
static bool names_key(const struct yaml_node *node, const char *key)
{
    return node && node->kind == YAML_MAPPING && yaml_get(node, key);
}

static void compile_assignments(struct compiler *compiler, const struct yaml_node *node,
                                struct record_rule *rule)
{
    const struct yaml_node *fields = yaml_get(node, "fields");
    const struct yaml_node *contact = yaml_get(node, "contact");
    struct assignment *assignments = arena_array(
        compiler->arena, (fields ? fields->count : 0) + (contact ? contact->count : 0) + 1,
        sizeof(*assignments));

    rule->assignments = assignments;
    compile_fields(compiler, fields, false, rule, assignments);
    compile_fields(compiler, contact, true, rule, assignments);
    blank_make(compiler, rule, assignments);
    privacy_check_rule(compiler, rule);
    if (!names_key(fields, "to_operator"))
        targets_check_issue(compiler, rule);
    if (!rule->version && (yaml_get(node, "version") || is_misspelt(node, "version")))
        return; /* that is said already */
    if (!rule->occurred_at && (!rule->version || rule->version->type != TYPE_TIME))
        compiler_mistake(compiler, node->place,
                         "`version` qui soit un instant (version: $.modifie | datetime), ou "
                         "`occurred_at` sous `fields`",
                         "la règle ne dit pas quand c'est arrivé");
}

/* ---- Rules ---------------------------------------------------------------------------- */

static void compile_absent(struct compiler *compiler, const struct yaml_node *node,
                           struct record_rule *rule)
{
    rule->absent = node && bytes_equal_text(node->text, "true");
    if (node && !rule->absent && !bytes_equal_text(node->text, "false"))
        compiler_mistake(
            compiler, node->place, "vrai ou faux",
            "`absent` dit que la règle est pour les enregistrements disparus d'un extrait complet");
}

static bool reads(const struct expression *expression)
{
    bool any = expression->kind == EXPRESSION_PATH;

    for (size_t i = 0; i < expression->count && !any; i++)
        any = reads(expression->args[i]);
    return any;
}

static void check_entity(struct compiler *compiler, const struct expression *entity)
{
    if (entity && !reads(entity))
        compiler_mistake(compiler, entity->place, "un chemin : $.id",
                         "`entity` ne lit rien : tous les enregistrements seraient le même");
}

static void compile_same_entity(struct compiler *compiler, const struct yaml_node *node,
                                struct record_rule *rule)
{
    static const char *const words[] = {"both", "reject", "first", "last", NULL};

    for (size_t i = 0; node && words[i]; i++)
        if (bytes_equal_text(node->text, words[i])) {
            rule->same_entity = (enum same_entity)i;
            return;
        }
    if (node)
        compiler_mistake(
            compiler, node->place,
            compiler_one_of(compiler, node->text.data ? node->text : BYTES_LITERAL(""), words),
            "ne dit pas lequel de deux éléments de même identité compte");
}

static void compile_emit(struct compiler *compiler, const struct yaml_node *node,
                         const struct yaml_node *rule_node, struct record_rule *rule)
{
    static const char *const names[] = {"referral", "appointment", "closure", NULL};

    for (size_t i = 0; node && names[i]; i++)
        if (bytes_equal_text(node->text, names[i]))
            rule->emit = (enum event_type)(EVENT_REFERRAL + (int)i);
    if (rule->emit == EVENT_NONE)
        compiler_mistake(compiler, node ? node->place : rule_node->place,
                         compiler_one_of(compiler, node ? node->text : BYTES_LITERAL(""), names),
                         node ? "aucun événement de ce nom" : "il manque `emit`");
    rule->table = event_table(rule->emit != EVENT_NONE ? rule->emit : EVENT_REFERRAL);
}

static const struct yaml_node *needed(struct compiler *compiler, const struct yaml_node *node,
                                      const char *key, const char *expected)
{
    const struct yaml_node *value = yaml_get(node, key);

    if (!value && !is_misspelt(node, key))
        compiler_mistake(compiler, node->place, expected, "il manque `%s`", key);
    return value;
}

static void compile_when(struct compiler *compiler, const struct yaml_node *node,
                         struct record_rule *rule)
{
    rule->when = parser_parse_as(compiler, node, 1U << TYPE_BOOL | 1U << TYPE_ANY, "une condition");
    for (struct rule_column *column = rule->columns; column; column = column->next)
        column->in_when = true;
}

static void compile_rule(struct compiler *compiler, const struct yaml_node *node, size_t number,
                         struct record_rule *rule)
{
    const struct yaml_node *name = yaml_get(node, "name");
    const struct yaml_node *echo = yaml_get(node, "echo");

    rule->place = node->place;
    if (!compiler_check_keys(compiler, node, "une règle de `records`", rule_keys))
        return;
    compile_emit(compiler, yaml_get(node, "emit"), node, rule);
    if (rule->emit == EVENT_NONE)
        return; /* what fields it may have is not known */
    rule->name = name ? arena_text(compiler->arena, name->text)
                      : arena_printf(compiler->arena, "%s-%zu", rule->table->name, number + 1);
    compiler->columns = &rule->columns;
    each_compile(compiler, yaml_get(node, "each"), rule);
    compile_absent(compiler, yaml_get(node, "absent"), rule);
    compile_when(compiler, yaml_get(node, "when"), rule);
    rule->ignore_when = parser_parse_as(compiler, yaml_get(node, "ignore_when"),
                                        1U << TYPE_BOOL | 1U << TYPE_ANY, "une condition");
    rule->test = parser_parse_as(compiler, yaml_get(node, "test"), 1U << TYPE_BOOL | 1U << TYPE_ANY,
                                 "une condition");
    rule->entity = parser_parse_as(
        compiler,
        needed(compiler, node, "entity", "l'identifiant de l'enregistrement dans leur système"),
        TEXTS, "l'identifiant de l'enregistrement dans leur système, en texte");
    check_entity(compiler, rule->entity);
    compile_same_entity(compiler, yaml_get(node, "same_entity"), rule);
    compile_version(compiler, yaml_get(node, "version"), rule);
    rule->handoff = compile_handoff(
        compiler,
        needed(compiler, node, "handoff", "own, given(x), link(dossier, x), by_person(x)"),
        &rule->handoff_count);
    rule->parent = compile_handoff(compiler, yaml_get(node, "parent"), &rule->parent_count);
    rule->links =
        rules_compile_links(compiler, yaml_get(node, "links"), "links", &rule->link_count);
    rules_compile_echo(compiler, echo, &rule->echo);
    compile_assignments(compiler, node, rule);
    compile_drop(compiler, yaml_get(node, "drop"));
    compiler->columns = NULL;
    compiler->each = NULL;
    compiler->list_count = 0;
}

void rules_compile(struct compiler *compiler, const struct yaml_node *section)
{
    struct record_rule *rules;

    if (section->kind != YAML_SEQUENCE) {
        compiler_mistake(compiler, section->place, "une liste : un « - emit: … » par règle",
                         "`records` n'est pas une liste");
        return;
    }
    compiler->scope = SCOPE_RECORD;
    rules = arena_array(compiler->arena, section->count + 1, sizeof(*rules));
    for (size_t i = 0; i < section->count; i++)
        compile_rule(compiler, section->items[i], i, &rules[i]);
    compiler->mapping->rules = rules;
    compiler->mapping->rule_count = section->count;
}

void rules_compile_drop(struct compiler *compiler, const struct yaml_node *node)
{
    compiler->scope = SCOPE_RECORD;
    compiler->each = NULL;
    compile_drop(compiler, node);
}
