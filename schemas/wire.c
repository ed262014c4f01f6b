/* SPDX-License-Identifier: Apache-2.0
 *
 * Confluent wire format: a magic byte 0, the schema id in four bytes, big endian, the Avro
 * body. CloudEvents 1.0, Kafka Protocol Binding, "Binary Content Mode": attributes as
 * headers "ce_…", and content-type for the value (which carries the framing too).
 */
#include "schemas/wire.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "schemas/registry.h"
#include "schemas/schema_texts.h"
#include "schemas/schema_tree.h"

#define FRAME_SIZE 5
#define ID_BASE REGISTRY_ID_END
#define MAX_SCHEMAS 16
/* Writers' schemas that a registry may teach one process. */
#define MAX_LEARNED 256

/* How values with one id are read. Never changed or removed once it is in the list. */
struct reading {
    uint32_t id;
    const struct record_table *table; /* NULL: no record of ours, or no schema */
    struct avro_plan *plan;           /* NULL with it                          */
    struct reading *next;
};

/* What grows while threads read it: a list with new ones in front, so that a reader needs no
 * lock and finds the few that are in use at once. */
struct readings {
    _Atomic(struct reading *) first;
    pthread_mutex_t lock; /* of who adds */
    size_t learned;
};

struct wire {
    size_t count;
    struct wire_schema schemas[MAX_SCHEMAS];
    char subjects[MAX_SCHEMAS][40];
    struct registry *registry;
    struct readings *readings;
};

/* ---- The built-in set -------------------------------------------------------------------- */

static const struct reading *find_reading(const struct wire *wire, uint32_t id)
{
    const struct reading *reading = atomic_load(&wire->readings->first);

    while (reading && reading->id != id)
        reading = reading->next;
    return reading;
}

static const struct reading *add_reading(struct readings *readings, uint32_t id,
                                         const struct record_table *table, struct avro_plan *plan)
{
    struct reading *reading = xcalloc(1, sizeof(*reading));

    *reading = (struct reading){id, table, plan, atomic_load(&readings->first)};
    atomic_store(&readings->first, reading);
    return reading;
}

/* Our own texts, which a test holds against the tables: a failure is a mistake of the build. */
static void add_text(struct wire *wire, const struct record_table *table, struct bytes text,
                     uint64_t *ret_fingerprint)
{
    struct avro_plan *plan = NULL;
    uint32_t id;

    if (avro_fingerprint(text, ret_fingerprint, NULL) != OUTCOME_OK)
        abort();
    id = ID_BASE + (uint32_t)(*ret_fingerprint & (ID_BASE - 1));
    if (find_reading(wire, id))
        return; /* versions that differ in words only */
    if (avro_plan_new(text, table, &plan, NULL) != OUTCOME_OK)
        abort();
    (void)add_reading(wire->readings, id, table, plan);
}

static void add_schema(struct wire *wire, const struct schema_text *text)
{
    struct wire_schema *schema = &wire->schemas[wire->count];
    uint64_t of_version;

    if (wire->count == MAX_SCHEMAS)
        abort();
    for (size_t i = 0; i < schema_history_count; i++) {
        if (schema_history[i].table != text->table)
            continue;
        schema->version = schema_history[i].version;
        if (!bytes_equal(schema_history[i].text, text->text))
            add_text(wire, text->table, schema_history[i].text, &of_version);
    }
    add_text(wire, text->table, text->text, &schema->fingerprint);
    schema->table = text->table;
    schema->text = text->text;
    schema->id = ID_BASE + (uint32_t)(schema->fingerprint & (ID_BASE - 1));
    (void)snprintf(wire->subjects[wire->count], sizeof(wire->subjects[0]), "relais.%s",
                   schema->table->name);
    schema->subject = wire->subjects[wire->count];
    wire->count++;
}

static struct wire *wire_empty(void)
{
    struct wire *wire = xcalloc(1, sizeof(*wire));

    wire->readings = xcalloc(1, sizeof(*wire->readings));
    pthread_mutex_init(&wire->readings->lock, NULL);
    return wire;
}

struct wire *wire_new(void)
{
    struct wire *wire = wire_empty();

    for (size_t i = 0; i < schema_text_count; i++)
        add_schema(wire, &schema_texts[i]);
    return wire;
}

struct wire *wire_new_of(const struct record_table *table)
{
    struct wire *wire = wire_empty();

    for (size_t i = 0; i < schema_text_count; i++)
        if (schema_texts[i].table == table)
            add_schema(wire, &schema_texts[i]);
    return wire;
}

void wire_free(struct wire *wire)
{
    struct reading *next;

    if (!wire)
        return;
    for (struct reading *reading = atomic_load(&wire->readings->first); reading; reading = next) {
        next = reading->next;
        avro_plan_free(reading->plan);
        free(reading);
    }
    pthread_mutex_destroy(&wire->readings->lock);
    free(wire->readings);
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

/* ---- The registry ------------------------------------------------------------------------ */

void wire_use_registry(struct wire *wire, struct registry *registry)
{
    wire->registry = registry;
}

static enum outcome register_one(struct wire *wire, struct wire_schema *schema, struct error *err)
{
    struct avro_plan *plan = NULL;
    uint32_t id = 0;
    enum outcome outcome =
        registry_register(wire->registry, schema->subject, schema->text, &id, err);

    if (outcome != OUTCOME_OK)
        return outcome;
    schema->id = id;
    if (find_reading(wire, id))
        return OUTCOME_OK;
    if (avro_plan_new(schema->text, schema->table, &plan, NULL) != OUTCOME_OK)
        abort(); /* as add_text() */
    (void)add_reading(wire->readings, id, schema->table, plan);
    return OUTCOME_OK;
}

enum outcome wire_register(struct wire *wire, const struct record_table *const *tables,
                           struct error *err)
{
    enum outcome outcome = OUTCOME_OK;

    for (; wire->registry && *tables && outcome == OUTCOME_OK; tables++)
        for (size_t i = 0; i < wire->count && outcome == OUTCOME_OK; i++)
            if (wire->schemas[i].table == *tables)
                outcome = register_one(wire, &wire->schemas[i], err);
    return outcome;
}

/* The plan for a schema that somebody else wrote; none when it is no record of ours, or cannot
 * be read as ours. That will not change: an id's schema never does. */
static const struct reading *compile(const struct wire *wire, uint32_t id, struct bytes text,
                                     struct arena *arena)
{
    struct schema_node *root = NULL;
    struct avro_plan *plan = NULL;

    if (schema_tree_parse(text, arena, &root, NULL) != OUTCOME_OK)
        return add_reading(wire->readings, id, NULL, NULL);
    for (size_t i = 0; i < wire->count && root->kind == SCHEMA_RECORD; i++) {
        const struct record_table *table = wire->schemas[i].table;

        if (bytes_equal_text(schema_tree_short_name(root->name), table->name) &&
            avro_plan_new(text, table, &plan, NULL) == OUTCOME_OK)
            return add_reading(wire->readings, id, table, plan);
    }
    return add_reading(wire->readings, id, NULL, NULL);
}

/* Asks the registry, under the lock of who adds. */
static enum outcome learn(const struct wire *wire, uint32_t id, const struct reading **ret_reading,
                          struct error *err)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    struct bytes text = BYTES_NONE;
    enum outcome outcome;

    *ret_reading = find_reading(wire, id); /* another thread was first */
    if (*ret_reading)
        return OUTCOME_OK;
    if (wire->readings->learned >= MAX_LEARNED)
        return error_set(err, OUTCOME_REJECT, "plus de %d schémas des autres", MAX_LEARNED);
    outcome = registry_schema(wire->registry, id, &arena, &text, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    wire->readings->learned++;
    *ret_reading = compile(wire, id, text, &arena);
    return OUTCOME_OK;
}

/* ---- Values ------------------------------------------------------------------------------- */

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

static bool frame_id(struct bytes value, uint32_t *ret_id)
{
    struct cursor cursor = cursor_over(value);
    uint8_t magic = 1;

    return value.data && cursor_u8(&cursor, &magic) && magic == 0 && cursor_u32_be(&cursor, ret_id);
}

/* How `value` is read: never one without a table. */
static enum outcome reading_of(const struct wire *wire, struct bytes value,
                               const struct reading **ret_reading, struct error *err)
{
    const struct reading *reading;
    enum outcome outcome = OUTCOME_OK;
    uint32_t id = 0;

    if (!frame_id(value, &id))
        return error_set(err, OUTCOME_REJECT, "sans l'en-tête de Confluent");
    reading = find_reading(wire, id);
    if (!reading && (!wire->registry || id >= ID_BASE))
        return error_set(err, OUTCOME_REJECT, "le schéma %u n'est pas connu", id);
    if (!reading) {
        pthread_mutex_lock(&wire->readings->lock);
        outcome = learn(wire, id, &reading, err);
        pthread_mutex_unlock(&wire->readings->lock);
    } else if (wire->registry && id < ID_BASE) {
        registry_hit(wire->registry);
    }
    if (outcome != OUTCOME_OK)
        return outcome;
    if (!reading || !reading->table)
        return error_set(err, OUTCOME_REJECT, "le schéma %u n'est pas de ceux qui se lisent ici",
                         id);
    *ret_reading = reading;
    return OUTCOME_OK;
}

const char *wire_rejection(const struct wire *wire, struct bytes value)
{
    uint32_t id = 0;

    return frame_id(value, &id) && !find_reading(wire, id) ? "schema_unknown" : "unreadable_record";
}

enum outcome wire_table(const struct wire *wire, struct bytes value,
                        const struct record_table **ret_table, struct error *err)
{
    const struct reading *reading = NULL;
    enum outcome outcome = reading_of(wire, value, &reading, err);

    if (outcome != OUTCOME_OK)
        return outcome;
    assert(reading);
    *ret_table = reading->table;
    return OUTCOME_OK;
}

static enum outcome decode_body(const struct reading *reading, struct bytes value,
                                struct arena *arena, void *record, struct error *err)
{
    struct bytes body = bytes_of(value.data + FRAME_SIZE, value.len - FRAME_SIZE);

    return avro_decode(reading->plan, body, &avro_limits_default, arena, record, err);
}

enum outcome wire_decode(const struct wire *wire, struct bytes value,
                         const struct record_table *table, struct arena *arena, void *record,
                         struct error *err)
{
    const struct reading *reading = NULL;
    enum outcome outcome = reading_of(wire, value, &reading, err);

    if (outcome != OUTCOME_OK)
        return outcome;
    assert(reading);
    if (reading->table != table)
        return error_set(err, OUTCOME_REJECT, "un enregistrement %s ; attendu : %s",
                         reading->table->name, table->name);
    return decode_body(reading, value, arena, record, err);
}

void wire_encode_event(const struct wire *wire, const struct event *event, struct buffer *out)
{
    wire_encode(wire, event_table(event->type), &event->envelope, out);
}

enum outcome wire_decode_event(const struct wire *wire, struct bytes value, struct arena *arena,
                               struct event *ret_event, struct error *err)
{
    const struct reading *reading = NULL;
    enum event_type type;
    enum outcome outcome = reading_of(wire, value, &reading, err);

    if (outcome != OUTCOME_OK)
        return outcome;
    assert(reading);
    type = event_type_of(bytes_of_text(reading->table->name));
    if (type == EVENT_NONE)
        return error_set(err, OUTCOME_REJECT, "un enregistrement %s ; attendu : un événement",
                         reading->table->name);
    outcome = decode_body(reading, value, arena, &ret_event->envelope, err);
    ret_event->type = outcome == OUTCOME_OK ? type : EVENT_NONE;
    return outcome;
}

/* ---- CloudEvents ------------------------------------------------------------------ */

/* Parts behind each other. Not by printf: three of these are made for every record. */
static struct bytes join(const struct bytes *parts, size_t count, struct arena *arena)
{
    size_t len = 0;
    uint8_t *text;
    uint8_t *at;

    for (size_t i = 0; i < count; i++)
        len += parts[i].len;
    text = at = arena_alloc_unset(arena, len + 1);
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len > 0)
            memcpy(at, parts[i].data, parts[i].len);
        at += parts[i].len;
    }
    return bytes_of(text, len);
}

static struct bytes lower(struct bytes text, struct arena *arena)
{
    uint8_t *copy = arena_alloc_unset(arena, text.len + 1);

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
    bool has_system = system.data && system.len > 0;
    const struct bytes parts[] = {BYTES_LITERAL("/relais/"), op, BYTES_LITERAL("/"), system};

    return join(parts, has_system ? 4 : 2, arena);
}

static struct bytes ce_type(const struct event *event, struct arena *arena)
{
    const struct bytes parts[] = {BYTES_LITERAL("relais."),
                                  bytes_of_text(event_table(event->type)->name), BYTES_LITERAL("."),
                                  bytes_of_text(event_status(event)), BYTES_LITERAL(".v1")};

    return lower(join(parts, 5, arena), arena);
}

/* W3C Trace Context, "traceparent": version, trace, parent and flags, in lower case. */
const char *wire_traceparent(struct bytes header, struct arena *arena)
{
    static const char form[] = "00-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-xxxxxxxxxxxxxxxx-xx";

    if (!header.data || header.len != sizeof(form) - 1)
        return NULL;
    for (size_t i = 0; i < header.len; i++) {
        uint8_t byte = header.data[i];
        bool digit = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');

        if (form[i] == 'x' ? !digit : byte != (uint8_t)form[i])
            return NULL;
    }
    return arena_text(arena, header);
}

const struct kafka_header *wire_headers(const struct event *event, const char *traceparent,
                                        struct arena *arena, size_t *ret_count)
{
    const struct envelope *envelope = &event->envelope;
    struct kafka_header *headers = arena_array(arena, 8, sizeof(*headers));
    size_t count = 0;

    headers[count++] = (struct kafka_header){"ce_specversion", BYTES_LITERAL("1.0")};
    headers[count++] = (struct kafka_header){"ce_id", uuid_bytes(envelope->event_id, arena)};
    headers[count++] = (struct kafka_header){"ce_type", ce_type(event, arena)};
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
