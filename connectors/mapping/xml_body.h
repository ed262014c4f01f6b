/* SPDX-License-Identifier: Apache-2.0
 *
 * The XML body of a call: elements as keys, `@name` for attributes, `#text` for text beside them,
 * as base/xml.h reads them. What has no value is left out; `default("")` leaves it empty, and
 * `default(null)` says xsi:nil. An element with a `#text` that has no value is left out with its
 * attributes. The root is always there, and declares all of `namespaces`.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_XML_BODY_H
#define RELAIS_CONNECTORS_MAPPING_XML_BODY_H

#include "connectors/mapping/compiler.h"
#include "connectors/mapping/evaluate.h"

/* The section `namespaces` of the file; NULL: none. */
void xml_body_compile_namespaces(struct compiler *compiler, const struct yaml_node *node);
/* `node` is what stands under `xml`: one key, the root. Mistakes go to the compiler. */
void xml_body_compile(struct compiler *compiler, const struct yaml_node *node,
                      struct body_template *template);
/* The document; BYTES_NONE when an expression failed or XML has no way to write a value. */
struct bytes xml_body_render(struct evaluation *evaluation, const struct body_template *template);

#endif
