/* SPDX-License-Identifier: Apache-2.0
 *
 * Every row of relais.handoff.v1 as it stands now.
 */
#ifndef RELAIS_CLI_ROWS_H
#define RELAIS_CLI_ROWS_H

#include "base/arena.h"
#include "cli/cli.h"
#include "schemas/wire.h"

struct rows {
    struct arena arena;
    const struct handoff **items; /* the newest of each hand-over, by handoff_id */
    size_t count;
};

MUST_USE enum outcome rows_read(const struct cli *cli, const struct wire *wire,
                                struct rows *ret_rows, struct error *err);
void rows_deinit(struct rows *rows);

#endif
