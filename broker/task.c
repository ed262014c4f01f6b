/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/task.h"

#include <stdlib.h>

#include "broker/dead_letters.h"
#include "broker/messages.h"
#include "schemas/topics.h"

struct task {
    int32_t partition;
    int32_t partition_count;
    struct store *store;
    const struct wire *wire;
    struct arena arena;   /* of the record in hand */
    struct buffer buffer; /* the value being written */
    bool wrote;           /* in the open batch */
    int64_t next_due;
    bool due_stale; /* next_due must be asked again */
};

struct task *task_new(int32_t partition, int32_t partition_count, struct store *store,
                      const struct wire *wire)
{
    struct task *task = xcalloc(1, sizeof(*task));

    task->partition = partition;
    task->partition_count = partition_count;
    task->store = store;
    task->wire = wire;
    task->next_due = INT64_MAX;
    task->due_stale = true;
    return task;
}

void task_free(struct task *task)
{
    if (!task) {
        return;
    }
    store_close(task->store);
    arena_deinit(&task->arena);
    buffer_deinit(&task->buffer);
    free(task);
}

int32_t task_partition(const struct task *task)
{
    return task->partition;
}

struct store *task_store(struct task *task)
{
    return task->store;
}

static enum outcome write_record(struct task *task, const struct task_context *context,
                                 const struct kafka_record *record, struct error *err)
{
    task->wrote = true;
    return context->sink->write(context->sink->context, record, err);
}

/* ---- Rows ----------------------------------------------------------------------------- */

/* The row of an id, in the arena; NULL when there is none. A row that cannot be decoded was
 * written by a later release, and is in Kafka too: nothing here can mend it. */
static enum outcome read_row(struct task *task, struct uuid id, const struct handoff **ret_row,
                             struct error *err)
{
    struct bytes value = BYTES_NONE;
    struct handoff *row;
    enum outcome outcome;

    *ret_row = NULL;
    outcome = uuid_is_none(id) ? OUTCOME_OK : store_get(task->store, id, &value, err);
    if (outcome != OUTCOME_OK || !value.data) {
        return outcome;
    }
    row = arena_alloc(&task->arena, sizeof(*row));
    value = arena_copy(&task->arena, value);
    outcome = wire_decode(task->wire, value, &handoff_table, &task->arena, row, err);
    if (outcome == OUTCOME_RETRY) {
        return outcome;
    }
    if (outcome != OUTCOME_OK) {
        return error_set(err, OUTCOME_FATAL, "the row of a hand-over cannot be read");
    }
    *ret_row = row;
    return OUTCOME_OK;
}

static enum outcome write_row(struct task *task, const struct task_context *context,
                              const struct handoff *row, struct error *err)
{
    char topic[TOPIC_NAME_SIZE];
    char key[UUID_TEXT_SIZE];
    struct kafka_record record = {
        .topic = topics_name(TOPIC_HANDOFF, NULL, topic),
        .partition = task->partition,
        .key = bytes_of(uuid_format(row->handoff_id, key), UUID_TEXT_LEN),
    };
    enum outcome outcome;

    buffer_clear(&task->buffer);
    wire_encode(task->wire, &handoff_table, row, &task->buffer);
    record.value = buffer_view(&task->buffer);
    outcome = write_record(task, context, &record, err);
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    task->due_stale = true;
    return store_put(task->store, row->handoff_id, record.value, row->due_at, err);
}

/* ---- Messages ------------------------------------------------------------------------- */

static enum outcome write_message(struct task *task, const struct task_context *context,
                                  const struct handoff_message *message, struct bytes traceparent,
                                  struct error *err)
{
    const struct envelope *envelope = &message->event.envelope;
    bool inbox = message->target == TARGET_INBOX;
    struct uuid id = inbox ? envelope->thread_id : envelope->handoff_id;
    const char *trace = wire_traceparent(traceparent, &task->arena);
    char topic[TOPIC_NAME_SIZE];
    char key[UUID_TEXT_SIZE];
    struct kafka_record record = {
        .topic = topics_name(inbox ? TOPIC_INBOX : TOPIC_REJECTED,
                             arena_text(&task->arena, message->addressee), topic),
        .partition = 0,
        .key = uuid_is_none(id) ? BYTES_NONE : bytes_of(uuid_format(id, key), UUID_TEXT_LEN),
    };

    record.headers = wire_headers(&message->event, trace, &task->arena, &record.header_count);
    buffer_clear(&task->buffer);
    wire_encode_event(task->wire, &message->event, &task->buffer);
    record.value = buffer_view(&task->buffer);
    return write_record(task, context, &record, err);
}

static enum outcome write_answer(struct task *task, const struct task_context *context,
                                 const struct handoff_answer *answer, struct bytes traceparent,
                                 struct error *err)
{
    enum outcome outcome = answer->row ? write_row(task, context, answer->row, err) : OUTCOME_OK;

    if (outcome == OUTCOME_OK && answer->parent) {
        outcome = write_row(task, context, answer->parent, err);
    }
    for (size_t i = 0; i < answer->message_count && outcome == OUTCOME_OK; i++) {
        outcome = write_message(task, context, &answer->messages[i], traceparent, err);
    }
    return outcome;
}

/* ---- Decide --------------------------------------------------------------------------- */

static enum outcome decide_event(struct task *task, const struct task_context *context,
                                 const struct task_record *record, const struct event *event,
                                 struct handoff_answer *ret_answer, struct error *err)
{
    struct handoff_question question = {
        .event = event,
        .sender = record->sender,
        .now_us = context->now_us,
        .directory = context->directory,
        .reachable = context->reachable,
        .reachable_count = context->reachable_count,
        .deaf = context->deaf,
        .deaf_count = context->deaf_count,
    };
    enum outcome outcome = read_row(task, event->envelope.handoff_id, &question.row, err);

    if (outcome == OUTCOME_OK) {
        outcome = read_row(task, event->envelope.parent_handoff_id, &question.parent, err);
    }
    if (outcome == OUTCOME_OK) {
        handoff_decide(&question, &task->arena, ret_answer);
    }
    return outcome;
}

/* What the broker itself says among the answer: all but the sender's own event. */
static size_t count_own(const struct handoff_answer *answer, struct uuid event_id)
{
    size_t own = 0;

    for (size_t i = 0; i < answer->message_count; i++) {
        own += !uuid_equal(answer->messages[i].event.envelope.event_id, event_id);
    }
    return own;
}

enum outcome task_decide(struct task *task, const struct task_context *context,
                         const struct task_record *record, struct task_result *ret_result,
                         struct error *err)
{
    struct handoff_answer answer = {0};
    struct dead_letter letter;
    enum outcome outcome;

    *ret_result = (struct task_result){0};
    arena_reset(&task->arena);
    outcome =
        dead_letters_read(task->wire, record, task->partition_count, &task->arena, &letter, err);
    if (outcome != OUTCOME_OK) {
        ret_result->unread = true;
        return outcome;
    }
    if (letter.code) {
        dead_letters_answer(&letter, record, context->now_us, &task->arena, &answer);
    } else {
        outcome = decide_event(task, context, record, &letter.event, &answer, err);
        ret_result->unread = outcome == OUTCOME_RETRY; /* a row's schema; nothing is written yet */
    }
    if (outcome == OUTCOME_OK) {
        outcome = write_answer(task, context, &answer, record->traceparent, err);
    }
    ret_result->verdict = answer.verdict;
    ret_result->code = answer.code;
    ret_result->withheld = answer.withheld;
    ret_result->said = count_own(&answer, letter.event.envelope.event_id);
    return outcome;
}

/* ---- Deadlines ------------------------------------------------------------------------ */

int64_t task_next_due(const struct task *task)
{
    return task->next_due;
}

static enum outcome refresh_due(struct task *task, struct error *err)
{
    struct uuid id;
    enum outcome outcome = OUTCOME_OK;

    if (task->due_stale) {
        outcome = store_next_due(task->store, &task->next_due, &id, err);
        task->due_stale = outcome != OUTCOME_OK;
    }
    return outcome;
}

static enum outcome fire_one(struct task *task, const struct task_context *context, struct uuid id,
                             struct task_fired *fired, struct error *err)
{
    struct handoff_answer answer;
    const struct handoff *row;
    enum outcome outcome;

    arena_reset(&task->arena);
    outcome = read_row(task, id, &row, err);
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    if (!row || !handoff_fire(row, context->now_us, &task->arena, &answer)) {
        return error_set(err, OUTCOME_FATAL, "a deadline in the store is not in its row");
    }
    (void)messages_withhold(&answer, context->deaf, context->deaf_count, UUID_NONE);
    fired->deadlines++;
    fired->withheld += answer.withheld;
    return write_answer(task, context, &answer, BYTES_NONE, err);
}

enum outcome task_fire(struct task *task, const struct task_context *context, size_t most,
                       struct task_fired *ret_fired, struct error *err)
{
    enum outcome outcome = OUTCOME_OK;
    struct uuid id;

    *ret_fired = (struct task_fired){0};
    while (ret_fired->deadlines < most && outcome == OUTCOME_OK) {
        outcome = store_next_due(task->store, &task->next_due, &id, err);
        if (outcome != OUTCOME_OK || task->next_due > context->now_us) {
            break;
        }
        outcome = fire_one(task, context, id, ret_fired, err);
    }
    return outcome;
}

/* ---- The batch's end ------------------------------------------------------------------ */

bool task_wrote(const struct task *task)
{
    return task->wrote;
}

enum outcome task_commit(struct task *task, int64_t position, struct error *err)
{
    enum outcome outcome = refresh_due(task, err);

    task->wrote = false;
    return outcome == OUTCOME_OK ? store_commit(task->store, position, err) : outcome;
}

enum outcome task_load(struct task *task, struct bytes key, struct bytes value, struct error *err)
{
    struct handoff row;
    struct uuid id;
    enum outcome outcome;

    if (!uuid_parse(key, &id)) {
        return error_set(err, OUTCOME_FATAL, "restore: a row's key is no id");
    }
    task->due_stale = true;
    if (!value.data) {
        return store_delete(task->store, id, err);
    }
    arena_reset(&task->arena);
    outcome = wire_decode(task->wire, value, &handoff_table, &task->arena, &row, err);
    if (outcome == OUTCOME_RETRY) {
        return outcome;
    }
    if (outcome != OUTCOME_OK) {
        return error_set(err, OUTCOME_FATAL, "restore: a row cannot be read by this release");
    }
    return store_put(task->store, id, value, row.due_at, err);
}
