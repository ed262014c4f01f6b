/* SPDX-License-Identifier: Apache-2.0
 *
 * What a connector hears when it asks whether its claim still holds: claim_prove() (claim.h) by
 * script, for tests that are linked with scripted_claim.c and -Wl,--wrap=claim_prove.
 */
#ifndef RELAIS_TESTS_SUPPORT_SCRIPTED_CLAIM_H
#define RELAIS_TESTS_SUPPORT_SCRIPTED_CLAIM_H

#include "base/error.h"

/* OK at first; else the error says "scripted claim". */
extern enum outcome scripted_claim;

#endif
