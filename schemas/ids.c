/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/ids.h"

#include <stdlib.h>

#include "base/crypto.h"
#include "schemas/avro.h"

#define SEPARATOR 0x1F
static const struct bytes separator = {(const uint8_t *)"\x1F", 1};

enum outcome ids_make(const struct hmac *secret, const struct bytes *parts, size_t count,
                      struct uuid *ret_id, struct error *err)
{
    uint8_t digest[CRYPTO_DIGEST_SIZE];
    struct hmac hmac = *secret;

    for (size_t i = 0; i < count; i++) {
        if (parts[i].len > 0 && memchr(parts[i].data, SEPARATOR, parts[i].len)) {
            crypto_wipe(&hmac, sizeof(hmac));
            return error_set(err, OUTCOME_REJECT,
                             "une partie d'une identité contient le séparateur 0x1F");
        }
        if (i > 0)
            hmac_update(&hmac, separator);
        if (parts[i].len > 0)
            hmac_update(&hmac, parts[i]);
    }
    hmac_final(&hmac, digest);
    *ret_id = uuid_v8(digest);
    return OUTCOME_OK;
}

static struct bytes type_name(enum event_type type)
{
    const struct record_table *table = event_table(type);

    return table ? bytes_of_text(table->name) : BYTES_LITERAL("");
}

enum outcome ids_handoff(const struct hmac *secret, struct bytes system, struct bytes entity,
                         struct uuid *ret_id, struct error *err)
{
    const struct bytes parts[] = {BYTES_LITERAL("handoff"), system, entity};

    return ids_make(secret, parts, 3, ret_id, err);
}

enum outcome ids_entity(const struct hmac *secret, struct bytes system, enum event_type type,
                        struct bytes entity, struct uuid *ret_id, struct error *err)
{
    const struct bytes parts[] = {BYTES_LITERAL("entity"), system, type_name(type), entity};

    return ids_make(secret, parts, 4, ret_id, err);
}

enum outcome ids_event(const struct hmac *secret, const struct ids_event *event,
                       struct uuid *ret_id, struct error *err)
{
    const struct bytes parts[] = {BYTES_LITERAL("event"), event->system,  type_name(event->type),
                                  event->entity,          event->version, event->tag};

    return ids_make(secret, parts, 6, ret_id, err);
}

struct uuid ids_broker(struct uuid handoff_id, const char *kind, struct bytes cause)
{
    char text[UUID_TEXT_SIZE];
    struct uuid id;
    struct hmac public;
    const struct bytes parts[] = {bytes_of_text(uuid_format(handoff_id, text)), bytes_of_text(kind),
                                  cause};

    /* A kind is ours and a cause is a UUID or a decimal time: neither holds a separator. */
    hmac_init(&public, IDS_PUBLIC_SECRET);
    if (ids_make(&public, parts, 3, &id, NULL) != OUTCOME_OK)
        abort();
    return id;
}

/* ---- Content tag ------------------------------------------------------------------ */

/* Symbol 0, false and 0 are what a field that was never mapped has. */
static bool is_unset(const struct field *field, const void *record)
{
    static const uint8_t zeros[sizeof(int64_t)];
    const uint8_t *at = (const uint8_t *)record + field->offset;
    bool plain = field->type == FIELD_BOOL || field->type == FIELD_ENUM ||
                 field->type == FIELD_INT || field->type == FIELD_LONG;

    if (field_is_none(field, record))
        return true;
    return plain && !(field->flags & FIELD_NULLABLE) &&
           memcmp(at, zeros, field_size(field, field->type)) == 0;
}

/* Only what is set is written, with its name, and symbols by name: a tag stays the same when
 * a later version of the program knows one more field or symbol. */
static void write_fields(const struct record_table *table, const void *record, struct buffer *out)
{
    for (const struct field *field = table->fields; field->name; field++) {
        int32_t number;

        if ((field->flags & FIELD_PASSING) || is_unset(field, record))
            continue;
        buffer_append_text(out, field->name);
        buffer_append_byte(out, SEPARATOR);
        if (field->type == FIELD_ENUM) {
            memcpy(&number, (const uint8_t *)record + field->offset, sizeof(number));
            buffer_append_text(out, enum_symbol(field->symbols, number));
        } else {
            avro_encode_field(field, record, out);
        }
        buffer_append_byte(out, SEPARATOR);
    }
}

struct bytes ids_content_tag(const struct hmac *secret, const struct event *event,
                             const struct contact *contact, struct arena *arena)
{
    uint8_t digest[CRYPTO_DIGEST_SIZE];
    struct buffer text = {0};
    char *tag = arena_alloc_unset(arena, 2 * sizeof(digest) + 1);

    write_fields(event_table(event->type), &event->envelope, &text);
    if (contact) {
        buffer_append_text(&text, "contact\x1F");
        write_fields(&contact_table, contact, &text);
    }
    hmac_of(secret, buffer_view(&text), digest);
    crypto_wipe_buffer(&text);
    crypto_hex_to(bytes_of(digest, sizeof(digest)), tag);
    return bytes_of_text(tag);
}
