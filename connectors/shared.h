/* SPDX-License-Identifier: Apache-2.0
 *
 * What the pipelines of one connector have in common: who they speak for, the keys, the
 * memory. All of it borrowed, and immutable or safe for several threads.
 */
#ifndef RELAIS_CONNECTORS_SHARED_H
#define RELAIS_CONNECTORS_SHARED_H

#include "base/clock.h"
#include "base/crypto.h"
#include "connectors/counts.h"
#include "connectors/mapping/mapping.h"
#include "connectors/memory/state.h"
#include "connectors/record.h"
#include "directory/directory.h"
#include "schemas/wire.h"

struct claim;
struct shared {
    struct bytes operator_code;
    struct bytes system;
    const struct operator_keys *keys;
    struct hmac secret;                  /* of keys->id_secret, to be copied */
    const struct person_key *person_key; /* NULL: events carry no person_ref */
    const struct wire *wire;
    const struct mapping *mapping;
    struct state *state;
    struct claim *claim; /* proved by every stage (memory/claim.h); NULL: there is none */
    struct clock *clock;
    struct counts *counts;
    const char *const *sources; /* names of all of them: the first looks after what earlier ones
                                   left that are no longer configured */
    size_t source_count;
    const char *const *extracts; /* names of those that keep their last full extract */
    size_t extract_count;
    int64_t match_wait_ms;    /* how long an answer waits for its link      */
    int64_t give_up_after_ms; /* how long a parked delivery is tried        */

    /* The newest directory, counted for the caller; NULL: not known yet. Any thread. */
    struct directory *(*directory)(void *context);
    void *directory_context;
    /* One record of the inbox again, into `arena`: RETRY, Kafka is away; REJECT, it is no
     * longer there. One thread at a time. */
    enum outcome (*read_inbox)(void *context, int64_t position, struct arena *arena,
                               struct record *ret_record, struct error *err);
    void *inbox_context;
};

#endif
