/* SPDX-License-Identifier: Apache-2.0
 *
 * relais rules: the rules of a hand-over, as the broker's own tables have them.
 */
#include "broker/handoff.h"
#include "cli/commands.h"

static enum cli_exit run(struct cli *cli, const void *opaque)
{
    CLEANUP(buffer_deinit) struct buffer out = {0};

    (void)cli;
    (void)opaque;
    handoff_document(&out);
    return cli_write(&out) ? CLI_OK : CLI_FAILURE;
}

const struct command cmd_rules = {
    .name = "rules",
    .summary = "montre les règles du relais : qui dit quoi, ce qui l'emporte, ce qui est refusé",
    .examples = "relais rules",
    .run = run,
};
