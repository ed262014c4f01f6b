/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/generate.h"

#define MICROSECONDS_2020 INT64_C(1577836800000000)
#define MICROSECONDS_10_YEARS UINT64_C(315360000000000)

void generate_init(struct generator *generator, uint64_t seed)
{
    generator->state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
}

/* xorshift64* */
uint64_t generate_next(struct generator *generator)
{
    uint64_t x = generator->state;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    generator->state = x;
    return x * UINT64_C(0x2545F4914F6CDD1D);
}

size_t generate_below(struct generator *generator, size_t below)
{
    return (size_t)(generate_next(generator) >> 33) % below;
}

static bool once_in(struct generator *generator, size_t times)
{
    return generate_below(generator, times) == 0;
}

/* Valid texts of each format of schemas/codes.h. */
#define CHOICES 4
static const struct {
    const char *format;
    const char *texts[CHOICES];
} samples[] = {
    {"operator_code", {"o10", "o21", "o22", "relais"}},
    {"site_code", {"o21-metz", "o21-nancy", "o22-brest", "o10-75011"}},
    {"region", {"44", "53", "11", "04"}},
    {"departement", {"57", "2A", "974", "01"}},
    {"commune", {"57463", "2A004", "97411", "75056"}},
    {"siret", {"73282932000074", "35600000000048", "35600000000001", "73282932000074"}},
    {"siren", {"732829320", "356000000", "732829320", "356000000"}},
    {"rna", {"W751000001", "W9N1000001", "W2A1000001", "W131000001"}},
    {"rome", {"M1805", "A1101", "N4105", "K1801"}},
    {"pcs1", {"1", "3", "5", "8"}},
    {"phone", {"+33123456789", "+262262123456", "+33612345678", "+3225551234"}},
    {"postcode", {"57000", "20000", "97400", "01000"}},
    {"zone", {"Europe/Paris", "Indian/Reunion", "America/Cayenne", "UTC"}},
    {"rejection", {"loop", "unknown_handoff", "bad_value", "superseded"}},
};

static struct bytes text_of_format(struct generator *generator, const char *format)
{
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
        if (strcmp(samples[i].format, format) == 0)
            return bytes_of_text(samples[i].texts[generate_below(generator, CHOICES)]);
    return BYTES_LITERAL("x");
}

static struct bytes free_text(struct generator *generator, struct arena *arena)
{
    static const char *const pieces[] = {
        "a",  "bel", "c",  "Dupré",        "œ", "é", "ç",   " ", "-", "'", "\"",
        "\\", "/",   "\n", "\xE2\x82\xAC", "x", "y", "zed", "7", "😀",
    };
    size_t wanted = once_in(generator, 20) ? 60 : generate_below(generator, 12);
    struct buffer buffer = {0};
    struct bytes text;

    buffer_append_byte(&buffer, 't');
    for (size_t i = 0; i < wanted; i++)
        buffer_append_text(&buffer,
                           pieces[generate_below(generator, sizeof(pieces) / sizeof(pieces[0]))]);
    text = arena_copy(arena, buffer_view(&buffer));
    buffer_deinit(&buffer);
    return text;
}

static struct bytes random_bytes(struct generator *generator, struct arena *arena)
{
    size_t len = once_in(generator, 10) ? 300 : generate_below(generator, 33);
    uint8_t *data = arena_alloc(arena, len);

    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)generate_next(generator);
    return bytes_of(data, len);
}

static struct uuid random_uuid(struct generator *generator)
{
    uint8_t digest[16];

    for (size_t i = 0; i < sizeof(digest); i++)
        digest[i] = (uint8_t)(generate_next(generator) >> 40);
    return uuid_v8(digest);
}

/* Small ones, those around a varint's lengths, and any. */
static int64_t number_of(struct generator *generator, unsigned bits)
{
    uint64_t any = generate_next(generator) >> (64 - bits);
    int64_t value = (int64_t)(any >> generate_below(generator, bits));

    return once_in(generator, 3) ? -value : value;
}

static void make_value(struct generator *generator, const struct field *field, enum field_type type,
                       struct arena *arena, void *at);

static void make_array(struct generator *generator, const struct field *field, struct arena *arena,
                       void *at)
{
    size_t size = field_size(field, field->item);
    size_t count = once_in(generator, 2) ? 0 : generate_below(generator, 5);
    uint8_t *items = arena_array(arena, count, size);

    for (size_t i = 0; i < count; i++)
        make_value(generator, field, field->item, arena, items + i * size);
    *(struct field_array *)at = (struct field_array){items, count};
}

static void make_value(struct generator *generator, const struct field *field, enum field_type type,
                       struct arena *arena, void *at)
{
    switch (type) {
    case FIELD_STRING:
        *(struct bytes *)at =
            field->format ? text_of_format(generator, field->format) : free_text(generator, arena);
        return;
    case FIELD_BYTES:
        *(struct bytes *)at = random_bytes(generator, arena);
        return;
    case FIELD_UUID:
        *(struct uuid *)at = random_uuid(generator);
        return;
    case FIELD_BOOL:
        *(bool *)at = once_in(generator, 2);
        return;
    case FIELD_DATE:
        *(int32_t *)at = (int32_t)(number_of(generator, 31) % FIELD_DAYS_MOST);
        return;
    case FIELD_INT:
        *(int32_t *)at = (int32_t)number_of(generator, 31);
        return;
    case FIELD_LONG:
        *(int64_t *)at = number_of(generator, 63);
        return;
    case FIELD_TIME:
        *(int64_t *)at =
            MICROSECONDS_2020 + (int64_t)(generate_next(generator) % MICROSECONDS_10_YEARS);
        return;
    case FIELD_ENUM:
        *(int32_t *)at = (int32_t)generate_below(generator, field->symbols->count);
        return;
    case FIELD_RECORD:
        generate_record(generator, field->record, arena, at);
        return;
    case FIELD_ARRAY:
        make_array(generator, field, arena, at);
        return;
    }
}

void generate_record(struct generator *generator, const struct record_table *table,
                     struct arena *arena, void *record)
{
    record_init(table, record);
    for (const struct field *field = table->fields; field->name; field++) {
        uint8_t *at = (uint8_t *)record + field->offset;
        bool nullable = (field->flags & FIELD_NULLABLE) != 0;

        if (nullable && once_in(generator, 2))
            continue;
        if (nullable && field->type == FIELD_RECORD) {
            void *nested = arena_alloc(arena, field->record->size);

            generate_record(generator, field->record, arena, nested);
            *(void **)(void *)at = nested;
        } else {
            make_value(generator, field, field->type, arena, at);
        }
    }
}

void generate_event(struct generator *generator, enum event_type type, struct arena *arena,
                    struct event *ret_event)
{
    memset(ret_event, 0, sizeof(*ret_event));
    ret_event->type = type;
    generate_record(generator, event_table(type), arena, &ret_event->envelope);
}
