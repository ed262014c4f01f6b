/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "base/crypto.h"

#include <stdlib.h>

static void assert_hex(const uint8_t *data, size_t len, const char *expected)
{
    struct buffer text = {0};

    crypto_hex(bytes_of(data, len), &text);
    assert_string_equal(buffer_text(&text), expected);
    buffer_deinit(&text);
}

/* RFC 4231, test cases 2 and 6 (a key longer than a block). */
static void hmac_gives_the_digests_of_rfc_4231(void **state)
{
    uint8_t digest[CRYPTO_DIGEST_SIZE];
    uint8_t key[131];

    (void)state;
    crypto_hmac(BYTES_LITERAL("Jefe"), BYTES_LITERAL("what do ya want for nothing?"), digest);
    assert_hex(digest, sizeof(digest),
               "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xAA, sizeof(key));
    crypto_hmac(bytes_of(key, sizeof(key)),
                BYTES_LITERAL("Test Using Larger Than Block-Size Key - Hash Key First"), digest);
    assert_hex(digest, sizeof(digest),
               "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void hmac_in_pieces_is_the_hmac_of_the_whole(void **state)
{
    uint8_t whole[CRYPTO_DIGEST_SIZE];
    uint8_t pieces[CRYPTO_DIGEST_SIZE];
    struct hmac hmac;

    (void)state;
    crypto_hmac(BYTES_LITERAL(""), BYTES_LITERAL("abc"), whole);
    hmac_init(&hmac, BYTES_LITERAL(""));
    hmac_update(&hmac, BYTES_LITERAL("a"));
    hmac_update(&hmac, BYTES_NONE);
    hmac_update(&hmac, BYTES_LITERAL("bc"));
    hmac_final(&hmac, pieces);
    assert_memory_equal(whole, pieces, sizeof(whole));
}

/* FIPS 180-4 example "abc". */
static void sha256_gives_the_digest_of_the_standard(void **state)
{
    uint8_t digest[CRYPTO_DIGEST_SIZE];

    (void)state;
    crypto_sha256(BYTES_LITERAL("abc"), digest);
    assert_hex(digest, sizeof(digest),
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void sha256_in_pieces_is_that_of_the_whole(void **state)
{
    uint8_t whole[CRYPTO_DIGEST_SIZE];
    uint8_t pieces[CRYPTO_DIGEST_SIZE];
    uint8_t data[200] = {7};
    struct crypto_sha256 sha;

    (void)state;
    crypto_sha256(bytes_of(data, sizeof(data)), whole);
    crypto_sha256_init(&sha);
    crypto_sha256_update(&sha, bytes_of(data, 63));
    crypto_sha256_update(&sha, BYTES_NONE);
    crypto_sha256_update(&sha, bytes_of(data + 63, sizeof(data) - 63));
    crypto_sha256_final(&sha, pieces);
    assert_memory_equal(whole, pieces, sizeof(whole));
}

static void what_was_encrypted_is_read_only_with_its_key_and_bound(void **state)
{
    uint8_t key[CRYPTO_KEY_SIZE] = {1};
    uint8_t other[CRYPTO_KEY_SIZE] = {2};
    struct bytes bound = BYTES_LITERAL("link");
    struct buffer sealed = {0};
    struct buffer plain = {0};
    struct error err = {0};

    (void)state;
    crypto_encrypt(key, BYTES_LITERAL("dossier"), bound, &sealed);
    assert_int_equal(sealed.len, strlen("dossier") + CRYPTO_OVERHEAD);
    assert_int_equal(crypto_decrypt(key, buffer_view(&sealed), bound, &plain, &err), OUTCOME_OK);
    assert_bytes_text(buffer_view(&plain), "dossier");
    assert_int_equal(crypto_decrypt(other, buffer_view(&sealed), bound, &plain, &err),
                     OUTCOME_REJECT);
    assert_int_equal(
        crypto_decrypt(key, buffer_view(&sealed), BYTES_LITERAL("cursor"), &plain, &err),
        OUTCOME_REJECT);
    assert_int_equal(
        crypto_decrypt(key, bytes_of(sealed.data, CRYPTO_OVERHEAD - 1), bound, &plain, &err),
        OUTCOME_REJECT);
    sealed.data[sealed.len - 1] ^= 1;
    assert_int_equal(crypto_decrypt(key, buffer_view(&sealed), bound, &plain, &err),
                     OUTCOME_REJECT);
    assert_bytes_text(buffer_view(&plain), "dossier");
    buffer_deinit(&sealed);
    buffer_deinit(&plain);
}

static void an_empty_value_can_be_encrypted(void **state)
{
    uint8_t key[CRYPTO_KEY_SIZE] = {1};
    struct buffer sealed = {0};
    struct buffer plain = {0};

    (void)state;
    crypto_encrypt(key, BYTES_LITERAL(""), BYTES_NONE, &sealed);
    assert_int_equal(crypto_decrypt(key, buffer_view(&sealed), BYTES_NONE, &plain, NULL),
                     OUTCOME_OK);
    assert_int_equal(plain.len, 0);
    buffer_deinit(&sealed);
    buffer_deinit(&plain);
}

static void hexadecimal_and_base64_take_the_whole_text_or_nothing(void **state)
{
    static const char *const bad_hex[] = {"0", "0g", "00 0", "0x00"};
    static const char *const bad_base64[] = {"Zg=",
                                             "Zg",
                                             "Zm9v!===",
                                             "Z===",
                                             "Zh==",
                                             "Zm9v\n...",
                                             "+336\x8A"
                                             "1020304"};
    struct buffer out = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(bad_hex) / sizeof(bad_hex[0]); i++)
        assert_false(crypto_unhex(bytes_of_text(bad_hex[i]), &out));
    for (size_t i = 0; i < sizeof(bad_base64) / sizeof(bad_base64[0]); i++)
        assert_false(crypto_unbase64(bytes_of_text(bad_base64[i]), &out));
    assert_int_equal(out.len, 0);
    assert_true(crypto_unhex(BYTES_LITERAL("666F6f"), &out));
    assert_bytes_text(buffer_view(&out), "foo");
    buffer_clear(&out);
    assert_true(crypto_unhex(BYTES_LITERAL(""), &out));
    assert_true(crypto_unbase64(BYTES_LITERAL(""), &out));
    assert_int_equal(out.len, 0);
    buffer_deinit(&out);
}

/* RFC 4648, section 10. */
static void base64_follows_the_vectors_of_rfc_4648(void **state)
{
    static const char *const vectors[][2] = {{"f", "Zg=="},         {"fo", "Zm8="},
                                             {"foo", "Zm9v"},       {"foob", "Zm9vYg=="},
                                             {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};

    (void)state;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        struct buffer out = {0};

        crypto_base64(bytes_of_text(vectors[i][0]), &out);
        assert_bytes_text(buffer_view(&out), vectors[i][1]);
        buffer_clear(&out);
        assert_true(crypto_unbase64(bytes_of_text(vectors[i][1]), &out));
        assert_bytes_text(buffer_view(&out), vectors[i][0]);
        buffer_deinit(&out);
    }
}

static void equal_compares_lengths_first(void **state)
{
    (void)state;
    assert_true(crypto_equal(BYTES_LITERAL("ab"), BYTES_LITERAL("ab")));
    assert_true(crypto_equal(BYTES_LITERAL(""), BYTES_NONE));
    assert_false(crypto_equal(BYTES_LITERAL("ab"), BYTES_LITERAL("abc")));
    assert_false(crypto_equal(BYTES_LITERAL("ab"), BYTES_LITERAL("ac")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hmac_gives_the_digests_of_rfc_4231),
        cmocka_unit_test(hmac_in_pieces_is_the_hmac_of_the_whole),
        cmocka_unit_test(sha256_gives_the_digest_of_the_standard),
        cmocka_unit_test(sha256_in_pieces_is_that_of_the_whole),
        cmocka_unit_test(what_was_encrypted_is_read_only_with_its_key_and_bound),
        cmocka_unit_test(an_empty_value_can_be_encrypted),
        cmocka_unit_test(hexadecimal_and_base64_take_the_whole_text_or_nothing),
        cmocka_unit_test(base64_follows_the_vectors_of_rfc_4648),
        cmocka_unit_test(equal_compares_lengths_first),
    };

    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
