/* SPDX-License-Identifier: Apache-2.0
 *
 * What a command is, and what it is given when it runs.
 *
 * A new command is one file cli/cmd_NAME.c that defines a `const struct command
 * cmd_NAME`, its row in cli/commands.c, and its line in cli/CMakeLists.txt.
 */
#ifndef RELAIS_CLI_CLI_H
#define RELAIS_CLI_CLI_H

#include "base/clock.h"
#include "base/kafka_config.h"
#include "cli/options.h"
#include "schemas/registry.h"
#include "schemas/wire.h"

enum cli_exit {
    CLI_OK = 0,
    CLI_FAILURE = 1, /* it was tried and did not work, or the answer is "no" */
    CLI_USAGE = 2,   /* the command line cannot be                          */
};

/* Which common options a command takes, and what is made ready for it. */
enum cli_use {
    CLI_KAFKA = 1 << 0,    /* --brokers, --kafka                                    */
    CLI_CLOCK = 1 << 1,    /* --clock-from                                          */
    CLI_JSON = 1 << 2,     /* --json                                                */
    CLI_STOP = 1 << 3,     /* runs until it is told to stop: SIGINT and SIGTERM interrupt
                              cli->stop, a second one ends the process at once; it logs from
                              level info on (the others: warn)                      */
    CLI_REGISTRY = 1 << 4, /* --registry…                                        */
};

struct cli {
    const struct command *command;
    struct kafka_config kafka; /* CLI_KAFKA; lives as long as the command runs   */
    struct clock *clock;       /* always; the system's without --clock-from      */
    bool json;
    struct registry *registry; /* CLI_REGISTRY and --registry given, else NULL  */
    struct waiter *stop;       /* CLI_STOP, else NULL; only the command's main thread waits on it */
};

struct command {
    const char *name;             /* "tail", or two words: "keys create"     */
    const char *summary;          /* one French line, no full stop           */
    const char *description;      /* French paragraphs, or NULL              */
    const char *examples;         /* lines to try, or NULL                   */
    unsigned uses;                /* enum cli_use                            */
    const struct option *options; /* NULL: none of its own              */
    size_t settings_size;
    enum cli_exit (*run)(struct cli *cli, const void *settings);
};

/* "relais tail : text" on standard error, once, at the top; returns CLI_FAILURE. */
enum cli_exit cli_fail(const struct cli *cli, const struct error *err);
/* The same for a value of the command line that no table refuses; returns CLI_USAGE. */
enum cli_exit cli_misuse(const struct cli *cli, const struct error *err);
/* The built-in set, with the registry if there is one, for who reads. */
struct wire *cli_wire(const struct cli *cli);
/* Writes a buffer to standard output and empties it; false when that did not take it: a reader
 * that went away is not worth a word, anything else is told on standard error. */
bool cli_write(struct buffer *out);

/* ---- For relais.c -------------------------------------------------------------- */

/* Parses and runs: everything that main() does. */
enum cli_exit cli_main(char *const *words, size_t word_count);

#endif
