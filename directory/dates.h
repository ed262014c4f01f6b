/* SPDX-License-Identifier: Apache-2.0
 *
 * Dates as people write them in the directory's files and on the command line.
 */
#ifndef RELAIS_DIRECTORY_DATES_H
#define RELAIS_DIRECTORY_DATES_H

#include "base/bytes.h"

/* "2024-01-02" (00:00 UTC) or "2024-01-02T08:00:00+01:00" (or Z) as µs UTC; false for
 * anything else and for days that do not exist. */
MUST_USE bool dates_parse(struct bytes text, int64_t *ret_us);

/* What dates_parse() takes, for messages. */
#define DATES_EXPECTED "a date such as 2024-01-02 or 2024-01-02T08:00:00+01:00"

#endif
