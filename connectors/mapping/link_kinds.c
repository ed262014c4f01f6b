/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/link_kinds.h"

#include "connectors/mapping/plan.h"

static bool add(const struct link_rule *links, size_t count, struct arena *arena,
                struct names *names)
{
    bool known = true;

    for (size_t i = 0; i < count; i++) {
        names_add(names, arena_text(arena, links[i].kind.text));
        known = known && links[i].kind.made.count == 0;
    }
    return known;
}

bool link_kinds_list(const struct mapping *mapping, struct arena *arena, struct names *names)
{
    bool known = true;

    for (size_t i = 0; i < mapping->rule_count; i++)
        known = add(mapping->rules[i].links, mapping->rules[i].link_count, arena, names) && known;
    for (size_t i = 0; i < mapping->delivery_count; i++)
        for (size_t j = 0; j < mapping->deliveries[i].call_count; j++) {
            const struct call_rule *call = &mapping->deliveries[i].calls[j];

            known = add(call->remember, call->remember_count, arena, names) && known;
        }
    return known;
}
