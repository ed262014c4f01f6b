/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether what a connector's file reads of links is filled by it, and what it fills is read.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_LINK_CHECK_H
#define RELAIS_CONNECTORS_MAPPING_LINK_CHECK_H

#include "connectors/mapping/compiler.h"

/* A mistake for each link of a kind that nothing fills: it is never there. What by_person looks for
 * is most often learned from an answer: a file that delivers nothing yet may not say it. */
void link_check_filled(struct compiler *compiler);

/* An advice for each kind that is filled and that nothing reads. Of a file without mistakes: what
 * one of them hides is not missed. */
void link_check_read(struct compiler *compiler);

#endif
