/* SPDX-License-Identifier: Apache-2.0
 *
 * What a schema registry answers (Confluent Schema Registry API v1), read without trust: it
 * may be a proxy's page, another program, or wrong. No function here keeps or calls anything.
 *
 * RETRY everywhere means "no registry said this": try again later. REJECT: a registry did, and
 * nothing can be made of it.
 */
#ifndef RELAIS_SCHEMAS_REGISTRY_ANSWER_H
#define RELAIS_SCHEMAS_REGISTRY_ANSWER_H

#include "base/arena.h"

/* Ids from here on are the built-in set's own (schemas/wire.h); a registry counts from 1. */
#define REGISTRY_ID_END (UINT32_C(1) << 30)

struct registry_place {
    uint32_t id;     /* 1 to REGISTRY_ID_END - 1 */
    int32_t version; /* in its subject; 0: not said */
};

/* {"id": 7} of a registration, {"subject": …, "version": 2, "id": 7, …} of a look-up. REJECT:
 * an id that no registry should give. */
MUST_USE enum outcome registry_answer_place(struct bytes body, struct registry_place *ret_place,
                                            struct error *err);
/* {"schema": "…"} of a look-up by id; the text is copied to `arena`. REJECT: not Avro, or it
 * refers to other subjects. */
MUST_USE enum outcome registry_answer_schema(struct bytes body, struct arena *arena,
                                             struct bytes *ret_text, struct error *err);

#define REGISTRY_MESSAGE_SIZE 128
/* The error_code of {"error_code": 40403, "message": "…"}, and its message, cut and without
 * control characters; 0 when it is no such thing. */
int32_t registry_answer_error(struct bytes body, char message[REGISTRY_MESSAGE_SIZE]);

#endif
