/* SPDX-License-Identifier: Apache-2.0
 *
 * Configuration as one const table a module: the same rows parse a YAML mapping, set the
 * defaults, report mistakes with their place, print the settings in force with secrets
 * masked, and generate the reference in docs/.
 */
#ifndef RELAIS_BASE_CONFIG_H
#define RELAIS_BASE_CONFIG_H

#include <stddef.h>

#include "base/yaml.h"

enum config_type {
    CONFIG_BOOL,   /* bool: true | false                                           */
    CONFIG_INT64,  /* int64_t: decimal                                             */
    CONFIG_STRING, /* const char *: scalar text, owned by the arena                */
    CONFIG_NODE,   /* struct yaml_node *: taken as it is, its owner reads it       */
};
enum config_flag {
    CONFIG_REQUIRED = 1 << 0,
    CONFIG_SECRET = 1 << 1, /* a file that holds the secret, never the secret itself: the
                               value is the path, and the key must end in _file        */
};

struct config_field {
    const char *key; /* NULL ends the table */
    size_t offset;
    enum config_type type;
    unsigned flags;
    const char *fallback; /* written as in the file; NULL: none         */
    const char *choices;  /* strings: "a|b|c"; NULL: any                */
    int64_t min, max;     /* integers only; both 0: any value           */
    const char *help;     /* one sentence; names the unit               */
};

/* One row; the type is read off the member, so the two cannot disagree. */
#define CONFIG_FIELD(owner, member, ...)                                                             \
    {                                                                                                \
        .offset = offsetof(owner, member),                                                         \
        .type = _Generic(((owner *)0)->member,                                                     \
            bool: CONFIG_BOOL,                                                                     \
            int64_t: CONFIG_INT64,                                                                 \
            const char *: CONFIG_STRING,                                                           \
            struct yaml_node *: CONFIG_NODE),                                                      \
        __VA_ARGS__ \
    }
#define CONFIG_END                                                                                 \
    {                                                                                              \
        .key = NULL                                                                                \
    }

/* Fills `out` (zeroed by the caller) from `node`, a mapping; NULL stands for an empty one.
 * Every mistake goes to `diagnostics` (unknown key with the nearest name, wrong type, out
 * of range, missing); REJECT when there was any. Texts point into the tree's arena. */
MUST_USE enum outcome config_read(const struct config_field *fields, const struct yaml_node *node,
                                  void *out, struct diagnostics *diagnostics, struct error *err);
/* A Markdown table of the rows: key, type, default, range, help. */
void config_document(const struct config_field *fields, struct buffer *out);

/* Reads a secret from a file: at most 4 KiB, one trailing newline dropped. FATAL when it
 * cannot be read, is empty, or others may read it (mode & 077). */
MUST_USE enum outcome config_read_secret(const char *path, struct buffer *out, struct error *err);

#endif
