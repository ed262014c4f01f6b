/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crypto.h"

/* Its newer interface makes an object a digest: as long again as the digest of a short text. */
#define OPENSSL_API_COMPAT 0x10100000L
#include <openssl/sha.h>
#include <sodium.h>
#include <stdlib.h>

_Static_assert(sizeof(SHA256_CTX) <= sizeof(((struct crypto_sha256 *)0)->state),
               "struct crypto_sha256 holds OpenSSL's state");
_Static_assert(CRYPTO_DIGEST_SIZE == SHA256_DIGEST_LENGTH, "digest");
_Static_assert(CRYPTO_KEY_SIZE == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key");
_Static_assert(CRYPTO_OVERHEAD == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES +
                                      crypto_aead_xchacha20poly1305_ietf_ABYTES,
               "overhead");

_Static_assert(CRYPTO_NONCE_SIZE == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce");

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

/* ---- SHA-256 ----------------------------------------------------------------------- */

static SHA256_CTX *context_of(struct crypto_sha256 *sha)
{
    return (SHA256_CTX *)(void *)sha->state;
}

void crypto_sha256_init(struct crypto_sha256 *sha)
{
    (void)SHA256_Init(context_of(sha));
}

void crypto_sha256_update(struct crypto_sha256 *sha, struct bytes data)
{
    if (data.len > 0)
        (void)SHA256_Update(context_of(sha), data.data, data.len);
}

void crypto_sha256_final(struct crypto_sha256 *sha, uint8_t ret_digest[CRYPTO_DIGEST_SIZE])
{
    (void)SHA256_Final(ret_digest, context_of(sha));
}

void crypto_sha256(struct bytes data, uint8_t ret_digest[CRYPTO_DIGEST_SIZE])
{
    struct crypto_sha256 sha;

    crypto_sha256_init(&sha);
    crypto_sha256_update(&sha, data);
    crypto_sha256_final(&sha, ret_digest);
}

/* ---- HMAC ------------------------------------------------------------------------- */

/* A part begins with the key, to the length of a block, over what tells the parts apart. */
static void begin_part(struct crypto_sha256 *part, struct bytes key, uint8_t pad)
{
    uint8_t block[SHA256_CBLOCK];

    memset(block, pad, sizeof(block));
    for (size_t i = 0; i < key.len; i++)
        block[i] ^= key.data[i];
    crypto_sha256_init(part);
    crypto_sha256_update(part, bytes_of(block, sizeof(block)));
    sodium_memzero(block, sizeof(block));
}

void hmac_init(struct hmac *hmac, struct bytes key)
{
    uint8_t digest[CRYPTO_DIGEST_SIZE];

    if (key.len > SHA256_CBLOCK) {
        crypto_sha256(key, digest);
        key = bytes_of(digest, sizeof(digest));
    }
    begin_part(&hmac->inner, key, 0x36);
    begin_part(&hmac->outer, key, 0x5C);
    sodium_memzero(digest, sizeof(digest));
}

void hmac_update(struct hmac *hmac, struct bytes data)
{
    crypto_sha256_update(&hmac->inner, data);
}

void hmac_final(struct hmac *hmac, uint8_t ret_digest[CRYPTO_DIGEST_SIZE])
{
    uint8_t inner[CRYPTO_DIGEST_SIZE];

    crypto_sha256_final(&hmac->inner, inner);
    crypto_sha256_update(&hmac->outer, bytes_of(inner, sizeof(inner)));
    crypto_sha256_final(&hmac->outer, ret_digest);
    crypto_wipe(hmac, sizeof(*hmac));
}

void hmac_of(const struct hmac *secret, struct bytes data, uint8_t ret_digest[CRYPTO_DIGEST_SIZE])
{
    struct hmac hmac = *secret;

    hmac_update(&hmac, data);
    hmac_final(&hmac, ret_digest);
}

void crypto_wipe(void *secret, size_t size)
{
    sodium_memzero(secret, size);
}

void crypto_wipe_buffer(struct buffer *text)
{
    if (text->data)
        sodium_memzero(text->data, text->capacity);
    buffer_deinit(text);
}

void crypto_hmac(struct bytes key, struct bytes data, uint8_t ret_digest[CRYPTO_DIGEST_SIZE])
{
    struct hmac hmac;

    hmac_init(&hmac, key);
    hmac_update(&hmac, data);
    hmac_final(&hmac, ret_digest);
}

/* ---- The rest ---------------------------------------------------------------------- */

bool crypto_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || sodium_memcmp(a.data, b.data, a.len) == 0);
}

void crypto_random(void *ret_data, size_t len)
{
    randombytes_buf(ret_data, len);
}

void crypto_encrypt_to(const uint8_t key[CRYPTO_KEY_SIZE], const uint8_t nonce[CRYPTO_NONCE_SIZE],
                       struct bytes plain, struct bytes bound, uint8_t *ret_sealed)
{
    memcpy(ret_sealed, nonce, CRYPTO_NONCE_SIZE);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(ret_sealed + CRYPTO_NONCE_SIZE, NULL,
                                                     plain.data, plain.len, bound.data, bound.len,
                                                     NULL, ret_sealed, key);
}

void crypto_encrypt(const uint8_t key[CRYPTO_KEY_SIZE], struct bytes plain, struct bytes bound,
                    struct buffer *out)
{
    CLEANUP(scratch_wipe) struct scratch sealed = scratch_new(plain.len + CRYPTO_OVERHEAD);
    uint8_t nonce[CRYPTO_NONCE_SIZE];

    randombytes_buf(nonce, sizeof(nonce));
    crypto_encrypt_to(key, nonce, plain, bound, sealed.data);
    buffer_append(out, sealed.data, plain.len + CRYPTO_OVERHEAD);
}

enum outcome crypto_decrypt(const uint8_t key[CRYPTO_KEY_SIZE], struct bytes sealed,
                            struct bytes bound, struct buffer *out, struct error *err)
{
    size_t len = sealed.len - CRYPTO_OVERHEAD;

    if (sealed.len < CRYPTO_OVERHEAD)
        return error_set(err, OUTCOME_REJECT, "encrypted value is too short");
    CLEANUP(scratch_wipe) struct scratch plain = scratch_new(len);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            plain.data, NULL, NULL, sealed.data + CRYPTO_NONCE_SIZE, sealed.len - CRYPTO_NONCE_SIZE,
            bound.data, bound.len, sealed.data, key) != 0)
        return error_set(err, OUTCOME_REJECT, "encrypted value does not fit its key");
    buffer_append(out, plain.data, len);
    return OUTCOME_OK;
}

void crypto_hex_to(struct bytes data, char *ret_text)
{
    (void)sodium_bin2hex(ret_text, data.len * 2 + 1, data.data, data.len);
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
