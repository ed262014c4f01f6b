/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/locate.h"

#define MISSING ((struct value){.kind = VALUE_MISSING})
#define NOTHING ((struct value){.kind = VALUE_NULL})

static struct value text_value(struct bytes text)
{
    return text.data ? (struct value){.kind = VALUE_TEXT, .text = text} : NOTHING;
}

static struct value bool_value(bool boolean)
{
    return (struct value){.kind = VALUE_BOOL, .boolean = boolean};
}

static struct value integer_value(int64_t integer)
{
    return (struct value){.kind = VALUE_INTEGER, .integer = integer};
}

/* ---- JSON ----------------------------------------------------------------------------- */

/* `#text` of a text is that text: of an element of XML, whether it has attributes or not. */
static yyjson_val *member(yyjson_val *json, struct bytes key)
{
    return yyjson_is_str(json) && bytes_equal_text(key, "#text")
               ? json
               : yyjson_obj_getn(json, (const char *)key.data, key.len);
}

static bool says(yyjson_val *json, struct bytes text)
{
    if (yyjson_is_str(json))
        return bytes_equal(bytes_of(yyjson_get_str(json), yyjson_get_len(json)), text);
    if (yyjson_is_raw(json))
        return bytes_equal(bytes_of(yyjson_get_raw(json), yyjson_get_len(json)), text);
    return yyjson_is_bool(json) && bytes_equal_text(text, yyjson_get_bool(json) ? "true" : "false");
}

/* Whether [key=is] takes that element. */
static bool is_chosen(yyjson_val *json, const struct path_step *step)
{
    return says(member(json, step->key), step->is);
}

yyjson_val *locate_step(yyjson_val *json, const struct path_step *step)
{
    yyjson_arr_iter iter;
    yyjson_val *item;

    if (step->kind == STEP_KEY)
        return member(json, step->key);
    if (step->kind == STEP_INDEX)
        return yyjson_arr_get(json, step->index);
    if (step->kind != STEP_WHERE || !yyjson_arr_iter_init(json, &iter))
        return NULL;
    for (item = yyjson_arr_iter_next(&iter); item && !is_chosen(item, step);)
        item = yyjson_arr_iter_next(&iter);
    return item;
}

static yyjson_val *walk(yyjson_val *json, const struct path_step *steps, size_t count)
{
    for (size_t i = 0; i < count && json; i++)
        json = locate_step(json, &steps[i]);
    return json;
}

static size_t first_each(const struct path_step *steps, size_t count)
{
    size_t at = 0;

    while (at < count && steps[at].kind != STEP_EACH)
        at++;
    return at;
}

/* Values of a path with [*] in it: counted when `out` is NULL, else written there. As deep
 * as the path has [*]. */
static size_t gather(yyjson_val *json, const struct path_step *steps, size_t count,
                     struct value *out)
{
    size_t at = first_each(steps, count);
    size_t found = 0;
    yyjson_arr_iter iter;

    json = walk(json, steps, at);
    if (at == count) {
        if (json && out)
            *out = locate_json(json);
        return json ? 1 : 0;
    }
    if (!yyjson_arr_iter_init(json, &iter))
        return 0;
    for (yyjson_val *item = yyjson_arr_iter_next(&iter); item; item = yyjson_arr_iter_next(&iter))
        found += gather(item, steps + at + 1, count - at - 1, out ? out + found : NULL);
    return found;
}

static struct value steps_value(struct evaluation *evaluation, yyjson_val *json,
                                const struct path_step *steps, size_t count)
{
    struct value list = {.kind = VALUE_LIST};
    struct value *items;

    if (first_each(steps, count) == count)
        return locate_json(walk(json, steps, count));
    list.list.count = gather(json, steps, count, NULL);
    items = arena_array(evaluation->arena, list.list.count + 1, sizeof(*items));
    (void)gather(json, steps, count, items);
    list.list.items = items;
    return list;
}

/* ---- Other roots ---------------------------------------------------------------------- */

static struct value uuid_value(struct evaluation *evaluation, struct uuid id)
{
    char text[UUID_TEXT_SIZE];

    if (uuid_is_none(id))
        return NOTHING;
    return text_value(arena_copy(evaluation->arena, bytes_of_text(uuid_format(id, text))));
}

static struct value array_value(struct evaluation *evaluation, const struct field *field,
                                const struct field_array *array)
{
    struct value list = {.kind = VALUE_LIST};
    struct value *items = arena_array(evaluation->arena, array->count + 1, sizeof(*items));

    for (size_t i = 0; i < array->count; i++)
        items[i] = field->item == FIELD_ENUM
                       ? text_value(bytes_of_text(
                             field->symbols->symbols[((const int32_t *)array->items)[i]]))
                       : text_value(((const struct bytes *)array->items)[i]);
    list.list.items = items;
    list.list.count = array->count;
    return list;
}

/* What stands in a struct as a value; NULL pointers of parts were handled before. */
static struct value field_value(struct evaluation *evaluation, const struct field *field,
                                const void *base)
{
    const void *member = (const uint8_t *)base + field->offset;
    int64_t number;

    switch (field->type) {
    case FIELD_STRING:
        return text_value(*(const struct bytes *)member);
    case FIELD_UUID:
        return uuid_value(evaluation, *(const struct uuid *)member);
    case FIELD_BOOL:
        return bool_value(*(const bool *)member);
    case FIELD_ENUM:
        return text_value(bytes_of_text(field->symbols->symbols[*(const int32_t *)member]));
    case FIELD_INT:
        number = *(const int32_t *)member;
        return number == NO_INT ? NOTHING : integer_value(number);
    case FIELD_LONG:
        number = *(const int64_t *)member;
        return number == NO_LONG ? NOTHING : integer_value(number);
    case FIELD_DATE:
        number = *(const int32_t *)member;
        return number == NO_INT ? NOTHING : (struct value){.kind = VALUE_DATE, .integer = number};
    case FIELD_TIME:
        number = *(const int64_t *)member;
        return number == NO_TIME ? NOTHING
                                 : (struct value){.kind = VALUE_TIME,
                                                  .moment = {number, NO_INT, PRECISION_SECOND}};
    case FIELD_ARRAY:
        return array_value(evaluation, field, member);
    case FIELD_BYTES:
    case FIELD_RECORD:
    default:
        return NOTHING;
    }
}

static struct value struct_value(struct evaluation *evaluation, const struct path *path,
                                 enum event_type type, const void *base)
{
    const struct field *field = path->fields[type];
    const void *part;

    if (!base || !field)
        return MISSING;
    if (!path->inner)
        return field_value(evaluation, field, base);
    memcpy(&part, (const uint8_t *)base + field->offset, sizeof(part));
    return part ? field_value(evaluation, path->inner, part) : NOTHING;
}

struct value locate_link(const struct evaluation *evaluation, struct bytes kind)
{
    const struct delivery_input *delivery = evaluation->delivery;

    for (size_t i = 0; i < delivery->link_count; i++)
        if (bytes_equal(delivery->links[i].kind, kind))
            return text_value(delivery->links[i].key);
    return MISSING;
}

/* Whatever the case of its name (RFC 9110, 5.1). */
static struct value header_value(const struct evaluation *evaluation, struct bytes name)
{
    const struct mapping_input *input = evaluation->input;

    for (size_t i = 0; input && i < input->header_count; i++)
        if (bytes_equal_ignoring_case(name, bytes_of_text(input->headers[i].name)))
            return text_value(bytes_of_text(input->headers[i].value));
    return MISSING;
}

static struct value query_value(const struct evaluation *evaluation, struct bytes name)
{
    const struct mapping_input *input = evaluation->input;

    for (size_t i = 0; input && i < input->header_count; i++)
        if (input->headers[i].name[0] == MAPPING_QUERY[0] &&
            bytes_equal_text(name, input->headers[i].name + 1))
            return text_value(bytes_of_text(input->headers[i].value));
    return MISSING;
}

static struct value answer_value(struct evaluation *evaluation, const struct path *path)
{
    for (size_t i = 0; i < evaluation->answer_count; i++)
        if (bytes_equal_text(path->steps[0].key, evaluation->answers[i].call))
            return steps_value(evaluation, evaluation->answers[i].root, path->steps + 1,
                               path->count - 1);
    return MISSING;
}

static struct value http_value(const struct evaluation *evaluation, const struct path *path)
{
    if (bytes_equal_text(path->steps[0].key, "status"))
        return integer_value(evaluation->response->status);
    return text_value(bytes_of_text(evaluation->response->content_type));
}

static struct value outbound_value(struct evaluation *evaluation, const struct path *path)
{
    const struct delivery_input *delivery = evaluation->delivery;

    switch ((int)path->root) {
    case ROOT_EVENT:
        return struct_value(evaluation, path, delivery->event->type, &delivery->event->envelope);
    case ROOT_CONTACT:
        return struct_value(evaluation, path, EVENT_NONE, delivery->contact);
    case ROOT_LINK:
        return locate_link(evaluation, path->steps[0].key);
    case ROOT_KEY:
        return text_value(bytes_of_text(arena_printf(evaluation->arena, "%.*s/%s",
                                                     BYTES_ARG(delivery->idempotency_key),
                                                     evaluation->call ? evaluation->call : "")));
    case ROOT_HANDOFF:
        return uuid_value(evaluation, delivery->event->envelope.handoff_id);
    case ROOT_ANSWER:
        return answer_value(evaluation, path);
    default:
        return http_value(evaluation, path);
    }
}

struct value locate_value(struct evaluation *evaluation, const struct path *path)
{
    bool slotted = path->slot >= 0 && evaluation->slots;
    size_t skip = slotted ? path->slot_steps : 0;

    switch ((int)path->root) {
    case ROOT_RECORD:
        return steps_value(evaluation, slotted ? evaluation->slots[path->slot] : evaluation->record,
                           path->steps + skip, path->count - skip);
    case ROOT_ITEM:
        return steps_value(evaluation, evaluation->item, path->steps, path->count);
    case ROOT_PARENT:
        return steps_value(evaluation, evaluation->parents[path->up - 1], path->steps, path->count);
    case ROOT_HEADER:
        return header_value(evaluation, path->steps[0].key);
    case ROOT_QUERY:
        return query_value(evaluation, path->steps[0].key);
    case ROOT_FILE:
        return text_value(bytes_of_text(evaluation->input ? evaluation->input->file : NULL));
    case ROOT_LINE:
        return evaluation->input && evaluation->input->line > 0
                   ? integer_value(evaluation->input->line)
                   : MISSING;
    default:
        return outbound_value(evaluation, path);
    }
}
