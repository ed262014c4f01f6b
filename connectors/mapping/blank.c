/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/blank.h"

#include "connectors/mapping/store.h"

static bool is_constant(const struct assignment *assignment)
{
    return !assignment->contact && assignment->expression &&
           assignment->expression->kind == EXPRESSION_CONSTANT;
}

void blank_make(struct compiler *compiler, struct record_rule *rule, struct assignment *assignments)
{
    struct evaluation evaluation = {.mapping = compiler->mapping, .arena = compiler->arena};
    struct mapping_item *blank = arena_alloc(compiler->arena, sizeof(*blank));

    blank->event.type = rule->emit;
    record_init(rule->table, &blank->event.envelope);
    record_init(&contact_table, &blank->contact);
    blank->event.envelope.occurred_at_offset_min = NO_INT;
    for (size_t i = 0; i < rule->assignment_count; i++)
        assignments[i].stands =
            is_constant(&assignments[i]) &&
            store_assign(&evaluation, &assignments[i], &blank->event.envelope) == STORED_VALUE;
    rule->blank = blank;
}
