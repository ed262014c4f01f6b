/* SPDX-License-Identifier: Apache-2.0
 *
 * One event on its way into their system. Everything but the calls themselves: which rule,
 * which call next, what its answer means, what is to be remembered.
 */
#include <strings.h>

#include "connectors/mapping/compiler.h"
#include "connectors/mapping/coverage.h"
#include "connectors/mapping/render.h"
#include "connectors/mapping/reply.h"
#include "connectors/mapping/runner.h"
#include "connectors/mapping/statement.h"
#include "connectors/mapping/xml_body.h"

#define MAX_LINKS 32

struct delivery {
    struct evaluation evaluation;
    const struct delivery_rule *rule;
    struct delivery_input input;
    size_t next;                   /* call to look at next */
    const struct call_rule *asked; /* the one whose answer is awaited */
    size_t made;
    struct answer_document answers[MAX_CALLS];
    struct link_note links[MAX_LINKS];
    size_t link_count;
    struct bytes receiver_ref;
    const char *code;
    const char *detail;
};

/* ---- The rule ------------------------------------------------------------------------- */

static uint64_t status_bit(const struct event *event)
{
    int32_t symbol = 0;

    switch (event->type) {
    case EVENT_REFERRAL:
        symbol = event->referral.status;
        break;
    case EVENT_APPOINTMENT:
        symbol = event->appointment.status;
        break;
    case EVENT_CLOSURE:
        symbol = event->closure.outcome;
        break;
    case EVENT_NOTICE:
        symbol = event->notice.kind;
        break;
    case EVENT_REJECTION:
    case EVENT_NONE:
        break;
    }
    return UINT64_C(1) << symbol;
}

static const struct delivery_rule *find_rule(struct delivery *delivery)
{
    const struct mapping *mapping = delivery->evaluation.mapping;
    const struct event *event = delivery->input.event;

    for (size_t i = 0; i < mapping->delivery_count; i++) {
        const struct delivery_rule *rule = &mapping->deliveries[i];

        if (!(rule->takes[event->type] & status_bit(event)))
            continue;
        if (!rule->when || evaluate_is_true(&delivery->evaluation, rule->when))
            return rule;
        if (delivery->evaluation.failure.code)
            return NULL;
    }
    return NULL;
}

enum outcome delivery_begin(const struct mapping *mapping, const struct delivery_input *input,
                            struct arena *arena, struct delivery **ret_delivery, struct error *err)
{
    struct delivery *delivery = arena_alloc(arena, sizeof(*delivery));

    delivery->input = *input;
    delivery->evaluation = (struct evaluation){.mapping = mapping,
                                               .arena = arena,
                                               .delivery = &delivery->input,
                                               .coverage = input->coverage,
                                               .moment_us = input->event->envelope.occurred_at};
    delivery->receiver_ref = BYTES_NONE;
    delivery->rule = find_rule(delivery);
    if (delivery->evaluation.failure.code)
        return error_set(err, OUTCOME_REJECT, "%s : la condition de la règle échoue",
                         runner_place(arena, delivery->evaluation.failure.place));
    if (!delivery->rule)
        return error_set(err, OUTCOME_REJECT, "aucune règle de `deliver` ne le prend");
    coverage_note(input->coverage, delivery->rule);
    *ret_delivery = delivery;
    return OUTCOME_OK;
}

/* ---- The next call -------------------------------------------------------------------- */

static enum delivery_verdict never(struct delivery *delivery, const char *code, const char *detail)
{
    delivery->code = code;
    delivery->detail = detail;
    return DELIVERY_NEVER;
}

/* The evaluation's failure as the dead letter's reason. */
static enum delivery_verdict failed(struct delivery *delivery)
{
    const struct failure *failure = &delivery->evaluation.failure;
    struct arena *arena = delivery->evaluation.arena;

    const char *code =
        failure->code && strcmp(failure->code, FAIL_SKIP) != 0 ? failure->code : FAIL_MAPPING;

    return never(delivery, code,
                 arena_printf(arena, "%s: %s%s%s", runner_place(arena, failure->place),
                              failure->what ? failure->what : "ne peut pas être écrit",
                              failure->expected ? " ; attendu : " : "",
                              failure->expected ? failure->expected : ""));
}

/* A code that says `skip` is no failure: their system needs no word of it, or of the rest. */
static enum delivery_verdict not_made(struct delivery *delivery)
{
    const char *code = delivery->evaluation.failure.code;

    if (!code || strcmp(code, FAIL_SKIP) != 0)
        return failed(delivery);
    delivery->detail = delivery->evaluation.failure.what;
    return delivery->made > 0 ? DELIVERY_DONE : DELIVERY_SKIPPED;
}

/* A header's value holds no control characters (RFC 9110, 5.5). */
static bool is_field_value(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < 0x20 || text.data[i] == 0x7F)
            return false;
    return true;
}

/* The pairs of one place as "a=1&b=2", each behind `separator`. Those whose value is not there
 * are left out, or empty, as their mapping says. */
static bool render_pairs(struct delivery *delivery, const struct call_rule *rule,
                         enum pair_place place, char separator, struct buffer *out)
{
    for (size_t i = 0; i < rule->pair_count; i++) {
        const struct pair_template *pair = &rule->pairs[i];
        bool failing = false;
        struct bytes value;

        if (pair->place != place)
            continue;
        value = evaluate_text(&delivery->evaluation, pair->value, &failing);
        if (failing)
            return false;
        if (!value.data && pair->absent != ABSENT_EMPTY)
            continue;
        if (separator)
            buffer_append_byte(out, (uint8_t)separator);
        http_percent_encode(bytes_of_text(pair->name), out);
        buffer_append_text(out, "=");
        if (value.data)
            http_percent_encode(value, out);
        separator = '&';
    }
    return true;
}

static const char *render_path(struct delivery *delivery, const struct call_rule *rule)
{
    CLEANUP(buffer_deinit) struct buffer path = {0};
    struct evaluation *evaluation = &delivery->evaluation;
    struct bytes base = render_text(evaluation, &rule->path, true);

    if (!base.data)
        return NULL;
    buffer_append_bytes(&path, base);
    if (!render_pairs(delivery, rule, PAIR_QUERY, '?', &path))
        return NULL;
    return arena_text(evaluation->arena, buffer_view(&path));
}

static bool names_header(const struct call_rule *rule, const char *name)
{
    for (size_t i = 0; i < rule->pair_count; i++)
        if (rule->pairs[i].place == PAIR_HEADER && strcasecmp(rule->pairs[i].name, name) == 0)
            return true;
    return false;
}

static bool render_headers(struct delivery *delivery, const struct call_rule *rule,
                           struct delivery_call *call)
{
    struct evaluation *evaluation = &delivery->evaluation;
    struct http_header *headers =
        arena_array(evaluation->arena, rule->pair_count + 2, sizeof(*headers));

    call->headers = headers;
    if ((rule->body || rule->has_form) && !names_header(rule, "Content-Type"))
        headers[call->header_count++] = (struct http_header){
            "Content-Type", rule->has_form ? "application/x-www-form-urlencoded"
                            : rule->xml    ? "application/xml"
                                           : "application/json"};
    for (size_t i = 0; i < rule->pair_count; i++) {
        const struct pair_template *pair = &rule->pairs[i];
        bool failing = false;
        struct bytes text;

        if (pair->place != PAIR_HEADER)
            continue;
        text = evaluate_text(evaluation, pair->value, &failing);
        if (failing)
            return false;
        if (text.data && !is_field_value(text)) {
            (void)evaluate_fail(evaluation, pair->value, FAIL_BAD_VALUE,
                                "ce n'est pas une valeur d'en-tête", "sans saut de ligne",
                                BYTES_NONE);
            return false;
        }
        if (text.data)
            headers[call->header_count++] =
                (struct http_header){pair->name, arena_text(evaluation->arena, text)};
    }
    return true;
}

/* False: why stands in the evaluation. */
static bool render_content(struct delivery *delivery, const struct call_rule *rule,
                           struct delivery_call *call)
{
    CLEANUP(buffer_deinit) struct buffer form = {0};

    if (rule->has_form) {
        if (!render_pairs(delivery, rule, PAIR_FORM, '\0', &form))
            return false;
        call->body = arena_copy(delivery->evaluation.arena,
                                form.len > 0 ? buffer_view(&form) : BYTES_LITERAL(""));
    } else if (rule->body) {
        call->body = rule->xml ? xml_body_render(&delivery->evaluation, rule->body)
                               : render_body(&delivery->evaluation, rule->body);
    }
    if (!call->body.data && (rule->body || rule->has_form))
        return false;
    return statement_render(&delivery->evaluation, rule, call);
}

static bool render_echo(struct delivery *delivery, const struct echo_rule *rule,
                        struct delivery_call *call)
{
    bool failing = false;

    if (!rule->of || !rule->says)
        return true;
    call->echo.of = evaluate_text(&delivery->evaluation, rule->of, &failing);
    if (!failing)
        call->echo.says = evaluate_text(&delivery->evaluation, rule->says, &failing);
    call->has_echo = !failing && call->echo.of.data && call->echo.says.data;
    return !failing;
}

static enum delivery_verdict make_call(struct delivery *delivery, const struct call_rule *rule,
                                       struct delivery_call *call)
{
    *call = (struct delivery_call){
        .name = rule->name, .rule = rule, .method = rule->method, .safety = rule->safety};
    delivery->evaluation.loses = NULL;
    call->path = render_path(delivery, rule);
    if (!call->path || !render_headers(delivery, rule, call) ||
        !render_echo(delivery, &rule->echo, call) || !render_content(delivery, rule, call))
        return not_made(delivery);
    call->loses = delivery->evaluation.loses;
    delivery->asked = rule;
    coverage_note(delivery->evaluation.coverage, rule);
    return DELIVERY_CALL;
}

enum delivery_verdict delivery_next(struct delivery *delivery, struct delivery_call *ret_call)
{
    const struct delivery_rule *rule = delivery->rule;

    delivery->detail = rule->skip;
    if (rule->skip)
        return DELIVERY_SKIPPED;
    while (delivery->next < rule->call_count) {
        const struct call_rule *call = &rule->calls[delivery->next++];

        delivery->evaluation.call = call->name;
        if (!call->when || evaluate_is_true(&delivery->evaluation, call->when))
            return make_call(delivery, call, ret_call);
        if (delivery->evaluation.failure.code)
            return not_made(delivery);
    }
    if (delivery->made > 0)
        return DELIVERY_DONE;
    delivery->detail = rule->otherwise;
    if (rule->otherwise)
        return DELIVERY_SKIPPED;
    return never(delivery, "not_expressible",
                 "aucun appel ne s'applique, et la règle n'a pas de `otherwise`");
}

/* ---- Its answer ----------------------------------------------------------------------- */

static bool is_done(const struct http_response *response)
{
    return response->status >= 200 && response->status < 300;
}

/* Nobody can tell whether it was done. */
static bool is_lost(const struct http_response *response)
{
    return response->status >= 500 && response->status != 503;
}

static enum delivery_verdict doubt(struct delivery *delivery, const char *why)
{
    delivery->code = "outcome_unknown";
    delivery->detail = arena_text(delivery->evaluation.arena, bytes_of_text(why));
    return DELIVERY_DOUBT;
}

/* By the status alone. */
static enum delivery_verdict judge_status(struct delivery *delivery,
                                          const struct http_response *response)
{
    int32_t status = response->status;

    if (is_done(response))
        return DELIVERY_CALL;
    if (is_lost(response))
        return doubt(delivery, "peut-être fait, leur système ne le dit pas");
    if (status == 401 || status == 408 || status == 425 || status == 429 || status == 503 ||
        status < 200)
        return DELIVERY_LATER;
    return never(delivery, "refused_by_system", "refusé par leur système");
}

/* The first of the answers whose condition holds; false: none does, or one failed. */
static bool judge_by(struct delivery *delivery, const struct answer_rule *answers, size_t count,
                     enum delivery_verdict *ret_verdict)
{
    for (size_t i = 0; i < count; i++) {
        const struct answer_rule *answer = &answers[i];

        if (answer->when && !evaluate_is_true(&delivery->evaluation, answer->when)) {
            if (delivery->evaluation.failure.code)
                return false;
            continue;
        }
        coverage_note(delivery->evaluation.coverage, answer);
        *ret_verdict = answer->means == DELIVERY_NEVER
                           ? never(delivery, answer->code, answer->reason)
                           : answer->means;
        return true;
    }
    return false;
}

static enum delivery_verdict judge(struct delivery *delivery, const struct http_response *response)
{
    const struct mapping *mapping = delivery->evaluation.mapping;
    const struct call_rule *rule = delivery->asked;
    enum delivery_verdict verdict;

    if (judge_by(delivery, rule->answers, rule->answer_count, &verdict) ||
        (!delivery->evaluation.failure.code &&
         judge_by(delivery, mapping->answers, mapping->answer_count, &verdict)))
        return verdict;
    if (!delivery->evaluation.failure.code)
        return judge_status(delivery, response);
    verdict = failed(delivery);
    return is_lost(response) ? doubt(delivery, delivery->detail) : verdict;
}

/* After an answer that means done. */
static enum delivery_verdict remember(struct delivery *delivery)
{
    struct evaluation *evaluation = &delivery->evaluation;
    const struct call_rule *rule = delivery->asked;
    bool failing = false;

    for (size_t i = 0; i < rule->remember_count && delivery->link_count < MAX_LINKS; i++) {
        const struct link_rule *link = &rule->remember[i];
        struct bytes key = evaluate_text(evaluation, link->key, &failing);
        struct bytes kind = link->kind.made.count > 0
                                ? render_text(evaluation, &link->kind.made, false)
                                : link->kind.text;

        if (key.data && kind.data)
            delivery->links[delivery->link_count++] = (struct link_note){kind, key};
    }
    if (rule->receiver_ref && !failing) {
        struct bytes reference = evaluate_text(evaluation, rule->receiver_ref, &failing);

        if (reference.data)
            delivery->receiver_ref = reference;
    }
    return evaluation->failure.code ? failed(delivery) : DELIVERY_CALL;
}

/* No answer of theirs could be read: a page of a firewall or of maintenance, cut on its way, or not
 * what the mapping expects. 2xx says "done" all the same: many a system answers so when it was. Of
 * a 5xx, `answers` may say that nothing was done. */
static enum delivery_verdict judge_unread(struct delivery *delivery,
                                          const struct http_response *response, const char *why)
{
    if (!is_done(response) && !is_lost(response))
        return DELIVERY_LATER;
    if (is_lost(response) && judge(delivery, response) == DELIVERY_LATER)
        return DELIVERY_LATER;
    return doubt(delivery, why);
}

static enum delivery_verdict read_and_judge(struct delivery *delivery,
                                            const struct http_response *response,
                                            yyjson_val **ret_root)
{
    struct evaluation *evaluation = &delivery->evaluation;
    struct error why = {0};
    enum outcome read;

    *ret_root = NULL;
    if (reply_is_page(delivery->asked, response))
        return judge_unread(delivery, response, "une page HTML");
    read = reply_parse(evaluation->mapping, delivery->asked, response->body, evaluation->arena,
                       ret_root, &why);
    if (read == OUTCOME_RETRY || (read != OUTCOME_OK && is_done(response)))
        return judge_unread(delivery, response, why.text);
    evaluation->record = *ret_root;
    return judge(delivery, response);
}

enum delivery_verdict delivery_answer(struct delivery *delivery,
                                      const struct http_response *response)
{
    struct evaluation *evaluation = &delivery->evaluation;
    yyjson_val *root = NULL;
    enum delivery_verdict verdict;

    evaluation->response = response;
    verdict = read_and_judge(delivery, response, &root);
    if (verdict == DELIVERY_CALL) {
        delivery->answers[evaluation->answer_count] =
            (struct answer_document){delivery->asked->name, root};
        evaluation->answers = delivery->answers;
        evaluation->answer_count++;
        delivery->made++;
        verdict = remember(delivery);
    }
    evaluation->record = NULL;
    evaluation->response = NULL;
    return verdict;
}

/* ---- Afterwards ----------------------------------------------------------------------- */

void delivery_reason(const struct delivery *delivery, const char **ret_code,
                     const char **ret_detail)
{
    *ret_code = delivery->code ? delivery->code : "refused_by_system";
    *ret_detail = delivery->detail ? delivery->detail : "";
}

bool delivery_is_misread(const struct delivery *delivery)
{
    return delivery->evaluation.failure.code != NULL;
}

const char *delivery_skip_reason(const struct delivery *delivery)
{
    return delivery->detail;
}

const char *delivery_rule_name(const struct delivery *delivery, struct place *ret_place)
{
    *ret_place = delivery->rule->place;
    return delivery->rule->name;
}

const struct link_note *delivery_links(const struct delivery *delivery, size_t *ret_count)
{
    *ret_count = delivery->link_count;
    return delivery->links;
}

struct bytes delivery_receiver_ref(const struct delivery *delivery)
{
    return delivery->receiver_ref;
}
