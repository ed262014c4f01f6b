/* SPDX-License-Identifier: Apache-2.0
 *
 * What one record costs the thread that translates, by the agenda's own mapping: read, mapped,
 * given its ids, sealed if it goes to somebody else, encoded, remembered. Everything of a
 * connector's pipeline but its source and Kafka; and what it hands to Kafka, in records and bytes.
 *
 *     bench_inbound CONNECTOR.yaml DESTINATION [PUSHES]
 *
 * DESTINATION as their system writes it: REG-44 is the operator itself, REG-11 another one, to
 * whom contact data is sealed. Then lines of name, tab, value; processor time of the thread, the
 * median of the pushes. For callgrind: --toggle-collect='run_push*' counts the pushes after the
 * first ones.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "connectors/inbound.h"
#include "tests/bench/records.h"
#include "tests/bench/timing.h"
#include "tests/support/directory_entries.h"

#define RECORDS 256 /* a push: as many as a pipeline makes of them */
#define WARM_UP 4
#define PUSHES_MOST 4000

/* A log that takes everything and keeps nothing. */
struct void_log {
    struct durable durable;
    size_t records[TOPIC_OPERATOR_COUNT];
    size_t bytes[TOPIC_OPERATOR_COUNT];
};

struct bench {
    struct arena kept; /* of the mapping's tree */
    struct arena bodies;
    struct mapping *mapping;
    struct operator_keys keys[2];
    struct person_key person_key;
    struct directory *directory;
    struct metrics *metrics;
    struct counts counts;
    struct void_log log;
    struct state *state;
    struct shared shared;
    struct stage *stage;
    struct record records[RECORDS];
    struct records_options options;
    uint64_t number;
};

static void fail(const char *what)
{
    (void)fprintf(stderr, "bench_inbound: %s\n", what);
    exit(1);
}

static enum outcome take(struct durable *durable, const struct durable_record *records,
                         size_t count, enum outcome *results, struct error *err)
{
    struct void_log *log = (struct void_log *)durable;

    (void)err;
    for (size_t i = 0; i < count; i++) {
        log->records[records[i].topic]++;
        log->bytes[records[i].topic] += records[i].key.len + records[i].value.len;
        for (size_t j = 0; j < records[i].header_count; j++)
            log->bytes[records[i].topic] +=
                strlen(records[i].headers[j].name) + records[i].headers[j].value.len;
        results[i] = OUTCOME_OK;
    }
    return OUTCOME_OK;
}

static const struct durable_ops void_ops = {.append = take};

/* ---- Set-up --------------------------------------------------------------------------- */

static struct directory *get_directory(void *context)
{
    return directory_ref(((struct bench *)context)->directory);
}

static void make_directory(struct bench *b)
{
    const struct directory_entry entries[] = {
        directory_entries_operator("o21", "44"), directory_entries_key(&b->keys[0]),
        directory_entries_operator("o22", "11"), directory_entries_key(&b->keys[1])};

    b->directory = directory_new(entries, sizeof(entries) / sizeof(entries[0]));
}

static void compile(struct bench *b, const char *path)
{
    struct diagnostics *diagnostics = diagnostics_new();
    struct yaml_node *root;

    if (yaml_read_file(path, &b->kept, diagnostics, &root, NULL) != OUTCOME_OK ||
        mapping_new(root, diagnostics, &b->mapping, NULL) != OUTCOME_OK)
        fail("the mapping does not compile");
    diagnostics_free(diagnostics);
}

static void prepare(struct bench *b)
{
    keys_create("o21", &b->keys[0]);
    keys_create("o22", &b->keys[1]);
    person_key_create(&b->person_key);
    make_directory(b);
    b->metrics = metrics_new();
    counts_init(&b->counts, b->metrics, "o21");
    b->log.durable.ops = &void_ops;
    b->state = state_new(&b->keys[0], &b->log.durable, clock_system());
    b->shared = (struct shared){.operator_code = BYTES_LITERAL("o21"),
                                .system = BYTES_LITERAL("agenda"),
                                .keys = &b->keys[0],
                                .person_key = &b->person_key,
                                .wire = wire_new(),
                                .mapping = b->mapping,
                                .state = b->state,
                                .clock = clock_system(),
                                .counts = &b->counts,
                                .match_wait_ms = 600000,
                                .directory = get_directory,
                                .directory_context = b};
    hmac_init(&b->shared.secret, bytes_of(b->keys[0].id_secret, KEY_SIZE));
    b->stage = inbound_new(&b->shared, &b->log.durable, "folder");
}

/* ---- Pushes --------------------------------------------------------------------------- */

static void next_records(struct bench *b)
{
    arena_reset(&b->bodies);
    for (size_t i = 0; i < RECORDS; i++)
        b->records[i] = (struct record){.body = records_make(&b->options, ++b->number, &b->bodies),
                                        .position = (int64_t)b->number,
                                        .observed_at = clock_wall_us(clock_system())};
}

static void push(struct bench *b)
{
    struct record *records[RECORDS];
    struct result results[RECORDS] = {0};

    for (size_t i = 0; i < RECORDS; i++)
        records[i] = &b->records[i];
    if (b->stage->ops->push(b->stage, records, RECORDS, results, NULL) != OUTCOME_OK)
        fail("a push fails");
    for (size_t i = 0; i < RECORDS; i++)
        if (results[i].outcome != OUTCOME_OK)
            fail(results[i].detail);
}

/* A function of its own, so that callgrind can tell these pushes from the first ones. */
__attribute__((noinline)) static void run_push(struct bench *b)
{
    push(b);
}

/* Below this no seal goes, as it is defined: a key pair of its own and a secret shared with the
 * receiver (X25519), and a signature (Ed25519). All three again for each record: the nonce of a
 * sealed box follows from its two public keys, so a key pair that sealed twice to one receiver
 * would have used one key and nonce for two texts. */
static double seal_floor_ns(void)
{
    enum { TIMES = 500 };
    uint8_t secret[KEY_SIZE], public[KEY_SIZE], shared[KEY_SIZE], text[800] = {1};
    uint8_t receiver[KEY_SIZE], signing[SIGNING_SECRET_SIZE], verify[KEY_SIZE];
    uint8_t signature[crypto_sign_BYTES];
    double began;

    if (crypto_box_keypair(receiver, secret) != 0 || crypto_sign_keypair(verify, signing) != 0)
        fail("no keys");
    began = timing_cpu_ns();
    for (int i = 0; i < TIMES; i++)
        if (crypto_box_keypair(public, secret) != 0 ||
            crypto_box_beforenm(shared, receiver, secret) != 0 ||
            crypto_sign_detached(signature, NULL, text, sizeof(text), signing) != 0)
            fail("no seal");
    return (timing_cpu_ns() - began) / TIMES;
}

static void show(const struct bench *b, double *times, size_t pushes)
{
    double events = (double)metric_value(b->counts.items_ended[ITEM_COUNT_ACKNOWLEDGED]);

    if (events != (double)b->number)
        fail("not every record became an event");
    (void)printf(
        "inbound_ns\t%.0f\npush_records\t%d\noutbox_records\t%.3f\noutbox_bytes\t%.0f\n"
        "state_records\t%.3f\nstate_bytes\t%.0f\n",
        timing_median(times, pushes) / RECORDS, RECORDS,
        (double)b->log.records[TOPIC_OUTBOX] / events, (double)b->log.bytes[TOPIC_OUTBOX] / events,
        (double)b->log.records[TOPIC_STATE] / events, (double)b->log.bytes[TOPIC_STATE] / events);
}

int main(int argc, char **argv)
{
    static struct bench b;
    static double times[PUSHES_MOST];
    long pushes = argc > 3 ? strtol(argv[3], NULL, 10) : 40;

    if (argc < 3 || argc > 4 || pushes < 1 || pushes > PUSHES_MOST)
        fail("usage: bench_inbound CONNECTOR.yaml DESTINATION [PUSHES]");
    crypto_init();
    compile(&b, argv[1]);
    prepare(&b);
    b.options = (struct records_options){argv[2], "2026-03-02"};
    for (int i = 0; i < WARM_UP; i++) {
        next_records(&b);
        push(&b);
    }
    for (long i = 0; i < pushes; i++) {
        double began;

        next_records(&b);
        began = timing_cpu_ns();
        run_push(&b);
        times[i] = timing_cpu_ns() - began;
    }
    show(&b, times, (size_t)pushes);
    (void)printf("seal_floor_ns\t%.0f\n", seal_floor_ns());
    return 0;
}
