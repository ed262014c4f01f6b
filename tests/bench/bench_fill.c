/* SPDX-License-Identifier: Apache-2.0
 *
 * Fills an outbox as a connector would: hand-overs that are issued (with sealed contact data, as
 * random bytes of their size: the broker cannot open them) or delivered.
 *
 *     bench_fill BROKERS issued|delivered FROM TO FIRST COUNT
 *
 * Hand-overs FIRST to FIRST+COUNT-1 of operator FROM to operator TO; an issue is said by FROM, a
 * delivery by TO.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/kafka_producer.h"
#include "schemas/ids.h"
#include "schemas/topics.h"
#include "schemas/wire.h"

#define BATCH 2000
#define SEND_MS 60000
#define SEALED_SIZE (512 + 48) /* a padded contact in its box */

struct fill {
    struct wire *wire;
    struct kafka_producer *producer;
    const char *from, *to;
    bool issued;
    char topic[TOPIC_NAME_SIZE];
    int64_t now_us;
    struct arena arena;
    struct buffer value;
    uint8_t sealed[SEALED_SIZE], signature[64], hash[CRYPTO_DIGEST_SIZE];
};

static void fail(const char *what)
{
    (void)fprintf(stderr, "bench_fill: %s\n", what);
    exit(1);
}

static struct uuid id_of(const char *kind, int64_t number)
{
    char text[24];
    int len = snprintf(text, sizeof(text), "%lld", (long long)number);

    return ids_broker(UUID_NONE, kind, bytes_of(text, (size_t)len));
}

static struct reference *reference_of(struct fill *f, const char *system, int64_t number)
{
    struct reference *reference = arena_array(&f->arena, 1, sizeof(*reference));

    reference->system = bytes_of_text(system);
    reference->id = bytes_of_text(arena_printf(&f->arena, "orientation/%lld", (long long)number));
    return reference;
}

static struct sealed *seal_of(struct fill *f)
{
    struct sealed *sealed = arena_array(&f->arena, 1, sizeof(*sealed));

    *sealed =
        (struct sealed){BYTES_LITERAL("k-2026-1"), bytes_of(f->sealed, sizeof(f->sealed)),
                        BYTES_LITERAL("s-2026-1"), bytes_of(f->signature, sizeof(f->signature))};
    return sealed;
}

static void set_issue(struct fill *f, struct referral *referral, int64_t number)
{
    referral->status = REFERRAL_ISSUED;
    referral->requested_on = (int32_t)(f->now_us / (INT64_C(86400) * 1000000));
    referral->from_operator = bytes_of_text(f->from);
    referral->to_operator = bytes_of_text(f->to);
    referral->issuer_ref = reference_of(f, "agenda", number);
    referral->motive = MOTIVE_CHANGE_JOB_OR_SECTOR;
    referral->motive_source_code = BYTES_LITERAL("reconversion");
    referral->reason = REASON_PERSON_CHOICE;
    referral->region_code = BYTES_LITERAL("44");
    referral->departement_code = BYTES_LITERAL("57");
    referral->choice_recorded = true;
    referral->envelope.sealed = seal_of(f);
    referral->envelope.sealed_for = referral->to_operator;
}

static struct event event_of(struct fill *f, int64_t number)
{
    struct event event = {.type = EVENT_REFERRAL};
    struct envelope *envelope = &event.envelope;

    record_init(&referral_table, &event.referral);
    envelope->event_id = id_of(f->issued ? "issued" : "delivered", number);
    envelope->handoff_id = envelope->thread_id = id_of("handoff", number);
    envelope->operator_code = bytes_of_text(f->issued ? f->from : f->to);
    envelope->source_system = BYTES_LITERAL("agenda");
    envelope->entity_id = id_of(f->issued ? "orientation" : "dossier", number);
    envelope->source_version = envelope->occurred_at = f->now_us;
    envelope->occurred_at_offset_min = 60;
    envelope->occurred_at_precision = PRECISION_SECOND;
    envelope->observed_at = envelope->recorded_at = f->now_us;
    envelope->origin = ORIGIN_OPERATOR;
    envelope->legal_basis = LEGAL_BASIS_L6353_10;
    envelope->raw_hash = bytes_of(f->hash, sizeof(f->hash));
    event.referral.status = REFERRAL_DELIVERED;
    if (f->issued)
        set_issue(f, &event.referral, number);
    else
        event.referral.receiver_ref = reference_of(f, "agenda", number);
    return event;
}

static void make_record(struct fill *f, int64_t number, struct kafka_record *ret)
{
    struct event event = event_of(f, number);
    char *key = arena_alloc(&f->arena, UUID_TEXT_SIZE);

    buffer_clear(&f->value);
    wire_encode_event(f->wire, &event, &f->value);
    *ret = (struct kafka_record){.topic = f->topic, .partition = -1};
    ret->key = bytes_of_text(uuid_format(event.envelope.thread_id, key));
    ret->value = arena_copy(&f->arena, buffer_view(&f->value));
    ret->headers = wire_headers(&event, NULL, &f->arena, &ret->header_count);
}

static void send_all(struct fill *f, int64_t first, int64_t count)
{
    static struct kafka_record records[BATCH];
    static enum outcome results[BATCH];
    struct error err = {0};

    for (int64_t done = 0; done < count;) {
        size_t batch = 0;

        arena_reset(&f->arena);
        for (; batch < BATCH && done < count; done++)
            make_record(f, first + done, &records[batch++]);
        if (kafka_producer_send(f->producer, records, batch, SEND_MS, results, &err) != OUTCOME_OK)
            fail(err.text);
    }
}

int main(int argc, char **argv)
{
    static struct fill f;
    struct error err = {0};

    if (argc != 7)
        fail("usage: bench_fill BROKERS issued|delivered FROM TO FIRST COUNT");
    crypto_init();
    f.issued = strcmp(argv[2], "issued") == 0;
    f.from = argv[3];
    f.to = argv[4];
    f.now_us = clock_wall_us(clock_system());
    f.wire = wire_new();
    crypto_random(f.sealed, sizeof(f.sealed));
    crypto_random(f.signature, sizeof(f.signature));
    topics_name(TOPIC_OUTBOX, f.issued ? f.from : f.to, f.topic);
    if (kafka_producer_open(&(struct kafka_config){.brokers = argv[1]}, &f.producer, &err) !=
        OUTCOME_OK)
        fail(err.text);
    send_all(&f, strtoll(argv[5], NULL, 10), strtoll(argv[6], NULL, 10));
    kafka_producer_close(f.producer);
    return 0;
}
