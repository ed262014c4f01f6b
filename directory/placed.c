/* SPDX-License-Identifier: Apache-2.0 */
#include "directory/placed.h"

#include <stdlib.h>

#include "base/clock.h"
#include "directory/directory.h"

struct placed_entry *placed_add(struct placed *placed, enum directory_kind kind,
                                const struct yaml_node *node)
{
    struct placed_entry *added;

    if (placed->count == placed->capacity) {
        placed->capacity = placed->capacity > 0 ? 2 * placed->capacity : 64;
        placed->items = xrealloc(placed->items, placed->capacity * sizeof(*placed->items));
    }
    added = &placed->items[placed->count++];
    added->node = node;
    record_init(&directory_table, &added->entry);
    added->entry.kind = (int32_t)kind;
    return added;
}

void placed_deinit(struct placed *placed)
{
    free(placed->items);
}

struct place placed_place(const struct yaml_node *node, const char *key)
{
    const struct yaml_node *value = yaml_get(node, key);

    if (!value)
        return node->place;
    return value->kind == YAML_SCALAR ? value->text_place : value->place;
}

/* By kind, code and start; of two alike the one that stands first in the files. */
static int compare_items(const void *a, const void *b)
{
    const struct placed_entry *left = a;
    const struct placed_entry *right = b;
    int order = directory_entry_compare(&left->entry, &right->entry);

    if (order == 0)
        order = strcmp(left->node->place.file, right->node->place.file);
    return order != 0 ? order : left->node->place.line - right->node->place.line;
}

static bool overlap(const struct directory_entry *a, const struct directory_entry *b)
{
    int64_t a_to = a->valid_to == NO_TIME ? INT64_MAX : a->valid_to;
    int64_t b_to = b->valid_to == NO_TIME ? INT64_MAX : b->valid_to;

    return a->valid_from < b_to && b->valid_from < a_to;
}

static const struct placed_entry *find(const struct placed *placed, enum directory_kind kind,
                                       struct bytes code)
{
    for (size_t i = 0; i < placed->count; i++) {
        const struct placed_entry *item = &placed->items[i];

        if (item->entry.kind == (int32_t)kind && bytes_equal(item->entry.code, code))
            return item;
    }
    return NULL;
}

static void report_twice(const struct placed_entry *first, const struct placed_entry *second,
                         struct diagnostics *diagnostics)
{
    static const char *const kinds[] = {
        [DIRECTORY_UNKNOWN] = "entry", [DIRECTORY_OPERATOR] = "operator",
        [DIRECTORY_SITE] = "site",     [DIRECTORY_CONVENTION] = "convention",
        [DIRECTORY_KEY] = "key",       [DIRECTORY_MEMBER] = "member",
    };
    const struct place *before = &first->node->place;

    diagnostics_add(diagnostics, second->node->place, "des périodes qui ne se recouvrent pas",
                    "%s %.*s est déjà en vigueur ici : voir %s:%d", kinds[second->entry.kind],
                    BYTES_ARG(second->entry.code), before->file, before->line);
}

/* The entry before `index` that it cannot stand beside, or NULL. Entries of one code stand
 * together once sorted. A key may be published once only: its id says whose it is. */
static const struct placed_entry *find_rival(const struct placed *placed, size_t index)
{
    const struct directory_entry *entry = &placed->items[index].entry;

    for (size_t i = index; entry->code.data && i-- > 0;) {
        const struct placed_entry *before = &placed->items[i];

        if (before->entry.kind != entry->kind || !bytes_equal(before->entry.code, entry->code))
            return NULL;
        if (entry->kind == DIRECTORY_KEY || overlap(&before->entry, entry))
            return before;
    }
    return NULL;
}

static void check_overlaps(const struct placed *placed, struct diagnostics *diagnostics)
{
    for (size_t i = 1; i < placed->count; i++) {
        const struct placed_entry *rival = find_rival(placed, i);

        if (rival)
            report_twice(rival, &placed->items[i], diagnostics);
    }
}

/* The nearest code of an operator, or NULL. */
static const char *nearest_operator(const struct placed *placed, struct bytes code)
{
    const char **names = xcalloc(placed->count + 1, sizeof(*names));
    const char *nearest;
    size_t count = 0;

    for (size_t i = 0; i < placed->count; i++) {
        const struct directory_entry *entry = &placed->items[i].entry;

        if (entry->kind == DIRECTORY_OPERATOR && entry->code.data)
            names[count++] = (const char *)entry->code.data;
    }
    nearest = diagnostics_nearest(code, names);
    free(names);
    return nearest;
}

static void check_operator_named(const struct placed *placed, const struct placed_entry *item,
                                 const char *key, struct bytes code,
                                 struct diagnostics *diagnostics)
{
    const char *nearest;

    if (!code.data || find(placed, DIRECTORY_OPERATOR, code))
        return;
    nearest = nearest_operator(placed, code);
    diagnostics_add(diagnostics, placed_place(item->node, key),
                    "le code d'un opérateur qui a un fichier dans operators/",
                    "opérateur inconnu « %.*s »%s%s%s", BYTES_ARG(code),
                    nearest ? " ; vouliez-vous dire " : "", nearest ? nearest : "",
                    nearest ? " ?" : "");
}

static void check_member(const struct placed *placed, const struct placed_entry *item,
                         struct diagnostics *diagnostics)
{
    const struct directory_entry *site = &item->entry;

    if (!site->member.data)
        return;
    for (size_t i = 0; i < placed->count; i++) {
        const struct directory_entry *entry = &placed->items[i].entry;

        if (entry->kind == DIRECTORY_MEMBER && bytes_equal(entry->code, site->member) &&
            bytes_equal(entry->operator_code, site->operator_code))
            return;
    }
    diagnostics_add(diagnostics, placed_place(item->node, "member"),
                    "le code d'un membre de la liste `members` de ce fichier",
                    "membre inconnu « %.*s »", BYTES_ARG(site->member));
}

static void check_region(const struct placed *placed, size_t index, struct diagnostics *diagnostics)
{
    const struct placed_entry *item = &placed->items[index];
    const struct directory_entry *entry = &item->entry;

    if (!entry->region.data || entry->lead.data || entry->test)
        return;
    for (size_t i = 0; i < index; i++) {
        const struct directory_entry *other = &placed->items[i].entry;

        if (other->kind != DIRECTORY_OPERATOR || other->lead.data || other->test ||
            !bytes_equal(other->region, entry->region) || bytes_equal(other->code, entry->code) ||
            !overlap(other, entry))
            continue;
        diagnostics_add(
            diagnostics, placed_place(item->node, "region"),
            "un opérateur par région à la fois, ou `lead` dans tous sauf un d'un groupement",
            "la région %.*s est déjà à %.*s alors", BYTES_ARG(entry->region),
            BYTES_ARG(other->code));
        return;
    }
}

/* The second entry of a convention that holds both ways: its operators were checked. */
static bool is_way_back(const struct placed_entry *item)
{
    const struct yaml_node *from = yaml_get(item->node, "from");

    return from && !bytes_equal(from->text, item->entry.from_operator);
}

void placed_check(struct placed *placed, struct diagnostics *diagnostics)
{
    if (placed->count > 0)
        qsort(placed->items, placed->count, sizeof(*placed->items), compare_items);
    check_overlaps(placed, diagnostics);
    for (size_t i = 0; i < placed->count; i++) {
        const struct placed_entry *item = &placed->items[i];
        const struct directory_entry *entry = &item->entry;

        if (entry->kind == DIRECTORY_OPERATOR) {
            check_operator_named(placed, item, "lead", entry->lead, diagnostics);
            check_region(placed, i, diagnostics);
        } else if (entry->kind == DIRECTORY_SITE) {
            check_member(placed, item, diagnostics);
        } else if (entry->kind == DIRECTORY_KEY) {
            check_operator_named(placed, item, "keys", entry->operator_code, diagnostics);
        } else if (entry->kind == DIRECTORY_CONVENTION && !is_way_back(item)) {
            check_operator_named(placed, item, "from", entry->from_operator, diagnostics);
            check_operator_named(placed, item, "to", entry->to_operator, diagnostics);
        }
    }
}
