/* SPDX-License-Identifier: Apache-2.0
 *
 * The section `deliver`: what becomes of each event that arrives for them. Every event must
 * have a rule without a condition in the end, so that none is met by surprise at night.
 */
#include "connectors/mapping/compiler.h"

static const char *const rule_keys[] = {
    "on",      "name",    "when", "skip",      "otherwise",  "calls",    "request",      "query",
    "headers", "form",    "body", "safety",    "answers",    "remember", "receiver_ref", "echo",
    "write",   "columns", "xml",  "statement", "parameters", "reads",    "lists",        NULL};
static const char *const call_keys[] = {
    "name",   "when",      "request",    "query",        "headers", "form",  "body",
    "safety", "answers",   "remember",   "receiver_ref", "echo",    "write", "columns",
    "xml",    "statement", "parameters", "reads",        "lists",   NULL};

const char *const *outbound_rule_keys(void)
{
    return rule_keys;
}

const char *const *outbound_call_keys(void)
{
    return call_keys;
}

#define ALL_STATUSES UINT64_MAX

/* What may arrive; words of `on`. `refused` and `rejection` are the same record. */
static const struct {
    const char *word;
    const char *status; /* field with its symbols, or NULL */
    enum event_type type;
    int first; /* the first symbol that must have a rule */
} events[] = {
    {"referral", "status", EVENT_REFERRAL, 1}, {"appointment", "status", EVENT_APPOINTMENT, 1},
    {"closure", "outcome", EVENT_CLOSURE, 0},  {"refused", NULL, EVENT_REJECTION, 0},
    {"notice", "kind", EVENT_NOTICE, 1},
};
#define EVENT_COUNT (sizeof(events) / sizeof(events[0]))

static const struct enum_table *symbols_of(size_t event)
{
    const struct field *field =
        events[event].status
            ? field_find(event_table(events[event].type), bytes_of_text(events[event].status))
            : NULL;

    return field ? field->symbols : NULL;
}

/* ---- on ------------------------------------------------------------------------------- */

static void compile_on_word(struct compiler *compiler, const struct yaml_node *node,
                            struct delivery_rule *rule)
{
    static const char *const words[] = {"referral", "appointment", "closure",
                                        "refused",  "notice",      NULL};
    const uint8_t *dot = memchr(node->text.data, '.', node->text.len);
    size_t len = dot ? (size_t)(dot - node->text.data) : node->text.len;
    struct bytes status = dot ? bytes_of(dot + 1, node->text.len - len - 1) : BYTES_NONE;
    const struct enum_table *symbols;
    size_t event = 0;
    int32_t symbol;

    while (event < EVENT_COUNT &&
           !bytes_equal_text(bytes_of(node->text.data, len), events[event].word))
        event++;
    if (event == EVENT_COUNT) {
        compiler_mistake(compiler, node->place,
                         compiler_one_of(compiler, bytes_of(node->text.data, len), words),
                         "aucun événement de ce nom");
        return;
    }
    compiler->events[events[event].type] = true;
    symbols = symbols_of(event);
    if (!dot || !symbols) {
        rule->takes[events[event].type] = ALL_STATUSES;
        return;
    }
    symbol = enum_find(symbols, status);
    if (symbol >= 0)
        rule->takes[events[event].type] |= UINT64_C(1) << symbol;
    else
        compiler_mistake(compiler, compiler_place(node, status),
                         compiler_one_symbol(compiler, status, symbols), "%s n'a pas de « %.*s »",
                         events[event].word, BYTES_ARG(status));
}

static void compile_on(struct compiler *compiler, const struct yaml_node *node,
                       const struct yaml_node *rule_node, struct delivery_rule *rule)
{
    memset(compiler->events, 0, sizeof(compiler->events));
    if (!node) {
        compiler_mistake(compiler, rule_node->place, "on: referral.ISSUED, ou une liste",
                         "il manque `on`");
        return;
    }
    if (node->kind == YAML_SCALAR)
        compile_on_word(compiler, node, rule);
    for (size_t i = 0; node->kind == YAML_SEQUENCE && i < node->count; i++)
        if (node->items[i]->kind == YAML_SCALAR)
            compile_on_word(compiler, node->items[i], rule);
}

/* ---- Calls ---------------------------------------------------------------------------- */

/* Its name, and that it can be referred to from now on. */
static void name_call(struct compiler *compiler, const struct yaml_node *node, size_t number,
                      struct call_rule *call)
{
    const struct yaml_node *name = yaml_get(node, "name");

    call->name = name ? arena_text(compiler->arena, name->text)
                      : arena_printf(compiler->arena, "%zu", number + 1);
    for (size_t i = 0; i < compiler->call_count; i++)
        if (strcmp(compiler->calls[i], call->name) == 0)
            compiler_mistake(compiler, name ? name->place : node->place,
                             "un nom à lui pour chaque appel", "deux appels de nom %s", call->name);
}

static void compile_calls(struct compiler *compiler, const struct yaml_node *node,
                          struct delivery_rule *rule)
{
    struct call_rule *calls;

    if (node->kind != YAML_SEQUENCE || node->count > MAX_CALLS) {
        compiler_mistake(compiler, node->place,
                         "une liste : un « - request: … » par appel, 16 au plus",
                         "`calls` n'est pas une liste d'appels");
        return;
    }
    calls = arena_array(compiler->arena, node->count + 1, sizeof(*calls));
    rule->calls = calls;
    rule->call_count = node->count;
    for (size_t i = 0; i < node->count; i++) {
        if (!compiler_check_keys(compiler, node->items[i], "un appel", call_keys))
            continue;
        name_call(compiler, node->items[i], i, &calls[i]);
        calls[i].when = parser_parse_as(compiler, yaml_get(node->items[i], "when"),
                                        1U << TYPE_BOOL | 1U << TYPE_ANY, "une condition");
        /* Its own answer is read by $ in `answers` and `remember`. */
        outbound_call_compile(compiler, node->items[i], &calls[i]);
        compiler->unread_calls[compiler->call_count] = calls[i].reads_none;
        compiler->calls[compiler->call_count++] = calls[i].name;
    }
}

/* A rule of one call may say it without a list. */
static void compile_only_call(struct compiler *compiler, const struct yaml_node *node,
                              struct delivery_rule *rule)
{
    struct call_rule *call = arena_alloc(compiler->arena, sizeof(*call));

    call->name = "1";
    outbound_call_compile(compiler, node, call);
    rule->calls = call;
    rule->call_count = 1;
}

static const char *reason(struct compiler *compiler, const struct yaml_node *node)
{
    return node && node->kind == YAML_SCALAR ? arena_text(compiler->arena, node->text) : NULL;
}

static void compile_rule(struct compiler *compiler, const struct yaml_node *node, size_t number,
                         struct delivery_rule *rule)
{
    const struct yaml_node *name = yaml_get(node, "name");
    const struct yaml_node *calls = yaml_get(node, "calls");

    rule->place = node->place;
    compiler->scope = SCOPE_DELIVERY;
    compiler->call_count = 0;
    if (!compiler_check_keys(compiler, node, "une règle de `deliver`", rule_keys))
        return;
    rule->name = name ? arena_text(compiler->arena, name->text)
                      : arena_printf(compiler->arena, "deliver-%zu", number + 1);
    compile_on(compiler, yaml_get(node, "on"), node, rule);
    rule->when = parser_parse_as(compiler, yaml_get(node, "when"), 1U << TYPE_BOOL | 1U << TYPE_ANY,
                                 "une condition");
    rule->skip = reason(compiler, yaml_get(node, "skip"));
    rule->otherwise = reason(compiler, yaml_get(node, "otherwise"));
    if (calls)
        compile_calls(compiler, calls, rule);
    else if (yaml_get(node, "request") || yaml_get(node, "write") || yaml_get(node, "statement"))
        compile_only_call(compiler, node, rule);
    else if (!rule->skip)
        compiler_mistake(compiler, node->place,
                         "`request`, `write`, `statement`, `calls`, ou `skip: pourquoi leur "
                         "système n'a pas à le savoir`",
                         "la règle ne fait rien");
}

/* ---- Nothing left out ----------------------------------------------------------------- */

/* A rule without `when` takes it. */
static bool is_taken(const struct delivery_rule *rules, size_t count, enum event_type type,
                     int symbol)
{
    for (size_t i = 0; i < count; i++)
        if (!rules[i].when && (rules[i].takes[type] & UINT64_C(1) << symbol))
            return true;
    return false;
}

static void list_missing(const struct delivery_rule *rules, size_t count, size_t event,
                         struct buffer *missing)
{
    const struct enum_table *symbols = symbols_of(event);
    size_t end = symbols ? symbols->count : 1;
    size_t before = missing->len;
    bool none = true;

    for (size_t i = (size_t)events[event].first; i < end; i++) {
        /* A hand-over refused by rule reaches no receiver; its sender gets `refused`. */
        if (events[event].type == EVENT_REFERRAL && i == REFERRAL_REFUSED)
            continue;
        if (is_taken(rules, count, events[event].type, (int)i))
            none = false;
        else
            buffer_printf(missing, "%s%s%s%s", missing->len > 0 ? ", " : "", events[event].word,
                          symbols ? "." : "", symbols ? symbols->symbols[i] : "");
    }
    if (none && symbols) { /* one word for all of them */
        missing->len = before;
        buffer_printf(missing, "%s%s", before > 0 ? ", " : "", events[event].word);
    }
}

static void check_all_taken(struct compiler *compiler, const struct yaml_node *section,
                            const struct delivery_rule *rules, size_t count)
{
    CLEANUP(buffer_deinit) struct buffer missing = {0};

    for (size_t event = 0; event < EVENT_COUNT; event++)
        list_missing(rules, count, event, &missing);
    if (missing.len > 0)
        compiler_mistake(compiler, section->place,
                         "une règle sans `when` pour chacun, au moins `skip: pourquoi`",
                         "`deliver` ne dit pas ce que devient %s", buffer_text(&missing));
}

/* Rules without `when` before it take all that it is for. */
static void check_reached(struct compiler *compiler, const struct delivery_rule *rules,
                          size_t number)
{
    const struct delivery_rule *rule = &rules[number];
    const struct delivery_rule *taking = NULL;

    for (int type = 0; type < EVENT_TYPE_COUNT; type++) {
        uint64_t left = rule->takes[type];

        for (size_t i = 0; i < number && left != 0; i++) {
            if (rules[i].when || !(rules[i].takes[type] & left))
                continue;
            left &= ~rules[i].takes[type];
            taking = &rules[i];
        }
        if (left != 0)
            return;
    }
    if (taking)
        compiler_mistake(
            compiler, rule->place,
            "une seule des deux, celle-ci avant l'autre, ou un `when` à l'autre",
            "rien n'arrive à cette règle : %s, au-dessus et sans `when`, le prend déjà",
            taking->name);
}

void outbound_compile(struct compiler *compiler, const struct yaml_node *section,
                      const struct yaml_node *answers)
{
    struct delivery_rule *rules;

    if (section->kind != YAML_SEQUENCE) {
        compiler_mistake(compiler, section->place, "une liste : un « - on: … » par règle",
                         "`deliver` n'est pas une liste");
        return;
    }
    rules = arena_array(compiler->arena, section->count + 1, sizeof(*rules));
    compiler->scope = SCOPE_ANSWER;
    compiler->mapping->answers =
        outbound_call_compile_answers(compiler, answers, &compiler->mapping->answer_count);
    for (size_t i = 0; i < section->count; i++)
        compile_rule(compiler, section->items[i], i, &rules[i]);
    for (size_t i = 1; i < section->count; i++)
        check_reached(compiler, rules, i);
    compiler->mapping->deliveries = rules;
    compiler->mapping->delivery_count = section->count;
    check_all_taken(compiler, section, rules, section->count);
}
