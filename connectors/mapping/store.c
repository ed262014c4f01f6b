/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/store.h"

#include "connectors/mapping/functions.h"
#include "schemas/codes.h"
#include "schemas/nir.h"

static bool refuse(struct evaluation *evaluation, const struct expression *expression,
                   const char *what, const char *expected, struct bytes shown)
{
    (void)evaluate_fail(evaluation, expression, FAIL_BAD_VALUE, what, expected, shown);
    return false;
}

/* Everybody on the hand-over's way may read the field: no social security number stands there. */
static bool may_stand(struct evaluation *evaluation, const struct expression *expression,
                      const struct field *field, struct bytes text)
{
    return !nir_in_field(field, text) || evaluate_refuse_nir(evaluation, expression);
}

/* Who it is, the runtime finds in the directory; until then a mark stands there. */
static struct bytes to_receiver(struct evaluation *evaluation, const struct value *value)
{
    bool regional = value->kind == VALUE_REGIONAL;

    evaluation->receiver =
        (struct receiver_key){regional ? RECEIVER_REGIONAL : RECEIVER_OF_SITE, value->text};
    return bytes_of_text(arena_printf(evaluation->arena, "%s/%.*s", regional ? "region" : "site",
                                      BYTES_ARG(value->text)));
}

/* A scalar as text, checked against the field's format. */
static bool to_text(struct evaluation *evaluation, const struct expression *expression,
                    const struct codes_format *format, const struct value *value,
                    struct bytes *ret_text)
{
    const char *expected = NULL;

    if (value->kind == VALUE_REGIONAL || value->kind == VALUE_OPERATOR_OF) {
        *ret_text = to_receiver(evaluation, value);
        return true;
    }
    *ret_text = evaluate_value_text(evaluation, value);
    if (!ret_text->data)
        return refuse(evaluation, expression, "un objet ou une liste", "une seule valeur",
                      BYTES_NONE);
    if (format && !codes_check_format(format, *ret_text, &expected))
        return refuse(evaluation, expression, "n'est pas du format du champ",
                      functions_is_damaged(*ret_text) ? FUNCTIONS_DAMAGED : expected, *ret_text);
    return true;
}

static bool to_symbol(struct evaluation *evaluation, const struct expression *expression,
                      const struct field *field, const struct value *value, int32_t *ret_symbol)
{
    struct bytes text = evaluate_value_text(evaluation, value);

    *ret_symbol = text.data ? enum_find(field->symbols, text) : -1;
    if (*ret_symbol >= 0)
        return true;
    (void)evaluate_fail(evaluation, expression, FAIL_UNKNOWN_CODE, "code inconnu", NULL, text);
    return false;
}

static bool to_integer(struct evaluation *evaluation, const struct expression *expression,
                       const struct value *value, int64_t most, int64_t *ret_number)
{
    *ret_number = value->integer;
    if (value->kind == VALUE_NUMBER && !bytes_to_int64(value->text, ret_number))
        return refuse(evaluation, expression, "ce n'est pas un nombre entier", NULL, value->text);
    if (value->kind != VALUE_NUMBER && value->kind != VALUE_INTEGER)
        return refuse(evaluation, expression, "ce n'est pas un nombre",
                      "un nombre entier : ajoutez | integer",
                      evaluate_value_text(evaluation, value));
    if (*ret_number > most || *ret_number <= -most)
        return refuse(evaluation, expression, "nombre trop grand", NULL, BYTES_NONE);
    return true;
}

static bool to_bool(struct evaluation *evaluation, const struct expression *expression,
                    const struct value *value, bool *ret_bool)
{
    if (value->kind != VALUE_BOOL)
        return refuse(evaluation, expression, "ni vrai ni faux", "vrai ou faux : ajoutez | boolean",
                      evaluate_value_text(evaluation, value));
    *ret_bool = value->boolean;
    return true;
}

/* An id of theirs; whose system it is, the runtime knows. */
static bool to_reference(struct evaluation *evaluation, const struct expression *expression,
                         const struct field *field, const struct value *value, void *member)
{
    struct reference *reference;

    if (field->record->size != sizeof(*reference) ||
        !field_find(field->record, BYTES_LITERAL("id")))
        return refuse(evaluation, expression, "ne peut pas être mis par ce fichier", NULL,
                      BYTES_NONE);
    reference = arena_alloc(evaluation->arena, sizeof(*reference));
    reference->id = evaluate_value_text(evaluation, value);
    memcpy(member, &reference, sizeof(struct reference *));
    if (!reference->id.data)
        return refuse(evaluation, expression, "un objet ou une liste", "un identifiant",
                      BYTES_NONE);
    return may_stand(evaluation, expression, field, reference->id);
}

static bool to_uuid(struct evaluation *evaluation, const struct expression *expression,
                    const struct value *value, struct uuid *ret_id)
{
    struct bytes text = evaluate_value_text(evaluation, value);

    return (text.data && uuid_parse(text, ret_id)) ||
           refuse(evaluation, expression, "ce n'est pas un UUID", "36 caractères", text);
}

static bool to_time(struct evaluation *evaluation, const struct expression *expression,
                    const struct field *field, const struct value *value, void *base)
{
    struct envelope *envelope = base;

    if (value->kind != VALUE_TIME)
        return refuse(evaluation, expression, "ce n'est pas un instant", NULL, BYTES_NONE);
    *(int64_t *)(void *)((uint8_t *)base + field->offset) = value->moment.us;
    if (field->offset == offsetof(struct envelope, occurred_at)) {
        envelope->occurred_at_offset_min = value->moment.offset_min;
        envelope->occurred_at_precision = value->moment.precision;
    }
    return true;
}

/* One value that is there. */
static bool store_scalar(struct evaluation *evaluation, const struct assignment *assignment,
                         const struct value *value, void *base)
{
    const struct expression *expression = assignment->expression;
    const struct field *field = assignment->field;
    void *member = (uint8_t *)base + field->offset;
    int64_t number;

    switch (field->type) {
    case FIELD_STRING:
        if (value->kind == VALUE_TEXT && !assignment->format) { /* most are */
            *(struct bytes *)member = value->text;
            return may_stand(evaluation, expression, field, value->text);
        }
        return to_text(evaluation, expression, assignment->format, value, member) &&
               may_stand(evaluation, expression, field, *(struct bytes *)member);
    case FIELD_ENUM:
        return to_symbol(evaluation, expression, field, value, member);
    case FIELD_BOOL:
        return to_bool(evaluation, expression, value, member);
    case FIELD_INT:
        if (!to_integer(evaluation, expression, value, INT32_MAX, &number))
            return false;
        *(int32_t *)member = (int32_t)number;
        return true;
    case FIELD_LONG:
        return to_integer(evaluation, expression, value, INT64_MAX, member);
    case FIELD_TIME:
        return to_time(evaluation, expression, field, value, base);
    case FIELD_DATE:
        *(int32_t *)member = (int32_t)value->integer;
        return value->kind == VALUE_DATE ||
               refuse(evaluation, expression, "ce n'est pas un jour", NULL, BYTES_NONE);
    case FIELD_UUID:
        return to_uuid(evaluation, expression, value, member);
    case FIELD_RECORD:
        return to_reference(evaluation, expression, field, value, member);
    case FIELD_BYTES:
    case FIELD_ARRAY:
    default:
        return refuse(evaluation, expression, "ne peut pas être mis par ce fichier", NULL,
                      BYTES_NONE);
    }
}

/* Appends one element to an array whose memory is there. */
static bool append(struct evaluation *evaluation, const struct assignment *assignment,
                   const struct expression *expression, const struct value *value,
                   struct field_array *array)
{
    const struct field *field = assignment->field;

    if (!evaluate_is_present(evaluation, value))
        return value->kind != VALUE_FAILED;
    if (field->item == FIELD_ENUM) {
        if (!to_symbol(evaluation, expression, field, value,
                       (int32_t *)array->items + array->count))
            return false;
    } else if (!to_text(evaluation, expression, assignment->format, value,
                        (struct bytes *)array->items + array->count)) {
        return false;
    }
    array->count++;
    return true;
}

static size_t members_of(const struct value *value)
{
    return value->kind == VALUE_LIST ? value->list.count : 1;
}

/* A list of JSON as a list of values. */
static struct value as_list(struct evaluation *evaluation, const struct value *value)
{
    struct value list = {.kind = VALUE_LIST};
    struct value *items;
    yyjson_arr_iter iter;

    if (value->kind != VALUE_NODE || !yyjson_arr_iter_init(value->node, &iter))
        return *value;
    items = arena_array(evaluation->arena, yyjson_arr_size(value->node) + 1, sizeof(*items));
    for (yyjson_val *item = yyjson_arr_iter_next(&iter); item; item = yyjson_arr_iter_next(&iter))
        if (yyjson_is_str(item))
            items[list.list.count++] = (struct value){
                .kind = VALUE_TEXT, .text = bytes_of(yyjson_get_str(item), yyjson_get_len(item))};
    list.list.items = items;
    return list;
}

static bool store_array(struct evaluation *evaluation, const struct assignment *assignment,
                        const struct value *value, struct field_array *array)
{
    const struct field *field = assignment->field;
    size_t size = field->item == FIELD_ENUM ? sizeof(int32_t) : sizeof(struct bytes);
    struct value list = as_list(evaluation, value);

    array->items = arena_array(evaluation->arena, members_of(&list) + 1, size);
    if (list.kind != VALUE_LIST)
        return append(evaluation, assignment, assignment->expression, &list, array);
    for (size_t i = 0; i < list.list.count; i++)
        if (!append(evaluation, assignment, assignment->expression, &list.list.items[i], array))
            return false;
    return true;
}

/* [a, b]: each item an expression of its own. */
static bool store_items(struct evaluation *evaluation, const struct assignment *assignment,
                        struct field_array *array)
{
    const struct field *field = assignment->field;
    size_t size = field->item == FIELD_ENUM ? sizeof(int32_t) : sizeof(struct bytes);

    array->items = arena_array(evaluation->arena, assignment->item_count + 1, size);
    for (size_t i = 0; i < assignment->item_count; i++) {
        struct value value = evaluate(evaluation, assignment->items[i]);

        if (!append(evaluation, assignment, assignment->items[i], &value, array))
            return false;
    }
    return true;
}

static enum stored store_expression(struct evaluation *evaluation,
                                    const struct assignment *assignment, void *base)
{
    const struct value value = evaluate(evaluation, assignment->expression);
    void *member = (uint8_t *)base + assignment->field->offset;
    bool good;

    if (value.kind == VALUE_FAILED)
        return STORED_FAILED;
    if (!evaluate_is_present(evaluation, &value))
        return STORED_NOTHING;
    if (assignment->field->type == FIELD_ARRAY)
        good = store_array(evaluation, assignment, &value, member);
    else
        good = store_scalar(evaluation, assignment, &value, base);
    return good ? STORED_VALUE : STORED_FAILED;
}

enum stored store_assign(struct evaluation *evaluation, const struct assignment *assignment,
                         void *base)
{
    void *member = (uint8_t *)base + assignment->field->offset;

    if (assignment->expression)
        return store_expression(evaluation, assignment, base);
    if (!store_items(evaluation, assignment, member))
        return STORED_FAILED;
    return assignment->item_count > 0 ? STORED_VALUE : STORED_NOTHING;
}
