/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/codes.h"
#include "schemas/nir.h"

#define MAX_SHARED_BYTES 1024
/* Two thousand characters of up to four bytes, and some air. */
#define MAX_PERSONAL_BYTES 8192
#define MAX_ITEMS 1000

/* Where in the record: nested names joined by dots. */
struct path {
    const struct path *outer;
    const char *name;
};

static enum outcome check_record(const struct record_table *table, const void *record,
                                 const struct path *outer, struct error *err);

static enum outcome reject(const struct path *path, const char *expected, struct error *err)
{
    (void)error_set(err, OUTCOME_REJECT, "%s : attendu : %s", path->name, expected);
    for (path = path->outer; path; path = path->outer)
        if (err)
            (void)error_wrap(err, "%s", path->name);
    return OUTCOME_REJECT;
}

static enum outcome check_text(const struct field *field, struct bytes text,
                               const struct path *path, struct error *err)
{
    bool personal = (field->flags & FIELD_PERSONAL) != 0;
    const char *expected = NULL;

    if (text.len > (personal ? (size_t)MAX_PERSONAL_BYTES : (size_t)MAX_SHARED_BYTES))
        return reject(path, personal ? "au plus 8192 octets" : "au plus 1024 octets", err);
    if (!bytes_is_utf8(text))
        return reject(path, "de l'UTF-8", err);
    if (field->format && !codes_check(field->format, text, &expected))
        return reject(path, expected, err);
    if (nir_in_field(field, text))
        return reject(path, "pas de numéro de sécurité sociale dans un champ partagé", err);
    return OUTCOME_OK;
}

static enum outcome check_value(const struct field *field, enum field_type type, const void *at,
                                const struct path *path, struct error *err);

static enum outcome check_array(const struct field *field, const struct field_array *array,
                                const struct path *path, struct error *err)
{
    const uint8_t *items = array->items;
    enum outcome outcome = OUTCOME_OK;

    if (array->count > MAX_ITEMS)
        return reject(path, "au plus 1000 éléments", err);
    for (size_t i = 0; i < array->count && outcome == OUTCOME_OK; i++)
        outcome =
            check_value(field, field->item, items + i * field_size(field, field->item), path, err);
    return outcome;
}

static enum outcome check_value(const struct field *field, enum field_type type, const void *at,
                                const struct path *path, struct error *err)
{
    int32_t number;
    int64_t time;

    switch (type) {
    case FIELD_STRING:
        return check_text(field, *(const struct bytes *)at, path, err);
    case FIELD_ENUM:
        number = *(const int32_t *)at;
        if (number < 0 || (size_t)number >= field->symbols->count)
            return reject(path, "l'un de ses symboles", err);
        return OUTCOME_OK;
    case FIELD_RECORD:
        return check_record(field->record, at, path, err);
    case FIELD_ARRAY:
        return check_array(field, at, path, err);
    case FIELD_TIME:
        time = *(const int64_t *)at;
        return time >= -FIELD_TIME_MOST && time <= FIELD_TIME_MOST
                   ? OUTCOME_OK
                   : reject(path, "un instant à moins de 10000 ans de 1970", err);
    case FIELD_DATE:
        number = *(const int32_t *)at;
        return number >= -FIELD_DAYS_MOST && number <= FIELD_DAYS_MOST
                   ? OUTCOME_OK
                   : reject(path, "un jour à moins de 10000 ans de 1970", err);
    case FIELD_BYTES:
    case FIELD_UUID:
    case FIELD_BOOL:
    case FIELD_INT:
    case FIELD_LONG:
        break;
    }
    return OUTCOME_OK;
}

/* A required field, and a time that is not nullable, must have a value. */
static bool is_missing(const struct field *field)
{
    return (field->flags & FIELD_REQUIRED) != 0 ||
           (field->type == FIELD_TIME && !(field->flags & FIELD_NULLABLE));
}

static enum outcome check_record(const struct record_table *table, const void *record,
                                 const struct path *outer, struct error *err)
{
    for (const struct field *field = table->fields; field->name; field++) {
        const void *at = (const uint8_t *)record + field->offset;
        const struct path path = {outer, field->name};
        enum outcome outcome;

        if (field_is_none(field, record)) {
            if (is_missing(field))
                return reject(&path, "une valeur", err);
            continue;
        }
        if (field->type == FIELD_RECORD && (field->flags & FIELD_NULLABLE))
            memcpy(&at, at, sizeof(at));
        outcome = check_value(field, field->type, at, &path, err);
        if (outcome != OUTCOME_OK)
            return outcome;
    }
    return OUTCOME_OK;
}

enum outcome record_check(const struct record_table *table, const void *record, struct error *err)
{
    return check_record(table, record, NULL, err);
}
