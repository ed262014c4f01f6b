/* SPDX-License-Identifier: Apache-2.0
 *
 * The one table of all commands.
 */
#ifndef RELAIS_CLI_COMMANDS_H
#define RELAIS_CLI_COMMANDS_H

#include "cli/cli.h"

/* Each defined in its cmd_*.c. */
extern const struct command cmd_broker;
extern const struct command cmd_check;
extern const struct command cmd_codes;
extern const struct command cmd_connector;
extern const struct command cmd_directory_check;
extern const struct command cmd_directory_diff;
extern const struct command cmd_directory_publish;
extern const struct command cmd_dlq_list;
extern const struct command cmd_dlq_show;
extern const struct command cmd_help;
extern const struct command cmd_keys_create;
extern const struct command cmd_keys_person;
extern const struct command cmd_keys_show;
extern const struct command cmd_map;
extern const struct command cmd_rules;
extern const struct command cmd_schemas;
extern const struct command cmd_schemas_check;
extern const struct command cmd_schemas_register;
extern const struct command cmd_status;
extern const struct command cmd_tail;
extern const struct command cmd_test;
extern const struct command cmd_topics_apply;
extern const struct command cmd_topics_check;
extern const struct command cmd_topics_plan;
extern const struct command cmd_trace;

/* In the order of the help; ends with NULL. */
extern const struct command *const commands[];

/* The command that the first words name, the longer name first; *ret_words is how many
 * words its name has. NULL when there is none. */
const struct command *commands_find(char *const *words, size_t word_count, size_t *ret_words);
/* The command of exactly these words; `first` and `second` may be NULL. */
const struct command *commands_named(const char *first, const char *second);
/* The nearest name to a wrong one, or NULL. */
const char *commands_nearest(const char *word);

#endif
