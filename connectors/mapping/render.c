/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/render.h"
#include "base/json.h"

#include <stdlib.h>

/* ---- Texts ---------------------------------------------------------------------------- */

struct bytes render_text(struct evaluation *evaluation, const struct text_template *template,
                         bool encode)
{
    CLEANUP(buffer_deinit) struct buffer out = {0};

    for (size_t i = 0; i < template->count; i++) {
        const struct text_part *part = &template->parts[i];
        bool failed;
        struct bytes value;

        if (!part->value) {
            buffer_append_bytes(&out, part->text);
            continue;
        }
        value = evaluate_text(evaluation, part->value, &failed);
        if (!value.data) {
            (void)evaluate_fail(evaluation, part->value, FAIL_MISSING_FIELD,
                                arena_printf(evaluation->arena, "%.*s est sans valeur",
                                             BYTES_ARG(part->value->source)),
                                NULL, BYTES_NONE);
            return BYTES_NONE;
        }
        if (encode)
            http_percent_encode(value, &out);
        else
            buffer_append_bytes(&out, value);
    }
    return arena_copy(evaluation->arena, out.len > 0 ? buffer_view(&out) : BYTES_LITERAL(""));
}

/* ---- JSON ----------------------------------------------------------------------------- */

struct rendering {
    struct evaluation *evaluation;
    yyjson_mut_doc *document;
    bool failed;
};

static yyjson_mut_val *render_node(struct rendering *rendering,
                                   const struct body_template *template);

static yyjson_mut_val *render_list(struct rendering *rendering, const struct value *value)
{
    yyjson_mut_val *list = yyjson_mut_arr(rendering->document);

    for (size_t i = 0; i < value->list.count; i++) {
        struct bytes text = evaluate_value_text(rendering->evaluation, &value->list.items[i]);

        if (text.data)
            yyjson_mut_arr_add_strn(rendering->document, list, (const char *)text.data, text.len);
    }
    return list;
}

static yyjson_mut_val *render_absent(const struct rendering *rendering,
                                     const struct body_template *template)
{
    if (template->absent == ABSENT_NULL)
        return yyjson_mut_null(rendering->document);
    return template->absent == ABSENT_EMPTY ? yyjson_mut_str(rendering->document, "") : NULL;
}

/* NULL: left out. */
static yyjson_mut_val *render_value(struct rendering *rendering,
                                    const struct body_template *template)
{
    yyjson_mut_doc *document = rendering->document;
    struct value value = evaluate(rendering->evaluation, template->value);
    struct bytes text;

    rendering->failed = rendering->failed || value.kind == VALUE_FAILED;
    if (!evaluate_is_present(rendering->evaluation, &value))
        return render_absent(rendering, template);
    if (value.kind == VALUE_LIST)
        return render_list(rendering, &value);
    if (value.kind == VALUE_NODE)
        return yyjson_val_mut_copy(document, value.node);
    if (value.kind == VALUE_BOOL)
        return yyjson_mut_bool(document, value.boolean);
    if (value.kind == VALUE_INTEGER)
        return yyjson_mut_sint(document, value.integer);
    text = evaluate_value_text(rendering->evaluation, &value);
    return value.kind == VALUE_NUMBER
               ? yyjson_mut_rawn(document, (const char *)text.data, text.len)
               : yyjson_mut_strn(document, (const char *)text.data, text.len);
}

/* An object of which nothing is there is left out, too. */
static yyjson_mut_val *render_object(struct rendering *rendering,
                                     const struct body_template *template)
{
    yyjson_mut_val *object = yyjson_mut_obj(rendering->document);

    if (template->when && !evaluate_is_true(rendering->evaluation, template->when)) {
        rendering->failed = rendering->failed || rendering->evaluation->failure.code;
        return NULL;
    }
    for (size_t i = 0; i < template->count; i++) {
        const struct body_template *part = &template->parts[i];
        yyjson_mut_val *value = render_node(rendering, part);

        if (value)
            yyjson_mut_obj_add(
                object,
                yyjson_mut_strn(rendering->document, (const char *)part->key.data, part->key.len),
                value);
    }
    return yyjson_mut_obj_size(object) > 0 || template->count == 0 ? object : NULL;
}

/* As deep as the template, which its compilation bounds. */
static yyjson_mut_val *render_node(struct rendering *rendering,
                                   const struct body_template *template)
{
    yyjson_mut_val *list;

    if (template->kind == TEMPLATE_VALUE)
        return render_value(rendering, template);
    if (template->kind == TEMPLATE_OBJECT)
        return render_object(rendering, template);
    list = yyjson_mut_arr(rendering->document);
    for (size_t i = 0; i < template->count; i++) {
        yyjson_mut_val *value = render_node(rendering, &template->parts[i]);

        if (value)
            yyjson_mut_arr_append(list, value);
    }
    return list;
}

struct bytes render_body(struct evaluation *evaluation, const struct body_template *template)
{
    struct rendering rendering = {.evaluation = evaluation, .document = json_new()};
    yyjson_mut_val *root = render_node(&rendering, template);
    struct bytes body = BYTES_LITERAL("{}");
    size_t len = 0;
    char *text = NULL;

    if (root) {
        yyjson_mut_doc_set_root(rendering.document, root);
        text = json_write(rendering.document, &len);
    }
    if (text)
        body = arena_copy(evaluation->arena, bytes_of(text, len));
    free(text);
    yyjson_mut_doc_free(rendering.document);
    return rendering.failed ? BYTES_NONE : body;
}
