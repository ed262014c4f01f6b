/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/json_view.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/uuid.h"

/* Days that a four-digit year can name: 1000-01-01 to 9999-12-31. */
#define FIRST_DAY (-354285)
#define LAST_DAY 2932896

/* RFC 8259, section 7: quotation mark, reverse solidus and control characters. */
static void write_text(struct buffer *out, struct bytes text)
{
    buffer_append_byte(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];

        if (c == '"' || c == '\\') {
            buffer_append_byte(out, '\\');
            buffer_append_byte(out, c);
        } else if (c == '\n') {
            buffer_append_text(out, "\\n");
        } else if (c < 0x20 || c == 0x7F) {
            buffer_printf(out, "\\u%04x", c);
        } else {
            buffer_append_byte(out, c);
        }
    }
    buffer_append_byte(out, '"');
}

static void write_time(struct buffer *out, int64_t wall_us)
{
    char text[CLOCK_TEXT_SIZE];

    if (wall_us < FIRST_DAY * US_PER_DAY || wall_us >= (LAST_DAY + 1) * US_PER_DAY)
        buffer_printf(out, "%lld", (long long)wall_us);
    else
        buffer_printf(out, "\"%s\"", clock_format(wall_us, text));
}

static void write_date(struct buffer *out, int32_t days)
{
    char text[CLOCK_TEXT_SIZE];

    if (days < FIRST_DAY || days > LAST_DAY)
        buffer_printf(out, "%d", days);
    else
        buffer_printf(out, "\"%.10s\"", clock_format(days * US_PER_DAY, text));
}

static void write_value(struct buffer *out, const struct field *field, enum field_type type,
                        const void *at, bool show_personal);

static void write_array(struct buffer *out, const struct field *field, const void *at,
                        bool show_personal)
{
    const struct field_array *array = at;
    const uint8_t *items = array->items;

    buffer_append_byte(out, '[');
    for (size_t i = 0; i < array->count; i++) {
        if (i > 0)
            buffer_append_byte(out, ',');
        write_value(out, field, field->item, items + i * field_size(field, field->item),
                    show_personal);
    }
    buffer_append_byte(out, ']');
}

static void write_value(struct buffer *out, const struct field *field, enum field_type type,
                        const void *at, bool show_personal)
{
    char uuid[UUID_TEXT_SIZE];

    switch (type) {
    case FIELD_STRING:
        write_text(out, *(const struct bytes *)at);
        return;
    case FIELD_BYTES:
        buffer_append_byte(out, '"');
        crypto_hex(*(const struct bytes *)at, out);
        buffer_append_byte(out, '"');
        return;
    case FIELD_UUID:
        buffer_printf(out, "\"%s\"", uuid_format(*(const struct uuid *)at, uuid));
        return;
    case FIELD_BOOL:
        buffer_append_text(out, *(const bool *)at ? "true" : "false");
        return;
    case FIELD_INT:
        buffer_printf(out, "%d", *(const int32_t *)at);
        return;
    case FIELD_DATE:
        write_date(out, *(const int32_t *)at);
        return;
    case FIELD_LONG:
        buffer_printf(out, "%lld", (long long)*(const int64_t *)at);
        return;
    case FIELD_TIME:
        write_time(out, *(const int64_t *)at);
        return;
    case FIELD_ENUM:
        buffer_printf(out, "\"%s\"", enum_symbol(field->symbols, *(const int32_t *)at));
        return;
    case FIELD_RECORD:
        json_view(field->record, at, show_personal, out);
        return;
    case FIELD_ARRAY:
        write_array(out, field, at, show_personal);
        return;
    }
}

void json_view(const struct record_table *table, const void *record, bool show_personal,
               struct buffer *out)
{
    bool first = true;

    buffer_append_byte(out, '{');
    for (const struct field *field = table->fields; field->name; field++) {
        const void *at = (const uint8_t *)record + field->offset;

        if (field_is_none(field, record))
            continue;
        buffer_printf(out, first ? "\"%s\":" : ",\"%s\":", field->name);
        first = false;
        if (field->type == FIELD_RECORD && (field->flags & FIELD_NULLABLE))
            memcpy(&at, at, sizeof(at));
        if ((field->flags & FIELD_PERSONAL) && !show_personal)
            buffer_append_text(out, "\"***\"");
        else
            write_value(out, field, field->type, at, show_personal);
    }
    buffer_append_byte(out, '}');
}
