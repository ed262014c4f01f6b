/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/link_kinds.h"

#include "connectors/mapping/plan.h"

void link_kinds_each(const struct mapping *mapping,
                     void (*each)(void *context, const struct link_rule *link), void *context)
{
    for (size_t i = 0; i < mapping->rule_count; i++)
        for (size_t j = 0; j < mapping->rules[i].link_count; j++)
            each(context, &mapping->rules[i].links[j]);
    for (size_t i = 0; i < mapping->delivery_count; i++)
        for (size_t j = 0; j < mapping->deliveries[i].call_count; j++) {
            const struct call_rule *call = &mapping->deliveries[i].calls[j];

            for (size_t k = 0; k < call->remember_count; k++)
                each(context, &call->remember[k]);
        }
}

struct listing {
    struct arena *arena;
    struct names *names;
    bool known;
};

static void add(void *context, const struct link_rule *link)
{
    struct listing *listing = context;

    names_add(listing->names, arena_text(listing->arena, link->kind.text));
    listing->known = listing->known && link->kind.made.count == 0;
}

bool link_kinds_list(const struct mapping *mapping, struct arena *arena, struct names *names)
{
    struct listing listing = {arena, names, true};

    link_kinds_each(mapping, add, &listing);
    return listing.known;
}
