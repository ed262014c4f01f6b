/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/explain_completion.h"

#include "connectors/mapping/completion.h"
#include "connectors/mapping/coverage.h"
#include "connectors/mapping/explain_text.h"
#include "connectors/mapping/plan.h"
#include "connectors/mapping/sample.h"

static size_t source_of(const struct explain_completion *explaining)
{
    yyjson_val *number = yyjson_obj_get(explaining->root, "source");
    int64_t source = 0;

    if (yyjson_is_raw(number) &&
        bytes_to_int64(bytes_of(yyjson_get_raw(number), yyjson_get_len(number)), &source) &&
        source > 0)
        return (size_t)source - 1;
    return explaining->mapping->detail_count > 0 ? explaining->mapping->details[0].source : 0;
}

static void write_rejection(const struct explain_completion *explaining, const char *code,
                            const char *detail)
{
    coverage_note_rejection(explaining->coverage);
    buffer_printf(explaining->out, "  rejeté : %s, %s\n", code, detail);
}

static void write_reason(const struct explain_completion *explaining,
                         const struct completion *completion)
{
    const char *code;
    const char *detail;

    completion_reason(completion, &code, &detail);
    write_rejection(explaining, code, detail);
}

/* True when the record goes on. */
static bool answer(const struct explain_completion *explaining, struct completion *completion,
                   const struct completion_call *call)
{
    static const char *const words[] = {
        [COMPLETION_GONE] = "  parti : null",
        [COMPLETION_LATER] = "  plus tard",
        [COMPLETION_UNREADABLE] = "  plus tard : ce n'est pas du JSON",
    };
    struct sample sample = {.answers = yyjson_obj_get(explaining->root, "answers")};
    struct http_response response;
    enum completion_answer means;

    sample_answer(&sample, call->name, explaining->arena, &response);
    buffer_printf(explaining->out, "    -> %d ", (int)response.status);
    explain_text_whole(response.body, explaining->out);
    buffer_append_text(explaining->out, "\n");
    means = completion_answer(completion, &response);
    if (means == COMPLETION_REFUSED)
        write_reason(explaining, completion);
    else if (means != COMPLETION_TAKEN)
        buffer_printf(explaining->out, "%s\n", words[means]);
    return means == COMPLETION_TAKEN || means == COMPLETION_GONE;
}

enum outcome explain_completion(const struct explain_completion *explaining,
                                struct mapping_input *input, bool *ret_whole, struct error *err)
{
    size_t source = source_of(explaining);
    struct completion *completion = NULL;
    struct completion_call call = {0};
    struct error why = {0};
    enum completion_step step;

    *ret_whole = !completion_is_needed(explaining->mapping, source) || input->absent;
    if (*ret_whole)
        return OUTCOME_OK;
    if (completion_begin(explaining->mapping, source, input, explaining->arena, &completion,
                         &why) != OUTCOME_OK) {
        write_rejection(explaining, "unreadable_record", why.text);
        return OUTCOME_OK;
    }
    while ((step = completion_next(completion, &call)) == COMPLETION_CALL) {
        buffer_printf(explaining->out, "  %s  GET ", call.name);
        explain_text_whole(bytes_of_text(call.path), explaining->out);
        buffer_append_text(explaining->out, "\n");
        if (!yyjson_obj_get(yyjson_obj_get(explaining->root, "answers"), call.name))
            return error_set(err, OUTCOME_REJECT,
                             "il manque ce que leur système répond : \"answers\": {\"%s\": "
                             "{\"status\": 200, \"body\": {…}}}",
                             call.name);
        if (!answer(explaining, completion, &call))
            return OUTCOME_OK;
    }
    if (step == COMPLETION_NEVER) {
        write_reason(explaining, completion);
        return OUTCOME_OK;
    }
    input->body = completion_record(completion);
    *ret_whole = true;
    return OUTCOME_OK;
}
