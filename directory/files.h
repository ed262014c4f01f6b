/* SPDX-License-Identifier: Apache-2.0
 *
 * The directory as a folder of YAML files that people edit and review:
 * operators/<code>.yaml (operator, its public keys, its sites) and conventions.yaml.
 */
#ifndef RELAIS_DIRECTORY_FILES_H
#define RELAIS_DIRECTORY_FILES_H

#include "base/diagnostics.h"
#include "directory/directory.h"

/* Reads and checks a folder: every mistake at once in `diagnostics`; REJECT if any. */
MUST_USE enum outcome directory_read_files(const char *folder, struct diagnostics *diagnostics,
                                           struct directory **ret_directory, struct error *err);

#endif
