/* SPDX-License-Identifier: Apache-2.0
 *
 * One connector an operator: who writes the state topic.
 *
 * A connector that starts writes a claim into the state topic and reads the topic as far as that.
 * Whoever finds a claim behind its own is the older one: FATAL, and it says so. It finds it by the
 * offsets of its own records: the topic has one partition and one writer, so each record stands
 * right behind the last one. Where one does not, what is between is read: a claim of another, what
 * an older one still wrote, or a late record of a producer that was thrown away in doubt.
 *
 * So nothing is asked before a write, and there is no transaction; and still:
 *   - What was written OK stands before every claim of a newer connector, which therefore reads it.
 *     An unsafe call is made behind its "begun" only (calls.h): both never make it.
 *   - What was acknowledged before the claim is read, whatever a new leader says of its end: the
 *     claim is on every in-sync replica too, and the reader has seen it.
 *   - What another wrote behind the claim, or a late record did, is written over with what is in
 *     memory: by claim_prove(), which besides writes a sign of life, so that an older connector
 *     with nothing to write is told too.
 *
 * On the wire: key "owner", value = 16 random bytes of the process, and where its claim stands (8
 * bytes, big-endian; all ones: this is the claim). Versions before read over it.
 *
 * Threads: append, take and prove while the state's lock is held (state.h), or before there is
 * anybody else.
 */
#ifndef RELAIS_CONNECTORS_MEMORY_CLAIM_H
#define RELAIS_CONNECTORS_MEMORY_CLAIM_H

#include "connectors/memory/state.h"

struct claim;
/* `timeout_ms` bounds one append; one that has to look at what another wrote takes some seconds
 * longer at most. */
MUST_USE enum outcome claim_open(const struct kafka_config *kafka, const char *operator_code,
                                 int32_t timeout_ms, struct claim **ret_claim, struct error *err);
void claim_close(struct claim *claim);
DEFINE_CLEANUP(struct claim, claim_close)

/* The log of the state, for records of TOPIC_STATE; lives as long as the claim. Its append is FATAL
 * once another connector has taken over. */
struct durable *claim_log(struct claim *claim);
/* Writes a claim: from now on every older connector is told. The state is to be restored up to
 * *ret_end. Taken again, after a restore that failed and before the state was changed, it stands
 * where it stood: what an older one wrote behind it is not restored as true; unless the topic lost
 * its end, and the claim with it. RETRY: Kafka is away. */
MUST_USE enum outcome claim_take(struct claim *claim, int64_t *ret_end, struct error *err);
/* Cheap until CLAIM_PROVE_MS have passed since the last time, or another's records were met: writes
 * a sign of life, and again what another wrote over. Once right after the restore, before anything
 * is done; then often, by any pipeline. RETRY: Kafka is away. FATAL: another has taken over.
 * `claim` NULL: OK. */
#define CLAIM_PROVE_MS 10000
MUST_USE enum outcome claim_prove(struct claim *claim, struct state *state, int64_t now_ms,
                                  struct error *err);

#endif
