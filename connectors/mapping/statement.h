/* SPDX-License-Identifier: Apache-2.0
 *
 * A call that is an SQL statement: its text stands in the file and never changes; every value is
 * a parameter with a name and a type, handed to the database beside it.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_STATEMENT_H
#define RELAIS_CONNECTORS_MAPPING_STATEMENT_H

#include "connectors/mapping/compiler.h"
#include "connectors/mapping/evaluate.h"

/* The method of such a call; its path is the statement. */
#define STATEMENT_METHOD "SQL"

/* `text` is the value of `statement`, `node` the call. Mistakes go to the compiler. */
void statement_compile(struct compiler *compiler, const struct yaml_node *node,
                       const struct yaml_node *text, struct call_rule *call);
/* The call's parameters, in the arena; false: why stands in the evaluation. */
MUST_USE bool statement_render(struct evaluation *evaluation, const struct call_rule *rule,
                               struct delivery_call *call);
/* "text", "integer", … */
const char *statement_type_name(enum parameter_type type);

#endif
