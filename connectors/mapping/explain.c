/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/explain.h"

#include <stdlib.h>

#include "base/file.h"
#include "connectors/mapping/coverage.h"
#include "connectors/mapping/explain_choices.h"
#include "connectors/mapping/explain_completion.h"
#include "connectors/mapping/explain_delivery.h"
#include "connectors/mapping/explain_text.h"
#include "connectors/mapping/explain_unknown.h"
#include "connectors/mapping/functions.h"
#include "connectors/mapping/locate.h"
#include "connectors/mapping/runner.h"
#include "connectors/mapping/sample.h"
#include "connectors/mapping/tables.h"
#include "connectors/mapping/times.h"
#include "schemas/enums.h"

#define MAX_FILE ((size_t)4 * 1024 * 1024)

struct explaining {
    struct arena *arena;
    struct buffer *out;
    bool sources;
    struct coverage *coverage;
    const struct mapping *mapping;
    struct buffer unknown; /* the fields that nobody names */
    size_t unknown_count;
    struct buffer fields; /* of the item at hand, printed behind its own line */
    bool failure_shown;   /* in one of them */
};

/* ---- Values --------------------------------------------------------------------------- */

static void write_json(yyjson_val *json, bool personal, struct buffer *out)
{
    size_t len = 0;
    char *text = yyjson_val_write(json, YYJSON_WRITE_NOFLAG, &len);

    if (text)
        explain_text_value(bytes_of(text, len), personal, out);
    free(text);
}

/* A value as the record has it. */
static void write_value(struct evaluation *evaluation, const struct value *value, bool personal,
                        struct buffer *out)
{
    switch (value->kind) {
    case VALUE_MISSING:
        buffer_append_text(out, "(absent)");
        break;
    case VALUE_NULL:
        buffer_append_text(out, "null");
        break;
    case VALUE_TEXT:
        buffer_append_text(out, "\"");
        explain_text_value(value->text, personal, out);
        buffer_append_text(out, "\"");
        break;
    case VALUE_NODE:
        write_json(value->node, personal, out);
        break;
    case VALUE_LIST:
        buffer_printf(out, "%zu valeurs", value->list.count);
        break;
    case VALUE_NUMBER:
    case VALUE_BOOL:
    case VALUE_INTEGER:
    case VALUE_TIME:
    case VALUE_DATE:
    case VALUE_REGIONAL:
    case VALUE_OPERATOR_OF:
    case VALUE_FAILED:
    default:
        explain_text_value(evaluate_value_text(evaluation, value), personal, out);
    }
}

/* What stands in the event now. */
static void write_target(struct explaining *explaining, const struct assignment *assignment,
                         const struct mapping_item *item, struct evaluation *evaluation)
{
    const struct field *field = assignment->field;
    struct buffer *out = &explaining->fields;
    struct path path = {.root = assignment->contact ? ROOT_CONTACT : ROOT_EVENT};
    struct delivery_input input = {.event = &item->event, .contact = &item->contact};
    struct evaluation reading = {
        .mapping = evaluation->mapping, .arena = explaining->arena, .delivery = &input};
    struct value value;

    path.fields[assignment->contact ? EVENT_NONE : item->event.type] = field;
    if (field->type == FIELD_RECORD)
        path.inner = field_find(field->record, BYTES_LITERAL("id"));
    value = locate_value(&reading, &path);
    if (value.kind == VALUE_LIST) {
        for (size_t i = 0; i < value.list.count; i++) {
            buffer_append_text(out, i > 0 ? ", " : "");
            explain_text_value(value.list.items[i].text, assignment->contact, out);
        }
    } else if (value.kind == VALUE_TEXT && field->type == FIELD_RECORD) {
        explain_text_id(value.text, out);
    } else if (value.kind == VALUE_TEXT) {
        explain_text_value(value.text, assignment->contact, out);
    } else {
        write_value(&reading, &value, assignment->contact, out);
    }
}

/* The alternative of first_of or default that counts: the first that is there, or that fails. Tried
 * on a copy: a second look is noted nowhere. */
static size_t chosen_alternative(const struct evaluation *evaluation,
                                 const struct expression *expression)
{
    struct evaluation trial = *evaluation;
    size_t at = 0;

    trial.coverage = NULL;
    trial.failure = (struct failure){.code = NULL};
    for (; at < expression->count; at++) {
        struct value value = evaluate(&trial, expression->args[at]);

        if (value.kind == VALUE_FAILED || evaluate_is_present(&trial, &value))
            break;
    }
    return at;
}

static bool is_default(const struct expression *expression)
{
    return expression->kind == EXPRESSION_CALL &&
           expression->function->call == functions_call_default;
}

static bool has_alternatives(const struct expression *expression)
{
    return is_default(expression) || (expression->kind == EXPRESSION_CALL &&
                                      expression->function->call == functions_call_first_of);
}

/* Each path of the expression with what it found; of alternatives, which one counts. That a
 * default was not needed goes without saying. */
static void write_sources(struct evaluation *evaluation, const struct expression *expression,
                          bool personal, struct buffer *out)
{
    size_t chosen =
        has_alternatives(expression) ? chosen_alternative(evaluation, expression) : SIZE_MAX;
    bool said = chosen > 0 || !is_default(expression);

    if (expression->kind == EXPRESSION_PATH) {
        struct value value = locate_value(evaluation, expression->path);

        buffer_printf(out, "  %.*s = ", BYTES_ARG(expression->source));
        write_value(evaluation, &value, personal || expression->path->personal, out);
    }
    for (size_t i = 0; i < expression->count; i++) {
        if (i == chosen && expression->args[i]->kind == EXPRESSION_CONSTANT)
            buffer_printf(out, "  %.*s", BYTES_ARG(expression->args[i]->source));
        write_sources(evaluation, expression->args[i], personal, out);
        if (i == chosen && said)
            buffer_append_text(out, " (retenu)");
    }
}

static void write_functions(struct buffer *out, const struct expression *expression)
{
    if (expression->kind != EXPRESSION_CALL)
        return;
    if (expression->count > 0)
        write_functions(out, expression->args[0]);
    buffer_printf(out, "  %s", expression->function->name);
    if (expression->prepared && strcmp(expression->function->name, "code") == 0) {
        const struct code_table *table = expression->prepared;
        struct bytes name = table->name.data ? table->name : BYTES_LITERAL("…");

        buffer_printf(out, "(%.*s)", BYTES_ARG(name));
    }
    if (expression->prepared && expression->function->call == functions_call_lookup)
        buffer_printf(
            out, "(%.*s)",
            BYTES_ARG(((const struct functions_lookup *)expression->prepared)->table->name));
}

/* "  <-" and where a value comes from. */
static void write_origin(const struct explaining *explaining, struct evaluation *evaluation,
                         const struct expression *expression, bool personal, struct buffer *out)
{
    struct failure kept = evaluation->failure;

    if (!explaining->sources || !expression || expression->kind == EXPRESSION_CONSTANT ||
        (kept.code && strcmp(kept.code, FAIL_PERSONAL_DATA) == 0))
        return;
    buffer_append_text(out, "  <-");
    write_sources(evaluation, expression, personal, out);
    write_functions(out, expression);
    evaluation->failure = kept;
}

/* ---- Watching ------------------------------------------------------------------------- */

static bool is_occurred_at(const struct assignment *assignment)
{
    return !assignment->contact && strcmp(assignment->field->name, "occurred_at") == 0;
}

static void watch_field(void *context, const struct assignment *assignment,
                        const struct mapping_item *item, struct evaluation *evaluation)
{
    struct explaining *explaining = context;
    struct buffer *out = &explaining->fields;

    /* Shown with its offset and precision once all is known. */
    if (!evaluation->failure.code && is_occurred_at(assignment))
        return;
    explaining->failure_shown = evaluation->failure.code != NULL;
    buffer_printf(out, "    %-24s ", assignment->target);
    if (evaluation->failure.code && evaluation->failure.shown.data) {
        buffer_printf(out, "%s \"", evaluation->failure.what);
        explain_text_value(evaluation->failure.shown, assignment->contact, out);
        buffer_append_text(out, "\"");
    } else if (evaluation->failure.code) {
        buffer_append_text(out, evaluation->failure.what);
    } else {
        write_target(explaining, assignment, item, evaluation);
    }
    write_origin(explaining, evaluation, assignment->expression, assignment->contact, out);
    buffer_append_text(out, "\n");
}

static const char *const verdicts[] = {
    [ITEM_EVENT] = "accepté",
    [ITEM_FILTERED] = "filtré",
    [ITEM_IGNORED] = "ignoré (notre propre écriture)",
    [ITEM_REJECTED] = "rejeté",
};

static void write_handoff(struct buffer *out, const char *what, const struct handoff_key *key)
{
    static const char *const hows[] = {"own", "given", "link", "by_person"};

    buffer_printf(out, "    %-24s %s", what, hows[key->how]);
    if (key->how == HANDOFF_BY_LINK && key->kind.data)
        buffer_printf(out, " %.*s", BYTES_ARG(key->kind));
    if (key->how == HANDOFF_OPENS)
        return;
    buffer_append_text(out, " ");
    explain_text_id(key->key.data ? key->key : BYTES_LITERAL("(none)"), out);
}

/* As their clock showed it, with its offset and how exact it is: what the event says, whether
 * `fields` or `version` says when. */
static void write_occurred_at(struct explaining *explaining, const struct record_rule *rule,
                              const struct mapping_item *item, struct evaluation *evaluation)
{
    const struct envelope *envelope = &item->event.envelope;
    int32_t known = envelope->occurred_at_offset_min;
    int32_t offset = known == NO_INT ? 0 : known;
    int32_t minutes = offset < 0 ? -offset : offset;
    int64_t local_us = envelope->occurred_at + offset * INT64_C(60000000);
    struct buffer *out = explaining->out;

    buffer_printf(out, "    %-24s ", "occurred_at");
    times_write(BYTES_LITERAL("%Y-%m-%dT%H:%M:%S"), (struct moment){local_us, 0, 0}, NULL, out);
    buffer_printf(out, "%c%02d:%02d, précision %s", offset < 0 ? '-' : '+', minutes / 60,
                  minutes % 60, enum_time_precision.symbols[envelope->occurred_at_precision]);
    write_origin(explaining, evaluation,
                 rule->occurred_at ? rule->occurred_at->expression : rule->version, false, out);
    buffer_append_text(out, "\n");
}

static void write_details(struct explaining *explaining, const struct record_rule *rule,
                          const struct mapping_item *item, struct evaluation *evaluation)
{
    struct buffer *out = explaining->out;

    write_handoff(out, "handoff", &item->handoff);
    if (rule->handoff_count == 1) /* of several, the first whose key is there */
        write_origin(explaining, evaluation, rule->handoff[0].key, false, out);
    buffer_append_text(out, "\n");
    if (rule->parent_count > 0 && item->parent.key.data) {
        write_handoff(out, "parent", &item->parent);
        buffer_append_text(out, "\n");
    }
    for (size_t i = 0; i < item->link_count; i++) {
        buffer_printf(out, "    %-24s %.*s = ", "link", BYTES_ARG(item->links[i].kind));
        explain_text_id(item->links[i].key, out);
        buffer_append_text(out, "\n");
    }
    if (item->has_echo) {
        buffer_printf(out, "    %-24s ", "echo");
        explain_text_echo(&item->echo, out);
        buffer_append_text(out, "\n");
    }
    if (item->event.envelope.test)
        buffer_append_text(out, "    test                     true\n");
    write_occurred_at(explaining, rule, item, evaluation);
    buffer_append_bytes(out, buffer_view(&explaining->fields));
}

/* The line of the connector's file, with carets, as for a mistake in it. */
static void quote_line(const struct explaining *explaining, const struct failure *failure)
{
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    CLEANUP(buffer_deinit) struct buffer file = {0};
    CLEANUP(buffer_deinit) struct buffer quoted = {0};
    struct place place = failure->place;
    const char *slash = place.file ? strrchr(place.file, '/') : NULL;
    bool at_start = true;

    if (!place.file || file_read(place.file, MAX_FILE, FILE_ANY, &file, NULL) != OUTCOME_OK)
        return;
    place.file = slash ? slash + 1 : place.file;
    diagnostics_add_source(diagnostics, place.file, buffer_view(&file));
    diagnostics_add(diagnostics, place, failure->expected, "%s", failure->code);
    diagnostics_write(diagnostics, &quoted);
    for (size_t i = 0; i < quoted.len; i++) {
        if (at_start)
            buffer_append_text(explaining->out, "      ");
        buffer_append_byte(explaining->out, quoted.data[i]);
        at_start = quoted.data[i] == '\n';
    }
}

static void write_rejection(const struct explaining *explaining, const struct mapping_item *item,
                            const struct failure *failure)
{
    struct buffer *out = explaining->out;

    buffer_append_bytes(out, buffer_view(&explaining->fields));
    if (!explaining->failure_shown) {
        buffer_printf(out, "    %-24s %s", item->field, failure->what ? failure->what : "");
        if (failure->shown.data) {
            buffer_append_text(out, " \"");
            explain_text_value(failure->shown, false, out);
            buffer_append_text(out, "\"");
        }
        buffer_append_text(out, "\n");
    }
    quote_line(explaining, failure);
}

static void watch_item(void *context, const struct record_rule *rule,
                       const struct mapping_item *item, struct evaluation *evaluation)
{
    struct explaining *explaining = context;
    struct buffer *out = explaining->out;

    buffer_printf(out, "  %s  ", rule->name);
    explain_text_id(item->entity.data ? item->entity : BYTES_LITERAL("?"), out);
    if (item->version.len > 0) {
        buffer_append_text(out, "  version ");
        if (rule->version && rule->version->type == TYPE_TIME)
            times_write(BYTES_LITERAL("iso"),
                        (struct moment){item->event.envelope.source_version, 0, 0}, NULL, out);
        else
            explain_text_id(item->version, out);
    }
    buffer_printf(out, "  %s\n",
                  item->verdict == ITEM_EVENT && explaining->mapping->reject_unknown &&
                          explaining->unknown_count > 0
                      ? "rejeté : champs inconnus"
                      : verdicts[item->verdict]);
    if (item->verdict == ITEM_EVENT)
        write_details(explaining, rule, item, evaluation);
    if (item->verdict == ITEM_REJECTED) {
        coverage_note_rejection(explaining->coverage);
        write_rejection(explaining, item, &evaluation->failure);
    }
    buffer_clear(&explaining->fields);
    explaining->failure_shown = false;
}

static void watch_unknown(void *context, struct bytes name)
{
    struct explaining *explaining = context;

    (void)name;
    if (explaining->mapping->reject_unknown)
        coverage_note_rejection(explaining->coverage);
    explain_unknown_head(explaining->mapping, explaining->unknown_count, explaining->out);
    explain_text_whole(buffer_view(&explaining->unknown), explaining->out);
}

static void watch_same(void *context, const struct mapping_item *item)
{
    struct explaining *explaining = context;

    if (item->verdict == ITEM_REJECTED)
        coverage_note_rejection(explaining->coverage);
    buffer_printf(explaining->out, "  %s  ", item->rule);
    explain_text_id(item->entity, explaining->out);
    buffer_printf(explaining->out, "  %s : un autre élément a la même identité\n",
                  verdicts[item->verdict]);
}

static enum outcome explain_input(const struct mapping *mapping, const struct mapping_input *input,
                                  struct coverage *coverage, struct explaining *explaining,
                                  struct error *err)
{
    struct runner_watch watch = {explaining,    watch_item, watch_field,
                                 watch_unknown, watch_same, coverage};
    struct mapping_items items;
    yyjson_val *record = NULL;
    enum outcome outcome;

    if (runner_parse(runner_utf8(mapping, input->body, explaining->arena), explaining->arena,
                     &record, NULL) == OUTCOME_OK) {
        if (!input->absent)
            explaining->unknown_count = explain_unknown_list(mapping, record, &explaining->unknown);
        if (coverage)
            coverage_take_record(coverage, record);
    }
    outcome = runner_read(mapping, input, explaining->arena, &watch, &items, err);
    if (outcome == OUTCOME_OK &&
        (items.count == 0 || (items.count == 1 && items.items[0].rule[0] == '\0')))
        buffer_append_text(explaining->out,
                           "  aucune règle ne le prend                             filtré\n");
    else if (outcome == OUTCOME_OK && record)
        explain_choices(mapping, record, explaining->out);
    return outcome;
}

enum outcome explain_record(const struct mapping *mapping, const struct mapping_input *input,
                            bool sources, struct coverage *coverage, struct buffer *out,
                            struct error *err)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    struct explaining explaining = {
        .arena = &arena, .out = out, .sources = sources, .coverage = coverage, .mapping = mapping};
    struct mapping_input received = *input;
    struct explain_completion completing = {mapping, NULL, coverage, &arena, out};
    yyjson_val *root = NULL;
    bool whole = true;
    enum outcome outcome = OUTCOME_OK;

    arena_init(&arena);
    (void)!runner_parse(input->body, &arena, &root, NULL);
    completing.root = root;
    if (sample_is_receipt(root)) {
        sample_receipt(root, &arena, &received);
        outcome = explain_completion(&completing, &received, &whole, err);
    }
    if (!whole)
        return outcome;
    if (sample_is_delivery(root))
        outcome = explain_delivery(
            &(struct explain_delivery){mapping, root, coverage, &arena, out, sources}, err);
    else
        outcome = explain_input(mapping, &received, coverage, &explaining, err);
    buffer_deinit(&explaining.fields);
    buffer_deinit(&explaining.unknown);
    return outcome;
}
