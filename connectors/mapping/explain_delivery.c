/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/explain_delivery.h"

#include "connectors/mapping/coverage.h"
#include "connectors/mapping/explain_text.h"
#include "connectors/mapping/plan.h"
#include "connectors/mapping/reply.h"
#include "connectors/mapping/runner.h"
#include "connectors/mapping/sample.h"
#include "connectors/mapping/statement.h"

#define MAX_STEPS 64

static const char *const safeties[] = {
    [CALL_IDEMPOTENT] = "peut être refait",
    [CALL_LOOKED_UP] = "cherché avant d'être refait",
    [CALL_UNSAFE] = "jamais refait de lui-même",
};

static void write_parameter(const struct delivery_parameter *parameter, struct buffer *out)
{
    buffer_printf(out, "    :%s %s ", parameter->name, statement_type_name(parameter->type));
    if (!parameter->value.data) {
        buffer_append_text(out, "NULL\n");
        return;
    }
    buffer_append_text(out, "\"");
    explain_text_whole(parameter->value, out);
    buffer_append_text(out, "\"\n");
}

static void write_call(const struct delivery_call *call, struct buffer *out)
{
    buffer_printf(out, "  %s  %s ", call->name, call->method);
    explain_text_whole(bytes_of_text(call->path), out);
    buffer_printf(out, "  (%s)\n", safeties[call->safety]);
    for (size_t i = 0; i < call->header_count; i++) {
        buffer_printf(out, "    %s: ", call->headers[i].name);
        explain_text_whole(bytes_of_text(call->headers[i].value), out);
        buffer_append_text(out, "\n");
    }
    if (call->body.data) {
        buffer_append_text(out, "    ");
        explain_text_whole(call->body, out);
        buffer_append_text(out, "\n");
    }
    for (size_t i = 0; i < call->parameter_count; i++)
        write_parameter(&call->parameters[i], out);
    if (call->loses)
        buffer_printf(out, "    perd : %s\n", call->loses);
    if (call->has_echo) {
        buffer_append_text(out, "    echo ");
        explain_text_echo(&call->echo, out);
        buffer_append_text(out, "\n");
    }
}

static bool is_remembered(const struct delivery *delivery, struct bytes kind)
{
    size_t count;
    const struct link_note *links = delivery_links(delivery, &count);
    size_t i = 0;

    while (i < count && !bytes_equal(links[i].kind, kind))
        i++;
    return i < count;
}

/* The calls that were made, in their order. */
struct made {
    const struct call_rule *calls[MAX_STEPS];
    size_t count;
};

/* A call behind it fills that kind too: the first was a look-up. */
static bool is_filled_later(const struct made *made, size_t call, struct bytes kind)
{
    for (size_t i = call + 1; i < made->count; i++)
        for (size_t j = 0; j < made->calls[i]->remember_count; j++)
            if (bytes_equal(made->calls[i]->remember[j].kind.text, kind))
                return true;
    return false;
}

/* What the answers of the sample were to teach and did not: what is said later of that hand-over
 * would not find the way to their record. */
static void write_unfound(const struct explain_delivery *explaining,
                          const struct delivery *delivery, const struct sample *sample,
                          const struct made *made)
{
    for (size_t i = 0; i < made->count; i++) {
        const struct call_rule *call = made->calls[i];

        for (size_t j = 0; j < call->remember_count && yyjson_obj_get(sample->answers, call->name);
             j++) {
            const struct link_rule *link = &call->remember[j];

            if (!link->key || link->kind.made.count > 0 ||
                is_remembered(delivery, link->kind.text) ||
                is_filled_later(made, i, link->kind.text))
                continue;
            buffer_printf(explaining->out, "  remember %.*s : rien à %.*s dans la réponse (%s)\n",
                          BYTES_ARG(link->kind.text), BYTES_ARG(link->key->source),
                          runner_place(explaining->arena, link->key->place));
        }
    }
}

/* An answer of the sample with which the delivery goes on: one that refuses teaches nothing. */
static void note_answer(const struct explain_delivery *explaining, const struct sample *sample,
                        const struct delivery_call *call, const struct http_response *response)
{
    yyjson_val *root = NULL;

    if (explaining->coverage && yyjson_obj_get(sample->answers, call->name) &&
        reply_parse(explaining->mapping, call->rule, response->body, explaining->arena, &root,
                    NULL) == OUTCOME_OK &&
        root)
        coverage_take_answer(explaining->coverage, call->rule, root);
}

static void write_taught(const char *what, struct bytes id, struct buffer *out)
{
    buffer_printf(out, "  %s ", what);
    explain_text_id(id, out);
    buffer_append_text(out, "\n");
}

static void write_end(const struct delivery *delivery, enum delivery_verdict verdict,
                      struct arena *arena, struct buffer *out)
{
    static const char *const names[] = {
        [DELIVERY_CALL] = "trop d'appels",   [DELIVERY_DONE] = "livré",
        [DELIVERY_SKIPPED] = "rien à faire", [DELIVERY_LATER] = "plus tard",
        [DELIVERY_NEVER] = "rejeté",         [DELIVERY_DOUBT] = "plus tard",
    };
    const char *code;
    const char *detail;
    size_t count;
    const struct link_note *links = delivery_links(delivery, &count);
    struct bytes reference = delivery_receiver_ref(delivery);

    for (size_t i = 0; i < count && verdict == DELIVERY_DONE; i++)
        write_taught(arena_printf(arena, "link %.*s =", BYTES_ARG(links[i].kind)), links[i].key,
                     out);
    if (verdict == DELIVERY_DONE && reference.data)
        write_taught("receiver_ref", reference, out);
    delivery_reason(delivery, &code, &detail);
    buffer_printf(out, "  %s", names[verdict]);
    if (verdict == DELIVERY_NEVER)
        buffer_printf(out, " : %s, %s", code, detail);
    if (verdict == DELIVERY_DOUBT)
        buffer_printf(out, " : %s", detail);
    if (verdict == DELIVERY_SKIPPED && delivery_skip_reason(delivery))
        buffer_printf(out, " : %s", delivery_skip_reason(delivery));
    buffer_append_text(out, "\n");
}

static void write_rule(const struct delivery *delivery, struct arena *arena, struct buffer *out)
{
    struct place place;
    const char *name = delivery_rule_name(delivery, &place);

    buffer_printf(out, "  règle %s, %s\n", name, runner_place(arena, place));
}

static enum delivery_verdict write_calls(const struct explain_delivery *explaining,
                                         struct delivery *delivery, const struct sample *sample)
{
    enum delivery_verdict verdict = DELIVERY_CALL;
    struct buffer *out = explaining->out;
    struct made made = {.count = 0};

    while (made.count < MAX_STEPS && verdict == DELIVERY_CALL) {
        struct delivery_call call = {0};
        struct http_response response;

        verdict = delivery_next(delivery, &call);
        if (verdict != DELIVERY_CALL)
            break;
        made.calls[made.count++] = call.rule;
        write_call(&call, out);
        sample_answer(sample, call.name, explaining->arena, &response);
        buffer_printf(out, "    -> %d ", (int)response.status);
        explain_text_whole(response.body, out);
        buffer_append_text(out, "\n");
        verdict = delivery_answer(delivery, &response);
        if (verdict == DELIVERY_CALL)
            note_answer(explaining, sample, &call, &response);
        if (verdict == DELIVERY_DOUBT && call.safety == CALL_UNSAFE)
            verdict = DELIVERY_NEVER; /* as calls.c ends it */
    }
    if (verdict == DELIVERY_DONE)
        write_unfound(explaining, delivery, sample, &made);
    write_end(delivery, verdict, explaining->arena, out);
    return verdict;
}

enum outcome explain_delivery(const struct explain_delivery *explaining, struct error *err)
{
    struct sample sample;
    struct error why = {0};
    struct delivery *delivery = NULL;
    struct coverage *coverage = explaining->coverage;
    struct delivery_input input = {.event = &sample.event,
                                   .idempotency_key = BYTES_LITERAL("<event_id>"),
                                   .coverage = coverage};

    if (sample_read(explaining->root, explaining->arena, &sample, &why) != OUTCOME_OK)
        return error_set(err, OUTCOME_REJECT, "ce n'est pas une livraison : %s", why.text);
    input.contact = sample.has_contact ? &sample.contact : NULL;
    input.links = sample.links;
    input.link_count = sample.link_count;
    if (delivery_begin(explaining->mapping, &input, explaining->arena, &delivery, &why) ==
        OUTCOME_OK) {
        if (explaining->sources)
            write_rule(delivery, explaining->arena, explaining->out);
        if (write_calls(explaining, delivery, &sample) == DELIVERY_NEVER)
            coverage_note_rejection(coverage);
        return OUTCOME_OK;
    }
    buffer_printf(explaining->out, "  rejeté : not_expressible, %s\n", why.text);
    coverage_note_rejection(coverage);
    return OUTCOME_OK;
}
