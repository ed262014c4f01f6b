/* SPDX-License-Identifier: Apache-2.0
 *
 * Processor time of this thread, and the middle of several measurements.
 */
#ifndef RELAIS_TESTS_BENCH_TIMING_H
#define RELAIS_TESTS_BENCH_TIMING_H

#include <stddef.h>

double timing_cpu_ns(void);
/* Sorts them. */
double timing_median(double *values, size_t count);

#endif
