/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/drivers/list_page.h"

#include <stdlib.h>

#include "connectors/drivers/mark.h"

struct list_form {
    struct mapping_path *items;
    struct mapping_path *pages;
    struct mapping_path *changed;
    struct xml_form *xml; /* NULL: JSON */
};

/* ---- The form ------------------------------------------------------------------------------ */

static enum outcome refuse(struct diagnostics *diagnostics, const struct yaml_node *node,
                           const char *expected, const char *what, struct error *err)
{
    if (node)
        diagnostics_add(diagnostics, node->place, expected, "%s", what);
    return error_set(err, OUTCOME_REJECT, "%s ; attendu : %s", what, expected);
}

static enum outcome new_xml(struct list_form *form, const struct list_settings *settings,
                            struct diagnostics *diagnostics, struct error *err)
{
    if (settings->items)
        return refuse(diagnostics, settings->items, "element: rdvs/rdv",
                      "`items` est d'une réponse en JSON", err);
    if (!settings->element)
        return refuse(diagnostics, NULL, "element: rdvs/rdv",
                      "une liste en XML sans le nom de l'élément qui se répète", err);
    return xml_form_new(&settings->xml, settings->element, diagnostics, &form->xml, err);
}

static enum outcome new_json(struct list_form *form, const struct list_settings *settings,
                             struct diagnostics *diagnostics, struct error *err)
{
    enum outcome outcome = xml_form_refuse(&settings->xml, settings->element, diagnostics, err);

    if (outcome != OUTCOME_OK)
        return outcome;
    if (!settings->items)
        return refuse(diagnostics, NULL, "items: $.resultats", "il manque `items`", err);
    return mapping_path_new(settings->items, diagnostics, &form->items, err);
}

enum outcome list_form_new(const struct list_settings *settings, struct diagnostics *diagnostics,
                           struct list_form **ret_form, struct error *err)
{
    CLEANUP(list_form_freep) struct list_form *form = xcalloc(1, sizeof(*form));
    enum outcome outcome = strcmp(settings->format, "xml") == 0
                               ? new_xml(form, settings, diagnostics, err)
                               : new_json(form, settings, diagnostics, err);

    if (outcome == OUTCOME_OK)
        outcome = mapping_path_new(settings->changed, diagnostics, &form->changed, err);
    if (outcome == OUTCOME_OK && settings->pages)
        outcome = mapping_path_new(settings->pages, diagnostics, &form->pages, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    *ret_form = TAKE(form);
    return OUTCOME_OK;
}

void list_form_free(struct list_form *form)
{
    if (!form)
        return;
    mapping_path_free(form->items);
    mapping_path_free(form->pages);
    mapping_path_free(form->changed);
    xml_form_free(form->xml);
    free(form);
}

/* ---- What is in it ------------------------------------------------------------------------- */

static void add_item(struct list_page *page, size_t *capacity, struct arena *arena,
                     const struct list_item *item)
{
    if (page->count == *capacity) {
        size_t more = *capacity > 0 ? 2 * *capacity : 64;
        struct list_item *items = arena_array(arena, more, sizeof(*items));

        if (page->count > 0)
            memcpy(items, page->items, page->count * sizeof(*items));
        page->items = items;
        *capacity = more;
    }
    page->items[page->count++] = *item;
}

static void read_pages(const struct list_form *form, struct bytes json, struct arena *arena,
                       struct list_page *page)
{
    struct bytes total = mapping_path_text(form->pages, json, arena);

    (void)!bytes_to_int64(total.data ? bytes_trim(total) : BYTES_LITERAL("0"), &page->pages);
}

static enum outcome read_json(const struct list_form *form, struct bytes body, struct arena *arena,
                              struct list_page *page, struct error *err)
{
    struct bytes *items = NULL;
    size_t count = 0;
    enum outcome outcome = mapping_path_list(form->items, body, arena, &items, &count, err);

    if (outcome != OUTCOME_OK)
        return outcome;
    page->items = arena_array(arena, count + 1, sizeof(*page->items));
    for (size_t i = 0; i < count; i++)
        page->items[page->count++].body = items[i];
    if (form->pages)
        read_pages(form, body, arena, page);
    return OUTCOME_OK;
}

/* What stands there of a broken element, so far as a dead letter keeps it. */
static struct bytes raw_of(const struct xml_record *record, struct bytes body)
{
    return bytes_of(body.data + record->from,
                    record->size < RECORD_BODY_MOST ? record->size : RECORD_BODY_MOST);
}

/* To its end before anything of it is taken: what is cut on its way is no page. `beside` gets what
 * stands beside the records; empty when the page itself is one. */
static enum outcome read_records(const struct list_form *form, struct bytes body,
                                 struct arena *arena, struct list_page *page, struct buffer *beside,
                                 struct error *err)
{
    struct xml_options options = xml_form_options(form->xml);
    CLEANUP(xml_reader_freep) struct xml_reader *reader = NULL;
    size_t capacity = 0;
    size_t done = 0;
    bool is_root = false;

    options.text = body;
    reader = xml_reader_new(&options);
    for (;;) {
        struct xml_record record;
        struct list_item item = {.body = BYTES_NONE};
        enum outcome outcome = xml_read(reader, arena, &record, err);

        if (outcome != OUTCOME_OK)
            return outcome;
        if (record.number == 0)
            break;
        buffer_append(beside, body.data + done, record.from - done);
        done = record.from + record.size;
        is_root = record.is_root;
        item.body = record.defect ? raw_of(&record, body) : record.json;
        item.defect = record.defect;
        add_item(page, &capacity, arena, &item);
    }
    if (is_root)
        buffer_clear(beside); /* a first line and comments: no document without it */
    else
        buffer_append(beside, body.data + done, body.len - done);
    return OUTCOME_OK;
}

/* The number of pages is read without the records, so that none of them can hide it. */
static enum outcome read_xml(const struct list_form *form, struct bytes body, struct arena *arena,
                             struct list_page *page, struct error *err)
{
    CLEANUP(buffer_deinit) struct buffer beside = {0};
    struct xml_options options = xml_form_options(form->xml);
    struct bytes json;
    enum outcome outcome = read_records(form, body, arena, page, &beside, err);

    if (outcome != OUTCOME_OK || !form->pages || beside.len == 0)
        return outcome;
    options.first_only = true; /* of all else there nothing is read */
    options.record_most = beside.len;
    outcome = xml_to_json(&options, buffer_view(&beside), arena, &json, err);
    if (outcome == OUTCOME_OK)
        read_pages(form, json, arena, page);
    return outcome;
}

/* ---- Its order ----------------------------------------------------------------------------- */

static const char *moment_of(const struct list_form *form, const struct list_item *item,
                             struct arena *arena)
{
    struct bytes text =
        item->defect ? BYTES_NONE : mapping_path_text(form->changed, item->body, arena);

    return text.data ? arena_text(arena, text) : "";
}

/* Leaves of a page that goes back in time only the records that stand before all that follow:
 * behind them the bound cannot pass anything. */
static void cut_at_disorder(struct list_page *page)
{
    const char *least = NULL; /* of those behind */
    size_t kept = page->count;

    for (size_t i = page->count; i-- > 0;) {
        const char *moment = page->items[i].moment;

        if (moment[0] == '\0')
            continue; /* to be rejected, wherever it stands */
        if (least && mark_compare(least, moment) < 0)
            kept = i;
        else
            least = moment;
    }
    page->unsorted = kept < page->count;
    page->count = kept;
}

enum outcome list_page_read(const struct list_form *form, struct bytes body, struct arena *arena,
                            struct list_page *ret_page, struct error *err)
{
    struct list_page page = {.items = NULL};
    enum outcome outcome = form->xml ? read_xml(form, body, arena, &page, err)
                                     : read_json(form, body, arena, &page, err);

    if (outcome != OUTCOME_OK)
        return outcome;
    for (size_t i = 0; i < page.count; i++)
        page.items[i].moment = moment_of(form, &page.items[i], arena);
    cut_at_disorder(&page);
    *ret_page = page;
    return OUTCOME_OK;
}
