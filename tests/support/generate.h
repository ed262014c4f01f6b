/* SPDX-License-Identifier: Apache-2.0
 *
 * Records made from the field tables and a seed: the same seed gives the same records on
 * every machine. What it makes passes record_check().
 */
#ifndef RELAIS_TESTS_SUPPORT_GENERATE_H
#define RELAIS_TESTS_SUPPORT_GENERATE_H

#include "base/arena.h"
#include "schemas/events.h"

struct generator {
    uint64_t state;
};

void generate_init(struct generator *generator, uint64_t seed);
uint64_t generate_next(struct generator *generator);
/* 0 … below - 1 */
size_t generate_below(struct generator *generator, size_t below);
/* Every field has its chance of every value it can have, "no value" included. */
void generate_record(struct generator *generator, const struct record_table *table,
                     struct arena *arena, void *record);
void generate_event(struct generator *generator, enum event_type type, struct arena *arena,
                    struct event *ret_event);

#endif
