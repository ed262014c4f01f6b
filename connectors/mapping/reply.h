/* SPDX-License-Identifier: Apache-2.0
 *
 * What their system answers to a call, as one document: JSON, or XML as base/xml.h reads it, where
 * the call is written in XML or says `reads: xml`. Such a call takes JSON too: what stands between
 * two systems answers in what it knows. A call that says `reads: none` is judged by the status.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_REPLY_H
#define RELAIS_CONNECTORS_MAPPING_REPLY_H

#include "connectors/mapping/compiler.h"

/* `reads` and `lists` of a call. Mistakes go to the compiler. */
void reply_compile(struct compiler *compiler, const struct yaml_node *node, struct call_rule *call);

/* A page for people, by its content type; where nothing is read, only one that begins as one: a
 * script that answers "OK" may not say what that is. */
bool reply_is_page(const struct call_rule *rule, const struct http_response *response);

/* *ret_root in `arena`; NULL: nothing was answered, or is read. REJECT: it cannot be read. RETRY:
 * it is a page for people, whatever its content type says. */
MUST_USE enum outcome reply_parse(const struct mapping *mapping, const struct call_rule *rule,
                                  struct bytes body, struct arena *arena, yyjson_val **ret_root,
                                  struct error *err);

#endif
