/* SPDX-License-Identifier: Apache-2.0
 *
 * What the readers of the directory's files share: where entries and mistakes go, and the
 * few kinds of value that stand in them.
 */
#ifndef RELAIS_DIRECTORY_READING_H
#define RELAIS_DIRECTORY_READING_H

#include "base/config.h"
#include "directory/placed.h"

struct reading {
    struct arena arena; /* everything that was read */
    struct diagnostics *diagnostics;
    struct placed placed;
    bool unreadable; /* a file was no YAML: what it would have said is not "unknown" */
};

/* A text that must be of a format of schemas/codes.h (NULL: of any); BYTES_NONE when it is
 * missing or wrong. `key` says where in `node` it stands. */
struct bytes reading_value(struct reading *reading, const struct yaml_node *node, const char *key,
                           const char *text, const char *format);
void reading_period(struct reading *reading, struct placed_entry *item, const char *from,
                    const char *to);
/* How many items a list has, none when there is no list. */
size_t reading_items(struct reading *reading, const struct yaml_node *list, const char *what);
/* config_read(), for which mistakes are no reason to stop: what could be read is used. */
void reading_settings(struct reading *reading, const struct config_field *fields,
                      const struct yaml_node *node, void *settings);

/* One file operators/<name>.yaml. */
void operator_file_read(struct reading *reading, const struct yaml_node *root, const char *name);

#endif
