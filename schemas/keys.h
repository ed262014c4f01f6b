/* SPDX-License-Identifier: Apache-2.0
 *
 * An operator's own keys (one file, mode 0600, made by `relais keys create`) and the public
 * halves that stand in the directory.
 */
#ifndef RELAIS_SCHEMAS_KEYS_H
#define RELAIS_SCHEMAS_KEYS_H

#include "base/bytes.h"

#define KEY_SIZE 32
#define SIGNING_SECRET_SIZE 64

struct public_keys {
    char seal_key_id[24];       /* first 16 hexadecimal digits of SHA-256 of the key */
    uint8_t seal_key[KEY_SIZE]; /* X25519  */
    char signing_key_id[24];
    uint8_t signing_key[KEY_SIZE]; /* Ed25519 */
};

struct operator_keys {
    char operator_code[32];
    struct public_keys public;
    uint8_t seal_secret[KEY_SIZE];
    uint8_t signing_secret[SIGNING_SECRET_SIZE];
    uint8_t id_secret[KEY_SIZE]; /* identities and keyed hashes, for ever */
    uint8_t state_key[KEY_SIZE]; /* values of the state and quarantine topics */
};

/* The person_ref key that connectors share (its own file; the broker has none). */
struct person_key {
    char key_id[24];
    uint8_t key[KEY_SIZE];
};

void keys_create(const char *operator_code, struct operator_keys *ret_keys);
/* Writes a YAML file of mode 0600, never over an existing one. */
MUST_USE enum outcome keys_write(const struct operator_keys *keys, const char *path,
                                 struct error *err);
/* FATAL: not there, damaged, or readable by others. */
MUST_USE enum outcome keys_read(const char *path, struct operator_keys *ret_keys,
                                struct error *err);
void keys_wipe(struct operator_keys *keys);

void person_key_create(struct person_key *ret_key);
MUST_USE enum outcome person_key_write(const struct person_key *key, const char *path,
                                       struct error *err);
MUST_USE enum outcome person_key_read(const char *path, struct person_key *ret_key,
                                      struct error *err);

#endif
