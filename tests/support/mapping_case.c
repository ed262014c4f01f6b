/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/mapping_case.h"

void mapping_case_init(struct mapping_case *c, const char *yaml)
{
    struct yaml_node *root;

    *c = (struct mapping_case){.diagnostics = diagnostics_new()};
    arena_init(&c->arena);
    c->outcome =
        yaml_read("connector.yaml", bytes_of_text(yaml), &c->arena, c->diagnostics, &root, NULL);
    if (c->outcome == OUTCOME_OK)
        c->outcome = mapping_new(root, c->diagnostics, &c->mapping, NULL);
}

void mapping_case_deinit(struct mapping_case *c)
{
    mapping_free(c->mapping);
    diagnostics_free(c->diagnostics);
    arena_deinit(&c->arena);
}

void mapping_case_read(struct mapping_case *c, const char *json)
{
    struct mapping_input input = {.body = bytes_of_text(json)};

    c->outcome = mapping_read(c->mapping, &input, &c->arena, &c->items, NULL);
}

const char *mapping_case_mistakes(struct mapping_case *c)
{
    CLEANUP(buffer_deinit) struct buffer out = {0};

    diagnostics_write(c->diagnostics, &out);
    return arena_text(&c->arena, buffer_view(&out));
}
