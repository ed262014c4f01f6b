/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of Kafka records: framing, schema id, body; and the entry of the directory's topic,
 * whose key and value these could be.
 */
#include <stdlib.h>

#include "directory/published.h"
#include "schemas/wire.h"
#include "tests/fuzz/fuzz.h"

static void check_event(const struct wire *wire, const struct event *event, struct arena *arena)
{
    struct event again;
    struct buffer value = {0};
    struct error err;
    size_t count = 0;
    const char *trace = wire_traceparent(event->envelope.source_system, arena);
    const struct kafka_header *headers = wire_headers(event, trace, arena, &count);

    for (size_t i = 0; i < count; i++)
        FUZZ_CHECK(headers[i].name && headers[i].value.data);
    wire_encode_event(wire, event, &value);
    FUZZ_CHECK(wire_decode_event(wire, buffer_view(&value), arena, &again, &err) == OUTCOME_OK);
    FUZZ_CHECK(again.type == event->type);
    FUZZ_CHECK(record_equal(event_table(event->type), &event->envelope, &again.envelope));
    buffer_deinit(&value);
}

static void check_directory(const struct wire *wire, struct bytes value)
{
    CLEANUP(directory_unrefp) struct directory *directory = NULL;
    struct published published = {0};
    struct error err;

    published_apply(&published, BYTES_LITERAL("operator/o10@2024-01-02T00:00:00Z"), value);
    if (published_build(&published, wire, &directory, &err) == OUTCOME_OK) {
        for (size_t i = 0; i < directory_operator_count(directory); i++)
            FUZZ_CHECK(directory_operator_at(directory, i)->code);
        (void)directory_operator(directory, BYTES_LITERAL("o10"), 0);
        (void)directory_site(directory, BYTES_LITERAL("o10-metz"), 0);
        (void)directory_regional(directory, BYTES_LITERAL("44"), 0);
        (void)directory_may_refer(directory, BYTES_LITERAL("o10"), BYTES_LITERAL("o21"), 0);
    }
    published_deinit(&published);
}

/* Made once: to compile its plans costs more than to decode. */
static struct wire *made;

static void unmake(void)
{
    wire_free(made);
}

static const struct wire *wire_of_all(void)
{
    if (!made) {
        made = wire_new();
        FUZZ_CHECK(atexit(unmake) == 0);
    }
    return made;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes value = bytes_of(data, size);
    const struct wire *wire = wire_of_all();
    const struct record_table *table = NULL;
    struct arena arena = {0};
    struct event event;
    struct error err;

    FUZZ_CHECK(wire_table(wire, BYTES_NONE, &table, &err) == OUTCOME_REJECT);
    if (wire_table(wire, value, &table, &err) == OUTCOME_OK) {
        void *record = arena_alloc(&arena, table->size);

        if (wire_decode(wire, value, table, &arena, record, &err) == OUTCOME_OK)
            FUZZ_CHECK(record_equal(table, record, record));
    }
    if (wire_decode_event(wire, value, &arena, &event, &err) == OUTCOME_OK)
        check_event(wire, &event, &arena);
    check_directory(wire, value);
    arena_deinit(&arena);
    return 0;
}
