/* SPDX-License-Identifier: Apache-2.0
 *
 * The folder source on a driver case: files that are dropped, and what a pipeline gets of them.
 */
#ifndef RELAIS_TESTS_SUPPORT_FOLDER_CASE_H
#define RELAIS_TESTS_SUPPORT_FOLDER_CASE_H

#include "tests/support/driver_case.h"

#define FOLDER_CHANGES                                                                             \
    "type: folder\npath: \"<folder>/drop\"\npattern: \"*.csv\"\nsettle_ms: 2000\n"
#define FOLDER_FULL FOLDER_CHANGES "extract: full\nkey: id\nmost_lost_percent: 50\n"

/* The source over a folder drop/ of its own, which is what driver_case_put() puts into. */
void folder_case_start(struct driver_case *c, const char *yaml);
/* The same after a restart. */
void folder_case_restart(struct driver_case *c, const char *yaml);

enum outcome folder_case_try_pull(struct driver_case *c, size_t most, struct batch **ret_batch,
                                  struct error *err);
struct batch *folder_case_pull(struct driver_case *c, size_t most);
/* Sees what was dropped, waits until it has settled, and pulls from it. */
struct batch *folder_case_settle(struct driver_case *c, size_t most);
/* The first of a batch. */
void folder_case_ack(struct driver_case *c, struct batch *batch, size_t count);
/* Those, and frees it. */
void folder_case_end(struct driver_case *c, struct batch *batch, size_t count);
/* Looks until the folder has nothing more; all records as "file:line body", "file:line!defect" or
 * "file:line-body" (gone), a line each, all acknowledged. */
const char *folder_case_take_all(struct driver_case *c);

#endif
