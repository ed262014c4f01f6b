/* SPDX-License-Identifier: Apache-2.0
 *
 * Which kinds of links a connector's file fills, by `links` of a record or `remember` of a call.
 *
 * Those that the runtime fills, as "own" of each hand-over that their own record opens, are not
 * among them.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_LINK_KINDS_H
#define RELAIS_CONNECTORS_MAPPING_LINK_KINDS_H

#include "base/arena.h"
#include "base/names.h"

struct mapping;
struct link_rule;

/* Calls for each place of the file that fills one: those of the records, then those of the calls.
 */
void link_kinds_each(const struct mapping *mapping,
                     void (*each)(void *context, const struct link_rule *link), void *context);
/* Adds their names, which live in the arena. False: some are made only when an event is delivered
 * (`remember: { "rdv/{event.entity_id}": … }`) and are among them as the file writes them, so that
 * a link's kind that is none of the names may still be right. */
bool link_kinds_list(const struct mapping *mapping, struct arena *arena, struct names *names);

#endif
