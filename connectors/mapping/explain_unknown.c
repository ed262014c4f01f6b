/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/explain_unknown.h"

#include "connectors/mapping/plan.h"

struct listing {
    struct buffer *out;
    size_t from; /* where the list begins in it */
    size_t count;
};

/* Elements of a list have one path: it is written once. */
static void add_unknown(void *context, const struct shape_sight *sight)
{
    struct listing *listing = context;
    CLEANUP(buffer_deinit) struct buffer line = {0};

    if (sight->use != SHAPE_UNKNOWN || !sight->last || !sight->key.data)
        return;
    buffer_printf(&line, "    %-24s ", "champ inconnu");
    shape_write_place(sight->above, &line);
    shape_write_key(sight->key, &line);
    buffer_append_text(&line, "\n");
    if (strstr(buffer_text(listing->out) + listing->from, buffer_text(&line)))
        return;
    buffer_append_bytes(listing->out, buffer_view(&line));
    listing->count++;
}

size_t explain_unknown_list(const struct mapping *mapping, yyjson_val *record, struct buffer *out)
{
    struct listing listing = {.out = out, .from = out->len};

    shape_look(mapping->shape, record, add_unknown, &listing);
    return listing.count;
}

void explain_unknown_head(const struct mapping *mapping, size_t count, struct buffer *out)
{
    const char *plural = count > 1 ? "s" : "";

    if (mapping->reject_unknown)
        buffer_printf(out,
                      "  rejeté : rien de cet enregistrement ne part, %zu champ%s inconnu%s ; "
                      "attendu : sous `fields` ou `drop`, ou `unknown_fields: count`\n",
                      count, plural, plural);
    else
        buffer_printf(out,
                      "  %zu champ%s inconnu%s, compté%s ; l'enregistrement part ; attendu : sous "
                      "`fields` ou `drop`\n",
                      count, plural, plural, plural);
}
