/* SPDX-License-Identifier: Apache-2.0
 *
 * The directory as a folder of YAML files that people edit and review:
 *
 *   operators/<code>.yaml  the operator, its consortium's members, its sites
 *   keys/<code>.yaml       its public keys, as `relais keys create` writes them: a file of
 *                          its own, because the operator makes it and others only review it;
 *                          it may be missing
 *   conventions.yaml       who may refer to whom
 *
 * Other files and folders are left alone. Dates are "2024-01-02" (00:00 UTC) or
 * "2024-01-02T08:00:00+01:00"; `valid_to` is exclusive.
 */
#ifndef RELAIS_DIRECTORY_FILES_H
#define RELAIS_DIRECTORY_FILES_H

#include "base/diagnostics.h"
#include "directory/directory.h"

/* Reads and checks a folder: every mistake at once in `diagnostics`; REJECT if any. */
MUST_USE enum outcome directory_read_files(const char *folder, struct diagnostics *diagnostics,
                                           struct directory **ret_directory, struct error *err);

#endif
