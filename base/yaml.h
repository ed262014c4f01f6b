/* SPDX-License-Identifier: Apache-2.0
 *
 * A YAML file as a tree with places (libyaml's events, our nodes). Nothing is guessed:
 * every scalar is text, and its reader decides what it means. Anchors, aliases, tags,
 * several documents and duplicate keys are refused with their place; depth ≤ 64,
 * file ≤ 4 MiB. A tab in the indentation gets a sentence that says so.
 */
#ifndef RELAIS_BASE_YAML_H
#define RELAIS_BASE_YAML_H

#include "base/arena.h"
#include "base/diagnostics.h"

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

struct yaml_node {
    enum yaml_kind kind;
    struct place place;
    struct bytes text; /* scalars: the value; NUL-terminated behind its end  */
    bool plain;        /* scalars: written without quotes                    */
    bool block;        /* scalars: written behind | or >                     */
    /* Where text[0] stands in the file when the scalar is on one line and no escape
     * changed it (so text[i] stands at column + i, and width is the text's length in
     * characters); else where the scalar begins, with width 1. */
    struct place text_place;
    size_t count;
    struct yaml_node **items; /* sequence: the items; mapping: the values           */
    struct yaml_node **keys;  /* mapping: the keys, all scalars, in the file's order */
};

/* Reads a file. Everything of the tree lives in `arena`. REJECT when it cannot be read or
 * is not YAML as above: then `diagnostics` holds why. */
MUST_USE enum outcome yaml_read_file(const char *path, struct arena *arena,
                                     struct diagnostics *diagnostics, struct yaml_node **ret_root,
                                     struct error *err);
/* The same from memory; `name` stands for the file in places. */
MUST_USE enum outcome yaml_read(const char *name, struct bytes text, struct arena *arena,
                                struct diagnostics *diagnostics, struct yaml_node **ret_root,
                                struct error *err);

/* The value of a key, or NULL. `node` may be NULL or no mapping. */
struct yaml_node *yaml_get(const struct yaml_node *node, const char *key);
/* A scalar's text, "" too; NULL of NULL and of what is no scalar. */
const char *yaml_text(const struct yaml_node *node);
/* The text of a key's value; `fallback` without the key, or when it is no scalar. */
const char *yaml_get_text(const struct yaml_node *node, const char *key, const char *fallback);
/* True for a plain scalar null, ~ or nothing. */
bool yaml_is_null(const struct yaml_node *node);

#endif
