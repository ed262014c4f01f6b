/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/completing.h"

#include <stdio.h>
#include <stdlib.h>

#include "connectors/mapping/completion.h"

enum answer_count { ANSWER_KINDS = COMPLETION_REFUSED + 2, ANSWER_NONE = COMPLETION_REFUSED + 1 };

struct completing {
    struct stage stage;
    struct completing_options options;
    struct arena arena; /* of one record's completion */
    struct metric *answers[ANSWER_KINDS];
    uint64_t completed; /* in all */
};

static struct completing *of(struct stage *stage)
{
    return (struct completing *)stage;
}

/* ---- One record ------------------------------------------------------------------------ */

static struct mapping_input input_of(const struct record *record)
{
    return (struct mapping_input){.body = record->body,
                                  .headers = record->headers,
                                  .header_count = record->header_count,
                                  .file = record->file,
                                  .line = record->line};
}

/* How long a call for it may take: 0, as long as their system is given; -1: its sender has been
 * told "later". */
static int32_t time_left(const struct completing *self, const struct record *record)
{
    int64_t left_ms = record->until_ms - clock_mono_ms(self->options.shared->clock);

    if (record->until_ms == 0)
        return 0;
    if (left_ms <= 0)
        return -1;
    return left_ms < INT32_MAX ? (int32_t)left_ms : INT32_MAX;
}

static void set_reason(const struct completion *completion, struct result *result)
{
    const char *code;
    const char *detail;

    completion_reason(completion, &code, &detail);
    result_set(result, OUTCOME_REJECT, code, detail);
}

/* Nobody is called, so nobody failed. */
static bool wait_for(struct result *result, const char *what)
{
    result_set(result, OUTCOME_RETRY, "", what);
    result->waits = true;
    return false;
}

/* True when its answer was taken; else `result` says what next. */
static bool fetch(struct completing *self, const struct record *record,
                  struct completion *completion, const struct completion_call *call,
                  struct result *result)
{
    struct connector *source = self->options.source;
    struct http_response response = {0};
    struct error err = {0};
    int32_t timeout_ms = time_left(self, record);
    enum completion_answer answer;
    enum outcome outcome;
    char text[96];

    if (timeout_ms < 0)
        return wait_for(result, "son émetteur a été prié de le renvoyer");
    if (source->ops->fetch_closed_until && source->ops->fetch_closed_until(source) > 0)
        return wait_for(result, "leur système est fermé à cette heure");
    outcome = source->ops->fetch(source, call->path, timeout_ms, &self->arena, &response, &err);
    if (outcome != OUTCOME_OK) {
        metric_add(self->answers[ANSWER_NONE], 1);
        (void)error_wrap(&err, "%s", call->name);
        result_set(result, outcome, outcome == OUTCOME_REJECT ? "detail_unavailable" : "",
                   err.text);
        return false;
    }
    answer = completion_answer(completion, &response);
    metric_add(self->answers[answer], 1);
    if (answer == COMPLETION_TAKEN || answer == COMPLETION_GONE)
        return true;
    (void)snprintf(text, sizeof(text), "%s : statut %d%s", call->name, (int)response.status,
                   answer == COMPLETION_UNREADABLE ? ", et pas de JSON" : "");
    result_set(result, OUTCOME_RETRY, "", text);
    if (answer == COMPLETION_REFUSED)
        set_reason(completion, result);
    return false;
}

/* The record has its own copy until its batch is let go. */
static void keep(struct record *record, struct bytes whole)
{
    record->completed.body = xcalloc(1, whole.len + 1);
    memcpy(record->completed.body, whole.data, whole.len);
    record->body = bytes_of(record->completed.body, whole.len);
}

static void take_whole(struct completing *self, struct record *record,
                       const struct completion *completion, struct result *result)
{
    struct bytes whole = completion_record(completion);

    if (whole.len > RECORD_BODY_MOST) {
        result_set(result, OUTCOME_REJECT, "too_large", "avec ses détails");
        return;
    }
    keep(record, whole);
    self->completed++;
}

static void complete(struct completing *self, struct record *record, struct result *result)
{
    struct mapping_input input = input_of(record);
    struct completion *completion = NULL;
    struct completion_call call = {0};
    struct error err = {0};
    enum completion_step step;

    if (record->completed.body || record->defect || record->body.len > RECORD_BODY_MOST)
        return; /* whole, or what the inner stage refuses */
    arena_reset(&self->arena);
    if (completion_begin(self->options.shared->mapping, self->options.source_number, &input,
                         &self->arena, &completion, &err) != OUTCOME_OK) {
        result_set(result, OUTCOME_REJECT, "unreadable_record", err.text);
        return;
    }
    while ((step = completion_next(completion, &call)) == COMPLETION_CALL)
        if (!fetch(self, record, completion, &call, result))
            return;
    if (step == COMPLETION_NEVER)
        set_reason(completion, result);
    else
        take_whole(self, record, completion, result);
}

/* What fails again and again while others come never will come. */
static void judge_tries(struct completing *self, struct record *record, struct result *result)
{
    int32_t tries;

    if (result->outcome != OUTCOME_RETRY)
        return;
    if (result->waits) {
        record->completed.waited = record->tries + 1;
        return;
    }
    if (record->completed.waited > record->tries) /* forgiven meanwhile */
        record->completed.waited = 0;
    tries = record->tries - record->completed.waited;
    if (tries == 0)
        record->completed.before = self->completed;
    if (tries < COMPLETING_TRIES || self->completed == record->completed.before)
        return;
    result_set(result, OUTCOME_REJECT, "detail_unavailable", result->detail);
}

/* ---- The stage ------------------------------------------------------------------------- */

static enum outcome push_one(struct completing *self, struct record *record, struct result *result,
                             struct error *err)
{
    struct stage *inner = self->options.inner;

    complete(self, record, result);
    judge_tries(self, record, result);
    if (result->outcome == OUTCOME_OK)
        return inner->ops->push(inner, &record, 1, result, err);
    if (result->outcome == OUTCOME_REJECT)
        counts_items_taken(self->options.shared->counts, record, 1);
    return OUTCOME_OK;
}

static enum outcome completing_push(struct stage *stage, struct record *const *records,
                                    size_t count, struct result *results, struct error *err)
{
    enum outcome outcome = OUTCOME_OK;

    for (size_t i = 0; i < count && outcome == OUTCOME_OK; i++)
        outcome = push_one(of(stage), records[i], &results[i], err);
    return outcome;
}

static enum outcome completing_reject(struct stage *stage, const struct record *record,
                                      const struct result *result, struct error *err)
{
    struct stage *inner = of(stage)->options.inner;

    return inner->ops->reject(inner, record, result, err);
}

static void completing_returned(struct stage *stage, const struct record *record)
{
    struct stage *inner = of(stage)->options.inner;

    if (inner->ops->returned)
        inner->ops->returned(inner, record);
}

static enum outcome completing_tend(struct stage *stage, bool works, int32_t *ret_wait_ms,
                                    struct error *err)
{
    struct stage *inner = of(stage)->options.inner;

    return inner->ops->tend ? inner->ops->tend(inner, works, ret_wait_ms, err) : OUTCOME_OK;
}

static void completing_interrupt(struct stage *stage)
{
    struct stage *inner = of(stage)->options.inner;

    if (inner->ops->interrupt)
        inner->ops->interrupt(inner);
}

static const struct stage_ops completing_ops = {
    .name = "detail",
    .most = 1,
    .push = completing_push,
    .reject = completing_reject,
    .returned = completing_returned,
    .tend = completing_tend,
    .interrupt = completing_interrupt,
};

struct stage *completing_new(const struct completing_options *options)
{
    static const char *const names[ANSWER_KINDS] = {
        [COMPLETION_TAKEN] = "taken",     [COMPLETION_GONE] = "gone",
        [COMPLETION_LATER] = "later",     [COMPLETION_UNREADABLE] = "unreadable",
        [COMPLETION_REFUSED] = "refused", [ANSWER_NONE] = "none",
    };
    struct completing *self = xcalloc(1, sizeof(*self));
    const struct connector *source = options->source;

    self->stage.ops = &completing_ops;
    self->options = *options;
    for (size_t i = 0; i < ANSWER_KINDS; i++) {
        char labels[192];

        (void)snprintf(labels, sizeof(labels), "op=\"%s\",source=\"%s\",answer=\"%s\"",
                       source->context->operator_code, source->name, names[i]);
        self->answers[i] = metrics_counter(options->metrics, "relais_detail_answers_total", labels,
                                           "Answers to the calls that complete a thin notice.");
    }
    return &self->stage;
}

void completing_free(struct stage *stage)
{
    if (!stage)
        return;
    arena_deinit(&of(stage)->arena);
    free(of(stage));
}
