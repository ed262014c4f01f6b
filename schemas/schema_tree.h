/* SPDX-License-Identifier: Apache-2.0
 *
 * An Avro schema's text as a tree (Apache Avro 1.11 specification, "Schema Declaration").
 *
 * Why not avro-c's parser: it drops logicalType, so that a foreign timestamp-millis could
 * not be told from our timestamp-micros and would be read wrong by a factor of 1,000; it
 * accepts duplicate fields and symbols and unions in unions; its error text is one buffer
 * for the whole process. It stays the second opinion of the tests.
 */
#ifndef RELAIS_SCHEMAS_SCHEMA_TREE_H
#define RELAIS_SCHEMAS_SCHEMA_TREE_H

#include "base/arena.h"

enum schema_kind {
    SCHEMA_NULL,
    SCHEMA_BOOLEAN,
    SCHEMA_INT,
    SCHEMA_LONG,
    SCHEMA_FLOAT,
    SCHEMA_DOUBLE,
    SCHEMA_BYTES,
    SCHEMA_STRING,
    SCHEMA_RECORD,
    SCHEMA_ENUM,
    SCHEMA_ARRAY,
    SCHEMA_MAP,
    SCHEMA_UNION,
    SCHEMA_FIXED,
};

struct schema_names {
    struct bytes *items;
    size_t count;
};

/* A named type that is used again is the same node again: the tree may have cycles. */
struct schema_node {
    enum schema_kind kind;
    struct bytes name;             /* full name of a record, enum or fixed           */
    struct bytes logical;          /* logicalType, or none                           */
    size_t count;                  /* fields, symbols, branches; bytes of a fixed    */
    struct bytes *names;           /* of fields or symbols                           */
    struct schema_node **children; /* types of fields; branches; the item   */

    /* What only a reader's schema says ("Schema Resolution"). */
    struct schema_names aliases;        /* full names that a record, enum or fixed had */
    struct schema_names *field_aliases; /* a list a field                               */
    bool *has_default;                  /* one a field                                  */
    struct bytes default_symbol;        /* of an enum, or none                          */
};

/* Names and nodes live in `arena`. REJECT: not a schema; texts over 1 MiB, nesting over 32. */
MUST_USE enum outcome schema_tree_parse(struct bytes text, struct arena *arena,
                                        struct schema_node **ret_root, struct error *err);
/* "int" for SCHEMA_INT… */
const char *schema_tree_kind_name(enum schema_kind kind);
/* The part of a full name behind its last dot. */
struct bytes schema_tree_short_name(struct bytes full_name);

#endif
