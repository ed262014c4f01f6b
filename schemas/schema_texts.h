/* SPDX-License-Identifier: Apache-2.0
 *
 * The built-in set: the .avsc files, embedded when the program is built
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

#endif
