/* SPDX-License-Identifier: Apache-2.0
 *
 * Processor time of this thread, and the middle of several measurements.
 */
#ifndef RELAIS_TESTS_BENCH_TIMING_H
#define RELAIS_TESTS_BENCH_TIMING_H

#include <stddef.h>

double timing_cpu_ns(void);
/* From the lowest to the highest. */
void timing_sort(double *values, size_t count);
/* Sorts them too. */
double timing_median(double *values, size_t count);

#endif
