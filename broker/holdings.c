/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/holdings.h"

#include <stdlib.h>

#include "base/kafka_ask.h"
#include "base/log.h"
#include "schemas/topics.h"

#define AREA "holdings"
#define HOLD_MS 5000

DEFINE_CLEANUP(rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy)

struct holdings {
    struct holdings_options options;
    struct restore *restore;
    struct operators *operators; /* NULL before the first take */
    struct inputs *inputs;       /* the same                   */
    int32_t partition_count;
    int32_t *given; /* anchor partitions */
    size_t given_count;
    rd_kafka_consumer_group_metadata_t *group;
    struct task **tasks; /* open ones, in the order of `given` */
    size_t task_count;
    bool taking;      /* the offsets are known, and not all tasks have caught up */
    size_t caught_up; /* of the tasks                                      */
    int64_t *ends;    /* of each task's partition when last asked, else STORE_NOWHERE */
};

enum outcome holdings_open(const struct holdings_options *options, struct holdings **ret_holdings,
                           struct error *err)
{
    CLEANUP(holdings_closep) struct holdings *holdings = xcalloc(1, sizeof(*holdings));
    enum outcome outcome;

    holdings->options = *options;
    outcome = restore_open(options->kafka, &holdings->restore, err);
    if (outcome == OUTCOME_OK) {
        *ret_holdings = TAKE(holdings);
    }
    return outcome;
}

void holdings_close(struct holdings *holdings)
{
    if (!holdings) {
        return;
    }
    holdings_revoked(holdings);
    inputs_free(holdings->inputs);
    operators_free(holdings->operators);
    restore_close(holdings->restore);
    free(holdings->given);
    free(holdings->tasks);
    free(holdings->ends);
    free(holdings);
}

void holdings_interrupt(struct holdings *holdings)
{
    restore_interrupt(holdings->restore);
}

/* ---- Given and revoked ---------------------------------------------------------------- */

void holdings_given(struct holdings *holdings, const int32_t *partitions, size_t count,
                    rd_kafka_consumer_group_metadata_t *group)
{
    holdings_revoked(holdings);
    holdings->given = xrealloc(holdings->given, (count + 1) * sizeof(*partitions));
    holdings->tasks = xrealloc(holdings->tasks, (count + 1) * sizeof(struct task *));
    holdings->ends = xrealloc(holdings->ends, (count + 1) * sizeof(*holdings->ends));
    if (count > 0) {
        memcpy(holdings->given, partitions, count * sizeof(*partitions));
    }
    holdings->given_count = count;
    holdings->group = group;
}

void holdings_revoked(struct holdings *holdings)
{
    holdings_drop(holdings);
    holdings->given_count = 0;
    if (holdings->group) {
        rd_kafka_consumer_group_metadata_destroy(holdings->group);
    }
    holdings->group = NULL;
}

const rd_kafka_consumer_group_metadata_t *holdings_group(const struct holdings *holdings)
{
    return holdings->group;
}

/* ---- Take and drop -------------------------------------------------------------------- */

static enum outcome open_task(struct holdings *holdings, int32_t partition, struct error *err)
{
    struct store *store = NULL;
    enum outcome outcome =
        store_open(holdings->options.folder, partition, holdings->options.boot_id, &store, err);

    if (outcome == OUTCOME_OK) {
        holdings->ends[holdings->task_count] = STORE_NOWHERE;
        holdings->tasks[holdings->task_count++] =
            task_new(partition, holdings->partition_count, store, holdings->options.wire);
    }
    return outcome;
}

/* One task after the other, as far as this slice goes. */
static enum outcome catch_up(struct holdings *holdings, bool *ret_ready, struct error *err)
{
    enum outcome outcome = OUTCOME_OK;
    bool done = true;

    while (outcome == OUTCOME_OK && done && holdings->caught_up < holdings->given_count) {
        if (holdings->task_count == holdings->caught_up) {
            outcome = open_task(holdings, holdings->given[holdings->caught_up], err);
        }
        if (outcome == OUTCOME_OK) {
            outcome =
                restore_task(holdings->restore, holdings->tasks[holdings->caught_up], &done, err);
        }
        holdings->caught_up += outcome == OUTCOME_OK && done;
    }
    *ret_ready = outcome == OUTCOME_OK && done;
    return outcome;
}

static enum outcome assign_inputs(struct holdings *holdings, struct kafka_consumer *consumer,
                                  struct error *err)
{
    CLEANUP(rd_kafka_topic_partition_list_destroyp)
    rd_kafka_topic_partition_list_t *list = inputs_all(holdings->inputs);

    return kafka_consumer_assign_list(consumer, list, err);
}

/* Waits for the end of what earlier owners of our tasks have begun: see holdings_offsets(). Who
 * sent no offset before the tasks were given to us sends none with success any more. */
static enum outcome wait_for_earlier_owners(struct holdings *holdings,
                                            struct kafka_consumer *consumer, struct error *err)
{
    CLEANUP(rd_kafka_topic_partition_list_destroyp)
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(8);
    char anchor[TOPIC_NAME_SIZE];

    topics_name(TOPIC_HANDOFF, NULL, anchor);
    for (size_t i = 0; i < holdings->given_count; i++) {
        rd_kafka_topic_partition_list_add(list, anchor, holdings->given[i]);
    }
    return inputs_ask_committed(consumer, list, err);
}

static enum outcome add_inputs(struct holdings *holdings, struct kafka_consumer *consumer,
                               struct error *err)
{
    enum outcome outcome = OUTCOME_OK;

    for (size_t i = 0; i < holdings->given_count && outcome == OUTCOME_OK; i++) {
        outcome = inputs_add(holdings->inputs, consumer, holdings->given[i], err);
    }
    return outcome;
}

static enum outcome prepare(struct holdings *holdings, struct error *err)
{
    enum outcome outcome = OUTCOME_OK;

    if (!holdings->inputs) {
        outcome = restore_partition_count(holdings->restore, &holdings->partition_count, err);
    }
    if (!holdings->inputs && outcome == OUTCOME_OK) {
        holdings->operators = operators_new(holdings->partition_count);
        holdings->inputs = inputs_new(holdings->operators, holdings->partition_count);
    }
    return outcome;
}

/* A hand-over to an operator without topics is refused: not on the word of a Kafka that starts. */
static enum outcome know_operators(const struct holdings *holdings, struct error *err)
{
    const char *code = operators_unknown(holdings->operators);

    return code ? error_set(err, OUTCOME_RETRY,
                            "operator %s: Kafka does not have its topics; asked again", code)
                : OUTCOME_OK;
}

static enum outcome begin_take(struct holdings *holdings, struct kafka_consumer *consumer,
                               const struct directory *directory, int64_t now_ms, struct error *err)
{
    enum outcome outcome;

    holdings_drop(holdings);
    outcome = prepare(holdings, err);
    if (outcome == OUTCOME_OK) {
        operators_hurry(holdings->operators);
        outcome = operators_look(holdings->operators, consumer, directory, now_ms, err);
    }
    if (outcome == OUTCOME_OK) {
        outcome = know_operators(holdings, err);
    }
    if (outcome == OUTCOME_OK) {
        outcome = wait_for_earlier_owners(holdings, consumer, err);
    }
    if (outcome == OUTCOME_OK) {
        (void)inputs_prune(holdings->inputs);
        outcome = add_inputs(holdings, consumer, err);
    }
    holdings->taking = outcome == OUTCOME_OK;
    return outcome;
}

enum outcome holdings_take(struct holdings *holdings, struct kafka_consumer *consumer,
                           const struct directory *directory, int64_t now_ms, bool *ret_ready,
                           struct error *err)
{
    enum outcome outcome = OUTCOME_OK;
    bool caught_up = false;

    *ret_ready = false;
    if (!holdings->taking) {
        outcome = begin_take(holdings, consumer, directory, now_ms, err);
    }
    if (outcome == OUTCOME_OK) {
        outcome = catch_up(holdings, &caught_up, err);
    }
    if (caught_up) {
        holdings->taking = false;
        outcome = assign_inputs(holdings, consumer, err);
        *ret_ready = outcome == OUTCOME_OK;
    }
    return outcome;
}

bool holdings_taking(const struct holdings *holdings)
{
    return holdings->taking;
}

void holdings_drop(struct holdings *holdings)
{
    restore_forget(holdings->restore);
    for (size_t i = 0; i < holdings->task_count; i++) {
        task_free(holdings->tasks[i]);
    }
    holdings->task_count = 0;
    holdings->caught_up = 0;
    holdings->taking = false;
    if (holdings->inputs) {
        inputs_clear(holdings->inputs);
    }
}

static enum outcome follow(struct holdings *holdings, struct kafka_consumer *consumer,
                           struct error *err)
{
    bool changed = inputs_prune(holdings->inputs);
    size_t before = inputs_count(holdings->inputs);
    enum outcome outcome = add_inputs(holdings, consumer, err);

    changed = changed || inputs_count(holdings->inputs) != before;
    return outcome == OUTCOME_OK && changed ? assign_inputs(holdings, consumer, err) : outcome;
}

enum outcome holdings_look(struct holdings *holdings, struct kafka_consumer *consumer,
                           const struct directory *directory, int64_t now_ms, struct error *err)
{
    enum outcome outcome = OUTCOME_OK;

    if (inputs_release(holdings->inputs, now_ms)) {
        outcome = assign_inputs(holdings, consumer, err);
    }
    if (outcome != OUTCOME_OK || !operators_due(holdings->operators, now_ms)) {
        return outcome;
    }
    outcome = operators_look(holdings->operators, consumer, directory, now_ms, err);
    if (outcome == OUTCOME_OK) {
        return follow(holdings, consumer, err);
    }
    return outcome == OUTCOME_RETRY ? OUTCOME_OK : outcome;
}

/* ---- Look-ups ------------------------------------------------------------------------- */

struct operators *holdings_operators(struct holdings *holdings)
{
    return holdings->operators;
}

struct inputs *holdings_inputs(struct holdings *holdings)
{
    return holdings->inputs;
}

size_t holdings_count(const struct holdings *holdings)
{
    return holdings->task_count;
}

struct task_context holdings_context(const struct holdings *holdings, const struct task_sink *sink,
                                     const struct directory *directory, int64_t now_us)
{
    struct task_context context = {.sink = sink, .directory = directory, .now_us = now_us};

    context.reachable = operators_reachable(holdings->operators, &context.reachable_count);
    context.deaf = operators_deaf(holdings->operators, &context.deaf_count);
    return context;
}

static struct task *task_of(struct holdings *holdings, int32_t partition)
{
    for (size_t i = 0; i < holdings->task_count; i++) {
        if (task_partition(holdings->tasks[i]) == partition) {
            return holdings->tasks[i];
        }
    }
    return NULL;
}

/* ---- Deciding ------------------------------------------------------------------------- */

const char *holdings_sender(struct holdings *holdings, const struct kafka_message *message)
{
    const struct input *input =
        holdings->inputs ? inputs_find(holdings->inputs, message->topic, message->partition) : NULL;

    return input && task_of(holdings, message->partition) ? input->operator_code : NULL;
}

static enum outcome find_lost(const struct input *input, struct kafka_consumer *consumer,
                              const struct kafka_message *message, int64_t *ret_lost,
                              struct error *err)
{
    int64_t first = 0;
    int64_t end = 0;
    enum outcome outcome;

    *ret_lost = 0;
    if (input->next < 0 || message->offset <= input->next) {
        return OUTCOME_OK;
    }
    outcome = kafka_ask_watermarks(consumer, message->topic, message->partition, &first, &end, err);
    if (outcome != OUTCOME_OK || first <= input->next) {
        return outcome;
    }
    *ret_lost = (first < message->offset ? first : message->offset) - input->next;
    return OUTCOME_OK;
}

/* Once the record behind them is decided: one that waits is tried again and again. */
static void say_lost(const struct input *input, const struct kafka_message *message, int64_t lost)
{
    if (lost > 0) {
        log_error(AREA,
                  "records were deleted before they were read: compare with what their sender sent",
                  LOG_TEXT("topic", message->topic), LOG_INT("partition", message->partition),
                  LOG_INT("from", input->next), LOG_INT("count", lost));
    }
}

enum outcome holdings_decide(struct holdings *holdings, struct kafka_consumer *consumer,
                             const struct task_context *context,
                             const struct kafka_message *message, struct task_result *ret_result,
                             struct error *err)
{
    struct input *input = inputs_find(holdings->inputs, message->topic, message->partition);
    struct task_record record = {
        .sender = bytes_of_text(input->operator_code),
        .key = message->key,
        .value = message->value,
        .traceparent = kafka_message_header(message, "traceparent"),
        .topic = message->topic,
        .partition = message->partition,
        .offset = message->offset,
    };
    int64_t lost = 0;
    enum outcome outcome = find_lost(input, consumer, message, &lost, err);

    if (outcome == OUTCOME_OK) {
        outcome =
            task_decide(task_of(holdings, message->partition), context, &record, ret_result, err);
    }
    if (outcome == OUTCOME_OK) {
        say_lost(input, message, lost);
        ret_result->lost = lost;
        input->next = message->offset + 1;
        input->touched = true;
    }
    return outcome;
}

enum outcome holdings_hold(struct holdings *holdings, struct kafka_consumer *consumer,
                           const struct kafka_message *message, int64_t now_ms, const char *why,
                           struct error *err)
{
    struct input *input = inputs_find(holdings->inputs, message->topic, message->partition);

    input->held_until_ms = now_ms + HOLD_MS;
    if (input->held_at != message->offset) {
        log_warn(AREA, "a record waits, and what stands behind it",
                 LOG_TEXT("topic", message->topic), LOG_INT("partition", message->partition),
                 LOG_INT("offset", message->offset), LOG_TEXT("because", why));
    }
    input->held_at = message->offset;
    return assign_inputs(holdings, consumer, err);
}

/* ---- The batch's end ------------------------------------------------------------------ */

rd_kafka_topic_partition_list_t *holdings_offsets(struct holdings *holdings)
{
    rd_kafka_topic_partition_list_t *list = inputs_known(holdings->inputs, true);
    char anchor[TOPIC_NAME_SIZE];

    topics_name(TOPIC_HANDOFF, NULL, anchor);
    for (size_t i = 0; i < holdings->task_count; i++) {
        /* A transaction without any offset would fence nobody. */
        bool last_chance = list->cnt == 0 && i + 1 == holdings->task_count;

        if (last_chance || task_wrote(holdings->tasks[i])) {
            /* Nobody reads the anchor from this offset: only that it is sent matters. */
            rd_kafka_topic_partition_list_add(list, anchor, task_partition(holdings->tasks[i]))
                ->offset = 0;
        }
    }
    return list;
}

enum outcome holdings_reflect(struct holdings *holdings, struct error *err)
{
    enum outcome outcome = OUTCOME_OK;

    for (size_t i = 0; i < holdings->task_count && outcome == OUTCOME_OK; i++) {
        outcome = restore_end(holdings->restore, task_partition(holdings->tasks[i]),
                              &holdings->ends[i], err);
    }
    return outcome;
}

enum outcome holdings_commit(struct holdings *holdings, struct error *err)
{
    enum outcome outcome = OUTCOME_OK;

    for (size_t i = 0; i < holdings->task_count && outcome == OUTCOME_OK; i++) {
        outcome = task_commit(holdings->tasks[i], holdings->ends[i], err);
        holdings->ends[i] = STORE_NOWHERE;
    }
    inputs_settle(holdings->inputs);
    return outcome;
}

/* ---- Deadlines ------------------------------------------------------------------------ */

int64_t holdings_next_due(const struct holdings *holdings)
{
    int64_t due = INT64_MAX;

    for (size_t i = 0; i < holdings->task_count; i++) {
        int64_t of_task = task_next_due(holdings->tasks[i]);

        due = of_task < due ? of_task : due;
    }
    return due;
}

enum outcome holdings_fire(struct holdings *holdings, const struct task_context *context,
                           size_t most, struct task_fired *ret_fired, struct error *err)
{
    enum outcome outcome = OUTCOME_OK;

    *ret_fired = (struct task_fired){0};
    for (size_t i = 0; i < holdings->task_count && outcome == OUTCOME_OK; i++) {
        struct task_fired fired;

        outcome = task_fire(holdings->tasks[i], context, most, &fired, err);
        ret_fired->deadlines += fired.deadlines;
        ret_fired->withheld += fired.withheld;
    }
    return outcome;
}
