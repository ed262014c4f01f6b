/* SPDX-License-Identifier: Apache-2.0
 *
 * The stage in front of the outbox for a source whose records are thin notices: each is
 * completed (mapping/completion.h) before it is translated.
 *
 *     pull ──► completing ── whole record ──► inbound ──► outbox
 *                  │ GET …                       │
 *                  └──────── RETRY ◄─────────────┘   as for any record: the others go on
 *
 * So a webhook's notice is answered 2xx only once the event of its whole record is durable; when
 * a detail cannot be had it is given back, 503, at once. One record a push: nobody waits for the
 * details of another. A record that is whole stays so: a push that failed behind it asks for
 * nothing again.
 *
 * RETRY has an end here too: what its sender does not send again, such as a polled list's
 * record, is after COMPLETING_TRIES tries, while details of others come, the dead letter
 * detail_unavailable. While none comes, their system is down, and all wait. Outside its opening
 * hours it is not called at all, and that is no try.
 */
#ifndef RELAIS_CONNECTORS_COMPLETING_H
#define RELAIS_CONNECTORS_COMPLETING_H

#include "connectors/pipeline.h"
#include "connectors/shared.h"

#define COMPLETING_TRIES 10

struct completing_options {
    const struct shared *shared;
    struct metrics *metrics;
    struct connector *source; /* which makes the calls: has `fetch` */
    size_t source_number;     /* in the file's order, from 0 */
    struct stage *inner;
};

/* All is borrowed, and outlives it. */
struct stage *completing_new(const struct completing_options *options);
void completing_free(struct stage *stage);

#endif
