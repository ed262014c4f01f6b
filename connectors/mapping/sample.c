/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/sample.h"

#include <stdlib.h>

#include "connectors/mapping/locate.h"
#include "connectors/mapping/times.h"

bool sample_is_delivery(yyjson_val *root)
{
    return yyjson_is_obj(yyjson_obj_get(root, "deliver"));
}

bool sample_is_receipt(yyjson_val *root)
{
    return yyjson_is_obj(root) && yyjson_obj_get(root, "receive");
}

static struct bytes text_of(yyjson_val *value)
{
    if (yyjson_is_raw(value))
        return bytes_of(yyjson_get_raw(value), yyjson_get_len(value));
    return yyjson_is_str(value) ? bytes_of(yyjson_get_str(value), yyjson_get_len(value))
                                : BYTES_NONE;
}

/* Whole numbers of all widths; times and days in ISO 8601; symbols. */
static bool set_number(const struct field *field, yyjson_val *value, void *member)
{
    struct bytes text = text_of(value);
    struct moment moment;
    int64_t number = 0;

    if (!text.data)
        return false;
    switch ((int)field->type) {
    case FIELD_TIME:
        if (!times_parse(BYTES_LITERAL("iso"), text, NULL, &moment))
            return false;
        *(int64_t *)member = moment.us;
        return true;
    case FIELD_DATE:
        return times_parse_date(BYTES_LITERAL("iso"), text, member);
    case FIELD_ENUM:
        *(int32_t *)member = enum_find(field->symbols, text);
        return *(int32_t *)member >= 0;
    case FIELD_LONG:
        return bytes_to_int64(text, member);
    default:
        if (!bytes_to_int64(text, &number) || number > INT32_MAX || number < INT32_MIN)
            return false;
        *(int32_t *)member = (int32_t)number;
        return true;
    }
}

static bool set_reference(yyjson_val *value, struct arena *arena, void *member)
{
    struct reference *reference = arena_alloc(arena, sizeof(*reference));

    reference->system = text_of(yyjson_obj_get(value, "system"));
    reference->id = text_of(yyjson_obj_get(value, "id"));
    memcpy(member, &reference, sizeof(struct reference *));
    return reference->id.data;
}

static bool set_field(const struct field *field, yyjson_val *value, struct arena *arena,
                      void *record)
{
    void *member = (uint8_t *)record + field->offset;

    switch ((int)field->type) {
    case FIELD_STRING:
        *(struct bytes *)member = text_of(value);
        return ((struct bytes *)member)->data;
    case FIELD_UUID:
        return uuid_parse(text_of(value), member);
    case FIELD_BOOL:
        *(bool *)member = yyjson_get_bool(value);
        return yyjson_is_bool(value);
    case FIELD_RECORD:
        return field->record->size == sizeof(struct reference) &&
               set_reference(value, arena, member);
    case FIELD_BYTES:
    case FIELD_ARRAY:
        return false;
    default:
        return set_number(field, value, member);
    }
}

bool sample_takes(const struct record_table *table, const struct field *field, yyjson_val *value)
{
    CLEANUP(arena_deinit) struct arena arena = {0};

    return set_field(field, value, &arena, arena_alloc(&arena, table->size));
}

static enum outcome set_record(const struct record_table *table, yyjson_val *object,
                               struct arena *arena, void *record, struct error *err)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(object);

    record_init(table, record);
    for (yyjson_val *key = yyjson_obj_iter_next(&iter); key; key = yyjson_obj_iter_next(&iter)) {
        const struct field *field =
            field_find(table, bytes_of(yyjson_get_str(key), yyjson_get_len(key)));

        if (strcmp(yyjson_get_str(key), "record") == 0)
            continue;
        if (!field)
            return error_set(err, OUTCOME_REJECT, "%s n'a pas de champ « %s »", table->name,
                             yyjson_get_str(key));
        if (!set_field(field, yyjson_obj_iter_get_val(key), arena, record))
            return error_set(err, OUTCOME_REJECT, "%s.%s ne peut pas être cela", table->name,
                             field->name);
    }
    return OUTCOME_OK;
}

static void read_links(yyjson_val *object, struct sample *sample)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(object);

    for (yyjson_val *key = yyjson_obj_iter_next(&iter); key && sample->link_count < 32;
         key = yyjson_obj_iter_next(&iter))
        sample->links[sample->link_count++] =
            (struct link_note){bytes_of(yyjson_get_str(key), yyjson_get_len(key)),
                               text_of(yyjson_obj_iter_get_val(key))};
}

enum outcome sample_read(yyjson_val *root, struct arena *arena, struct sample *ret_sample,
                         struct error *err)
{
    yyjson_val *deliver = yyjson_obj_get(root, "deliver");
    yyjson_val *contact = yyjson_obj_get(root, "contact");
    enum outcome outcome;

    *ret_sample = (struct sample){.answers = yyjson_obj_get(root, "answers")};
    ret_sample->event.type = event_type_of(text_of(yyjson_obj_get(deliver, "record")));
    if (ret_sample->event.type == EVENT_NONE)
        return error_set(
            err, OUTCOME_REJECT,
            "deliver.record n'est aucun de Referral, Appointment, Closure, Rejection, Notice");
    outcome = set_record(event_table(ret_sample->event.type), deliver, arena,
                         &ret_sample->event.envelope, err);
    if (outcome == OUTCOME_OK && contact) {
        ret_sample->has_contact = true;
        outcome = set_record(&contact_table, contact, arena, &ret_sample->contact, err);
    }
    read_links(yyjson_obj_get(root, "links"), ret_sample);
    return outcome;
}

/* ---- Receipts ------------------------------------------------------------------------- */

/* The members of an object as headers, `prefix` in front of their names. */
static void add_headers(yyjson_val *object, const char *prefix, struct arena *arena,
                        struct http_header *headers, size_t *count)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(object);

    for (yyjson_val *key = yyjson_obj_iter_next(&iter); key; key = yyjson_obj_iter_next(&iter))
        headers[(*count)++] =
            (struct http_header){arena_printf(arena, "%s%s", prefix, yyjson_get_str(key)),
                                 arena_text(arena, text_of(yyjson_obj_iter_get_val(key)))};
}

void sample_receipt(yyjson_val *root, struct arena *arena, struct mapping_input *ret_input)
{
    yyjson_val *given = yyjson_obj_get(root, "headers");
    yyjson_val *query = yyjson_obj_get(root, "query");
    struct bytes file = text_of(yyjson_obj_get(root, "file"));
    struct http_header *headers =
        arena_array(arena, yyjson_obj_size(given) + yyjson_obj_size(query) + 1, sizeof(*headers));
    size_t len = 0;
    char *body = yyjson_val_write(yyjson_obj_get(root, "receive"), 0, &len);
    size_t count = 0;

    add_headers(given, "", arena, headers, &count);
    add_headers(query, MAPPING_QUERY, arena, headers, &count);
    *ret_input = (struct mapping_input){.body = body ? arena_copy(arena, bytes_of(body, len))
                                                     : BYTES_LITERAL(""),
                                        .headers = headers,
                                        .header_count = count,
                                        .file = file.data ? arena_text(arena, file) : NULL,
                                        .absent = yyjson_get_bool(yyjson_obj_get(root, "absent"))};
    (void)!bytes_to_int64(text_of(yyjson_obj_get(root, "line")), &ret_input->line);
    free(body);
}

/* ---- Answers -------------------------------------------------------------------------- */

void sample_answer(const struct sample *sample, const char *call, struct arena *arena,
                   struct http_response *ret_response)
{
    yyjson_val *answer = yyjson_obj_get(sample->answers, call);
    yyjson_val *body = yyjson_obj_get(answer, "body");
    struct bytes status = text_of(yyjson_obj_get(answer, "status"));
    int64_t number = 200;
    size_t len = 0;
    char *text = body && !yyjson_is_str(body) ? yyjson_val_write(body, 0, &len) : NULL;

    *ret_response = (struct http_response){.status = 200,
                                           .content_type = "application/json",
                                           .etag = "",
                                           .retry_after_s = -1,
                                           .body = BYTES_LITERAL("{}")};
    if (status.data && bytes_to_int64(status, &number))
        ret_response->status = (int32_t)number;
    if (text)
        ret_response->body = arena_copy(arena, bytes_of(text, len));
    if (yyjson_is_str(body)) { /* XML, a page instead, or a few words */
        ret_response->body = text_of(body);
        ret_response->content_type =
            bytes_starts_with(ret_response->body, BYTES_LITERAL("<?xml")) ? "application/xml"
            : bytes_starts_with(ret_response->body, BYTES_LITERAL("<"))   ? "text/html"
                                                                          : "text/plain";
    }
    free(text);
}
