/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/drivers/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/hash.h"
#include "base/json.h"

#define KEY_TEXT 32 /* hexadecimal digits of a key's hash */

struct journal_key {
    char text[KEY_TEXT + 1];
    UT_hash_handle hh;
};

/* ---- Life ----------------------------------------------------------------------------------- */

void journal_init(struct journal *journal, const char *stem)
{
    *journal = (struct journal){.stem = xstrdup(stem), .fd = -1};
    buffer_init(&journal->lines, JOURNAL_BYTES_MOST);
}

void journal_end(struct journal *journal)
{
    if (journal->fd >= 0)
        (void)close(journal->fd);
    journal->fd = -1;
    free(journal->file);
    journal->file = NULL;
    buffer_clear(&journal->lines);
    journal->rows = 0;
    journal->loose = false;
}

void journal_deinit(struct journal *journal)
{
    journal_end(journal);
    HASH_FREE_ALL(journal->keys);
    buffer_deinit(&journal->lines);
    free(journal->stem);
}

/* ---- Keys ------------------------------------------------------------------------------------ */

static void see(struct journal *journal, struct bytes text)
{
    struct journal_key *key = NULL;

    if (text.len != KEY_TEXT)
        return;
    HASH_FIND(hh, journal->keys, text.data, KEY_TEXT, key);
    if (key)
        return;
    key = xcalloc(1, sizeof(*key));
    memcpy(key->text, text.data, KEY_TEXT);
    HASH_ADD(hh, journal->keys, text, KEY_TEXT, key);
    if (HASH_COUNT(journal->keys) > JOURNAL_KEYS_MOST) {
        struct journal_key *oldest = journal->keys;

        HASH_DEL(journal->keys, oldest);
        free(oldest);
    }
}

static void hash_key(struct bytes key, struct buffer *out)
{
    uint8_t digest[CRYPTO_DIGEST_SIZE];

    crypto_sha256(key, digest);
    crypto_hex(bytes_of(digest, KEY_TEXT / 2), out);
}

bool journal_has(const struct journal *journal, struct bytes key)
{
    CLEANUP(buffer_deinit) struct buffer hash = {0};
    struct journal_key *found = NULL;

    hash_key(key, &hash);
    HASH_FIND(hh, journal->keys, hash.data, KEY_TEXT, found);
    return found != NULL;
}

enum outcome journal_read_keys(struct journal *journal, const char *folder, struct error *err)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    CLEANUP(buffer_deinit) struct buffer text = {0};
    const char *path = arena_printf(&arena, "%s/%s", folder, journal->stem);

    struct folder_stamp stamp;
    enum outcome outcome = folder_look(folder, journal->stem, &stamp, err);

    if (outcome == OUTCOME_REJECT)
        return OUTCOME_OK; /* nothing of this stem was ever published */
    if (outcome == OUTCOME_OK)
        outcome =
            file_read(path, (size_t)2 * JOURNAL_KEYS_MOST * (KEY_TEXT + 1), FILE_ANY, &text, err);
    if (outcome != OUTCOME_OK)
        return OUTCOME_RETRY;
    for (size_t at = 0; at + KEY_TEXT < text.len; at += KEY_TEXT + 1)
        see(journal, bytes_of(text.data + at, KEY_TEXT));
    return OUTCOME_OK;
}

enum outcome journal_write_keys(const struct journal *journal, const char *folder,
                                struct error *err)
{
    CLEANUP(buffer_deinit) struct buffer text = {0};

    for (const struct journal_key *key = journal->keys; key; key = key->hh.next)
        buffer_printf(&text, "%s\n", key->text);
    return folder_write(folder, journal->stem, buffer_view(&text), err);
}

/* ---- Lines ------------------------------------------------------------------------------------
 */

static enum outcome cannot(const char *what, const char *name, struct error *err)
{
    char reason[ERROR_REASON_SIZE];

    return error_set(err, OUTCOME_RETRY, "impossible %s %s : %s", what, name,
                     error_reason(errno, reason));
}

/* The next line, parsed; NULL: no whole, good one. */
static yyjson_doc *next_line(struct bytes *lines)
{
    const uint8_t *end = lines->len > 0 ? memchr(lines->data, '\n', lines->len) : NULL;
    yyjson_doc *document =
        end ? json_read_raw(bytes_of(lines->data, (size_t)(end - lines->data))) : NULL;

    if (document)
        *lines = bytes_of(end + 1, lines->len - (size_t)(end + 1 - lines->data));
    return document;
}

struct bytes journal_rows(const struct journal *journal)
{
    return bytes_of(journal->lines.data + journal->head, journal->lines.len - journal->head);
}

yyjson_doc *journal_next_row(struct bytes *rows, yyjson_val **ret_row)
{
    yyjson_doc *document = next_line(rows);

    *ret_row = yyjson_obj_get(yyjson_doc_get_root(document), "row");
    return document;
}

/* Takes up the rows of rows/STEM, up to the first line that is not whole; `ret_rest` is what
 * stands there and behind it. */
static bool take_lines(struct journal *journal, struct bytes *ret_rest)
{
    struct bytes lines = buffer_view(&journal->lines);
    yyjson_doc *head = next_line(&lines);
    const char *file = yyjson_get_str(yyjson_obj_get(yyjson_doc_get_root(head), "file"));
    const char *since = yyjson_get_raw(yyjson_obj_get(yyjson_doc_get_root(head), "since"));
    yyjson_doc *document;

    if (file && since) {
        journal->file = xstrdup(file);
        journal->since_us = strtoll(since, NULL, 10);
    }
    yyjson_doc_free(head);
    *ret_rest = lines;
    if (!journal->file)
        return false;
    journal->head = journal->lines.len - lines.len;
    while ((document = next_line(&lines))) {
        yyjson_val *key = yyjson_obj_get(yyjson_doc_get_root(document), "key");

        see(journal, bytes_of(yyjson_get_str(key), yyjson_get_len(key)));
        journal->rows++;
        yyjson_doc_free(document);
    }
    *ret_rest = lines;
    journal->lines.len -= lines.len;
    return journal->rows > 0;
}

enum outcome journal_recover(struct journal *journal, const char *folder, struct error *err)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    const char *path = arena_printf(&arena, "%s/%s", folder, journal->stem);
    enum outcome outcome = OUTCOME_OK;
    struct bytes rest;
    bool good;
    bool damaged;

    if (file_read(path, JOURNAL_BYTES_MOST, FILE_ANY, &journal->lines, err) != OUTCOME_OK)
        return OUTCOME_RETRY;
    good = take_lines(journal, &rest);
    /* A crash cuts a line, and only the last: this is a disk, or a person. */
    damaged = rest.len > 0 && memchr(rest.data, '\n', rest.len);
    if (damaged)
        outcome =
            folder_write(folder, arena_printf(&arena, ".%s.damaged", journal->stem), rest, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (!good) {
        journal_end(journal);
        outcome = folder_remove(folder, journal->stem, err);
    } else {
        journal->fd = open(path, O_RDWR | O_CLOEXEC);
        if (journal->fd < 0 || ftruncate(journal->fd, (off_t)journal->lines.len) != 0 ||
            fsync(journal->fd) != 0)
            outcome = cannot("d'ouvrir", path, err);
    }
    if (outcome == OUTCOME_OK && damaged)
        outcome = error_set(err, OUTCOME_RETRY,
                            "rows behind number %lld of %s are damaged: they are put aside",
                            (long long)journal->rows, journal->stem);
    return outcome;
}

enum outcome journal_begin(struct journal *journal, const char *folder, const char *file,
                           int64_t since_us, struct error *err)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    const char *path = arena_printf(&arena, "%s/%s", folder, journal->stem);

    journal->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (journal->fd < 0)
        return cannot("d'écrire", path, err);
    journal->since_us = since_us;
    journal->file = xstrdup(file);
    buffer_printf(&journal->lines, "{\"file\":\"%s\",\"since\":%lld}\n", file, (long long)since_us);
    journal->head = journal->lines.len;
    return OUTCOME_OK;
}

/* Makes all behind `from` durable. */
static bool write_lines(struct journal *journal, size_t from)
{
    size_t at = from;

    while (at < journal->lines.len) {
        ssize_t written =
            pwrite(journal->fd, journal->lines.data + at, journal->lines.len - at, (off_t)at);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        at += (size_t)written;
    }
    return fsync(journal->fd) == 0;
}

/* All of it anew under its name, from memory. */
static enum outcome restore(struct journal *journal, const char *folder, struct error *err)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    const char *path = arena_printf(&arena, "%s/%s", folder, journal->stem);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);

    if (fd < 0)
        return cannot("d'écrire", path, err);
    (void)close(journal->fd);
    journal->fd = fd;
    if (!write_lines(journal, 0))
        return cannot("d'écrire", path, err);
    journal->loose = false;
    return folder_sync(folder, err);
}

enum outcome journal_append(struct journal *journal, const char *folder, struct bytes key,
                            struct bytes row, struct error *err)
{
    CLEANUP(buffer_deinit) struct buffer hash = {0};
    bool fresh = journal->rows == 0;
    size_t before = fresh ? 0 : journal->lines.len;
    enum outcome outcome = journal->loose ? restore(journal, folder, err) : OUTCOME_OK;

    if (outcome != OUTCOME_OK) {
        journal->loose = true;
        return outcome;
    }
    hash_key(key, &hash);
    buffer_printf(&journal->lines, "{\"key\":\"%s\",\"row\":%.*s}\n", buffer_text(&hash),
                  BYTES_ARG(row));
    if (journal->lines.overflow)
        outcome = error_set(err, OUTCOME_RETRY, "trop de lignes de %s à garder", journal->stem);
    else if (!write_lines(journal, before))
        outcome = cannot("d'écrire les lignes de", journal->stem, err);
    else if (fresh)
        outcome = folder_sync(folder, err);
    if (outcome == OUTCOME_OK) {
        journal->rows++;
        see(journal, buffer_view(&hash));
        return OUTCOME_OK;
    }
    /* What may stand there is written over, or found not whole. */
    journal->lines.overflow = false;
    journal->lines.len = before;
    (void)!ftruncate(journal->fd, (off_t)before);
    if (fresh)
        journal_end(journal);
    return outcome;
}
