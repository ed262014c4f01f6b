/* SPDX-License-Identifier: Apache-2.0
 *
 * What the compiled rules say of personal data, looked at as a whole: a misspelt path of
 * `personal`, and one value that goes sealed here and in clear there.
 */
#include "connectors/mapping/compiler.h"
#include "connectors/mapping/functions.h"

/* ---- Sealed and shared ---------------------------------------------------------------- */

static bool is_same_path(const struct path *a, const struct path *b)
{
    return a->root == b->root && a->up == b->up && a->count == b->count &&
           path_steps_equal(a->steps, b->steps, a->count);
}

static bool is_function(const struct expression *expression, const char *name)
{
    return expression->kind == EXPRESSION_CALL && strcmp(expression->function->name, name) == 0;
}

/* A text of theirs that goes on, or the part of it that a pattern picks. */
struct source_text {
    const struct path *path; /* NULL: what is put together, translated or only asked about */
    struct bytes pattern;    /* the last; BYTES_NONE: all of it */
};

/* Through functions that keep it a text of theirs. */
static struct source_text source_of(const struct expression *expression)
{
    struct source_text text = {.path = NULL};

    while (expression->kind == EXPRESSION_CALL && expression->count > 0 &&
           expression->type != TYPE_BOOL && !is_function(expression, "code") &&
           !is_function(expression, "lookup") && !is_function(expression, "if")) {
        if (is_function(expression, "pick") && !text.pattern.data)
            text.pattern = expression->args[1]->constant.text;
        expression = expression->args[0];
    }
    if (expression->kind == EXPRESSION_PATH)
        text.path = expression->path;
    return text;
}

/* Another part of a cell than the sealed one, and what is picked out of a sealed note, are meant.
 */
static bool shows(const struct source_text *shared, const struct source_text *sealed)
{
    return sealed->path && is_same_path(shared->path, sealed->path) &&
           (!shared->pattern.data || bytes_equal(shared->pattern, sealed->pattern));
}

/* Whatever the record says stands there: a field with codes or a format holds no name. */
static bool takes_any_text(const struct assignment *assignment)
{
    const struct field *field = assignment->field;

    return !assignment->contact && assignment->expression &&
           (field->type == FIELD_RECORD || (field->type == FIELD_STRING && !field->format));
}

void privacy_check_rule(struct compiler *compiler, const struct record_rule *rule)
{
    for (size_t i = 0; i < rule->assignment_count; i++) {
        const struct assignment *shared = &rule->assignments[i];
        struct source_text from = {.path = NULL};

        if (takes_any_text(shared))
            from = source_of(shared->expression);
        for (size_t j = 0; j < rule->assignment_count && from.path; j++) {
            const struct assignment *sealed = &rule->assignments[j];
            struct source_text other = {.path = NULL};

            if (sealed->contact && sealed->expression)
                other = source_of(sealed->expression);
            if (!shows(&from, &other))
                continue;
            compiler_mistake(compiler, shared->expression->place,
                             "un autre chemin, ou un code : | code(table)",
                             "%s scelle la même valeur pour son seul destinataire, et %s la "
                             "montrerait à tous",
                             sealed->target, shared->target);
            break;
        }
    }
}

/* ---- `personal` ----------------------------------------------------------------------- */

/* sml:nom for nom */
static bool is_prefixed(const char *name, struct bytes key)
{
    const char *colon = strchr(name, ':');

    return colon && bytes_equal_text(key, colon + 1);
}

/* The name that was meant, among those that stand there; NULL: none is near. */
static const char *meant(struct bytes key, const char *const *names)
{
    for (size_t i = 0; names[i]; i++)
        if (is_prefixed(names[i], key))
            return names[i];
    return diagnostics_nearest(key, names);
}

/* NULL when nothing near stands there: a field that is only in some records may be named here. */
static const char *expected_for(struct compiler *compiler, const struct path *path, size_t at,
                                const char *const *names)
{
    const char *name = meant(path->steps[at].key, names);
    CLEANUP(buffer_deinit) struct buffer written = {0};

    if (!name)
        return NULL;
    buffer_append_text(&written, "$");
    for (size_t i = 0; i < at; i++)
        if (path->steps[i].kind == STEP_KEY)
            shape_write_key(path->steps[i].key, &written);
        else
            buffer_append_text(&written, "[*]");
    shape_write_key(bytes_of_text(name), &written);
    return arena_text(compiler->arena, buffer_view(&written));
}

void privacy_check_personal(struct compiler *compiler, const struct yaml_node *node)
{
    const struct mapping *mapping = compiler->mapping;

    /* Where something was a mistake, what it reads is not known. */
    if (!node || mapping->personal_count != node->count || mapping->rule_count == 0 ||
        diagnostics_count(compiler->diagnostics) > 0)
        return;
    for (size_t i = 0; i < mapping->personal_count; i++) {
        const struct path *path = mapping->personal[i];
        size_t at = 0;
        const char *const *names =
            path->root == ROOT_RECORD
                ? shape_unnamed(mapping->shape, path->steps, path->count, compiler->arena, &at)
                : NULL; /* a header: it is in no record */
        const char *expected = names ? expected_for(compiler, path, at, names) : NULL;

        if (expected)
            compiler_mistake(compiler, node->items[i]->place, expected,
                             "ce chemin de `personal` ne désigne rien que ce fichier lise : il ne "
                             "protège rien");
    }
}
