/* SPDX-License-Identifier: Apache-2.0
 *
 * The text behind a YAML tree: places in it, and what is said about mistakes that libyaml
 * stops at. Used by yaml.c only.
 */
#ifndef RELAIS_BASE_YAML_SOURCE_H
#define RELAIS_BASE_YAML_SOURCE_H

#include "base/arena.h"
#include "base/diagnostics.h"

/* Lines and columns are counted in characters from 0 here, as libyaml does. */
struct yaml_source {
    const char *name;
    struct bytes text;
    const uint8_t **lines; /* where each line begins; one more for the end */
    size_t line_count;
    struct diagnostics *diagnostics;
};

/* `text` is borrowed, the rest is in the arena. */
void yaml_source_init(struct yaml_source *source, const char *name, struct bytes text,
                      struct arena *arena, struct diagnostics *diagnostics);

/* The line with its line break; empty behind the end. */
struct bytes yaml_source_line(const struct yaml_source *source, size_t line);
/* What stands in a line from a column on. */
struct bytes yaml_source_rest(const struct yaml_source *source, size_t line, size_t column);
struct place yaml_source_place(const struct yaml_source *source, size_t line, size_t column,
                               size_t width);
size_t yaml_source_characters(struct bytes text);

/* Reports the first byte or character that a YAML file may not hold; true: there is none. */
MUST_USE bool yaml_source_check(const struct yaml_source *source);
/* Reports the first of these lines that is indented with a tab; false: there is none. */
bool yaml_source_blame_tab(const struct yaml_source *source, size_t from, size_t to);

/* What libyaml says of a failure: its words, where it stands and where what is around it
 * begins. `context` may be NULL. */
struct yaml_failure {
    const char *context;
    size_t context_line, context_column;
    const char *problem;
    size_t line, column;
};
void yaml_source_blame_syntax(const struct yaml_source *source, const struct yaml_failure *failure);

#endif
