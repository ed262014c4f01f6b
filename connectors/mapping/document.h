/* SPDX-License-Identifier: Apache-2.0
 *
 * The reference of the language, from its tables.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_DOCUMENT_H
#define RELAIS_CONNECTORS_MAPPING_DOCUMENT_H

#include "base/bytes.h"

void document_write(struct buffer *out);

#endif
