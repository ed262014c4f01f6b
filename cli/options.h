/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands on a command line, as tables: the same rows parse it, take defaults and
 * environment, say what is wrong in one sentence, and make the help and docs/commandes.md.
 *
 *     static const struct option options[] = {
 *         OPTION(struct settings, topic, .name = "SUJET", .flags = OPTION_ARGUMENT |
 * OPTION_REQUIRED, .help = "Sujet Kafka à lire."), OPTION(struct settings, count, .name = "count",
 * .value = "N", .fallback = "0", .min = 0, .max = INT64_MAX, .help = "S'arrête après N messages."),
 *         OPTION_END,
 *     };
 */
#ifndef RELAIS_CLI_OPTIONS_H
#define RELAIS_CLI_OPTIONS_H

#include <stddef.h>

#include "base/bytes.h"

enum option_type {
    OPTION_FLAG,  /* bool: --name                                        */
    OPTION_INT64, /* int64_t: decimal; 0 when not given and no fallback  */
    OPTION_TEXT,  /* const char *: NULL when not given and no fallback   */
    OPTION_LIST,  /* struct option_list: --name A --name B; as an argument: all that are left */
};
enum option_bit {
    OPTION_REQUIRED = 1 << 0, /* not for flags and numbers: those have a fallback */
    OPTION_ARGUMENT = 1 << 1, /* by its position, in the order of the rows, not by --name */
    OPTION_PAIR = 1 << 2,     /* its text is NAME=VALUE                                  */
};

#define OPTION_LIST_MOST 31
struct option_list {
    const char *items[OPTION_LIST_MOST + 1]; /* ends with NULL */
    size_t count;
};

struct option {
    const char *name; /* without "--"; NULL ends a table; capitals for an argument */
    size_t offset;
    enum option_type type;
    unsigned flags;
    const char *value;    /* what the help calls its value, for instance "HOST:PORT" */
    const char *env;      /* environment variable that stands in for it, or NULL     */
    const char *fallback; /* as written on the command line; NULL: none              */
    const char *choices;  /* texts: "a|b|c"; NULL: any                               */
    int64_t min, max;     /* integers; both 0: any                                   */
    const char *help;     /* one French sentence; names the unit                     */
};

/* One row; the type is read off the member, so the two cannot disagree. */
#define OPTION(owner, member, ...)                                                                   \
    {                                                                                                \
        .offset = offsetof(owner, member),                                                         \
        .type = _Generic(((owner *)0)->member,                                                     \
            bool: OPTION_FLAG,                                                                     \
            int64_t: OPTION_INT64,                                                                 \
            const char *: OPTION_TEXT,                                                             \
            struct option_list: OPTION_LIST),                                                      \
        __VA_ARGS__ \
    }
#define OPTION_END                                                                                 \
    {                                                                                              \
        .name = NULL                                                                               \
    }

/* A table and the zeroed settings that it fills. */
struct option_set {
    const struct option *options;
    void *settings;
};

/* Fills the settings of all sets from `words` (what follows the command's name); texts
 * point into `words` or the environment. A flag called "help" is set by -h too. False with one
 * French sentence in `mistake`. */
MUST_USE bool options_parse(const struct option_set *sets, size_t set_count, char *const *words,
                            size_t word_count, struct buffer *mistake);

#endif
