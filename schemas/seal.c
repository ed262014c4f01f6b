/* SPDX-License-Identifier: Apache-2.0
 *
 * libsodium's sealed box hides, the signature says who and for which event, the padding
 * hides lengths. The plaintext carries the wire format's framing, so that a receiver with a
 * newer or older program knows which schema it was written with.
 */
#include "schemas/seal.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/crypto.h"

#define PAD_TO 256

/* handoff_id ‖ event_id ‖ receiver ‖ receiver's key id ‖ sealed bytes */
static void signed_text(const struct sealed *sealed, struct uuid handoff_id, struct uuid event_id,
                        struct bytes receiver, struct buffer *out)
{
    char text[UUID_TEXT_SIZE];

    buffer_append_text(out, uuid_format(handoff_id, text));
    buffer_append_text(out, uuid_format(event_id, text));
    buffer_append_bytes(out, receiver);
    buffer_append_bytes(out, sealed->key_id);
    buffer_append_bytes(out, sealed->sealed);
}

/* Appended zeros make room for the padding, then it is put there (ISO/IEC 7816-4). */
static void pad(struct buffer *text)
{
    static const uint8_t zeros[PAD_TO];
    size_t len = text->len;
    size_t padded = 0;

    buffer_append(text, zeros, PAD_TO);
    if (sodium_pad(&padded, text->data, len, PAD_TO, text->len) != 0)
        abort(); /* there is room */
    text->len = padded;
}

static struct bytes copy_text(const char *text, struct arena *arena)
{
    return arena_copy(arena, bytes_of_text(text));
}

struct sealed *seal_contact(const struct seal *sender, const struct contact *contact,
                            const struct public_keys *receiver, struct arena *arena)
{
    struct sealed *sealed = arena_alloc(arena, sizeof(*sealed));
    struct buffer text = {0};
    uint8_t *box;
    uint8_t *signature = arena_alloc(arena, crypto_sign_BYTES);

    wire_encode(sender->wire, &contact_table, contact, &text);
    pad(&text);
    box = arena_alloc(arena, text.len + crypto_box_SEALBYTES);
    if (crypto_box_seal(box, text.data, text.len, receiver->seal_key) != 0)
        abort(); /* only for a key that is no point of the curve: checked when published */
    sealed->key_id = copy_text(receiver->seal_key_id, arena);
    sealed->sealed = bytes_of(box, text.len + crypto_box_SEALBYTES);
    sealed->signing_key_id = copy_text(sender->keys->public.signing_key_id, arena);
    crypto_wipe_buffer(&text);
    signed_text(sealed, contact->handoff_id, contact->event_id, contact->receiver, &text);
    /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): an array of the struct */
    (void)crypto_sign_detached(signature, NULL, text.data, text.len, sender->keys->signing_secret);
    sealed->signature = bytes_of(signature, crypto_sign_BYTES);
    buffer_deinit(&text);
    return sealed;
}

static bool signature_is_good(const struct sealed *sealed, const struct envelope *envelope,
                              const struct operator_keys *self, const struct public_keys *sender)
{
    struct buffer text = {0};
    bool good;

    if (sealed->signature.len != crypto_sign_BYTES)
        return false;
    signed_text(sealed, envelope->handoff_id, envelope->event_id,
                bytes_of_text(self->operator_code), &text);
    good = crypto_sign_verify_detached(sealed->signature.data, text.data, text.len,
                                       sender->signing_key) == 0;
    buffer_deinit(&text);
    return good;
}

static enum outcome read_plain(const struct seal *self, struct bytes plain,
                               const struct envelope *envelope, struct arena *arena,
                               struct contact *ret_contact, struct error *err)
{
    enum outcome outcome = wire_decode(self->wire, plain, &contact_table, arena, ret_contact, err);

    if (outcome == OUTCOME_RETRY)
        return outcome;
    if (outcome != OUTCOME_OK)
        return error_set(err, OUTCOME_REJECT,
                         "sealed : le contenu n'est pas un enregistrement Contact");
    if (!uuid_equal(ret_contact->handoff_id, envelope->handoff_id) ||
        !uuid_equal(ret_contact->event_id, envelope->event_id) ||
        !bytes_equal_text(ret_contact->receiver, self->keys->operator_code)) {
        record_init(&contact_table, ret_contact);
        return error_set(err, OUTCOME_REJECT,
                         "sealed : scellé pour un autre événement ou destinataire");
    }
    return OUTCOME_OK;
}

enum outcome seal_open(const struct seal *self, const struct sealed *sealed,
                       const struct envelope *envelope, const struct public_keys *sender,
                       struct arena *arena, struct contact *ret_contact, struct error *err)
{
    size_t len = sealed->sealed.len;
    size_t plain_len = 0;
    uint8_t *plain;

    if (!bytes_equal_text(sealed->key_id, self->keys->public.seal_key_id))
        return error_set(err, OUTCOME_REJECT,
                         "sealed : scellé pour une clé qui n'est pas la nôtre");
    if (!bytes_equal_text(sealed->signing_key_id, sender->signing_key_id) ||
        !signature_is_good(sealed, envelope, self->keys, sender))
        return error_set(err, OUTCOME_REJECT,
                         "sealed : la signature n'est pas celle de l'émetteur");
    if (len <= crypto_box_SEALBYTES)
        return error_set(err, OUTCOME_REJECT, "sealed : trop court pour être une boîte");
    plain = arena_alloc(arena, len - crypto_box_SEALBYTES);
    /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): an array of the struct */
    if (crypto_box_seal_open(plain, sealed->sealed.data, len, self->keys->public.seal_key,
                             self->keys->seal_secret) != 0)
        return error_set(err, OUTCOME_REJECT, "sealed : la boîte ne s'ouvre pas");
    if (sodium_unpad(&plain_len, plain, len - crypto_box_SEALBYTES, PAD_TO) != 0)
        return error_set(err, OUTCOME_REJECT, "sealed : le remplissage est abîmé");
    return read_plain(self, bytes_of(plain, plain_len), envelope, arena, ret_contact, err);
}
