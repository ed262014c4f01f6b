/* SPDX-License-Identifier: Apache-2.0
 *
 * The section `tables`: reference tables, each a CSV file beside the connector's:
 *
 *     tables:
 *       agences: { file: agences.csv, key: code }
 *       communes: { file: communes.csv, key: [cp, nom], else: null }
 *       sites: { file: sites.csv, key: code, from: depuis, to: jusqu_au }
 */
#ifndef RELAIS_CONNECTORS_MAPPING_TABLES_H
#define RELAIS_CONNECTORS_MAPPING_TABLES_H

#include "connectors/mapping/evaluate.h"
#include "connectors/mapping/sheet.h"

#define TABLES_KEYS 4 /* columns of one key */
#define TABLES_SEPARATOR "\x1F"

struct lookup_row {
    struct bytes key; /* its parts, 0x1F between them */
    int64_t from_us;  /* valid from then on          */
    int64_t to_us;    /* and until then, exclusive   */
    const struct sheet_row *row;
};

struct lookup_table {
    struct bytes name;
    const struct sheet *sheet;
    const struct lookup_row *rows; /* in the order of keys */
    size_t count;
    size_t key_count;
    bool or_nothing; /* `else: null`: what is not found is nothing */
};

void tables_compile(struct compiler *compiler, const struct yaml_node *section);
/* NULL after a mistake at `place`. */
const struct lookup_table *tables_find(struct compiler *compiler, struct bytes name,
                                       struct place place);
/* How many different values stand in that column for the key at that moment (NO_TIME: any);
 * the first one is *ret_value. */
size_t tables_look_up(const struct lookup_table *table, struct bytes key, size_t column,
                      int64_t at_us, struct bytes *ret_value);

#endif
