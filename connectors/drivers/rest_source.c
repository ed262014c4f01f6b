/* SPDX-License-Identifier: Apache-2.0
 *
 * A list of theirs, oldest change first, asked for what changed since a bound. The bound is
 * inclusive, so what was read at exactly that moment comes again: those are known by the
 * hash of their text and dropped. After each page the bound moves to the last change seen,
 * and the first page from there is asked for: so nothing is skipped when a record changes
 * (and moves to the end) between two pages. Only where a whole page has one and the same
 * moment is its next page asked for.
 *
 * All of that holds for a sorted list only. One that is not sorted is noticed by a
 * page whose records go back in time, where their writing lets two moments be compared; and a
 * bound that comes back, or behind which nothing is where more pages were said to follow,
 * whatever the writing. Then the look ends with RETRY and a metric, and
 * of that page only those records are handed out that stand before all others of it: the bound
 * never passes a record that was seen. The same end has a moment with more pages than
 * PAGE_NUMBER_MOST, which an inclusive bound cannot pass.
 *
 * Two positions: how far was *read* (in memory), and the *cursor*, how far was acknowledged,
 * which stands in the state topic and is where a restart goes on.
 */
#include "connectors/drivers/drivers.h"

#include <stdio.h>
#include <stdlib.h>

#include "connectors/drivers/api.h"
#include "connectors/drivers/list_page.h"
#include "connectors/drivers/mark.h"
#include "connectors/memory/pack.h"

#define PAGE_NUMBER_MOST 10000

/* Pulled and not acknowledged, oldest first. */
struct pulled {
    struct pulled *next;
    int64_t number;
    uint8_t hash[MARK_HASH_SIZE];
    char *moment;
};

struct rest_source {
    struct connector connector;
    struct api_settings api;
    const char *path;
    const char *since_parameter;
    const char *since;
    const char *page_parameter;
    const char *page_size_parameter;
    struct list_settings list;
    int64_t poll_ms;
    struct yaml_node *detail; /* the mapping's */

    struct api *calls;
    struct list_form *form;
    struct waiter *waiter;

    struct mark read;
    struct mark cursor;
    struct pulled *first;
    int64_t last_number;
    int64_t next_ms; /* monotonic: the next look */
    bool cursor_loaded;

    struct arena page_arena;
    struct list_page page; /* the one being handed out */
    size_t page_next;
    int64_t page_number;
    bool page_moved;  /* the bound moved, or anything was new, while it was handed out */
    bool expects_new; /* more was said to follow the bound, and nothing came yet */

    /* Bounds that were moved to in this look, one of them kept (Brent): a sorted list never
     * comes back to one. */
    struct buffer kept_bound;
    int64_t bounds;
    int64_t keep_at;
    struct metric *unsorted;
    struct metric *too_many_pages;
};

static const struct config_field rest_source_fields[] = {
    DRIVER_TYPE(struct rest_source, "rest"),
    API_FIELDS(struct rest_source),
    CONFIG_FIELD(struct rest_source, path, .key = "path", .flags = CONFIG_REQUIRED,
                 .help = "Chemin de la liste, ajouté à base_url."),
    CONFIG_FIELD(struct rest_source, since_parameter, .key = "since_parameter",
                 .flags = CONFIG_REQUIRED,
                 .help = "Paramètre de la borne, comprise, de la date de changement."),
    CONFIG_FIELD(struct rest_source, since, .key = "since",
                 .help = "Première borne, telle qu'ils l'écrivent ; sans elle, pas de borne."),
    CONFIG_FIELD(struct rest_source, page_parameter, .key = "page_parameter",
                 .help = "Paramètre du numéro de page, à partir de 1 ; sans lui, pas de pages."),
    CONFIG_FIELD(struct rest_source, page_size_parameter, .key = "page_size_parameter",
                 .help = "Paramètre du nombre d'enregistrements par page, limits.page_size."),
    LIST_FIELDS(struct rest_source),
    CONFIG_FIELD(struct rest_source, poll_ms, .key = "poll_ms", .fallback = "30000", .min = 100,
                 .max = 86400000, .help = "Pause entre deux lectures, en millisecondes."),
    CONFIG_FIELD(struct rest_source, detail, .key = "detail",
                 .help = "Ce qui complète un avis avant sa traduction : voir plus haut."),
    CONFIG_END,
};

/* ---- Life -------------------------------------------------------------------------------- */

static enum outcome check_limits(const struct rest_source *self, struct diagnostics *diagnostics,
                                 struct error *err)
{
    const struct api_limits *limits = api_limits(self->calls);

    if (limits->payload_bytes > 0)
        return api_refuse_limit(&self->api, "payload_bytes", "payload_bytes est d'un sink",
                                diagnostics, err);
    if (limits->page_size > 0 && !self->page_size_parameter)
        return api_refuse_limit(&self->api, "page_size",
                                "page_size veut page_size_parameter, à côté de page_parameter",
                                diagnostics, err);
    return OUTCOME_OK;
}

static enum outcome rest_source_configure(struct connector *connector,
                                          struct diagnostics *diagnostics, struct error *err)
{
    struct rest_source *self = (struct rest_source *)connector;
    enum outcome outcome;

    self->waiter = waiter_new();
    outcome = list_form_new(&self->list, diagnostics, &self->form, err);
    if (outcome == OUTCOME_OK)
        outcome = api_new(&self->api, connector->context, diagnostics, &self->calls, err);
    if (outcome == OUTCOME_OK && self->detail && connector->context->sink)
        api_share_hours(self->calls, connector->context->sink);
    return outcome == OUTCOME_OK ? check_limits(self, diagnostics, err) : outcome;
}

static struct metric *metric_of(const struct connector *connector, const char *reason)
{
    char labels[160];

    (void)snprintf(labels, sizeof(labels), "op=\"%s\",source=\"%s\",reason=\"%s\"",
                   connector->context->operator_code, connector->name, reason);
    return metrics_counter(connector->context->metrics, "relais_list_errors_total", labels,
                           "Looks at a polled list that ended early because of the list.");
}

static void load_cursor(struct rest_source *self)
{
    const struct connector *connector = &self->connector;
    struct arena arena = {0};
    struct bytes value =
        state_get(connector->context->state, STATE_CURSOR, bytes_of_text(connector->name), &arena);
    struct cursor in = cursor_over(value);
    struct bytes moment = bytes_of_text(self->since);
    struct bytes seen = BYTES_NONE;

    if (value.data && (!pack_read_bytes(&in, &moment) || !pack_read_bytes(&in, &seen)))
        seen = BYTES_NONE;
    if (moment.data)
        buffer_append_bytes(&self->cursor.moment, moment);
    if (seen.data)
        buffer_append_bytes(&self->cursor.seen, seen);
    mark_copy(&self->read, &self->cursor);
    arena_deinit(&arena);
    self->cursor_loaded = true;
}

static enum outcome rest_source_open(struct connector *connector, struct error *err)
{
    struct rest_source *self = (struct rest_source *)connector;

    if (!self->cursor_loaded) {
        self->unsorted = metric_of(connector, "unsorted");
        self->too_many_pages = metric_of(connector, "too_many_pages");
        load_cursor(self);
    }
    return api_open(self->calls, err);
}

static enum outcome rest_source_fetch(struct connector *connector, const char *path, int32_t ms,
                                      struct arena *arena, struct http_response *ret_response,
                                      struct error *err)
{
    return api_fetch(((struct rest_source *)connector)->calls, path, ms, arena, ret_response, err);
}

static int64_t rest_source_closed_until(struct connector *connector)
{
    return api_closed_until(((struct rest_source *)connector)->calls);
}

static int64_t rest_source_fetch_closed_until(struct connector *connector)
{
    return api_fetch_closed_until(((struct rest_source *)connector)->calls);
}

static void rest_source_interrupt(struct connector *connector)
{
    struct rest_source *self = (struct rest_source *)connector;

    waiter_interrupt(self->waiter);
    api_interrupt(self->calls);
}

static void free_pulled(struct pulled *pulled)
{
    free(pulled->moment);
    free(pulled);
}

static void rest_source_close(struct connector *connector)
{
    struct rest_source *self = (struct rest_source *)connector;

    while (self->first) {
        struct pulled *pulled = self->first;

        self->first = pulled->next;
        free_pulled(pulled);
    }
    arena_deinit(&self->page_arena);
    mark_deinit(&self->read);
    mark_deinit(&self->cursor);
    buffer_deinit(&self->kept_bound);
    list_form_free(self->form);
    api_free(self->calls);
    waiter_free(self->waiter);
}

/* ---- Pages -------------------------------------------------------------------------------- */

static const char *page_url(struct rest_source *self, struct arena *arena)
{
    struct buffer url = {0};
    const char *text;
    char separator = strchr(self->path, '?') ? '&' : '?';

    buffer_append_text(&url, self->path);
    if (self->read.moment.len > 0) {
        buffer_printf(&url, "%c%s=", separator, self->since_parameter);
        http_percent_encode(buffer_view(&self->read.moment), &url);
        separator = '&';
    }
    if (self->page_parameter)
        buffer_printf(&url, "%c%s=%lld", separator, self->page_parameter,
                      (long long)self->page_number);
    if (api_limits(self->calls)->page_size > 0)
        buffer_printf(&url, "%c%s=%lld", strchr(buffer_text(&url), '?') ? '&' : '?',
                      self->page_size_parameter, (long long)api_limits(self->calls)->page_size);
    text = arena_text(arena, buffer_view(&url));
    buffer_deinit(&url);
    return text;
}

static enum outcome fetch_page(struct rest_source *self, struct error *err)
{
    struct http_request request = {.method = "GET"};
    struct http_response response = {0};
    struct error why = {0};
    bool maybe_done = false;
    enum outcome outcome;

    arena_reset(&self->page_arena);
    self->page = (struct list_page){.items = NULL};
    self->page_next = 0;
    request.url = page_url(self, &self->page_arena);
    outcome = api_call(self->calls, &request, &self->page_arena, &response, &maybe_done, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (response.status != 200)
        return error_set(err, OUTCOME_RETRY, "list: status %d", (int)response.status);
    if (list_page_read(self->form, response.body, &self->page_arena, &self->page, &why) !=
        OUTCOME_OK)
        return error_set(err, OUTCOME_RETRY, "list: the answer has no such list (%s): %s",
                         response.content_type, why.text);
    self->page_moved = false;
    return OUTCOME_OK;
}

/* True when the look was at this bound before. */
static bool bound_came_back(struct rest_source *self)
{
    struct bytes bound = buffer_view(&self->read.moment);

    if (self->bounds > 0 && bytes_equal(buffer_view(&self->kept_bound), bound))
        return true;
    if (self->bounds++ == self->keep_at) {
        self->keep_at = 2 * self->keep_at + 1;
        buffer_clear(&self->kept_bound);
        buffer_append_bytes(&self->kept_bound, bound);
    }
    return false;
}

static void begin_look(struct rest_source *self)
{
    self->page_number = 1;
    self->bounds = 0;
    self->keep_at = 0;
    self->expects_new = false;
    (void)bound_came_back(self); /* the first one is kept */
}

static enum outcome not_sorted(const struct rest_source *self, struct error *err)
{
    metric_add(self->unsorted, 1);
    return error_set(err, OUTCOME_RETRY,
                     "list: not sorted by its change date, oldest first: page %lld",
                     (long long)self->page_number);
}

/* Which page comes after one that was handed out. *ret_more false: nothing more for now. RETRY: the
 * list is not what it should be. */
static enum outcome choose_next_page(struct rest_source *self, bool *ret_more, struct error *err)
{
    *ret_more = false;
    if (self->page.unsorted || (self->page_moved && bound_came_back(self)))
        return not_sorted(self, err);
    if (self->page_moved) {
        self->expects_new = self->page_number < self->page.pages;
        self->page_number = 1;
        *ret_more = self->page.pages > 1;
        return OUTCOME_OK;
    }
    *ret_more = self->page.count > 0 && ++self->page_number <= self->page.pages;
    if (!*ret_more && self->expects_new)
        return not_sorted(self, err);
    if (!*ret_more || self->page_number <= PAGE_NUMBER_MOST)
        return OUTCOME_OK;
    metric_add(self->too_many_pages, 1);
    return error_set(err, OUTCOME_RETRY, "list: more than %d pages of one change date",
                     PAGE_NUMBER_MOST);
}

/* ---- Records ------------------------------------------------------------------------------- */

static void remember_pulled(struct rest_source *self, const char *moment,
                            const uint8_t hash[MARK_HASH_SIZE])
{
    struct pulled **end = &self->first;
    struct pulled *pulled = xcalloc(1, sizeof(*pulled));

    while (*end)
        end = &(*end)->next;
    pulled->number = ++self->last_number;
    pulled->moment = xstrdup(moment);
    memcpy(pulled->hash, hash, MARK_HASH_SIZE);
    *end = pulled;
}

/* False: there are too many records of one moment to remember which of them were seen. */
static bool hand_out(struct rest_source *self, const struct list_item *item, struct batch *batch)
{
    const char *moment = item->moment;
    uint8_t hash[MARK_HASH_SIZE];
    struct record *record;

    mark_hash(item->body, hash);
    /* A record without its change date is handed out, to be rejected, but moves no bound. */
    if (moment[0] == '\0')
        moment = arena_text(&batch->arena, buffer_view(&self->read.moment));
    if (mark_has(&self->read, moment, hash))
        return true;
    if (mark_is_full(&self->read, moment))
        return false;
    if (!bytes_equal_text(buffer_view(&self->read.moment), moment))
        self->page_moved = true;
    mark_move(&self->read, moment, hash);
    self->expects_new = false;
    remember_pulled(self, moment, hash);
    record = batch_add(batch);
    record->body = arena_copy(&batch->arena, item->body);
    record->defect = item->defect ? arena_text(&batch->arena, bytes_of_text(item->defect)) : NULL;
    record->position = self->last_number;
    record->observed_at = clock_wall_us(self->connector.context->clock);
    return true;
}

/* The look ends here; the next one begins at the same bound and ends here too, and it is said. */
static enum outcome too_many_records(struct rest_source *self, struct error *err)
{
    self->page_next = self->page.count;
    self->page_number = 0;
    self->next_ms = clock_mono_ms(self->connector.context->clock) + self->poll_ms;
    metric_add(self->too_many_pages, 1);
    return error_set(err, OUTCOME_RETRY, "list: more than %d records of one change date",
                     MARK_SEEN_MOST);
}

static enum outcome rest_source_pull(struct connector *connector, int32_t wait_ms,
                                     struct batch *batch, struct error *err)
{
    struct rest_source *self = (struct rest_source *)connector;
    int64_t left_ms = self->next_ms - clock_mono_ms(connector->context->clock);
    bool more = false;
    enum outcome outcome;

    if (self->page_next == self->page.count) {
        if (left_ms > 0) {
            (void)waiter_wait_ms(self->waiter, left_ms < wait_ms ? left_ms : wait_ms);
            return OUTCOME_OK;
        }
        if (self->page_number == 0)
            begin_look(self);
        outcome = fetch_page(self, err);
        if (outcome != OUTCOME_OK)
            return outcome;
    }
    while (self->page_next < self->page.count && batch->count < batch->capacity)
        if (!hand_out(self, &self->page.items[self->page_next++], batch))
            return too_many_records(self, err);
    if (self->page_next < self->page.count)
        return OUTCOME_OK;
    outcome = choose_next_page(self, &more, err);
    if (more)
        return outcome;
    self->page_number = 0;
    self->next_ms = clock_mono_ms(connector->context->clock) + self->poll_ms;
    return outcome;
}

static enum outcome rest_source_ack(struct connector *connector, struct record *const *records,
                                    size_t count, struct error *err)
{
    struct rest_source *self = (struct rest_source *)connector;
    int64_t number = records[count - 1]->position;
    struct buffer value = {0};
    enum outcome outcome;

    while (self->first && self->first->number <= number) {
        struct pulled *pulled = self->first;

        mark_move(&self->cursor, pulled->moment, pulled->hash);
        self->first = pulled->next;
        free_pulled(pulled);
    }
    pack_bytes(&value, buffer_view(&self->cursor.moment));
    pack_bytes(&value, buffer_view(&self->cursor.seen));
    outcome = state_set(connector->context->state, STATE_CURSOR, bytes_of_text(connector->name),
                        buffer_view(&value), err);
    buffer_deinit(&value);
    return outcome;
}

const struct connector_ops rest_source = {
    .name = "rest",
    .role = CONNECTOR_SOURCE,
    .size = sizeof(struct rest_source),
    .fields = rest_source_fields,
    .configure = rest_source_configure,
    .open = rest_source_open,
    .pull = rest_source_pull,
    .ack = rest_source_ack,
    .fetch = rest_source_fetch,
    .fetch_closed_until = rest_source_fetch_closed_until,
    .closed_until = rest_source_closed_until,
    .interrupt = rest_source_interrupt,
    .close = rest_source_close,
};
