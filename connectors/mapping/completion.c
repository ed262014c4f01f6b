/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/completion.h"

#include "connectors/mapping/compiler.h"
#include "connectors/mapping/render.h"
#include "connectors/mapping/runner.h"

#define GONE_MOST (sizeof(((struct detail_rule *)0)->gone) / sizeof(int32_t))
#define EXAMPLE "request: GET /dossiers/{$.id}"

struct words {
    const char *request;
    const char *as;
    const char *when;
    struct yaml_node *gone;
};
const struct config_field completion_fields[] = {
    CONFIG_FIELD(struct words, request, .key = "request", .flags = CONFIG_REQUIRED,
                 .help = "GET et un chemin, ajouté à base_url, où { } lit l'avis : GET "
                         "/dossiers/{$.id}."),
    CONFIG_FIELD(struct words, as, .key = "as", .fallback = "detail",
                 .help = "Sous quel nom la réponse se lit, à côté de ce que dit l'avis."),
    CONFIG_FIELD(struct words, when, .key = "when",
                 .help =
                     "L'appel n'est fait que pour ces avis ; pour les autres le nom est absent."),
    CONFIG_FIELD(struct words, gone, .key = "gone",
                 .help = "Statuts qui disent que l'objet n'est plus là : le nom vaut alors null. "
                         "Sans eux, 404 et 410."),
    CONFIG_END,
};

/* ---- Compilation ---------------------------------------------------------------------- */

static void compile_request(struct compiler *compiler, const struct yaml_node *node,
                            struct detail_rule *rule)
{
    bool is_get = node->text.len > 5 && memcmp(node->text.data, "GET /", 5) == 0;

    if (is_get && !memchr(node->text.data, '{', node->text.len))
        compiler_mistake(compiler, node->place, EXAMPLE,
                         "le même chemin pour tous : rien de l'avis n'y est entre { }");
    else if (is_get)
        templates_compile_text(compiler, node, bytes_of(node->text.data + 4, node->text.len - 4),
                               &rule->path);
    else
        compiler_mistake(compiler, node->place, EXAMPLE, "un détail se lit par GET");
}

/* A name that a path reads without brackets: $.detail. */
static bool is_name(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = text.data[i];
        bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';

        if (!letter && (i == 0 || byte < '0' || byte > '9'))
            return false;
    }
    return text.len > 0;
}

static void compile_name(struct compiler *compiler, const struct yaml_node *node)
{
    if (node && !is_name(node->text))
        compiler_mistake(compiler, node->place, "as: detail",
                         "ce n'est pas un nom : des lettres sans accents, des chiffres, _");
}

/* 204, or a 4xx that says something of the thing asked for: not of who asks, or how often. */
static bool may_mean_gone(int64_t status)
{
    return status == 204 || (status >= 400 && status < 500 && status != 401 && status != 403 &&
                             status != 407 && status != 408 && status != 425 && status != 429);
}

static void compile_gone_status(struct compiler *compiler, const struct yaml_node *node,
                                struct detail_rule *rule)
{
    int64_t status = 0;

    if (node->kind == YAML_SCALAR && bytes_to_int64(node->text, &status) && may_mean_gone(status) &&
        rule->gone_count < GONE_MOST)
        rule->gone[rule->gone_count++] = (int32_t)status;
    else
        compiler_mistake(compiler, node->place, "gone: [404, 410]",
                         "ce n'est pas un statut qui dit que l'objet n'est plus là");
}

static void compile_gone(struct compiler *compiler, const struct yaml_node *node,
                         struct detail_rule *rule)
{
    if (!node) {
        rule->gone[rule->gone_count++] = 404;
        rule->gone[rule->gone_count++] = 410;
        return;
    }
    if (node->kind != YAML_SEQUENCE)
        compile_gone_status(compiler, node, rule);
    for (size_t i = 0; node->kind == YAML_SEQUENCE && i < node->count; i++)
        compile_gone_status(compiler, node->items[i], rule);
}

static void compile_detail(struct compiler *compiler, const struct yaml_node *node, size_t source,
                           struct detail_rule *rule)
{
    struct mapping *mapping = compiler->mapping;
    struct words words = {0};
    struct error dropped;

    *rule = (struct detail_rule){.source = source, .place = node->place};
    if (config_read(completion_fields, node, &words, compiler->diagnostics, &dropped) != OUTCOME_OK)
        return;
    rule->as = words.as;
    compile_name(compiler, yaml_get(node, "as"));
    for (const struct detail_rule *other = mapping->details; other < rule; other++)
        if (other->source == source && strcmp(other->as, rule->as) == 0)
            compiler_mistake(compiler, node->place, "as: …, un autre nom pour chacun",
                             "deux détails de ce nom");
    rule->when = parser_parse_as(compiler, yaml_get(node, "when"), 1U << TYPE_BOOL | 1U << TYPE_ANY,
                                 "une condition");
    compile_request(compiler, yaml_get(node, "request"), rule);
    compile_gone(compiler, yaml_get(node, "gone"), rule);
}

static size_t count_of(const struct yaml_node *node)
{
    return !node ? 0 : node->kind == YAML_SEQUENCE ? node->count : 1;
}

void completion_compile(struct compiler *compiler, const struct yaml_node *section)
{
    size_t sources = count_of(section);
    struct detail_rule *rules =
        arena_array(compiler->arena, sources * COMPLETION_CALLS_MOST + 1, sizeof(*rules));

    compiler->scope = SCOPE_RECORD;
    compiler->mapping->details = rules;
    for (size_t i = 0; i < sources; i++) {
        const struct yaml_node *source =
            section->kind == YAML_SEQUENCE ? section->items[i] : section;
        const struct yaml_node *detail = yaml_get(source, "detail");
        size_t count = count_of(detail);

        if (count > COMPLETION_CALLS_MOST) {
            compiler_mistake(compiler, detail->place, "quatre appels au plus",
                             "trop d'appels pour un enregistrement");
            count = 0;
        }
        for (size_t j = 0; j < count; j++)
            compile_detail(compiler, detail->kind == YAML_SEQUENCE ? detail->items[j] : detail, i,
                           &rules[compiler->mapping->detail_count++]);
    }
}

/* ---- One record ----------------------------------------------------------------------- */

struct completion {
    struct evaluation evaluation;
    size_t source;
    size_t next; /* rule to look at next */
    const struct detail_rule *asked;
    struct bytes record;
    bool something_is_gone;
    const char *code;
    const char *detail;
};

static const struct detail_rule *rule_from(const struct mapping *mapping, size_t source,
                                           size_t *next)
{
    while (*next < mapping->detail_count) {
        const struct detail_rule *rule = &mapping->details[(*next)++];

        if (rule->source == source)
            return rule;
    }
    return NULL;
}

bool completion_is_needed(const struct mapping *mapping, size_t source)
{
    size_t next = 0;

    return rule_from(mapping, source, &next);
}

/* What the expressions of the next call read. */
static void take_record(struct completion *completion, yyjson_val *root)
{
    struct evaluation *evaluation = &completion->evaluation;
    const struct mapping *mapping = evaluation->mapping;
    struct shape_unknown unknown;

    evaluation->record = root;
    evaluation->slots =
        arena_array(evaluation->arena, mapping->slot_count + 1, sizeof(*evaluation->slots));
    shape_walk(mapping->shape, root, evaluation->slots, &unknown);
}

/* Nothing but the value: it becomes a part of another text. */
static struct bytes json_text(const struct mapping *mapping, struct bytes raw, struct arena *arena)
{
    struct bytes text = bytes_trim(runner_utf8(mapping, raw, arena));
    size_t marked;

    do {
        marked = text.len;
        text = bytes_trim(bytes_unmark(text));
    } while (text.len < marked);
    return text;
}

enum outcome completion_begin(const struct mapping *mapping, size_t source,
                              const struct mapping_input *input, struct arena *arena,
                              struct completion **ret_completion, struct error *err)
{
    struct completion *completion = arena_alloc(arena, sizeof(*completion));
    const struct detail_rule *rule;
    yyjson_val *root = NULL;
    enum outcome outcome;
    size_t next = 0;

    completion->record = json_text(mapping, input->body, arena);
    completion->source = source;
    completion->evaluation = (struct evaluation){
        .mapping = mapping, .arena = arena, .input = input, .moment_us = NO_TIME};
    outcome = runner_parse(completion->record, arena, &root, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (!yyjson_is_obj(root))
        return error_set(err, OUTCOME_REJECT,
                         "ce n'est pas un objet JSON, qui prendrait un détail");
    while ((rule = rule_from(mapping, source, &next)))
        if (yyjson_obj_get(root, rule->as))
            return error_set(err, OUTCOME_REJECT,
                             "l'avis a déjà un champ « %s » ; attendu : un autre `as`", rule->as);
    take_record(completion, root);
    *ret_completion = completion;
    return OUTCOME_OK;
}

/* Appends ,"NAME":VALUE to the object. */
static void put(struct completion *completion, const char *name, struct bytes value)
{
    CLEANUP(buffer_deinit) struct buffer record = {0};
    struct evaluation *evaluation = &completion->evaluation;
    yyjson_val *root = NULL;

    /* A trimmed object ends with its brace. */
    buffer_append(&record, completion->record.data, completion->record.len - 1);
    buffer_printf(&record, "%s\"%s\":", yyjson_obj_size(evaluation->record) > 0 ? "," : "", name);
    buffer_append_bytes(&record, value);
    buffer_append_text(&record, "}");
    completion->record = arena_copy(evaluation->arena, buffer_view(&record));
    if (runner_parse(completion->record, evaluation->arena, &root, NULL) == OUTCOME_OK)
        take_record(completion, root);
}

static enum completion_step failed(struct completion *completion)
{
    const struct failure *failure = &completion->evaluation.failure;
    struct arena *arena = completion->evaluation.arena;

    completion->code = failure->code;
    completion->detail = arena_printf(arena, "%s: %s%s%s", runner_place(arena, failure->place),
                                      failure->what ? failure->what : "ne peut pas être lu",
                                      failure->expected ? " ; attendu : " : "",
                                      failure->expected ? failure->expected : "");
    return COMPLETION_NEVER;
}

/* A part that is "." or ".." is taken for a step up (RFC 3986, 5.2.4): what a notice says must
 * not choose another of their addresses. */
static bool climbs(struct bytes path)
{
    const uint8_t *query = memchr(path.data, '?', path.len);
    size_t end = query ? (size_t)(query - path.data) : path.len;
    size_t from = 1;

    for (size_t i = 1; i <= end; i++) {
        if (i < end && path.data[i] != '/')
            continue;
        if (bytes_equal_text(bytes_of(path.data + from, i - from), ".") ||
            bytes_equal_text(bytes_of(path.data + from, i - from), ".."))
            return true;
        from = i + 1;
    }
    return false;
}

enum completion_step completion_next(struct completion *completion,
                                     struct completion_call *ret_call)
{
    struct evaluation *evaluation = &completion->evaluation;
    const struct detail_rule *rule;

    while ((rule = rule_from(evaluation->mapping, completion->source, &completion->next))) {
        struct bytes path;

        if (rule->when && !evaluate_is_true(evaluation, rule->when)) {
            if (evaluation->failure.code)
                return failed(completion);
            continue;
        }
        path = render_text(evaluation, &rule->path, true);
        if (path.data && climbs(path)) {
            completion->code = FAIL_BAD_VALUE;
            completion->detail = "un chemin dont une partie est . ou ..";
            return COMPLETION_NEVER;
        }
        if (path.data) {
            completion->asked = rule;
            *ret_call = (struct completion_call){rule->as, arena_text(evaluation->arena, path)};
            return COMPLETION_CALL;
        }
        /* What it would be asked by stood in what is gone: so is this. */
        if (!completion->something_is_gone || !evaluation->failure.code ||
            strcmp(evaluation->failure.code, FAIL_MISSING_FIELD) != 0)
            return failed(completion);
        evaluation->failure = (struct failure){.code = NULL};
        put(completion, rule->as, BYTES_LITERAL("null"));
    }
    return COMPLETION_WHOLE;
}

/* ---- Answers -------------------------------------------------------------------------- */

static bool means_gone(const struct detail_rule *rule, int32_t status)
{
    for (size_t i = 0; i < rule->gone_count; i++)
        if (rule->gone[i] == status)
            return true;
    return false;
}

static bool is_page(const struct http_response *response)
{
    struct bytes body = bytes_trim(response->body);

    return strcmp(response->content_type, "text/html") == 0 ||
           strcmp(response->content_type, "application/xhtml+xml") == 0 ||
           (body.len > 0 && body.data[0] == '<');
}

static enum completion_answer take_answer(struct completion *completion,
                                          const struct http_response *response)
{
    struct evaluation *evaluation = &completion->evaluation;
    struct bytes body = json_text(evaluation->mapping, response->body, evaluation->arena);
    yyjson_val *root = NULL;

    if (runner_parse(body, evaluation->arena, &root, NULL) != OUTCOME_OK || !yyjson_is_ctn(root))
        return COMPLETION_UNREADABLE;
    put(completion, completion->asked->as, body);
    return COMPLETION_TAKEN;
}

static bool is_later(int32_t status)
{
    return status < 200 || status / 100 == 3 || status >= 500 || status == 401 || status == 403 ||
           status == 407 || status == 408 || status == 425 || status == 429;
}

enum completion_answer completion_answer(struct completion *completion,
                                         const struct http_response *response)
{
    int32_t status = response->status;

    if (is_later(status))
        return COMPLETION_LATER;
    if (is_page(response))
        return COMPLETION_UNREADABLE;
    if (means_gone(completion->asked, status)) {
        completion->something_is_gone = true;
        put(completion, completion->asked->as, BYTES_LITERAL("null"));
        return COMPLETION_GONE;
    }
    if (status / 100 == 2)
        return take_answer(completion, response);
    completion->code = "detail_unavailable";
    completion->detail = arena_printf(completion->evaluation.arena,
                                      "détail « %s » : statut %d, qui n'est pas dans `gone`",
                                      completion->asked->as, (int)status);
    return COMPLETION_REFUSED;
}

struct bytes completion_record(const struct completion *completion)
{
    return completion->record;
}

void completion_reason(const struct completion *completion, const char **ret_code,
                       const char **ret_detail)
{
    *ret_code = completion->code ? completion->code : "detail_unavailable";
    *ret_detail = completion->detail ? completion->detail : "";
}
