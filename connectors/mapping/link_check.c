/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/link_check.h"

#include "base/names.h"
#include "connectors/mapping/link_kinds.h"
#include "connectors/mapping/plan.h"

void link_check_filled(struct compiler *compiler)
{
    CLEANUP(names_deinit) struct names kinds = {0};

    names_add(&kinds, "own"); /* of each hand-over that their own record opens */
    (void)link_kinds_list(compiler->mapping, compiler->arena, &kinds);
    for (const struct used_link *used = compiler->links; used; used = used->next)
        if (!used->made && !names_have(names_list(&kinds), used->kind) &&
            !(used->expected && compiler->mapping->delivery_count == 0))
            compiler_mistake(compiler, used->place,
                             used->expected
                                 ? used->expected
                                 : compiler_one_of(compiler, used->kind, names_list(&kinds)),
                             "rien ne remplit le lien « %.*s » : ni `links` ni `remember`",
                             BYTES_ARG(used->kind));
}

/* Whether an expression that reads `used` may mean the kind that `link` fills. Of a kind that is
 * made for each event, what it begins with is compared. */
static bool may_read(const struct used_link *used, const struct link_rule *link)
{
    const struct text_template *made = &link->kind.made;
    struct bytes begin = made->count > 0 ? made->parts[0].text : link->kind.text;

    if (!begin.data)
        begin = BYTES_LITERAL("");
    if (made->count == 0)
        return used->made ? bytes_starts_with(begin, used->kind) : bytes_equal(begin, used->kind);
    return bytes_starts_with(used->kind, begin) ||
           (used->made && bytes_starts_with(begin, used->kind));
}

static bool fills(const struct delivery_rule *rule, struct bytes kind)
{
    for (size_t i = 0; i < rule->call_count; i++)
        for (size_t j = 0; j < rule->calls[i].remember_count; j++)
            if (bytes_equal(rule->calls[i].remember[j].kind.text, kind))
                return true;
    return false;
}

/* A delivery that comes behind the one that learned the link. A file that skips all of them, and
 * says why, misses nothing. */
static bool has_later_calls(const struct mapping *mapping, struct bytes kind)
{
    for (size_t i = 0; i < mapping->delivery_count; i++)
        if (mapping->deliveries[i].call_count > 0 && !fills(&mapping->deliveries[i], kind))
            return true;
    return false;
}

struct unread_links {
    struct compiler *compiler;
    struct names *told;
};

static void advise_unread(void *context, const struct link_rule *link)
{
    struct unread_links *unread = context;
    struct compiler *compiler = unread->compiler;
    struct bytes kind = link->kind.text;
    const struct used_link *used = compiler->links;

    while (used && !may_read(used, link))
        used = used->next;
    /* The runtime itself looks for these two. */
    if (used || bytes_equal_text(kind, "own") || bytes_equal_text(kind, "person") ||
        names_have(names_list(unread->told), kind) || !has_later_calls(compiler->mapping, kind))
        return;
    names_add(unread->told, arena_text(compiler->arena, kind));
    diagnostics_advise(compiler->diagnostics, link->kind.place,
                       arena_printf(compiler->arena,
                                    "link.%.*s sous `deliver`, handoff: link(%.*s, …) sous "
                                    "`records`, ou rien : la ligne en moins",
                                    BYTES_ARG(kind), BYTES_ARG(kind)),
                       "le lien « %.*s » est retenu, et rien ne le lit", BYTES_ARG(kind));
}

void link_check_read(struct compiler *compiler)
{
    CLEANUP(names_deinit) struct names told = {0};
    struct unread_links unread = {compiler, &told};

    link_kinds_each(compiler->mapping, advise_unread, &unread);
}
