/* SPDX-License-Identifier: Apache-2.0
 *
 * A dead letter is two records: what came, encrypted with the operator's state key, in the
 * quarantine, and a Rejection that says why, without a value, among the rejected. The first
 * is written first: a Rejection never points at nothing. Both have ids made from what was
 * rejected, so a repetition writes the same again. What came is kept once for all items of a push.
 */
#ifndef RELAIS_CONNECTORS_DEAD_LETTER_H
#define RELAIS_CONNECTORS_DEAD_LETTER_H

#include "connectors/shared.h"
#include "connectors/translated.h"

struct dead_letter {
    enum rejection_stage stage;
    const char *code;   /* schemas/codes.h         */
    const char *field;  /* NULL or "": not known   */
    const char *rule;   /* "connector.yaml:31:16"  */
    const char *detail; /* what was expected       */
    const struct record *record;
    size_t item;               /* number of the item in the record     */
    struct bytes kept;         /* key of the record in the quarantine, if it stands there already,
                                  for another item; BYTES_NONE: it is written with this one */
    const struct event *event; /* as far as it is known; NULL: nothing */
};

#define DEAD_LETTER_RECORDS 2
/* Makes the two records, in the order of writing, and the Rejection itself (which may be told to
 * the sender too). Everything lives in `arena`. With `kept` the first is empty, and not written. */
void dead_letter_make(const struct shared *shared, const struct dead_letter *letter,
                      struct arena *arena, struct durable_record ret_records[DEAD_LETTER_RECORDS],
                      struct event *ret_rejection);
/* That of an item that was rejected while it was translated; borrows both. */
struct dead_letter dead_letter_of_item(const struct record *record, size_t item,
                                       const struct translated *translated);
/* Writes both. A record too large for the quarantine leaves its Rejection alone: told, and
 * lost only to `relais dlq`. */
MUST_USE enum outcome dead_letter_write(struct durable *log,
                                        const struct durable_record records[DEAD_LETTER_RECORDS],
                                        struct error *err);

#endif
