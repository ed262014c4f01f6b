/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/calls.h"

#include <stdarg.h>
#include <stdio.h>

#include "connectors/echoes.h"
#include "connectors/memory/claim.h"

#define CALLS_MOST (sizeof(((struct calls *)0)->steps) / sizeof(struct bytes))
/* Of an unsafe call's answer, which stands in the state topic: well below Kafka's 1 MB. */
#define ANSWER_MOST ((size_t)512 * 1024)

static void __attribute__((format(printf, 4, 5)))
set_result(struct result *result, enum outcome outcome, const char *code, const char *fmt, ...)
{
    va_list args;

    result->outcome = outcome;
    (void)snprintf(result->code, sizeof(result->code), "%s", code);
    va_start(args, fmt);
    (void)vsnprintf(result->detail, sizeof(result->detail), fmt, args);
    va_end(args);
}

/* ---- What is written around a call ---------------------------------------------------- */

static bool is_written(enum outcome outcome, const struct error *err, struct result *result)
{
    if (outcome != OUTCOME_OK)
        set_result(result, outcome == OUTCOME_REJECT ? OUTCOME_FATAL : outcome, "", "%s",
                   err->text);
    return outcome == OUTCOME_OK;
}

static bool commit(struct state_change *change, struct result *result)
{
    struct error err = {0};
    enum outcome outcome = state_commit(change, &err);

    return is_written(outcome, &err, result);
}

/* A connector that is cut off from Kafka does not hear that another took over. */
static bool is_alone(const struct calls *calls, struct result *result)
{
    const struct shared *shared = calls->shared;
    struct error err = {0};
    enum outcome outcome =
        claim_prove(shared->claim, shared->state, clock_mono_ms(shared->clock), &err);

    return is_written(outcome, &err, result);
}

/* What is known of calls made earlier, before it is asked for. */
static bool write_known(const struct calls *calls, struct result *result)
{
    struct error err = {0};
    enum outcome outcome = answers_write(calls->answers, &err);

    return is_written(outcome, &err, result);
}

static struct bytes touched(const struct calls *calls)
{
    return echoes_touched(calls->event->envelope.handoff_id, calls->arena);
}

/* A call that writes there, of a hand-over that no echo is expected of yet. */
static bool touches(const struct calls *calls, const struct delivery_call *call)
{
    return strcmp(call->method, "GET") != 0 &&
           !state_get(calls->shared->state, STATE_ECHO, touched(calls), calls->arena).data;
}

/* What must be known after a crash before the call may be made. */
static bool write_before(struct calls *calls, const struct delivery_call *call, struct bytes id,
                         struct result *result)
{
    struct state_change *change = state_begin(calls->shared->state);

    if (call->safety == CALL_UNSAFE)
        steps_begin(change, id, calls->position);
    if (call->has_echo)
        echoes_put(calls->shared, change, &call->echo, calls->arena);
    if (touches(calls, call))
        state_put(change, STATE_ECHO, touched(calls), BYTES_LITERAL("1"));
    return commit(change, result);
}

/* The call was not made, or was refused: it may be made again, and nothing of it comes back. What
 * cannot be written of that now is kept: the result stands in any case. */
static void write_undone(struct calls *calls, const struct delivery_call *call, struct bytes id,
                         bool refused)
{
    if (call->safety == CALL_UNSAFE)
        answers_keep_undone(calls->answers, id);
    if (refused && call->has_echo)
        answers_keep_no_echo(calls->answers, call->echo.of);
    (void)!answers_write(calls->answers, NULL);
}

static bool write_answer(struct calls *calls, const struct delivery_call *call, struct bytes id,
                         const struct http_response *response, struct result *result)
{
    if (call->safety != CALL_UNSAFE)
        return true;
    if (response->body.len > ANSWER_MOST) {
        set_result(result, OUTCOME_REJECT, "outcome_unknown",
                   "l'appel %s a reçu une réponse plus longue que ce qui peut être gardé",
                   call->name);
        return false;
    }
    answers_keep(calls->answers, id, response);
    return write_known(calls, result);
}

/* ---- Calling ------------------------------------------------------------------------ */

/* True when there is an answer; else `result` is set. */
static bool call_once(struct calls *calls, const struct delivery_call *call, struct bytes id,
                      struct http_response *response, struct result *result)
{
    struct error err = {0};
    bool maybe_done = false;
    enum outcome outcome =
        calls->sink->ops->call(calls->sink, call, calls->arena, response, &maybe_done, &err);

    if (outcome == OUTCOME_OK)
        return true;
    if (maybe_done && call->safety == CALL_UNSAFE) {
        set_result(result, OUTCOME_REJECT, "outcome_unknown", "appel %s : %s", call->name,
                   err.text);
        return false;
    }
    set_result(result, outcome, outcome == OUTCOME_REJECT ? "mapping_error" : "", "appel %s : %s",
               call->name, err.text);
    result->put_off = outcome == OUTCOME_RETRY;
    if (!maybe_done)
        write_undone(calls, call, id, outcome == OUTCOME_REJECT);
    return false;
}

/* Nothing of a call that their system can never take is made. */
static bool may_be_made(struct calls *calls, const struct delivery_call *call,
                        struct result *result)
{
    const struct connector_ops *ops = calls->sink->ops;
    const char *why = ops->refuses ? ops->refuses(calls->sink, call) : NULL;

    if (why)
        set_result(result, OUTCOME_REJECT, "too_large", "appel %s : %s", call->name, why);
    return !why;
}

static bool get_answer(struct calls *calls, const struct delivery_call *call, struct bytes id,
                       struct http_response *response, struct result *result)
{
    switch (steps_read(calls->shared->state, id, calls->arena, response)) {
    case STEP_ANSWERED:
        return true;
    case STEP_BEGUN:
        set_result(result, OUTCOME_REJECT, "outcome_unknown",
                   "l'appel %s a commencé avant un arrêt, sa réponse n'est pas connue", call->name);
        return false;
    case STEP_NONE:
        break;
    }
    if (!may_be_made(calls, call, result) || !is_alone(calls, result) ||
        !write_before(calls, call, id, result))
        return false;
    return call_once(calls, call, id, response, result);
}

static void set_reason(struct result *result, const struct delivery *delivery,
                       const struct delivery_call *call, int32_t status)
{
    const char *code = "refused_by_system";
    const char *detail = "";

    delivery_reason(delivery, &code, &detail);
    if (status == 0) /* no call was made */
        set_result(result, OUTCOME_REJECT, code, "%s", detail);
    else
        set_result(result, OUTCOME_REJECT, code, "appel %s : statut %d : %s", call->name,
                   (int)status, detail);
}

/* An answer that says "done", though the mapping failed on it: with a better one it is read again,
 * and the call is not made again. */
static bool stays_made(const struct delivery *delivery, const struct http_response *response)
{
    return delivery_is_misread(delivery) && response->status >= 200 && response->status < 300;
}

/* Their system refused, or what it said cannot be read by the mapping. */
static void end_refused(struct calls *calls, const struct delivery *delivery,
                        const struct delivery_call *call, struct bytes id,
                        const struct http_response *response, struct result *result)
{
    if (!stays_made(delivery, response))
        write_undone(calls, call, id, true);
    else if (!write_answer(calls, call, id, response, result))
        return;
    set_reason(result, delivery, call, response->status);
}

/* What may be repeated is, and its echo stays expected; of the rest the step stays begun. */
static void end_doubtful(const struct delivery *delivery, const struct delivery_call *call,
                         const struct http_response *response, struct result *result)
{
    const char *code;
    const char *detail;

    if (call->safety == CALL_UNSAFE) {
        set_reason(result, delivery, call, response->status);
        return;
    }
    delivery_reason(delivery, &code, &detail);
    set_result(result, OUTCOME_RETRY, "", "appel %s : statut %d, plus tard : %s", call->name,
               (int)response->status, detail);
    result->put_off = true;
}

/* One call to its end. True: go on with the next. */
static bool make_call(struct calls *calls, struct delivery *delivery,
                      const struct delivery_call *call, struct result *result)
{
    struct bytes id = steps_id(calls->event->envelope.event_id, call->name, calls->arena);
    struct http_response response = {0};
    enum delivery_verdict verdict;

    if (!get_answer(calls, call, id, &response, result))
        return false;
    if (call->safety == CALL_UNSAFE && calls->step_count < CALLS_MOST)
        calls->steps[calls->step_count++] = id;
    verdict = delivery_answer(delivery, &response);
    if (verdict == DELIVERY_LATER) {
        set_result(result, OUTCOME_RETRY, "", "appel %s : statut %d, plus tard", call->name,
                   (int)response.status);
        result->put_off = true;
        write_undone(calls, call, id, false);
        return false;
    }
    if (verdict == DELIVERY_NEVER || verdict == DELIVERY_DOUBT) {
        if (verdict == DELIVERY_NEVER)
            end_refused(calls, delivery, call, id, &response, result);
        else
            end_doubtful(delivery, call, &response, result);
        return false;
    }
    result->reached = true;
    return write_answer(calls, call, id, &response, result);
}

static void make_all(struct calls *calls, struct delivery *delivery, struct result *result)
{
    for (;;) {
        struct delivery_call call = {0};

        switch (delivery_next(delivery, &call)) {
        case DELIVERY_CALL:
            if (!make_call(calls, delivery, &call, result)) {
                if (result->put_off && call.has_echo)
                    calls->put_off = call.echo.of;
                return;
            }
            break;
        case DELIVERY_SKIPPED:
            calls->skipped = true;
            return;
        case DELIVERY_DONE:
            calls->links = delivery_links(delivery, &calls->link_count);
            calls->receiver_ref = delivery_receiver_ref(delivery);
            return;
        case DELIVERY_LATER:
            set_result(result, OUTCOME_RETRY, "", "le fichier du connecteur dit plus tard");
            result->put_off = true;
            return;
        case DELIVERY_NEVER:
        case DELIVERY_DOUBT: /* of answers only */
            set_reason(result, delivery, &(struct delivery_call){.name = "none"}, 0);
            return;
        }
    }
}

void calls_make(struct calls *calls, struct result *result)
{
    char *event_id = arena_alloc(calls->arena, UUID_TEXT_SIZE);
    struct delivery_input input = {
        .event = calls->event,
        .contact = calls->contact,
        .links = calls->known->links,
        .link_count = calls->known->link_count,
        .idempotency_key = bytes_of_text(uuid_format(calls->event->envelope.event_id, event_id))};
    struct delivery *delivery = NULL;
    struct error err = {0};

    *result = (struct result){.outcome = OUTCOME_OK};
    if (!write_known(calls, result))
        return;
    if (delivery_begin(calls->shared->mapping, &input, calls->arena, &delivery, &err) !=
        OUTCOME_OK) {
        set_result(result, OUTCOME_REJECT, "not_expressible", "%s", err.text);
        return;
    }
    make_all(calls, delivery, result);
}

void calls_end(const struct calls *calls, struct state_change *change)
{
    for (size_t i = 0; i < calls->step_count; i++)
        steps_end(change, calls->steps[i], calls->position, calls->arena);
}
