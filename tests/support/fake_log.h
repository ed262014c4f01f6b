/* SPDX-License-Identifier: Apache-2.0
 *
 * A durable log in memory that can be told to fail: what it took stands for Kafka's topics
 * and outlives the connector that wrote it.
 */
#ifndef RELAIS_TESTS_SUPPORT_FAKE_LOG_H
#define RELAIS_TESTS_SUPPORT_FAKE_LOG_H

#include "connectors/memory/durable.h"

struct fake_entry {
    enum topic topic;
    struct bytes key;
    struct bytes value;
};

struct fake_log {
    struct durable durable; /* of fake_log_ops */
    struct arena arena;
    struct fake_entry entries[32768];
    size_t count;
    int appends;
    int fail_next;           /* so many appends come to `fails_as`      */
    enum outcome fails_as;   /* RETRY unless said                       */
    bool fail_after_writing; /* those are written all the same: doubt   */
    int fail_topic;          /* only appends to this topic; -1: any     */
    size_t most_bytes;       /* longer values are REJECT; 0: none is     */
    int fail_after;          /* a "crash": nothing is taken after so many appends; -1: never */
};

void fake_log_init(struct fake_log *log);
void fake_log_deinit(struct fake_log *log);
size_t fake_log_count(const struct fake_log *log, enum topic topic);
/* The record number `index` of a topic. */
const struct fake_entry *fake_log_at(const struct fake_log *log, enum topic topic, size_t index);
/* True when the bytes stand anywhere in what was written. */
bool fake_log_contains(const struct fake_log *log, const char *text);

#endif
