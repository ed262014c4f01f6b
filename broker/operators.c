/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/operators.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/kafka_ask.h"
#include "base/log.h"
#include "schemas/topics.h"

#define AREA "operators"
#define LOOK_MS 5000
/* A look asks about a part of the operators, so that all are asked about once a minute and no
 * worker stands still for it: they are three questions an operator. */
#define PARTS 12
#define LONG_AGO (INT64_MIN / 2)

struct operators {
    int32_t partition_count;
    struct operators_one *items;
    size_t count;
    size_t looked; /* those behind were never asked about */
    size_t next;   /* where the next part begins          */
    bool all;      /* the next look asks about all        */
    int64_t look_at_ms;
    const char **reachable;
    size_t reachable_count;
    const char **deaf;
    size_t deaf_count;
};

struct operators *operators_new(int32_t partition_count)
{
    struct operators *operators = xcalloc(1, sizeof(*operators));

    operators->partition_count = partition_count;
    operators_hurry(operators);
    return operators;
}

void operators_free(struct operators *operators)
{
    if (!operators) {
        return;
    }
    for (size_t i = 0; i < operators->count; i++) {
        free(operators->items[i].code);
        free(operators->items[i].outbox);
    }
    free(operators->items);
    free(operators->reachable);
    free(operators->deaf);
    free(operators);
}

bool operators_due(const struct operators *operators, int64_t now_ms)
{
    return now_ms >= operators->look_at_ms;
}

void operators_hurry(struct operators *operators)
{
    if (operators) {
        operators->look_at_ms = INT64_MIN;
        operators->all = true;
    }
}

/* ---- Who there is --------------------------------------------------------------------- */

static struct operators_one *meet(struct operators *operators, const char *code)
{
    struct operators_one *one;
    char topic[TOPIC_NAME_SIZE];

    for (size_t i = 0; i < operators->count; i++) {
        if (strcmp(operators->items[i].code, code) == 0) {
            return &operators->items[i];
        }
    }
    operators->items =
        xrealloc(operators->items, (operators->count + 1) * sizeof(*operators->items));
    one = &operators->items[operators->count++];
    *one = (struct operators_one){
        .code = xstrdup(code),
        .outbox = xstrdup(topics_name(TOPIC_OUTBOX, code, topic)),
        .hears = true,
        .missed_at_ms = INT64_MAX,
    };
    return one;
}

static void meet_listed(struct operators *operators, const struct directory *directory)
{
    for (size_t i = 0; i < operators->count; i++) {
        operators->items[i].present = false;
    }
    for (size_t i = 0; i < directory_operator_count(directory); i++) {
        struct operators_one *one = meet(operators, directory_operator_at(directory, i)->code);

        one->listed = true;
        one->present = true;
    }
}

static bool is_topic(enum topic topic, const char *code, const char *name)
{
    char wanted[TOPIC_NAME_SIZE];

    return strcmp(topics_name(topic, code, wanted), name) == 0;
}

void operators_doubt(struct operators *operators, const char *topic)
{
    const char *begin = topic ? strchr(topic, '.') : NULL;
    const char *end = begin ? strchr(begin + 1, '.') : NULL;
    char code[TOPIC_NAME_SIZE] = "";

    if (!operators || !end || end - begin - 1 >= TOPIC_NAME_SIZE) {
        return;
    }
    memcpy(code, begin + 1, (size_t)(end - begin - 1));
    if (is_topic(TOPIC_INBOX, code, topic) || is_topic(TOPIC_REJECTED, code, topic)) {
        meet(operators, code)->missed_at_ms = LONG_AGO;
        operators_hurry(operators);
    }
}

/* ---- What Kafka has of them ----------------------------------------------------------- */

/* Whether a topic is as it must be (`wanted` partitions; 0: any), else `trouble` says why not. */
static enum outcome look_at_topic(struct kafka_consumer *consumer, const char *topic,
                                  int32_t wanted, char trouble[OPERATORS_TROUBLE_SIZE],
                                  struct error *err)
{
    int32_t partitions = 0;
    enum outcome outcome = kafka_ask_partitions(consumer, topic, &partitions, err);

    if (outcome == OUTCOME_REJECT) {
        (void)snprintf(trouble, OPERATORS_TROUBLE_SIZE, "%s does not exist", topic);
        return OUTCOME_OK;
    }
    if (outcome == OUTCOME_OK && wanted > 0 && partitions != wanted) {
        (void)snprintf(trouble, OPERATORS_TROUBLE_SIZE,
                       "%s has %d partitions instead of the %d of the hand-overs' topic", topic,
                       partitions, wanted);
    }
    return outcome;
}

/* Said once, until it changes. */
static void say(const struct operators_one *one, const char *before)
{
    if (strcmp(one->trouble, before) == 0) {
        return;
    }
    if (one->trouble[0]) {
        log_warn(AREA, "an operator is left out until its topics are as they must be",
                 LOG_TEXT("operator", one->code), LOG_TEXT("because", one->trouble));
    } else {
        log_info(AREA, "an operator's topics are as they must be now",
                 LOG_TEXT("operator", one->code));
    }
}

/* True when it may be believed. */
static bool is_sure(struct operators_one *one, bool missing, int64_t now_ms)
{
    if (!missing) {
        one->missed_at_ms = INT64_MAX;
    } else if (one->missed_at_ms == INT64_MAX) {
        one->missed_at_ms = now_ms;
    }
    return !missing || now_ms - one->missed_at_ms >= LOOK_MS;
}

static void note(struct operators_one *one, const char *outbox, const char *ears)
{
    char before[OPERATORS_TROUBLE_SIZE];

    memcpy(before, one->trouble, sizeof(before));
    (void)snprintf(one->trouble, sizeof(one->trouble), "%s", outbox[0] ? outbox : ears);
    one->has_outbox = one->listed && !outbox[0];
    one->hears = !ears[0];
    one->known = true;
    say(one, before);
}

static enum outcome look_at_one(const struct operators *operators, struct operators_one *one,
                                struct kafka_consumer *consumer, int64_t now_ms, struct error *err)
{
    char outbox[OPERATORS_TROUBLE_SIZE] = "";
    char ears[OPERATORS_TROUBLE_SIZE] = "";
    char topic[TOPIC_NAME_SIZE];
    enum outcome outcome = OUTCOME_OK;

    if (one->listed) {
        outcome = look_at_topic(consumer, one->outbox, operators->partition_count, outbox, err);
    }
    if (outcome == OUTCOME_OK) {
        outcome = look_at_topic(consumer, topics_name(TOPIC_INBOX, one->code, topic), 0, ears, err);
    }
    if (outcome == OUTCOME_OK && !ears[0]) {
        outcome =
            look_at_topic(consumer, topics_name(TOPIC_REJECTED, one->code, topic), 0, ears, err);
    }
    if (outcome == OUTCOME_OK && is_sure(one, outbox[0] || ears[0], now_ms)) {
        note(one, outbox, ears);
    }
    return outcome;
}

/* The lists that decisions are made with. */
static void list_all(struct operators *operators)
{
    size_t room = operators->count + 1;

    operators->reachable = xrealloc(operators->reachable, room * sizeof(*operators->reachable));
    operators->deaf = xrealloc(operators->deaf, room * sizeof(*operators->deaf));
    operators->reachable_count = 0;
    operators->deaf_count = 0;
    for (size_t i = 0; i < operators->count; i++) {
        if (operators_is_complete(operators, i)) {
            operators->reachable[operators->reachable_count++] = operators->items[i].code;
        }
        if (!operators->items[i].hears) {
            operators->deaf[operators->deaf_count++] = operators->items[i].code;
        }
    }
}

/* Its part's turn, new, or not as it must be. */
static bool is_asked_about(const struct operators *operators, size_t index, size_t part_end)
{
    return operators->all || (index >= operators->next && index < part_end) ||
           index >= operators->looked || operators->items[index].missed_at_ms != INT64_MAX;
}

enum outcome operators_look(struct operators *operators, struct kafka_consumer *consumer,
                            const struct directory *directory, int64_t now_ms, struct error *err)
{
    enum outcome outcome = OUTCOME_OK;
    size_t part_end;

    meet_listed(operators, directory);
    part_end = operators->next + operators->count / PARTS + 1;
    operators->look_at_ms = now_ms + LOOK_MS;
    for (size_t i = 0; i < operators->count && outcome == OUTCOME_OK; i++) {
        if (is_asked_about(operators, i, part_end)) {
            outcome = look_at_one(operators, &operators->items[i], consumer, now_ms, err);
        }
    }
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    operators->looked = operators->count;
    operators->next = part_end < operators->count ? part_end : 0;
    operators->all = false;
    list_all(operators);
    return OUTCOME_OK;
}

/* ---- Look-ups ------------------------------------------------------------------------- */

size_t operators_count(const struct operators *operators)
{
    return operators->count;
}

const struct operators_one *operators_at(const struct operators *operators, size_t index)
{
    return &operators->items[index];
}

bool operators_is_complete(const struct operators *operators, size_t index)
{
    const struct operators_one *one = &operators->items[index];

    return one->listed && one->has_outbox && one->hears;
}

const char *const *operators_reachable(const struct operators *operators, size_t *ret_count)
{
    *ret_count = operators->reachable_count;
    return operators->reachable;
}

const char *const *operators_deaf(const struct operators *operators, size_t *ret_count)
{
    *ret_count = operators->deaf_count;
    return operators->deaf;
}

const char *operators_unknown(const struct operators *operators)
{
    for (size_t i = 0; i < operators->count; i++) {
        if (operators->items[i].present && !operators->items[i].known) {
            return operators->items[i].code;
        }
    }
    return NULL;
}

size_t operators_left_out(const struct operators *operators)
{
    size_t count = 0;

    for (size_t i = 0; i < operators->count; i++) {
        count += operators->items[i].present && !operators_is_complete(operators, i);
    }
    return count;
}
