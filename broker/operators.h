/* SPDX-License-Identifier: Apache-2.0
 *
 * The operators as Kafka has them: which of their topics are there, and as they must be. One
 * whose topics are not concerns only itself. It is left out until they are: nothing is read from
 * it, nobody can refer to it, and where it has no inbox or dead letters nothing is written to it
 * (handoff.h says what becomes of that). Each change is one line in the log. A Kafka that starts
 * may not know yet what topics it has: what was there is gone when two answers say so that are
 * five seconds apart. One thread.
 */
#ifndef RELAIS_BROKER_OPERATORS_H
#define RELAIS_BROKER_OPERATORS_H

#include "base/kafka_consumer.h"
#include "directory/directory.h"

#define OPERATORS_TROUBLE_SIZE 192

struct operators_one {
    char *code;
    char *outbox;    /* its name, whether or not it is there                         */
    bool listed;     /* the directory has it, or had: else it is an end of old rows   */
    bool present;    /* it has                                                        */
    bool known;      /* an answer about it could be believed                          */
    bool has_outbox; /* with as many partitions as relais.handoff.v1                  */
    bool hears;      /* inbox and dead letters are there                              */
    char trouble[OPERATORS_TROUBLE_SIZE]; /* what is not as it must be; "": nothing   */
    int64_t missed_at_ms; /* first answer that something is not; INT64_MAX: all is    */
};

struct operators;

/* `partition_count` is P: every outbox must have as many. */
struct operators *operators_new(int32_t partition_count);
void operators_free(struct operators *operators);
DEFINE_CLEANUP(struct operators, operators_free)

/* When Kafka is to be asked again: about each once a minute, those with a trouble more often. */
bool operators_due(const struct operators *operators, int64_t now_ms);
/* All are due now. NULL is fine. */
void operators_hurry(struct operators *operators);
/* A record for this topic was refused, which its sender tried for seconds: so one more answer is
 * enough. Its operator, listed or not, is looked at next, with all the others. NULLs, and a topic
 * that is no operator's, are fine. */
void operators_doubt(struct operators *operators, const char *topic);
/* Asks Kafka about those that are due, those of the directory that are new among them. RETRY:
 * it did not answer; due again soon. FATAL: it does not let us ask. */
MUST_USE enum outcome operators_look(struct operators *operators, struct kafka_consumer *consumer,
                                     const struct directory *directory, int64_t now_ms,
                                     struct error *err);

/* In the order in which they were met: an index stays its operator's. */
size_t operators_count(const struct operators *operators);
const struct operators_one *operators_at(const struct operators *operators, size_t index);
/* Listed, and all of its topics are as they must be. */
bool operators_is_complete(const struct operators *operators, size_t index);

/* Codes of those that are complete, and of those that are known not to hear, as of the last look
 * that was answered; they live until the next. */
const char *const *operators_reachable(const struct operators *operators, size_t *ret_count);
const char *const *operators_deaf(const struct operators *operators, size_t *ret_count);
/* One of the directory that is not known yet: Kafka did not have its topics when it was asked for
 * the first time. NULL: there is none. */
const char *operators_unknown(const struct operators *operators);
/* How many of the directory are left out. */
size_t operators_left_out(const struct operators *operators);

#endif
