/* SPDX-License-Identifier: Apache-2.0
 *
 * Single records of the inbox again, by position: where the contact of a hand-over still
 * stands when it is sent on.
 */
#ifndef RELAIS_CONNECTORS_INBOX_READER_H
#define RELAIS_CONNECTORS_INBOX_READER_H

#include "base/kafka_config.h"
#include "connectors/record.h"

struct inbox_reader;
struct inbox_reader *inbox_reader_new(const struct kafka_config *kafka, const char *operator_code);
void inbox_reader_free(struct inbox_reader *reader);

/* RETRY: Kafka is away, or did not answer within a few seconds. REJECT: the record is no longer
 * there. Any thread; they take turns. */
MUST_USE enum outcome inbox_reader_read(struct inbox_reader *reader, int64_t position,
                                        struct arena *arena, struct record *ret_record,
                                        struct error *err);

#endif
