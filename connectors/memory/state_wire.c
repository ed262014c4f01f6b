/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/memory/state_wire.h"

#include "base/crypto.h"
#include "base/uuid.h"
#include "connectors/memory/pack.h"

static const char *const kind_names[STATE_KIND_COUNT] = {
    [STATE_LINK] = "link",      [STATE_HANDOFF] = "handoff",       [STATE_ECHO] = "echo",
    [STATE_CURSOR] = "cursor",  [STATE_MATCH_WAIT] = "wait",       [STATE_STEP] = "step",
    [STATE_PARKED] = "parked",  [STATE_UNREADABLE] = "unreadable", [STATE_EXTRACT] = "extract",
    [STATE_SENT_LIST] = "sent",
};

#define HEX_SIZE ((size_t)2 * ENTRY_KEY_SIZE)

void state_wire_init(struct state_wire *wire, const struct operator_keys *keys)
{
    hmac_init(&wire->id_secret, bytes_of(keys->id_secret, KEY_SIZE));
    memcpy(wire->state_key, keys->state_key, KEY_SIZE);
}

void state_wire_wipe(struct state_wire *wire)
{
    crypto_wipe(wire, sizeof(*wire));
}

/* ---- Key ------------------------------------------------------------------------- */

void state_wire_key(const struct state_wire *wire, enum state_kind kind, struct bytes id,
                    uint8_t ret_key[ENTRY_KEY_SIZE])
{
    uint8_t digest[CRYPTO_DIGEST_SIZE];
    struct hmac hmac;

    if (kind == STATE_SENT && id.len == ENTRY_KEY_SIZE) { /* a keyed hash already (schemas/ids.h) */
        memcpy(ret_key, id.data, ENTRY_KEY_SIZE);
        return;
    }
    hmac = wire->id_secret;
    hmac_update(&hmac, BYTES_LITERAL("state\x1f"));
    hmac_update(&hmac, bytes_of_text(kind_names[kind]));
    hmac_update(&hmac, BYTES_LITERAL("\x1f"));
    hmac_update(&hmac, id);
    hmac_final(&hmac, digest);
    memcpy(ret_key, digest, ENTRY_KEY_SIZE);
}

struct bytes state_wire_key_text(enum state_kind kind, const uint8_t key[ENTRY_KEY_SIZE],
                                 struct arena *arena)
{
    size_t len = strlen(kind_names[kind]);
    char *text = arena_alloc_unset(arena, len + 1 + HEX_SIZE + 1);

    memcpy(text, kind_names[kind], len);
    text[len] = '/';
    crypto_hex_to(bytes_of(key, ENTRY_KEY_SIZE), text + len + 1);
    return bytes_of((const uint8_t *)text, len + 1 + HEX_SIZE);
}

bool state_wire_read_key(struct bytes key_text, struct state_wire_entry *ret_entry)
{
    for (int kind = 0; kind < STATE_KIND_COUNT; kind++) {
        struct bytes name = bytes_of_text(kind_names[kind]);
        struct buffer key = {0};
        bool read;

        if (!name.data || !bytes_starts_with(key_text, name) ||
            key_text.len != name.len + 1 + HEX_SIZE || key_text.data[name.len] != '/')
            continue;
        read = crypto_unhex(bytes_of(key_text.data + name.len + 1, HEX_SIZE), &key) &&
               key.len == ENTRY_KEY_SIZE;
        *ret_entry = (struct state_wire_entry){.kind = (enum state_kind)kind};
        if (read)
            memcpy(ret_entry->key, key.data, ENTRY_KEY_SIZE);
        buffer_deinit(&key);
        return read;
    }
    return false;
}

/* ---- Value: id, value, last day --------------------------------------------------- */

struct bytes state_wire_value(const struct state_wire *wire, const struct state_wire_entry *entry,
                              const uint8_t nonce[CRYPTO_NONCE_SIZE], struct bytes key_text,
                              struct arena *arena)
{
    struct buffer plain = {0};
    uint8_t *value;
    size_t len;

    pack_bytes(&plain, entry->id);
    pack_bytes(&plain, entry->value);
    pack_int(&plain, entry->until_day);
    len = plain.len + CRYPTO_OVERHEAD;
    value = arena_alloc_unset(arena, len);
    crypto_encrypt_to(wire->state_key, nonce, buffer_view(&plain), key_text, value);
    buffer_deinit(&plain);
    return bytes_of(value, len);
}

enum outcome state_wire_read_value(const struct state_wire *wire, struct bytes key_text,
                                   struct bytes sealed, struct buffer *plain,
                                   struct state_wire_entry *entry, struct error *err)
{
    struct cursor in;
    int64_t until_day = 0;

    buffer_clear(plain);
    if (crypto_decrypt(wire->state_key, sealed, key_text, plain, err) != OUTCOME_OK)
        return error_set(err, OUTCOME_FATAL,
                         "state topic: a record was not written with this keys_file");
    in = cursor_over(buffer_view(plain));
    if (!pack_read_bytes(&in, &entry->id) || !pack_read_bytes(&in, &entry->value) ||
        !pack_read_int(&in, &until_day) || !entry->id.data || !entry->value.data || until_day < 0 ||
        until_day > UINT16_MAX)
        return error_set(err, OUTCOME_FATAL, "state topic: a record is damaged");
    entry->until_day = (uint16_t)until_day;
    return OUTCOME_OK;
}

/* ---- What was sent ----------------------------------------------------------------- */

#define SENT_SIZE (2 * sizeof(struct uuid)) /* entity_id, event_id */

void state_wire_add_sent(struct buffer *list, const struct state_wire_entry *sent)
{
    buffer_append(list, sent->key, ENTRY_KEY_SIZE);
    buffer_append_bytes(list, sent->value);
}

bool state_wire_next_sent(struct cursor *list, struct state_wire_entry *ret_sent)
{
    struct bytes pair;

    if (!cursor_take(list, SENT_SIZE, &pair))
        return false;
    *ret_sent = (struct state_wire_entry){
        .kind = STATE_SENT,
        .value = bytes_of(pair.data + ENTRY_KEY_SIZE, SENT_SIZE - ENTRY_KEY_SIZE)};
    memcpy(ret_sent->key, pair.data, ENTRY_KEY_SIZE);
    return true;
}
