/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/mapping.h"

#include <stdlib.h>

#include "connectors/mapping/compiler.h"
#include "connectors/mapping/document.h"
#include "connectors/mapping/explain.h"
#include "connectors/mapping/lexer.h"
#include "connectors/mapping/link_check.h"
#include "connectors/mapping/locate.h"
#include "connectors/mapping/runner.h"
#include "connectors/mapping/statement.h"
#include "connectors/mapping/tables.h"
#include "connectors/mapping/times.h"
#include "connectors/mapping/xml_body.h"

const char *const mapping_keys[] = {
    "records", "codes",          "deliver", "times",  "sentinels",         "personal",
    "drop",    "unknown_fields", "answers", "tables", "fallback_encoding", "namespaces",
    NULL};

/* ---- What stands beside the rules ----------------------------------------------------- */

static const struct bytes *compile_texts(struct compiler *compiler, const struct yaml_node *node,
                                         const char *key, size_t *ret_count)
{
    struct bytes *texts = NULL;

    *ret_count = 0;
    if (node && node->kind != YAML_SEQUENCE)
        compiler_mistake(compiler, node->place, "une liste : [a, b]", "`%s` n'est pas une liste",
                         key);
    if (node && node->kind == YAML_SEQUENCE)
        texts = arena_array(compiler->arena, node->count + 1, sizeof(*texts));
    for (size_t i = 0; texts && i < node->count; i++)
        if (node->items[i]->kind == YAML_SCALAR)
            texts[(*ret_count)++] = node->items[i]->text;
    return texts;
}

static void compile_zone(struct compiler *compiler, const struct yaml_node *node)
{
    if (!node)
        return;
    compiler->mapping->zone = node->kind == YAML_SCALAR ? zones_find(node->text) : NULL;
    if (compiler->mapping->zone)
        return;
    compiler_mistake(
        compiler, node->place,
        compiler_one_of(compiler, node->text.data ? node->text : BYTES_LITERAL(""), zones_names()),
        "fuseau horaire inconnu");
    /* One mistake: that times have no zone is not said again for each of them. */
    compiler->mapping->zone = zones_find(BYTES_LITERAL("UTC"));
}

static void compile_times(struct compiler *compiler, const struct yaml_node *node)
{
    static const char *const keys[] = {"formats", "zone", NULL};
    struct mapping *mapping = compiler->mapping;
    const struct yaml_node *formats = yaml_get(node, "formats");

    if (!node || !compiler_check_keys(compiler, node, "times", keys))
        return;
    mapping->time_formats =
        compile_texts(compiler, formats, "formats", &mapping->time_format_count);
    for (size_t i = 0; i < mapping->time_format_count; i++) {
        const char *wrong = times_check_format(mapping->time_formats[i]);

        if (wrong)
            compiler_mistake(compiler, formats->items[i]->place, wrong,
                             "ce n'est pas un format de date");
    }
    compile_zone(compiler, yaml_get(node, "zone"));
}

static void compile_personal(struct compiler *compiler, const struct yaml_node *node)
{
    size_t count = node && node->kind == YAML_SEQUENCE ? node->count : 0;
    const struct path **paths = arena_array(compiler->arena, count + 1, sizeof(*paths));
    struct shape *shape = compiler->mapping->shape;

    if (node && node->kind != YAML_SEQUENCE)
        compiler_mistake(compiler, node->place, "une liste : un « - $.chemin » par ligne",
                         "`personal` n'est pas une liste");
    compiler->scope = SCOPE_RECORD;
    compiler->mapping->personal = paths;
    /* To say that a field is personal is neither to read nor to drop it. */
    compiler->mapping->shape = shape_new(compiler->arena);
    for (size_t i = 0; i < count; i++) {
        const struct path *path = paths_compile_node(compiler, node->items[i]);

        if (path)
            paths[compiler->mapping->personal_count++] = path;
    }
    compiler->mapping->shape = shape;
}

static void compile_unknown(struct compiler *compiler, const struct yaml_node *node)
{
    compiler->mapping->reject_unknown = !node || bytes_equal_text(node->text, "reject");
    if (node && !bytes_equal_text(node->text, "reject") && !bytes_equal_text(node->text, "count"))
        compiler_mistake(compiler, node->place, "reject ou count",
                         "`unknown_fields` dit ce que devient un champ que personne ne nomme");
}

static void compile_fallback(struct compiler *compiler, const struct yaml_node *node)
{
    if (!node)
        return;
    if (node->kind == YAML_SCALAR)
        compiler->mapping->fallback = charset_new(arena_text(compiler->arena, node->text));
    if (!compiler->mapping->fallback)
        compiler_mistake(compiler, node->place, CHARSET_CHOICES, "codage inconnu");
}

static void compile_all(struct compiler *compiler, const struct yaml_node *root)
{
    const struct yaml_node *records = yaml_get(root, "records");
    const struct yaml_node *deliver = yaml_get(root, "deliver");
    const struct yaml_node *sink = yaml_get(root, "sink");

    compile_times(compiler, yaml_get(root, "times"));
    compiler->mapping->sentinels = compile_texts(compiler, yaml_get(root, "sentinels"), "sentinels",
                                                 &compiler->mapping->sentinel_count);
    compile_fallback(compiler, yaml_get(root, "fallback_encoding"));
    compile_personal(compiler, yaml_get(root, "personal"));
    compile_unknown(compiler, yaml_get(root, "unknown_fields"));
    tables_compile(compiler, yaml_get(root, "tables"));
    codes_compile(compiler, yaml_get(root, "codes"));
    completion_compile(compiler, yaml_get(root, "source"));
    if (records)
        rules_compile(compiler, records);
    if (yaml_get(root, "drop"))
        rules_compile_drop(compiler, yaml_get(root, "drop"));
    privacy_check_personal(compiler, yaml_get(root, "personal"));
    compiler->mapping->slot_count = shape_finish(compiler->mapping->shape);
    xml_body_compile_namespaces(compiler, yaml_get(root, "namespaces"));
    if (deliver)
        outbound_compile(compiler, deliver, yaml_get(root, "answers"));
    else if (sink) /* the same as an empty list */
        outbound_compile(compiler, &(struct yaml_node){.kind = YAML_SEQUENCE, .place = sink->place},
                         yaml_get(root, "answers"));
    link_check_filled(compiler);
    if (!records && !deliver)
        compiler_mistake(compiler, root->place, "`records`, `deliver`, ou les deux",
                         "le fichier ne traduit rien");
}

enum outcome mapping_new(const struct yaml_node *root, struct diagnostics *diagnostics,
                         struct mapping **ret_mapping, struct error *err)
{
    CLEANUP(mapping_freep) struct mapping *mapping = xcalloc(1, sizeof(*mapping));
    struct compiler compiler = {.mapping = mapping,
                                .arena = &mapping->arena,
                                .diagnostics = diagnostics,
                                .scope = SCOPE_RECORD};
    size_t before = diagnostics_count(diagnostics);

    arena_init(&mapping->arena);
    mapping->shape = shape_new(&mapping->arena);
    if (root->kind == YAML_MAPPING)
        compile_all(&compiler, root);
    else
        compiler_mistake(&compiler, root->place, "`operator: …`, `records:`…",
                         "ce n'est pas le fichier d'un connecteur");
    if (diagnostics_count(diagnostics) > before) {
        CLEANUP(buffer_deinit) struct buffer first = {0};

        diagnostics_first(diagnostics, &first);
        return error_set(err, OUTCOME_REJECT, "%s", buffer_text(&first));
    }
    link_check_read(&compiler);
    *ret_mapping = TAKE(mapping);
    return OUTCOME_OK;
}

void mapping_free(struct mapping *mapping)
{
    if (!mapping)
        return;
    charset_free(mapping->fallback);
    arena_deinit(&mapping->arena);
    free(mapping);
}

bool mapping_says_absent(const struct mapping *mapping)
{
    for (size_t i = 0; i < mapping->rule_count; i++)
        if (mapping->rules[i].absent)
            return true;
    return false;
}

static enum call_kind kind_of(const struct call_rule *call)
{
    if (strcmp(call->method, STATEMENT_METHOD) == 0)
        return CALL_STATEMENT;
    return strcmp(call->method, "WRITE") == 0 ? CALL_ROW : CALL_REQUEST;
}

const struct place *mapping_delivers_other(const struct mapping *mapping, enum call_kind kind,
                                           enum call_kind *ret_kind)
{
    for (size_t i = 0; i < mapping->delivery_count; i++) {
        const struct delivery_rule *rule = &mapping->deliveries[i];

        for (size_t j = 0; j < rule->call_count; j++) {
            *ret_kind = rule->calls[j].method ? kind_of(&rule->calls[j]) : kind;
            if (*ret_kind != kind)
                return &rule->calls[j].place;
        }
    }
    return NULL;
}

enum outcome mapping_read(const struct mapping *mapping, const struct mapping_input *input,
                          struct arena *arena, struct mapping_items *ret_items, struct error *err)
{
    return runner_read(mapping, input, arena, NULL, ret_items, err);
}

enum outcome mapping_explain(const struct mapping *mapping, const struct mapping_input *input,
                             bool sources, struct coverage *coverage, struct buffer *out,
                             struct error *err)
{
    return explain_record(mapping, input, sources, coverage, out, err);
}

void mapping_document(struct buffer *out)
{
    document_write(out);
}

/* ---- Paths for sources ---------------------------------------------------------------- */

struct mapping_path {
    struct arena arena;
    const struct path *path;
};

enum outcome mapping_path_new(const struct yaml_node *node, struct diagnostics *diagnostics,
                              struct mapping_path **ret_path, struct error *err)
{
    CLEANUP(mapping_path_freep) struct mapping_path *path = xcalloc(1, sizeof(*path));
    struct mapping scratch = {.reject_unknown = false};
    struct path each = {.root = ROOT_RECORD};
    struct compiler compiler = {.mapping = &scratch,
                                .arena = &path->arena,
                                .diagnostics = diagnostics,
                                .scope = SCOPE_RECORD,
                                .each = &each};

    arena_init(&path->arena);
    scratch.shape = shape_new(&path->arena);
    path->path = paths_compile_node(&compiler, node);
    if (path->path && path->path->root != ROOT_RECORD && path->path->root != ROOT_ITEM) {
        compiler_mistake(&compiler, node->place, "$.clé ou .clé",
                         "ce n'est pas un chemin de la réponse");
        path->path = NULL;
    }
    if (!path->path)
        return error_set(err, OUTCOME_REJECT, "ce n'est pas un chemin");
    *ret_path = TAKE(path);
    return OUTCOME_OK;
}

void mapping_path_free(struct mapping_path *path)
{
    if (!path)
        return;
    arena_deinit(&path->arena);
    free(path);
}

static yyjson_val *path_walk(const struct mapping_path *path, struct bytes json,
                             struct arena *arena)
{
    const struct path *steps = path->path;
    yyjson_val *value = NULL;

    if (runner_parse(json, arena, &value, NULL) != OUTCOME_OK)
        return NULL;
    for (size_t i = 0; i < steps->count && value; i++)
        value = locate_step(value, &steps->steps[i]);
    return value;
}

struct bytes mapping_path_text(const struct mapping_path *path, struct bytes json,
                               struct arena *arena)
{
    yyjson_val *value = path_walk(path, json, arena);

    if (yyjson_is_str(value))
        return bytes_of(yyjson_get_str(value), yyjson_get_len(value));
    if (yyjson_is_raw(value))
        return bytes_of(yyjson_get_raw(value), yyjson_get_len(value));
    if (yyjson_is_bool(value))
        return bytes_of_text(yyjson_get_bool(value) ? "true" : "false");
    return BYTES_NONE;
}

enum outcome mapping_path_list(const struct mapping_path *path, struct bytes json,
                               struct arena *arena, struct bytes **ret_items, size_t *ret_count,
                               struct error *err)
{
    yyjson_val *list = path_walk(path, json, arena);
    struct bytes *items;
    yyjson_arr_iter iter;
    size_t count = 0;

    if (!yyjson_arr_iter_init(list, &iter))
        return error_set(err, OUTCOME_REJECT,
                         "ce n'est pas du JSON, ou il n'y a pas de liste à ce chemin");
    items = arena_array(arena, yyjson_arr_size(list) + 1, sizeof(*items));
    for (yyjson_val *item = yyjson_arr_iter_next(&iter); item; item = yyjson_arr_iter_next(&iter)) {
        size_t len = 0;
        char *text = yyjson_val_write(item, YYJSON_WRITE_NOFLAG, &len);

        if (!text)
            return error_set(err, OUTCOME_REJECT, "un élément qui ne peut pas être écrit");
        items[count++] = arena_copy(arena, bytes_of(text, len));
        free(text);
    }
    *ret_items = items;
    *ret_count = count;
    return OUTCOME_OK;
}
