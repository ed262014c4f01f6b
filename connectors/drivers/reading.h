/* SPDX-License-Identifier: Apache-2.0
 *
 * One file being read by a folder source: its rows become records, one after the other, and
 * what is acknowledged of them is known. A file that cannot be read as a whole is one record
 * with a defect. In a full extract, rows that say nothing new are passed over and keys that
 * are gone come behind the last row (extract.h).
 */
#ifndef RELAIS_CONNECTORS_DRIVERS_READING_H
#define RELAIS_CONNECTORS_DRIVERS_READING_H

#include "connectors/drivers/extract.h"
#include "connectors/drivers/intake.h"
#include "connectors/drivers/rows.h"
#include "connectors/record.h"

/* All borrowed. */
struct reading_settings {
    const struct rows_form *form;
    const struct intake *intake;   /* that the files are of */
    const struct mapping *mapping; /* that reads its columns; NULL: whatever they are */
    struct extract *extract;       /* NULL: no full extract */
    const char *const *keys;       /* of a full extract     */
    size_t key_count;
    int64_t most_lost_percent;
    const struct waiter *waiter;
    struct clock *clock;
};

struct reading;
/* Takes the file's content over and borrows the rest of it. RETRY: it cannot be read now. */
MUST_USE enum outcome reading_new(const struct reading_settings *settings, struct intake_file *file,
                                  struct reading **ret_reading, struct error *err);
void reading_free(struct reading *reading);
DEFINE_CLEANUP(struct reading, reading_free)

/* Where the file goes once all of it is acknowledged. */
enum intake_end reading_end(const struct reading *reading);
/* Of its content, ROWS_DIGEST_SIZE bytes; NULL when it is refused as a whole. */
const uint8_t *reading_digest(const struct reading *reading);
/* Passes rows that were acknowledged before a restart. */
MUST_USE enum outcome reading_skip(struct reading *reading, int64_t acked, struct error *err);

/* Fills the batch. RETRY: it cannot be read further; open it anew once what was handed out is
 * acknowledged. */
MUST_USE enum outcome reading_hand_out(struct reading *reading, struct batch *batch,
                                       struct error *err);
/* Nothing more is handed out; `ret_failed`: though there is more in it. */
bool reading_is_through(const struct reading *reading, bool *ret_failed);
/* All that was handed out is acknowledged. */
bool reading_is_acknowledged(const struct reading *reading);

/* Into a change: records up to this position are acknowledged. Then, once it is durable: */
void reading_remember(const struct reading *reading, int64_t position, struct state_change *change);
void reading_acknowledge(struct reading *reading, int64_t position);

#endif
