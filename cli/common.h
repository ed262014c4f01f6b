/* SPDX-License-Identifier: Apache-2.0
 *
 * The options that commands share: parsed by cli.c, told by help.c.
 */
#ifndef RELAIS_CLI_COMMON_H
#define RELAIS_CLI_COMMON_H

#include "cli/cli.h"

/* What the common options hold. */
struct common {
    const char *brokers;
    struct option_list kafka;
    const char *clock_from;
    const char *log_level;
    bool json;
    bool help;
    struct registry_settings registry;
};
/* The tables of the common options that a command with those uses takes. */
#define COMMON_MOST 5
size_t common_sets(unsigned uses, struct common *common, struct option_set sets[COMMON_MOST]);

#endif
