/* SPDX-License-Identifier: Apache-2.0
 *
 * Results of `relais test` in the XML that continuous integration reads ("JUnit"): one suite a
 * connector, one case a sample.
 */
#ifndef RELAIS_CLI_JUNIT_H
#define RELAIS_CLI_JUNIT_H

#include "cli/golden.h"

/* Between these: any number of suites. */
void junit_begin(struct buffer *out);
void junit_end(struct buffer *out);
/* `below` says that the coverage is under what was asked: a failed case "couverture". */
void junit_suite(const struct golden *golden, bool below, struct buffer *out);

#endif
