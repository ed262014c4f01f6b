/* SPDX-License-Identifier: Apache-2.0
 *
 * Sealed contact data of another operator. First byte: 0: the sealed bytes themselves, signed by
 * their sender; else what its sender put into the box: any plaintext, padded rightly (1) or as
 * it is (2). What opens is a contact bound to this event.
 */
#include <sodium.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "schemas/json_view.h"
#include "schemas/seal.h"
#include "schemas/wire.h"
#include "tests/fuzz/fuzz.h"

#define PAD_SIZE 256

static struct operator_keys sender = {.operator_code = "o10"};
static struct operator_keys receiver = {.operator_code = "o21"};
static struct wire *wire; /* never freed: of the process */

static void make(void)
{
    uint8_t seed[KEY_SIZE];

    crypto_init();
    if (!wire)
        wire = wire_new();
    memset(seed, 7, sizeof(seed));
    (void)crypto_box_seed_keypair(receiver.public.seal_key, receiver.seal_secret, seed);
    (void)crypto_sign_seed_keypair(receiver.public.signing_key, receiver.signing_secret, seed);
    memset(seed, 8, sizeof(seed));
    (void)crypto_box_seed_keypair(sender.public.seal_key, sender.seal_secret, seed);
    (void)crypto_sign_seed_keypair(sender.public.signing_key, sender.signing_secret, seed);
}

static void seal_plain(struct bytes plain, struct buffer *out)
{
    uint8_t *bytes = xcalloc(plain.len + crypto_box_SEALBYTES, 1);

    FUZZ_CHECK(crypto_box_seal(bytes, plain.data ? plain.data : (const uint8_t *)"", plain.len,
                               receiver.public.seal_key) == 0);
    buffer_append(out, bytes, plain.len + crypto_box_SEALBYTES);
    free(bytes);
}

static void pad(struct bytes plain, struct buffer *out)
{
    buffer_append_bytes(out, plain);
    buffer_append_byte(out, 0x80);
    while (out->len % PAD_SIZE != 0)
        buffer_append_byte(out, 0);
}

/* Signs in place what was sealed: seal_contact() made the rest of it. */
static void sign_again(struct sealed *sealed, const struct envelope *envelope, struct arena *arena)
{
    uint8_t *signature = arena_alloc(arena, crypto_sign_BYTES);
    struct buffer text = {0};
    char id[UUID_TEXT_SIZE];

    buffer_append_text(&text, uuid_format(envelope->handoff_id, id));
    buffer_append_text(&text, uuid_format(envelope->event_id, id));
    buffer_append_text(&text, receiver.operator_code);
    buffer_append_bytes(&text, sealed->key_id);
    buffer_append_bytes(&text, sealed->sealed);
    (void)crypto_sign_detached(signature, NULL, text.data, text.len, sender.signing_secret);
    sealed->signature = bytes_of(signature, crypto_sign_BYTES);
    buffer_deinit(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes rest = bytes_of(data, size);
    size_t how = fuzz_choice(&rest, 3);
    struct arena arena = {0};
    struct buffer plain = {0};
    struct buffer bytes = {0};
    struct envelope envelope = {.handoff_id = {{1}}, .event_id = {{2}}};
    struct contact contact;
    struct contact opened;
    struct sealed *sealed;
    struct error err;
    struct seal by_sender;
    struct seal by_receiver;

    make();
    by_sender = (struct seal){wire, &sender};
    by_receiver = (struct seal){wire, &receiver};
    record_init(&contact_table, &contact);
    contact.handoff_id = envelope.handoff_id;
    contact.event_id = envelope.event_id;
    contact.receiver = bytes_of_text(receiver.operator_code);
    sealed = seal_contact(&by_sender, &contact, &receiver.public, &arena);
    FUZZ_CHECK(seal_open(&by_receiver, sealed, &envelope, &sender.public, &arena, &opened, &err) ==
               OUTCOME_OK);
    if (how == 0)
        buffer_append_bytes(&bytes, rest);
    else if (how == 1)
        pad(rest, &plain);
    if (how > 0)
        seal_plain(how == 1 ? buffer_view(&plain) : rest, &bytes);
    sealed->sealed = bytes_of(bytes.data ? bytes.data : (const uint8_t *)"", bytes.len);
    sign_again(sealed, &envelope, &arena);
    if (seal_open(&by_receiver, sealed, &envelope, &sender.public, &arena, &opened, &err) ==
        OUTCOME_OK) {
        FUZZ_CHECK(uuid_equal(opened.event_id, envelope.event_id));
        buffer_clear(&plain);
        json_view(&contact_table, &opened, true, &plain);
        FUZZ_CHECK(bytes_is_utf8(buffer_view(&plain)));
    } else {
        FUZZ_CHECK(err.outcome == OUTCOME_REJECT);
    }
    buffer_deinit(&plain);
    buffer_deinit(&bytes);
    arena_deinit(&arena);
    return 0;
}
