/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/sample_fields.h"

#include <stdlib.h>

struct sample_field {
    const struct shape_node *above;
    struct bytes key; /* BYTES_NONE: an element of a list */
    const char *path;
    bool last;
    enum shape_use use;
};

void sample_fields_deinit(struct sample_fields *fields)
{
    free(fields->items);
    fields->items = NULL;
    fields->count = 0;
}

void sample_fields_keep(struct sample_fields *fields, const struct shape_sight *sight,
                        const char *path)
{
    struct sample_field *field;

    for (size_t i = 0; i < fields->count; i++) {
        field = &fields->items[i];
        if (strcmp(field->path, path) != 0)
            continue;
        if (sight->use < field->use)
            field->use = sight->use;
        field->last = field->last && sight->last;
        return;
    }
    fields->items = xrealloc(fields->items, (fields->count + 1) * sizeof(*fields->items));
    field = &fields->items[fields->count++];
    *field = (struct sample_field){sight->above, BYTES_NONE,
                                   arena_text(fields->arena, bytes_of_text(path)), sight->last,
                                   sight->use};
    if (sight->key.data)
        field->key = arena_copy(fields->arena, sight->key);
}

static bool is_seen(const struct sample_fields *fields, const struct shape_node *node)
{
    for (size_t i = 0; i < fields->count; i++)
        if (fields->items[i].above == shape_above(node) && shape_key(node).data &&
            fields->items[i].key.data && bytes_equal(fields->items[i].key, shape_key(node)))
            return true;
    return !shape_above(node) || !shape_key(node).data;
}

const char *sample_fields_nearest(const struct sample_fields *fields, const struct shape_node *node,
                                  bool unnamed)
{
    const struct shape_node *missing = node;
    const char **names = xcalloc(fields->count + 1, sizeof(*names));
    const char *found = NULL;
    const char *name;
    size_t count = 0;
    CLEANUP(arena_deinit) struct arena arena = {0};

    for (const struct shape_node *at = node; at && shape_above(at); at = shape_above(at))
        if (!is_seen(fields, at))
            missing = at;
    for (size_t i = 0; i < fields->count; i++) {
        const struct sample_field *field = &fields->items[i];

        if (field->above == shape_above(missing) && field->key.data &&
            (unnamed ? field->last && field->use == SHAPE_UNKNOWN : field->use != SHAPE_READ))
            names[count++] = arena_text(&arena, field->key);
    }
    name = shape_key(missing).data ? diagnostics_nearest(shape_key(missing), names) : NULL;
    for (size_t i = 0; name && i < fields->count && !found; i++)
        if (fields->items[i].above == shape_above(missing) && fields->items[i].key.data &&
            bytes_equal_text(fields->items[i].key, name))
            found = fields->items[i].path;
    free(names);
    return found;
}

bool sample_fields_drop(const struct sample_fields *fields, const char *path)
{
    for (size_t i = 0; i < fields->count; i++) {
        size_t len = strlen(fields->items[i].path);

        if (fields->items[i].use == SHAPE_DROPPED &&
            strncmp(path, fields->items[i].path, len) == 0 &&
            (path[len] == '\0' || path[len] == '.' || path[len] == '['))
            return true;
    }
    return false;
}

static int compare_paths(const void *left, const void *right)
{
    return strcmp(((const struct sample_field *)left)->path,
                  ((const struct sample_field *)right)->path);
}

void sample_fields_write(const struct sample_fields *fields, struct buffer *out)
{
    size_t counts[] = {0, 0, 0};
    struct sample_field *sorted = xcalloc(fields->count + 1, sizeof(*sorted));

    for (size_t i = 0; i < fields->count; i++) {
        sorted[i] = fields->items[i];
        counts[sorted[i].use] += sorted[i].last;
    }
    if (fields->count > 0) {
        qsort(sorted, fields->count, sizeof(*sorted), compare_paths);
        buffer_printf(out, "  champs des échantillons : %zu lus, %zu écartés, %zu inconnus\n",
                      counts[SHAPE_READ], counts[SHAPE_DROPPED], counts[SHAPE_UNKNOWN]);
    }
    for (size_t i = 0; i < fields->count; i++)
        if (sorted[i].last && sorted[i].use == SHAPE_UNKNOWN)
            buffer_printf(out, "    inconnu : %s (à nommer sous `fields` ou `drop`)\n",
                          sorted[i].path);
    free(sorted);
}
