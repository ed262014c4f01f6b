/* SPDX-License-Identifier: Apache-2.0
 *
 * Confluent wire format: a magic byte 0, the schema id in four bytes, big endian, the Avro
 * body. CloudEvents 1.0, Kafka Protocol Binding, "Binary Content Mode": attributes as
 * headers "ce_…", and content-type for the value (which carries the framing too).
 */
#include "schemas/wire.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "schemas/schema_texts.h"

#define FRAME_SIZE 5
/* The built-in range of ids; a registry counts from 1. */
#define ID_BASE (UINT32_C(1) << 30)
#define MAX_SCHEMAS 16

struct wire {
    size_t count;
    struct wire_schema schemas[MAX_SCHEMAS];
    struct avro_plan *plans[MAX_SCHEMAS];
    char subjects[MAX_SCHEMAS][40];
};

static void add_schema(struct wire *wire, const struct schema_text *text)
{
    struct wire_schema *schema = &wire->schemas[wire->count];
    struct error err;

    /* Our own texts, which a test holds against the tables: anything else is a mistake of
     * the build. */
    if (wire->count == MAX_SCHEMAS ||
        avro_fingerprint(text->text, &schema->fingerprint, &err) != OUTCOME_OK ||
        avro_plan_new(text->text, text->table, &wire->plans[wire->count], &err) != OUTCOME_OK)
        abort();
    schema->table = text->table;
    schema->text = text->text;
    schema->id = ID_BASE + (uint32_t)(schema->fingerprint & (ID_BASE - 1));
    (void)snprintf(wire->subjects[wire->count], sizeof(wire->subjects[0]), "relais.%s",
                   schema->table->name);
    schema->subject = wire->subjects[wire->count];
    wire->count++;
}

struct wire *wire_new(void)
{
    struct wire *wire = xcalloc(1, sizeof(*wire));

    for (size_t i = 0; i < schema_text_count; i++)
        add_schema(wire, &schema_texts[i]);
    return wire;
}

struct wire *wire_new_of(const struct record_table *table)
{
    struct wire *wire = xcalloc(1, sizeof(*wire));

    for (size_t i = 0; i < schema_text_count; i++)
        if (schema_texts[i].table == table)
            add_schema(wire, &schema_texts[i]);
    return wire;
}

void wire_free(struct wire *wire)
{
    if (!wire)
        return;
    for (size_t i = 0; i < wire->count; i++)
        avro_plan_free(wire->plans[i]);
    free(wire);
}

size_t wire_schema_count(const struct wire *wire)
{
    return wire->count;
}

struct wire_schema wire_schema_at(const struct wire *wire, size_t index)
{
    return wire->schemas[index];
}

void wire_encode(const struct wire *wire, const struct record_table *table, const void *record,
                 struct buffer *out)
{
    for (size_t i = 0; i < wire->count; i++) {
        uint32_t id = wire->schemas[i].id;

        if (wire->schemas[i].table != table)
            continue;
        buffer_append(out,
                      (uint8_t[FRAME_SIZE]){0, (uint8_t)(id >> 24), (uint8_t)(id >> 16),
                                            (uint8_t)(id >> 8), (uint8_t)id},
                      FRAME_SIZE);
        avro_encode(table, record, out);
        return;
    }
    abort(); /* a table that is not of the set: a programmer's mistake */
}

/* Index of the schema that framed `value`. */
static enum outcome find_schema(const struct wire *wire, struct bytes value, size_t *ret_index,
                                struct error *err)
{
    struct cursor cursor = cursor_over(value);
    uint8_t magic = 1;
    uint32_t id = 0;

    if (!value.data || !cursor_u8(&cursor, &magic) || magic != 0 || !cursor_u32_be(&cursor, &id))
        return error_set(err, OUTCOME_REJECT, "no Confluent framing");
    for (size_t i = 0; i < wire->count; i++) {
        if (wire->schemas[i].id == id) {
            *ret_index = i;
            return OUTCOME_OK;
        }
    }
    return error_set(err, OUTCOME_REJECT, "schema id %u is not known", id);
}

enum outcome wire_table(const struct wire *wire, struct bytes value,
                        const struct record_table **ret_table, struct error *err)
{
    size_t index = 0;
    enum outcome outcome = find_schema(wire, value, &index, err);

    if (outcome == OUTCOME_OK)
        *ret_table = wire->schemas[index].table;
    return outcome;
}

static enum outcome decode_body(const struct wire *wire, size_t index, struct bytes value,
                                struct arena *arena, void *record, struct error *err)
{
    struct bytes body = bytes_of(value.data + FRAME_SIZE, value.len - FRAME_SIZE);

    return avro_decode(wire->plans[index], body, &avro_limits_default, arena, record, err);
}

enum outcome wire_decode(const struct wire *wire, struct bytes value,
                         const struct record_table *table, struct arena *arena, void *record,
                         struct error *err)
{
    size_t index = 0;
    enum outcome outcome = find_schema(wire, value, &index, err);

    if (outcome != OUTCOME_OK)
        return outcome;
    if (wire->schemas[index].table != table)
        return error_set(err, OUTCOME_REJECT, "a record %s where %s is expected",
                         wire->schemas[index].table->name, table->name);
    return decode_body(wire, index, value, arena, record, err);
}

void wire_encode_event(const struct wire *wire, const struct event *event, struct buffer *out)
{
    wire_encode(wire, event_table(event->type), &event->envelope, out);
}

enum outcome wire_decode_event(const struct wire *wire, struct bytes value, struct arena *arena,
                               struct event *ret_event, struct error *err)
{
    size_t index = 0;
    enum event_type type;
    enum outcome outcome = find_schema(wire, value, &index, err);

    if (outcome != OUTCOME_OK)
        return outcome;
    type = event_type_of(bytes_of_text(wire->schemas[index].table->name));
    if (type == EVENT_NONE)
        return error_set(err, OUTCOME_REJECT, "a record %s where an event is expected",
                         wire->schemas[index].table->name);
    outcome = decode_body(wire, index, value, arena, &ret_event->envelope, err);
    ret_event->type = outcome == OUTCOME_OK ? type : EVENT_NONE;
    return outcome;
}

/* ---- CloudEvents ------------------------------------------------------------------ */

static struct bytes lower(struct bytes text, struct arena *arena)
{
    uint8_t *copy = arena_alloc(arena, text.len + 1);

    for (size_t i = 0; i < text.len; i++)
        copy[i] = text.data[i] >= 'A' && text.data[i] <= 'Z' ? (uint8_t)(text.data[i] + 32)
                                                             : text.data[i];
    return bytes_of(copy, text.len);
}

static struct bytes uuid_bytes(struct uuid id, struct arena *arena)
{
    char *text = arena_alloc(arena, UUID_TEXT_SIZE);

    return bytes_of_text(uuid_format(id, text));
}

static struct bytes ce_source(const struct envelope *envelope, struct arena *arena)
{
    struct bytes op = envelope->operator_code;
    struct bytes system = envelope->source_system;

    if (!op.data)
        op = BYTES_LITERAL("");
    if (!system.data || system.len == 0)
        return bytes_of_text(arena_printf(arena, "/relais/%.*s", BYTES_ARG(op)));
    return bytes_of_text(
        arena_printf(arena, "/relais/%.*s/%.*s", BYTES_ARG(op), BYTES_ARG(system)));
}

const struct kafka_header *wire_headers(const struct event *event, const char *traceparent,
                                        struct arena *arena, size_t *ret_count)
{
    const struct envelope *envelope = &event->envelope;
    struct kafka_header *headers = arena_array(arena, 8, sizeof(*headers));
    const char *type =
        arena_printf(arena, "relais.%s.%s.v1", event_table(event->type)->name, event_status(event));
    size_t count = 0;

    headers[count++] = (struct kafka_header){"ce_specversion", BYTES_LITERAL("1.0")};
    headers[count++] = (struct kafka_header){"ce_id", uuid_bytes(envelope->event_id, arena)};
    headers[count++] = (struct kafka_header){"ce_type", lower(bytes_of_text(type), arena)};
    headers[count++] = (struct kafka_header){"ce_source", ce_source(envelope, arena)};
    headers[count++] = (struct kafka_header){"ce_subject", uuid_bytes(envelope->handoff_id, arena)};
    if (envelope->occurred_at != NO_TIME) {
        char *time = arena_alloc(arena, CLOCK_TEXT_SIZE);

        headers[count++] = (struct kafka_header){
            "ce_time", bytes_of_text(clock_format(envelope->occurred_at, time))};
    }
    headers[count++] = (struct kafka_header){"content-type", BYTES_LITERAL("application/avro")};
    if (traceparent)
        headers[count++] =
            (struct kafka_header){"traceparent", arena_copy(arena, bytes_of_text(traceparent))};
    *ret_count = count;
    return headers;
}
