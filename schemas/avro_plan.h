/* SPDX-License-Identifier: Apache-2.0
 *
 * A compiled plan, as avro_plan.c makes it and avro_decode.c runs it; nobody else looks.
 */
#ifndef RELAIS_SCHEMAS_AVRO_PLAN_H
#define RELAIS_SCHEMAS_AVRO_PLAN_H

#include "schemas/avro.h"

/* What to do with the next bytes. SKIP_: the reader has no such field. */
enum plan_op {
    PLAN_STRING,
    PLAN_BYTES,
    PLAN_UUID,
    PLAN_BOOL,
    PLAN_INT,
    PLAN_DATE,
    PLAN_LONG,
    PLAN_TIME,
    PLAN_ENUM,
    PLAN_RECORD,     /* into the struct at `offset`                     */
    PLAN_RECORD_NEW, /* into a new struct, its pointer stored at `offset` */
    PLAN_ARRAY,
    PLAN_OPTIONAL, /* union of null and one other branch               */
    PLAN_UNION,
    PLAN_NULL,       /* no bytes: the field keeps "no value"             */
    PLAN_IMPOSSIBLE, /* a branch that the field cannot hold              */
    PLAN_SKIP_BOOL,
    PLAN_SKIP_LONG, /* int, long and enum                               */
    PLAN_SKIP_BYTES,
    PLAN_SKIP_FIXED, /* float, double and fixed: `count` bytes           */
    PLAN_SKIP_RECORD,
    PLAN_SKIP_ARRAY,
    PLAN_SKIP_MAP,
};

struct plan_node {
    enum plan_op op;
    uint32_t offset;      /* of the field in its struct                            */
    uint32_t count;       /* fields, branches, symbols; bytes of a fixed           */
    uint32_t null_branch; /* PLAN_OPTIONAL: which of the two is null          */
    const char *name;     /* of the field, for messages                       */
    const struct plan_node *const *children; /* fields, branches, the item    */
    const int32_t *symbols;                  /* PLAN_ENUM: the writer's number → ours          */
    const void *blank; /* records: a struct with no values, `size` bytes      */
    uint32_t size;     /* records; PLAN_ARRAY: of one item                    */
};

struct avro_plan {
    struct arena arena;
    const struct plan_node *root;
};

#endif
