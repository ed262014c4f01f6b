/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crypto.h"

#include <sodium.h>
#include <stdlib.h>

_Static_assert(sizeof(crypto_auth_hmacsha256_state) <= sizeof(((struct hmac *)0)->state),
               "struct hmac holds libsodium's state");
_Static_assert(CRYPTO_DIGEST_SIZE == crypto_hash_sha256_BYTES, "digest");
_Static_assert(CRYPTO_KEY_SIZE == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key");
_Static_assert(CRYPTO_OVERHEAD == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES +
                                      crypto_aead_xchacha20poly1305_ietf_ABYTES,
               "overhead");

#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES

/* Scratch memory that held a secret is wiped before it is given back. */
struct scratch {
    uint8_t *data;
    size_t size;
};

static struct scratch scratch_new(size_t size)
{
    return (struct scratch){xcalloc(1, size + 1), size + 1};
}

static void scratch_wipe(struct scratch *scratch)
{
    sodium_memzero(scratch->data, scratch->size);
    free(scratch->data);
}

void crypto_init(void)
{
    if (sodium_init() < 0)
        abort();
}

static crypto_auth_hmacsha256_state *state_of(struct hmac *hmac)
{
    return (crypto_auth_hmacsha256_state *)(void *)hmac->state;
}

void hmac_init(struct hmac *hmac, struct bytes key)
{
    (void)crypto_auth_hmacsha256_init(state_of(hmac), key.data, key.len);
}

void hmac_update(struct hmac *hmac, struct bytes data)
{
    (void)crypto_auth_hmacsha256_update(state_of(hmac), data.data, data.len);
}

void hmac_final(struct hmac *hmac, uint8_t ret_digest[CRYPTO_DIGEST_SIZE])
{
    (void)crypto_auth_hmacsha256_final(state_of(hmac), ret_digest);
    sodium_memzero(hmac, sizeof(*hmac));
}

void crypto_hmac(struct bytes key, struct bytes data, uint8_t ret_digest[CRYPTO_DIGEST_SIZE])
{
    struct hmac hmac;

    hmac_init(&hmac, key);
    hmac_update(&hmac, data);
    hmac_final(&hmac, ret_digest);
}

void crypto_sha256(struct bytes data, uint8_t ret_digest[CRYPTO_DIGEST_SIZE])
{
    (void)crypto_hash_sha256(ret_digest, data.data, data.len);
}

bool crypto_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || sodium_memcmp(a.data, b.data, a.len) == 0);
}

void crypto_random(void *ret_data, size_t len)
{
    randombytes_buf(ret_data, len);
}

void crypto_encrypt(const uint8_t key[CRYPTO_KEY_SIZE], struct bytes plain, struct bytes bound,
                    struct buffer *out)
{
    CLEANUP(scratch_wipe) struct scratch sealed = scratch_new(plain.len + CRYPTO_OVERHEAD);

    randombytes_buf(sealed.data, NONCE_SIZE);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data + NONCE_SIZE, NULL, plain.data,
                                                     plain.len, bound.data, bound.len, NULL,
                                                     sealed.data, key);
    buffer_append(out, sealed.data, plain.len + CRYPTO_OVERHEAD);
}

enum outcome crypto_decrypt(const uint8_t key[CRYPTO_KEY_SIZE], struct bytes sealed,
                            struct bytes bound, struct buffer *out, struct error *err)
{
    size_t len = sealed.len - CRYPTO_OVERHEAD;

    if (sealed.len < CRYPTO_OVERHEAD)
        return error_set(err, OUTCOME_REJECT, "encrypted value is too short");
    CLEANUP(scratch_wipe) struct scratch plain = scratch_new(len);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain.data, NULL, NULL, sealed.data + NONCE_SIZE,
                                                   sealed.len - NONCE_SIZE, bound.data, bound.len,
                                                   sealed.data, key) != 0)
        return error_set(err, OUTCOME_REJECT, "encrypted value does not fit its key");
    buffer_append(out, plain.data, len);
    return OUTCOME_OK;
}

void crypto_hex(struct bytes data, struct buffer *out)
{
    size_t size = data.len * 2 + 1;
    CLEANUP(scratch_wipe) struct scratch text = scratch_new(size);

    sodium_bin2hex((char *)text.data, size, data.data, data.len);
    buffer_append(out, text.data, size - 1);
}

bool crypto_unhex(struct bytes text, struct buffer *out)
{
    CLEANUP(scratch_wipe) struct scratch data = scratch_new(text.len / 2);
    size_t len = 0;

    /* Without an end pointer libsodium refuses a text that is not wholly hexadecimal. */
    if (text.len % 2 != 0 ||
        (text.len > 0 && sodium_hex2bin(data.data, data.size, (const char *)text.data, text.len,
                                        NULL, &len, NULL) != 0))
        return false;
    buffer_append(out, data.data, len);
    return true;
}

void crypto_base64(struct bytes data, struct buffer *out)
{
    size_t size = sodium_base64_encoded_len(data.len, sodium_base64_VARIANT_ORIGINAL);
    CLEANUP(scratch_wipe) struct scratch text = scratch_new(size);

    sodium_bin2base64((char *)text.data, size, data.data, data.len, sodium_base64_VARIANT_ORIGINAL);
    buffer_append(out, text.data, size - 1);
}

static bool is_ascii(struct bytes text)
{
    uint8_t all = 0;

    for (size_t i = 0; i < text.len; i++)
        all |= text.data[i];
    return all < 0x80;
}

bool crypto_unbase64(struct bytes text, struct buffer *out)
{
    CLEANUP(scratch_wipe) struct scratch data = scratch_new(text.len / 4 * 3);
    size_t len = 0;

    /* libsodium 1.0.18 takes some bytes over 0x7F for letters of the alphabet. */
    if (text.len % 4 != 0 || !is_ascii(text) ||
        (text.len > 0 && sodium_base642bin(data.data, data.size, (const char *)text.data, text.len,
                                           NULL, &len, NULL, sodium_base64_VARIANT_ORIGINAL) != 0))
        return false;
    buffer_append(out, data.data, len);
    return true;
}
