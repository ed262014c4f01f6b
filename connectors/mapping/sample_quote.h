/* SPDX-License-Identifier: Apache-2.0
 *
 * A sample as a mistake in it is quoted: a mistake needs its keys and what an event says, and no
 * value of a person. What `relais map` makes of a sound sample shows values; what is said of a
 * wrong one stands in the logs of whoever runs `relais test`.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_SAMPLE_QUOTE_H
#define RELAIS_CONNECTORS_MAPPING_SAMPLE_QUOTE_H

#include "base/bytes.h"

/* Appends the text, which is JSON, with a * for each character of its texts and numbers but those
 * of "deliver" (a social security number there too) and the status of an answer. Lines and columns
 * stay what they are. */
void sample_quote_write(struct bytes json, struct buffer *out);

#endif
