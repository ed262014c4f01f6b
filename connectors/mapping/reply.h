/* SPDX-License-Identifier: Apache-2.0
 *
 * What their system answers to a call, as one document: JSON, or XML as base/xml.h reads it, where
 * the call is written in XML or says `reads: xml`. Such a call takes JSON too: what stands between
 * two systems answers in what it knows.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_REPLY_H
#define RELAIS_CONNECTORS_MAPPING_REPLY_H

#include "connectors/mapping/compiler.h"

/* `reads` and `lists` of a call. Mistakes go to the compiler. */
void reply_compile(struct compiler *compiler, const struct yaml_node *node, struct call_rule *call);

/* *ret_root in `arena`; NULL: nothing was answered. REJECT: it cannot be read. RETRY: it is a page
 * for people, whatever its content type says. */
MUST_USE enum outcome reply_parse(const struct mapping *mapping, const struct call_rule *rule,
                                  struct bytes body, struct arena *arena, yyjson_val **ret_root,
                                  struct error *err);

#endif
