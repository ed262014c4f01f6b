/* SPDX-License-Identifier: Apache-2.0
 *
 * All paths of a mapping as one tree, walked once over each record: it finds the value of
 * every path that goes through objects only (its slot), and counts the fields that no path
 * names and no `drop` covers.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_SHAPE_H
#define RELAIS_CONNECTORS_MAPPING_SHAPE_H

#include "connectors/mapping/expression.h"

struct shape;
struct shape_node; /* one named place of a record */

/* The fields of one record that nobody named. */
struct shape_unknown {
    size_t count;
    struct bytes key;               /* the first one's, a part of the record: may be a value */
    const struct shape_node *below; /* where it stands, by names of the mapping's own */
};

/* In `arena`; grows until shape_finish(). */
struct shape *shape_new(struct arena *arena);
/* Adds a path: its steps from the record's root. Returns the slot of its longest part that
 * goes through objects only, and sets *ret_steps to that part's length; -1: no slot. */
int32_t shape_add(struct shape *shape, const struct path_step *steps, size_t count,
                  size_t *ret_steps);
/* Fields below need no name: the path was dropped. */
void shape_drop(struct shape *shape, const struct path_step *steps, size_t count);
/* An expression reads the path, which was added; `place` is where it stands. The first counts. */
void shape_read(struct shape *shape, const struct path_step *steps, size_t count,
                struct place place);
/* NULL when what stands at the path, above it or below it was read or dropped (before
 * shape_finish()). Else the names that stand where the path leaves what is known, NULL at the end,
 * and the number of that step. */
const char *const *shape_unnamed(const struct shape *shape, const struct path_step *steps,
                                 size_t count, struct arena *arena, size_t *ret_at);
/* Makes the look-up tables; returns the number of slots. */
size_t shape_finish(struct shape *shape);

/* Fills `slots` (zeroed by the caller) and finds the unknown fields. */
void shape_walk(const struct shape *shape, yyjson_val *record, yyjson_val **slots,
                struct shape_unknown *ret_unknown);
/* Appends a step as a path takes it: ".id", "['N° dossier']". */
void shape_write_key(struct bytes key, struct buffer *out);
/* Appends where a node stands: "$.data.users[*]". Holds nothing of the record. */
void shape_write_place(const struct shape_node *node, struct buffer *out);

/* ---- For `relais test`: what a mapping reads, and what a record holds ------------------- */

/* Calls for each path that an expression reads; where it stands is shape_read_at(). */
void shape_each_read(const struct shape *shape,
                     void (*each)(void *context, const struct shape_node *node), void *context);
struct place shape_read_at(const struct shape_node *node);
/* NULL above the root. */
const struct shape_node *shape_above(const struct shape_node *node);
struct bytes shape_key(const struct shape_node *node);

enum shape_use {
    SHAPE_READ,    /* by an expression, alone or with what is around it */
    SHAPE_DROPPED, /* named under `drop`                                */
    SHAPE_UNKNOWN, /* nobody names it                                   */
};
/* One value of a record. */
struct shape_sight {
    const struct shape_node *node;  /* NULL: unknown              */
    const struct shape_node *above; /* the node of what is around */
    struct bytes key;               /* BYTES_NONE: an element     */
    bool last;                      /* nothing below it is looked at: a field */
    enum shape_use use;             /* of a field                             */
};
/* Calls for each value, what is around it first; the order is the record's. */
void shape_look(const struct shape *shape, yyjson_val *record,
                void (*each)(void *context, const struct shape_sight *sight), void *context);

#endif
