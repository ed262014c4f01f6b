/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/substitution.h"

#include "base/names.h"

static const char *find_set(const char *const *sets, struct bytes name)
{
    for (size_t i = 0; sets && sets[i]; i++) {
        size_t len = strcspn(sets[i], "=");

        if (sets[i][len] == '=' && bytes_equal(bytes_of(sets[i], len), name))
            return sets[i] + len + 1;
    }
    return NULL;
}

/* Appends the value of the name that begins at `at`; returns what follows it, or NULL when
 * there is no whole ${NAME}. */
static const char *append_value(struct substitution *s, const struct yaml_node *node,
                                const char *at, struct buffer *out)
{
    const char *end = strchr(at + 2, '}');
    struct bytes name = end ? bytes_of(at + 2, (size_t)(end - at - 2)) : BYTES_NONE;
    const char *value = end ? find_set(s->sets, name) : NULL;

    if (!end) {
        diagnostics_add(s->diagnostics, node->place, "${NAME}", "« ${ » sans son « } »");
        return NULL;
    }
    if (value)
        buffer_append_text(out, value);
    else
        buffer_append(out, at, (size_t)(end + 1 - at));
    if (!value && !s->offline)
        diagnostics_add(s->diagnostics, node->place, "--set NOM=VALEUR sur la ligne de commande",
                        "personne n'a donné %.*s", BYTES_ARG(name));
    return end + 1;
}

static void substitute_scalar(struct substitution *s, struct yaml_node *node)
{
    const char *text = (const char *)node->text.data;
    struct buffer out = {0};

    if (!text || !strstr(text, "${"))
        return;
    while (text) {
        const char *at = strstr(text, "${");

        buffer_append(&out, text, at ? (size_t)(at - text) : strlen(text));
        text = at ? append_value(s, node, at, &out) : NULL;
    }
    node->text = bytes_of_text(arena_text(s->arena, buffer_view(&out)));
    buffer_deinit(&out);
}

void substitution_apply(struct substitution *s, struct yaml_node *node)
{
    if (!node)
        return;
    if (node->kind == YAML_SCALAR)
        substitute_scalar(s, node);
    /* Depth is bounded by the YAML reader. */
    for (size_t i = 0; i < node->count; i++)
        substitution_apply(s, node->items[i]);
}

/* ---- What is set and unused ---------------------------------------------------------------- */

static void find_names(const struct substitution *s, const struct yaml_node *node,
                       struct names *names)
{
    const char *at = node->kind == YAML_SCALAR ? (const char *)node->text.data : NULL;

    for (at = at ? strstr(at, "${") : NULL; at; at = strstr(at + 2, "${")) {
        size_t len = strcspn(at + 2, "}");

        names_add(names, arena_text(s->arena, bytes_of(at + 2, len)));
    }
    for (size_t i = 0; i < node->count; i++)
        find_names(s, node->items[i], names);
}

void substitution_find_unused(const struct substitution *s, const struct yaml_node *node)
{
    CLEANUP(names_deinit) struct names names = {0};
    CLEANUP(buffer_deinit) struct buffer known = {0};

    find_names(s, node, &names);
    for (size_t i = 0; i < names.count; i++)
        buffer_printf(&known, "%s%s", i > 0 ? ", " : "", names.all[i]);
    for (size_t i = 0; s->sets && s->sets[i]; i++) {
        struct bytes name = bytes_of(s->sets[i], strcspn(s->sets[i], "="));
        const char *near = diagnostics_nearest(name, names_list(&names));

        if (names_have(names_list(&names), name))
            continue;
        diagnostics_add(s->diagnostics, (struct place){0},
                        near              ? near
                        : names.count > 0 ? buffer_text(&known)
                                          : "rien : le fichier n'a aucun ${NOM}",
                        "--set %.*s : aucune valeur du fichier n'a ${%.*s}", BYTES_ARG(name),
                        BYTES_ARG(name));
    }
}
