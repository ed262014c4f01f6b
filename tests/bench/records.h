/* SPDX-License-Identifier: Apache-2.0
 *
 * The benchmark's records: an agenda's webhook about somebody who is sent on, about 1 KB of JSON
 * of which the operator's real mapping (connectors/operators/agenda) reads 25 fields. Invented
 * people; the same number gives the same record on every machine.
 */
#ifndef RELAIS_TESTS_BENCH_RECORDS_H
#define RELAIS_TESTS_BENCH_RECORDS_H

#include "base/arena.h"

struct records_options {
    const char *destination; /* as their system writes it: "REG-11" is o22 */
    const char *day;         /* of the events, "2026-03-02"                */
};

/* Record `number`, in `arena`. */
struct bytes records_make(const struct records_options *options, uint64_t number,
                          struct arena *arena);

#endif
