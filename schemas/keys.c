/* SPDX-License-Identifier: Apache-2.0
 *
 * Key files are small YAML mappings of base64 texts. No message here holds more than a
 * key's name: what the YAML reader quotes is left out.
 */
#include "schemas/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/config.h"
#include "base/crypto.h"
#include "base/file.h"

#define MAX_FILE_BYTES 8192

/* NOLINTNEXTLINE(misc-redundant-expression): equal numbers are what is asserted */
_Static_assert(KEY_SIZE == crypto_box_PUBLICKEYBYTES && KEY_SIZE == crypto_box_SECRETKEYBYTES &&
                   KEY_SIZE == crypto_sign_PUBLICKEYBYTES,
               "sizes of libsodium");
_Static_assert(SIGNING_SECRET_SIZE == crypto_sign_SECRETKEYBYTES, "size of libsodium");

static void make_key_id(const uint8_t key[KEY_SIZE], char ret_id[24])
{
    uint8_t digest[CRYPTO_DIGEST_SIZE];

    crypto_sha256(bytes_of(key, KEY_SIZE), digest);
    for (int i = 0; i < 8; i++)
        (void)snprintf(ret_id + (size_t)i * 2, 3, "%02x", digest[i]);
}

void keys_create(const char *operator_code, struct operator_keys *ret_keys)
{
    struct public_keys *public = &ret_keys->public;

    memset(ret_keys, 0, sizeof(*ret_keys));
    (void)snprintf(ret_keys->operator_code, sizeof(ret_keys->operator_code), "%s", operator_code);
    (void)crypto_box_keypair(public->seal_key, ret_keys->seal_secret);
    (void)crypto_sign_keypair(public->signing_key, ret_keys->signing_secret);
    crypto_random(ret_keys->id_secret, KEY_SIZE);
    crypto_random(ret_keys->state_key, KEY_SIZE);
    make_key_id(public->seal_key, public->seal_key_id);
    make_key_id(public->signing_key, public->signing_key_id);
}

void keys_wipe(struct operator_keys *keys)
{
    crypto_wipe(keys, sizeof(*keys));
}

void person_key_create(struct person_key *ret_key)
{
    memset(ret_key, 0, sizeof(*ret_key));
    crypto_random(ret_key->key, KEY_SIZE);
    make_key_id(ret_key->key, ret_key->key_id);
}

/* ---- Writing ---------------------------------------------------------------------- */

static void append_key(struct buffer *out, const char *name, const void *key, size_t len)
{
    buffer_printf(out, "%s: ", name);
    crypto_base64(bytes_of(key, len), out);
    buffer_append_byte(out, '\n');
}

static bool write_all(int fd, struct bytes text)
{
    while (text.len > 0) {
        ssize_t written = write(fd, text.data, text.len);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        text.data += written;
        text.len -= (size_t)written;
    }
    return fsync(fd) == 0;
}

/* Only ever a new file: to write over a key is to lose what was sealed to it. */
static enum outcome write_new(const char *path, struct bytes text, struct error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    int number = errno;
    bool written;
    char reason[ERROR_REASON_SIZE];

    if (fd < 0 && number == EEXIST)
        return error_set(err, OUTCOME_FATAL, "%s existe déjà ; une clé n'est jamais écrasée", path);
    if (fd < 0 && number == ENOENT)
        return error_set(err, OUTCOME_FATAL, "%s : son dossier n'existe pas", path);
    if (fd < 0)
        return error_set(err, OUTCOME_FATAL, "%s ne peut pas être écrit : %s", path,
                         error_reason(number, reason));
    written = write_all(fd, text);
    number = errno;
    if (close(fd) != 0 && written) {
        written = false;
        number = errno;
    }
    if (!written) {
        (void)unlink(path);
        return error_set(err, OUTCOME_FATAL, "%s ne peut pas être écrit : %s", path,
                         error_reason(number, reason));
    }
    return OUTCOME_OK;
}

enum outcome keys_write(const struct operator_keys *keys, const char *path, struct error *err)
{
    const struct public_keys *public = &keys->public;
    struct buffer text = {0};
    enum outcome outcome;

    buffer_printf(&text,
                  "# Private keys of operator %s. Never leave its connector; keep a copy offline.\n"
                  "operator: %s\n# For the directory:\n",
                  keys->operator_code, keys->operator_code);
    append_key(&text, "seal_key", public->seal_key, KEY_SIZE);
    append_key(&text, "signing_key", public->signing_key, KEY_SIZE);
    buffer_append_text(&text, "# Private:\n");
    append_key(&text, "seal_secret", keys->seal_secret, KEY_SIZE);
    append_key(&text, "signing_secret", keys->signing_secret, SIGNING_SECRET_SIZE);
    buffer_append_text(&text, "# Private, and for ever: identities are made with it.\n");
    append_key(&text, "id_secret", keys->id_secret, KEY_SIZE);
    append_key(&text, "state_key", keys->state_key, KEY_SIZE);
    outcome = write_new(path, buffer_view(&text), err);
    crypto_wipe_buffer(&text);
    return outcome;
}

enum outcome person_key_write(const struct person_key *key, const char *path, struct error *err)
{
    struct buffer text = {0};
    enum outcome outcome;

    buffer_append_text(&text, "# Shared by all connectors; the broker never has it.\n");
    append_key(&text, "person_key", key->key, KEY_SIZE);
    outcome = write_new(path, buffer_view(&text), err);
    crypto_wipe_buffer(&text);
    return outcome;
}

/* ---- Reading ---------------------------------------------------------------------- */

struct key_texts {
    const char *operator_code;
    const char *seal_key;
    const char *signing_key;
    const char *seal_secret;
    const char *signing_secret;
    const char *id_secret;
    const char *state_key;
    const char *person_key;
};

#define KEY_TEXT(member, written, text)                                                            \
    CONFIG_FIELD(struct key_texts, member, .key = (written), .flags = CONFIG_REQUIRED,             \
                 .help = (text))

static const struct config_field operator_fields[] = {
    KEY_TEXT(operator_code, "operator", "Operator code."),
    KEY_TEXT(seal_key, "seal_key", "X25519 public key, base64."),
    KEY_TEXT(signing_key, "signing_key", "Ed25519 public key, base64."),
    KEY_TEXT(seal_secret, "seal_secret", "X25519 private key, base64."),
    KEY_TEXT(signing_secret, "signing_secret", "Ed25519 private key, base64."),
    KEY_TEXT(id_secret, "id_secret", "Secret of identities, base64."),
    KEY_TEXT(state_key, "state_key", "Key of the state topic, base64."),
    CONFIG_END,
};
static const struct config_field person_fields[] = {
    KEY_TEXT(person_key, "person_key", "Key of person_ref, base64."),
    CONFIG_END,
};

/* `texts` live in `arena`. */
static enum outcome read_texts(const char *path, const struct config_field *fields,
                               struct arena *arena, struct key_texts *texts, struct error *err)
{
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    struct yaml_node *root = NULL;
    struct buffer content = {0};
    enum outcome outcome = file_read(path, MAX_FILE_BYTES, FILE_PRIVATE, &content, err);

    if (outcome != OUTCOME_OK) {
        buffer_deinit(&content);
        if (err)
            err->outcome = OUTCOME_FATAL; /* without its keys nothing works */
        return error_wrap(err, "fichier de clés");
    }
    outcome = yaml_read(path, buffer_view(&content), arena, diagnostics, &root, NULL);
    crypto_wipe_buffer(&content);
    if (outcome == OUTCOME_OK)
        outcome = config_read(fields, root, texts, diagnostics, NULL);
    if (outcome != OUTCOME_OK)
        return error_set(err, OUTCOME_FATAL,
                         "fichier de clés: %s est abîmé, ou une clé y manque ou y est de trop ; "
                         "attendu : ce que `relais keys` a écrit",
                         path);
    return OUTCOME_OK;
}

static bool take_key(const char *text, uint8_t *ret_key, size_t size)
{
    struct buffer raw = {0};
    bool good = crypto_unbase64(bytes_of_text(text), &raw) && raw.len == size;

    if (good)
        memcpy(ret_key, raw.data, size);
    crypto_wipe_buffer(&raw);
    return good;
}

/* The public halves are written for people to copy; they must be those of the secrets. */
static bool halves_match(const struct operator_keys *keys)
{
    uint8_t seal_key[KEY_SIZE];
    uint8_t signing_key[KEY_SIZE];

    return crypto_scalarmult_base(seal_key, keys->seal_secret) == 0 &&
           crypto_sign_ed25519_sk_to_pk(signing_key, keys->signing_secret) == 0 &&
           memcmp(seal_key, keys->public.seal_key, KEY_SIZE) == 0 &&
           memcmp(signing_key, keys->public.signing_key, KEY_SIZE) == 0;
}

enum outcome keys_read(const char *path, struct operator_keys *ret_keys, struct error *err)
{
    struct operator_keys keys = {0};
    struct key_texts texts = {0};
    struct arena arena = {0};
    enum outcome outcome = read_texts(path, operator_fields, &arena, &texts, err);
    bool good = outcome == OUTCOME_OK && texts.operator_code &&
                strlen(texts.operator_code) < sizeof(keys.operator_code) &&
                take_key(texts.seal_key, keys.public.seal_key, KEY_SIZE) &&
                take_key(texts.signing_key, keys.public.signing_key, KEY_SIZE) &&
                take_key(texts.seal_secret, keys.seal_secret, KEY_SIZE) &&
                take_key(texts.signing_secret, keys.signing_secret, SIGNING_SECRET_SIZE) &&
                take_key(texts.id_secret, keys.id_secret, KEY_SIZE) &&
                take_key(texts.state_key, keys.state_key, KEY_SIZE) && halves_match(&keys);

    if (good) {
        memcpy(keys.operator_code, texts.operator_code, strlen(texts.operator_code));
        make_key_id(keys.public.seal_key, keys.public.seal_key_id);
        make_key_id(keys.public.signing_key, keys.public.signing_key_id);
        *ret_keys = keys;
    } else if (outcome == OUTCOME_OK) {
        outcome = error_set(err, OUTCOME_FATAL,
                            "fichier de clés: %s : une clé est abîmée, ou deux ne vont pas "
                            "ensemble",
                            path);
    }
    keys_wipe(&keys);
    arena_deinit(&arena);
    return outcome;
}

enum outcome person_key_read(const char *path, struct person_key *ret_key, struct error *err)
{
    struct key_texts texts = {0};
    struct arena arena = {0};
    enum outcome outcome = read_texts(path, person_fields, &arena, &texts, err);

    if (outcome == OUTCOME_OK) {
        memset(ret_key, 0, sizeof(*ret_key));
        if (take_key(texts.person_key, ret_key->key, KEY_SIZE))
            make_key_id(ret_key->key, ret_key->key_id);
        else
            outcome =
                error_set(err, OUTCOME_FATAL, "fichier de clés: %s : la clé est abîmée", path);
    }
    arena_deinit(&arena);
    return outcome;
}
