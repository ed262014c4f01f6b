/* SPDX-License-Identifier: Apache-2.0
 *
 * One walk over the record fills the slots; then each rule is tried, and each item of its
 * list. Nothing is remembered between records.
 */
#include "connectors/mapping/runner.h"

#include "connectors/mapping/coverage.h"
#include "connectors/mapping/items.h"
#include "connectors/mapping/locate.h"

#define MAX_RECORD_BYTES ((size_t)8 * 1024 * 1024)
#define MAX_ITEMS 10000

/* ---- JSON ----------------------------------------------------------------------------- */

/* yyjson asks an allocator of ours: the arena. Freed with it. Its reader does not recurse, and
 * nothing here goes deeper than the plan's longest path: the record's depth needs no bound. */
static void *allocate(void *context, size_t size)
{
    return arena_alloc_unset(context, size);
}

static void *reallocate(void *context, void *old, size_t old_size, size_t size)
{
    void *memory = arena_alloc_unset(context, size);

    memcpy(memory, old, old_size < size ? old_size : size);
    return memory;
}

static void release(void *context, void *memory)
{
    (void)context;
    (void)memory;
}

enum outcome runner_parse(struct bytes text, struct arena *arena, yyjson_val **ret_root,
                          struct error *err)
{
    yyjson_alc allocator = {allocate, reallocate, release, arena};
    yyjson_read_err why;
    char *copy;
    yyjson_doc *document;

    if (text.len > MAX_RECORD_BYTES)
        return error_set(err, OUTCOME_REJECT, "plus de 8 Mio");
    text = bytes_unmark(text);
    /* In situ, texts stay where they are: one copy instead of one a text. */
    copy = arena_alloc_unset(arena, text.len + YYJSON_PADDING_SIZE);
    if (text.len > 0)
        memcpy(copy, text.data, text.len);
    memset(copy + text.len, 0, YYJSON_PADDING_SIZE);
    document = yyjson_read_opts(copy, text.len, YYJSON_READ_INSITU | YYJSON_READ_NUMBER_AS_RAW,
                                &allocator, &why);
    if (!document)
        return error_set(err, OUTCOME_REJECT, "ce n'est pas du JSON : %s à l'octet %zu", why.msg,
                         why.pos);
    *ret_root = yyjson_doc_get_root(document);
    return OUTCOME_OK;
}

const char *runner_place(struct arena *arena, struct place place)
{
    const char *slash = place.file ? strrchr(place.file, '/') : NULL;

    return arena_printf(arena, "%s:%d:%d",
                        slash        ? slash + 1
                        : place.file ? place.file
                                     : "",
                        place.line, place.column);
}

/* ---- Rules ---------------------------------------------------------------------------- */

static void show_item(struct run *run, const struct mapping_item *item)
{
    if (run->watch && run->watch->item)
        run->watch->item(run->watch->context, run->rule, item, &run->evaluation);
}

/* What `when` left out: an item of its own when it is one of a list, or when it failed. */
static void leave_out(struct run *run)
{
    struct mapping_item *item;

    if (!run->evaluation.failure.code && !run->evaluation.item)
        return;
    item = items_new(run, run->rule->name);
    item->verdict = ITEM_FILTERED;
    if (run->evaluation.failure.code)
        items_reject(run, item, "when", NULL);
    show_item(run, item);
}

static void run_item(struct run *run)
{
    const struct record_rule *rule = run->rule;
    struct mapping_item *item;

    run->evaluation.failure = (struct failure){.code = NULL};
    run->evaluation.moment_us = NO_TIME;
    if (run->items->count >= MAX_ITEMS) {
        run->too_many = true;
        return;
    }
    if (rule->when && !evaluate_is_true(&run->evaluation, rule->when)) {
        leave_out(run);
        return;
    }
    item = items_new(run, rule->name);
    coverage_note(run->evaluation.coverage, rule);
    if (rule->ignore_when && evaluate_is_true(&run->evaluation, rule->ignore_when))
        item->verdict = ITEM_IGNORED;
    else if (run->evaluation.failure.code)
        items_reject(run, item, "ignore_when", NULL);
    else
        items_translate(run, item);
    show_item(run, item);
}

/* Walks the list of `each`, through [*] on its way; true when the list was there. As deep as
 * the path has [*]: the parser bounds it. */
static bool walk_each(struct run *run, yyjson_val *json, const struct path_step *steps,
                      size_t count)
{
    yyjson_arr_iter iter;
    size_t at = 0;

    for (; at < count && steps[at].kind != STEP_EACH && json; at++)
        json = locate_step(json, &steps[at]);
    if (!yyjson_arr_iter_init(json, &iter))
        return false;
    for (yyjson_val *item = yyjson_arr_iter_next(&iter); item; item = yyjson_arr_iter_next(&iter)) {
        yyjson_val **parents = run->evaluation.parents;

        if (at == count) {
            run->evaluation.item = item;
            run_item(run);
            continue;
        }
        memmove(&parents[1], &parents[0], (MAX_PARENTS - 1) * sizeof(yyjson_val *));
        parents[0] = item;
        (void)walk_each(run, item, steps + at + 1, count - at - 1);
        memmove(&parents[0], &parents[1], (MAX_PARENTS - 1) * sizeof(yyjson_val *));
    }
    return true;
}

/* Each piece of a text as an element of a list; true when there was one, or it could not be cut. */
static bool run_pieces(struct run *run, const struct expression *cut)
{
    struct value list;

    for (size_t up = 0; up < MAX_PARENTS; up++)
        run->evaluation.parents[up] = run->evaluation.record;
    run->evaluation.failure = (struct failure){.code = NULL};
    list = evaluate(&run->evaluation, cut);
    if (list.kind == VALUE_FAILED) {
        struct mapping_item *item = items_new(run, run->rule->name);

        items_reject(run, item, "each", NULL);
        show_item(run, item);
        return true;
    }
    for (size_t i = 0; list.kind == VALUE_LIST && i < list.list.count; i++) {
        struct bytes text = evaluate_value_text(&run->evaluation, &list.list.items[i]);
        yyjson_val *item = arena_alloc(run->evaluation.arena, sizeof(*item));

        item->tag = YYJSON_TYPE_STR;
        if (!text.data || !yyjson_set_strn(item, (const char *)text.data, text.len))
            continue;
        run->evaluation.item = item;
        run_item(run);
    }
    return list.kind == VALUE_LIST && list.list.count > 0;
}

/* From what the walk over the record has found already. */
static bool run_each(struct run *run, const struct path *path)
{
    bool slotted = path->slot >= 0;
    size_t skip = slotted ? path->slot_steps : 0;

    for (size_t up = 0; up < MAX_PARENTS; up++)
        run->evaluation.parents[up] = run->evaluation.record;
    return walk_each(run, slotted ? run->evaluation.slots[path->slot] : run->evaluation.record,
                     path->steps + skip, path->count - skip);
}

/* ---- The same entity twice ------------------------------------------------------------ */

static uint64_t hash(struct bytes text)
{
    uint64_t sum = UINT64_C(14695981039346656037); /* FNV-1a */

    for (size_t i = 0; i < text.len; i++)
        sum = (sum ^ text.data[i]) * UINT64_C(1099511628211);
    return sum;
}

static void lose(struct run *run, struct mapping_item *item)
{
    bool filtered = run->rule->same_entity != SAME_ENTITY_REJECT;

    if (item->verdict != ITEM_EVENT)
        return;
    item->verdict = filtered ? ITEM_FILTERED : ITEM_REJECTED;
    item->code = FAIL_BAD_VALUE;
    item->field = "entity";
    item->place = runner_place(run->evaluation.arena, run->rule->entity->place);
    item->detail = "deux éléments d'un enregistrement ont la même identité ; attendu : un seul, ou "
                   "`same_entity: last`";
    if (run->watch && run->watch->same)
        run->watch->same(run->watch->context, item);
}

/* Looks for each event of the rule in those before it; at most half of the table is full. */
static void settle_same(struct run *run, size_t from)
{
    struct mapping_item *items = run->items->items;
    size_t count = run->items->count;
    size_t size = 16;
    size_t *seen;

    while (size < 2 * (count - from))
        size *= 2;
    seen = arena_array(run->evaluation.arena, size, sizeof(*seen)); /* number + 1; 0: free */
    for (size_t i = from; i < count; i++) {
        size_t at = (size_t)hash(items[i].entity) & (size - 1);

        if (items[i].verdict != ITEM_EVENT)
            continue;
        while (seen[at] > 0 && !bytes_equal(items[seen[at] - 1].entity, items[i].entity))
            at = (at + 1) & (size - 1);
        if (seen[at] > 0 && run->rule->same_entity != SAME_ENTITY_FIRST)
            lose(run, &items[seen[at] - 1]);
        if (seen[at] > 0 && run->rule->same_entity != SAME_ENTITY_LAST)
            lose(run, &items[i]);
        if (seen[at] == 0 || run->rule->same_entity == SAME_ENTITY_LAST)
            seen[at] = i + 1;
    }
}

static void run_rule(struct run *run)
{
    const struct record_rule *rule = run->rule;
    size_t before = run->items->count;

    run->evaluation.item = NULL;
    if (rule->each_count == 0) {
        run_item(run);
        return;
    }
    for (size_t i = 0; i < rule->each_count; i++)
        if (rule->pieces[i] ? run_pieces(run, rule->pieces[i]) : run_each(run, rule->each[i]))
            break;
    run->evaluation.item = NULL;
    if (rule->same_entity != SAME_ENTITY_BOTH && run->items->count - before > 1)
        settle_same(run, before);
}

/* ---- The record ----------------------------------------------------------------------- */

static bool any_event(const struct mapping_items *items)
{
    for (size_t i = 0; i < items->count; i++)
        if (items->items[i].verdict == ITEM_EVENT)
            return true;
    return false;
}

/* Names of fields are the mapping's business; those that it does not know may be anything, a
 * person's name among them, so that a dead letter says where and how long, never which. */
static const char *describe_unknown(struct arena *arena, const struct shape_unknown *unknown)
{
    CLEANUP(buffer_deinit) struct buffer place = {0};

    shape_write_place(unknown->below, &place);
    return arena_printf(
        arena,
        "un champ sous %s est inconnu (son nom a %zu octets ; `relais map` le montre) ; attendu : "
        "son nom sous `fields` ou `drop`, ou `unknown_fields: count`",
        buffer_text(&place), unknown->key.len);
}

/* A record that a rule took and that has fields nobody named: counted, or refused. */
static void judge_unknown(struct run *run, const struct shape_unknown *unknown)
{
    struct mapping_items *items = run->items;

    if (unknown->count == 0 || !any_event(items))
        return;
    items->unknown_fields = unknown->count;
    if (run->watch && run->watch->unknown)
        run->watch->unknown(run->watch->context, unknown->key);
    for (size_t i = 0; i < items->count && run->evaluation.mapping->reject_unknown; i++) {
        struct mapping_item *item = &items->items[i];

        if (item->verdict != ITEM_EVENT)
            continue;
        item->verdict = ITEM_REJECTED;
        item->code = FAIL_MAPPING;
        item->field = "";
        item->place = "";
        item->detail = describe_unknown(run->evaluation.arena, unknown);
    }
}

struct bytes runner_utf8(const struct mapping *mapping, struct bytes text, struct arena *arena)
{
    CLEANUP(buffer_deinit) struct buffer decoded = {0};

    if (!mapping->fallback || text.len > MAX_RECORD_BYTES || bytes_is_utf8(text) ||
        !charset_decode(mapping->fallback, text, &decoded))
        return text;
    return arena_copy(arena, buffer_view(&decoded));
}

enum outcome runner_read(const struct mapping *mapping, const struct mapping_input *input,
                         struct arena *arena, const struct runner_watch *watch,
                         struct mapping_items *ret_items, struct error *err)
{
    struct run run = {.evaluation = {.mapping = mapping, .arena = arena, .input = input},
                      .watch = watch,
                      .items = ret_items};
    struct shape_unknown unknown;
    enum outcome outcome;

    *ret_items = (struct mapping_items){0};
    run.evaluation.coverage = watch ? watch->coverage : NULL;
    outcome =
        runner_parse(runner_utf8(mapping, input->body, arena), arena, &run.evaluation.record, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    run.evaluation.slots =
        arena_array(arena, mapping->slot_count + 1, sizeof(*run.evaluation.slots));
    shape_walk(mapping->shape, run.evaluation.record, run.evaluation.slots, &unknown);
    for (size_t i = 0; i < mapping->rule_count && !run.too_many; i++) {
        run.rule = &mapping->rules[i];
        if (run.rule->absent == input->absent)
            run_rule(&run);
    }
    if (run.too_many)
        return error_set(err, OUTCOME_REJECT, "plus de %d éléments dans un enregistrement",
                         MAX_ITEMS);
    if (!input->absent) /* what is left of it may be its key alone */
        judge_unknown(&run, &unknown);
    ret_items->unknown_codes = run.evaluation.unknown_codes;
    if (ret_items->count == 0)
        items_new(&run, "")->verdict = ITEM_FILTERED;
    return OUTCOME_OK;
}
