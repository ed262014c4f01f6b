/* SPDX-License-Identifier: Apache-2.0
 *
 * What every item of a rule begins as: no value, but the fields that the file sets to a constant.
 * They are stored once, when the file is compiled, and marked `stands`; a record copies them.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_BLANK_H
#define RELAIS_CONNECTORS_MAPPING_BLANK_H

#include "connectors/mapping/compiler.h"

/* Sets rule->blank; `assignments` are the rule's own, all compiled. */
void blank_make(struct compiler *compiler, struct record_rule *rule,
                struct assignment *assignments);

#endif
