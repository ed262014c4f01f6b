/* SPDX-License-Identifier: Apache-2.0
 *
 * Templates → paths, header values and JSON bodies, in the arena.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_RENDER_H
#define RELAIS_CONNECTORS_MAPPING_RENDER_H

#include "connectors/mapping/evaluate.h"

/* BYTES_NONE when a part of it is not there, or failed: the evaluation says which. Values,
 * not the text around them, are percent-encoded when `encode`. */
struct bytes render_text(struct evaluation *evaluation, const struct text_template *template,
                         bool encode);
/* The JSON text; BYTES_NONE when an expression failed. */
struct bytes render_body(struct evaluation *evaluation, const struct body_template *template);

#endif
