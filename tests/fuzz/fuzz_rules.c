/* SPDX-License-Identifier: Apache-2.0
 *
 * The broker's rules over any row and any event. First byte: the event's type, second: who says
 * it; then the Avro body of the row (as store and topic hold it; none when it is empty), a "%%"
 * line, the body of the event. Whatever is decided can be written, read again, and decided
 * again to the same; a deadline that fired does not fire twice.
 */
#include <stdlib.h>

#include "schemas/avro.h"
#include "schemas/codes.h"
#include "schemas/schema_texts.h"
#include "schemas/wire.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/world.h"

static const enum event_type types[] = {EVENT_REFERRAL, EVENT_APPOINTMENT, EVENT_CLOSURE,
                                        EVENT_REJECTION, EVENT_NOTICE};
static const char *const senders[] = {"o10", "o21", "o22", "o31"};

static struct {
    struct world world;
    struct wire *wire;
    struct avro_plan *plans[16]; /* of schema_texts */
} made;

static void unmake(void)
{
    world_deinit(&made.world);
    wire_free(made.wire);
    for (size_t i = 0; i < schema_text_count; i++)
        avro_plan_free(made.plans[i]);
}

static void make(void)
{
    struct error err;

    world_init(&made.world);
    made.wire = wire_new();
    FUZZ_CHECK(schema_text_count <= sizeof(made.plans) / sizeof(made.plans[0]));
    for (size_t i = 0; i < schema_text_count; i++)
        FUZZ_CHECK(avro_plan_new(schema_texts[i].text, schema_texts[i].table, &made.plans[i],
                                 &err) == OUTCOME_OK);
    FUZZ_CHECK(atexit(unmake) == 0);
}

static bool read_body(const struct record_table *table, struct bytes body, struct arena *arena,
                      void *record)
{
    struct error err;
    size_t i = 0;

    while (schema_texts[i].table != table)
        i++;
    return avro_decode(made.plans[i], body, &avro_limits_default, arena, record, &err) ==
           OUTCOME_OK;
}

static void check_row(const struct handoff *row, struct arena *arena)
{
    struct handoff *again = arena_alloc(arena, sizeof(*again));
    struct buffer value = {0};
    struct error err;

    wire_encode(made.wire, &handoff_table, row, &value);
    FUZZ_CHECK(wire_decode(made.wire, buffer_view(&value), &handoff_table, arena, again, &err) ==
               OUTCOME_OK);
    FUZZ_CHECK(record_equal(&handoff_table, row, again));
    buffer_deinit(&value);
}

static void check_answer(const struct handoff_answer *answer, struct arena *arena)
{
    FUZZ_CHECK(answer->verdict < VERDICT_COUNT);
    FUZZ_CHECK((answer->verdict == VERDICT_REFUSED) == (answer->code != NULL));
    if (answer->row)
        check_row(answer->row, arena);
    if (answer->parent)
        check_row(answer->parent, arena);
    for (size_t i = 0; i < answer->message_count; i++) {
        struct buffer value = {0};
        struct event again;
        struct error err;

        FUZZ_CHECK(answer->messages[i].addressee.data);
        wire_encode_event(made.wire, &answer->messages[i].event, &value);
        FUZZ_CHECK(wire_decode_event(made.wire, buffer_view(&value), arena, &again, &err) ==
                   OUTCOME_OK);
        buffer_deinit(&value);
    }
}

static void decide(const struct handoff_question *question, struct arena *arena)
{
    struct handoff_answer answer = {0};
    struct handoff_answer again = {0};

    handoff_decide(question, arena, &answer);
    check_answer(&answer, arena);
    handoff_decide(question, arena, &again);
    FUZZ_CHECK(answer.verdict == again.verdict && answer.message_count == again.message_count);
    if (answer.row) {
        struct handoff_question repeated = *question;

        repeated.row = answer.row;
        handoff_decide(&repeated, arena, &again);
        check_answer(&again, arena);
    }
}

static void fire(const struct handoff *row, int64_t now_us, struct arena *arena)
{
    struct handoff_answer answer = {0};

    if (!handoff_fire(row, now_us, arena, &answer))
        return;
    check_answer(&answer, arena);
    FUZZ_CHECK(answer.row);
    FUZZ_CHECK(!handoff_fire(answer.row, now_us, arena, &answer));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes rest = bytes_of(data, size);
    enum event_type type = types[fuzz_choice(&rest, sizeof(types) / sizeof(types[0]))];
    const char *sender = senders[fuzz_choice(&rest, sizeof(senders) / sizeof(senders[0]))];
    struct bytes body = fuzz_part(&rest, BYTES_LITERAL("\n%%\n"));
    struct handoff_question question = {.sender = bytes_of_text(sender), .now_us = WORLD_NOW};
    struct arena arena = {0};
    struct handoff *row = arena_alloc(&arena, sizeof(*row));
    struct event *event = arena_alloc(&arena, sizeof(*event));
    struct error err;

    if (!made.wire)
        make();
    question.directory = made.world.directory;
    question.event = event;
    event->type = type;
    if (body.len > 0 && read_body(&handoff_table, body, &arena, row)) {
        question.row = row;
        check_row(row, &arena);
        fire(row, WORLD_NOW, &arena);
    }
    if (read_body(event_table(type), rest, &arena, &event->envelope) &&
        record_check(event_table(type), &event->envelope, &err) == OUTCOME_OK)
        decide(&question, &arena);
    arena_deinit(&arena);
    return 0;
}
