/* SPDX-License-Identifier: Apache-2.0
 *
 * The samples of a connector: what `relais map` shows and `relais test` compares.
 *
 *     rdv.json      one record of theirs, or one delivery to them (with the key "deliver")
 *     codes.jsonl   one such a line, each tried alone
 */
#ifndef RELAIS_CLI_SAMPLES_H
#define RELAIS_CLI_SAMPLES_H

#include "base/diagnostics.h"
#include "connectors/mapping/coverage.h"

/* Appends what `relais map` shows of all records of the file; `coverage` may be NULL. REJECT
 * when the file cannot be read or a record of it is no JSON: `diagnostics` says where. */
MUST_USE enum outcome samples_try(const struct mapping *mapping, const char *path, bool sources,
                                  struct coverage *coverage, struct diagnostics *diagnostics,
                                  struct buffer *out);

#endif
