/* SPDX-License-Identifier: Apache-2.0
 *
 * `each`: the list whose elements are events, or the text that is cut into one.
 */
#include "connectors/mapping/compiler.h"
#include "connectors/mapping/lexer.h"

/* $.cell | split(","): a path and functions behind it. */
static bool is_cut(const struct compiler *compiler, const struct yaml_node *node)
{
    struct lexer lexer = {.text = node->text, .arena = compiler->arena};

    return node->kind == YAML_SCALAR && lexer_next(&lexer).kind == TOKEN_PATH &&
           lexer_next(&lexer).kind == TOKEN_PIPE;
}

/* The path whose text the expression cuts; NULL after a mistake. */
static const struct path *compile_cut(struct compiler *compiler, const struct yaml_node *node,
                                      const struct expression **ret_cut)
{
    const struct expression *at;

    *ret_cut = parser_parse_as(compiler, node, 1U << TYPE_LIST,
                               "une liste, ou un texte coupé : $.cellule | split(\",\")");
    for (at = *ret_cut; at && at->kind == EXPRESSION_CALL && at->count > 0;)
        at = at->args[0];
    return at && at->kind == EXPRESSION_PATH ? at->path : NULL;
}

void each_compile(struct compiler *compiler, const struct yaml_node *node, struct record_rule *rule)
{
    size_t count = node && node->kind == YAML_SEQUENCE ? node->count : node != NULL;
    const struct path **paths = arena_array(compiler->arena, count + 1, sizeof(*paths));
    const struct expression **pieces = arena_array(compiler->arena, count + 1, sizeof(*pieces));

    compiler->each = NULL;
    compiler->list_count = 0;
    rule->each = paths;
    rule->pieces = pieces;
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *item = node->kind == YAML_SEQUENCE ? node->items[i] : node;
        const struct expression *cut = NULL;
        const struct path *path = is_cut(compiler, item) ? compile_cut(compiler, item, &cut)
                                                         : paths_compile_node(compiler, item);

        if (path && path->root != ROOT_RECORD) {
            compiler_mistake(compiler, item->place,
                             "une liste de l'enregistrement : $.data.participations",
                             "`each` ne commence pas par $");
        } else if (path && rule->each_count > 0 && !cut != !pieces[0]) {
            /* Of a piece `@` is asked, of an element what is below it: no rule is for both. */
            compiler_mistake(compiler, item->place,
                             "des listes seules ou des textes coupés seuls ; pour l'un et "
                             "l'autre, deux règles, chacune avec son `when: present(…)`",
                             "`each` mêle une liste et un texte coupé");
        } else if (path) {
            pieces[rule->each_count] = cut;
            paths[rule->each_count++] = path;
        }
    }
    compiler->each = rule->each_count > 0 ? paths[0] : NULL;
    compiler->lists = paths;
    compiler->list_count = rule->each_count;
    compiler->pieces = pieces;
    compiler->each_wrong = rule->each_count < count;
}
