/* SPDX-License-Identifier: Apache-2.0
 *
 * The built-in set: the .avsc files and all versions of them that were ever in use
 * (schemas/history/NAME-VERSION.avsc), embedded when the program is built
 * (cmake/EmbedSchemas.cmake).
 */
#ifndef RELAIS_SCHEMAS_SCHEMA_TEXTS_H
#define RELAIS_SCHEMAS_SCHEMA_TEXTS_H

#include "schemas/events.h"

struct schema_text {
    const struct record_table *table;
    struct bytes text;
};

extern const struct schema_text schema_texts[];
extern const size_t schema_text_count;

/* Older ones first; the newest of each record is the text above (a lint sees to it). */
struct schema_version {
    const struct record_table *table;
    int version;
    struct bytes text;
};

extern const struct schema_version schema_history[];
extern const size_t schema_history_count;

#endif
