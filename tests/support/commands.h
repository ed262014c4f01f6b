/* SPDX-License-Identifier: Apache-2.0
 *
 * Commands of the binary over topics that a test fills, on the Kafka of tests/support/kafka.h.
 * Each fails the test when Kafka does not do it.
 */
#ifndef RELAIS_TESTS_SUPPORT_COMMANDS_H
#define RELAIS_TESTS_SUPPORT_COMMANDS_H

#include "cli/cli.h"
#include "schemas/topics.h"
#include "schemas/wire.h"

/* All topics of a deployment of these operators, three partitions each; those that are there
 * stay. */
void commands_make_topics(const char *const *operators, size_t operator_count);
/* One record into partition 0, its key the id's text; BYTES_NONE as value: a tombstone. */
void commands_send(const char *topic, struct uuid key, struct bytes value);
/* One event into a topic of that operator. */
void commands_say(const struct wire *wire, enum topic topic, const char *operator_code,
                  const struct event *event);
/* Runs a command line; `out` is what it wrote to standard output. */
enum cli_exit commands_run(const char *const *words, size_t count, struct buffer *out);

#endif
