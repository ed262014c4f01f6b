/* SPDX-License-Identifier: Apache-2.0 */
#include "directory/reading.h"

#include "directory/dates.h"
#include "schemas/codes.h"

struct bytes reading_value(struct reading *reading, const struct yaml_node *node, const char *key,
                           const char *text, const char *format)
{
    struct bytes value = bytes_of_text(text);
    const char *expected = NULL;

    if (!text || !format || codes_check(format, value, &expected))
        return value;
    diagnostics_add(reading->diagnostics, placed_place(node, key), expected,
                    "%s « %s » est impossible", key, text);
    return BYTES_NONE;
}

static int64_t reading_date(struct reading *reading, const struct yaml_node *node, const char *key,
                            const char *text)
{
    int64_t at = NO_TIME;

    /* One that is inherited was told where it stands. */
    if (text && !dates_parse(bytes_of_text(text), &at) && yaml_get(node, key))
        diagnostics_add(reading->diagnostics, placed_place(node, key), DATES_EXPECTED,
                        "%s « %s » n'est pas une date", key, text);
    return at;
}

void reading_period(struct reading *reading, struct placed_entry *item, const char *from,
                    const char *to)
{
    struct directory_entry *entry = &item->entry;

    entry->valid_from = reading_date(reading, item->node, "valid_from", from);
    entry->valid_to = reading_date(reading, item->node, "valid_to", to);
    if (entry->valid_to != NO_TIME && entry->valid_to <= entry->valid_from)
        diagnostics_add(reading->diagnostics, placed_place(item->node, "valid_to"),
                        "une date après valid_from", "valid_to n'est pas après valid_from");
}

size_t reading_items(struct reading *reading, const struct yaml_node *list, const char *what)
{
    if (!list || yaml_is_null(list))
        return 0;
    if (list->kind == YAML_SEQUENCE)
        return list->count;
    diagnostics_add(reading->diagnostics, list->place, "une liste, un « - » par élément",
                    "%s n'est pas une liste", what);
    return 0;
}

void reading_settings(struct reading *reading, const struct config_field *fields,
                      const struct yaml_node *node, void *settings)
{
    struct error err;

    if (config_read(fields, node, settings, reading->diagnostics, &err) != OUTCOME_OK)
        return;
}
