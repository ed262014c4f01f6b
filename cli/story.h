/* SPDX-License-Identifier: Apache-2.0
 *
 * One Kafka record as a line for people: decoded, personal fields never shown.
 */
#ifndef RELAIS_CLI_STORY_H
#define RELAIS_CLI_STORY_H

#include "base/arena.h"
#include "base/kafka_consumer.h"
#include "schemas/wire.h"

/* A record that was read, decoded as far as it can be. */
struct story {
    const struct kafka_message *message;
    const struct record_table *table; /* NULL: a tombstone, or no framed Avro          */
    void *record;                     /* of `table`; in the arena                      */
    const struct event *event;        /* when it is one; its envelope is the record's  */
    const struct handoff *row;        /* when it is a row                              */
    int64_t at_us;                    /* when it happened, as far as it says; else when
                                         Kafka took it */
};

void story_decode(const struct wire *wire, const struct kafka_message *message, struct arena *arena,
                  struct story *ret_story);
/* The hand-over it is about; UUID_NONE when it is about none. */
struct uuid story_handoff(const struct story *story);

/* Puts '?' for what may not be shown in what stands in `out` from `from` on: control characters,
 * line ends too, damaged UTF-8, what turns the direction of a text. Texts of a record come from
 * outside, and of some nothing has been checked yet. */
void story_make_plain(struct buffer *out, size_t from);

/* "o21.inbox" for relais.o21.inbox.v1: what `relais tail` shows and takes. */
const char *story_short_topic(const char *topic, struct arena *arena);

/* Both write UTF-8 without control characters, whatever the record holds: '?' stands for what
 * may not be shown.
 * Appends "2026-03-12 13:00  o21.inbox  Referral ISSUED  1a2b3c4d  o10 → o21, n° 1\n". */
void story_line(const struct story *story, struct buffer *out);
/* Appends a French sentence, without its end of line: "o10 passe le relais à o21". */
void story_sentence(const struct story *story, struct buffer *out);
/* Appends one JSON object and a line end. */
void story_json(const struct story *story, struct buffer *out);

#endif
