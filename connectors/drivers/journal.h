/* SPDX-License-Identifier: Apache-2.0
 *
 * The rows of one file in the making, each durable when its call returns: a file of JSON lines,
 * the first with the name of the file to be and the time of its first row, then one a row
 * with the hash of its key. A line cut by a crash was never said to be durable and is cut off.
 * journals.h says how files come of it.
 */
#ifndef RELAIS_CONNECTORS_DRIVERS_JOURNAL_H
#define RELAIS_CONNECTORS_DRIVERS_JOURNAL_H

#include <yyjson.h>

#include "base/arena.h"

/* Rows of a stem after which a repeated delivery would be written again. */
#define JOURNAL_KEYS_MOST 20000
#define JOURNAL_BYTES_MOST ((size_t)32 * 1024 * 1024)

struct journal_key;
struct journal {
    char *stem;
    struct journal_key *keys; /* of rows, published or not; the oldest go first */
    int fd;                   /* -1: nothing is being made                      */
    char *file;               /* name of the file to be; NULL: none             */
    int64_t since_us;         /* wall time of its first row                     */
    struct buffer lines;      /* all of the journal                             */
    size_t head;              /* of which the first line                        */
    int64_t rows;
    bool loose; /* its file may be gone or another: it is written anew before the next row */
};

void journal_init(struct journal *journal, const char *stem);
void journal_deinit(struct journal *journal);
/* Nothing is being made any more; keys stay. */
void journal_end(struct journal *journal);

bool journal_has(const struct journal *journal, struct bytes key);
/* Keys of earlier files, FOLDER/STEM; not there is fine. RETRY: nobody can tell which. */
MUST_USE enum outcome journal_read_keys(struct journal *journal, const char *folder,
                                        struct error *err);
MUST_USE enum outcome journal_write_keys(const struct journal *journal, const char *folder,
                                         struct error *err);

/* Takes up FOLDER/STEM of an earlier process; without a whole row in it, removes it. RETRY also
 * once when rows stand behind a damaged one: they are put aside into FOLDER/.STEM.damaged, and
 * the next try goes on without them. */
MUST_USE enum outcome journal_recover(struct journal *journal, const char *folder,
                                      struct error *err);
/* Begins FOLDER/STEM. */
MUST_USE enum outcome journal_begin(struct journal *journal, const char *folder, const char *file,
                                    int64_t since_us, struct error *err);
/* One more row, a JSON object on one line. OK: durable. RETRY: it is not there; if it would have
 * been the first one, nothing is being made any more. */
MUST_USE enum outcome journal_append(struct journal *journal, const char *folder, struct bytes key,
                                     struct bytes row, struct error *err);

/* Its rows, for journal_next_row(): the next one, its document to be freed; NULL: no more. */
struct bytes journal_rows(const struct journal *journal);
yyjson_doc *journal_next_row(struct bytes *rows, yyjson_val **ret_row);

#endif
