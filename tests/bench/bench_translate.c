/* SPDX-License-Identifier: Apache-2.0
 *
 * What one record costs on one core: JSON → Avro bytes by the agenda's own mapping, beside the
 * same job written by hand; a Referral to its bytes and back. Before anything is timed, both
 * ways must have given the same bytes for every record.
 *
 *     bench_translate CONNECTOR.yaml [ROUNDS [VARIANT]]
 *     bench_translate CONNECTOR.yaml write        the bytes of all records, without framing
 *
 * Each round runs every variant once over all records, so that what disturbs the machine
 * disturbs all alike. CPU time of the thread; medians over the rounds; ratios are medians of the
 * rounds' ratios. One VARIANT alone is for callgrind.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "connectors/mapping/mapping.h"
#include "schemas/wire.h"
#include "tests/bench/handwritten.h"
#include "tests/bench/records.h"
#include "tests/bench/timing.h"

#define RECORDS 2000
#define ROUNDS_MOST 1000

struct bench {
    struct mapping *mapping;
    struct wire *wire;
    struct bytes json[RECORDS];
    struct event event; /* of record 0, with its texts */
    struct arena records, kept, arena;
    struct buffer out, expected, value;
    struct handwritten hand;
    struct handwritten_envelope envelope;
    uint8_t hash[CRYPTO_DIGEST_SIZE];
    struct uuid event_id, handoff_id, entity_id;
    char texts[3][UUID_TEXT_SIZE];
};

static void fail(const char *what)
{
    (void)fprintf(stderr, "bench_translate: %s\n", what);
    exit(1);
}

/* ---- The product --------------------------------------------------------------------- */

/* What the runtime adds to every event; ids and seals are keyed hashes and public-key
 * cryptography, the same for whoever translates, and are not timed here. */
static void complete(struct bench *b, struct mapping_item *item)
{
    struct envelope *envelope = &item->event.envelope;
    struct referral *referral = &item->event.referral;
    struct reference *reference = arena_array(&b->arena, 1, sizeof(*reference));

    envelope->event_id = b->event_id;
    envelope->handoff_id = envelope->thread_id = b->handoff_id;
    envelope->entity_id = b->entity_id;
    envelope->operator_code = b->envelope.operator_code;
    envelope->source_system = b->envelope.system;
    envelope->observed_at = b->envelope.observed_at;
    envelope->recorded_at = b->envelope.recorded_at;
    envelope->raw_hash = b->envelope.raw_hash;
    *reference = (struct reference){b->envelope.system, item->entity};
    referral->issuer_ref = reference;
    referral->from_operator = b->envelope.operator_code;
    item->contact.handoff_id = b->handoff_id;
    item->contact.event_id = b->event_id;
    item->contact.receiver = referral->to_operator;
}

static bool translate(struct bench *b, struct bytes json)
{
    struct mapping_input input = {.body = json};
    struct mapping_items items;

    arena_reset(&b->arena);
    if (mapping_read(b->mapping, &input, &b->arena, &items, NULL) != OUTCOME_OK ||
        items.count != 1 || items.items[0].verdict != ITEM_EVENT)
        return false;
    complete(b, &items.items[0]);
    wire_encode_event(b->wire, &items.items[0].event, &b->out);
    avro_encode(&contact_table, &items.items[0].contact, &b->out);
    return true;
}

/* ---- Variants ------------------------------------------------------------------------ */

static void run_mapping(struct bench *b)
{
    for (size_t i = 0; i < RECORDS; i++) {
        buffer_clear(&b->out);
        if (!translate(b, b->json[i]))
            fail("the mapping does not take its record");
    }
}

static void run_handwritten(struct bench *b)
{
    for (size_t i = 0; i < RECORDS; i++) {
        buffer_clear(&b->out);
        if (!handwritten_translate(&b->hand, &b->envelope, b->json[i], &b->out))
            fail("the code written by hand does not take its record");
    }
}

static void run_encode(struct bench *b)
{
    for (size_t i = 0; i < RECORDS; i++) {
        buffer_clear(&b->out);
        wire_encode_event(b->wire, &b->event, &b->out);
    }
}

static void run_decode(struct bench *b)
{
    struct event event;

    for (size_t i = 0; i < RECORDS; i++) {
        arena_reset(&b->arena);
        if (wire_decode_event(b->wire, buffer_view(&b->value), &b->arena, &event, NULL) !=
            OUTCOME_OK)
            fail("an event does not come back");
    }
}

static const struct variant {
    const char *name;
    void (*run)(struct bench *b);
} variants[] = {
    {"mapping", run_mapping},
    {"handwritten", run_handwritten},
    {"encode", run_encode},
    {"decode", run_decode},
};
#define VARIANTS (sizeof(variants) / sizeof(variants[0]))

/* ---- Set-up --------------------------------------------------------------------------- */

static void compile(struct bench *b, const char *path)
{
    struct diagnostics *diagnostics = diagnostics_new();
    struct yaml_node *root;
    struct error err = {0};
    CLEANUP(buffer_deinit) struct buffer mistakes = {0};

    if (yaml_read_file(path, &b->kept, diagnostics, &root, &err) != OUTCOME_OK ||
        mapping_new(root, diagnostics, &b->mapping, &err) != OUTCOME_OK) {
        diagnostics_write(diagnostics, &mistakes);
        fail(buffer_text(&mistakes));
    }
    diagnostics_free(diagnostics);
}

static void prepare(struct bench *b)
{
    static const char *const ids[] = {"4c9b6d0e-5b1f-8a32-9c47-1d2e3f405162",
                                      "0f8e7d6c-5b4a-8392-8170-a1b2c3d4e5f6",
                                      "9a8b7c6d-1e2f-8304-b596-c7d8e9fa0b1c"};
    const struct records_options options = {"REG-11", "2026-03-02"};
    struct uuid *targets[] = {&b->event_id, &b->handoff_id, &b->entity_id};

    for (int i = 0; i < 3; i++)
        if (!uuid_parse(bytes_of_text(ids[i]), targets[i]))
            fail("no id");
    for (size_t i = 0; i < RECORDS; i++)
        b->json[i] = records_make(&options, 100000 + i, &b->records);
    memset(b->hash, 0x5A, sizeof(b->hash));
    b->wire = wire_new();
    b->envelope = (struct handwritten_envelope){
        .event_id = ids[0],
        .handoff_id = ids[1],
        .entity_id = ids[2],
        .operator_code = BYTES_LITERAL("o21"),
        .system = BYTES_LITERAL("agenda"),
        .raw_hash = bytes_of(b->hash, sizeof(b->hash)),
        .observed_at = INT64_C(1772439181000000),
        .recorded_at = INT64_C(1772439181004000),
    };
}

/* Both ways, every record, byte by byte. */
static void compare(struct bench *b)
{
    if (!translate(b, b->json[0]))
        fail("the mapping does not take its record");
    memcpy(b->envelope.frame, b->out.data, sizeof(b->envelope.frame));
    for (size_t i = 0; i < RECORDS; i++) {
        buffer_clear(&b->out);
        buffer_clear(&b->expected);
        if (!translate(b, b->json[i]) ||
            !handwritten_translate(&b->hand, &b->envelope, b->json[i], &b->expected))
            fail("a record is not taken");
        if (!bytes_equal(buffer_view(&b->out), buffer_view(&b->expected)))
            fail("the mapping and the code written by hand differ");
    }
}

/* The event of the first record, whose texts live as long as the bench. */
static void keep_event(struct bench *b)
{
    struct mapping_input input = {.body = b->json[0]};
    struct mapping_items items;

    if (mapping_read(b->mapping, &input, &b->kept, &items, NULL) != OUTCOME_OK)
        fail("the mapping does not take its record");
    complete(b, &items.items[0]);
    b->event = items.items[0].event;
    b->event.referral.issuer_ref = memcpy(arena_alloc(&b->kept, sizeof(struct reference)),
                                          b->event.referral.issuer_ref, sizeof(struct reference));
    wire_encode_event(b->wire, &b->event, &b->value);
}

/* ---- Timing --------------------------------------------------------------------------- */

static void time_all(struct bench *b, size_t rounds)
{
    static double times[VARIANTS][ROUNDS_MOST], ratios[ROUNDS_MOST];
    double ns[VARIANTS], bytes = 0;

    for (size_t round = 0; round < rounds; round++) {
        for (size_t v = 0; v < VARIANTS; v++) {
            double began = timing_cpu_ns();

            variants[v].run(b);
            times[v][round] = (timing_cpu_ns() - began) / RECORDS;
        }
        ratios[round] = times[1][round] / times[0][round];
    }
    for (size_t v = 0; v < VARIANTS; v++)
        ns[v] = timing_median(times[v], rounds);
    for (size_t i = 0; i < RECORDS; i++)
        bytes += (double)b->json[i].len;
    (void)printf("translate_vs_handwritten\t%.3f\ntranslate_records_s\t%.0f\n"
                 "handwritten_records_s\t%.0f\nencode_ns\t%.0f\ndecode_ns\t%.0f\n"
                 "json_bytes\t%.0f\nevent_bytes\t%zu\n",
                 timing_median(ratios, rounds), 1e9 / ns[0], 1e9 / ns[1], ns[2], ns[3],
                 bytes / RECORDS, b->value.len);
}

/* For who does the same job: tests/bench/peers. */
static int write_all(struct bench *b)
{
    for (size_t i = 0; i < RECORDS; i++) {
        size_t frame = sizeof(b->envelope.frame);

        buffer_clear(&b->out);
        if (!translate(b, b->json[i]))
            fail("the mapping does not take its record");
        if (fwrite(b->out.data + frame, 1, b->out.len - frame, stdout) != b->out.len - frame)
            return 1;
    }
    return fflush(stdout) ? 1 : 0;
}

int main(int argc, char **argv)
{
    static struct bench b;
    bool writes = argc == 3 && strcmp(argv[2], "write") == 0;
    long rounds = argc > 2 && !writes ? strtol(argv[2], NULL, 10) : 15;

    if (argc < 2 || argc > 4 || rounds < 1 || rounds > ROUNDS_MOST)
        fail("usage: bench_translate CONNECTOR.yaml [ROUNDS [VARIANT]]");
    crypto_init();
    compile(&b, argv[1]);
    prepare(&b);
    compare(&b);
    keep_event(&b);
    if (writes)
        return write_all(&b);
    if (argc == 3 || argc == 2) {
        time_all(&b, (size_t)rounds);
        return 0;
    }
    for (size_t v = 0; v < VARIANTS; v++)
        for (long round = 0; strcmp(argv[3], variants[v].name) == 0 && round < rounds; round++)
            variants[v].run(&b);
    return 0;
}
