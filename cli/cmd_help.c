/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/help.h"

struct settings {
    const char *first;
    const char *second;
    bool markdown;
};

static const struct option options[] = {
    OPTION(struct settings, first, .name = "COMMANDE", .flags = OPTION_ARGUMENT,
           .help = "Commande dont on veut l'aide."),
    OPTION(struct settings, second, .name = "SUITE", .flags = OPTION_ARGUMENT,
           .help = "Second mot de la commande."),
    OPTION(struct settings, markdown, .name = "markdown",
           .help = "Écrit toute la référence en Markdown (docs/commandes.md)."),
    OPTION_END,
};

static enum cli_exit run(struct cli *cli, const void *opaque)
{
    const struct settings *settings = opaque;
    CLEANUP(buffer_deinit) struct buffer out = {0};
    const struct command *command;

    (void)cli;
    command = commands_named(settings->first, settings->second);
    if (settings->markdown) {
        help_markdown(&out);
    } else if (!settings->first) {
        help_overview(&out);
    } else if (command) {
        help_command(command, &out);
    } else if (settings->second || !help_group(settings->first, &out)) {
        (void)fprintf(stderr, "relais help : commande « %s%s%s » inconnue\n", settings->first,
                      settings->second ? " " : "", settings->second ? settings->second : "");
        return CLI_USAGE;
    }
    return cli_write(&out) ? CLI_OK : CLI_FAILURE;
}

const struct command cmd_help = {
    .name = "help",
    .summary = "montre l'aide de relais ou d'une commande",
    .examples = "relais help\nrelais help keys create",
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = run,
};
