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

/* In `arena`; grows until shape_finish(). */
struct shape *shape_new(struct arena *arena);
/* Adds a path: its steps from the record's root. Returns the slot of its longest part that
 * goes through objects only, and sets *ret_steps to that part's length; -1: no slot. */
int32_t shape_add(struct shape *shape, const struct path_step *steps, size_t count,
                  size_t *ret_steps);
/* Fields below need no name: the path was dropped. */
void shape_drop(struct shape *shape, const struct path_step *steps, size_t count);
/* Makes the look-up tables; returns the number of slots. */
size_t shape_finish(struct shape *shape);

/* Fills `slots` (zeroed by the caller) and returns the number of unknown fields. When there
 * is one, *ret_unknown names the first: a part of the record. */
size_t shape_walk(const struct shape *shape, yyjson_val *record, yyjson_val **slots,
                  struct bytes *ret_unknown);

#endif
