/* SPDX-License-Identifier: Apache-2.0
 *
 * One walk over the record fills the slots; then each rule is tried, and each item of its
 * list. Nothing is remembered between records.
 */
#include "connectors/mapping/runner.h"

#include "connectors/mapping/store.h"

#define MAX_RECORD_BYTES ((size_t)8 * 1024 * 1024)
#define MAX_ITEMS 10000

struct run {
    struct evaluation evaluation;
    const struct runner_watch *watch;
    struct mapping_items *items;
    size_t capacity;
    const struct record_rule *rule;
    bool too_many;
};

/* ---- JSON ----------------------------------------------------------------------------- */

/* yyjson asks an allocator of ours: the arena. Freed with it. Its reader does not recurse, and
 * nothing here goes deeper than the plan's longest path: the record's depth needs no bound. */
static void *allocate(void *context, size_t size)
{
    return arena_alloc(context, size);
}

static void *reallocate(void *context, void *old, size_t old_size, size_t size)
{
    void *memory = arena_alloc(context, size);

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
        return error_set(err, OUTCOME_REJECT, "longer than 8 MiB");
    if (text.len >= 3 && memcmp(text.data, "\xEF\xBB\xBF", 3) == 0)
        text = bytes_of(text.data + 3, text.len - 3);
    /* In situ, texts stay where they are: one copy instead of one a text. */
    copy = arena_alloc(arena, text.len + YYJSON_PADDING_SIZE);
    if (text.len > 0)
        memcpy(copy, text.data, text.len);
    document = yyjson_read_opts(copy, text.len, YYJSON_READ_INSITU | YYJSON_READ_NUMBER_AS_RAW,
                                &allocator, &why);
    if (!document)
        return error_set(err, OUTCOME_REJECT, "not JSON: %s at byte %zu", why.msg, why.pos);
    *ret_root = yyjson_doc_get_root(document);
    return OUTCOME_OK;
}

/* ---- Items ---------------------------------------------------------------------------- */

const char *runner_place(struct arena *arena, struct place place)
{
    const char *slash = place.file ? strrchr(place.file, '/') : NULL;

    return arena_printf(arena, "%s:%d:%d",
                        slash        ? slash + 1
                        : place.file ? place.file
                                     : "",
                        place.line, place.column);
}

/* Grows by doubling in the arena. */
static struct mapping_item *item_new(struct run *run, const char *rule)
{
    struct mapping_items *items = run->items;
    struct mapping_item *item;

    if (items->count == run->capacity) {
        size_t capacity = run->capacity > 0 ? run->capacity * 2 : 1;
        struct mapping_item *grown = arena_array(run->evaluation.arena, capacity, sizeof(*grown));

        if (items->count > 0)
            memcpy(grown, items->items, items->count * sizeof(*grown));
        items->items = grown;
        run->capacity = capacity;
    }
    item = &items->items[items->count++];
    item->rule = rule; /* the arena gave it zeroed */
    return item;
}

/* A value of a code list may be shown when it is short and its field is known and not personal:
 * an entity, a link or a condition may be about anything. */
static bool may_show(const struct failure *failure, const struct assignment *assignment)
{
    return strcmp(failure->code, FAIL_UNKNOWN_CODE) == 0 && failure->shown.data &&
           failure->shown.len <= 40 && assignment && !(assignment->field->flags & FIELD_PERSONAL);
}

/* The dead letter's reason from the evaluation's failure. */
static void reject(struct run *run, struct mapping_item *item, const char *field,
                   const struct assignment *assignment)
{
    struct arena *arena = run->evaluation.arena;
    struct failure *failure = &run->evaluation.failure;
    const char *expected = failure->expected;

    item->verdict = ITEM_REJECTED;
    item->code = failure->code;
    item->field = field;
    item->place = runner_place(arena, failure->place);
    if (may_show(failure, assignment))
        item->detail =
            arena_printf(arena, "%s \"%.*s\"%s%s", failure->what, BYTES_ARG(failure->shown),
                         expected ? "; expected " : "", expected ? expected : "");
    else
        item->detail = arena_printf(arena, "%s%s%s", failure->what, expected ? "; expected " : "",
                                    expected ? expected : "");
}

static void reject_missing(struct run *run, struct mapping_item *item, const char *field,
                           struct place place)
{
    run->evaluation.failure =
        (struct failure){FAIL_MISSING_FIELD, place, "no value", "one in the record", BYTES_NONE};
    reject(run, item, field, NULL);
}

/* ---- The event ------------------------------------------------------------------------ */

static void init_event(const struct record_rule *rule, struct mapping_item *item)
{
    item->event.type = rule->emit;
    record_init(rule->table, &item->event.envelope);
    record_init(&contact_table, &item->contact);
    item->event.envelope.occurred_at_offset_min = NO_INT;
}

static bool assign(struct run *run, const struct assignment *assignment, struct mapping_item *item)
{
    void *base = assignment->contact ? (void *)&item->contact : (void *)&item->event.envelope;
    bool present;
    bool good = store_assign(&run->evaluation, assignment, base, &present);

    if (good && present && assignment->contact)
        item->has_contact = true;
    if (good && !present && assignment->is_status) {
        good = false;
        run->evaluation.failure = (struct failure){FAIL_MISSING_FIELD, assignment->place,
                                                   "no value", "the status", BYTES_NONE};
    }
    if (!good)
        reject(run, item, assignment->target, assignment);
    if (run->watch && run->watch->field)
        run->watch->field(run->watch->context, assignment, item, &run->evaluation);
    return good;
}

/* The version as text and number, and when it happened. */
static bool read_version(struct run *run, struct mapping_item *item)
{
    const struct record_rule *rule = run->rule;
    struct envelope *envelope = &item->event.envelope;
    struct value value;

    envelope->source_version = 0;
    item->version = BYTES_LITERAL("");
    item->version_strict = rule->version_strict;
    if (!rule->version)
        return true;
    value = evaluate(&run->evaluation, rule->version);
    if (value.kind == VALUE_FAILED) {
        reject(run, item, "version", NULL);
        return false;
    }
    if (value.kind == VALUE_TIME) {
        envelope->source_version = value.moment.us;
        run->evaluation.moment_us = value.moment.us;
        if (!rule->occurred_at) {
            envelope->occurred_at = value.moment.us;
            envelope->occurred_at_offset_min = value.moment.offset_min;
            envelope->occurred_at_precision = value.moment.precision;
        }
    } else if (!evaluate_is_present(&run->evaluation, &value)) {
        return true;
    } else {
        struct bytes text = evaluate_value_text(&run->evaluation, &value);

        if (!bytes_to_int64(bytes_trim(text), &envelope->source_version)) {
            (void)evaluate_fail(&run->evaluation, rule->version, FAIL_BAD_VALUE, "not a version",
                                "a whole number, or a time", BYTES_NONE);
            reject(run, item, "version", NULL);
            return false;
        }
    }
    item->version = evaluate_integer_text(run->evaluation.arena, envelope->source_version);
    return true;
}

static bool read_time(struct run *run, struct mapping_item *item)
{
    const struct record_rule *rule = run->rule;
    struct envelope *envelope = &item->event.envelope;

    envelope->occurred_at = NO_TIME;
    if (!read_version(run, item) || (rule->occurred_at && !assign(run, rule->occurred_at, item)))
        return false;
    if (envelope->occurred_at == NO_TIME) {
        reject_missing(run, item, "occurred_at",
                       rule->occurred_at ? rule->occurred_at->place : rule->version->place);
        return false;
    }
    if (run->evaluation.moment_us == NO_TIME)
        run->evaluation.moment_us = envelope->occurred_at;
    return true;
}

/* ---- Hand-over, links, echo ----------------------------------------------------------- */

static struct bytes text_of(struct run *run, const struct expression *expression)
{
    bool failed;

    return expression ? evaluate_text(&run->evaluation, expression, &failed) : BYTES_NONE;
}

static struct handoff_key read_handoff(struct run *run, const struct handoff_choice *choices,
                                       size_t count)
{
    struct handoff_key key = {.how = count > 0 ? choices[count - 1].how : HANDOFF_OPENS};

    for (size_t i = 0; i < count && !run->evaluation.failure.code; i++) {
        key.how = choices[i].how;
        key.kind = text_of(run, choices[i].kind);
        key.key = text_of(run, choices[i].key);
        if (key.key.data || key.how == HANDOFF_OPENS)
            break;
    }
    if (key.how == HANDOFF_BY_PERSON)
        key.kind = BYTES_LITERAL("person");
    return key;
}

static void read_links(struct run *run, struct mapping_item *item)
{
    const struct record_rule *rule = run->rule;
    struct link_note *links =
        arena_array(run->evaluation.arena, rule->link_count + 1, sizeof(*links));

    for (size_t i = 0; i < rule->link_count; i++) {
        struct bytes key = text_of(run, rule->links[i].key);

        if (key.data)
            links[item->link_count++] = (struct link_note){rule->links[i].kind.text, key};
    }
    item->links = links;
}

static void read_echo(struct run *run, struct mapping_item *item)
{
    const struct echo_rule *rule = &run->rule->echo;

    item->echo.of = text_of(run, rule->of);
    item->echo.says = text_of(run, rule->says);
    /* A record that says nothing of what we write cannot repeat it. */
    item->has_echo = item->echo.of.data && item->echo.says.data;
}

static bool read_identity(struct run *run, struct mapping_item *item)
{
    const struct record_rule *rule = run->rule;

    item->entity = text_of(run, rule->entity);
    if (!item->entity.data) {
        if (run->evaluation.failure.code)
            reject(run, item, "entity", NULL);
        else
            reject_missing(run, item, "entity", rule->entity->place);
        return false;
    }
    item->handoff = read_handoff(run, rule->handoff, rule->handoff_count);
    item->parent = read_handoff(run, rule->parent, rule->parent_count);
    read_links(run, item);
    read_echo(run, item);
    if (rule->test)
        item->event.envelope.test = evaluate_is_true(&run->evaluation, rule->test);
    if (run->evaluation.failure.code) {
        reject(run, item, "handoff", NULL);
        return false;
    }
    return true;
}

/* ---- Rules ---------------------------------------------------------------------------- */

static void translate(struct run *run, struct mapping_item *item)
{
    const struct record_rule *rule = run->rule;

    init_event(rule, item);
    if (!read_time(run, item) || !read_identity(run, item))
        return;
    for (size_t i = 0; i < rule->assignment_count; i++)
        if (&rule->assignments[i] != rule->occurred_at && !assign(run, &rule->assignments[i], item))
            return;
    item->verdict = ITEM_EVENT;
}

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
    item = item_new(run, run->rule->name);
    item->verdict = ITEM_FILTERED;
    if (run->evaluation.failure.code)
        reject(run, item, "when", NULL);
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
    item = item_new(run, rule->name);
    if (rule->ignore_when && evaluate_is_true(&run->evaluation, rule->ignore_when))
        item->verdict = ITEM_IGNORED;
    else if (run->evaluation.failure.code)
        reject(run, item, "ignore_when", NULL);
    else
        translate(run, item);
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
        json = steps[at].kind == STEP_KEY
                   ? yyjson_obj_getn(json, (const char *)steps[at].key.data, steps[at].key.len)
                   : yyjson_arr_get(json, steps[at].index);
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

static void run_rule(struct run *run)
{
    const struct record_rule *rule = run->rule;

    run->evaluation.item = NULL;
    if (rule->each_count == 0) {
        run_item(run);
        return;
    }
    for (size_t i = 0; i < rule->each_count; i++) {
        for (size_t up = 0; up < MAX_PARENTS; up++)
            run->evaluation.parents[up] = run->evaluation.record;
        if (walk_each(run, run->evaluation.record, rule->each[i]->steps, rule->each[i]->count))
            break;
    }
    run->evaluation.item = NULL;
}

/* ---- The record ----------------------------------------------------------------------- */

static bool any_event(const struct mapping_items *items)
{
    for (size_t i = 0; i < items->count; i++)
        if (items->items[i].verdict == ITEM_EVENT)
            return true;
    return false;
}

/* A record that a rule took and that has fields nobody named: counted, or refused. */
static void judge_unknown(struct run *run, size_t unknown, struct bytes name)
{
    struct mapping_items *items = run->items;

    if (unknown == 0 || !any_event(items))
        return;
    items->unknown_fields = unknown;
    if (run->watch && run->watch->unknown)
        run->watch->unknown(run->watch->context, name);
    for (size_t i = 0; i < items->count && run->evaluation.mapping->reject_unknown; i++) {
        struct mapping_item *item = &items->items[i];

        if (item->verdict != ITEM_EVENT)
            continue;
        item->verdict = ITEM_REJECTED;
        item->code = FAIL_MAPPING;
        item->field = "";
        item->place = "";
        item->detail = arena_printf(run->evaluation.arena,
                                    "source field \"%.*s\" is unknown; expected it under `fields` "
                                    "or `drop`, or `unknown_fields: count`",
                                    (int)(name.len < 40 ? name.len : 40), (const char *)name.data);
    }
}

enum outcome runner_read(const struct mapping *mapping, const struct mapping_input *input,
                         struct arena *arena, const struct runner_watch *watch,
                         struct mapping_items *ret_items, struct error *err)
{
    struct run run = {.evaluation = {.mapping = mapping, .arena = arena, .input = input},
                      .watch = watch,
                      .items = ret_items};
    struct bytes name = BYTES_NONE;
    size_t unknown;
    enum outcome outcome;

    *ret_items = (struct mapping_items){0};
    outcome = runner_parse(input->body, arena, &run.evaluation.record, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    run.evaluation.slots =
        arena_array(arena, mapping->slot_count + 1, sizeof(*run.evaluation.slots));
    unknown = shape_walk(mapping->shape, run.evaluation.record, run.evaluation.slots, &name);
    for (size_t i = 0; i < mapping->rule_count && !run.too_many; i++) {
        run.rule = &mapping->rules[i];
        run_rule(&run);
    }
    if (run.too_many)
        return error_set(err, OUTCOME_REJECT, "more than %d items in one record", MAX_ITEMS);
    judge_unknown(&run, unknown, name);
    if (ret_items->count == 0)
        item_new(&run, "")->verdict = ITEM_FILTERED;
    return OUTCOME_OK;
}
