/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/advice.h"

#include "connectors/mapping/plan.h"

struct advising {
    const struct coverage *coverage;
    struct diagnostics *diagnostics;
    struct arena *arena;
};

/* ---- Records ------------------------------------------------------------------------------ */

/* The rule reads that path; in the expression of that text, unless NULL: there one stands beside
 * the other for when one is not there. */
static bool reads(const struct advising *advising, const struct record_rule *rule, const char *path,
                  const void *text)
{
    const struct rule_column *column = rule->columns;

    while (column &&
           ((text && column->text != text) ||
            strcmp(sightings_path(column->steps, column->count, advising->arena), path) != 0))
        column = column->next;
    return column != NULL;
}

static void advise_path(const struct advising *advising, const struct record_rule *rule,
                        const struct rule_column *column)
{
    const char *path = sightings_path(column->steps, column->count, advising->arena);
    enum sightings_kin kin;
    const char *meant = sightings_find_meant(coverage_records(advising->coverage), column->steps,
                                             column->count, false, advising->arena, &kin);

    if (!meant || reads(advising, rule, meant, column->text) ||
        diagnostics_have(advising->diagnostics, column->place))
        return;
    /* Two names that are only near may both be right, where the rule or `drop` names the other. */
    if (kin != SIGHTINGS_PREFIX &&
        (reads(advising, rule, meant, NULL) || coverage_drops(advising->coverage, meant)))
        return;
    diagnostics_advise(advising->diagnostics, column->place, meant,
                       "rien à %s dans aucun échantillon ; il y a %s", path, meant);
}

static void advise_rule(const struct advising *advising, const struct record_rule *rule)
{
    for (const struct rule_column *column = rule->columns; column; column = column->next)
        advise_path(advising, rule, column);
}

/* ---- Answers ------------------------------------------------------------------------------- */

/* True when one path of the expression finds something in an answer. As deep as the expression. */
static bool finds(const struct sightings *answers, const struct expression *expression)
{
    if (expression->kind == EXPRESSION_PATH)
        return expression->path->root != ROOT_RECORD ||
               sightings_have(answers, expression->path->steps, expression->path->count);
    for (size_t i = 0; i < expression->count; i++)
        if (finds(answers, expression->args[i]))
            return true;
    return false;
}

/* As deep as the expression. */
static void advise_answer(const struct advising *advising, const struct sightings *answers,
                          const struct expression *expression)
{
    const struct path *path = expression->path;
    enum sightings_kin kin;
    const char *meant;

    for (size_t i = 0; i < expression->count; i++)
        advise_answer(advising, answers, expression->args[i]);
    if (expression->kind != EXPRESSION_PATH)
        return;
    meant = sightings_find_meant(answers, path->steps, path->count, true, advising->arena, &kin);
    if (meant && !diagnostics_have(advising->diagnostics, expression->place))
        diagnostics_advise(advising->diagnostics, expression->place, meant,
                           "rien à %s dans aucune réponse ; il y a %s",
                           sightings_path(path->steps, path->count, advising->arena), meant);
}

static void advise_call(const struct advising *advising, const struct call_rule *call)
{
    const struct sightings *answers = coverage_answers(advising->coverage, call);

    for (size_t i = 0; answers && i < call->remember_count; i++)
        if (call->remember[i].key && !finds(answers, call->remember[i].key))
            advise_answer(advising, answers, call->remember[i].key);
    if (answers && call->receiver_ref && !finds(answers, call->receiver_ref))
        advise_answer(advising, answers, call->receiver_ref);
}

void advice_give(const struct coverage *coverage, struct diagnostics *diagnostics)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    const struct mapping *mapping = coverage_mapping(coverage);
    const struct advising advising = {coverage, diagnostics, &arena};

    arena_init(&arena);
    for (size_t i = 0; i < mapping->rule_count; i++)
        if (coverage_saw(coverage, &mapping->rules[i]))
            advise_rule(&advising, &mapping->rules[i]);
    for (size_t i = 0; i < mapping->delivery_count; i++)
        for (size_t j = 0; j < mapping->deliveries[i].call_count; j++)
            advise_call(&advising, &mapping->deliveries[i].calls[j]);
}
