/* SPDX-License-Identifier: Apache-2.0
 *
 * The reference of the commands, from their tables: on the terminal and as docs/commandes.md.
 */
#ifndef RELAIS_CLI_HELP_H
#define RELAIS_CLI_HELP_H

#include "cli/cli.h"

void help_overview(struct buffer *out);
void help_command(const struct command *command, struct buffer *out);
/* One line a command whose first word is `word`; false when there is none. */
bool help_group(const char *word, struct buffer *out);
/* The whole reference in Markdown. */
void help_markdown(struct buffer *out);

#endif
