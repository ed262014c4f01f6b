/* SPDX-License-Identifier: Apache-2.0
 *
 * The fields that samples have, each path once, and what a mapping does with them.
 *
 * No value is kept, but the names of the fields.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_SAMPLE_FIELDS_H
#define RELAIS_CONNECTORS_MAPPING_SAMPLE_FIELDS_H

#include "connectors/mapping/shape.h"

/* Zeroed but for the arena, where the texts live. */
struct sample_fields {
    struct arena *arena;
    struct sample_field *items;
    size_t count;
};
void sample_fields_deinit(struct sample_fields *fields);

/* What was read in one sample is read. */
void sample_fields_keep(struct sample_fields *fields, const struct shape_sight *sight,
                        const char *path);
/* The path of the field whose name is nearest to the first step of the node's that no sample has;
 * NULL: none. `unnamed`: only among those that nobody names. */
const char *sample_fields_nearest(const struct sample_fields *fields, const struct shape_node *node,
                                  bool unnamed);
/* Whether it, or what is around it, is named under `drop`. */
bool sample_fields_drop(const struct sample_fields *fields, const char *path);
/* Appends how many are read, dropped and unknown, and those that are; nothing without fields. */
void sample_fields_write(const struct sample_fields *fields, struct buffer *out);

#endif
