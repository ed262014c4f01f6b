/* SPDX-License-Identifier: Apache-2.0
 *
 * Outbox records that never reach the rules: bytes that are no event, an event that breaks
 * its own schema's checks, one that stands under another key or in another partition than its
 * thread's. Each becomes a dead letter of its sender, with a reason, what was expected, and
 * its place in the outbox; never a value.
 */
#ifndef RELAIS_BROKER_DEAD_LETTERS_H
#define RELAIS_BROKER_DEAD_LETTERS_H

#include "broker/handoff.h"
#include "broker/task.h"

struct dead_letter {
    const char *code;    /* NULL: the record is fit for the rules              */
    struct bytes detail; /* what was expected, in the arena; or BYTES_NONE     */
    struct event event;  /* as far as it could be read; EVENT_NONE: not at all */
};

/* Reads the record into ret_letter->event; texts point into record and arena. RETRY: nobody can
 * say now what it is (wire.h). */
MUST_USE enum outcome dead_letters_read(const struct wire *wire, const struct task_record *record,
                                        int32_t partition_count, struct arena *arena,
                                        struct dead_letter *ret_letter, struct error *err);

/* The refusal of a record that is not fit: verdict, code, messages. */
void dead_letters_answer(const struct dead_letter *letter, const struct task_record *record,
                         int64_t now_us, struct arena *arena, struct handoff_answer *ret_answer);

#endif
