/* SPDX-License-Identifier: Apache-2.0
 *
 * The days and moments of the agenda's records, read by hand for exactly their form.
 */
#ifndef RELAIS_TESTS_BENCH_HANDWRITTEN_DATES_H
#define RELAIS_TESTS_BENCH_HANDWRITTEN_DATES_H

#include "base/bytes.h"

/* "2026-03-02", and whatever follows; days since 1970. False when it is none. */
bool handwritten_dates_read_day(struct bytes text, int64_t *ret_days);

/* "2026-03-02 09:13:01 +0100"; microseconds since 1970, and minutes east of UTC. */
bool handwritten_dates_read_time(struct bytes text, int64_t *ret_us, int64_t *ret_offset);

#endif
