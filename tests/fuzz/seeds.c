/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_seeds FOLDER: writes the seeds of the binary formats into the corpora below
 * FOLDER (tests/fuzz/corpus), the same on every machine: run it when a schema has changed.
 * The seeds of text formats are written by hand and lie beside these.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/crypto.h"
#include "schemas/keys.h"
#include "schemas/schema_texts.h"
#include "schemas/wire.h"
#include "tests/support/generate.h"

static void put(const char *folder, const char *target, const char *name, struct bytes content)
{
    struct buffer path = {0};
    FILE *file;

    buffer_printf(&path, "%s/%s", folder, target);
    (void)mkdir(buffer_text(&path), 0755);
    buffer_printf(&path, "/%s", name);
    file = fopen(buffer_text(&path), "wb");
    if (!file || fwrite(content.data, 1, content.len, file) != content.len || fclose(file) != 0) {
        (void)fprintf(stderr, "cannot write %s\n", buffer_text(&path));
        exit(1);
    }
    buffer_deinit(&path);
}

/* As a value of Kafka, shown. */
static void put_shown(const char *folder, const char *name, struct bytes value)
{
    struct buffer out = {0};

    buffer_append_text(&out, "\x01key\n");
    buffer_append_bytes(&out, value);
    put(folder, "story", name, buffer_view(&out));
    buffer_deinit(&out);
}

/* A contact as it is found in a box: bound to the target's event. */
static void put_opened(const char *folder, const struct wire *wire,
                       const struct record_table *table, const void *record)
{
    struct buffer out = {0};
    struct contact contact;

    if (table != &contact_table)
        return;
    memcpy(&contact, record, sizeof(contact));
    contact.handoff_id = (struct uuid){{1}};
    contact.event_id = (struct uuid){{2}};
    contact.receiver = BYTES_LITERAL("o21");
    buffer_append_byte(&out, 1);
    wire_encode(wire, table, &contact, &out);
    put(folder, "seal", "contact", buffer_view(&out));
    buffer_deinit(&out);
}

/* A row and an event for it. */
static void put_rules(const char *folder, struct arena *arena)
{
    static const struct record_table *const tables[] = {&referral_table, &appointment_table,
                                                        &closure_table};
    struct generator generator;

    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        void *row = arena_alloc(arena, handoff_table.size);
        void *event = arena_alloc(arena, tables[i]->size);
        struct buffer out = {0};

        generate_init(&generator, i + 20);
        generate_record(&generator, &handoff_table, arena, row);
        generate_record(&generator, tables[i], arena, event);
        buffer_append_byte(&out, (uint8_t)i);
        buffer_append_byte(&out, (uint8_t)i);
        avro_encode(&handoff_table, row, &out);
        buffer_append_text(&out, "\n%%\n");
        avro_encode(tables[i], event, &out);
        put(folder, "rules", tables[i]->name, buffer_view(&out));
        buffer_deinit(&out);
    }
}

/* One record of each kind: bare after its number, after its schema, and framed. */
static void put_record(const char *folder, const struct wire *wire, size_t index,
                       struct arena *arena)
{
    const struct schema_text *schema = &schema_texts[index];
    void *record = arena_alloc(arena, schema->table->size);
    struct generator generator;
    struct buffer body = {0};
    struct buffer out = {0};

    generate_init(&generator, index + 3);
    generate_record(&generator, schema->table, arena, record);
    avro_encode(schema->table, record, &body);

    buffer_append_byte(&out, (uint8_t)index);
    buffer_append_bytes(&out, buffer_view(&body));
    put(folder, "avro_decode", schema->table->name, buffer_view(&out));
    buffer_clear(&out);
    buffer_append_bytes(&out, schema->text);
    buffer_append_byte(&out, 0);
    buffer_append_bytes(&out, buffer_view(&body));
    put(folder, "avro_plan", schema->table->name, buffer_view(&out));
    buffer_clear(&out);
    wire_encode(wire, schema->table, record, &out);
    put(folder, "wire", schema->table->name, buffer_view(&out));
    put_shown(folder, schema->table->name, buffer_view(&out));
    put_opened(folder, wire, schema->table, record);
    buffer_deinit(&body);
    buffer_deinit(&out);
}

static void put_key(struct buffer *out, const char *name, const uint8_t *key, size_t len)
{
    buffer_printf(out, "%s: ", name);
    crypto_base64(bytes_of(key, len), out);
    buffer_append_byte(out, '\n');
}

/* Keys of nobody, made from known numbers; as keys_write() writes them. */
static void put_keys(const char *folder)
{
    struct operator_keys keys = {.operator_code = "o21"};
    uint8_t seed[KEY_SIZE];
    struct buffer out = {0};

    memset(seed, 7, sizeof(seed));
    (void)crypto_box_seed_keypair(keys.public.seal_key, keys.seal_secret, seed);
    (void)crypto_sign_seed_keypair(keys.public.signing_key, keys.signing_secret, seed);
    buffer_printf(&out, "operator: %s\n", keys.operator_code);
    put_key(&out, "seal_key", keys.public.seal_key, KEY_SIZE);
    put_key(&out, "signing_key", keys.public.signing_key, KEY_SIZE);
    put_key(&out, "seal_secret", keys.seal_secret, KEY_SIZE);
    put_key(&out, "signing_secret", keys.signing_secret, SIGNING_SECRET_SIZE);
    put_key(&out, "id_secret", seed, KEY_SIZE);
    put_key(&out, "state_key", seed, KEY_SIZE);
    put(folder, "keys", "operator", buffer_view(&out));
    buffer_clear(&out);
    put_key(&out, "person_key", seed, KEY_SIZE);
    put(folder, "keys", "person", buffer_view(&out));
    buffer_deinit(&out);
}

int main(int argc, char **argv)
{
    CLEANUP(wire_freep) struct wire *wire = wire_new();
    struct arena arena = {0};

    if (argc != 2) {
        (void)fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    crypto_init();
    for (size_t i = 0; i < schema_text_count; i++)
        put_record(argv[1], wire, i, &arena);
    put_rules(argv[1], &arena);
    put_keys(argv[1]);
    arena_deinit(&arena);
    return 0;
}
