/* SPDX-License-Identifier: Apache-2.0
 *
 * The few primitives that more than one layer needs. Encryption is libsodium's; SHA-256 is that of
 * OpenSSL's libcrypto, which librdkafka and libcurl bring along and which uses the processor's own
 * instructions for it: six times faster. Sealing of contact data is in schemas/seal.h.
 */
#ifndef RELAIS_BASE_CRYPTO_H
#define RELAIS_BASE_CRYPTO_H

#include "base/bytes.h"

#define CRYPTO_DIGEST_SIZE 32
#define CRYPTO_KEY_SIZE 32
/* What crypto_encrypt() adds: nonce and tag (XChaCha20-Poly1305). */
#define CRYPTO_OVERHEAD 40
#define CRYPTO_NONCE_SIZE 24

/* Call once, before anything else here. Aborts when the system has no random source. */
void crypto_init(void);

/* SHA-256 (FIPS 180-4), incremental. */
struct crypto_sha256 {
    _Alignas(8) uint8_t state[112];
};
void crypto_sha256_init(struct crypto_sha256 *sha);
void crypto_sha256_update(struct crypto_sha256 *sha, struct bytes data);
void crypto_sha256_final(struct crypto_sha256 *sha, uint8_t ret_digest[CRYPTO_DIGEST_SIZE]);

/* HMAC-SHA-256 (RFC 2104), incremental. One that was initialised and nothing else may be copied:
 * its key's two blocks are hashed once, not a digest (RFC 2104, section 4). */
struct hmac {
    struct crypto_sha256 inner;
    struct crypto_sha256 outer;
};
void hmac_init(struct hmac *hmac, struct bytes key);
void hmac_update(struct hmac *hmac, struct bytes data);
void hmac_final(struct hmac *hmac, uint8_t ret_digest[CRYPTO_DIGEST_SIZE]);
/* Of `data` alone, by a copy of one that was initialised. */
void hmac_of(const struct hmac *secret, struct bytes data, uint8_t ret_digest[CRYPTO_DIGEST_SIZE]);
/* Before the memory of a secret, or of a struct hmac that was never final, is given back. */
void crypto_wipe(void *secret, size_t size);
/* buffer_deinit() for text that is a secret or personal. */
void crypto_wipe_buffer(struct buffer *text);
void crypto_hmac(struct bytes key, struct bytes data, uint8_t ret_digest[CRYPTO_DIGEST_SIZE]);
void crypto_sha256(struct bytes data, uint8_t ret_digest[CRYPTO_DIGEST_SIZE]);

/* Constant time in the length of the inputs; false when the lengths differ. */
bool crypto_equal(struct bytes a, struct bytes b);
void crypto_random(void *ret_data, size_t len);

/* As crypto_encrypt(), to where there is room for plain.len + CRYPTO_OVERHEAD; for who asks for
 * many nonces at once: each is random (192 bits: no two are ever the same) and used once. */
void crypto_encrypt_to(const uint8_t key[CRYPTO_KEY_SIZE], const uint8_t nonce[CRYPTO_NONCE_SIZE],
                       struct bytes plain, struct bytes bound, uint8_t *ret_sealed);
/* Appends nonce ‖ ciphertext ‖ tag. `bound` is authenticated, not stored. */
void crypto_encrypt(const uint8_t key[CRYPTO_KEY_SIZE], struct bytes plain, struct bytes bound,
                    struct buffer *out);
/* Appends the plaintext. REJECT: not made with this key and `bound`, or damaged. */
MUST_USE enum outcome crypto_decrypt(const uint8_t key[CRYPTO_KEY_SIZE], struct bytes sealed,
                                     struct bytes bound, struct buffer *out, struct error *err);

/* Lower-case hexadecimal and base64 (RFC 4648, with padding). */
void crypto_hex(struct bytes data, struct buffer *out);
/* To where there is room for 2 * data.len characters and a NUL. */
void crypto_hex_to(struct bytes data, char *ret_text);
MUST_USE bool crypto_unhex(struct bytes text, struct buffer *out);
void crypto_base64(struct bytes data, struct buffer *out);
MUST_USE bool crypto_unbase64(struct bytes text, struct buffer *out);

#endif
