/* SPDX-License-Identifier: Apache-2.0
 *
 * What a stage says became of one record.
 */
#ifndef RELAIS_CONNECTORS_RESULT_H
#define RELAIS_CONNECTORS_RESULT_H

#include <stdbool.h>

#include "base/error.h"

/* What became of one record in a push. */
struct result {
    enum outcome outcome;
    bool reached; /* OK: the far system took part, which proves that it works         */
    bool waits;   /* RETRY: something is missing here; says nothing of the far system */
    /* RETRY: the far system did not take it, or did not say that it did, which alone counts in
     * patience with it. */
    bool put_off;
    /* REJECT: a code of schemas/codes.h and texts without values; RETRY: the text only. */
    char code[48];
    char field[96];
    char detail[256];
};

/* Fills a result; texts that do not fit are cut. `detail` may be the result's own. */
void result_set(struct result *result, enum outcome outcome, const char *code, const char *detail);

#endif
