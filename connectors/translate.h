/* SPDX-License-Identifier: Apache-2.0
 *
 * One item of a record → one event, complete: ids, operator, times, person_ref, hand-over
 * and thread through the links, contact sealed. Writes nothing: what has to be remembered
 * once the event is durable is handed back (translated.h).
 */
#ifndef RELAIS_CONNECTORS_TRANSLATE_H
#define RELAIS_CONNECTORS_TRANSLATE_H

#include "connectors/translated.h"

/* mapping_read() of a record that a source received. */
MUST_USE enum outcome translate_record(const struct shared *shared, const struct record *record,
                                       struct arena *arena, struct mapping_items *ret_items,
                                       struct error *err);
/* Everything lives in `arena`. RETRY: the directory or Kafka is away. */
MUST_USE enum outcome translate_item(const struct shared *shared, const struct record *record,
                                     const struct mapping_item *item, struct arena *arena,
                                     struct translated *ret, struct error *err);

#endif
