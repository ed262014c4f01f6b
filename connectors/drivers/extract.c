/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/drivers/extract.h"

#include <stdlib.h>

#include <yyjson.h>

#include "base/crypto.h"
#include "base/hash.h"
#include "base/json.h"
#include "connectors/memory/pack.h"

struct entry {
    uint8_t id[EXTRACT_ID_SIZE];
    uint8_t hash[EXTRACT_ID_SIZE]; /* of the last durable row */
    bool known;
    int64_t seen; /* number of the row in this file; 0: gone */
    UT_hash_handle hh;
};

struct extract {
    struct state *state;
    const char *name;
    const char *const *keys;
    size_t key_count;
    size_t most_rows;
    struct entry *entries;
    size_t seen;
    struct entry *next_gone;
    bool asked; /* for what is gone */
};

struct extract *extract_new(struct state *state, const char *name, const char *const *keys,
                            size_t key_count, size_t most_rows)
{
    struct extract *extract = xcalloc(1, sizeof(*extract));

    extract->state = state;
    extract->name = name;
    extract->keys = keys;
    extract->key_count = key_count;
    extract->most_rows = most_rows;
    return extract;
}

static void drop_entries(struct extract *extract)
{
    HASH_FREE_ALL(extract->entries);
    extract->seen = 0;
    extract->next_gone = NULL;
    extract->asked = false;
}

void extract_free(struct extract *extract)
{
    if (!extract)
        return;
    drop_entries(extract);
    free(extract);
}

/* ---- Keys ----------------------------------------------------------------------------------- */

static void hash_of(struct bytes bytes, uint8_t hash[EXTRACT_ID_SIZE])
{
    uint8_t digest[CRYPTO_DIGEST_SIZE];

    crypto_sha256(bytes, digest);
    memcpy(hash, digest, EXTRACT_ID_SIZE);
}

/* The key columns of a row as an object of their own; BYTES_NONE: one is missing or empty. */
static struct bytes key_of(const struct extract *extract, struct bytes body, struct arena *arena)
{
    yyjson_doc *row = json_read(body);
    yyjson_mut_doc *made = json_new();
    yyjson_mut_val *object = yyjson_mut_obj(made);
    struct bytes key = BYTES_NONE;
    size_t found = 0;
    size_t len = 0;
    char *text;

    yyjson_mut_doc_set_root(made, object);
    for (size_t i = 0; i < extract->key_count; i++) {
        yyjson_val *value = yyjson_obj_get(yyjson_doc_get_root(row), extract->keys[i]);
        bool empty = !value || yyjson_is_null(value) || yyjson_equals_str(value, "");

        if (!empty && yyjson_mut_obj_add_val(made, object, extract->keys[i],
                                             yyjson_val_mut_copy(made, value)))
            found++;
    }
    text = json_write(made, &len);
    if (text && found == extract->key_count)
        key = arena_copy(arena, bytes_of(text, len));
    free(text);
    yyjson_mut_doc_free(made);
    yyjson_doc_free(row);
    return key;
}

static struct entry *find(const struct extract *extract, const uint8_t id[EXTRACT_ID_SIZE])
{
    struct entry *entry = NULL;

    HASH_FIND(hh, extract->entries, id, EXTRACT_ID_SIZE, entry);
    return entry;
}

static struct entry *add(struct extract *extract, const uint8_t id[EXTRACT_ID_SIZE])
{
    struct entry *entry = xcalloc(1, sizeof(*entry));

    memcpy(entry->id, id, EXTRACT_ID_SIZE);
    HASH_ADD(hh, extract->entries, id, EXTRACT_ID_SIZE, entry);
    return entry;
}

/* ---- The state ------------------------------------------------------------------------------ */

/* Name ␟ id. */
static struct bytes state_id(const struct extract *extract, const uint8_t id[EXTRACT_ID_SIZE],
                             struct buffer *out)
{
    buffer_append_text(out, extract->name);
    buffer_append_byte(out, 0x1F);
    buffer_append(out, id, EXTRACT_ID_SIZE);
    return buffer_view(out);
}

struct bytes extract_source_of(struct bytes id)
{
    size_t tail = 1 + EXTRACT_ID_SIZE;

    if (id.len < tail || id.data[id.len - tail] != 0x1F)
        return BYTES_NONE;
    return bytes_of(id.data, id.len - tail);
}

static void visit(void *context, struct bytes id, struct bytes value)
{
    struct extract *extract = context;
    struct bytes name = extract_source_of(id);
    struct cursor in = cursor_over(value);
    struct bytes key;
    struct bytes hash;
    struct entry *entry;

    if (!bytes_equal_text(name, extract->name) || !pack_read_bytes(&in, &key) ||
        !pack_read_bytes(&in, &hash) || hash.len != EXTRACT_ID_SIZE)
        return;
    entry = add(extract, id.data + name.len + 1);
    memcpy(entry->hash, hash.data, EXTRACT_ID_SIZE);
    entry->known = true;
}

void extract_begin(struct extract *extract)
{
    drop_entries(extract);
    state_each(extract->state, STATE_EXTRACT, visit, extract);
}

void extract_remember(struct extract *extract, struct state_change *change,
                      const struct extract_mark *mark)
{
    CLEANUP(buffer_deinit) struct buffer id = {0};
    CLEANUP(buffer_deinit) struct buffer value = {0};
    struct entry *entry = find(extract, mark->id);

    pack_bytes(&value, mark->key);
    pack_bytes(&value, bytes_of(mark->hash, EXTRACT_ID_SIZE));
    state_put(change, STATE_EXTRACT, state_id(extract, mark->id, &id), buffer_view(&value));
    if (entry) {
        memcpy(entry->hash, mark->hash, EXTRACT_ID_SIZE);
        entry->known = true;
    }
}

void extract_forget(struct extract *extract, struct state_change *change,
                    const struct extract_mark *mark)
{
    CLEANUP(buffer_deinit) struct buffer id = {0};

    state_put(change, STATE_EXTRACT, state_id(extract, mark->id, &id), BYTES_NONE);
}

/* ---- Comparing ------------------------------------------------------------------------------ */

enum outcome extract_see(struct extract *extract, struct bytes body, int64_t number, bool *ret_seen,
                         struct error *err)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    struct bytes key = key_of(extract, body, &arena);
    uint8_t id[EXTRACT_ID_SIZE];
    struct entry *entry;

    *ret_seen = false;
    if (!key.data)
        return OUTCOME_OK;
    hash_of(key, id);
    entry = find(extract, id);
    if (entry && entry->seen > 0)
        return OUTCOME_OK;
    if (extract->seen == extract->most_rows)
        return error_set(err, OUTCOME_REJECT, "more than %zu rows (most_rows)", extract->most_rows);
    if (!entry)
        entry = add(extract, id);
    entry->seen = number;
    extract->seen++;
    *ret_seen = true;
    return OUTCOME_OK;
}

void extract_count(const struct extract *extract, size_t *ret_known, size_t *ret_gone)
{
    *ret_known = 0;
    *ret_gone = 0;
    for (const struct entry *entry = extract->entries; entry; entry = entry->hh.next) {
        *ret_known += entry->known ? 1 : 0;
        *ret_gone += entry->known && entry->seen == 0 ? 1 : 0;
    }
}

enum outcome extract_compare(struct extract *extract, struct bytes body, int64_t number,
                             struct arena *arena, bool *ret_changed, struct extract_mark *ret_mark,
                             struct error *err)
{
    struct extract_mark mark = {.key = key_of(extract, body, arena)};
    const struct entry *entry;

    if (!mark.key.data)
        return error_set(err, OUTCOME_REJECT, "une colonne de `key` manque ou est vide");
    hash_of(mark.key, mark.id);
    hash_of(body, mark.hash);
    entry = find(extract, mark.id);
    if (!entry || entry->seen != number)
        return error_set(err, OUTCOME_REJECT, "une ligne plus haut a la même clé");
    *ret_changed = !entry->known || memcmp(entry->hash, mark.hash, EXTRACT_ID_SIZE) != 0;
    *ret_mark = mark;
    return OUTCOME_OK;
}

bool extract_next_gone(struct extract *extract, struct arena *arena, struct extract_mark *ret_mark)
{
    struct entry *entry = extract->asked ? extract->next_gone : extract->entries;
    CLEANUP(buffer_deinit) struct buffer id = {0};
    struct cursor in;

    extract->asked = true;
    while (entry && (!entry->known || entry->seen > 0))
        entry = entry->hh.next;
    extract->next_gone = entry ? entry->hh.next : NULL;
    if (!entry)
        return false;
    *ret_mark = (struct extract_mark){.key = BYTES_NONE};
    memcpy(ret_mark->id, entry->id, EXTRACT_ID_SIZE);
    in = cursor_over(
        state_get(extract->state, STATE_EXTRACT, state_id(extract, entry->id, &id), arena));
    if (!pack_read_bytes(&in, &ret_mark->key) || !ret_mark->key.data)
        ret_mark->key = BYTES_LITERAL("{}");
    return true;
}
