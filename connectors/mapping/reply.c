/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/reply.h"

#include <strings.h>

#include "connectors/mapping/runner.h"

/* ---- Compiling ---------------------------------------------------------------------------- */

static bool is_name(const struct yaml_node *node)
{
    return node->kind == YAML_SCALAR && node->text.len > 0 && !strchr("$@.", node->text.data[0]);
}

static void compile_lists(struct compiler *compiler, const struct yaml_node *node,
                          struct call_rule *call)
{
    const char **lists = arena_array(compiler->arena, node->count + 1, sizeof(*lists));

    call->lists = lists;
    for (size_t i = 0; node->kind == YAML_SEQUENCE && i < node->count; i++)
        if (is_name(node->items[i]))
            *lists++ = arena_text(compiler->arena, node->items[i]->text);
        else
            compiler_mistake(compiler, node->items[i]->place,
                             "le nom de l'élément, sans $ ni point : rdv, ou g:rdv",
                             "ce n'est pas le nom d'un élément");
    if (node->kind != YAML_SEQUENCE)
        compiler_mistake(compiler, node->place, "lists: [rdv, tel]",
                         "`lists` n'est pas une liste de noms");
    else if (!call->reads_xml)
        compiler_mistake(compiler, node->place, "reads: xml",
                         "`lists` dit comment lire une réponse en XML");
}

void reply_compile(struct compiler *compiler, const struct yaml_node *node, struct call_rule *call)
{
    const struct yaml_node *reads = yaml_get(node, "reads");
    const struct yaml_node *lists = yaml_get(node, "lists");

    call->reads_xml = reads ? bytes_equal_text(reads->text, "xml") : call->xml;
    call->reads_none = reads && bytes_equal_text(reads->text, "none");
    if (reads && !call->reads_xml && !call->reads_none && !bytes_equal_text(reads->text, "json"))
        compiler_mistake(compiler, reads->place, "json, xml, ou none : le statut seul est lu",
                         "`reads` dit ce qu'est leur réponse");
    if (lists)
        compile_lists(compiler, lists, call);
}

/* ---- Reading ------------------------------------------------------------------------------ */

/* As it begins; UTF-16 with its mark. */
static bool is_markup(struct bytes body)
{
    size_t at = 0;

    body = bytes_unmark(body);
    while (at < body.len && body.data[at] <= ' ')
        at++;
    return (at < body.len && body.data[at] == '<') ||
           bytes_starts_with(body, BYTES_LITERAL("\xFF\xFE")) ||
           bytes_starts_with(body, BYTES_LITERAL("\xFE\xFF"));
}

static enum outcome to_json(const struct mapping *mapping, const struct call_rule *rule,
                            struct bytes *body, struct arena *arena, struct error *err)
{
    const struct xml_options options = {.namespaces = mapping->namespaces,
                                        .namespace_count = mapping->namespace_count,
                                        .lists = rule->lists,
                                        .record_most = body->len};

    return xml_to_json(&options, *body, arena, body, err);
}

/* The only key of a document is its root's name, with the prefix that was declared, if any. */
static bool is_page(yyjson_val *root)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(root);
    const char *name = yyjson_get_str(yyjson_obj_iter_next(&iter));
    const char *local = name ? strrchr(name, '}') : NULL;

    local = local ? local + 1 : name;
    return local && strcasecmp(local, "html") == 0;
}

bool reply_is_page(const struct call_rule *rule, const struct http_response *response)
{
    bool said = strcmp(response->content_type, "text/html") == 0 ||
                strcmp(response->content_type, "application/xhtml+xml") == 0;

    return said && (!rule->reads_none || is_markup(response->body));
}

enum outcome reply_parse(const struct mapping *mapping, const struct call_rule *rule,
                         struct bytes body, struct arena *arena, yyjson_val **ret_root,
                         struct error *err)
{
    bool xml = rule->reads_xml && is_markup(body);
    enum outcome outcome = OUTCOME_OK;

    *ret_root = NULL;
    if (body.len == 0 || rule->reads_none)
        return OUTCOME_OK;
    if (xml)
        outcome = to_json(mapping, rule, &body, arena, err);
    if (outcome == OUTCOME_OK)
        outcome = runner_parse(body, arena, ret_root, err);
    if (outcome != OUTCOME_OK || !xml || !is_page(*ret_root))
        return outcome;
    return error_set(err, OUTCOME_RETRY, "une page HTML");
}
